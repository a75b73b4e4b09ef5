"""Steps from legs and places to coverage, gaps and summaries."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from georisk.along import list_along
from georisk.coverage import Visitor, cover_services, tabulate_cover
from georisk.coverage.doubts import doubt_water, find_unknown_heat
from georisk.coverage.fragility import measure_fragility
from georisk.coverage.goals import find_goals
from georisk.coverage.limits import limit_water
from georisk.coverage.shares import count_people
from georisk.gaps import cross_gaps, find_gaps
from georisk.gaps.preparing import prepare_walker
from georisk.network_steps import NETWORK_STEPS, join_places
from georisk.season import SEASON_STEPS
from georisk.services import WATER, find_group, tabulate_services
from georisk.step import Inputs, Outcome, Settings, Step
from georisk.stretches import aggregate_stretches
from georisk.summary import name_corridors, summarise_corridors
from georisk.walking.rules import read_walk_rules
from georisk.walking.traveller import read_traveller
from georisk.worlds import find_hard_segments, make_pace, prepare_ways, prepare_worlds
from layers.crs import WGS84
from layers.disclosure import find_consented_places, find_sealed_places
from layers.errors import CallError

if TYPE_CHECKING:
    from georisk.corridors import Corridors
    from georisk.coverage import Cover
    from layers.crs import FloatArray


def _gather_facilities(inputs: Inputs, settings: Settings) -> Outcome:
    """All places of all facility layers; sealed ones take part in nothing."""
    del settings
    frames, sealed = [], 0
    for name, layer in inputs.items():
        if "services" not in layer.frame:
            raise CallError(f"{name}: role: a facility has the column services")
        hidden = find_sealed_places(layer.frame)
        sealed += int(hidden.sum())
        frames.append(layer.frame[~hidden].assign(layer=name))
    if not frames:
        empty: dict[str, list[object]] = {
            name: [] for name in ("services", "admits", "layer", "synthetic")
        }
        frame = gpd.GeoDataFrame(empty, geometry=gpd.GeoSeries([], crs=WGS84))
        frame.index = pd.Index([], name="place_id", dtype="str")
        return Outcome(frame, ("no facility layer: every service is unverified and uncovered",))
    frame = pd.concat(frames).sort_index()
    twice = sorted(set(frame.index[frame.index.duplicated()]))
    if twice:
        raise CallError(f"place ids stand in several layers: {', '.join(twice[:5])}")
    frame.index.name = "place_id"
    note = f"{sealed} places of a sealed kind take part in nothing" if sealed else ""
    return Outcome(frame, (note,) if note else ())


def _time_ways(inputs: Inputs, settings: Settings) -> Outcome:
    network, notes = join_places(inputs["network"], inputs["facilities"], inputs["lines"],
                                 settings, inputs["ground"])
    pace = make_pace(settings.parameters, settings.config.reference.profile,
                     rate=inputs["season"].rate)
    return Outcome(prepare_worlds(network, inputs["routes"].frame, settings, pace=pace), notes)


def choose_services(places: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """Services that the study names, else those that some of these places offer, and water."""
    wanted = set(settings.config.services) | set(settings.config.siting.services)
    if not settings.config.services:
        wanted |= {WATER} | {service for items in places["services"] for service in items}
    return tabulate_services(settings.parameters, wanted,
                             profile=settings.config.reference.profile)


def _cover(inputs: Inputs, settings: Settings) -> Outcome:
    places = inputs["facilities"]
    services = choose_services(places, settings)
    offered = {service for items in places["services"] for service in items}
    missing = [name for name in services.index if name not in offered]
    cover = _cover_places(inputs, places, services, settings)
    return Outcome(cover, tuple(f"{name}: no place offers it; unverified" for name in missing))


def _cover_places(
    inputs: Inputs, places: pd.DataFrame, services: pd.DataFrame, settings: Settings
) -> Cover:
    """Coverage of the reference profile, in the month of the study or over the year."""
    water_h = limit_reference_water(inputs, settings)
    cover = cover_services(
        inputs["travel"], places, services, visitor=_choose_visitor(settings),
        limits=None if water_h is None else {WATER: water_h},
        redundant_times=settings.value("coverage.redundant_times"),
    )
    return doubt_water(cover, find_unknown_heat(inputs["season"], inputs["lines"]["mode"]))


def _choose_visitor(settings: Settings) -> Visitor:
    reference = settings.config.reference
    return Visitor(find_group(reference.profile), reference.month)


def limit_reference_water(inputs: Inputs, settings: Settings) -> FloatArray | None:
    """Hours until the water of the reference profile is drunk, in the month of the study.

    Returns
    -------
    array of shape (n_segments, 2), or None
        Columns as `georisk.coverage.SORTED_DIRECTIONS`; None for the whole year.
    """
    parameters = settings.parameters
    rules = read_walk_rules(parameters)
    hard = find_hard_segments(inputs["travel"][0].network, inputs["routes"].frame, parameters,
                              rules)
    traveller = read_traveller(parameters, settings.config.reference.profile)
    return limit_water(inputs["season"], hard, traveller, rules)


def _lay_out(inputs: Inputs, settings: Settings) -> Outcome:
    del settings
    return Outcome(tabulate_cover(inputs["lines"], inputs["cover"]))


def _find_fragility(inputs: Inputs, settings: Settings) -> Outcome:
    lines, worlds = inputs["lines"], inputs["travel"]
    flows = inputs["flows"].frame if inputs["flows"] is not None else None
    people = count_people(flows, lines, worlds[0], as_of=settings.as_of)
    frame = measure_fragility(inputs["cover"], lines["length_km"].to_numpy(float), people)
    return Outcome(frame)


def _cover_listed(inputs: Inputs, settings: Settings) -> Outcome:
    """Coverage by places with consent in date alone: what others than planners are told of."""
    listed = _list_consented(inputs["facilities"], settings)
    cover = _cover_places(inputs, listed, choose_services(listed, settings), settings)
    return Outcome(tabulate_cover(inputs["lines"], cover))


def _list_consented(places: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    return places[find_consented_places(places, today=settings.today)]


def _find_listed_gaps(inputs: Inputs, settings: Settings) -> Outcome:
    places = _list_consented(inputs["facilities"], settings)
    return Outcome(_search_gaps(inputs, inputs["listed_coverage"], places, settings))


def _search_gaps(
    inputs: Inputs, coverage: pd.DataFrame, places: pd.DataFrame, settings: Settings
) -> gpd.GeoDataFrame:
    services = choose_services(places, settings)
    travel, lines = inputs["travel"][0], inputs["lines"]
    traveller = read_traveller(settings.parameters, settings.config.reference.profile)
    walker = prepare_walker(traveller, inputs["season"], travel.network, inputs["routes"].frame,
                            settings.parameters, lines=lines)
    gaps = find_gaps(lines, coverage, services, corridors=settings.corridors, travel=travel,
                     walker=walker)
    return cross_gaps(gaps, lines, corridors=settings.corridors, worlds=inputs["travel"],
                      goals=find_goals(travel, places, services, _choose_visitor(settings)),
                      walker=walker)


def _find_gaps(inputs: Inputs, settings: Settings) -> Outcome:
    coverage = inputs["coverage"].frame
    return Outcome(_search_gaps(inputs, coverage, inputs["facilities"], settings))


def _lay_along(inputs: Inputs, settings: Settings) -> Outcome:
    frame = list_along(
        inputs["lines"], inputs["routes"].frame, inputs["facilities"],
        corridors=_add_lone_legs(inputs["routes"].frame, settings.corridors),
        travel=inputs["bare_travel"],
        reach=(settings.config.crs_metric, settings.value("walk.max_access_km")),
    )
    return Outcome(frame)


def _add_lone_legs(routes: pd.DataFrame, corridors: Corridors) -> Corridors:
    """Legs of no corridor are ways of their own, so that one can ask for what lies along them."""
    used = {leg for steps in corridors.values() for leg, _ in steps}
    return {**corridors, **{leg: ((leg, 1),) for leg in routes.index if leg not in used}}


def _time_bare_ways(inputs: Inputs, settings: Settings) -> Outcome:
    return Outcome(prepare_ways(inputs["network"], inputs["routes"].frame, settings))


def _name_corridors(inputs: Inputs, settings: Settings) -> Outcome:
    return Outcome(name_corridors(inputs["routes"].frame, settings.config.corridors))


def _summarise(inputs: Inputs, settings: Settings) -> Outcome:
    config = settings.config
    frame = summarise_corridors(
        inputs["segments"].frame, inputs["coverage"].frame, inputs["gaps"].frame,
        corridors=settings.corridors, headline=config.headline_direction,
    )
    names = {name: entry.name.get("en", name) for name, entry in config.corridors.items()}
    return Outcome(frame.assign(name=[names[name] for name in frame.index]))


def _stretch(inputs: Inputs, settings: Settings) -> Outcome:
    del settings
    return Outcome(aggregate_stretches(inputs["segments"].frame, inputs["listed_coverage"]))


_COVERED = ("lines", "travel", "facilities", "routes", "season")
COVERAGE_STEPS: tuple[Step, ...] = (
    Step("facilities", ("@facility",), _gather_facilities, publishes=False),
    *NETWORK_STEPS,
    Step("bare_travel", ("network", "routes"), _time_bare_ways, publishes=False),
    *SEASON_STEPS,
    Step("travel", ("network", "lines", "routes", "facilities", "ground", "season"), _time_ways,
         publishes=False),
    Step("cover", _COVERED, _cover, publishes=False),
    Step("coverage", ("lines", "cover"), _lay_out),
    Step("fragility", ("lines", "cover", "travel", "flows"), _find_fragility),
    Step("listed_coverage", _COVERED, _cover_listed, publishes=False),
    Step("listed_gaps", ("listed_coverage", *_COVERED), _find_listed_gaps),
    Step("gaps", ("coverage", *_COVERED), _find_gaps),
    Step("along", ("lines", "routes", "facilities", "bare_travel"), _lay_along),
    Step("corridors", ("routes",), _name_corridors, rests_on=("routes",)),
    Step("corridor_summary", ("segments", "coverage", "gaps"), _summarise),
    Step("stretches", ("segments", "listed_coverage"), _stretch),
)
