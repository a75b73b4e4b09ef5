"""Compiled sums of Gaussians on the nodes of a lattice, where a kernel is a product of two.

A node's weight is asked for once along each axis, not once for each pair of a point and a node.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from georisk.kernels.compiled import compile_loop

if TYPE_CHECKING:
    from layers.crs import FloatArray


@compile_loop
def _find_span(at: float, half: float, corner: float, step: float, count: int) -> tuple[int, int]:
    """First node within half of a value, and the one after the last."""
    # Whole numbers are cut off, which is quicker than to round; the low end itself is left out.
    low = max((at - half - corner) / step + 1.0, 0.0)
    high = min((at + half - corner) / step + 1.0, float(count))
    return (int(low), int(high)) if low < high else (0, 0)


@compile_loop
def _fill_axis(
    bend: FloatArray, at: float, first: tuple[float, float], fall: float
) -> None:
    """Gaussian of a value at nodes one after another; the first one's place, and the step."""
    for c in range(len(bend)):
        off = first[0] + c * first[1] - at
        bend[c] = math.exp(-off * off * fall)


@compile_loop
def read_nodes(
    at: FloatArray, frame: FloatArray, field: FloatArray, reach: tuple[float, float]
) -> FloatArray:
    """Sum over the nodes around each point of a field times its Gaussian, shape (m, k).

    Parameters
    ----------
    at : array of shape (m, 2)
        A point far from every node reads 0.
    frame : array of shape (4,)
        As `georisk.kernels.lattices.Lattice` has it.
    field : array of shape (k, ny, nx)
    reach : (widths, width)
        Where a kernel ends, and its width; a Gaussian is 1 at its centre.
    """
    many, rows, columns = field.shape
    out = np.zeros((len(at), many))
    across, sums = np.empty(columns), np.empty(columns)
    far, fall = reach[0] * reach[1], 0.5 / (reach[1] * reach[1])
    for i in range(len(at)):
        x, y = at[i, 0], at[i, 1]
        west, east = _find_span(x, far, frame[0], frame[2], columns)
        south, north = _find_span(y, far, frame[1], frame[3], rows)
        if west == east or south == north:
            continue
        _fill_axis(across[: east - west], x, (frame[0] + west * frame[2], frame[2]), fall)
        for k in range(many):
            sums[: east - west] = 0.0
            for r in range(south, north):
                off = frame[1] + r * frame[3] - y
                half = math.sqrt(max(far * far - off * off, 0.0))
                low, high = _find_span(x, half, frame[0], frame[2], columns)
                times, near = math.exp(-off * off * fall), field[k, r, low:high]
                held = sums[low - west : high - west]
                for c in range(len(near)):
                    held[c] += times * near[c]
            total = 0.0
            for c in range(east - west):
                total += sums[c] * across[c]
            out[i, k] = total
    return out


@compile_loop
def put_nodes(
    at: FloatArray, frame: FloatArray, values: FloatArray, reach: tuple[float, float],
    out: FloatArray,
) -> None:
    """Add every point's Gaussian times its value to the nodes around it; out (ny, nx)."""
    rows, columns = out.shape
    across = np.empty(columns)
    far, fall = reach[0] * reach[1], 0.5 / (reach[1] * reach[1])
    for i in range(len(at)):
        x, y = at[i, 0], at[i, 1]
        west, east = _find_span(x, far, frame[0], frame[2], columns)
        south, north = _find_span(y, far, frame[1], frame[3], rows)
        if values[i] == 0.0 or west == east:
            continue
        _fill_axis(across[: east - west], x, (frame[0] + west * frame[2], frame[2]), fall)
        for r in range(south, north):
            off = frame[1] + r * frame[3] - y
            half = math.sqrt(max(far * far - off * off, 0.0))
            low, high = _find_span(x, half, frame[0], frame[2], columns)
            times, near = values[i] * math.exp(-off * off * fall), out[r, low:high]
            bend = across[low - west : high - west]
            for c in range(len(near)):
                near[c] += times * bend[c]
