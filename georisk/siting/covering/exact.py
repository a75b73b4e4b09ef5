"""The best covering choice, proven: what prices rule out is dropped, the rest goes to HiGHS."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from georisk.siting.covering.exchange import swap_sites
from georisk.siting.covering.greedy import measure_objective
from georisk.siting.covering.reduction import restrict_model
from georisk.siting.highs import InfeasibleError, LinearModel, solve_linear

if TYPE_CHECKING:
    from georisk.network import IntArray
    from georisk.siting.covering.dual import Dual
    from georisk.siting.covering.reduction import CoverModel
    from georisk.siting.solution import Status
    from layers.crs import FloatArray

_DOMINANCE_ENTRIES = 5_000_000


def fix_candidates(model: CoverModel, dual: Dual) -> tuple[IntArray, IntArray]:
    """Candidates that a choice better than the best known may hold, and those that it must.

    Forcing in a candidate that prices leave out costs at least the difference to the last that
    they take, and the other way round; where that ends below the best choice known, it is ruled
    out.

    Returns
    -------
    maybe, surely : array of int
        Rows of the model.
    """
    target = measure_objective(model, dual.sites) + model.tolerance
    order = np.argsort(-dual.values, kind="stable")
    ranked = np.r_[np.maximum(dual.values[order], 0.0), 0.0, 0.0]
    k = min(model.k, model.n_candidates)
    taken = np.zeros(model.n_candidates, bool)
    taken[order[:k]] = dual.values[order[:k]] > 0
    out = ~taken & (dual.bound + np.minimum(dual.values - ranked[k - 1], 0.0) <= target)
    surely = taken & (dual.bound - dual.values + ranked[k] <= target)
    return np.flatnonzero(~out & ~surely), np.flatnonzero(surely)


def drop_dominated(model: CoverModel) -> IntArray:
    """List the candidates that no other one can always replace.

    One is dominated by another that reaches all it reaches, costs no more and excludes no
    more; of two that are alike the earlier stays.

    Examples
    --------
    >>> from georisk.siting.covering.reduction import reduce_cover
    >>> reach = sparse.csr_matrix(np.array([[1, 1, 0], [1, 0, 0], [0, 1, 1]], bool))
    >>> drop_dominated(reduce_cover(reach, np.ones(3))).tolist()
    [0, 2]
    """
    degrees = np.diff(model.columns.indptr).astype(float)
    if not model.n_candidates or float(degrees @ degrees) > _DOMINANCE_ENTRIES:
        return np.arange(model.n_candidates)
    shared = sparse.coo_matrix(model.matrix @ model.columns)
    reached = np.diff(model.matrix.indptr)
    low, high = shared.row, shared.col
    inside = (low != high) & (shared.data >= reached[low]) & (model.cost[high] <= model.cost[low])
    low, high = low[inside], high[inside]
    if len(model.pairs):
        fits = [not np.setdiff1d(model.rivals_of(b), [*model.rivals_of(a), a]).size
                for a, b in zip(low.tolist(), high.tolist(), strict=True)]
        low, high = low[fits], high[fits]
    alike = set(zip(low.tolist(), high.tolist(), strict=True))
    gone = {a for a, b in alike if (b, a) not in alike or b < a}
    return np.setdiff1d(np.arange(model.n_candidates), sorted(gone))


def solve_exactly(
    model: CoverModel, dual: Dual, *, time_limit_s: float
) -> tuple[IntArray, float, Status]:
    """Solve the covering model; what was found until the time limit is kept.

    Whether a group is covered may be a share between 0 and 1: the best value is the same. A
    group that only one candidate reaches is added to that candidate's own worth.

    Parameters
    ----------
    dual : Dual
        Its sites are the start: the result is never worse.

    Returns
    -------
    sites : array of int
        Rows of the model.
    bound : float
        No choice covers more.
    status : str
        ``optimal`` or ``time limit``.

    Raises
    ------
    BrokenError
        If the solver fails.
    """
    best, worth = dual.sites, measure_objective(model, dual.sites)
    maybe, surely = fix_candidates(model, dual)
    if not len(maybe) or not model.allow(surely):
        found = np.sort(np.r_[surely, maybe])
        better = model.allow(found) and measure_objective(model, found) > worth
        return _close(model, found if better else best)
    left = restrict_model(model, maybe, surely)
    left = restrict_model(model, left.candidates[drop_dominated(left)], surely)
    rows = left.candidates
    lp, shared = _write_model(left)
    start = _write_start(left, np.flatnonzero(np.isin(rows, best)), shared)
    try:
        outcome = solve_linear(lp, start=start, time_limit_s=time_limit_s)
    except InfeasibleError:
        return _close(model, best)
    if outcome.values is not None:
        chosen = rows[outcome.values[: left.n_candidates] > 0.5]  # noqa: PLR2004 - binary
        found = np.sort(np.r_[surely, chosen])
        if model.allow(found):
            found = swap_sites(model, found)
            best = found if measure_objective(model, found) > worth else best
    if outcome.status == "optimal":
        return _close(model, best)
    bound = max(left.base + outcome.bound, measure_objective(model, best))
    return best, min(bound, dual.bound), "time limit"


def _close(model: CoverModel, sites: IntArray) -> tuple[IntArray, float, Status]:
    return sites, measure_objective(model, sites), "optimal"


def _write_model(model: CoverModel) -> tuple[LinearModel, IntArray]:
    """Columns: candidates, then groups that several reach. Rows: groups, pairs, count, money."""
    counts = np.diff(model.columns.indptr)
    shared = np.flatnonzero(counts > 1)
    n, m, p = model.n_candidates, len(shared), len(model.pairs)
    alone = model.weights * (counts == 1)
    at = (np.repeat(np.arange(p), 2), model.pairs.ravel())
    priced = np.isfinite(model.budget) and model.cost.any()
    per_site = [np.ones((1, n))]
    limits = [float(min(model.k, n))]
    if priced:
        unit = max(model.budget, float(model.cost.max()))
        per_site.append(model.cost[None, :] / unit)
        limits.append(model.budget / unit)
    rows = sparse.bmat([
        [model.columns[shared], -sparse.identity(m)],
        [sparse.csr_matrix((np.ones(2 * p), at), shape=(p, n)), None],
        [sparse.csr_matrix(np.vstack(per_site)), None],
    ])
    upper = np.r_[np.full(m, np.inf), np.ones(p), limits]
    lower = np.r_[np.zeros(m), np.full(p + len(limits), -np.inf)]
    worth = np.r_[model.matrix @ alone, model.weights[shared]]
    integer = np.r_[np.ones(n, bool), np.zeros(m, bool)]
    linear = LinearModel(worth, sparse.csr_matrix(rows), lower, upper, np.zeros(n + m),
                         np.ones(n + m), integer)
    return linear, shared


def _write_start(model: CoverModel, sites: IntArray, shared: IntArray) -> FloatArray | None:
    """Values of a choice, or nothing where it breaks a bound of what is left."""
    if not model.allow(sites):
        return None
    values, covered = np.zeros(model.n_candidates), np.zeros(model.n_groups)
    values[sites] = 1.0
    covered[np.diff(model.columns[:, sites].indptr) > 0] = 1.0
    return np.asarray(np.r_[values, covered[shared]])
