"""``georisk run``: check, compute, publish."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

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

if TYPE_CHECKING:
    from georisk.snapshot import Snapshot
    from georisk.study import Study

_FULL_DRAWS = 1000
_FIRST_YEAR = 1900
_SERVICES = ("water", "food", "shelter", "medical", "phone")


def run(
    study: StudyOption = None,
    runs: RunsOption = None,
    as_of: Annotated[str, typer.Option("--as-of", help="Day of the analysis, YYYY-MM-DD.")] = "",
    full: Annotated[bool, typer.Option("--full", help="1000 draws instead of 200.")] = False,
    timings: Annotated[bool, typer.Option("--timings", help="Say what took how long.")] = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Check, compute and publish a snapshot; the last one stays until the new one is whole."""
    from georisk.publishing import publish

    opened = choose(open_study(study), as_of=as_of, full=full)
    _raise_faults(opened)
    snapshot = publish(opened, find_places(study, runs).runs)
    for warning in snapshot.manifest["warnings"]:
        say(f"warning: {warning}", quiet=quiet)
    if as_json:
        typer.echo(json.dumps(snapshot.manifest, ensure_ascii=False, indent=1))
        return
    if not quiet and "corridor_summary" in opened.names():
        _print_summary(opened)
    if timings:
        for name, seconds in sorted(snapshot.manifest["timings"].items(), key=lambda x: -x[1]):
            typer.echo(f"{seconds:8.3f} s  {name}", err=True)
    say(f"published {snapshot.manifest['run_id']} as of {snapshot.manifest['as_of']}: "
        f"{_where(snapshot)}", quiet=quiet)


def choose(study: Study, *, as_of: str, full: bool) -> Study:
    """Apply ``--as-of`` and ``--full``."""
    import datetime as dt

    from layers.errors import CallError

    changes: dict[str, Any] = {}
    if as_of:
        try:
            day = dt.date.fromisoformat(as_of)
        except ValueError as error:
            raise CallError(f"--as-of {as_of!r}: give a day as YYYY-MM-DD") from error
        if day.year < _FIRST_YEAR:
            raise CallError(f"--as-of {as_of}: give a day from {_FIRST_YEAR} on")
        changes["as_of"] = day
    parameters = study.parameters.replace(
        intensity__draws=_FULL_DRAWS, priority__draws=_FULL_DRAWS) if full else None
    return study.with_changes(parameters=parameters, **changes) if changes or full else study


def _raise_faults(study: Study) -> None:
    from api.commands.tables import print_text
    from layers.errors import CallError

    _, errors = study.check()
    if not errors:
        return
    for error in errors:
        for fault in error.faults:
            print_text(f"LAYER  {fault}", err=True, indent=7)
    raise CallError("mend the files (`georisk check` tells all), then run again; the last snapshot "
                    "stays as it was")


def _print_summary(study: Study) -> None:
    from api.commands.site_tables import print_sites
    from api.commands.tables import print_table, show_share

    layer = study.layer("corridor_summary")
    rows = [
        (row.Index, row.length_km, str(row.risk_class).replace("_", " "),
         *(show_share(getattr(row, f"covered_{service}")) for service in _SERVICES),
         row.longest_gap)
        for row in layer.frame.itertuples()
    ]
    direction = study.config.headline_direction
    print_table(
        f"Corridors: reported deaths and disappearances, share of length covered ({direction})",
        ("corridor", "km", "class", *_SERVICES, "longest gap"), rows,
        synthetic=layer.provenance.synthetic,
    )
    print_sites(study.layer("proposed_sites"))


def _where(snapshot: Snapshot) -> str:
    import os

    return os.path.relpath(snapshot.path)
