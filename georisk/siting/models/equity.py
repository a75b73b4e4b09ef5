"""Fairness between countries or profiles: the worst served first, or the sum of logarithms."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from georisk.siting.binding import bind_limits, read_sites
from georisk.siting.covering.solve import solve_mclp
from georisk.siting.highs import InfeasibleError, relax_integers, solve_linear
from georisk.siting.limits import Limits, check_limits
from georisk.siting.models.group_cover import (
    GroupCover,
    add_rows,
    choose_presolve,
    fill_columns,
    measure_logs,
    pose_least,
    pose_logs,
    pose_shares,
    reduce_groups,
    score_groups,
)
from georisk.siting.models.group_needs import add_needs, ask_fewest, bound_groups, count_needed
from georisk.siting.models.local_search import rank_sites, search_sites
from georisk.siting.models.set_cover import cap_count, read_reach
from georisk.siting.solution import Method, Solution, Status
from layers.errors import CallError

if TYPE_CHECKING:
    from georisk.network import IntArray
    from georisk.siting.models.group_needs import Bound, Needs
    from layers.crs import FloatArray

MAX_EXACT = (2_000, 20_000)
_SLACK, _CLOSED = 1e-9, 1e-7
_MAX_ROUNDS = 30
# Tangents touch there and around, so that few rounds are needed.
_NEAR = np.r_[1.0, np.linspace(0.8, 1.25, 31)]


@dataclass(frozen=True)
class EquitySolution(Solution):
    """As `Solution`; the objective is the least share, or the sum of logarithms of shares.

    Attributes
    ----------
    groups : tuple of int
        Groups with any demand, ascending.
    shares : tuple of float
        Share of each group's weight that fixed and chosen sites cover together.
    benefit : float
        Weight newly covered.
    price : float
        Weight that a choice for most weight alone would newly cover beyond that.
    """

    groups: tuple[int, ...]
    shares: tuple[float, ...]
    benefit: float
    price: float


def solve_equity(
    reach: sparse.csr_matrix,
    weights: FloatArray,
    groups: IntArray,
    limits: Limits,
    *,
    method: Method = "auto",
    time_limit_s: float = 30.0,
) -> EquitySolution:
    """Choose sites so that the worst served group is served best; among these, the most weight.

    Parameters
    ----------
    reach : sparse matrix of bool, shape (n_candidates, n_demand)
    weights : array of shape (n_demand,)
        0 or more.
    groups : array of int, shape (n_demand,)
        Country, profile or service of each demand row.
    limits : Limits
        What fixed sites cover counts in the shares.

    Returns
    -------
    EquitySolution
        ``total`` is 1, the share if all were covered; benefits are what each site adds to the
        least share.

    Raises
    ------
    CallError
        If arrays do not fit together, nothing has weight, or the limits contradict each other.

    References
    ----------
    Rawls 1971, A Theory of Justice. Marsh & Schilling 1994, Equity measurement in facility
    location analysis.

    Examples
    --------
    One site for two countries: the first covers 9 of 10 in one, the second 1 of 10 and 3 of 10.
    Fairness costs 9 - 4:

    >>> reach = sparse.csr_matrix(np.array([[1, 0, 0, 0], [0, 1, 1, 0]]))
    >>> weights, country = np.array([9.0, 1, 3, 7]), np.array([0, 0, 1, 1])
    >>> fair = solve_equity(reach, weights, country, Limits(k=1))
    >>> fair.chosen, fair.objective, fair.shares, fair.benefit, fair.price
    ((1,), 0.1, (0.1, 0.3), 4.0, 5.0)
    """
    cover, limits, small = _prepare(reach, weights, groups, limits)
    end, n = time.monotonic() + time_limit_s, cover.n_sites
    most = _find_most(cover, limits, method, time_limit_s / 3)
    start = max(
        search_sites(lambda some: score_groups(cover, some, "least"), (), limits), most,
        key=lambda some: (cover.measure_shares(some).min(), cover.measure_benefit(some)),
    )
    if not (method == "exact" or (method == "auto" and small)):
        linear = bind_limits(pose_least(cover), limits, n)
        bound = solve_linear(relax_integers(linear), time_limit_s=time_limit_s).bound
        return _describe(cover, start, most, bound, "greedy")
    most_of = bound_groups(cover, limits)
    sites, bound, status = _raise_least(cover, start, limits, (end - time.monotonic()) / 2, most_of)
    floor = float(cover.measure_shares(sites).min())
    needs = count_needed(cover, limits, floor * (1.0 - _CLOSED), most_of)
    sites = _add_benefit(cover, sites, limits, needs, end - time.monotonic())
    return _describe(cover, sites, most, bound, status)


def solve_alpha_fair(  # noqa: PLR0913 - what is reached and how it is weighed, as `solve_equity`
    reach: sparse.csr_matrix,
    weights: FloatArray,
    groups: IntArray,
    limits: Limits,
    *,
    floor: float = 0.001,
    method: Method = "auto",
    time_limit_s: float = 30.0,
) -> EquitySolution:
    """Choose sites so that the sum over groups of log(share + floor) is greatest (alpha = 1).

    To raise a share from 10 to 20 % counts as much as from 40 to 80 %, so that small groups and
    badly served ones weigh more than in a sum of people. The floor keeps a group without any
    cover from deciding everything. The logarithm is replaced by tangents, and by further ones
    where a solution touches it, until solution and bound meet.

    Parameters, returns and errors are those of `solve_equity`, with the sum of logarithms as
    objective; ``total`` is its value if all were covered.

    References
    ----------
    Mo & Walrand 2000, Fair end-to-end window-based congestion control. Bertsimas, Farias &
    Trichakis 2011, The price of fairness.

    Examples
    --------
    >>> reach = sparse.csr_matrix(np.array([[1, 0, 0, 0], [0, 1, 0, 1]]))
    >>> fair = solve_alpha_fair(reach, np.array([6.0, 4, 3, 7]), np.array([0, 0, 1, 1]),
    ...                         Limits(k=1))
    >>> fair.chosen, round(fair.objective, 3), fair.status
    ((1,), -1.269, 'optimal')
    """
    cover, limits, small = _prepare(reach, weights, groups, limits)
    end, n = time.monotonic() + time_limit_s, cover.n_sites
    most = _find_most(cover, limits, method, time_limit_s / 3)
    score = partial(score_groups, cover, measure="logs", floor=floor)
    sites = max(search_sites(score, (), limits), most,
                key=lambda some: measure_logs(cover.measure_shares(some), floor))
    touch = np.tile(np.geomspace(floor, 1.0, 8), (len(cover.groups), 1))
    whole = method == "exact" or (method == "auto" and small)
    bound, best = np.inf, measure_logs(cover.measure_shares(sites), floor)
    for _ in range(_MAX_ROUNDS):
        shares = cover.measure_shares(sites)
        touch = np.column_stack([touch, (shares[:, None] + floor) * _NEAR])
        linear = bind_limits(pose_logs(cover, touch, floor), limits, n)
        start = np.r_[fill_columns(cover, sites, limits), shares, np.log(shares + floor)]
        found = solve_linear(
            linear if whole else relax_integers(linear), start=start if whole else None,
            presolve=choose_presolve(cover), time_limit_s=max(end - time.monotonic(), 0.0))
        bound = min(bound, found.bound)
        if found.values is None or found.status == "time limit":
            return _describe(cover, sites, most, bound, found.status, floor=floor)
        if not whole:
            return _describe(cover, sites, most, bound, "greedy", floor=floor)
        other = tuple(read_sites(found.values, limits, n).tolist())
        touch = np.column_stack([touch, cover.measure_shares(other) + floor])
        value = measure_logs(cover.measure_shares(other), floor)
        if value > best:
            sites, best = other, value
        if bound - best <= _CLOSED * max(abs(bound), 1.0):
            return _describe(cover, sites, most, bound, "optimal", floor=floor)
    return _describe(cover, sites, most, bound, "time limit", floor=floor)


def _prepare(
    reach: sparse.csr_matrix, weights: FloatArray, groups: IntArray, limits: Limits
) -> tuple[GroupCover, Limits, bool]:
    reach = read_reach(reach)
    limits = cap_count(limits, reach.shape[0])
    check_limits(limits, reach.shape[0])
    weights, groups = np.asarray(weights, float), np.asarray(groups)
    if not len(weights) == len(groups) == reach.shape[1]:
        raise CallError(f"site: give a weight and a group for each of {reach.shape[1]} demand rows")
    if not np.all(np.isfinite(weights)) or np.any(weights < 0):
        raise CallError("site: a weight is missing or below 0; fill in intensities first")
    if not np.any(weights > 0):
        raise CallError("site: nothing has weight, so that no group can be served well or badly")
    cover = reduce_groups(reach, weights, groups, limits)
    small = cover.n_sites <= MAX_EXACT[0] and len(cover.weight) <= MAX_EXACT[1]
    return cover, limits, small


def _find_most(
    cover: GroupCover, limits: Limits, method: Method, time_limit_s: float
) -> tuple[int, ...]:
    """A choice for most weight alone."""
    try:
        found = solve_mclp(cover.reach.astype(bool), cover.weight, limits, method=method,
                           time_limit_s=time_limit_s)
    except CallError:
        return search_sites(lambda some: score_groups(cover, some, "weight"), (), limits)
    return tuple(sorted(found.chosen))


def _raise_least(
    cover: GroupCover, start: tuple[int, ...], limits: Limits, time_limit_s: float, most_of: Bound
) -> tuple[tuple[int, ...], float, Status]:
    """A choice that leaves the worst served group better off than some sites do, or proof of none.

    Only what is better is searched for: then every group needs so many sites, which
    `georisk.siting.models.group_needs` counts group by group.
    """
    least = float(cover.measure_shares(start).min())
    goal = least * (1.0 + _CLOSED)
    if goal >= 1.0:
        return start, least, "optimal"
    linear = add_needs(pose_least(cover), count_needed(cover, limits, goal, most_of))
    lower = linear.lower.copy()
    lower[-1] = goal
    linear = bind_limits(replace(linear, lower=lower), limits, cover.n_sites)
    try:  # mostly there is none: to ask for few sites shows it sooner than to ask for the best
        solve_linear(ask_fewest(linear, goal), presolve=choose_presolve(cover),
                     time_limit_s=max(time_limit_s / 2, 0.0))
        found = solve_linear(linear, time_limit_s=max(time_limit_s, 0.0))
    except InfeasibleError:
        return start, least, "optimal"
    if found.values is None:
        return start, found.bound, found.status
    other = tuple(read_sites(found.values, limits, cover.n_sites).tolist())
    sites = max(start, other, key=lambda some: cover.measure_shares(some).min())
    return sites, found.bound, found.status


def _add_benefit(
    cover: GroupCover, sites: tuple[int, ...], limits: Limits, needs: Needs, time_limit_s: float
) -> tuple[int, ...]:
    """Of choices that leave no group worse off than these do, the one of most weight."""
    floor = float(cover.measure_shares(sites).min())
    linear = add_needs(pose_shares(cover), needs)
    rows = sparse.hstack([sparse.csr_matrix((len(cover.groups), cover.n_sites)), cover.by_group])
    least = floor * (1.0 - _SLACK) - cover.fixed_share
    linear = bind_limits(add_rows(linear, rows, least), limits, cover.n_sites)
    found = solve_linear(linear, start=fill_columns(cover, sites, limits),
                         presolve=choose_presolve(cover), time_limit_s=max(time_limit_s, 0.0))
    if found.values is None:
        return sites
    other = tuple(read_sites(found.values, limits, cover.n_sites).tolist())
    worse = cover.measure_shares(other).min() < floor * (1.0 - _CLOSED)
    more = cover.measure_benefit(other) > cover.measure_benefit(sites)
    return other if more and not worse else sites


def _describe(
    cover: GroupCover, sites: tuple[int, ...], most: tuple[int, ...], bound: float,
    status: Status, *, floor: float | None = None,
) -> EquitySolution:
    none, shares = cover.measure_shares(()), cover.measure_shares(sites)
    base, objective, total = float(none.min()), float(shares.min()), 1.0
    measure = "least" if floor is None else "logs"
    if floor is not None:
        base, objective = measure_logs(none, floor), measure_logs(shares, floor)
        total = measure_logs(np.ones(len(shares)), floor)
    order, benefits = rank_sites(
        partial(score_groups, cover, measure=measure, floor=floor or 0.0), np.array(sites), base)
    bound = max(min(bound, total), objective)
    gap = (bound - objective) / max(abs(bound), _SLACK)
    if status == "optimal" or gap < _CLOSED:
        gap, bound, status = 0.0, objective, "optimal"
    benefit = cover.measure_benefit(sites)
    return EquitySolution(
        order, benefits, objective, bound, gap, total, status,
        tuple(cover.groups.tolist()), tuple(shares.tolist()), benefit,
        max(cover.measure_benefit(most) - benefit, 0.0),
    )
