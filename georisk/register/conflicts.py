"""Conflicts of a kept layer: two owners say different things of one row, and people choose."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from layers.coerce import coerce_columns
from layers.duplicates.decisions import DECISION_COLUMNS, name_pair
from layers.errors import REMOVED, Fault
from layers.register.history import read_conflicts
from layers.register.kept import CHANGED, Kept

if TYPE_CHECKING:
    from pathlib import Path

CONFLICT = "conflict"
_KEYS = ["pair_id", "kind", "field", "id_a", "id_b", "decision"]


def list_conflicts(history: Path, edition: int) -> pd.DataFrame:
    """Lay out every conflict up to an edition, decided or not, a line each.

    Returns
    -------
    DataFrame
        `layers.duplicates.decisions.DECISION_COLUMNS`, all text; ``kind`` is ``conflict``,
        ``id_a`` and ``id_b`` are the one row; a is what is kept, b what came in.
    """
    table = read_conflicts(history, last=edition)
    if not len(table):
        return pd.DataFrame(columns=list(DECISION_COLUMNS), dtype="str")
    table = table.assign(
        pair_id=[_name_conflict(line) for line in table.to_dict("records")], kind=CONFLICT,
        id_a=table["id"], id_b=table["id"], score="", verdict="review", decision="",
        why="two owners say different things of one row",
    )
    return table[list(DECISION_COLUMNS)].drop_duplicates("pair_id")


def _name_conflict(line: dict[str, Any]) -> str:
    words = (line["id"], line["field"], line["owner_b"], line["value_b"])
    return name_pair(line["id"], "/".join(words))


def settle_conflicts(
    known: pd.DataFrame, lines: pd.DataFrame, *, layer: str, source: str
) -> tuple[pd.DataFrame, list[Fault]]:
    """Read which conflicts people decided.

    Parameters
    ----------
    known : DataFrame
        Open conflicts, as `list_conflicts` lays them out.
    lines : DataFrame
        Filled-in lines of them, with the number of each in ``_record``.
    layer, source : str
        For messages: name of the layer, and of the file.

    Returns
    -------
    settled : DataFrame
        Decided lines with ``value_b``, what came in.
    faults : list of Fault
        What is wrong with the lines.
    """
    lines = lines.fillna("").astype("str").apply(lambda text: text.str.strip())
    lines = lines.assign(kind=CONFLICT, decision=lines["decision"].str.lower())
    decided = lines[lines["decision"].ne("")]
    truth = {line["pair_id"]: line for line in known.to_dict("records")}
    differing = decided.groupby("pair_id")["decision"].transform("nunique").gt(1)
    faults = [
        Fault(layer, source, int(line["_record"]), "", "decision", "", reason)
        for line, twice in zip(decided.to_dict("records"), differing, strict=True)
        if (reason := _find_fault(line, truth.get(line["pair_id"]), twice=twice))
    ]
    values = [truth.get(pair_id, {}).get("value_b", "") for pair_id in decided["pair_id"]]
    decided = decided.assign(value_b=pd.Series(values, decided.index, dtype="str"))
    return decided[[*_KEYS, "value_b"]].drop_duplicates("pair_id"), faults


def _find_fault(line: dict[str, Any], truth: dict[str, Any] | None, *, twice: bool) -> str:
    if truth is None:
        return "no such conflict is open"
    if any(line[name] != truth[name] for name in ("field", "id_a", "id_b")):
        return "row or field is another than the conflict's: were columns sorted apart?"
    if line["decision"] not in {"a", "b"}:
        return "neither a nor b"
    if twice:
        return "another line decides the same thing differently: keep one"
    if line["decision"] == "b" and truth["value_b"] == REMOVED:
        return "this value is not kept here: its owner must change it"
    return ""


def edit_rows(kept: Kept, settled: pd.DataFrame, day: str) -> tuple[Kept, pd.DataFrame]:
    """Put the other owner's values in where people decided so.

    Returns
    -------
    kept : Kept
    edits : DataFrame
        `layers.register.history.CHANGE_COLUMNS`, a line a cell.
    """
    from layers.sheets.roundtrip import diff_rows

    frame, marks = kept.frame.copy(), kept.marks.copy()
    for line in settled[settled["decision"].eq("b")].to_dict("records"):
        id_, field = line["id_a"], line["field"]
        if id_ not in frame.index:
            continue
        value = _read_value(line["value_b"], field, kept)
        column = frame[field].copy()
        column.loc[[id_]] = value.set_axis([id_])
        frame[field] = column
        marks.loc[id_, CHANGED] = day
    ids = pd.Index(sorted({id_ for id_ in settled["id_a"] if id_ in frame.index}))
    edits = diff_rows(kept.frame.loc[ids], frame.loc[ids], columns=list(frame.columns))
    return replace(kept, frame=frame, marks=marks), edits.assign(change="decided")


def _read_value(text: str, field: str, kept: Kept) -> pd.Series:
    if field == "geometry":
        import geopandas as gpd

        lon, lat = (float(part) for part in text.split(","))
        return gpd.GeoSeries(gpd.points_from_xy([lon], [lat]), crs="EPSG:4326")
    typed, _ = coerce_columns(pd.DataFrame({field: [text]}), kept.spec)
    return typed[field]
