"""The smallest threshold at which sites within the limits can reach everything."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from georisk.siting.binding import bind_limits, explain_clash, read_sites
from georisk.siting.highs import InfeasibleError, solve_linear
from georisk.siting.models.set_cover import cover_greedily, pose_cover
from layers.errors import CallError

if TYPE_CHECKING:
    from collections.abc import Callable

    from scipy import sparse

    from georisk.network import IntArray
    from georisk.siting.limits import Limits
    from georisk.siting.solution import Method, Status
    from layers.crs import FloatArray


@dataclass(frozen=True, eq=False)
class Threshold:
    """What was found, and below what nothing can be.

    Attributes
    ----------
    sites : array of int
    value, bound : float
    status : str
    """

    sites: IntArray
    value: float
    bound: float
    status: Status


def find_threshold(
    values: FloatArray,
    need_at: Callable[[float], sparse.csr_matrix],
    limits: Limits,
    *,
    method: Method = "auto",
    time_limit_s: float = 30.0,
) -> Threshold:
    """Search the values by halving; at each, ask for sites that reach all that is needed.

    A greedy cover answers yes at once; only where it fails the exact one is asked, and of the
    largest value always.

    Parameters
    ----------
    values : array
        Ascending, distinct, at least one.
    need_at : callable
        Sites by kinds of demand (a column each) that must be reached at a threshold; a larger
        threshold never needs more.
    limits : Limits

    Raises
    ------
    InfeasibleError
        If even the largest value will not do; the limit to blame is named.
    """
    end = time.monotonic() + time_limit_s
    low, high = 0, len(values) - 1
    sites, known = _cover(need_at(values[high]), limits, "exact", time_limit_s)
    if sites is None and not known:
        raise CallError(
            f"site: no choice within the limits was found in {time_limit_s:g} s; raise the time "
            "limit, k or the budget"
        )
    if sites is None:
        needed = need_at(values[high])
        raise explain_clash(pose_cover(needed, np.zeros(needed.shape[0])), limits, needed.shape[0])
    floor, sure = 0, known
    while low < high:
        middle = (low + high) // 2
        found, known = _cover(need_at(values[middle]), limits, method, end - time.monotonic())
        if found is not None:
            sites, high = found, middle
            continue
        low = middle + 1
        sure = sure and known
        floor = low if known else floor
    if sure or floor == high:
        return Threshold(sites, float(values[high]), float(values[high]), "optimal")
    status: Status = "greedy" if method == "greedy" else "time limit"
    return Threshold(sites, float(values[high]), float(values[floor]), status)


def _cover(
    needed: sparse.csr_matrix, limits: Limits, method: Method, time_limit_s: float
) -> tuple[IntArray | None, bool]:
    """Sites that reach all, or None; and whether the answer is certain."""
    n = needed.shape[0]
    if np.any(np.asarray(needed[limits.list_open(n)].sum(axis=0)) == 0):
        return None, True
    start = cover_greedily(needed, limits, np.ones(n))
    if start is not None or method == "greedy":
        return start, start is not None or _is_too_few(needed, limits)
    try:
        found = solve_linear(
            bind_limits(pose_cover(needed, np.zeros(n)), limits, n), time_limit_s=time_limit_s
        )
    except InfeasibleError:
        return None, True
    if found.values is None:
        return None, False
    return read_sites(found.values, limits, n), True


def _is_too_few(needed: sparse.csr_matrix, limits: Limits) -> bool:
    """Whether more demands than k share no site at all, so that k cannot do."""
    if limits.k is None:
        return False
    columns = needed.tocsc()
    size = np.diff(columns.indptr)
    blocked, count = np.zeros(columns.shape[1], bool), 0
    for column in np.argsort(size, kind="stable"):
        if not blocked[column]:
            count += 1
            mine = columns.indices[columns.indptr[column] : columns.indptr[column + 1]]
            blocked |= np.asarray(needed[mine].sum(axis=0)).ravel() > 0
    return count > limits.k
