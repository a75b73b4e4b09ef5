"""Erase one record of a kept layer for good: row, history and unpublished runs.

What was published cannot be called back: the snapshots that carry the record are listed, for
people to withdraw, and so are files of the study that still hold its id. A tombstone keeps a
later import from bringing it back.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pandas as pd

from georisk.amending import drop_place
from georisk.locking import hold_lock, hold_switch
from georisk.register.carriers import find_carriers, find_files, find_tallies
from georisk.register.keeping import find_kept, find_shelf, read_tombstones, require_own, write_json
from georisk.register.tombstones import add_key, read_keys
from layers.errors import CallError
from layers.register.erasure import erase_id, erase_quarantine, find_id
from layers.register.history import (
    CHANGE_COLUMNS,
    Edition,
    list_editions,
    sweep_editions,
    write_edition,
)
from layers.register.identity import key_places
from layers.register.kept import Kept, sweep_leftovers, write_kept
from layers.register.merging import drop_rows

if TYPE_CHECKING:
    from pathlib import Path

    from georisk.register.keeping import Shelf
    from georisk.study import Study

_MERGED_IDS = "merged_ids"


@dataclass(frozen=True)
class Erased:
    """What `forget_record` did.

    Attributes
    ----------
    rows, lines, runs : int
        Kept rows, lines of history and unpublished runs that are gone.
    editions : tuple of str
        Published snapshots that still carry the record.
    files : tuple of str
        Files of the study, other than what georisk keeps, that still hold the id.
    unsearched : tuple of str
        Snapshots and files that were damaged or too large to look into.
    tallies : tuple of str
        Reports beside the snapshots that may have counted the record, each with what it holds.
    """

    rows: int
    lines: int
    runs: int
    editions: tuple[str, ...]
    files: tuple[str, ...] = ()
    unsearched: tuple[str, ...] = ()
    tallies: tuple[str, ...] = ()


def forget_record(study: Study, *, layer: str, id_: str, runs: Path) -> Erased:
    """Erase a record everywhere georisk keeps it, and say where it still stands.

    The tombstone is written first: a crash half-way leaves a record that can be forgotten again
    and cannot come back.

    Raises
    ------
    CallError
        If the layer is not kept here or nothing is known of the id.
    StudyError
        If a file of the layer's register is damaged; nothing is changed then.
    """
    require_own(study)
    spec, shelf, id_ = study.spec(layer), find_shelf(study, layer), id_.strip()
    _require_kept(study, layer)
    with hold_lock(shelf.history.parent):
        kept = _require_kept(study, layer)
        _require_known(kept, id_, shelf)
        _put_stone(kept, id_, shelf, study.today.isoformat())
        sweep_leftovers(shelf.rows)
        sweep_editions(shelf.history, last=kept.edition)
        lines = erase_id(shelf.history, id_, id_column=spec.id)
        _publish(replace(_erase_row(kept, id_), edition=kept.edition + 1), shelf,
                 study.today.isoformat())
    with hold_lock(runs), hold_switch(runs):
        unpublished = _drop_unpublished(runs)
        if spec.role == "facility" and study.amendments.file is not None:
            lines += drop_place(study.amendments.file, id_)
    carriers = find_carriers(runs, layer, spec.id, id_)
    files = find_files(study.file.parent, id_, leaving_out=(runs, shelf.rows))
    return Erased(int(id_ in kept.frame.index), lines, unpublished, carriers.holders,
                  files.holders, carriers.unsearched + files.unsearched,
                  find_tallies(runs, role=spec.role))


def forget_quarantine(study: Study, *, layer: str) -> int:
    """Erase every quarantine table of a layer; returns how many tables went.

    A quarantined row whose id was no id, or was not kept, cannot be found by it.

    Raises
    ------
    CallError
        If the layer is not kept here.
    """
    require_own(study)
    shelf = find_shelf(study, layer)
    _require_kept(study, layer)
    with hold_lock(shelf.history.parent):
        return erase_quarantine(shelf.history)


def _require_kept(study: Study, layer: str) -> Kept:
    spec, kept = study.spec(layer), find_kept(study, layer)
    if kept is None:
        files = ", ".join(path.name for path in study.input_files().get(layer, ()))
        raise CallError(
            f"{layer} is read from {files or 'no file'}, which georisk does not change: "
            f"delete {spec.id} there, or `georisk import` the file first"
        )
    return kept


def _require_known(kept: Kept, id_: str, shelf: Shelf) -> None:
    """Read all that will be changed; raises before anything is."""
    list_editions(shelf.history, last=kept.edition)
    stones, _ = read_tombstones(shelf), read_keys(shelf)
    told = find_id(shelf.history, id_, id_column=kept.spec.id)
    if not id_ or not (told or id_ in kept.frame.index or id_ in stones
            or _find_mentions(kept.frame, id_).any()):
        raise CallError(f"{kept.spec.name}: nothing is known of {id_!r}")


def _put_stone(kept: Kept, id_: str, shelf: Shelf, day: str) -> None:
    write_json(shelf.tombstones, {**read_tombstones(shelf), id_: day})
    if kept.spec.role == "facility" and id_ in kept.frame.index:
        add_key(shelf, key_places(kept.frame.loc[[id_]]).iloc[0], day)


def _find_mentions(frame: pd.DataFrame, id_: str) -> pd.Series:
    """Rows whose register says that the record was merged into them."""
    if _MERGED_IDS not in frame:
        return pd.Series(data=False, index=frame.index)
    return frame[_MERGED_IDS].map(lambda ids: id_ in ids).astype(bool)


def _erase_row(kept: Kept, id_: str) -> Kept:
    frame = kept.frame
    mentions = _find_mentions(frame, id_)
    if mentions.any():
        struck = frame.loc[mentions, _MERGED_IDS].map(
            lambda ids: tuple(one for one in ids if one != id_))
        frame = frame.assign(**{_MERGED_IDS: frame[_MERGED_IDS].mask(mentions, struck)})
    if id_ not in frame.index:
        return replace(kept, frame=frame)
    return drop_rows(replace(kept, frame=frame), pd.Index([id_]))


def _publish(state: Kept, shelf: Shelf, day: str) -> None:
    """A new edition, which says that one was erased and not which: older plans end with it."""
    about = {
        "edition": state.edition, "day": day, "layer": shelf.layer, "files": [],
        "adapter": "forget", "read": 0, "accepted": 0, "quarantined": 0,
    }
    none, empty = pd.DataFrame(columns=list(CHANGE_COLUMNS)), pd.DataFrame()
    write_edition(Edition(state.edition, about, none, empty, empty), shelf.history)
    write_kept(state, shelf.rows)


def _drop_unpublished(runs: Path) -> int:
    leftovers = list(runs.glob(".tmp-*"))
    for folder in leftovers:
        shutil.rmtree(folder)
    return len(leftovers)
