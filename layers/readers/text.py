"""Delimited text in any encoding and with any separator, read as a stream."""

from __future__ import annotations

import csv
from itertools import islice, zip_longest
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa

from layers.readers.bulk import read_bulk
from layers.readers.encodings import (
    HEAD_BYTES,
    ZEROS,
    decode_text,
    describe_encoding,
    find_encoding,
    tell_undecodable,
)
from layers.readers.guard import MAX_CELLS, MAX_COLUMNS
from layers.readers.separators import SEPARATORS, find_separator, preview_rows
from layers.sources import Grid

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

__all__ = ["decode_text", "make_cells", "read_text_grid"]

_CHUNK_ROWS = 20_000
_BULK_BYTES = 100_000  # below the longest cell that the careful way reads


def read_text_grid(path: Path) -> Grid:
    """Read CSV, TSV or text with semicolons or bars; quotes and line breaks in cells kept.

    Short rows are filled with empty cells, and blank lines stay as empty rows, so that row
    numbers are those that a spreadsheet shows.

    Raises
    ------
    ValueError
        If it is no delimited text, or too large: `guard.MAX_TEXT_BYTES`, `guard.MAX_CELLS`.
    """
    encoding = find_encoding(path)
    head, skipped = _read_head(path, encoding)
    separator = find_separator(head)
    notes = [note for note in (describe_encoding(encoding),) if note]
    if separator and separator != ",":
        notes.append(f"columns are separated by {SEPARATORS[separator]}")
    cells = _read_fast(path, head, separator) if encoding == "utf-8" and not skipped else None
    if cells is None:
        cells = _read_carefully(path, encoding, separator or ",", skipped=skipped)
    return Grid("", cells, 1 + skipped, tuple(notes))


def _read_fast(path: Path, head: str, separator: str) -> pd.DataFrame | None:
    if path.stat().st_size < _BULK_BYTES:
        return None
    first = preview_rows(head, separator or ",", limit=1)
    columns = read_bulk(path, separator or ",", width=len(first[0]) if first else 0)
    if columns is None:
        return None
    _check_extent(len(columns), len(columns[0]))
    return make_cells(columns, len(columns[0]))


def _read_carefully(path: Path, encoding: str, separator: str, *, skipped: int) -> pd.DataFrame:
    try:
        with path.open(encoding=encoding, newline="") as file:
            for _ in range(skipped):
                file.readline()
            wide = encoding.startswith(("utf-16", "utf-32"))  # else zeros were seen before
            return _collect(_refuse_zeros(file) if wide else file, separator)
    except UnicodeError as error:
        raise ValueError(tell_undecodable(encoding)) from error


def _read_head(path: Path, encoding: str) -> tuple[str, int]:
    """Begin of the text, and how many lines say only ``sep=;`` to a spreadsheet program."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES).decode(encoding, errors="ignore")
    return head, int(head[:4].lower() == "sep=" and len(head.splitlines()[0]) <= 5)  # noqa: PLR2004


def _refuse_zeros(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        if "\0" in line:
            raise ValueError(ZEROS)
        yield line


def _collect(file: Iterable[str], separator: str) -> pd.DataFrame:
    reader = csv.reader(file, delimiter=separator, strict=True, skipinitialspace=separator != "\t")
    columns: list[list[pa.Array]] = []
    count = 0
    try:
        while rows := list(islice(reader, _CHUNK_ROWS)):
            widest = max(map(len, rows))
            _check_extent(max(widest, len(columns)), count + len(rows))
            columns += [_make_blanks(count) for _ in range(widest - len(columns))]
            for k, cells in enumerate(zip_longest(*rows, fillvalue="")):
                columns[k].append(pa.array(cells, pa.large_string()))
            for column in columns[widest:]:
                column.extend(_make_blanks(len(rows)))
            count += len(rows)
    except csv.Error as error:
        raise ValueError(_tell_broken(reader.line_num, str(error))) from error
    except pa.ArrowException as error:
        raise ValueError("holds characters that are not text") from error
    return make_cells([pa.chunked_array(column) for column in columns], count)


def _make_blanks(count: int) -> list[pa.Array]:
    return [pa.array([""] * count, pa.large_string())] if count else []


def make_cells(columns: list[pa.ChunkedArray], count: int) -> pd.DataFrame:
    """Columns of text as a frame with columns 0 to n - 1, without copying where it can be."""
    if not columns:
        return pd.DataFrame(index=pd.RangeIndex(count))
    frame = pa.table(dict(zip(map(str, range(len(columns))), columns, strict=True))).to_pandas()
    return frame.set_axis(range(len(columns)), axis=1)


def _check_extent(columns: int, rows: int) -> None:
    if columns > MAX_COLUMNS:
        raise ValueError(f"a row of {columns:,} cells, more than {MAX_COLUMNS:,}: not a table")
    if columns * rows > MAX_CELLS:
        raise ValueError(
            f"more than {MAX_CELLS:,} cells ({columns:,} columns wide): cut the file in parts"
        )


def _tell_broken(line: int, reason: str) -> str:
    if "unexpected end" in reason:
        return f"a quote is opened and never closed before the end (line {line})"
    if "field larger" in reason:
        return f"line {line} has a cell of more than {csv.field_size_limit():,} characters"
    return f'line {line} has text after a closing quote: write a quote in a cell twice ("")'
