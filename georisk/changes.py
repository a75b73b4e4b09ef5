"""Incidents and times as a comparison of two days reads them, and the rules it follows.

What the two days make of them, and whether it is more than chance, is asked in `georisk.chance`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from georisk.fitting.reach import Memory
from georisk.incidents import measure_window_years
from layers.errors import StudyError

if TYPE_CHECKING:
    import datetime as dt

    from numpy.typing import NDArray
    from scipy import sparse

    from layers.crs import FloatArray

_TINY = 1e-12


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
    block_share : float
        A block with less of what reaches the stretch does not count.

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
    block_share: float = 0.01

    def __post_init__(self) -> None:
        sizes = self.min_blocks >= 1 and self.block_km > 0
        ends = 0 <= self.low < self.high <= 1 and self.floor > 0
        shares = 0 < self.false_share < 1 and 0 <= self.block_share < 1
        if not (sizes and ends and shares):
            raise StudyError(
                "change: expected min_blocks >= 1, block_km and floor above 0, 0 <= low < high "
                f"<= 1, 0 < false_share < 1 and 0 <= block_share < 1; got {self}"
            )


@dataclass(frozen=True, eq=False)
class Reading:
    """Incidents as the fitted intensity of one day reads them, n of them.

    Attributes
    ----------
    matrix : sparse array of shape (m, n)
        What each puts on each segment, whenever it happened: from
        `georisk.fitting.reach.measure_reach`.
    xy_km : array of shape (n, 2)
    age_years : array of shape (n,)
        Before that day.
    year : integer array of shape (n,)
        Calendar year of each incident.
    """

    matrix: sparse.csr_array
    xy_km: FloatArray
    age_years: FloatArray
    year: NDArray[np.int64]


def key_blocks(
    xy_km: FloatArray, year: NDArray[np.int64], *, block_km: float
) -> NDArray[np.int64]:
    """Block of each incident, shape (n, 3): column, row and calendar year."""
    cell = np.floor(xy_km / block_km).astype(np.int64)
    return np.column_stack([cell, year])


@dataclass(frozen=True)
class Window:
    """The two times that are compared: up to the earlier day, and from there to the later one.

    Attributes
    ----------
    before_years, after_years : float
        Their lengths.
    memory : Memory
        Of the later day's fit; either time is forgotten so from its own end.
    """

    before_years: float
    after_years: float
    memory: Memory

    @property
    def before_squared(self) -> float:
        """Integral of the squared weight over the earlier time, per year."""
        return self.memory.sum_squares(self.before_years)

    @property
    def after_squared(self) -> float:
        """Integral of the squared weight over the later time, per year."""
        return self.memory.sum_squares(self.after_years)

    @property
    def share_after(self) -> float:
        """Share of the time, by its information, that lies after the earlier day."""
        before, after = 1 / self.before_squared, 1 / self.after_squared
        return after / (before + after)

    def weigh_before(self, age_years: FloatArray) -> FloatArray:
        """Weight of incidents by their age on the later day; 0 after the earlier one."""
        older = age_years - self.after_years
        weight = self.memory.weigh(np.maximum(older, 0.0), window_years=self.before_years)
        return np.where(older >= 0, weight, 0.0)

    def weigh_after(self, age_years: FloatArray) -> FloatArray:
        """Weight of incidents by their age on the later day; 0 up to the earlier one."""
        weight = self.memory.weigh(age_years, window_years=self.after_years)
        return np.where(age_years < self.after_years, weight, 0.0)

    def divide(self, share: FloatArray) -> FloatArray:
        """Later intensity over earlier one, for a share of incidents after the earlier day."""
        usual = self.share_after / (1 - self.share_after)
        rates = share / np.maximum(1 - share, _TINY) / usual
        kept = self.memory.share_older(
            self.after_years, window_years=self.before_years + self.after_years)
        return np.asarray(kept + (1 - kept) * rates)


def frame_window(
    start: dt.date, then: dt.date, now: dt.date, *, memory: Memory | None = None
) -> Window:
    """Measure the times before and after the earlier day.

    Parameters
    ----------
    memory : Memory, optional
        Nothing is forgotten where it is not given.

    Examples
    --------
    >>> import datetime as dt
    >>> days = dt.date(2016, 1, 1), dt.date(2020, 1, 1), dt.date(2024, 1, 1)
    >>> even = frame_window(*days)
    >>> even.before_years, even.after_years, even.share_after
    (4.0, 4.0, 0.5)
    """
    return Window(measure_window_years(start, then, None), measure_window_years(then, now, None),
                  memory or Memory())
