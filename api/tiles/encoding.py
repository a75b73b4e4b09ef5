"""A tile of a served layer as Mapbox Vector Tile bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import mapbox_vector_tile
import pyarrow as pa
import shapely

from api.tiles.drawing import draw_shapes
from api.tiles.matrix import EXTENT
from api.tiles.thinning import find_rows, place_boxes, thin_rows
from layers.columns import list_values

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from api.tiles.matrix import Tile
    from layers.served import Served

MOST_FEATURES = 5_000
# A layer of many columns gets fewer features: a tile's cost is its values.
MOST_VALUES = 60_000
# Shapes are cut, turned and made valid before; the library would do it one by one.
_OPTIONS = {"y_coord_down": True, "extents": EXTENT, "check_winding_order": False}


@dataclass(frozen=True)
class Drawn:
    """A tile's bytes, and how many features lie in it; of crowded ground it holds fewer."""

    body: bytes
    matched: int


def encode_tile(served: Served, tile: Tile) -> Drawn:
    """Write a tile; without a feature in it the body is empty.

    Properties are those of the layer as disclosed, as GeoJSON writes them: lists are joined by
    ``;`` and what is missing is left out. The id is a property too, for a tile's own ids are
    numbers.
    """
    rows = find_rows(served.bounds, tile)
    matched = len(rows)
    boxes = place_boxes(served.bounds[rows], tile)
    kept = thin_rows(boxes, most=limit_features(len(served.spec.columns)))
    rows, boxes = rows[kept], boxes[kept]
    shapes = draw_shapes(served.shapes(rows), boxes, tile)
    seen = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    features = [
        {"geometry": shape, "properties": values}
        for shape, values in zip(shapes[seen], list_properties(served, rows[seen]), strict=True)
    ]
    if not features:
        return Drawn(b"", matched)
    layers = [{"name": served.spec.name, "features": features}]
    body = mapbox_vector_tile.encode(layers, default_options=_OPTIONS)
    return Drawn(body, matched)


def limit_features(columns: int) -> int:
    """How many features of so many columns a tile holds at most.

    Examples
    --------
    >>> limit_features(3), limit_features(59)
    (5000, 1000)
    """
    return min(MOST_FEATURES, MOST_VALUES // (columns + 1))


def list_properties(served: Served, rows: NDArray[np.intp]) -> list[dict[str, Any]]:
    """Properties of some rows, all of them single values."""
    chosen = pa.array(rows)
    columns = {served.spec.id: served.ids.values.take(chosen).to_pylist()}
    for name, column in served.spec.columns.items():
        values = list_values(served.column(name).take(chosen), column)
        if column.dtype == "list":
            values = [";".join(items) or None for items in values]
        columns[name] = values
    return [
        {name: value for name, value in zip(columns, row, strict=True) if value is not None}
        for row in zip(*columns.values(), strict=True)
    ]
