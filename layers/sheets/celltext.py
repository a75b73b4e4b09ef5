"""Typed values as the text that a spreadsheet of ours holds."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from layers.values.moments import write_moments

if TYPE_CHECKING:
    from collections.abc import Callable


_SIMPLE = (pd.api.types.is_numeric_dtype, pd.api.types.is_bool_dtype,
           pd.api.types.is_datetime64_any_dtype)


def show_cells(values: pd.Series) -> pd.Series:
    """Write a typed column as the text a spreadsheet of ours holds.

    Examples
    --------
    >>> show_cells(pd.Series([True, None], dtype="boolean")).to_list()
    ['yes', '']
    >>> show_cells(pd.Series([1.0, 0.25])).to_list()
    ['1', '0.25']
    """
    if isinstance(values.dtype, pd.StringDtype):
        return values.fillna("").astype("object")
    if any(is_kind(values) for is_kind in _SIMPLE):
        # Each value that occurs is written once, however many cells hold it.
        codes, distinct = pd.factorize(values)
        texts = np.array([*(_show(value) for value in distinct), ""], dtype=object)
        return pd.Series(texts[codes], index=values.index, dtype=object)
    return pd.Series([_show(value) for value in values], index=values.index, dtype=object)


def _show(value: object) -> str:
    if value is None or value is pd.NaT or value is pd.NA:
        return ""
    write = next((write for kinds, write in _WRITERS if isinstance(value, kinds)), str)
    return write(value)


def _show_number(value: float) -> str:
    if np.isnan(value):
        return ""
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def _show_moment(value: dt.datetime) -> str:
    return str(write_moments(pd.Series([value])).iloc[0])


def _show_shape(shape: shapely.Geometry) -> str:
    if isinstance(shape, shapely.Point) and not shape.is_empty:
        return f"{shape.x:.7f}, {shape.y:.7f}"
    return str(shapely.to_wkt(shape, rounding_precision=7))


_WRITERS: tuple[tuple[tuple[type, ...], Callable[[Any], str]], ...] = (
    ((str,), str),
    ((bool, np.bool_), lambda value: "yes" if value else "no"),
    ((float, np.floating), _show_number),
    ((tuple, list, set, np.ndarray), lambda items: ";".join(sorted({str(x) for x in items}))),
    ((dt.datetime,), lambda value: _show_moment(value) if value.tzinfo else f"{value:%Y-%m-%d}"),
    ((shapely.Geometry,), _show_shape),
)
