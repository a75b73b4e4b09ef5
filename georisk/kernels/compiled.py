"""Loops compiled once and kept on disk, and those of the kernel on a network."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numba
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from layers.crs import FloatArray

F = TypeVar("F", bound="Callable[..., object]")


def compile_loop(function: F) -> F:
    """Compile a function once and keep the result on disk, where a folder allows it."""
    try:
        compiled: F = numba.njit(cache=True)(function)
    except RuntimeError:  # no folder to write to: compiled anew in each process
        compiled = numba.njit(function)
    return compiled


@compile_loop
def _solve_lower(
    start: NDArray[np.int32], row: NDArray[np.int32], value: FloatArray, held: FloatArray
) -> None:
    """Divide by a lower triangle of unit diagonal, in place."""
    for j in range(held.shape[0]):
        done = held[j]
        for p in range(start[j], start[j + 1]):
            if row[p] > j:
                below, factor = held[row[p]], value[p]
                for c in range(len(below)):
                    below[c] -= factor * done[c]


@compile_loop
def _solve_upper(
    start: NDArray[np.int32], row: NDArray[np.int32], value: FloatArray, held: FloatArray
) -> None:
    """Divide by an upper triangle whose columns end with the diagonal, in place."""
    for j in range(held.shape[0] - 1, -1, -1):
        done, last = held[j], start[j + 1] - 1
        scale = 1.0 / value[last]
        for c in range(len(done)):
            done[c] *= scale
        for p in range(start[j], last):
            above, factor = held[row[p]], value[p]
            for c in range(len(above)):
                above[c] -= factor * done[c]


@compile_loop
def step_heat(
    lower: tuple[NDArray[np.int32], NDArray[np.int32], FloatArray],
    upper: tuple[NDArray[np.int32], NDArray[np.int32], FloatArray],
    order: tuple[NDArray[np.int32], NDArray[np.int32]],
    room: FloatArray,
    held: FloatArray,
    steps: int,
) -> FloatArray:
    """Density after some implicit steps, all columns at once: `SuperLU.solve` with vectors.

    Parameters
    ----------
    lower, upper : (start, row, value)
        Factors by columns, sorted rows.
    order : (rows, columns)
        Permutations of the factors, as SuperLU names them.
    room : array of shape (k,)
        Length of each lixel, km; 0 for a junction.
    held : array of shape (k, columns)
        Mass at the beginning; overwritten.
    """
    turned = np.empty_like(held)
    for step in range(steps):
        for i in range(len(room)):
            turned[order[0][i]] = held[i]
        _solve_lower(lower[0], lower[1], lower[2], turned)
        _solve_upper(upper[0], upper[1], upper[2], turned)
        for i in range(len(room)):
            scale = room[i] if step < steps - 1 else 1.0
            held[i] = turned[order[1][i]] * scale
    return held
