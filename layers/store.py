"""Layers on disk: GeoParquet and COG, the same bytes for the same content."""

from __future__ import annotations

import json
import os
from typing import IO, TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyproj
import shapely

from layers.coerce import coerce_columns
from layers.crs import WGS84
from layers.geojson import Features
from layers.layer import Layer, Provenance, RasterLayer, index_frame

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from layers.spec import LayerSpec

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
_ROW_GROUP = 65_536
_BLOCK = 256


def write_layer(layer: Layer, path: Path) -> None:
    """Write a layer as GeoParquet (1.1, zstd, bbox column) or, without geometry, Parquet.

    The Arrow types come from the spec alone, so that an empty column has one too.
    """
    write_table(tabulate_layer(layer), path)


def write_table(table: pa.Table, path: Path) -> None:
    """Write a table as every file of ours is written, forced to disk."""
    pq.write_table(table, path, compression="zstd", row_group_size=_ROW_GROUP)
    sync_file(path)


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
    sides = [pa.array(bounds[:, n], type=pa.float64()) for n in range(2)]
    sides += sides if bounds.shape[1] == 2 else [pa.array(bounds[:, n]) for n in (2, 3)]  # noqa: PLR2004
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


def read_layer(path: Path | IO[bytes], spec: LayerSpec, provenance: Provenance) -> Layer:
    """Read what `write_layer` wrote."""
    if spec.geometry == "none":
        raw = pq.read_table(path).to_pandas()
    else:
        raw = gpd.read_parquet(path).drop(columns="bbox", errors="ignore")
    typed, _ = coerce_columns(pd.DataFrame(raw.drop(columns="geometry", errors="ignore")), spec)
    typed = typed.assign(**{spec.id: raw[spec.id].astype("str")})
    if spec.geometry != "none":
        typed = gpd.GeoDataFrame(typed, geometry=raw.geometry)
    return Layer(spec, index_frame(typed, spec), provenance)


def write_raster(raster: RasterLayer, path: Path) -> None:
    """Write a raster as a cloud-optimised GeoTIFF, float32, NaN for no data, one thread."""
    import rasterio

    bands, height, width = raster.values.shape
    profile = {
        "driver": "COG", "dtype": "float32", "count": bands, "height": height, "width": width,
        "crs": "EPSG:4326", "transform": raster.transform, "nodata": np.nan,
        "compress": "DEFLATE", "blocksize": _BLOCK, "num_threads": 1, "overviews": "AUTO",
    }
    with rasterio.open(path, "w", **profile) as target:
        target.write(raster.values)
        target.update_tags(
            unit=raster.spec.unit, meaning=raster.spec.meaning,
            synthetic="true" if raster.provenance.synthetic else "false",
        )
    sync_file(path)


def read_raster_file(path: Path, spec: LayerSpec, provenance: Provenance) -> RasterLayer:
    """Read what `write_raster` wrote."""
    import rasterio

    with rasterio.open(path) as source:
        return RasterLayer(spec, source.read(out_dtype="float32"), source.transform, provenance)


def write_features(features: Features, folder: Path, name: str) -> None:
    """Write prepared features: bytes, offsets and bounds, each mapped into memory later."""
    (folder / f"{name}.features").write_bytes(bytes(features.buffer))
    np.save(folder / f"{name}.starts.npy", features.starts)
    np.save(folder / f"{name}.bounds.npy", np.asfortranarray(features.bounds))
    for suffix in ("features", "starts.npy", "bounds.npy"):
        sync_file(folder / f"{name}.{suffix}")


def map_features(folder: Path, name: str, ids: Sequence[str]) -> Features | None:
    """Open prepared features, memory-mapped; None where there are none."""
    path = folder / f"{name}.features"
    if not path.is_file():
        return None
    buffer: memoryview | bytes = b""
    if path.stat().st_size:
        buffer = memoryview(np.memmap(path, dtype=np.uint8, mode="r"))  # type: ignore[arg-type]
    starts = np.load(folder / f"{name}.starts.npy", mmap_mode="r")
    bounds = np.load(folder / f"{name}.bounds.npy", mmap_mode="r")
    if len(starts) != len(ids) + 1 or len(bounds) != len(ids) or int(starts[-1]) != len(buffer):
        raise ValueError(f"{name}: prepared features are cut off")
    return Features(ids, buffer, starts, bounds)


def sync_file(path: Path) -> None:
    """Force a file, or a folder's list of names, to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
