"""Layers on disk: GeoParquet and COG, the same bytes for the same content."""

from __future__ import annotations

import os
from typing import IO, TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from layers.coerce import coerce_columns
from layers.geojson import Features
from layers.layer import Layer, Provenance, RasterLayer, index_frame
from layers.tabulating import tabulate_layer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from layers.spec import LayerSpec

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
