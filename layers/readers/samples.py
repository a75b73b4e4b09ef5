"""The beginning of a file: what it is and what stands first in it, to tell who wrote it."""

from __future__ import annotations

import json
import re
from itertools import islice
from typing import TYPE_CHECKING

from layers.readers.archives import list_members, unpack
from layers.readers.encodings import HEAD_BYTES, decode_head
from layers.readers.formats import sniff_format
from layers.readers.grids import SHEET_FORMATS, TEXT_FORMATS, pick_member
from layers.readers.records import pick_records, read_json
from layers.readers.separators import find_separator, preview_rows
from layers.readers.sheets import preview_sheets
from layers.sources import Sample

if TYPE_CHECKING:
    from pathlib import Path

SAMPLE_ROWS = 40
_WHOLE_JSON_BYTES = 8_000_000
_VECTOR_FORMATS = frozenset({"geojson", "geojsonseq", "gpkg", "shp", "kml", "kmz", "gpx", "fgb",
                             "parquet"})


def take_sample(path: Path) -> Sample:
    """Read the beginning of a file, enough to tell who wrote it.

    Raises
    ------
    ValueError
        As `layers.readers.formats.sniff_format`; or if the file is damaged.
    """
    found = sniff_format(path)
    if found in TEXT_FORMATS:
        return Sample(path, found, rows=_preview_text(path))
    if found in SHEET_FORMATS:
        rows, names = preview_sheets(path, limit=SAMPLE_ROWS)
        return Sample(path, found, rows=rows, sheets=names)
    if found == "json":
        return _sample_json(path)
    if found in _VECTOR_FORMATS:
        from layers.readers.vectors import list_fields, list_sheets

        return Sample(path, found, keys=frozenset(list_fields(path)), sheets=list_sheets(path))
    return _sample_zip(path) if found == "zip" else Sample(path, found)


def _preview_text(path: Path) -> tuple[tuple[str, ...], ...]:
    with path.open("rb") as file:
        text = decode_head(file.read(HEAD_BYTES)).lstrip("\ufeff")
    rows = preview_rows(text, find_separator(text) or ",", limit=SAMPLE_ROWS)
    return tuple(map(tuple, rows))


def _sample_json(path: Path) -> Sample:
    if path.stat().st_size <= _WHOLE_JSON_BYTES:
        found = read_json(path)
    else:
        with path.open("rb") as file:
            found = _find_object(decode_head(file.read(HEAD_BYTES)))
    rows: tuple[tuple[str, ...], ...] = ()
    if isinstance(found, list) and found and all(isinstance(row, list) for row in found):
        rows = tuple(tuple("" if cell is None else str(cell) for cell in row)
                     for row in found[:SAMPLE_ROWS])
    try:
        records = pick_records(found)
    except ValueError:
        records = []
    keys = frozenset(map(str, records[0])) if records else frozenset()
    return Sample(path, "json", rows=rows, keys=keys)


def _find_object(head: str) -> object:
    """First object of a large JSON file that is complete within its beginning."""
    decoder = json.JSONDecoder()
    for match in islice(re.finditer(r"\{", head), 5):
        try:
            return [decoder.raw_decode(head, match.start())[0]]
        except (ValueError, RecursionError):
            continue
    return []


def _sample_zip(path: Path) -> Sample:
    names = tuple(member.filename for member in list_members(path))
    with unpack(path) as folder:
        try:
            inner = take_sample(pick_member(folder))
        except ValueError:
            return Sample(path, "zip", sheets=names)
    return Sample(path, "zip", rows=inner.rows, keys=inner.keys, sheets=inner.sheets)
