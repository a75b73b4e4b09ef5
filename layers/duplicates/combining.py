"""The one row that stands for several: which value is taken from where."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from layers.disclosure import SEALED_KINDS, find_sealed_places

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    Key = NDArray[np.float64]

MERGED_IDS, POSITION = "merged_ids", "position"
_UNIONS = ("source", "source_url")
# Of these the word that opens least stands, whatever people chose: a merge opens nothing.
CAUTIOUS = ("publish_ok", "consent_until", "verify_by", "last_verified")
SEALING = ("place_kind", "admits")
_SEALED = "unaccompanied_children"


def combine_rows(
    rows: pd.DataFrame, kept: pd.Series, *, taken: Mapping[tuple[str, str], str] | None = None
) -> pd.DataFrame:
    """Put one row in place of each group.

    Of the positions the most precise is taken; sources are joined by ``;``. Numbers of people are
    taken together from the record that counts most: two registers tell of the same people, so a
    sum would count them twice, and what is known of a death toll grows with time. A known class
    is taken before an unknown one, the earliest exact day before a later one, the word that opens
    less (consent, verification) before the one that opens more. A group with a sealed place is a
    sealed place. All else is the survivor's, and where it says nothing the next one's.

    Parameters
    ----------
    rows : DataFrame or GeoDataFrame
        Indexed by unique ids.
    kept : Series of str
        For the ids in groups, the id that survives. Ids without a row count for nothing: where
        the survivor is one of them the earliest that is there survives, and a group of which
        one row is left is none.
    taken : mapping, optional
        ``(id of any row of the group, field)`` to the id whose value is taken; the field
        ``position`` is the point with its precision. It never counts where it could open what
        a row of the group keeps closed (`CAUTIOUS`; `SEALING` of a sealed place).

    Returns
    -------
    DataFrame
        Sorted by id, with the column ``merged_ids``: all ids behind a row, empty for most.

    Examples
    --------
    >>> rows = pd.DataFrame({"place_kind": ["shelter", "gbv_survivors"]}, index=["a-1", "b-1"])
    >>> kept = pd.Series("a-1", index=rows.index)
    >>> combine_rows(rows, kept, taken={("a-1", "place_kind"): "a-1"})["place_kind"].to_dict()
    {'a-1': 'gbv_survivors'}
    """
    rows = rows.sort_index(kind="stable")
    if MERGED_IDS not in rows:
        rows = rows.assign(**{MERGED_IDS: _fill_empty(len(rows)).set_axis(rows.index)})
    kept = _keep_present(kept, rows.index)
    if not len(kept):
        return rows
    parts = rows.loc[sorted(kept.index)]
    group, survivors = pd.factorize(kept.loc[parts.index].to_numpy(object), sort=True)
    sealed = np.bincount(group, find_sealed_places(parts)) > 0
    chosen = {name: _pick_first(group, _rank(parts, name)) for name in parts.columns}
    _apply_choices(chosen, parts, group, _drop_opening(taken or {}, parts, sealed[group]))
    whole = {name: parts[name].take(where).set_axis(survivors) for name, where in chosen.items()}
    whole |= _join_columns(parts, group, survivors)
    if "place_kind" in whole:
        kind = whole["place_kind"]
        whole["place_kind"] = kind.mask(sealed & ~kind.isin(SEALED_KINDS), _SEALED)
    combined = parts.take(chosen[parts.columns[0]]).set_axis(survivors)
    combined = combined.assign(**whole)[list(parts.columns)].astype(parts.dtypes.to_dict())
    combined.index = combined.index.astype(rows.index.dtype)
    others = rows[~rows.index.isin(kept.index)]
    joined = pd.concat([others, combined]) if len(others) else combined
    return joined.sort_index(kind="stable").rename_axis(rows.index.name)


def _keep_present(kept: pd.Series, index: pd.Index) -> pd.Series:
    """Groups of rows that are there, each under an id that is there."""
    kept = kept[kept.index.isin(index)].sort_index()
    names = kept.to_numpy(object)
    earliest = {name: id_ for id_, name in zip(kept.index[::-1], names[::-1], strict=True)}
    present = set(zip(kept.index, names, strict=True))
    survivors = [name if (name, name) in present else earliest[name] for name in names]
    return pd.Series(survivors, index=kept.index, dtype=object)[kept.duplicated(keep=False)]


def _drop_opening(
    taken: Mapping[tuple[str, str], str], parts: pd.DataFrame, sealed: NDArray[np.bool_]
) -> dict[tuple[str, str], str]:
    """People's choices but for those that could open what a row of the group keeps closed."""
    closed = set(parts.index[sealed])
    return {
        (id_, field): source for (id_, field), source in taken.items()
        if field not in CAUTIOUS and not (field in SEALING and id_ in closed)
    }


def _pick_first(group: NDArray[np.int64], keys: list[Key]) -> NDArray[np.int64]:
    """Row number of the first row of each group by some keys; rows are sorted by id already."""
    order = np.lexsort([*reversed(keys), group])
    first = np.r_[True, group[order][1:] != group[order][:-1]]
    return np.asarray(order[first])


def _rank(parts: pd.DataFrame, name: str) -> list[Key]:
    """Keys by which a column's value is chosen, smallest first."""
    special = _RANKS.get(name)
    return special(parts, name) if special else [_find_empty(parts[name]).astype(float)]


