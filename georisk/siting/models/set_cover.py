"""How few sites reach all demand: the set covering problem."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy import sparse

from georisk.siting.binding import bind_limits, explain_clash, free_sites, name_rows, read_sites
from georisk.siting.highs import InfeasibleError, LinearModel, bound_linear, solve_linear
from georisk.siting.limits import Limits, check_limits
from georisk.siting.solution import Method, Solution, Status
from layers.errors import CallError

if TYPE_CHECKING:
    from georisk.network import BoolArray, IntArray
    from layers.crs import FloatArray

MAX_EXACT = (2_000, 20_000)
_WHOLE = 1e-6


@dataclass(frozen=True)
class CoverSolution(Solution):
    """As `Solution`; benefits are demand rows newly reached, the objective is sites or cost.

    Attributes
    ----------
    unreached : tuple of int
        Demand rows that no site may reach, left out on request.
    """

    unreached: tuple[int, ...]


def solve_lscp(
    reach: sparse.csr_matrix,
    limits: Limits,
    *,
    least: Literal["sites", "cost"] = "sites",
    unreached: Literal["refuse", "leave out"] = "refuse",
    method: Method = "auto",
    time_limit_s: float = 30.0,
) -> CoverSolution:
    """Choose the fewest new sites, or the cheapest, so that every demand row is reached.

    Parameters
    ----------
    reach : sparse matrix of bool, shape (n_candidates, n_demand)
        Rows sorted by candidate id; what fixed sites reach asks for nothing more.
    limits : Limits
        ``k`` and ``budget`` are ceilings: too few of either is said, with what would do.
    least : str
        What is to be small; ``cost`` needs ``limits.cost``.
    unreached : str
        Demand that no open candidate reaches: refuse it by name, or leave it out and tell.
    method : str
        ``auto`` is exact up to 2,000 candidates and 20,000 kinds of demand; a greedy choice that
        finds no way within the limits is no proof that there is none, and says so.

    Raises
    ------
    CallError
        Naming demand rows that nobody reaches and the forbidden or too costly candidates that
        would; or the limit that must give, and by how much.

    References
    ----------
    Toregas, Swain, ReVelle & Bergman 1971, The location of emergency service facilities. Chvatal
    1979, A greedy heuristic for the set-covering problem.

    Examples
    --------
    >>> reach = sparse.csr_matrix(np.array([[1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1]], bool))
    >>> best = solve_lscp(reach, Limits())
    >>> best.chosen, best.objective, best.benefits
    ((0, 2), 2.0, (2.0, 2.0))
    >>> solve_lscp(reach, Limits(k=1))
    Traceback (most recent call last):
    ...
    georisk.siting.highs.InfeasibleError: site: not all demand can be served within these limits; \
