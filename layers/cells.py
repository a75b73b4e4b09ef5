"""Cells as text: trimmed, and each distinct text looked at once however many cells hold it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

# What people write where they know nothing. Read as empty in numbers, dates and yes/no, never in
# names: NA is a country.
UNKNOWN_WORDS = frozenset({
    "na", "n/a", "n.a.", "#n/a", "nd", "n/d", "n.d.", "s/d", "s.d.", "sd", "-", "--",
    "\u2013", "\u2014",
    "?", "..", "...", "…", "null", "none", "nan", "nat", "<na>", "unknown", "no data",
    "not available", "desconocido", "desconocida", "se desconoce", "sin dato", "sin datos",
    "no disponible", "inconnu", "inconnue", "sans données", "non disponible", "pa konnen",
    "enkoni",
})
TRUE_WORDS = frozenset({
    "true", "yes", "1", "t", "y", "1.0", "sí", "si", "s", "verdadero", "oui", "vrai", "wi", "vre",
})
FALSE_WORDS = frozenset({
    "false", "no", "0", "f", "n", "0.0", "falso", "non", "faux", "fo",
})


def write_texts(values: pd.Series) -> pd.Series:
    """Write any column as trimmed text; blank cells are missing.

    Examples
    --------
    >>> import pandas as pd
    >>> write_texts(pd.Series([" a ", "", None, 4])).tolist()
    ['a', nan, nan, '4']
    """
    try:
        text = values.astype("str")
        trimmed = text.str.strip()
    except (UnicodeError, ValueError, TypeError, OverflowError, pa.ArrowException):
        trimmed = values.map(_write_text).astype("str").str.strip()
    blank = trimmed.isna() | (trimmed == "")
    return trimmed.mask(blank) if blank.any() else trimmed


def _write_text(value: object) -> str | None:
    """Text of one cell that would not go into a column of text: bytes, half of a letter."""
    if value is None or value is pd.NA or value is pd.NaT or value != value:  # noqa: PLR0124 - nan
        return None
    try:
        text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    except (ValueError, RecursionError):
        return "�"
    return text.encode("utf-8", "replace").decode("utf-8")


def take_arrow(text: pd.Series) -> pa.Array:
    """Arrow array of a text column, missing cells null."""
    array = pa.array(text, type=pa.large_string(), from_pandas=True)
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def give_pandas(array: pa.Array | pa.ChunkedArray, index: pd.Index) -> pd.Series:
    """Text column of an Arrow array."""
    return pd.Series(pd.array(array, dtype="str"), index=index)


def match_texts(array: pa.Array, pattern: str) -> NDArray[np.bool_]:
    """Mark texts that fit a pattern from end to end; missing ones do not.

    Parameters
    ----------
    pattern : str
        As RE2 reads it: linear in time, whatever stands in the file.
    """
    found = pc.match_substring_regex(array, f"^(?:{pattern})$")
    return np.asarray(pc.fill_null(found, False).to_numpy(zero_copy_only=False), dtype=bool)  # noqa: FBT003 - pyarrow's own call


def release_memory() -> None:
    """Give back what Arrow keeps at hand of the memory that it no longer uses."""
    pa.default_memory_pool().release_unused()


def mark_known(ids: pd.Index | pd.Series, known: pd.Index) -> NDArray[np.bool_]:
    """Mark the ids that stand among others, by Arrow: a million against a million in a second.

    Examples
    --------
    >>> import pandas as pd
    >>> mark_known(pd.Index(["a", "b"]), pd.Index(["b", "c"])).tolist()
    [False, True]
    """
    asked, among = (pa.array(one.astype("str").array, type=pa.large_string(), from_pandas=True)
                    for one in (ids, known))
    if isinstance(among, pa.ChunkedArray):
        among = among.combine_chunks()
    found = pc.is_in(asked, value_set=among, skip_nulls=True)
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=bool)


def split_distinct(array: pa.Array) -> tuple[pa.Array, NDArray[np.int64]]:
    """Distinct texts in order of appearance, and for each cell which one; -1 is missing."""
    encoded = pc.dictionary_encode(array)
    places = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False)
    return encoded.dictionary, places.astype(np.int64)


def look_up(
    text: pd.Series, read: Callable[[str], Any], *, most: int | None = None
) -> pd.Series:
    """Apply a function to each distinct text; an object column, None where missing.

    Of more than ``most`` distinct texts the later ones are left None: advice for ten thousand
    different cells is enough for anybody.

    Examples
    --------
    >>> import pandas as pd
    >>> look_up(pd.Series(["a", "b", "a"]), str.upper).tolist()
    ['A', 'B', 'A']
    """
    distinct, places = split_distinct(take_arrow(text))
    table = np.empty(len(distinct) + 1, dtype=object)
    for number, value in enumerate(distinct[:most].to_pylist()):
        table[number] = read(value)
    return pd.Series(table[places], index=text.index, dtype=object)
