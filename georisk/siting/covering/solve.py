"""Maximal coverage on a reach matrix alone: the best choice of sites, or how far it may be."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from georisk.siting.covering.dual import Dual, bound_cover
from georisk.siting.covering.exact import fix_candidates, solve_exactly
from georisk.siting.covering.exchange import drop_idle, prefer_first, rebuild_sites, swap_sites
from georisk.siting.covering.greedy import choose_greedily, measure_objective
from georisk.siting.covering.reduction import CoverModel, reduce_cover
from georisk.siting.limits import check_limits
from georisk.siting.solution import Method, Solution, Status
from layers.errors import CallError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scipy import sparse

    from georisk.network import IntArray
    from georisk.siting.limits import Limits
    from layers.crs import FloatArray

MAX_EXACT = (2_000, 10_000)
ROUNDS = 12_000
_FEW = 150
_CLOSED = 1e-7
_NAMED = 5


def solve_mclp(
    reach: sparse.csr_matrix,
    weights: FloatArray,
    limits: Limits,
    *,
    method: Method = "auto",
    time_limit_s: float = 30.0,
    start: Sequence[int] | None = None,
) -> Solution:
    """Choose the sites that cover as much weight as possible within the limits.

    Greedy, exchange and prices (Lagrangian multipliers) give a choice and a bound; where they
    do not meet, HiGHS searches what prices do not rule out.

    Parameters
    ----------
    reach : sparse matrix of bool, shape (n_candidates, n_demand)
        Rows sorted by candidate id: of two choices as good, the earlier row wins.
    weights : array of shape (n_demand,)
        0 or more.
    limits : Limits
        What fixed sites cover is no demand. Required sites are among those chosen, even where
        they add nothing; of others, none that adds nothing is.
    method : str
        ``exact`` always asks HiGHS where a gap is left, ``auto`` where at most 2,000 candidates
        and 10,000 kinds of demand are left, ``greedy`` never: its status is ``optimal`` only
        where the bound proves it.
    time_limit_s : float
        For the exact search; what was found until then is kept, and its gap is told.
    start : sequence of int, optional
        A choice to begin from: where it keeps the limits, the result is never worse.

    Raises
    ------
    CallError
        If limits contradict each other, a weight is no number or below 0, nothing is uncovered,
        or no candidate that may be chosen reaches anything uncovered.

    References
    ----------
    Church & ReVelle 1974, The maximal covering location problem. Galvão & ReVelle 1996, A
    Lagrangean heuristic for the maximal covering location problem.

    Examples
    --------
    Greedy takes the middle site first (6) and ends with 9; the best pair covers all ten.

    >>> from georisk.siting.limits import Limits
    >>> from scipy import sparse
    >>> reach = sparse.csr_matrix(np.array([[1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1]], bool))
    >>> best = solve_mclp(reach, np.array([2.0, 3, 3, 2]), Limits(k=2))
    >>> best.chosen, best.objective, best.status
    ((0, 2), 10.0, 'optimal')
    """
    check_call(reach, weights, limits)
    model = reduce_cover(reach, weights, limits)
    check_feasible(reach, weights, limits, model)
    proof = solve_model(model, place_sites(model, start or ()), method=method,
                        time_limit_s=time_limit_s)
    return describe_choice(reach, weights, limits, model, proof)


@dataclass(frozen=True, eq=False)
class Proof:
    """A choice on a reduced model, and how good it can be at most.

    Attributes
    ----------
    sites : array of int
        Rows of the model.
    bound : float
        Of the weight that the model's candidates cover.
    multipliers : array
        Of `georisk.siting.covering.dual.Dual`.
    """

    sites: IntArray
    bound: float
    status: Status
    multipliers: FloatArray


def solve_model(
    model: CoverModel,
    known: IntArray,
    *,
    method: Method,
    time_limit_s: float,
    multipliers: FloatArray | None = None,
    rounds: int = ROUNDS,
) -> Proof:
    """Solve a reduced model, from a choice that is known and the prices of a like model.

    Parameters
    ----------
    known : array of int
        Rows of the model: a choice within its bounds, or none.
    multipliers : array, optional
        Of the same candidates and groups under another count or budget.
    rounds : int
        Of random exchanges at most, where prices leave a gap.
    """
    began = time.perf_counter()
    dual = _bound_choice(model, known, multipliers)
    closed = _is_closed(model, dual)
    left = 0 if closed else len(fix_candidates(model, dual)[0])
    small = left <= MAX_EXACT[0] and model.n_groups <= MAX_EXACT[1]
    prove = not closed and (method == "exact" or (method == "auto" and small))
    if not closed and not (prove and left <= _FEW):
        dual = replace(dual, sites=_improve_choice(model, dual.sites, rounds, prove=prove))
        closed = _is_closed(model, dual)
    sites, bound = dual.sites, dual.bound
    status: Status = "optimal" if closed else "greedy"
    if prove and not closed:
        left_s = max(time_limit_s - (time.perf_counter() - began), 0.0)
        sites, bound, status = solve_exactly(model, dual, time_limit_s=left_s)
    return Proof(prefer_first(model, drop_idle(model, sites)), bound, status, dual.multipliers)


def _bound_choice(
    model: CoverModel, known: IntArray, multipliers: FloatArray | None
) -> Dual:
    """Greedy, exchange, prices."""
    gains = np.asarray(model.matrix @ model.weights)
    starts = [choose_greedily(model, gains=gains), known]
    found = [swap_sites(model, sites, gains=gains) for sites in starts if len(sites)]
    if not found:
        return Dual(0.0, np.empty(0), np.empty(0), np.empty(0, np.int64))
    best = max(found, key=lambda sites: measure_objective(model, sites))
    return bound_cover(model, rebuild_sites(model, best), start=multipliers)


def _improve_choice(
    model: CoverModel, sites: IntArray, rounds: int, *, prove: bool
) -> IntArray:
    """Random exchanges; longer ones where else the exact search would spend the time."""
    from georisk.siting.covering.compiled import LONG_WORK, SHORT_WORK, shake_sites

    work = LONG_WORK if prove else SHORT_WORK
    return rebuild_sites(model, shake_sites(model, sites, most=rounds, work=work))


def place_sites(model: CoverModel, sites: Sequence[int]) -> IntArray:
    """Rows of the model of some original rows; none where they break its bounds."""
    rows = np.flatnonzero(np.isin(model.candidates, list(sites)))
    return rows if model.allow(rows) else rows[:0]


def _is_closed(model: CoverModel, dual: Dual) -> bool:
    return dual.bound - measure_objective(model, dual.sites) <= _CLOSED * dual.bound


def check_call(reach: sparse.csr_matrix, weights: FloatArray, limits: Limits) -> None:
    """Refuse limits and weights that make no sense."""
    candidates, demand = reach.shape
    if len(weights) != demand:
        raise CallError(f"site: {len(weights)} weights for {demand} demand rows; give one each")
    if not np.all(np.isfinite(weights)) or np.any(np.asarray(weights) < 0):
        raise CallError("site: a weight is missing or below 0; fill in intensities first")
    if candidates <= len(set(limits.fixed)):
        raise CallError(
            "site: there is no candidate; add towns within reach of the legs to `waypoints` or "
            "`places`, or relax the rules that leave them out"
        )
    check_limits(limits, candidates)


def check_feasible(
    reach: sparse.csr_matrix, weights: FloatArray, limits: Limits, model: CoverModel
) -> None:
    """Refuse a problem in which nothing can be gained, naming the demand and what rules it out."""
    if model.total <= 0:
        raise CallError(
            "site: nothing to cover: every segment has these services within their thresholds; "
            "choose another service or a shorter threshold"
        )
    if model.n_groups or limits.required:
        return
    free = reduce_cover(reach, weights, replace(limits, forbidden=(), cost=None, budget=None))
    if not free.n_groups:
        raise CallError(
            f"site: no candidate reaches any of the {model.n_unreached} uncovered rows within "
            "their thresholds; add candidates nearer to them, or raise walk.max_access_km or the "
            "service's threshold"
        )
    rows = np.flatnonzero(free.group_of >= 0)
    named = ", ".join(str(row) for row in rows[:_NAMED])
    more = f" and {len(rows) - _NAMED} more" if len(rows) > _NAMED else ""
    reached_by = set(free.candidates.tolist())
    banned = len(reached_by & set(limits.forbidden))
    dear = len(reached_by) - banned
    raise CallError(
        f"site: demand rows {named}{more} are reached only by candidates that may not be chosen: "
        f"{banned} forbidden, {dear} beyond the budget alone; allow one of them or raise the "
        "budget"
    )


def describe_choice(
    reach: sparse.csr_matrix, weights: FloatArray, limits: Limits, model: CoverModel, proof: Proof
) -> Solution:
    """Rank the chosen sites by what each adds; leave out those that add nothing, unless required.

    Parameters
    ----------
    model : CoverModel
        The same problem, reduced.
    """
    required = sorted(set(limits.required))
    sites = [*model.candidates[proof.sites], *required]
    order, benefits = _rank_sites(reach, weights, limits, sites)
    objective = float(np.sum(benefits))
    bound = max(model.base + proof.bound, objective)
    status = proof.status
    if status == "optimal" or bound - objective <= _CLOSED * bound:
        bound, status = objective, "optimal"
    gap = (bound - objective) / bound if bound > 0 else 0.0
    return Solution(tuple(order), tuple(benefits), objective, bound, gap, model.total, status)


def _rank_sites(
    reach: sparse.csr_matrix, weights: FloatArray, limits: Limits, sites: Sequence[int]
) -> tuple[list[int], list[float]]:
    """Each next site is that which adds most; gains only shrink, so few are added up anew."""
    open_ = np.asarray(weights, float).copy()
    for row in set(limits.fixed):
        open_[reach[row].nonzero()[1]] = 0.0
    slack = float(open_.sum()) * 1e-10
    reached = {row: np.unique(reach[row].nonzero()[1]) for row in sorted({int(s) for s in sites})}
    gains = {row: float(np.sort(open_[there]).sum()) for row, there in reached.items()}
    order: list[int] = []
    benefits: list[float] = []
    fresh = set(gains)
    while gains:
        most = max(gains.values())
        row = next(row for row, gain in gains.items() if gain >= most - slack)
        if row not in fresh:
            gains[row] = float(np.sort(open_[reached[row]]).sum())
            fresh.add(row)
            continue
        gain = gains.pop(row)
        if gain > slack or row in limits.required:
            order.append(row)
            benefits.append(gain if gain > slack else 0.0)
            open_[reached[row]] = 0.0
            fresh = set()
    return order, benefits
