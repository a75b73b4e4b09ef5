"""Bring files into a layer that a study keeps: first a plan, which changes nothing, then the deed.

read = accepted + quarantined, for every import; what it changed is written down; either all of
it counts or none.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from georisk.amending import NOTHING_AMENDED
from georisk.config import LayerConfig
from georisk.locking import hold_lock
from georisk.register.arriving import Gathered, gather_rows, read_hauls
from georisk.register.keeping import (
    find_edition,
    find_kept,
    find_shelf,
    name_layer,
    read_tombstones,
    require_own,
)
from layers.cells import mark_known, release_memory
from layers.disclosure import SEALED_KINDS
from layers.errors import CallError, Fault, LayerError
from layers.intake import Intake, Limits, apply_fixes, take_in
from layers.layer import hash_file
from layers.register.history import Edition, hide_changes, write_edition
from layers.register.kept import Kept, keep_nothing, mark_rows, sweep_leftovers, write_kept
from layers.register.merging import Arrival, Merged, merge_rows, replace_rows
from layers.sources import HAUL, SCOPE, SOURCE, Haul, Wanted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from georisk.study import Study
    from layers.spec import LayerSpec

MAX_VANISHED_SHARE = 0.20
_FEW = 5


@dataclass(frozen=True)
class Order:
    """What was asked for.

    Attributes
    ----------
    layer, adapter, owner, sheet : str
    least : float or None
        Put in suggestions that are at least this sure, 0 to 1; None: none.
    replacing : bool
        The files are all there is: the owner's other rows are removed.
    vanishing : bool
        More than a fifth of an edition may vanish.
    """

    layer: str
    adapter: str = "auto"
    owner: str = ""
    sheet: str = ""
    least: float | None = None
    replacing: bool = False
    vanishing: bool = False


@dataclass(frozen=True)
class Plan:
    """What an import would do.

    Attributes
    ----------
    order : Order
    intake : Intake
    gathered : Gathered
        Among others ``refused``: rows that are sound but not theirs to bring.
    applied : tuple of Fault
        Suggestions that were put in.
    merged : Merged
    base : Kept
        What was kept before.
    notes : tuple of str
    unmapped : mapping
    files : tuple of dict
        Name and sha256 of each file.
    """

    order: Order
    intake: Intake
    gathered: Gathered
    applied: tuple[Fault, ...]
    merged: Merged
    base: Kept
    notes: tuple[str, ...] = ()
    unmapped: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    files: tuple[dict[str, str], ...] = ()

    @property
    def refused(self) -> tuple[Fault, ...]:
        """Rows that are sound but not theirs to bring: erased ids, another owner's."""
        return self.gathered.refused

    def count(self) -> dict[str, int]:
        """Rows read, accepted and quarantined; the first is the sum of the others."""
        counts = self.intake.count()
        aside = len(self.refused)
        return {**counts, "read": counts["read"] + aside,
                "quarantined": counts["quarantined"] + aside}


def plan_import(study: Study, files: Sequence[Path], order: Order) -> Plan:
    """Read files for a layer and work out what they would change; nothing is written.

    Raises
    ------
    LayerError
        If a file cannot be read or too much of it is faulty.
    CallError
        If the study is read only, or the layer or the adapter does not exist.
    """
    require_own(study)
    spec = study.spec(order.layer)
    if spec.kind == "raster" or spec.role == "result":
        raise CallError(f"{order.layer} is not imported: name its file in study.toml")
    base = find_kept(study, order.layer) or _adopt(study, order.layer)
    entry = study.config.layers.get(order.layer, LayerConfig(path=()))
    wanted = Wanted(spec, entry.columns, order.sheet or entry.sheet, order.owner,
                    study.corridor(order.layer))
    hauls = read_hauls(files, wanted, adapter=order.adapter)
    notes = tuple(f"{path.name}: {note}" for path, haul in zip(files, hauls, strict=True)
                  for note in haul.notes)
    unmapped = _add_up(hauls)
    gathered = gather_rows(study, base, hauls, owner=order.owner)
    names = ", ".join(path.name for path in files)
    limits = study.limits(spec)
    raw, applied = _apply_suggestions(gathered.raw, spec, names, limits, order.least)
    gathered = replace(gathered, raw=pd.DataFrame(columns=raw.columns))
    intake = take_in(raw, spec, source=names, limits=limits)
    arrival = _describe_arrival(raw, intake, gathered, order, study)
    del raw
    release_memory()
    merged = _merge(base, arrival, order)
    hashed = tuple({"name": path.name, "sha256": hash_file(path)} for path in files)
    notes += _tell_openings(merged)
    return Plan(order, intake, gathered, applied, merged, base, notes, unmapped, hashed)


def _tell_openings(merged: Merged) -> tuple[str, ...]:
    """Places that leave a sealed kind by this import: somebody must look at each."""
    changes = merged.changes
    opened = changes[changes["column"].eq("place_kind") & changes["before"].isin(SEALED_KINDS)
                     & ~changes["after"].isin(SEALED_KINDS)]
    if not len(opened):
        return ()
    return (f"LOOK AT THESE: no longer of a sealed kind: {', '.join(opened['id'])}",)


