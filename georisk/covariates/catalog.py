"""The covariates: what each is, which layers it needs, how it is measured and scaled."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from georisk.covariates.climate import measure_aridity, measure_heat_degc, measure_storms
from georisk.covariates.ground import (
    group_land,
    measure_elevation_m,
    measure_land_cover,
    measure_raster,
    measure_relief_m,
)
from georisk.covariates.nearness import (
    measure_border_km,
    measure_coast_km,
    measure_layer_km,
    measure_population,
    measure_rail_km,
    measure_river_km,
    measure_settlement_km,
    measure_town_km,
)
from georisk.covariates.sites import Covariate, Measured, Rules, Terms
from layers.layer import Layer, RasterLayer

if TYPE_CHECKING:
    from georisk.covariates.sites import AnyLayer, Layers, Sites
    from layers.crs import FloatArray


def scale_log1p(value: FloatArray) -> FloatArray:
    """log(1 + x): one km or one person is where the curve turns from level to steep."""
    return np.log1p(value)


def scale_ratio(value: FloatArray) -> FloatArray:
    """log(x + 0.01): a ratio of nothing stays finite."""
    return np.log(value + 0.01)


def keep_scale(value: FloatArray) -> FloatArray:
    """The natural value."""
    return value


COVARIATES: tuple[Covariate, ...] = (
    Covariate("settlement", "settlement_km", "km", ("places",),
              measure_settlement_km, scale_log1p),
    Covariate("town", "town_km", "km", ("places",), measure_town_km, scale_log1p),
    Covariate("population", "population_15km", "people", ("places",),
              measure_population, scale_log1p),
    Covariate("border", "border_km", "km", ("boundaries",), measure_border_km, scale_log1p),
    Covariate("coast", "coast_km", "km", ("boundaries",), measure_coast_km, scale_log1p),
    Covariate("river", "river_km", "km", ("rivers",), measure_river_km, scale_log1p),
    Covariate("rail", "rail_km", "km", ("railways", "routes"), measure_rail_km, scale_log1p),
    Covariate("elevation", "elevation_m", "m", ("hazard_relief",),
              measure_elevation_m, keep_scale),
    Covariate("relief", "relief_m", "m", ("hazard_relief",), measure_relief_m, scale_log1p),
    Covariate("heat", "heat_degc", "degC", ("hazard_temperature",),
              measure_heat_degc, keep_scale),
    Covariate("aridity", "aridity", "", ("hazard_rain", "hazard_temperature"),
              measure_aridity, scale_ratio),
    Covariate("land_cover", "land_cover", "IGBP class", ("hazard_landcover",),
              measure_land_cover, group_land),
    Covariate("storms", "storms_per_year", "per year", ("hazard_storms",),
              measure_storms, scale_log1p),
)
# Beside what the covariates read: waypoints lie on the legs by construction, and dated events
# would tell a forecast what had not happened yet.
_NOT_GENERIC = frozenset({need for c in COVARIATES for need in c.needs} | {"waypoints", "violence"})
_OF_EVENTS = frozenset({"date", "day", "month", "year"})


def list_covariates(layers: Layers) -> tuple[Covariate, ...]:
    """The built-in covariates, then one for each further layer of the study, by name.

    A further raster of role hazard or context gives its value, under the layer's name; a
    further vector layer the distance to its nearest feature, under ``<layer>_km``; one whose rows
    have a ``date``, ``day``, ``month`` or ``year`` is of events and is left out.
    """
    taken = {c.name for c in COVARIATES} | {c.column for c in COVARIATES}
    more = [_describe_layer(name, layer) for name, layer in _find_further(layers).items()
            if not _is_dated(layer)]
    return (*COVARIATES, *(c for c in more if not {c.name, c.column} & taken))


def _find_further(layers: Layers) -> dict[str, AnyLayer]:
    return {name: layer for name, layer in sorted(layers.items())
            if isinstance(layer, Layer | RasterLayer) and _is_further(name, layer)}


def _is_further(name: str, layer: AnyLayer) -> bool:
    role, kind = layer.spec.role, layer.spec.kind
    return role in {"hazard", "context"} and kind != "table" and name not in _NOT_GENERIC


def _is_dated(layer: AnyLayer) -> bool:
    return isinstance(layer, Layer) and not _OF_EVENTS.isdisjoint(layer.spec.columns)


def _describe_layer(name: str, layer: AnyLayer) -> Covariate:
    if isinstance(layer, RasterLayer):
        return Covariate(name, name, layer.spec.unit, (name,),
                         partial(_measure_further_raster, name), keep_scale)
    return Covariate(name, f"{name}_km", "km", (name,),
                     partial(_measure_further_vector, name), scale_log1p)


def _measure_further_raster(
    name: str, sites: Sites, layers: Layers, terms: Terms
) -> FloatArray | None:
    layer = layers.get(name)
    return measure_raster(sites, layer, terms) if isinstance(layer, RasterLayer) else None


def _measure_further_vector(
    name: str, sites: Sites, layers: Layers, terms: Terms
) -> FloatArray | None:
    layer = layers.get(name)
    return measure_layer_km(sites, layer.frame, terms) if isinstance(layer, Layer) else None


def measure_covariates(
    sites: Sites, layers: Layers, *, crs_metric: str, month: int | None = None,
    rules: Rules | None = None,
) -> Measured:
    """Measure every condition that the layers allow, at some positions.

    Parameters
    ----------
    layers : mapping
        Name to layer; absent or None is left out.
    month : int, optional
        1 to 12: heat, storms and twelve-band rasters of that month instead of the year's.

    Returns
    -------
    Measured
        ``values``: a row a site, a float column a covariate in natural units, NaN where
        unknown; without the columns whose layers are absent. ``warnings`` name both.
    """
    terms = Terms(crs_metric, month, rules or Rules())
    if month is not None and month not in range(1, 13):
        raise ValueError(f"month: {month} is none; give 1 to 12, or none for the year")
    columns: dict[str, FloatArray] = {}
    warnings = [f"covariates: {name} is left out: its rows are dated, and a forecast must not read "
                "what was yet to happen" for name, layer in _find_further(layers).items()
                if _is_dated(layer)]
    for covariate in list_covariates(layers):
        value = covariate.measure(sites, layers, terms)
        if value is None:
            warnings.append(f"covariates: {covariate.name} is left out: nothing to measure it by "
                            f"in {', '.join(covariate.needs)}")
            continue
        columns[covariate.column] = value
        unknown = int(np.isnan(value).sum())
        if unknown:
            warnings.append(f"covariates: {covariate.name} is unknown at {unknown} of {len(sites)}"
                            f" places ({100 * unknown / len(sites):.1f} %)")
    return Measured(pd.DataFrame(columns, index=range(len(sites))), tuple(warnings))


def transform_covariates(values: pd.DataFrame) -> pd.DataFrame:
    """Put natural values on the scale that a model fits on.

    Distances, people, relief and storms as log(1 + x); aridity as log(x + 0.01); elevation,
    heat and any further raster as they are; land cover as 0/1 columns ``land_cover_<group>``
    against open land (shrub, savanna, grass).

    Parameters
    ----------
    values : DataFrame
        As `measure_covariates` gives it.

    Returns
    -------
    DataFrame
        Same index; a column is named as its covariate (``border``, not ``border_km``). NaN
        stays NaN.

    Examples
    --------
    >>> natural = pd.DataFrame({"border_km": [0.0, 9.0], "land_cover": [2.0, 7.0]})
    >>> transform_covariates(natural)[["border", "land_cover_forest"]].round(2).values.tolist()
    [[0.0, 1.0], [2.3, 0.0]]
    """
    known = {covariate.column: covariate for covariate in COVARIATES}
    scaled: dict[str, FloatArray] = {}
    for column in values:
        name, value = str(column), values[column].to_numpy(float)
        if name in known:
            made = known[name].transform(value)
            if isinstance(made, np.ndarray):
                scaled[known[name].name] = made
            else:
                scaled.update({f"{known[name].name}_{group}": made[group] for group in made})
        elif name.endswith("_km"):
            scaled[name.removesuffix("_km")] = scale_log1p(value)
        else:
            scaled[name] = keep_scale(value)
    return pd.DataFrame(scaled, index=values.index)
