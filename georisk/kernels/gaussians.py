"""What the compiled loops over Gaussians are made of: their height, and who lies within reach.

Points lie in cells, cells in strips of equal x. A strip's points are contiguous and padded to a
multiple of ``LANES``, so that the inner loops turn into vector instructions without reordering
a single sum.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numba import types
from numba.extending import intrinsic

from georisk.kernels.compiled import compile_loop

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from layers.crs import FloatArray

LANES = 4
FAR_KM = 1e9
# 2^-u = 2^n 2^r, n whole and r within a half: vector instructions, which a call of exp is not.
# Adding 1.5 * 2^52 rounds t to n and leaves n in the lowest bits, where the exponent needs it.
_ROUND = 1.5 * 2.0**52
_LN2 = math.log(2.0)
# The polynomial meets 2^r at eight Chebyshev nodes.
_C0, _C1, _C2, _C3 = 0.9999999999596, 0.6931471805568, 0.240226512135, 0.05550410906318
_C4, _C5, _C6, _C7 = 0.009618025613598, 0.001333347848089, 0.000154697291407, 1.530369900138e-05


@intrinsic  # type: ignore[untyped-decorator]
def fma(_context: Any, _a: Any, _b: Any, _c: Any) -> Any:  # noqa: ANN401 - compiler's own types
    """Product and sum a * b + c, rounded once on every machine; no fast maths."""
    def build(_target: Any, builder: Any, _signature: Any, given: Any) -> Any:  # noqa: ANN401
        return builder.fma(*given)

    return types.float64(types.float64, types.float64, types.float64), build


@compile_loop
def halve(u: float) -> float:
    """2^-u for u from 0 to 1000, to 6e-11 of itself."""
    shifted = _ROUND - u
    r = _ROUND - shifted - u
    p = fma(r, fma(r, fma(r, _C7, _C6), _C5), _C4)
    p = fma(r, fma(r, fma(r, fma(r, p, _C3), _C2), _C1), _C0)
    exponent = np.float64(shifted).view(np.int64) << 52
    return float(np.int64(np.float64(p).view(np.int64) + exponent).view(np.float64))


@compile_loop
def measure_fall(width_km: float) -> float:
    """Halvings per km2 of squared distance."""
    return 0.5 / (width_km * width_km) / _LN2


@compile_loop
def bound_halvings(cut: float) -> float:
    """Halvings at a reach; a hair more, so that what lies on it counts."""
    return 0.5 * cut * cut / _LN2 * (1.0 + 1e-12)


@compile_loop
def place_in_cells(
    x: FloatArray, y: FloatArray, frame: FloatArray, shape: tuple[int, int]
) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """Slot of each point in the padded order, and where each cell begins.

    Parameters
    ----------
    x, y : array of shape (m,)
        km.
    frame : array of shape (4,)
        Corner x and y, width of a strip and height of its cells, km.
    shape : (strips, cells of a strip)

    Returns
    -------
    slot : array of shape (m,)
    start : array of shape (strips, cells + 1)
        The last column is the end of the strip's points, padding apart.
    size : int
        Slots in all.
    """
    strips, cells = shape
    start = np.zeros((strips, cells + 1), np.int64)
    count = start.reshape(-1)
    slot = np.empty(len(x), np.int64)
    for i in range(len(x)):
        column = min(int((x[i] - frame[0]) / frame[2]), strips - 1)
        row = min(int((y[i] - frame[1]) / frame[3]), cells - 1)
        slot[i] = column * (cells + 1) + row
        count[slot[i] + 1] += 1
    size = 0
    for c in range(strips):
        start[c, 0] = size
        for r in range(cells):
            start[c, r + 1] += start[c, r]
        size = (start[c, cells] + LANES - 1) // LANES * LANES
    free = count.copy()
    for i in range(len(x)):
        cell = slot[i]
        slot[i] = free[cell]
        free[cell] += 1
    return slot, start, size


@compile_loop
def find_strips(x: float, reach: float, frame: FloatArray, strips: int) -> tuple[int, int]:
    """First and last strip within a reach."""
    low = int(max((x - reach - frame[0]) / frame[2], 0.0))
    # A source left of every strip would round up to the first.
    high = int(min((x + reach - frame[0]) / frame[2] + 1.0, float(strips))) - 1
    return low, high


@compile_loop
def find_run(
    strip: int, x: float, y: float, reach: float, frame: FloatArray, start: NDArray[np.int64]
) -> tuple[int, int]:
    """Find the slots of one strip that a circle may hold, whole lanes; padding is far away."""
    left = frame[0] + strip * frame[2]
    aside = max(left - x, x - left - frame[2], 0.0) * (1.0 - 1e-9)
    half = math.sqrt(max(reach * reach - aside * aside, 0.0)) + 1e-9
    cells, scale = start.shape[1] - 1, 1.0 / frame[3]
    low = int(max((y - half - frame[1]) * scale * (1.0 - 1e-9), 0.0))
    high = int(min((y + half - frame[1]) * scale * (1.0 + 1e-9) + 1.0, float(cells)))
    if low >= high:
        return 0, 0
    first, last = start[strip, low], start[strip, high]
    if first == last:
        return 0, 0
    return first // LANES * LANES, (last + LANES - 1) // LANES * LANES


@compile_loop
def widen(part: FloatArray, used: int, needed: int) -> int:
    """How much of a buffer is in use; what comes to it begins at 0."""
    part[used:needed] = 0.0
    return max(used, needed)


@compile_loop
def fold(part: FloatArray, used: int) -> float:
    """Sum of the first values, halved again and again: always the same order."""
    while used > LANES:
        half = (used // LANES + 1) // 2 * LANES
        low, high = part[: used - half], part[half:used]
        for j in range(len(low)):
            low[j] += high[j]
        used = half
    total = 0.0
    for j in range(used):
        total += part[j]
    return total
