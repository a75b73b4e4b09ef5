"""What a site that cannot be had costs, and how differently nearly as much can be served."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from georisk.siting.covering.solve import solve_mclp
from georisk.siting.limits import Limits
from georisk.siting.solution import Solution
from georisk.siting.trust.alternatives import (
    list_losses,
    measure_swaps,
    rank_replacements,
)
from georisk.siting.trust.different import find_most_different
from georisk.siting.trust.draws import World
from layers.errors import CallError

Instance = tuple[sparse.csr_matrix, np.ndarray, Limits]


@st.composite
def instances(draw: st.DrawFn) -> Instance:
    """Up to seven candidates, with limits of every kind."""
    rng = np.random.default_rng(draw(st.integers(0, 100_000)))
    n, m = draw(st.integers(3, 7)), draw(st.integers(2, 12))
    reach = rng.random((n, m)) < 0.35
    reach[:, 0] = True
    weights = rng.integers(0, 9, m).astype(float)
    weights[0] = 1.0
    fixed, forbidden, apart = (), (), ()
    if draw(st.booleans()):
        fixed = (0,)
        reach[0, 0] = False
    if draw(st.booleans()):
        forbidden = (1,)
    if draw(st.booleans()) and n > 4:
        apart = ((2, 3),)
    cost, budget = None, None
    if draw(st.booleans()):
        cost, budget = rng.integers(1, 4, n).astype(float), 6.0
    k = draw(st.integers(1, min(3, n - len(fixed) - len(forbidden))))
    limits = Limits(k=k, fixed=fixed, forbidden=forbidden, apart=apart, cost=cost, budget=budget)
    return sparse.csr_matrix(reach), weights, limits


def serve(instance: Instance, sites: tuple[int, ...]) -> float:
    """Weight served beyond what fixed sites serve."""
    reach, weights, limits = instance
    dense = reach.toarray()
    before = dense[list(limits.fixed)].any(axis=0)
    return float(weights[dense[list(sites)].any(axis=0) & ~before].sum())


def list_choices(instance: Instance) -> list[tuple[int, ...]]:
    reach, _, limits = instance
    rows = range(reach.shape[0])
    sizes = range((limits.k or 0) + 1)
    return [sites for size in sizes for sites in itertools.combinations(rows, size)
            if limits.allow(sites)]


@given(instances())
def test_losses_against_trying_everything(instance: Instance) -> None:
    reach, weights, limits = instance
    best = solve_mclp(reach, weights, limits, method="exact")
    losses = list_losses(best, limits, lambda some: solve_mclp(reach, weights, some,
                                                               method="exact"))
    assert [loss.site for loss in losses] == list(best.chosen)
    for loss in losses:
        without = max(serve(instance, sites) for sites in list_choices(instance)
                      if loss.site not in sites)
        assert loss.site not in loss.chosen
        assert loss.loss == pytest.approx(best.objective - without)
        assert loss.low - 1e-6 <= loss.loss <= loss.high + 1e-6


@given(instances())
def test_swaps_against_serving_again(instance: Instance) -> None:
    reach, weights, limits = instance
    best = solve_mclp(reach, weights, limits)
    rows = range(reach.shape[0])
    swapped = measure_swaps(
        lambda others: np.array([serve(instance, (*others, row)) for row in rows]), best.chosen,
        limits, len(rows))
    for at, site in enumerate(best.chosen):
        others = [row for row in best.chosen if row != site]
        may = [row != site and row not in others and limits.allow((*others, row)) for row in rows]
        assert np.isfinite(swapped[at]).tolist() == may
    for one in rank_replacements(swapped, best):
        sites = {*best.chosen, one.replacement} - {one.site}
        assert limits.allow(tuple(sites))
        assert one.loss == pytest.approx(best.objective - serve(instance, tuple(sites)))
        assert one.loss >= -1e-6 or best.status != "optimal"


def test_three_replacements_worst_last_and_none_twice() -> None:
    reach = sparse.csr_matrix(np.eye(6, dtype=bool))
    weights = np.array([100.0, 50, 99, 40, 49, 30])
    best = solve_mclp(reach, weights, Limits(k=2))
    assert best.chosen == (0, 2)
    found = rank_replacements(measure_swaps(
        lambda others: weights + weights[list(others)].sum(), best.chosen, Limits(k=2), 6), best)
    assert [(one.site, one.replacement, one.loss) for one in found] == [
        (0, 1, 50.0), (0, 4, 51.0), (0, 3, 60.0), (2, 1, 49.0), (2, 4, 50.0), (2, 3, 59.0)]
    assert not any(one.near for one in found)


def test_a_cost_that_rises_is_a_loss() -> None:
    # 10 h with site 0; 12 h with site 1 in its place, 11 h with site 2.
    best = Solution((0,), (), 10.0, 10.0, 0.0, 0.0, "optimal")
    found = rank_replacements(np.array([[np.nan, 12.0, 11.0]]), best, sense="least", share=0.1)
    assert [(one.replacement, one.loss, one.near) for one in found] == [
        (2, 1.0, True), (1, 2.0, False)]
    other = replace(best, chosen=(2,), objective=11.0, bound=11.0)
    loss, = list_losses(best, Limits(k=1), lambda _: other, sense="least")
    assert (loss.loss, loss.loss_share) == (1.0, 0.1)


def test_a_site_that_must_be_or_is_alone_has_no_alternative() -> None:
    reach = sparse.csr_matrix(np.array([[1, 1], [0, 1]], bool))
    weights = np.array([3.0, 1.0])
    limits = Limits(k=1, required=(0,))
    solve = lambda some: solve_mclp(reach, weights, some)  # noqa: E731
    loss, = list_losses(solve(limits), limits, solve)
    assert loss.refusal == "the site is required"
    assert loss.loss_share == 1
    alone = Limits(k=1, forbidden=(1,))
    loss, = list_losses(solve(alone), alone, solve)
    assert "none of 2 candidates may be chosen" in loss.refusal


def test_fewer_sites_where_too_few_are_left() -> None:
    reach = sparse.csr_matrix(np.eye(2, dtype=bool))
    solve = lambda some: solve_mclp(reach, np.array([3.0, 1.0]), some)  # noqa: E731
    losses = {loss.site: loss for loss in list_losses(solve(Limits(k=2)), Limits(k=2), solve)}
    assert (losses[0].chosen, losses[0].loss) == ((1,), 3.0)


@given(instances(), st.sampled_from([0.0, 0.02, 0.1, 0.3, 1.0]),
       st.sampled_from(["exact", "greedy"]))
def test_most_different_against_trying_everything(
    instance: Instance, share: float, method: str
) -> None:
    reach, weights, limits = instance
    best = solve_mclp(reach, weights, limits, method="exact")
    found = find_most_different(World(reach, weights), best, limits, share=share,
                                method=method)
    floor = best.objective * (1 - share) - 1e-9
    least = min(len(set(sites) & set(best.chosen)) for sites in list_choices(instance)
                if serve(instance, sites) >= floor)
    assert limits.allow(found.chosen)
    assert serve(instance, found.chosen) == pytest.approx(found.objective)
    assert found.objective >= floor
    assert set(found.kept) == set(found.chosen) & set(best.chosen)
    assert found.least_kept <= least <= len(found.kept)
    if found.status == "optimal":
        assert len(found.kept) == least == found.least_kept
    assert found.status == "optimal" or method == "greedy"


def test_twins_can_all_be_exchanged() -> None:
    """Every site has a twin that serves as much: nothing needs to be shared."""
    reach = sparse.csr_matrix(np.repeat(np.eye(5, dtype=bool), 2, axis=0))
    world = World(reach, np.array([5.0, 4, 3, 2, 1]))
    best = solve_mclp(reach, world.weights, Limits(k=3))
    for method in ("exact", "greedy"):
        found = find_most_different(world, best, Limits(k=3), method=method)
        assert (found.kept, found.loss, found.status) == ((), 0.0, "optimal")
        assert found.chosen == (1, 3, 5)


def test_what_cannot_be_asked() -> None:
    reach = sparse.csr_matrix(np.eye(2, dtype=bool))
    best = solve_mclp(reach, np.ones(2), Limits(k=1))
    with pytest.raises(CallError, match="between 0 and 1"):
        find_most_different(World(reach, np.ones(2)), best, Limits(k=1), share=2.0)
    with pytest.raises(CallError, match="keep the limits"):
        find_most_different(World(reach, np.ones(2)), best, Limits(k=1, forbidden=(0,)))
