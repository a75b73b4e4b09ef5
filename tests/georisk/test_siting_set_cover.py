"""How few sites reach all: against spopt, against trying everything, and who is to blame."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from siting_choices import FEW, TINY, check_kept, limits_for, list_choices, matrices

from georisk.siting.limits import Limits
from georisk.siting.models.set_cover import solve_lscp
from layers.errors import CallError


def make_hours(seed: int, n: int, m: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.linalg.norm(rng.random((n, 1, 2)) - rng.random((1, m, 2)), axis=2)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # spopt's own, of its solver's names
@pytest.mark.parametrize("batch", range(8))
def test_same_optimum_as_spopt(batch: int) -> None:
    import pulp
    from spopt import locate

    for seed in range(25 * batch, 25 * batch + 25):
        n, m = 6 + seed % 5, 10 + seed % 7
        hours = make_hours(seed, n, m)
        radius = float(hours.min(axis=0).max()) * (1.0 + (seed % 3) / 4)
        peer = locate.LSCP.from_cost_matrix(hours.T, radius).solve(pulp.PULP_CBC_CMD(msg=False))
        ours = solve_lscp(sparse.csr_matrix(hours <= radius), Limits())
        assert ours.objective == pytest.approx(pulp.value(peer.problem.objective))
        assert ours.status == "optimal"
        assert (hours <= radius)[list(ours.chosen)].any(axis=0).all()


@TINY
@given(matrices(st.booleans()), st.data(), st.sampled_from(["sites", "cost"]))
def test_equals_trying_everything(reach: np.ndarray, data: st.DataObject, least: str) -> None:
    limits = data.draw(limits_for(len(reach)))
    if least == "cost" and limits.cost is None:
        limits = replace(limits, cost=np.arange(len(reach), dtype=float))
    price = limits.cost if least == "cost" else np.ones(len(reach))
    worth = [price[list(some)].sum() for some in list_choices(limits, len(reach))
             if reach[[*some, *limits.fixed]].any(axis=0).all()]
    matrix = sparse.csr_matrix(reach)
    if not worth:
        with pytest.raises(CallError, match=r"no candidate reaches demand|not all demand can be"):
            solve_lscp(matrix, limits, least=least)
        return
    best = solve_lscp(matrix, limits, least=least)
    check_kept(best, limits)
    assert best.objective == pytest.approx(min(worth))
    assert best.bound == pytest.approx(min(worth))
    assert reach[[*best.chosen, *limits.fixed]].any(axis=0).all()
    fixed = reach[list(limits.fixed)].any(axis=0)
    assert sum(best.benefits) == reach.shape[1] - fixed.sum()
    quick = solve_lscp(matrix, limits, least=least, method="greedy")
    check_kept(quick, limits)
    assert quick.objective >= min(worth) - 1e-9 >= quick.bound - 2e-9


@FEW
@given(matrices(st.booleans()), st.randoms(use_true_random=False))
def test_row_order_changes_nothing(reach: np.ndarray, random) -> None:
    order = list(range(reach.shape[1]))
    random.shuffle(order)
    one, other = (solve_lscp(sparse.csr_matrix(some), Limits(), unreached="leave out")
                  for some in (reach, reach[:, order]))
    assert (one.chosen, one.benefits, one.total) == (other.chosen, other.benefits, other.total)


@FEW
@given(matrices(st.booleans()), st.data())
def test_what_is_said_to_help_helps(reach: np.ndarray, data: st.DataObject) -> None:
    """Whoever follows the message has a solution."""
    limits = data.draw(limits_for(len(reach)))
    matrix = sparse.csr_matrix(reach)
    try:
        solve_lscp(matrix, limits)
    except CallError as error:
        message = str(error)
    else:
        return
    if "k is raised to" in message:
        k = int(re.search(r"k is raised to (\d+)", message)[1])
        assert len(solve_lscp(matrix, replace(limits, k=k)).chosen) == k
        with pytest.raises(CallError):
            solve_lscp(matrix, replace(limits, k=k - 1))
    if "budget is raised to" in message:
        budget = float(re.search(r"budget is raised to (\d+)", message)[1])
        assert solve_lscp(matrix, replace(limits, budget=budget)).chosen
    if "no longer forbidden" in message:
        solve_lscp(matrix, replace(limits, forbidden=()))
    if "both may be chosen" in message:
        solve_lscp(matrix, replace(limits, apart=()))


def test_the_demand_nobody_reaches_is_named() -> None:
    reach = sparse.csr_matrix(np.array([[1, 0, 0, 0], [0, 0, 1, 0]], bool))
    with pytest.raises(CallError, match=r"no candidate reaches demand 1, 3; add candidates nearer"):
        solve_lscp(reach, Limits())
    with pytest.raises(CallError, match=r"reaches demand 1, 2, 3; .* would reach 2: 1$"):
        solve_lscp(reach, Limits(forbidden=(1,)))
    rest = solve_lscp(reach, Limits(), unreached="leave out")
    assert (rest.chosen, rest.unreached, rest.total) == ((0, 1), (1, 3), 2.0)


def test_the_limit_to_blame_is_named() -> None:
    reach = sparse.csr_matrix(np.eye(3, dtype=bool))
    cost = np.array([2.0, 3, 4])
    with pytest.raises(CallError, match=r"it can if k is raised to 3$"):
        solve_lscp(reach, Limits(k=2))
    with pytest.raises(CallError, match=r"it can if the budget is raised to 9$"):
        solve_lscp(reach, Limits(cost=cost, budget=8.0))
    with pytest.raises(CallError, match=r"it can if both may be chosen of 0 and 2$"):
        solve_lscp(reach, Limits(apart=((0, 2),)))
    with pytest.raises(CallError, match=r"no single one of them is to blame"):
        solve_lscp(reach, Limits(k=2, cost=cost, budget=5.0))
    with pytest.raises(CallError, match="needs a cost"):
        solve_lscp(reach, Limits(), least="cost")


def test_stored_falsehoods_reach_nobody() -> None:
    reach = sparse.csr_matrix(np.ones((2, 2), bool))
    reach.data[:] = [True, False, True, True]
    assert solve_lscp(reach, Limits(forbidden=(0,))).chosen == (1,)
    with pytest.raises(CallError, match="no candidate reaches demand 1"):
        solve_lscp(reach, Limits(forbidden=(1,)))
