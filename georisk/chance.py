"""Whether a difference between two times is more than chance would make.

If reports came evenly, the number of them in a time would follow its length alone. Counts vary
more than that, in clusters, so as many incidents say less: the excess is measured and taken off.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse, special, stats

from georisk.changes import key_blocks
from georisk.incidents import DAYS_PER_YEAR, measure_window_years, weigh_decay

if TYPE_CHECKING:
    import datetime as dt

    from numpy.typing import NDArray

    from georisk.changes import ChangeRules, Reading
    from georisk.incidents import Points
    from layers.crs import FloatArray

_TINY = 1e-12


@dataclass(frozen=True)
class Window:
    """The two times that are compared: up to the earlier day, and from there to the later one.

    Attributes
    ----------
    gap_years : float
        Between the two days.
    half_life_years : float or None
    before_years, after_years : float
        Decayed lengths: integrals of the weight over either time.
    before_squared, after_squared : float
        Integrals of the squared weight.
    """

    gap_years: float
    half_life_years: float | None
    before_years: float
    after_years: float
    before_squared: float
    after_squared: float

    @property
    def share_after(self) -> float:
        """Share of the time, by its information, that lies after the earlier day."""
        before = self.before_years**2 / self.before_squared
        after = self.after_years**2 / self.after_squared
        return after / (before + after)

    def divide(self, share: FloatArray) -> FloatArray:
        """Later intensity over earlier one, for a share of incidents after the earlier day."""
        usual = self.share_after / (1 - self.share_after)
        rates = share / np.maximum(1 - share, _TINY) / usual
        kept = weigh_decay(np.array([self.gap_years]), self.half_life_years)[0]
        whole = kept * self.before_years + self.after_years
        return np.asarray((kept * self.before_years + self.after_years * rates) / whole)


def frame_window(
    start: dt.date, then: dt.date, now: dt.date, *, half_life_years: float | None
) -> Window:
    """Measure the times before and after the earlier day, as the decay weighs them.

    Examples
    --------
    >>> import datetime as dt
    >>> days = dt.date(2016, 1, 1), dt.date(2020, 1, 1), dt.date(2024, 1, 1)
    >>> even = frame_window(*days, half_life_years=None)
    >>> even.before_years, even.after_years, even.gap_years
    (4.0, 4.0, 4.0)
    """
    half = None if half_life_years is None else half_life_years / 2
    return Window(
        gap_years=(now - then).days / DAYS_PER_YEAR,
        half_life_years=half_life_years,
        before_years=measure_window_years(start, then, half_life_years),
        after_years=measure_window_years(then, now, half_life_years),
        before_squared=measure_window_years(start, then, half),
        after_squared=measure_window_years(then, now, half),
    )


def measure_dispersion(
    points: Points, year: NDArray[np.int64], *, block_km: float, min_incidents: int = 5
) -> float:
    """How many times more than chance counts vary by block: Pearson's chi2 per degree of freedom.

    At least 1. Cells with fewer than ``min_incidents`` tell nothing; a year in which more was
    reported everywhere is no dispersion.

    Examples
    --------
    Two cells, two years: ten in one year here, ten in the other there.

    >>> from georisk.incidents import Points
    >>> xy_km = np.repeat([[0.0, 0.0], [100.0, 0.0]], 10, axis=0)
    >>> twenty = Points(xy_km, np.ones(20), np.ones(20), np.ones(20))
    >>> measure_dispersion(twenty, np.repeat([2020, 2021], 10), block_km=25.0)
    20.0
    """
    keys = key_blocks(points, year, block_km=block_km)
    _, cell = np.unique(keys[:, :2], axis=0, return_inverse=True)
    years, column = np.unique(keys[:, 2], return_inverse=True)
    counts = np.zeros((int(cell.max(initial=-1)) + 1, len(years)))
    np.add.at(counts, (cell.ravel(), column.ravel()), 1)
    counts = counts[counts.sum(axis=1) >= min_incidents]
    counts = counts[:, counts.sum(axis=0) > 0]
    free = (counts.shape[0] - 1) * (counts.shape[1] - 1)
    if free < 1:
        return 1.0
    expected = counts.sum(axis=1, keepdims=True) * counts.sum(axis=0) / counts.sum()
    return float(max(1.0, ((counts - expected) ** 2 / expected).sum() / free))


@dataclass(frozen=True)
class Counts:
    """Incidents before and after the earlier day, as many whole ones as carry their information.

    Attributes
    ----------
    before, after : array of shape (k,)
        Fewer than were counted where the kernel or the decay weighs them little, or where counts
        vary more than chance (quasi-Poisson).
    blocks : integer array of shape (k,)
        Blocks of incidents in reach.
    """

    before: FloatArray
    after: FloatArray
    blocks: NDArray[np.intp]


def count_equivalents(
    now: Reading, groups: sparse.csr_array | None, window: Window, rules: ChangeRules
) -> Counts:
    """Count what lies in reach of each stretch, or of each segment where there are no groups.

    Parameters
    ----------
    now : Reading
        Of the later day; both times are read with its kernel, so like is compared with like.
    groups : sparse array of shape (k, m) or None
        Weights of the segments of each stretch.
    """
    reach = now.matrix if groups is None else (groups @ now.matrix).tocsr()
    phi = measure_dispersion(now.points, now.year, block_km=rules.block_km)
    age, half_life = now.points.age_years, window.half_life_years
    older = age - window.gap_years
    before = np.where(older >= 0, weigh_decay(np.maximum(older, 0.0), half_life), 0.0)
    after = np.where(older >= 0, 0.0, weigh_decay(age, half_life))
    mass, squared = reach.sum(axis=1), reach.power(2).sum(axis=1)
    scale = np.divide(mass, squared, out=np.zeros_like(mass), where=squared > 0) / phi
    return Counts(
        before=scale * (reach @ before) * window.before_years / window.before_squared,
        after=scale * (reach @ after) * window.after_years / window.after_squared,
        blocks=_count_blocks(reach, now, rules),
    )


def _count_blocks(
    reach: sparse.csr_array, now: Reading, rules: ChangeRules
) -> NDArray[np.intp]:
    keys = key_blocks(now.points, now.year, block_km=rules.block_km)
    blocks, label = np.unique(keys, axis=0, return_inverse=True)
    belongs = sparse.csr_array((np.ones(len(keys)), (np.arange(len(keys)), label.ravel())),
                               shape=(len(keys), len(blocks)))
    return np.asarray(np.diff((reach @ belongs).tocsr().indptr), np.intp)


def compare_rates(counts: Counts, window: Window, rules: ChangeRules) -> FloatArray:
    """How easily chance alone would change each stretch as much, shape (k,).

    Returns
    -------
    array
        Two-sided p; NaN where fewer than ``min_blocks`` blocks are in reach.

    Notes
    -----
    The intensity rose just if the decayed rate after the earlier day is above that before it.
    Given their sum, the incidents after it are binomial with the share of time that is theirs.
    A time in which nothing was reported is a count of 0, and no certainty.

    References
    ----------
    Przyborowski & Wilenski (1940), Homogeneity of results in testing samples from Poisson series.
    """
    p = weigh_chance(counts.after, counts.before, share=window.share_after)
    return np.asarray(np.where(counts.blocks >= rules.min_blocks, p, np.nan))


def measure_interval(
    ratio: FloatArray, counts: Counts, window: Window, rules: ChangeRules
) -> tuple[FloatArray, FloatArray]:
    """Ends of the interval around the ratio of each segment's intensities, shape (m,) each.

    Parameters
    ----------
    ratio : array of shape (m,)
        Later intensity over earlier one, as they were published.

    References
    ----------
    Brown, Cai & DasGupta (2001), Interval estimation for a binomial proportion (Jeffreys).

    Examples
    --------
    As many before as after in as long: 1, give or take.

    >>> import datetime as dt
    >>> from georisk.changes import ChangeRules
    >>> even = frame_window(dt.date(2016, 1, 1), dt.date(2020, 1, 1), dt.date(2024, 1, 1),
    ...                     half_life_years=None)
    >>> twenty = Counts(np.array([20.0]), np.array([20.0]), np.array([5]))
    >>> low, high = measure_interval(np.ones(1), twenty, even, ChangeRules())
    >>> low.round(2).tolist(), high.round(2).tolist()
    ([0.8], [1.34])
    """
    before, after = counts.before, counts.after
    low, middle, high = (
        special.betaincinv(after + 0.5, before + 0.5, level)
        for level in (rules.low, 0.5, rules.high)
    )
    total = before + after
    seen = np.divide(after, total, out=np.zeros_like(total), where=total > 0)
    middle = np.where(before > 0, seen, middle)
    low = np.where(after > 0, low, 0.0)
    point = window.divide(middle)
    return (np.asarray(ratio * np.minimum(window.divide(low) / point, 1.0)),
            np.asarray(ratio * np.maximum(window.divide(high) / point, 1.0)))


def weigh_chance(count: FloatArray, other: FloatArray, *, share: float) -> FloatArray:
    """Two-sided mid-p of ``count`` out of ``count + other`` at a share; counts need not be whole.

    Examples
    --------
    Of four incidents all in one half of the time: 2 x 1/2 x (1/2)^4 = 0.0625.

    >>> weigh_chance(np.array([4.0, 2.0]), np.array([0.0, 2.0]), share=0.5).round(4).tolist()
    [0.0625, 1.0]
    """
    upper, lower = _find_tail(count, other, share), _find_tail(other, count, 1 - share)
    return np.asarray(np.minimum(1.0, 2 * np.minimum(upper, lower)))


def _find_tail(count: FloatArray, other: FloatArray, share: float) -> FloatArray:
    """Chance of more than ``count`` and half the chance of just as many."""
    reach = special.betainc(np.maximum(count, _TINY), other + 1, share)
    beyond = special.betainc(count + 1, np.maximum(other, _TINY), share)
    return np.asarray(0.5 * (np.where(count > 0, reach, 1.0) + np.where(other > 0, beyond, 0.0)))


def control_discoveries(p: FloatArray) -> FloatArray:
    """Smallest false discovery rate at which each test counts; untested ones stay NaN.

    References
    ----------
    Benjamini & Hochberg (1995), Controlling the false discovery rate.

    Examples
    --------
    >>> control_discoveries(np.array([0.01, np.nan, 0.02, 0.9])).round(3).tolist()
    [0.03, nan, 0.03, 0.9]
    """
    q = np.full(len(p), np.nan)
    tested = ~np.isnan(p)
    if tested.any():
        q[tested] = stats.false_discovery_control(p[tested], method="bh")
    return q
