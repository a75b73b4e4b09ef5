"""The step that flags the heat of every segment, month and hour."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from georisk.covariates.climate import measure_months
from georisk.covariates.ground import sample_bands
from georisk.covariates.sites import find_raster, place_sites
from georisk.covariates.steps import find_layers
from georisk.step import Inputs, Outcome, Settings, Step
from georisk.walking.days import MONTHS, Climate, flag_hours
from georisk.walking.heat import UNKNOWN
from georisk.walking.rules import read_heat_rules

if TYPE_CHECKING:
    from georisk.covariates.sites import Layers, Sites
    from layers.crs import FloatArray

HUMIDITY, WBGT = "hazard_humidity", "hazard_wbgt"
NEEDS = ("hazard_temperature", "hazard_rain", HUMIDITY, WBGT)


def measure_hourly_heat(inputs: Inputs, settings: Settings) -> Outcome:
    """Heat flags at the middle of every segment, int8 of shape (m, 12, 24), 0 unknown.

    In the order of the lines. What is estimated and what is unknown is told.
    """
    lines = inputs["lines"]
    sites = place_sites(lines["mid_lon"].to_numpy(float), lines["mid_lat"].to_numpy(float),
                        crs_metric=settings.config.crs_metric)
    layers = find_layers(inputs, as_of=settings.as_of)
    climate = read_climate(sites, layers)
    flags = flag_hours(climate, read_heat_rules(settings.parameters))
    return Outcome(flags, (*_tell_estimates(climate), *_tell_unknown(flags)))


def read_climate(sites: Sites, layers: Layers) -> Climate:
    """Monthly climate at some positions, from the layers that are there."""
    mean_degc, rain_mm = measure_months(sites, layers)
    return Climate(sites.lat, mean_degc, rain_mm, humidity_pct=_sample(sites, layers, HUMIDITY),
                   wbgt_degc=_sample(sites, layers, WBGT))


def _sample(sites: Sites, layers: Layers, name: str) -> FloatArray | None:
    raster = find_raster(layers, name)
    if raster is None or len(raster.values) != MONTHS:
        return None
    return sample_bands(raster, sites)


def _tell_estimates(climate: Climate) -> tuple[str, ...]:
    known = climate.wbgt_degc
    if known is not None and not np.isnan(known).any():
        return ()
    parts = ["the daily range of temperature"]
    moist = climate.humidity_pct
    parts += ["humidity"] if moist is None or np.isnan(moist).any() else []
    note = (f"hourly_heat: {' and '.join(parts)} are estimated from monthly means (parameters "
            "heat.*), and flags fly by the heat index in the shade")
    return (note,)


def _tell_unknown(flags: np.ndarray) -> tuple[str, ...]:
    unknown = int((flags == UNKNOWN).any(axis=(1, 2)).sum())
    if not unknown:
        return ()
    note = (f"hourly_heat: unknown at {unknown} of {len(flags)} segments (no hazard_temperature or "
            "hazard_rain there); no heat is counted on them")
    return (note,)


WALKING_STEPS: tuple[Step, ...] = (
    Step("hourly_heat", ("lines", *NEEDS), measure_hourly_heat, publishes=False),
)
