"""How long the walk between a place and points around it takes, by the ground between."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from georisk.friction.crossings import find_dearest
from georisk.friction.grid import GENTLE, STEEPNESS, TOP_KMH
from georisk.friction.search import reach_cells
from georisk.kernels.compiled import compile_loop

if TYPE_CHECKING:
    from georisk.friction.ground import Window
    from layers.crs import FloatArray

_PER_CELL = 2  # samples a straight walk takes in each cell
_CORNERS = ((0, 0), (0, 1), (1, 0), (1, 1))


def time_straight(window: Window, lonlat: FloatArray) -> FloatArray:
    """Hours of the straight walk from each point to the place, over what lies under it."""
    grid = window.grid
    spot = window.locate(np.asarray(lonlat, float))
    inside = np.all((spot >= 0) & (spot <= np.array(grid.shape) - 1), axis=1)
    hours = np.full(len(spot), np.inf)
    centre = np.array([grid.shape[0] // 2, grid.shape[1] // 2], float)
    begin = spot[inside]
    hours[inside] = _walk_straight(window, begin, np.broadcast_to(centre, begin.shape))
    return hours


def time_walks(
    window: Window, lonlat: FloatArray, straight_h: FloatArray | None = None
) -> FloatArray:
    """Hours from each point to the place at the centre of the window, at Tobler's pace.

    The quicker of the straight walk, over what lies under it, and the best way round by the
    grid. On level open ground that is the straight line.

    Parameters
    ----------
    window : Window
    lonlat : array of shape (n, 2)
        Degrees, EPSG:4326; points outside the window are not reached.
    straight_h : array of shape (n,), optional
        Of `time_straight`, where it is known already.

    Returns
    -------
    array of shape (n,)
        Infinite where water or a barrier lies in every way.
    """
    grid = window.grid
    if not len(lonlat):
        return np.empty(0)
    centre = np.array([grid.shape[0] // 2, grid.shape[1] // 2])
    spot = window.locate(np.asarray(lonlat, float))
    size = np.array(grid.shape)
    inside = np.all((spot >= 0) & (spot <= size - 1), axis=1)
    spot = np.clip(spot, 0, size - 1)
    hours = time_straight(window, lonlat) if straight_h is None else straight_h
    low = np.minimum(np.floor(spot).astype(np.int64), size - 2)
    cell = (low[:, None, :] + np.array(_CORNERS)).reshape(-1, 2)
    last = _walk_straight(window, np.repeat(spot, len(_CORNERS), axis=0), cell.astype(float))
    # Who walks round longer than straight gains nothing by it.
    useful_h = np.repeat(np.where(inside, hours, 0.0), len(_CORNERS))
    found = reach_cells(grid, (int(centre[0]), int(centre[1])), cell, useful_h)
    by_grid = (last + found).reshape(-1, len(_CORNERS)).min(axis=1)
    return np.where(inside, np.minimum(hours, by_grid), np.inf)


def _walk_straight(window: Window, begin: FloatArray, end: FloatArray) -> FloatArray:
    """Hours of straight walks between positions in cells."""
    grid = window.grid
    length = np.hypot(*(end - begin).T)
    count = max(int(np.ceil(length.max(initial=0.0) * _PER_CELL)), 1)
    hours = np.zeros(len(begin))
    _add_steps(hours, np.ascontiguousarray(begin), np.ascontiguousarray(end),
               length * window.cell_km / count, np.linspace(0.0, 1.0, count + 1),
               np.ascontiguousarray(grid.height_m), np.ascontiguousarray(grid.slowness))
    return np.asarray(hours + find_dearest(begin, end, window.pieces, window.crossing_h))


@compile_loop
def _mix_cells(values: FloatArray, row: float, column: float) -> float:
    """Value between the centres of four cells; NaN where one of them is."""
    top = min(max(int(np.floor(row)), 0), values.shape[0] - 2)
    left = min(max(int(np.floor(column)), 0), values.shape[1] - 2)
    down, right = row - top, column - left
    upper = values[top, left] * (1 - right) + values[top, left + 1] * right
    lower = values[top + 1, left] * (1 - right) + values[top + 1, left + 1] * right
    return float(upper * (1 - down) + lower * down)


@compile_loop
def _add_steps(  # noqa: PLR0913 - one compiled loop
    hours: FloatArray, begin: FloatArray, end: FloatArray, step_km: FloatArray,
    share: FloatArray, height_m: FloatArray, slowness: FloatArray,
) -> None:
    """Add up the hours of each walk, step by step; level where the height is not known."""
    for walk in range(len(begin)):
        if step_km[walk] <= 0.0:
            continue
        row, column = begin[walk, 0], begin[walk, 1]
        level = _mix_cells(height_m, row, column)
        for step in range(1, len(share)):
            down = begin[walk, 0] * (1.0 - share[step]) + end[walk, 0] * share[step]
            right = begin[walk, 1] * (1.0 - share[step]) + end[walk, 1] * share[step]
            then = _mix_cells(height_m, down, right)
            slope = (then - level) / max(step_km[walk] * 1000.0, 1e-9)
            if not np.isfinite(slope):
                slope = 0.0
            slow = slowness[int(np.rint(0.5 * (row + down))), int(np.rint(0.5 * (column + right)))]
            kmh = TOP_KMH * np.exp(-STEEPNESS * abs(slope + GENTLE))
            hours[walk] += step_km[walk] * slow / kmh
            row, column, level = down, right, then
