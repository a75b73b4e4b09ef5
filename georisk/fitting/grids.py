"""Cells of a regular grid: where they lie, and incidents made ready on them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import cKDTree

from georisk.fitting.crowds import MANY
from georisk.fitting.grid_crowds import CrowdedGrid
from georisk.fitting.grid_kernels import PreparedGrid
from layers.crs import FloatArray, unproject_xy_m

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Indices = NDArray[np.intp]

_KM_PER_DEGREE_LAT = 110.574
_KM_PER_DEGREE_LON = 111.320
_THIN_CELLS = 12_000


@dataclass(frozen=True, eq=False)
class GridSupport:
    """Cells of a regular grid, m of them.

    Attributes
    ----------
    edges_x, edges_y : array of shape (nx + 1,), (ny + 1,)
        Edges of columns and rows, increasing: km in the metric CRS, or degrees.
    column, row : integer array of shape (m,)
        Where each cell of the support lies.
    xy_km : array of shape (m, 2)
        Centres, km in the metric CRS.
    size : array of shape (m,)
        Area of each cell, km2.
    crs_metric : str
        Empty where the axes are those of the metric CRS; else the CRS that turns positions
        into the degrees of the axes.
    """

    edges_x: FloatArray
    edges_y: FloatArray
    column: Indices
    row: Indices
    xy_km: FloatArray
    size: FloatArray
    crs_metric: str = ""

    def __len__(self) -> int:
        return len(self.size)

    @property
    def pool(self) -> Indices:
        """Each cell is fitted by itself."""
        return np.arange(len(self))

    @cached_property
    def thinned(self) -> NDArray[np.bool_]:
        """Every so many cells in both directions: these stand for all without an incident."""
        step = max(1, round(float(np.sqrt(len(self) / _THIN_CELLS))))
        return np.asarray((self.column % step == 0) & (self.row % step == 0))

    @cached_property
    def _number(self) -> Indices:
        number = np.full((len(self.edges_x) - 1, len(self.edges_y) - 1), -1, np.intp)
        number[self.column, self.row] = np.arange(len(self))
        return number

    @cached_property
    def _tree(self) -> cKDTree:
        return cKDTree(self.xy_km)

    def find_nearest(self, xy_km: FloatArray) -> Indices:
        """Cell of each position, else the cell whose centre is nearest."""
        if not len(xy_km):
            return np.zeros(0, np.intp)
        found = self._look_up(xy_km)
        lost = found < 0
        if lost.any():
            found[lost] = self._tree.query(xy_km[lost])[1]
        return found

    def _look_up(self, xy_km: FloatArray) -> Indices:
        """Cell of each position; -1 where there is none."""
        axis_xy, _ = self.place(xy_km)
        column = np.searchsorted(self.edges_x, axis_xy[:, 0], side="right") - 1
        row = np.searchsorted(self.edges_y, axis_xy[:, 1], side="right") - 1
        inside = (column >= 0) & (column < len(self.edges_x) - 1)
        inside &= (row >= 0) & (row < len(self.edges_y) - 1)
        found = np.full(len(xy_km), -1, np.intp)
        found[inside] = self._number[column[inside], row[inside]]
        return found

    def read(self, values: FloatArray, at: Indices) -> FloatArray:
        """Values at some cells."""
        return np.asarray(values[at])

    def contain(self, xy_km: FloatArray) -> NDArray[np.bool_]:
        """Whether each position lies in a cell of the support."""
        if not len(xy_km):
            return np.zeros(0, bool)
        return self._look_up(xy_km) >= 0

    def place(self, xy_km: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Positions on the axes, and axis units per km there; both of shape (n, 2)."""
        if not self.crs_metric:
            return xy_km, np.ones_like(xy_km)
        lonlat = unproject_xy_m(xy_km * 1000.0, crs_metric=self.crs_metric)
        return lonlat, self.measure_per_km(lonlat)

    def measure_per_km(self, axis_xy: FloatArray) -> FloatArray:
        """Axis units in a km, east and north, at positions on the axes, (n, 2)."""
        if not self.crs_metric:
            return np.ones_like(axis_xy)
        across = _KM_PER_DEGREE_LON * np.cos(np.radians(axis_xy[:, 1]))
        return np.column_stack([1 / across, np.full(len(axis_xy), 1 / _KM_PER_DEGREE_LAT)])

    def prepare(
        self, xy_km: FloatArray, sigma_km: FloatArray, widths_km: Sequence[float],
        *, unit: Indices | None = None,
    ) -> PreparedGrid:
        """Place incidents on the grid; those outside every cell count in the nearest."""
        axis_xy, per_km = self.place(xy_km)
        unit = self.find_nearest(xy_km) if unit is None else unit
        if len(sigma_km) > MANY:
            return CrowdedGrid(self, axis_xy, per_km, sigma_km, tuple(widths_km), unit)
        return PreparedGrid(self, axis_xy, per_km, sigma_km, tuple(widths_km), unit)
