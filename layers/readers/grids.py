"""Whatever holds a plain table, as grids: text, spreadsheets, JSON, or a zip with one of them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from layers.readers.archives import unpack
from layers.readers.formats import sniff_format
from layers.readers.records import pick_records, read_json
from layers.readers.sheets import read_sheet_grids
from layers.readers.text import read_text_grid
from layers.sources import Grid

if TYPE_CHECKING:
    from pathlib import Path

TEXT_FORMATS = frozenset({"csv", "text"})
SHEET_FORMATS = frozenset({"xlsx", "xls", "ods"})


def read_grids(path: Path) -> tuple[Grid, ...]:
    """Read every table of a file as it stands.

    JSON may be a list of lists, a list of objects (their keys become the first row, nested values
    are JSON text) or an object of such lists, each a grid of its name. A zip archive must hold
    one such file; its name is noted.

    Raises
    ------
    ValueError
        If the file is damaged, refused or holds no table.
    """
    found = sniff_format(path)
    if found in TEXT_FORMATS:
        return (read_text_grid(path),)
    if found in SHEET_FORMATS:
        return read_sheet_grids(path)
    if found == "json":
        return read_json_grids(path)
    if found == "zip":
        return _read_packed(path)
    raise ValueError(f"{found}: not a table of rows and columns")


def _read_packed(path: Path) -> tuple[Grid, ...]:
    with unpack(path) as folder:
        member = pick_member(folder)
        note = f"read from {member.name} in the archive"
        return tuple(replace(grid, notes=(note, *grid.notes)) for grid in read_grids(member))


def pick_member(folder: Path) -> Path:
    """The only file of an unpacked archive that holds data.

    Raises
    ------
    ValueError
        If there is none or more than one.
    """
    files = [file for file in sorted(folder.rglob("*")) if file.is_file()]
    if len(files) > 1:
        files = [file for file in files if _holds_data(file)] or files
    if len(files) != 1:
        raise ValueError(f"an archive of {len(files)} files: unpack it and give the one to read")
    return files[0]


def _holds_data(path: Path) -> bool:
    try:
        return sniff_format(path) not in {"text", "html", "zip"}
    except (ValueError, OSError):
        return False


def read_json_grids(path: Path) -> tuple[Grid, ...]:
    """Read the tables of a JSON file.

    Raises
    ------
    ValueError
        If it holds none.
    """
    found = read_json(path)
    if isinstance(found, dict):
        named = {name: value for name, value in found.items() if _is_table(value)}
        if named:
            return tuple(_make_grid(str(name), value) for name, value in named.items())
    return (_make_grid("", found if _is_table(found) else pick_records(found)),)


def _is_table(value: object) -> bool:
    return isinstance(value, list) and bool(value) and (
        all(isinstance(row, list) for row in value) or all(isinstance(row, dict) for row in value)
    )


def _make_grid(name: str, rows: list[Any]) -> Grid:
    if isinstance(rows[0], dict):
        keys = list(dict.fromkeys(key for row in rows for key in row))
        rows = [keys, *([row.get(key) for key in keys] for row in rows)]
    width = max(map(len, rows))
    cells = [[_write_value(value) for value in row] + [""] * (width - len(row)) for row in rows]
    return Grid(name, pd.DataFrame(cells, columns=range(width), dtype="str"))


def _write_value(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)
