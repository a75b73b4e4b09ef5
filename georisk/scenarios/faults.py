"""What is wrong with a scenario, all of it at once: names that are not, numbers out of range."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from georisk.services import GROUP_OF_PROFILE
from georisk.spelling import suggest_names, tell_names
from layers.catalog import find_spec

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    import pandas as pd

    from georisk.parameters import Parameters
    from georisk.scenario_config import OpenedPoint, ScenarioValues

_SHOWN = 60
_PLACES, _LEGS = "`georisk places` lists them", "`georisk list legs` names them"


@dataclass(frozen=True, eq=False)
class Ground:
    """What a scenario may speak of.

    Attributes
    ----------
    places : DataFrame
        Places of all facility layers but sealed ones, index ``place_id``; columns ``layer`` and
        ``capacity_unit``.
    taken : frozenset of str
        Ids that no new point may have.
    layers : tuple of str
        Facility layers.
    legs : tuple of str
        Legs and, where the study has them, ways.
    area : tuple of float
        West, south, east, north in degrees.
    """

    places: pd.DataFrame
    taken: frozenset[str]
    layers: tuple[str, ...]
    legs: tuple[str, ...]
    parameters: Parameters
    area: tuple[float, float, float, float]


def find_faults(scenario: ScenarioValues, ground: Ground) -> list[str]:
    """Say what is wrong, where, and what was probably meant; empty where nothing is."""
    return [
        *_check_places(scenario, ground),
        *(fault for n, point in enumerate(scenario.open)
          for fault in _check_opened(point, f"open.{n}", ground)),
        *_check_legs(scenario, ground.legs),
        *_check_numbers(scenario.parameters, ground.parameters),
        *_check_profile(scenario.profile),
    ]


def _tell_near(name: str, known: Collection[str], otherwise: str) -> str:
    """What was probably meant, or where to look."""
    return (suggest_names(name, known) or otherwise) if known else "there is none"


def _check_places(scenario: ScenarioValues, ground: Ground) -> Iterator[str]:
    known = sorted(ground.places.index)
    tables: Mapping[str, Collection[str]] = {
        "close": scenario.close, "move": scenario.move, "capacity": scenario.capacity,
        "add_services": scenario.add_services,
    }
    for key, ids in tables.items():
        for id_ in ids:
            if id_ not in known:
                yield f"{key}: no place {id_[:_SHOWN]!r}: {_tell_near(id_, known, _PLACES)}"
    for id_, (lon, lat) in scenario.move.items():
        yield from _check_position(f"move.{id_}", lon, lat, ground)
    for id_, room in scenario.capacity.items():
        if id_ in known and not room.unit and not _knows_unit(ground.places, id_):
            yield (f"capacity.{id_}: the place has no capacity_unit: write "
                   f'{{ value = {room.value:g}, unit = "beds" }} or "people/day"')
    for id_, services in scenario.add_services.items():
        yield from _check_services(f"add_services.{id_}", services)


def _knows_unit(places: pd.DataFrame, id_: str) -> bool:
    if "capacity_unit" not in places:
        return False
    unit = places["capacity_unit"][id_]
    return isinstance(unit, str) and bool(unit.strip())


def _check_opened(point: OpenedPoint, where: str, ground: Ground) -> Iterator[str]:
    if point.place_id in ground.taken:
        yield f"{where}.place_id: {point.place_id} is taken: give the new point another id"
    if not ground.layers:
        yield f"{where}: the study has no layer of places to open it in: add [layers.shelters]"
    elif point.layer and point.layer not in ground.layers:
        yield f"{where}.layer: {point.layer[:_SHOWN]!r}: {tell_names(point.layer, ground.layers)}"
    if point.capacity is not None and not point.capacity_unit:
        yield f"{where}.capacity_unit: say `beds` or `people/day`"
    yield from _check_position(where, point.lon, point.lat, ground)
    yield from _check_services(f"{where}.services", point.services)
    columns = find_spec("shelters").columns
    for name, texts in (("admits", point.admits), ("opens", (point.opens,)),
                        ("months", (point.months,))):
        pattern = columns[name].pattern or ""
        for text in filter(None, texts):
            if not re.fullmatch(pattern, text):
                yield f"{where}.{name}: {text[:_SHOWN]!r} is not as the layers write it"


def _check_position(where: str, lon: float, lat: float, ground: Ground) -> Iterator[str]:
    west, south, east, north = ground.area
    if not (west <= lon <= east and south <= lat <= north):
        swapped = west <= lat <= east and south <= lon <= north
        hint = "longitude comes first" if swapped else "see `area`"
        yield f"{where}: {lon:g}, {lat:g} lies outside the study's area: {hint}"


def _check_services(where: str, services: Collection[str]) -> Iterator[str]:
    known = find_spec("shelters").columns["services"].one_of or ()
    for name in services:
        if name not in known:
            yield f"{where}: {name[:_SHOWN]!r}: {tell_names(name, known)}"


def _check_legs(scenario: ScenarioValues, legs: tuple[str, ...]) -> Iterator[str]:
    known = set(legs)
    for n, closed in enumerate(scenario.close_legs):
        if closed.leg not in known:
            yield (f"close_legs.{n}: no leg {closed.leg[:_SHOWN]!r}: "
                   f"{_tell_near(closed.leg, legs, _LEGS)}")


def _check_numbers(values: Mapping[str, float], parameters: Parameters) -> Iterator[str]:
    for name, value in values.items():
        entry = parameters.entries.get(name)
        if entry is None:
            near = _tell_near(name, parameters.entries, "see the parameter file")
            yield f"parameters: no parameter {name[:_SHOWN]!r}: {near}"
            continue
        bounds = entry.get("range")
        if bounds and not bounds[0] <= value <= bounds[1]:
            low, high = bounds
            yield f"parameters.{name}: {value:g} is outside its range {low:g} to {high:g}"


def _check_profile(profile: str | None) -> Iterator[str]:
    if profile is not None and profile not in GROUP_OF_PROFILE:
        yield f"profile: {profile[:_SHOWN]!r}: {tell_names(profile, GROUP_OF_PROFILE)}"
