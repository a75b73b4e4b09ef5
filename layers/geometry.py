"""Find what is wrong with the geometry of a row, and guess what was meant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from layers.coerce import read_quantity
from layers.crs import WGS84
from layers.errors import Fault, LayerError
from layers.findings import empty_findings, list_findings
from layers.spec import ColumnSpec, LayerSpec

if TYPE_CHECKING:
    from numpy.typing import NDArray

_DECIMALS = 7
_CLOSE = 0.5 * 10.0**-_DECIMALS
_PAIR = "lon, lat"
_SURE, _FAIR, _DOUBTFUL = 0.95, 0.9, 0.5
Area = tuple[float, float, float, float]
_LON = ColumnSpec(dtype="number", meaning="longitude", unit="degree")
_LAT = ColumnSpec(dtype="number", meaning="latitude", unit="degree")
_FAMILIES = {
    "Point": {"Point"},
    "LineString": {"LineString"},
    "Polygon": {"Polygon", "MultiPolygon"},
    "Geometry": {"Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon"},
}


@dataclass(frozen=True)
class Located:
    """Where the rows of a layer are.

    Attributes
    ----------
    geometry : GeoSeries
        EPSG:4326, rounded to 7 decimals unless the spec says exact; None where unusable.
    findings : DataFrame
        See `layers.findings`.
    notes : dict
        Column to how it was read, where another reading was possible.
    """

    geometry: gpd.GeoSeries
    findings: list[pd.DataFrame]
    notes: dict[str, tuple[str, ...]]


def locate_rows(raw: pd.DataFrame, spec: LayerSpec, *, area: Area | None = None) -> Located:
    """Take the geometry of each row, from ``lon`` and ``lat`` or from the file itself.

    Parameters
    ----------
    raw : DataFrame or GeoDataFrame
        Integer index.
    area : tuple, optional
        West, south, east, north, degrees: axes that lie inside only when swapped are a fault.

    Raises
    ------
    LayerError
        If the layer has no geometry or no CRS at all.

    Examples
    --------
    >>> from layers.catalog import find_spec
    >>> import pandas as pd
    >>> raw = pd.DataFrame({"lon": ["-90,5", "14"], "lat": ["14", "-90.5"]})
    >>> located = locate_rows(raw, find_spec("waypoints"))
    >>> located.geometry[0].wkt, pd.concat(located.findings)["suggestion"].tolist()
    ('POINT (-90.5 14)', ['axes swapped: -90.5, 14?'])
    """
    if isinstance(raw, gpd.GeoDataFrame) and raw.active_geometry_name is not None:
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
    try:
        geometry = raw.geometry.to_crs(WGS84)
    except pyproj.exceptions.ProjError as error:
        reason = "the coordinate reference system cannot be turned into longitude and latitude"
        advice = "save the file in EPSG:4326"
        fault = Fault(spec.name, "", None, "", "geometry", "", reason, advice)
        raise LayerError([fault]) from error
    flat = shapely.force_2d(geometry.to_numpy())
    settle = _settle_edges if _is_exact(spec) else _round_positions
    return gpd.GeoSeries(shapely.transform(flat, settle), index=raw.index, crs=WGS84)


def _is_exact(spec: LayerSpec) -> bool:
    return spec.coordinates == "exact"


def _round_positions(xy: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.round(xy, _DECIMALS)


def _settle_edges(xy: NDArray[np.float64]) -> NDArray[np.float64]:
    """Put back what lies beyond the edge of the globe by less than a rounding: 180.00000000000003.

    Examples
    --------
    >>> _settle_edges(np.array([[180.00000000000003, 64.98437500000001]])).tolist()
    [[180.0, 64.98437500000001]]
    """
    inside = np.clip(xy, (-180.0, -90.0), (180.0, 90.0))
    return np.where(np.abs(xy - inside) < _CLOSE, inside, xy)


def _check_shapes(geometry: gpd.GeoSeries, spec: LayerSpec, area: Area | None) -> Located:
    kinds = geometry.geom_type
    missing = geometry.isna() | geometry.is_empty
    wrong = ~missing & ~kinds.isin(_FAMILIES[spec.geometry])
    invalid = ~missing & ~wrong & ~geometry.is_valid
    reasons = pd.Series(None, index=geometry.index, dtype=object)
    reasons[invalid] = shapely.is_valid_reason(geometry[invalid].to_numpy())
    bounds = geometry.bounds
    outside = (bounds.abs().max(axis=1) > 180) | (bounds[["miny", "maxy"]].abs().max(axis=1) > 90)  # noqa: PLR2004
    outside = outside & ~missing & ~wrong
    x, y = (bounds["minx"] + bounds["maxx"]) / 2, (bounds["miny"] + bounds["maxy"]) / 2
    turned = _find_turned(x, y, area) & ~outside & ~missing & ~wrong
    swap = list_findings(turned, "geometry", "axes swapped? turned about, it lies in the area",
                         value="")
    if spec.geometry == "Point":
        swap = _fix_swap(swap, x, y, _SURE)
    found = [
        list_findings(missing, "geometry", "no geometry", value=""),
        list_findings(wrong, "geometry", f"not a {spec.geometry}", value=kinds),
        list_findings(invalid, "geometry", "invalid geometry", value=reasons),
        list_findings(outside, "geometry", "coordinates outside the globe", value=""),
        swap,
    ]
    bad = missing | wrong | invalid | outside | turned
    return Located(geometry.mask(bad) if bad.any() else geometry, found, {})


def _find_turned(x: pd.Series, y: pd.Series, area: Area | None) -> pd.Series:
    """Positions outside the area that lie inside it with their axes swapped."""
    if area is None:
        return pd.Series(data=False, index=x.index)
    return ~_lie_in(x, y, area) & _lie_in(y, x, area)


def _lie_in(x: pd.Series, y: pd.Series, area: Area) -> pd.Series:
    west, south, east, north = area
    return x.between(west, east) & y.between(south, north)


def _check_points(raw: pd.DataFrame, spec: LayerSpec, area: Area | None) -> Located:
    lons = read_quantity(raw["lon"], "lon", _LON, kind="axis")
    lats = read_quantity(raw["lat"], "lat", _LAT, kind="axis")
    lon, lat = lons.values, lats.values
    unread = lon.index.isin(lons.findings["row"]) | lon.index.isin(lats.findings["row"])
    blank = (lon.isna() | lat.isna()) & ~unread
    swapped = (lat.abs() > 90) & (lon.abs() <= 90) & (lat.abs() <= 180)  # noqa: PLR2004
    outside = ((lat.abs() > 90) | (lon.abs() > 180)) & ~swapped  # noqa: PLR2004
    turned_in = _find_turned(lon, lat, area) & ~swapped & ~outside
    back = pd.Series(_FAIR, index=lon.index)
    if area is not None and swapped.any():
        back = back.mask(_lie_in(lat, lon, area), _SURE).where(_lie_in(lat, lon, area), _DOUBTFUL)
    found = [
        lons.findings,
        lats.findings,
        list_findings(blank, _PAIR, "coordinate missing", value=""),
        _tell_swap(swapped, lon, lat, "latitude beyond 90 degrees", back),
        _tell_swap(turned_in, lon, lat, "outside the study's area", _SURE),
        list_findings(outside, _PAIR, "coordinates outside the globe",
                      value=_write_pairs(lon, lat, outside)),
    ]
    bad = (blank | unread | swapped | turned_in | outside).to_numpy()
    x, y = (np.where(bad, np.nan, axis.to_numpy()) for axis in (lon, lat))
    if not _is_exact(spec):
        x, y = np.round(x, _DECIMALS), np.round(y, _DECIMALS)
    points = shapely.points(x, y)
    points[bad] = None
    notes = {name: axis.notes for name, axis in (("lon", lons), ("lat", lats)) if axis.notes}
    return Located(gpd.GeoSeries(points, index=raw.index, crs=WGS84), found, notes)


def _write_pairs(x: pd.Series, y: pd.Series, mask: pd.Series) -> pd.Series:
    """Positions as text, where marked."""
    first, second = (axis[mask].map("{:g}".format).astype("str") for axis in (x, y))
    return (first + ", " + second).reindex(x.index)


def _tell_swap(
    mask: pd.Series, lon: pd.Series, lat: pd.Series, reason: str, confidence: object
) -> pd.DataFrame:
    if not mask.any():
        return empty_findings()
    turned = "axes swapped: " + _write_pairs(lat, lon, mask) + "?"
    found = list_findings(mask, _PAIR, reason, value=_write_pairs(lon, lat, mask),
                          suggestion=turned, confidence=confidence)
    return _fix_swap(found, lon, lat, None)


def _fix_swap(
    found: pd.DataFrame, lon: pd.Series, lat: pd.Series, confidence: float | None
) -> pd.DataFrame:
    """Exchange longitude and latitude, to the last decimal."""
    pairs = zip(lon.loc[found["row"]], lat.loc[found["row"]], strict=True)
    fixes = [(("lon", write_degrees(y)), ("lat", write_degrees(x))) for x, y in pairs]
    fixed = found.assign(fix=pd.Series(fixes, index=found.index, dtype=object))
    return fixed if confidence is None else fixed.assign(confidence=confidence)


def write_degrees(value: float) -> str:
    """Write a coordinate with the decimals that it has, seven at most.

    Examples
    --------
    >>> write_degrees(-87.5)
    '-87.5'
    """
    return f"{value:.{_DECIMALS}f}".rstrip("0").rstrip(".")
