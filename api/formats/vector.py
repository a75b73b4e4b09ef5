"""FlatGeobuf: one file with an index, as GDAL writes it."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pyogrio
import shapely

from api.formats.encoder import cut_bytes, is_synthetic, put_east_first
from api.formats.text import flatten_layer

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    import pandas as pd
    import pyproj

    from layers.layer import Layer

_EMPTY_AS = {"Point": "Point", "LineString": "LineString", "Polygon": "MultiPolygon"}


def encode_flatgeobuf(layer: Layer, *, crs: pyproj.CRS, title: str) -> Iterator[bytes]:
    """Write rows as FlatGeobuf, in memory.

    With its index a file's rows stand in the order of the index. It is left out where the page
    has an order of its own (``sortby``), which the file then keeps, and where rows without a
    geometry allow none.
    """
    target = BytesIO()
    options: dict[str, Any] = {"TITLE": title, "SPATIAL_INDEX": "NO"}
    if is_synthetic(layer):
        options["DESCRIPTION"] = "SYNTHETIC: illustrative data, says nothing about the world"
    table = _keep_moments(flatten_layer(layer), layer)
    if layer.spec.geometry != "none":
        shapes = put_east_first(layer.frame["geometry"].to_numpy(), crs)
        table = gpd.GeoDataFrame(table, geometry=shapes, crs=crs)
        if not len(shapes):
            options["geometry_type"] = _EMPTY_AS.get(layer.spec.geometry, "Unknown")
        if layer.frame.index.is_monotonic_increasing and _all_lie_somewhere(shapes):
            options["SPATIAL_INDEX"] = "YES"
    pyogrio.write_dataframe(table, target, driver="FlatGeobuf", layer=layer.spec.name, **options)
    return cut_bytes(target.getbuffer())


def _keep_moments(table: pd.DataFrame, layer: Layer) -> pd.DataFrame:
    """Moments as such, where a table of text has them written out."""
    moments = [name for name, column in layer.spec.columns.items() if column.dtype == "datetime"]
    kept = {name: layer.frame[name].dt.as_unit("ms").set_axis(table.index) for name in moments}
    return table.assign(**kept)


def _all_lie_somewhere(shapes: np.ndarray) -> bool:
    gone = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    return len(shapes) > 0 and not bool(gone.any())
