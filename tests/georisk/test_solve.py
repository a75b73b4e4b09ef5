"""The covering problem: against spopt, against trying everything, and what must always hold."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from georisk.siting.covering.exchange import prefer_first
from georisk.siting.covering.reduction import reduce_cover
from georisk.siting.covering.solve import solve_mclp
from georisk.siting.limits import Limits
from georisk.siting.trust.draws import make_worlds
from georisk.siting.trust.robust import choose_in_worlds, count_selection
from layers.errors import CallError


def make_instance(seed: int, candidates: int, demand: int) -> tuple[np.ndarray, np.ndarray]:
    """Distances on a plane, and weights."""
    rng = np.random.default_rng(seed)
    here, there = rng.random((demand, 2)), rng.random((candidates, 2))
    cost = np.linalg.norm(here[:, None] - there[None], axis=2)
    return cost, rng.integers(1, 50, demand).astype(float)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # spopt's own, of its solver's names
@pytest.mark.parametrize("seed", range(200))
def test_same_optimum_as_spopt(seed: int) -> None:
    import pulp
    from spopt import locate

    cost, weights = make_instance(seed, candidates=12 + seed % 20, demand=40 + seed % 41)
    k, radius = 2 + seed % 4, 0.15 + 0.01 * (seed % 20)
    reach = sparse.csr_matrix(radius >= cost.T)
    peer = locate.MCLP.from_cost_matrix(cost, weights, radius, p_facilities=k)
    peer = peer.solve(pulp.PULP_CBC_CMD(msg=False))
    theirs = pulp.value(peer.problem.objective)
    ours = solve_mclp(reach, weights, Limits(k=k))
    assert ours.objective == pytest.approx(theirs)
    assert ours.status == "optimal"
    assert ours.bound == pytest.approx(theirs)
    covered = reach.toarray()[list(ours.chosen)].any(axis=0)
    assert weights[covered].sum() == pytest.approx(ours.objective)


@st.composite
def instances(draw: st.DrawFn) -> tuple[sparse.csr_matrix, np.ndarray]:
    n, m = draw(st.integers(2, 7)), draw(st.integers(1, 12))
    reach = draw(st.lists(st.lists(st.booleans(), min_size=m, max_size=m), min_size=n, max_size=n))
    weights = draw(st.lists(st.integers(0, 9), min_size=m, max_size=m))
    matrix, values = np.array(reach), np.array(weights, float)
    if not (matrix.any(axis=0) & (values > 0)).any():
        matrix[0, 0], values[0] = True, 1.0
    return sparse.csr_matrix(matrix), values


def try_everything(reach: sparse.csr_matrix, weights: np.ndarray, k: int) -> float:
    dense = reach.toarray()
    return max(weights[dense[list(sites)].any(axis=0)].sum()
               for sites in itertools.combinations(range(dense.shape[0]), k))


@given(instances(), st.data())
def test_exact_equals_trying_everything(drawn: tuple, data: st.DataObject) -> None:
    reach, weights = drawn
    k = data.draw(st.integers(1, reach.shape[0]))
    best = try_everything(reach, weights, k)
    exact = solve_mclp(reach, weights, Limits(k=k))
    greedy = solve_mclp(reach, weights, Limits(k=k), method="greedy")
    assert exact.objective == pytest.approx(best)
    assert exact.objective >= greedy.objective - 1e-9
    assert greedy.objective >= (1 - 1 / np.e) * best - 1e-9
    assert greedy.bound >= best - 1e-9
    assert greedy.gap == pytest.approx((greedy.bound - greedy.objective) / greedy.bound)
    assert list(exact.benefits) == sorted(exact.benefits, reverse=True)
    assert len(set(exact.chosen)) == len(exact.chosen) <= k


@given(instances())
def test_one_more_site_never_serves_less(drawn: tuple) -> None:
    reach, weights = drawn
    served = [solve_mclp(reach, weights, Limits(k=k)).objective
              for k in range(1, reach.shape[0] + 1)]
    assert all(more >= less - 1e-9 for less, more in itertools.pairwise(served))


@given(instances(), st.randoms(use_true_random=False))
def test_row_order_changes_nothing(drawn: tuple, random) -> None:
    reach, weights = drawn
    order = list(range(len(weights)))
    random.shuffle(order)
    limits = Limits(k=2)
    assert solve_mclp(reach, weights, limits) == solve_mclp(reach[:, order], weights[order], limits)


def test_ties_take_the_earlier_candidate() -> None:
    reach = sparse.csr_matrix(np.array([[1, 0, 0], [0, 1, 0], [0, 1, 0], [0, 0, 1]], bool))
    assert solve_mclp(reach, np.ones(3), Limits(k=2)).chosen == (0, 1)
    assert solve_mclp(reach, np.array([1.0, 2, 2]), Limits(k=2)).chosen == (1, 3)
    # whatever a solver hands back
    model = reduce_cover(reach, np.array([1.0, 2, 2]))
    assert prefer_first(model, np.array([2, 3])).tolist() == [1, 3]


def test_fixed_sites_settle_their_demand_and_are_not_counted() -> None:
    reach = sparse.csr_matrix(np.array([[1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1]], bool))
    solution = solve_mclp(reach, np.array([2.0, 3, 3, 2]), Limits(k=1, fixed=(0,)))
    # 2 + 3 are served already; site 2 adds 3 + 2, site 1 only 3
    assert solution.chosen == (2,)
    assert solution.objective == 5
    assert solution.total == 5


def test_sites_that_add_nothing_are_not_proposed() -> None:
    reach = sparse.csr_matrix(np.array([[1, 1], [1, 0], [0, 0]], bool))
    solution = solve_mclp(reach, np.ones(2), Limits(k=2))
    assert solution.chosen == (0,)
    assert solution.gap == 0


def test_time_limit_keeps_what_was_found_and_tells_the_gap() -> None:
    cost, weights = make_instance(1, candidates=300, demand=1200)
    reach = sparse.csr_matrix(cost.T <= 0.146)  # about 20 candidates each: hard to prove
    greedy = solve_mclp(reach, weights, Limits(k=12), method="greedy")
    solution = solve_mclp(reach, weights, Limits(k=12), time_limit_s=0.0)
    assert greedy.status == "greedy"
    assert solution.status == "time limit"
    assert solution.objective >= greedy.objective
    assert 0 < solution.gap < 0.03
    assert solution.bound >= solution.objective


@pytest.mark.parametrize(
    ("reach", "weights", "k", "message"),
    [
        ([[1, 1]], [1, 1], 2, r"k = 2, but 1 candidates may be chosen; give 1 to 1"),
        ([[1, 1]], [1, 1], 0, r"k = 0"),
        ([[1, 1]], [0, 0], 1, r"nothing to cover"),
        (np.zeros((2, 0)), [], 1, r"nothing to cover"),
        ([[0, 0]], [1, 2], 1, r"no candidate reaches any of the 2 uncovered rows.*max_access_km"),
        (np.zeros((0, 2)), [1, 1], 1, r"there is no candidate"),
        ([[1, 1]], [1, np.nan], 1, r"weight is missing or below 0"),
        ([[1, 1]], [1, -1], 1, r"weight is missing or below 0"),
        ([[1, 1]], [1], 1, r"1 weights for 2 demand rows"),
    ],
)
def test_what_cannot_be_solved_says_what_would_help(reach, weights, k, message) -> None:
    matrix = sparse.csr_matrix(np.array(reach, bool))
    with pytest.raises(CallError, match=message):
        solve_mclp(matrix, np.array(weights, float), Limits(k=k))


def measure_frequency(reach: sparse.csr_matrix, draws: np.ndarray, limits: Limits) -> np.ndarray:
    chosen = [one.chosen for one in choose_in_worlds(make_worlds(reach, draws), limits)]
    return count_selection(chosen, reach.shape[0])["frequency"].to_numpy()


def test_selection_frequency_counts_draws() -> None:
    cost, weights = make_instance(3, candidates=15, demand=60)
    reach = sparse.csr_matrix(cost.T <= 0.2)
    draws = weights * np.random.default_rng(0).lognormal(0, 0.5, (40, 60))
    share = measure_frequency(reach, draws, Limits(k=3))
    assert share.sum() == pytest.approx(3)
    assert ((share >= 0) & (share <= 1)).all()
    np.testing.assert_array_equal(share, measure_frequency(reach, draws, Limits(k=3)))
    one = measure_frequency(reach, np.tile(weights, (5, 1)), Limits(k=3))
    chosen = solve_mclp(reach, weights, Limits(k=3), method="greedy").chosen
    assert set(np.flatnonzero(one == 1.0)) == set(chosen)
