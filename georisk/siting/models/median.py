"""Least total time to the nearest point: the p-median problem."""

from __future__ import annotations

import itertools
import time
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from georisk.siting.binding import bind_limits, explain_clash, read_sites
from georisk.siting.highs import InfeasibleError, solve_linear
from georisk.siting.limits import Limits, check_limits
from georisk.siting.models.interchange import (
    MedianModel,
    bound_medians,
    build_pairs,
    choose_medians,
    drop_hopeless,
    exchange_medians,
    find_nearest,
    measure_total,
)
from georisk.siting.models.radius import (
    count_passed,
    deepen_levels,
    mark_start,
    pose_radius,
    sort_levels,
)
from georisk.siting.models.set_cover import (
    cap_count,
    cover_greedily,
    explain_unreached,
    find_unreached,
    group_demand,
    pose_cover,
)
from georisk.siting.solution import Method, Solution, Status
from layers.errors import CallError

if TYPE_CHECKING:
    from georisk.network import BoolArray, IntArray
    from layers.crs import FloatArray

MAX_EXACT_PAIRS = 200_000
_CLOSED = 1e-7
_SURE = 1e-9


def solve_pmedian(
    hours: sparse.csr_matrix,
    weights: FloatArray,
    limits: Limits,
    *,
    unreached_hours: float | None = None,
    method: Method = "auto",
    time_limit_s: float = 30.0,
) -> Solution:
    """Choose sites so that people need the fewest hours in all to the nearest one.

    Parameters
    ----------
    hours : sparse matrix, shape (n_candidates, n_demand)
        From demand to site; no entry: out of reach. A stored 0 is no time at all.
    weights : array of shape (n_demand,)
        People, or person-km: 0 or more; 0 asks for nothing.
    limits : Limits
        Fixed sites serve too.
    unreached_hours : float, optional
        What a demand row costs that no site serves, and no row costs more. Without it, each must
        be served, and demand that cannot be is refused by name.
    method : str
        ``auto`` is exact up to 200,000 pairs; beyond, exchanges with a Lagrangian bound.

    Returns
    -------
    Solution
        ``objective`` in weight x hours. Benefits are what each site takes off it, beginning from
        the fixed sites; what nothing serves yet counts as ``unreached_hours``, or as the longest
        hours of the matrix where none are given. Sites that save nothing are not chosen.

    Raises
    ------
    CallError
        If a value is missing or below 0, or naming the demand or the limits to blame.

    References
    ----------
    Hakimi 1964, Optimum locations of switching centers. Cornuejols, Nemhauser & Wolsey 1980, A
    canonical representation of simple plant location problems. Garcia, Labbe & Marin 2011,
    Solving large p-median problems with a radius formulation.

    Examples
    --------
    Towns at hours 0, 1, 5 and 6 of a road, each a candidate; two points need 1 + 1 hours:

    >>> at = np.array([0.0, 1, 5, 6])
    >>> hours = sparse.csr_matrix(np.abs(at[:, None] - at) + 1.0)
    >>> hours.data -= 1.0
    >>> best = solve_pmedian(hours, np.ones(4), Limits(k=2))
    >>> best.chosen, best.objective, best.status
    ((1, 2), 2.0, 'optimal')
    """
    n, limits = hours.shape[0], cap_count(limits, hours.shape[0])
    check_limits(limits, n)
    _check_demand(hours, weights, unreached_hours)
    strict = unreached_hours is None
    if strict:
        _refuse_unreached(hours, weights, limits)
    hours, weights = _sort_demand(hours, np.asarray(weights, float))
    model, longest = _pose(hours, weights, limits, unreached_hours)
    sites = _start(model, hours, limits, longest, strict=strict)
    sites, bound, worth = _sharpen(model, sites, limits)
    status: Status = "greedy"
    if method == "exact" or (method == "auto" and len(model.site) <= MAX_EXACT_PAIRS):
        near = drop_hopeless(model, limits, measure_total(model, sites), bound, worth)
        sites, bound, status = _solve_radius(
            near, sites, limits, bound, must=strict & (model.ceiling > longest),
            time_limit_s=time_limit_s,
        )
    return _describe(model, sites, longest, bound, status)


def _check_demand(hours: sparse.csr_matrix, weights: FloatArray, ceiling: float | None) -> None:
    if len(weights) != hours.shape[1]:
        raise CallError(f"site: {len(weights)} weights for {hours.shape[1]} demand rows")
    for name, values in (("weight", weights), ("time", hours.data)):
        if not np.all(np.isfinite(values)) or np.any(values < 0):
            raise CallError(f"site: a {name} is missing or below 0")
    if ceiling is not None and not 0 < ceiling < np.inf:
        raise CallError("site: the hours of unreached demand must be a number above 0")


def _sort_demand(
    hours: sparse.csr_matrix, weights: FloatArray
) -> tuple[sparse.csr_matrix, FloatArray]:
    """Demand of some weight, in an order that no row order moves."""
    columns = sparse.csc_matrix(hours, dtype=float)
    columns.sort_indices()
    start, index = columns.indptr, columns.indices.astype(">i4")
    spans = [slice(one, other) for one, other in itertools.pairwise(start)]
    order = sorted(
        np.flatnonzero(weights > 0).tolist(),
        key=lambda at: (index[spans[at]].tobytes(), columns.data[spans[at]].tobytes(),
                        weights[at]),
    )
    return sparse.csr_matrix(columns[:, order]), weights[order]


