"""The network of an OpenStreetMap extract: ways between junctions, through osmnx.

The extract is read from a local file as a stream and cut to the area *before* osmnx sees it: a
country does not fit in memory as a graph, its corridors do (gboeing/osmnx#218 and #322).
"""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from layers.crs import WGS84, measure_length_km
from layers.osm.extracts import INSTALL, SOURCE, import_osmium, open_extract
from layers.osm.roads import KEYS, Road, find_direction, judge_road

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

    from osmium.osm.types import Way
    from shapely import MultiPolygon, Polygon

MAX_NODES = 20_000_000
COLUMNS = (
    "way_id", "road_class", "terrain", "surface", "walkable", "drivable", "oneway", "ford",
    "max_speed_kmh", "length_km", "from_node", "to_node", "source", "synthetic", "geometry",
)  # fmt: skip
_ROAD_TAG = "georisk_road"
_EDGE_SETTINGS: dict[str, Any] = {
    "useful_tags_way": [_ROAD_TAG, "oneway"], "useful_tags_node": [], "all_oneway": False,
    "use_cache": False, "log_file": False, "log_console": False,
}  # fmt: skip


@dataclass(frozen=True)
class Kept:
    """What of an extract is a way in the area.

    Attributes
    ----------
    ways : dict
        Way number to its node numbers, its direction and which of ``roads`` it is.
    nodes : dict
        Node number to longitude and latitude.
    roads : tuple of Road
        Each distinct kind of way once.
    """

    ways: dict[int, tuple[tuple[int, ...], str, int]]
    nodes: dict[int, tuple[float, float]]
    roads: tuple[Road, ...]


