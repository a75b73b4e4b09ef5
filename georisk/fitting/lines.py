"""Segments of routes: how long they are, and incidents made ready on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from georisk.fitting.crowds import MANY_PAIRS
from georisk.fitting.line_crowds import CrowdedLines
from georisk.fitting.line_kernels import PreparedLines
from georisk.incidents import Points
from georisk.intensity import REACH_KM, RouteSegments, snap_incidents

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from georisk.kernels.lixels import LixelNetwork
    from layers.crs import FloatArray

    Indices = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class LineSupport:
    """Segments of routes, m of them.

    Attributes
    ----------
    segments : RouteSegments
    pool : integer array of shape (m,)
        Unit of about 5 km that each segment is fitted in.
    reach_km : float
        An incident farther from every segment than this plus two sigmas belongs to none.
    network : LixelNetwork or None
        Given, kernels run along the network as heat does; else they reach across the plane.
    people : array of shape (m,) or None
        People a year on each segment, above 0, in any unit. Given, sizes are person-km: densities
        are then per person-km, which is log(people) as an offset of everything that is fitted.
    """

    segments: RouteSegments
    pool: Indices
    reach_km: float = REACH_KM
    network: LixelNetwork | None = None
    people: FloatArray | None = None

    def __len__(self) -> int:
        return len(self.size)

    @property
    def xy_km(self) -> FloatArray:
        """Midpoints, km in the metric CRS."""
        return self.segments.mid_km

    @property
    def size(self) -> FloatArray:
        """Length of each segment, km; person-km where people are counted."""
        length_km = self.segments.length_km
        return length_km if self.people is None else length_km * self.people

    @property
    def thinned(self) -> NDArray[np.bool_]:
        """Every unit is fitted."""
        return np.ones(len(self), bool)

    def pool_at(self, at: Indices) -> sparse.csr_array:
        """Matrix (e, m) that takes the mean by length over the unit around each segment."""
        wanted, where = np.unique(self.pool[at], return_inverse=True)
        share = self.size / np.bincount(self.pool, weights=self.size)[self.pool]
        found = np.minimum(np.searchsorted(wanted, self.pool), len(wanted) - 1)
        inside = np.flatnonzero(wanted[found] == self.pool)
        mean = sparse.csr_array((share[inside], (found[inside], inside)),
                                shape=(len(wanted), len(self.size)))
        return sparse.csr_array(mean[where])

    def read(self, values: FloatArray, at: Indices) -> FloatArray:
        """Mean of values over the unit around each of some segments."""
        return np.asarray(self.pool_at(at) @ values)

    def prepare(
        self, xy_km: FloatArray, sigma_km: FloatArray, widths_km: Sequence[float]
    ) -> PreparedLines:
        """Snap incidents to segments; a great many are made ready as a crowd."""
        n = len(sigma_km)
        points = Points(xy_km, sigma_km, np.zeros(n), np.ones(n))
        unit = snap_incidents(points, self.segments, reach_km=self.reach_km)
        if self.network is None and n * len(self) > MANY_PAIRS:
            return CrowdedLines(self, xy_km, sigma_km, tuple(widths_km), unit)
        return PreparedLines(self, xy_km, sigma_km, tuple(widths_km), unit)
