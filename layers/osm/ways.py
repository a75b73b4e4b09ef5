"""The network of an OpenStreetMap extract: ways between junctions.

The extract is read from a local file as a stream and cut to the area while it is read, and what
is left is held in flat arrays: a country does not fit in memory as a graph (gboeing/osmnx#218 and
#322), its corridors do not either.
"""

from __future__ import annotations

from array import array
from dataclasses import astuple, replace
from typing import TYPE_CHECKING, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from layers.crs import WGS84, measure_length_km
from layers.osm.chains import chain_runs
from layers.osm.clipping import Runs, clip_runs, sort_runs
from layers.osm.extracts import SOURCE, import_osmium, open_extract
from layers.osm.roads import KEYS, Road, find_direction, judge_road

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from osmium.osm.types import Way
    from shapely import MultiPolygon, Polygon

    from layers.osm.chains import Chains

MAX_NODES = 20_000_000
COLUMNS = (
    "way_id", "road_class", "terrain", "surface", "walkable", "drivable", "oneway", "ford",
    "max_speed_kmh", "length_km", "from_node", "to_node", "source", "synthetic", "geometry",
)  # fmt: skip
_SIGNS = {"yes": 1, "-1": -1, "no": 0}
_WKB_HEAD_BYTES = 9
_PAIR = 2


class Network(NamedTuple):
    """Ways between junctions, and what was cut off them.

    Attributes
    ----------
    frame : GeoDataFrame
        As `read_ways` gives it.
    cut : int
        Ways that go on beyond the area.
    holed : int
        Ways of which the file lacks nodes: they are broken there.
    """

    frame: gpd.GeoDataFrame
    cut: int
    holed: int


def read_ways(path: Path, *, area: Polygon | MultiPolygon | None = None) -> gpd.GeoDataFrame:
    """Read roads, tracks, paths, railways and ferries, cut at junctions.

    A way that leaves the area ends at its first node outside. Between two junctions the edge is
    cut wherever class, surface or access changes. Each stretch of ground is one row, whatever its
    directions.

    Parameters
    ----------
    path : Path
        `.osm` or `.osm.pbf`.
    area : Polygon or MultiPolygon, optional
        EPSG:4326, such as a corridor with its surroundings; None is the whole file.

    Returns
    -------
    GeoDataFrame
        Columns of the layer ``ways``, EPSG:4326, sorted by ``way_id``. ``from_node`` to
        ``to_node`` is the direction of travel where ``oneway``, else by number.

    Raises
    ------
    ValueError
        If the file is not a sound extract, holds no way in the area, is too large to hold, or
        the extra is not installed.
    OSError
        If it cannot be opened.
    """
    return read_network(path, area=area).frame


def read_network(path: Path, *, area: Polygon | MultiPolygon | None = None) -> Network:
    """Read what `read_ways` does, and tell what was cut off; raises the same."""
    runs = keep_ways(path, area=area)
    if not len(runs.way):
        where = "the area" if area is not None else "the file"
        raise ValueError(f"no road, path, railway or ferry in {where}")
    return Network(_make_frame(chain_runs(runs), runs.roads), runs.cut, runs.holed)


def keep_ways(path: Path, *, area: Polygon | MultiPolygon | None = None) -> Runs:
    """Read the ways of a file, cut to an area at nodes, with the positions of their nodes.

    Raises
    ------
    ValueError
        If the file is not a sound extract or more than 20 million nodes are needed.
    """
    roads: dict[Road, int] = {}
    way, road, direction, count, ref = (array("q") for _ in range(5))
    lonlat = array("d")
    holed: set[int] = set()
    for number, kind, sign, run in _iterate_runs(path, _build_test(area), holed):
        way.append(number)
        road.append(roads.setdefault(kind, len(roads)))
        direction.append(sign)
        count.append(len(run))
        for node, lon, lat in run:
            ref.append(node)
            lonlat.extend((lon, lat))
        if len(ref) > MAX_NODES:
            raise ValueError(f"more than {MAX_NODES:,} nodes: give a smaller area")
    runs = Runs(
        np.array(way, np.int64), np.array(road, np.int64), np.array(direction, np.int64),
        np.r_[0, np.cumsum(np.array(count, np.int64))], np.array(ref, np.int64),
        np.array(lonlat, float).reshape(-1, 2), tuple(roads),
    )
    kept = clip_runs(sort_runs(runs), area)
    # Of ways that lie wholly outside the area, what the file lacks concerns nobody.
    seen = holed if area is None else holed & set(kept.way.tolist())
    return replace(kept, holed=len(seen))


