"""How long the walk between a place and points around it takes, by the ground between."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from georisk.friction.crossings import find_dearest
from georisk.friction.search import reach_cells
from georisk.travel import walk_speed_kmh

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
    share = np.linspace(0.0, 1.0, count + 1)[None, :, None]
    path = begin[:, None, :] * (1.0 - share) + end[:, None, :] * share
    height = _mix_cells(grid.height_m, path)
    middle = 0.5 * (path[:, 1:] + path[:, :-1])
    row, column = np.moveaxis(np.rint(middle).astype(np.int64), -1, 0)
    step_km = (length * window.cell_km / count)[:, None]
    slope = np.nan_to_num(np.diff(height, axis=1) / np.maximum(step_km * 1000.0, 1e-9))
    slow = np.where(step_km > 0, grid.slowness[row, column], 0.0)
    hours = step_km * slow / walk_speed_kmh(slope)
    return np.asarray(hours.sum(axis=1) + find_dearest(begin, end, window.pieces,
                                                       window.crossing_h))


def _mix_cells(values: FloatArray, path: FloatArray) -> FloatArray:
    """Values between the centres of cells; NaN where one around is."""
    low = np.clip(np.floor(path).astype(np.int64), 0, np.array(values.shape) - 2)
    down, right = np.moveaxis(path - low, -1, 0)
    row, column = np.moveaxis(low, -1, 0)
    upper = values[row, column] * (1 - right) + values[row, column + 1] * right
    lower = values[row + 1, column] * (1 - right) + values[row + 1, column + 1] * right
    return np.asarray(upper * (1 - down) + lower * down)
