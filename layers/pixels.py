"""Pixels that positions and lines meet, in units of pixels; nothing is read here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from affine import Affine
    from numpy.typing import NDArray

    from layers.crs import FloatArray

    IntArray = NDArray[np.int64]
    Pick = Callable[[IntArray, IntArray], FloatArray]

Method = Literal["nearest", "bilinear"]
# An edge without length still has a pixel.
_LEAST_LENGTH = 1e-12


def find_pixels(
    transform: Affine, x: FloatArray, y: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Column and row of positions, as fractions; a pixel's centre is at a half.

    Examples
    --------
    >>> from affine import Affine
    >>> column, row = find_pixels(Affine(0.5, 0, -90, 0, -0.5, 15), np.array([-89.0]),
    ...                           np.array([14.75]))
    >>> column.tolist(), row.tolist()
    ([2.0], [0.5])
    """
    to_pixel = ~transform
    with np.errstate(invalid="ignore"):
        return (to_pixel.a * x + to_pixel.b * y + to_pixel.c,
                to_pixel.d * x + to_pixel.e * y + to_pixel.f)


def mix_pixels(
    pick: Pick, place: tuple[FloatArray, FloatArray], shape: tuple[int, int], *, method: Method
) -> FloatArray:
    """Value at fractional places, from the pixel itself or from the four around.

    Parameters
    ----------
    pick : callable
        Values of pixels by row and column; NaN where there is no data.
    place : (column, row)
        From `find_pixels`, arrays of shape (n,).
    shape : (rows, columns)
    method : {"nearest", "bilinear"}

    Returns
    -------
    array of shape (n,)
        NaN outside, and where no pixel around has data.
    """
    x, y = place
    height, width = shape
    found = np.full(len(x), np.nan)
    inside = np.flatnonzero((x >= 0) & (x <= width) & (y >= 0) & (y <= height))
    x, y = x[inside], y[inside]
    if method == "nearest":
        found[inside] = pick(_floor(y, height), _floor(x, width))
        return found
    x, y = np.clip(x - 0.5, 0, width - 1), np.clip(y - 0.5, 0, height - 1)
    left, top = _floor(x, width), _floor(y, height)
    right, low = np.minimum(left + 1, width - 1), np.minimum(top + 1, height - 1)
    across, down = x - left, y - top
    values = pick(np.concatenate([top, top, low, low]),
                  np.concatenate([left, right, left, right])).reshape(4, -1)
    weight = np.array([(1 - across) * (1 - down), across * (1 - down),
                       (1 - across) * down, across * down])
    known = np.isfinite(values)
    weight = np.where(known, weight, 0.0)
    # On the centre of a hole, the neighbours weigh nothing: take them alike.
    weight = np.where(weight.sum(axis=0) > 0, weight, known)
    total, sums = weight.sum(axis=0), (np.where(known, values, 0.0) * weight).sum(axis=0)
    found[inside] = np.divide(sums, total, out=np.full(len(x), np.nan), where=total > 0)
    return found


def _floor(place: FloatArray, count: int) -> IntArray:
    return np.minimum(np.floor(place).astype(np.int64), count - 1)


