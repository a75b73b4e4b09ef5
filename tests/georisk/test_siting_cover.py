"""Maximal coverage within limits: against trying everything, and what must always hold."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from surroundings import CAMPAIGN

from georisk.siting.covering.compiled import lay_out, shake_sites, swap_quickly
from georisk.siting.covering.dual import bound_cover
from georisk.siting.covering.exact import drop_dominated, fix_candidates
from georisk.siting.covering.exchange import rebuild_sites, swap_sites
from georisk.siting.covering.greedy import choose_greedily, measure_objective
from georisk.siting.covering.reduction import reduce_cover, restrict_model
from georisk.siting.covering.solve import solve_mclp
from georisk.siting.covering.tracing import trace_coverage
from georisk.siting.limits import Limits
from georisk.siting.trust.draws import make_worlds
from georisk.siting.trust.robust import choose_in_worlds
from layers.errors import CallError

EXAMPLES = settings(max_examples=10_000 if CAMPAIGN else 500, deadline=None)
FEWER = settings(max_examples=2_000 if CAMPAIGN else 60, deadline=None)


@st.composite
def problems(draw: st.DrawFn) -> tuple[sparse.csr_matrix, np.ndarray, Limits]:
    """Up to seven candidates under any mix of limits; some mixes contradict themselves."""
    n, m = draw(st.integers(1, 7)), draw(st.integers(1, 10))
    bits = draw(st.lists(st.integers(0, 2**m - 1), min_size=n, max_size=n))
    matrix = np.array([[row >> at & 1 for at in range(m)] for row in bits], bool)
    weights = np.array(draw(st.lists(st.integers(0, 9), min_size=m, max_size=m)), float)
    rows = st.integers(0, n - 1)
    few = st.lists(rows, max_size=2, unique=True).map(tuple)
    cost = draw(st.none() | st.lists(st.integers(0, 5), min_size=n, max_size=n))
    return sparse.csr_matrix(matrix), weights, Limits(
        k=draw(st.none() | st.integers(1, n)), fixed=draw(few), required=draw(few),
        forbidden=draw(few), apart=tuple(draw(st.lists(st.tuples(rows, rows), max_size=4))),
        cost=None if cost is None else np.array(cost, float),
        budget=None if cost is None else float(draw(st.integers(0, 12))),
    )


def try_everything(reach: sparse.csr_matrix, weights: np.ndarray, limits: Limits) -> float | None:
    dense = reach.toarray()
    open_ = ~dense[list(limits.fixed)].any(axis=0)
    n = dense.shape[0]
    worth = [
        float(weights[dense[list(sites)].any(axis=0) & open_].sum())
        for size in range(n + 1) for sites in itertools.combinations(range(n), size)
        if limits.allow(sites)
    ]
    return max(worth, default=None)


@EXAMPLES
@given(problems())
def test_exact_is_the_best_of_all(drawn: tuple) -> None:
    reach, weights, limits = drawn
    best = try_everything(reach, weights, limits)
    try:
        exact = solve_mclp(reach, weights, limits, method="exact")
    except CallError as refusal:
        told = str(refusal)
    else:
        told = ""
    # a refusal is right where nothing can be gained or the limits leave no choice
    if told:
        assert not best or "k = " in told or "buys no candidate" in told
        return
    assert best is not None
    assert exact.objective == pytest.approx(best)
    assert exact.status == "optimal"
    assert exact.bound == pytest.approx(exact.objective)
    check_choice(exact, reach, weights, limits)
    greedy = solve_mclp(reach, weights, limits, method="greedy")
    assert greedy.objective <= best + 1e-9
    assert greedy.bound >= best - 1e-6
    check_choice(greedy, reach, weights, limits)


def check_choice(solution, reach, weights, limits) -> None:
    """The choice keeps every bound and is worth what it says."""
    assert limits.allow(solution.chosen)
    dense = reach.toarray()
    new = dense[list(solution.chosen)].any(axis=0) & ~dense[list(limits.fixed)].any(axis=0)
    assert solution.objective == pytest.approx(weights[new].sum())
    assert sum(solution.benefits) == pytest.approx(solution.objective)
    assert all(gain > 0 or row in limits.required
               for row, gain in zip(solution.chosen, solution.benefits, strict=True))
    assert 0 <= solution.gap <= 1
    assert solution.bound >= solution.objective


@FEWER
@given(problems())
def test_more_sites_never_serve_less(drawn: tuple) -> None:
    reach, weights, limits = drawn
    ks = range(max(1, len(limits.required)), reach.shape[0] + 1)
    try:
        curve = trace_coverage(reach, weights, limits, ks)
        exact = trace_coverage(reach, weights, limits, ks, method="exact")
    except CallError:
        return
    for one in (curve, exact):
        assert all(b.objective >= a.objective - 1e-9 for a, b in itertools.pairwise(one))
        assert all(b.bound >= a.bound - 1e-9 for a, b in itertools.pairwise(one))
        for k, solution in zip(ks, one, strict=True):
            assert len(solution.chosen) <= k
            check_choice(solution, reach, weights, replace(limits, k=k))
    for greedy, best in zip(curve, exact, strict=True):
        assert greedy.objective <= best.objective + 1e-9
        assert greedy.bound >= best.objective - 1e-6


@FEWER
@given(problems(), st.randoms(use_true_random=False))
def test_order_of_demand_changes_nothing(drawn: tuple, random) -> None:
    reach, weights, limits = drawn
    order = list(range(len(weights)))
    random.shuffle(order)
    try:
        one = solve_mclp(reach, weights, limits)
    except CallError:
        return
    assert solve_mclp(reach[:, order], weights[order], limits) == one
    turned = list(reversed(range(reach.shape[0])))
    place = {row: at for at, row in enumerate(turned)}
    other = Limits(
        limits.k, *(tuple(place[row] for row in rows)
                    for rows in (limits.fixed, limits.required, limits.forbidden)),
        tuple((place[a], place[b]) for a, b in limits.apart),
        None if limits.cost is None else limits.cost[turned], limits.budget)
    assert solve_mclp(reach[turned], weights, other).objective == pytest.approx(one.objective)


def make_plane(seed: int, candidates: int, demand: int, per_demand: float):
    """Points on a plane: reach, weights, costs and pairs that are too near."""
    rng = np.random.default_rng(seed)
    here, there = rng.random((demand, 2)), rng.random((candidates, 2))
    radius = np.sqrt(per_demand / (np.pi * candidates))
    reach = np.linalg.norm(there[:, None] - here[None], axis=2) <= radius
    near = np.linalg.norm(there[:, None] - there[None], axis=2) <= 0.4 * radius
    pairs = tuple((int(a), int(b)) for a, b in zip(*np.nonzero(near), strict=True) if a < b)
    cost = rng.integers(1, 6, candidates).astype(float)
    return sparse.csr_matrix(reach), rng.uniform(1, 50, demand), cost, pairs


@pytest.mark.parametrize("seed", range(8))
def test_compiled_exchange_is_that_of_numpy(seed: int) -> None:
    reach, weights, cost, pairs = make_plane(seed, 60, 300, 8)
    for limits in (Limits(k=6), Limits(cost=cost, budget=15.0), Limits(k=6, apart=pairs)):
        model = reduce_cover(reach, weights, limits)
        start = choose_greedily(model)[:2]
        ours = swap_quickly(lay_out(model), start)
        assert ours.tolist() == swap_sites(model, start).tolist()
        shaken = shake_sites(model, start, most=200)
        assert model.allow(shaken)
        assert measure_objective(model, shaken) >= measure_objective(model, ours) - 1e-6
        assert shaken.tolist() == shake_sites(model, start, most=200).tolist()
        rebuilt = rebuild_sites(model, ours)
        assert model.allow(rebuilt)
        assert measure_objective(model, rebuilt) >= measure_objective(model, ours) - 1e-6


@pytest.mark.parametrize("seed", range(6))
def test_what_prices_rule_out_is_in_no_better_choice(seed: int) -> None:
    """Dropping what is fixed or dominated leaves the best value as it was."""
    reach, weights, cost, pairs = make_plane(seed, 40, 150, 7)
    limits = Limits(k=5, apart=pairs, cost=cost, budget=13.0)
    best = solve_mclp(reach, weights, limits, method="exact")
    model = reduce_cover(reach, weights, limits)
    dual = bound_cover(model, swap_sites(model, choose_greedily(model)))
    assert dual.bound >= best.objective - 1e-6
    for gone in best.chosen:  # with a choice that is nearly as good for the best one known
        other = solve_mclp(reach, weights, replace(limits, forbidden=(gone,)), method="greedy")
        if other.objective > best.objective - 1e-6:
            continue
        known = np.flatnonzero(np.isin(model.candidates, other.chosen))
        maybe, surely = fix_candidates(model, replace(dual, sites=known))
        rows = {int(row) for row in model.candidates[np.r_[maybe, surely]]}
        assert set(best.chosen) <= rows
        assert {int(row) for row in model.candidates[surely]} <= set(best.chosen)
    keep = drop_dominated(model)
    left = restrict_model(model, keep, np.empty(0, np.int64))
    rows = model.candidates[left.candidates].tolist()
    others = tuple(row for row in range(40) if row not in rows)
    again = solve_mclp(reach, weights, Limits(k=5, apart=pairs, cost=cost, budget=13.0,
                                              forbidden=others), method="exact")
    assert again.objective == pytest.approx(best.objective)


def test_budget_buys_what_gain_for_cost_says() -> None:
    """8 for 10, or 5 + 5 for 5 each: by gain alone the first would be taken."""
    reach = sparse.csr_matrix(np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1]], bool))
    limits = Limits(cost=np.array([10.0, 5, 5]), budget=10.0)
    for method in ("greedy", "exact"):
        solution = solve_mclp(reach, np.array([8.0, 5, 5]), limits, method=method)
        assert solution.chosen == (1, 2)
        assert solution.objective == 10


def test_required_sites_come_even_where_they_add_nothing() -> None:
    reach = sparse.csr_matrix(np.array([[1, 1, 0], [1, 0, 0], [0, 0, 1], [0, 0, 0]], bool))
    weights = np.array([2.0, 3, 4])
    solution = solve_mclp(reach, weights, Limits(k=3, required=(1, 3)))
    # 1 covers 2; 2 adds 4 and 0 would add 3; 3 reaches nothing
    assert solution.chosen == (2, 1, 3)
    assert solution.benefits == (4, 2, 0)
    assert solution.status == "optimal"
    assert solve_mclp(reach, weights, Limits(k=1, required=(3,))).chosen == (3,)
    worlds = make_worlds(reach, np.ones((4, 3)))
    found = choose_in_worlds(worlds, Limits(k=2, required=(3,)))
    assert [one.chosen for one in found] == [(0, 3)] * 4


def test_a_choice_to_begin_from_is_kept_or_bettered() -> None:
    reach, weights, _, _ = make_plane(3, 150, 600, 20)
    best = solve_mclp(reach, weights, Limits(k=12))
    again = solve_mclp(reach, weights, Limits(k=12), method="greedy", start=best.chosen)
    assert again.objective >= best.objective - 1e-6
    ignored = solve_mclp(reach, weights, Limits(k=2), method="greedy", start=best.chosen)
    assert len(ignored.chosen) == 2


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        (Limits(k=1, forbidden=(0,)), r"demand rows 0, 1 .* not be chosen: 1 forbidden, 0 beyond"),
        (Limits(cost=np.array([9.0, 1]), budget=5.0), r"0 forbidden, 1 beyond the budget alone"),
        (Limits(k=1, required=(0, 1)), r"2 sites are required and k = 1; raise k"),
        (Limits(k=2, required=(0, 1), apart=((0, 1),)), r"0 and 1 are both required and may not"),
        (Limits(required=(0,), forbidden=(0,)), r"candidate 0 is both required and forbidden"),
        (Limits(required=(0,), cost=np.array([9.0, 1]), budget=5.0), r"required sites cost 9"),
        (Limits(fixed=(0, 1)), r"there is no candidate"),
        (Limits(fixed=(0,)), r"nothing to cover"),
        (Limits(k=3), r"k = 3, but 2 candidates may be chosen; give 1 to 2"),
        (Limits(k=1, forbidden=(0, 1)), r"none of 2 candidates may be chosen: 2 are forbidden"),
        (Limits(k=1, fixed=(1,), forbidden=(0,)), r"1 stand already, 1 are forbidden; allow one"),
    ],
)
def test_limits_that_leave_no_choice_are_named(limits: Limits, message: str) -> None:
    reach = sparse.csr_matrix(np.array([[1, 1], [0, 0]], bool))
    with pytest.raises(CallError, match=message):
        solve_mclp(reach, np.array([1.0, 2]), limits)
