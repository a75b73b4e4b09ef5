"""Ids for rows that come without one: the same row gets the same id the next time."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from layers.sources import ASIDE_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Collection

    from layers.spec import LayerSpec

_KEY_OF_PLACE = ("name", "town", "country")
_NOT_IDENTITY = frozenset({"source", "source_url", "synthetic", "merged_ids", "stated_place"})
_NUMBERED = re.compile(r"-(\d+)$")


def fill_ids(
    raw: pd.DataFrame, spec: LayerSpec, *, known: pd.DataFrame, owner: str,
    taken: Collection[str] = (),
) -> pd.DataFrame:
    """Give an id to each row that has none.

    A facility is found again among the known ones of its owner by name, town and country, else
    it is numbered ``<country>-<owner>-<n>``. Other rows get a hash of what they say, apart from
    sources and, in tables, from what was counted: a corrected count keeps its id.

    Parameters
    ----------
    raw : DataFrame
        As an adapter returned it.
    known : DataFrame
        Kept rows of the owner, index of ids.
    owner : str
        Part of new ids; empty is "own".
    taken : collection of str
        Every id that was ever given: none is given twice.

    Examples
    --------
    >>> from layers.catalog import find_spec
    >>> raw = pd.DataFrame({"name": ["EXAMPLE - A"], "town": ["X"], "country": ["GT"]})
    >>> fill_ids(raw, find_spec("shelters"), known=pd.DataFrame(), owner="crg")["place_id"][0]
    'gt-crg-1'
    """
    ids = read_ids(raw, spec)
    blank = ids.eq("")
    if not blank.any():
        return raw
    prefix = fold_id(owner) or "own"
    if spec.role == "facility":
        new = _number_places(raw[blank], known, {*taken, *known.index, *ids[~blank]}, prefix)
    else:
        new = _hash_rows(raw[blank], spec, prefix)
    return raw.assign(**{spec.id: ids.mask(blank, new.reindex(ids.index))})


def read_ids(raw: pd.DataFrame, spec: LayerSpec) -> pd.Series:
    """Ids as they stand in a file, without spaces about them; empty where there is none."""
    if spec.id not in raw:
        return pd.Series("", index=raw.index, dtype="str")
    return _take_text(raw[spec.id]).str.strip()


def _take_text(values: pd.Series) -> pd.Series:
    if isinstance(values.dtype, pd.StringDtype):
        return values.fillna("") if values.hasnans else values
    return values.astype("object").where(values.notna(), "").astype("str")


def fold_id(text: str) -> str:
    """Text as a part of an id.

    Examples
    --------
    >>> fold_id("Cruz Roja Guatemalteca (Petén)")
    'cruz-roja-guatemalteca-peten'
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")


def key_places(rows: pd.DataFrame) -> pd.Series:
    """By what a place is found again: name, town and country, folded."""
    parts = [
        _take_text(rows[name]).map(fold_id)
        if name in rows else pd.Series("", index=rows.index, dtype="str")
        for name in _KEY_OF_PLACE
    ]
    return parts[0] + "/" + parts[1] + "/" + parts[2]


def _number_places(
    rows: pd.DataFrame, known: pd.DataFrame, taken: set[str], prefix: str
) -> pd.Series:
    """Ids of known places where one has the same name in the same town; else the next number."""
    found = dict(zip(key_places(known), known.index, strict=True)) if len(known) else {}
    last: dict[str, int] = {}
    out = []
    for key in key_places(rows):
        id_ = found.pop(key, "")
        if not id_:
            stem = f"{key.rsplit('/', 1)[1][:2] or 'xx'}-{prefix}"
            last[stem] = last.get(stem, _find_last(stem, taken)) + 1
            id_ = f"{stem}-{last[stem]}"
        out.append(id_)
    return pd.Series(out, index=rows.index, dtype="str")


def _find_last(stem: str, taken: set[str]) -> int:
    """Highest number that was ever given under a stem."""
    numbers = (_NUMBERED.search(id_) for id_ in taken if id_.startswith(f"{stem}-"))
    return max((int(match[1]) for match in numbers if match), default=0)


def _hash_rows(rows: pd.DataFrame, spec: LayerSpec, prefix: str) -> pd.Series:
    names = _find_identity(rows, spec)
    flat = pd.DataFrame({
        name: _take_text(rows[name]).str.strip()
        for name in names
    }, index=rows.index)
    if "geometry" in rows and not {"lon", "lat"} <= set(rows):
        flat["geometry"] = rows["geometry"].to_wkb(hex=True)
    hashes = pd.util.hash_pandas_object(flat, index=False).to_numpy(np.uint64)
    ids = pd.Series([f"{prefix}-{value:016x}" for value in hashes], index=rows.index, dtype="str")
    part = ids.groupby(ids).cumcount()
    return ids.where(part.eq(0), ids + "-" + (part + 1).astype("str"))


def _find_identity(rows: pd.DataFrame, spec: LayerSpec) -> list[str]:
    """Columns that say which row it is: all, but in a table not what was counted."""
    counted = {
        name for name, column in spec.columns.items() if column.dtype in {"integer", "number"}
    } if spec.kind == "table" else set()
    names = [*spec.columns, "lon", "lat"]
    left_out = _NOT_IDENTITY | counted | spec.hidden_columns | set(ASIDE_COLUMNS)
    return [name for name in names if name in rows and name not in left_out]
