"""Kernels of a great many incidents on the segments of routes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from georisk.fitting.crowds import Band, split_bands
from georisk.fitting.line_kernels import CUT_SIGMAS, PreparedLines
from georisk.kernels.cells import lay_grid

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy import sparse

    from georisk.fitting.draws import Draws
    from georisk.fitting.lines import LineSupport
    from layers.crs import FloatArray

    Indices = NDArray[np.intp]

_DRAWS_AT_ONCE = 256


@dataclass(frozen=True, eq=False)
class CrowdedLines(PreparedLines):
    """Incidents near routes, too many for a matrix of pairs."""

    _bands: dict[int, tuple[_Laid, ...]] = field(default_factory=dict)

    def spread(self, width: int, rows: Indices, guide: FloatArray) -> CrowdedLineSpread:
        """Spread some incidents at one width along a guide; their mass is measured at once."""
        mass = np.zeros(len(self.unit))
        for laid in self.lay_bands(width):
            sums = laid.measure(guide * self.support.size)
            mass[laid.band.rows] += laid.band.lift(sums)
        mass = mass[rows]
        counts = self.unit[rows] >= 0
        share = np.divide(1.0, mass, out=np.zeros_like(mass), where=(mass > 0) & counts)
        return CrowdedLineSpread(self, width, rows, guide, share, counts & (mass <= 0))

    def lay_bands(self, width: int) -> tuple[_Laid, ...]:
        """Bands of one width, each with the segments in cells that suit it; laid once."""
        if width not in self._bands:
            wide_km = np.hypot(self.widths_km[width], self.sigma_km)
            bands = split_bands(self.xy_km, np.broadcast_to(1.0, self.xy_km.shape), wide_km)
            self._bands[width] = tuple(_lay_band(self.support, band) for band in bands)
        return self._bands[width]

    def put_gaussians(self, width: int, weight: FloatArray) -> FloatArray:
        """Sum of weighted Gaussians at every midpoint, per km2; weights (n, k) give (m, k)."""
        out = np.zeros((len(self.support), weight.shape[1]))
        for laid in self.lay_bands(width):
            out += laid.put(weight)
        return out


@dataclass(frozen=True, eq=False)
class _Cells:
    """Points in cells that suit a reach: places by slot, starts and frame; the slot of each."""

    laid: tuple[FloatArray, NDArray[np.int64], FloatArray]
    slot: NDArray[np.int64]

    @property
    def xy_km(self) -> FloatArray:
        """Neighbours one after another, (slots, 2): what they read is still at hand."""
        return np.ascontiguousarray(self.laid[0].T)

    def hold(self, columns: FloatArray) -> FloatArray:
        """Columns (points, k) by slot, (k, slots); 0 in the padding."""
        out = np.zeros((columns.shape[1], self.laid[0].shape[1]))
        out[:, self.slot] = columns.T
        return out


@dataclass(frozen=True, eq=False)
class _Laid:
    """Segments in cells that suit the width of a band.

    Attributes
    ----------
    band : Band
    segments : _Cells
    sources : _Cells or None
        Of one width and more than there are segments: segments look for them, not they for those.
    reach : (widths, array of shape (c,))
    """

    band: Band
    segments: _Cells
    sources: _Cells | None
    reach: tuple[float, FloatArray]

    @property
    def peak(self) -> FloatArray:
        """Height of a unit of mass in the plane, per km2."""
        square = self.reach[1] ** 2
        return np.divide(0.5 / np.pi, square, out=square)

    @property
    def one_reach(self) -> tuple[float, float]:
        """The same where all are of one width."""
        return self.reach[0], float(self.reach[1][0])

    def measure(self, values: FloatArray) -> FloatArray:
        """Sum over all segments of their values times each source's kernel, (c,)."""
        from georisk.kernels.nodes import put_nodes
        from georisk.kernels.shares import put_columns, read_columns

        held, lattice = self.segments.hold(values[:, None]), self.band.lattice
        if lattice is not None:
            field = np.zeros(lattice.number.shape[::-1])
            put_nodes(self.segments.xy_km, lattice.frame, held[0], self.one_reach, field)
            return np.asarray(self.peak * lattice.pick(field))
        if self.sources is not None:
            out = np.zeros((1, self.sources.laid[0].shape[1]))
            put_columns(self.sources.laid, self.segments.xy_km, held.T, self._turn(), out)
            return np.asarray(self.peak * out[0, self.sources.slot])
        found = read_columns(self.segments.laid, held, self.band.source, self.reach)
        return np.asarray(self.peak * found[:, 0])

    def put(self, weight: FloatArray) -> FloatArray:
        """Sum of weighted kernels on every segment, (m, k), from weights of all incidents."""
        from georisk.kernels.nodes import read_nodes
        from georisk.kernels.shares import put_columns, read_columns

        poured, lattice = self.band.pour(weight), self.band.lattice
        poured *= self.peak[:, None]
        if lattice is not None:
            return read_nodes(self.segments.xy_km, lattice.frame, lattice.fill(poured),
                              self.one_reach)[self.segments.slot]
        if self.sources is not None:
            return read_columns(self.sources.laid, self.sources.hold(poured),
                                self.segments.xy_km, self._turn())[self.segments.slot]
        out = np.zeros((weight.shape[1], self.segments.laid[0].shape[1]))
        put_columns(self.segments.laid, self.band.source, poured, self.reach, out)
        return out[:, self.segments.slot].T

    def _turn(self) -> tuple[float, FloatArray]:
        """Reach of as many kernels as there are slots of segments."""
        cut, width = self.one_reach
        return cut, np.full(self.segments.laid[0].shape[1], width)

    def put_draws(self, draws: Draws) -> NDArray[np.float32]:
        from georisk.kernels.shares import put_rows

        cells = self.segments
        out = np.empty((len(cells.slot), draws.share.shape[1]), np.float32)
        for part, some in draws.split(_DRAWS_AT_ONCE):
            held = np.zeros((cells.laid[0].shape[1], some.share.shape[1]), np.float32)
            poured = self.band.pour_draws(some)
            poured *= self.peak[:, None].astype(np.float32)
            put_rows(cells.laid, self.band.source, poured, self.reach, held)
            out[:, part] = held[cells.slot]
        return out


