"""Duplicates of a kept layer: what may be one, and what people decided.

Decisions are part of the history: each is written down with its edition, can be taken back by a
later one, and outlives a newer edition of the register. The rows stay as they came; what is one
is put together when the layer is read.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from georisk.locking import hold_lock
from georisk.register.conflicts import CONFLICT, edit_rows, list_conflicts, settle_conflicts
from georisk.register.keeping import find_kept, find_shelf, require_own
from georisk.register.overlap import estimate_overlaps
from layers.duplicates import describe_pairs, find_pairs, read_decisions
from layers.duplicates.decisions import apply_decisions
from layers.duplicates.merging import group_pairs
from layers.errors import CallError, LayerError
from layers.register.history import Edition, list_editions, write_edition
from layers.register.kept import (
    FILE,
    MERGED,
    OWNER,
    SCOPE,
    TAKEN,
    Kept,
    count_kept,
    is_kept,
    write_kept,
)

if TYPE_CHECKING:
    from georisk.register.keeping import Shelf
    from georisk.study import Study

REGISTER = "_register"
MOST_COUNTED = 20_000
_SAID = ["pair_id", "kind", "field", "id_a", "id_b", "decision"]


def list_pairs(study: Study, layer: str) -> pd.DataFrame:
    """Lay out what is undecided: pairs, the fields on which they differ, and conflicts.

    Returns
    -------
    DataFrame
        `layers.duplicates.decisions.DECISION_COLUMNS`, all text; conflicts have the kind
        ``conflict`` and one id.

    Raises
    ------
    CallError
        If the layer is neither of incidents nor of places, or nearly all its rows lie on one
        spot, so that pairs would be too many.
    """
    return review_layer(study, layer)[0]


def review_layer(study: Study, layer: str) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    """What `list_pairs` lays out, and what the overlap of registers of incidents hints at.

    Raises
    ------
    CallError
        As `list_pairs`.
    """
    spec = study.spec(layer)
    if spec.role not in {"incident", "facility"}:
        raise CallError(f"{layer}: duplicates are looked for among incidents and places only")
    kept = find_kept(study, layer)
    rows = _read_rows(study, layer, kept)
    pairs = _judge_pairs(study, layer, kept, rows)
    open_ = pairs[~pairs["decided"] & pairs["verdict"].ne("reject")]
    table = describe_pairs(rows, open_, spec, register=REGISTER)
    conflicts = _list_open(study, layer, kept)
    table = pd.concat([table, conflicts], ignore_index=True) if len(conflicts) else table
    if spec.role != "incident":
        return table, []
    return table, estimate_overlaps(rows, pairs, register=REGISTER)


def count_undecided(study: Study, layer: str) -> int | None:
    """How many pairs wait for a decision; None if there is too much to count."""
    if study.spec(layer).role not in {"incident", "facility"}:
        return 0
    if _count_rows(study, layer) > MOST_COUNTED:
        return None
    try:
        return int(list_pairs(study, layer)["kind"].eq("pair").sum())
    except CallError:
        return None


def _judge_pairs(study: Study, layer: str, kept: Kept | None, rows: pd.DataFrame) -> pd.DataFrame:
    """Pairs with their verdicts, people's word in place of ours."""
    try:
        found = find_pairs(rows, study.spec(layer), register=REGISTER)
    except ValueError as error:
        raise CallError(f"{layer}: duplicates cannot be looked for: {error}") from error
    pairs, _ = apply_decisions(found, read_decided(study, layer, _tell_edition(kept)))
    return pairs


def _count_rows(study: Study, layer: str) -> int:
    """Rows of a layer; of a kept one by its file's own word, so that nothing is read for it."""
    rows = find_shelf(study, layer).rows
    if is_kept(rows):
        return count_kept(rows)
    return len(study.layer(layer))


def _read_rows(study: Study, layer: str, kept: Kept | None) -> pd.DataFrame:
    """Rows as their registers gave them, with the register of each."""
    if kept is None:
        frame = study.layer(layer).frame
        return frame.assign(**{REGISTER: frame.get("owner", "")})
    return _name_registers(kept)[kept.active]


def _name_registers(kept: Kept) -> pd.DataFrame:
    """Kept rows, vanished ones too, with the register of each."""
    marks = kept.marks
    scope = marks[SCOPE].str.split(" ").str[0]
    register = marks[OWNER].where(marks[OWNER].ne(""), scope.where(scope.ne(""), marks[FILE]))
    return kept.frame.assign(**{REGISTER: register})


def read_decided(study: Study, layer: str, edition: int) -> pd.DataFrame:
    """Every decision in force; a later one takes the place of an earlier one.

    Parameters
    ----------
    study : Study
    layer : str
    edition : int
        Of the kept rows; 0 where none are kept.

    Returns
    -------
    DataFrame
        Columns ``pair_id kind field id_a id_b decision``.
    """
    editions = list_editions(find_shelf(study, layer).history, last=edition)
    lines = [line for about in editions for line in about.get("decisions", [])]
    said = pd.DataFrame(lines, columns=_SAID, dtype="str")
    said = said.drop_duplicates(["pair_id", "kind", "field"], keep="last")
    return said.reset_index(drop=True)


