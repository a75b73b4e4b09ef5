"""Highest and lowest of a raster in windows around some of its pixels, in a compiled loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from georisk.kernels.compiled import compile_loop

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from layers.crs import FloatArray


@compile_loop
def span_windows(
    level: NDArray[np.float32], row: NDArray[np.int64], column: NDArray[np.int64],
    reach: tuple[int, int], least: float,
) -> FloatArray:
    """Highest minus lowest value in a window around some pixels; NaN where one has none itself.

    Parameters
    ----------
    level : array of shape (rows, columns)
        NaN where unknown.
    row, column : integer arrays of shape (k,)
    reach : (rows, columns)
        To each side; the raster ends a window.
    least : float
        What is lower counts as this.

    Examples
    --------
    >>> level = np.array([[-3.0, 5.0, 5.0, 7.0, np.nan]])
    >>> at = np.array([0, 1, 2, 4])
    >>> span_windows(level, np.zeros(4, np.int64), at, (1, 1), 0.0).tolist()
    [5.0, 5.0, 2.0, nan]
    """
    found = np.full(len(row), np.nan)
    for i in range(len(row)):
        if np.isnan(level[row[i], column[i]]):
            continue
        west, east = max(column[i] - reach[1], 0), min(column[i] + reach[1] + 1, level.shape[1])
        high = low = level[row[i], column[i]]
        for r in range(max(row[i] - reach[0], 0), min(row[i] + reach[0] + 1, level.shape[0])):
            line = level[r, west:east]
            for c in range(len(line)):
                high = max(high, line[c])
                low = min(low, line[c])
        found[i] = max(float(high), least) - max(float(low), least)
    return found
