"""The nearest of many lines to each of very many points, in compiled loops.

Lines are cut into their straight pieces, and the pieces are listed in every cell of a grid that
they may cross. A search goes outward ring by ring until nothing nearer can follow.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import shapely

from georisk.kernels.compiled import compile_loop

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from layers.crs import FloatArray

    Indices = NDArray[np.intp]

_PIECES_A_CELL = 2.0
_MOST_CELLS = 4_000_000


def find_nearest_lines(
    xy_km: FloatArray, lines_km: NDArray[np.object_], rank: Indices, reach_km: FloatArray
) -> Indices:
    """Number of the line nearest to each point, -1 where none is within its reach.

    Parameters
    ----------
    xy_km : array of shape (n, 2)
    lines_km : array of LineString, shape (m,)
    rank : integer array of shape (m,)
        Of lines equally near the one of the least rank is taken.
    reach_km : array of shape (n,)
        Bounds included.

    Examples
    --------
    >>> lines = shapely.linestrings([[(0, 0), (1, 0)], [(1, 0), (2, 0)]])
    >>> at = np.array([[1.0, 3.0], [0.2, 0.0], [9.0, 0.0]])
    >>> find_nearest_lines(at, np.asarray(lines), np.array([1, 0]), np.full(3, 4.0)).tolist()
    [1, 0, -1]
    """
    ends, line = _cut_pieces(lines_km)
    low, high = ends.min(axis=(0, 1)), ends.max(axis=(0, 1))
    span = np.maximum(high - low, 1e-3)
    length = float(np.hypot(*(ends[:, 1] - ends[:, 0]).T).mean())
    side = max(length * _PIECES_A_CELL, float(np.sqrt(span.prod() / _MOST_CELLS)), 1e-3)
    shape = (int(span[0] / side) + 1, int(span[1] / side) + 1)
    frame = np.array([low[0], low[1], side])
    start, listed = _list_pieces(ends, frame, shape)
    # Points of one cell one after another: what they read is still at hand.
    cell = np.floor((xy_km - low) / side)
    order = np.lexsort((cell[:, 1], cell[:, 0]))
    nearest = np.empty(len(xy_km), np.intp)
    nearest[order] = _search(np.ascontiguousarray(xy_km[order]), reach_km[order],
                             (ends, line, rank), (start, listed), frame, shape)
    return nearest


def _cut_pieces(lines_km: NDArray[np.object_]) -> tuple[FloatArray, Indices]:
    """Both ends of each straight piece, (p, 2, 2), and the line that it belongs to."""
    xy, of = shapely.get_coordinates(lines_km, return_index=True)
    same = of[1:] == of[:-1]
    return np.ascontiguousarray(np.stack([xy[:-1][same], xy[1:][same]], axis=1)), of[:-1][same]


@compile_loop
def _bound(
    piece: FloatArray, frame: FloatArray, shape: tuple[int, int]
) -> tuple[int, int, int, int]:
    """First and last column and row of the cells that a piece may cross."""
    west, east = min(piece[0, 0], piece[1, 0]), max(piece[0, 0], piece[1, 0])
    south, north = min(piece[0, 1], piece[1, 1]), max(piece[0, 1], piece[1, 1])
    return (max(int((west - frame[0]) / frame[2]), 0),
            min(int((east - frame[0]) / frame[2]), shape[0] - 1),
            max(int((south - frame[1]) / frame[2]), 0),
            min(int((north - frame[1]) / frame[2]), shape[1] - 1))


@compile_loop
def _list_pieces(
    ends: FloatArray, frame: FloatArray, shape: tuple[int, int]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pieces of each cell: where its list begins, and all lists one after another."""
    start = np.zeros(shape[0] * shape[1] + 1, np.int64)
    for p in range(len(ends)):
        west, east, south, north = _bound(ends[p], frame, shape)
        for c in range(west, east + 1):
            for r in range(south, north + 1):
                start[c * shape[1] + r + 1] += 1
    for c in range(len(start) - 1):
        start[c + 1] += start[c]
    listed, free = np.empty(start[-1], np.int64), start[:-1].copy()
    for p in range(len(ends)):
        west, east, south, north = _bound(ends[p], frame, shape)
        for c in range(west, east + 1):
            for r in range(south, north + 1):
                cell = c * shape[1] + r
                listed[free[cell]] = p
                free[cell] += 1
    return start, listed


@compile_loop
def _measure(x: float, y: float, piece: FloatArray) -> float:
    """Squared distance to a straight piece; at its ends exactly that to the end."""
    ax, ay, bx, by = piece[0, 0], piece[0, 1], piece[1, 0], piece[1, 1]
    dx, dy = bx - ax, by - ay
    along = dx * dx + dy * dy
    t = ((x - ax) * dx + (y - ay) * dy) / along if along > 0.0 else 0.0
    if t <= 0.0:
        return float((x - ax) * (x - ax) + (y - ay) * (y - ay))
    if t >= 1.0:
        return float((x - bx) * (x - bx) + (y - by) * (y - by))
    cross = (x - ax) * dy - (y - ay) * dx
    return float(cross * cross / along)


@compile_loop
def _search(
    xy: FloatArray, reach: FloatArray, pieces: tuple[FloatArray, Indices, Indices],
    lists: tuple[NDArray[np.int64], NDArray[np.int64]], frame: FloatArray, shape: tuple[int, int],
) -> Indices:
    ends, line, rank = pieces
    start, listed = lists
    found = np.full(len(xy), -1, np.intp)
    for i in range(len(xy)):
        x, y = xy[i, 0], xy[i, 1]
        column, row = math.floor((x - frame[0]) / frame[2]), math.floor((y - frame[1]) / frame[2])
        far = reach[i] * (1.0 + 1e-12)
        least, best = far * far, -1
        rings = int(far / frame[2]) + 2
        for ring in range(rings):
            # Whatever lies in this ring is at least so far away.
            near = (ring - 1) * frame[2]
            if near > 0.0 and near * near > least:
                break
            for c in range(max(column - ring, 0), min(column + ring, shape[0] - 1) + 1):
                step = 1 if abs(c - column) == ring else 2 * ring
                for r in range(row - ring, row + ring + 1, max(step, 1)):
                    if r < 0 or r >= shape[1]:
                        continue
                    cell = c * shape[1] + r
                    for p in listed[start[cell] : start[cell + 1]]:
                        away = _measure(x, y, ends[p])
                        if away > least:
                            continue
                        if away < least or best < 0 or rank[line[p]] < rank[best]:
                            least, best = away, line[p]
        found[i] = best
    return found
