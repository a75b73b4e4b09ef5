"""Least time from every cell to the nearest source, compiled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from georisk.friction.grid import (
    GENTLE,
    MOVES,
    STEEPNESS,
    TOP_KMH,
    list_between,
    list_moves,
    measure_moves_km,
)
from georisk.kernels.compiled import compile_loop

if TYPE_CHECKING:

    from georisk.friction.grid import Grid, IntArray
    from layers.crs import FloatArray

_HALF = len(MOVES)
_MOVES = {sides: (list_moves(sides), list_between(list_moves(sides))) for sides in (8, 16)}
_FORK = 4


def spread_time(
    grid: Grid, rows: IntArray, columns: IntArray, *, limit_h: float = np.inf, sides: int = 16
) -> FloatArray:
    """Hours from every cell to the nearest source cell, on foot.

    Slopes count in the direction in which people walk: towards the source.

    Parameters
    ----------
    grid : Grid
    rows, columns : array of int
        Source cells.
    limit_h : float
        Cells farther than this are not looked at.
    sides : {16, 8}
        Neighbours that one step may lead to.

    Returns
    -------
    array of shape (rows, columns)
        Infinite where no source can be reached within the limit.

    Raises
    ------
    ValueError
        If a source lies outside the grid, or a slowness is NaN, zero or negative.

    Examples
    --------
    Three cells of 1 km in a row, level road, the source on the left: 1 km takes 1 / 5.037 h.

    >>> from georisk.friction.grid import Grid
    >>> grid = Grid(np.ones((1, 3)), np.zeros((1, 3)), np.empty((0, 1, 3)), (1.0, 1.0))
    >>> spread_time(grid, np.array([0]), np.array([0])).round(4).tolist()
    [[0.0, 0.1985, 0.3971]]
    """
    check_search(grid, rows, columns)
    sources = np.ascontiguousarray(rows, np.int64) * grid.shape[1] + columns
    none = (np.empty(0, np.int64), np.empty(0))
    return _search(grid, sources, none, limit_h=limit_h, sides=sides).reshape(grid.shape)


def reach_cells(
    grid: Grid, source: tuple[int, int], cells: IntArray, within_h: FloatArray
) -> FloatArray:
    """Hours from some cells to one source cell, without looking farther than these ask for.

    Parameters
    ----------
    grid : Grid
    source : tuple of int
        Row and column.
    cells : array of int, shape (n, 2)
        Row and column of each.
    within_h : array of shape (n,)
        More than this is of no use at the cell: the search ends where no cell is open that may
        still be of use.

    Returns
    -------
    array of shape (n,)
        What `spread_time` gives, where that is not more than ``within_h``; else at least that.

    Raises
    ------
    ValueError
        As `spread_time`.

    Examples
    --------
    >>> from georisk.friction.grid import Grid
    >>> grid = Grid(np.ones((1, 3)), np.zeros((1, 3)), np.empty((0, 1, 3)), (1.0, 1.0))
    >>> reach_cells(grid, (0, 0), np.array([[0, 1]]), np.array([1.0])).round(4).tolist()
    [0.1985]
    """
    check_search(grid, np.array(source[:1]), np.array(source[1:]))
    start = np.array([source[0] * grid.shape[1] + source[1]], np.int64)
    flat = np.asarray(cells[:, 0] * grid.shape[1] + cells[:, 1], np.int64)
    open_ = np.flatnonzero(np.isfinite(grid.slowness.ravel()[flat]))
    order = open_[np.argsort(-within_h[open_], kind="stable")]
    # The source stands last: a list without an end would ask for all cells.
    aims = (np.r_[flat[order], start], np.r_[within_h[order], 0.0])
    return np.asarray(_search(grid, start, aims, limit_h=np.inf, sides=2 * _HALF)[flat])


def _search(
    grid: Grid, sources: IntArray, aims: tuple[IntArray, FloatArray], *, limit_h: float, sides: int
) -> FloatArray:
    moves, between = _MOVES[sides]
    hours = np.full(grid.slowness.size, np.inf)
    _spread(
        hours, sources, np.ascontiguousarray(grid.slowness, np.float64),
        np.ascontiguousarray(grid.height_m, np.float64),
        np.ascontiguousarray(grid.crossing_h, np.float64),
        (moves, between, measure_moves_km(moves, grid.cell_km)), aims, limit_h,
    )
    return hours


def check_search(grid: Grid, rows: IntArray, columns: IntArray) -> None:
    """Refuse sources outside the grid and speeds that are none."""
    height, width = grid.shape
    if np.any((rows < 0) | (rows >= height) | (columns < 0) | (columns >= width)):
        raise ValueError(f"source: outside the grid of {height} x {width} cells")
    if not np.all(grid.slowness > 0):
        raise ValueError("slowness: some is NaN, zero or negative: give inf where nobody walks")
    if grid.crossing_h.size and not np.all(grid.crossing_h >= 0):
        raise ValueError("crossing_h: some is NaN or negative: give inf where nobody crosses")


@compile_loop
def _sift_up(heap: IntArray, spot: IntArray, hours: FloatArray, at: int) -> None:
    """Move an entry of the heap up to where it belongs."""
    cell = heap[at]
    key = hours[cell]
    while at > 0:
        up = (at - 1) // _FORK
        if hours[heap[up]] <= key:
            break
        heap[at] = heap[up]
        spot[heap[at]] = at
        at = up
    heap[at] = cell
    spot[cell] = at


@compile_loop
def _sift_down(heap: IntArray, spot: IntArray, hours: FloatArray, size: int) -> None:
    """Move the first entry of the heap down to where it belongs."""
    cell = heap[0]
    key = hours[cell]
    at = 0
    while True:
        first = _FORK * at + 1
        if first >= size:
            break
        best = first
        for child in range(first + 1, min(first + _FORK, size)):
            if hours[heap[child]] < hours[heap[best]]:
                best = child
        if hours[heap[best]] >= key:
            break
        heap[at] = heap[best]
        spot[heap[at]] = at
        at = best
    heap[at] = cell
    spot[cell] = at


@compile_loop
def _slow_down(
    slowness: FloatArray, r: int, c: int, n: int,
    moves: IntArray, between: IntArray,
) -> float:
    """Mean slowness under one move; infinite where it is blocked."""
    to = slowness[r + moves[n, 0], c + moves[n, 1]]
    here = slowness[r, c]
    if abs(moves[n, 0]) + abs(moves[n, 1]) == 1:
        return float(0.5 * (here + to))
    one = slowness[r + between[n, 0, 0], c + between[n, 0, 1]]
    two = slowness[r + between[n, 1, 0], c + between[n, 1, 1]]
    if abs(moves[n, 0]) == abs(moves[n, 1]):
        return np.inf if np.isinf(one) and np.isinf(two) else float(0.5 * (here + to))
    return float(0.25 * (here + to + one + two))


@compile_loop
def _cross(crossing_h: FloatArray, r: int, c: int, n: int, moves: IntArray) -> float:
    """Hours for the river or barrier under one move."""
    if len(crossing_h) == 0:
        return 0.0
    half = len(moves) // 2
    if n < half:
        return float(crossing_h[n, r, c])
    return float(crossing_h[n - half, r + moves[n, 0], c + moves[n, 1]])


@compile_loop
def _walk_kmh(rise_m: float, step_km: float, level_kmh: float) -> float:
    """Tobler's speed; level where the rise is unknown."""
    if rise_m == 0.0 or np.isnan(rise_m):
        return level_kmh
    return float(TOP_KMH * np.exp(-STEEPNESS * abs(rise_m / (step_km * 1000.0) + GENTLE)))


