"""Where candidates and standing places lie along corridors and legs, in hours from the start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from georisk.corridors import order_corridor
from georisk.siting.models.route_gap import RoutePoints
from georisk.travel import BACKWARD, DIRECTIONS, FORWARD

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from georisk.network import IntArray, Network
    from georisk.siting.posing.scene import Scene
    from layers.crs import FloatArray

_HALF = 0.5


@dataclass(frozen=True, eq=False)
class Routes:
    """Routes walked one way, and what lies on them.

    Attributes
    ----------
    points : RoutePoints
        Sites are the candidates' rows, then one row a service for all that stands.
    fixed : tuple of int
        Those last rows.
    weight : array of shape (n_routes,)
        Risk-weighted km.
    autonomy_h : array of shape (n_routes,)
        Least threshold of the service along the route.
    """

    points: RoutePoints
    fixed: tuple[int, ...]
    weight: FloatArray
    autonomy_h: FloatArray


@dataclass(frozen=True, eq=False)
class _Way:
    """Segments in the order of travel, and the column of `SORTED_DIRECTIONS` they are entered."""

    segment: IntArray
    side: IntArray


def find_segments(
    network: Network, measure: str
) -> tuple[IntArray, IntArray]:
    """Segments of legs at which each place is joined.

    Returns
    -------
    place, segment : array of int
        Pairs, each once, sorted; places joined to ways alone are in none.
    """
    access = network.access
    if access is None:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    used = (access.on_foot if measure == "walk" else access.by_mode) & (access.leg >= 0)
    legs = len(network.leg_ids)
    key = np.r_[network.tail * legs + network.leg, network.head * legs + network.leg]
    known, first = np.unique(key, return_index=True)
    segment = np.r_[network.segment, network.segment][first]
    wanted = access.node[used] * legs + access.leg[used]
    at = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    hit = known[at] == wanted
    pairs = np.unique(np.column_stack([access.place[used][hit], segment[at[hit]]]), axis=0)
    pairs = pairs.reshape(-1, 2)
    return pairs[:, 0].astype(np.int64), pairs[:, 1].astype(np.int64)


def lay_corridors(scene: Scene) -> Routes:
    """Every corridor both ways, for every service; cut where nobody can pass."""
    segments = scene.ground.segments
    ways = []
    for _, steps in sorted(scene.ground.corridors.items()):
        order = order_corridor(segments, steps)
        row = segments.index.get_indexer(order["segment_id"])
        sign = order["sign"].to_numpy(int)
        for _, along in DIRECTIONS:
            turned = sign[::along] * along
            ways.append(_Way(row[::along], (turned > 0).astype(np.int64)))
    return _lay(scene, ways)


def lay_legs(scene: Scene) -> Routes:
    """Every leg both ways, for every service; cut where nobody can pass."""
    code, _ = pd.factorize(scene.ground.segments["leg_id"])
    ways = []
    for leg in range(int(code.max()) + 1):
        row = np.flatnonzero(code == leg)
        for along in (BACKWARD, FORWARD):
            side = np.full(len(row), int(along == FORWARD), np.int64)
            ways.append(_Way(row[::along], side))
    return _lay(scene, ways)


def _lay(scene: Scene, ways: Sequence[_Way]) -> Routes:
    services = sorted(set(scene.demand["service"]))
    count = len(scene.candidates)
    offers = scene.candidates["services"].to_numpy(object)
    parts: list[tuple[IntArray, FloatArray]] = []
    hours, weights, autonomy, route = [], [], [], 0
    for at, service in enumerate(services):
        measure = str(scene.ground.services.loc[service, "measure"])
        place, segment = find_segments(scene.worlds[0].network, measure)
        gives = np.array([service in items for items in offers], bool)[place]
        stands = scene.ground.standing.get(service, np.empty(0, np.int64))
        site = np.r_[place[gives], np.full(len(stands), count + at)]
        where = np.r_[segment[gives], stands]
        for way in _cut(scene, ways, measure):
            span_h, start_h = _add_up(scene, way, measure)
            position = np.full(len(scene.ground.segments), np.nan)
            position[way.segment] = start_h + _HALF * span_h
            on = np.flatnonzero(np.isfinite(position[where]))
            parts.append((np.column_stack([np.full(len(on), route), site[on]]),
                          position[where[on]]))
            hours.append(float(span_h.sum()))
            share = scene.ground.service_share.get(service, 1.0)
            weights.append(share * _weigh(scene, way))
            autonomy.append(_find_autonomy(scene, way, service))
            route += 1
    pairs = np.vstack([part[0] for part in parts]) if parts else np.empty((0, 2), np.int64)
    at_h = np.concatenate([part[1] for part in parts]) if parts else np.empty(0)
    points = RoutePoints(np.array(hours), pairs[:, 0].astype(np.int64),
                         pairs[:, 1].astype(np.int64), at_h, count + len(services))
    fixed = tuple(range(count, count + len(services)))
    return Routes(points, fixed, np.array(weights), np.array(autonomy))


def _read_hours(scene: Scene, measure: str) -> FloatArray:
    """Hours through each segment, columns as `SORTED_DIRECTIONS`."""
    travel = scene.worlds[0]
    hours = travel.segment_walk_h if measure == "walk" else travel.segment_mode_h
    return hours[:, ::-1]


def _cut(scene: Scene, ways: Sequence[_Way], measure: str) -> Iterator[_Way]:
    hours = _read_hours(scene, measure)
    for way in ways:
        passable = np.isfinite(hours[way.segment, way.side])
        edges = np.flatnonzero(np.diff(np.r_[False, passable, False].astype(np.int8)))
        for first, after in edges.reshape(-1, 2):
            yield _Way(way.segment[first:after], way.side[first:after])


def _add_up(scene: Scene, way: _Way, measure: str) -> tuple[FloatArray, FloatArray]:
    span_h: NDArray[np.float64] = _read_hours(scene, measure)[way.segment, way.side]
    return span_h, np.r_[0.0, np.cumsum(span_h)[:-1]]


def _weigh(scene: Scene, way: _Way) -> float:
    km = scene.ground.segments["length_km"].to_numpy(float)[way.segment]
    factor = scene.flow_factor[way.segment, way.side]
    return float(np.sum(km * scene.ground.intensity[way.segment] * factor))


def _find_autonomy(scene: Scene, way: _Way, service: str) -> float:
    return float(scene.thresholds[service][way.segment, way.side].min())
