"""INEGI, deaths by homicide by municipality and month: a wide table to rows of ``area_counts``.

A record is a count that stands in the file: one municipality and one month. A blank cell is no
record. Totals (of a row, a state, the country) are not rows: they are held against the sums.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from layers.adapters.choosing import choose_grid, list_head
from layers.sources import RECORD, Adapter, Haul

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from layers.sources import Grid, Sample, Wanted

MONTHS = ("enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto",
          "septiembre", "octubre", "noviembre", "diciembre")
NOT_STATED = "no_especificado"
TOTAL = "total"
SOURCE = "INEGI, Estadísticas de mortalidad"
_YEAR = re.compile(r"registro\s*:\s*((?:19|20)\d\d)\b")
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+")
_COUNT = re.compile(r"\d{1,9}")
_MUNICIPALITY = re.compile(r"(\d{2})\s+(\d{3})|(\d{2})(\d{3})")
_STATE = re.compile(r"=\s*CONCATENAR\(\s*\d?\s*,\s*(\d{2})\s*\)|(\d{2})", re.IGNORECASE)
_MAX_TOLD = 20
_STATE_DIGITS, _AREA_DIGITS = 2, 5


@dataclass(frozen=True)
class Sheet:
    """The table within the file.

    Attributes
    ----------
    header : int
        Number of the header row, from 0.
    months : dict
        Column number to month 1-12, or 0 for a count whose month is not stated.
    total : int
        Column of the row totals, -1 without one.
    year : int
    """

    header: int
    months: dict[int, int]
    total: int
    year: int


@dataclass(frozen=True)
class Line:
    """One line of the table: an area, its months and its own total."""

    record: int
    code: str
    name: str
    counts: dict[int, str]
    total: str


def recognise_inegi(sample: Sample) -> str:
    """Say why a file is INEGI's table of homicides: its title and a header of Spanish months."""
    if not _is_table(sample.rows):
        return ""
    return "INEGI: homicides by municipality and month (title and header of months)"


def _is_table(rows: Sequence[Sequence[str]]) -> bool:
    try:
        _find_sheet(rows)
    except ValueError:
        return False
    return True


def read_inegi(path: Path, wanted: Wanted) -> Haul:
    """Read one yearly table.

    Returns
    -------
    Haul
        Rows of ``area_counts``. What does not add up stands in the notes.

    Raises
    ------
    ValueError
        If title, year or header are not INEGI's, or a line is of no known kind.
    """
    grid = choose_grid(path, wanted.sheet, _is_table)
    sheet = _find_sheet(list_head(grid))
    lines = _read_lines(grid, sheet)
    frame = _list_counts([line for line in lines if len(line.code) == _AREA_DIGITS], sheet)
    notes = (*grid.notes, _count_lines(lines, len(frame)), *check_sums(lines))
    return Haul(frame, notes, scope=f"inegi homicides {sheet.year}")


def _find_sheet(rows: Sequence[Sequence[str]]) -> Sheet:
    from layers.readers.headers import fold_name

    title = " ".join(cell for row in rows for cell in row[:1]).casefold()
    if "homicidio" not in title:
        raise ValueError("not INEGI's table of homicides: the title does not say so")
    year = _YEAR.search(title)
    for number, row in enumerate(rows):
        names = [fold_name(cell) for cell in row]
        months = {k: MONTHS.index(n) + 1 for k, n in enumerate(names) if n in MONTHS}
        if sorted(months.values()) != list(range(1, 13)):
            continue
        if not year:
            raise ValueError("the title states no year (Año de registro : YYYY)")
        months |= {k: 0 for k, name in enumerate(names) if name == NOT_STATED and k > 1}
        total = names.index(TOTAL) if TOTAL in names else -1
        return Sheet(number, months, total, int(year.group(1)))
    raise ValueError("not INEGI's table by month: no header with the twelve months")


def _read_lines(grid: Grid, sheet: Sheet) -> list[Line]:
    lines = []
    cells = grid.cells.iloc[sheet.header + 1:].astype("str").to_numpy().tolist()
    for offset, row in enumerate(cells):
        record = grid.first_record + sheet.header + 1 + offset
        texts = [" ".join(cell.split()) for cell in row]
        if not any(texts[1:]):
            continue  # blank, or the line that names the source
        counts = {column: _plain(texts[column]) for column in sheet.months}
        total = _plain(texts[sheet.total]) if sheet.total >= 0 else ""
        code = find_code(texts[0], texts[1])
        if code is None:
            raise ValueError(f"row {record}: neither a municipality, a state nor the total")
        lines.append(Line(record, code, texts[1], counts, total))
    return lines


