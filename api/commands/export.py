"""``georisk export``: a layer as a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.options import (
    AudienceOption,
    HolderOption,
    Places,
    PurposeOption,
    QuietOption,
    RunsOption,
    StudyOption,
    find_places,
    open_door,
    say,
)

if TYPE_CHECKING:
    from georisk.doors import Door

_EDITED = frozenset({"csv", "xlsx"})


def export(
    layer: Annotated[str, typer.Argument(help="Name of the layer.")],
    format_: Annotated[
        str,
        typer.Option("--format", help="geojson geojsonseq gpkg fgb parquet csv xlsx kml gpx."),
    ],
    out: Annotated[Path, typer.Option("-o", "--out", help="File to write.")],
    audience: AudienceOption = "public",
    purpose: PurposeOption = "",
    holder: HolderOption = "",
    study: StudyOption = None,
    runs: RunsOption = None,
    quiet: QuietOption = False,
) -> None:
    """Export a layer as an audience may see it."""
    from georisk.marking import Marking
    from layers.errors import CallError
    from layers.export import FORMATS, export_layer, is_way

    if format_ not in FORMATS:
        raise CallError(f"--format {format_!r}: there are {', '.join(FORMATS)}")
    door = open_door(find_places(study, runs), audience, purpose=purpose,
                     action=f"export {layer}", holder=holder)
    if layer in door.names() and door.spec(layer).kind == "raster":
        raise CallError(f"{layer} is a raster: copy it from the snapshot's rasters/ folder")
    _check_age(door, find_places(study, runs), layer, format_)
    shown = door.layer(layer)
    if is_way(shown, format_) and audience != "restricted":
        raise CallError(f"{format_} of {layer} is for restricted use only: it could lead somebody "
                        "along a line")
    marking = Marking.of(door, holder=holder)
    path = out.with_name(marking.name(out.stem) + out.suffix)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o755 if audience == "public" else 0o700)
    export_layer(shown, path, format_=format_, marking=marking.as_text())
    say(f"{len(shown)} rows for {audience}", quiet=quiet)
    typer.echo(str(path))


def _check_age(door: Door, places: Places, layer: str, format_: str) -> None:
    """Refuse a sheet for editing that is older than an import: it would undo newer edits."""
    from layers.errors import CallError
    from layers.register.kept import is_kept, read_ledger

    kept = places.study / "layers" / f"{layer}.parquet"
    if not is_kept(kept) or read_ledger(kept)["edition"] <= door.count_imports(layer):
        return
    if format_ in _EDITED:
        raise CallError(f"{layer} was imported after the last run: `georisk run` first, or the "
                        "sheet would bring the older values back")
    say(f"{layer} was imported after the last run, and this is of the last run")
