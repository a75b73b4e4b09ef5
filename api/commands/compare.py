"""``georisk compare``: two scenarios of the study side by side."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.commands.options import (
    JsonOption,
    PurposeOption,
    QuietOption,
    RunsOption,
    StudyOption,
    find_places,
    open_study,
    read_today,
    say,
)

if TYPE_CHECKING:
    import pandas as pd

    from api.commands.options import Places
    from georisk.scenarios.comparing import Comparison

NOTE = ("What if, not what is: a computation over the study's own layers; nothing was published. "
        "People are those counted in the study as it is.")


def compare(
    one: Annotated[str, typer.Argument(metavar="A", help="base, or the NAME of a scenario.")],
    two: Annotated[str, typer.Argument(metavar="B", help="The scenario set against it.")],
    study: StudyOption = None,
    runs: RunsOption = None,
    service: Annotated[
        str, typer.Option("--service", help="Only these services, joined by commas.")
    ] = "",
    corridor: Annotated[str, typer.Option("--corridor", help="Only this corridor.")] = "",
    profile: Annotated[str, typer.Option("--profile", help="For whom, in both.")] = "",
    month: Annotated[
        int | None, typer.Option("--month", help="Of both, 1 to 12; else as each says.")
    ] = None,
    top: Annotated[int, typer.Option("--top", help="How many gaps to print.")] = 15,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Folder for the layers.")
    ] = None,
    with_maps: Annotated[
        bool, typer.Option("--with-maps", help="With -o: draw what changed as one page.")
    ] = False,
    lang: Annotated[str, typer.Option("--lang", help="Of the map: en, es, fr or ht.")] = "en",
    purpose: PurposeOption = "",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Compare two scenarios: coverage, people, gaps, room. Restricted; publishes nothing."""
    from api.audit import record
    from georisk.scenarios.comparing import compare_scenarios
    from georisk.scenarios.world import Asked
    from layers.errors import CallError
    from maps.catalogues import load_words

    if top < 0:
        raise CallError(f"--top {top}: give 0 or more")
    if with_maps and out is None:
        raise CallError("--with-maps needs -o: say where the page goes")
    load_words(lang)
    opened = open_study(study)
    _check_names(opened.config.corridors, corridor=corridor, profile=profile, month=month)
    found = compare_scenarios(opened, one, two, asked=Asked(profile or None, month))
    chosen = _choose(found, services=_split_services(service, found), corridor=corridor)
    places = find_places(study, runs)
    record(places.state, action="compare", audience="restricted",
           purpose=purpose.strip() or "planning on this machine", run_id="")
    if out is not None:
        _write(found, out, places, lang=lang if with_maps else "", quiet=quiet)
    if as_json:
        typer.echo(json.dumps(_describe(found, *chosen), ensure_ascii=False, indent=1))
    else:
        from api.commands.compared import print_comparison

        print_comparison(found, *chosen, top=top)
        for note in found.notes:
            say(f"note: {note}", quiet=quiet)


def _check_names(
    corridors: dict[str, Any], *, corridor: str, profile: str, month: int | None
) -> None:
    from georisk.services import find_group
    from layers.errors import CallError

    if corridor and corridor not in corridors:
        raise CallError(f"--corridor {corridor!r}: there are {', '.join(sorted(corridors))}")
    if profile:
        find_group(profile)
    if month is not None and not 1 <= month <= 12:  # noqa: PLR2004 - months
        raise CallError(f"--month {month}: give 1 to 12")


def _split_services(text: str, found: Comparison) -> list[str]:
    from layers.errors import CallError

    known = sorted(set(found.table.frame["service"]))
    wanted = [name.strip() for name in text.split(",") if name.strip()]
    for name in wanted:
        if name not in known:
            raise CallError(f"--service {name!r}: this study looks for {', '.join(known)}")
    return wanted or known


def _choose(
    found: Comparison, *, services: list[str], corridor: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of the table and of the gaps that were asked for."""
    frames = []
    for layer in (found.table, found.gaps):
        frame = layer.frame[layer.frame["service"].isin(services)]
        frames.append(frame[frame["corridor"] == corridor] if corridor else frame)
    return frames[0], frames[1]


def _describe(found: Comparison, table: pd.DataFrame, gaps: pd.DataFrame) -> dict[str, Any]:
    return {
        "a": found.one.name, "b": found.two.name,
        "reference": {side: world.study.config.reference.model_dump()
                      for side, world in (("a", found.one), ("b", found.two))},
        "table": _to_rows(table),
        "gaps": _to_rows(gaps[gaps["change"] != "same"].drop(columns="geometry")),
        "points": _to_rows(found.points.frame.assign(
            lon=found.points.frame.geometry.x, lat=found.points.frame.geometry.y,
        ).drop(columns="geometry")),
        "notes": [*found.notes, NOTE], "synthetic": found.table.provenance.synthetic,
        "audience": "restricted",
    }


def _to_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    import pandas as pd

    plain = pd.DataFrame(frame).reset_index()
    return [dict(row) for row in json.loads(plain.to_json(orient="records"))]


def _write(found: Comparison, out: Path, places: Places, *, lang: str, quiet: bool) -> None:
    import georisk.doors
    from georisk.results import write_results
    from layers.errors import NoSnapshotError
    from maps.compare_map import write_compare_map

    folder = out / "restricted"
    write_results(folder, found.layers)
    say(f"restricted results in {folder}", quiet=quiet)
    if not lang:
        return
    try:
        door = georisk.doors.open("restricted", runs=places.runs, today=read_today())
    except NoSnapshotError as error:
        say(f"no map: {error}", quiet=quiet)
        return
    path = write_compare_map(door.with_results(folder), out, lang=lang,
                             names=(found.one.name, found.two.name))
    say(f"map: {path}", quiet=quiet)
