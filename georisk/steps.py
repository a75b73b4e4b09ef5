"""All steps of a study, in an order that can be read: the table of contents of a run."""

from __future__ import annotations

from georisk.capacity.steps import CAPACITY_STEPS
from georisk.covariates.steps import COVARIATE_STEPS
from georisk.coverage_steps import COVERAGE_STEPS
from georisk.fit_steps import FIT_STEPS
from georisk.priority.steps import PRIORITY_STEPS
from georisk.risk_steps import RISK_STEPS
from georisk.siting_steps import SITING_STEPS
from georisk.step import Outcome, Settings, Step
from georisk.walking.steps import WALKING_STEPS

STEPS: tuple[Step, ...] = (
    *RISK_STEPS, *COVARIATE_STEPS, *WALKING_STEPS, *FIT_STEPS, *COVERAGE_STEPS, *CAPACITY_STEPS,
    *PRIORITY_STEPS, *SITING_STEPS,
)

__all__ = ["STEPS", "Outcome", "Settings", "Step"]
