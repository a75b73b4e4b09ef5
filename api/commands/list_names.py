"""``georisk list``: the names one may use."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.options import JsonOption, QuietOption, RunsOption, StudyOption, open_study

if TYPE_CHECKING:
    from georisk.study import Study


def list_names(
    what: Annotated[
        str, typer.Argument(help="corridors, legs, sheets, profiles, services, layers")
    ],
    study: StudyOption = None,
    runs: RunsOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """List corridors, legs, sheets, profiles, services or layers."""
    from layers.errors import CallError

    del runs, quiet  # taken like everywhere; names come from the study, and are the answer
    makers = {
        "corridors": _list_corridors, "legs": _list_legs, "sheets": _list_sheets,
        "profiles": _list_profiles, "services": _list_services, "layers": _list_layers,
    }
    if what not in makers:
        raise CallError(f"list {what!r}: there are {', '.join(makers)}")
    rows = makers[what](open_study(study))
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    _print(what, rows)


def _print(what: str, rows: list[dict[str, object]]) -> None:
    """A table for a person; for a program one line each, its values apart by tabs."""
    from api.commands.tables import print_table

    if sys.stdout.isatty() and rows:
        print_table(what, tuple(rows[0]), [tuple(row.values()) for row in rows], synthetic=False)
        return
    for row in rows:
        typer.echo("\t".join(str(value) for value in row.values()))


def _list_corridors(study: Study) -> list[dict[str, object]]:
    return [
        {"corridor": name, "name": entry.name.get("en", name), "legs": len(entry.legs)}
        for name, entry in study.config.corridors.items()
    ]


def _list_sheets(study: Study) -> list[dict[str, object]]:
    return [
        {"sheet": name, "name": entry.name.get("en", name)}
        for name, entry in study.config.sheets.items()
    ]


def _list_legs(study: Study) -> list[dict[str, object]]:
    frame = study.layer("routes").frame
    return [
        {"leg": leg, "mode": mode, "from": start, "to": end}
        for leg, mode, start, end in zip(
            frame.index, frame["mode"], frame["from_place"], frame["to_place"], strict=True
        )
    ]


def _list_profiles(study: Study) -> list[dict[str, object]]:
    factors = study.parameters.section("profile")
    return [
        {"profile": name.partition(".")[0], "speed_factor": value}
        for name, value in factors.items()
    ]


def _list_services(study: Study) -> list[dict[str, object]]:
    from georisk.services import tabulate_services

    return [
        {"service": row.Index, "threshold_h": round(row.threshold_h, 2), "source": row.source}
        for row in tabulate_services(study.parameters).itertuples()
    ]


def _list_layers(study: Study) -> list[dict[str, object]]:
    return [
        {"layer": name, "kind": study.spec(name).kind, "role": study.spec(name).role,
         "title": study.spec(name).title.get("en", name)}
        for name in study.names()
    ]
