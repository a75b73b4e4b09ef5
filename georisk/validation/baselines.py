"""Forecasts that any model must beat: even, last year's counts, the counts of all years."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np

from georisk.incidents import DAYS_PER_YEAR

if TYPE_CHECKING:
    from collections.abc import Mapping

    from georisk.validation.domain import Domain
    from georisk.validation.record import Record
    from layers.crs import FloatArray

FLOOR_SHARE = 0.2


class Forecaster(Protocol):
    """Anything that forecasts incidents per cell.

    ``past`` holds only what happened before 1 January of ``year``; what comes back, of shape
    (m,), is the expected number in each cell during that year, finite and above 0.
    """

    @property
    def name(self) -> str:
        """Short and stable."""
        ...

    def forecast(self, domain: Domain, past: Record, *, year: int) -> FloatArray:
        """Expected incidents in each cell during ``year``, shape (m,)."""
        ...


@runtime_checkable
class ClassForecaster(Protocol):
    """A forecaster that also tells the classes apart."""

    def forecast_classes(
        self, domain: Domain, past: Record, *, year: int
    ) -> Mapping[str, FloatArray]:
        """Expected incidents of each class, shape (m,) each; they sum to the whole."""
        ...


@dataclass(frozen=True)
class Uniform:
    """The yearly mean of all past years, spread evenly over the area."""

    name: str = "uniform"

    def forecast(self, domain: Domain, past: Record, *, year: int) -> FloatArray:
        """Spread the yearly mean over the area."""
        counts = _count_cells(domain, past)
        return _mix(counts / _span_years(past, year), domain, floor_share=1.0)


@dataclass(frozen=True)
class LastYear:
    """Last year's counts again, with a part spread evenly so that no cell is at 0."""

    name: str = "last-year"

    def forecast(self, domain: Domain, past: Record, *, year: int) -> FloatArray:
        """Repeat the counts of the year before."""
        counts = _count_cells(domain, past.take(past.year == year - 1))
        return _mix(counts, domain, floor_share=FLOOR_SHARE)


@dataclass(frozen=True)
class AllYears:
    """The mean counts of all past years, with a part spread evenly."""

    name: str = "all-years"

    def forecast(self, domain: Domain, past: Record, *, year: int) -> FloatArray:
        """Repeat the mean counts of all years before."""
        counts = _count_cells(domain, past)
        return _mix(counts / _span_years(past, year), domain, floor_share=FLOOR_SHARE)


BASELINES: tuple[Forecaster, ...] = (Uniform(), LastYear(), AllYears())


def _count_cells(domain: Domain, past: Record) -> FloatArray:
    cells = domain.locate(past.xy_km, kind=past.kind)
    return np.asarray(np.bincount(cells[cells >= 0], minlength=len(domain)), np.float64)


def _span_years(past: Record, year: int) -> float:
    """Years from the first incident to 1 January of ``year``; at least one."""
    if len(past) == 0:
        return 1.0
    days = np.datetime64(f"{year:04d}-01-01", "D") - past.day.min()
    return max(float(days.astype(int)) / DAYS_PER_YEAR, 1.0)


def _mix(counts: FloatArray, domain: Domain, *, floor_share: float) -> FloatArray:
    """Take a share of the counts and spread it evenly; with no count, one event is spread."""
    total = counts.sum()
    even = domain.area_km2 / domain.area_km2.sum()
    if total <= 0:
        return np.asarray(even, np.float64)
    return np.asarray((1 - floor_share) * counts + floor_share * total * even, np.float64)
