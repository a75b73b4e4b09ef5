"""A layer as an Arrow table, GeoParquet metadata included."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyproj
import shapely

from layers.crs import WGS84

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from layers.layer import Layer

_ARROW = {
    "string": pa.string(),
    "text": pa.string(),
    "month": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "datetime": pa.timestamp("us", tz="UTC"),
    "list": pa.list_(pa.string()),
}
_SIDES = ("xmin", "ymin", "xmax", "ymax")
_WKB_POINT = np.dtype([("order", "u1"), ("kind", "<u4"), ("x", "<f8"), ("y", "<f8")])
_MOST_POINTS = 100_000_000


def tabulate_layer(layer: Layer) -> pa.Table:
    """A layer as the Arrow table of its file, GeoParquet metadata included."""
    frame, spec = layer.frame, layer.spec
    columns = {spec.id: pa.array(frame.index.astype("str"), type=pa.string())}
    for name, column in spec.columns.items():
        columns[name] = _to_arrow(frame[name], column.dtype)
    metadata = {}
    if spec.geometry != "none":
        shapes = frame["geometry"].to_numpy()
        places = _list_points(shapes)
        if places is None:
            bounds = shapely.bounds(shapes) if len(shapes) else np.empty((0, 4))
            columns["geometry"] = pa.array(shapely.to_wkb(shapes), type=pa.binary())
        else:
            bounds, columns["geometry"] = places, _write_points(places)
        columns["bbox"] = _box_up(bounds)
        kinds = _name_kinds(shapes) if places is None else {"Point"}
        metadata = {"geo": json.dumps(_describe_geometry(kinds, bounds), sort_keys=True)}
    return pa.table(columns).replace_schema_metadata(metadata)


def _to_arrow(values: pd.Series, dtype: str) -> pa.Array:
    if dtype == "list":
        return _list_up(values.to_numpy(dtype=object))
    if dtype == "date":
        return pa.array(values.astype("datetime64[s]")).cast(pa.date32())
    if dtype in {"integer", "boolean"}:
        kind = "Int64" if dtype == "integer" else "boolean"
        return pa.array(values.astype(kind), type=_ARROW[dtype])
    array = pa.array(values, type=_ARROW[dtype], from_pandas=True)
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def _list_up(values: NDArray[np.object_]) -> pa.ListArray:
    """Lists of text as Arrow holds them: all items in one row, and where each list begins."""
    lengths = np.fromiter(map(len, values), dtype=np.int32, count=len(values))
    starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    items = pa.array([item for items in values[lengths > 0] for item in items], type=pa.string())
    return pa.ListArray.from_arrays(pa.array(starts, type=pa.int32()), items)


def _list_points(shapes: NDArray[np.object_]) -> NDArray[np.float64] | None:
    """Coordinates, shape (n, 2), where all are points, none missing, empty or with a height.

    Of points there may be millions: they are looked at once, and written without any object.
    """
    if not 0 < len(shapes) < _MOST_POINTS or not (shapely.get_type_id(shapes) == 0).all():
        return None
    places = shapely.get_coordinates(shapes, include_z=True)
    if len(places) != len(shapes) or not np.isnan(places[:, 2]).all():
        return None
    return np.asarray(places[:, :2])


def _write_points(places: NDArray[np.float64]) -> pa.Array:
    """Points as well-known binary, byte for byte as `shapely.to_wkb` writes them.

    Examples
    --------
    >>> _write_points(np.array([[1.0, 2.0]]))[0].as_py() == shapely.Point(1, 2).wkb
    True
    """
    cells = np.empty(len(places), dtype=_WKB_POINT)
    cells["order"], cells["kind"] = 1, 1
    cells["x"], cells["y"] = places[:, 0], places[:, 1]
    starts = np.arange(len(places) + 1, dtype=np.int32) * np.int32(_WKB_POINT.itemsize)
    buffers = [None, pa.py_buffer(starts), pa.py_buffer(cells)]
    return pa.Array.from_buffers(pa.binary(), len(places), buffers)


def _box_up(bounds: NDArray[np.float64]) -> pa.StructArray:
    # Of a point the first two columns are the last two as well.
    sides = [pa.array(bounds[:, n], type=pa.float64()) for n in (0, 1, -2, -1)]
    return pa.StructArray.from_arrays(sides, names=list(_SIDES))


def _describe_geometry(kinds: set[str], bounds: NDArray[np.float64]) -> dict[str, object]:
    column: dict[str, object] = {
        "encoding": "WKB",
        "geometry_types": sorted(kinds),
        "crs": pyproj.CRS(WGS84).to_json_dict(),
        "covering": {"bbox": {side: ["bbox", side] for side in _SIDES}},
    }
    if len(bounds):
        low, high = np.fmin.reduce(bounds[:, :2]), np.fmax.reduce(bounds[:, -2:])
        column["bbox"] = [float(side) for side in (*low, *high)]
    return {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}


def _name_kinds(shapes: NDArray[np.object_]) -> set[str]:
    """Names of the kinds of shapes that occur; missing shapes have none."""
    if not len(shapes):
        return set()
    _, firsts = np.unique(shapely.get_type_id(shapes), return_index=True)
    return {shape.geom_type for shape in shapes[firsts] if shape is not None}
