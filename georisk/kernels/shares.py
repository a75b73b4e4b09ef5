"""Compiled loops of kernels that share their mass out along a guide, many columns at once.

Sources of one width come together. Points lie in the padded order of `georisk.kernels.cells`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from georisk.kernels.compiled import compile_loop
from georisk.kernels.gaussians import (
    bound_halvings,
    find_run,
    find_strips,
    fma,
    fold,
    halve,
    measure_fall,
    widen,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from layers.crs import FloatArray

    Cells = tuple[FloatArray, NDArray[np.int64], FloatArray]
    Reach = tuple[float, FloatArray]

# Beyond this many widths less than 3e-12 of a kernel's mass is left.
EDGE_SIGMAS = 7.0


@compile_loop
def read_columns(
    cells: Cells, held: FloatArray, source: FloatArray, reach: Reach
) -> FloatArray:
    """Sum over the points around each source of what they hold times its Gaussian, (c, k).

    Parameters
    ----------
    cells : (points of shape (2, slots), start, frame)
        As `georisk.kernels.cells.lay_grid` has them.
    held : array of shape (k, slots)
        0 in the padding.
    source : array of shape (c, 2)
        km.
    reach : (widths, array of shape (c,))
        Where a kernel ends, and the width of each, km; a Gaussian is 1 at its centre.
    """
    # To unpack the points at once would hide that each row is in one piece: thrice as slow.
    px, py, start, frame = cells[0][0], cells[0][1], cells[1], cells[2]
    out, bumps, part = np.zeros((len(source), len(held))), np.empty(len(px)), np.zeros(held.shape)
    limit = bound_halvings(reach[0])
    for i in range(len(source)):
        x, y = source[i, 0], source[i, 1]
        wide = reach[0] * reach[1][i] * (1.0 + 1e-9) + 1e-9
        fall = measure_fall(reach[1][i])
        low, high = find_strips(x, wide, frame, start.shape[0])
        used = 0
        for strip in range(low, high + 1):
            first, last = find_run(strip, x, y, wide, frame, start)
            _fill_bumps(bumps[: last - first], (px[first:last], py[first:last]), (x, y),
                        (fall, limit))
            for c in range(len(held)):
                widen(part[c], used, last - first)
                near, sums = held[c, first:last], part[c, : last - first]
                for j in range(len(near)):
                    sums[j] += near[j] * bumps[j]
            used = max(used, last - first)
        for c in range(len(held)):
            out[i, c] = fold(part[c], used)
    return out


@compile_loop
def _fill_bumps(
    bumps: FloatArray, near: tuple[FloatArray, FloatArray], at: tuple[float, float],
    reach: tuple[float, float],
) -> None:
    """Gaussian of the distance of each point; 0 beyond so many halvings."""
    near_x, near_y = near
    (x, y), (fall, limit) = at, reach
    for j in range(len(bumps)):
        dx, dy = near_x[j] - x, near_y[j] - y
        u = fma(dx, dx, dy * dy) * fall
        one = halve(u)
        bumps[j] = one if u <= limit else 0.0


@compile_loop
def put_columns(
    cells: Cells, source: FloatArray, weight: FloatArray, reach: Reach, out: FloatArray
) -> None:
    """Add every source's Gaussian times its weights to the points around it.

    Parameters
    ----------
    weight : array of shape (c, k)
    out : array of shape (k, slots)
        Added to, source after source.
    """
    px, py, start, frame = cells[0][0], cells[0][1], cells[1], cells[2]
    bumps = np.empty(len(px))
    limit = bound_halvings(reach[0])
    for i in range(len(source)):
        x, y = source[i, 0], source[i, 1]
        wide = reach[0] * reach[1][i] * (1.0 + 1e-9) + 1e-9
        fall = measure_fall(reach[1][i])
        low, high = find_strips(x, wide, frame, start.shape[0])
        for strip in range(low, high + 1):
            first, last = find_run(strip, x, y, wide, frame, start)
            bump = bumps[: last - first]
            _fill_bumps(bump, (px[first:last], py[first:last]), (x, y), (fall, limit))
            for c in range(weight.shape[1]):
                times = weight[i, c]
                if times != 0.0:
                    near = out[c, first:last]
                    for j in range(len(near)):
                        near[j] += times * bump[j]


@compile_loop
def put_rows(
    cells: Cells, source: FloatArray, weight: NDArray[np.float32], reach: Reach,
    out: NDArray[np.float32],
) -> None:
    """Do the same for hundreds of columns, in single precision; weight (c, d), out (slots, d)."""
    px, py, start, frame = cells[0][0], cells[0][1], cells[1], cells[2]
    limit = bound_halvings(reach[0])
    for i in range(len(source)):
        x, y, row = source[i, 0], source[i, 1], weight[i]
        wide = reach[0] * reach[1][i] * (1.0 + 1e-9) + 1e-9
        fall = measure_fall(reach[1][i])
        low, high = find_strips(x, wide, frame, start.shape[0])
        for strip in range(low, high + 1):
            first, last = find_run(strip, x, y, wide, frame, start)
            for j in range(first, last):
                dx, dy = px[j] - x, py[j] - y
                u = fma(dx, dx, dy * dy) * fall
                if u <= limit:
                    bump, held = np.float32(halve(u)), out[j]
                    for c in range(len(row)):
                        held[c] += bump * row[c]


@compile_loop
def _lay_axis(edges: FloatArray, at: float, reach: float, mass: FloatArray) -> tuple[int, int]:
    """Mass of a normal distribution between edges near it, and where these begin and end."""
    far = EDGE_SIGMAS * reach
    low = max(int(np.searchsorted(edges, at - far)) - 1, 0)
    high = min(int(np.searchsorted(edges, at + far)), len(edges) - 1)
    if low >= high:
        return 0, 0
    scale = 1.0 / (reach * math.sqrt(2.0))
    before = math.erfc((at - edges[low]) * scale)
    for c in range(low, high):
        after = math.erfc((at - edges[c + 1]) * scale)
        mass[c - low] = 0.5 * (after - before)
        before = after
    return low, high


@compile_loop
def measure_cell_shares(
    edges: tuple[FloatArray, FloatArray], field: FloatArray, source: FloatArray, reach: FloatArray
) -> FloatArray:
    """Sum over the cells around each source of a field times the kernel's mass there, (c,).

    A kernel is a product along the axes: sources of one row, one after another, share what the
    field comes to across the row.

    Parameters
    ----------
    edges : arrays of shape (nx + 1,), (ny + 1,)
        Of columns and rows, on the axes of the grid.
    field : array of shape (nx, ny)
    source, reach : array of shape (c, 2)
        Centre and width along both axes, in their units.
    """
    out = np.zeros(len(source))
    across, along = np.empty(len(edges[0])), np.empty(len(edges[1]))
    folded, known = np.empty(len(field)), np.full(len(field), -1, np.int64)
    row = south = north = 0
    for i in range(len(source)):
        if i == 0 or source[i, 1] != source[i - 1, 1] or reach[i, 1] != reach[i - 1, 1]:
            south, north = _lay_axis(edges[1], source[i, 1], reach[i, 1], along)
            row = i
        west, east = _lay_axis(edges[0], source[i, 0], reach[i, 0], across)
        total = 0.0
        for c in range(west, east):
            if known[c] != row:
                near, folded[c], known[c] = field[c, south:north], 0.0, row
                for r in range(len(near)):
                    folded[c] += near[r] * along[r]
            total += across[c - west] * folded[c]
        out[i] = total
    return out


@compile_loop
def put_cell_columns(
    edges: tuple[FloatArray, FloatArray], source: FloatArray, reach: FloatArray,
    weight: FloatArray, out: FloatArray,
) -> None:
    """Add the mass of every source's kernel times its weights; weight (c, k), out (k, nx, ny)."""
    across, along = np.empty(len(edges[0])), np.empty(len(edges[1]))
    held = np.zeros((weight.shape[1], len(edges[0])))
    first, last = len(edges[0]), 0
    south = north = 0
    for i in range(len(source)):
        if i == 0 or source[i, 1] != source[i - 1, 1] or reach[i, 1] != reach[i - 1, 1]:
            _put_row(held[:, first:last], along, (first, south, north), out)
            first, last = len(edges[0]), 0
            south, north = _lay_axis(edges[1], source[i, 1], reach[i, 1], along)
        west, east = _lay_axis(edges[0], source[i, 0], reach[i, 0], across)
        if west < east:
            first, last = min(first, west), max(last, east)
        for k in range(weight.shape[1]):
            times, near = weight[i, k], held[k, west:east]
            for c in range(len(near)):
                near[c] += times * across[c]
    _put_row(held[:, first:last], along, (first, south, north), out)


@compile_loop
def _put_row(
    held: FloatArray, along: FloatArray, place: tuple[int, int, int], out: FloatArray
) -> None:
    """Add what a row of sources holds in each column, and forget it."""
    first, south, north = place
    for k in range(len(held)):
        for c in range(held.shape[1]):
            times, near = held[k, c], out[k, first + c, south:north]
            if times != 0.0:
                for r in range(len(near)):
                    near[r] += times * along[r]
            held[k, c] = 0.0