def _tell_edition(kept: Kept | None) -> int:
    return kept.edition if kept else 0


def _list_open(study: Study, layer: str, kept: Kept | None) -> pd.DataFrame:
    """Conflicts that nobody has decided."""
    if kept is None:
        return pd.DataFrame()
    said = read_decided(study, layer, kept.edition)
    settled = said.loc[said["kind"].eq(CONFLICT), "pair_id"]
    table = list_conflicts(find_shelf(study, layer).history, kept.edition)
    return table[~table["pair_id"].isin(settled)].reset_index(drop=True)


def accept_pairs(table: pd.DataFrame) -> pd.DataFrame:
    """Decide ``same`` for every undecided pair whose verdict is accept."""
    sure = table["kind"].eq("pair") & table["verdict"].eq("accept")
    return table.assign(decision=table["decision"].mask(sure, "same"))


def decide(study: Study, layer: str, table: pd.DataFrame, *, source: str) -> dict[str, int]:
    """Apply a filled-in table; returns how many pairs, fields and conflicts were decided.

    Raises
    ------
    LayerError
        With every fault of the table; nothing is changed then.
    CallError
        If the layer is not kept by imports.
    """
    require_own(study)
    shelf = find_shelf(study, layer)
    with hold_lock(shelf.history.parent):
        kept = find_kept(study, layer)
        if kept is None:
            raise CallError(f"{layer} is read from files of its own: `georisk import` them first")
        new, settled = _check(study, layer, kept, table, source)
        said = pd.concat([read_decided(study, layer, kept.edition), new], ignore_index=True)
        said = said.drop_duplicates(["pair_id", "kind", "field"], keep="last")
        # Only what people decided joins rows, so nothing needs to be looked for here.
        unsought = pd.DataFrame({"id_a": "", "id_b": "", "verdict": "", "score": 0.0}, index=[])
        pairs, taken = apply_decisions(unsought, said[said["kind"].ne(CONFLICT)])
        # A record that has vanished stays in its group: it comes back to it, and its refusal holds.
        groups = group_pairs(_name_registers(kept), pairs, register=REGISTER)
        state, changes = _mark(kept, groups["kept_id"], taken)
        state, edits = edit_rows(state, settled, study.today.isoformat())
        decided = pd.concat([new, settled[_SAID]], ignore_index=True)
        _publish(study, shelf, state, pd.concat([changes, edits], ignore_index=True), decided)
    return {kind: int(decided["kind"].eq(kind).sum()) for kind in ("pair", "field", CONFLICT)}


def _check(
    study: Study, layer: str, kept: Kept, table: pd.DataFrame, source: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Decided pairs and fields, and decided conflicts; raises LayerError with every fault."""
    # Columns that are missing altogether are told before any line is looked at.
    read_decisions(table.iloc[:0], layer=layer, source=source)
    if "_record" not in table:
        table = table.assign(_record=range(1, len(table) + 1))
    is_conflict = table["kind"].fillna("").str.strip().str.lower().eq(CONFLICT)
    settled, faults = settle_conflicts(_list_open(study, layer, kept), table[is_conflict],
                                       layer=layer, source=source)
    try:
        new = read_decisions(table[~is_conflict], layer=layer, source=source)
    except LayerError as error:
        faults += error.faults
    if faults:
        raise LayerError(sorted(faults, key=lambda fault: (fault.row or 0, fault.column)))
    return new, settled


def _mark(
    kept: Kept, groups: pd.Series, taken: dict[tuple[str, str], str]
) -> tuple[Kept, pd.DataFrame]:
    marks = kept.marks.copy()
    before = marks[MERGED].copy()
    marks[MERGED], marks[TAKEN] = "", ""
    marks.loc[groups.index, MERGED] = groups
    for id_ in sorted({id_ for id_, _ in taken} & set(groups.index)):
        fields = {field: source for (one, field), source in sorted(taken.items()) if one == id_}
        marks.loc[id_, TAKEN] = json.dumps(fields)
    moved = marks.index[marks[MERGED].ne(before)]
    after = marks.loc[moved, MERGED]
    changes = pd.DataFrame({
        "id": moved, "change": after.map(lambda id_: "merged" if id_ else "split").to_numpy(),
        "column": "", "before": before.loc[moved].to_numpy(), "after": after.to_numpy(),
    })
    return replace(kept, marks=marks), changes


def _publish(
    study: Study, shelf: Shelf, state: Kept, changes: pd.DataFrame, decided: pd.DataFrame
) -> None:
    state = replace(state, edition=state.edition + 1)
    about = {
        "edition": state.edition, "day": study.today.isoformat(), "layer": shelf.layer,
        "files": [], "adapter": "decisions", "decisions": decided[_SAID].to_dict("records"),
        "read": 0, "accepted": 0, "quarantined": 0,
    }
    empty = pd.DataFrame()
    write_edition(Edition(state.edition, about, changes, empty, empty), shelf.history)
    write_kept(state, shelf.rows)


