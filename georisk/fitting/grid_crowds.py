"""Kernels of a great many incidents on the cells of a grid."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from georisk.fitting.crowds import Band, split_bands
from georisk.fitting.grid_kernels import LEAST_MASS, PreparedGrid

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from georisk.fitting.grids import GridSupport
    from layers.crs import FloatArray

    Indices = NDArray[np.intp]

# Nodes of one row share what they come to across it: many are cheaper than fewer spots.
_NODES_WORTH = 2.0


@dataclass(frozen=True, eq=False)
class CrowdedGrid(PreparedGrid):
    """Incidents on the axes of a grid, too many to be met one by one."""

    _bands: dict[int, tuple[Band, ...]] = field(default_factory=dict)

    def spread(self, width: int, rows: Indices, guide: FloatArray) -> CrowdedGridSpread:
        """Spread some incidents at one width along a guide; mass is measured at once."""
        from georisk.kernels.shares import measure_cell_shares

        support = self.support
        held = np.zeros((len(support.edges_x) - 1, len(support.edges_y) - 1))
        held[support.column, support.row] = guide * support.size
        held /= max(float((guide * support.size).mean()), 1e-300)
        mass = np.zeros(len(self.unit))
        for band in self.lay_bands(width):
            sums = measure_cell_shares((support.edges_x, support.edges_y), held, band.source,
                                       _measure_reach(support, band))
            mass[band.rows] += band.lift(sums)
        mass = mass[rows]
        share = np.divide(1.0, mass, out=np.zeros_like(mass), where=mass > LEAST_MASS)
        return CrowdedGridSpread(self, width, rows, held, share)

    def lay_bands(self, width: int) -> tuple[Band, ...]:
        """Bands of incidents of one width; laid once."""
        if width not in self._bands:
            wide_km = np.hypot(self.widths_km[width], self.sigma_km)
            self._bands[width] = split_bands(self.axis_xy, self.per_km, wide_km,
                                             worth=_NODES_WORTH)
        return self._bands[width]


def _measure_reach(support: GridSupport, band: Band) -> FloatArray:
    """Width of the kernel of each source of a band along the axes, in their units."""
    return band.narrow(band.width_km[:, None] * support.measure_per_km(band.source))


@dataclass(frozen=True, eq=False)
class CrowdedGridSpread:
    """Kernels of n incidents on a grid, summed from where they are every time they are asked.

    Attributes
    ----------
    field : array of shape (nx, ny)
        Guide times size, relative to its mean.
    share : array of shape (n,)
        One over the mass of each kernel; 0 where it meets next to nothing and lies wholly in
        its own cell.
    """

    prepared: CrowdedGrid
    width: int
    rows: Indices
    field: FloatArray
    share: FloatArray

    def read(self, weight: FloatArray, at: Indices) -> FloatArray:
        """Sum of weighted kernels at some cells, per km2."""
        return np.asarray(self.put(weight)[at])

    def put(self, weight: FloatArray) -> FloatArray:
        """Sum of weighted kernels on every cell, per km2; weights (n,) or (n, k)."""
        from georisk.kernels.shares import put_cell_columns

        columns = weight[:, None] if weight.ndim == 1 else weight
        prepared, support = self.prepared, self.prepared.support
        every = np.zeros((len(prepared.unit), columns.shape[1]))
        every[self.rows] = columns * self.share[:, None]
        total = np.zeros((columns.shape[1], *self.field.shape))
        for band in prepared.lay_bands(self.width):
            put_cell_columns((support.edges_x, support.edges_y), band.source,
                             _measure_reach(support, band), band.pour(every), total)
        found = (total * self.field)[:, support.column, support.row].T
        lone = np.flatnonzero(self.share == 0)
        np.add.at(found, prepared.unit[self.rows[lone]], columns[lone])
        return (found / support.size[:, None]).reshape(len(support), *weight.shape[1:])
