"""Kernels on the cells of a regular grid, by exact integrals over every cell.

A Gaussian is a product along the axes, so its mass in a cell is a product of two differences of
the normal distribution, and a sum over incidents is a product of two matrices: no cut-off, no
sampling at cell centres, and no error however narrow the kernel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from georisk.fitting.grids import GridSupport
    from georisk.fitting.supports import Spread
    from layers.crs import FloatArray

    Indices = NDArray[np.intp]

_CHUNK = 2048
LEAST_MASS = 1e-4


@dataclass(frozen=True, eq=False)
class PreparedGrid:
    """Incidents on the axes of a grid."""

    support: GridSupport
    axis_xy: FloatArray
    per_km: FloatArray
    sigma_km: FloatArray
    widths_km: tuple[float, ...]
    unit: Indices

    def spread(self, width: int, rows: Indices, guide: FloatArray) -> Spread:
        """Spread some incidents at one width along a guide; mass is measured at once."""
        wide_km = np.hypot(self.widths_km[width], self.sigma_km[rows])
        reach = wide_km[:, None] * self.per_km[rows]
        support = self.support
        field = np.zeros((len(support.edges_x) - 1, len(support.edges_y) - 1))
        field[support.column, support.row] = guide * support.size
        field /= max(float((guide * support.size).mean()), 1e-300)
        made = GridSpread(support, self.axis_xy[rows], reach, field, self.unit[rows],
                          np.zeros(len(rows)))
        mass = np.zeros(len(rows))
        for part, across, along in made.list_parts():
            mass[part] = np.einsum("ij,ij->i", across @ field, along)
        share = np.divide(1.0, mass, out=np.zeros_like(mass), where=mass > LEAST_MASS)
        return GridSpread(support, self.axis_xy[rows], reach, field, self.unit[rows], share)


@dataclass(frozen=True, eq=False)
class GridSpread:
    """Kernels on a grid; a kernel that meets next to nothing lies wholly in its own cell."""

    support: GridSupport
    axis_xy: FloatArray
    reach: FloatArray
    field: FloatArray
    unit: Indices
    share: FloatArray

    def list_parts(self) -> list[tuple[slice, FloatArray, FloatArray]]:
        """Masses along both axes, some incidents at a time."""
        return list(self._walk())

    def _walk(self) -> Iterator[tuple[slice, FloatArray, FloatArray]]:
        edges_x, edges_y = self.support.edges_x, self.support.edges_y
        for low in range(0, len(self.share), _CHUNK):
            part = slice(low, low + _CHUNK)
            at, reach = self.axis_xy[part], self.reach[part]
            across = np.diff(ndtr((edges_x - at[:, :1]) / reach[:, :1]), axis=1)
            along = np.diff(ndtr((edges_y - at[:, 1:]) / reach[:, 1:]), axis=1)
            yield part, across, along

    def read(self, weight: FloatArray, at: Indices) -> FloatArray:
        """Sum of weighted kernels at some cells, per km2."""
        column, row = self.support.column[at], self.support.row[at]
        found = np.zeros((len(at), weight.shape[1]))
        for part, across, along in self._walk():
            bump = across[:, column] * along[:, row]
            found += bump.T @ (weight[part] * self.share[part, None])
        found *= self.field[column, row][:, None]
        alone = np.flatnonzero(self.share == 0)
        if len(alone):
            found += (at[:, None] == self.unit[alone]).astype(float) @ weight[alone]
        return found / self.support.size[at][:, None]

    def put(self, weight: FloatArray) -> FloatArray:
        """Sum of weighted kernels on every cell, per km2; weights (n,) or (n, k)."""
        if weight.ndim > 1:
            return np.column_stack([self.put(column) for column in weight.T])
        total = np.zeros(self.field.shape)
        for part, across, along in self._walk():
            total += (across * (weight[part] * self.share[part])[:, None]).T @ along
        support = self.support
        found = (total * self.field)[support.column, support.row]
        alone = self.share == 0
        found += np.bincount(self.unit[alone], weights=weight[alone], minlength=len(support))
        return np.asarray(found / support.size)