def clip_edges(
    edges: FloatArray, shape: tuple[int, int]
) -> tuple[FloatArray, NDArray[np.intp]]:
    """Cut edges to a raster's extent.

    Parameters
    ----------
    edges : array of shape (k, 4)
        Column and row of both ends, in pixels.
    shape : (rows, columns)

    Returns
    -------
    edges : array of shape (j, 4)
    kept : array of shape (j,)
        Which edges they were: those inside come first.

    References
    ----------
    Liang & Barsky (1984), A new concept and method for line clipping.

    Examples
    --------
    >>> clip_edges(np.array([[-1.0, 1.0, 3.0, 1.0], [5.0, 0.0, 6.0, 0.0]]), (2, 2))[0].tolist()
    [[0.0, 1.0, 2.0, 1.0]]
    """
    far = np.tile(np.array([shape[1], shape[0]], np.float64), 2)
    inside = ((edges >= 0) & (edges <= far)).all(axis=1)
    whole, kept = np.flatnonzero(inside), np.flatnonzero(~inside & np.isfinite(edges).all(axis=1))
    start, step = edges[kept, :2], edges[kept, 2:] - edges[kept, :2]
    limits = far[:2]
    with np.errstate(divide="ignore", invalid="ignore"):
        one, two = -start / step, (limits - start) / step
    still = step == 0
    beside = still & ((start < 0) | (start > limits))
    enter = np.where(still, 0.0, np.minimum(one, two)).max(axis=1, initial=0.0)
    leave = np.where(still, 1.0, np.maximum(one, two)).min(axis=1, initial=1.0)
    meets = (enter <= leave) & ~beside.any(axis=1)
    start, step, kept = start[meets], step[meets], kept[meets]
    ends = [start + step * share[meets, None] for share in (enter, leave)]
    cut = np.clip(np.hstack(ends), 0.0, far)
    return np.vstack([edges[whole], cut]), np.concatenate([whole, kept])


def count_crossings(edges: FloatArray) -> NDArray[np.int64]:
    """Pixels that each edge passes through, at most, shape (k,)."""
    low, high = np.minimum(edges[:, :2], edges[:, 2:]), np.maximum(edges[:, :2], edges[:, 2:])
    between = np.maximum(np.ceil(high) - np.floor(low) - 1, 0)
    return np.asarray(1 + between.sum(axis=1), np.int64)


def cross_pixels(
    edges: FloatArray, shape: tuple[int, int]
) -> tuple[IntArray, IntArray, FloatArray, NDArray[np.intp]]:
    """Find the pixels that edges pass through, and how much of each edge lies in each.

    Parameters
    ----------
    edges : array of shape (k, 4)
        From `clip_edges`.
    shape : (rows, columns)

    Returns
    -------
    row, column : array of shape (p,)
    length : array of shape (p,)
        In pixels.
    edge : array of shape (p,)
        Sorted; along each edge in its direction.

    Examples
    --------
    >>> row, column, length, edge = cross_pixels(np.array([[0.5, 0.5, 2.5, 0.5]]), (1, 3))
    >>> column.tolist(), length.round(9).tolist()
    ([0, 1, 2], [0.5, 1.0, 0.5])
    """
    count = len(edges)
    shares, owners = [np.zeros(count)], [np.arange(count)]
    for axis in (0, 1):
        share, owner = _cut_edges(edges[:, axis], edges[:, axis + 2])
        shares.append(share)
        owners.append(owner)
    share, edge = np.concatenate(shares), np.concatenate(owners)
    rank = np.empty(len(share), np.int64)
    rank[np.argsort(share)] = np.arange(len(share))
    order = np.argsort(edge * len(share) + rank)
    share, edge = share[order], edge[order]
    until = np.append(share[1:], 1.0)
    until[np.append(edge[1:] != edge[:-1], True)] = 1.0
    start, step = edges[:, :2], edges[:, 2:] - edges[:, :2]
    middle = start[edge] + step[edge] * (0.5 * (share + until))[:, None]
    length = np.hypot(step[:, 0], step[:, 1])[edge] * (until - share) + _LEAST_LENGTH
    return _floor(middle[:, 1], shape[0]), _floor(middle[:, 0], shape[1]), length, edge


def _cut_edges(start: FloatArray, end: FloatArray) -> tuple[FloatArray, NDArray[np.intp]]:
    """Where edges cross whole numbers, as a share of the edge, and which edge."""
    low, high = np.minimum(start, end), np.maximum(start, end)
    count = np.maximum(np.ceil(high) - np.floor(low) - 1, 0).astype(np.int64)
    edge = np.repeat(np.arange(len(start)), count)
    nth = np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count)
    line = np.floor(low)[edge] + 1 + nth
    return np.clip((line - start[edge]) / (end - start)[edge], 0.0, 1.0), edge
