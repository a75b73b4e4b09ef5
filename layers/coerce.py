"""Turn what stands in a file into typed columns, and say which cells would not turn."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from layers.schema import find_missing

if TYPE_CHECKING:
    from collections.abc import Callable

    from layers.spec import LayerSpec

Coerced = tuple[pd.Series, pd.Series]
_TRUE = {"true", "yes", "1", "t", "y"}
_FALSE = {"false", "no", "0", "f", "n"}
_MAX_EXACT_INTEGER = 2**53
_DECIMAL_COMMA = re.compile(r"[-+]?\d+,\d+")
_DAY = r"\d{4}-\d{2}-\d{2}([T ].*)?"


def coerce_columns(frame: pd.DataFrame, spec: LayerSpec) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give every declared column its type.

    Returns
    -------
    typed : DataFrame
        Same index; cells that could not be read are missing.
    faults : DataFrame
        Columns ``row``, ``column``, ``reason`` for those cells.

    Examples
    --------
    >>> from layers.catalog import find_spec
    >>> import pandas as pd
    >>> typed, faults = coerce_columns(pd.DataFrame({"dead": ["2", "two"]}), find_spec("incidents"))
    >>> int(typed["dead"][0]), faults["reason"][0]
    (2, 'not a whole number')
    """
    typed: dict[str, pd.Series] = {}
    faults = []
    for name, column in spec.columns.items():
        if name not in frame:
            continue
        values, bad = _COERCE[column.dtype](frame[name])
        typed[name] = values
        faults += [
            (row, name, _find_reason(frame.at[row, name], column.dtype)) for row in bad.index[bad]
        ]
    out = pd.DataFrame(typed, index=frame.index)
    return out, pd.DataFrame(faults, columns=["row", "column", "reason"])


def _find_reason(value: object, dtype: str) -> str:
    if dtype == "number" and _DECIMAL_COMMA.fullmatch(str(value).strip()):
        return "not a number (decimal comma? write 8.45)"
    return _REASONS.get(dtype, "cannot be read")


def _coerce_string(values: pd.Series) -> Coerced:
    text = values.where(values.isna(), values.astype("str").str.strip())
    text = text.mask(find_missing(text)).astype("str")
    return text, pd.Series(data=False, index=values.index)


def _coerce_number(values: pd.Series) -> Coerced:
    missing = _is_blank(values)
    numbers = pd.to_numeric(values.mask(missing), errors="coerce").astype("float64")
    bad = ~missing & ~np.isfinite(numbers)
    return numbers.mask(bad), bad


def _coerce_integer(values: pd.Series) -> Coerced:
    numbers, bad = _coerce_number(values)
    whole = numbers.isna() | ((numbers % 1 == 0) & (numbers.abs() < _MAX_EXACT_INTEGER))
    return numbers.where(whole).astype("Int64"), bad | ~whole


def _coerce_boolean(values: pd.Series) -> Coerced:
    missing = _is_blank(values)
    words = values.astype("str").str.strip().str.lower()
    true, false = words.isin(_TRUE), words.isin(_FALSE)
    result = pd.Series(pd.NA, index=values.index, dtype="boolean")
    result = result.mask(true, other=True).mask(false, other=False)
    return result, ~missing & ~true & ~false


def _coerce_date(values: pd.Series) -> Coerced:
    missing = _is_blank(values)
    if pd.api.types.is_datetime64_any_dtype(values):
        dates = values.dt.tz_localize(None) if values.dt.tz is not None else values
    else:
        text = values.mask(missing).astype("str").str.strip()
        # A year or a month alone would be read as its first day: nobody said that day.
        text = text.where(text.str.fullmatch(_DAY))
        dates = pd.to_datetime(text, format="ISO8601", errors="coerce", utc=True)
        dates = dates.dt.tz_localize(None)
    dates = dates.dt.normalize().astype("datetime64[s]")
    return dates, ~missing & dates.isna()


def _coerce_month(values: pd.Series) -> Coerced:
    text, _ = _coerce_string(values)
    bad = text.notna() & ~text.str.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", na=False)
    return text.mask(bad), bad


def _coerce_list(values: pd.Series) -> Coerced:
    parts = [_split_items(value) for value in values]
    return (
        pd.Series(parts, index=values.index, dtype=object),
        pd.Series(data=False, index=values.index),
    )


def _split_items(value: object) -> tuple[str, ...]:
    if value is None or (isinstance(value, float) and np.isnan(value)) or value is pd.NA:
        return ()
    items = value.split(";") if isinstance(value, str) else list(value)  # type: ignore[call-overload]
    return tuple(sorted({str(item).strip() for item in items} - {""}))


def _is_blank(values: pd.Series) -> pd.Series:
    blank = values.isna()
    if pd.api.types.is_object_dtype(values) or pd.api.types.is_string_dtype(values):
        blank = blank | values.astype("str").str.strip().eq("").fillna(value=False)
    return blank.astype(bool)


_COERCE: dict[str, Callable[[pd.Series], Coerced]] = {
    "string": _coerce_string,
    "text": _coerce_string,
    "number": _coerce_number,
    "integer": _coerce_integer,
    "boolean": _coerce_boolean,
    "date": _coerce_date,
    "month": _coerce_month,
    "list": _coerce_list,
}
_REASONS = {
    "number": "not a number",
    "integer": "not a whole number",
    "boolean": "neither yes nor no",
    "date": "not a date (YYYY-MM-DD)",
    "month": "not a month (YYYY-MM)",
}