@compile_loop
def _find_open(wanted: IntArray, spot: IntArray, aim: int) -> int:
    """The first cell from an aim on that the search has not done with."""
    while aim < len(wanted) and spot[wanted[aim]] == -2:  # noqa: PLR2004
        aim += 1
    return aim


@compile_loop
def _spread(  # noqa: PLR0913, C901 - one compiled loop
    hours: FloatArray, sources: IntArray, slowness: FloatArray, height_m: FloatArray,
    crossing_h: FloatArray, steps: tuple[IntArray, IntArray, FloatArray],
    aims: tuple[IntArray, FloatArray], limit_h: float,
) -> None:
    """Fill in hours, flat; a Dijkstra search whose heap knows where each cell stands.

    Aims, if any, come with the hours within which each is of use, the longest first.
    """
    moves, between, step_km = steps
    wanted, within_h = aims
    aim = 0
    rows, columns = slowness.shape
    heap = np.empty(hours.shape[0], np.int64)
    spot = np.full(hours.shape[0], -1, np.int64)
    size = 0
    level_kmh = TOP_KMH * np.exp(-STEEPNESS * GENTLE)
    for cell in sources:
        if hours[cell] > 0.0:
            hours[cell] = 0.0
            heap[size] = cell
            size += 1
            _sift_up(heap, spot, hours, size - 1)
    while size > 0:
        cell = heap[0]
        spot[cell] = -2
        size -= 1
        if size > 0:
            heap[0] = heap[size]
            _sift_down(heap, spot, hours, size)
        if len(wanted) > 0:
            aim = _find_open(wanted, spot, aim)
            if aim == len(wanted) or hours[cell] > within_h[aim]:
                break
            limit_h = within_h[aim]
        r, c = cell // columns, cell % columns
        for n in range(len(moves)):
            down, right = r + moves[n, 0], c + moves[n, 1]
            if down < 0 or down >= rows or right < 0 or right >= columns:
                continue
            other = down * columns + right
            if spot[other] == -2:  # noqa: PLR2004 - done with
                continue
            slow = _slow_down(slowness, r, c, n, moves, between)
            cross_h = _cross(crossing_h, r, c, n, moves)
            # Nobody walks faster than downhill at best: spares most of the exponentials.
            least = hours[cell] + step_km[n] * slow / TOP_KMH + cross_h
            if least >= hours[other] or least > limit_h:
                continue
            kmh = _walk_kmh(height_m[r, c] - height_m[down, right], step_km[n], level_kmh)
            then = hours[cell] + step_km[n] * slow / kmh + cross_h
            if then < hours[other] and then <= limit_h:
                hours[other] = then
                if spot[other] < 0:
                    heap[size] = other
                    spot[other] = size
                    size += 1
                _sift_up(heap, spot, hours, spot[other])
