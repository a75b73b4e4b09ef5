"""The ground as a grid: how slow each cell is, how high it lies, what stands between cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from layers.crs import FloatArray

    IntArray = NDArray[np.int64]

# Half of the sixteen moves, as (row, column); the others are these turned round.
MOVES = np.array([(0, 1), (1, 0), (1, 1), (1, -1), (1, 2), (2, 1), (2, -1), (1, -2)], np.int64)
STRAIGHT, DIAGONAL = 2, 4  # the first two moves are straight, the next two diagonal
TOP_KMH, GENTLE, STEEPNESS = 6.0, 0.05, 3.5  # Tobler's function
# The farthest that a way of sixteen moves is longer than the straight line on flat ground.
LONGEST = 1.0275


@dataclass(frozen=True, eq=False)
class Grid:
    """Ground in square or oblong cells, rows from north to south.

    Attributes
    ----------
    slowness : array of shape (rows, columns)
        Hours for 1 km, times the speed by slope in km/h: 1 is a firm road, infinite is never
        walked.
    height_m : array of shape (rows, columns)
        NaN is unknown: moves to and from it count as level.
    crossing_h : array of shape (8, rows, columns) or (0, rows, columns)
        Hours that a move of `MOVES` from a cell costs besides, for the river or barrier that it
        crosses; the same both ways. Infinite cannot be crossed. No move at all where nothing is.
    cell_km : tuple of float
        Height and width of a cell.
    """

    slowness: FloatArray
    height_m: FloatArray
    crossing_h: FloatArray
    cell_km: tuple[float, float]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.slowness.shape[0], self.slowness.shape[1]


def list_moves(sides: int = 16) -> IntArray:
    """Moves to the neighbours of a cell: eight, or sixteen with the knight's moves.

    With sixteen a way over flat ground is at most 2.8 % longer than the straight line, with
    eight 8.3 %.

    Examples
    --------
    >>> len(list_moves(16)), len(list_moves(8))
    (16, 8)
    """
    half = MOVES[: sides // 2]
    return np.vstack([half, -half])


def list_between(moves: IntArray) -> IntArray:
    """The two cells between the ends of each move, shape (n, 2, 2); for straight ones its ends.

    A knight's move spends a quarter of its length in each of four cells. A diagonal one passes
    the corner of two.
    """
    between = np.zeros((len(moves), 2, 2), np.int64)
    for n, (row, column) in enumerate(moves):
        down, right = np.sign(row), np.sign(column)
        if abs(row) + abs(column) == 1:
            between[n] = [(0, 0), (row, column)]
        elif abs(row) == abs(column):
            between[n] = [(row, 0), (0, column)]
        elif abs(row) > abs(column):
            between[n] = [(down, 0), (down, column)]
        else:
            between[n] = [(0, right), (row, right)]
    return between


def measure_moves_km(moves: IntArray, cell_km: tuple[float, float]) -> FloatArray:
    """Length of each move, km."""
    return np.asarray(np.hypot(moves[:, 0] * cell_km[0], moves[:, 1] * cell_km[1]))
