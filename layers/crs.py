"""Lengths, areas and distances: the only room where degrees become metres.

Everything on disk is EPSG:4326 in longitude, latitude. Lengths and areas are geodesic on
WGS 84; neighbourhoods and kernels use a study's metric CRS.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

from layers.errors import StudyError

WGS84 = "EPSG:4326"
FloatArray = NDArray[np.float64]


@lru_cache(maxsize=1)
def _ellipsoid() -> pyproj.Geod:
    return pyproj.Geod(ellps="WGS84")


@lru_cache(maxsize=8)
def _transformer(crs_metric: str) -> pyproj.Transformer:
    try:
        target = pyproj.CRS.from_user_input(crs_metric)
    except pyproj.exceptions.CRSError as error:
        raise StudyError(
            f"crs_metric: cannot be understood: {crs_metric!r}; give an EPSG code or a PROJ text"
        ) from error
    if not target.is_projected or target.axis_info[0].unit_name not in {"metre", "meter"}:
        raise StudyError(f"crs_metric: {crs_metric!r} is not a projected CRS in metres")
    return pyproj.Transformer.from_crs(WGS84, target, always_xy=True)


def project_xy_m(lon: FloatArray, lat: FloatArray, *, crs_metric: str) -> FloatArray:
    """Put longitudes and latitudes into metres of the study's metric CRS.

    Parameters
    ----------
    lon, lat : array of shape (n,)
        Degrees, EPSG:4326.
    crs_metric : str
        Projected CRS in metres, as in ``study.toml``.

    Returns
    -------
    array of shape (n, 2)
        x and y in metres.

    Raises
    ------
    StudyError
        If ``crs_metric`` is unknown, geographic or not in metres.

    Examples
    --------
    >>> import numpy as np
    >>> xy = project_xy_m(np.array([-97.0]), np.array([19.0]),
    ...                   crs_metric="+proj=laea +lat_0=19 +lon_0=-97 +datum=WGS84")
    >>> bool(np.abs(xy).max() < 1e-6)
    True
    """
    x, y = _transformer(crs_metric).transform(lon, lat)
    return np.column_stack([np.asarray(x, float), np.asarray(y, float)])


def unproject_xy_m(xy_m: FloatArray, *, crs_metric: str) -> FloatArray:
    """Longitude and latitude of positions in a metric CRS, degrees, shape (n, 2).

    Examples
    --------
    >>> laea = "+proj=laea +lat_0=19 +lon_0=-97 +datum=WGS84 +units=m +no_defs"
    >>> unproject_xy_m(np.zeros((1, 2)), crs_metric=laea).round(6).tolist()
    [[-97.0, 19.0]]
    """
    xy_m = np.asarray(xy_m, float).reshape(-1, 2)
    lon, lat = _transformer(crs_metric).transform(xy_m[:, 0], xy_m[:, 1], direction="INVERSE")
    return np.column_stack([np.asarray(lon, float), np.asarray(lat, float)])


def measure_step_km(lon: FloatArray, lat: FloatArray) -> FloatArray:
    """Geodesic distance between consecutive points, km, shape (n - 1,).

    Examples
    --------
    >>> import numpy as np
    >>> round(float(measure_step_km(np.array([0.0, 0.0]), np.array([0.0, 1.0]))[0]), 3)
    110.574
    """
    _, _, length_m = _ellipsoid().inv(lon[:-1], lat[:-1], lon[1:], lat[1:])
    return np.asarray(length_m, float) / 1000.0


def measure_distance_km(
    lon_a: FloatArray, lat_a: FloatArray, lon_b: FloatArray, lat_b: FloatArray
) -> FloatArray:
    """Geodesic distance between points pairwise, km, shape (n,)."""
    _, _, length_m = _ellipsoid().inv(lon_a, lat_a, lon_b, lat_b)
    return np.asarray(length_m, float) / 1000.0


def measure_length_km(lines: NDArray[np.object_]) -> FloatArray:
    """Geodesic length of each line, km, shape (n,)."""
    points, owner = shapely.get_coordinates(lines, return_index=True)
    if len(points) < 2:  # noqa: PLR2004 - a line needs two points
        return np.zeros(len(lines))
    step_km = measure_step_km(points[:, 0], points[:, 1])
    inside = owner[1:] == owner[:-1]
    total = np.bincount(owner[1:][inside], weights=step_km[inside], minlength=len(lines))
    return total.astype(np.float64)


def measure_area_km2(polygons: NDArray[np.object_]) -> FloatArray:
    """Geodesic area of each polygon, km2, shape (n,)."""
    return np.array([abs(_ellipsoid().geometry_area_perimeter(p)[0]) / 1e6 for p in polygons])


def measure_cell_area_km2(lat_centre: FloatArray, *, step_deg: float) -> FloatArray:
    """Area of a longitude-latitude cell around each latitude, km2 (authalic sphere).

    Examples
    --------
    >>> import numpy as np
    >>> round(float(measure_cell_area_km2(np.array([0.0]), step_deg=1.0)[0]))
    12364
    """
    radius_km = 6371.0072
    half = np.radians(step_deg) / 2
    lat = np.radians(lat_centre)
    return np.asarray(
        radius_km**2 * np.radians(step_deg) * (np.sin(lat + half) - np.sin(lat - half))
    )
