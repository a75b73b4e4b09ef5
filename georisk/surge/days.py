"""One day of a party: what lies within its hours, and the water that the way takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from georisk.network import IntArray
    from layers.crs import FloatArray

OPEN_AIR = -1
HOURS = 24.0
DECIMALS = 6
_TOLERANCE = 1e-6


@dataclass(frozen=True, eq=False)
class Course:
    """One way at the pace of one profile.

    Attributes
    ----------
    way, profile : str
    km : array of shape (n + 1,)
        Along the way from the start, at the ends of segments.
    clock_h, litres : array of shape (n_seasons, n + 1)
        Hours under way, and water needed under way per person, from the start up to there.
    stretch : array of int, shape (n,)
        Location (row of all places, then stretches) of each segment.
    stop : array of int, shape (k,)
        Rows of the places with beds that do not turn the profile away.
    stop_km, access_h : array of shape (k,)
        Where one leaves the way for them, and the walk from there to the door; 0 km: in the town
        where all begin.
    open : array of bool, shape (n_seasons, k)
    walk_l_per_h, rest_l_per_h : float
        Water on the walk to the door, and at rest.
    town : int
        Location of the town; -1: its first stretch stands for it.
    """

    way: str
    profile: str
    km: FloatArray
    clock_h: FloatArray
    litres: FloatArray
    stretch: IntArray
    stop: IntArray
    stop_km: FloatArray
    access_h: FloatArray
    open: np.ndarray
    walk_l_per_h: float = 0.71
    rest_l_per_h: float = 0.125
    town: int = -1


@dataclass(frozen=True)
class NightRules:
    """Numbers that a day of the group depends on.

    Attributes
    ----------
    day_h : float
        Hours under way in a day.
    least_h : float
        Nobody stops for a bed before so many hours on the way.
    full_from : float
        Share of capacity from which a place attracts less.
    cap_l_per_day : float
        More water a day cannot be drunk.
    town_nights : int
        Nights in the town before anybody leaves.
    """

    day_h: float = 10.0
    least_h: float = 2.0
    full_from: float = 0.9
    cap_l_per_day: float = 11.4
    town_nights: int = 0


class Party(NamedTuple):
    """People who stand at one point: row of their course, km, and the place, or `OPEN_AIR`."""

    course: int
    km: float
    stop: int


class March(NamedTuple):
    """One party's day: places in reach, the farthest first; or the end of the way."""

    party: Party
    people: int
    choices: tuple[int, ...]
    end_km: float
    arrives: bool
    litres: tuple[float, ...]


def plan_day(
    course: Course, party: Party, people: int, season: int, rules: NightRules
) -> March:
    """Find what lies within the day; an end that is reached goes before any bed.

    Raises
    ------
    ValueError
        If the way back from a place takes the whole day.
    """
    clock = course.clock_h[season]
    out_h = _find_access(course, party.stop)
    begin = float(np.interp(party.km, course.km, clock))
    until = begin + rules.day_h - out_h
    if until <= begin:
        raise ValueError("the way back from a place takes the whole day: nobody gets on")
    sip = _Sip(course, season, party.km, begin, out_h, rules.cap_l_per_day)
    end_km = float(course.km[-1])
    if until >= clock[-1] - _TOLERANCE:
        return March(party, people, (), end_km, arrives=True, litres=(sip.drink(end_km, 0.0),))
    end_km = round(float(np.interp(until, clock, course.km)), DECIMALS)
    at_h = np.interp(course.stop_km, course.km, clock)
    near = (at_h >= begin + max(rules.least_h, _TOLERANCE)) & course.open[season]
    near &= (at_h + course.access_h <= until + _TOLERANCE) & (course.access_h < rules.day_h / 2)
    found = np.flatnonzero(near)
    order = found[np.lexsort((course.stop[found], -course.stop_km[found]))].tolist()
    litres = tuple(sip.drink(float(course.stop_km[n]), float(course.access_h[n])) for n in order)
    return March(party, people, tuple(order), end_km, arrives=False,
                 litres=litres or (sip.drink(end_km, 0.0),))


def plan_rest(
    course: Course, party: Party, people: int, season: int, rules: NightRules
) -> March:
    """Find the places of the town, the nearest door first; nobody walks on that day."""
    near = (course.stop_km <= party.km) & course.open[season]
    found = np.flatnonzero(near & (course.access_h < rules.day_h / 2))
    order = found[np.lexsort((course.stop[found], course.access_h[found]))].tolist()
    begin = float(np.interp(party.km, course.km, course.clock_h[season]))
    sip = _Sip(course, season, party.km, begin, 0.0, rules.cap_l_per_day)
    litres = tuple(sip.drink(party.km, float(course.access_h[n])) for n in order)
    return March(party, people, tuple(order), party.km, arrives=False,
                 litres=litres or (sip.drink(party.km, 0.0),))


@dataclass(frozen=True, eq=False)
class _Sip:
    """What a day's water depends on, but for where it ends."""

    course: Course
    season: int
    from_km: float
    begin_h: float
    out_h: float
    cap_l: float

    def drink(self, to_km: float, access_h: float) -> float:
        course = self.course
        to_h = float(np.interp(to_km, course.km, course.clock_h[self.season]))
        aside_h = self.out_h + access_h
        on_way = np.interp([self.from_km, to_km], course.km, course.litres[self.season])
        rest_h = max(HOURS - (to_h - self.begin_h) - aside_h, 0.0)
        need = float(on_way[1] - on_way[0]) + aside_h * course.walk_l_per_h
        return min(need + rest_h * course.rest_l_per_h, self.cap_l)


def _find_access(course: Course, stop: int) -> float:
    if stop == OPEN_AIR:
        return 0.0
    return float(course.access_h[np.flatnonzero(course.stop == stop)[0]])


def find_stretch(course: Course, at_km: float) -> int:
    """Location of a point of the way."""
    if at_km <= 0.0 and course.town >= 0:
        return course.town
    row = int(np.searchsorted(course.km, at_km, side="left")) - 1
    return int(course.stretch[min(max(row, 0), len(course.stretch) - 1)])
