"""Who walks through a gap, when, on what ground: what it takes from its entry to the next place."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from georisk.walking.autonomy import (
    TOLERANCE_L,
    March,
    grade_litres,
    march,
    measure_carried_km,
)
from georisk.walking.pace import WalkRules
from georisk.walking.when import When

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from georisk.gaps.spread import Spread
    from georisk.network import BoolArray, IntArray
    from georisk.walking.traveller import Traveller
    from layers.crs import FloatArray

_TOLERANCE_H = 1e-9


@dataclass(frozen=True, eq=False)
class Walker:
    """A traveller in a month, on the segments of a study.

    Attributes
    ----------
    traveller : Traveller
    when : When
    rules : WalkRules
    flags : array of int, shape (n_segments, 24), or None
        Heat by the hour in that month; None for the whole year.
    rate : array of shape (n_segments,), or None
        Share of the cool pace in the hours of the travel.
    hard : array of bool, shape (n_segments, 2), or None
        Where walking is hard work, forward and backward; None is nowhere.
    spread : Spread or None
        How uncertain the hours are; None: not told.
    ground_km : array of shape (n_segments,), or None
        Way on the ground, by the stated length of legs; None: distances are not told.
    """

    traveller: Traveller
    when: When = field(default_factory=When)
    rules: WalkRules = field(default_factory=WalkRules)
    flags: NDArray[np.integer] | None = None
    rate: FloatArray | None = None
    hard: BoolArray | None = None
    spread: Spread | None = None
    ground_km: FloatArray | None = None


@dataclass(frozen=True)
class Need:
    """What a way takes; NaN where nobody can walk it.

    Attributes
    ----------
    litres : float
        Water per person from the entry of the gap to the next place, where there is one, else
        to the end of the gap.
    carried_km : float
        Way from the entry on which the water carried is gone, ``D_carried``; NaN where it lasts
        to the next place.
    days : float
        Days on which one is under way inside the gap.
    severity : str
    """

    litres: float
    carried_km: float
    days: float
    severity: str


def measure_need(
    walker: Walker, rows: IntArray, side: IntArray, hours: FloatArray, *, inside: int,
    next_h: float,
) -> Need:
    """Walk from the entry of a gap in water to the next place, and grade it.

    The way to the place is taken to follow the corridor: its segments lend climate and ground
    for as many hours as the place is away. Beyond the corridor's end the last one does.

    Parameters
    ----------
    rows, side : array of int, shape (n,)
        Segments of the corridor from the gap's entry on; 0 forward along the segment, 1 backward.
    hours : array of shape (n,)
        Through each, as the travel has them; infinite where nobody can walk.
    inside : int
        How many of them are the gap.
    next_h : float
        To the next place; NaN where there is none.
    """
    unreachable = not np.isfinite(next_h)
    through_h = hours[:inside].sum()
    if unreachable and not np.isfinite(through_h):
        return Need(np.nan, np.nan, count_days(float(through_h)), "critical")
    taken, step = _cut(hours, through_h if unreachable else next_h)
    at = rows[step]
    rate = 1.0 if walker.rate is None else walker.rate[at]
    hard = False if walker.hard is None else walker.hard[at, side[step]]
    walk = march(taken * rate, None if walker.flags is None else walker.flags[at], hard,
                 walker.traveller, walker.when, rules=walker.rules)
    litres = float(walk.litres[-1])
    grade = "critical" if unreachable else str(
        grade_litres([litres], walker.traveller, rules=walker.rules)[0])
    share = taken / np.where(np.isfinite(hours[step]), np.maximum(hours[step], 1e-12), np.inf)
    return Need(litres, _measure_carried(walker, walk, at, share),
                count_days(float(through_h), walker.rules), grade)


def _cut(hours: FloatArray, target_h: float) -> tuple[FloatArray, IntArray]:
    """Hours on each segment passed in so many hours, and which it is.

    The last one is passed in part; beyond the end it is gone through once more, for as long as
    it takes.

    Examples
    --------
    >>> hours, step = _cut(np.array([2.0, 2.0, 2.0]), 3.0)
    >>> hours.tolist(), step.tolist()
    ([2.0, 1.0], [0, 1])
    >>> hours, step = _cut(np.array([2.0, 2.0]), 9.0)
    >>> hours.tolist(), step.tolist()
    ([2.0, 2.0, 5.0], [0, 1, 1])
    """
    ends = np.cumsum(hours)
    count = int(np.searchsorted(ends, target_h - _TOLERANCE_H))
    before = float(ends[count - 1]) if count else 0.0
    taken = np.append(hours[:count], max(target_h - before, 0.0))
    return taken, np.minimum(np.arange(count + 1), len(hours) - 1)


def _measure_carried(
    walker: Walker, walk: March, rows: IntArray, share: FloatArray
) -> float:
    if walker.ground_km is None or walk.litres[-1] <= walker.traveller.carried_l + TOLERANCE_L:
        return np.nan
    return measure_carried_km(walk, walker.ground_km[rows] * share, walker.traveller)


def count_days(hours: float, rules: WalkRules | None = None) -> float:
    """Days that a walk takes at so many hours a day; NaN where nobody can walk.

    Examples
    --------
    >>> count_days(10.0), count_days(10.5)
    (1.0, 2.0)
    """
    most_h = (rules or WalkRules()).max_walk_h
    return float(np.ceil(hours / most_h - _TOLERANCE_H)) if np.isfinite(hours) else np.nan


def measure_reach_km(hours: FloatArray, ground_km: FloatArray, within_h: float) -> float:
    """Way made in so many hours; at most to the end of the way, or to where nobody can walk.

    Examples
    --------
    >>> measure_reach_km(np.array([2.0, 4.0]), np.array([10.0, 10.0]), 3.0)
    12.5
    >>> measure_reach_km(np.array([2.0, np.inf]), np.array([10.0, 10.0]), 3.0)
    10.0
    """
    count = int(np.isfinite(np.cumsum(hours)).sum())
    ends_h, ends_km = (np.append(0.0, np.cumsum(part[:count])) for part in (hours, ground_km))
    return float(np.interp(within_h, ends_h, ends_km))
