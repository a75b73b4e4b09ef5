"""Many points poured onto the nodes of a lattice, so that a wide kernel meets few of them.

A cubic B-spline shares each point among 4 x 4 nodes: weights are above 0, sum to 1 and keep the
point's place; what they add to its spread, a third of the squared step along each axis, is taken
off the kernel's width again. With a step of a third of the width what is left is about 2e-4 of a
single kernel's peak, and less where several overlap.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from georisk.kernels.compiled import compile_loop

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from layers.crs import FloatArray

    Indices = NDArray[np.intp]
    Drawn = tuple[FloatArray, NDArray[np.float32], Indices, NDArray[np.float32]]

STEP_WIDTHS = 1 / 3
# A spline's variance along an axis, in squared steps.
SPLINE_VARIANCE = 1 / 3
_MOST_PER_POINT = 4.0
_LEAST_ROOM = 1_000_000


@dataclass(frozen=True, eq=False)
class Lattice:
    """Nodes of a regular lattice near some points, c of them.

    Attributes
    ----------
    frame : array of shape (4,)
        Position of node (0, 0) and step, along both axes.
    number : integer array of shape (nx, ny)
        Number of each node, -1 where no point is near.
    xy : array of shape (c, 2)
        Positions of the numbered nodes.
    """

    frame: FloatArray
    number: NDArray[np.int32]
    xy: FloatArray

    def __len__(self) -> int:
        return len(self.xy)

    def pour(self, xy: FloatArray, weight: FloatArray) -> FloatArray:
        """Share the weights (n, k) of n points among the nodes, (c, k).

        Examples
        --------
        >>> at = np.array([[0.3, 0.7], [2.0, 0.1]])
        >>> lattice = lay_lattice(at, np.array([0.5, 0.5]))
        >>> poured = lattice.pour(at, np.array([[1.0], [3.0]]))
        >>> round(float(poured.sum()), 9), (poured.T @ lattice.xy).round(9).tolist()
        (4.0, [[6.3, 1.0]])
        """
        out = np.zeros((len(self), weight.shape[1]))
        _pour(xy, self.frame, self.number, np.ascontiguousarray(weight), out)
        return out

    def pour_draws(self, xy: FloatArray, drawn: Drawn) -> NDArray[np.float32]:
        """Do the same for weights redrawn many times, as `pour_spots` has them."""
        out = np.zeros((len(self), drawn[1].shape[1]), np.float32)
        _pour_draws(xy, self.frame, self.number, drawn, out)
        return out

    def fill(self, values: FloatArray) -> FloatArray:
        """Values of the nodes, (c, k), where they lie, (k, ny, nx); 0 where no point is near."""
        out = np.zeros((values.shape[1], *self.number.shape[::-1]))
        out[:, self.number.T >= 0] = values.T
        return out

    def pick(self, field: FloatArray) -> FloatArray:
        """What a field (ny, nx) comes to at the nodes, (c,)."""
        return np.asarray(field[self.number.T >= 0])

    def lift(self, xy: FloatArray, values: FloatArray) -> FloatArray:
        """Mean of the nodes' values around each point, (n,)."""
        return np.asarray(_lift(xy, self.frame, self.number, values))


def lay_lattice(
    xy: FloatArray, step: FloatArray, *, most: float = float("inf")
) -> Lattice | None:
    """Lay a lattice under some points; None where that would take too many nodes.

    Parameters
    ----------
    xy : array of shape (n, 2)
    step : array of shape (2,)
    most : float
        Nodes near the points.

    Notes
    -----
    Nodes lie at whole steps, whatever the points.
    """
    # Column by column: numpy is many times slower along the long axis of both.
    low = np.floor([side.min() for side in xy.T] / step) - 1
    shape = (np.floor([side.max() for side in xy.T] / step) + 3 - low).astype(int)
    if float(shape[0]) * float(shape[1]) > max(_MOST_PER_POINT * len(xy), _LEAST_ROOM):
        return None
    frame = np.concatenate([low * step, step])
    number, count = _mark(xy, frame, (int(shape[0]), int(shape[1])), most)
    if count > most:
        return None
    # Nodes of one row come one after another.
    row, column = np.nonzero(np.ascontiguousarray(number.T) >= 0)
    number[column, row] = np.arange(len(row), dtype=np.int32)
    return Lattice(frame, number, low * step + np.column_stack([column, row]) * step)