def _refuse_unreached(hours: sparse.csr_matrix, weights: FloatArray, limits: Limits) -> None:
    reach = _mark_reach(sparse.csr_matrix(hours))
    missing = find_unreached(reach, limits)
    missing = missing[np.asarray(weights)[missing] > 0]
    if len(missing):
        raise explain_unreached(reach, missing, limits)


def _mark_reach(hours: sparse.csr_matrix) -> sparse.csr_matrix:
    reach = hours.copy()
    reach.data = np.ones(len(reach.data))
    return reach


def _pose(
    hours: sparse.csr_matrix, weights: FloatArray, limits: Limits, penalty: float | None
) -> tuple[MedianModel, FloatArray]:
    """The pairs, and the cost of each demand row as long as nothing serves it."""
    longest = float(hours.data.max(initial=0.0)) if penalty is None else penalty
    ceiling = weights * longest
    if penalty is None:
        ceiling = np.full(len(weights), 2.0 * float(ceiling.sum()) + 1.0)
    served = ceiling.copy()
    fixed = hours[list(limits.fixed)].tocoo()
    np.minimum.at(served, fixed.col, fixed.data * weights[fixed.col])
    usable = np.flatnonzero(limits.list_open(hours.shape[0]))
    return build_pairs(hours, weights, served, usable), np.minimum(weights * longest, served)


def _start(
    model: MedianModel, hours: sparse.csr_matrix, limits: Limits, longest: FloatArray, *,
    strict: bool,
) -> IntArray:
    """A choice to begin from; where all must be served, one that serves all."""
    sites = exchange_medians(model, choose_medians(model, limits), limits)
    if not strict or np.all(find_nearest(model, sites)[0] <= longest):
        return sites
    needed = group_demand(_mark_reach(hours), np.arange(hours.shape[1]), limits)
    cover = cover_greedily(needed, limits, np.ones(hours.shape[0]))
    cover = _find_cover(needed, limits) if cover is None else cover
    return exchange_medians(model, choose_medians(model, limits, tuple(cover.tolist())), limits)


def _find_cover(needed: sparse.csr_matrix, limits: Limits) -> IntArray:
    n = needed.shape[0]
    free = pose_cover(needed, np.zeros(n))
    try:
        values = solve_linear(bind_limits(free, limits, n)).values
    except InfeasibleError as clash:
        raise explain_clash(free, limits, n) from clash
    if values is None:
        raise CallError("site: no choice that serves all demand was found in time; raise k")
    return read_sites(values, limits, n)


def _sharpen(
    model: MedianModel, sites: IntArray, limits: Limits
) -> tuple[IntArray, float, FloatArray]:
    """A bound, and the better of some sites and of those that the bound points at."""
    best = measure_total(model, sites)
    bound, hint, worth = bound_medians(model, limits, best)
    if limits.allow(tuple(hint.tolist())):
        hint = exchange_medians(model, hint, limits)
        if measure_total(model, hint) < best - model.tolerance:
            sites = hint
    return sites, max(bound, 0.0), worth


def _solve_radius(
    model: MedianModel, sites: IntArray, limits: Limits, bound: float, *, must: BoolArray,
    time_limit_s: float,
) -> tuple[IntArray, float, Status]:
    """Solve over the nearest pairs of each demand; add farther ones where they turn out to matter.

    What lies beyond the pairs taken in is paid for at the next price, so that each round bounds
    the whole from below.
    """
    end, best = time.monotonic() + time_limit_s, measure_total(model, sites)
    levels = sort_levels(model)
    depth = deepen_levels(model, levels, sites, limits, must=must, end=end)
    while bound < best * (1.0 - _SURE):
        linear, base = pose_radius(model, levels, depth, must=must)
        posed = bind_limits(linear, limits, model.n_sites)
        start = mark_start(levels, depth, np.r_[sites, limits.fixed].astype(int), model.n_sites)
        found = solve_linear(posed, start=start, time_limit_s=end - time.monotonic())
        bound = max(bound, min(found.bound + base, best))
        if found.values is None:
            return sites, bound, "time limit"
        stands = read_sites(found.values, limits, model.n_sites)
        if measure_total(model, stands) < best:
            sites, best = stands, measure_total(model, stands)
        deeper = np.maximum(depth, count_passed(levels, stands))
        if found.status == "time limit":
            return sites, bound, "time limit"
        if np.array_equal(deeper, depth):
            break
        depth = deeper
    return sites, best, "optimal"


def _describe(
    model: MedianModel, sites: IntArray, unserved: FloatArray, bound: float, status: Status
) -> Solution:
    """Order the sites by what each takes off the total; leave out those that take nothing."""
    now, left = unserved, sites.tolist()
    order: list[int] = []
    benefits: list[float] = []
    rows = sparse.csr_matrix(
        (np.arange(1, len(model.site) + 1), (model.site, model.demand)),
        shape=(model.n_sites, len(unserved)),
    )
    while left:
        pairs = [rows[row].data - 1 for row in left]
        saved = [float(np.sum(np.maximum(now[model.demand[at]] - model.cost[at], 0.0)))
                 for at in pairs]
        best = int(np.argmax(saved))
        order.append(left.pop(best))
        benefits.append(saved[best])
        at = pairs[best]
        now = now.copy()
        now[model.demand[at]] = np.minimum(now[model.demand[at]], model.cost[at])
    objective = measure_total(model, sites)
    bound = min(bound, objective)
    gap = 0.0 if objective <= 0 else (objective - bound) / objective
    if gap < _CLOSED:
        gap, bound, status = 0.0, objective, "optimal"
    return Solution(
        tuple(order), tuple(benefits), objective, bound, gap, float(unserved.sum()), status
    )
