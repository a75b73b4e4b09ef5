"""What lies below: country outlines, names of places, classes per cell, route legs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from maps.encoding import encode_lines, encode_points, encode_rings, to_plain
from maps.frames import Bounds, read_frame, thin_shapes
from maps.theme import CLASSES, EVIDENCE

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from georisk.doors import Door
    from maps.catalogues import Words
    from maps.seasons import Season

_MARGIN_DEG = 8.0
_OUTLINE_POINTS = 9_000
_DIVISION_POINTS = 3_500
_PER_DEGREE = 1_000
_GRID_DEG = 1e-4
_NAME_DEG = 2.0
# Islands too small to hold a name on the widest view would only clutter it.
_SMALL_DEG2 = 0.5
_FIRST_NAMES, _SECOND_NAMES = 24, 70


def pack_base(door: Door, bounds: Bounds) -> dict[str, Any]:
    """Outlines of countries and lines between their first divisions, around what is shown."""
    frame = read_frame(door, "boundaries")
    if frame is None:
        whole = encode_points(np.array([[-180.0, -80.0], [180.0, 80.0]]), per_degree=_PER_DEGREE)
        return {"per_degree": _PER_DEGREE, "frame": whole, "countries": [], "divisions": []}
    west, south, east, north = bounds
    box = (west - _MARGIN_DEG, south - _MARGIN_DEG, east + _MARGIN_DEG, north + _MARGIN_DEG)
    level = frame["level"].to_numpy(dtype=int)
    shapes = shapely.clip_by_rect(frame.geometry.to_numpy(), *box)
    countries = thin_shapes(shapes[level == 0], max_points=_OUTLINE_POINTS)
    lines = thin_shapes(find_shared_edges(shapes[level == 1]), max_points=_DIVISION_POINTS)
    extent = shapely.total_bounds(shapes).reshape(2, 2)
    return {
        "per_degree": _PER_DEGREE,
        "frame": encode_points(extent, per_degree=_PER_DEGREE),
        "countries": _join_packed(encode_rings, countries),
        "divisions": _join_packed(encode_lines, lines),
    }


def find_shared_edges(areas: NDArray[np.object_]) -> NDArray[np.object_]:
    """Lines along which two areas meet; coasts, which only one area has, are left out.

    Examples
    --------
    >>> west, east = shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)
    >>> [line.length for line in find_shared_edges(np.array([west, east]))]
    [1.0]
    """
    rings = shapely.get_rings(shapely.get_parts(areas))
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    same = ring[1:] == ring[:-1]
    ends = np.stack([xy[:-1][same], xy[1:][same]], axis=1)
    grid = np.rint(ends / _GRID_DEG).astype(np.int64)
    turned = (grid[:, 0, 0] > grid[:, 1, 0]) | (
        (grid[:, 0, 0] == grid[:, 1, 0]) & (grid[:, 0, 1] > grid[:, 1, 1])
    )
    grid[turned] = grid[turned][:, ::-1]
    edges, counts = np.unique(grid.reshape(-1, 4), axis=0, return_counts=True)
    shared = edges[counts > 1].reshape(-1, 2, 2) * _GRID_DEG
    lines = shapely.line_merge(shapely.multilinestrings(shapely.linestrings(shared.round(4))))
    return np.asarray(shapely.get_parts(lines))


def _join_packed(encode: Any, shapes: NDArray[np.object_]) -> list[list[int]]:  # noqa: ANN401
    return [line for shape in shapes for line in encode(shape, per_degree=_PER_DEGREE)]


def pack_names(door: Door, words: Words, bounds: Bounds) -> dict[str, Any]:
    """Names to write: longitude, latitude, text, 1 for a country, zoom from which it may show."""
    names = _name_countries(door, words, bounds)
    towns = read_frame(door, "waypoints")
    if towns is None:
        return {"names": names}
    meetings = _count_legs(door)
    order = sorted(towns.index, key=lambda key: (-meetings.get(towns.loc[key, "name"], 0), key))
    for place, key in enumerate(order):
        zoom = 3.0 if place < _FIRST_NAMES else 5.5 if place < _SECOND_NAMES else 6.75
        point = towns.geometry[key]
        at = [round(float(point.x), 4), round(float(point.y), 4)]
        names.append([*at, str(towns.loc[key, "name"]), 0, zoom])
    return {"names": names}


def _count_legs(door: Door) -> dict[str, int]:
    legs = read_frame(door, "routes")
    if legs is None:
        return {}
    ends = [*legs["from_place"].astype("str"), *legs["to_place"].astype("str")]
    return {name: ends.count(name) for name in sorted(set(ends))}


def _name_countries(door: Door, words: Words, bounds: Bounds) -> list[list[Any]]:
    frame = read_frame(door, "boundaries")
    if frame is None:
        return []
    west, south, east, north = bounds
    window = (west - _NAME_DEG, south - _NAME_DEG, east + _NAME_DEG, north + _NAME_DEG)
    names: list[list[Any]] = []
    for key in frame.index[frame["level"] == 0]:
        seen = shapely.clip_by_rect(frame.geometry[key], *window)
        if seen.area < _SMALL_DEG2:
            continue
        parts = shapely.get_parts(seen)
        point = shapely.point_on_surface(parts[int(np.argmax(shapely.area(parts)))])
        code = f"country_{frame.loc[key, 'country']}"
        text = words[code] if code in words else str(frame.loc[key, "name"])
        names.append([round(float(point.x), 2), round(float(point.y), 2), text, 1, 3.0])
    return names


def pack_cells(cells: pd.DataFrame) -> dict[str, Any]:
    """Cells dissolved by class and evidence: one shape each, the worst drawn last."""
    groups = []
    for code, name in enumerate(CLASSES):
        for kind, evidence in enumerate(EVIDENCE):
            mine = (cells["risk_class"] == name) & (cells["evidence"] == evidence)
            if not mine.any():
                continue
            shapes = shapely.set_precision(cells.geometry[mine].to_numpy(), _GRID_DEG)
            merged = shapely.union_all(shapes, grid_size=_GRID_DEG)
            rings = encode_rings(merged, per_degree=_PER_DEGREE)
            groups.append({"cls": code, "evidence": kind, "rings": rings})
    return {"per_degree": _PER_DEGREE, "groups": groups}


def pack_legs(legs: pd.DataFrame, seasons: dict[str, Season], words: Words) -> dict[str, Any]:
    """Public legs: lines between towns, and bands without a line where no way is marked."""
    rows = []
    for key in legs.index:
        band = "band" in legs.columns and to_plain(legs.loc[key, "band"]) is True
        shape = legs.geometry[key]
        if not band and shapely.get_dimensions(shape) > 1:
            band = True
        encode = encode_rings if band else encode_lines
        season = seasons.get(key)
        rows.append({
            "band": band,
            "xy": encode(shape, per_degree=_PER_DEGREE),
            "mode": str(legs.loc[key, "mode"]),
            "from": str(legs.loc[key, "from_place"]),
            "to": str(legs.loc[key, "to_place"]),
            "status": str(legs.loc[key, "status"]),
            "as_of": to_plain(legs.loc[key, "status_as_of"]),
            "accuracy": to_plain(legs.loc[key, "accuracy_km"]),
            "hot": words.list_months(season.hot) if season else "",
            "rainy": words.list_months(season.rainy) if season else "",
        })  # fmt: skip
    return {"per_degree": _PER_DEGREE, "legs": rows}
