"""CSV (RFC 4180) that a spreadsheet opens and cannot mistake for formulas."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from api.formats.encoder import find_decimals, put_east_first
from layers.export import flatten_for_spreadsheet
from layers.values.moments import write_moments

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyproj

    from layers.layer import Layer

_ROWS = 2_000


def encode_csv(layer: Layer, *, crs: pyproj.CRS, title: str) -> Iterator[bytes]:
    """Write rows as CSV: the id, the columns, then where they lie.

    Points have ``lon`` and ``lat`` (``x`` and ``y`` in metres), other shapes ``wkt``, as files
    of `layers.export` have them; a table has neither. UTF-8, lines end in CR LF, lists are joined
    by ``;``.
    """
    del title
    table = flatten_layer(layer)
    if layer.spec.geometry != "none":
        shapes = put_east_first(layer.frame["geometry"].to_numpy(), crs)
        places = _write_places(shapes, crs=crs, points=_are_points(layer))
        # A study may have a column of that name already: then both stay.
        free = {name: f"geometry_{name}" if name in table else name for name in places}
        table = table.assign(**{free[name]: values for name, values in places.items()})
    for start in range(0, max(len(table), 1), _ROWS):
        rows = flatten_for_spreadsheet(table.iloc[start : start + _ROWS])
        # Cells with a bare CR or LF come into quotes, because both end a line here.
        text = rows.to_csv(index=False, lineterminator="\r\n", header=start == 0)
        yield text.encode()


def flatten_layer(layer: Layer) -> pd.DataFrame:
    """Columns without the geometry, id first: days and moments as text, lists joined by ``;``."""
    frame = layer.frame.reset_index()
    columns = {layer.spec.id: frame[layer.spec.id]}
    for name, column in layer.spec.columns.items():
        columns[name] = _write_column(frame[name], column.dtype)
    return pd.DataFrame(columns)


def _write_column(values: pd.Series, dtype: str) -> pd.Series:
    if dtype == "date":
        return values.dt.strftime("%Y-%m-%d")
    if dtype == "datetime":
        return write_moments(values).astype("str")
    if dtype == "list":
        joined = [";".join(map(str, items)) for items in values]
        return pd.Series(joined, index=values.index, dtype="str")
    return values


def _are_points(layer: Layer) -> bool:
    kinds = shapely.get_type_id(layer.frame["geometry"].to_numpy())
    return layer.spec.geometry == "Point" and bool(np.isin(kinds, (-1, 0)).all())


def _write_places(
    shapes: np.ndarray, *, crs: pyproj.CRS, points: bool
) -> dict[str, np.ndarray]:
    decimals = find_decimals(crs)
    if not points:
        return {"wkt": shapely.to_wkt(shapes, rounding_precision=decimals)}
    names = ("lon", "lat") if crs.is_geographic else ("x", "y")
    places = np.round([shapely.get_x(shapes), shapely.get_y(shapes)], decimals)
    return dict(zip(names, places, strict=True))
