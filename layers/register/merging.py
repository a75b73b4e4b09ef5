"""What a file that came in changes of the rows a study keeps.

Nobody's word is overwritten by who came last: a row of another owner is left as it is, and where
the two differ both values go into a table of conflicts for a person to decide.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from layers.cells import mark_known
from layers.disclosure import SEALED_KINDS
from layers.errors import REMOVED
from layers.register.history import CHANGE_COLUMNS
from layers.register.kept import (
    CHANGED,
    FILE,
    MERGED,
    OWNER,
    SCOPE,
    TAKEN,
    VANISHED,
    Kept,
    mark_rows,
    pick_rows,
)
from layers.sheets.roundtrip import diff_rows

CONFLICT_COLUMNS = ("id", "owner_a", "owner_b", "field", "value_a", "value_b", "date_a", "date_b")


@dataclass(frozen=True)
class Arrival:
    """Accepted rows of one import.

    Attributes
    ----------
    frame : DataFrame or GeoDataFrame
        Typed rows, unique index of ids.
    columns : tuple of tuple of str
        Columns that each file has: only these can change a row.
    owner : str
        Whose rows they are; empty: the keeper of the study, who may edit every row.
    present : Index
        Every id that stands in the files, also of rows that were set aside.
    hauls, scopes, files : Series
        Per row: which of the files it came from (a number), the edition of a register it belongs
        to, the name of the file.
    day : str
        Today.
    """

    frame: pd.DataFrame
    columns: tuple[tuple[str, ...], ...]
    owner: str
    present: pd.Index
    hauls: pd.Series
    scopes: pd.Series
    files: pd.Series
    day: str


@dataclass(frozen=True)
class Merged:
    """A new state, and every difference from the old one.

    Attributes
    ----------
    kept : Kept
    changes : DataFrame
        `layers.register.history.CHANGE_COLUMNS`: added, changed (a line a cell), vanished,
        returned, removed.
    conflicts : DataFrame
        `CONFLICT_COLUMNS`: a is what is kept, b what came in.
    counts : dict
        Rows added, changed, unchanged, returned, vanished, in_conflict (and removed).
    """

    kept: Kept
    changes: pd.DataFrame
    conflicts: pd.DataFrame
    counts: dict[str, int]


def replace_rows(kept: Kept, arrival: Arrival) -> Merged:
    """As `merge_rows`, but what comes in is all there is: the owner's other rows are removed."""
    marks = kept.marks
    mine = marks.index if not arrival.owner else marks.index[marks[OWNER].eq(arrival.owner)]
    gone = _subtract(mine, arrival.present)
    merged = merge_rows(drop_rows(kept, gone), arrival)
    changes = _stack([merged.changes, _list("removed", gone)])
    return replace(merged, changes=changes, counts={**merged.counts, "removed": len(gone)})


def drop_rows(kept: Kept, ids: pd.Index) -> Kept:
    """Take rows away for good; what they were merged with goes on under an id that is left.

    Where a record that refused publication goes, those it was merged with are not published
    on their own word alone: somebody must ask again.
    """
    frame, marks = kept.frame.drop(index=ids), kept.marks.drop(index=ids)
    for name in sorted(set(kept.marks.loc[ids, MERGED]) - {""}):
        group = marks.index[marks[MERGED].eq(name)]
        marks.loc[group, MERGED] = group.min() if len(group) > 1 else ""
        gone = ids[kept.marks.loc[ids, MERGED].eq(name)]
        if "publish_ok" in frame and not kept.frame.loc[gone, "publish_ok"].fillna(
            value=False
        ).all():
            frame.loc[group, "publish_ok"] = False
    for id_ in set(ids[kept.marks.loc[ids, MERGED].ne("")]):
        marks[TAKEN] = marks[TAKEN].mask(marks[TAKEN].str.contains(f'"{id_}"', regex=False), "")
    return replace(kept, frame=frame, marks=marks)


def merge_rows(kept: Kept, arrival: Arrival) -> Merged:
    """Work out what an import makes of the kept rows.

    Rows are matched by id. A kept row of the same scope (the same edition of a register) that
    the file lacks is marked as vanished. A row of another owner stays as it is.
    """
    incoming = arrival.frame
    both = incoming.index[mark_known(incoming.index, kept.frame.index)]
    new = _subtract(incoming.index, both)
    foreign = _find_foreign(kept, arrival, both)
    mine = _subtract(both, foreign)
    edits = _drop_blanks(_diff(kept, arrival, mine))
    returned = mine[kept.marks.loc[mine, VANISHED].ne("")]
    absent = find_vanished(kept, arrival)
    frame = _apply(kept.frame, incoming, new=new, edits=edits)
    marks = _mark(kept, arrival, new=new, mine=mine, edited=pd.Index(edits["id"].unique()))
    conflicts = _list_conflicts(kept, arrival, foreign)
    marks.loc[absent, VANISHED] = arrival.day
    changes = _stack([
        _list("added", new), edits.assign(change="changed"), _list("returned", returned),
        _list("vanished", absent),
    ])
    changed = edits["id"].nunique()
    counts = {
        "added": len(new), "changed": changed, "returned": len(returned),
        "unchanged": len(arrival.frame) - len(new) - changed - len(foreign),
        "vanished": len(absent), "in_conflict": len(foreign),
    }
    state = replace(kept, frame=frame, marks=pick_rows(marks, frame.index))
    return Merged(state, changes, conflicts, counts)


def _owners(arrival: Arrival, ids: pd.Index) -> pd.Series:
    """Whose each arriving row says it is."""
    stated = pd.Series(arrival.owner, index=ids, dtype="str")
    if arrival.owner or "owner" not in arrival.frame:
        return stated
    return arrival.frame.loc[ids, "owner"].fillna("").astype("str")


