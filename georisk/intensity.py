"""Intensity of reported incidents along routes, by an adaptive kernel that ages.

Each incident spreads a Gaussian whose width grows where incidents are rare and where its
position is vague; its mass is shared out over the route-km within reach and over nothing else.
Coordinates are km in the study's metric CRS; intensities are incidents per 100 km and year.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy import sparse

from georisk.incidents import Points, pair_within
from layers.crs import FloatArray, project_xy_m
from layers.errors import StudyError

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

PER_KM = 100.0
REACH_KM = 10.0
REACH_SIGMAS = 2.0
MAX_CUT_SIGMAS = 10.0
_CHUNK = 512
# From here on a compiled sum is worth its start; below, numba need not be loaded.
_MANY = 20_000
_WIDTH_DECIMALS = 9


@dataclass(frozen=True)
class Kernel:
    """How wide an incident spreads, and how long it counts.

    Attributes
    ----------
    h0_km : float
        Width at a place of typical density.
    half_life_years : float or None
        None: an old incident counts as much as a new one.
    floor_share : float
        Share of the surface's mass that is spread evenly (surface only).
    clip_low, clip_high : float
        Bounds of the adaptive width, in units of ``h0_km``.
    cut_sigmas : float
        A kernel ends at this many of its own widths.

    Raises
    ------
    StudyError
        If a value makes no kernel; every fault is named at once.
    """

    h0_km: float = 15.0
    half_life_years: float | None = 4.0
    floor_share: float = 0.2
    clip_low: float = 0.3
    clip_high: float = 4.0
    cut_sigmas: float = 4.0

    def __post_init__(self) -> None:
        rules = {
            "h0_km above 0": self.h0_km > 0,
            "half_life_years above 0": self.half_life_years is None or self.half_life_years > 0,
            "floor_share above 0 and below 1": 0 < self.floor_share < 1,
            "0 < clip_low <= clip_high": 0 < self.clip_low <= self.clip_high,
            "cut_sigmas above 0, at most 10": 0 < self.cut_sigmas <= MAX_CUT_SIGMAS,
        }
        wrong = [rule for rule, holds in rules.items() if not holds]
        if wrong:
            raise StudyError(f"kernel parameters: expected {'; '.join(wrong)}; got {self}")


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


@dataclass(frozen=True)
class RouteKernel:
    """What each of n incidents puts on each of m segments.

    Attributes
    ----------
    matrix : sparse array of shape (m, n)
        Density per km of route; each snapped column times the lengths sums to 1.
    snapped : boolean array of shape (n,)
        False: too far from every route, counted apart.
    lumped : int
        Incidents whose kernel reaches no midpoint: all on the nearest segment.
    """

    matrix: sparse.csr_array
    snapped: NDArray[np.bool_]
    lumped: int


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


def measure_bandwidths(points: Points, kernel: Kernel) -> FloatArray:
    """Width of each incident's kernel, km: adaptive, then widened by its vagueness.

    A pilot of width sqrt(h0^2 + sigma^2) gives the density f at every incident, and
    h = h0 (f / g)^(-1/2) with g the geometric mean of f; both are weighted by decay. h is
    clipped to its bounds and becomes sqrt(h^2 + sigma^2).

    References
    ----------
    Abramson (1982), On bandwidth variation in kernel estimates: a square root law.

    Examples
    --------
    Alone, an incident has typical density: h0 = 12 and sigma = 5 give 13 km.

    >>> one = Points(np.zeros((1, 2)), np.array([5.0]), np.zeros(1), np.ones(1))
    >>> measure_bandwidths(one, Kernel(h0_km=12.0)).tolist()
    [13.0]
    """
    if len(points) == 0:
        return np.zeros(0)
    density = _estimate_pilot(points, kernel)
    log_mean = np.average(np.log(density), weights=points.weight)
    h_km = kernel.h0_km * np.exp(-0.5 * (np.log(density) - log_mean))
    h_km = np.clip(h_km, kernel.clip_low * kernel.h0_km, kernel.clip_high * kernel.h0_km)
    # A micrometre of rounding keeps the cut-off from depending on the order of a sum.
    return np.asarray(np.round(np.hypot(h_km, points.sigma_km), _WIDTH_DECIMALS))


def _estimate_pilot(points: Points, kernel: Kernel) -> FloatArray:
    """Weighted kernels at every incident, but for a factor 2 pi that the ratio does not see."""
    width_km = np.hypot(kernel.h0_km, points.sigma_km)
    if len(points) > _MANY:
        from georisk.kernels import sum_gaussians

        return sum_gaussians(points.xy_km, points.xy_km, points.weight, width_km,
                             cut_sigmas=kernel.cut_sigmas)
    density = np.zeros(len(points))
    for low in range(0, len(points), _CHUNK):
        part = slice(low, low + _CHUNK)
        source, at, distance_km = pair_within(
            points.xy_km[part], points.xy_km, kernel.cut_sigmas * width_km[part]
        )
        scale = (points.weight / width_km**2)[part][source]
        bump = scale * weigh_distance(distance_km, width_km[part][source])
        density += np.bincount(at, weights=bump, minlength=len(points))
    return density


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
    >>> away = Points(np.array([[0.0, 12.0], [0.0, 12.1]]), np.ones(2), np.zeros(2), np.ones(2))
    >>> snap_incidents(away, route).tolist()
    [0, -1]
    """
    nearest = np.full(len(points), -1, np.intp)
    if len(points) == 0 or len(segments.ids) == 0:
        return nearest
    tree = shapely.STRtree(segments.lines_km)
    (point, segment), distance_km = tree.query_nearest(
        shapely.points(points.xy_km), return_distance=True, all_matches=True
    )
    near = distance_km <= reach_km + REACH_SIGMAS * points.sigma_km[point] + 1e-9
    rank = np.argsort(np.argsort(segments.ids, kind="stable"), kind="stable")
    point, segment = point[near], segment[near]
    # Written last wins: the smallest id of each incident comes last.
    last = np.argsort(-rank[segment], kind="stable")
    nearest[point[last]] = segment[last]
    return nearest