def _iterate_runs(
    path: Path, touches: Callable[[Way], bool], holed: set[int]
) -> Iterator[tuple[int, Road, int, list[tuple[int, float, float]]]]:
    """Way, what it is, its direction and its nodes; ``holed`` fills with ways that lack some."""
    osmium = import_osmium()
    with open_extract(path) as processor:
        chosen = processor.with_filter(osmium.filter.EntityFilter(osmium.osm.WAY))
        for way in chosen.with_filter(osmium.filter.KeyFilter(*KEYS)):
            if way.deleted or not touches(way):
                continue
            tags = dict(way.tags)
            road = judge_road(tags)
            if road is None:
                continue
            runs, whole = _list_runs(way)
            if not whole:
                holed.add(way.id)
            for run in runs:
                yield way.id, road, _SIGNS[find_direction(tags, road)], run


def _list_runs(way: Way) -> tuple[list[list[tuple[int, float, float]]], bool]:
    """Nodes that follow each other, broken where the file lacks one; whether it lacks none."""
    runs: list[list[tuple[int, float, float]]] = [[]]
    whole = True
    for node in way.nodes:
        location = node.location
        if not location.valid():
            whole = False
            runs.append([])
        elif not runs[-1] or runs[-1][-1][0] != node.ref:
            runs[-1].append((node.ref, location.lon, location.lat))
    return [run for run in runs if len(run) >= _PAIR], whole


def _build_test(area: Polygon | MultiPolygon | None) -> Callable[[Way], bool]:
    """A quick test of whether a way may touch the area; its line is made outside of Python."""
    if area is None:
        return lambda _way: True
    osmium = import_osmium()
    draw = osmium.geom.WKBFactory().create_linestring
    shapely.prepare(area)
    west, south, east, north = area.bounds

    def touches(way: Way) -> bool:
        try:
            text = draw(way)
        except (RuntimeError, osmium.InvalidLocationError):
            return True  # part of it lies outside the extract: what is known of it decides later
        xy = np.frombuffer(bytes.fromhex(text), np.float64, offset=_WKB_HEAD_BYTES).reshape(-1, 2)
        (left, low), (right, high) = xy.min(axis=0), xy.max(axis=0)
        if right < west or left > east or high < south or low > north:
            return False
        return bool(area.intersects(shapely.linestrings(xy)))

    return touches


def _make_frame(chains: Chains, roads: tuple[Road, ...]) -> gpd.GeoDataFrame:
    kinds = pd.DataFrame([astuple(road) for road in roads], columns=list(Road.__dataclass_fields__))
    rows = np.repeat(np.arange(len(chains.road)), np.diff(chains.start))
    lines = np.asarray(shapely.linestrings(chains.lonlat, indices=rows))
    ends = [chains.ref[chains.start[:-1]], chains.ref[chains.start[1:] - 1]]
    begin, end = (pd.Series(values).astype("str") for values in ends)
    frame = kinds.iloc[chains.road].reset_index(drop=True).assign(
        from_node="osm-n" + begin, to_node="osm-n" + end,
        oneway=chains.direction != 0, length_km=measure_length_km(lines).round(6),
        source=SOURCE, synthetic=False, geometry=lines,
    )
    pair = "osm-n" + begin + "-n" + end
    copy = frame.groupby(pair).cumcount()
    way_id = pair.where(copy == 0, pair + "-" + (copy + 1).astype(str))
    frame = frame.assign(way_id=way_id)[list(COLUMNS)].sort_values("way_id", ignore_index=True)
    return gpd.GeoDataFrame(frame, geometry="geometry", crs=WGS84)
