"""The longest stretch without a point, along routes and each way, made as short as it can be."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from georisk.siting.limits import Limits, check_limits
from georisk.siting.models.set_cover import cap_count, group_demand
from georisk.siting.models.threshold import find_threshold
from georisk.siting.solution import Method, Solution
from layers.errors import CallError

if TYPE_CHECKING:
    from georisk.network import BoolArray, IntArray
    from layers.crs import FloatArray

_ROUNDING_H = 1e-9


@dataclass(frozen=True, eq=False)
class RoutePoints:
    """Where sites, existing and possible, lie along routes that are walked one way.

    A route walked both ways is two routes, each with its own hours: uphill takes longer. The
    start and the end of a route count as points.

    Attributes
    ----------
    hours : array of shape (n_routes,)
        From start to end.
    route, site : array of int, shape (n_points,)
        Which site lies on which route; a site may lie on many, and on one several times.
    at_h : array of shape (n_points,)
        Hours from the start of the route, 0 to its length.
    n_sites : int
    """

    hours: FloatArray
    route: IntArray
    site: IntArray
    at_h: FloatArray
    n_sites: int


def solve_longest_gap(
    points: RoutePoints,
    limits: Limits,
    *,
    method: Method = "auto",
    time_limit_s: float = 30.0,
) -> Solution:
    """Choose sites so that the longest stretch between consecutive points takes fewest hours.

    No gap exceeds g where each stretch of g hours that begins just behind a point, chosen or not,
    has a point: that is a cover, so that the best g is found by halving. On a single route the
    greedy cover is exact.

    Parameters
    ----------
    points : RoutePoints
    limits : Limits
        Fixed sites stand already.

    Returns
    -------
    Solution
        ``objective`` in hours; ``total`` is the longest gap as it is. Benefits are what each site
        takes off it; where several gaps are as long, only the last site that closes one does.

    Raises
    ------
    CallError
        If arrays do not fit together, or the limits cannot be kept.

    Examples
    --------
    Twelve hours, water at hour 6; of candidates at 2, 3 and 9 take two:

    >>> points = RoutePoints(np.array([12.0]), np.zeros(4, int), np.arange(4),
    ...                      np.array([6.0, 2, 3, 9]), 4)
    >>> best = solve_longest_gap(points, Limits(k=2, fixed=(0,)))
    >>> best.chosen, best.objective, best.total
    ((2, 3), 3.0, 6.0)
    """
    points = read_points(points)
    limits = cap_count(limits, points.n_sites)
    check_limits(limits, points.n_sites)
    stands = limits.list_open(points.n_sites)
    stands[list(limits.fixed)] = True
    usable = _keep_points(points, stands)
    found = find_threshold(
        _list_gaps(usable), lambda longest: _need_at(usable, longest, limits), limits,
        method=method, time_limit_s=time_limit_s,
    )
    order, benefits, objective = _rank_sites(usable, limits, found.sites)
    bound = min(found.bound, objective)
    gap = (objective - bound) / objective if objective > 0 else 0.0
    return Solution(order, benefits, objective, bound, gap,
                    measure_longest_gap(points, np.array(limits.fixed, np.int64)),
                    "optimal" if gap == 0 else found.status)


def measure_longest_gap(points: RoutePoints, sites: IntArray) -> float:
    """Hours of the longest stretch between consecutive points, with some sites standing.

    Examples
    --------
    >>> points = RoutePoints(np.array([12.0]), np.zeros(2, int), np.arange(2),
    ...                      np.array([5.0, 9]), 2)
    >>> measure_longest_gap(points, np.array([0]))
    7.0
    """
    return float(measure_gaps(points, sites).max(initial=0.0))


def measure_gaps(points: RoutePoints, sites: IntArray) -> FloatArray:
    """Hours of the longest stretch on each route, shape (n_routes,)."""
    stands = np.zeros(points.n_sites, bool)
    stands[sites] = True
    kept = _keep_points(points, stands)
    route, at_h = _with_ends(kept)
    longest = np.zeros(len(points.hours))
    same = route[1:] == route[:-1]
    np.maximum.at(longest, route[1:][same], np.diff(at_h)[same])
    return longest


def read_points(points: RoutePoints) -> RoutePoints:
    """The points as numbers; those beyond the ends of a route or of no site are refused.

    Raises
    ------
    CallError
    """
    route, site = np.asarray(points.route, np.int64), np.asarray(points.site, np.int64)
    if not len(route) == len(site) == len(points.at_h):
        raise CallError("site: give one route, one site and one position for each point")
    if len(route) and not (route.min() >= 0 and route.max() < len(points.hours)):
        raise CallError(f"site: a point lies on a route that is not among {len(points.hours)}")
    if len(site) and not (site.min() >= 0 and site.max() < points.n_sites):
        raise CallError(f"site: a point belongs to a site that is not among {points.n_sites}")
    if not np.all(np.isfinite(points.hours)) or np.any(np.asarray(points.hours) < 0):
        raise CallError("site: the hours of a route are missing or below 0")
    beyond = np.asarray(points.hours, float)[route] + _ROUNDING_H if len(route) else np.zeros(0)
    at_h = np.asarray(points.at_h, float)
    if not np.all((at_h >= -_ROUNDING_H) & (at_h <= beyond)):
        raise CallError("site: a point lies beyond the ends of its route")
    hours = np.asarray(points.hours, float)
    return RoutePoints(hours, route, site, np.clip(at_h, 0.0, hours[route]), points.n_sites)


def _keep_points(points: RoutePoints, stands: BoolArray) -> RoutePoints:
    kept = stands[points.site]
    return RoutePoints(
        points.hours, points.route[kept], points.site[kept], points.at_h[kept], points.n_sites
    )


def _with_ends(points: RoutePoints) -> tuple[IntArray, FloatArray]:
    """Points and both ends of each route, by route and hour."""
    all_ = np.arange(len(points.hours))
    route = np.r_[points.route, all_, all_]
    at_h = np.r_[points.at_h, np.zeros(len(all_)), points.hours]
    order = np.lexsort((at_h, route))
    return route[order], at_h[order]


def _list_gaps(points: RoutePoints) -> FloatArray:
    """Differences between any two points of a route: the longest gap is one of them."""
    route, at_h = _with_ends(points)
    bounds = np.searchsorted(route, np.arange(len(points.hours) + 1))
    least = measure_longest_gap(points, np.arange(points.n_sites))
    gaps = [np.array([least])]
    for one, other in itertools.pairwise(bounds.tolist()):
        at = np.unique(at_h[one:other])
        apart = (at[None, :] - at[:, None])[np.triu_indices(len(at), 1)]
        gaps.append(np.unique(apart[apart > least]))
    return np.unique(np.concatenate(gaps))


def _need_at(points: RoutePoints, longest: float, limits: Limits) -> sparse.csr_matrix:
    """A column for each stretch of the longest hours just behind a point: who lies in it."""
    rows: list[IntArray] = []
    columns: list[IntArray] = []
    count = 0
    order = np.lexsort((points.at_h, points.route))
    bounds = np.searchsorted(points.route[order], np.arange(len(points.hours) + 1))
    for route, hours in enumerate(np.asarray(points.hours, float).tolist()):
        mine = order[bounds[route] : bounds[route + 1]]
        at_h = points.at_h[mine]
        start = np.unique(np.r_[0.0, at_h])
        start = start[hours - start > longest]
        first = np.searchsorted(at_h, start, side="right")
        size = np.searchsorted(at_h, start + longest + _ROUNDING_H, side="right") - first
        window = np.repeat(np.arange(len(start)), size)
        point = np.arange(len(window)) + np.repeat(first - np.cumsum(size) + size, size)
        # The sum above may round; what counts is the difference.
        inside = at_h[point] - start[window] <= longest
        rows.append(points.site[mine[point[inside]]])
        columns.append(window[inside] + count)
        count += len(start)
    at = (np.concatenate([np.zeros(0, int), *rows]), np.concatenate([np.zeros(0, int), *columns]))
    shape = (points.n_sites, count)
    needed = sparse.csr_matrix((np.ones(len(at[0])), at), shape=shape)
    return group_demand(needed, np.arange(count), limits)


def _rank_sites(
    points: RoutePoints, limits: Limits, sites: IntArray
) -> tuple[tuple[int, ...], tuple[float, ...], float]:
    """First the site that shortens the longest gap most, of equals the one that shortens all."""
    there: list[int] = list(limits.fixed)
    now = measure_longest_gap(points, np.array(there, np.int64))
    left, order, benefits = sites.tolist(), [], []
    while left:
        then = [measure_gaps(points, np.array([*there, row], np.int64)) for row in left]
        scores = [(float(gaps.max(initial=0.0)), float(np.sort(gaps).sum())) for gaps in then]
        best = scores.index(min(scores))
        benefits.append(now - scores[best][0])
        now = scores[best][0]
        order.append(int(left.pop(best)))
        there.append(order[-1])
    return tuple(order), tuple(benefits), now
