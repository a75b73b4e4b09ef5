"""How long a way takes: walking speed by slope and ground, speed by mode, time to places."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from georisk.routing import Graph, build_graph
from georisk.slowing import RateField, spread_rate
from georisk.ways.times import time_ways
from layers.errors import CallError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from georisk.network import BoolArray, IntArray, Network
    from layers.crs import FloatArray

FORWARD, BACKWARD = 1, -1
NORTHWARD, SOUTHWARD = 1, -1
DIRECTIONS = (("forward", FORWARD), ("backward", BACKWARD))
NOT_WALKED = "water"
TERRAIN_OF_MODE = MappingProxyType(
    {"road": "road", "train": "rail", "foot": "dirt", "boat": NOT_WALKED}
)
_TERRAIN_FACTOR = MappingProxyType(
    {"road": 1.0, "dirt": 1.1, "light_brush": 1.2, "heavy_brush": 1.5, "swamp": 1.8, "sand": 2.1,
     "rail": 1.1}
)
_MODE_SPEED_KMH = MappingProxyType({"train": 25.0, "road": 50.0, "boat": 20.0})
_M_PER_KM = 1000.0


@dataclass(frozen=True, eq=False)
class Pace:
    """How fast a traveller moves.

    Attributes
    ----------
    speed_factor : float
        Of the profile, times walking speed.
    off_path_factor : float
        Times walking speed between a leg and a place.
    mode_speed_kmh : mapping
        ``train``, ``road``, ``boat``.
    terrain_factor : mapping
        Energy cost of the ground; walking speed is divided by it. ``water`` is not walked.
    rate : array of shape (n_segments,), optional
        Share of the cool pace that heat leaves on each segment (`georisk.walking.rate_day`);
        without it nothing slows.
    beside : RateField, optional
        The same where ways lie; without it ways are as hot as the nearest leg.
    """

    speed_factor: float = 1.0
    off_path_factor: float = 0.6
    mode_speed_kmh: Mapping[str, float] = field(default_factory=lambda: _MODE_SPEED_KMH)
    terrain_factor: Mapping[str, float] = field(default_factory=lambda: _TERRAIN_FACTOR)
    rate: FloatArray | None = None
    beside: RateField | None = None


@dataclass(frozen=True, eq=False)
class Travel:
    """A network with times, for both ways of travelling it.

    Attributes
    ----------
    network : Network
    graphs : mapping
        Keys (``walk`` or ``mode``, `NORTHWARD` or `SOUTHWARD`).
    leg_sign : array of shape (n_legs,)
        +1 where northwards is as the leg is drawn.
    segment_walk_h, segment_mode_h : array of shape (n_segments, 2)
        Through each segment, forward and backward; infinite where nobody can.
    """

    network: Network
    graphs: Mapping[tuple[str, int], Graph]
    leg_sign: IntArray
    segment_walk_h: FloatArray
    segment_mode_h: FloatArray


def walk_speed_kmh(slope: FloatArray | float) -> FloatArray:
    """Give the walking speed for a slope, km/h: rise over run in the direction of travel.

    Fastest, 6 km/h, gently downhill. NaN stays NaN.

    References
    ----------
    Tobler 1993, Three presentations on geographical analysis and modeling.

    Examples
    --------
    >>> [round(float(walk_speed_kmh(s)), 3) for s in (0.0, 0.1, 0.2, -0.05)]
    [5.037, 3.549, 2.501, 6.0]
    """
    return np.asarray(6.0 * np.exp(-3.5 * np.abs(np.asarray(slope, float) + 0.05)))


def prepare_travel(
    network: Network,
    terrain: Mapping[str, str],
    *,
    pace: Pace | None = None,
    signs: Mapping[str, int] | None = None,
    detour: Mapping[str, float] | None = None,
    closed: Collection[str] = (),
) -> Travel:
    """Put times on a network, for people going north and for people going south.

    Parameters
    ----------
    network : Network
        With places, if times to places are wanted.
    terrain : mapping
        What lies underfoot, by leg; a leg without one takes the usual ground of its mode.
    pace : Pace, optional
    detour : mapping, optional
        How many times longer than drawn a leg is, by leg; others 1. Hours follow it.
    signs : mapping, optional
        -1 for legs drawn against the way north (`georisk.corridors.find_signs`); others +1.
    closed : collection of str, optional
        Legs and ways that nobody passes, either way, on foot or by mode.

    Raises
    ------
    CallError
        If a terrain or a mode has no factor or speed, a pace is zero or negative, or a closed leg
        is none of the network's.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from georisk.corridors import split_legs
    >>> from georisk.network import build_network
    >>> leg = gpd.GeoDataFrame({"mode": ["foot"]}, index=["a"], crs="EPSG:4326",
    ...     geometry=[shapely.LineString([(0, 0), (0, 0.009043735)])])
    >>> network = build_network(split_legs(leg, segment_km=1.0), crs_metric="EPSG:32631")
    >>> travel = prepare_travel(network, {"a": "road"})
    >>> float(travel.segment_walk_h[0, 0].round(4))  # 1 km / 5.037 km/h
    0.1985
    """
    pace = _check_pace(pace or Pace())
    signs = signs or {}
    leg_sign = np.array([signs.get(name, NORTHWARD) for name in network.leg_ids], np.int64)
    shut = _find_closed(network, closed)
    walk_h, mode_h = (
        np.where(shut[:, None], np.inf, hours)
        for hours in _time_edges(network, terrain, pace, detour or {})
    )
    at_node = None if pace.rate is None else spread_rate(network, pace.rate, pace.beside)
    speed_kmh = float(walk_speed_kmh(0.0)) * pace.speed_factor * pace.off_path_factor
    access_kmh = speed_kmh if at_node is None else speed_kmh * at_node
    ways_h = _time_beside(network, pace, closed, at_node)
    graphs = {
        (measure, heading): build_graph(
            network, hours, along=leg_sign[network.leg] * heading,
            measure=measure, access_speed_kmh=access_kmh, ways_h=ways_h[measure],
        )
        for measure, hours in (("walk", walk_h), ("mode", mode_h))
        for heading in (NORTHWARD, SOUTHWARD)
    }
    through = [_add_up_segments(network, hours) for hours in (walk_h, mode_h)]
    return Travel(network, MappingProxyType(graphs), leg_sign, *through)


def _check_pace(pace: Pace) -> Pace:
    for name in ("speed_factor", "off_path_factor"):
        value = getattr(pace, name)
        if not 0 < value < np.inf:
            raise CallError(f"{name} = {value}: a walking speed must be above zero")
    return pace


def _time_beside(
    network: Network, pace: Pace, closed: Collection[str], at_node: FloatArray | None
) -> Mapping[str, FloatArray | None]:
    """Hours on the ways beside the legs, for each measure; None where there are none."""
    if network.ways is None or network.joins is None:
        return {"walk": None, "mode": None}
    ends = [network.ways.tail, network.ways.head]
    rate = 1.0 if at_node is None else np.mean([at_node[end] for end in ends], axis=0)[:, None]
    walk_h, mode_h = time_ways(
        network.ways, lambda slope: walk_speed_kmh(slope) * pace.speed_factor * rate,
        mode_kmh=pace.mode_speed_kmh, terrain_factor=pace.terrain_factor, closed=closed,
    )
    return {"walk": walk_h, "mode": mode_h}


def _find_closed(network: Network, closed: Collection[str]) -> BoolArray:
    """Edges of closed legs, shape (n_edges,)."""
    ways = network.ways.way_ids if network.ways is not None else ()
    unknown = sorted(set(closed) - {*network.leg_ids, *ways})
    if unknown:
        raise CallError(f"closed: no leg named {', '.join(unknown)}; see `georisk list legs`")
    return np.isin(np.array(network.leg_ids), list(closed))[network.leg]


def _time_edges(
    network: Network, terrain: Mapping[str, str], pace: Pace, detour: Mapping[str, float]
) -> tuple[FloatArray, FloatArray]:
    """Hours on foot and by mode, shape (n_edges, 2): as drawn, and against it."""
    ground = [
        terrain.get(leg) or TERRAIN_OF_MODE.get(mode, "")
        for leg, mode in zip(network.leg_ids, network.leg_modes, strict=True)
    ]
    factor = np.array(
        [_find_factor(name, leg, pace) for name, leg in zip(ground, network.leg_ids, strict=True)]
    )[network.leg]
    ride_kmh = np.array(
        [_find_speed(mode, leg, pace)
         for mode, leg in zip(network.leg_modes, network.leg_ids, strict=True)]
    )[network.leg]
    modes = np.array(network.leg_modes)[network.leg]
    longer = np.array([detour.get(leg, 1.0) for leg in network.leg_ids])[network.leg]
    length_km = network.length_km * longer
    slope = network.rise_m / np.maximum(length_km * _M_PER_KM, 1e-9)
    speed_kmh = walk_speed_kmh(np.column_stack([slope, -slope])) * pace.speed_factor
    if pace.rate is not None:
        speed_kmh = speed_kmh * pace.rate[network.segment][:, None]
    walk_h = length_km[:, None] * factor[:, None] / speed_kmh
    ride_h = np.repeat((length_km / ride_kmh)[:, None], 2, axis=1)
    walk_h = np.where((modes == "boat")[:, None], ride_h, walk_h)
    return walk_h, np.where((modes == "foot")[:, None], walk_h, ride_h)


def _find_factor(ground: str, leg: str, pace: Pace) -> float:
    if ground == NOT_WALKED:
        return float("inf")
    factor = pace.terrain_factor.get(ground)
    if factor is None:
        known = ", ".join(sorted(pace.terrain_factor))
        raise CallError(f"routes, {leg}, terrain = {ground}: has no factor; there are: {known}")
    return float(factor)


def _find_speed(mode: str, leg: str, pace: Pace) -> float:
    if mode == "foot":
        return float("nan")
    speed = pace.mode_speed_kmh.get(mode)
    if speed is None or speed <= 0:
        known = ", ".join(sorted(pace.mode_speed_kmh))
        raise CallError(f"routes, {leg}, mode = {mode}: has no speed; there are: {known}")
    return float(speed)


def _add_up_segments(network: Network, hours: FloatArray) -> FloatArray:
    count = len(network.segment_node)
    both = [
        np.bincount(network.segment, weights=hours[:, side], minlength=count) for side in (0, 1)
    ]
    return np.column_stack(both)


def find_entries(travel: Travel) -> tuple[IntArray, IntArray]:
    """Node and heading in which each segment is entered, backward and forward.

    Returns
    -------
    node, heading : array of shape (n_segments, 2)
        Columns in the order of `georisk.coverage.SORTED_DIRECTIONS`.
    """
    network = travel.network
    node = network.segment_node[:, ::-1]
    leg_of_segment = np.empty(len(node), np.int64)
    leg_of_segment[network.segment] = network.leg
    sign = travel.leg_sign[leg_of_segment]
    return node, np.column_stack([BACKWARD * sign, FORWARD * sign])
