"""One point more never does worse, whatever is asked: fairness, room, years."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from siting_choices import FEW, matrices

from georisk.siting.limits import Limits
from georisk.siting.models.equity import solve_alpha_fair, solve_equity
from georisk.siting.models.phasing import Years, phase_sites
from georisk.siting.models.rooms import solve_capacitated

ROUNDING = 1e-7


@FEW
@given(matrices(st.booleans(), most=(5, 7)), st.sampled_from(["exact", "greedy"]))
def test_one_more_never_does_worse(reach: np.ndarray, method: str) -> None:
    n, m = reach.shape
    weights, groups = np.arange(1.0, m + 1), np.arange(m) % 2
    matrix, room = sparse.csr_matrix(reach), np.arange(1.0, n + 1) * 2
    years = Years(np.array([2.0, 2]))
    solvers = {
        "equity": lambda limits: solve_equity(matrix, weights, groups, limits, method=method),
        "fair": lambda limits: solve_alpha_fair(matrix, weights, groups, limits, method=method),
        "room": lambda limits: solve_capacitated(matrix, weights, room, limits, method=method),
        "years": lambda limits: phase_sites(matrix, weights, limits, years, method=method),
    }
    for name, solve in solvers.items():
        worth = [solve(Limits(k=k, cost=np.ones(n))) for k in range(1, n + 1)]
        for less, more in itertools.pairwise(worth):
            if method == "exact":
                assert more.objective >= less.objective - ROUNDING, name
            assert more.bound >= less.objective - ROUNDING, name
