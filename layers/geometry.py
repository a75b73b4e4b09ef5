"""Find what is wrong with the geometry of a row, and guess what was meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from layers.coerce import coerce_columns
from layers.crs import WGS84
from layers.errors import Fault, LayerError
from layers.spec import ColumnSpec, LayerSpec

if TYPE_CHECKING:
    from numpy.typing import NDArray

FAULT_COLUMNS = ["row", "column", "value", "reason", "suggestion"]
_DECIMALS = 7
Area = tuple[float, float, float, float]
_LON = ColumnSpec(dtype="number", meaning="longitude", unit="degree")
_LAT = ColumnSpec(dtype="number", meaning="latitude", unit="degree")
_FAMILIES = {
    "Point": {"Point"},
    "LineString": {"LineString"},
    "Polygon": {"Polygon", "MultiPolygon"},
    "Geometry": {"Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon"},
}


def locate_rows(
    raw: pd.DataFrame, spec: LayerSpec, *, area: Area | None = None
) -> tuple[gpd.GeoSeries, pd.DataFrame]:
    """Take the geometry of each row, from ``lon`` and ``lat`` or from the file itself.

    Parameters
    ----------
    raw : DataFrame or GeoDataFrame
        Integer index.
    area : tuple, optional
        West, south, east, north, degrees: axes that lie inside only when swapped are a fault.

    Returns
    -------
    geometry : GeoSeries
        EPSG:4326, rounded to 7 decimals; None where unusable.
    faults : DataFrame
        ``row column value reason suggestion``.

    Raises
    ------
    LayerError
        If the layer has no geometry or no CRS at all.
    """
    if isinstance(raw, gpd.GeoDataFrame):
        return _check_shapes(_to_wgs84(raw, spec), spec, area)
    if {"lon", "lat"} <= set(raw.columns) and spec.geometry == "Point":
        return _check_points(raw, spec, area)
    reason = "no geometry: give a spatial file, or the columns lon and lat"
    raise LayerError([Fault(spec.name, "", None, "", "geometry", "", reason)])


def _to_wgs84(raw: gpd.GeoDataFrame, spec: LayerSpec) -> gpd.GeoSeries:
    if raw.crs is None:
        reason = "the coordinate reference system is unknown"
        advice = "state it in the file (for a shapefile, the .prj) and read it again"
        raise LayerError([Fault(spec.name, "", None, "", "geometry", "", reason, advice)])
    geometry = raw.geometry.to_crs(WGS84)
    flat = shapely.force_2d(geometry.to_numpy())
    return gpd.GeoSeries(_round_shapes(flat), index=raw.index, crs=WGS84)


def _round_shapes(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    return np.asarray(shapely.transform(shapes, lambda xy: np.round(xy, _DECIMALS)))


def _check_shapes(
    geometry: gpd.GeoSeries, spec: LayerSpec, area: Area | None
) -> tuple[gpd.GeoSeries, pd.DataFrame]:
    shapes = geometry.to_numpy()
    kinds = geometry.geom_type
    found: list[pd.DataFrame] = []
    missing = geometry.isna() | geometry.is_empty
    found.append(_list_faults(missing, "", "no geometry"))
    wrong = ~missing & ~kinds.isin(_FAMILIES[spec.geometry])
    found.append(_list_faults(wrong, kinds, f"not a {spec.geometry}"))
    invalid = ~missing & ~wrong & ~geometry.is_valid
    reasons = pd.Series(shapely.is_valid_reason(shapes), index=geometry.index)
    found.append(_list_faults(invalid, reasons, "invalid geometry"))
    bounds = geometry.bounds
    outside = (bounds.abs().max(axis=1) > 180) | (bounds[["miny", "maxy"]].abs().max(axis=1) > 90)  # noqa: PLR2004
    outside = outside & ~missing & ~wrong
    found.append(_list_faults(outside, "", "coordinates outside the globe"))
    middle = pd.DataFrame({"x": (bounds["minx"] + bounds["maxx"]) / 2,
                           "y": (bounds["miny"] + bounds["maxy"]) / 2})
    turned = _find_turned(middle["x"], middle["y"], area) & ~outside & ~missing & ~wrong
    found.append(_list_faults(turned, "", "axes swapped? turned about, it lies in the area"))
    faults = pd.concat(found, ignore_index=True)
    return geometry.mask(geometry.index.isin(faults["row"])), faults


def _find_turned(x: pd.Series, y: pd.Series, area: Area | None) -> pd.Series:
    """Positions outside the area that lie inside it with their axes swapped."""
    if area is None:
        return pd.Series(data=False, index=x.index)
    west, south, east, north = area
    inside = x.between(west, east) & y.between(south, north)
    return ~inside & y.between(west, east) & x.between(south, north)


def _list_faults(mask: pd.Series, value: object, reason: str) -> pd.DataFrame:
    rows = mask.index[mask]
    values = value.loc[rows].astype("str").to_numpy() if isinstance(value, pd.Series) else value
    return pd.DataFrame(
        {"row": rows, "column": "geometry", "value": values, "reason": reason, "suggestion": ""},
        columns=FAULT_COLUMNS,
    )


def _check_points(
    raw: pd.DataFrame, spec: LayerSpec, area: Area | None
) -> tuple[gpd.GeoSeries, pd.DataFrame]:
    axes = spec.model_copy(update={"columns": {"lon": _LON, "lat": _LAT}})
    typed, unread = coerce_columns(raw[["lon", "lat"]], axes)
    lon, lat = typed["lon"], typed["lat"]
    blank = (lon.isna() | lat.isna()) & ~raw.index.isin(unread["row"])
    swapped = (lat.abs() > 90) & (lon.abs() <= 90) & (lat.abs() <= 180)  # noqa: PLR2004
    outside = ((lat.abs() > 90) | (lon.abs() > 180)) & ~swapped  # noqa: PLR2004
    turned_in = _find_turned(lon, lat, area) & ~swapped & ~outside
    pair = lon.map("{:g}".format).astype("str") + ", " + lat.map("{:g}".format).astype("str")
    turned = "axes swapped: " + lat.map("{:g}".format) + ", " + lon.map("{:g}".format) + "?"
    found = [
        _describe(unread, raw),
        _point_faults(blank, "", "coordinate missing", ""),
        _point_faults(swapped, pair, "latitude beyond 90 degrees", turned),
        _point_faults(turned_in, pair, "outside the study's area", turned),
        _point_faults(outside, pair, "coordinates outside the globe", ""),
    ]
    faults = pd.concat(found, ignore_index=True)
    bad = raw.index.isin(faults["row"])
    points = shapely.points(lon.mask(bad).round(_DECIMALS), lat.mask(bad).round(_DECIMALS))
    return gpd.GeoSeries(points, index=raw.index, crs=WGS84).mask(bad), faults


def _describe(unread: pd.DataFrame, raw: pd.DataFrame) -> pd.DataFrame:
    cells = zip(unread["row"], unread["column"], strict=True)
    values = [str(raw.at[row, name]) for row, name in cells]
    return unread.assign(value=values, suggestion="")[FAULT_COLUMNS]


def _point_faults(mask: pd.Series, value: object, reason: str, suggestion: object) -> pd.DataFrame:
    rows = mask.index[mask]

    def pick(what: object) -> object:
        return what.loc[rows].to_numpy() if isinstance(what, pd.Series) else what

    return pd.DataFrame(
        {
            "row": rows, "column": "lon, lat", "value": pick(value),
            "reason": reason, "suggestion": pick(suggestion),
        },
        columns=FAULT_COLUMNS,
    )
