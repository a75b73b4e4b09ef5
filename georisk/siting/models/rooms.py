"""Sites with limited room: as much demand served as there is room for within reach."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from georisk.siting.binding import bind_limits, free_sites, read_sites
from georisk.siting.highs import LinearModel, relax_integers, solve_linear
from georisk.siting.limits import Limits, check_limits
from georisk.siting.models.local_search import add_sites, rank_sites, search_sites
from georisk.siting.models.set_cover import cap_count, read_reach
from georisk.siting.solution import Method, Solution, Status
from layers.errors import BrokenError, CallError

if TYPE_CHECKING:
    from georisk.network import BoolArray, IntArray
    from layers.crs import FloatArray

MAX_EXACT_PAIRS = 100_000
_CLOSED = 1e-7


@dataclass(frozen=True, eq=False)
class CapacitatedSolution(Solution):
    """As `Solution`, in the unit of the demand; with, short and unreachable add up to it.

    Attributes
    ----------
    with_service, short, unreachable : array of shape (n_demand,)
        Served by fixed and chosen sites; within reach of one, but without room; out of reach.
    load : array of shape (n_candidates,)
        Served at each site.
    """

    with_service: FloatArray
    short: FloatArray
    unreachable: FloatArray
    load: FloatArray


def solve_capacitated(
    reach: sparse.csr_matrix,
    demand: FloatArray,
    capacity: FloatArray,
    limits: Limits,
    *,
    method: Method = "auto",
    time_limit_s: float = 30.0,
) -> CapacitatedSolution:
    """Choose sites so that the most demand finds room within reach.

    Demand may be split over several sites. Fixed sites have their room too, and serve as much as
    helps most together with the new ones.

    Parameters
    ----------
    reach : sparse matrix of bool, shape (n_candidates, n_demand)
    demand : array of shape (n_demand,)
        Person-nights, litres a day, consultations: 0 or more.
    capacity : array of shape (n_candidates,)
        In the unit of the demand; infinite: without limit. Whether room that nobody stated is 0
        or infinite is for the caller to say.
    method : str
        ``auto`` is exact up to 100,000 pairs.

    Returns
    -------
    CapacitatedSolution
        The objective is what is served beyond fixed sites alone, and ``total`` what they leave.
        Of splits that serve as much one is given, not the nearest: allocate again for hours.

    Raises
    ------
    CallError
        If a value is missing or below 0, or the limits contradict each other.

    References
    ----------
    Current & Storbeck 1988, Capacitated covering models. Pirkul & Schilling 1991, The maximal
    covering location problem with capacities on total workload.

    Examples
    --------
    Two sites of 10 beds reach the same 12 people, a third of 5 beds reaches 4 others:

    >>> reach = sparse.csr_matrix(np.array([[1, 0], [1, 0], [0, 1]]))
    >>> best = solve_capacitated(reach, np.array([12.0, 4]), np.array([10.0, 10, 5]), Limits(k=2))
    >>> best.chosen, best.benefits, best.short.tolist(), best.unreachable.tolist()
    ((0, 2), (10.0, 4.0), [2.0, 0.0], [0.0, 0.0])
    """
    reach = read_reach(reach)
    limits = cap_count(limits, reach.shape[0])
    check_limits(limits, reach.shape[0])
    model = _reduce(reach, *_check_amounts(reach, demand, capacity))
    base = _serve(model, limits.fixed)[0]
    sites, bound, status = _search(model, limits, method, time_limit_s)
    return _describe(model, sites, bound, status, limits, base)


@dataclass(frozen=True, eq=False)
class _Model:
    """Demand that the same sites reach, put together, in an order that no row order moves."""

    reach: sparse.csr_matrix
    demand: FloatArray
    capacity: FloatArray
    kind_of: IntArray
    rows: FloatArray


def _check_amounts(
    reach: sparse.csr_matrix, demand: FloatArray, capacity: FloatArray
) -> tuple[FloatArray, FloatArray]:
    demand, capacity = np.asarray(demand, float), np.asarray(capacity, float)
    if demand.shape != (reach.shape[1],) or capacity.shape != (reach.shape[0],):
        raise CallError("site: give an amount for each demand row and a room for each candidate")
    if not np.all(np.isfinite(demand)) or np.any(demand < 0):
        raise CallError("site: a demand is missing or below 0")
    if np.any(np.isnan(capacity)) or np.any(capacity < 0):
        raise CallError("site: a room is missing or below 0; say whether unknown room is 0")
    return demand, np.minimum(capacity, float(np.sort(demand).sum()))


def _reduce(reach: sparse.csr_matrix, demand: FloatArray, capacity: FloatArray) -> _Model:
    columns = sparse.csc_matrix(reach)
    columns.sort_indices()
    start, index = columns.indptr, columns.indices.astype(">i4")
    keys = [index[start[at] : start[at + 1]].tobytes() for at in range(len(demand))]
    useful = [at for at in range(len(demand)) if keys[at] and demand[at] > 0]
    first: dict[bytes, int] = {}
    for at in useful:
        first.setdefault(keys[at], at)
    place = {key: n for n, key in enumerate(sorted(first))}
    kind_of = np.full(len(demand), -1, np.int64)
    kind_of[useful] = [place[keys[at]] for at in useful]
    order = np.lexsort((demand, kind_of))
    order = order[kind_of[order] >= 0]
    amount = np.asarray(np.bincount(kind_of[order], demand[order], len(place)), float)
    kept = sparse.csr_matrix(columns[:, [first[key] for key in place]])
    return _Model(kept, amount, capacity, kind_of, demand)


def _pose(model: _Model) -> LinearModel:
    """Sites, then the amount on each pair as a share of the largest that it can be."""
    pairs = model.reach.tocoo()
    (n, m), p = model.reach.shape, len(pairs.row)
    most = np.minimum(model.capacity[pairs.row], model.demand[pairs.col])
    scale = np.maximum(most, 1e-300)
    at = np.arange(p)
    amount_by_site = sparse.csr_matrix((most, (pairs.row, at)), shape=(n, p))
    amount_by_kind = sparse.csr_matrix((most, (pairs.col, at)), shape=(m, p))
    ones = sparse.csr_matrix((np.ones(p), (at, pairs.row)), shape=(p, n))
    room = sparse.diags(1.0 / np.maximum(model.capacity, 1e-300))
    need = sparse.diags(1.0 / model.demand)
    matrix = sparse.vstack([
        sparse.hstack([-sparse.diags((model.capacity > 0).astype(float)), room @ amount_by_site]),
        sparse.hstack([sparse.csr_matrix((m, n)), need @ amount_by_kind]),
        sparse.hstack([-ones, sparse.eye(p)]),
    ])
    free = free_sites(np.zeros(n), others=np.where(scale > 0, most, 0.0))
    return replace(
        free, matrix=sparse.csr_matrix(matrix), row_lower=np.full(n + m + p, -np.inf),
        row_upper=np.r_[np.zeros(n), np.ones(m), np.zeros(p)],
    )


def _serve(model: _Model, sites: tuple[int, ...]) -> tuple[float, FloatArray, FloatArray]:
    """Most that some sites serve; of each kind of demand; at each site."""
    rows = np.array(sorted(set(sites)), np.int64)
    by_kind, load = np.zeros(len(model.demand)), np.zeros(model.reach.shape[0])
    kinds = np.unique(model.reach[rows].indices)
    if not len(kinds):
        return 0.0, by_kind, load
    part = replace(model, reach=sparse.csr_matrix(model.reach[rows][:, kinds]),
                   demand=model.demand[kinds], capacity=model.capacity[rows])
    linear, n = relax_integers(_pose(part)), len(rows)
    lower = np.r_[np.ones(n), linear.lower[n:]]
    values = solve_linear(replace(linear, lower=lower), time_limit_s=np.inf).values
    if values is None:
        raise BrokenError("site: no way to fill the sites was found")
    amount = np.maximum(values[n:], 0.0) * linear.worth[n:]
    pairs = part.reach.tocoo()
    by_kind[kinds] = np.minimum(np.bincount(pairs.col, amount, len(kinds)), part.demand)
    load[rows] = np.minimum(np.bincount(pairs.row, amount, n), part.capacity)
    return float(by_kind.sum()), by_kind, load


def _score(model: _Model, sites: tuple[int, ...], limits: Limits) -> FloatArray:
    """At least what is served with each candidate added: what is left over fills its room."""
    served, by_kind, _ = _serve(model, (*sites, *limits.fixed))
    left = np.asarray(model.reach @ (model.demand - by_kind))
    more = np.minimum(left, model.capacity)
    more[[*sites, *limits.fixed]] = 0.0
    return np.column_stack([served + more, left])


def _search(
    model: _Model, limits: Limits, method: Method, time_limit_s: float
) -> tuple[tuple[int, ...], float, Status]:
    n = model.reach.shape[0]
    linear = bind_limits(_pose(model), limits, n)
    start = add_sites(lambda some: _score(model, some, limits), (), limits)
    if method == "exact" or (method == "auto" and model.reach.nnz <= MAX_EXACT_PAIRS):
        stands = np.full(len(linear.worth), np.nan)
        stands[:n] = 0.0
        stands[[*start, *limits.fixed]] = 1.0
        found = solve_linear(linear, start=stands, time_limit_s=time_limit_s)
        if found.values is None:
            return start, found.bound, found.status
        return tuple(read_sites(found.values, limits, n).tolist()), found.bound, found.status
    bound = solve_linear(relax_integers(linear), time_limit_s=time_limit_s).bound
    return search_sites(lambda some: _score(model, some, limits), start, limits), bound, "greedy"


def _describe(
    model: _Model, sites: tuple[int, ...], bound: float, status: Status, limits: Limits,
    base: float,
) -> CapacitatedSolution:
    order, benefits = _rank_sites(model, sites, limits, base)
    served, by_kind, load = _serve(model, (*order, *limits.fixed))
    total = float(np.sort(model.rows).sum()) - base
    objective = served - base
    bound = max(min(bound - base, total), objective)
    gap = 0.0 if bound <= 0 else (bound - objective) / bound
    if status == "optimal" or gap < _CLOSED:
        gap, bound, status = 0.0, objective, "optimal"
    with_service, short, unreachable = _split(model, by_kind, _find_near(model, order, limits))
    return CapacitatedSolution(
        order, benefits, objective, bound, gap, total, status, with_service, short, unreachable,
        load,
    )


def _rank_sites(
    model: _Model, sites: tuple[int, ...], limits: Limits, base: float
) -> tuple[tuple[int, ...], tuple[float, ...]]:
    """Each where it adds most; sites that add nothing are left out unless required."""

    def score(some: tuple[int, ...]) -> FloatArray:
        scores = np.full((model.reach.shape[0], 2), base)
        for row in sites:
            scores[row, 0] = _serve(model, (*some, row, *limits.fixed))[0]
        return scores

    order, benefits = rank_sites(score, np.array(sites, np.int64), base)
    least = _CLOSED * max(float(model.demand.sum()), 1e-300)
    kept = [(row, gain) for row, gain in zip(order, benefits, strict=True)
            if gain > least or row in limits.required]
    return tuple(row for row, _ in kept), tuple(gain for _, gain in kept)


def _find_near(model: _Model, sites: tuple[int, ...], limits: Limits) -> BoolArray:
    stands = np.zeros(model.reach.shape[0])
    stands[[*sites, *limits.fixed]] = 1.0
    return np.asarray(model.reach.T @ stands) > 0


def _split(
    model: _Model, by_kind: FloatArray, near: BoolArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """What is served of a kind of demand, shared out evenly over its rows."""
    known = model.kind_of >= 0
    kind = model.kind_of[known]
    share, within = np.zeros(len(model.rows)), np.zeros(len(model.rows), bool)
    share[known] = (by_kind / model.demand)[kind]
    within[known] = near[kind]
    served = model.rows * share
    rest = model.rows - served
    return served, np.where(within, rest, 0.0), np.where(within, 0.0, rest)
