"""How well a place is watched, and what would be reported were all watched alike.

Reports come from offices and newsrooms, and these sit in towns: the distance to a town of 50,000
is the detection part of a fit. It cannot be told apart from how many people pass near towns. So
what is made of it here is a scenario, no estimate of what goes unreported.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from georisk.fitting.design import VARYING, replace_condition

if TYPE_CHECKING:
    from collections.abc import Sequence

    from georisk.fitting.stack import Ground, Stack
    from georisk.incidents import Points
    from layers.crs import FloatArray

DETECTION = "town"
WITHIN_KM = 50.0
WITHIN_YEARS = 3.0
_NEVER = 1e-9


def count_source_years(
    at_km: FloatArray, points: Points, sources: Sequence[tuple[str, ...]], *,
    radius_km: float = WITHIN_KM, years: float = WITHIN_YEARS,
) -> FloatArray:
    """Count the sources that reported near each place in each of the last years.

    Parameters
    ----------
    at_km : array of shape (m, 2)
        Places, km in the metric CRS.
    points : Points
        n incidents, none later than the day of the analysis.
    sources : sequence of tuple of str, length n
        From `georisk.incidents.split_sources`.
    radius_km, years : float
        Bounds included, as in the rules of evidence.

    Returns
    -------
    array of shape (m,)
        Whole numbers: a source counts once for each year before the day of the analysis in
        which it reported. 0: nobody reports from there.

    Examples
    --------
    One source twice in the last year and once the year before, another 60 km away:

    >>> from georisk.incidents import Points
    >>> spots = np.array([[0.0, 0], [1, 0], [2, 0], [60, 0]])
    >>> points = Points(spots, np.ones(4), np.array([0.1, 0.9, 1.5, 0.1]), np.ones(4))
    >>> names = [("clinic",), ("clinic",), ("clinic",), ("press",)]
    >>> count_source_years(np.array([[0.0, 0.0], [30, 0], [200, 0]]), points, names).tolist()
    [2.0, 3.0, 0.0]
    """
    from georisk.kernels.vicinity import count_kinds

    recent = np.flatnonzero(points.age_years <= years)
    year = np.maximum(np.ceil(points.age_years[recent]) - 1, 0).astype(np.intp)
    names = [sources[i] for i in recent.tolist()]
    start = np.cumsum([0, *map(len, names)])
    number, _ = pd.factorize(np.array([one for some in names for one in some], object))
    kind = number * (int(year.max(initial=0)) + 1) + np.repeat(year, np.diff(start))
    return count_kinds(at_km, points.xy_km[recent], radius_km, (start, kind)).astype(float)


def equalise_detection(
    stack: Stack, ground: Ground, corridor: pd.Series, *, xy_km: FloatArray, region_km: float,
    quantile: float,
) -> FloatArray | None:
    """Times what is reported, had every segment the detection of the best of its corridor.

    Parameters
    ----------
    stack, ground : Stack, Ground
        Fitted on m segments.
    corridor : Series of str, m rows
        Owning corridor; legs without one are compared with all segments.
    xy_km, region_km
        As the ground was laid out with.
    quantile : float
        Share of a corridor's length that is watched no better: 0.75 is where the best quarter
        begins.

    Returns
    -------
    array of shape (m,) or None
        The effect of the distance to a town at that quantile over the effect at the segment's
        own distance, all else as fitted. 1 where the segment is watched as well or better, and
        where the fit has fewer reports nearer to towns: watching better hides nothing. NaN where
        the distance is unknown. None where the ground knows no towns.
    """
    if DETECTION not in ground.values:
        return None
    values = ground.values[DETECTION].to_numpy(float)
    target = find_targets(values, corridor, stack.place.size, quantile=quantile)
    belongs = np.array(ground.design.factor, dtype=object) == DETECTION
    if not belongs.any():
        return np.where(np.isfinite(values), 1.0, np.nan)
    moved = replace_condition(values, np.minimum(values, target), varying=DETECTION in VARYING,
                              xy_km=xy_km, size=stack.place.size, region_km=region_km)
    change = (moved - ground.design.columns[:, belongs]) @ stack.place.coefficients[belongs]
    times = np.where(np.isfinite(values), np.exp(np.maximum(change, 0.0)), np.nan)
    return np.asarray(times)


def find_targets(
    away: FloatArray, corridor: pd.Series, length_km: FloatArray, *, quantile: float
) -> FloatArray:
    """Distance within which the best-watched share of each segment's corridor lies.

    Parameters
    ----------
    away : array of shape (m,)
        Distance to who reports, on any scale; NaN where unknown.
    corridor : Series of str, m rows
        Empty or missing: compared with all segments.

    Examples
    --------
    Four segments of one length: the best quarter of the corridor begins at 2.

    >>> find_targets(np.array([9.0, 2, 5, 7]), pd.Series(["a"] * 4), np.ones(4), quantile=0.75)
    array([2., 2., 2., 2.])
    """
    names = corridor.fillna("").to_numpy(object)
    target = np.full(len(away), _find_quantile(away, length_km, 1 - quantile))
    for name in sorted(set(names.tolist()) - {""}):
        mine = names == name
        target[mine] = _find_quantile(away[mine], length_km[mine], 1 - quantile)
    return target


def _find_quantile(values: FloatArray, weight: FloatArray, share: float) -> float:
    """Least value that at least this share of the weight does not exceed; NaN if none is known."""
    known = np.isfinite(values)
    if not known.any():
        return float("nan")
    order = np.argsort(values[known], kind="stable")
    along = np.cumsum(weight[known][order])
    at = int(np.searchsorted(along, share * along[-1] * (1 - _NEVER)))
    return float(values[known][order][at])


def tell_detection(times: FloatArray | None) -> tuple[str, ...]:
    """What a reader must be told where there is no scenario."""
    if times is not None:
        return ()
    return ("equal detection: no towns are known, so this scenario is left out",)
