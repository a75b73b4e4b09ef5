"""Sheets of a layer for people who work in a spreadsheet: typed columns, lists to choose from.

Text is always written as text and never as a formula or a link; the same rows give the same bytes.
"""

from __future__ import annotations

import datetime as dt
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pandas as pd

from layers.errors import CallError
from layers.sheets.celltext import show_cells
from layers.sheets.roundtrip import defuse_cell
from layers.spec import ColumnSpec

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from layers.spec import LayerSpec

ROWS_READY = 10_000
LISTED_CHARS = 255
YES_NO = ("yes", "no")
_MOST_ROWS = 1_048_575
_MOST_CHARS = 32_767
_MOST_HINT = 255
_MOST_TITLE = 32
_MOST_MARGIN = 200
_FIRST_DAY = dt.date(1901, 1, 1)
_MADE_ON = dt.datetime(2000, 1, 1)  # noqa: DTZ001 - a file format without time zones
_ID_MEANING = "Which row it is: never change one; leave empty in a new row: georisk gives an id"
_LON = ColumnSpec(dtype="number", meaning="Longitude of the point, WGS 84: negative in the west",
                  unit="degree", range=(-180, 180), level="public", nullable=False)
_LAT = ColumnSpec(dtype="number", meaning="Latitude of the point, WGS 84: negative in the south",
                  unit="degree", range=(-90, 90), level="public", nullable=False)
_FORMATS = {"date": "yyyy-mm-dd", "integer": "0", "number": "General"}
_WIDTHS = {"date": 12, "integer": 10, "number": 12, "boolean": 12, "datetime": 22,
           "month": 10, "list": 28}


