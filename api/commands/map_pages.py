"""``georisk map``: maps as single files that need no network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from api.commands.options import (
    AudienceOption,
    HolderOption,
    OutOption,
    PurposeOption,
    QuietOption,
    RunsOption,
    StudyOption,
    check_audience,
    find_places,
    open_door,
)

if TYPE_CHECKING:
    from layers.spec import Audience


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
    quiet: QuietOption = False,
) -> None:
    """Draw maps for an audience into DIR/AUDIENCE/ and print their paths."""
    from georisk.marking import Marking
    from layers.errors import CallError
    from maps.atlas import list_maps, write_maps

    del quiet  # taken like everywhere; the paths are the answer
    check_audience(audience, purpose=purpose)
    known = list_maps(cast("Audience", audience))
    chosen = known if everything or not names else tuple(names)
    if not known:
        raise CallError(f"there are no maps for {audience}: choose --audience public or restricted")
    unknown = [name for name in chosen if name not in known]
    if unknown:
        raise CallError(f"no map named {unknown[0]!r} for {audience}; there are {', '.join(known)}")
    door = open_door(find_places(study, runs), audience, purpose=purpose, action="map",
                     holder=holder)
    if results is not None:
        door = door.with_results(results)
    marking = Marking.of(door, holder=holder)
    if audience != "public":
        _close_folder(out / audience)
    for path in write_maps(door, out, names=chosen, lang=lang, marking=marking):
        if audience != "public":
            path.chmod(0o600)
        typer.echo(str(path))


def _close_folder(folder: Path) -> None:
    """What is not public lies where its owner alone can look."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
