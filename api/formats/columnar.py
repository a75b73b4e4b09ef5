"""GeoParquet 1.1, or Parquet where there is no geometry."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from api.formats.encoder import cut_bytes, is_synthetic, put_east_first
from layers.tabulating import tabulate_layer

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyproj

    from layers.layer import Layer


def encode_geoparquet(layer: Layer, *, crs: pyproj.CRS, title: str) -> Iterator[bytes]:
    """Write rows as GeoParquet with the CRS stated; the key ``georisk`` says whether synthetic.

    Longitude or easting stands first whatever the CRS says, as the format demands.
    """
    if layer.spec.geometry != "none":
        shapes = put_east_first(layer.frame["geometry"].to_numpy(), crs)
        layer = replace(layer, frame=layer.frame.assign(geometry=shapes))
    table = tabulate_layer(layer)
    metadata = dict(table.schema.metadata or {})
    if b"geo" in metadata:
        geo = json.loads(metadata[b"geo"])
        geo["columns"]["geometry"]["crs"] = crs.to_json_dict()
        metadata[b"geo"] = json.dumps(geo, sort_keys=True).encode()
    about = {"title": title, "synthetic": is_synthetic(layer)}
    metadata[b"georisk"] = json.dumps(about, sort_keys=True, ensure_ascii=False).encode()
    target = pa.BufferOutputStream()
    pq.write_table(table.replace_schema_metadata(metadata), target, compression="zstd")
    return cut_bytes(memoryview(target.getvalue()))
