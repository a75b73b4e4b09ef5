"""What lies below: country outlines, classes per cell, route legs."""

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


def pack_cells(cells: pd.DataFrame, legs: pd.DataFrame | None) -> dict[str, Any]:
    """Cells dissolved by class and evidence: one shape each, the worst drawn last.

    Cells of insufficient evidence farther than one cell from every leg are ``far``: drawn pale,
    so that those with a class can be read, but never left out.
    """
    unknown = (cells["risk_class"] == CLASSES[0]).to_numpy()
    far = unknown & ~_find_near(cells, legs)
    groups = []
    for code, name in enumerate(CLASSES):
        for kind, evidence in enumerate(EVIDENCE):
            mine = ((cells["risk_class"] == name) & (cells["evidence"] == evidence)).to_numpy()
            for away in (True, False):
                chosen = mine & (far == away)
                if chosen.any():
                    rings = _dissolve(cells.geometry.to_numpy()[chosen])
                    groups.append({"cls": code, "evidence": kind, "far": away, "rings": rings})
    return {"per_degree": _PER_DEGREE, "groups": groups}


def _dissolve(shapes: NDArray[np.object_]) -> list[list[int]]:
    exact = shapely.set_precision(shapes, _GRID_DEG)
    merged = shapely.union_all(exact, grid_size=_GRID_DEG)
    return encode_rings(merged, per_degree=_PER_DEGREE)


def _find_near(cells: pd.DataFrame, legs: pd.DataFrame | None) -> NDArray[np.bool_]:
    """Cells within about one cell's width of a leg; all of them where no leg is shown."""
    if legs is None:
        return np.ones(len(cells), dtype=bool)
    shapes = cells.geometry.to_numpy()
    width_deg = float(np.sqrt(np.median(shapely.area(shapes))))
    tree = shapely.STRtree(legs.geometry.to_numpy())
    rows, _ = tree.query(shapes, predicate="dwithin", distance=width_deg)
    near = np.zeros(len(cells), dtype=bool)
    near[rows] = True
    return near


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
