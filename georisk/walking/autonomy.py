"""A way walked with rests: how far the water carried reaches, how grave a gap is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from georisk.walking.demand import need_l_per_h
from georisk.walking.heat import HOURS
from georisk.walking.pace import WalkRules, check_flags, list_pieces, rate_hours

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from georisk.walking.pace import FlagArray
    from georisk.walking.traveller import Traveller
    from georisk.walking.when import When
    from layers.crs import FloatArray

GRADES = ("uncovered", "unsafe", "critical")
TOLERANCE_L = 1e-9
_TOLERANCE_H = 1e-9
# Longer on foot than any way on earth: a slip in the input, not a way.
_MOST_COOL_H = 100_000.0


@dataclass(frozen=True, eq=False)
class March:
    """A way walked segment after segment, with rests.

    Attributes
    ----------
    clock_h, litres : array of shape (n + 1,)
        Hours since the start, and water needed per person, at the start and at the end of each
        segment. Infinite after a segment that nobody can walk.
    days : int
        Days on which one is under way; 0 for no way at all.
    at, at_clock_h, at_litres : array of shape (k,)
        The same wherever pace or need changes; ``at`` counts segments, 2.5 is the middle of the
        third.
    """

    clock_h: FloatArray
    litres: FloatArray
    days: int
    at: FloatArray
    at_clock_h: FloatArray
    at_litres: FloatArray


def march(
    cool_h: ArrayLike,
    flags: FlagArray | None,
    hard: ArrayLike,
    traveller: Traveller,
    when: When,
    *,
    rules: WalkRules | None = None,
) -> March:
    """Walk along segments in the order of travel: ten hours a day, then rest till the next start.

    Parameters
    ----------
    cool_h : array of shape (n,)
        Hours on foot without heat, at the traveller's pace. Infinite: nobody can walk there.
    flags : array of int, shape (n, 24), optional
        Heat by the hour in that month; not read, and may be None, where no month is asked for.
    hard : array of bool, shape (n,) or one value
    when : When
        Without a month the way is one walk without heat, night or rests, as annual coverage.

    Raises
    ------
    ValueError
        If hours are negative or unknown, or shapes do not match.

    Examples
    --------
    20 cool hours from 8 in the morning under flag 1. A day: 8 to 18, ten hours; the night is
    rested.

    >>> from georisk.walking.traveller import Traveller
    >>> from georisk.walking.when import When
    >>> man = Traveller("adult_man", 1.0, 1.0, 70.0, 4.0, "men")
    >>> walk = march([10.0, 10.0], np.ones((2, 24), int), False, man, When(3, 8.0))
    >>> walk.clock_h.tolist(), walk.days
    ([0.0, 10.0, 34.0], 2)
    >>> walk.litres.round(2).tolist()  # 7.1, then 14 h rest at 0.125 L/h and 7.1
    [0.0, 7.1, 15.95]
    """
    rules = rules or WalkRules()
    hours = _check_hours(cool_h)
    heavy = np.broadcast_to(np.asarray(hard, bool), hours.shape)
    count = _count_walkable(hours)
    factor = traveller.water_factor
    if when.month is None or flags is None:
        if when.month is not None:
            raise ValueError("march: a month is asked for, so give the flags of its hours")
        need = need_l_per_h(1, heavy[:count], factor=factor, rules=rules)
        track = _Track(np.arange(count + 1.0), _cumulate(hours[:count]),
                       _cumulate(hours[:count] * need), min(count, 1))
    else:
        flags = check_flags(flags)
        if len(flags) != len(hours):
            raise ValueError(f"march: {len(hours)} segments, but flags of {len(flags)}")
        need = need_l_per_h(flags, heavy[:, None], factor=factor, rules=rules)
        pace = Pacing(rate_hours(flags, rules)[:count], need[:count], list_pieces(when, rules),
                     rules.rest_l_per_h * factor, rules.cap_l_per_day)
        track = _walk(hours[:count], pace)
    return _read_track(track, len(hours), count)


@dataclass(frozen=True, eq=False)
class Pacing:
    """Rate and need by segment or place and hour, and what a day is made of."""

    rate: FloatArray
    need: FloatArray
    pieces: list[tuple[int, float]]
    rest_l_per_h: float
    cap_l_per_day: float


@dataclass(frozen=True, eq=False)
class _Track:
    at: FloatArray
    clock_h: FloatArray
    litres: FloatArray
    days: int


def _check_hours(cool_h: ArrayLike) -> FloatArray:
    hours = np.atleast_1d(np.asarray(cool_h, float))
    if bool(np.isnan(hours).any()) or bool((hours < 0.0).any()):
        raise ValueError("march: hours of a segment are negative or unknown")
    if float(hours[np.isfinite(hours)].sum()) > _MOST_COOL_H:
        raise ValueError(f"march: more than {_MOST_COOL_H:,.0f} hours on foot is no way")
    return hours


def _count_walkable(hours: FloatArray) -> int:
    """Segments before the first that nobody can walk."""
    blocked = np.flatnonzero(np.isinf(hours))
    return int(blocked[0]) if len(blocked) else len(hours)


def _cumulate(parts: FloatArray) -> FloatArray:
    return np.concatenate([[0.0], np.cumsum(parts)])


def _walk(hours: FloatArray, pace: Pacing) -> _Track:
    """Go through segments and pieces of days at once, writing down where either changes."""
    rate, need = pace.rate.tolist(), pace.need.tolist()
    track: list[tuple[float, float, float]] = [(0.0, 0.0, 0.0)]
    clock, litres, drunk, piece, days = 0.0, 0.0, 0.0, 0, min(len(hours), 1)
    left_h = pace.pieces[0][1]
    for segment, cool in enumerate(hours.tolist()):
        done = 0.0
        while cool - done > _TOLERANCE_H:
            if left_h <= _TOLERANCE_H:
                piece += 1
                if piece == len(pace.pieces):
                    night = HOURS * days - clock
                    litres += min(night * pace.rest_l_per_h, pace.cap_l_per_day - drunk)
                    clock, days, drunk, piece = float(HOURS * days), days + 1, 0.0, 0
                    track.append((segment + done / cool, clock, litres))
                left_h = pace.pieces[piece][1]
            hour = pace.pieces[piece][0]
            speed = rate[segment][hour]
            step_h = min(left_h, (cool - done) / speed)
            sip = min(step_h * need[segment][hour], pace.cap_l_per_day - drunk)
            done, clock, left_h = done + step_h * speed, clock + step_h, left_h - step_h
            litres, drunk = litres + sip, drunk + sip
            track.append((segment + min(done / cool, 1.0), clock, litres))
        if track[-1][0] < segment + 1.0:
            track.append((segment + 1.0, clock, litres))
    at, clock_h, at_litres = np.array(track).T
    return _Track(at, clock_h, at_litres, days)


def _read_track(track: _Track, n: int, count: int) -> March:
    """Clock and water at the ends of segments: the first moment at which each is reached."""
    ends = np.arange(1.0, count + 1.0)
    # Of the entries at a segment's end the first is the arrival; later ones are rests.
    first = np.searchsorted(track.at, ends - _TOLERANCE_H, side="left")
    clock_h, litres = np.full(n + 1, np.inf), np.full(n + 1, np.inf)
    clock_h[0] = litres[0] = 0.0
    clock_h[1: count + 1], litres[1: count + 1] = track.clock_h[first], track.litres[first]
    return March(clock_h, litres, track.days, track.at, track.clock_h, track.litres)


def measure_carried_km(
    walk: March, length_km: ArrayLike, traveller: Traveller
) -> float:
    """``D_carried``: km reached before the water carried is gone; the whole way if it is not.

    Where nobody can walk the way ends.

    Examples
    --------
    5 km/h for 4 L / 0.71 L/h = 5.634 h.

    >>> from georisk.walking.traveller import Traveller
    >>> from georisk.walking.when import When
    >>> man = Traveller("adult_man", 1.0, 1.0, 70.0, 4.0, "men")
    >>> walk = march(np.full(10, 1.0), None, False, man, When())
    >>> round(measure_carried_km(walk, np.full(10, 5.0), man), 3)
    28.169
    """
    return _measure_reach_km(walk, length_km, traveller.carried_l)


def measure_critical_km(
    walk: March, length_km: ArrayLike, traveller: Traveller, *, rules: WalkRules | None = None
) -> float:
    """``D_crit``: km reached before the body lacks the critical share of its mass as well."""
    return _measure_reach_km(walk, length_km, find_critical_l(traveller, rules))


def find_critical_l(traveller: Traveller, rules: WalkRules | None = None) -> float:
    """Water carried plus the deficit beyond which walking on is critical, L."""
    rules = rules or WalkRules()
    return traveller.carried_l + rules.deficit_share * traveller.mass_kg


def _measure_reach_km(walk: March, length_km: ArrayLike, litres: float) -> float:
    km = _cumulate(np.asarray(length_km, float))
    if len(km) != len(walk.litres):
        raise ValueError(f"march: of {len(walk.litres) - 1} segments, not of {len(km) - 1}")
    after = int(np.searchsorted(walk.at_litres, litres + TOLERANCE_L, side="right"))
    if after == len(walk.at):
        at = float(walk.at[-1])
    else:
        low, high = walk.at_litres[after - 1], walk.at_litres[after]
        share = (litres - low) / (high - low)
        at = float(walk.at[after - 1] + share * (walk.at[after] - walk.at[after - 1]))
    return float(np.interp(at, np.arange(len(km)), km))


def grade_litres(
    litres: ArrayLike, traveller: Traveller, *, rules: WalkRules | None = None
) -> NDArray[np.str_]:
    """How grave it is to need so much water before the next: one of `GRADES` each.

    Exactly what is carried is ``uncovered``, not ``unsafe``; unknown or infinite is
    ``critical``.

    Examples
    --------
    >>> from georisk.walking.traveller import Traveller
    >>> man = Traveller("adult_man", 1.0, 1.0, 70.0, 4.0, "men")
    >>> grade_litres([4.0, 4.1, 7.6, float("inf")], man).tolist()
    ['uncovered', 'unsafe', 'critical', 'critical']
    """
    need = np.nan_to_num(np.asarray(litres, float), nan=np.inf, posinf=np.inf)
    cuts = np.array([traveller.carried_l, find_critical_l(traveller, rules)]) + TOLERANCE_L
    graded: NDArray[np.str_] = np.array(GRADES)[np.searchsorted(cuts, need, side="left")]
    return graded
