"""Empty spreadsheets to fill in, one a layer: lists to choose from, a page on every column."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING, Any

import pandas as pd

from layers.sheets.workbook import (
    LISTED_CHARS,
    describe_column,
    find_choices,
    list_columns,
    open_book,
    write_rows,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from layers.spec import ColumnSpec, LayerSpec

VOCABULARY, COLUMNS = "vocabulary", "columns"
# Columns that georisk writes: nobody fills them in.
_OURS = frozenset({"merged_ids", "stated_place"})
_HEADINGS = (
    "column", "meaning", "unit", "needed?", "what may stand here", "example", "who sees it"
)
_WIDTHS = (20, 60, 10, 10, 55, 34, 22)
_LINE_POINTS = 15
_WARNING = ("No names of people, no case numbers, no phones of persons, no nationality: in no "
            "column. Illustrative rows: synthetic = yes, and a name that begins with EXAMPLE -.")
_HOW = ("Fill the first sheet, one row each; leave unknown cells empty. Save it, then: "
        "georisk import FILE --layer {layer} -s STUDY --dry-run")
_EXAMPLES = {"date": "2024-05-31", "datetime": "2024-05-31T14:30:00Z", "month": "2024-05",
             "boolean": "yes", "integer": "12",
             "number": "0.5"}
_NAMED = {"lon": "-90.5133", "lat": "14.6349", "country": "GT", "months": "1-4;11-12",
          "opens": "Mo-Su 08:00-18:00", "admits": "women:yes;families:yes;men:no",
          "name": "EXAMPLE - Shelter by the station", "synthetic": "no", "source": "field visit",
          "capacity": "40", "capacity_unit": "beds", "place_id": "gt-office-1",
          "service": "water", "place_or_leg": "gt-office-1", "population": "12000", "year": "2024"}


def is_fillable(spec: LayerSpec) -> bool:
    """Tell whether rows of a layer can be written by hand: points and tables that are read in.

    Examples
    --------
    >>> from layers.catalog import load_catalog
    >>> sorted(name for name, spec in load_catalog().items() if is_fillable(spec))[:4]
    ['activity', 'area_counts', 'assistance_points', 'flows']
    """
    return spec.role != "result" and (spec.kind == "table" or spec.geometry == "Point")


def write_templates(folder: Path, specs: Iterable[LayerSpec]) -> tuple[Path, ...]:
    """Write ``NAME.xlsx`` into a folder for every layer that can be filled in by hand.

    Returns
    -------
    tuple of Path
        In the order of the names.

    Raises
    ------
    OSError
        If a file cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    chosen = sorted((spec for spec in specs if is_fillable(spec)), key=lambda spec: spec.name)
    paths = tuple(folder / f"{spec.name}.xlsx" for spec in chosen)
    for spec, path in zip(chosen, paths, strict=True):
        write_template(spec, path)
    return paths


def write_template(spec: LayerSpec, path: Path) -> None:
    """Write an empty spreadsheet for a layer; the same bytes each time.

    The first sheet holds the header only, the second tells of every column, the third holds
    the words that may be chosen.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    columns = {name: c for name, c in list_columns(spec).items() if name not in _OURS}
    with open_book(path, title=spec.title.get("en", spec.name)) as book:
        write_rows(book, spec, columns, pd.DataFrame(), lists=find_long_lists(columns))
        _write_columns(book, spec, columns)
        _write_vocabulary(book, columns)


def find_long_lists(columns: Mapping[str, ColumnSpec]) -> dict[str, str]:
    """Cells of the vocabulary sheet for lists that are too long to stand in a cell's own rule."""
    names = [name for name, column in columns.items() if _list_words(column)]
    found = {}
    for place, name in enumerate(names):
        words = find_choices(columns[name])
        if len(",".join(words)) > LISTED_CHARS:
            letter = _name_column(place)
            found[name] = f"={VOCABULARY}!${letter}$2:${letter}${len(words) + 1}"
    return found


def _list_words(column: ColumnSpec) -> tuple[str, ...]:
    return column.one_of if column.dtype == "list" else find_choices(column)


def _name_column(place: int) -> str:
    from xlsxwriter.utility import xl_col_to_name

    return str(xl_col_to_name(place))


def _write_columns(book: Any, spec: LayerSpec, columns: Mapping[str, ColumnSpec]) -> None:  # noqa: ANN401 - xlsxwriter is untyped
    sheet = book.add_worksheet(COLUMNS)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    bold = book.add_format({"bold": True, "bg_color": "#E8E8E8"})
    wrapped = book.add_format({"text_wrap": True, "valign": "top", "num_format": "@"})
    warned = book.add_format({"bold": True, "font_color": "#9C0006"})
    titles = " · ".join(f"{lang}: {title}" for lang, title in sorted(spec.title.items()))
    sheet.write_string(0, 0, f"{spec.name} · {titles}", book.add_format({"bold": True}))
    sheet.write_string(1, 0, spec.meaning)
    sheet.write_string(2, 0, _WARNING, warned)
    sheet.write_string(3, 0, _HOW.format(layer=spec.name))
    for place, (heading, width) in enumerate(zip(_HEADINGS, _WIDTHS, strict=True)):
        sheet.set_column(place, place, width)
        sheet.write_string(5, place, heading, bold)
    for row, (name, column) in enumerate(columns.items(), start=6):
        texts = _tell(name, column)
        # LibreOffice leaves the heights of rows as the file has them.
        lines = max(len(wrap(text, width)) for text, width in zip(texts, _WIDTHS, strict=True))
        sheet.set_row(row, _LINE_POINTS * lines)
        for place, text in enumerate(texts):
            sheet.write_string(row, place, text, wrapped)
    sheet.freeze_panes(6, 1)


def _tell(name: str, column: ColumnSpec) -> tuple[str, ...]:
    """One line about a column, in the order of the headings."""
    axis = name in {"lon", "lat"}
    needed = axis or (column.required and not column.nullable)
    allowed = describe_column(column).removeprefix(column.meaning.rstrip(".") + ".").strip()
    if not allowed and find_choices(column):
        allowed = f"One of: {' '.join(find_choices(column))}."
    hidden = "nobody: it is removed" if column.hidden_value else column.effective_level
    return (name, column.meaning, column.unit, "yes" if needed else "no", allowed,
            _give_example(name, column), hidden)


def _give_example(name: str, column: ColumnSpec) -> str:
    if column.hidden_value:
        return ""
    if column.one_of:
        return ";".join(column.one_of[:2]) if column.dtype == "list" else column.one_of[0]
    example = _NAMED.get(name) or _EXAMPLES.get(column.dtype, "")
    if column.range is None or column.dtype not in {"integer", "number"}:
        return example
    low, high = column.range
    return example if low <= float(example) <= high else f"{low:g}"


def _write_vocabulary(book: Any, columns: Mapping[str, ColumnSpec]) -> None:  # noqa: ANN401 - xlsxwriter is untyped
    sheet = book.add_worksheet(VOCABULARY)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    bold = book.add_format({"bold": True, "bg_color": "#E8E8E8"})
    listed = {name: _list_words(column) for name, column in columns.items()}
    for place, (name, words) in enumerate((n, w) for n, w in listed.items() if w):
        sheet.set_column(place, place, 24)
        sheet.write_string(0, place, name, bold)
        for row, word in enumerate(words, start=1):
            sheet.write_string(row, place, word)
    sheet.freeze_panes(1, 0)
