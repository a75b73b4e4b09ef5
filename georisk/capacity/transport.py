"""The transport problem: serve as much as there is room for, in the least total hours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from layers.errors import BrokenError

if TYPE_CHECKING:
    from georisk.capacity.reach import Reach
    from georisk.network import IntArray
    from layers.crs import FloatArray

# The solver begins with this many of the quickest places of each demand; others join as needed.
_FIRST_PLACES = 5
# Ties are broken by at most this much, 4 ms; the solver tells apart what differs by a tenth.
_TIE_H = 1e-6
_DUAL_TOLERANCE = 1e-7


def solve_transport(needed: FloatArray, room: FloatArray, reach: Reach) -> FloatArray:
    """Amounts on each pair of a reach: most served first, then least total hours.

    A linear programme. It is solved on the few quickest places of each demand; pairs that the
    prices show to be worth it join until none is, so the answer is that of the whole problem.

    Parameters
    ----------
    needed : array of shape (n_demands,)
        Finite, positive.
    room : array of shape (n_places,)
        Positive; infinite is without limit.
    reach : Reach
        Its rows in order of rank of the ids: equal hours are decided by that rank.

    Returns
    -------
    array of shape (n_pairs,)

    Raises
    ------
    BrokenError
        If the solver fails.
    """
    n, count = len(needed), len(reach.hours)
    scale = float(needed.mean())
    dearest_h = float(reach.hours.max()) + 2 * _TIE_H
    # One more served is worth any detour that finding room for it can take.
    bonus_h = 2.0 * (min(n, len(room)) + 1) * dearest_h + 1.0
    cost = reach.hours + _break_ties(reach) - bonus_h
    solver = _set_up(np.r_[needed, room] / scale)
    known = np.empty(0, np.int64)
    new = np.flatnonzero(_rank_hours(reach) < _FIRST_PLACES)
    while len(new):
        _add_pairs(solver, cost[new], reach.demand[new], n + reach.place[new])
        known = np.r_[known, new]
        solution = _run(solver)
        price = np.array(solution.row_dual)
        gain = cost - price[reach.demand] - price[n + reach.place]
        gain[known] = 0.0
        new = np.flatnonzero(gain < -_DUAL_TOLERANCE)
    amount = np.zeros(count)
    amount[known] = np.maximum(solution.col_value, 0.0)
    return amount * scale


def _break_ties(reach: Reach) -> FloatArray:
    """Hours below `_TIE_H` that differ from pair to pair and follow from the two ranks alone."""
    mixed = reach.demand.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= (reach.place.astype(np.uint64) + np.uint64(1)) * np.uint64(0xC2B2AE3D27D4EB4F)
    mixed ^= mixed >> np.uint64(29)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(32)
    return np.asarray((mixed >> np.uint64(11)) * (_TIE_H / 2.0**53))


def _rank_hours(reach: Reach) -> IntArray:
    """0 for the quickest place of each demand, 1 for the next, ..."""
    order = np.lexsort((reach.place, reach.hours, reach.demand))
    sorted_demand = reach.demand[order]
    first = np.searchsorted(sorted_demand, sorted_demand)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order)) - first
    return rank


def _set_up(upper: FloatArray) -> Any:  # noqa: ANN401 - highspy has no types
    import highspy

    solver = highspy.Highs()
    for name, value in (
        ("output_flag", False), ("threads", 1), ("parallel", "off"), ("random_seed", 0),
        ("solver", "simplex"), ("presolve", "off"),
        ("dual_feasibility_tolerance", _DUAL_TOLERANCE),
    ):
        solver.setOptionValue(name, value)
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = 0, len(upper)
    model.row_lower_ = np.full(len(upper), -highspy.kHighsInf)
    model.row_upper_ = upper
    model.a_matrix_.start_ = np.zeros(1, np.int32)
    if solver.passModel(model) == highspy.HighsStatus.kError:
        raise BrokenError("capacity: the solver refused the model")
    return solver


def _add_pairs(
    solver: Any, cost: FloatArray, first_row: IntArray, second_row: IntArray  # noqa: ANN401
) -> None:
    import highspy

    count = len(cost)
    rows = np.column_stack([first_row, second_row]).ravel().astype(np.int32)
    starts = np.arange(0, 2 * count, 2, dtype=np.int32)
    status = solver.addCols(
        count, cost, np.zeros(count), np.full(count, highspy.kHighsInf), 2 * count, starts, rows,
        np.ones(2 * count),
    )
    if status == highspy.HighsStatus.kError:
        raise BrokenError("capacity: the solver refused the model")


def _run(solver: Any) -> Any:  # noqa: ANN401
    import highspy

    solver.run()
    status = solver.getModelStatus()
    if status != highspy.HighsModelStatus.kOptimal:
        raise BrokenError(f"capacity: the solver stopped: {solver.modelStatusToString(status)}")
    return solver.getSolution()
