"""Kernels on the segments of routes, read at their midpoints."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy import sparse

from georisk.incidents import pair_within
from georisk.intensity import weigh_distance
from georisk.kernels.network import build_network_kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from georisk.fitting.draws import Draws
    from georisk.fitting.lines import LineSupport
    from georisk.fitting.supports import LineKernels
    from georisk.kernels.lixels import LixelNetwork
    from layers.crs import FloatArray

    Indices = NDArray[np.intp]

# At 4 the tails that are left out are 2e-3 of the density in thin places, at 4.5 3e-4.
CUT_SIGMAS = 4.5
_CHUNK = 512


@dataclass(frozen=True, eq=False)
class PreparedLines:
    """Incidents near routes; bumps of each width are measured once."""

    support: LineSupport
    xy_km: FloatArray
    sigma_km: FloatArray
    widths_km: tuple[float, ...]
    unit: Indices
    _bumps: dict[int, sparse.csc_array] = field(default_factory=dict)

    def spread(self, width: int, rows: Indices, guide: FloatArray) -> LineKernels:
        """Spread some incidents at one width along a guide."""
        if width not in self._bumps:
            wide_km = np.hypot(self.widths_km[width], self.sigma_km)
            network = self.support.network
            self._bumps[width] = (self._reach_across(wide_km) if network is None
                                  else self._run_along(network, wide_km))
        spread = normalise_bumps(self._bumps[width][:, rows], self.support.size, guide,
                                 self.unit[rows])
        return LineSpread(spread.matrix, self.support)

    def _reach_across(self, wide_km: FloatArray) -> sparse.csc_array:
        """Gaussian of the distance from each incident to each midpoint; 1 at the centre."""
        parts = []
        for low in range(0, len(wide_km), _CHUNK):
            near = slice(low, low + _CHUNK)
            source, at, distance_km = pair_within(
                self.xy_km[near], self.support.xy_km, CUT_SIGMAS * wide_km[near])
            bump = weigh_distance(distance_km, wide_km[near][source])
            shape = (len(self.support), len(wide_km[near]))
            parts.append(sparse.csc_array((bump, (at, source)), shape=shape))
        if not parts:
            return sparse.csc_array((len(self.support), 0))
        return sparse.hstack(parts, format="csc")

    def _run_along(self, network: LixelNetwork, wide_km: FloatArray) -> sparse.csc_array:
        """Heat kernel from where each incident was snapped; nothing for those that were not."""
        near = np.flatnonzero(self.unit >= 0)
        lines = self.support.segments.lines_km[self.unit[near]]
        along = shapely.line_locate_point(lines, shapely.points(self.xy_km[near]), normalized=True)
        made = build_network_kernel(network, self.unit[near], along, wide_km[near])
        back = sparse.csr_array((np.ones(len(near)), (np.arange(len(near)), near)),
                                shape=(len(near), len(wide_km)))
        return sparse.csc_array(made @ back)


def normalise_bumps(
    bumps: sparse.csc_array, size: FloatArray, guide: FloatArray, unit: Indices
) -> LineSpread:
    """Turn bumps into kernels of unit mass that follow a guide.

    Parameters
    ----------
    bumps : sparse array of shape (m, n)
        Any weights of the segments around each incident.
    size, guide : array of shape (m,)
        Length of each segment, km; relative density that mass follows.
    unit : integer array of shape (n,)
        Where an incident goes whose bumps reach no segment; -1: nowhere.

    Examples
    --------
    Two segments of 2 km; the second is three times as likely: 0.125 and 0.375 per km.

    >>> bumps = sparse.csc_array(np.array([[1.0], [1.0]]))
    >>> spread = normalise_bumps(bumps, np.full(2, 2.0), np.array([1.0, 3.0]), np.zeros(1, int))
    >>> spread.put(np.ones(1)).tolist()
    [0.125, 0.375]
    """
    matrix = sparse.csc_array(sparse.diags_array(guide) @ bumps)
    mass = np.asarray(size @ matrix).ravel()
    share = np.divide(1.0, mass, out=np.zeros_like(mass), where=mass > 0)
    matrix = sparse.csc_array(matrix @ sparse.diags_array(share * (unit >= 0)))
    alone = np.flatnonzero((mass <= 0) & (unit >= 0))
    if len(alone):
        lumps = (1.0 / size[unit[alone]], (unit[alone], alone))
        matrix = sparse.csc_array(matrix + sparse.csc_array(lumps, shape=matrix.shape))
    return LineSpread(sparse.csr_array(matrix))


@dataclass(frozen=True, eq=False)
class LineSpread:
    """Kernels on segments: density per km, each column integrates to 1 over the lengths.

    Attributes
    ----------
    matrix : sparse array of shape (m, n)
    support : LineSupport or None
        Given, densities are read as means over the larger units that segments are fitted in:
        a kernel narrower than these has nothing to gain from a lucky hit.
    """

    matrix: sparse.csr_array
    support: LineSupport | None = None

    def read(self, weight: FloatArray, at: Indices) -> FloatArray:
        """Sum of weighted kernels at some segments, per km."""
        if self.support is None:
            return np.asarray(self.matrix[at] @ weight)
        return np.asarray(self.support.pool_at(at) @ self.matrix @ weight)

    def put(self, weight: FloatArray) -> FloatArray:
        """Sum of weighted kernels on every segment, per km; weights (n,) or (n, k)."""
        return np.asarray(self.matrix @ weight)

    def redraw(self, draws: Draws) -> FloatArray:
        """Sum of kernels in each draw on every segment, per km, (m, draws)."""
        return np.asarray(self.matrix @ draws.weigh(np.arange(len(draws.label))))
