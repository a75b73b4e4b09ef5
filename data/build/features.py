"""Write layers as files whose bytes depend on nothing but the data.

One feature a line, sorted by id, fixed column order, rounded coordinates: a change of one leg is a
change of one line.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from shapely.geometry import mapping

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import geopandas as gpd


def write_features(
    frame: gpd.GeoDataFrame, path: Path, *, columns: Sequence[str], decimals: int
) -> None:
    """Write a GeoJSON FeatureCollection (RFC 7946, EPSG:4326), first column the index.

    Parameters
    ----------
    frame
        Indexed by ``columns[0]``, which is unique.
    path
        File to write.
    columns
        Properties, in the order written.
    decimals
        Decimals of a degree to keep; the geometry has them already where it matters.
    """
    table = frame.sort_index().reset_index()
    rows = []
    for record in table.to_dict("records"):
        feature = {
            "type": "Feature",
            "properties": {column: tidy_value(record[column]) for column in columns},
            "geometry": round_geometry(mapping(record["geometry"]), decimals),
        }
        rows.append(json.dumps(feature, ensure_ascii=False, separators=(",", ":")))
    body = ",\n".join(rows)
    text = f'{{"type":"FeatureCollection","features":[\n{body}\n]}}\n'
    path.write_text(text, encoding="utf-8", newline="\n")


def tidy_value(value: Any) -> Any:  # noqa: ANN401 (a cell of any column)
    """Turn a cell into what JSON knows: missing to null, whole floats to integers."""
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return None
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def round_geometry(geometry: dict[str, Any], decimals: int) -> dict[str, Any]:
    """Round every coordinate of a GeoJSON geometry."""

    def round_nested(part: Any) -> Any:  # noqa: ANN401 (nesting depth depends on the type)
        if isinstance(part, (int, float)):
            return round(part, decimals)
        return [round_nested(inner) for inner in part]

    return {"type": geometry["type"], "coordinates": round_nested(geometry["coordinates"])}
