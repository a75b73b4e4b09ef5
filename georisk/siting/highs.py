"""The door to HiGHS: a sparse model in, values, objective and bound out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from scipy import sparse

from layers.errors import BrokenError, CallError

if TYPE_CHECKING:
    import highspy

    from georisk.network import BoolArray
    from layers.crs import FloatArray

_SCALE = 1e4
_TOLERANCE = 1e-9
_FEASIBLE = 2


class InfeasibleError(CallError):
    """No choice keeps every bound of a model; `georisk.siting.remedies` names those that clash."""


@dataclass(frozen=True, eq=False)
class LinearModel:
    """A mixed-integer model: columns within bounds, rows within bounds, one objective.

    Attributes
    ----------
    worth : array of shape (n_columns,)
        Objective.
    matrix : sparse matrix, shape (n_rows, n_columns)
    row_lower, row_upper : array of shape (n_rows,)
        May be infinite.
    lower, upper : array of shape (n_columns,)
        May be infinite.
    integer : array of bool, shape (n_columns,)
    sense : str
        ``most`` or ``least``: whether the objective is to be large or small.
    """

    worth: FloatArray
    matrix: sparse.csr_matrix
    row_lower: FloatArray
    row_upper: FloatArray
    lower: FloatArray
    upper: FloatArray
    integer: BoolArray
    sense: Literal["most", "least"] = "most"


@dataclass(frozen=True, eq=False)
class Outcome:
    """What the solver found until it was done or its time was up.

    Attributes
    ----------
    values : array of shape (n_columns,), or None
        Integer columns are whole numbers. None: nothing was found within the time.
    objective : float
        Of the values; infinitely bad where there are none.
    bound : float
        No values do better.
    status : str
        ``optimal`` or ``time limit``.
    """

    values: FloatArray | None
    objective: float
    bound: float
    status: Literal["optimal", "time limit"]


def solve_linear(
    model: LinearModel, *, start: FloatArray | None = None, time_limit_s: float = 30.0,
    presolve: Literal["choose", "off"] = "choose",
) -> Outcome:
    """Solve a model with HiGHS on one thread; the best found until the time limit is kept.

    The same model gives the same values, unless the time limit ends the search.

    Parameters
    ----------
    start : array of shape (n_columns,), optional
        Values to begin from, NaN where unknown; if feasible, the outcome is never worse.
    time_limit_s : float
        Wall clock.
    presolve : str
        ``off`` where a model is small and its start good: then presolving costs more than it
        saves.

    Raises
    ------
    InfeasibleError
        If no values keep every bound.
    BrokenError
        If the solver refuses the model or stops for any other reason.

    Examples
    --------
    Of three things worth 3, 4 and 5 that weigh 2, 3 and 4, carry 5:

    >>> model = LinearModel(
    ...     np.array([3.0, 4, 5]), sparse.csr_matrix([[2.0, 3, 4]]), np.array([-np.inf]),
    ...     np.array([5.0]), np.zeros(3), np.ones(3), np.ones(3, bool))
    >>> found = solve_linear(model)
    >>> found.values.tolist(), found.objective, found.bound, found.status
    ([1.0, 1.0, 0.0], 7.0, 7.0, 'optimal')
    >>> round(solve_linear(relax_integers(model)).objective, 3)
    7.0
    """
    import highspy

    scale = _SCALE / max(float(np.abs(model.worth).max(initial=0.0)), 1e-300)
    scale = scale if np.isfinite(scale) and np.any(model.worth) else 1.0
    solver = _set_up_solver(time_limit_s)
    solver.setOptionValue("presolve", presolve)
    if solver.passModel(_write_program(model, scale)) == highspy.HighsStatus.kError:
        raise BrokenError("site: the solver refused the model")
    if start is not None:
        known = np.flatnonzero(np.isfinite(start))
        solver.setSolution(len(known), known.astype(np.int32), np.asarray(start, float)[known])
    solver.run()
    return _read_outcome(model, solver, scale)


def relax_integers(model: LinearModel) -> LinearModel:
    """The same model with every column continuous: its optimum bounds the model's own."""
    return replace(model, integer=np.zeros(len(model.integer), bool))


def bound_linear(model: LinearModel, *, time_limit_s: float = 30.0) -> float:
    """Best value of the relaxed model, or an infinite one where time did not suffice.

    Raises
    ------
    InfeasibleError
        If no values keep every bound, even in parts.
    """
    return solve_linear(relax_integers(model), time_limit_s=time_limit_s).bound


def _set_up_solver(time_limit_s: float) -> highspy.Highs:
    import highspy

    solver = highspy.Highs()
    options: dict[str, Any] = {
        "output_flag": False, "threads": 1, "random_seed": 0, "mip_rel_gap": 0.0,
        "mip_abs_gap": 1e-6, "mip_feasibility_tolerance": _TOLERANCE,
        "primal_feasibility_tolerance": _TOLERANCE, "time_limit": max(float(time_limit_s), 0.0),
    }
    for name, value in options.items():
        solver.setOptionValue(name, value)
    return solver


def _write_program(model: LinearModel, scale: float) -> highspy.HighsLp:
    import highspy

    rows = sparse.csr_matrix(model.matrix, dtype=float)
    rows.sum_duplicates()
    rows.sort_indices()
    lp = highspy.HighsLp()
    lp.num_row_, lp.num_col_ = rows.shape
    most = model.sense == "most"
    lp.sense_ = highspy.ObjSense.kMaximize if most else highspy.ObjSense.kMinimize
    lp.col_cost_ = np.asarray(model.worth, float) * scale
    lp.col_lower_, lp.col_upper_ = model.lower, model.upper
    lp.row_lower_, lp.row_upper_ = model.row_lower, model.row_upper
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_, lp.a_matrix_.index_ = rows.indptr, rows.indices
    lp.a_matrix_.value_ = rows.data
    whole, parts = highspy.HighsVarType.kInteger, highspy.HighsVarType.kContinuous
    if model.integer.any():
        lp.integrality_ = [whole if one else parts for one in model.integer.tolist()]
    return lp


def _read_outcome(model: LinearModel, solver: highspy.Highs, scale: float) -> Outcome:
    import highspy

    kinds = highspy.HighsModelStatus
    status, info = solver.getModelStatus(), solver.getInfo()
    if status in (kinds.kInfeasible, kinds.kUnboundedOrInfeasible):
        raise InfeasibleError("site: no choice of sites keeps every bound")
    if status not in (kinds.kOptimal, kinds.kTimeLimit, kinds.kModelEmpty):
        raise BrokenError(f"site: the solver stopped: {solver.modelStatusToString(status)}")
    done = status != kinds.kTimeLimit
    worst = -np.inf if model.sense == "most" else np.inf
    values = None
    if done or (info.primal_solution_status == _FEASIBLE and model.integer.any()):
        values = np.array(solver.getSolution().col_value, float)
        values[model.integer] = np.round(values[model.integer])
    objective = worst if values is None else float(model.worth @ values)
    bound = objective
    if not done:
        bound = float(info.mip_dual_bound) / scale if model.integer.any() else -worst
    return Outcome(values, objective, bound, "optimal" if done else "time limit")
