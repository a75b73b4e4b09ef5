"""Where legs and ways meet: their vertices lie within a stated distance of each other."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy import sparse

from georisk.ways.edges import FERRY, RAIL, ROAD, Links, Ways, keep_pieces
from layers.crs import measure_distance_km, project_xy_m
from layers.errors import CallError

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from georisk.network import BoolArray, IntArray, Network
    from layers.crs import FloatArray

_PLANE_MARGIN = 1.05
_TOLERANCE_KM = 1e-9
_SAME = 1e-9


@dataclass(frozen=True, eq=False)
class _Pairs:
    """A point on a segment and one on a piece, one row each."""

    segment: IntArray
    share: FloatArray
    piece: IntArray
    at: FloatArray


def link_ways(
    network: Network, ways: Ways, segments: gpd.GeoDataFrame, *, crs_metric: str, join_km: float
) -> Network:
    """Join legs and ways where a vertex of one lies within ``join_km`` of the other.

    Lines that merely cross do not meet. People who walk a leg change wherever it meets a road or
    path; who rides gets on and off at the ends of the leg; boats land at their ends alone.
    Rails are joined to the ends of train legs only. Ways that hang together with no leg are left
    out and counted in ``Network.links``.

    Parameters
    ----------
    network : Network
        Without places.
    ways : Ways
    segments : GeoDataFrame
        Those the network was built from.
    crs_metric : str
    join_km : float

    Returns
    -------
    Network
        With ``ways`` and ``links``.

    Raises
    ------
    CallError
        If ``join_km`` is negative.
    """
    if not join_km >= 0:
        raise CallError(f"network.join_km = {join_km}: give a distance of 0 or more")
    lines = _project(segments.geometry.to_numpy(), crs_metric)
    flat = _project(ways.lines, crs_metric)
    reach_m = join_km * 1000.0 * _PLANE_MARGIN
    stop = _find_stops(network)
    parts = [_link_vertices(network, ways, (lines, flat), stop, reach_m),
             _link_junctions(network, ways, (lines, flat), crs_metric, reach_m),
             _link_rails(network, ways, (lines, flat), stop, reach_m)]
    pairs = _join_pairs(parts)
    km = _measure_km(pairs, segments.geometry.to_numpy(), ways.lines)
    near = km <= join_km + _TOLERANCE_KM
    pairs, km = _take(pairs, near), km[near]
    label = _label_pieces(ways)
    met = np.isin(label, label[pairs.piece])
    left_out = (len(np.unique(ways.way[~met])), float(ways.length_km[~met].sum()),
                len(np.unique(label[~met])))
    row = np.cumsum(met) - 1
    on_foot, by_mode = _judge(network, ways, pairs, stop)
    links = Links(pairs.segment, pairs.share, row[pairs.piece], pairs.at, km, on_foot, by_mode,
                  left_out, ways.lines[~met & (ways.kind[ways.way] == ROAD)])
    return replace(network, ways=keep_pieces(ways, met) if met.any() else None, links=links)


def _project(lines: NDArray[np.object_], crs_metric: str) -> NDArray[np.object_]:
    return np.asarray(shapely.transform(
        lines, lambda xy: project_xy_m(xy[:, 0], xy[:, 1], crs_metric=crs_metric)))


def _find_stops(network: Network) -> BoolArray:
    """Whether the start and the end of each segment is an end of its leg, shape (n, 2)."""
    leg = np.empty(len(network.segment_node), np.int64)
    leg[network.segment] = network.leg
    first = np.r_[True, leg[1:] != leg[:-1]]
    return np.column_stack([first, np.r_[first[1:], True]])


def _find_modes(network: Network) -> NDArray[np.str_]:
    leg = np.empty(len(network.segment_node), np.int64)
    leg[network.segment] = network.leg
    return np.array(network.leg_modes)[leg]


def _link_vertices(
    network: Network, ways: Ways, flat: tuple[NDArray[np.object_], NDArray[np.object_]],
    stop: BoolArray, reach_m: float,
) -> _Pairs:
    """Vertices of legs and, of each segment and way, the nearest one."""
    lines, pieces = flat
    xy, segment = shapely.get_coordinates(lines, return_index=True)
    share = shapely.line_locate_point(lines[segment], shapely.points(xy), normalized=True)
    at_end = (share <= _SAME) & stop[segment, 0] | (share >= 1 - _SAME) & stop[segment, 1]
    kept = (_find_modes(network)[segment] != "boat") | at_end
    xy, segment, share = xy[kept], segment[kept], share[kept]
    road = np.flatnonzero(ways.kind[ways.way] != RAIL)
    points = shapely.points(xy)
    row, near = shapely.STRtree(pieces[road]).query(points, predicate="dwithin", distance=reach_m)
    piece = road[near]
    apart = np.round(shapely.distance(points[row], pieces[piece]), 6)
    order = np.lexsort((piece, share[row], apart, ways.way[piece], segment[row]))
    key = np.column_stack([segment[row], ways.way[piece]])[order]
    first = order[np.r_[True, np.any(key[1:] != key[:-1], axis=1)][: len(order)]]
    row, piece = row[first], piece[first]
    at = shapely.line_locate_point(pieces[piece], points[row], normalized=True)
    return _Pairs(segment[row], share[row], piece, at)


def _link_junctions(
    network: Network, ways: Ways, flat: tuple[NDArray[np.object_], NDArray[np.object_]],
    crs_metric: str, reach_m: float,
) -> _Pairs:
    """Junctions of roads and paths, and the nearest point of each leg that is no boat.

    Cuts within a way are no junctions: they lie where a piece happens to end.
    """
    lines, _ = flat
    land = np.flatnonzero(_find_modes(network) != "boat")
    road = ways.kind[ways.way] != RAIL
    change = ways.way[1:] != ways.way[:-1]
    begin = np.flatnonzero(road & np.r_[True, change])
    end = np.flatnonzero(road & np.r_[change, True])
    node, first = np.unique(np.r_[ways.tail[begin], ways.head[end]], return_index=True)
    piece, at = np.r_[begin, end][first], np.repeat([0.0, 1.0], len(begin))[first]
    points = shapely.points(project_xy_m(ways.lon[node], ways.lat[node], crs_metric=crs_metric))
    row, near = shapely.STRtree(lines[land]).query(points, predicate="dwithin", distance=reach_m)
    segment = land[near]
    leg = np.empty(len(lines), np.int64)
    leg[network.segment] = network.leg
    apart = np.round(shapely.distance(points[row], lines[segment]), 6)
    order = np.lexsort((segment, apart, leg[segment], row))
    key = np.column_stack([row, leg[segment]])[order]
    best = order[np.r_[True, np.any(key[1:] != key[:-1], axis=1)][: len(order)]]
    row, segment = row[best], segment[best]
    share = shapely.line_locate_point(lines[segment], points[row], normalized=True)
    return _Pairs(segment, share, piece[row], at[row])


def _link_rails(
    network: Network, ways: Ways, flat: tuple[NDArray[np.object_], NDArray[np.object_]],
    stop: BoolArray, reach_m: float,
) -> _Pairs:
    """Ends of train legs and the nearest rails."""
    lines, pieces = flat
    rail = np.flatnonzero(ways.kind[ways.way] == RAIL)
    here = stop & (_find_modes(network) == "train")[:, None]
    segment, side = np.nonzero(here)
    points = np.where(side == 0, shapely.get_point(lines[segment], 0),
                      shapely.get_point(lines[segment], -1))
    if not len(rail) or not len(points):
        nothing = np.empty(0, np.int64)
        return _Pairs(nothing, np.empty(0), nothing, np.empty(0))
    row, near = shapely.STRtree(pieces[rail]).query(points, predicate="dwithin", distance=reach_m)
    piece = rail[near]
    order = np.lexsort((piece, np.round(shapely.distance(points[row], pieces[piece]), 6), row))
    best = order[np.r_[True, row[order][1:] != row[order][:-1]][: len(order)]]
    row, piece = row[best], piece[best]
    at = shapely.line_locate_point(pieces[piece], points[row], normalized=True)
    return _Pairs(segment[row], side[row].astype(float), piece, at)


def _join_pairs(parts: list[_Pairs]) -> _Pairs:
    """All pairs, each once, points at ends exactly there."""
    segment, share, piece, at = (
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("segment", "share", "piece", "at")
    )
    share, at = (np.where(x < _SAME, 0.0, np.where(x > 1 - _SAME, 1.0, x)) for x in (share, at))
    table = np.unique(np.column_stack([segment, share, piece, at]), axis=0)
    return _Pairs(table[:, 0].astype(np.int64), table[:, 1], table[:, 2].astype(np.int64),
                  table[:, 3])


def _take(pairs: _Pairs, kept: BoolArray) -> _Pairs:
    return _Pairs(pairs.segment[kept], pairs.share[kept], pairs.piece[kept], pairs.at[kept])


def _measure_km(
    pairs: _Pairs, lines: NDArray[np.object_], pieces: NDArray[np.object_]
) -> FloatArray:
    one, two = (
        shapely.get_coordinates(shapely.line_interpolate_point(of[row], at, normalized=True))
        for of, row, at in ((lines, pairs.segment, pairs.share), (pieces, pairs.piece, pairs.at))
    )
    return measure_distance_km(one[:, 0], one[:, 1], two[:, 0], two[:, 1])


def _label_pieces(ways: Ways) -> IntArray:
    """Which part of the ways each piece is of."""
    size = len(ways.lon)
    matrix = sparse.coo_matrix((np.ones(len(ways.tail)), (ways.tail, ways.head)), (size, size))
    _, label = sparse.csgraph.connected_components(matrix, directed=False)
    return np.asarray(label[ways.tail], np.int64)


def _judge(
    network: Network, ways: Ways, pairs: _Pairs, stop: BoolArray
) -> tuple[BoolArray, BoolArray]:
    """Who changes at each link: those on foot, those who ride."""
    modes = _find_modes(network)[pairs.segment]
    at_stop = np.where(pairs.share == 0.0, stop[pairs.segment, 0],
                       (pairs.share == 1.0) & stop[pairs.segment, 1])
    kind = ways.kind[ways.way[pairs.piece]]
    of = ways.way[pairs.piece]
    footed = (ways.walkable[of] | (kind == FERRY)) & (kind != RAIL)
    on_foot = footed & ((modes != "boat") | at_stop)
    return on_foot, (modes == "foot") | at_stop
