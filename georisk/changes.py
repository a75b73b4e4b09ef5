"""Incidents as two days see them, and the ratio of the two days' intensities.

Whether a ratio is more than chance is asked in `georisk.chance`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from layers.errors import StudyError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy import sparse

    from georisk.incidents import Points
    from layers.crs import FloatArray

    AnyFloats = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class ChangeRules:
    """How a change is told from chance.

    Attributes
    ----------
    block_km : float
        Side of a block; its length in time is a calendar year.
    low, high : float
        Quantiles of the interval of the ratio.
    floor : float
        Incidents per 100 km and year below which intensities are not told apart: score 0.
    false_share : float
        Share of the stretches called changed that may be so by chance (false discovery rate).
    min_blocks : int
        A stretch with fewer blocks of incidents in reach is not tested.

    Raises
    ------
    StudyError
        If a value makes no test.
    """

    block_km: float = 25.0
    low: float = 0.05
    high: float = 0.95
    floor: float = 0.01
    false_share: float = 0.1
    min_blocks: int = 3

    def __post_init__(self) -> None:
        sizes = self.min_blocks >= 1 and self.block_km > 0
        shares = 0 <= self.low < self.high <= 1 and 0 < self.false_share < 1 and self.floor > 0
        if not (sizes and shares):
            raise StudyError(
                "change: expected min_blocks >= 1, block_km and floor above 0, "
                f"0 <= low < high <= 1 and 0 < false_share < 1; got {self}"
            )


@dataclass(frozen=True, eq=False)
class Reading:
    """Incidents as the routes see them on one day, n of them.

    Attributes
    ----------
    matrix : sparse array of shape (m, n)
        From `georisk.intensity.build_route_kernel`.
    points : Points
    year : integer array of shape (n,)
        Calendar year of each incident.
    window_years : float
        Decayed length of the window.
    """

    matrix: sparse.csr_array
    points: Points
    year: NDArray[np.int64]
    window_years: float


def key_blocks(points: Points, year: NDArray[np.int64], *, block_km: float) -> NDArray[np.int64]:
    """Block of each incident, shape (n, 3): column, row and calendar year."""
    cell = np.floor(points.xy_km / block_km).astype(np.int64)
    return np.column_stack([cell, year])


def divide_intensity(now: AnyFloats, then: AnyFloats, *, floor: float) -> FloatArray:
    """Ratio of intensities, each at least ``floor``: nothing over nothing is 1.

    Examples
    --------
    >>> divide_intensity(np.array([3.0, 0.0, 0.001]), np.array([2.0, 0.0, 0.005]),
    ...                  floor=0.01).tolist()
    [1.5, 1.0, 1.0]
    """
    return np.asarray(np.maximum(now, floor) / np.maximum(then, floor), dtype=float)
