"""Indicators on one scale: 0 to 10 between fixed bounds, higher is worse.

Bounds never come from the data in hand: a further segment must not change the others' scores.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from layers.errors import CallError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from layers.crs import FloatArray

SCALE = 10.0
CLIPPED_SHARE = 0.1
_SMALLEST = 1e-12


def normalise(values: FloatArray, low: float, high: float) -> FloatArray:
    """Put an indicator on 0 to 10 between two bounds; unknown (NaN) stays unknown.

    Parameters
    ----------
    values : array of any shape
    low, high : float
        Values that score 0 and 10; ``low > high`` where less is worse.

    Raises
    ------
    CallError
        If the bounds are the same.

    Examples
    --------
    >>> normalise(np.array([20.0, 29.0, 33.0, 50.0]), 25, 33).tolist()
    [0.0, 5.0, 10.0, 10.0]
    >>> normalise(np.array([5.0]), 10, -10).tolist()  # cold: less is worse
    [2.5]
    """
    if low == high:
        raise CallError(f"bounds of an indicator are both {low:g}; give two values")
    share = (np.asarray(values) - low) * (1.0 / (high - low))
    return np.asarray(SCALE * np.clip(share, 0.0, 1.0))


def normalise_log(values: FloatArray, low: float, high: float) -> FloatArray:
    """Put a rate or a ratio on 0 to 10 by its logarithm; 0 counts as the smallest there is.

    Raises
    ------
    CallError
        If a bound is not above 0.

    Examples
    --------
    >>> normalise_log(np.array([0.0, 0.01, 1.0, 10.0, 500.0]), 0.01, 10).round(2).tolist()
    [0.0, 0.0, 6.67, 10.0, 10.0]
    """
    if low <= 0 or high <= 0:
        raise CallError(f"bounds of a rate are {low:g} and {high:g}; give values above 0")
    logs = np.log10(np.maximum(values, _SMALLEST))
    return normalise(logs, float(np.log10(low)), float(np.log10(high)))


def measure_clipping(scores: FloatArray) -> tuple[float, float]:
    """Shares of the known scores that lie at 0 and at 10; 0 where none is known.

    Examples
    --------
    >>> measure_clipping(np.array([0.0, 0.0, 5.0, 10.0, np.nan]))
    (0.5, 0.25)
    """
    known = np.asarray(scores)[~np.isnan(scores)]
    if not known.size:
        return 0.0, 0.0
    return float((known <= 0).mean()), float((known >= SCALE).mean())


def tell_clipping(indicators: Mapping[str, FloatArray]) -> str:
    """Name the indicators with more than a tenth of their values at a bound; "" if there is none.

    Examples
    --------
    >>> tell_clipping({"heat": np.array([0.0, 4.0]), "cold": np.array([4.0, 5.0])})
    'heat (50 % at 0)'
    """
    parts = []
    for name, scores in indicators.items():
        at = zip((0, 10), measure_clipping(scores), strict=True)
        told = [f"{100 * share:.0f} % at {end}" for end, share in at if share > CLIPPED_SHARE]
        if told:
            parts.append(f"{name} ({', '.join(told)})")
    return ", ".join(parts)