@compile_loop
def _bend(t: float) -> tuple[float, float, float, float]:
    """Cubic B-spline at the four nodes around a point that is a share t beyond the second."""
    rest = 1.0 - t
    return (rest * rest * rest / 6.0, (3.0 * t * t * t - 6.0 * t * t + 4.0) / 6.0,
            (3.0 * rest * rest * rest - 6.0 * rest * rest + 4.0) / 6.0, t * t * t / 6.0)


@compile_loop
def _find_node(value: float, corner: float, step: float, count: int) -> tuple[int, float]:
    """Second of the four nodes, and the share of a step beyond it."""
    along = (value - corner) / step
    node = min(max(int(along), 1), count - 3)
    return node, min(max(along - node, 0.0), 1.0)


@compile_loop
def _mark(
    xy: FloatArray, frame: FloatArray, shape: tuple[int, int], most: float
) -> tuple[NDArray[np.int32], int]:
    """Nodes near points, and how many; no further than one point beyond the most."""
    number, count = np.full(shape, -1, np.int32), 0
    for i in range(len(xy)):
        if count > most:
            break
        a, _ = _find_node(xy[i, 0], frame[0], frame[2], shape[0])
        b, _ = _find_node(xy[i, 1], frame[1], frame[3], shape[1])
        for p in range(a - 1, a + 3):
            for q in range(b - 1, b + 3):
                count -= number[p, q]
                number[p, q] = 0
    return number, count


@compile_loop
def _pour(
    xy: FloatArray, frame: FloatArray, number: NDArray[np.int32], weight: FloatArray,
    out: FloatArray,
) -> None:
    for i in range(len(xy)):
        a, t = _find_node(xy[i, 0], frame[0], frame[2], number.shape[0])
        b, s = _find_node(xy[i, 1], frame[1], frame[3], number.shape[1])
        across, along = _bend(t), _bend(s)
        for k in range(weight.shape[1]):
            for p in range(4):
                times = across[p] * weight[i, k]
                for q in range(4):
                    out[number[a - 1 + p, b - 1 + q], k] += times * along[q]


@compile_loop
def _pour_draws(
    xy: FloatArray, frame: FloatArray, number: NDArray[np.int32], drawn: Drawn,
    out: NDArray[np.float32],
) -> None:
    row = np.empty(out.shape[1], np.float32)
    for i in range(len(xy)):
        a, t = _find_node(xy[i, 0], frame[0], frame[2], number.shape[0])
        b, s = _find_node(xy[i, 1], frame[1], frame[3], number.shape[1])
        across, along = _bend(t), _bend(s)
        _draw(i, drawn, row)
        for p in range(4):
            for q in range(4):
                held = out[number[a - 1 + p, b - 1 + q]]
                times = np.float32(across[p] * along[q])
                for d in range(len(row)):
                    held[d] += times * row[d]


@compile_loop
def pour_spots(spot: Indices, drawn: Drawn, out: NDArray[np.float32]) -> None:
    """Add the redrawn weights of points to those of their spots, (c, draws).

    Parameters
    ----------
    spot : integer array of shape (n,)
    drawn : (weight, share, label, times)
        In draw d point i weighs ``times[label[i], d] * sum_p weight[i, p] * share[p, d]``;
        shares and times in single precision.
    """
    row = np.empty(out.shape[1], np.float32)
    for i in range(len(spot)):
        _draw(i, drawn, row)
        held = out[spot[i]]
        for d in range(len(row)):
            held[d] += row[d]


@compile_loop
def _draw(i: int, drawn: Drawn, row: NDArray[np.float32]) -> None:
    """Weights of one point in every draw."""
    weight, share, label, times = drawn
    row[:] = 0.0
    for p in range(weight.shape[1]):
        if weight[i, p] != 0.0:
            one, shared = np.float32(weight[i, p]), share[p]
            for d in range(len(row)):
                row[d] += one * shared[d]
    often = times[label[i]]
    for d in range(len(row)):
        row[d] *= often[d]


@compile_loop
def _lift(
    xy: FloatArray, frame: FloatArray, number: NDArray[np.int32], values: FloatArray
) -> FloatArray:
    out = np.empty(len(xy))
    for i in range(len(xy)):
        a, t = _find_node(xy[i, 0], frame[0], frame[2], number.shape[0])
        b, s = _find_node(xy[i, 1], frame[1], frame[3], number.shape[1])
        across, along = _bend(t), _bend(s)
        total = 0.0
        for p in range(4):
            for q in range(4):
                total += across[p] * along[q] * values[number[a - 1 + p, b - 1 + q]]
        out[i] = total
    return out
