"""Rows of several files made ready for intake: ids, owners, and what each file leaves unsaid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from georisk.register.keeping import find_shelf, read_tombstones
from georisk.register.tombstones import matches
from layers.errors import CallError, Fault, LayerError
from layers.findings import list_findings
from layers.quarantine import REASON, keep_rows
from layers.reading import read_haul
from layers.register.history import read_changes
from layers.register.identity import fill_ids, key_places, read_ids
from layers.register.kept import OWNER
from layers.sheets.roundtrip import prepare_edits, restore_absent
from layers.sources import ASIDE_COLUMNS, COUNTRY, HAUL, PLACE, RECORD, SCOPE, SOURCE

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from georisk.register.keeping import Shelf
    from georisk.study import Study
    from layers.register.kept import Kept
    from layers.sources import Haul, Wanted
    from layers.spec import LayerSpec

ERASED = "was erased for good (georisk forget)"


@dataclass(frozen=True)
class Gathered:
    """Rows of all files, one below the other.

    Attributes
    ----------
    raw : DataFrame or GeoDataFrame
        With ``_haul``, the number of the file.
    refused : tuple of Fault
        Rows that are not theirs to bring: erased ids, another owner's.
    quarantine : DataFrame
        Those rows' values.
    columns : tuple of tuple of str
        Columns of the layer that each file has.
    present : Index
        Every id that stands in the files.
    """

    raw: pd.DataFrame
    refused: tuple[Fault, ...]
    quarantine: pd.DataFrame
    columns: tuple[tuple[str, ...], ...]
    present: pd.Index


def read_hauls(paths: Sequence[Path], wanted: Wanted, *, adapter: str) -> list[Haul]:
    """Read every file; what is wrong with any of them is told at once.

    Raises
    ------
    LayerError
        With the faults of all files that cannot be read.
    """
    hauls: list[Haul] = []
    faults: list[Fault] = []
    for path in paths:
        try:
            hauls.append(read_haul(path, wanted, adapter=adapter))
        except LayerError as error:
            faults += error.faults
    if faults:
        raise LayerError(faults)
    return hauls


def gather_rows(study: Study, base: Kept, hauls: list[Haul], *, owner: str) -> Gathered:
    """Put the rows of some files together, each file by itself first.

    A column that one file lacks is unsaid for its rows alone. The list of hauls is emptied on the
    way: a million rows must not stand in memory twice.

    Raises
    ------
    LayerError
        If no row is left.
    CallError
        If the files are in different coordinate systems.
    """
    spec, shelf = base.spec, find_shelf(study, base.spec.name)
    taken = _list_taken(base, shelf)
    frames, columns, refused, aside, present = [], [], [], [], []
    while hauls:
        haul = hauls.pop(0)
        raw = prepare_edits(haul.frame, spec)
        nameless = read_ids(raw, spec).eq("")
        raw = fill_ids(raw, spec, known=_find_known(base, owner), owner=owner, taken=taken)
        ids = read_ids(raw, spec)
        present.append(pd.Index(ids.unique()))
        taken = {*taken, *ids} if spec.role == "facility" else taken
        reasons = _find_refused(raw, ids, base, shelf=shelf, owner=owner)
        reasons = reasons.mask(nameless & _find_erased(raw, base, shelf), ERASED)
        refused += _tell_refused(raw, ids, reasons, spec)
        aside.append(_keep_refused(raw, reasons, spec))
        raw = raw[reasons.eq("")] if reasons.ne("").any() else raw
        if owner and "owner" in spec.columns:
            raw = raw.assign(owner=owner)
        columns.append(_list_columns(raw, spec, haul.defaults))
        raw = restore_absent(raw, base.frame, spec, unsaid=haul.defaults)
        raw = raw if SCOPE in raw else raw.assign(**{SCOPE: haul.scope})
        frames.append(raw.assign(**{HAUL: len(columns) - 1}))
    if refused and not any(len(frame) for frame in frames):
        raise LayerError(refused)
    return Gathered(_join(frames), tuple(refused), pd.concat(aside, ignore_index=True),
                    tuple(columns), present[0].append(present[1:]))


def _list_taken(base: Kept, shelf: Shelf) -> Collection[str]:
    """Ids of places that were ever given here: none is given to another place."""
    if base.spec.role != "facility":
        return ()
    history = read_changes(shelf.history, last=base.edition)["id"] if base.edition else ()
    return {*base.frame.index, *history, *read_tombstones(shelf)}


def _find_known(base: Kept, owner: str) -> pd.DataFrame:
    if base.spec.role != "facility" or not owner:
        return base.frame
    return base.frame[base.marks[OWNER].eq(owner).to_numpy()]


def _find_refused(
    raw: pd.DataFrame, ids: pd.Series, base: Kept, *, shelf: Shelf, owner: str
) -> pd.Series:
    """Why a row is not taken: it was erased for good, or it states another owner."""
    spec = base.spec
    reasons = pd.Series("", index=raw.index, dtype="str")
    if owner and "owner" in raw and "owner" in spec.columns:
        stated = raw["owner"].astype("object").where(raw["owner"].notna(), "").astype("str")
        other = stated.str.strip().ne("") & stated.str.strip().ne(owner)
        reasons = reasons.mask(other, f"another owner's row: --owner is {owner}")
    stones = read_tombstones(shelf)
    return reasons.mask(ids.isin(set(stones)), ERASED) if stones else reasons


def _find_erased(raw: pd.DataFrame, base: Kept, shelf: Shelf) -> pd.Series:
    """Places without an id that were erased under another number."""
    if base.spec.role != "facility":
        return pd.Series(data=False, index=raw.index)
    return matches(shelf, key_places(raw))


def _tell_refused(
    raw: pd.DataFrame, ids: pd.Series, reasons: pd.Series, spec: LayerSpec
) -> list[Fault]:
    bad = reasons[reasons.ne("")]
    records = raw[RECORD] if RECORD in raw else pd.Series(range(1, len(raw) + 1), index=raw.index)
    return [
        Fault(spec.name, str(raw.at[row, SOURCE]), int(records[row]), str(ids[row]), "", "", reason)
        for row, reason in bad.items()
    ]


def _keep_refused(raw: pd.DataFrame, reasons: pd.Series, spec: LayerSpec) -> pd.DataFrame:
    """Values of refused rows for the quarantine; of an erased record nothing is kept."""
    origin = pd.DataFrame({"source": raw[SOURCE], "record": raw[RECORD]}, index=raw.index)
    flat = raw.drop(columns=list(ASIDE_COLUMNS), errors="ignore")
    found = list_findings(reasons.ne("") & reasons.ne(ERASED), "owner", reasons)
    kept = keep_rows(flat, found, spec, origin)
    erased = origin[reasons.eq(ERASED)]
    lines = pd.DataFrame({SOURCE: erased["source"], RECORD: erased["record"], REASON: ERASED})
    return pd.concat([kept, lines], ignore_index=True) if len(erased) else kept


def _list_columns(
    raw: pd.DataFrame, spec: LayerSpec, defaults: frozenset[str]
) -> tuple[str, ...]:
    columns = [name for name in spec.columns if name in raw and name not in defaults]
    if (PLACE in raw or COUNTRY in raw) and "stated_place" in spec.columns:
        columns.append("stated_place")
    if spec.geometry != "none":
        columns.append("geometry")
    return tuple(dict.fromkeys(columns))


def _join(frames: list[pd.DataFrame]) -> pd.DataFrame:
    crs = {str(frame.crs) for frame in frames if hasattr(frame, "crs")}
    if len(crs) > 1:
        raise CallError("the files are in different coordinate systems: import them one by one")
    if len(frames) == 1:
        return frames[0].reset_index(drop=True)
    return pd.concat(frames, ignore_index=True)
