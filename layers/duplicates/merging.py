"""Rows that tell of one event or house become one row, and can be taken apart again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from layers.duplicates.combining import combine_rows

if TYPE_CHECKING:
    from collections.abc import Mapping

KEPT_ID, ROLE, SCORE = "kept_id", "role", "score"


def merge_pairs(
    rows: pd.DataFrame, pairs: pd.DataFrame, *, register: str = "owner",
    taken: Mapping[tuple[str, str], str] | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Merge the rows of every accepted pair; of each group the earliest id survives.

    Parameters
    ----------
    rows : DataFrame or GeoDataFrame
        Typed rows of one layer, indexed by id.
    pairs : DataFrame
        ``id_a``, ``id_b``, ``score``, ``verdict``; only ``accept`` counts.
    register : str
        Column that says whose rows they are, as for `layers.duplicates.find_pairs`.
    taken : mapping, optional
        ``(id of any row of the group, field)`` to the id whose value is taken.

    Returns
    -------
    merged : DataFrame
        Sorted by id; ``merged_ids`` names all records behind a row.
    merges : DataFrame
        Every row that went into a merge as it was, with ``kept_id``, ``role`` (kept, merged) and
        ``score``: ``len(rows) == len(merged) + (merges.role == "merged").sum()``.

    Examples
    --------
    >>> rows = pd.DataFrame({"n_victims": [3, 5, 1], "source": ["x", "y", "z"]},
    ...                     index=["a-1", "b-1", "c-1"])
    >>> pairs = pd.DataFrame({"id_a": ["a-1"], "id_b": ["b-1"], "score": [0.95],
    ...                       "verdict": ["accept"]})
    >>> merged, merges = merge_pairs(rows, pairs)
    >>> merged[["n_victims", "source"]].values.tolist(), merges.index.tolist()
    ([[5, 'x;y'], [1, 'z']], ['a-1', 'b-1'])
    """
    ordered = rows.sort_index(kind="stable")
    groups = group_pairs(ordered, pairs, register=register)
    merged = combine_rows(ordered, groups["kept_id"], taken=taken or {})
    parts = ordered.loc[groups.index]
    role = np.where(groups[KEPT_ID] == groups.index, "kept", "merged")
    merges = parts.assign(**{KEPT_ID: groups[KEPT_ID], ROLE: role, SCORE: groups[SCORE]})
    return merged, merges


def group_pairs(
    rows: pd.DataFrame, pairs: pd.DataFrame, *, register: str = "owner"
) -> pd.DataFrame:
    """Join accepted pairs into groups, the surest first.

    A pair that would bring a second row of one register into a group is left out, unless it is a
    pair of that register itself: a chain of likenesses does not make two bodies one. Nor does a
    chain join two rows that people decided to be different (column ``decided``).

    Returns
    -------
    DataFrame
        Index: ids that are in a group, sorted. ``kept_id``: the earliest id of the group;
        ``score``: of the pair that brought the row in.
    """
    accepted = pairs[pairs["verdict"].eq("accept")]
    accepted = accepted[accepted["id_a"].isin(rows.index) & accepted["id_b"].isin(rows.index)]
    accepted = accepted.sort_values(["score", "id_a", "id_b"], ascending=[False, True, True])
    ids = sorted({*accepted["id_a"], *accepted["id_b"]})
    whose = _find_registers(rows.loc[ids], register)
    barred = _find_barred(pairs)
    groups = {id_: [id_] for id_ in ids}
    scores: dict[str, float] = {}
    for a, b, score in accepted[["id_a", "id_b", "score"]].itertuples(index=False):
        if groups[a] is groups[b] or _clashes(groups[a], groups[b], (a, b), whose):
            continue
        if any((x, y) in barred or (y, x) in barred for x in groups[a] for y in groups[b]):
            continue
        both = groups[a] + groups[b]
        for id_ in both:
            groups[id_] = both
        scores[a], scores[b] = max(scores.get(a, score), score), max(scores.get(b, score), score)
    found = {id_: min(group) for id_, group in groups.items() if len(group) > 1}
    index = pd.Index(sorted(found), dtype="str", name=rows.index.name)
    return pd.DataFrame({
        KEPT_ID: pd.Series([found[id_] for id_ in index], index=index, dtype="str"),
        SCORE: pd.Series([scores[id_] for id_ in index], index=index, dtype="float64"),
    })


def _find_barred(pairs: pd.DataFrame) -> set[tuple[str, str]]:
    if "decided" not in pairs:
        return set()
    barred = pairs[pairs["verdict"].eq("reject") & pairs["decided"]]
    return set(zip(barred["id_a"], barred["id_b"], strict=True))


def _find_registers(rows: pd.DataFrame, column: str) -> dict[str, str]:
    if column not in rows:
        return {}
    return dict(zip(rows.index, rows[column].astype("str").fillna(""), strict=True))


def _clashes(
    a: list[str], b: list[str], pair: tuple[str, str], whose: dict[str, str]
) -> bool:
    if not whose:
        return False
    shared = {whose[id_] for id_ in a} & {whose[id_] for id_ in b}
    own = {whose[pair[0]]} if whose[pair[0]] == whose[pair[1]] else set()
    return bool(shared - own)


def undo_merges(merged: pd.DataFrame, merges: pd.DataFrame) -> pd.DataFrame:
    """Put the rows of some merges back as they were; ``merges`` may be part of the table.

    Whole groups are undone: name every row of a ``kept_id``.

    Examples
    --------
    >>> rows = pd.DataFrame({"n_victims": [3, 5], "merged_ids": [(), ()]}, index=["a-1", "b-1"])
    >>> pairs = pd.DataFrame({"id_a": ["a-1"], "id_b": ["b-1"], "score": [1.0],
    ...                       "verdict": ["accept"]})
    >>> undo_merges(*merge_pairs(rows, pairs)).equals(rows)
    True
    """
    if not len(merges):
        return merged
    others = merged[~merged.index.isin(merges[KEPT_ID])]
    before = merges.drop(columns=[KEPT_ID, ROLE, SCORE])
    before = before[[name for name in merged.columns if name in before]]
    joined = pd.concat([others, before]) if len(others) else before
    return joined.sort_index(kind="stable")
