"""Distances on the globe between positions and areas, in km."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.spatial import cKDTree
    from shapely.geometry.base import BaseGeometry

    FloatArray = NDArray[np.float64]
    BoolArray = NDArray[np.bool_]

EARTH_KM = 6371.0
# Vertices are put this close along an edge, so that a distance to the nearest is at most 3 km off.
STEP_DEG = 0.05
# From the far side of the globe, the points of an edge are all about as near: looking for the
# nearest visits each of them.
AFAR_KM, OUTER_DEG = 2000.0, 0.5


@dataclass(frozen=True, eq=False)
class Outline:
    """An area and its edge, ready for distances.

    Attributes
    ----------
    shape : geometry
        Polygons, EPSG:4326.
    edge : cKDTree
        Points of its edge as unit vectors.
    outer : cKDTree
        One of them in half a degree, for distances from afar.
    """

    shape: BaseGeometry
    edge: cKDTree
    outer: cKDTree


def trace_outline(shape: BaseGeometry) -> Outline:
    """Prepare an area for distances.

    Examples
    --------
    >>> square = trace_outline(shapely.box(0, 0, 1, 1))
    >>> lon, lat = np.array([0.5, 2.0]), np.array([0.5, 0.5])
    >>> [round(float(km)) for km in measure_offset_km(lon, lat, square)]
    [0, 111]
    """
    from scipy.spatial import cKDTree

    # Rings, not polygons: those are mended one by one on the way, 10 s for the world.
    rings = shapely.get_rings(shapely.get_parts(shape))
    corners = shapely.get_coordinates(shapely.segmentize(rings, STEP_DEG))
    vectors = find_vectors(corners[:, 0], corners[:, 1])
    _, outer = np.unique(np.round(corners / OUTER_DEG), axis=0, return_index=True)
    return Outline(shape, cKDTree(vectors), cKDTree(vectors[np.sort(outer)]))


def find_vectors(lon: FloatArray, lat: FloatArray) -> FloatArray:
    """Unit vectors of positions in degrees, shape (n, 3)."""
    east, north = np.radians(lon), np.radians(lat)
    return np.column_stack([np.cos(north) * np.cos(east), np.cos(north) * np.sin(east),
                            np.sin(north)])  # fmt: skip


def convert_chords_km(chords: FloatArray) -> FloatArray:
    """Great-circle distances of straight ones between unit vectors.

    Examples
    --------
    >>> round(float(convert_chords_km(np.array([2.0]))[0]))
    20015
    """
    return 2 * EARTH_KM * np.arcsin(np.clip(np.asarray(chords) / 2, 0, 1))


def measure_apart_km(
    lon: FloatArray, lat: FloatArray, lon_to: FloatArray | float, lat_to: FloatArray | float
) -> FloatArray:
    """Great-circle distance between positions in degrees, on a sphere.

    Examples
    --------
    >>> round(float(measure_apart_km(np.array([0.0]), np.array([0.0]), 0.0, 1.0)[0]), 1)
    111.2
    """
    half_lat = np.radians(np.asarray(lat_to) - lat) / 2
    half_lon = np.radians(np.asarray(lon_to) - lon) / 2
    across = np.cos(np.radians(lat)) * np.cos(np.radians(lat_to)) * np.sin(half_lon) ** 2
    return np.asarray(2 * EARTH_KM * np.arcsin(np.sqrt(np.sin(half_lat) ** 2 + across)))


def contain_points(shape: BaseGeometry, lon: FloatArray, lat: FloatArray) -> BoolArray:
    """Which positions lie in an area."""
    shapely.prepare(shape)
    return np.asarray(shapely.contains_xy(shape, lon, lat))


def measure_offset_km(lon: FloatArray, lat: FloatArray, outline: Outline) -> FloatArray:
    """How far positions lie outside an area; 0 inside. Good to 3 km, beyond 2,000 km to 3 %."""
    distances = np.zeros(len(lon))
    outside = np.flatnonzero(~contain_points(outline.shape, lon, lat))
    if len(outside):
        vectors = find_vectors(lon[outside], lat[outside])
        most = 2 * np.sin(AFAR_KM / EARTH_KM / 2)
        chords, _ = outline.edge.query(vectors, distance_upper_bound=most)
        afar = np.flatnonzero(np.isinf(chords))
        if len(afar):
            chords[afar], _ = outline.outer.query(vectors[afar])
        distances[outside] = convert_chords_km(chords)
    return distances
