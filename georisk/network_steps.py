"""Steps that build the network, gather the ground, and join places to both."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from georisk.access import attach_places
from georisk.network import Access, Network, build_network
from georisk.slowing import HeatField, list_cells
from georisk.step import Inputs, Outcome, Settings, Step
from georisk.walking.steps import NEEDS as CLIMATE
from layers.errors import CallError
from layers.rasters import interpolate_relief

if TYPE_CHECKING:
    import geopandas as gpd

    from georisk.friction.ground import Ground
    from georisk.ways.edges import Links
    from layers.layer import Layer, RasterLayer

_SHOWN = 5


def _build_network(inputs: Inputs, settings: Settings) -> Outcome:
    lines, relief = inputs["lines"], inputs["hazard_relief"]
    elevation = _sample_ends(relief, lines) if relief is not None else None
    network = build_network(lines, crs_metric=settings.config.crs_metric, elevation_m=elevation)
    warnings = []
    if relief is None:
        warnings.append("hazard_relief: no such layer; all ground counts as flat")
    elif network.flat_segments:
        warnings.append(f"{network.flat_segments} segments off the relief raster count as flat")
    layer = _choose_ways(inputs["ways"], settings)
    if layer is None:
        return Outcome(network, tuple(warnings))
    network, told = _add_ways(network, layer, inputs, settings)
    return Outcome(network, (*warnings, *told))


def _sample_ends(relief: RasterLayer, lines: gpd.GeoDataFrame) -> np.ndarray:
    """Elevation at both ends of each segment."""
    ends = [
        interpolate_relief(relief, lines[f"{end}_lon"].to_numpy(), lines[f"{end}_lat"].to_numpy())
        for end in ("start", "end")
    ]
    return np.column_stack(ends)


def _choose_ways(layer: Layer | None, settings: Settings) -> Layer | None:
    """The layer ``ways`` where the study wants it."""
    source = settings.config.network.source
    if source in {"ways", "both"} and layer is None:
        raise CallError(f"study.toml: network.source = {source}: there is no layer `ways`; import "
                        "an OpenStreetMap extract, or say routes")
    return None if source == "routes" else layer


def _add_ways(
    network: Network, layer: Layer, inputs: Inputs, settings: Settings
) -> tuple[Network, tuple[str, ...]]:
    from georisk.ways.edges import build_ways
    from georisk.ways.junctions import consolidate_junctions
    from georisk.ways.links import link_ways

    relief = inputs["hazard_relief"]
    ways = build_ways(layer.frame, piece_km=settings.config.segment_km, relief=relief)
    ways, fewer = consolidate_junctions(ways, within_m=settings.value("network.junction_m"))
    joined = link_ways(network, ways, inputs["lines"], crs_metric=settings.config.crs_metric,
                       join_km=settings.value("network.join_km"))
    joined = replace(joined, heat=_measure_heat(joined, inputs, settings))
    told = _tell_links(joined.links, float(ways.length_km.sum()), fewer)
    if relief is not None and ways.flat_pieces:
        told = (*told, f"{ways.flat_pieces} pieces of ways off the relief raster count as flat")
    return joined, told


def _measure_heat(network: Network, inputs: Inputs, settings: Settings) -> HeatField | None:
    """Heat of the year where the ways lie; None without ways or a known climate."""
    if network.ways is None or inputs["hazard_temperature"] is None:
        return None
    from georisk.covariates.sites import place_sites
    from georisk.covariates.steps import find_layers
    from georisk.walking.days import flag_hours
    from georisk.walking.heat import UNKNOWN
    from georisk.walking.rules import read_heat_rules
    from georisk.walking.steps import read_climate

    lon, lat = list_cells(network.ways.lon, network.ways.lat)
    sites = place_sites(lon, lat, crs_metric=settings.config.crs_metric)
    climate = read_climate(sites, find_layers(inputs, as_of=settings.as_of))
    flags = flag_hours(climate, read_heat_rules(settings.parameters))
    # Where it is unknown, as beyond the rasters, the nearest known cell is taken, or else the leg.
    known = (flags != UNKNOWN).all(axis=(1, 2))
    return HeatField(lon[known], lat[known], flags[known]) if known.any() else None


def _tell_links(links: Links | None, total_km: float, fewer: int) -> tuple[str, ...]:
    if links is None:
        return ()
    ways, km, parts = links.left_out
    lost = (f"{ways} ways ({km:,.1f} of {total_km:,.1f} km, in {parts} parts) hang together with "
            "no leg and are left out")
    if not len(links.segment):
        return (f"network: no way comes near a leg: {lost}; see network.join_km",)
    points = len(np.unique(np.column_stack([links.piece, links.at]), axis=0))
    told = (f"network: legs and ways meet at {points} points, the farthest "
            f"{links.distance_km.max() * 1000:.0f} m apart; {fewer} nodes were made one with the "
            "junction beside them")
    return (f"{told}; {lost}" if ways else told,)


def _gather_ground(inputs: Inputs, settings: Settings) -> Outcome:
    from georisk.friction.ground import gather_ground
    from georisk.friction.rules import read_friction

    access = settings.config.network.access
    if access == "line":
        return Outcome(None)
    rules = read_friction(settings.parameters, month=settings.config.reference.month)
    frames = [inputs[name].frame if inputs[name] is not None else None
              for name in ("rivers", "barriers")]
    ground = gather_ground(inputs["hazard_relief"], inputs["hazard_landcover"], *frames,
                           river_h=rules.river_h)
    if ground is None and access == "surface":
        raise CallError("study.toml: network.access = surface: there is neither hazard_relief nor "
                        "hazard_landcover; give one, or say line")
    return Outcome(ground)


def join_places(
    network: Network,
    places: gpd.GeoDataFrame,
    lines: gpd.GeoDataFrame,
    settings: Settings,
    ground: Ground | None,
) -> tuple[Network, tuple[str, ...]]:
    """Join places to legs and ways, over the ground where rasters tell of it.

    Returns
    -------
    Network
    tuple of str
        How far places are from the network, and which of them serve nobody.
    """
    if not len(places):
        return network, ()
    config, reach_km = settings.config, settings.value("walk.max_access_km")
    places = places.sort_index()
    network = attach_places(network, places, lines, crs_metric=config.crs_metric,
                            max_access_km=reach_km)
    if config.network.source == "ways":
        network = _keep_ways_only(network)
    told: tuple[str, ...] = ()
    barred: tuple[str, ...] = ()
    if ground is not None:
        network, told, barred = _lay_ground(network, places, ground, settings)
    return network, (*_tell_snapping(network, reach_km, barred), *told)


def _lay_ground(
    network: Network, places: gpd.GeoDataFrame, ground: Ground, settings: Settings
) -> tuple[Network, tuple[str, ...], tuple[str, ...]]:
    from georisk.friction.efforts import measure_efforts
    from georisk.friction.rules import read_friction

    rules = read_friction(settings.parameters, month=settings.config.reference.month)
    lonlat = shapely.get_coordinates(places.geometry.to_numpy())
    network, told = measure_efforts(
        network, lonlat, ground, rules, crs_metric=settings.config.crs_metric,
        max_access_km=settings.value("walk.max_access_km"),
    )
    notes = []
    if told.no_relief and ground.relief is not None:
        notes.append(f"{told.no_relief} places lie off the relief raster: the ground around them "
                     "counts as flat")
    if told.in_water:
        notes.append(f"{len(told.in_water)} places are cut off by water, by the land cover raster, "
                     f"which is coarse: walked there as swamp: {_name(told.in_water)}")
    if told.cut_off:
        notes.append(f"{len(told.cut_off)} places are shut in by barriers and serve nobody: "
                     f"{_name(told.cut_off)}")
    return network, tuple(notes), told.cut_off


def _keep_ways_only(network: Network) -> Network:
    """Places are reached by ways alone; legs only lead there."""
    access = network.access
    if access is None:
        return network
    kept = access.way >= 0
    names = ("place", "node", "leg", "distance_km", "on_foot", "by_mode", "effort_km", "way")
    return replace(network, access=Access(**{name: getattr(access, name)[kept] for name in names}))


def _tell_snapping(
    network: Network, reach_km: float, barred: tuple[str, ...]
) -> tuple[str, ...]:
    cut_off = set(network.cut_off)
    far = [name for name in network.unattached if name not in cut_off | set(barred)]
    what = "leg" if network.ways is None else "leg and way"
    notes = []
    if far:
        notes.append(f"{len(far)} places lie farther than {reach_km:g} km from every {what} and "
                     f"serve nobody: {_name(far)}")
    if cut_off:
        notes.append(f"{len(cut_off)} places are near no way but such as hang together with no "
                     f"leg and serve nobody: {_name(sorted(cut_off))}")
    return tuple(notes)


def _name(ids: list[str] | tuple[str, ...]) -> str:
    return f"{', '.join(ids[:_SHOWN])}{' …' if len(ids) > _SHOWN else ''}"


NETWORK_STEPS: tuple[Step, ...] = (
    Step("network", ("lines", "hazard_relief", "ways", *CLIMATE), _build_network, publishes=False),
    Step("ground", ("hazard_relief", "hazard_landcover", "rivers", "barriers"), _gather_ground,
         publishes=False),
)
