"""What each further site adds: the best choices of one, two, three and more sites."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from georisk.siting.covering.reduction import reduce_cover
from georisk.siting.covering.solve import check_call, check_feasible, describe_choice, solve_model
from layers.errors import CallError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scipy import sparse

    from georisk.siting.limits import Limits
    from georisk.siting.solution import Method, Solution
    from layers.crs import FloatArray

_ROUNDS = 100


def trace_coverage(
    reach: sparse.csr_matrix,
    weights: FloatArray,
    limits: Limits,
    ks: Sequence[int],
    *,
    method: Method = "greedy",
    time_limit_s: float = 30.0,
) -> tuple[Solution, ...]:
    """Best coverage for several numbers of sites; more sites never cover less.

    The problem is reduced once; each number begins from the sites and prices of the one before
    it, and no bound is above that of a larger number.

    Parameters
    ----------
    reach, weights : as `georisk.siting.covering.solve.solve_mclp`
    limits : Limits
        Its own ``k`` is not used.
    ks : sequence of int
        Numbers of new sites, required ones among them.
    method : str
        As `georisk.siting.covering.solve.solve_mclp`; ``greedy`` costs least and tells its gap.
    time_limit_s : float
        For all exact searches together.

    Returns
    -------
    tuple of Solution
        In ascending order of k, each number once.

    Raises
    ------
    CallError
        As `georisk.siting.covering.solve.solve_mclp`, for any of the numbers.

    Examples
    --------
    >>> import numpy as np
    >>> from georisk.siting.limits import Limits
    >>> from scipy import sparse
    >>> reach = sparse.csr_matrix(np.array([[1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1]], bool))
    >>> curve = trace_coverage(reach, np.array([2.0, 3, 3, 2]), Limits(), range(1, 4))
    >>> [(solution.chosen, solution.objective) for solution in curve]
    [((1,), 6.0), ((0, 2), 10.0), ((0, 2), 10.0)]
    """
    numbers = sorted(set(ks))
    if not numbers:
        raise CallError("site: no number of sites to trace; give at least one k")
    for k in numbers:
        check_call(reach, weights, replace(limits, k=k))
    whole = reduce_cover(reach, weights, replace(limits, k=numbers[-1]))
    check_feasible(reach, weights, limits, whole)
    required = len(set(limits.required))
    sites, prices = np.empty(0, np.int64), None
    found: list[Solution] = []
    for k in numbers:
        model = replace(whole, k=min(k - required, whole.n_candidates))
        proof = solve_model(model, sites, method=method, multipliers=prices,
                            rounds=_ROUNDS, time_limit_s=time_limit_s / len(numbers))
        sites = proof.sites
        prices = proof.multipliers if len(proof.multipliers) else None
        found.append(describe_choice(reach, weights, limits, model, proof))
    return _lower_bounds(found)


def _lower_bounds(curve: Sequence[Solution]) -> tuple[Solution, ...]:
    """What more sites cannot cover, fewer cannot."""
    least = np.inf
    told: list[Solution] = []
    for solution in reversed(curve):
        least = min(least, solution.bound)
        bound = max(least, solution.objective)
        gap = (bound - solution.objective) / bound if bound > 0 else 0.0
        status = "optimal" if gap == 0 else solution.status
        told.append(replace(solution, bound=bound, gap=gap, status=status))
    return tuple(reversed(told))
