"""Kilometres to the nearest feature, border or coast, exact in the study's plane."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from layers.crs import FloatArray, project_xy_m

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Straight in degrees is not straight in the plane: a piece this short bends by some 10 m.
PIECE_DEG = 0.1


def draw_shapes(shapes: NDArray[np.object_], *, crs_metric: str) -> NDArray[np.object_]:
    """Draw shapes in the study's plane, km, long edges bent as the plane asks.

    Parameters
    ----------
    shapes : array of shape (k,)
        Points, lines or polygons, EPSG:4326.
    """

    def project(points: FloatArray) -> FloatArray:
        return project_xy_m(points[:, 0], points[:, 1], crs_metric=crs_metric) / 1000.0

    if not len(shapes):
        return np.empty(0, dtype=object)
    return np.asarray(shapely.transform(shapely.segmentize(shapes, PIECE_DEG), project))


def measure_nearest_km(xy_km: FloatArray, shapes_km: NDArray[np.object_]) -> FloatArray:
    """Distance from each position to the nearest of some shapes, km; 0 inside an area.

    Parameters
    ----------
    xy_km : array of shape (m, 2)
        Positions in the plane, finite.
    shapes_km : array of shape (k,), k > 0
        Shapes in the same plane.

    Examples
    --------
    >>> line = shapely.LineString([(0, 0), (10, 0)])
    >>> measure_nearest_km(np.array([[5.0, 3.0], [13.0, 4.0]]), np.array([line])).tolist()
    [3.0, 5.0]
    """
    away = np.full(len(xy_km), np.nan)
    if len(xy_km):
        pairs, distance = shapely.STRtree(shapes_km).query_nearest(
            shapely.points(xy_km), return_distance=True, all_matches=False)
        away[pairs[0]] = distance
    return away


def measure_features_km(
    xy_km: FloatArray, shapes: NDArray[np.object_], *, crs_metric: str
) -> FloatArray | None:
    """Distance to the nearest of any features, km; 0 inside an area; None if there is none.

    Parameters
    ----------
    xy_km : array of shape (m, 2)
        Positions in the plane.
    shapes : array of shape (k,)
        Points, lines or polygons, EPSG:4326.

    Examples
    --------
    >>> crs = "+proj=laea +lat_0=0 +lon_0=0 +datum=WGS84"
    >>> square = shapely.box(-1, -1, 1, 1)
    >>> away = measure_features_km(np.array([[0.0, 0.0], [211.3, 0.0]]), np.array([square]),
    ...                            crs_metric=crs)
    >>> away.round().tolist()
    [0.0, 100.0]
    """
    parts = shapely.get_parts(np.asarray(shapes, dtype=object))
    parts = parts[~(shapely.is_missing(parts) | shapely.is_empty(parts))]
    if not len(parts):
        return None
    return measure_nearest_km(xy_km, draw_shapes(parts, crs_metric=crs_metric))


@dataclass(frozen=True, eq=False)
class Outlines:
    """Edges of the land, in the plane, km: between countries, and against the sea."""

    border: NDArray[np.object_]
    coast: NDArray[np.object_]


def split_outlines(
    shapes: NDArray[np.object_], countries: NDArray[np.object_], *, crs_metric: str, gap_km: float
) -> Outlines:
    """Tell land borders from coast in the outlines of countries.

    An edge whose middle lies within ``gap_km`` of another country's edge is border: neighbours
    that were simplified apart no longer share their edges exactly. An edge along the frame of
    the whole layer is where it was clipped, and is neither. What is left is coast; so a country
    that the layer leaves out makes coast of its border.

    Parameters
    ----------
    shapes : array of shape (n,)
        Land, EPSG:4326.
    countries : array of shape (n,)
        Code of the country that each shape belongs to.

    Examples
    --------
    Two squares of one degree, side by side; what is left of the frame is a bite of 0.1 degrees.

    >>> pair = np.array([shapely.box(0, 0, 1, 1).difference(shapely.box(0, 0.9, 0.1, 1)),
    ...                  shapely.box(1, 0, 2, 1)])
    >>> edges = split_outlines(pair, np.array(["GT", "MX"]), gap_km=0.5,
    ...                        crs_metric="+proj=laea +lat_0=0 +lon_0=0 +datum=WGS84")
    >>> round(shapely.length(edges.border).sum() / 2), round(shapely.length(edges.coast).sum())
    (111, 22)
    """
    ends, owner = _cut_outlines(shapes)
    kept = ~_find_frame(ends, shapely.total_bounds(shapes))
    code = np.unique(np.asarray(countries, dtype=str), return_inverse=True)[1][owner[kept]]
    edges = _draw_edges(ends[kept], crs_metric)
    middles = shapely.line_interpolate_point(edges, 0.5, normalized=True)
    one, other = shapely.STRtree(edges).query(middles, predicate="dwithin", distance=gap_km)
    shared = np.zeros(len(edges), dtype=bool)
    shared[one[code[one] != code[other]]] = True
    return Outlines(edges[shared], edges[~shared])


def _cut_outlines(shapes: NDArray[np.object_]) -> tuple[FloatArray, NDArray[np.int64]]:
    """Outlines as short edges (k, 4: lon, lat, lon, lat), and the shape that each is of."""
    parts, shape = shapely.get_parts(np.asarray(shapes, dtype=object), return_index=True)
    rings, part = shapely.get_rings(shapely.segmentize(parts, PIECE_DEG), return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    inside = ring[1:] == ring[:-1]
    ends = np.hstack([points[:-1], points[1:]])[inside]
    return ends, np.asarray(shape[part[ring[1:][inside]]], dtype=np.int64)


def _find_frame(ends: FloatArray, bounds: FloatArray) -> NDArray[np.bool_]:
    """Edges that run along the bounding box of all shapes."""
    west, south, east, north = bounds
    lon, lat = ends[:, [0, 2]], ends[:, [1, 3]]
    sides = [lon == west, lon == east, lat == south, lat == north]
    return np.asarray(np.any([side.all(axis=1) for side in sides], axis=0))


def _draw_edges(ends: FloatArray, crs_metric: str) -> NDArray[np.object_]:
    start = project_xy_m(ends[:, 0], ends[:, 1], crs_metric=crs_metric) / 1000.0
    end = project_xy_m(ends[:, 2], ends[:, 3], crs_metric=crs_metric) / 1000.0
    return np.asarray(shapely.linestrings(np.stack([start, end], axis=1)), dtype=object)
