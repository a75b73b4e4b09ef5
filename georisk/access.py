"""Join places to the network: the walk between a place and the nearest point of a leg."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from georisk.network import Access, Network
from georisk.ways.joining import cut_ways, find_way_spots, list_stray, make_joins, split_pieces
from layers.crs import measure_distance_km, project_xy_m
from layers.errors import BrokenError, CallError

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from georisk.network import IntArray
    from layers.crs import FloatArray

_STOPS_ONLY = "boat"
_SAME_KM = 1e-6  # a millimetre: nearer than this, a point on a segment is the segment's end
_TOLERANCE_KM = 1e-9
_LEAST_KM_PER_DEGREE = 110.5  # of latitude, at the equator 110.57
_PLANE_MARGIN = 1.05  # the metric plane may stretch: look a little farther, then measure


@dataclass(frozen=True, eq=False)
class Spots:
    """Points on segments, one for each place and leg within reach.

    Attributes
    ----------
    place, segment : array of int
        Rows of the places and of the segments.
    share : array
        Where along the segment, from 0 at its start to 1 at its end.
    distance_km : array
    """

    place: IntArray
    segment: IntArray
    share: FloatArray
    distance_km: FloatArray


def attach_places(
    network: Network,
    places: gpd.GeoDataFrame,
    segments: gpd.GeoDataFrame,
    *,
    crs_metric: str,
    max_access_km: float = 10.0,
) -> Network:
    """Join places to the nearest point of each leg within reach.

    A boat stops for nobody: places are joined to the ends of boat legs only. People who ride a
    train or a road leg get off at its ends, so these are joined too, for riding only. A place
    is a destination, never a short cut from one leg to another. Where ways are given, a place
    is also joined to the nearest one that is walked, and to the nearest one that is driven.

    Parameters
    ----------
    network : Network
        Without places.
    places : GeoDataFrame
        Points, EPSG:4326, index ``place_id``.
    segments : GeoDataFrame
        Those that the network was built from.
    crs_metric : str
        Projected CRS in metres, for finding the nearest point; distances are geodesic.
    max_access_km : float
        Farther places are listed in ``Network.unattached``.

    Returns
    -------
    Network
        A segment is split where a place or a way is joined in its middle.

    Raises
    ------
    BrokenError
        If places were attached before: attach all of them at once.
    CallError
        If an id stands twice.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from georisk.corridors import split_legs
    >>> from georisk.network import build_network
    >>> legs = gpd.GeoDataFrame({"mode": ["foot"]}, index=["a"], crs="EPSG:4326",
    ...     geometry=[shapely.LineString([(0, 0), (0, 0.018)])])
    >>> lines = split_legs(legs, segment_km=1.0)
    >>> network = build_network(lines, crs_metric="EPSG:32631")
    >>> place = gpd.GeoDataFrame(geometry=[shapely.Point(0.009, 0.0045)], index=["p"], crs=4326)
    >>> joined = attach_places(network, place, lines, crs_metric="EPSG:32631")
    >>> len(joined.tail), round(float(joined.access.distance_km[0]), 2)
    (3, 1.0)
    """
    if network.access is not None:
        raise BrokenError("network: places were attached before; attach all of them at once")
    if not places.index.is_unique:
        raise CallError("places: an id stands on several rows; give each place one id")
    places = places.sort_index()
    lonlat = shapely.get_coordinates(places.geometry.to_numpy())
    lines = segments.geometry.to_numpy()
    spots = find_spots(network, lonlat, lines, crs_metric=crs_metric, max_access_km=max_access_km)
    leg = network.leg[spots.segment]
    foot = np.array(network.leg_modes)[leg] == "foot"
    split, node = _split_edges(network, spots, lines)
    made = len(spots.place)
    walked = Access(spots.place, node[:made], leg, spots.distance_km, np.ones(len(foot), bool),
                    foot)
    access = _merge_access(walked, _find_stops(network, lonlat, max_access_km))
    split = replace(split, place_ids=tuple(map(str, places.index)), access=access)
    return _attach_ways(split, lonlat, node[made:], crs_metric=crs_metric,
                        max_access_km=max_access_km)


def _attach_ways(
    network: Network, lonlat: FloatArray, link_node: IntArray, *, crs_metric: str,
    max_access_km: float,
) -> Network:
    """Join places to ways, and lay the ways behind the nodes of the legs."""
    ways, links, access = network.ways, network.links, network.access
    if links is None or access is None:
        return network
    stray = list_stray(links.stray, lonlat, crs_metric=crs_metric, max_access_km=max_access_km)
    if ways is not None:
        spots = find_way_spots(ways, lonlat, crs_metric=crs_metric, max_access_km=max_access_km)
        piece, share = np.r_[spots.piece, links.piece], np.r_[spots.share, links.at]
        cut, node = cut_ways(ways, piece, share, first_node=len(network.lon))
        made = len(spots.piece)
        access = _merge_access(access, Access(
            spots.place, node[:made], np.full(made, -1), spots.distance_km, spots.on_foot,
            spots.by_mode, way=ways.way[spots.piece],
        ))
        network = replace(
            network, lon=np.r_[network.lon, cut.lon], lat=np.r_[network.lat, cut.lat], ways=cut,
            joins=make_joins(links, link_node, node[made:]), access=access,
        )
    lost = np.setdiff1d(stray, access.place)
    return replace(network, cut_off=tuple(network.place_ids[row] for row in lost.tolist()))


def find_spots(
    network: Network,
    lonlat: FloatArray,
    lines: NDArray[np.object_],
    *,
    crs_metric: str,
    max_access_km: float,
) -> Spots:
    """Nearest point of each leg that is no boat, for each place within reach."""
    by_land = np.flatnonzero(np.array(network.leg_modes)[network.leg] != _STOPS_ONLY)
    flat = _project_lines(lines[by_land], crs_metric)
    points = shapely.points(project_xy_m(lonlat[:, 0], lonlat[:, 1], crs_metric=crs_metric))
    reach_m = max_access_km * 1000.0 * _PLANE_MARGIN
    place, near = shapely.STRtree(flat).query(points, predicate="dwithin", distance=reach_m)
    apart_m = np.round(shapely.distance(points[place], flat[near]), 6)
    segment = by_land[near]
    order = np.lexsort((segment, apart_m, network.leg[segment], place))
    pairs = np.column_stack([place, network.leg[segment]])[order]
    first = order[np.r_[True, np.any(pairs[1:] != pairs[:-1], axis=1)][: len(order)]]
    place, near, segment = place[first], near[first], segment[first]
    share = shapely.line_locate_point(flat[near], points[place], normalized=True)
    share = _snap_share(share, network.length_km[segment])
    spot = shapely.get_coordinates(
        shapely.line_interpolate_point(lines[segment], share, normalized=True)
    )
    distance_km = _measure_km(lonlat[place], spot)
    kept = distance_km <= max_access_km + _TOLERANCE_KM
    return Spots(place[kept], segment[kept], share[kept], distance_km[kept])


def _project_lines(lines: NDArray[np.object_], crs_metric: str) -> NDArray[np.object_]:
    return np.asarray(
        shapely.transform(
            lines, lambda xy: project_xy_m(xy[:, 0], xy[:, 1], crs_metric=crs_metric)
        )
    )


def _snap_share(share: FloatArray, length_km: FloatArray) -> FloatArray:
    at_start = share * length_km < _SAME_KM
    at_end = (1.0 - share) * length_km < _SAME_KM
    return np.where(at_start, 0.0, np.where(at_end, 1.0, share))


def _measure_km(one: FloatArray, two: FloatArray) -> FloatArray:
    return measure_distance_km(one[:, 0], one[:, 1], two[:, 0], two[:, 1])


def _find_stops(network: Network, lonlat: FloatArray, max_access_km: float) -> Access:
    """List the ends of boat, train and road legs within reach of each place."""
    modes = np.array(network.leg_modes)
    leg = np.repeat(np.flatnonzero(modes != "foot"), 2)
    node = network.stop_node[modes != "foot"].ravel()
    north_km = np.abs(lonlat[:, 1:] - network.lat[node]) * _LEAST_KM_PER_DEGREE
    place, near = np.nonzero(north_km <= max_access_km + _TOLERANCE_KM)
    node, leg = node[near], leg[near]
    stop = np.column_stack([network.lon[node], network.lat[node]])
    distance_km = _measure_km(lonlat[place], stop)
    kept = distance_km <= max_access_km + _TOLERANCE_KM
    place, node, leg, distance_km = place[kept], node[kept], leg[kept], distance_km[kept]
    boat = modes[leg] == _STOPS_ONLY
    return Access(place, node, leg, distance_km, boat, np.ones(len(boat), bool))


def _split_edges(
    network: Network, spots: Spots, lines: NDArray[np.object_]
) -> tuple[Network, IntArray]:
    """Cut segments where places and ways are joined; say at which node each of them now lies."""
    links = network.links
    segment, share = spots.segment, spots.share
    if links is not None:
        segment, share = np.r_[segment, links.segment], np.r_[share, links.share]
    inside = (share > 0) & (share < 1)
    cuts, row = np.unique(np.column_stack([segment[inside], share[inside]]), axis=0,
                          return_inverse=True)
    owner, at = cuts[:, 0].astype(np.int64), cuts[:, 1]
    new_node = len(network.lon) + np.arange(len(cuts))
    node = network.segment_node[segment, (share >= 1).astype(int)]
    node[inside] = new_node[row.ravel()]
    xy = shapely.get_coordinates(
        shapely.line_interpolate_point(lines[owner], at, normalized=True)
    )
    tail, head, of, part = split_pieces(network.tail, network.head, owner, at, new_node)
    return replace(
        network, tail=tail, head=head, segment=network.segment[of], leg=network.leg[of],
        length_km=network.length_km[of] * part, rise_m=network.rise_m[of] * part,
        lon=np.r_[network.lon, xy[:, 0]], lat=np.r_[network.lat, xy[:, 1]],
    ), node


def _merge_access(one: Access, two: Access) -> Access:
    names = ("place", "node", "leg", "distance_km", "on_foot", "by_mode", "effort_km", "way")
    columns = {name: np.r_[getattr(one, name), getattr(two, name)] for name in names}
    order = np.lexsort((columns["leg"], columns["node"], columns["place"]))
    return Access(**{name: values[order] for name, values in columns.items()})
