"""The maximal covering problem, exact and by greedy and swap, on arrays alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from georisk.siting.exact import solve_exactly
from georisk.siting.greedy import bound_greedy, choose_greedily, prefer_first, swap_sites
from georisk.siting.reduction import CoverModel, reduce_cover
from layers.errors import CallError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scipy import sparse

    from georisk.network import IntArray
    from layers.crs import FloatArray

Method = Literal["auto", "exact", "greedy"]
MAX_EXACT = (2_000, 10_000)
_CLOSED = 1e-6


@dataclass(frozen=True)
class Solution:
    """Sites chosen, in the order in which they are worth building.

    Attributes
    ----------
    chosen : tuple of int
        Rows of the reach matrix. Fewer than k where more would add nothing.
    benefits : tuple of float
        What each adds to those before it.
    objective, bound : float
        Weight newly covered; no choice of k sites can cover more than the bound.
    gap : float
        (bound - objective) / bound: how far the choice may be from the best.
    total : float
        Weight of all demand, coverable or not, without what fixed sites cover.
    status : str
        ``optimal``; ``time limit``: the best found until then; ``greedy``: never proven.
    """

    chosen: tuple[int, ...]
    benefits: tuple[float, ...]
    objective: float
    bound: float
    gap: float
    total: float
    status: str


def solve_mclp(
    reach: sparse.csr_matrix,
    weights: FloatArray,
    *,
    k: int,
    fixed: Sequence[int] = (),
    method: Method = "auto",
    time_limit_s: float = 30.0,
) -> Solution:
    """Choose k sites that cover as much weight as possible.

    Parameters
    ----------
    reach : sparse matrix of bool, shape (n_candidates, n_demand)
        Rows sorted by candidate id: of two choices as good, the earlier row wins.
    weights : array of shape (n_demand,)
        0 or more.
    k : int
        How many new sites; fixed ones are not counted.
    fixed : sequence of int
        Rows of sites that stand already; what they cover is no demand.
    method : str
        ``auto`` is exact up to 2,000 candidates and 10,000 kinds of demand.
    time_limit_s : float
        For the exact search; what was found until then is kept, and its gap is told.

    Raises
    ------
    CallError
        If k is not between 1 and the number of candidates, a weight is no number or below 0,
        nothing is uncovered, or no candidate reaches anything uncovered.

    References
    ----------
    Church & ReVelle 1974, The maximal covering location problem. Nemhauser, Wolsey & Fisher
    1978, Maximizing submodular set functions.

    Examples
    --------
    Greedy takes the middle site first (6) and ends with 9; the best pair covers all ten.

    >>> import numpy as np
    >>> from scipy import sparse
    >>> reach = sparse.csr_matrix(np.array([[1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1]], bool))
    >>> best = solve_mclp(reach, np.array([2.0, 3, 3, 2]), k=2)
    >>> best.chosen, best.objective, best.status
    ((0, 2), 10.0, 'optimal')
    """
    _check_call(reach, weights, k, fixed)
    model = reduce_cover(reach, weights, fixed=fixed)
    _check_feasible(model)
    start = swap_sites(model, choose_greedily(model, k))
    small = model.n_candidates <= MAX_EXACT[0] and model.n_groups <= MAX_EXACT[1]
    bound = bound_greedy(model, start, k)
    status = "greedy"
    if method == "exact" or (method == "auto" and small):
        start, bound, status = solve_exactly(model, start, k=k, time_limit_s=time_limit_s)
    return _describe(model, prefer_first(model, start), bound, status)


def _check_call(
    reach: sparse.csr_matrix, weights: FloatArray, k: int, fixed: Sequence[int]
) -> None:
    candidates, demand = reach.shape
    free = candidates - len(set(fixed))
    if len(weights) != demand:
        raise CallError(f"site: {len(weights)} weights for {demand} demand rows; give one each")
    if not np.all(np.isfinite(weights)) or np.any(np.asarray(weights) < 0):
        raise CallError("site: a weight is missing or below 0; fill in intensities first")
    if free == 0:
        raise CallError(
            "site: there is no candidate; add towns within reach of the legs to `waypoints` or "
            "`places`, or relax the rules that leave them out"
        )
    if not 1 <= k <= free:
        raise CallError(f"site: k = {k}, but there are {free} candidates; give 1 to {free}")


def _check_feasible(model: CoverModel) -> None:
    if model.total <= 0:
        raise CallError(
            "site: nothing to cover: every segment has these services within their thresholds; "
            "choose another service or a shorter threshold"
        )
    if model.n_groups == 0:
        raise CallError(
            f"site: no candidate reaches any of the {model.n_unreached} uncovered rows within "
            "their thresholds; add candidates nearer to them, or raise walk.max_access_km or the "
            "service's threshold"
        )


def _describe(model: CoverModel, sites: IntArray, bound: float, status: str) -> Solution:
    """Rank the chosen sites by what each adds; leave out those that add nothing."""
    left, open_ = sites.tolist(), np.ones(model.n_groups, bool)
    order: list[int] = []
    benefits: list[float] = []
    while left:
        gains = model.matrix[left] @ (model.weights * open_)
        best = int(np.flatnonzero(gains >= gains.max() - model.tolerance)[0])
        if gains[best] <= model.tolerance:
            break
        order.append(left.pop(best))
        benefits.append(float(gains[best]))
        open_[model.groups_of(order[-1])] = False
    objective = float(np.sum(benefits))
    bound = max(bound, objective)
    gap = (bound - objective) / bound
    gap = 0.0 if status == "optimal" and gap < _CLOSED else gap
    chosen = tuple(int(model.candidates[row]) for row in order)
    solution = Solution(chosen, tuple(benefits), objective, bound, gap, model.total, status)
    return replace(solution, bound=objective) if gap == 0 else solution


def measure_selection_frequency(
    reach: sparse.csr_matrix, weight_draws: FloatArray, *, k: int
) -> FloatArray:
    """Share of weight draws in which each candidate is chosen, by greedy and swap.

    Parameters
    ----------
    reach : sparse matrix of bool, shape (n_candidates, n_demand)
    weight_draws : array of shape (n_draws, n_demand)

    Returns
    -------
    array of shape (n_candidates,)

    Raises
    ------
    CallError
        As `solve_mclp`.

    Examples
    --------
    >>> import numpy as np
    >>> from scipy import sparse
    >>> reach = sparse.csr_matrix(np.eye(2, dtype=bool))
    >>> measure_selection_frequency(reach, np.array([[2.0, 1], [3, 1], [1, 2], [5, 0]]), k=1)
    array([0.75, 0.25])
    """
    draws = np.atleast_2d(weight_draws)
    for row in draws:
        _check_call(reach, row, k, ())
    model = reduce_cover(reach, np.asarray(draws.mean(axis=0)))
    _check_feasible(model)
    counts = np.zeros(reach.shape[0])
    for row in draws:
        drawn = model.reweigh(row)
        sites = prefer_first(drawn, swap_sites(drawn, choose_greedily(drawn, k)))
        counts[model.candidates[sites]] += 1
    return counts / len(draws)
