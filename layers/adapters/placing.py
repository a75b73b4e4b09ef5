"""Cells as text, and the position of each row of a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from layers.adapters.coordinates import (
    apply_unique,
    check_degrees,
    holds_shapes,
    read_angle,
    read_plain,
    read_shapes,
    split_pairs,
)
from layers.adapters.naming import POSITIONS, Claims, mask_heading

if TYPE_CHECKING:
    from layers.spec import LayerSpec


def is_geographic(table: pd.DataFrame) -> bool:
    """Whether a table carries shapes of its own."""
    return hasattr(table, "crs") and getattr(table, "_geometry_column_name", None) in table.columns


def says_where(claims: Claims, table: pd.DataFrame) -> bool:
    """Whether the columns or the shapes of a table give a position."""
    taken = set(claims.taken)
    return is_geographic(table) or {"lon", "lat"} <= taken or bool(
        set(POSITIONS) & taken)


def write_text(values: pd.Series) -> pd.Series:
    """Cells as text; types that a format has (numbers, days) are kept."""
    if pd.api.types.is_bool_dtype(values):
        return values.astype("str").str.lower().where(values.notna())
    if pd.api.types.is_numeric_dtype(values) or pd.api.types.is_datetime64_any_dtype(values):
        return values
    if isinstance(values.dtype, pd.StringDtype):
        return values.fillna("")
    return pd.Series([_write_cell(v) for v in values], index=values.index, dtype="str")


def _write_cell(value: Any) -> str:  # noqa: ANN401 - a cell of whatever a format holds
    if isinstance(value, str):
        return value
    if isinstance(value, (list, tuple, np.ndarray)):
        return ";".join(_write_cell(item) for item in value)
    if value is None or (np.isscalar(value) and pd.isna(value)):
        return ""
    return "" if value is pd.NaT or value is pd.NA else str(value)


def place_rows(
    rows: pd.DataFrame, table: pd.DataFrame, claims: Claims, spec: LayerSpec
) -> tuple[pd.DataFrame, list[str]]:
    """Give rows their lon and lat or their shapes, from whatever the table has.

    Returns
    -------
    rows : DataFrame or GeoDataFrame
    notes : list of str

    Raises
    ------
    ValueError
        If the numbers are no degrees.
    """
    import geopandas as gpd

    if spec.geometry == "none":
        note = "the shapes of the file are not used" if is_geographic(table) else ""
        return rows, [note]
    if is_geographic(table):
        rows = rows.drop(columns=["lon", "lat"], errors="ignore")
        return gpd.GeoDataFrame(rows, geometry=table.geometry.to_numpy(), crs=table.crs), []
    if "lon" in rows and "lat" in rows:
        lon, lat, note = rows["lon"], rows["lat"], ""
    else:
        kind = next(name for name in POSITIONS if name in claims.taken)
        values = write_text(table[claims.taken[kind]]).astype("str").fillna("")
        if kind == "_wkt" or holds_shapes(values):
            return gpd.GeoDataFrame(rows, geometry=read_shapes(values)), ["shapes read from WKT"]
        lon, lat, order = split_pairs(values, lon_first=kind == "_lon_lat")
        note = f"{mask_heading(claims.taken[kind])!r} read as {order}"
    lon, lat = _read_angles(lon, "lon"), _read_angles(lat, "lat")
    check_degrees(lon, lat)
    return rows.assign(lon=lon, lat=lat), [note]


def _write_plain(values: pd.Series) -> pd.Series:
    text = values.astype("str")
    return text.fillna("") if text.hasnans else text


def _read_angles(values: pd.Series, axis: str) -> pd.Series:
    text = _write_plain(values)
    if read_plain(text) is not None:
        return text
    odd = pd.to_numeric(text, errors="coerce").isna() & (text != "")
    if odd.any():
        text = text.copy()
        text[odd] = apply_unique(text[odd], lambda cell: read_angle(cell, axis=axis))
    return text