def _adopt(study: Study, layer: str) -> Kept:
    """Take over what the study reads of a layer from files of its own, if anything."""
    spec = study.spec(layer)
    if layer not in study.config.layers or not any(
        path.exists() for path in study.input_files()[layer]
    ):
        return keep_nothing(spec)
    # As the files have it: what reports changed is said beside it, and can be taken back.
    frame = replace(study.with_changes(), amendments=NOTHING_AMENDED).layer(layer).frame
    owner = frame["owner"].fillna("").astype("str") if "owner" in frame else ""
    file = ", ".join(path.name for path in study.input_files()[layer])
    return Kept(spec, frame, mark_rows(frame.index, owner=owner, file=file,
                                       day=study.today.isoformat()))


def _apply_suggestions(
    raw: pd.DataFrame, spec: LayerSpec, names: str, limits: Limits, least: float | None
) -> tuple[pd.DataFrame, tuple[Fault, ...]]:
    if least is None:
        return raw, ()
    try:
        faults = take_in(raw, spec, source=names, limits=limits).faults
    except LayerError as error:
        faults = error.faults
    return apply_fixes(raw, faults, least=least)


def _describe_arrival(
    raw: pd.DataFrame, intake: Intake, gathered: Gathered, order: Order, study: Study
) -> Arrival:
    origin = _find_origin(raw, intake.spec.id, intake.accepted.index)
    return Arrival(intake.accepted, gathered.columns, order.owner, gathered.present,
                   origin[HAUL].astype("int64"), origin[SCOPE], origin[SOURCE],
                   study.today.isoformat())


def _find_origin(raw: pd.DataFrame, id_: str, ids: pd.Index) -> pd.DataFrame:
    """Scope and file of each accepted row; mostly one for all, and then nobody is looked up."""
    origin = pd.DataFrame(raw[[SCOPE, SOURCE, HAUL]])
    if all(origin[name].eq(origin[name].iloc[0]).all() for name in origin):
        return pd.DataFrame(origin.iloc[0].to_dict(), index=ids)
    origin = origin.set_axis(raw[id_].astype("str").str.strip())
    return origin[~origin.index.duplicated()].loc[ids]


def _merge(base: Kept, arrival: Arrival, order: Order) -> Merged:
    if order.replacing:
        return replace_rows(base, arrival)
    merged = merge_rows(base, arrival)
    gone, scope = merged.counts["vanished"], len(arrival.frame)
    if gone > max(_FEW, MAX_VANISHED_SHARE * (scope + gone)) and not order.vanishing:
        reason = (f"{gone} kept rows of this edition are not in the file, "
                  f"which has {scope}: was it cut short?")
        advice = "if they are truly gone, say --accept-vanished"
        raise LayerError([Fault(order.layer, "", None, "", "", "", reason, advice)])
    return merged


def _add_up(hauls: Sequence[Haul]) -> dict[str, dict[str, int]]:
    total: dict[str, dict[str, int]] = {}
    for haul in hauls:
        for heading, values in haul.unmapped.items():
            entry = total.setdefault(heading, {})
            for value, count in values.items():
                entry[value] = entry.get(value, 0) + count
    return total


def carry_out(study: Study, plan: Plan) -> Kept:
    """Do what a plan says; a crash at any point leaves the rows as they were.

    Raises
    ------
    CallError
        If another import is under way or the rows changed since the plan was made.
    """
    shelf = find_shelf(study, plan.order.layer)
    with hold_lock(shelf.history.parent):
        if find_edition(study, plan.order.layer) != plan.base.edition:
            raise CallError(f"{plan.order.layer} was changed meanwhile: import again")
        if mark_known(pd.Index(list(read_tombstones(shelf))), plan.merged.kept.frame.index).any():
            raise CallError(f"a record was erased meanwhile: import {plan.order.layer} again")
        sweep_leftovers(shelf.rows)
        state = replace(plan.merged.kept, edition=plan.base.edition + 1)
        changes = hide_changes(plan.merged.changes, state.spec)
        edition = Edition(state.edition, _describe(study, plan), changes, plan.merged.conflicts,
                          _list_quarantine(plan))
        write_edition(edition, shelf.history)
        write_kept(state, shelf.rows)
        name_layer(study, plan.order.layer)
    return state


def _describe(study: Study, plan: Plan) -> dict[str, Any]:
    return {
        "edition": plan.base.edition + 1, "day": study.today.isoformat(),
        "layer": plan.order.layer, "files": list(plan.files), "adapter": plan.order.adapter,
        "owner": plan.order.owner, "notes": list(plan.notes), **plan.count(),
        "changes": plan.merged.counts, "remarks": len(plan.intake.remarks),
        "suggestions_applied": [
            {"id": fault.id, "reason": fault.reason, "fix": [list(pair) for pair in fault.fix],
             "confidence": fault.confidence} for fault in plan.applied
        ],
    }


def _list_quarantine(plan: Plan) -> pd.DataFrame:
    frames = [frame for frame in (plan.intake.quarantine, plan.gathered.quarantine) if len(frame)]
    if not frames:
        return plan.intake.quarantine
    return pd.concat(frames, ignore_index=True).fillna("")
