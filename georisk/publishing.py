"""Publishing a run: written aside, forced to disk, then switched to at once."""

from __future__ import annotations

import csv
import datetime as dt
import json
import os
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from georisk import __version__
from georisk.locking import hold_lock
from georisk.manifest import hash_inputs, tell_study
from georisk.originals import count_amended, write_originals
from georisk.snapshot import CURRENT, Snapshot
from georisk.steps import tell_absent
from georisk.validation.validating import tell_skill
from layers.disclosure import disclose, find_source
from layers.errors import BrokenError, NotShownError
from layers.layer import Layer, RasterLayer, hash_file, hash_text
from layers.register.history import defuse
from layers.served import write_served
from layers.spec import AUDIENCES
from layers.store import sync_file, write_layer, write_raster

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from georisk.study import Study


def publish(study: Study, runs: Path) -> Snapshot:
    """Compute every layer of a study and make it the current snapshot.

    The last one stays as it was until the new one is whole on disk; a crash at any point
    leaves it so.

    Raises
    ------
    LayerError
        Every fault of every unusable layer; nothing is written.
    CallError
        If another run is under way.
    """
    with hold_lock(runs):
        amended = study.amendments.read_again()
        if amended != study.amendments:  # a report was accepted since the study was opened
            study = replace(study.with_changes(), amendments=amended)
        publish_run(runs, lambda work, started: _write_run(study, work, started, runs))
    return Snapshot.open(runs)


def publish_run(runs: Path, write: Callable[[Path, dt.datetime], str]) -> None:
    """Have a run written aside and switch to it; whoever calls this holds the lock of the runs.

    Parameters
    ----------
    runs : Path
    write : callable
        Given an empty folder and the moment; writes all of the run, `seal_run` last, and returns
        its name.
    """
    _sweep(runs)
    started = dt.datetime.now(tz=dt.UTC)
    work = runs / f".tmp-{os.getpid()}-{started:%H%M%S%f}"
    work.mkdir(mode=0o700)
    try:
        run_id = write(work, started)
        work.replace(runs / run_id)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise
    sync_file(runs)
    _switch(runs, run_id)


def _sweep(runs: Path) -> None:
    for leftover in runs.glob(".tmp-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    for leftover in runs.glob(".current-*"):
        leftover.unlink(missing_ok=True)


def _switch(runs: Path, run_id: str) -> None:
    link = runs / f".current-{os.getpid()}"
    link.unlink(missing_ok=True)
    link.symlink_to(run_id)
    link.replace(runs / CURRENT)
    sync_file(runs)


def _write_run(study: Study, work: Path, started: dt.datetime, runs: Path) -> str:
    for folder in ("layers", "rasters", "quarantine", "serve"):
        (work / folder).mkdir()
    timings, warnings = _write_layers(study, work)
    counts = _write_quarantine(study, work)
    counts = count_amended(counts, write_originals(study, work))
    (work / "parameters.toml").write_text(study.parameters.to_toml(), encoding="utf-8")
    specs = {name: study.made(name).value.spec.model_dump(mode="json") for name in study.names()}
    (work / "specs.json").write_text(json.dumps(specs, ensure_ascii=False, indent=1), "utf-8")
    inputs = hash_inputs(study)
    run_id = name_run(runs, started, _dump(inputs), study.parameters.sha256,
                      study.as_of.isoformat(), __version__)
    manifest = {
        "run_id": run_id,
        "created": started.isoformat(timespec="seconds"),
        "inputs": inputs,
        "layers": counts,
        "skill": tell_skill(study, runs),
        "timings": timings,
        "warnings": warnings,
        **tell_study(study, counts),
    }
    seal_run(manifest, work)
    return run_id


def seal_run(manifest: dict[str, Any], work: Path) -> None:
    """Add the hash of every file, write the manifest and force all of the run to the disk."""
    manifest["files"] = {
        str(path.relative_to(work)): hash_file(path)
        for path in sorted(work.rglob("*")) if path.is_file()
    }
    (work / "manifest.json").write_text(_dump(manifest), encoding="utf-8")
    for path in [*work.rglob("*"), work]:
        sync_file(path)


def _write_layers(study: Study, work: Path) -> tuple[dict[str, float], list[str]]:
    timings: dict[str, float] = {}
    warnings = list(tell_absent(frozenset(study.config.layers)))
    for name in study.names():
        made = study.made(name)
        if isinstance(made.value, RasterLayer):
            write_raster(made.value, work / "rasters" / f"{name}.tif")
        else:
            layer = _cut_after(made.value, study)
            write_layer(layer, work / "layers" / f"{name}.parquet")
            _prepare(study, layer, work)
    for name, made in study.everything_made().items():
        timings[name] = round(made.seconds, 3)
        warnings += made.warnings
    return timings, warnings


def _cut_after(layer: Layer, study: Study) -> Layer:
    """Nothing dated after ``as_of`` is in a run, not even to be looked at."""
    if layer.spec.role != "incident" or "date" not in layer.frame:
        return layer
    dates = layer.frame["date"]
    return replace(layer, frame=layer.frame[(dates.dt.date <= study.as_of)])


def _prepare(study: Study, layer: Layer, work: Path) -> None:
    """Write what each audience will be served, where it does not depend on the day."""
    if layer.spec.row_rule or layer.spec.role == "facility":
        return
    for audience in AUDIENCES:
        folder = work / "serve" / audience
        folder.mkdir(exist_ok=True)
        try:
            source = find_source(layer, audience)
            rows = study.layer(source).frame if source else layer.frame
            shown = disclose(replace(layer, frame=rows), audience, today=study.today)
        except NotShownError:
            continue
        write_served(shown, folder)


def _write_quarantine(study: Study, work: Path) -> dict[str, dict[str, int]]:
    intakes, errors = study.check()
    if errors:
        raise BrokenError("a layer failed after it had been read")
    columns = ("source", "row", "id", "column", "value", "reason", "suggestion")
    for name, intake in intakes.items():
        if not intake.faults:
            continue
        with (work / "quarantine" / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, columns, lineterminator="\n", extrasaction="ignore")
            writer.writeheader()
            writer.writerows(
                {key: defuse(value) if isinstance(value, str) else value
                 for key, value in fault.as_dict().items()} for fault in intake.faults)
    return {name: intake.count() for name, intake in sorted(intakes.items())}


def name_run(runs: Path, started: dt.datetime, *rests_on: str) -> str:
    """Name a run by its moment, a second later where that is taken, and by what it rests on."""
    short = hash_text(*rests_on)[:8]
    moment = started
    while (runs / f"{moment:%Y%m%dT%H%M%SZ}-{short}").exists():
        moment += dt.timedelta(seconds=1)
    return f"{moment:%Y%m%dT%H%M%SZ}-{short}"


def _dump(value: object) -> str:
    return json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
