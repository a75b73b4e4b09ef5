"""Which moves on a grid cross a river or a barrier, and what that costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from georisk.friction.grid import MOVES
from georisk.kernels.compiled import compile_loop

if TYPE_CHECKING:
    from georisk.friction.grid import IntArray
    from layers.crs import FloatArray


def mark_crossings(
    shape: tuple[int, int], pieces: FloatArray, crossing_h: FloatArray
) -> FloatArray:
    """Hours of crossing for each move from each cell.

    A move that crosses several pieces pays for the dearest of them, once.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns.
    pieces : array of shape (n, 4)
        Straight pieces of rivers and barriers: row, column, row, column, counted in cells from
        the centre of the first cell.
    crossing_h : array of shape (n,)
        Infinite cannot be crossed.

    Returns
    -------
    array of shape (8, rows, columns) or (0, rows, columns)
        For `georisk.friction.grid.Grid`; empty where there is no piece.

    Examples
    --------
    A river between the two columns of one row costs the move between them half an hour.

    >>> river = np.array([[-1.0, 0.5, 1.0, 0.5]])
    >>> mark_crossings((1, 2), river, np.array([0.5]))[0].tolist()
    [[0.5, 0.0]]
    """
    if not len(pieces):
        return np.empty((0, *shape))
    out = np.zeros((len(MOVES), *shape))
    _mark(out, np.ascontiguousarray(pieces, np.float64),
          np.ascontiguousarray(crossing_h, np.float64), MOVES)
    return out


def find_dearest(begin: FloatArray, end: FloatArray, pieces: FloatArray,
                 crossing_h: FloatArray) -> FloatArray:
    """Hours of the dearest piece that each straight walk crosses, shape (m,).

    ``begin`` and ``end`` are of shape (m, 2), in the units of the pieces.
    """
    out = np.zeros(len(begin))
    if len(pieces) and len(begin):
        _mark_walks(out, np.ascontiguousarray(np.hstack([begin, end])),
                    np.ascontiguousarray(pieces, np.float64),
                    np.ascontiguousarray(crossing_h, np.float64))
    return out


@compile_loop
def _is_left(ay: float, ax: float, by: float, bx: float, y: float, x: float) -> bool:
    """On which side of a line a point lies; a point on it counts as left."""
    return (bx - ax) * (y - ay) - (by - ay) * (x - ax) >= 0.0


@compile_loop
def _do_cross(one: FloatArray, y: float, x: float, y2: float, x2: float) -> bool:
    """Whether two straight pieces cross; each end belongs to one side alone."""
    apart = _is_left(one[0], one[1], one[2], one[3], y, x) != _is_left(
        one[0], one[1], one[2], one[3], y2, x2)
    return apart and (_is_left(y, x, y2, x2, one[0], one[1])
                      != _is_left(y, x, y2, x2, one[2], one[3]))


@compile_loop
def _mark(out: FloatArray, pieces: FloatArray, crossing_h: FloatArray, moves: IntArray) -> None:
    rows, columns = out.shape[1], out.shape[2]
    for p in range(len(pieces)):
        piece = pieces[p]
        top = max(0, int(np.floor(min(piece[0], piece[2]))) - 2)
        bottom = min(rows - 1, int(np.ceil(max(piece[0], piece[2]))) + 2)
        left = max(0, int(np.floor(min(piece[1], piece[3]))) - 2)
        right = min(columns - 1, int(np.ceil(max(piece[1], piece[3]))) + 2)
        for r in range(top, bottom + 1):
            for c in range(left, right + 1):
                for n in range(len(moves)):
                    if crossing_h[p] > out[n, r, c] and _do_cross(
                        piece, float(r), float(c), r + float(moves[n, 0]), c + float(moves[n, 1])
                    ):
                        out[n, r, c] = crossing_h[p]


@compile_loop
def _mark_walks(
    out: FloatArray, walks: FloatArray, pieces: FloatArray, crossing_h: FloatArray
) -> None:
    for w in range(len(walks)):
        walk = walks[w]
        for p in range(len(pieces)):
            if crossing_h[p] > out[w] and _do_cross(
                pieces[p], walk[0], walk[1], walk[2], walk[3]
            ):
                out[w] = crossing_h[p]