def read_ways(path: Path, *, area: Polygon | MultiPolygon | None = None) -> gpd.GeoDataFrame:
    """Read roads, tracks, paths, railways and ferries, cut at junctions.

    A way that touches the area comes in whole. Between two junctions the edge is cut wherever
    class, surface or access changes. Each stretch of ground is one row, whatever its directions.

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
    kept = keep_ways(path, area=area)
    if not kept.ways:
        where = "the area" if area is not None else "the file"
        raise ValueError(f"no road, path, railway or ferry in {where}")
    return _tabulate_edges(_build_graph(kept), kept.roads)


def keep_ways(path: Path, *, area: Polygon | MultiPolygon | None = None) -> Kept:
    """Read the ways of a file that touch an area, with the positions of their nodes.

    Raises
    ------
    ValueError
        If the file is not a sound extract or more than 20 million nodes are needed.
    """
    osmium = import_osmium()
    ways: dict[int, tuple[tuple[int, ...], str, int]] = {}
    nodes: dict[int, tuple[float, float]] = {}
    roads: dict[Road, int] = {}
    touches = _build_test(area)
    with open_extract(path) as processor:
        chosen = processor.with_filter(osmium.filter.EntityFilter(osmium.osm.WAY))
        for way in chosen.with_filter(osmium.filter.KeyFilter(*KEYS)):
            if way.deleted or not touches(way):
                continue
            tags = dict(way.tags)
            road, points = judge_road(tags), _locate_nodes(way)
            if road is None or len(points) < 2:  # noqa: PLR2004 - a line needs two
                continue
            number = roads.setdefault(road, len(roads))
            ways[way.id] = (tuple(ref for ref, _ in points), find_direction(tags, road), number)
            nodes.update(points)
            if len(nodes) > MAX_NODES:
                raise ValueError(f"more than {MAX_NODES:,} nodes: give a smaller area")
    return Kept(ways, nodes, tuple(roads))


def _locate_nodes(way: Way) -> list[tuple[int, tuple[float, float]]]:
    """Nodes that the file holds, without the same one twice in a row."""
    points: list[tuple[int, tuple[float, float]]] = []
    for node in way.nodes:
        if node.location.valid() and (not points or points[-1][0] != node.ref):
            points.append((node.ref, (node.location.lon, node.location.lat)))
    return points


def _build_test(area: Polygon | MultiPolygon | None) -> Callable[[Way], bool]:
    """A quick test of whether a way touches the area; its line is made outside of Python."""
    if area is None:
        return lambda _way: True
    osmium = import_osmium()
    draw = osmium.geom.WKBFactory().create_linestring
    shapely.prepare(area)

    def touches(way: Way) -> bool:
        try:
            line = shapely.from_wkb(draw(way))
        except (RuntimeError, osmium.InvalidLocationError):
            # Part of it lies outside the extract: what is known of it decides.
            known = [xy for _, xy in _locate_nodes(way)]
            line = shapely.MultiPoint(known)
        return bool(area.intersects(line))

    return touches


def _build_graph(kept: Kept) -> Any:  # noqa: ANN401 - networkx has no types
    try:
        import osmnx
    except ImportError as error:
        raise ValueError(INSTALL) from error
    with tempfile.TemporaryDirectory(prefix="georisk-osm-") as folder, _set_osmnx(osmnx):
        path = Path(folder) / "ways.osm"
        _write_extract(kept, path)
        graph = osmnx.graph_from_xml(path, simplify=False, retain_all=True)
        return osmnx.simplify_graph(graph, edge_attrs_differ=[_ROAD_TAG], remove_rings=False)


@contextmanager
def _set_osmnx(osmnx: ModuleType) -> Iterator[None]:
    """Lend osmnx our settings: they are global there, so they are put back."""
    before = {name: getattr(osmnx.settings, name) for name in _EDGE_SETTINGS}
    try:
        for name, value in _EDGE_SETTINGS.items():
            setattr(osmnx.settings, name, value)
        yield
    finally:
        for name, value in before.items():
            setattr(osmnx.settings, name, value)


def _write_extract(kept: Kept, path: Path) -> None:
    osmium = import_osmium()
    with osmium.SimpleWriter(str(path)) as writer:
        for ref, location in sorted(kept.nodes.items()):
            writer.add_node(osmium.osm.mutable.Node(id=ref, location=location, version=1))
        for number, (refs, direction, road) in sorted(kept.ways.items()):
            tags = {_ROAD_TAG: str(road), "oneway": direction}
            way = osmium.osm.mutable.Way(id=number, nodes=list(refs), tags=tags, version=1)
            writer.add_way(way)


def _tabulate_edges(
    graph: Any, roads: tuple[Road, ...],  # noqa: ANN401 - networkx has no types
) -> gpd.GeoDataFrame:
    xy = {node: (data["x"], data["y"]) for node, data in graph.nodes(data=True)}
    edges: dict[tuple[Any, ...], tuple[int, int, int, bool]] = {}
    for begin, end, data in graph.edges(data=True):
        shape = data.get("geometry")
        line = tuple(shape.coords) if shape is not None else (xy[begin], xy[end])
        oneway = bool(data["oneway"])
        turned = not oneway and (end, line[::-1]) < (begin, line)
        first, last = (end, begin) if turned else (begin, end)
        road = int(data[_ROAD_TAG])
        edges[(line[::-1] if turned else line, oneway, road)] = (first, last, road, oneway)
    rows = sorted((first, last, line, road, oneway)
                  for (line, _, _), (first, last, road, oneway) in edges.items())
    return _make_frame(rows, roads)


def _make_frame(
    rows: list[tuple[int, int, tuple[tuple[float, float], ...], int, bool]],
    roads: tuple[Road, ...],
) -> gpd.GeoDataFrame:
    from_node = np.array([row[0] for row in rows], dtype=np.int64)
    to_node = np.array([row[1] for row in rows], dtype=np.int64)
    kinds = pd.DataFrame([astuple(roads[row[3]]) for row in rows],
                         columns=list(Road.__dataclass_fields__))
    lines = np.array([shapely.LineString(row[2]) for row in rows], dtype=object)
    frame = kinds.assign(
        from_node=[f"osm-n{node}" for node in from_node],
        to_node=[f"osm-n{node}" for node in to_node],
        oneway=[row[4] for row in rows], length_km=measure_length_km(lines).round(6),
        source=SOURCE, synthetic=False, geometry=lines,
    )
    pair = frame["from_node"] + "-" + frame["to_node"].str.removeprefix("osm-")
    copy = frame.groupby(pair).cumcount()
    way_id = pair.where(copy == 0, pair + "-" + (copy + 1).astype(str))
    frame = frame.assign(way_id=way_id)[list(COLUMNS)].sort_values("way_id", ignore_index=True)
    return gpd.GeoDataFrame(frame, geometry="geometry", crs=WGS84)
