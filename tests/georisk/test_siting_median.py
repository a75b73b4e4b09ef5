"""Least total and least longest time: against spopt and against trying everything."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from siting_choices import FEW, TINY, check_kept, limits_for, list_choices, matrices

from georisk.siting.limits import Limits
from georisk.siting.models.center import solve_pcenter
from georisk.siting.models.median import solve_pmedian
from layers.errors import CallError

HOURS = st.none() | st.integers(0, 9)


def make_hours(seed: int, n: int, m: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.linalg.norm(rng.random((n, 1, 2)) - rng.random((1, m, 2)), axis=2)


def to_sparse(hours: np.ndarray) -> sparse.csr_matrix:
    """A stored entry for each pair that is not None, zeros included."""
    row, column = np.nonzero(hours != np.array(None))
    data = hours[row, column].astype(float)
    return sparse.csr_matrix((data, (row, column)), shape=hours.shape)


def to_dense(hours: np.ndarray, never: float) -> np.ndarray:
    return np.where(hours == np.array(None), never, hours).astype(float)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # spopt's own, of its solver's names
@pytest.mark.parametrize("batch", range(8))
def test_same_optima_as_spopt(batch: int) -> None:
    import pulp
    from spopt import locate

    for seed in range(25 * batch, 25 * batch + 25):
        n, m = 5 + seed % 4, 7 + seed % 5
        hours, k = make_hours(seed, n, m), 1 + seed % 3
        weights = np.random.default_rng(seed).integers(1, 50, m).astype(float)
        solver = pulp.PULP_CBC_CMD(msg=False)
        peer = locate.PMedian.from_cost_matrix(hours.T, weights, p_facilities=k).solve(solver)
        ours = solve_pmedian(sparse.csr_matrix(hours), weights, Limits(k=k))
        assert ours.status == "optimal"
        assert ours.objective == pytest.approx(pulp.value(peer.problem.objective), rel=1e-7)
        center = locate.PCenter.from_cost_matrix(hours.T, p_facilities=k).solve(solver)
        nearest = solve_pcenter(sparse.csr_matrix(hours), Limits(k=k))
        assert nearest.status == "optimal"
        assert nearest.objective == pytest.approx(pulp.value(center.problem.objective), rel=1e-7)


def total_of(dense: np.ndarray, weights: np.ndarray, sites: list[int], never: float) -> float:
    nearest = np.vstack([dense[sites], np.full(dense.shape[1], never)]).min(axis=0)
    used = weights > 0
    return float((nearest[used] * weights[used]).sum())


@TINY
@given(matrices(HOURS), st.data(), st.sampled_from([None, 12.0, 4.0]))
def test_median_equals_trying_everything(
    hours: np.ndarray, data: st.DataObject, penalty: float | None
) -> None:
    limits = data.draw(limits_for(len(hours)))
    m = hours.shape[1]
    weights = np.array(data.draw(st.lists(st.integers(0, 9), min_size=m, max_size=m)), float)
    never = np.inf if penalty is None else penalty
    dense = to_dense(hours, np.inf)
    totals = [total_of(dense, weights, [*some, *limits.fixed], never)
              for some in list_choices(limits, len(hours))]
    best = min(totals)
    if not np.isfinite(best):
        with pytest.raises(CallError, match=r"no candidate reaches|not all demand can be"):
            solve_pmedian(to_sparse(hours), weights, limits)
        return
    for method in ("exact", "greedy"):
        found = solve_pmedian(to_sparse(hours), weights, limits, unreached_hours=penalty,
                              method=method)
        check_kept(found, limits)
        real = total_of(dense, weights, [*found.chosen, *limits.fixed], never)
        assert found.objective == pytest.approx(real)
        assert found.objective >= best - 1e-9
        assert found.bound <= best + 1e-6
        assert sum(found.benefits) == pytest.approx(found.total - found.objective)
        if method == "exact":
            assert found.objective == pytest.approx(best)
            assert found.status == "optimal"


@TINY
@given(matrices(HOURS), st.data())
def test_center_equals_trying_everything(hours: np.ndarray, data: st.DataObject) -> None:
    limits = data.draw(limits_for(len(hours)))
    dense = to_dense(hours, np.inf)
    best = min(np.vstack([dense[[*some, *limits.fixed]], np.full(dense.shape[1], np.inf)])
               .min(axis=0).max() for some in list_choices(limits, len(hours)))
    if not np.isfinite(best):
        with pytest.raises(CallError, match=r"no candidate reaches|not all demand can be"):
            solve_pcenter(to_sparse(hours), limits)
        return
    exact = solve_pcenter(to_sparse(hours), limits)
    check_kept(exact, limits)
    assert exact.objective == exact.bound == best
    assert exact.status == "optimal"
    assert dense[[*exact.chosen, *limits.fixed]].min(axis=0).max() == best
    quick = solve_pcenter(to_sparse(hours), limits, method="greedy")
    check_kept(quick, limits)
    assert quick.bound <= best <= quick.objective


@FEW
@given(matrices(st.integers(0, 9)), st.randoms(use_true_random=False))
def test_row_order_changes_nothing_and_more_sites_never_harm(hours: np.ndarray, random) -> None:
    order = list(range(hours.shape[1]))
    random.shuffle(order)
    weights = np.arange(1.0, len(order) + 1) / 3
    before = [np.inf, np.inf]
    for k in range(1, len(hours) + 1):
        one, other = (solve_pmedian(to_sparse(hours[:, some]), weights[some], Limits(k=k))
                      for some in (slice(None), order))
        assert one == other
        center, again = (solve_pcenter(to_sparse(hours[:, some]), Limits(k=k))
                         for some in (slice(None), order))
        assert center == again
        assert one.objective <= before[0] + 1e-9
        assert center.objective <= before[1]
        before = [one.objective, center.objective]


def test_unreached_demand_is_named_or_paid_for() -> None:
    hours = sparse.csr_matrix(([1.0, 2.0], ([0, 1], [0, 2])), shape=(2, 3))
    with pytest.raises(CallError, match=r"no candidate reaches demand 1; add candidates"):
        solve_pmedian(hours, np.ones(3), Limits(k=1))
    assert solve_pmedian(hours, np.array([1.0, 0, 1]), Limits(k=2)).objective == 3.0
    with pytest.raises(CallError, match=r"it can if k is raised to 2"):
        solve_pmedian(hours, np.array([1.0, 0, 1]), Limits(k=1))
    # one of 1 h, one of 10 h that nobody reaches, one left alone for 10 h
    assert solve_pmedian(hours, np.ones(3), Limits(k=1), unreached_hours=10.0).objective == 21.0
    for weights, message in ((np.ones(2), "2 weights for 3"), (np.array([1, 1, -1.0]), "a weight")):
        with pytest.raises(CallError, match=message):
            solve_pmedian(hours, weights, Limits(k=1))
    broken = sparse.csr_matrix(([np.nan], ([0], [0])), shape=(1, 1))
    for solve in (lambda: solve_pmedian(broken, np.ones(1), Limits(k=1)),
                  lambda: solve_pcenter(broken, Limits(k=1))):
        with pytest.raises(CallError, match="a time is missing"):
            solve()


def test_large_ones_stay_near_their_bound() -> None:
    """500 x 100 with ten sites: exchanges within half a percent of a bound, in a blink."""
    hours = sparse.csr_matrix(make_hours(0, 100, 500))
    weights = np.random.default_rng(0).integers(1, 50, 500).astype(float)
    found = solve_pmedian(hours, weights, Limits(k=10), method="greedy")
    assert found.status == "greedy"
    assert 0 <= found.gap < 0.01
    stopped = solve_pmedian(hours, weights, Limits(k=10), time_limit_s=0.0)
    assert stopped.status == "time limit"
    assert stopped.objective <= found.objective
    assert 0 < stopped.gap < 0.01
