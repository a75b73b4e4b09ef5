"""Kernels of a great many incidents: no matrix of pairs is ever held.

Incidents of one width are poured onto a lattice, where that leaves fewer sources than there are
incidents; else those at one spot are taken together. The mass of every incident's own kernel is
read back from the sources, so that each still counts for one unit of mass exactly.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from georisk.kernels.lattices import (
    SPLINE_VARIANCE,
    STEP_WIDTHS,
    Lattice,
    lay_lattice,
    pour_spots,
)
from georisk.kernels.spots import find_spots

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from georisk.fitting.draws import Draws
    from layers.crs import FloatArray

    Indices = NDArray[np.intp]

# With so many incidents, or pairs of an incident and a segment, a crowd is quicker.
MANY = 20_000
MANY_PAIRS = 1e8
_FEW_WIDTHS = 8
_SQUARE_RATIO = 1.07
_WIDTH_DECIMALS = 9


@dataclass(frozen=True, eq=False)
class Band:
    """Some incidents of like width, k of them, and the c sources that stand for them.

    Attributes
    ----------
    rows : integer array of shape (k,)
        Their numbers.
    times : array of shape (k,)
        Share of each incident in this band; in all bands they sum to 1.
    xy : array of shape (k, 2)
        Positions on the axes.
    source : array of shape (c, 2)
    width_km : array of shape (c,)
        Of the kernel of each source, before the lattice.
    lattice : Lattice or None
    spot : integer array of shape (k,)
        Without a lattice, the source of each incident.
    """

    rows: Indices
    times: FloatArray
    xy: FloatArray
    source: FloatArray
    width_km: FloatArray
    lattice: Lattice | None
    spot: Indices = field(default_factory=lambda: np.zeros(0, np.intp))

    def pour(self, weight: FloatArray) -> FloatArray:
        """Weights of the sources, (c, columns), from those of all incidents, (n, columns)."""
        own = _take(weight, self.rows) * self.times[:, None]
        if self.lattice is not None:
            return self.lattice.pour(self.xy, own)
        out = np.empty((len(self.source), weight.shape[1]))
        for held, column in zip(out.T, own.T, strict=True):
            held[:] = np.bincount(self.spot, weights=column, minlength=len(self.source))
        return out

    def pour_draws(self, draws: Draws) -> NDArray[np.float32]:
        """Redrawn weights of the sources, (c, draws), from those of all incidents."""
        drawn = (draws.weight[self.rows] * self.times[:, None], draws.share.astype(np.float32),
                 draws.label[self.rows], draws.times.astype(np.float32))
        if self.lattice is not None:
            return self.lattice.pour_draws(self.xy, drawn)
        out = np.zeros((len(self.source), draws.share.shape[1]), np.float32)
        pour_spots(self.spot, drawn, out)
        return out

    def lift(self, values: FloatArray) -> FloatArray:
        """What each incident reads at its sources, times its share, (k,)."""
        read = (values[self.spot] if self.lattice is None
                else self.lattice.lift(self.xy, values))
        return np.asarray(read * self.times)

    def narrow(self, reach: FloatArray) -> FloatArray:
        """Widths left to the sources, (c, 2), along both axes, of kernels so wide there."""
        if self.lattice is None:
            return reach
        return np.asarray(np.sqrt(reach**2 - SPLINE_VARIANCE * self.lattice.frame[2:] ** 2))


def split_bands(
    xy: FloatArray, per_km: FloatArray, width_km: FloatArray, *, worth: float = 0.5
) -> tuple[Band, ...]:
    """Bring incidents of one width together, and find the sources that stand for them.

    Parameters
    ----------
    xy : array of shape (n, 2)
        On the axes of the support.
    per_km : array of shape (n, 2)
        Axis units in a km there.
    width_km : array of shape (n,)
    worth : float
        Most nodes of lattices for each incident: with more, spots are met one by one.

    Notes
    -----
    Where there are more than eight widths, and few sources come of it, each incident is shared
    between two of a ladder of squared widths, 7 % apart: the mean of the squares is its own, and
    the error is below 3e-4 of a single kernel's peak. Elsewhere every width is its own.

    Examples
    --------
    >>> bands = split_bands(np.zeros((3, 2)), np.ones((3, 2)), np.array([2.0, 5.0, 2.0]))
    >>> [(band.width_km.tolist(), band.rows.tolist()) for band in bands]
    [([2.0], [0, 2]), ([5.0], [1])]
    """
    wide_km = np.round(width_km, _WIDTH_DECIMALS)
    if len(wide_km) and wide_km.min() == wide_km.max():
        return (_lay_band(np.arange(len(wide_km)), xy, wide_km, per_km, worth),)
    values, own = np.unique(wide_km, return_inverse=True)
    if len(values) <= _FEW_WIDTHS:
        return tuple(_lay_band(np.flatnonzero(own == n), xy, wide_km, per_km, worth)
                     for n in range(len(values)))
    octave = np.frexp(wide_km)[1]
    members = [np.flatnonzero(octave == power) for power in np.unique(octave)]
    return tuple(band for rows in members for band in _lay_octave(rows, xy, wide_km, per_km, worth))


def _lay_band(
    rows: Indices, xy: FloatArray, wide_km: FloatArray, per_km: FloatArray, worth: float
) -> Band:
    """Lay a band of one width: on a lattice where that is worth it."""
    found = _lay_nodes(rows, np.broadcast_to(1.0, len(rows)), float(wide_km[rows[0]]), xy, per_km,
                       most=worth * len(rows))
    return _lay_spots(rows, xy, wide_km) if found is None else found


def _lay_octave(
    rows: Indices, xy: FloatArray, wide_km: FloatArray, per_km: FloatArray, worth: float
) -> list[Band]:
    """Lay bands of a ladder of widths where that is worth it, else one of all widths."""
    made, most = [], worth * len(rows)
    for wide, some, times in _climb(rows, wide_km):
        found = _lay_nodes(some, times, wide, xy, per_km, most=most)
        if found is None:
            return [_lay_spots(rows, xy, wide_km)]
        most -= len(found.source)
        made.append(found)
    return made


def _climb(rows: Indices, wide_km: FloatArray) -> Iterator[tuple[float, Indices, FloatArray]]:
    """Rungs of a ladder of squared widths, and who stands on each with which share."""
    square = wide_km[rows] ** 2
    steps = max(int(np.ceil(np.log(square.max() / square.min()) / np.log(_SQUARE_RATIO))), 1)
    ladder = np.geomspace(square.min(), max(square.max(), square.min() * _SQUARE_RATIO), steps + 1)
    low = np.clip(np.searchsorted(ladder, square, side="right") - 1, 0, steps - 1)
    upper = np.clip((square - ladder[low]) / (ladder[low + 1] - ladder[low]), 0.0, 1.0)
    for n in range(steps + 1):
        times = np.where(low == n, 1 - upper, 0.0) + np.where(low == n - 1, upper, 0.0)
        used = times > 0
        if used.any():
            yield float(np.sqrt(ladder[n])), rows[used], times[used]


def _lay_nodes(
    rows: Indices, times: FloatArray, wide: float, xy: FloatArray, per_km: FloatArray, *,
    most: float,
) -> Band | None:
    mine = np.ascontiguousarray(_take(xy, rows))
    step = STEP_WIDTHS * wide * np.array([side.min() for side in _take(per_km, rows).T])
    lattice = lay_lattice(mine, step, most=most)
    if lattice is None:
        return None
    return Band(rows, times, mine, lattice.xy, np.full(len(lattice), wide), lattice)


def _take(values: FloatArray, rows: Indices) -> FloatArray:
    """Some rows of values, in rising order; no copy where that is all."""
    return values if len(rows) == len(values) else values[rows]


def _lay_spots(rows: Indices, xy: FloatArray, wide_km: FloatArray) -> Band:
    """Take incidents of one spot and one width together."""
    mine = np.ascontiguousarray(_take(xy, rows))
    spot, source, source_km = find_spots(mine, _take(wide_km, rows))
    return Band(rows, np.broadcast_to(1.0, len(rows)), mine, source, source_km, None, spot)

