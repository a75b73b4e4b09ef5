"""Scores of one forecast against the events that came: pure functions on cells.

Everywhere: ``mass`` (m,) is the forecast number of events per cell, above 0 and finite;
``area_km2`` (m,) the cells' areas; ``cells`` (n,) the index of the cell of each event.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import cKDTree

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from georisk.validation.record import Record
    from layers.crs import FloatArray

    Cells = NDArray[np.intp]

SHARES = (0.01, 0.05, 0.10, 0.20)
BINS = 10
_TIE_DECIMALS = 10


def measure_bits(mass: FloatArray, area_km2: FloatArray, cells: Cells) -> FloatArray:
    """Information gain of each event over a uniform forecast, bits; the mean is the score.

    Returns
    -------
    array of shape (n,)
        log2 of forecast density over uniform density in the cell of the event.

    Examples
    --------
    Three quarters of the mass on half of the area: log2(1.5) there, log2(0.5) elsewhere.

    >>> import numpy as np
    >>> measure_bits(np.array([3.0, 1.0]), np.ones(2), np.array([0, 1])).round(4).tolist()
    [0.585, -1.0]
    """
    gain = np.log2(mass / mass.sum()) - np.log2(area_km2 / area_km2.sum())
    return np.asarray(gain[cells])


def rank_cells(mass: FloatArray, area_km2: FloatArray, *, seed: int) -> Cells:
    """Order cells by density, densest first; ties are broken by seeded noise.

    Densities closer than one part in 10^10 are ties: rounding must not rank an even forecast.

    Examples
    --------
    >>> import numpy as np
    >>> rank_cells(np.array([1.0, 4.0, 3.0]), np.array([1.0, 1.0, 0.5]), seed=1).tolist()
    [2, 1, 0]
    """
    density: FloatArray = np.log(mass / area_km2)
    return rank_values(density.round(_TIE_DECIMALS), seed=seed)


def rank_values(values: FloatArray, *, seed: int) -> Cells:
    """Order cells by any value, highest first; unknown (NaN) last; ties by seeded noise.

    Examples
    --------
    >>> import numpy as np
    >>> rank_values(np.array([1.0, np.nan, 3.0]), seed=1).tolist()
    [2, 0, 1]
    """
    known = np.where(np.isnan(values), -np.inf, values)
    noise = np.random.default_rng(seed).random(len(values))
    return np.lexsort((noise, -known))


def weigh_hits(order: Cells, area_km2: FloatArray, cells: Cells, *, share: float) -> FloatArray:
    """How far each event lies in the densest ``share`` of the area; the mean is the hit rate.

    Parameters
    ----------
    order : array of shape (m,)
        From `rank_cells`.

    Returns
    -------
    array of shape (n,)
        1 inside, 0 outside; in the one cell that the limit cuts, the part of it inside.

    Examples
    --------
    The top quarter of the area is the first cell and half of the second.

    >>> import numpy as np
    >>> order, cells = np.array([1, 0, 2, 3, 4, 5]), np.array([1, 0, 5])
    >>> weigh_hits(order, np.ones(6), cells, share=0.25).tolist()
    [1.0, 0.5, 0.0]
    """
    ranked_km2 = area_km2[order]
    before_km2 = np.cumsum(ranked_km2) - ranked_km2
    inside = np.empty(len(order))
    inside[order] = np.clip((share * area_km2.sum() - before_km2) / ranked_km2, 0.0, 1.0)
    return np.asarray(inside[cells])


def find_best_hit(area_km2: FloatArray, cells: Cells, *, share: float) -> float:
    """Best hit rate that ``share`` of the area could have had, knowing the events; 0 with none.

    The hit rate over it is the PEI.

    References
    ----------
    Hunt (2016), Do crime hot spots move? White, Hunt & Green (2023) on its flaws.

    Examples
    --------
    Four events in two of four cells: a quarter of the area could catch three of them.

    >>> import numpy as np
    >>> find_best_hit(np.ones(4), np.array([0, 0, 0, 1]), share=0.25)
    0.75
    """
    if len(cells) == 0:
        return 0.0
    count = np.bincount(cells, minlength=len(area_km2))
    best = np.lexsort((np.arange(len(count)), -count / area_km2))
    return float(weigh_hits(best, area_km2, cells, share=share).mean())


def measure_depth(order: Cells, area_km2: FloatArray, cells: Cells) -> FloatArray:
    """Share of the area ranked above each event; 1 minus the mean is the AUC (0.5 is chance).

    Examples
    --------
    >>> import numpy as np
    >>> measure_depth(np.array([2, 0, 1, 3]), np.ones(4), np.array([2, 3])).tolist()
    [0.125, 0.875]
    """
    ranked_km2 = area_km2[order]
    middle = np.empty(len(order))
    middle[order] = (np.cumsum(ranked_km2) - ranked_km2 / 2) / area_km2.sum()
    return np.asarray(middle[cells])


def bin_masses(
    mass: FloatArray, order: Cells, cells: Cells, *, bins: int = BINS
) -> FloatArray:
    """Count events in bins of equal forecast mass, densest cells first.

    A cell that straddles bins gives each its part of the mass, and of its events.

    Returns
    -------
    array of shape (bins,)
        Events, fractions included; they sum to n. Of a true forecast each is near n / bins.

    Examples
    --------
    The first cell holds the mass of one bin and half of the next.

    >>> import numpy as np
    >>> mass = np.array([3.0, 1.0, 4.0])
    >>> bin_masses(mass, np.array([0, 1, 2]), np.array([0, 0, 0, 2]), bins=4).tolist()
    [2.0, 1.0, 0.5, 0.5]
    """
    ranked = mass[order] / mass.sum() * bins
    top = np.cumsum(ranked)
    count = np.bincount(cells, minlength=len(mass))[order]
    full = count > 0
    low, high, events = (top - ranked)[full], top[full], count[full]
    edge = np.arange(bins)[:, None]
    part = np.clip(np.minimum(high, edge + 1) - np.maximum(low, edge), 0.0, None)
    # A mass too small to move the sum, or beyond the last edge by rounding, lies at one point.
    point = part.sum(axis=0) <= 0
    part[np.clip(low[point], 0, bins - 1).astype(np.intp), np.flatnonzero(point)] = 1.0
    return np.asarray((part / part.sum(axis=0) * events).sum(axis=1))


def measure_deviation(binned: FloatArray) -> float | None:
    """Largest deviation of a bin's share of events from even; None without events.

    Examples
    --------
    >>> import numpy as np
    >>> measure_deviation(np.array([2.0, 1.0, 0.5, 0.5]))
    0.25
    """
    total = float(binned.sum())
    if total <= 0:
        return None
    return float(np.abs(binned / total - 1.0 / len(binned)).max())


def find_novel(record: Record, events: Cells, *, radius_km: float) -> NDArray[np.bool_]:
    """Mark events farther than ``radius_km`` from every incident of an earlier day.

    Parameters
    ----------
    record : Record
        All incidents, in the domain or not.
    events : array of shape (n,)
        Which of them are the events, by index.

    Examples
    --------
    >>> import numpy as np
    >>> from georisk.validation.record import Record
    >>> xy, day = np.array([[0.0, 0.0], [0, 10], [0, 10.5]]), np.array(
    ...     ["2019-01-01", "2019-01-02", "2019-01-02"], "datetime64[D]")
    >>> record = Record(xy, np.ones(3), day, np.full(3, "acc", object))
    >>> find_novel(record, np.arange(3), radius_km=10.0).tolist()
    [True, False, True]
    """
    if len(events) == 0:
        return np.zeros(0, bool)
    near = cKDTree(record.xy_km).query_ball_point(record.xy_km[events], radius_km + 1e-9)
    first = [record.day[np.asarray(group, np.intp)].min() for group in near]
    return np.asarray(first, "datetime64[D]") >= record.day[events]
