"""The table within a grid: its header rows, its records, its names."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from layers.sources import RECORD

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from layers.sources import Grid

Row = list[str]
_SEARCH_ROWS = 60
_MAX_HEADER_ROWS = 4
_MAX_TOLD = 20
_LEAST_SHARE = 0.5
_LEAST_WORDS = 0.8
_NUMBER = re.compile(r"[-+(]?[\d.,\s%']*\d[\d.,\s%)']*")
_YEAR = re.compile(r"(19|20)\d\d")
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([T ].*)?")
_TAG = re.compile(r"#[a-z][a-z0-9_]*(\s*\+\s*[a-z0-9_]+)*\s*", re.IGNORECASE)
_UNIT = re.compile(r"[(\[].{1,12}[)\]]|°[CF]?|%|k?m²?|mm|ha|deg(rees)?|yyyy-mm-dd", re.IGNORECASE)


@lru_cache(maxsize=4096)
def fold_name(text: str) -> str:
    """Fold a column name so that spellings of one name meet.

    Examples
    --------
    >>> fold_name("Fecha del Incidente "), fold_name("Ubicación (lat/lon)")
    ('fecha_del_incidente', 'ubicacion_lat_lon')
    """
    plain = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return "_".join(re.findall(r"[^\W_]+", letters))


def find_table(
    grid: Grid, *, known: frozenset[str] = frozenset()
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Find the header and the records of a grid.

    The header is the first row that is as wide as the table and holds words, not numbers; with
    `known`, the row that holds most of those names. Header rows above one another are joined.
    Rows and columns without content are left out; so are a row of HXL hashtags and a row of
    units below the header. Nothing else is: a line of totals is a record.

    Parameters
    ----------
    grid : Grid
    known : frozenset of str
        Folded column names (`fold_name`) that mark a header row.

    Returns
    -------
    table : DataFrame
        Text cells without spaces around them, index from 0; column ``_record`` is the number of
        the row in the file.
    notes : tuple of str

    Raises
    ------
    ValueError
        If there is no header, or rows of a text file have more cells than it.

    Examples
    --------
    >>> import pandas as pd
    >>> from layers.sources import Grid
    >>> cells = pd.DataFrame([["Register 2020", ""], ["", ""], ["id", "lat"], ["a", "15.2"]])
    >>> find_table(Grid("", cells))[0].to_dict("records")
    [{'id': 'a', 'lat': '15.2', '_record': 4}]
    """
    cells = [_trim(grid.cells[column]) for column in grid.cells]
    top = [list(row) for row in zip(*(c.slice(0, _SEARCH_ROWS).to_pylist() for c in cells),
                                    strict=True)]
    if not any(any(row) for row in top):
        raise ValueError("no header row: the first rows are empty")
    first, last = find_header(top, known)
    notes = []
    if any(any(row) for row in top[:first]):
        notes.append(f"title lines above row {grid.first_record + first} were passed over")
    if last > first:
        notes.append(f"header rows {grid.first_record + first} to {grid.first_record + last} "
                     "were joined")
    names = _join_header(top[first:last + 1], known)
    body = last + 1
    while body < len(top) and (aside := _find_aside(top[body])):
        notes.append(f"row {grid.first_record + body} holds {aside}: no record")
        if aside == "HXL hashtags":
            names = [name or tag for name, tag in zip(names, top[body], strict=True)]
        body += 1
    return _cut(grid, cells, names, body, notes)


def _trim(column: pd.Series) -> pa.ChunkedArray:
    text = pa.chunked_array(pa.array(column, pa.large_string(), from_pandas=True))
    trimmed = pc.utf8_trim_whitespace(text)
    # As long as before: nothing was trimmed, and the column need not be kept twice.
    same = pc.sum(pc.binary_length(trimmed)).equals(pc.sum(pc.binary_length(text)))
    whole = text if same else trimmed
    return pc.fill_null(whole, "") if whole.null_count else whole


def find_header(top: list[Row], known: frozenset[str]) -> tuple[int, int]:
    """First and last header row among the first rows of a grid.

    Raises
    ------
    ValueError
        If no row could be one.
    """
    candidates = [k for k, row in enumerate(top) if any(row)]
    if known:
        hits = {k: len(known & {fold_name(cell) for cell in top[k] if cell}) for k in candidates}
        best = max(candidates, key=lambda k: (hits[k], -k))
        if hits[best] > 1 or hits[best] == sum(map(bool, top[best])) > 0:
            return _climb(top, best), best
    width = _find_width([top[k] for k in candidates])
    for k in candidates:
        if _is_header(top[k], width):
            return k, _descend(top, k)
    raise ValueError("no header row: none of the first rows names the columns in words")


