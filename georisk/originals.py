"""Layers of a run as their files have them, kept beside those that reports have changed.

From them a later report can put a place back as it was, without reading the study again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow.parquet as pq

from georisk.amending import list_removed
from georisk.damage import tell_damage
from layers.disclosure import find_sealed_places
from layers.errors import REMOVED
from layers.layer import Layer
from layers.store import read_layer, write_layer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from georisk.snapshot import Snapshot
    from georisk.study import Study

FOLDER = "originals"
Counts = dict[str, dict[str, int]]


def write_originals(study: Study, work: Path) -> dict[str, list[str]]:
    """Write the layers of a study that its amendments change, as they were before.

    Returns
    -------
    dict
        Per layer, the ids that the amendments took out.
    """
    named = {one.place_id for one in study.amendments.entries}
    removed: dict[str, list[str]] = {}
    for name, intake in study.check()[0].items() if named else ():
        layer = study.layer(name)
        source = Layer(layer.spec, intake.accepted, layer.provenance)
        if layer.spec.role == "facility" and named & set(source.frame.index):
            (work / FOLDER).mkdir(exist_ok=True)
            write_layer(source, work / FOLDER / f"{name}.parquet")
            removed[name] = list_removed(source, study.amendments.entries)
    return removed


def read_original(snapshot: Snapshot, name: str) -> Layer:
    """Read a layer of a run as its files had it, before any amendment; undisclosed."""
    path = snapshot.path / FOLDER / f"{name}.parquet"
    if not path.is_file():
        return snapshot.layer(name)
    return read_layer(path, snapshot.specs[name], snapshot.provenance(name))


def list_place_ids(snapshot: Snapshot) -> frozenset[str]:
    """Ids of all places of help of a run, those that reports have taken out included; undisclosed.

    For telling ids from other words; never to be told to who asks.
    """
    found: set[str] = set()
    for name, spec in snapshot.specs.items():
        if spec.role == "facility" and spec.kind == "vector":
            original = snapshot.path / FOLDER / f"{name}.parquet"
            path = original if original.is_file() else snapshot.path / "layers" / original.name
            with tell_damage(snapshot.path):
                found.update(pq.read_table(path, columns=[spec.id]).column(0).to_pylist())
    return frozenset(found)


def list_sealed_ids(snapshot: Snapshot) -> frozenset[str]:
    """Ids of the places of a run that leave by no door, whatever reports changed; undisclosed."""
    found: set[str] = set()
    for name, spec in snapshot.specs.items():
        if spec.role == "facility" and spec.kind == "vector":
            for layer in (snapshot.layer(name), read_original(snapshot, name)):
                found.update(layer.frame.index[find_sealed_places(layer.frame)].astype(str))
    return frozenset(found)


def hide_place(row: Mapping[str, str]) -> dict[str, str]:
    """Take out of a finding on a place what would tell of one that is sealed by kind.

    A finding does not carry the kind of its place, so each is treated as one that is sealed:
    file, row, column and reason remain, by which it is mended.

    Examples
    --------
    >>> hide_place({"row": "2", "id": "gt-1", "column": "services", "value": "x",
    ...             "reason": "unknown", "suggestion": "food"})["id"]
    '[removed]'
    """
    told = {name: REMOVED if row.get(name) else "" for name in ("id", "value", "suggestion")}
    return {**row, **told}


def count_amended(counts: Mapping[str, dict[str, int]], removed: Mapping[str, list[str]]) -> Counts:
    """Add to the counts of layers how many accepted rows a report has taken out since.

    Examples
    --------
    >>> count_amended({"shelters": {"read": 3, "accepted": 2, "quarantined": 1}},
    ...               {"shelters": ["gt-ex-1"]})["shelters"]["amended"]
    1
    """
    return {name: {**count, "amended": len(removed[name])} if removed.get(name) else
            {key: value for key, value in count.items() if key != "amended"}
            for name, count in counts.items()}
