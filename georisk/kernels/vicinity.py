"""How many points of how many kinds lie around each place: searches that stop early."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from georisk.kernels.compiled import compile_loop

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from layers.crs import FloatArray

    Indices = NDArray[np.intp]

_CELLS_IN_RADIUS = 4.0
_MOST_CELLS = 4_000_000
_SLACK_KM = 1e-9


def find_enough(
    at_km: FloatArray, xy_km: FloatArray, radius_km: float, kinds: tuple[Indices, Indices], *,
    least: int, least_kinds: int,
) -> NDArray[np.bool_]:
    """Places with at least so many points, of at least so many kinds, within a radius.

    Parameters
    ----------
    at_km : array of shape (m, 2)
    xy_km : array of shape (n, 2)
    radius_km : float
        Bound included.
    kinds : (start, kind)
        Kinds ``kind[start[i]:start[i + 1]]``, numbered from 0, are those of point i.

    Examples
    --------
    >>> kinds = (np.array([0, 1, 2]), np.array([0, 1]))
    >>> find_enough(np.array([[0.0, 0], [4, 0]]), np.array([[0.0, 0], [3, 0]]), 3.0, kinds,
    ...             least=2, least_kinds=2).tolist()
    [True, False]
    """
    near, many = _count(at_km, xy_km, radius_km, kinds, enough=(least, least_kinds))
    return np.asarray((near >= least) & (many >= least_kinds))


def count_kinds(
    at_km: FloatArray, xy_km: FloatArray, radius_km: float, kinds: tuple[Indices, Indices]
) -> Indices:
    """How many kinds of points lie within a radius of each place, (m,); the same terms.

    Examples
    --------
    >>> kinds = (np.array([0, 1, 2]), np.array([0, 1]))
    >>> at, xy = np.array([[0.0, 0], [4, 0]]), np.array([[0.0, 0], [3, 0]])
    >>> count_kinds(at, xy, 3.0, kinds).tolist()
    [2, 1]
    """
    return _count(at_km, xy_km, radius_km, kinds, enough=(0, len(np.unique(kinds[1]))))[1]


def _count(
    at_km: FloatArray, xy_km: FloatArray, radius_km: float, kinds: tuple[Indices, Indices], *,
    enough: tuple[int, int],
) -> tuple[Indices, Indices]:
    """Points and kinds near each place, as far as both had to be counted to be enough."""
    if not len(at_km) or not len(xy_km):
        return np.zeros(len(at_km), np.intp), np.zeros(len(at_km), np.intp)
    low = xy_km.min(axis=0)
    span = np.maximum(xy_km.max(axis=0) - low, 1e-3)
    side = max(radius_km / _CELLS_IN_RADIUS, float(np.sqrt(span.prod() / _MOST_CELLS)), 1e-3)
    shape = (int(span[0] / side) + 1, int(span[1] / side) + 1)
    column, row = np.minimum(((xy_km - low) / side).astype(np.int64), np.array(shape) - 1).T
    cell = column * shape[1] + row
    order = np.argsort(cell, kind="stable")
    start = np.searchsorted(cell[order], np.arange(shape[0] * shape[1] + 1))
    near, many = _search(
        (at_km, xy_km, order), start, (float(low[0]), float(low[1]), side, radius_km + _SLACK_KM),
        shape, (kinds[0].astype(np.int64), kinds[1].astype(np.int64)), enough)
    return near, many


@compile_loop
def _search(
    places: tuple[FloatArray, FloatArray, Indices], start: Indices,
    frame: tuple[float, float, float, float], shape: tuple[int, int],
    kinds: tuple[Indices, Indices], enough: tuple[int, int],
) -> tuple[Indices, Indices]:
    at, xy, order = places
    x0, y0, side, radius = frame
    near, many = np.zeros(len(at), np.int64), np.zeros(len(at), np.int64)
    seen = np.full(kinds[1].max() + 1 if len(kinds[1]) else 1, -1, np.int64)
    for m in range(len(at)):
        x, y = at[m, 0], at[m, 1]
        for c in range(max(math.floor((x - radius - x0) / side), 0),
                       min(math.floor((x + radius - x0) / side), shape[0] - 1) + 1):
            for r in range(max(math.floor((y - radius - y0) / side), 0),
                           min(math.floor((y + radius - y0) / side), shape[1] - 1) + 1):
                cell = c * shape[1] + r
                for i in order[start[cell] : start[cell + 1]]:
                    if near[m] >= enough[0] and many[m] >= enough[1]:
                        break
                    dx, dy = xy[i, 0] - x, xy[i, 1] - y
                    if dx * dx + dy * dy > radius * radius:
                        continue
                    near[m] += 1
                    for kind in kinds[1][kinds[0][i] : kinds[0][i + 1]]:
                        if seen[kind] != m:
                            seen[kind] = m
                            many[m] += 1
    return near, many
