"""A study as a group on the move meets it: courses, places with beds, stretches between."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from georisk.capacity.needs import read_sphere
from georisk.capacity.room import count_room, measure_served
from georisk.surge.amounts import count_noun
from georisk.surge.attraction import split_people
from georisk.surge.courses import Days, Roads, make_course
from georisk.surge.days import NightRules
from georisk.surge.journeys import (
    drop_unreached,
    join_ways,
    keep_notes,
    list_chains,
    list_towns,
)
from georisk.surge.locations import add_town, describe_locations, name_stretches
from georisk.surge.passing import find_ground, judge_open, list_stops
from georisk.surge.shares import share_chains
from georisk.surge.ways import list_tracks
from georisk.towns import find_town
from georisk.travel import TERRAIN_OF_MODE
from georisk.walking.demand import find_hard
from georisk.walking.rules import read_walk_rules
from georisk.walking.traveller import read_traveller
from georisk.walking.when import When

if TYPE_CHECKING:
    import pandas as pd

    from georisk.network import IntArray
    from georisk.parameters import Parameters
    from georisk.study import Study
    from georisk.surge.days import Course
    from georisk.surge.group import Group
    from georisk.surge.journeys import Chain, Journey
    from georisk.surge.passing import Ground
    from layers.crs import FloatArray

_M_PER_KM = 1000.0
_WORD = re.compile(r"[^\s,:]+")


@dataclass(frozen=True, eq=False)
class Scene:
    """Everything that the nights are worked out from.

    Attributes
    ----------
    locations : DataFrame
        A row a location, places first: ``location_id kind name near country admin1 lon lat``.
    beds, taken, water_l : array of shape (n_places,)
        Beds, those in use, and free water in L/day; NaN where unknown.
    people : tuple of int
        Of each course.
    seasons : tuple of int
        For each day.
    towns : DataFrame
        Towns ahead on each way: ``way town km``.
    """

    ways: tuple[Journey, ...]
    courses: tuple[Course, ...]
    people: tuple[int, ...]
    locations: pd.DataFrame
    beds: FloatArray
    taken: FloatArray
    water_l: FloatArray
    seasons: tuple[int, ...]
    rules: NightRules
    town: str
    notes: tuple[str, ...]
    synthetic: bool
    towns: pd.DataFrame


def build_scene(study: Study, group: Group) -> Scene:
    """Gather what a group meets on its ways.

    Raises
    ------
    CallError
        If the town, a corridor or a profile is not known, or nobody can pass.
    """
    town, chains, notes = choose_ways(study, group)
    roads = read_roads(study, group.mode)
    ways, shares, way_notes = share_ways_out(study, group, chains, roads)
    parameters = study.parameters
    ground = find_ground(
        study.layer("along").frame, study.value("facilities"), ways, sign=group.sign,
        town_km=parameters.value("surge.town_km") if group.nights else 0.0)
    stretch_of, stretches = name_stretches(study.value("lines"), ways, len(ground.offering))
    locations = describe_locations(ground.offering, stretches, study)
    if group.nights:
        ground = replace(ground, town=len(locations))
        locations = add_town(locations, town, ways[0].parts[0].spot[0], study)
    months = sorted({(group.start + dt.timedelta(days=n)).month for n in range(group.days)})
    seasons = [When(month, group.start_hour) for month in months]
    courses, open_notes = _make_courses(study, group, ways, ground, (roads, stretch_of, seasons))
    weights = [share * group.mix[profile] for share in shares for profile in sorted(group.mix)]
    beds, taken, water_l, room_notes = _count_beds(study, ground.offering)
    dates = [group.start + dt.timedelta(days=n) for n in range(group.days)]
    return Scene(
        ways, courses, tuple(split_people(group.people, weights)), locations, beds, taken, water_l,
        tuple(months.index(date.month) for date in dates), read_rules(parameters, group.nights),
        town, (*notes, *way_notes, *room_notes, *open_notes, *_tell_heat(study, ways, months),
               *_tell_network(study, ground.offering)),
        _is_synthetic(study, ground.offering),
        list_towns(study.layer("along").frame, ways, sign=group.sign),
    )


def _tell_network(study: Study, offering: pd.DataFrame) -> tuple[str, ...]:
    """What the network had to assume of the ground, and of places that this group may meet."""
    every, mine = set(study.value("facilities").index), set(offering.index)
    told = [note for step in ("network", "travel") for note in study.made(step).warnings]
    named = [every & set(_WORD.findall(note)) for note in told]
    return tuple(note for note, ids in zip(told, named, strict=True) if not ids or ids & mine)


def choose_ways(study: Study, group: Group) -> tuple[str, tuple[Chain, ...], tuple[str, ...]]:
    """The town, all that leads on from it, and what a reader must be told."""
    along, lines = study.layer("along").frame, study.value("lines")
    town = find_town(along, group.town, option="--from")
    to = find_town(along, group.to, option="--to") if group.to else ""
    tracks = list_tracks(along, lines, study.settings().corridors, sign=group.sign)
    chains, notes = list_chains(along, tracks, town, sign=group.sign, chosen=group.corridors,
                                to=to)
    return town, chains, notes


def share_ways_out(
    study: Study, group: Group, chains: tuple[Chain, ...], roads: Roads
) -> tuple[tuple[Journey, ...], list[float], tuple[str, ...]]:
    """Ways of a group as far as somebody gets, their shares, and how these came about."""
    shares, told = share_chains(study, group, chains)
    fastest = max(read_traveller(study.parameters, name).speed_factor for name in group.mix)
    hours = np.where(roads.walked[:, None], roads.hours * roads.reference_speed / fastest,
                     roads.hours)
    limit_h = (group.days - group.nights) * study.parameters.value("work.max_walk_h")
    kept, shares = drop_unreached(chains, shares, hours, limit_h)
    # Sorted as courses are: by the joined name.
    joined = sorted(zip(map(join_ways, kept), shares, strict=True), key=lambda it: it[0].name)
    return (tuple(way for way, _ in joined), [share for _, share in joined],
            keep_notes(told, kept))


def read_rules(parameters: Parameters, town_nights: int) -> NightRules:
    """Rules of a day as parameters have them."""
    return NightRules(day_h=parameters.value("work.max_walk_h"),
                      least_h=parameters.value("surge.least_h"),
                      full_from=parameters.value("surge.full_from"),
                      cap_l_per_day=parameters.value("demand.cap_l_per_day"),
                      town_nights=town_nights)


def _make_courses(
    study: Study, group: Group, ways: tuple[Journey, ...], ground: Ground,
    base: tuple[Roads, IntArray, list[When]],
) -> tuple[tuple[Course, ...], tuple[str, ...]]:
    """Courses sorted by way and profile; and what is not known of opening."""
    roads, stretch_of, seasons = base
    days = Days(tuple(seasons), read_walk_rules(study.parameters))
    is_open, unknown = judge_open(ground.offering, seasons)
    courses = []
    for n, way in enumerate(ways):
        for profile in sorted(group.mix):
            traveller = read_traveller(study.parameters, profile)
            stops = list_stops(ground, n, traveller.group, is_open)
            courses.append(make_course(way, traveller, roads, stops, stretch_of, days=days))
    note = (f"months or hours are not known at {unknown} of "
            f"{count_noun(len(ground.offering), 'place')}: counted as open")
    return tuple(courses), (note,) if unknown else ()


def read_roads(study: Study, mode: str) -> Roads:
    """Hours, ground and heat of every segment of a study."""
    travel, lines = study.value("travel")[0], study.value("lines")
    routes, parameters = study.layer("routes").frame, study.parameters
    leg, how = lines["leg_id"].to_numpy(), lines["mode"].to_numpy()
    rise_m = np.bincount(travel.network.segment, travel.network.rise_m, len(lines))
    slope = rise_m / (lines["length_km"].to_numpy(float) * _M_PER_KM)
    ground = routes["terrain"].fillna(routes["mode"].map(TERRAIN_OF_MODE))
    factor = ground.map(parameters.section("terrain")).fillna(1.0).astype(float)
    cost = factor.reindex(leg).to_numpy(float)
    on_foot = mode == "foot"
    profile = study.config.reference.profile
    return Roads(
        leg, travel.segment_walk_h if on_foot else travel.segment_mode_h,
        how != "boat" if on_foot else how == "foot", study.value("hourly_heat"),
        find_hard(np.column_stack([slope, -slope]), cost[:, None], read_walk_rules(parameters)),
        float(parameters.value(f"profile.{profile}.speed_factor")),
        float(parameters.value("walk.off_path_factor")),
    )


def _count_beds(
    study: Study, offering: pd.DataFrame
) -> tuple[FloatArray, FloatArray, FloatArray, tuple[str, ...]]:
    """Beds, those in use, free water; and what is not known of them."""
    sphere = read_sphere(study.parameters)
    beds = count_room(offering, "shelter", sphere).amount
    activity = study.layer("activity").frame if "activity" in study.config.layers else None
    served = measure_served(activity, offering.index, "shelter", as_of=study.as_of)
    taken = np.nan_to_num(served, nan=0.0)
    gives = np.array(["water" in items for items in offering["services"]], bool)
    water_l = count_room(offering, "water", sphere).amount - taken * sphere.water_l
    water_l = np.where(gives, np.maximum(water_l, 0.0), 0.0)
    notes = []
    if np.isnan(beds).any():
        count = int(np.isnan(beds).sum())
        notes.append("no place on the way states its beds: every bed is unverified"
                     if count == len(beds) else
                     f"beds are not stated at {count} of {count_noun(len(beds), 'place')}: counted "
                     "as none, and as without limit (unverified)")
    if len(served) and np.isnan(served).any():
        notes.append(f"usual occupancy is not known at {int(np.isnan(served).sum())} of "
                     f"{count_noun(len(served), 'place')}: their beds count as free")
    if not len(beds):
        notes.append("no place on these ways offers a bed")
    return beds, taken, water_l, tuple(notes)


def _tell_heat(study: Study, ways: tuple[Journey, ...], months: list[int]) -> tuple[str, ...]:
    rows = np.unique(np.concatenate([way.row for way in ways]))
    flags = study.value("hourly_heat")[np.ix_(rows, np.array(months) - 1)]
    unknown = float((flags == 0).any(axis=(1, 2)).mean())
    if not unknown:
        return ()
    return (f"heat is not known on {unknown:.0%} of the way: no slow-down is counted there",)


def _is_synthetic(study: Study, offering: pd.DataFrame) -> bool:
    frames: list[Any] = [offering, study.layer("routes").frame]
    frames += [study.layer(name).frame for name in ("flows", "activity")
               if name in study.config.layers]
    return any("synthetic" in frame and bool(frame["synthetic"].fillna(value=False).any())
               for frame in frames)