def _lay_band(support: LineSupport, band: Band) -> _Laid:
    width = band.width_km
    if band.lattice is not None:
        width = np.ascontiguousarray(band.narrow(width[:, None])[:, 0])
    reach_km, crowd = CUT_SIGMAS * float(width.max()), None
    if band.lattice is None and len(width) > len(support) and width.min() == width.max():
        crowd = _lay_cells(band.source, reach_km)
    return _Laid(band, _lay_cells(support.xy_km, reach_km), crowd, (CUT_SIGMAS, width))


def _lay_cells(xy_km: FloatArray, reach_km: float) -> _Cells:
    from georisk.kernels.gaussians import FAR_KM

    x, y = np.ascontiguousarray(xy_km.T)
    grid = lay_grid(x, y, reach_km)
    return _Cells((grid.fill(x, y, empty=FAR_KM), grid.start, grid.frame), grid.slot)


@dataclass(frozen=True, eq=False)
class CrowdedLineSpread:
    """Kernels of n incidents on segments, summed from where they are every time they are asked.

    Attributes
    ----------
    share : array of shape (n,)
        One over the mass of each incident's kernel; 0 where it reaches no segment.
    alone : boolean array of shape (n,)
        Incidents whose kernels reach no midpoint: each lies on its own segment.
    """

    prepared: CrowdedLines
    width: int
    rows: Indices
    guide: FloatArray
    share: FloatArray
    alone: NDArray[np.bool_]

    @property
    def matrix(self) -> sparse.csr_array:
        """Density of every kernel on every segment: pair by pair, for what cannot do without."""
        return PreparedLines.spread(self.prepared, self.width, self.rows, self.guide).matrix

    def read(self, weight: FloatArray, at: Indices) -> FloatArray:
        """Sum of weighted kernels over the units around some segments, per km."""
        return np.asarray(self.prepared.support.pool_at(at) @ self.put(weight))

    def put(self, weight: FloatArray) -> FloatArray:
        """Sum of weighted kernels on every segment, per km; weights (n,) or (n, k)."""
        columns = weight[:, None] if weight.ndim == 1 else weight
        size = self.prepared.support.size
        heights = self._share_out(columns)
        out = self.guide[:, None] * self.prepared.put_gaussians(self.width, heights)
        lone = np.flatnonzero(self.alone)
        unit = self.prepared.unit[self.rows[lone]]
        np.add.at(out, unit, columns[lone] / size[unit][:, None])
        return out.reshape(len(out), *weight.shape[1:])

    def redraw(self, draws: Draws) -> FloatArray:
        """Sum of kernels in each draw on every segment, per km, (m, draws)."""
        size, label = self.prepared.support.size, np.zeros(len(self.prepared.unit), np.intp)
        label[self.rows] = draws.label
        every = replace(draws, weight=self._share_out(draws.weight), label=label)
        out = np.zeros((len(size), draws.share.shape[1]))
        for laid in self.prepared.lay_bands(self.width):
            out += laid.put_draws(every)
        out *= self.guide[:, None]
        lone = np.flatnonzero(self.alone)
        unit = self.prepared.unit[self.rows[lone]]
        np.add.at(out, unit, draws.weigh(lone) / size[unit][:, None])
        return out

    def _share_out(self, weight: FloatArray) -> FloatArray:
        """Heights of the kernels of all that were prepared, from weights of these incidents."""
        every = np.zeros((len(self.prepared.unit), weight.shape[1]))
        every[self.rows] = weight * self.share[:, None]
        return every
