"""``georisk change``: what is reported more, and what less, than on an earlier day."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.commands.options import (
    HolderOption,
    JsonOption,
    PurposeOption,
    QuietOption,
    RunsOption,
    StudyOption,
    check_purpose,
    find_places,
    keep_record,
    open_study,
    read_today,
    say,
    write_folder,
)

if TYPE_CHECKING:
    import pandas as pd

    from api.commands.options import Places
    from layers.layer import Layer

NOTE = ("A change in reporting looks the same as a change in what happens.\n"
        "Robbery, kidnapping and sexual violence are not measured here.")
_TITLE = "Change in reported deaths and disappearances"
_HEADER = ("leg", "km", "near", "class then", "class now", "times (90 %)", "change")
_WORDS = {"more_reported": "more reported", "fewer_reported": "fewer reported",
          "no_clear_change": "no clear change", "insufficient": "insufficient"}


def change(
    then: Annotated[str, typer.Option("--from", help="Earlier day, YYYY-MM-DD.")],
    now: Annotated[str, typer.Option("--to", help="Later day, YYYY-MM-DD.")],
    study: StudyOption = None,
    runs: RunsOption = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Folder for the layer and its map.")
    ] = None,
    top: Annotated[int, typer.Option("--top", help="How many stretches to print.")] = 10,
    lang: Annotated[str, typer.Option("--lang", help="Of the map: en, es, fr or ht.")] = "en",
    purpose: PurposeOption = "",
    holder: HolderOption = "",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Compare two days segment by segment. Restricted: for planners on this machine."""
    from georisk.change_steps import choose_rules, compare_days, open_days
    from georisk.change_tables import list_stretches, sum_changes
    from layers.errors import CallError
    from maps.catalogues import load_words

    if top < 0:
        raise CallError(f"--top {top}: give 0 or more")
    check_purpose(purpose, out=out)
    load_words(lang)
    opened = open_study(study)
    days = open_days(opened, read_day(then, "--from"), read_day(now, "--to"))
    places = find_places(study, runs)
    layer = compare_days(*days, choose_rules(opened))
    keep_record(places, "change", purpose=purpose, holder=holder)
    told = {"from": days[0].as_of.isoformat(), "to": days[1].as_of.isoformat(),
            "km": sum_changes(layer.frame), "note": NOTE.replace("\n", " "),
            "synthetic": layer.provenance.synthetic, "audience": "restricted"}
    if out is not None:
        folder = write_folder({"changes": layer}, out, opened, holder=holder, asked=told)
        say(f"restricted results in {folder}", quiet=quiet)
        _draw(folder, places, lang=lang, holder=holder, quiet=quiet)
    rows = list_stretches(layer.frame).head(top)
    if as_json:
        document = {**told, "stretches": _to_rows(rows)}
        typer.echo(json.dumps(document, ensure_ascii=False, indent=1))
    else:
        _print(layer, rows, f"{days[0].as_of} to {days[1].as_of}")


def read_day(text: str, option: str) -> dt.date:
    """Read a day given on the command line.

    Examples
    --------
    >>> read_day("2021-12-31", "--from")
    datetime.date(2021, 12, 31)
    """
    from layers.errors import CallError

    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise CallError(f"{option} {text[:40]!r}: give a day as YYYY-MM-DD") from error


def _to_rows(rows: pd.DataFrame) -> list[dict[str, Any]]:
    return [dict(row) for row in json.loads(rows.reset_index(drop=True).to_json(orient="records"))]


def _print(layer: Layer, rows: pd.DataFrame, days: str) -> None:
    from api.commands.tables import SYNTHETIC, print_groups, print_table, print_text
    from georisk.change_tables import sum_changes

    synthetic = layer.provenance.synthetic
    print_text(f"RESTRICTED · {_TITLE}, {days}")
    if synthetic:
        print_text(SYNTHETIC)
    km = [(_WORDS[name], f"{value:,.0f}") for name, value in sum_changes(layer.frame).items()]
    print_table("", ("change", "km"), km, synthetic=False)
    if len(rows):
        print_groups("Stretches that changed most (restricted)", _HEADER,
                     [_tell_stretch(row) for row in rows.itertuples()], synthetic=synthetic)
    print_text(NOTE)


def _tell_stretch(row: Any) -> tuple[str, ...]:  # noqa: ANN401 - a row of a frame
    from api.commands.tables import TIE
    from maps.sentences import load_sentences, show_number

    words = load_sentences("en")
    times, low, high = (show_number(value, words) for value in
                        (row.ratio, row.ratio_low, row.ratio_high))
    return (row.leg_id, f"{row.from_km:.0f}-{row.to_km:.0f}", row.near_place,
            *(words[f"class_{name}"].replace(" ", TIE) for name in (row.class_then, row.class_now)),
            f"{times}{TIE}({low}{TIE}to{TIE}{high})", _WORDS[row.change])


def _draw(folder: Path, places: Places, *, lang: str, holder: str, quiet: bool) -> None:
    import georisk.doors
    from georisk.marking import Marking
    from layers.errors import NoSnapshotError
    from maps.change_map import write_change_map

    try:
        door = georisk.doors.open("restricted", runs=places.runs, today=read_today())
    except NoSnapshotError as error:
        say(f"no map: {error}", quiet=quiet)
        return
    door = door.with_results(folder)
    path = write_change_map(door, folder.parent, lang=lang,
                            marking=Marking.of(door, holder=holder))
    say(f"map: {path}", quiet=quiet)
