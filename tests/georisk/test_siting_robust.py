"""How often a site is chosen, how sure that is, and the choice that is never far from the best."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse, stats

from georisk.siting.covering.solve import solve_mclp
from georisk.siting.limits import Limits
from georisk.siting.trust.draws import (
    World,
    make_worlds,
    measure_additions,
    measure_worth,
    stack_worlds,
)
from georisk.siting.trust.regret import _search, measure_regret, minimise_regret
from georisk.siting.trust.robust import choose_in_worlds, count_selection
from layers.errors import CallError

if TYPE_CHECKING:
    from georisk.siting.solution import Solution


def solve_well(reach: sparse.csr_matrix, weights: np.ndarray, limits: Limits) -> Solution:
    return solve_mclp(reach, weights, limits, method="exact")


@st.composite
def draws_of_worlds(draw: st.DrawFn) -> tuple[list[World], Limits]:
    """Draws of weights over one or two draws of what is reached."""
    rng = np.random.default_rng(draw(st.integers(0, 100_000)))
    n, m, count = draw(st.integers(2, 6)), draw(st.integers(1, 8)), draw(st.integers(1, 5))
    reaches = [sparse.csr_matrix(rng.random((n, m)) < 0.4) for _ in range(draw(st.integers(1, 2)))]
    worlds = [World(reaches[at % len(reaches)], rng.integers(0, 5, m).astype(float))
              for at in range(count)]
    fixed = (0,) if draw(st.booleans()) and n > 3 else ()
    return worlds, Limits(k=draw(st.integers(1, 2 if n > 3 else 1)), fixed=fixed)


def serve(world: World, sites: tuple[int, ...], fixed: tuple[int, ...]) -> float:
    dense = world.reach.toarray()
    new = dense[list(sites)].any(axis=0) & ~dense[list(fixed)].any(axis=0)
    return float(world.weights[new].sum())


@given(draws_of_worlds())
def test_worth_against_serving_again(drawn: tuple[list[World], Limits]) -> None:
    worlds, limits = drawn
    stacks = stack_worlds(worlds, fixed=limits.fixed)
    n = worlds[0].reach.shape[0]
    choices = [(), (n - 1,), tuple(range(n))]
    expected = [[serve(world, sites, limits.fixed) for world in worlds] for sites in choices]
    np.testing.assert_allclose(measure_worth(stacks, choices), expected)
    added = [[serve(world, (n - 1, more), limits.fixed) for world in worlds] for more in range(n)]
    np.testing.assert_allclose(measure_additions(stacks, (n - 1,)), added)


@given(draws_of_worlds())
def test_regret_against_trying_everything(drawn: tuple[list[World], Limits]) -> None:
    worlds, limits = drawn
    n = worlds[0].reach.shape[0]
    choices = [sites for size in range((limits.k or 0) + 1)
               for sites in itertools.combinations(range(n), size) if limits.allow(sites)]
    worth = np.array([[serve(world, sites, limits.fixed) for world in worlds]
                      for sites in choices])
    regret = measure_regret(worth, worth.max(axis=0))
    solutions = choose_in_worlds(worlds, limits, solve=solve_well)
    assert [found.objective for found in solutions] == pytest.approx(worth.max(axis=0))
    found = minimise_regret(worlds, solutions, limits, method="exact")
    assert limits.allow(found.chosen)
    assert found.status == "optimal"
    assert found.worst == pytest.approx(regret.max(axis=1).min(), abs=1e-6)
    assert found.bound == pytest.approx(found.worst, abs=1e-5)
    assert regret[choices.index(found.chosen)].max() == pytest.approx(found.worst)
    assert worth[choices.index(found.mean_chosen)].mean() <= worth.mean(axis=1).max() + 1e-9
    quick = minimise_regret(worlds, solutions, limits, method="greedy")
    assert quick.worst >= found.worst - 1e-6
    assert quick.status == "greedy"
    assert found.worst <= found.mean_worst + 1e-9
    assert found.mean <= found.worst + 1e-12
    assert found.matrix.shape == (len(found.choices), len(worlds))


@given(draws_of_worlds())
def test_quick_choices_keep_limits_and_their_bounds(drawn: tuple[list[World], Limits]) -> None:
    worlds, limits = drawn
    quick = choose_in_worlds(worlds, limits)
    for world, one, best in zip(worlds, quick,
                                choose_in_worlds(worlds, limits, solve=solve_well), strict=True):
        assert limits.allow(one.chosen)
        assert one.objective == pytest.approx(serve(world, one.chosen, limits.fixed))
        assert (1 - np.exp(-1)) * best.objective - 1e-9 <= one.objective <= best.objective + 1e-9
        assert one.bound >= best.objective - 1e-9
        assert one.status == "greedy" or one.objective == pytest.approx(best.objective)


def test_regret_by_hand() -> None:
    """Two sites, four worlds: a hedge beats what is best on average in the worst of them."""
    reach = sparse.csr_matrix(np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]],
                                       bool))
    weights = np.array([[90.0, 10, 50, 0], [90, 10, 50, 0], [90, 10, 50, 0], [0, 60, 50, 0]])
    worlds = make_worlds(reach, weights)
    solutions = choose_in_worlds(worlds, Limits(k=1), solve=solve_well)
    assert minimise_regret(worlds, solutions, Limits(k=1), method="greedy").chosen == (2,)
    found = minimise_regret(worlds, solutions, Limits(k=1))
    # Site 0: 0, 0, 0, 1. Site 1: 8/9 in three. Site 2: 4/9 in three, 1/6 in the last.
    assert found.chosen == (2,)
    assert found.worst == pytest.approx(4 / 9)
    assert found.mean == pytest.approx((3 * 4 / 9 + 1 / 6) / 4)
    assert found.mean_chosen == (0,)
    assert (found.mean_worst, found.mean_mean) == (1.0, 0.25)
    assert found.worst_world == 0
    assert (2,) in found.choices


@pytest.mark.parametrize("seed", range(5))
def test_the_search_needs_no_good_start(seed: int) -> None:
    """From no site at all, adding worlds as they come to bind ends at the best of all choices."""
    rng = np.random.default_rng(seed)
    reach = sparse.csr_matrix(rng.random((8, 20)) < 0.2)
    stacks = stack_worlds(make_worlds(reach, rng.random((20, 20)) ** 3))
    choices = list(itertools.combinations(range(8), 3))
    worth = measure_worth(stacks, choices)
    regret = measure_regret(worth, worth.max(axis=0)).max(axis=1)
    chosen, bound, status = _search(stacks, worth.max(axis=0), Limits(k=3), (), 10.0)
    assert status == "optimal"
    assert bound == pytest.approx(regret.min(), abs=2e-6)
    assert regret[choices.index(chosen)] == pytest.approx(regret.min(), abs=2e-6)


def test_regret_keeps_limits_and_says_when_it_cannot() -> None:
    worlds = make_worlds(sparse.csr_matrix(np.eye(4, dtype=bool)),
                         np.array([[4.0, 3, 2, 1], [1, 2, 3, 4]]))
    limits = Limits(k=2, forbidden=(0,), apart=((2, 3),))
    solutions = choose_in_worlds(worlds, limits, solve=solve_well)
    found = minimise_regret(worlds, solutions, limits)
    assert all(limits.allow(sites) for sites in found.choices)
    with pytest.raises(CallError, match="within the limits"):
        minimise_regret(worlds, choose_in_worlds(worlds, Limits(k=1)),
                        Limits(k=2, required=(1,)))


def test_frequency_and_its_error() -> None:
    choices = [(0, 1)] * 160 + [(0, 2)] * 40
    table = count_selection(choices, 4)
    assert table["frequency"].tolist() == [1.0, 0.8, 0.2, 0.0]
    assert table["error"].round(4).tolist() == [0.0, 0.0283, 0.0283, 0.0]
    assert table["no_regret"].tolist() == [True, True, False, False]
    # 200 draws cannot tell 0.8 from the bar, but can tell 1 and 0.2 from it.
    assert table["sure"].tolist() == [True, False, True, True]
    for row, count in enumerate((200, 160, 40, 0)):
        theirs = stats.binomtest(count, 200).proportion_ci(0.9, method="wilson")
        assert table.loc[row, "low"] == pytest.approx(theirs.low, abs=1e-12)
        assert table.loc[row, "high"] == pytest.approx(theirs.high, abs=1e-12)
    assert table.loc[3, "high"] > 0.01  # never chosen in 200 draws is not never


@given(st.lists(st.sets(st.integers(0, 4), max_size=3), min_size=1, max_size=30))
def test_frequencies_are_shares(choices: list[set[int]]) -> None:
    table = count_selection([tuple(sites) for sites in choices], 5)
    assert table["frequency"].sum() == pytest.approx(np.mean([len(sites) for sites in choices]))
    assert ((table["low"] <= table["frequency"]) & (table["frequency"] <= table["high"])).all()
    again = count_selection([tuple(sites) for sites in reversed(choices)], 5)
    assert table.equals(again)


def test_draws_of_parameters_as_well_as_of_weights() -> None:
    """Site 1 reaches far in one draw of the pace only."""
    near = sparse.csr_matrix(np.array([[1, 1, 0], [0, 0, 1]], bool))
    far = sparse.csr_matrix(np.array([[1, 1, 0], [0, 1, 1]], bool))
    weights = np.array([1.0, 2.0, 2.0])
    worlds = [World(near, weights), World(far, weights), World(near, weights[::-1])]
    found = choose_in_worlds(worlds, Limits(k=1))
    assert [one.chosen for one in found] == [(0,), (1,), (0,)]
    assert count_selection([one.chosen for one in found], 2)["frequency"].round(3).tolist() == [
        0.667, 0.333]


def test_the_order_of_demand_changes_nothing() -> None:
    rng = np.random.default_rng(5)
    reach = sparse.csr_matrix(rng.random((8, 40)) < 0.2)
    weights = rng.random((20, 40))
    order = rng.permutation(40)
    one = choose_in_worlds(make_worlds(reach, weights), Limits(k=3))
    other = choose_in_worlds(make_worlds(reach[:, order], weights[:, order]), Limits(k=3))
    assert one == other
    regret = [minimise_regret(make_worlds(reach[:, by], weights[:, by]), one, Limits(k=3))
              for by in (np.arange(40), order)]
    assert regret[0].chosen == regret[1].chosen
    assert np.array_equal(regret[0].matrix, regret[1].matrix)


def test_a_world_where_nobody_is_reached() -> None:
    reach = sparse.csr_matrix(np.eye(2, dtype=bool))
    worlds = make_worlds(reach, np.array([[0.0, 0], [1, 2]]))
    found = choose_in_worlds(worlds, Limits(k=1))
    assert [one.chosen for one in found] == [(), (1,)]
    assert minimise_regret(worlds, found, Limits(k=1)).worst == 0


@pytest.mark.parametrize(("worlds", "message"), [
    ([], "no draw"),
    ([World(sparse.csr_matrix(np.eye(2)), np.ones(3))], "3 weights for 2"),
    ([World(sparse.csr_matrix(np.eye(2)), np.array([1, np.nan]))], "missing or below 0"),
    ([World(sparse.csr_matrix(np.eye(2)), np.ones(2)),
      World(sparse.csr_matrix(np.eye(3)), np.ones(3))], "same rows"),
])
def test_worlds_that_make_no_sense(worlds: list[World], message: str) -> None:
    with pytest.raises(CallError, match=message):
        choose_in_worlds(worlds, Limits(k=1))
    if not worlds:
        with pytest.raises(CallError, match="no draw"):
            count_selection([], 2)


@pytest.mark.parametrize("limits", [
    Limits(k=3), Limits(k=4, apart=((0, 1), (2, 5))),
    Limits(cost=np.arange(1.0, 16) % 4 + 1, budget=7.0),
])
def test_compiled_exchange_chooses_the_same(
    limits: Limits, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = np.random.default_rng(4)
    reach = sparse.csr_matrix(random.random((15, 60)) < 0.2)
    worlds = make_worlds(reach, random.lognormal(0, 1, (30, 60)))
    plain = choose_in_worlds(worlds, limits)
    monkeypatch.setattr("georisk.siting.trust.robust._WORTHWHILE", 0)
    assert choose_in_worlds(worlds, limits) == plain
