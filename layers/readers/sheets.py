"""Spreadsheets (XLSX, XLS, ODS): every sheet as a grid of text."""

from __future__ import annotations

import datetime as dt
import re
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from layers.readers.archives import list_members, stream_member
from layers.readers.guard import MAX_COLUMNS, blame_file
from layers.readers.ole import measure_workbook, open_container, read_stream
from layers.readers.text import make_cells
from layers.sources import Grid

if TYPE_CHECKING:
    import zipfile
    from collections.abc import Iterable, Iterator
    from pathlib import Path

Rows = tuple[tuple[str, ...], ...]
MAX_SHEET_CELLS = 20_000_000
_MAX_TAG_BYTES = 1 << 23
_CHUNK_ROWS = 20_000
_MAX_EXACT = 2**53
_CELL = re.compile(rb"<(?:\w+:)?c\s[^>]*?\br=[\"']([A-Z]{1,3})([0-9]{1,8})[\"']([^>]*)>")
_ERROR_CELL = re.compile(rb"\bt=[\"']e[\"']")
_REPEAT = re.compile(rb"<table:(table|table-row|table-cell|covered-table-cell)(?=[\s/>])([^>]*)>")
_COUNT = re.compile(rb"number-(?:rows|columns)-repeated=[\"'](\d+)[\"']")
_XML_STARTS = (b"<", b"\xef\xbb\xbf<")


def read_sheet_grids(path: Path) -> tuple[Grid, ...]:
    """Read every sheet of a spreadsheet that holds anything.

    Dates become ISO text, whole numbers lose their ``.0``, merged cells all carry the value of
    the first, and a cell that holds an error of its formula is empty; notes say so.

    Raises
    ------
    ValueError
        If the file is damaged, encrypted, a zip bomb, holds no cells, or a sheet spans more
        than `MAX_SHEET_CELLS`.
    """
    errors = check_sheets(path)
    grids = []
    with blame_file("a spreadsheet"):
        book = _open_book(path)
        for name in book.sheet_names:
            sheet = _open_sheet(book, name)
            if sheet is not None and sheet.height:
                grids.append(_read_sheet(sheet))
    if not grids:
        raise ValueError("a spreadsheet without a filled cell")
    if errors:
        note = f"{errors} cells hold an error of a formula (#REF! or the like): read as empty"
        grids = [Grid(g.name, g.cells, g.first_record, (*g.notes, note)) for g in grids]
    return tuple(grids)


def preview_sheets(path: Path, *, limit: int) -> tuple[Rows, tuple[str, ...]]:
    """First rows of the first sheet that holds anything, and the names of all that do."""
    check_sheets(path)
    rows: Rows = ()
    names = []
    with blame_file("a spreadsheet"):
        book = _open_book(path)
        for name in book.sheet_names:
            sheet = _open_sheet(book, name)
            if sheet is None or not sheet.height:
                continue
            names.append(name)
            if not rows:
                blanks = ("",) * sheet.start[1]
                first = islice(sheet.iter_rows(), limit)
                rows = tuple((*blanks, *map(_write_cell, row)) for row in first)
    return rows, tuple(names)


def _open_book(path: Path) -> Any:  # noqa: ANN401 - the library has no public types
    """Open a workbook by its bytes; by a path the library would trust the name."""
    from python_calamine import CalamineWorkbook

    with path.open("rb") as file:
        return CalamineWorkbook.from_filelike(file)


def _open_sheet(book: Any, name: str) -> Any:  # noqa: ANN401
    """Open a sheet; a chart sheet holds no cells."""
    from python_calamine import WorksheetNotFound

    try:
        return book.get_sheet_by_name(name)
    except WorksheetNotFound:
        return None


def check_sheets(path: Path) -> int:
    """Refuse a spreadsheet that would fill the memory; count the cells that hold an error."""
    with path.open("rb") as file:
        zipped = file.read(2) == b"PK"
    if not zipped:
        _check_old(path)
        return 0
    members = list_members(path)
    errors = 0
    for member in members:
        name = member.filename.lower()
        if name == "content.xml":
            _check_extent(_measure_ods(path, member))
        elif "worksheets/" in name and name.endswith(".xml"):
            cells, faulty = _measure_xlsx(path, member)
            _check_extent(cells)
            errors += faulty
        else:
            deque(stream_member(path, member), maxlen=0)
    return errors


def _check_old(path: Path) -> None:
    container = open_container(path)
    names = {name.lower(): name for name, _, _ in container.streams}
    if "encryptedpackage" in names:
        raise ValueError("an encrypted spreadsheet: open it with its password and save it without")
    book = names.get("workbook") or names.get("book")
    if book is None:
        raise ValueError("an old Office file, but no spreadsheet")
    cells = measure_workbook(read_stream(container, book))
    if cells < 0:
        raise ValueError("an encrypted spreadsheet: open it with its password and save it without")
    _check_extent(cells)