it can if k is raised to 2
    """
    n = reach.shape[0]
    reach, limits = read_reach(reach), cap_count(limits, n)
    check_limits(limits, n)
    cost = _price_sites(limits, n, least)
    missing = find_unreached(reach, limits)
    if len(missing) and unreached == "refuse":
        raise explain_unreached(reach, missing, limits)
    needed = group_demand(reach, np.setdiff1d(np.arange(reach.shape[1]), missing), limits)
    found, bound, status = _search(needed, limits, cost, method, time_limit_s)
    chosen, benefits = _rank_sites(reach, limits, found)
    objective = float(cost[list(chosen)].sum())
    bound = min(bound, objective)
    gap = 0.0 if status == "optimal" or objective <= 0 else (objective - bound) / objective
    return CoverSolution(
        chosen, benefits, objective, objective if gap == 0 else bound, gap,
        float(reach.shape[1] - len(missing)), "optimal" if gap == 0 else status,
        tuple(missing.tolist()),
    )


def read_reach(reach: sparse.csr_matrix) -> sparse.csr_matrix:
    """A reach matrix with one entry, 1, for each pair in reach and none for any other."""
    matrix = sparse.csr_matrix(reach, dtype=float, copy=True)
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    matrix.sort_indices()
    matrix.data[:] = 1.0
    return matrix


def cap_count(limits: Limits, n_candidates: int) -> Limits:
    """Where k is a ceiling, more than there are candidates is no contradiction."""
    free = int(limits.list_open(n_candidates).sum())
    return replace(limits, k=free) if limits.k is not None and 0 < free < limits.k else limits


def find_unreached(reach: sparse.csr_matrix, limits: Limits) -> IntArray:
    """Demand rows that neither a fixed site nor any candidate that may be chosen reaches."""
    stands = limits.list_open(reach.shape[0]).astype(float)
    stands[list(limits.fixed)] = 1.0
    return np.flatnonzero(np.asarray(reach.T @ stands) == 0)


def explain_unreached(
    reach: sparse.csr_matrix, missing: IntArray, limits: Limits
) -> InfeasibleError:
    """Name the demand that nobody may reach, and the candidates whose limits stand in the way."""
    columns = sparse.csc_matrix(reach)[:, missing]
    barred = np.flatnonzero(np.asarray(columns.sum(axis=1)).ravel() > 0)
    alone = np.asarray(columns.sum(axis=0)).ravel() == 0
    text = f"site: no candidate reaches demand {name_rows(missing)}"
    if alone.all():
        return InfeasibleError(
            f"{text}; add candidates nearer to it, raise the threshold, or leave it out"
        )
    which = name_rows(missing[~alone])
    return InfeasibleError(
        f"{text}; candidates that are forbidden or cost more than the budget would reach "
        f"{which}: {name_rows(barred, limits.name_site)}"
    )


def group_demand(
    reach: sparse.csr_matrix, rows: IntArray, limits: Limits
) -> sparse.csr_matrix:
    """Columns of some demand rows that no fixed site reaches, each kind once, in a fixed order.

    Returns
    -------
    sparse matrix, shape (n_candidates, n_kinds)
        The order of demand rows changes nothing.
    """
    columns = sparse.csc_matrix(reach)[:, rows]
    columns.sort_indices()
    fixed = np.zeros(reach.shape[0])
    fixed[list(limits.fixed)] = 1.0
    open_ = np.flatnonzero(np.asarray(columns.T @ fixed) == 0)
    start, index = columns.indptr, columns.indices.astype(">i4")
    first = {index[start[at] : start[at + 1]].tobytes(): int(at) for at in open_[::-1]}
    kinds = sparse.csr_matrix(columns[:, [first[key] for key in sorted(first)]])
    kinds.data[:] = 1.0
    return kinds


def pose_cover(needed: sparse.csr_matrix, worth: FloatArray) -> LinearModel:
    """A model in which every kind of demand has a site, and the sites cost least."""
    m = needed.shape[1]
    return replace(
        free_sites(worth), matrix=sparse.csr_matrix(needed.T), row_lower=np.ones(m),
        row_upper=np.full(m, np.inf), sense="least",
    )


def cover_greedily(
    needed: sparse.csr_matrix, limits: Limits, cost: FloatArray
) -> IntArray | None:
    """Cover all by taking most new demand per cost, then drop what is not needed; None if stuck."""
    chosen = sorted(set(limits.required))
    left = np.ones(needed.shape[1])
    left[needed[chosen].indices] = 0.0
    while left.any():
        gains = np.asarray(needed @ left) / np.maximum(cost, 1e-12)
        best = _pick_allowed(gains, chosen, limits)
        if best is None:
            return None
        chosen.append(best)
        left[needed[best].indices] = 0.0
    return _drop_needless(needed, chosen, limits)


def _pick_allowed(gains: FloatArray, chosen: list[int], limits: Limits) -> int | None:
    for row in np.argsort(-gains, kind="stable"):
        if gains[row] <= 0:
            return None
        if limits.allow((*chosen, int(row))):
            return int(row)
    return None


def _drop_needless(needed: sparse.csr_matrix, chosen: list[int], limits: Limits) -> IntArray:
    count = np.asarray(needed[chosen].sum(axis=0)).ravel()
    kept = list(chosen)
    for row in chosen:
        mine = needed[row].indices
        if row not in limits.required and np.all(count[mine] > 1):
            kept.remove(row)
            count[mine] -= 1
    return np.sort(np.array(kept, np.int64))


def _price_sites(limits: Limits, n: int, least: str) -> FloatArray:
    if least == "sites":
        return np.ones(n)
    if limits.cost is None:
        raise CallError("site: the cheapest cover needs a cost for each candidate")
    return np.asarray(limits.cost, float)


def _search(
    needed: sparse.csr_matrix, limits: Limits, cost: FloatArray, method: Method,
    time_limit_s: float,
) -> tuple[IntArray, float, Status]:
    n = needed.shape[0]
    free = pose_cover(needed, _price_new(cost, limits))
    model = bind_limits(free, limits, n)
    start = cover_greedily(needed, limits, cost)
    small = n <= MAX_EXACT[0] and needed.shape[1] <= MAX_EXACT[1]
    try:
        if start is not None and (method == "greedy" or (method == "auto" and not small)):
            return start, _round_up(bound_linear(model, time_limit_s=time_limit_s), cost), "greedy"
        found = solve_linear(model, start=_mark(start, limits, n), time_limit_s=time_limit_s)
    except InfeasibleError as clash:
        raise explain_clash(free, limits, n) from clash
    if found.values is None:
        raise CallError(
            f"site: nothing was found within {time_limit_s:g} s; raise the time limit, or relax "
            "k, the budget or the pairs kept apart"
        )
    return read_sites(found.values, limits, n), _round_up(found.bound, cost), found.status


def _price_new(cost: FloatArray, limits: Limits) -> FloatArray:
    priced = cost.copy()
    priced[list(limits.fixed)] = 0.0
    return priced


def _round_up(bound: float, cost: FloatArray) -> float:
    """Counts are whole, so that a bound of 3.2 sites means 4."""
    if not np.isfinite(bound):
        return 0.0
    whole = bool(np.all(cost == np.round(cost)))
    return float(np.ceil(bound - _WHOLE)) if whole else bound


def _mark(start: IntArray | None, limits: Limits, n: int) -> FloatArray | None:
    if start is None:
        return None
    stands = np.zeros(n)
    stands[start] = stands[list(limits.fixed)] = 1.0
    return stands


def _rank_sites(
    reach: sparse.csr_matrix, limits: Limits, sites: IntArray
) -> tuple[tuple[int, ...], tuple[float, ...]]:
    open_: BoolArray = np.ones(reach.shape[1], bool)
    open_[reach[list(limits.fixed)].indices] = False
    left, order, benefits = sites.tolist(), [], []
    while left:
        gains = np.asarray(reach[left] @ open_.astype(float))
        best = int(np.argmax(gains))
        benefits.append(float(gains[best]))
        order.append(int(left.pop(best)))
        open_[reach[order[-1]].indices] = False
    return tuple(order), tuple(benefits)
