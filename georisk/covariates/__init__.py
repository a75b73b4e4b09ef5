"""Conditions of the ground that may go with intensity: distances, people, terrain, climate."""

from __future__ import annotations

from georisk.covariates.catalog import (
    COVARIATES,
    list_covariates,
    measure_covariates,
    transform_covariates,
)
from georisk.covariates.climate import measure_months
from georisk.covariates.sites import Covariate, Measured, Rules, Sites, place_sites

__all__ = [
    "COVARIATES", "Covariate", "Measured", "Rules", "Sites", "list_covariates",
    "measure_covariates", "measure_months", "place_sites", "transform_covariates",
]
