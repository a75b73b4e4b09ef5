"""Publishing a run: written aside, forced to disk, then switched to at once."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from typing import TYPE_CHECKING

from georisk import __version__
from georisk.locking import hold_lock, hold_switch
from georisk.manifest import hash_inputs, tell_study
from georisk.originals import count_amended, write_originals
from georisk.republishing import amend_run
from georisk.snapshot import Snapshot
from georisk.steps import tell_absent
from georisk.switching import dump_json, name_run, seal_run, sweep_runs, switch_run, write_aside
from georisk.validation.validating import tell_skill
from layers.disclosure import disclose, find_source
from layers.errors import BrokenError, NotShownError
from layers.layer import Layer, RasterLayer
from layers.register.history import defuse
from layers.served import write_served
from layers.spec import AUDIENCES
from layers.store import write_layer, write_raster

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path

    from georisk.study import Study


def publish(study: Study, runs: Path) -> Snapshot:
    """Compute every layer of a study and make it the current snapshot.

    The last one stays as it was until the new one is whole on disk; a crash at any point
    leaves it so. What reviewers decide of places meanwhile is in it from its first moment.

    Raises
    ------
    LayerError
        Every fault of every unusable layer; nothing is written.
    CallError
        If another run is under way.
    """
    with hold_lock(runs):
        with hold_switch(runs):
            sweep_runs(runs)
        amended = study.amendments.read_again()
        if amended != study.amendments:  # a report was accepted since the study was opened
            study = replace(study.with_changes(), amendments=amended)
        run_id = write_aside(runs, lambda work, started: _write_run(study, work, started, runs))
        with hold_switch(runs):
            made = Snapshot.load(runs / run_id)
            switch_run(runs, amend_run(study, made) or run_id)
    return Snapshot.open(runs)


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
    run_id = name_run(runs, started, dump_json(inputs), study.parameters.sha256,
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
