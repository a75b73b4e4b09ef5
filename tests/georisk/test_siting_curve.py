"""The benefit curve and its knee, the price of another end, and choices side by side."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from georisk.siting.covering.solve import solve_mclp
from georisk.siting.limits import Limits
from georisk.siting.solution import Solution
from georisk.siting.trust.comparison import compare_choices, list_common, measure_price
from georisk.siting.trust.curve import BenefitCurve, draw_curve, find_knee
from layers.errors import CallError


def make_solution(k: int, objective: float, bound: float, *, chosen: int | None = None) -> Solution:
    sites = tuple(range(k if chosen is None else chosen))
    return Solution(sites, (), objective, bound, 0.0, 0.0, "greedy")


def make_curve(benefit: list[float], bound: list[float] | None = None) -> BenefitCurve:
    bound = bound or benefit
    return draw_curve(lambda k: make_solution(k, benefit[k - 1], bound[k - 1]), len(benefit))


def test_a_shorter_choice_is_one_of_a_longer_and_bounds_bound_fewer() -> None:
    # Heuristics lost ground at k = 2 (7 after 8), and a bound at k = 1 was looser than at 2.
    curve = make_curve([8.0, 7.0, 10.0], [20.0, 12.0, 11.0])
    assert curve.benefit == (8.0, 8.0, 10.0)
    assert curve.bound == (11.0, 11.0, 11.0)
    assert curve.marginal == (8.0, 0.0, 2.0)
    assert curve.marginal_low == (8.0, 0.0, 0.0)
    assert curve.marginal_high == (11.0, 3.0, 3.0)
    assert curve.proven == (False, False, False)


def test_no_further_solving_where_more_sites_add_nothing() -> None:
    asked: list[int] = []

    def solve(k: int) -> Solution:
        asked.append(k)
        return make_solution(k, 5.0 * min(k, 2), 5.0 * min(k, 2), chosen=min(k, 2))

    curve = draw_curve(solve, 6)
    assert asked == [1, 2, 3]
    assert curve.benefit == (5.0, 10.0, 10.0, 10.0, 10.0, 10.0)
    assert curve.marginal_high[2:] == (0.0,) * 4


def test_a_cost_is_told_as_what_it_falls_by() -> None:
    hours = {1: (14.0, 12.0), 2: (8.0, 8.0)}
    curve = draw_curve(lambda k: make_solution(k, *hours[k]), 2, baseline=20.0)
    assert curve.benefit == (6.0, 12.0)
    assert curve.bound == (8.0, 12.0)
    assert curve.marginal_low == (6.0, 4.0)


@pytest.mark.parametrize(("k_max", "baseline"), [(0, None), (2, float("inf"))])
def test_no_curve_of_nothing(k_max: int, baseline: float | None) -> None:
    with pytest.raises(CallError, match="curve"):
        draw_curve(lambda k: make_solution(k, 1.0, 1.0), k_max, baseline=baseline)


def test_knee_by_hand() -> None:
    # 4 of 10 sites bring 80 of 100: 0.8 - 0.4 = 0.4 above the chord, nowhere more.
    curve = make_curve([20.0, 40, 60, 80, 84, 88, 92, 95, 98, 100])
    knee = find_knee(curve)
    assert knee is not None
    assert knee.k == 4
    assert knee.distance == pytest.approx(0.4)
    assert knee.sure


def test_a_knee_that_the_bounds_move_is_not_sure() -> None:
    knee = find_knee(make_curve([60.0, 70, 80, 90], [60.0, 88, 89, 90]))
    assert knee is not None
    assert (knee.k, knee.sure) == (1, False)


@pytest.mark.parametrize("benefit", [[3.0], [2.0, 4, 6], [0.0, 0, 0], [10.0, 21, 30, 40]])
def test_a_straight_curve_has_no_knee(benefit: list[float]) -> None:
    assert find_knee(make_curve(benefit)) is None


def test_a_curve_below_its_chord_has_no_knee() -> None:
    assert find_knee(make_curve([1.0, 2, 10])) is None


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=8), st.floats(0.1, 1e6))
def test_units_do_not_move_a_knee(added: list[float], scale: float) -> None:
    benefit = np.cumsum(sorted(added, reverse=True)).tolist()
    one, other = find_knee(make_curve(benefit)), find_knee(make_curve(np.multiply(
        benefit, scale).tolist()))
    assert (one is None) == (other is None)
    if one and other:
        assert one.distance == pytest.approx(other.distance, abs=1e-9)
        assert 1 <= one.k <= len(added)


@given(st.integers(0, 10_000))
def test_the_curve_of_a_covering_problem(seed: int) -> None:
    rng = np.random.default_rng(seed)
    reach = sparse.csr_matrix(rng.random((5, 15)) < 0.3)
    weights = rng.integers(1, 9, 15).astype(float)
    if not reach.nnz:
        return
    curve = draw_curve(lambda k: solve_mclp(reach, weights, Limits(k=k)), 5)
    assert all(curve.proven)
    assert min(curve.marginal) >= 0
    assert sum(curve.marginal) == pytest.approx(curve.benefit[-1])
    assert curve.marginal_low == pytest.approx(curve.marginal)
    assert curve.marginal_high == pytest.approx(curve.marginal)
    served = np.asarray(reach.sum(axis=0)).ravel() > 0
    assert curve.benefit[-1] == pytest.approx(weights[served].sum())


def test_the_price_of_fairness() -> None:
    best = Solution((0, 1), (), 100.0, 100.0, 0.0, 0.0, "optimal")
    price = measure_price(best, 88.0)
    assert price.lost == pytest.approx(12.0)
    assert price.lost_share == price.highest_share == pytest.approx(0.12)
    assert measure_price(best, 100.0).lost == 0
    empty = Solution((), (), 0.0, 0.0, 0.0, 0.0, "optimal")
    assert measure_price(empty, 0.0).lost_share == 0
    for worth in (120.0, float("nan")):
        with pytest.raises(CallError, match="same objective"):
            measure_price(best, worth)


def test_choices_side_by_side() -> None:
    choices = {"risk": ["a", "b", "c"], "hours": ["b", "c", "d"], "fair": ["b"], "none": []}
    table = compare_choices(choices)
    assert table.loc["risk", "hours"] == 0.5
    assert table.loc["risk", "fair"] == pytest.approx(1 / 3)
    assert table.loc["none", "none"] == 1
    assert table.loc["none", "risk"] == 0
    assert np.array_equal(table, table.T)
    common = list_common({name: choices[name] for name in ("risk", "hours", "fair")})
    assert common.index.tolist() == ["b", "c", "a", "d"]
    assert common["wanted_by"].tolist() == [3, 2, 1, 1]
    assert common.index[common["in_all"]].tolist() == ["b"]
    assert list_common({"risk": [10, 2], "km": [2]}).index.tolist() == [2, 10]