def find_code(text: str, name: str) -> str | None:
    """Code of the area of a line: five digits a municipality, two a state, none the country.

    Returns None where it is none of them.

    Examples
    --------
    >>> find_code("01 001", "Aguascalientes"), find_code("=CONCATENAR(0,01)", "Aguascalientes")
    ('01001', '01')
    >>> find_code("", "Total"), find_code("?", "Total")
    ('', None)
    """
    municipality = _MUNICIPALITY.fullmatch(text.strip())
    if municipality:
        return "".join(part for part in municipality.groups() if part)
    state = _STATE.fullmatch(text.strip())
    if state:
        return state.group(1) or state.group(2)
    return "" if not text.strip() and name.casefold() == TOTAL else None


def _plain(text: str) -> str:
    """A count without thousands commas; anything else as it is."""
    return text.replace(",", "") if _THOUSANDS.fullmatch(text) else text


def _list_counts(lines: list[Line], sheet: Sheet) -> pd.DataFrame:
    rows = [
        {
            RECORD: line.record,
            "area_count_row": f"inegi-homicides-{line.code}-{sheet.year}-{month:02d}",
            "area_code": line.code,
            "area_name": line.name,
            "year": str(sheet.year),
            "month": f"{sheet.year}-{month:02d}" if month else "",
            "what": "homicides",
            "people": line.counts[column],
            "source": SOURCE,
            "synthetic": "false",
        }
        for line in lines for column, month in sheet.months.items() if line.counts[column]
    ]
    names = (RECORD, "area_count_row", "area_code", "area_name", "year", "month", "what",
             "people", "source", "synthetic")
    return pd.DataFrame(rows, columns=list(names))


def _count_lines(lines: list[Line], count: int) -> str:
    kinds = [len(line.code) for line in lines]
    areas, states, totals = (kinds.count(digits) for digits in (_AREA_DIGITS, _STATE_DIGITS, 0))
    return (f"{len(lines):,} lines: {areas:,} municipalities made {count:,} rows, one a count that "
            f"is stated; {states:,} states and {totals:,} total were held against the sums")


def check_sums(lines: list[Line]) -> tuple[str, ...]:
    """Hold the totals of the file against its own counts, and tell what does not add up.

    Examples
    --------
    >>> def make(code, total, *counts):
    ...     return Line(1, code, "", dict(enumerate(counts)), total)
    >>> for note in check_sums([make("01", "3", "1", "2"), make("01001", "2", "1", "1")]):
    ...     print(note)
    01, total: the municipalities sum to 2, the state says 3
    01, column 2: the municipalities sum to 1, the state says 2
    """
    told = [
        f"row {line.record}, {line.code or 'total'}: the months sum to {_sum_months(line)}, "
        f"the row says {line.total[:12]}"
        for line in lines if line.total and _to_count(line.total) != _sum_months(line)
    ]
    for whole, parts, words in _pair_wholes(lines):
        told += _compare(whole, parts, words)
    if len(told) > _MAX_TOLD:
        told = [*told[:_MAX_TOLD], f"{len(told) - _MAX_TOLD:,} further sums do not agree"]
    return tuple(told) or ("every total of the file agrees with the sum of its parts",)


def _pair_wholes(lines: list[Line]) -> list[tuple[Line, list[Line], tuple[str, str]]]:
    """The country with its states, and each state with the lines below it.

    By place, not by code: the last block, abroad, is headed 33 and holds 33 and 34.
    """
    states = [line for line in lines if len(line.code) == _STATE_DIGITS]
    pairs = [(line, states, ("states", "total")) for line in lines if not line.code]
    below: list[Line] = []
    for line in lines:
        if len(line.code) == _STATE_DIGITS:
            below = []
            pairs.append((line, below, ("municipalities", "state")))
        elif line.code:
            below.append(line)
    return pairs


def _compare(whole: Line, parts: list[Line], words: tuple[str, str]) -> list[str]:
    sums = {"total": (sum(_sum_months(part) for part in parts), _sum_months(whole))}
    if whole.total:
        sums["total"] = sums["total"][0], _to_count(whole.total)
    for column, text in whole.counts.items():
        found = sum(_to_count(part.counts.get(column, "")) for part in parts)
        sums[f"column {column + 1}"] = found, _to_count(text)
    return [
        f"{whole.code or 'total'}, {name}: the {words[0]} sum to {found}, the {words[1]} says "
        f"{said}" for name, (found, said) in sums.items() if found != said
    ]


def _sum_months(line: Line) -> int:
    return sum(_to_count(text) for text in line.counts.values())


def _to_count(text: str) -> int:
    """A count; what is none counts nothing here, and is a fault of its row at intake."""
    return int(text) if _COUNT.fullmatch(text) else 0


ADAPTER = Adapter("inegi", ("area_counts",), recognise_inegi, read_inegi)
