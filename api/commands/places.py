"""``georisk places``: find and extract shelters and points along a way."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.options import (
    AudienceOption,
    HolderOption,
    PurposeOption,
    QuietOption,
    RunsOption,
    StudyOption,
    find_places,
    open_door,
    read_today,
    say,
)

if TYPE_CHECKING:
    import pandas as pd

_FORMATS = ("table", "csv", "json")
_SHOWN = {
    "order": "#", "name": "name", "km": "km", "walk_h": "h on foot",
    "walk_h_from_previous": "h since last", "access_km": "off line km", "services": "services",
    "opens": "opens", "check": "check",
}  # fmt: skip


def places(
    layer: Annotated[str, typer.Option("--layer", help="shelters, assistance_points …")],
    corridor: Annotated[str, typer.Option("--corridor", help="Corridor id.")] = "",
    leg: Annotated[str, typer.Option("--leg", help="Leg id.")] = "",
    start: Annotated[str, typer.Option("--from", help="Town where the way begins.")] = "",
    end: Annotated[str, typer.Option("--to", help="Town where it ends.")] = "",
    service: Annotated[str, typer.Option("--service", help="Only places that offer this.")] = "",
    admits: Annotated[str, typer.Option("--admits", help="Only those that admit this group.")] = "",
    format_: Annotated[str, typer.Option("--format", help="table, csv or json.")] = "table",
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="File to write.")] = None,
    audience: AudienceOption = "public",
    purpose: PurposeOption = "",
    holder: HolderOption = "",
    study: StudyOption = None,
    runs: RunsOption = None,
    quiet: QuietOption = False,
) -> None:
    """List shelters or points in order, with hours on foot."""
    from georisk.marking import Marking
    from georisk.places import PlaceQuery
    from layers.errors import CallError, NotShownError

    chosen = "json" if as_json else format_
    if chosen not in _FORMATS:
        raise CallError(f"--format {chosen!r}: there are {', '.join(_FORMATS)}")
    query = PlaceQuery(layer, read_today(), corridor, leg, start, end, service, admits)
    door = open_door(find_places(study, runs), audience, purpose=purpose, action="places",
                     holder=holder)
    facilities = [name for name in door.names() if door.spec(name).role == "facility"]
    if layer not in facilities:
        raise NotShownError(f"--layer {layer!r}: there are {', '.join(facilities)}")
    table = door.list_places(query)
    if out is not None:
        marking = Marking.of(door, holder=holder)
        out = out.with_name(marking.name(out.stem) + out.suffix)
    if chosen == "table" and out is None:
        _print(table, title_table(layer, table.attrs["way"]))
    else:
        _write(table, chosen, out)
    if not len(table):
        say(tell_empty(audience), quiet=quiet)


def tell_empty(audience: str) -> str:
    """Say that a list is empty; why is known to nobody who may not see the rest.

    Examples
    --------
    >>> tell_empty("restricted")
    'no place here'
    """
    if audience == "restricted":
        return "no place here"
    return (
        "no place listed here; places without the operator's consent in date are not public"
    )


def title_table(layer: str, way: dict[str, object]) -> str:
    """Name the layer and the way that was taken.

    Examples
    --------
    >>> title_table("shelters", {"corridor": "north", "from": "A", "to": "B", "km": 12.0})
    'shelters in order of travel: corridor north, A to B, 12 km on the way'
    """
    return (f"{layer} in order of travel: corridor {way['corridor']}, {way['from']} to "
            f"{way['to']}, {way['km']:.0f} km on the way")


def _print(table: pd.DataFrame, title: str) -> None:
    from api.commands.tables import print_table

    synthetic = bool(table["synthetic"].fillna(value=False).any())
    rows = [tuple(row) for row in table[list(_SHOWN)].itertuples(index=False)]
    print_table(title, tuple(_SHOWN.values()), rows, synthetic=synthetic)


def _write(table: pd.DataFrame, format_: str, out: Path | None) -> None:
    text = to_json(table) if format_ == "json" else to_csv(table)
    if out is None:
        typer.echo(text, nl=False)
    else:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text, encoding="utf-8")
        typer.echo(str(out))


def to_json(table: pd.DataFrame) -> str:
    """Rows as JSON: null where unknown, dates as days."""
    from layers.geojson import to_json_values

    columns = {name: to_json_values(table[name]) for name in table.columns}
    rows = [
        dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)
    ]
    return json.dumps(rows, ensure_ascii=False, indent=1) + "\n"


def to_csv(table: pd.DataFrame) -> str:
    """Rows as CSV that a spreadsheet cannot mistake for formulas."""
    from layers.export import write_csv_text

    return write_csv_text(table)