def _check_extent(cells: int) -> None:
    if cells > MAX_SHEET_CELLS:
        raise ValueError(f"a sheet that spans {cells:,} cells, more than {MAX_SHEET_CELLS:,}: "
                         "delete what stands far from the table")


def _cut_at_tags(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Put pieces of XML together so that each ends where a tag ends."""
    kept = b""
    for chunk in pieces:
        whole, sign, kept = (kept + chunk).rpartition(b">")
        if len(kept) > _MAX_TAG_BYTES:
            raise ValueError("a spreadsheet with text beyond all measure in one cell")
        if sign:
            yield whole + sign


def _measure_xlsx(path: Path, member: zipfile.ZipInfo) -> tuple[int, int]:
    """Cells in the rectangle of a sheet, and how many hold an error."""
    columns: set[bytes] = set()
    last_row = errors = 0
    for number, piece in enumerate(_cut_at_tags(stream_member(path, member))):
        if number == 0 and not piece.lstrip().startswith(_XML_STARTS):
            raise ValueError("a sheet that is no plain XML: save the spreadsheet again")
        found = [cell for cell in _CELL.findall(piece) if not cell[2].endswith(b"/")]
        if found:
            columns.update(cell[0] for cell in found)
            last_row = max(last_row, *(int(cell[1]) for cell in found), 0)
        errors += len(_ERROR_CELL.findall(piece))
    last_column = max(map(_number_column, columns), default=0)
    if last_column > MAX_COLUMNS:
        raise ValueError(f"a sheet of {last_column:,} columns, more than {MAX_COLUMNS:,}")
    return last_column * last_row, errors


def _number_column(letters: bytes) -> int:
    """Column of a spreadsheet as a number: A is 1, AA is 27."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number


def _measure_ods(path: Path, member: zipfile.ZipInfo) -> int:
    """Cells that a sheet spans once repeated rows and cells are written out."""
    largest = rows = width = last = filled = repeat = 0
    for piece in _cut_at_tags(stream_member(path, member)):
        for tag, attributes in _REPEAT.findall(piece):
            count = _COUNT.search(attributes)
            times = int(count[1]) if count else 1
            if tag == b"table":
                rows = width = last = filled = 0
            elif tag == b"table-row":
                rows, filled, repeat = rows + times, 0, times
            else:
                filled += times
                if not attributes.endswith(b"/"):
                    width, last = max(width, filled), rows
            largest = max(largest, width * last, repeat * width * (last == rows))
    return largest


def _read_sheet(sheet: Any) -> Grid:  # noqa: ANN401
    left = sheet.start[1]  # the library drops empty columns on the left, but no rows above
    areas = _list_merges(sheet, left)
    values: dict[int, str] = {}
    columns: list[list[pa.Array]] = [[] for _ in range(left + sheet.width)]
    count = 0
    rows_of_sheet = iter(sheet.iter_rows())
    while rows := [[""] * left + list(map(_write_cell, row))
                   for row in islice(rows_of_sheet, _CHUNK_ROWS)]:
        _fill_merges(rows, count, areas, values)
        for column, cells in zip(columns, zip(*rows, strict=True), strict=True):
            column.append(pa.array(cells, pa.large_string()))
        count += len(rows)
    notes = (f"{len(areas)} merged areas were filled with their value",) if areas else ()
    cells = make_cells([pa.chunked_array(column) for column in columns], count)
    return Grid(sheet.name, cells, 1, notes)


def _list_merges(sheet: Any, left: int) -> list[tuple[int, int, int, int]]:  # noqa: ANN401
    """Merged areas as top, left, bottom, right from 0, as far as there are cells."""
    bottom, right = sheet.end[0], left + sheet.width - 1
    areas = [(a, b, min(c, bottom), min(d, right))
             for (a, b), (c, d) in sheet.merged_cell_ranges or [] if a <= bottom and b <= right]
    extent = sum((c - a + 1) * (d - b + 1) for a, b, c, d in areas)
    if extent > MAX_SHEET_CELLS:
        raise ValueError("merged areas that lie over each other")
    return areas


def _fill_merges(
    rows: list[list[str]], first: int, areas: list[tuple[int, int, int, int]],
    values: dict[int, str],
) -> None:
    end = first + len(rows)
    for number, (top, left, bottom, right) in enumerate(areas):
        if first <= top < end:
            values[number] = rows[top - first][left]
        if number not in values:
            continue
        for row in range(max(top, first), min(bottom + 1, end)):
            rows[row - first][left:right + 1] = [values[number]] * (right + 1 - left)


def _write_cell(value: object) -> str:
    """A cell as a person reads it: ISO dates, whole numbers without ``.0``.

    Examples
    --------
    >>> _write_cell(3.0), _write_cell(0.1), _write_cell(dt.date(2020, 1, 2)), _write_cell(True)
    ('3', '0.1', '2020-01-02', 'true')
    """
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode() if not value.isascii() else value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < _MAX_EXACT else repr(value)
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
    return str(value)