def _find_width(rows: list[Row]) -> int:
    """Filled cells of a usual row: the upper quartile, so that titles and gaps count little."""
    counts = sorted(sum(map(bool, row)) for row in rows)
    return counts[(3 * (len(counts) - 1)) // 4]


def _is_header(row: Row, width: int) -> bool:
    filled = [cell for cell in row if cell]
    words = [cell for cell in filled if _YEAR.fullmatch(cell) or not _is_value(cell)]
    return (len(filled) > _LEAST_SHARE * width
            and len(words) > _LEAST_WORDS * len(filled))


def _is_value(cell: str) -> bool:
    return bool(_NUMBER.fullmatch(cell) or _DATE.fullmatch(cell))


def _is_group(upper: Row, lower: Row) -> bool:
    """Tell whether a row names groups of the columns that the row below names.

    It leaves cells empty or repeats its neighbour where the lower row has names of its own.
    """
    if not all(not _is_value(cell) for cell in lower if cell) or _find_aside(lower):
        return False
    named = [k for k, cell in enumerate(lower) if cell]
    if len(named) < 2 or len({lower[k] for k in named}) < len(named):  # noqa: PLR2004
        return False
    shared = sum(not upper[k] or (k > 0 and upper[k] == upper[k - 1]) for k in named)
    return 4 * shared >= len(named) and any(upper)


def _descend(top: list[Row], first: int) -> int:
    last = first
    while (last + 1 < len(top) and last - first + 1 < _MAX_HEADER_ROWS
           and _is_group(top[last], top[last + 1])
           and (last + 2 >= len(top) or not _looks_alike(top[last + 1], top[last + 2:]))):
        last += 1
    return last


def _looks_alike(row: Row, below: list[Row]) -> bool:
    """Tell whether a row is one more record rather than a header of what stands below.

    It is, if a cell recurs below it, or if no column turns from a word to numbers or dates.
    """
    rest = [other for other in below if any(other) and not _find_aside(other)]
    if any(cell and cell == other[k] for other in rest for k, cell in enumerate(row)):
        return True
    return not any(cell and _holds_values([other[k] for other in rest if other[k]])
                   for k, cell in enumerate(row))


def _holds_values(cells: list[str]) -> bool:
    return 2 * sum(map(_is_value, cells)) > len(cells)


def _climb(top: list[Row], last: int) -> int:
    first = last
    while (first > 0 and last - first + 1 < _MAX_HEADER_ROWS
           and sum(map(bool, top[first - 1])) > 1 and _is_group(top[first - 1], top[first])):
        first -= 1
    return first


def _find_aside(row: Row) -> str:
    filled = [cell for cell in row if cell]
    tags = sum(bool(_TAG.fullmatch(cell)) for cell in filled)
    if filled and tags > len(filled) / 2:
        return "HXL hashtags"
    if filled and all(_UNIT.fullmatch(cell) for cell in filled):
        return "units"
    return ""


def _join_header(rows: list[Row], known: frozenset[str]) -> list[str]:
    """Names of the columns from above down; a last word that is known stands alone."""
    leaves = [fold_name(cell) for cell in rows[-1]]
    often = Counter(leaves)
    parts: list[Row] = []
    for level, row in enumerate(rows):
        spread, carried = list(row), ""
        for k, cell in enumerate(row):
            below = any(lower[k] for lower in rows[level + 1:])
            carried = cell or (carried if below else "")
            spread[k] = carried
        parts.append(spread)
    names = []
    for leaf, column in zip(leaves, zip(*parts, strict=True), strict=True):
        if leaf in known and often[leaf] == 1:
            names.append(column[-1])
            continue
        words = [word for k, word in enumerate(column) if word and word not in column[:k]]
        names.append(" ".join(words))
    return names


def _cut(
    grid: Grid, cells: list[pa.ChunkedArray], names: list[str], body: int, notes: list[str],
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    count = len(grid.cells)
    filled = [pc.not_equal(column.slice(body), "") for column in cells]
    used = [k for k, name in enumerate(names) if name or pc.any(filled[k]).as_py()]
    if not grid.name:
        _refuse_surplus(names, filled, grid.first_record + body)
    unnamed = [k for k in used if not names[k]]
    if unnamed:
        notes.append(f"columns without a name were called {', '.join(_call(k) for k in unnamed)}"
                     if len(unnamed) < _MAX_TOLD else f"{len(unnamed)} columns had no name")
    labels = _tell_apart([names[k] or _call(k) for k in used], notes)
    kept = _find_filled_rows(filled, count - body)
    bodies = [cells[k].slice(body) for k in used]
    records = np.arange(count - body, dtype=np.int64) + (grid.first_record + body)
    if not kept.all():
        mask = pa.array(kept)
        bodies, records = [column.filter(mask) for column in bodies], records[kept]
    table = pa.table(dict(zip(labels, bodies, strict=True))).to_pandas()
    table[RECORD] = records
    return table, tuple(notes)


def _call(column: int) -> str:
    return f"column_{column + 1}"


def _find_filled_rows(filled: list[pa.ChunkedArray], count: int) -> NDArray[np.bool_]:
    kept = np.zeros(count, dtype=bool)
    for column in filled:
        if kept.all():
            break
        kept |= column.to_numpy()
    return kept


def _refuse_surplus(names: list[str], filled: list[pa.ChunkedArray], first: int) -> None:
    width = max((k + 1 for k, name in enumerate(names) if name), default=0)
    over: dict[int, int] = {}
    for k in range(width, len(names)):
        rows = pc.indices_nonzero(filled[k].combine_chunks()).to_pylist()
        over.update(dict.fromkeys(rows, k + 1))
    if not over:
        return
    told = [f"line {first + row} has {over[row]} cells, the header {width}"
            for row in sorted(over)[:_MAX_TOLD]]
    more = f" and {len(over) - _MAX_TOLD} more" if len(over) > _MAX_TOLD else ""
    raise ValueError(f'{"; ".join(told)}{more}: put a value that holds a separator into quotes, '
                     '"a, b"')


def _tell_apart(labels: list[str], notes: list[str]) -> list[str]:
    taken, last, out = {RECORD}, dict[str, int](), []
    for label in labels:
        # Numbers below the last one given to a label are taken already: each is tried once.
        unique, number = label, last.get(label, 1)
        while unique in taken:
            number += 1
            unique = f"{label} {number}"
        taken.add(unique)
        last[label] = number
        out.append(unique)
    twice = [new for new, old in zip(out, labels, strict=True) if new != old]
    if twice:
        notes.append(f"{len(twice)} column names occur more than once: the later ones got a number")
    return out
