"""Turn what stands in a file into typed columns, and say which cells would not turn."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from layers.cells import FALSE_WORDS, TRUE_WORDS, split_distinct, take_arrow, write_texts
from layers.findings import empty_findings, list_findings
from layers.values.days import read_days
from layers.values.moments import read_moments, take_moments
from layers.values.numerals import check_numbers, find_unknown, read_numbers, tell_unknown

if TYPE_CHECKING:
    from layers.spec import ColumnSpec, LayerSpec
    from layers.values.quantities import Kind

_PRECISION = "date_precision"


@dataclass(frozen=True)
class ReadColumn:
    """One column, read.

    Attributes
    ----------
    values : Series
        Of the type that the spec says; missing where unread.
    findings : DataFrame
        See `layers.findings`.
    notes : tuple of str
        How it was read, where another reading was possible.
    """

    values: pd.Series
    findings: pd.DataFrame
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReadTable:
    """All declared columns, read: findings in the order of columns, ``notes`` by column."""

    typed: pd.DataFrame
    findings: tuple[pd.DataFrame, ...]
    notes: dict[str, tuple[str, ...]]


def coerce_columns(frame: pd.DataFrame, spec: LayerSpec) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give every declared column its type.

    Returns
    -------
    typed : DataFrame
        Same index; cells that could not be read are missing.
    faults : DataFrame
        See `layers.findings`: ``row``, ``column``, ``reason`` and what was probably meant.

    Examples
    --------
    >>> from layers.catalog import find_spec
    >>> import pandas as pd
    >>> typed, faults = coerce_columns(pd.DataFrame({"dead": ["2", "two"]}), find_spec("incidents"))
    >>> int(typed["dead"][0]), faults["reason"][0]
    (2, 'not a whole number')
    """
    table = read_columns(frame, spec)
    found = [one for one in table.findings if len(one)]
    return table.typed, pd.concat(found, ignore_index=True) if found else empty_findings()


def read_columns(frame: pd.DataFrame, spec: LayerSpec) -> ReadTable:
    """Give every declared column its type, and say how each was read."""
    read = {
        name: read_column(frame[name], name, column, with_precision=_PRECISION in spec.columns)
        for name, column in spec.columns.items() if name in frame
    }
    typed = pd.DataFrame({name: one.values for name, one in read.items()}, index=frame.index)
    notes = {name: one.notes for name, one in read.items() if one.notes}
    return ReadTable(typed, tuple(one.findings for one in read.values()), notes)


def read_column(
    values: pd.Series, name: str, column: ColumnSpec, *, with_precision: bool = False
) -> ReadColumn:
    """Give one column its type.

    Examples
    --------
    >>> import pandas as pd
    >>> from layers.spec import ColumnSpec
    >>> asked = ColumnSpec(dtype="boolean", meaning="agreed")
    >>> read_column(pd.Series(["oui", "No", "?"]), "agreed", asked).values.tolist()
    [True, False, <NA>]
    """
    if column.dtype == "list":
        return _read_list(values)
    if column.dtype in {"number", "integer"}:
        kind: Kind = "integer" if column.dtype == "integer" else "number"
        return read_quantity(values, name, column, kind=kind)
    if column.dtype in {"date", "datetime"}:
        return _read_time(values, name, column, with_precision=with_precision)
    text = write_texts(values)
    if column.dtype == "boolean":
        return _read_boolean(values, text, name)
    if column.dtype == "month":
        bad = text.notna() & ~text.str.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", na=False)
        return ReadColumn(text.mask(bad), list_findings(bad, name, "not a month (YYYY-MM)"))
    return ReadColumn(text, empty_findings())


def read_quantity(
    values: pd.Series, name: str, column: ColumnSpec, *, kind: Kind
) -> ReadColumn:
    """Read a column of numbers, counts or degrees, whatever type it comes in."""
    plain = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    if plain and not pd.api.types.is_complex_dtype(values):
        filled = values.notna()
        numbers = values.astype("float64")
        read = check_numbers(numbers, filled, name, kind)
    else:
        read = read_numbers(write_texts(values), name, column, kind=kind)
    out = read.values.astype("Int64") if kind == "integer" else read.values.astype("float64")
    return ReadColumn(out, read.findings, read.notes)


def _read_boolean(values: pd.Series, text: pd.Series, name: str) -> ReadColumn:
    if pd.api.types.is_bool_dtype(values):
        return ReadColumn(values.astype("boolean"), empty_findings())
    distinct, places = split_distinct(take_arrow(text))
    words = [word.casefold() for word in distinct.to_pylist()]
    true = np.array([word in TRUE_WORDS for word in words] + [False])[places]
    false = np.array([word in FALSE_WORDS for word in words] + [False])[places]
    empty = np.append(find_unknown(distinct), [False])[places]
    result = pd.Series(pd.arrays.BooleanArray(true, ~true & ~false), index=values.index)
    bad = text.notna() & ~(true | false | empty)
    notes = (tell_unknown(int(empty.sum())),) if empty.any() else ()
    return ReadColumn(result, list_findings(bad, name, "neither yes nor no"), notes)


def _read_time(
    values: pd.Series, name: str, column: ColumnSpec, *, with_precision: bool
) -> ReadColumn:
    if column.dtype == "datetime":
        return _read_moment(values, name)
    if pd.api.types.is_datetime64_any_dtype(values):
        days = values.dt.tz_localize(None) if values.dt.tz is not None else values
        return ReadColumn(days.dt.normalize().astype("datetime64[s]"), empty_findings())
    read = read_days(write_texts(values), name, with_precision=with_precision)
    return ReadColumn(read.values, read.findings, read.notes)


def _read_moment(values: pd.Series, name: str) -> ReadColumn:
    typed = pd.api.types.is_datetime64_any_dtype(values)
    read = take_moments(values, name) if typed else read_moments(write_texts(values), name)
    return ReadColumn(read.values, read.findings, read.notes)


def _read_list(values: pd.Series) -> ReadColumn:
    if pd.api.types.is_object_dtype(values):
        parts = np.empty(len(values), dtype=object)
        for place, value in enumerate(values.to_numpy()):
            empty = isinstance(value, (np.ndarray, tuple)) and not len(value)
            parts[place] = () if empty else _split_items(value)
        return ReadColumn(pd.Series(parts, index=values.index, dtype=object), empty_findings())
    distinct, places = split_distinct(take_arrow(write_texts(values)))
    table = np.empty(len(distinct) + 1, dtype=object)
    for number, text in enumerate([*distinct.to_pylist(), None]):
        table[number] = _split_items(text)
    items = pd.Series(table[places], index=values.index, dtype=object)
    return ReadColumn(items, empty_findings())


def _split_items(value: object) -> tuple[str, ...]:
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return ()
    if isinstance(value, str) or not isinstance(value, Iterable):
        items: Iterable[object] = str(value).split(";")
    else:
        items = value
    return tuple(sorted({_write_item(item) for item in items} - {""}))


def _write_item(item: object) -> str:
    return str(item).strip().encode("utf-8", "replace").decode("utf-8")
