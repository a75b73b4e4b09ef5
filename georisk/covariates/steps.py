"""The step that measures the conditions of every segment."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING

from georisk.covariates.catalog import COVARIATES, measure_covariates
from georisk.covariates.sites import Rules, place_sites
from georisk.flows import find_last_month
from georisk.step import Inputs, Outcome, Settings, Step
from layers.layer import Layer, RasterLayer

if TYPE_CHECKING:
    import datetime as dt

    import pandas as pd

    from georisk.covariates.sites import Layers

STORMS = "hazard_storms"
# What a planner can use: a hundred metres, a person, a metre, a tenth of a degree.
_DECIMALS = {"km": 1, "people": 0, "m": 0, "degC": 1, "IGBP class": 0, "": 3, "per year": 3}


def measure_conditions(inputs: Inputs, settings: Settings) -> Outcome:
    """Measure the conditions at the middle of every segment, in natural units, rounded.

    Conditions that a study's further layers give enter the fit, not this table, which has the
    built-in ones.
    """
    lines = inputs["lines"]
    crs_metric = settings.config.crs_metric
    sites = place_sites(lines["mid_lon"].to_numpy(float), lines["mid_lat"].to_numpy(float),
                        crs_metric=crs_metric)
    measured = measure_covariates(sites, find_layers(inputs, as_of=settings.as_of),
                                  crs_metric=crs_metric, rules=read_rules(settings))
    return Outcome(round_conditions(measured.values).set_axis(lines.index), measured.warnings)


def round_conditions(values: pd.DataFrame) -> pd.DataFrame:
    """Keep the built-in conditions, rounded to what they can mean.

    Examples
    --------
    >>> import pandas as pd
    >>> round_conditions(pd.DataFrame({"border_km": [1.26], "wells_km": [3.0]})).values.tolist()
    [[1.3]]
    """
    decimals = {c.column: _DECIMALS[c.unit] for c in COVARIATES if c.column in values}
    return values[list(decimals)].round(decimals)


def find_layers(inputs: Inputs, *, as_of: dt.date) -> Layers:
    """The layers among what a step is given, by name; storms of months ended by a day alone."""
    layers = {name: value for name, value in inputs.items()
              if isinstance(value, Layer | RasterLayer)}
    storms = layers.get(STORMS)
    if not isinstance(storms, Layer):
        return layers
    last = find_last_month(as_of)
    year, month = storms.frame["year"], storms.frame["month"]
    ended = (year < last.year) | ((year == last.year) & (month <= last.month))
    return {**layers, STORMS: replace(storms, frame=storms.frame[ended])}


def read_rules(settings: Settings) -> Rules:
    """Numbers of the conditions: the parameter file's, else what `Rules` declares."""
    given = settings.parameters.section("covariates")
    return Rules(**{item.name: float(given[item.name]) for item in fields(Rules)
                    if item.name in given})


NEEDS = ("places", "boundaries", "rivers", "railways", "routes", "@hazard", "@context")
# Only what the built-in conditions read: a layer of another level must not raise the table's.
_READ = ("places", "boundaries", "rivers", "railways", "routes", "hazard_temperature",
         "hazard_rain", "hazard_relief", "hazard_landcover", "hazard_storms")
COVARIATE_STEPS: tuple[Step, ...] = (
    Step("conditions", ("lines", *_READ), measure_conditions),
)