def build_route_kernel(
    points: Points,
    segments: RouteSegments,
    *,
    width_km: FloatArray,
    cut_sigmas: float = 4.0,
    reach_km: float = REACH_KM,
) -> RouteKernel:
    """Share the mass of every snapped incident over the segments around it.

    Parameters
    ----------
    width_km : array of shape (n,)
        From `measure_bandwidths`.

    Notes
    -----
    Kernels are read at segment midpoints and renormalised over route length, so that an
    incident counts once however many legs run near it.

    References
    ----------
    Diggle (1985), A kernel method for smoothing point process data. Jones (1993), Simple
    boundary correction for kernel density estimation.

    Examples
    --------
    Two segments of 2 km on either side of an incident share it: 0.25 per km each.

    >>> lines = shapely.linestrings([[(-2, 0), (0, 0)], [(0, 0), (2, 0)]])
    >>> route = RouteSegments(np.array(["a-0001", "a-0002"]), np.array([[-1.0, 0], [1, 0]]),
    ...                       np.array([2.0, 2.0]), lines)
    >>> one = Points(np.zeros((1, 2)), np.ones(1), np.zeros(1), np.ones(1))
    >>> build_route_kernel(one, route, width_km=np.array([5.0])).matrix.toarray().ravel().tolist()
    [0.25, 0.25]
    """
    nearest = snap_incidents(points, segments, reach_km=reach_km)
    snapped = np.flatnonzero(nearest >= 0)
    rows, columns, values, lumped = [], [], [], 0
    for low in range(0, len(snapped), _CHUNK):
        part = snapped[low : low + _CHUNK]
        source, at, distance_km = pair_within(
            points.xy_km[part], segments.mid_km, cut_sigmas * width_km[part]
        )
        alone = np.setdiff1d(np.arange(len(part)), source)
        lumped += len(alone)
        bump = weigh_distance(distance_km, width_km[part][source])
        source, at = np.append(source, alone), np.append(at, nearest[part[alone]])
        bump = np.append(bump, np.ones(len(alone)))
        mass = np.bincount(source, weights=bump * segments.length_km[at], minlength=len(part))
        rows.append(at)
        columns.append(part[source])
        values.append(bump / mass[source])
    shape = (len(segments.ids), len(points))
    return RouteKernel(_join(rows, columns, values, shape), nearest >= 0, lumped)


def _join(
    rows: list[NDArray[np.intp]],
    columns: list[NDArray[np.intp]],
    values: list[FloatArray],
    shape: tuple[int, int],
) -> sparse.csr_array:
    if not rows:
        return sparse.csr_array(shape, dtype=float)
    where = (np.concatenate(rows), np.concatenate(columns))
    return sparse.coo_array((np.concatenate(values), where), shape=shape).tocsr()
