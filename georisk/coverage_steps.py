"""Steps from legs and places to coverage, gaps and summaries."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from georisk.access import attach_places
from georisk.along import list_along
from georisk.corridors import find_signs, find_turned_legs
from georisk.coverage import choose_nearer, compute_coverage
from georisk.gaps import Water, find_gaps
from georisk.network import build_network
from georisk.services import find_group, tabulate_services
from georisk.step import Inputs, Outcome, Settings, Step
from georisk.stretches import aggregate_stretches
from georisk.summary import name_corridors, summarise_corridors
from georisk.travel import TERRAIN_OF_MODE, Pace, Travel, prepare_travel
from layers.crs import WGS84, measure_length_km
from layers.disclosure import find_consented_places, find_sealed_places
from layers.errors import CallError
from layers.rasters import interpolate_relief

if TYPE_CHECKING:
    from georisk.corridors import Corridors
    from georisk.network import Network
    from layers.layer import RasterLayer

_OFF_PATH = " off the path"


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


def _build_network(inputs: Inputs, settings: Settings) -> Outcome:
    lines, relief = inputs["lines"], inputs["hazard_relief"]
    elevation = _sample_ends(relief, lines) if relief is not None else None
    network = build_network(lines, crs_metric=settings.config.crs_metric, elevation_m=elevation)
    warnings = []
    if relief is None:
        warnings.append("hazard_relief: no such layer; all ground counts as flat")
    elif network.flat_segments:
        warnings.append(f"{network.flat_segments} segments off the relief raster count as flat")
    return Outcome(network, tuple(warnings))


def _sample_ends(relief: RasterLayer, lines: gpd.GeoDataFrame) -> np.ndarray:
    """Elevation at both ends of each segment."""
    ends = [
        interpolate_relief(relief, lines[f"{end}_lon"].to_numpy(), lines[f"{end}_lat"].to_numpy())
        for end in ("start", "end")
    ]
    return np.column_stack(ends)


def prepare_ways(
    network: Network, routes: pd.DataFrame, settings: Settings, *,
    signs: dict[str, int] | None = None,
) -> Travel:
    """Put the times of the reference profile on a network."""
    parameters = settings.parameters
    profile = settings.config.reference.profile
    off_path = parameters.value("walk.off_path_factor")
    pace = Pace(
        speed_factor=parameters.value(f"profile.{profile}.speed_factor"),
        off_path_factor=off_path,
        mode_speed_kmh=parameters.section("speed"),
        terrain_factor=_add_off_path(parameters.section("terrain"), off_path),
    )
    return prepare_travel(
        network, _name_ground(routes), pace=pace,
        signs=signs or find_signs(settings.corridors),
        detour=_measure_detour(routes, parameters.value("walk.max_detour")),
    )


def _add_off_path(factors: dict[str, float], off_path: float) -> dict[str, float]:
    """Every ground once more, for walking off the path on it."""
    return factors | {f"{name}{_OFF_PATH}": factor / off_path for name, factor in factors.items()}


def _name_ground(routes: pd.DataFrame) -> dict[str, str]:
    """What lies underfoot, by leg; foot legs away from roads are off the path."""
    ground = routes["terrain"].fillna(routes["mode"].map(TERRAIN_OF_MODE))
    off = (routes["mode"] == "foot") & routes["off_road"].fillna(value=False).astype(bool)
    named: dict[str, str] = ground.where(~off, ground + _OFF_PATH).to_dict()
    return named


def _measure_detour(routes: gpd.GeoDataFrame, most: float) -> dict[str, float]:
    """How many times longer than the drawn line a leg is by its stated length; at least 1."""
    drawn_km = measure_length_km(routes.geometry.to_numpy())
    ratio = (routes["stated_km"] / drawn_km).clip(1.0, most).fillna(1.0)
    by_leg: dict[str, float] = ratio.to_dict()
    return by_leg


def _time_ways(inputs: Inputs, settings: Settings) -> Outcome:
    places = inputs["facilities"]
    reach_km = settings.value("walk.max_access_km")
    network = inputs["network"]
    if len(places):
        network = attach_places(network, places, inputs["lines"],
                                crs_metric=settings.config.crs_metric, max_access_km=reach_km)
    far = network.unattached if len(places) else ()
    note = (f"{len(far)} places lie farther than {reach_km:g} km from every leg and serve nobody: "
            f"{', '.join(far[:5])}{' …' if len(far) > 5 else ''}")  # noqa: PLR2004 - a few names
    worlds = prepare_worlds(network, inputs["routes"].frame, settings)
    return Outcome(worlds, (note,) if far else ())


def prepare_worlds(
    network: Network, routes: pd.DataFrame, settings: Settings
) -> tuple[Travel, ...]:
    """Times on a network; once more, turned about, for legs that corridors use both ways.

    A leg that one corridor travels northwards as drawn and another against it has no one
    direction north. Each world gives it one; what is nearest is the nearest in either.
    """
    first = prepare_ways(network, routes, settings)
    turned = find_turned_legs(settings.corridors)
    if not turned:
        return (first,)
    signs = find_signs(settings.corridors)
    other = {**signs, **{leg: -signs[leg] for leg in turned}}
    return (first, prepare_ways(network, routes, settings, signs=other))


def choose_services(places: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """Services that the study names, else those that some place offers."""
    wanted = set(settings.config.services) | set(settings.config.siting.services)
    if not settings.config.services:
        wanted |= {service for items in places["services"] for service in items}
    return tabulate_services(settings.parameters, wanted)


def _cover(inputs: Inputs, settings: Settings) -> Outcome:
    places = inputs["facilities"]
    services = choose_services(places, settings)
    frame = _cover_places(inputs, places, services, settings)
    offered = {service for items in places["services"] for service in items}
    missing = [name for name in services.index if name not in offered]
    return Outcome(frame, tuple(f"{name}: no place offers it; unverified" for name in missing))


def _cover_places(
    inputs: Inputs, places: pd.DataFrame, services: pd.DataFrame, settings: Settings
) -> pd.DataFrame:
    group = find_group(settings.config.reference.profile)
    worlds = [
        compute_coverage(inputs["lines"], travel, places, services, group=group)
        for travel in inputs["travel"]
    ]
    return worlds[0] if len(worlds) == 1 else choose_nearer(worlds[0], worlds[1])


def _cover_listed(inputs: Inputs, settings: Settings) -> Outcome:
    """Coverage by places with consent in date alone: what others than planners are told of."""
    every = inputs["facilities"]
    places = every[find_consented_places(every, today=settings.today)]
    return Outcome(_cover_places(inputs, places, choose_services(every, settings), settings))


def _find_listed_gaps(inputs: Inputs, settings: Settings) -> Outcome:
    return Outcome(_search_gaps(inputs, inputs["listed_coverage"], settings))


def _search_gaps(
    inputs: Inputs, coverage: pd.DataFrame, settings: Settings
) -> gpd.GeoDataFrame:
    services = choose_services(inputs["facilities"], settings)
    return find_gaps(inputs["lines"], coverage, services, corridors=settings.corridors,
                     travel=inputs["travel"][0],
                     water=Water(**settings.parameters.section("water")))


def _find_gaps(inputs: Inputs, settings: Settings) -> Outcome:
    return Outcome(_search_gaps(inputs, inputs["coverage"].frame, settings))


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


COVERAGE_STEPS: tuple[Step, ...] = (
    Step("facilities", ("@facility",), _gather_facilities, publishes=False),
    Step("network", ("lines", "hazard_relief"), _build_network, publishes=False),
    Step("bare_travel", ("network", "routes"), _time_bare_ways, publishes=False),
    Step("travel", ("network", "lines", "routes", "facilities"), _time_ways, publishes=False),
    Step("coverage", ("lines", "travel", "facilities"), _cover),
    Step("listed_coverage", ("lines", "travel", "facilities"), _cover_listed, publishes=False),
    Step("listed_gaps", ("lines", "listed_coverage", "travel", "facilities"), _find_listed_gaps),
    Step("gaps", ("lines", "coverage", "travel", "facilities"), _find_gaps),
    Step("along", ("lines", "routes", "facilities", "bare_travel"), _lay_along),
    Step("corridors", ("routes",), _name_corridors),
    Step("corridor_summary", ("segments", "coverage", "gaps"), _summarise),
    Step("stretches", ("segments", "listed_coverage"), _stretch),
)
