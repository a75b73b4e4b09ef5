"""What an OpenStreetMap way is to somebody who walks or drives it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

KEYS = ("highway", "railway", "route")
_MOTOR_ONLY = frozenset({"motorway", "motorway_link"})
_DRIVEN = _MOTOR_ONLY | {
    "trunk", "trunk_link", "primary", "primary_link", "secondary", "secondary_link", "tertiary",
    "tertiary_link", "unclassified", "residential", "living_street", "service", "road", "track",
}
_WALKED_ONLY = frozenset({"footway", "path", "pedestrian", "steps", "bridleway", "cycleway"})
_UNMADE = frozenset({"track", "path", "bridleway"})
_SAND = frozenset({"sand"})
_SWAMP = frozenset({"mud", "swamp"})
_DIRT = frozenset({
    "unpaved", "ground", "dirt", "earth", "grass", "gravel", "fine_gravel", "pebblestone",
    "compacted", "rock", "stone", "clay", "woodchips", "shells",
})
_NO = frozenset({"no", "private"})
_YES = frozenset({"yes", "designated", "permissive", "official", "destination"})
_ONEWAY = frozenset({"yes", "true", "1", "-1", "reverse"})
_VALUE = re.compile(r"[a-z0-9_:-]{1,40}")
_SPEED = re.compile(r"(\d{1,3})(?: ?(km/h|kmh|mph))?")
_KMH_PER_MPH = 1.609344
_MAX_SPEED_KMH = 200


@dataclass(frozen=True)
class Road:
    """What a way is.

    Attributes
    ----------
    road_class, terrain, surface : str
    walkable, drivable, ford : bool
    max_speed_kmh : float or None
    """

    road_class: str
    terrain: str
    surface: str
    walkable: bool
    drivable: bool
    ford: bool
    max_speed_kmh: float | None


def judge_road(tags: Mapping[str, str]) -> Road | None:
    """Read the tags of a way; None if nobody travels on it.

    Examples
    --------
    >>> road = judge_road({"highway": "track", "maxspeed": "20 mph"})
    >>> road.terrain, road.walkable, round(road.max_speed_kmh, 1)
    ('dirt', True, 32.2)
    >>> judge_road({"highway": "motorway"}).walkable
    False
    >>> judge_road({"highway": "construction"}) is None
    True
    """
    road_class = _find_class(tags)
    if not road_class:
        return None
    surface = tags.get("surface", "").casefold()
    surface = surface if _VALUE.fullmatch(surface) else ""
    return Road(
        road_class, _find_terrain(road_class, surface), surface,
        walkable=_may_walk(road_class, tags), drivable=_may_drive(road_class, tags),
        ford=tags.get("ford", "no") not in {"no", "boat"},
        max_speed_kmh=_read_speed_kmh(tags.get("maxspeed", "")),
    )


def _find_class(tags: Mapping[str, str]) -> str:
    if tags.get("area") == "yes":
        return ""
    highway = tags.get("highway", "")
    if highway in _DRIVEN or highway in _WALKED_ONLY:
        return highway
    if tags.get("railway") == "rail" and tags.get("service", "") not in {"yard", "siding"}:
        return "rail"
    return "ferry" if tags.get("route") == "ferry" else ""


def _find_terrain(road_class: str, surface: str) -> str:
    if road_class in {"rail", "ferry"}:
        return {"rail": "rail", "ferry": "water"}[road_class]
    for terrain, surfaces in (("sand", _SAND), ("swamp", _SWAMP), ("dirt", _DIRT)):
        if surface in surfaces:
            return terrain
    return "dirt" if not surface and road_class in _UNMADE else "road"


def _may_walk(road_class: str, tags: Mapping[str, str]) -> bool:
    foot = tags.get("foot", "")
    if foot in _YES:
        return True
    closed = foot in _NO or tags.get("access", "") in _NO
    return not closed and road_class not in _MOTOR_ONLY | {"rail", "ferry"}


def _may_drive(road_class: str, tags: Mapping[str, str]) -> bool:
    if road_class not in _DRIVEN:
        return False
    for key in ("motorcar", "motor_vehicle", "vehicle", "access"):
        if key in tags:
            return tags[key] not in _NO
    return True


def _read_speed_kmh(text: str) -> float | None:
    match = _SPEED.fullmatch(text.strip())
    if not match:
        return None
    speed = int(match[1]) * (_KMH_PER_MPH if match[2] == "mph" else 1.0)
    return speed if 1 <= speed <= _MAX_SPEED_KMH else None


def find_direction(tags: Mapping[str, str], road: Road) -> str:
    """Which way vehicles go: ``yes`` as drawn, ``-1`` against it, ``no`` either way.

    Examples
    --------
    >>> find_direction({"highway": "primary", "oneway": "-1"}, judge_road({"highway": "primary"}))
    '-1'
    """
    stated = tags.get("oneway", "")
    if stated in _ONEWAY:
        return "-1" if stated in {"-1", "reverse"} else "yes"
    implied = road.road_class in _MOTOR_ONLY or tags.get("junction") in {"roundabout", "circular"}
    return "yes" if implied and stated != "no" else "no"
