"""Whether one forecast is better than another on the same events, and how surely."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from layers.crs import FloatArray

_CHUNK = 100


@dataclass(frozen=True)
class Difference:
    """Mean difference of a score over the same events, with its bootstrap interval.

    Attributes
    ----------
    value, low, high : float or None
        None without events.
    events : int
    years_won, years : int
        Years in which the mean difference is above 0, of those with events.
    """

    value: float | None
    low: float | None
    high: float | None
    events: int
    years_won: int
    years: int


def compare_events(
    ours: FloatArray, theirs: FloatArray, year: NDArray[np.int64], *,
    draws: int = 1000, level: float = 0.95, seed: int,
) -> Difference:
    """Compare two forecasts event by event: paired bootstrap over events, all years together.

    Parameters
    ----------
    ours, theirs : array of shape (n,)
        Score of each event under either forecast.
    year : array of shape (n,)
    level : float
        Of the percentile interval.

    Examples
    --------
    >>> import numpy as np
    >>> better = compare_events(np.array([2.0, 3.0]), np.array([1.0, 2.0]),
    ...                         np.array([2019, 2020]), seed=1)
    >>> better.value, better.low, better.high, better.years_won
    (1.0, 1.0, 1.0, 2)
    """
    step = ours - theirs
    if len(step) == 0:
        return Difference(None, None, None, 0, 0, 0)
    rng = np.random.default_rng(seed)
    means = np.concatenate([
        step[rng.integers(0, len(step), (min(_CHUNK, draws - low), len(step)))].mean(axis=1)
        for low in range(0, draws, _CHUNK)
    ])
    tail = (1 - level) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    years = np.unique(year)
    won = sum(bool(step[year == one].mean() > 0) for one in years)
    return Difference(float(step.mean()), float(low), float(high), len(step), won, len(years))
