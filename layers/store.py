"""Layers on disk: GeoParquet and COG, the same bytes for the same content."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyproj
import rasterio
import shapely

from layers.coerce import coerce_columns
from layers.crs import WGS84
from layers.geojson import Features
from layers.layer import Layer, Provenance, RasterLayer, index_frame

if TYPE_CHECKING:
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
    "list": pa.list_(pa.string()),
}
_SIDES = ("xmin", "ymin", "xmax", "ymax")
_ROW_GROUP = 65_536
_BLOCK = 256


def write_layer(layer: Layer, path: Path) -> None:
    """Write a layer as GeoParquet (1.1, zstd, bbox column) or, without geometry, Parquet.

    The Arrow types come from the spec alone, so that an empty column has one too.
    """
    frame, spec = layer.frame, layer.spec
    columns = {spec.id: pa.array(frame.index.astype("str"), type=pa.string())}
    for name, column in spec.columns.items():
        columns[name] = _to_arrow(frame[name], column.dtype)
    metadata = {}
    if spec.geometry != "none":
        shapes = frame["geometry"].to_numpy()
        columns["geometry"] = pa.array(shapely.to_wkb(shapes), type=pa.binary())
        columns["bbox"] = _box_up(shapes)
        metadata = {"geo": json.dumps(_describe_geometry(shapes), sort_keys=True)}
    table = pa.table(columns).replace_schema_metadata(metadata)
    pq.write_table(table, path, compression="zstd", row_group_size=_ROW_GROUP)
    sync_file(path)


def _to_arrow(values: pd.Series, dtype: str) -> pa.Array:
    if dtype == "list":
        return pa.array([list(v) for v in values], type=_ARROW["list"])
    if dtype == "date":
        return pa.array(values.astype("datetime64[s]")).cast(pa.date32())
    if dtype in {"integer", "boolean"}:
        kind = "Int64" if dtype == "integer" else "boolean"
        return pa.array(values.astype(kind), type=_ARROW[dtype])
    array = pa.array(values, type=_ARROW[dtype], from_pandas=True)
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def _box_up(shapes: NDArray[np.object_]) -> pa.StructArray:
    bounds = shapely.bounds(shapes) if len(shapes) else np.empty((0, 4))
    sides = [pa.array(bounds[:, n], type=pa.float64()) for n in range(4)]
    return pa.StructArray.from_arrays(sides, names=list(_SIDES))


def _describe_geometry(shapes: NDArray[np.object_]) -> dict[str, object]:
    column: dict[str, object] = {
        "encoding": "WKB",
        "geometry_types": sorted({shape.geom_type for shape in shapes if shape is not None}),
        "crs": pyproj.CRS(WGS84).to_json_dict(),
        "covering": {"bbox": {side: ["bbox", side] for side in _SIDES}},
    }
    if len(shapes):
        column["bbox"] = [float(side) for side in shapely.total_bounds(shapes)]
    return {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}


def read_layer(path: Path, spec: LayerSpec, provenance: Provenance) -> Layer:
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
    with rasterio.open(path) as source:
        return RasterLayer(spec, source.read(out_dtype="float32"), source.transform, provenance)


def write_features(features: Features, folder: Path, name: str) -> None:
    """Write prepared features: bytes, offsets, bounds, ids; each mapped into memory later."""
    (folder / f"{name}.features").write_bytes(bytes(features.buffer))
    np.save(folder / f"{name}.starts.npy", features.starts)
    np.save(folder / f"{name}.bounds.npy", features.bounds)
    (folder / f"{name}.ids").write_text("\n".join(features.ids), encoding="utf-8")
    for suffix in ("features", "starts.npy", "bounds.npy", "ids"):
        sync_file(folder / f"{name}.{suffix}")


def map_features(folder: Path, name: str) -> Features | None:
    """Open prepared features, memory-mapped; None where there are none."""
    path = folder / f"{name}.features"
    if not path.is_file() or path.stat().st_size == 0:
        return None
    buffer = memoryview(np.memmap(path, dtype=np.uint8, mode="r"))  # type: ignore[arg-type]
    ids = tuple((folder / f"{name}.ids").read_text(encoding="utf-8").split("\n"))
    starts = np.load(folder / f"{name}.starts.npy", mmap_mode="r")
    bounds = np.load(folder / f"{name}.bounds.npy", mmap_mode="r")
    return Features(ids, buffer, starts, bounds)


def sync_file(path: Path) -> None:
    """Force a file, or a folder's list of names, to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