def _find_foreign(kept: Kept, arrival: Arrival, both: pd.Index) -> pd.Index:
    """Rows that are not the sender's; only the keeper may take up rows that are nobody's."""
    owner, sender = kept.marks.loc[both, OWNER], _owners(arrival, both)
    if arrival.owner:
        return both[owner.ne(arrival.owner).to_numpy()]
    return both[(owner.ne("") & sender.ne("") & owner.ne(sender)).to_numpy()]


def find_vanished(kept: Kept, arrival: Arrival) -> pd.Index:
    """Kept rows of the editions that came in which these no longer hold."""
    marks = kept.marks[kept.marks[VANISHED].eq("")]
    concerned = marks.index[marks[SCOPE].isin(set(arrival.scopes.unique()) - {""})]
    if arrival.owner:
        concerned = concerned[marks.loc[concerned, OWNER].eq(arrival.owner)]
    return _subtract(concerned, arrival.present)


def _diff(kept: Kept, arrival: Arrival, ids: pd.Index) -> pd.DataFrame:
    """Cells that differ, of each row only in the columns that its file has."""
    hauls = pick_rows(arrival.hauls, ids) if len(ids) else arrival.hauls.iloc[:0]
    parts = [
        diff_rows(kept.frame.loc[group.index], arrival.frame.loc[group.index],
                  columns=arrival.columns[int(number)])
        for number, group in hauls.groupby(hauls)
    ]
    empty = diff_rows(kept.frame.iloc[:0], arrival.frame.iloc[:0], columns=())
    return pd.concat([empty, *parts], ignore_index=True)


def _drop_blanks(edits: pd.DataFrame) -> pd.DataFrame:
    """A blank cell says nothing of whose a row is, and never opens a sealed kind of place."""
    blank = edits["after"].eq("")
    silent = edits["column"].eq("owner") | (
        edits["column"].eq("place_kind") & edits["before"].isin(SEALED_KINDS))
    return edits[~(blank & silent)].reset_index(drop=True)


def _subtract(ids: pd.Index, others: pd.Index) -> pd.Index:
    """Unique ids that the others lack, in order."""
    return ids[~mark_known(ids, others)].sort_values() if len(others) else ids.sort_values()


def _apply(
    frame: pd.DataFrame, incoming: pd.DataFrame, *, new: pd.Index, edits: pd.DataFrame
) -> pd.DataFrame:
    """Put edited cells and new rows into the kept rows."""
    out = frame.copy()
    for column in dict.fromkeys(edits["column"]):
        ids = edits.loc[edits["column"].eq(column), "id"]
        values = out[column].copy()
        values.loc[ids] = incoming.loc[ids, column]
        out[column] = values
    if len(new):
        fresh = pick_rows(incoming, new)
        out = fresh if not len(out) else pd.concat([out, fresh])
    return out.rename_axis(index=frame.index.name).sort_index(kind="stable")


def _mark(
    kept: Kept, arrival: Arrival, *, new: pd.Index, mine: pd.Index, edited: pd.Index
) -> pd.DataFrame:
    marks = kept.marks.copy()
    touched = edited.union(mine[marks.loc[mine, VANISHED].ne("")])
    marks.loc[touched, CHANGED] = arrival.day
    marks.loc[touched, FILE] = arrival.files.loc[touched]
    marks.loc[mine, VANISHED] = ""
    scopes = arrival.scopes.loc[mine]
    marks.loc[mine, SCOPE] = scopes.where(scopes.ne(""), marks.loc[mine, SCOPE])
    nobodys = (marks.loc[mine, OWNER].eq("")).to_numpy()
    adopted = mine[nobodys] if not arrival.owner else mine[:0]
    marks.loc[adopted, OWNER] = _owners(arrival, adopted)
    fresh = mark_rows(new, owner=_owners(arrival, new), day=arrival.day)
    fresh[SCOPE], fresh[FILE] = pick_rows(arrival.scopes, new), pick_rows(arrival.files, new)
    return pd.concat([marks, fresh]) if len(marks) else fresh


def _list(change: str, ids: pd.Index) -> pd.DataFrame:
    lines = {"id": ids.astype("str"), "change": change, "column": "", "before": "", "after": ""}
    return pd.DataFrame(lines, columns=list(CHANGE_COLUMNS), dtype="str")


def _stack(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Lists of changes one below the other; most are empty, and a million lines stay in place."""
    filled = [part for part in parts if len(part)] or parts[:1]
    if len(filled) == 1:
        return filled[0].reset_index(drop=True)[list(CHANGE_COLUMNS)]
    return pd.concat(filled, ignore_index=True)[list(CHANGE_COLUMNS)].astype("str")


def _list_conflicts(kept: Kept, arrival: Arrival, foreign: pd.Index) -> pd.DataFrame:
    """Fields in which a row of one owner and another's word on it differ."""
    differences = _diff(kept, arrival, foreign)
    differences = differences[differences["column"].ne("owner")]
    ids = differences["id"]
    hidden = differences["column"].isin(kept.spec.hidden_columns)
    sender = _owners(arrival, foreign)
    return pd.DataFrame({
        "id": ids, "owner_a": kept.marks.loc[ids, OWNER].to_numpy(),
        "owner_b": sender.loc[ids].to_numpy(), "field": differences["column"],
        "value_a": differences["before"].mask(hidden, REMOVED),
        "value_b": differences["after"].mask(hidden, REMOVED),
        "date_a": kept.marks.loc[ids, CHANGED].to_numpy(), "date_b": arrival.day,
    }, columns=list(CONFLICT_COLUMNS)).reset_index(drop=True)
