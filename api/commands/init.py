"""``georisk init``: a study of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.commands.options import QuietOption, say


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="New or empty folder.")],
    source: Annotated[
        Path | None,
        typer.Option("--from", help="Study to copy: a study.toml or its folder.",
                     show_default=False),
    ] = None,
    quiet: QuietOption = False,
) -> None:
    """Start a study: a commented study.toml and a spreadsheet to fill in for each layer."""
    from georisk.starting import TEMPLATES, copy_study, start_study

    file = start_study(folder) if source is None else copy_study(source, folder)
    sheets = sorted(path.name for path in (folder / TEMPLATES).glob("*.xlsx"))
    say(f"{len(sheets)} spreadsheets to fill in: {folder / TEMPLATES}", quiet=quiet)
    if source is None:
        say(f"next: edit the lines marked EDIT in {file}", quiet=quiet)
    else:
        say("copied without snapshots, audit log, history of imports and quarantines",
            quiet=quiet)
    say(f"then:  georisk import FILE --layer shelters -s {folder}", quiet=quiet)
    say(f"       georisk check -s {folder}", quiet=quiet)
    typer.echo(str(file))
