"""What two records of incidents agree on, level by level."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from layers.duplicates.candidates import Candidates

    IntArray = NDArray[np.int64]

AGREE, PARTLY = 85, 60
MANY = 5
MAX_USES = 5  # a page cited by more records than this is a list, not a report of one event
_UNSAID = ("", "nan", "none", "<na>", "[removed]", "unnamed source")


def compare_incidents(rows: pd.DataFrame, pairs: Candidates) -> dict[str, IntArray]:
    """Level of agreement of each pair on each comparison of the parameter file; -1 is unsaid."""
    i, j = pairs.i, pairs.j
    return {
        "date": compare_days(read_days(rows, "date"), find_exact_days(rows), i, j),
        "victims": compare_counts(read_numbers(rows, "n_victims"), i, j),
        "class": compare_classes(read_text(rows, "class"), i, j),
        "place": compare_names(read_text(rows, "stated_place"), i, j),
        "url": compare_pages(read_text(rows, "source_url"), i, j),
        "source": np.minimum(compare_names(read_text(rows, "source"), i, j), 1),
    }


def read_text(rows: pd.DataFrame, column: str) -> NDArray[np.object_]:
    """Text of a column, folded to plain lower-case words; empty where nothing is said."""
    if column not in rows:
        return np.full(len(rows), "", dtype=object)
    codes, values = pd.factorize(rows[column].astype("str").fillna(""))
    folded = np.array([fold_text(value) for value in values] + [""], dtype=object)
    return np.asarray(folded[codes])


def fold_text(text: object) -> str:
    """Lower case without accents or runs of blanks; empty for what says nothing.

    Examples
    --------
    >>> fold_text(" Ciudad  Juárez")
    'ciudad juarez'
    """
    plain = unicodedata.normalize("NFKD", str(text))
    plain = "".join(c for c in plain if not unicodedata.combining(c)).casefold()
    plain = re.sub(r"\s+", " ", plain).strip()
    return "" if plain in _UNSAID else plain


def read_numbers(rows: pd.DataFrame, column: str) -> NDArray[np.float64]:
    """Numbers of a column, NaN where absent."""
    if column not in rows:
        return np.full(len(rows), np.nan)
    return np.asarray(pd.to_numeric(rows[column], errors="coerce").to_numpy(float, na_value=np.nan))


def read_days(rows: pd.DataFrame, column: str) -> NDArray[np.float64]:
    """Days since 1970 of a date column, NaN where absent."""
    dates = pd.to_datetime(rows[column]) if column in rows else pd.Series(pd.NaT, rows.index)
    days = dates.to_numpy("datetime64[D]")
    return np.asarray(np.where(np.isnat(days), np.nan, days.astype("int64").astype(float)))


def find_exact_days(rows: pd.DataFrame) -> NDArray[np.bool_]:
    """Whether a date is a day, not a month or year written as its first day."""
    return ~np.isin(read_text(rows, "date_precision"), ["month", "year"])


def compare_days(
    days: NDArray[np.float64], exact: NDArray[np.bool_], i: IntArray, j: IntArray
) -> IntArray:
    """Levels 0 to 3 by days apart."""
    apart = np.abs(days[i] - days[j])
    said = np.isfinite(apart) & exact[i] & exact[j]
    return np.where(said, np.minimum(np.nan_to_num(apart), 3), -1).astype(np.int64)


def compare_counts(count: NDArray[np.float64], i: IntArray, j: IntArray) -> IntArray:
    """Levels: both one, equal and few, equal and many, one apart, further apart.

    Examples
    --------
    >>> import numpy as np
    >>> count = np.array([1.0, 1.0, 2.0, 30.0, 30.0])
    >>> compare_counts(count, np.array([0, 0, 0, 3]), np.array([1, 2, 3, 4])).tolist()
    [0, 3, 4, 2]
    """
    a, b = count[i], count[j]
    equal = np.select([a <= 1, a < MANY], [0, 1], 2)
    level = np.select([a == b, np.abs(a - b) <= 1], [equal, 3], 4)
    return np.where(np.isfinite(a) & np.isfinite(b), level, -1).astype(np.int64)


def compare_classes(name: NDArray[np.object_], i: IntArray, j: IntArray) -> IntArray:
    """Levels: same known class, one or both unknown, two known classes that differ (2)."""
    known = ~np.isin(name, ["unk", ""])
    both = known[i] & known[j]
    same = name[i] == name[j]
    return np.select([both & same, ~both], [0, np.where(known[i] | known[j], 1, -1)], 2)


def compare_names(name: NDArray[np.object_], i: IntArray, j: IntArray) -> IntArray:
    """Levels by token-set ratio: at least 85, at least 60, less.

    Examples
    --------
    >>> import numpy as np
    >>> names = np.array(["san pedro tapanatepec", "tapanatepec", "huixtla"], dtype=object)
    >>> compare_names(names, np.array([0, 0]), np.array([1, 2])).tolist()
    [0, 2]
    """
    codes, values = pd.factorize(name)
    level = np.full(len(i), -1, np.int64)
    said = np.flatnonzero((name[i] != "") & (name[j] != ""))
    if not len(said):
        return level
    low = np.minimum(codes[i[said]], codes[j[said]]).astype(np.int64)
    high = np.maximum(codes[i[said]], codes[j[said]])
    unique, back = np.unique(low * len(values) + high, return_inverse=True)
    ratio = measure_ratio(values[unique // len(values)], values[unique % len(values)])
    level[said] = np.select([ratio >= AGREE, ratio >= PARTLY], [0, 1], 2)[back]
    return level


def measure_ratio(a: NDArray[np.object_], b: NDArray[np.object_]) -> NDArray[np.float64]:
    """Token-set ratio of texts pairwise, 0 to 100."""
    from rapidfuzz import fuzz, process, utils

    ratio = process.cpdist(
        list(a), list(b), scorer=fuzz.token_set_ratio, processor=utils.default_process
    )
    return np.asarray(ratio, float)


def compare_pages(url: NDArray[np.object_], i: IntArray, j: IntArray) -> IntArray:
    """Levels: one page in common, none; a site without a page and a list page are unsaid."""
    codes, values = pd.factorize(url)
    often = np.bincount(codes, minlength=len(values)) > 2 * MAX_USES
    pages = [frozenset() if much else split_pages(value)
             for value, much in zip(values, often, strict=True)]
    said = np.array([bool(page) for page in pages] or [False])
    level = np.full(len(i), -1, np.int64)
    for n in np.flatnonzero(said[codes[i]] & said[codes[j]]):
        level[n] = 0 if pages[codes[i[n]]] & pages[codes[j[n]]] else 1
    return level


def split_pages(text: str) -> frozenset[str]:
    """Pages that a source_url names, without scheme, ``www.`` and closing slash.

    Examples
    --------
    >>> sorted(split_pages("https://www.example.org/a/1/; http://example.org/"))
    ['example.org/a/1']
    """
    pages = set()
    for part in re.split(r"[;,\s]+", text):
        page = re.sub(r"^[a-z]+://", "", part).removeprefix("www.").partition("#")[0].rstrip("/")
        if "/" in page:
            pages.add(page)
    return frozenset(pages)
