"""Numbers as people write them: separators decided by the column, never cell by cell.

What only one reading explains is read; what two explain, or what needs a guess, is a finding
with a suggestion. ``docs/reference/coercion.md`` lists it all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from layers.cells import UNKNOWN_WORDS, match_texts, split_distinct, take_arrow
from layers.findings import advise_findings, list_findings
from layers.values.quantities import Kind, guess_number

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from layers.spec import ColumnSpec

    Mask = NDArray[np.bool_]

Style = Literal["", "point", "comma", "both"]
REASONS = {"number": "not a number", "axis": "not a number", "integer": "not a whole number"}
MAX_EXACT = 2**53
_PLAIN = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?"
_GAP = r"[\s'\x{2019}\x{00a0}\x{2009}\x{202f}]"
_GAPS = rf"[-+]?[1-9]\d{{0,2}}(?:{_GAP}\d{{3}})+(?:[.,]\d+)?"
_COMMA_GROUPS = r"[-+]?[1-9]\d{0,2}(?:(?:,\d{3}){2,}(?:\.\d*)?|(?:,\d{3})+\.\d+)"
_POINT_GROUPS = r"[-+]?[1-9]\d{0,2}(?:(?:\.\d{3}){2,}(?:,\d*)?|(?:\.\d{3})+,\d+)"
_COMMA = r"[-+]?\d*,\d+"
_POINT = r"[-+]?\d*\.\d+"
_ROUGH_COMMA = r"[-+]?[1-9]\d{0,2},\d{3}"
_ROUGH_POINT = r"[-+]?[1-9]\d{0,2}\.\d{3}"
# Three different numbers of this look are a habit of the writer; one is a riddle.
_HABIT = {"number": 3, "integer": 2, "axis": 1}
_ANY_GROUPS = rf"{_COMMA_GROUPS}|{_ROUGH_COMMA}"


@dataclass(frozen=True)
class ReadNumbers:
    """Numbers of one column.

    Attributes
    ----------
    values : Series of float64
        NaN where missing or unread.
    findings : DataFrame
        See `layers.findings`.
    notes : tuple of str
        How the column was read, where that is not plain.
    """

    values: pd.Series
    findings: pd.DataFrame
    notes: tuple[str, ...] = ()


_COUNTED = frozenset({"", "people"})


def read_numbers(text: pd.Series, name: str, column: ColumnSpec, *, kind: Kind) -> ReadNumbers:
    """Read a column of texts as numbers.

    Parameters
    ----------
    text : Series of str
        As `layers.cells.write_texts` makes them.
    name : str
        Of the column, for findings.
    column : ColumnSpec
        Its unit helps to tell what was meant.
    kind : {"number", "integer", "axis"}
        In an axis (longitude, latitude) a comma is always decimal.

    Examples
    --------
    >>> import pandas as pd
    >>> from layers.spec import ColumnSpec
    >>> km = ColumnSpec(dtype="number", meaning="length", unit="km")
    >>> text = pd.Series(["1.234,5", "8,45", "3"])
    >>> read_numbers(text, "length_km", km, kind="number").values.tolist()
    [1234.5, 8.45, 3.0]
    """
    array = take_arrow(text)
    pointed = _find_manner(column, kind) == "integer" and _any(pc.match_substring(array, "."))
    try:
        numbers = None if pointed else pc.cast(array, pa.float64())
    except pa.ArrowInvalid:
        numbers = None
    if numbers is None:
        return _read_mixed(text, name, column, kind)
    values = pd.Series(numbers.to_numpy(zero_copy_only=False), index=text.index)
    return check_numbers(values, text.notna(), name, kind)


def check_numbers(values: pd.Series, filled: pd.Series, name: str, kind: Kind) -> ReadNumbers:
    """Set aside what is no finite number, or no whole one where people are counted."""
    numbers = values.to_numpy(dtype="float64")
    good = np.isfinite(numbers)
    if kind == "integer":
        with np.errstate(invalid="ignore"):
            good &= (numbers % 1 == 0) & (np.abs(numbers) < MAX_EXACT)
    bad = pd.Series(filled.to_numpy(dtype=bool) & ~good, index=values.index)
    kept = values if good.all() else values.where(good)
    return ReadNumbers(kept, list_findings(bad, name, REASONS[kind]))


def _read_mixed(text: pd.Series, name: str, column: ColumnSpec, kind: Kind) -> ReadNumbers:
    """The way for columns that hold something other than plain numbers: distinct texts once."""
    distinct, places = split_distinct(take_arrow(text))
    tidy = distinct if kind == "axis" else _close_gaps(distinct)
    manner = _find_manner(column, kind)
    style = _judge_style(tidy, manner)
    numbers = np.append(_cast_plain(_rewrite(tidy, style, manner)), np.nan)[places]
    empty = np.append(find_unknown(distinct), [False])[places]
    filled = text.notna() & ~empty
    done = check_numbers(pd.Series(numbers, index=text.index), filled, name, kind)
    findings = advise_findings(
        done.findings, text, lambda cell: guess_number(cell, name, column.unit, manner))
    told = _tell_reading(tidy, style, manner, int(empty.sum()))
    return ReadNumbers(done.values, findings, told)


def _find_manner(column: ColumnSpec, kind: Kind) -> Kind:
    """Beds and people are counted: there 1.200 is a thousand and more, or a riddle."""
    return "integer" if kind == "number" and column.unit in _COUNTED else kind


def find_unknown(distinct: pa.Array) -> Mask:
    """Mark texts that say that nobody knows."""
    words = pa.array(sorted(UNKNOWN_WORDS), type=distinct.type)
    return np.asarray(pc.is_in(pc.utf8_lower(distinct), value_set=words), dtype=bool)


def _close_gaps(distinct: pa.Array) -> pa.Array:
    """Take out what can only separate thousands."""
    gapped = pa.array(match_texts(distinct, _GAPS))
    closed = pc.replace_substring(pc.replace_substring_regex(distinct, _GAP, ""), ",", ".")
    return pc.if_else(gapped, closed, distinct)


def _judge_style(tidy: pa.Array, kind: Kind) -> Style:
    """What the decimal sign of a column is, from the texts that allow one reading only."""
    if kind == "axis":
        return "comma"
    rough_comma, rough_point = match_texts(tidy, _ROUGH_COMMA), match_texts(tidy, _ROUGH_POINT)
    groups, dots = match_texts(tidy, _COMMA_GROUPS), match_texts(tidy, _POINT_GROUPS)
    point = bool((groups | (match_texts(tidy, _POINT) & ~rough_point)).any())
    comma = bool((dots | (match_texts(tidy, _COMMA) & ~rough_comma)).any())
    if not point and not comma:
        point = _is_habit(tidy, rough_comma, kind)
        comma = kind == "integer" and _is_habit(tidy, rough_point, kind)
        mixed = bool(rough_comma.any() and rough_point.any())
        point, comma = point or mixed, comma or mixed
    return "both" if point and comma else "point" if point else "comma" if comma else ""


def _is_habit(tidy: pa.Array, rough: Mask, kind: Kind) -> bool:
    """Several numbers like 1,234, not all of them round: hardly decimals."""
    uneven = rough & ~match_texts(tidy, ".*000")
    return bool(rough.sum() >= _HABIT[kind] and uneven.any())


def _rewrite(tidy: pa.Array, style: Style, kind: Kind) -> pa.Array:
    """Write numbers plainly where one reading is left; other texts stay as they are."""
    to_point = pc.replace_substring(tidy, ",", ".")
    if kind == "axis":
        return pc.if_else(pa.array(match_texts(tidy, _COMMA)), to_point, tidy)
    no_comma, no_point = (pc.replace_substring(tidy, sign, "") for sign in ",.")
    nothing = pa.nulls(len(tidy), type=tidy.type)
    riddle_comma = {"point": no_comma, "comma": to_point}.get(style, nothing)
    riddle_point = {"point": tidy, "comma": no_point, "both": nothing}.get(
        style, nothing if kind == "integer" else tidy)
    out = tidy
    for pattern, written in (
        (_COMMA, to_point),
        (_COMMA_GROUPS, no_comma),
        (_POINT_GROUPS, pc.replace_substring(no_point, ",", ".")),
        (_ROUGH_COMMA, riddle_comma),
        (_ROUGH_POINT, riddle_point),
    ):
        out = pc.if_else(pa.array(match_texts(tidy, pattern)), written, out)
    return out


def _cast_plain(written: pa.Array) -> NDArray[np.float64]:
    signed = pc.replace_substring_regex(written, r"^[\x{2212}\x{2013}]\s*(\d)", r"-\1")
    bare = pc.replace_substring_regex(signed, r"^\+", "")
    plain = pc.if_else(pa.array(match_texts(bare, _PLAIN)), bare, None)
    numbers = pc.fill_null(pc.cast(plain, pa.float64()), np.nan)
    return np.array(numbers.to_numpy(zero_copy_only=False), dtype="float64")


def _tell_reading(tidy: pa.Array, style: Style, kind: Kind, unknown: int) -> tuple[str, ...]:
    """Say how a column was read that could have been read otherwise."""
    notes = []
    if kind == "axis":
        if match_texts(tidy, _COMMA).any():
            notes.append("read with a decimal comma")
    elif style in {"comma", "both"} and match_texts(tidy, rf"{_COMMA}|{_POINT_GROUPS}").any():
        notes.append("read with a decimal comma: 8,45 as 8.45")
    elif style == "comma":
        notes.append("read with points between thousands: 1.234 as 1234")
    if kind != "axis" and style in {"point", "both"} and match_texts(tidy, _ANY_GROUPS).any():
        notes.append("read with commas between thousands: 1,234 as 1234")
    if unknown:
        notes.append(tell_unknown(unknown))
    return tuple(notes)


def tell_unknown(count: int) -> str:
    """Say how many cells were read as empty."""
    return f"{count} cells that say unknown (n/a, ?, s/d) read as empty"


def _any(mask: pa.Array) -> bool:
    return bool(pc.any(mask).as_py())
