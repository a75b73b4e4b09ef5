"""Ways as arrays: pieces between junctions, what they are to a walker and to a rider."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from layers.crs import measure_step_km
from layers.errors import CallError
from layers.rasters import interpolate_relief

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from georisk.network import BoolArray, IntArray
    from layers.crs import FloatArray
    from layers.layer import RasterLayer

ROAD, RAIL, FERRY = 0, 1, 2
_KINDS = {"rail": RAIL, "ferry": FERRY}
_NEEDED = ("road_class", "terrain", "walkable", "drivable", "oneway", "from_node", "to_node")


@dataclass(frozen=True, eq=False)
class Ways:
    """Pieces of ways; piece ``i`` runs from ``tail[i]`` to ``head[i]``.

    Attributes
    ----------
    way_ids : tuple of str
        Sorted.
    lon, lat : array of shape (n_nodes,)
        EPSG:4326. Nodes are counted from 0 until places are attached, then after those of legs.
    tail, head, way : array of int, shape (n_pieces,)
        Nodes, and rows of ``way_ids``.
    length_km, rise_m : array of shape (n_pieces,)
        Rise is signed, from tail to head.
    kind : array of int, shape (n_ways,)
        `ROAD` (of any class), `RAIL` or `FERRY`.
    terrain : array of str, shape (n_ways,)
    walkable, drivable, oneway, ford : array of bool, shape (n_ways,)
        One-way holds for vehicles only.
    speed_kmh : array of shape (n_ways,)
        Signed limit; NaN is unknown.
    lines : array of LineString, shape (n_pieces,)
        EPSG:4326, as drawn before places were attached.
    flat_pieces : int
        Taken as level because an elevation is unknown.
    """

    way_ids: tuple[str, ...]
    lon: FloatArray
    lat: FloatArray
    tail: IntArray
    head: IntArray
    way: IntArray
    length_km: FloatArray
    rise_m: FloatArray
    kind: IntArray
    terrain: NDArray[np.str_]
    walkable: BoolArray
    drivable: BoolArray
    oneway: BoolArray
    ford: BoolArray
    speed_kmh: FloatArray
    lines: NDArray[np.object_]
    flat_pieces: int = 0


@dataclass(frozen=True, eq=False)
class Links:
    """Where legs and ways meet, one row each.

    Attributes
    ----------
    segment, piece : array of int
    share, at : array
        Where along the segment and along the piece, 0 to 1.
    distance_km : array
    on_foot, by_mode : array of bool
        Who may change here: those who walk the leg; those who ride it.
    left_out : tuple
        Ways, their km and the parts they form that hang together with no leg.
    stray : array of LineString
        Pieces of those, EPSG:4326.
    """

    segment: IntArray
    share: FloatArray
    piece: IntArray
    at: FloatArray
    distance_km: FloatArray
    on_foot: BoolArray
    by_mode: BoolArray
    left_out: tuple[int, float, int]
    stray: NDArray[np.object_]


@dataclass(frozen=True, eq=False)
class Joins:
    """Links as edges between a node of a leg and one of a way, passed in both directions.

    Attributes
    ----------
    node, way_node : array of int
    distance_km : array
    on_foot, by_mode : array of bool
    """

    node: IntArray
    way_node: IntArray
    distance_km: FloatArray
    on_foot: BoolArray
    by_mode: BoolArray


def build_ways(
    frame: gpd.GeoDataFrame, *, piece_km: float, relief: RasterLayer | None = None
) -> Ways:
    """Lay out the layer ``ways`` in pieces of at most about ``piece_km``.

    Ways meet where they name the same junction. Trains are not boarded where a road crosses the
    rails, so rails and roads never share a node.

    Parameters
    ----------
    frame : GeoDataFrame
        The layer ``ways``, index ``way_id``, EPSG:4326.
    piece_km : float
    relief : RasterLayer, optional
        Gives each piece its rise; without it, ways are level.

    Raises
    ------
    CallError
        If there is no way, a column is missing, or an id stands twice.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> frame = gpd.GeoDataFrame({"road_class": ["path"], "terrain": ["dirt"], "walkable": [True],
    ...     "drivable": [False], "oneway": [False], "from_node": ["a"], "to_node": ["b"]},
    ...     index=["a-b"], geometry=[shapely.LineString([(0, 0), (0, 0.018)])], crs="EPSG:4326")
    >>> ways = build_ways(frame, piece_km=1.0)
    >>> len(ways.tail), len(ways.lon), ways.length_km.round(3).tolist()
    (2, 3, [0.995, 0.995])
    """
    absent = [name for name in _NEEDED if name not in frame]
    if absent or not len(frame):
        raise CallError(f"ways: {'no column ' + ', '.join(absent) if absent else 'no way'}; "
                        "import an OpenStreetMap extract")
    if not frame.index.is_unique:
        raise CallError("ways: an id stands on several rows; give each way one id")
    frame = frame.sort_index()
    kind = frame["road_class"].map(_KINDS).fillna(ROAD).to_numpy(np.int64)
    cuts = [_cut_line(line, piece_km) for line in frame.geometry]
    counts = np.array([len(lines) for lines, _ in cuts], np.int64)
    tail, head, size = _number_nodes(frame, kind, counts)
    lines = np.array([line for lines, _ in cuts for line in lines], dtype=object)
    xy = np.empty((size, 2))
    xy[head] = shapely.get_coordinates(shapely.get_point(lines, -1))
    xy[tail] = shapely.get_coordinates(shapely.get_point(lines, 0))
    ways = Ways(
        tuple(map(str, frame.index)), xy[:, 0], xy[:, 1], tail, head,
        np.repeat(np.arange(len(frame)), counts), np.concatenate([km for _, km in cuts]),
        np.zeros(len(lines)), kind, frame["terrain"].fillna("road").to_numpy(str),
        walkable=_flag(frame, "walkable"), drivable=_flag(frame, "drivable"),
        oneway=_flag(frame, "oneway"), ford=_flag(frame, "ford"), speed_kmh=_read_speed(frame),
        lines=lines, flat_pieces=len(lines),
    )
    return ways if relief is None else _raise(ways, relief)


def _cut_line(line: shapely.LineString, piece_km: float) -> tuple[list[shapely.LineString],
                                                                  FloatArray]:
    """Equal pieces of a line, and their length."""
    xy = shapely.get_coordinates(line)
    along = np.r_[0.0, np.cumsum(measure_step_km(xy[:, 0], xy[:, 1]))]
    count = max(1, int(np.ceil(along[-1] / piece_km - 1e-9)))
    if count == 1:
        return [line], along[-1:]
    cuts = np.linspace(0.0, along[-1], count + 1)
    ends = np.column_stack([np.interp(cuts, along, xy[:, k]) for k in (0, 1)])
    ends[0], ends[-1] = xy[0], xy[-1]
    pieces = [
        shapely.LineString(np.vstack([
            ends[n], xy[(along > cuts[n]) & (along < cuts[n + 1])], ends[n + 1]
        ]))
        for n in range(count)
    ]
    return pieces, np.diff(cuts)


def _number_nodes(
    frame: gpd.GeoDataFrame, kind: IntArray, counts: IntArray
) -> tuple[IntArray, IntArray, int]:
    """Nodes at both ends of each piece: junctions first, then cuts within a way."""
    rail = np.where(kind == RAIL, " rail", "")
    names = [frame[name].astype(str).to_numpy(object) + rail for name in ("from_node", "to_node")]
    code, known = pd.factorize(np.concatenate(names))
    first, last = code[: len(frame)], code[len(frame) :]
    ends = np.cumsum(counts)
    inner = len(known) + np.arange(int(ends[-1]))  # one too many a way: the last is its end
    tail, head = np.r_[0, inner[:-1]], inner.copy()
    tail[ends - counts], head[ends - 1] = first, last
    used, number = np.unique(np.concatenate([tail, head]), return_inverse=True)
    return number[: len(tail)], number[len(tail) :], len(used)


def _flag(frame: gpd.GeoDataFrame, name: str) -> BoolArray:
    if name not in frame:
        return np.zeros(len(frame), bool)
    return np.asarray(frame[name].fillna(value=False).to_numpy(bool))


def _read_speed(frame: gpd.GeoDataFrame) -> FloatArray:
    if "max_speed_kmh" not in frame:
        return np.full(len(frame), np.nan)
    speed = np.asarray(pd.to_numeric(frame["max_speed_kmh"]).to_numpy(float, na_value=np.nan))
    bad = frame.index[speed <= 0]
    if len(bad):
        raise CallError(f"ways, {bad[0]}, max_speed_kmh: zero or negative; leave it empty where "
                        "it is unknown")
    return speed


def _raise(ways: Ways, relief: RasterLayer) -> Ways:
    level = interpolate_relief(relief, ways.lon, ways.lat)
    rise_m = level[ways.head] - level[ways.tail]
    unknown = ~np.isfinite(rise_m)
    return replace(ways, rise_m=np.where(unknown, 0.0, rise_m), flat_pieces=int(unknown.sum()))


def keep_pieces(ways: Ways, kept: BoolArray) -> Ways:
    """Only some pieces, with the nodes and ways that they need."""
    used = np.unique(np.concatenate([ways.tail[kept], ways.head[kept]]))
    of = np.unique(ways.way[kept])
    by_way = {name: getattr(ways, name)[of] for name in
              ("kind", "terrain", "walkable", "drivable", "oneway", "ford", "speed_kmh")}
    return replace(
        ways, way_ids=tuple(ways.way_ids[row] for row in of.tolist()),
        lon=ways.lon[used], lat=ways.lat[used],
        tail=np.searchsorted(used, ways.tail[kept]), head=np.searchsorted(used, ways.head[kept]),
        way=np.searchsorted(of, ways.way[kept]), length_km=ways.length_km[kept],
        rise_m=ways.rise_m[kept], lines=ways.lines[kept], **by_way,
    )
