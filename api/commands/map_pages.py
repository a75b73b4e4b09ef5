"""``georisk map``: maps as single files that need no network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.commands.options import (
    AudienceOption,
    HolderOption,
    OutOption,
    PurposeOption,
    RunsOption,
    StudyOption,
    find_places,
    open_door,
)


def map_pages(
    out: OutOption,
    names: Annotated[list[str] | None, typer.Argument(help="Names of maps.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All maps of the audience.")] = False,
    results: Annotated[
        Path | None, typer.Option("--with", help="Folder that `georisk site -o` wrote.")
    ] = None,
    audience: AudienceOption = "public",
    purpose: PurposeOption = "",
    holder: HolderOption = "",
    lang: Annotated[str, typer.Option("--lang", help="en, es, fr or ht.")] = "en",
    study: StudyOption = None,
    runs: RunsOption = None,
) -> None:
    """Draw maps for an audience into DIR/AUDIENCE/ and print their paths."""
    from georisk.marking import Marking
    from layers.errors import CallError
    from maps.atlas import list_maps, write_maps

    door = open_door(find_places(study, runs), audience, purpose=purpose, action="map")
    known = list_maps(door.audience)
    chosen = known if everything or not names else tuple(names)
    unknown = [name for name in chosen if name not in known]
    if unknown:
        raise CallError(f"no map named {unknown[0]!r} for {audience}; there are {', '.join(known)}")
    if results is not None:
        door = door.with_results(results)
    marking = Marking.of(door, holder=holder)
    for path in write_maps(door, out, names=chosen, lang=lang, marking=marking):
        typer.echo(str(path))
