"""Ways cut where legs and places join them, and laid behind the nodes of the legs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from georisk.ways.edges import ROAD, Joins
from layers.crs import measure_distance_km, project_xy_m

if TYPE_CHECKING:
    from georisk.network import BoolArray, IntArray
    from georisk.ways.edges import Links, Ways
    from layers.crs import FloatArray

_TOLERANCE_KM = 1e-9
_PLANE_MARGIN = 1.05
_SAME_KM = 1e-6


@dataclass(frozen=True, eq=False)
class WaySpots:
    """Points on ways at which places are joined, one row each.

    Attributes
    ----------
    place, piece : array of int
    share : array
        Where along the piece, 0 to 1.
    distance_km : array
    on_foot, by_mode : array of bool
    """

    place: IntArray
    piece: IntArray
    share: FloatArray
    distance_km: FloatArray
    on_foot: BoolArray
    by_mode: BoolArray


def find_way_spots(
    ways: Ways, lonlat: FloatArray, *, crs_metric: str, max_access_km: float
) -> WaySpots:
    """Find the nearest point of a walked way, and of a driven one, for each place within reach."""
    road = ways.kind == ROAD
    walked = _find_nearest(ways, (road & ways.walkable)[ways.way], lonlat,
                           crs_metric=crs_metric, max_access_km=max_access_km)
    driven = _find_nearest(ways, (road & ways.drivable)[ways.way], lonlat,
                           crs_metric=crs_metric, max_access_km=max_access_km)
    place, piece, share, km = (np.concatenate([one, two])
                               for one, two in zip(walked, driven, strict=True))
    on_foot = np.r_[np.ones(len(walked[0]), bool), np.zeros(len(driven[0]), bool)]
    on_foot |= ways.walkable[ways.way[piece]]
    table = np.column_stack([place, piece, share])
    _, first = np.unique(table, axis=0, return_index=True)
    return WaySpots(place[first], piece[first], share[first], km[first], on_foot[first],
                    np.ones(len(first), bool))


def _find_nearest(
    ways: Ways, wanted: BoolArray, lonlat: FloatArray, *, crs_metric: str, max_access_km: float
) -> tuple[IntArray, IntArray, FloatArray, FloatArray]:
    """Place, piece, share and km of the nearest wanted piece to each place."""
    rows = np.flatnonzero(wanted)
    if not len(rows) or not len(lonlat):
        return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0), np.empty(0)
    flat = shapely.transform(
        ways.lines[rows], lambda xy: project_xy_m(xy[:, 0], xy[:, 1], crs_metric=crs_metric))
    points = shapely.points(project_xy_m(lonlat[:, 0], lonlat[:, 1], crs_metric=crs_metric))
    place, near = shapely.STRtree(flat).query_nearest(
        points, max_distance=max_access_km * 1000.0 * _PLANE_MARGIN, all_matches=True)
    order = np.lexsort((near, place))
    first = order[np.r_[True, place[order][1:] != place[order][:-1]][: len(order)]]
    place, near = place[first], near[first]
    piece = rows[near]
    share = shapely.line_locate_point(flat[near], points[place], normalized=True)
    length = ways.length_km[piece]
    share = np.where(share * length < _SAME_KM, 0.0,
                     np.where((1 - share) * length < _SAME_KM, 1.0, share))
    spot = shapely.get_coordinates(
        shapely.line_interpolate_point(ways.lines[piece], share, normalized=True))
    km = measure_distance_km(lonlat[place, 0], lonlat[place, 1], spot[:, 0], spot[:, 1])
    kept = km <= max_access_km + _TOLERANCE_KM
    return place[kept], piece[kept], share[kept], km[kept]


def list_stray(
    stray: np.ndarray, lonlat: FloatArray, *, crs_metric: str, max_access_km: float
) -> IntArray:
    """Rows of places within reach of a way that hangs together with no leg."""
    if not len(stray) or not len(lonlat):
        return np.empty(0, np.int64)
    flat = shapely.transform(
        stray, lambda xy: project_xy_m(xy[:, 0], xy[:, 1], crs_metric=crs_metric))
    points = shapely.points(project_xy_m(lonlat[:, 0], lonlat[:, 1], crs_metric=crs_metric))
    place, _ = shapely.STRtree(flat).query(points, predicate="dwithin",
                                           distance=max_access_km * 1000.0)
    return np.unique(place)


def cut_ways(
    ways: Ways, piece: IntArray, share: FloatArray, *, first_node: int
) -> tuple[Ways, IntArray]:
    """Cut pieces at points, number nodes from ``first_node`` on, say at which each point lies."""
    inside = (share > 0) & (share < 1)
    cuts, row = np.unique(np.column_stack([piece[inside], share[inside]]), axis=0,
                          return_inverse=True)
    owner, at = cuts[:, 0].astype(np.int64), cuts[:, 1]
    new = len(ways.lon) + np.arange(len(cuts))
    node = np.where(share >= 1, ways.head[piece], ways.tail[piece])
    node[inside] = new[row.ravel()]
    spot = shapely.get_coordinates(
        shapely.line_interpolate_point(ways.lines[owner], at, normalized=True))
    tail, head, of, part = split_pieces(ways.tail, ways.head, owner, at, new)
    cut = replace(
        ways, lon=np.r_[ways.lon, spot[:, 0]], lat=np.r_[ways.lat, spot[:, 1]],
        tail=tail + first_node, head=head + first_node, way=ways.way[of],
        length_km=ways.length_km[of] * part, rise_m=ways.rise_m[of] * part, lines=ways.lines[of],
    )
    return cut, node + first_node


def split_pieces(
    tail: IntArray, head: IntArray, owner: IntArray, at: FloatArray, node: IntArray
) -> tuple[IntArray, IntArray, IntArray, FloatArray]:
    """Cut edges at shares of their length: tail, head, old edge and its share, of each new one.

    Examples
    --------
    >>> one = np.array([0])
    >>> parts = split_pieces(one, np.array([1]), one, np.array([0.25]), np.array([2]))
    >>> [values.tolist() for values in parts]
    [[0, 2], [2, 1], [0, 0], [0.25, 0.75]]
    """
    count = len(tail)
    whose = np.r_[np.arange(count), np.arange(count), owner]
    where = np.r_[np.zeros(count), np.ones(count), at]
    point = np.r_[tail, head, node]
    order = np.lexsort((where, whose))
    whose, where, point = whose[order], where[order], point[order]
    kept = np.flatnonzero(whose[1:] == whose[:-1])
    return point[kept], point[kept + 1], whose[kept], where[kept + 1] - where[kept]


def make_joins(links: Links, node: IntArray, way_node: IntArray) -> Joins:
    """Links between the nodes at which they now lie."""
    return Joins(node, way_node, links.distance_km, links.on_foot, links.by_mode)
