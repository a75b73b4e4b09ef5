"""Points of one spot and one width, taken together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from georisk.kernels.cells import lay_grid
from georisk.kernels.compiled import compile_loop

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from layers.crs import FloatArray

_REACH_WIDTHS = 4.5
_ODD = -7046029254386353131


def find_spots(
    xy: FloatArray, width: FloatArray
) -> tuple[NDArray[np.int64], FloatArray, FloatArray]:
    """Number of each point's spot, then place (c, 2) and width (c,) of every spot.

    Neighbours come one after another: what they meet is still at hand.

    Parameters
    ----------
    xy : array of shape (n, 2)
    width : array of shape (n,)
        Above 0.

    Examples
    --------
    >>> xy = np.array([[1.0, 2.0], [0.0, 2.0], [1.0, 2.0]])
    >>> [found.tolist() for found in find_spots(xy, np.ones(3))]
    [[0, 1, 0], [[1.0, 2.0], [0.0, 2.0]], [1.0, 1.0]]
    """
    if len(xy) == 0:
        return np.zeros(0, np.int64), xy, width
    x, y = np.ascontiguousarray(xy.T)
    grid = lay_grid(x, y, _REACH_WIDTHS * float(width.max()))
    one = width.min() == width.max()
    placed = grid.fill(*((x, y) if one else (x, y, width)), empty=np.nan)
    number, first = _number_spots(placed, grid.start)
    wide = np.full(len(first), width[0]) if one else placed[2, first]
    return number[grid.slot], np.column_stack([placed[0, first], placed[1, first]]), wide


@compile_loop
def _number_spots(
    placed: FloatArray, start: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Number of the spot of what lies in each slot, and the first slot of each spot."""
    slots = placed.shape[1]
    number, first = np.empty(slots, np.int64), np.empty(slots, np.int64)
    table, count = np.empty(16, np.int64), 0
    for strip in range(len(start)):
        for cell in range(start.shape[1] - 1):
            low, high = start[strip, cell], start[strip, cell + 1]
            if low == high:
                continue
            room = 1
            while room < 2 * (high - low):
                room *= 2
            if room > len(table):
                table = np.empty(room, np.int64)
            table[:room] = -1
            for i in range(low, high):
                at = _scramble(placed, i) & (room - 1)
                while table[at] >= 0 and not _is_same(placed, i, first[table[at]]):
                    at = (at + 1) & (room - 1)
                if table[at] < 0:
                    table[at], first[count] = count, i
                    count += 1
                number[i] = table[at]
    return number, first[:count]


@compile_loop
def _is_same(placed: FloatArray, one: int, other: int) -> bool:
    same = True
    for column in range(len(placed)):
        same = same and placed[column, one] == placed[column, other]
    return same


@compile_loop
def _scramble(placed: FloatArray, slot: int) -> int:
    """Find a number that is next to never the same for two spots."""
    mixed = np.int64(0)
    for column in range(len(placed)):
        bits = np.float64(placed[column, slot]).view(np.int64)
        mixed = ((mixed >> 32) ^ mixed ^ bits) * _ODD
    return int((mixed >> 32) ^ mixed)
