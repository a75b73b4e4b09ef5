"""A way at somebody's pace, month by month: hours and water up to every point of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from georisk.surge.days import Course
from georisk.travel import walk_speed_kmh
from georisk.walking.demand import need_l_per_h
from georisk.walking.pace import list_pieces, rate_day
from layers.errors import CallError

if TYPE_CHECKING:
    from georisk.network import BoolArray, IntArray
    from georisk.surge.journeys import Journey
    from georisk.walking.pace import WalkRules
    from georisk.walking.traveller import Traveller
    from georisk.walking.when import When
    from layers.crs import FloatArray


@dataclass(frozen=True, eq=False)
class Roads:
    """What all ways and profiles share, a row a segment.

    Attributes
    ----------
    leg : array of str
    hours : array of shape (n_segments, 2)
        At the pace of the reference profile, as drawn and against it; infinite: nobody passes.
    walked : array of bool
        On foot; else ridden, and neither profile nor heat slows it.
    flags : array of int, shape (n_segments, 12, 24)
    hard : array of bool, shape (n_segments, 2)
    reference_speed : float
        Speed factor behind ``hours``.
    off_path_factor : float
        Times walking speed between a way and a place.
    """

    leg: np.ndarray
    hours: FloatArray
    walked: BoolArray
    flags: IntArray
    hard: BoolArray
    reference_speed: float
    off_path_factor: float


@dataclass(frozen=True, eq=False)
class Stops:
    """Places with beds along one way, a row a place.

    Attributes
    ----------
    stop : array of int
        Rows of all places.
    km, access_km : array
        From the start of the way, and off it.
    open : array of bool, shape (n_seasons, n_stops)
        Not known to be shut that month.
    town : int
        Location of the town.
    """

    stop: IntArray
    km: FloatArray
    access_km: FloatArray
    open: BoolArray
    town: int = -1


@dataclass(frozen=True, eq=False)
class Days:
    """When people walk: months that the days fall in, and the rules of a walking day."""

    seasons: tuple[When, ...]
    rules: WalkRules


def make_course(
    way: Journey, traveller: Traveller, roads: Roads, stops: Stops, stretch_of: IntArray, *,
    days: Days,
) -> Course:
    """Put a profile's pace, heat and need of water on a way.

    Parameters
    ----------
    stops : Stops
        Those that do not turn the profile away.
    stretch_of : array of int, shape (n_segments,)
        Location of each segment.

    Raises
    ------
    CallError
        If nobody can pass a leg on foot, or at all.
    """
    base, rules = roads.hours[way.row, way.side], days.rules
    blocked = np.flatnonzero(~np.isfinite(base))
    if len(blocked):
        raise CallError(f"{way.name}: nobody passes {roads.leg[way.row[blocked[0]]]} that way: "
                        "choose other corridors (--corridor) or ride (--mode mode)")
    walked = roads.walked[way.row]
    cool = np.where(walked, base * roads.reference_speed / traveller.speed_factor, base)
    clock, litres = [], []
    for when in days.seasons:
        hours, need = _slow_down(way, traveller, roads, when, rules)
        step = np.where(walked, cool / hours, cool)
        drunk = step * np.where(walked, need, rules.rest_l_per_h * traveller.water_factor)
        clock.append(np.concatenate([[0.0], np.cumsum(step)]))
        litres.append(np.concatenate([[0.0], np.cumsum(drunk)]))
    speed_kmh = float(walk_speed_kmh(0.0)) * traveller.speed_factor * roads.off_path_factor
    return Course(
        way.name, traveller.profile, way.km, np.array(clock), np.array(litres),
        stretch_of[way.row], stops.stop, stops.km, stops.access_km / speed_kmh,
        stops.open,
        walk_l_per_h=float(need_l_per_h(1, False, factor=traveller.water_factor,  # noqa: FBT003
                                        rules=rules)),
        rest_l_per_h=rules.rest_l_per_h * traveller.water_factor, town=stops.town,
    )


def _slow_down(
    way: Journey, traveller: Traveller, roads: Roads, when: When, rules: WalkRules
) -> tuple[FloatArray, FloatArray]:
    """Mean speed as a share of the cool day's, and mean need in L/h, over the walking day."""
    month = 0 if when.month is None else when.month - 1
    flags, hard = roads.flags[way.row, month], roads.hard[way.row, way.side]
    need = need_l_per_h(flags, hard[:, None], factor=traveller.water_factor, rules=rules)
    pieces = list_pieces(when, rules)
    span = np.array([length for _, length in pieces])
    mean = need[:, [hour for hour, _ in pieces]] @ span / span.sum()
    return rate_day(flags, when, rules), np.asarray(mean, float)
