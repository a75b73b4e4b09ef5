"""The current run with some places changed: published within seconds, nothing computed anew."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from georisk import __version__
from georisk.amending import FILE, amend_places, list_removed
from georisk.originals import FOLDER, count_amended, read_original
from georisk.register.keeping import find_shelf, read_tombstones
from georisk.snapshot import Snapshot
from georisk.switching import name_run, seal_run, switch_run, write_aside
from layers.disclosure import disclose
from layers.errors import CallError
from layers.served import write_served
from layers.spec import AUDIENCES
from layers.store import write_layer

if TYPE_CHECKING:
    from pathlib import Path

    from georisk.amending import Amendments
    from georisk.study import Study
    from layers.layer import Layer

ALONG = "along"
WARNING = (
    "places were amended after the run: coverage, gaps, capacity, scores and proposed sites are "
    "still those of {run_id}; `georisk run` computes them anew"
)


@dataclass(frozen=True)
class Changed:
    """Layers of an amended run, as their files had them and as they are now."""

    originals: dict[str, Layer]
    layers: dict[str, Layer]
    removed: dict[str, list[str]]


def republish(study: Study, runs: Path) -> Snapshot:
    """Publish the current run once more with its places as last seen.

    Whoever calls this holds the switch of the runs.

    Raises
    ------
    NoSnapshotError
        If there is no run to amend.
    CallError
        If the run still holds a record that was forgotten since: it must not be copied.
    """
    base = Snapshot.open(runs)
    run_id = amend_run(study, base)
    if not run_id:
        return base
    switch_run(runs, run_id)
    return Snapshot.open(runs)


def amend_run(study: Study, base: Snapshot) -> str:
    """Write a run once more with its places as last seen, and return its name.

    Unchanged files are shared with it (hard links), so that it takes no room; a reader sees the
    one or the other, whole. Empty where the run has its places so already.

    Raises
    ------
    CallError
        If the run still holds a record that was forgotten since: it must not be copied.
    """
    runs, amendments = base.path.parent, study.amendments.read_again()
    if is_in_force(base, amendments):
        return ""
    _refuse_forgotten(study, base)

    def write(work: Path, started: dt.datetime) -> str:
        _link_files(base.path, work)
        changed = _amend_layers(base, amendments)
        for name, layer in changed.layers.items():
            _write_changed(name, layer, changed.originals[name], work)
            _prepare_changed(name, layer, work, base)
        manifest = _tell_amended(base, amendments, changed)
        parts = (json.dumps(manifest["inputs"], sort_keys=True), manifest["parameters_sha256"],
                 manifest["as_of"], __version__, "amended")
        manifest |= {"run_id": name_run(runs, started, *parts),
                     "created": started.isoformat(timespec="seconds")}
        seal_run(manifest, work)
        return str(manifest["run_id"])

    return write_aside(runs, write)


def _refuse_forgotten(study: Study, base: Snapshot) -> None:
    for name in sorted(set(study.config.layers) & set(base.specs)):
        stones = read_tombstones(find_shelf(study, name))
        if stones and base.specs[name].kind != "raster" and (
                set(stones) & set(read_original(base, name).frame.index)):
            raise CallError(f"{name}: a record was forgotten after the current run, which must not "
                            "be copied: `georisk run` first")


def is_in_force(snapshot: Snapshot, amendments: Amendments) -> bool:
    """Tell whether a run already has its places as they were last seen."""
    told = snapshot.manifest.get("amendments", [])
    return bool(told == [one.as_dict() for one in amendments.entries])


def _link_files(source: Path, target: Path) -> None:
    """Share the files of a run; copy them where the file system cannot share."""
    for path in sorted(source.rglob("*")):
        place = target / path.relative_to(source)
        if path.is_dir():
            place.mkdir(mode=0o700, exist_ok=True)
        elif path.name != "manifest.json":
            try:
                os.link(path, place)
            except OSError:
                shutil.copyfile(path, place)


def _amend_layers(base: Snapshot, amendments: Amendments) -> Changed:
    named = {one.place_id for one in amendments.entries}
    originals, layers, removed = {}, {}, {}
    for name, spec in base.specs.items():
        if spec.role != "facility" or spec.kind != "vector":
            continue
        original = read_original(base, name)
        if named & set(original.frame.index) or (base.path / FOLDER / f"{name}.parquet").is_file():
            originals[name] = original
            layers[name] = amend_places(original, amendments.entries)
            removed[name] = list_removed(original, amendments.entries)
    if layers and ALONG in base.specs:
        originals[ALONG] = read_original(base, ALONG)
        layers[ALONG] = _leave_out(originals[ALONG], removed)
    return Changed(originals, layers, removed)


def _leave_out(along: Layer, removed: dict[str, list[str]]) -> Layer:
    """What lies along the corridors, without places that are gone: nobody is sent there."""
    frame = along.frame
    stays = [
        kind != "place" or ref not in removed.get(layer, ())
        for kind, layer, ref in zip(frame["kind"], frame["layer"], frame["ref"], strict=True)
    ]
    return replace(along, frame=frame[np.array(stays, dtype=bool)])


def _write_changed(name: str, layer: Layer, original: Layer, work: Path) -> None:
    """Write a layer in new files: the old ones belong to another run as well."""
    (work / FOLDER).mkdir(mode=0o700, exist_ok=True)
    for folder, one in ((FOLDER, original), ("layers", layer)):
        path = work / folder / f"{name}.parquet"
        path.unlink(missing_ok=True)
        write_layer(one, path)


def _prepare_changed(name: str, layer: Layer, work: Path, base: Snapshot) -> None:
    """Prepare a layer anew for every audience that it was prepared for."""
    today = dt.date.fromisoformat(base.manifest["today"])
    for audience in AUDIENCES:
        folder = work / "serve" / audience
        prepared = sorted(folder.glob(f"{name}.*"))
        for path in prepared:
            path.unlink()
        if prepared:
            write_served(disclose(layer, audience, today=today), folder)


def _tell_amended(base: Snapshot, amendments: Amendments, changed: Changed) -> dict[str, Any]:
    old = base.manifest
    first = str(old.get("amends") or old["run_id"])
    warning = WARNING.format(run_id=first)
    inputs = {name: files for name, files in old["inputs"].items() if name != "amendments"}
    if amendments.file is not None and amendments.entries:
        inputs["amendments"] = {FILE: amendments.sha256}
    provenance = {**old["provenance"]}
    for name, layer in changed.layers.items():
        provenance[name] = {**provenance[name], "sha256": layer.provenance.sha256}
    results = {name: len(changed.layers[name]) if name in changed.layers else rows
               for name, rows in old["results"].items()}
    return {
        **old, "amends": first, "inputs": inputs, "provenance": provenance, "results": results,
        "amendments": [one.as_dict() for one in amendments.entries],
        # What results count: those that were decided before the run that they are of.
        "counted": old.get("counted", [] if old.get("amends") else old["amendments"]),
        "layers": count_amended(old["layers"], changed.removed),
        "warnings": [*(text for text in old["warnings"] if text != warning), warning],
    }