@contextmanager
def open_book(path: Path, *, title: str) -> Iterator[Any]:
    """Open a workbook for writing; it is written when the block ends.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    from xlsxwriter import Workbook
    from xlsxwriter.exceptions import FileCreateError

    book = Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False,
                                "strings_to_numbers": False, "in_memory": True})
    book.set_properties({"title": title, "created": _MADE_ON})
    yield book
    try:
        book.close()
    except FileCreateError as error:
        reason = error.args[0] if error.args else "cannot be written"
        raise OSError(str(reason)) from error


def list_columns(spec: LayerSpec) -> dict[str, ColumnSpec]:
    """Columns of a sheet in its order: the id, ``lon`` and ``lat`` of points, the spec's own.

    Examples
    --------
    >>> from layers.catalog import find_spec
    >>> list(list_columns(find_spec("shelters")))[:4]
    ['place_id', 'lon', 'lat', 'name']
    """
    id_ = ColumnSpec(dtype="string", meaning=_ID_MEANING,
                     required=False, level=spec.level)
    axes = {"lon": _LON, "lat": _LAT} if spec.geometry == "Point" else {}
    return {spec.id: id_, **axes, **spec.columns}


def find_choices(column: ColumnSpec) -> tuple[str, ...]:
    """Words of which one is chosen in a cell; empty where anything may stand.

    Examples
    --------
    >>> find_choices(ColumnSpec(dtype="boolean", meaning="Agreed"))
    ('yes', 'no')
    """
    if column.dtype == "boolean":
        return YES_NO
    return () if column.dtype == "list" else column.one_of


def describe_column(column: ColumnSpec) -> str:
    """What to write into a cell, in one or two lines.

    Examples
    --------
    >>> describe_column(ColumnSpec(dtype="date", meaning="Day of the visit"))
    'Day of the visit. A day: 2024-05-31.'
    """
    words = [column.meaning.rstrip(".") + "."]
    if column.hidden_value:
        words.append("NO NAMES, NO CASE NUMBERS: georisk keeps [removed] in its place.")
    if column.dtype == "list" and column.one_of:
        words.append(f"One or more, with ; between: {' '.join(column.one_of)}.")
    elif column.dtype == "list":
        words.append("One or more, with ; between.")
    elif column.dtype == "date":
        words.append("A day: 2024-05-31.")
    elif column.dtype == "datetime":
        words.append("A moment in UTC: 2024-05-31T14:30:00Z.")
    elif column.dtype == "month":
        words.append("A month: 2024-05.")
    if column.range is not None:
        low, high = column.range
        words.append(f"{low:g} to {high:g} {column.unit}".strip() + ".")
    return " ".join(words)


def write_rows(
    book: Any, spec: LayerSpec, columns: Mapping[str, ColumnSpec], table: pd.DataFrame,  # noqa: ANN401 - xlsxwriter is untyped
    *, lists: Mapping[str, str] | None = None,
) -> Any:  # noqa: ANN401 - a worksheet
    """Write rows under a frozen header, with formats, lists to choose from and hints.

    Parameters
    ----------
    columns : mapping
        Columns in their order.
    table : DataFrame
        Typed or text; as many rows as there are, none for an empty sheet.
    lists : mapping, optional
        Column to the cells of another sheet that hold its words, where they are too long for
        a list of their own.

    Raises
    ------
    CallError
        If the rows or a text do not fit into a sheet.
    """
    _check_fit(spec, table)
    sheet = book.add_worksheet(spec.name[:31])
    sheet.freeze_panes(1, 1)
    sheet.repeat_rows(0)
    sheet.set_landscape()
    last = max(ROWS_READY, len(table))
    for place, (name, column) in enumerate(columns.items()):
        style = book.add_format({"num_format": _FORMATS.get(column.dtype, "@")})
        width = max(_WIDTHS.get(column.dtype, 18), len(name) + 2)
        sheet.set_column(place, place, width, style)
        sheet.write_string(0, place, name, _make_head(book, column))
        source = (lists or {}).get(name)
        sheet.data_validation(1, place, last, place, _limit(name, column, source))
        if name in table:
            _write_cells(sheet, place, table[name], spec=spec, style=style)
    return sheet


def _check_fit(spec: LayerSpec, table: pd.DataFrame) -> None:
    if len(table) > _MOST_ROWS:
        raise CallError(f"{spec.name}: {len(table)} rows; a sheet holds {_MOST_ROWS}: give csv, "
                        "gpkg or parquet")


def _make_head(book: Any, column: ColumnSpec) -> Any:  # noqa: ANN401 - xlsxwriter is untyped
    needed = column.required and not column.nullable
    colour = "#F4B6B0" if column.hidden_value else "#CFE3D4" if needed else "#E8E8E8"
    return book.add_format({"bold": True, "bg_color": colour, "bottom": 1, "num_format": "@"})


def _limit(name: str, column: ColumnSpec, source: str | None) -> dict[str, object]:
    """What a spreadsheet checks while somebody types, and the hint that it shows."""
    rule: dict[str, object] = {"validate": "any", "ignore_blank": True}
    choices = find_choices(column)
    if source or (choices and len(",".join(choices)) <= LISTED_CHARS):
        rule |= {"validate": "list", "source": source or list(choices),
                 "error_title": "Not in the list", "error_message": "Choose one of the list."}
    elif column.dtype == "date":
        rule |= {"validate": "date", "criteria": ">=", "value": _MADE_ON.replace(year=1901),
                 "error_title": "Not a day", "error_message": "Write a day: 2024-05-31"}
    elif column.dtype in {"integer", "number"} and column.range is not None:
        low, high = column.range
        rule |= {"validate": "decimal" if column.dtype == "number" else "integer",
                 "criteria": "between", "minimum": low, "maximum": high,
                 "error_title": "Out of range", "error_message": f"{low:g} to {high:g}"}
    hint = describe_column(column)
    cut = hint if len(hint) <= _MOST_HINT else hint[: _MOST_HINT - 2].rsplit(" ", 1)[0] + " …"
    return rule | {"input_title": name[:_MOST_TITLE], "input_message": cut}


def _write_cells(
    sheet: Any, place: int, values: pd.Series, *, spec: LayerSpec, style: Any  # noqa: ANN401 - xlsxwriter is untyped
) -> None:
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        for row, number in enumerate(values.astype(object), start=1):
            if not pd.isna(number):
                sheet.write_number(row, place, number, style)
        return
    for row, (value, text) in enumerate(zip(values, show_cells(values), strict=True), start=1):
        if text and _is_day(value):
            sheet.write_datetime(row, place, value, style)
        elif text and sheet.write_string(row, place, str(defuse_cell(text)), style):
            raise CallError(f"{spec.name}: row {row}, {values.name}: a text of {len(text)} "
                            f"characters; a cell holds {_MOST_CHARS}: give csv or parquet")


def _is_day(value: object) -> bool:
    """Whether a spreadsheet can hold a value as a day of its own; a moment has a time zone."""
    return (isinstance(value, dt.datetime) and value.tzinfo is None
            and value.date() >= _FIRST_DAY)


def write_margin(sheet: Any, marking: Mapping[str, str]) -> None:  # noqa: ANN401 - xlsxwriter is untyped
    """Print for whom a sheet is, who holds it and until when, on each of its pages."""
    text = ", ".join(f"{key}: {value}" for key, value in marking.items() if "sha256" not in key)
    if text:
        sheet.set_footer("&L" + text[:_MOST_MARGIN].replace("&", "&&"))
