"""Put the ground into the walks between places and the network."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import cKDTree

from georisk.friction.grid import TOP_KMH
from georisk.friction.ground import cut_window
from georisk.friction.walks import time_straight, time_walks
from georisk.network import Access
from georisk.travel import walk_speed_kmh
from georisk.ways.edges import ROAD
from layers.crs import measure_distance_km, project_xy_m
from layers.errors import BrokenError

if TYPE_CHECKING:
    from georisk.friction.ground import Ground
    from georisk.friction.rules import Friction
    from georisk.network import BoolArray, IntArray, Network
    from layers.crs import FloatArray

_STOPS_ONLY = "boat"
_PLANE_MARGIN = 1.05
_GAIN = 1.0 - 1e-9


@dataclass(frozen=True)
class Told:
    """What a reader must know of the walks off the network.

    Attributes
    ----------
    places : int
        Places with a walk.
    in_water : tuple of str
        They stand where the land cover says water: walked there as swamp.
    cut_off : tuple of str
        Every walk is barred.
    no_relief : int
        Places around which no elevation is known: level ground.
    """

    places: int
    in_water: tuple[str, ...]
    cut_off: tuple[str, ...]
    no_relief: int


@dataclass(frozen=True, eq=False)
class _Sites:
    """Places, and the nodes that one may walk from, by leg, or by way (leg -1)."""

    lonlat: FloatArray
    node: IntArray
    leg: IntArray
    way: IntArray
    by_mode: BoolArray


def measure_efforts(
    network: Network,
    lonlat: FloatArray,
    ground: Ground,
    rules: Friction,
    *,
    crs_metric: str,
    max_access_km: float,
) -> tuple[Network, Told]:
    """Replace straight walks between places and legs by the least time over the ground.

    A walk gets the kilometres of level open ground that would take as long, for whoever walks;
    where another end of a segment within reach is quicker than the nearest point of the same
    leg, people may leave the leg there too.

    Parameters
    ----------
    network : Network
        With places.
    lonlat : array of shape (n_places, 2)
        In the order of ``place_ids``, EPSG:4326.
    ground, rules : Ground, Friction
    crs_metric : str
    max_access_km : float
        Straight line.

    Returns
    -------
    Network
        Walks that water or a barrier closes are gone.
    Told
    """
    if network.access is None:
        raise BrokenError("friction: attach places first")
    sites, groups = _list_nodes(network, lonlat), _group_rows(network.access, len(lonlat))
    near = _find_near(network, sites, crs_metric, max_access_km)
    made: list[Access] = []
    told: dict[str, list[str]] = {"in_water": [], "cut_off": []}
    level = 0
    for place, rows in enumerate(groups):
        walks = _list_walks(network, sites, place, rows, near[place])
        if not len(walks.node):
            continue
        hours, wet, flat = _time_place(
            network, sites, walks, len(rows), (ground, rules, max_access_km))
        level += flat
        name = network.place_ids[place]
        told["in_water"] += [name] if wet else []
        told["cut_off"] += [name] if not np.isfinite(hours).any() else []
        made.append(_keep_quickest(walks, hours, len(rows), rules))
    access = _stack(made, network.access)
    return replace(network, access=access), Told(
        len(made), tuple(told["in_water"]), tuple(told["cut_off"]), level)


def _list_nodes(network: Network, lonlat: FloatArray) -> _Sites:
    """Each node once for every leg that people may leave there on foot, and once for ways."""
    modes = np.array(network.leg_modes)
    pairs = np.unique(np.vstack([
        np.column_stack([network.tail, network.leg]), np.column_stack([network.head, network.leg]),
    ]), axis=0)
    pairs = pairs[modes[pairs[:, 1]] != _STOPS_ONLY]
    by_mode = modes[pairs[:, 1]] == "foot"
    node, way = _list_way_nodes(network)
    return _Sites(
        lonlat, np.r_[pairs[:, 0], node], np.r_[pairs[:, 1], np.full(len(node), -1)],
        np.r_[np.full(len(pairs), -1), way], np.r_[by_mode, np.ones(len(node), bool)],
    )


def _list_way_nodes(network: Network) -> tuple[IntArray, IntArray]:
    """Nodes of ways that are walked, and one way of each."""
    ways = network.ways
    if ways is None or network.joins is None:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    walked = np.flatnonzero((ways.walkable & (ways.kind == ROAD))[ways.way])
    node, first = np.unique(np.r_[ways.tail[walked], ways.head[walked]], return_index=True)
    return node, ways.way[np.r_[walked, walked][first]]


def _group_rows(access: Access, count: int) -> list[IntArray]:
    ends = np.searchsorted(access.place, np.arange(count + 1))
    return [np.arange(ends[n], ends[n + 1]) for n in range(count)]


def _find_near(
    network: Network, sites: _Sites, crs_metric: str, max_access_km: float
) -> list[tuple[IntArray, FloatArray]]:
    """Rows of the nodes within reach of each place, and how far they are, km."""
    if not len(sites.node) or not len(sites.lonlat):
        return [(np.empty(0, np.int64), np.empty(0)) for _ in sites.lonlat]
    points = project_xy_m(network.lon[sites.node], network.lat[sites.node], crs_metric=crs_metric)
    at = project_xy_m(sites.lonlat[:, 0], sites.lonlat[:, 1], crs_metric=crs_metric)
    found = cKDTree(points).query_ball_point(at, max_access_km * 1000.0 * _PLANE_MARGIN)
    ends = np.cumsum([len(rows) for rows in found])
    row = np.array([row for rows in found for row in sorted(rows)], np.int64)
    place = np.repeat(np.arange(len(found)), np.diff(np.r_[0, ends]))
    node = sites.node[row]
    km = measure_distance_km(sites.lonlat[place, 0], sites.lonlat[place, 1],
                             network.lon[node], network.lat[node])
    parts = zip(np.split(row, ends[:-1]), np.split(km, ends[:-1]), strict=True)
    return [(rows[far <= max_access_km], far[far <= max_access_km]) for rows, far in parts]


def _list_walks(
    network: Network, sites: _Sites, place: int, rows: IntArray,
    near: tuple[IntArray, FloatArray],
) -> Access:
    """Walks of one place: those that stand, then those to other nodes of the same legs."""
    access = network.access
    assert access is not None  # noqa: S101 - checked by the caller
    same = np.isin(sites.leg[near[0]], access.leg[rows])
    extra, far_km = near[0][same], near[1][same]
    node = np.r_[access.node[rows], sites.node[extra]]
    more = len(extra)
    return Access(
        np.full(len(node), place), node, np.r_[access.leg[rows], sites.leg[extra]],
        np.r_[access.distance_km[rows], far_km],
        np.r_[access.on_foot[rows], np.ones(more, bool)],
        np.r_[access.by_mode[rows], sites.by_mode[extra]],
        way=np.r_[access.way[rows], sites.way[extra]],
    )


def _find_useful(
    walks: Access, straight_h: FloatArray, stood: int, rules: Friction
) -> BoolArray:
    """Walks that stood, and such others as may be quicker than those of the same leg."""
    least_h = walks.distance_km / (TOP_KMH * rules.off_path_factor)
    best: dict[int, float] = {}
    for row in np.flatnonzero(walks.on_foot[:stood]).tolist():
        leg = int(walks.leg[row])
        best[leg] = min(best.get(leg, np.inf), float(straight_h[row]))
    most_h = np.array([best.get(leg, 0.0) for leg in walks.leg.tolist()])
    return np.asarray((np.arange(len(walks.node)) < stood) | (least_h < most_h))


def _time_place(
    network: Network, sites: _Sites, walks: Access, stood: int,
    world: tuple[Ground, Friction, float],
) -> tuple[FloatArray, bool, bool]:
    """Hours of each walk; whether water had to be waded; whether no elevation is known."""
    ground, rules, reach_km = world
    lon, lat = sites.lonlat[walks.place[0]]
    ends = np.column_stack([network.lon[walks.node], network.lat[walks.node]])
    hours, wet = np.empty(0), False
    for water in (np.inf, rules.wade_factor):
        wet = bool(np.isfinite(water))
        window = cut_window(ground, (float(lon), float(lat)), rules, reach_km=reach_km,
                            water=water)
        straight_h = time_straight(window, ends)
        kept = _find_useful(walks, straight_h, stood, rules)
        hours = np.full(len(ends), np.inf)
        hours[kept] = time_walks(window, ends[kept], straight_h[kept])
        if np.isfinite(hours).any() or not np.isinf(window.grid.slowness).any():
            break
    reached = bool(np.isfinite(hours).any())
    return hours, wet and reached, bool(np.isnan(window.grid.height_m).all())


def _keep_quickest(walks: Access, hours: FloatArray, stood: int, rules: Friction) -> Access:
    """The walks that stood, and of each leg the quickest other one where it is quicker."""
    level_kmh = float(walk_speed_kmh(0.0)) * rules.off_path_factor
    effort_km = hours * level_kmh
    best = dict.fromkeys(walks.leg[:stood].tolist(), np.inf)
    for row in range(stood):
        if walks.on_foot[row]:
            best[int(walks.leg[row])] = min(best[int(walks.leg[row])], effort_km[row])
    kept = list(np.flatnonzero(np.isfinite(effort_km[:stood])))
    order = np.lexsort((walks.node, effort_km, walks.leg))
    seen: set[int] = set()
    for row in order[order >= stood].tolist():
        leg = int(walks.leg[row])
        if leg not in seen and effort_km[row] < best[leg] * _GAIN:
            kept.append(row)
        seen.add(leg)
    rows = np.array(sorted(kept), np.int64)
    return Access(walks.place[rows], walks.node[rows], walks.leg[rows], walks.distance_km[rows],
                  walks.on_foot[rows], walks.by_mode[rows], effort_km=effort_km[rows],
                  way=walks.way[rows])


def _stack(parts: list[Access], empty: Access) -> Access:
    names = ("place", "node", "leg", "distance_km", "on_foot", "by_mode", "effort_km", "way")
    columns = {
        name: np.concatenate([getattr(empty, name)[:0], *(getattr(part, name) for part in parts)])
        for name in names
    }
    order = np.lexsort((columns["leg"], columns["node"], columns["place"]))
    return Access(**{name: values[order] for name, values in columns.items()})
