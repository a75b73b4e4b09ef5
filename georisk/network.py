"""Legs as a graph: nodes at segment ends, directed edges, places joined by a walk off the path."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.spatial import cKDTree

from layers.crs import project_xy_m
from layers.errors import BrokenError, CallError

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from georisk.slowing import HeatField
    from georisk.ways.edges import Joins, Links, Ways
    from layers.crs import FloatArray

    IntArray = NDArray[np.int64]
    BoolArray = NDArray[np.bool_]

JOIN_M = 50.0


@dataclass(frozen=True, eq=False)
class Access:
    """Walks between places and nodes, one row each, sorted by place and node.

    Attributes
    ----------
    place, node, leg : array of int
        Rows of ``place_ids``, of the nodes, and of ``leg_ids``.
    distance_km : array
        Straight line, geodesic.
    on_foot, by_mode : array of bool
        Whether people may leave the leg here when they walk it; when they ride it.
    effort_km : array
        Kilometres of level open ground that take as long to walk; the straight line where no
        friction surface was laid.
    way : array of int
        Row of ``Network.ways.way_ids``, -1 for joins to a leg; ``leg`` is -1 for those to a way.
    """

    place: IntArray
    node: IntArray
    leg: IntArray
    distance_km: FloatArray
    on_foot: BoolArray
    by_mode: BoolArray
    effort_km: FloatArray = field(default_factory=lambda: np.empty(0))
    way: IntArray = field(default_factory=lambda: np.empty(0, np.int64))

    def __post_init__(self) -> None:
        """Take the straight line and no way where nothing else is said."""
        if len(self.effort_km) != len(self.place):
            object.__setattr__(self, "effort_km", self.distance_km)
        if len(self.way) != len(self.place):
            object.__setattr__(self, "way", np.full(len(self.place), -1, np.int64))


@dataclass(frozen=True, eq=False)
class Network:
    """Legs as arrays; edge ``i`` runs from ``tail[i]`` to ``head[i]`` as its leg is drawn.

    Attributes
    ----------
    leg_ids, leg_modes : tuple of str
    lon, lat : array of shape (n_nodes,)
        EPSG:4326. The first nodes are segment ends; points where a place was joined in the
        middle of a segment follow.
    tail, head, segment, leg : array of int, shape (n_edges,)
        Nodes, row of the segments frame, row of ``leg_ids``.
    length_km, rise_m : array of shape (n_edges,)
        Rise is signed, in the direction of drawing.
    segment_node : array of int, shape (n_segments, 2)
        Node at the start and at the end of each segment.
    stop_node : array of int, shape (n_legs, 2)
        Where people get on and off.
    flat_segments : int
        Segments taken as flat because an elevation is unknown.
    place_ids : tuple of str
        Sorted.
    access : Access or None
        None until `georisk.access.attach_places`.
    ways : Ways or None
        Further edges, from OpenStreetMap, on which people reach places.
    links : Links or None
        Where legs and ways meet.
    joins : Joins or None
        The same as edges; None until places are attached.
    cut_off : tuple of str
        Places within reach of nothing but ways that hang together with no leg.
    heat : HeatField or None
        Heat where the ways lie, where the climate is known.
    """

    leg_ids: tuple[str, ...]
    leg_modes: tuple[str, ...]
    lon: FloatArray
    lat: FloatArray
    tail: IntArray
    head: IntArray
    segment: IntArray
    leg: IntArray
    length_km: FloatArray
    rise_m: FloatArray
    segment_node: IntArray
    stop_node: IntArray
    flat_segments: int
    place_ids: tuple[str, ...] = ()
    access: Access | None = None
    ways: Ways | None = None
    links: Links | None = None
    joins: Joins | None = None
    cut_off: tuple[str, ...] = ()
    heat: HeatField | None = None

    @property
    def snapping(self) -> pd.DataFrame:
        """How each place is joined.

        Columns ``place_id leg_id access_km on_foot by_mode effort_km way_id component``; parts
        of the network that hang together are numbered from 0, the largest first.
        """
        names = ["place_id", "leg_id", "access_km", "on_foot", "by_mode", "effort_km", "way_id",
                 "component"]
        if self.access is None:
            return pd.DataFrame({name: [] for name in names})
        rows = self.access
        values = [
            np.array(self.place_ids, dtype=object)[rows.place],
            np.array([*self.leg_ids, None], dtype=object)[rows.leg],
            rows.distance_km, rows.on_foot, rows.by_mode, rows.effort_km,
            np.array([*(self.ways.way_ids if self.ways else ()), None], dtype=object)[rows.way],
            self.components[rows.node],
        ]
        frame = pd.DataFrame(dict(zip(names, values, strict=True)))
        return frame.sort_values(["place_id", "leg_id", "access_km"], ignore_index=True)

    @property
    def components(self) -> IntArray:
        """Which part of the network each node is of; places hold nothing together."""
        ends = [np.column_stack([self.tail, self.head])]
        if self.joins is not None and self.ways is not None:
            ends += [np.column_stack([self.ways.tail, self.ways.head]),
                     np.column_stack([self.joins.node, self.joins.way_node])]
        pairs = np.vstack(ends)
        size = len(self.lon)
        links = sparse.coo_matrix((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), (size, size))
        _, label = sparse.csgraph.connected_components(links, directed=False)
        rank = np.argsort(np.argsort(-np.bincount(label), kind="stable"), kind="stable")
        return np.asarray(rank[label], np.int64)

    @property
    def unattached(self) -> tuple[str, ...]:
        """Places too far from every leg to be joined."""
        joined = set() if self.access is None else set(self.access.place.tolist())
        return tuple(name for row, name in enumerate(self.place_ids) if row not in joined)


def build_network(
    segments: gpd.GeoDataFrame, *, crs_metric: str, elevation_m: FloatArray | None = None
) -> Network:
    """Join segments into a graph.

    Segments of a leg follow each other; legs meet only where their ends lie within 50 m of each
    other. Two lines that merely cross do not meet: nobody said that one can change there.

    Parameters
    ----------
    segments : GeoDataFrame
        As `georisk.corridors.split_legs` makes it, sorted by ``segment_id``.
    crs_metric : str
        Projected CRS in metres in which 50 m is measured.
    elevation_m : array of shape (n_segments, 2), optional
        At the start and the end of each segment. Where one is NaN the segment counts as flat,
        and ``flat_segments`` counts it.

    Raises
    ------
    CallError
        If there is no segment, or the elevations do not match the segments.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from georisk.corridors import split_legs
    >>> legs = gpd.GeoDataFrame({"mode": ["foot", "foot"]}, index=["a", "b"], crs="EPSG:4326",
    ...     geometry=[shapely.LineString([(0, 0), (0, 0.018)]),
    ...               shapely.LineString([(0, 0.018), (0, 0.036)])])
    >>> network = build_network(split_legs(legs, segment_km=1.0), crs_metric="EPSG:32631")
    >>> len(network.tail), len(network.lon)   # four segments, five ends: a and b meet
    (4, 5)
    """
    if not len(segments):
        raise CallError("network: there are no segments; give at least one leg in `routes`")
    leg, leg_ids = pd.factorize(segments["leg_id"])
    first = np.flatnonzero(np.r_[True, leg[1:] != leg[:-1]])
    if len(first) != len(leg_ids):
        raise BrokenError("network: segments are not sorted by segment_id; sort them first")
    rise_m, flat = _measure_rise_m(elevation_m, len(segments))
    start = np.arange(len(segments)) + leg
    node, keep = _join_ends(segments, leg, start, crs_metric=crs_metric)
    last = np.r_[first[1:], len(segments)] - 1
    lon, lat = _place_nodes(segments, leg, start, keep)
    pairs = np.column_stack([node[start], node[start + 1]]).astype(np.int64)
    return Network(
        leg_ids=tuple(str(name) for name in leg_ids),
        leg_modes=tuple(str(mode) for mode in segments["mode"].iloc[first]),
        lon=lon, lat=lat, tail=pairs[:, 0], head=pairs[:, 1],
        segment=np.arange(len(segments)), leg=leg.astype(np.int64),
        length_km=segments["length_km"].to_numpy(float), rise_m=rise_m, segment_node=pairs,
        stop_node=np.column_stack([pairs[first, 0], pairs[last, 1]]), flat_segments=flat,
    )


def _measure_rise_m(elevation_m: FloatArray | None, count: int) -> tuple[FloatArray, int]:
    if elevation_m is None:
        return np.zeros(count), count
    if elevation_m.shape != (count, 2):
        raise CallError(
            f"network: elevations of shape {elevation_m.shape} for {count} segments; "
            f"give one at the start and one at the end of each"
        )
    rise_m = elevation_m[:, 1] - elevation_m[:, 0]
    unknown = ~np.isfinite(rise_m)
    return np.where(unknown, 0.0, rise_m), int(unknown.sum())


def _place_nodes(
    segments: gpd.GeoDataFrame, leg: IntArray, start: IntArray, keep: IntArray
) -> tuple[FloatArray, FloatArray]:
    """Longitude and latitude of the kept nodes, among one node per segment end and leg."""
    count = len(segments) + int(leg[-1]) + 1
    out = []
    for axis in ("lon", "lat"):
        values = np.empty(count)
        values[start + 1] = segments[f"end_{axis}"].to_numpy(float)
        values[start] = segments[f"start_{axis}"].to_numpy(float)
        out.append(values[keep])
    return out[0], out[1]


def _join_ends(
    segments: gpd.GeoDataFrame, leg: IntArray, start: IntArray, *, crs_metric: str
) -> tuple[IntArray, IntArray]:
    """Give each raw node its final number, and list the raw node that stands for each number."""
    count = len(segments) + int(leg[-1]) + 1
    everything = np.arange(count)
    lon, lat = _place_nodes(segments, leg, start, everything)
    is_first = np.r_[True, leg[1:] != leg[:-1]]
    is_last = np.r_[leg[1:] != leg[:-1], True]
    ends = np.unique(np.r_[start[is_first], start[is_last] + 1])
    tree = cKDTree(project_xy_m(lon[ends], lat[ends], crs_metric=crs_metric))
    pairs = ends[tree.query_pairs(JOIN_M, output_type="ndarray")].reshape(-1, 2)
    links = sparse.coo_matrix((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), (count, count))
    _, group = sparse.csgraph.connected_components(links, directed=False)
    _, keep, node = np.unique(group, return_index=True, return_inverse=True)
    return node.astype(np.int64), keep.astype(np.int64)
