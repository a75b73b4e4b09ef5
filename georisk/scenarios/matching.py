"""Gaps of two scenarios side by side: which appear, vanish, widen and shrink."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import NDArray

KEYS = ["corridor", "service", "direction"]
CHANGES = ("appears", "widens", "graver", "moves", "same", "milder", "shrinks", "vanishes")
SEVERITIES = ("uncovered", "unsafe", "critical")
TOLERANCE_KM = 1e-3
_SIDES = ("a", "b")


def match_gaps(one: pd.DataFrame, two: pd.DataFrame) -> pd.DataFrame:
    """Put gaps of the same corridor, service and direction together where they overlap.

    A gap that falls apart, or two that become one, are one row: its lengths are sums.

    Parameters
    ----------
    one, two : DataFrame
        Columns ``corridor service direction from_km to_km walk_h severity from_place to_place``;
        km along the corridor in the direction of travel. Gaps of one frame do not overlap.

    Returns
    -------
    DataFrame
        One row a match, sorted; `KEYS`, ``from_km to_km`` (of both together), ``km_a km_b
        walk_h_a walk_h_b severity_a severity_b`` (0 and empty where there is none), ``count_a
        count_b from_place to_place`` and ``change``, one of `CHANGES`.

    Examples
    --------
    >>> row = {"corridor": "c", "service": "water", "direction": "forward", "severity": "unsafe",
    ...        "walk_h": 2.0, "from_place": "A", "to_place": "B"}
    >>> one = pd.DataFrame([{**row, "from_km": 0.0, "to_km": 9.0}])
    >>> two = pd.DataFrame([{**row, "from_km": 0.0, "to_km": 4.0},
    ...                     {**row, "from_km": 6.0, "to_km": 9.0}])
    >>> match_gaps(one, two)[["km_a", "km_b", "count_b", "change"]].values.tolist()
    [[9.0, 7.0, 2, 'shrinks']]
    """
    both = pd.concat([one.assign(side="a"), two.assign(side="b")], ignore_index=True)
    both = both.astype(dict.fromkeys(("from_km", "to_km", "walk_h"), "float64"))
    both = both.sort_values([*KEYS, "from_km", "side"], kind="stable").reset_index(drop=True)
    both["match"] = _number_matches(both)
    both["km"] = both["to_km"] - both["from_km"]
    both["rank"] = both["severity"].map({name: n for n, name in enumerate(SEVERITIES)})
    table = _join_sides(both)
    table["change"] = _judge(table, _find_moved(both))
    return table[_list_columns()].reset_index(drop=True)


def _list_columns() -> list[str]:
    sided = [f"{name}_{side}" for name in ("km", "walk_h", "severity", "count") for side in _SIDES]
    return [*KEYS, "from_km", "to_km", *sided, "from_place", "to_place", "change"]


def _number_matches(both: pd.DataFrame) -> NDArray[np.int64]:
    """Number of the match of each row; rows sorted by key and start."""
    new_key = (both[KEYS] != both[KEYS].shift()).any(axis=1).to_numpy(bool)
    end_km = both.groupby(new_key.cumsum())["to_km"].cummax().shift().to_numpy(float)
    # One that only touches the end of another is another gap.
    apart = both["from_km"].to_numpy(float) >= end_km - TOLERANCE_KM
    return np.cumsum(new_key | apart)


def _join_sides(both: pd.DataFrame) -> pd.DataFrame:
    """One row a match: its key, its ends, and both sides summed; index the match."""
    by_match = both.groupby("match", sort=True)
    last = both.sort_values(["match", "to_km"], kind="stable").groupby("match")["to_place"]
    table = by_match[[*KEYS, "from_place"]].agg(_take_first).assign(
        from_km=by_match["from_km"].min(), to_km=by_match["to_km"].max(),
        to_place=last.agg(lambda names: names.iloc[-1]),
    )
    for side in _SIDES:
        rows = both[both["side"] == side]
        sums = rows.groupby("match")
        whole = sums[["km", "walk_h"]].sum().reindex(table.index, fill_value=0.0)
        unknown = rows["walk_h"].isna().groupby(rows["match"]).any()
        hours = whole["walk_h"].mask(unknown.reindex(table.index, fill_value=False))
        rank = sums["rank"].max().reindex(table.index)
        table = table.assign(**{
            f"km_{side}": whole["km"], f"walk_h_{side}": hours, f"rank_{side}": rank,
            f"severity_{side}": rank.map(dict(enumerate(SEVERITIES))).astype("object").fillna(""),
            f"count_{side}": sums.size().reindex(table.index, fill_value=0),
        })
    return table


def _take_first(values: pd.Series) -> object:
    """First value, missing or not."""
    return values.iloc[0]


def _find_moved(both: pd.DataFrame) -> pd.Series:
    """Whether the pieces of a match, in order, lie elsewhere; index the match."""
    numbered = both.assign(piece=both.groupby(["match", "side"]).cumcount())
    one, two = (
        numbered[numbered["side"] == side].set_index(["match", "piece"])[["from_km", "to_km"]]
        for side in _SIDES
    )
    one, two = one.align(two)
    near = ((one - two).abs() <= TOLERANCE_KM).all(axis=1)
    return ~near.groupby(level="match").all()


def _judge(table: pd.DataFrame, moved: pd.Series) -> NDArray[np.object_]:
    more_km = (table["km_b"] - table["km_a"]).to_numpy(float)
    graver = (table["rank_b"] - table["rank_a"]).to_numpy(float)
    return np.select(
        [table["count_a"] == 0, table["count_b"] == 0, more_km > TOLERANCE_KM,
         more_km < -TOLERANCE_KM, moved.reindex(table.index, fill_value=False), graver > 0,
         graver < 0],
        ["appears", "vanishes", "widens", "shrinks", "moves", "graver", "milder"],
        default="same",
    ).astype(object)


def rank_changes(matched: pd.DataFrame) -> pd.DataFrame:
    """Matches that are not the same in both, the greatest difference in km first.

    Corridors share legs: what is the same gap on several of them is one row.

    Returns
    -------
    DataFrame
        As given, with ``corridors`` (tuple) in the place of ``corridor``.
    """
    changed = matched[matched["change"] != "same"]
    if not len(changed):
        return changed.assign(corridors=[])
    told = [name for name in _list_columns() if name not in {"corridor", "from_km", "to_km"}]
    keys = changed[told].round(3).astype("object").where(changed[told].notna(), "")
    number = keys.groupby(told, sort=False).ngroup().to_numpy()
    names = changed.groupby(number)["corridor"].agg(lambda rows: tuple(sorted(rows)))
    first = changed.iloc[np.unique(number, return_index=True)[1]].drop(columns="corridor")
    km = (first["km_b"] - first["km_a"]).abs().round(3)
    ranked = first.assign(corridors=names.to_list(), more_km=km)
    return ranked.sort_values(["more_km", "service", "direction", "from_km"],
                              ascending=[False, True, True, True], kind="stable")
