"""Whether a difference between two times is more than chance would make.

If reports came evenly, the number of them in a time would follow its length alone. Counts vary
more than that, in clusters, so as many incidents say less: the excess is measured and taken off.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse, special, stats

from georisk.changes import Reading, key_blocks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from georisk.changes import ChangeRules, Window
    from layers.crs import FloatArray

_TINY = 1e-12


def measure_dispersion(
    now: Reading, *, block_km: float, split_years: float, min_incidents: int = 5
) -> float:
    """How many times more than chance counts vary by block: Pearson's chi2 per degree of freedom.

    At least 1. Cells with fewer than ``min_incidents`` tell nothing; a year in which more was
    reported everywhere is no dispersion, nor is a change between the two times that are compared:
    counts are held against their cell's own in either time.

    Parameters
    ----------
    split_years : float
        Age at which the earlier time ends. Where neither time by itself has two years and two
        cells, both are taken together.

    Examples
    --------
    Two cells, two years: ten in one year here, ten in the other there.

    >>> xy_km = np.repeat([[0.0, 0.0], [100.0, 0.0]], 10, axis=0)
    >>> twenty = Reading(sparse.csr_array((0, 20)), xy_km, np.ones(20), np.repeat([2020, 2021], 10))
    >>> measure_dispersion(twenty, block_km=25.0, split_years=2.0)
    20.0

    """
    later = now.age_years < split_years
    everything = np.ones(len(later), bool)
    for parts in ((later, ~later), (everything,)):
        told = [_sum_excess(now, part, block_km, min_incidents) for part in parts]
        free = sum(degrees for _, degrees in told)
        if free:
            return max(1.0, sum(excess for excess, _ in told) / free)
    return 1.0


def _sum_excess(
    now: Reading, part: NDArray[np.bool_], block_km: float, min_incidents: int
) -> tuple[float, int]:
    """Pearson's chi2 of counts by cell and year of some incidents, and its degrees of freedom."""
    keys = key_blocks(now.xy_km[part], now.year[part], block_km=block_km)
    _, cell = np.unique(keys[:, :2], axis=0, return_inverse=True)
    years, column = np.unique(keys[:, 2], return_inverse=True)
    counts = np.zeros((int(cell.max(initial=-1)) + 1, len(years)))
    np.add.at(counts, (cell.ravel(), column.ravel()), 1)
    counts = counts[counts.sum(axis=1) >= min_incidents]
    counts = counts[:, counts.sum(axis=0) > 0]
    free = max(counts.shape[0] - 1, 0) * max(counts.shape[1] - 1, 0)
    if not free:
        return 0.0, 0
    expected = counts.sum(axis=1, keepdims=True) * counts.sum(axis=0) / counts.sum()
    return float(((counts - expected) ** 2 / expected).sum()), free


@dataclass(frozen=True)
class Counts:
    """Incidents before and after the earlier day, as many whole ones as carry their information.

    Attributes
    ----------
    before, after : array of shape (k,)
        Fewer than were counted where the kernel or the decay weighs them little, or where counts
        vary more than chance (quasi-Poisson).
    blocks : integer array of shape (k,)
        Blocks of incidents in reach that matter.
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
        Of the later day; both times are read with its kernels, so like is compared with like.
    groups : sparse array of shape (k, m) or None
        Weights of the segments of each stretch.
    """
    reach = now.matrix if groups is None else (groups @ now.matrix).tocsr()
    phi = measure_dispersion(now, block_km=rules.block_km, split_years=window.after_years)
    scale = _count_equal(reach) / phi / np.maximum(reach.sum(axis=1), _TINY)
    return Counts(
        before=scale * (reach @ window.weigh_before(now.age_years)) / window.before_squared,
        after=scale * (reach @ window.weigh_after(now.age_years)) / window.after_squared,
        blocks=_count_blocks(reach, now, rules),
    )


def _count_equal(weights: sparse.csr_array) -> FloatArray:
    """How many equal weights say as much as those of each row (Kish): (sum w)^2 / sum w^2."""
    mass, squared = weights.sum(axis=1), weights.power(2).sum(axis=1)
    return np.asarray(np.divide(mass**2, squared, out=np.zeros_like(mass), where=squared > 0))


def _count_blocks(reach: sparse.csr_array, now: Reading, rules: ChangeRules) -> NDArray[np.intp]:
    """Blocks with a share of each row's reach that matters: wide kernels touch every block."""
    keys = key_blocks(now.xy_km, now.year, block_km=rules.block_km)
    blocks, label = np.unique(keys, axis=0, return_inverse=True)
    belongs = sparse.csr_array((np.ones(len(keys)), (np.arange(len(keys)), label.ravel())),
                               shape=(len(keys), len(blocks)))
    held = (reach @ belongs).tocsr()
    row = np.repeat(np.arange(held.shape[0]), np.diff(held.indptr))
    matters = held.data >= rules.block_share * reach.sum(axis=1)[row]
    return np.bincount(row[matters], minlength=held.shape[0])


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


def measure_ratios(
    counts: Counts, window: Window, rules: ChangeRules
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Later intensity over earlier one, and the ends of its interval, shape (k,) each.

    Notes
    -----
    Both days are read with the kernels of the later day's fit: a fit that chose other widths is
    no change. Where nothing was reported before, the ratio is the median of what may be.

    References
    ----------
    Brown, Cai & DasGupta (2001), Interval estimation for a binomial proportion (Jeffreys).

    Examples
    --------
    As many before as after in as long: 1, give or take.

    >>> import datetime as dt
    >>> from georisk.changes import ChangeRules, frame_window
    >>> even = frame_window(dt.date(2016, 1, 1), dt.date(2020, 1, 1), dt.date(2024, 1, 1))
    >>> twenty = Counts(np.array([20.0]), np.array([20.0]), np.array([5]))
    >>> [float(end.round(2)[0]) for end in measure_ratios(twenty, even, ChangeRules())]
    [1.0, 0.8, 1.34]
    """
    before, after = counts.before, counts.after
    low, middle, high = (
        special.betaincinv(after + 0.5, before + 0.5, level)
        for level in (rules.low, 0.5, rules.high)
    )
    total = before + after
    seen = np.divide(after, total, out=np.zeros_like(total), where=total > 0)
    ratio = window.divide(np.where(before > 0, seen, middle))
    low = window.divide(np.where(after > 0, low, 0.0))
    return ratio, np.minimum(low, ratio), np.maximum(window.divide(high), ratio)


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
