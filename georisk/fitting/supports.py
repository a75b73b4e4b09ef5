"""Where an intensity lives: cells of a grid or segments of routes, and kernels spread on them.

A support has m units, each with a centre and a size (km2 of a cell, km of a segment). Kernels on
it are guided: an incident shares one unit of mass among the units around it in proportion to its
Gaussian times a guide, so that mass follows the kind of ground on which incidents happen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray
    from scipy import sparse

    from georisk.fitting.draws import Draws
    from layers.crs import FloatArray

    Rows = NDArray[np.intp]


class Spread(Protocol):
    """Kernels of n incidents on a support, each of one unit of mass."""

    def read(self, weight: FloatArray, at: NDArray[np.intp]) -> FloatArray:
        """Sum of weighted kernels at e units, per size; weights (n, k) give (e, k)."""

    def put(self, weight: FloatArray) -> FloatArray:
        """Sum of weighted kernels on every unit, per size; weights (n,) or (n, k) give (m, ...)."""


class LineKernels(Spread, Protocol):
    """Kernels on segments, which can be redrawn as well and taken pair by pair."""

    @property
    def matrix(self) -> sparse.csr_array:
        """Density of every kernel on every segment, (m, n), per km."""

    def redraw(self, draws: Draws) -> FloatArray:
        """Sum of kernels in each draw on every segment, per km, (m, draws)."""


class Prepared(Protocol):
    """Incidents made ready to be spread at several widths."""

    @property
    def unit(self) -> NDArray[np.intp]:
        """Unit of each incident; -1 where it belongs to none."""

    def spread(self, width: int, rows: Rows, guide: FloatArray) -> Spread:
        """Spread some incidents at one of the widths, along a guide of shape (m,)."""


class Support(Protocol):
    """Units that an intensity is fitted and told on."""

    @property
    def xy_km(self) -> FloatArray:
        """Centres, (m, 2), km in the metric CRS."""

    @property
    def size(self) -> FloatArray:
        """Size of each unit, (m,)."""

    @property
    def pool(self) -> NDArray[np.intp]:
        """Number of the larger unit that each unit is fitted in, (m,)."""

    @property
    def thinned(self) -> NDArray[np.bool_]:
        """Units that stand for all those without an incident, (m,)."""

    def read(self, values: FloatArray, at: NDArray[np.intp]) -> FloatArray:
        """Values (m,) at e units, as means over the larger units that these are fitted in."""

    def prepare(
        self, xy_km: FloatArray, sigma_km: FloatArray, widths_km: Sequence[float]
    ) -> Prepared:
        """Place incidents; each is widened by its vagueness sqrt(width^2 + sigma^2)."""
