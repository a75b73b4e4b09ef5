"""Which sites to build in which year, when money comes year by year."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy import sparse

from georisk.siting.binding import bind_limits, free_sites
from georisk.siting.highs import LinearModel, relax_integers, solve_linear
from georisk.siting.limits import Limits, check_limits
from georisk.siting.models.group_cover import GroupCover, reduce_groups
from georisk.siting.models.set_cover import cap_count, read_reach
from georisk.siting.solution import Method, Solution, Status
from layers.errors import CallError

if TYPE_CHECKING:
    from georisk.network import BoolArray
    from layers.crs import FloatArray

MAX_EXACT = 50_000
_CLOSED = 1e-7
_ROUNDING = 1e-9
_HALF = 0.5


@dataclass(frozen=True, eq=False)
class Years:
    """Money by year, what sites cost to keep, and how much later years count.

    Attributes
    ----------
    budget : array of shape (n_years,)
        To build and to keep sites in each year.
    running : array of shape (n_candidates,), optional
        Cost of keeping a new site, each year from the one in which it is built.
    discount : float
        0.03: a year later counts 3 % less; 0 or more.
    unspent : str
        Whether money that is left ``lapses`` or ``carries over``.
    """

    budget: FloatArray
    running: FloatArray | None = None
    discount: float = 0.0
    unspent: Literal["lapses", "carries over"] = "lapses"


@dataclass(frozen=True)
class PhasedSolution(Solution):
    """As `Solution`, in weight x years (discounted); sites in the order in which they are built.

    Attributes
    ----------
    year : tuple of int
        In which each of ``chosen`` is built, from 0.
    covered : tuple of float
        Weight newly covered in each year.
    """

    year: tuple[int, ...]
    covered: tuple[float, ...]


def phase_sites(
    reach: sparse.csr_matrix,
    weights: FloatArray,
    limits: Limits,
    years: Years,
    *,
    method: Method = "auto",
    time_limit_s: float = 30.0,
) -> PhasedSolution:
    """Choose sites and the year of each so that the weight covered, summed over years, is most.

    What is built stays, and a site covers from the year in which it is built.

    Parameters
    ----------
    reach : sparse matrix of bool, shape (n_candidates, n_demand)
    weights : array of shape (n_demand,)
        Per year; 0 or more.
    limits : Limits
        ``cost`` is that of building; ``k``, pairs kept apart and ``budget`` bind the whole plan,
        required sites stand at its end.
    years : Years
    method : str
        ``auto`` is exact up to 50,000 columns; beyond, year by year, each time the most weight
        for the money, with the bound of the relaxed model.

    Raises
    ------
    CallError
        If a value is missing or below 0, or no site can be paid for in any year.

    References
    ----------
    Schilling 1980, Dynamic location modeling for public-sector facilities.

    Examples
    --------
    Money for one site a year: first the one that covers 7, then the one that adds 3.

    >>> reach = sparse.csr_matrix(np.array([[1, 1, 0], [0, 1, 1], [1, 0, 0]]))
    >>> limits = Limits(cost=np.array([2.0, 2, 1]))
    >>> plan = phase_sites(reach, np.array([3.0, 3, 4]), limits, Years(np.array([2.0, 2.0])))
    >>> plan.chosen, plan.year, plan.covered, plan.objective
    ((1, 2), (0, 1), (7.0, 10.0), 17.0)
    """
    reach = read_reach(reach)
    limits = cap_count(limits, reach.shape[0])
    check_limits(limits, reach.shape[0])
    weights = _check_plan(reach, weights, limits, years)
    cover = reduce_groups(reach, weights, np.zeros(len(weights), np.int64), limits)
    linear = _pose(cover, limits, years)
    greedy = _build_greedily(cover, limits, years)
    whole = method == "exact" or (method == "auto" and len(linear.worth) <= MAX_EXACT)
    found = solve_linear(linear if whole else relax_integers(linear), time_limit_s=time_limit_s,
                         start=_fill(cover, greedy, limits) if whole else None)
    built = greedy
    if whole and found.values is not None:
        width = len(years.budget) * cover.n_sites
        built = found.values[:width].reshape(-1, cover.n_sites) > _HALF
    if set(limits.required) - set(np.flatnonzero(built[-1]).tolist()):
        raise CallError("site: no plan with the required sites was found in time; raise the limit")
    status: Status = found.status if whole else "greedy"
    return _describe(cover, built, limits, years, (found.bound, status))


def _check_plan(
    reach: sparse.csr_matrix, weights: FloatArray, limits: Limits, years: Years
) -> FloatArray:
    weights, budget = np.asarray(weights, float), np.asarray(years.budget, float)
    if weights.shape != (reach.shape[1],):
        raise CallError(f"site: give one weight for each of {reach.shape[1]} demand rows")
    if not np.all(np.isfinite(weights)) or np.any(weights < 0) or not np.any(weights > 0):
        raise CallError("site: a weight is missing or below 0, or none is above 0")
    if limits.cost is None:
        raise CallError("site: a plan over years needs a cost for each candidate")
    for name, amounts in (("budget", budget), ("cost", np.asarray(limits.cost, float)),
                          ("running cost", _read_running(limits, years))):
        if not len(amounts) or not np.all(np.isfinite(amounts)) or np.any(amounts < 0):
            raise CallError(f"site: a {name} is missing or below 0")
    if not 0 <= years.discount < np.inf:
        raise CallError("site: the discount must be 0 or more, such as 0.03")
    if len(_read_running(limits, years)) != reach.shape[0]:
        raise CallError("site: give one running cost for each candidate")
    return weights


def _read_running(limits: Limits, years: Years) -> FloatArray:
    cost = np.asarray(limits.cost, float)
    return np.zeros(len(cost)) if years.running is None else np.asarray(years.running, float)


def _weigh_years(years: Years) -> FloatArray:
    return np.asarray((1.0 + years.discount) ** -np.arange(len(years.budget), dtype=float))


def _pose(cover: GroupCover, limits: Limits, years: Years) -> LinearModel:
    """Columns: sites that stand in year 0, in year 1, ..., then what each year covers."""
    n, m, t = cover.n_sites, len(cover.weight), len(years.budget)
    last = sparse.hstack([sparse.csr_matrix((n, n * (t - 1))), sparse.eye(n)])
    whole = bind_limits(free_sites(np.zeros(n)), limits, n)
    stays = sparse.eye(n * (t - 1), n * t, k=n) - sparse.eye(n * (t - 1), n * t)
    kinds = sparse.hstack([sparse.kron(sparse.eye(t), cover.reach.T), -sparse.eye(m * t)])
    money, least = _write_money(limits, years)
    left = sparse.vstack([stays, whole.matrix @ last, money])
    matrix = sparse.vstack([
        kinds, sparse.hstack([left, sparse.csr_matrix((left.shape[0], m * t))]),
    ])
    worth = np.asarray(np.kron(_weigh_years(years), cover.weight), float)
    lower, upper = np.zeros((t, n)), np.tile(whole.upper, (t, 1))
    lower[:, list(limits.fixed)] = 1.0
    lower[-1] = whole.lower
    free = free_sites(np.zeros(n * t), others=worth)
    return replace(
        free, matrix=sparse.csr_matrix(matrix),
        lower=np.r_[lower.ravel(), free.lower[n * t :]],
        upper=np.r_[upper.ravel(), free.upper[n * t :]],
        row_lower=np.r_[np.zeros(m * t + stays.shape[0]), whole.row_lower,
                        np.full(len(least), -np.inf)],
        row_upper=np.r_[np.full(m * t + stays.shape[0], np.inf), whole.row_upper, least],
    )


def _write_money(limits: Limits, years: Years) -> tuple[sparse.csr_matrix, FloatArray]:
    """A row a year: what is built and kept, in this year or until then, within the money."""
    t, budget = len(years.budget), np.asarray(years.budget, float)
    cost, running = np.asarray(limits.cost, float).copy(), _read_running(limits, years).copy()
    cost[list(limits.fixed)] = running[list(limits.fixed)] = 0.0
    spent = np.kron(np.eye(t), cost + running) - np.kron(np.eye(t, k=-1), cost)
    if years.unspent == "carries over":
        spent, budget = np.cumsum(spent, axis=0), np.cumsum(budget)
    scale = np.where(budget > 0, budget, 1.0)
    return sparse.csr_matrix(spent / scale[:, None]), budget / scale


def _build_greedily(cover: GroupCover, limits: Limits, years: Years) -> BoolArray:
    """Each year the site that adds most weight for its money, while this and later years pay."""
    n, t = cover.n_sites, len(years.budget)
    money, most = _write_money(limits, years)
    price = np.asarray(limits.cost, float) + _read_running(limits, years)
    built = np.zeros((t, n), bool)
    built[:, list(limits.fixed)] = True
    plan: tuple[int, ...] = ()
    for year in range(t):
        while True:
            open_ = ~cover.find_covered(plan)
            gains = np.asarray(cover.reach @ (cover.weight * open_))
            wanted = gains + float(gains.max(initial=0.0) + 1.0) * np.isin(
                np.arange(n), list(set(limits.required) - set(plan)))
            ratio = wanted / np.maximum(price, 1e-12)
            row = _pick(ratio, plan, limits, (built, year, money, most))
            if row is None:
                break
            built[year:, row] = True
            plan = (*plan, row)
    return built


def _pick(
    ratio: FloatArray, plan: tuple[int, ...], limits: Limits,
    state: tuple[BoolArray, int, sparse.csr_matrix, FloatArray],
) -> int | None:
    built, year, money, most = state
    open_ = limits.list_open(len(ratio))
    lacking = set(limits.required)
    for row in np.argsort(-ratio, kind="stable").tolist():
        if ratio[row] <= 0:
            return None
        whole = replace(limits, required=tuple(lacking & {*plan, row}))
        if row in plan or not open_[row] or not whole.allow((*plan, row)):
            continue
        then = built.copy()
        then[year:, row] = True
        if np.all(money @ then.ravel().astype(float) <= most * (1.0 + _ROUNDING)):
            return int(row)
    return None


def _fill(cover: GroupCover, built: BoolArray, limits: Limits) -> FloatArray:
    plans = [_list_new(row, limits) for row in built]
    covered = [cover.find_covered(plan).astype(float) for plan in plans]
    return np.asarray(np.r_[built.ravel(), np.concatenate(covered)], float)


def _list_new(stands: BoolArray, limits: Limits) -> tuple[int, ...]:
    return tuple(np.setdiff1d(np.flatnonzero(stands), list(limits.fixed)).tolist())


def _describe(
    cover: GroupCover, built: BoolArray, limits: Limits, years: Years,
    search: tuple[float, Status],
) -> PhasedSolution:
    """Sites by year, within a year first what adds most; what never adds anything is left out."""
    (bound, status), weigh = search, _weigh_years(years)
    order: list[int] = []
    year: list[int] = []
    benefits: list[float] = []
    covered: list[float] = []
    for at, stands in enumerate(built):
        left = [row for row in _list_new(stands, limits) if row not in order]
        while left:
            now = cover.measure_benefit(tuple(order))
            gains = [cover.measure_benefit((*order, row)) - now for row in left]
            best = int(np.argmax(gains))
            row = left.pop(best)
            if gains[best] > 0 or row in limits.required:
                order.append(row)
                year.append(at)
                benefits.append(gains[best] * float(weigh[at:].sum()))
        covered.append(cover.measure_benefit(tuple(order)))
    objective = float(np.array(covered) @ weigh)
    total = float(cover.total.sum() - cover.total @ cover.fixed_share) * float(weigh.sum())
    bound = max(min(bound, total), objective)
    gap = (bound - objective) / bound if bound > 0 else 0.0
    if status == "optimal" or gap < _CLOSED:
        gap, bound, status = 0.0, objective, "optimal"
    return PhasedSolution(
        tuple(order), tuple(benefits), objective, bound, gap, total, status, tuple(year),
        tuple(covered),
    )
