"""Whether forecast numbers come true: yearly totals, and the chance of any incident in a cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from layers.crs import FloatArray

CHANCE_EDGES = (0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
_MIN_YEARS = 3
_TAIL = 0.05


@dataclass(frozen=True)
class Total:
    """A year's total: forecast, its 90 % interval, and what was reported.

    Attributes
    ----------
    expected : float
    low, high : int or None
        None where fewer than three past years tell how totals vary.
    observed : int
    inside : bool or None
    """

    expected: float
    low: int | None
    high: int | None
    observed: int
    inside: bool | None


def estimate_dispersion(counts: Sequence[int]) -> float:
    """Overdispersion a of yearly totals: variance = mean + a mean^2, by moments, never below 0.

    Notes
    -----
    A trend over the years counts as variance, so the interval grows with it.

    Examples
    --------
    Mean 20, variance 100: (100 - 20) / 400.

    >>> estimate_dispersion([10, 20, 30])
    0.2
    >>> estimate_dispersion([20, 20, 20])
    0.0
    """
    values = np.asarray(counts, float)
    if len(values) < 2 or values.mean() == 0:  # noqa: PLR2004 - a variance needs two
        return 0.0
    mean = values.mean()
    return max(float((values.var(ddof=1) - mean) / mean**2), 0.0)


def judge_total(expected: float, observed: int, past: Sequence[int]) -> Total:
    """Set a year's total against the 90 % interval of a negative binomial around the forecast.

    Parameters
    ----------
    expected : float
        Sum of the forecast over the domain, above 0.
    past : sequence of int
        Totals of the whole years before, for the dispersion; Poisson where they are even.

    Examples
    --------
    >>> judge_total(100.0, 105, [100, 100, 100])
    Total(expected=100.0, low=84, high=117, observed=105, inside=True)
    >>> judge_total(100.0, 105, [100]).inside is None
    True
    """
    from scipy.stats import nbinom, poisson

    if len(past) < _MIN_YEARS:
        return Total(expected, None, None, observed, None)
    spread = estimate_dispersion(past)
    if spread > 0:
        size = 1 / spread
        law = nbinom(size, size / (size + expected))
    else:
        law = poisson(expected)
    low, high = int(law.ppf(_TAIL)), int(law.ppf(1 - _TAIL))
    return Total(expected, low, high, observed, low <= observed <= high)


def predict_any(mass: FloatArray) -> FloatArray:
    """Chance of at least one incident in each cell during the year: 1 - exp(-mass)."""
    return np.asarray(-np.expm1(-mass))


def measure_brier(mass: FloatArray, cells: NDArray[np.intp]) -> float:
    """Brier score of "any incident in this cell this year": 0 is perfect.

    Examples
    --------
    Chance one half in both cells, an incident in one: (0.5^2 + 0.5^2) / 2.

    >>> import numpy as np
    >>> round(measure_brier(np.full(2, np.log(2)), np.array([1, 1])), 6)
    0.25
    """
    return float(((predict_any(mass) - _mark_any(mass, cells)) ** 2).mean())


def bin_chances(mass: FloatArray, cells: NDArray[np.intp]) -> list[tuple[int, float, int]]:
    """Group cell-years by their forecast chance of any incident.

    Returns
    -------
    list of tuple
        Per bin between `CHANCE_EDGES`: cells, sum of their chances, cells that had one.

    Examples
    --------
    >>> import numpy as np
    >>> bins = bin_chances(np.array([0.005, 0.005, 3.0]), np.array([2]))
    >>> bins[0][0], bins[-1][0], bins[-1][2]
    (2, 1, 1)
    """
    chance, hit = predict_any(mass), _mark_any(mass, cells)
    which = np.clip(np.digitize(chance, CHANCE_EDGES) - 1, 0, len(CHANCE_EDGES) - 2)
    size = len(CHANCE_EDGES) - 1
    return [
        (int(count), float(total), int(hits))
        for count, total, hits in zip(
            np.bincount(which, minlength=size),
            np.bincount(which, weights=chance, minlength=size),
            np.bincount(which, weights=hit, minlength=size), strict=True,
        )
    ]


def _mark_any(mass: FloatArray, cells: NDArray[np.intp]) -> FloatArray:
    marked = np.zeros(len(mass))
    marked[cells] = 1.0
    return marked
