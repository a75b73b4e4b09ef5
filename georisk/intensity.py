"""Routes as an intensity sees them, and which incidents lie on them.

Coordinates are km in the study's metric CRS; intensities are incidents per 100 km and year.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from layers.crs import FloatArray, project_xy_m

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from georisk.incidents import Points

PER_KM = 100.0
REACH_KM = 10.0
REACH_SIGMAS = 2.0
# From here on compiled loops are worth their start; below, numba need not be loaded.
_MANY = 20_000


@dataclass(frozen=True)
class RouteSegments:
    """Segments as a kernel sees them, m of them.

    Attributes
    ----------
    ids : array of str, shape (m,)
    mid_km : array of shape (m, 2)
        Midpoint, where the kernel is read.
    length_km : array of shape (m,)
        Geodesic.
    lines_km : array of LineString, shape (m,)
        The line itself, km in the metric CRS.
    """

    ids: NDArray[np.object_]
    mid_km: FloatArray
    length_km: FloatArray
    lines_km: NDArray[np.object_]


def place_segments(segments: gpd.GeoDataFrame, *, crs_metric: str) -> RouteSegments:
    """Put segments into the metric CRS.

    Parameters
    ----------
    segments : GeoDataFrame
        Index ``segment_id``; columns ``mid_lon mid_lat length_km``; lines in EPSG:4326.
    """

    def project(degrees: FloatArray) -> FloatArray:
        return project_xy_m(degrees[:, 0], degrees[:, 1], crs_metric=crs_metric) / 1000.0

    return RouteSegments(
        ids=segments.index.to_numpy(object),
        mid_km=project(segments[["mid_lon", "mid_lat"]].to_numpy(float)),
        length_km=segments["length_km"].to_numpy(float),
        lines_km=np.asarray(shapely.transform(segments.geometry.to_numpy(), project)),
    )


def weigh_distance(distance_km: FloatArray, width_km: FloatArray) -> FloatArray:
    """Gaussian of a distance, 1 at the centre: exp(-d^2 / 2 h^2)."""
    return np.asarray(np.exp(-0.5 * (distance_km / width_km) ** 2))


def snap_incidents(
    points: Points, segments: RouteSegments, *, reach_km: float = REACH_KM
) -> NDArray[np.intp]:
    """Find the segment nearest to each incident; -1 where it is farther than its reach.

    The reach is ``reach_km`` plus two sigmas of the incident's position, measured to the
    segment's line. Ties go to the smallest segment id.

    Examples
    --------
    >>> line = shapely.LineString([(0, 0), (1, 0)])
    >>> route = RouteSegments(np.array(["a-0001"]), np.array([[0.5, 0.0]]), np.ones(1),
    ...                       np.array([line]))
    >>> from georisk.incidents import Points
    >>> away = Points(np.array([[0.0, 12.0], [0.0, 12.1]]), np.ones(2), np.zeros(2), np.ones(2))
    >>> snap_incidents(away, route).tolist()
    [0, -1]
    """
    nearest = np.full(len(points), -1, np.intp)
    if len(points) == 0 or len(segments.ids) == 0:
        return nearest
    rank = np.argsort(np.argsort(segments.ids, kind="stable"), kind="stable")
    if len(points) > _MANY:
        from georisk.kernels.nearest import find_nearest_lines

        return find_nearest_lines(points.xy_km, segments.lines_km, rank,
                                  reach_km + REACH_SIGMAS * points.sigma_km + 1e-9)
    tree = shapely.STRtree(segments.lines_km)
    (point, segment), distance_km = tree.query_nearest(
        shapely.points(points.xy_km), return_distance=True, all_matches=True
    )
    near = distance_km <= reach_km + REACH_SIGMAS * points.sigma_km[point] + 1e-9
    point, segment = point[near], segment[near]
    # Written last wins: the smallest id of each incident comes last.
    last = np.argsort(-rank[segment], kind="stable")
    nearest[point[last]] = segment[last]
    return nearest
