"""``georisk forget``: erase a record for good."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from api.commands.options import (
    JsonOption,
    QuietOption,
    RunsOption,
    StudyOption,
    find_places,
    open_study,
    say,
)
from layers.errors import CallError


def forget(
    id_: Annotated[str, typer.Argument(metavar="[ID]", help="Id of the record.",
                                       show_default=False)] = "",
    layer: Annotated[str, typer.Option("--layer", help="Layer that holds it.")] = "",
    quarantine: Annotated[bool, typer.Option("--quarantine", help="Erase the quarantine tables of "
                                             "the layer instead, all of them.")] = False,
    study: StudyOption = None,
    runs: RunsOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Erase row, history and unpublished runs; list the published snapshots that carry it."""
    from api.jobs.board import Board
    from api.reports.erasing import forget_reports
    from georisk.register.forgetting import forget_record

    if not layer or quarantine == bool(id_.strip()):
        raise CallError("say --layer, and either the ID of a record or --quarantine")
    if quarantine:
        _forget_quarantine(study, layer, as_json=as_json, quiet=quiet)
        return
    places = find_places(study, runs)
    erased = forget_record(open_study(study), layer=layer, id_=id_, runs=places.runs)
    reports = forget_reports(places.state, id_.strip())
    Board(places.state).clear()
    if as_json:
        typer.echo(json.dumps({"id": id_, "layer": layer, "reports": reports, **asdict(erased)},
                              indent=1))
        return
    say(f"{id_}: {erased.rows} row, {erased.lines} lines of history and {erased.runs} unpublished "
        "runs erased; a tombstone keeps it from coming back", quiet=quiet)
    if reports:
        say(f"{reports} reports from the field that named it erased", quiet=quiet)
    _list("Published snapshots that still carry it (delete these folders, and withdraw what was "
          "made from them):", erased.editions)
    _list("Reports beside the snapshots that may have counted it:", erased.tallies)
    _list("Files of the study that still hold its id (delete it there):", erased.files)
    _list("Not looked into, damaged or too large:", erased.unsearched)
    say("Source files outside the study, exports, maps and prints are yours to clear.",
        quiet=quiet)


def _list(heading: str, names: tuple[str, ...]) -> None:
    if names:
        typer.echo(heading)
    for name in names:
        typer.echo(f"  {name}")


def _forget_quarantine(study: Path | None, layer: str, *, as_json: bool, quiet: bool) -> None:
    from georisk.register.forgetting import forget_quarantine

    tables = forget_quarantine(open_study(study), layer=layer)
    if as_json:
        typer.echo(json.dumps({"layer": layer, "quarantines": tables}, indent=1))
        return
    say(f"{layer}: {tables} quarantine tables erased", quiet=quiet)