def _rank_precision(parts: pd.DataFrame, name: str) -> list[Key]:
    if "coord_precision_km" not in parts:
        return [_find_empty(parts[name]).astype(float)]
    sigma = _read_numbers(parts, "coord_precision_km")
    return [parts["geometry"].isna().to_numpy(float) if "geometry" in parts else sigma * 0,
            np.where(np.isnan(sigma), np.inf, sigma)]


def _rank_count(parts: pd.DataFrame, _: str) -> list[Key]:
    keys = [_read_numbers(parts, name) for name in ("n_victims", "dead", "missing")
            if name in parts]
    return [np.where(np.isnan(key), np.inf, -key) for key in keys]


def _rank_class(parts: pd.DataFrame, name: str) -> list[Key]:
    unknown = parts["class"].astype("str").isin(["unk"]) if "class" in parts else parts.index == ""
    return [np.asarray(unknown, float), _find_empty(parts[name]).astype(float)]


def _rank_date(parts: pd.DataFrame, _: str) -> list[Key]:
    vague = parts["date_precision"].isin(["month", "year"]) if "date_precision" in parts else 0
    return [np.zeros(len(parts)) + np.asarray(vague, float), _read_dates(parts, "date")]


def _rank_cautiously(parts: pd.DataFrame, name: str) -> list[Key]:
    """Unknown is no: what opens least comes first."""
    if name == "publish_ok":
        answer = parts[name].astype("boolean")
        no, yes = answer.eq(other=False).fillna(value=False), answer.fillna(value=False)
        return [np.where(no, 0.0, np.where(yes, 2.0, 1.0))]
    dates = _read_dates(parts, name)
    return [np.where(np.isinf(dates), -np.inf, dates)]


def _rank_sealing(parts: pd.DataFrame, name: str) -> list[Key]:
    """What seals by itself comes first."""
    return [1.0 - find_sealed_places(parts[[name]]).to_numpy(float),
            _find_empty(parts[name]).astype(float)]


_RANKS: dict[str, Callable[[pd.DataFrame, str], list[Key]]] = {
    "geometry": _rank_precision, "coord_precision_km": _rank_precision,
    **dict.fromkeys(("dead", "missing", "injured", "n_victims"), _rank_count),
    "class": _rank_class, "subtype": _rank_class,
    "date": _rank_date, "date_precision": _rank_date,
    **dict.fromkeys(CAUTIOUS, _rank_cautiously), **dict.fromkeys(SEALING, _rank_sealing),
}


def _apply_choices(
    chosen: dict[str, NDArray[np.int64]], parts: pd.DataFrame, group: NDArray[np.int64],
    taken: Mapping[tuple[str, str], str],
) -> None:
    """Let people's word for a field stand before the rule."""
    where = {id_: n for n, id_ in enumerate(parts.index)}
    for (id_, field), source in sorted(taken.items()):
        names = ("geometry", "coord_precision_km") if field == POSITION else (field,)
        if id_ not in where or source not in where or group[where[id_]] != group[where[source]]:
            continue
        for name in names:
            if name in chosen:
                chosen[name][group[where[id_]]] = where[source]


def _join_columns(
    parts: pd.DataFrame, group: NDArray[np.int64], survivors: NDArray[np.object_]
) -> dict[str, pd.Series]:
    joined: dict[str, pd.Series] = {}
    for name in _UNIONS:
        if name in parts:
            texts = pd.Series(parts[name].to_numpy(object)).groupby(group).agg(_join_texts)
            joined[name] = texts.set_axis(survivors)
    ids = [{id_, *(old or ())} for id_, old in zip(parts.index, parts[MERGED_IDS], strict=True)]
    unions = [tuple(sorted(set().union(*members)))
              for _, members in pd.Series(ids).groupby(group)]
    joined[MERGED_IDS] = _fill_empty(len(survivors)).set_axis(survivors)
    joined[MERGED_IDS].iloc[:] = pd.Series(unions, dtype=object).to_numpy()
    if "synthetic" in parts:
        any_ = parts["synthetic"].astype("boolean").fillna(value=False).to_numpy(bool)
        joined["synthetic"] = pd.Series(any_).groupby(group).any().set_axis(survivors)
    return joined


def _join_texts(texts: pd.Series) -> str | None:
    pieces = [piece.strip() for text in texts.dropna() for piece in str(text).split(";")]
    return ";".join(dict.fromkeys(piece for piece in pieces if piece)) or None


def _fill_empty(length: int) -> pd.Series:
    return pd.Series([() for _ in range(length)], dtype=object)


def _find_empty(values: pd.Series) -> NDArray[np.bool_]:
    empty = values.isna().to_numpy(bool)
    if values.dtype == object or pd.api.types.is_string_dtype(values):
        empty = empty | np.array([
            isinstance(value, (str, tuple, list)) and not len(value) for value in values
        ], dtype=bool)
    return np.asarray(empty)


def _read_numbers(parts: pd.DataFrame, name: str) -> Key:
    numbers = pd.to_numeric(parts[name], errors="coerce")
    return np.asarray(numbers.to_numpy(float, na_value=np.nan))


def _read_dates(parts: pd.DataFrame, name: str) -> Key:
    if name not in parts:
        return np.zeros(len(parts))
    days = pd.to_datetime(parts[name]).to_numpy("datetime64[D]")
    return np.asarray(np.where(np.isnat(days), np.inf, days.astype("int64").astype(float)))
