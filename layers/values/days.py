"""Days as people write them: the order of day and month is decided by the column."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from layers.cells import give_pandas, match_texts, split_distinct, take_arrow
from layers.findings import NO_GUESS, Guess, advise_findings, list_findings
from layers.values.numerals import find_unknown, tell_unknown

Order = Literal["", "dmy", "mdy", "both"]
NOT_A_DATE = "not a date (YYYY-MM-DD)"
_ISO = (r"\d{4}-\d{2}-\d{2}(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?"
        r"\s*(?:Z|UTC|GMT|[+-]\d{2}:?(?:\d{2})?)?|[T ])?")
_CLOCK = (r"[T,\s]*\b\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s*"
          r"(?:[AaPp]\.?\s?[Mm]\.?)?\s*(?:Z|UTC|GMT|[+-]\d{2}:?\d{2})?$")
_NUMERIC = re.compile(r"(\d{1,2})\s?([/.-])\s?(\d{1,2})\s?\2\s?(\d{4}|\d{2})", re.ASCII)
_YEAR_FIRST = re.compile(r"(\d{4})([/.-])(\d{1,2})\2(\d{1,2})", re.ASCII)
_WORD = r"([^\W\d_]+)"
_OF = r"(?:de\s+|del\s+|of\s+|d['\u2019])?"
_DAY_FIRST = re.compile(
    rf"(?:{_WORD}\.?,?\s+)?(\d{{1,2}})(?:er|st|nd|rd|th|º|°|ro)?[\s./,-]*{_OF}{_WORD}\.?"
    rf"[\s./,-]*{_OF}(\d{{4}})", re.IGNORECASE)
_MONTH_FIRST = re.compile(
    rf"(?:{_WORD}\.?,\s*)?{_WORD}\.?\s*(\d{{1,2}})(?:st|nd|rd|th)?\s*,?\s+(\d{{4}})",
    re.IGNORECASE)
_MONTH_ALONE = re.compile(rf"{_WORD}\.?[\s./-]*{_OF}(\d{{4}})", re.IGNORECASE)
MONTH_WORDS = (
    "january jan enero ene janvier janv janvye",
    "february feb febrero février fevrier févr fevr fév fevriye",
    "march mar marzo mars mas",
    "april apr abril abr avril avr",
    "may mayo mai me",
    "june jun junio juin jen",
    "july jul julio juillet juil jiyè jiye",
    "august aug agosto ago août aout out",
    "september sep sept septiembre setiembre set septembre septanm sektanm",
    "october oct octubre octobre oktòb oktob",
    "november nov noviembre novembre novanm",
    "december dec diciembre dic décembre decembre déc desanm",
)
_FIRST_SERIAL, _LAST_SERIAL = 20_000, 65_000
_YEARS = range(1900, 2101)
_SERIAL_SURE, _COMPACT_SURE, _ORDER_SURE, _TWICE_UNSURE, _PART_SURE = 0.8, 0.9, 0.6, 0.5, 0.7
_LAST_MONTH, _LAST_DAY, _YEAR_DIGITS, _CENTURY_TURN = 12, 31, 4, 70
_LONGEST = 40
_MOST_ASKED = 10_000
_PLAIN = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True)
class ReadDays:
    """Days of one column: datetime64[s], missing where unread; findings; how it was read."""

    values: pd.Series
    findings: pd.DataFrame
    notes: tuple[str, ...] = ()


def read_days(text: pd.Series, name: str, *, with_precision: bool = False) -> ReadDays:
    """Read a column of texts as days; of a moment, the day that is written there.

    Parameters
    ----------
    text : Series of str
        As `layers.cells.write_texts` makes them.
    with_precision : bool
        Whether the layer has a column ``date_precision``: then a month alone can be put right.

    Examples
    --------
    >>> import pandas as pd
    >>> days = read_days(pd.Series(["13/02/2020", "3/4/2020", "2 août 2020"]), "date").values
    >>> days.dt.strftime("%Y-%m-%d").tolist()
    ['2020-02-13', '2020-04-03', '2020-08-02']
    """
    array = take_arrow(text)
    iso = match_texts(array, _ISO)
    written = array if iso.all() else pc.replace_substring_regex(array, _CLOCK, "")
    written = pc.if_else(iso, pc.utf8_slice_codeunits(array, 0, 10), written)
    distinct, places = split_distinct(written)
    cells = distinct.to_pylist()
    order = _judge_order(cells)
    read = np.array([*(_read_day(cell, order) for cell in cells), None], dtype=object)
    table = pd.to_datetime(pd.Series(read, dtype="str"), format="%Y-%m-%d", errors="coerce")
    days = table.astype("datetime64[s]").to_numpy()[places]
    empty = np.append(find_unknown(distinct), [False])[places]
    values = pd.Series(days, index=text.index)
    bad = values.isna() & text.notna() & ~empty
    findings = list_findings(bad, name, NOT_A_DATE)
    if len(findings):
        findings = advise_findings(
            findings, give_pandas(written, text.index),
            lambda cell: _guess_day(cell, order, with_precision=with_precision))
    return ReadDays(values, findings, _tell_reading(cells, order, int(empty.sum())))


def _judge_order(cells: list[str]) -> Order:
    """Whether day or month stands first: a part above twelve tells."""
    day_first = month_first = False
    for cell in cells:
        found = _NUMERIC.fullmatch(cell) if len(cell) <= _LONGEST else None
        if found and found[2] != ".":
            first, second = int(found[1]), int(found[3])
            day_first |= _LAST_MONTH < first <= _LAST_DAY and second <= _LAST_MONTH
            month_first |= _LAST_MONTH < second <= _LAST_DAY and first <= _LAST_MONTH
    if day_first and month_first:
        return "both"
    return "dmy" if day_first else "mdy" if month_first else ""


def _read_day(cell: str, order: Order) -> str | None:
    """The day that a text names, as YYYY-MM-DD; None where it names none or two."""
    if _PLAIN.fullmatch(cell):
        return cell
    if found := _YEAR_FIRST.fullmatch(cell):
        return _write_day(found[1], found[3], found[4])
    if (found := _NUMERIC.fullmatch(cell)) and len(found[4]) == _YEAR_DIGITS:
        first, second = int(found[1]), int(found[3])
        if found[2] == "." or order == "dmy" or first > _LAST_MONTH or first == second:
            return _write_day(found[4], second, first)
        month_first = order == "mdy" or second > _LAST_MONTH
        return _write_day(found[4], first, second) if month_first else None
    return _read_named(cell)


def _read_named(cell: str) -> str | None:
    """A day whose month is written as a word."""
    if len(cell) > _LONGEST:
        return None
    if (found := _DAY_FIRST.fullmatch(cell)) and (month := _name_months().get(found[3].casefold())):
        return _write_day(found[4], month, found[2])
    found = _MONTH_FIRST.fullmatch(cell)
    if found and (month := _name_months().get(found[2].casefold())):
        return _write_day(found[4], month, found[3])
    return None


@lru_cache(maxsize=1)
def _name_months() -> dict[str, int]:
    return {word: number for number, words in enumerate(MONTH_WORDS, 1) for word in words.split()}


def _write_day(year: str | int, month: str | int, day: str | int) -> str:
    return f"{int(year):04d}-{int(month):02d}-{int(day):02d}"


def _is_day(text: str) -> bool:
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _guess_day(cell: str, order: Order, *, with_precision: bool) -> Guess:
    """Guess which day somebody meant."""
    if len(cell) > _LONGEST:
        return NO_GUESS
    if found := _NUMERIC.fullmatch(cell):
        return _guess_order(found[1], found[3], found[4], order)
    if re.fullmatch(r"\d{5}(\.\d+)?", cell, re.ASCII):
        serial = int(float(cell))
        if _FIRST_SERIAL <= serial <= _LAST_SERIAL:
            day = (dt.date(1899, 12, 30) + dt.timedelta(days=serial)).isoformat()
            return Guess(f"a spreadsheet's day number: {day}?", (("", day),), _SERIAL_SURE)
    if re.fullmatch(r"\d{8}", cell, re.ASCII):
        day = f"{cell[:4]}-{cell[4:6]}-{cell[6:]}"
        sound = _is_day(day) and int(cell[:4]) in _YEARS
        return Guess(f"{day}?", (("", day),), _COMPACT_SURE) if sound else NO_GUESS
    return _guess_part(cell, with_precision=with_precision)


def _guess_order(first: str, second: str, year: str, order: Order) -> Guess:
    """Both readings of 3/4/2020, or the century of 3/4/20."""
    short = len(year) < _YEAR_DIGITS
    if short:
        year = f"{20 if int(year) < _CENTURY_TURN else 19}{year}"
    days = [_write_day(year, second, first), _write_day(year, first, second)]
    if order in {"dmy", "mdy"}:
        days = days[:1] if order == "dmy" else days[1:]
    sound = list(dict.fromkeys(day for day in days if _is_day(day)))
    if not sound:
        return NO_GUESS
    if len(sound) == 1:
        return Guess(f"{sound[0]}?", (("", sound[0]),), _ORDER_SURE)
    confidence = _TWICE_UNSURE if short else _ORDER_SURE
    return Guess(f"{sound[0]} (day first) or {sound[1]} (month first)?", (("", sound[0]),),
                 confidence, "day or month first?")


def _guess_part(cell: str, *, with_precision: bool) -> Guess:
    """A year or a month alone: nobody said that day, and a layer may have a column to say so."""
    year, month = "", 1
    if re.fullmatch(r"\d{4}", cell, re.ASCII):
        year = cell
    elif found := re.fullmatch(r"(\d{4})[-/.](\d{1,2})", cell, re.ASCII):
        year, month = found[1], int(found[2])
    elif found := re.fullmatch(r"(\d{1,2})[-/.](\d{4})", cell, re.ASCII):
        year, month = found[2], int(found[1])
    elif found := _MONTH_ALONE.fullmatch(cell):
        year, month = found[2], _name_months().get(found[1].casefold(), 0)
    day = _write_day(year or 0, month, 1)
    if not year or int(year) not in _YEARS or not _is_day(day):
        return NO_GUESS
    precision = "year" if cell == year else "month"
    if not with_precision:
        return Guess(f"a {precision} is no day")
    return Guess(f"{day}, with date_precision {precision}?",
                 (("", day), ("date_precision", precision)), _PART_SURE)


def _tell_reading(cells: list[str], order: Order, unknown: int) -> tuple[str, ...]:
    notes = []
    words = {"dmy": "day/month/year", "mdy": "month/day/year"}
    if order in words:
        notes.append(f"read as {words[order]}")
    if order == "both":
        notes.append("some dates are day/month/year, others month/day/year: only those are read "
                     "that can be but one")
    if any(_PLAIN.fullmatch(cell) is None and _read_named(cell) for cell in cells[:_MOST_ASKED]):
        notes.append("months in words read")
    if unknown:
        notes.append(tell_unknown(unknown))
    return tuple(notes)
