"""The covering model for HiGHS, sparse and small."""

from __future__ import annotations

from typing import TYPE_CHECKING

import highspy
import numpy as np
from scipy import sparse

from georisk.siting.greedy import measure_objective, swap_sites
from layers.errors import BrokenError

if TYPE_CHECKING:
    from georisk.network import IntArray
    from georisk.siting.reduction import CoverModel

_SCALE = 1e4


def solve_exactly(
    model: CoverModel, start: IntArray, *, k: int, time_limit_s: float
) -> tuple[IntArray, float, str]:
    """Solve the covering model; what was found until the time limit is kept.

    Whether a group is covered may be a share between 0 and 1: the best value is the same. A
    group that only one candidate reaches is added to that candidate's own worth.

    Parameters
    ----------
    start : array of int
        Sites to begin from; the result is never worse.

    Returns
    -------
    sites : array of int
        Rows of the model.
    bound : float
        No k sites cover more.
    status : str
        ``optimal`` or ``time limit``.

    Raises
    ------
    BrokenError
        If the solver fails.
    """
    k = min(k, model.n_candidates)
    scale = _SCALE / float(model.weights.sum())
    lp, shared = _write_model(model, k, scale)
    solver = _set_up_solver(time_limit_s)
    if solver.passModel(lp) == highspy.HighsStatus.kError:
        raise BrokenError("site: the solver refused the model")
    solver.setSolution(_write_start(model, start, shared))
    solver.run()
    status = solver.getModelStatus()
    info = solver.getInfo()
    values = np.array(solver.getSolution().col_value)[: model.n_candidates]
    found = np.flatnonzero(values > 0.5)  # noqa: PLR2004 - binary, within the solver's tolerance
    sites = start
    if 0 < len(found) <= k:
        found = swap_sites(model, found)
        better = measure_objective(model, found) > measure_objective(model, start)
        sites = found if better else start
    if status == highspy.HighsModelStatus.kOptimal:
        return sites, measure_objective(model, sites), "optimal"
    if status != highspy.HighsModelStatus.kTimeLimit:
        raise BrokenError(f"site: the solver stopped: {solver.modelStatusToString(status)}")
    bound = min(float(info.mip_dual_bound) / scale, float(model.weights.sum()))
    return sites, bound, "time limit"


def _set_up_solver(time_limit_s: float) -> highspy.Highs:
    solver = highspy.Highs()
    for name, value in (
        ("output_flag", False), ("threads", 1), ("random_seed", 0), ("mip_rel_gap", 0.0),
        ("mip_abs_gap", 1e-6), ("time_limit", float(time_limit_s)),
    ):
        solver.setOptionValue(name, value)
    return solver


def _write_model(
    model: CoverModel, k: int, scale: float
) -> tuple[highspy.HighsLp, IntArray]:
    """Columns: candidates, then groups that several reach. Rows: one a group, then the count."""
    by_group = sparse.csc_matrix(model.matrix)
    counts = np.diff(by_group.indptr)
    shared = np.flatnonzero(counts > 1)
    n, m = model.n_candidates, len(shared)
    alone = model.weights * (counts == 1)
    worth = np.r_[model.matrix @ alone, model.weights[shared]] * scale
    cover = sparse.hstack([by_group[:, shared].T, -sparse.eye(m)])
    count = sparse.csr_matrix((np.ones(n), np.arange(n), [0, n]), shape=(1, n + m))
    rows = sparse.csr_matrix(sparse.vstack([cover, count]))
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = n + m, m + 1
    lp.sense_ = highspy.ObjSense.kMaximize
    lp.col_cost_ = worth
    lp.col_lower_, lp.col_upper_ = np.zeros(n + m), np.ones(n + m)
    lp.row_lower_ = np.zeros(m + 1)
    lp.row_upper_ = np.r_[np.full(m, highspy.kHighsInf), float(k)]
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_, lp.a_matrix_.index_ = rows.indptr, rows.indices
    lp.a_matrix_.value_ = rows.data
    binary, free = highspy.HighsVarType.kInteger, highspy.HighsVarType.kContinuous
    lp.integrality_ = [binary] * n + [free] * m
    return lp, shared


def _write_start(model: CoverModel, start: IntArray, shared: IntArray) -> highspy.HighsSolution:
    sites = np.zeros(model.n_candidates)
    sites[start] = 1.0
    covered = np.asarray(model.matrix[start].sum(axis=0)).ravel()[shared] > 0
    solution = highspy.HighsSolution()
    solution.col_value = np.r_[sites, covered.astype(float)].tolist()
    return solution
