"""The same least times by scipy's graph search: the plain twin that tests compare with."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import dijkstra

from georisk.friction.grid import DIAGONAL, STRAIGHT, list_between, list_moves, measure_moves_km
from georisk.friction.search import check_search
from georisk.travel import walk_speed_kmh

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from georisk.friction.grid import Grid, IntArray
    from layers.crs import FloatArray

N = TypeVar("N", bound=np.generic)


def spread_time_plain(
    grid: Grid, rows: IntArray, columns: IntArray, *, limit_h: float = np.inf, sides: int = 16
) -> FloatArray:
    """What `georisk.friction.search.spread_time` gives, over a sparse matrix of all moves.

    Examples
    --------
    >>> from georisk.friction.grid import Grid
    >>> grid = Grid(np.ones((1, 3)), np.zeros((1, 3)), np.empty((0, 1, 3)), (1.0, 1.0))
    >>> spread_time_plain(grid, np.array([0]), np.array([0])).round(4).tolist()
    [[0.0, 0.1985, 0.3971]]
    """
    check_search(grid, rows, columns)
    moves = list_moves(sides)[: sides // 2]
    parts = [_list_steps(grid, moves, n) for n in range(len(moves))]
    begin, end, hours = (np.concatenate([part[k] for part in parts]) for k in range(3))
    known = np.isfinite(hours)
    size = grid.slowness.size
    # Row: where people arrive; so a search from the source runs against their way.
    matrix = sparse.csr_matrix(
        (hours[known], (end[known].astype(np.int64), begin[known].astype(np.int64))), (size, size)
    )
    sources = np.unique(rows * grid.shape[1] + columns)
    found = dijkstra(matrix, indices=sources, min_only=True, limit=limit_h)
    return np.asarray(found).reshape(grid.shape)


def _list_steps(
    grid: Grid, moves: IntArray, n: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Cells, and hours, of one move and of its return, over the whole grid."""
    cell = np.arange(grid.slowness.size).reshape(grid.shape)
    here, there = _shift(cell, (0, 0), moves[n]), _shift(cell, moves[n], moves[n])
    one, two = (_shift(grid.slowness, at, moves[n]) for at in ((0, 0), moves[n]))
    mids = [_shift(grid.slowness, at, moves[n]) for at in list_between(moves)[n]]
    slow = 0.5 * (one + two)
    if STRAIGHT <= n < DIAGONAL:
        slow = np.where(np.isinf(mids[0]) & np.isinf(mids[1]), np.inf, slow)
    elif n >= DIAGONAL:
        slow = 0.25 * (one + two + mids[0] + mids[1])
    km = measure_moves_km(moves, grid.cell_km)[n]
    low, high = (_shift(grid.height_m, at, moves[n]) for at in ((0, 0), moves[n]))
    slope = np.nan_to_num((high - low) / (km * 1000.0))
    cross = _shift(grid.crossing_h[n], (0, 0), moves[n]) if grid.crossing_h.size else 0.0
    out_h, back_h = (km * slow / walk_speed_kmh(s) + cross for s in (slope, -slope))
    return (np.r_[here.ravel(), there.ravel()], np.r_[there.ravel(), here.ravel()],
            np.r_[out_h.ravel(), back_h.ravel()])


def _shift(
    values: NDArray[N], by: IntArray | tuple[int, int], move: IntArray
) -> NDArray[N]:
    """Values of the cells that lie ``by`` away from each cell where ``move`` stays inside."""
    rows, columns = values.shape
    down, right = int(move[0]), int(move[1])
    top, left = max(0, -down), max(0, -right)
    bottom, end = rows - max(0, down), columns - max(0, right)
    r, c = int(by[0]), int(by[1])
    if bottom <= top or end <= left:
        return values[:0, :0]
    return values[top + r : bottom + r, left + c : end + c]
