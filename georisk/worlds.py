"""Times on a study's network for a traveller, in every direction that counts as northwards."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from georisk.corridors import find_signs, find_turned_legs
from georisk.slowing import rate_field
from georisk.travel import TERRAIN_OF_MODE, Pace, Travel, prepare_travel
from georisk.walking.demand import find_hard
from georisk.walking.rules import read_walk_rules
from georisk.walking.when import When
from layers.crs import measure_length_km

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from georisk.network import BoolArray, Network
    from georisk.parameters import Parameters
    from georisk.step import Settings
    from georisk.walking.pace import WalkRules
    from layers.crs import FloatArray

_OFF_PATH = " off the path"
_M_PER_KM = 1000.0


def make_pace(
    parameters: Parameters, profile: str, *, rate: FloatArray | None = None
) -> Pace:
    """How fast a profile moves, by the parameters.

    Parameters
    ----------
    rate : array of shape (n_segments,), optional
        Share of the cool pace that heat leaves (`georisk.season.Season`).
    """
    off_path = parameters.value("walk.off_path_factor")
    return Pace(
        speed_factor=parameters.value(f"profile.{profile}.speed_factor"),
        off_path_factor=off_path,
        mode_speed_kmh=parameters.section("speed"),
        terrain_factor=_add_off_path(parameters.section("terrain"), off_path),
        rate=rate,
    )


def prepare_ways(
    network: Network, routes: pd.DataFrame, settings: Settings, *,
    signs: dict[str, int] | None = None, pace: Pace | None = None,
) -> Travel:
    """Put times on a network: those of a pace, by default of the reference profile without heat."""
    parameters = settings.parameters
    pace = pace or make_pace(parameters, settings.config.reference.profile)
    return prepare_travel(
        network, name_ground(routes), pace=_warm_ways(network, pace, settings),
        signs=signs or find_signs(settings.corridors),
        detour=measure_detour(routes, parameters.value("walk.max_detour")),
        closed=settings.config.reference.closed,
    )


def _warm_ways(network: Network, pace: Pace, settings: Settings) -> Pace:
    """Let the heat where ways lie slow people on them, where a pace knows heat at all."""
    if pace.rate is None or network.heat is None:
        return pace
    reference = settings.config.reference
    when = When(reference.month, reference.start_hour)
    rules = read_walk_rules(settings.parameters)
    return replace(pace, beside=rate_field(network.heat, when, rules))


def prepare_worlds(
    network: Network, routes: pd.DataFrame, settings: Settings, *, pace: Pace | None = None
) -> tuple[Travel, ...]:
    """Times on a network; once more, turned about, for legs that corridors use both ways.

    A leg that one corridor travels northwards as drawn and another against it has no one
    direction north. Each world gives it one; what is nearest is the nearest in either.
    """
    first = prepare_ways(network, routes, settings, pace=pace)
    turned = find_turned_legs(settings.corridors)
    if not turned:
        return (first,)
    signs = find_signs(settings.corridors)
    other = {**signs, **{leg: -signs[leg] for leg in turned}}
    return (first, prepare_ways(network, routes, settings, signs=other, pace=pace))


def _add_off_path(factors: dict[str, float], off_path: float) -> dict[str, float]:
    """Every ground once more, for walking off the path on it."""
    return factors | {f"{name}{_OFF_PATH}": factor / off_path for name, factor in factors.items()}


def name_ground(routes: pd.DataFrame, *, off_path: str = _OFF_PATH) -> dict[str, str]:
    """What lies underfoot, by leg; foot legs away from roads are off the path.

    Parameters
    ----------
    off_path : str
        Put behind the ground of those; empty for the bare ground.
    """
    ground = routes["terrain"].fillna(routes["mode"].map(TERRAIN_OF_MODE))
    off = (routes["mode"] == "foot") & routes["off_road"].fillna(value=False).astype(bool)
    named: dict[str, str] = ground.where(~off, ground + off_path).to_dict()
    return named


def measure_detour(routes: gpd.GeoDataFrame, most: float) -> dict[str, float]:
    """How many times longer than the drawn line a leg is by its stated length; at least 1."""
    drawn_km = measure_length_km(routes.geometry.to_numpy())
    ratio = (routes["stated_km"] / drawn_km).clip(1.0, most).fillna(1.0)
    by_leg: dict[str, float] = ratio.to_dict()
    return by_leg


def find_hard_segments(
    network: Network, routes: pd.DataFrame, parameters: Parameters, rules: WalkRules
) -> BoolArray:
    """Where walking is hard work, shape (n_segments, 2): forward and backward along it."""
    count = len(network.segment_node)
    rise_m, km = (np.bincount(network.segment, weights=values, minlength=count)
                  for values in (network.rise_m, network.length_km))
    leg = np.empty(count, np.int64)
    leg[network.segment] = network.leg
    detour = measure_detour(routes, parameters.value("walk.max_detour"))
    longer = np.array([detour.get(name, 1.0) for name in network.leg_ids])[leg]
    slope = rise_m / np.maximum(km * longer * _M_PER_KM, 1e-9)
    ground = name_ground(routes, off_path="")
    factors = parameters.section("terrain")
    cost = np.array([factors.get(ground.get(leg, ""), 1.0) for leg in network.leg_ids])
    signed = np.column_stack([slope, -slope])
    return find_hard(signed, cost[leg][:, None], rules)
