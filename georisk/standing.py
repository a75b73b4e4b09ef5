"""What an audience was told of places when a run was worked out, and no longer holds."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from georisk.amending import REMOVING, Amendment, find_in_force
from georisk.originals import read_original
from layers.disclosure import disclose, find_consented_places, find_sealed_places
from layers.errors import NotShownError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from georisk.snapshot import Snapshot
    from layers.layer import Layer
    from layers.spec import Audience, LayerSpec

Change = Literal["amended", "lapsed"]
_STANDS = "stands"
_CAVEAT = "caveat"
_CAVEATS: dict[Change, str] = {
    "amended": "Since this was worked out, places were reported closed or changed. Gaps, coverage, "
    "capacity, scores and proposed sites do not count it yet: gaps may be longer.",
    "lapsed": "Since this was worked out, consent or verification of places that it counted has "
    "run out. They are not shown any more: gaps may be longer.",
}


def list_changes(snapshot: Snapshot, audience: Audience, *, today: dt.date) -> tuple[Change, ...]:
    """What has changed since coverage, gaps, capacity, scores and sites of a run were worked out.

    ``amended``: a place that this audience is shown, or was before, has been reported closed,
    moved, full or open. ``lapsed``: a place counted in what others than planners are told is
    listed no more, for its consent or its verification has run out. Of places that the audience
    never saw nothing is told.
    """
    places = [read_original(snapshot, name) for name, spec in sorted(snapshot.specs.items())
              if spec.role == "facility" and spec.kind == "vector"]
    changed = find_amended(snapshot.manifest)
    told: list[Change] = []
    if any(changed & _list_shown(layer, audience, today) for layer in places):
        told.append("amended")
    then = dt.date.fromisoformat(snapshot.manifest["today"])
    if audience != "restricted" and any(has_lapsed(it, then=then, today=today) for it in places):
        told.append("lapsed")
    return tuple(told)


def tell_changes(changes: Sequence[Change]) -> str:
    """Say what everybody who is told of coverage or gaps must know; empty if nothing changed."""
    return " ".join(_CAVEATS[change] for change in changes)


def marks_rows(spec: LayerSpec) -> bool:
    """Whether each row of a layer says so itself: a note beside it does not travel with a file."""
    return _CAVEAT in spec.columns


def mark_rows(layer: Layer, changes: Sequence[Change]) -> Layer:
    """Say in each row what must be known of it since, where the layer has the column."""
    if not (changes and marks_rows(layer.spec)):
        return layer
    told = pd.Series(tell_changes(changes), index=layer.frame.index, dtype="str")
    return replace(layer, frame=layer.frame.assign(**{_CAVEAT: told}))


def find_amended(manifest: Mapping[str, Any]) -> frozenset[str]:
    """Ids of places that stand otherwise now than when the results of a run were worked out.

    Examples
    --------
    >>> closed = {"report_id": "r1", "place_id": "gt-ex-1", "status": "CLOSED",
    ...           "date": "2026-01-05"}
    >>> sorted(find_amended({"amends": "r0", "counted": [], "amendments": [closed]}))
    ['gt-ex-1']
    >>> find_amended({"amends": "", "amendments": [closed]})
    frozenset()
    """
    if not manifest.get("amends"):
        return frozenset()
    before, now = (_find_states(manifest.get(key, ())) for key in ("counted", "amendments"))
    return frozenset(place for place in {*before, *now}
                     if before.get(place, _STANDS) != now.get(place, _STANDS))


def has_lapsed(layer: Layer, *, then: dt.date, today: dt.date) -> bool:
    """Whether a place that was listed on one day is not on another."""
    frame = layer.frame
    listed = find_consented_places(frame, today=then) & ~find_sealed_places(frame)
    return bool((listed & ~find_consented_places(frame, today=today)).any())


def _find_states(entries: Sequence[Mapping[str, str]]) -> dict[str, str]:
    held = find_in_force(
        Amendment(it["report_id"], it["place_id"], it["status"], dt.date.fromisoformat(it["date"]))
        for it in entries)
    names = {"OPEN": _STANDS, **dict.fromkeys(REMOVING, "gone")}
    return {place: names.get(one.status, one.status) for place, one in held.items()}


def _list_shown(layer: Layer, audience: Audience, today: dt.date) -> frozenset[str]:
    try:
        return frozenset(disclose(layer, audience, today=today).frame.index)
    except NotShownError:
        return frozenset()
