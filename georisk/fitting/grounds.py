"""Which conditions of the ground enter a fit, measured at its units."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from georisk.covariates import Sites, measure_covariates, transform_covariates
from georisk.covariates.distances import measure_features_km
from georisk.covariates.sites import find_rows
from georisk.fitting.design import build_design
from georisk.fitting.stack import Ground

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from georisk.covariates import Rules
    from georisk.covariates.sites import Layers
    from layers.crs import FloatArray

# Small places are drawn densely along the routes that were mapped, and storm tracks are of one
# ocean: both tell where the map was made rather than where people die.
LEFT_OUT = ("settlement", "storms")
ROUTE_KM = "route_km"
# Where a unit lies, for trees alone: splines have their regions.
POSITION = ("east_km", "north_km")
BOAT = "boat"
STORMS = "hazard_storms"


def measure_ground(  # noqa: PLR0913 - the units and how they are measured
    xy_km: FloatArray, lon: FloatArray, lat: FloatArray, size: FloatArray, layers: Layers, *,
    crs_metric: str, rules: Rules, region_km: float = 500.0,
    extra: Mapping[str, FloatArray] | None = None,
) -> tuple[Ground, tuple[str, ...]]:
    """Measure the conditions of some units and lay them out for a fit.

    Parameters
    ----------
    xy_km : array of shape (m, 2)
        Centres in the metric CRS, km.
    lon, lat : array of shape (m,)
        The same in degrees.
    size : array of shape (m,)
    layers : mapping
        What the study has. Only what holds for all years is read: layers of dated events are
        not, so nothing tells a past forecast what was yet to happen.
    extra : mapping, optional
        Further conditions in natural units by column, as `measure_route_km` gives one.

    Returns
    -------
    tuple
        The ground, and what a reader must be told of conditions that are missing or unknown.

    Examples
    --------
    >>> from georisk.covariates import Rules
    >>> ground, notes = measure_ground(
    ...     np.zeros((4, 2)), np.full(4, -97.0), np.full(4, 19.0), np.ones(4), {},
    ...     crs_metric="+proj=laea +lat_0=19 +lon_0=-97 +datum=WGS84", rules=Rules(),
    ...     extra={"route_km": np.arange(4.0)})
    >>> ground.design.factors, ground.values["route"].round(2).tolist()
    (('route',), [0.0, 0.69, 1.1, 1.39])
    """
    sites = Sites(lon, lat, xy_km)
    read = {name: layer for name, layer in layers.items() if name != STORMS}
    measured = measure_covariates(sites, read, crs_metric=crs_metric, rules=rules)
    natural = measured.values.assign(**dict(extra or {}))
    scaled = transform_covariates(natural)
    values = scaled[[name for name in scaled if name not in LEFT_OUT]]
    design = build_design(values, xy_km=xy_km, size=size, region_km=region_km)
    notes = tuple(note for note in measured.warnings
                  if not any(f" {name} is " in note for name in LEFT_OUT))
    placed = dict(zip(POSITION, xy_km.T, strict=True))
    return Ground(design, values.assign(**placed)), notes


def measure_route_km(
    xy_km: FloatArray, layers: Layers, *, crs_metric: str
) -> dict[str, FloatArray]:
    """Distance to the nearest leg that is not by boat, as column ``route_km``, km.

    Empty where the study has no such leg. For cells of a map: on a segment it is 0.
    """
    rows = find_rows(layers, "routes")
    if rows is None:
        return {}
    legs = rows.geometry.to_numpy()[rows["mode"].to_numpy(object) != BOAT]
    away_km = measure_features_km(xy_km, np.asarray(legs, object), crs_metric=crs_metric)
    return {} if away_km is None else {ROUTE_KM: away_km}


def tell_modes(mode: pd.Series) -> dict[str, FloatArray]:
    """How people move on each segment, as 0/1 columns against the road.

    Examples
    --------
    >>> import pandas as pd
    >>> {name: column.tolist() for name, column in tell_modes(pd.Series(["foot", "road"])).items()}
    {'mode_boat': [0.0, 0.0], 'mode_foot': [1.0, 0.0], 'mode_train': [0.0, 0.0]}
    """
    return {f"mode_{name}": (mode == name).to_numpy(float) for name in ("boat", "foot", "train")}
