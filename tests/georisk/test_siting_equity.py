"""Fairness, room and years: against trying everything."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from scipy.optimize import linprog
from siting_choices import FEW, SOME, check_kept, limits_for, list_choices, matrices

from georisk.siting.limits import Limits
from georisk.siting.models.equity import solve_alpha_fair, solve_equity
from georisk.siting.models.phasing import Years, phase_sites
from georisk.siting.models.rooms import solve_capacitated
from layers.errors import CallError

REACH = matrices(st.booleans(), most=(5, 7))


def draw_weights(data: st.DataObject, count: int, *, least: int = 0) -> np.ndarray:
    return np.array(data.draw(st.lists(st.integers(least, 9), min_size=count, max_size=count)),
                    float)


@SOME
@given(REACH, st.data())
def test_equity_equals_trying_everything(reach: np.ndarray, data: st.DataObject) -> None:
    n, m = reach.shape
    limits = data.draw(limits_for(n))
    weights = draw_weights(data, m)
    weights[0] += 1.0
    groups = np.array(data.draw(st.lists(st.integers(0, 2), min_size=m, max_size=m)))
    ids = np.unique(groups[weights > 0])

    def measure(some: tuple[int, ...]) -> tuple[np.ndarray, float]:
        covered = reach[[*some, *limits.fixed]].any(axis=0)
        new = covered & ~reach[list(limits.fixed)].any(axis=0)
        shares = [weights[covered & (groups == one)].sum() / weights[groups == one].sum()
                  for one in ids]
        return np.array(shares), float(weights[new].sum())

    all_ = [measure(some) for some in list_choices(limits, n)]
    worst = max(shares.min() for shares, _ in all_)
    most = max(new for shares, new in all_ if shares.min() >= worst - 1e-9)
    price = max(new for _, new in all_) - most
    logs = max(np.log(shares + 1e-3).sum() for shares, _ in all_)
    matrix = sparse.csr_matrix(reach)
    fair = solve_equity(matrix, weights, groups, limits)
    check_kept(fair, limits)
    assert fair.objective == pytest.approx(worst)
    assert fair.benefit == pytest.approx(most)
    assert fair.price == pytest.approx(price)
    assert fair.groups == tuple(ids.tolist())
    assert fair.shares == pytest.approx(measure(fair.chosen)[0])
    alpha = solve_alpha_fair(matrix, weights, groups, limits)
    check_kept(alpha, limits)
    assert alpha.objective == pytest.approx(logs)
    assert alpha.bound == pytest.approx(logs)
    assert np.log(measure(alpha.chosen)[0] + 1e-3).sum() == pytest.approx(logs)
    for solve, best in ((solve_equity, worst), (solve_alpha_fair, logs)):
        quick = solve(matrix, weights, groups, limits, method="greedy")
        check_kept(quick, limits)
        assert quick.objective <= best + 1e-9
        assert quick.bound >= best - 1e-7


def serve(reach: np.ndarray, demand: np.ndarray, room: np.ndarray, sites: list[int]) -> float:
    """Most that some sites serve: a flow, by another solver's simplex."""
    pairs = [(one, at) for one in sites for at in np.flatnonzero(reach[one])]
    if not pairs:
        return 0.0
    rows = [[float(pair[0] == one) for pair in pairs] for one in sites]
    rows += [[float(pair[1] == at) for pair in pairs] for at in range(len(demand))]
    return -linprog(-np.ones(len(pairs)), A_ub=rows, b_ub=[*room[sites], *demand]).fun


@SOME
@given(REACH, st.data())
def test_room_equals_trying_everything(reach: np.ndarray, data: st.DataObject) -> None:
    n, m = reach.shape
    limits = data.draw(limits_for(n))
    demand, room = draw_weights(data, m), draw_weights(data, n)
    base = serve(reach, demand, room, list(limits.fixed))
    best = max(serve(reach, demand, room, [*some, *limits.fixed])
               for some in list_choices(limits, n))
    found = solve_capacitated(sparse.csr_matrix(reach), demand, room, limits)
    check_kept(found, limits)
    assert found.objective == pytest.approx(best - base, abs=1e-7)
    assert found.status == "optimal"
    np.testing.assert_allclose(found.with_service + found.short + found.unreachable, demand)
    assert np.all(found.load <= room + 1e-9)
    assert found.load.sum() == pytest.approx(found.with_service.sum())
    assert found.with_service.sum() == pytest.approx(best)
    near = reach[[*found.chosen, *limits.fixed]].any(axis=0)
    assert not found.unreachable[near].any()
    assert not found.short[~near].any()
    quick = solve_capacitated(sparse.csr_matrix(reach), demand, room, limits, method="greedy")
    check_kept(quick, limits)
    assert quick.objective <= best - base + 1e-7 <= quick.bound + 2e-7


