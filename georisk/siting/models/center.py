"""The longest time to the nearest point, made as short as it can be: the p-center problem."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from georisk.siting.limits import Limits, check_limits
from georisk.siting.models.set_cover import (
    cap_count,
    explain_unreached,
    find_unreached,
    group_demand,
)
from georisk.siting.models.threshold import find_threshold
from georisk.siting.solution import Method, Solution
from layers.errors import CallError

if TYPE_CHECKING:
    from georisk.network import IntArray
    from layers.crs import FloatArray


def solve_pcenter(
    hours: sparse.csr_matrix,
    limits: Limits,
    *,
    method: Method = "auto",
    time_limit_s: float = 30.0,
) -> Solution:
    """Choose sites so that the farthest demand has as few hours as possible to its nearest one.

    Parameters
    ----------
    hours : sparse matrix, shape (n_candidates, n_demand)
        From demand to site; no entry: out of reach. A stored 0 is no time at all.
    limits : Limits
        Fixed sites serve too.
    method : str
        ``greedy`` asks no exact question; its bound counts demands that share no site.

    Returns
    -------
    Solution
        ``objective`` in hours. Benefits are what each site takes off the longest time, which for
        demand out of reach counts as the longest of the matrix; before the last site they are
        often 0.

    Raises
    ------
    CallError
        If a time is missing or below 0, or naming the demand or the limits to blame.

    References
    ----------
    Hakimi 1964, Optimum locations of switching centers. Minieka 1970, The m-center problem.

    Examples
    --------
    >>> at = np.array([0.0, 1, 5, 6])
    >>> hours = sparse.csr_matrix(np.abs(at[:, None] - at) + 1.0)
    >>> hours.data -= 1.0
    >>> best = solve_pcenter(hours, Limits(k=2))
    >>> best.chosen, best.objective, best.bound, best.benefits
    ((2, 0), 1.0, 1.0, (1.0, 4.0))
    """
    n, limits = hours.shape[0], cap_count(limits, hours.shape[0])
    check_limits(limits, n)
    hours = read_hours(hours)
    missing = find_unreached(_reach_within(hours, np.inf), limits)
    if len(missing):
        raise explain_unreached(_reach_within(hours, np.inf), missing, limits)
    everything = np.arange(hours.shape[1])
    found = find_threshold(
        _list_times(hours, limits),
        lambda most: group_demand(_reach_within(hours, most), everything, limits),
        limits, method=method, time_limit_s=time_limit_s,
    )
    order, benefits, objective = _rank_sites(hours, limits, found.sites)
    bound = min(found.bound, objective)
    gap = (objective - bound) / objective if objective > 0 else 0.0
    return Solution(order, benefits, objective, bound, gap, _measure_longest(hours, limits),
                    "optimal" if gap == 0 else found.status)


def read_hours(hours: sparse.csr_matrix) -> sparse.csr_matrix:
    """The matrix of times, checked.

    Raises
    ------
    CallError
        If a time is missing or below 0.
    """
    matrix = sparse.csr_matrix(hours, dtype=float)
    if not np.all(np.isfinite(matrix.data)) or np.any(matrix.data < 0):
        raise CallError("site: a time is missing or below 0; leave out pairs that are out of reach")
    return matrix


def _reach_within(hours: sparse.csr_matrix, most: float) -> sparse.csr_matrix:
    near = hours.data <= most
    entries = hours.tocoo()
    return sparse.csr_matrix(
        (np.ones(int(near.sum())), (entries.row[near], entries.col[near])), shape=hours.shape
    )


def _list_times(hours: sparse.csr_matrix, limits: Limits) -> FloatArray:
    """Times that can be the longest: none shorter than the worst of the nearest."""
    stands = limits.list_open(hours.shape[0])
    stands[list(limits.fixed)] = True
    nearest = np.full(hours.shape[1], np.inf)
    entries = hours[stands].tocoo()
    np.minimum.at(nearest, entries.col, entries.data)
    least = float(nearest.max(initial=0.0))
    return np.unique(np.r_[least, entries.data[entries.data > least]])


def _measure_longest(hours: sparse.csr_matrix, limits: Limits) -> float:
    """Longest time with fixed sites alone; out of reach counts as the longest of all."""
    return float(_find_nearest(hours, np.array(limits.fixed, np.int64)).max(initial=0.0))


def _find_nearest(hours: sparse.csr_matrix, sites: IntArray) -> FloatArray:
    nearest = np.full(hours.shape[1], float(hours.data.max(initial=0.0)))
    entries = hours[sites].tocoo()
    np.minimum.at(nearest, entries.col, entries.data)
    return nearest


def _rank_sites(
    hours: sparse.csr_matrix, limits: Limits, sites: IntArray
) -> tuple[tuple[int, ...], tuple[float, ...], float]:
    """First the site that shortens the longest time most, of equals the one of least total."""
    now = _find_nearest(hours, np.array(limits.fixed, np.int64))
    left, order, benefits = sites.tolist(), [], []
    while left:
        then = [np.minimum(now, _find_nearest(hours, np.array([row]))) for row in left]
        scores = [(float(times.max(initial=0.0)), float(np.sort(times).sum())) for times in then]
        best = scores.index(min(scores))
        benefits.append(float(now.max(initial=0.0)) - scores[best][0])
        order.append(int(left.pop(best)))
        now = then[best]
    return tuple(order), tuple(benefits), float(now.max(initial=0.0))
