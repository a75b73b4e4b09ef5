"""Which rows a tile can hold: all of them, or those that still show where things lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from api.tiles.matrix import BUFFER, EXTENT, measure_box, place_in_tile

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from api.tiles.matrix import Tile

_CELL = 8


def find_rows(bounds: NDArray[np.float64], tile: Tile) -> NDArray[np.intp]:
    """Rows whose box in degrees meets a tile and its margin, ascending.

    Examples
    --------
    >>> from api.tiles.matrix import Tile
    >>> find_rows(np.array([[-90.0, 15, -90, 15], [90, 15, 90, 15]]), Tile(1, 0, 0)).tolist()
    [0]
    """
    west, south, east, north = measure_box(tile, buffer=BUFFER)
    meets = (bounds[:, 0] <= east) & (bounds[:, 2] >= west)
    meets &= (bounds[:, 1] <= north) & (bounds[:, 3] >= south)
    return np.flatnonzero(meets)


def place_boxes(bounds: NDArray[np.float64], tile: Tile) -> NDArray[np.float64]:
    """Boxes in degrees, shape (n, 4), as left, top, right, bottom in units of a tile."""
    left_top = place_in_tile(bounds[:, [0, 3]], tile)
    right_bottom = place_in_tile(bounds[:, [2, 1]], tile)
    return np.hstack([left_top, right_bottom])


def thin_rows(boxes: NDArray[np.float64], *, most: int) -> NDArray[np.intp]:
    """Choose rows that a tile can hold, ascending; all of them where they are few enough.

    Of what is smaller than a cell of the tile the first row in each cell stays, and cells grow
    until few enough are left; so crowded ground gets thinner, empty ground does not. If even
    shapes as large as the tile are too many, the largest stay.

    Parameters
    ----------
    boxes : array of shape (n, 4)
        Of `place_boxes`.
    most : int
        How many rows may stay.

    Examples
    --------
    >>> boxes = np.array([[0.0, 0, 0, 0], [1, 1, 1, 1], [900, 900, 900, 900]])
    >>> thin_rows(boxes, most=2).tolist()
    [0, 2]
    """
    if len(boxes) <= most:
        return np.arange(len(boxes))
    size = np.maximum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1])
    cell = _CELL
    while cell <= EXTENT:
        large = np.flatnonzero(size >= cell)
        small = np.flatnonzero(size < cell)
        kept = np.concatenate([large, small[_find_firsts(boxes[small], cell)]])
        if len(kept) <= most:
            return np.sort(kept)
        cell *= 2
    return np.sort(np.argsort(-size, kind="stable")[:most])


def _find_firsts(boxes: NDArray[np.float64], cell: int) -> NDArray[np.intp]:
    """First row in each cell that has any: one pass, without sorting."""
    across = EXTENT // cell + 4
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    at = np.clip(np.floor(middle / cell).astype(np.int64) + 2, 0, across - 1)
    codes = at[:, 1] * across + at[:, 0]
    first = np.full(across * across, -1, dtype=np.intp)
    first[codes[::-1]] = np.arange(len(boxes))[::-1]
    return first[first >= 0]
