"""Points in the padded order that the compiled loops of `georisk.kernels.gaussians` want."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from layers.crs import FloatArray

_STRIPS_IN_REACH = 3.0
_CELLS_IN_STRIP_WIDTH = 8
_RUN_LENGTH = 32.0
_CELLS_PER_POINT = 4


@dataclass(frozen=True)
class Grid:
    """Cells and what lies in them.

    Attributes
    ----------
    slot : array of shape (m,)
        Place of each point.
    start : array of shape (strips, cells + 1)
        Slot at which each cell begins.
    frame : array of shape (4,)
        Corner x and y, width of a strip, height of a cell, km.
    size : int
        Slots in all, with padding.
    """

    slot: NDArray[np.int64]
    start: NDArray[np.int64]
    frame: FloatArray
    size: int

    def fill(self, *columns: FloatArray, empty: float) -> FloatArray:
        """Columns by slot, shape (columns, slots)."""
        placed = np.full((len(columns), self.size), empty)
        for row, column in zip(placed, columns, strict=True):
            row[self.slot] = column
        return placed


def lay_grid(x: FloatArray, y: FloatArray, reach_km: float) -> Grid:
    """Cells that suit a reach: a few strips across it, wide enough for runs of several points.

    Examples
    --------
    Two points in one cell and one far off, each strip padded to four slots.

    >>> grid = lay_grid(np.array([0.0, 0.1, 99.0]), np.zeros(3), 2.0)
    >>> grid.slot.tolist(), grid.size
    ([0, 1, 4], 8)
    """
    from georisk.kernels.gaussians import place_in_cells

    low_x, low_y = float(x.min()), float(y.min())
    span_x, span_y = (max(float(side.max() - side.min()), 1e-3) for side in (x, y))
    density = len(x) / (span_x * span_y)
    width = max(reach_km / _STRIPS_IN_REACH, _RUN_LENGTH / (reach_km * density))
    width = min(width, reach_km)
    most = _CELLS_PER_POINT * len(x) + 64
    while True:
        strips = int(span_x / width) + 1
        cells = int(span_y / width * _CELLS_IN_STRIP_WIDTH) + 1
        if strips * cells <= most:
            break
        width *= max(1.1, float(np.sqrt(strips * cells / most)))
    frame = np.array([low_x, low_y, width, width / _CELLS_IN_STRIP_WIDTH])
    slot, start, size = place_in_cells(x, y, frame, (strips, cells))
    return Grid(slot, start, frame, size)
