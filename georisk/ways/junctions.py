"""Junctions drawn as several nodes, such as those of dual carriageways, made one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from georisk.ways.edges import ROAD, keep_pieces
from layers.crs import measure_distance_km

if TYPE_CHECKING:
    from georisk.network import BoolArray, IntArray
    from georisk.ways.edges import Ways
    from layers.crs import FloatArray

_WIDEST = 3.0  # times the tolerance: a chain of short pieces is a path, not a junction


def consolidate_junctions(ways: Ways, *, within_m: float) -> tuple[Ways, int]:
    """Make junctions one that pieces of road or path no longer than ``within_m`` join.

    Only what a road joins is made one, so a bridge is never joined to the road below it. What is
    left of each piece is longer by the way to the middle of its junction: consolidating makes
    nobody quicker.

    Parameters
    ----------
    ways : Ways
        Before they are linked to legs.
    within_m : float

    Returns
    -------
    Ways
        Without the pieces within junctions, and their nodes.
    int
        Nodes that were made one with another.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from georisk.ways.edges import build_ways
    >>> frame = gpd.GeoDataFrame({"road_class": "primary", "terrain": "road", "walkable": True,
    ...     "drivable": True, "oneway": False, "from_node": ["a", "b", "c"],
    ...     "to_node": ["b", "c", "d"]}, index=["1", "2", "3"], crs="EPSG:4326",
    ...     geometry=[shapely.LineString([(x, 0), (y, 0)]) for x, y in
    ...               [(0, 0.01), (0.01, 0.0101), (0.0101, 0.02)]])
    >>> fewer, count = consolidate_junctions(build_ways(frame, piece_km=5.0), within_m=15.0)
    >>> len(fewer.tail), count
    (2, 1)
    """
    road = ways.kind[ways.way] == ROAD
    short = road & (ways.length_km * 1000.0 <= within_m) & (ways.tail != ways.head)
    label = _group_nodes(ways, short)
    lon, lat = (np.bincount(label, of) / np.bincount(label) for of in (ways.lon, ways.lat))
    off_km = measure_distance_km(ways.lon, ways.lat, lon[label], lat[label])
    wide = np.zeros(len(lon))
    np.maximum.at(wide, label, off_km)
    split = wide[label] * 2000.0 > _WIDEST * within_m
    kept_apart = np.where(split, len(lon) + np.arange(len(label)), label)
    _, node = np.unique(kept_apart, return_inverse=True)
    off_km = np.where(split, 0.0, off_km)
    made = _move(ways, node, off_km)
    inside = (made.tail == made.head) & short
    return keep_pieces(made, ~inside), len(ways.lon) - len(made.lon)


def _group_nodes(ways: Ways, short: BoolArray) -> IntArray:
    size = len(ways.lon)
    pairs = (np.ones(int(short.sum())), (ways.tail[short], ways.head[short]))
    _, label = sparse.csgraph.connected_components(
        sparse.coo_matrix(pairs, (size, size)), directed=False)
    return np.asarray(label, np.int64)


def _move(ways: Ways, node: IntArray, off_km: FloatArray) -> Ways:
    """Ways over grouped nodes, each in the middle of its group."""
    count = np.bincount(node)
    lon, lat = (np.bincount(node, of) / count for of in (ways.lon, ways.lat))
    longer = off_km[ways.tail] + off_km[ways.head]
    return replace(ways, lon=lon, lat=lat, tail=node[ways.tail], head=node[ways.head],
                   length_km=ways.length_km + longer)