@FEW
@given(matrices(st.booleans(), most=(4, 6)), st.data())
def test_plan_equals_trying_everything(reach: np.ndarray, data: st.DataObject) -> None:
    n, m = reach.shape
    limits = replace(data.draw(limits_for(n)), required=(), budget=None)
    limits = replace(limits, cost=draw_weights(data, n))
    limits = limits if limits.list_open(n).any() else replace(limits, k=None)
    weights = draw_weights(data, m)
    weights[0] += 1.0
    years = Years(draw_weights(data, 2), running=draw_weights(data, n) // 4, discount=0.25,
                  unspent=data.draw(st.sampled_from(["lapses", "carries over"])))
    fixed = reach[list(limits.fixed)].any(axis=0)
    weigh = np.array([1.0, 1 / 1.25])

    def measure(first: tuple[int, ...], both: tuple[int, ...]) -> float | None:
        spent = [(limits.cost + years.running)[list(first)].sum(),
                 limits.cost[list(set(both) - set(first))].sum() + years.running[list(both)].sum()]
        money = years.budget
        if years.unspent == "carries over":
            spent, money = np.cumsum(spent), np.cumsum(money)
        if np.any(np.array(spent) > money):
            return None
        return float(sum(share * weights[reach[list(some)].any(axis=0) & ~fixed].sum()
                         for share, some in zip(weigh, (first, both), strict=True)))

    plans = [measure(first, both) for both in list_choices(limits, n)
             for size in range(len(both) + 1) for first in itertools.combinations(both, size)]
    best = max(plan for plan in plans if plan is not None)
    matrix = sparse.csr_matrix(reach)
    found = phase_sites(matrix, weights, limits, years)
    check_kept(found, limits)
    assert found.objective == pytest.approx(best)
    assert found.status == "optimal"
    first = tuple(row for row, year in zip(found.chosen, found.year, strict=True) if year == 0)
    assert measure(first, found.chosen) == pytest.approx(best)
    assert sum(found.benefits) == pytest.approx(best)
    quick = phase_sites(matrix, weights, limits, years, method="greedy")
    check_kept(quick, limits)
    assert quick.objective <= best + 1e-9 <= quick.bound + 2e-7


@FEW
@given(REACH, st.randoms(use_true_random=False))
def test_row_order_changes_nothing(reach: np.ndarray, random) -> None:
    m = reach.shape[1]
    order = list(range(m))
    random.shuffle(order)
    weights, groups = np.arange(1.0, m + 1) / 3, np.arange(m) % 2
    limits = Limits(k=2, cost=np.ones(len(reach)))
    for solve in (solve_equity, solve_alpha_fair):
        one, other = (solve(sparse.csr_matrix(reach[:, some]), weights[some], groups[some], limits)
                      for some in (slice(None), order))
        assert one == other
    years = Years(np.array([1.0, 1]))
    one, other = (phase_sites(sparse.csr_matrix(reach[:, some]), weights[some], limits, years)
                  for some in (slice(None), order))
    assert one == other
    room = np.arange(1.0, len(reach) + 1)
    one, other = (solve_capacitated(sparse.csr_matrix(reach[:, some]), weights[some], room, limits)
                  for some in (slice(None), order))
    assert (one.chosen, one.benefits, one.bound) == (other.chosen, other.benefits, other.bound)
    np.testing.assert_array_equal(one.with_service[order], other.with_service)


def test_one_place_several_options_several_services() -> None:
    """Water at a (1), water and medical aid at a (3), a mobile nurse at b (2), water at b (1).

    Segments 0 and 1 want water and medical aid, near a and b; medical aid counts double. For 4:
    both at a and water at b serve 1 + 2 + 1 = 4, or water at a and the nurse, who excludes water
    at b, 1 + 2 = 3.
    """
    apart = ((0, 1), (2, 3))  # ways to build at one place exclude each other
    water, medical = (sparse.csr_matrix(np.array(rows)) for rows in (
        [[1, 0], [1, 0], [0, 0], [0, 1]], [[0, 0], [1, 0], [0, 1], [0, 0]]))
    reach = sparse.csr_matrix(sparse.hstack([water, medical]))
    weights = np.array([1.0, 1, 2, 2])
    limits = Limits(apart=apart, cost=np.array([1.0, 3, 2, 1]), budget=4.0)
    service = np.array([0, 0, 1, 1])
    fair = solve_equity(reach, weights, service, limits)
    # half of each service: options 0 and 2, or 1 alone; with 3, all water and half the medical aid
    assert sorted(fair.chosen) == [1, 3]
    assert (fair.benefit, fair.shares, fair.price) == (4.0, (1.0, 0.5), 0.0)
    plan = phase_sites(reach, weights, limits, Years(np.array([1.0, 3])))
    assert plan.covered == (1.0, 4.0)
    assert plan.year == (0, 1)
    room = solve_capacitated(reach, weights, np.array([1.0, 2, 5, 5]), limits)
    assert room.objective == 3.0
    np.testing.assert_allclose(room.with_service + room.short + room.unreachable, weights)


def test_what_cannot_be_posed_is_said() -> None:
    reach, ones = sparse.csr_matrix(np.eye(2)), np.ones(2)
    priced = Limits(cost=ones)
    for call, message in (
        (lambda: solve_equity(reach, ones, np.zeros(3), Limits()), "a weight and a group"),
        (lambda: solve_alpha_fair(reach, 0 * ones, np.zeros(2), Limits()), "nothing has weight"),
        (lambda: solve_equity(reach, -ones, np.zeros(2), Limits()), "missing or below 0"),
        (lambda: solve_capacitated(reach, np.ones(3), ones, Limits()), "an amount for each"),
        (lambda: solve_capacitated(reach, ones, np.array([1, np.nan]), Limits()), "a room is mis"),
        (lambda: solve_capacitated(reach, -ones, ones, Limits()), "a demand is missing"),
        (lambda: phase_sites(reach, ones, Limits(), Years(ones)), "needs a cost"),
        (lambda: phase_sites(reach, ones, priced, Years(-ones)), "a budget is missing"),
        (lambda: phase_sites(reach, ones, priced, Years(ones, discount=-1)), "discount"),
        (lambda: phase_sites(reach, ones, priced, Years(ones, running=np.ones(3))), "one running"),
        (lambda: phase_sites(reach, np.ones(3), priced, Years(ones)), "one weight for each of 2"),
    ):
        with pytest.raises(CallError, match=message):
            call()
