"""``georisk compare``: two scenarios of the study side by side."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.commands.compared import NOTE, print_comparison
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
    from georisk.scenarios.comparing import Comparison
    from georisk.study import Study


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
        str, typer.Option("--month", help="Of both, 1 to 12; else as each says.")
    ] = "",
    top: Annotated[int, typer.Option("--top", help="How many gaps to print.")] = 15,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Folder for the layers.")
    ] = None,
    with_maps: Annotated[
        bool, typer.Option("--with-maps", help="With -o: draw what changed as one page.")
    ] = False,
    lang: Annotated[str, typer.Option("--lang", help="Of the map: en, es, fr or ht.")] = "en",
    purpose: PurposeOption = "",
    holder: HolderOption = "",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Compare two scenarios: coverage, people, gaps, room. Restricted; publishes nothing."""
    from api.commands.questions import check_corridor, read_month
    from georisk.scenarios.comparing import compare_scenarios
    from georisk.scenarios.world import Asked
    from georisk.services import find_group
    from layers.errors import CallError
    from maps.catalogues import load_words

    if top < 0:
        raise CallError(f"--top {top}: give 0 or more")
    if with_maps and out is None:
        raise CallError("--with-maps needs -o: say where the page goes")
    check_purpose(purpose, out=out)
    load_words(lang)
    opened = _open_study(study, (one, two))
    check_corridor(corridor, opened)
    if profile:
        find_group(profile)
    asked = Asked(profile or None, read_month(month) if month else None)
    found = compare_scenarios(opened, one, two, asked=asked)
    chosen = _choose(found, services=_split_services(service, found), corridor=corridor)
    places = find_places(study, runs)
    keep_record(places, "compare", purpose=purpose, holder=holder)
    if out is not None:
        folder = write_folder(found.layers, out, opened, holder=holder, asked=_tell_asked(found))
        say(f"restricted results in {folder}", quiet=quiet)
    if with_maps and out is not None:
        _draw(found, out, places, lang=lang, holder=holder, quiet=quiet)
    if as_json:
        typer.echo(json.dumps(_describe(found, *chosen), ensure_ascii=False, indent=1))
    else:
        print_comparison(found, *chosen, top=top)
        for note in found.notes:
            say(f"note: {note}", quiet=quiet)


def _open_study(study: Path | None, names: tuple[str, str]) -> Study:
    """Open the study; of a scenario that cannot be read every fault is told, not the first."""
    from georisk.scenarios.mending import find_more_faults
    from layers.errors import StudyError

    try:
        return open_study(study)
    except StudyError as error:
        more = find_more_faults(find_places(study, None).study, names, today=read_today())
        raise StudyError("\n".join([str(error), *more])) from error


def _split_services(text: str, found: Comparison) -> list[str]:
    from georisk.spelling import suggest_names
    from layers.errors import CallError

    known = sorted(set(found.table.frame["service"]))
    wanted = [name.strip() for name in text.split(",") if name.strip()]
    for name in wanted:
        if name not in known:
            near = suggest_names(name, known)
            raise CallError(f"--service {name[:60]!r}: {near and near + ' '}this study looks for "
                            f"{', '.join(known)}")
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
        **_tell_asked(found),
        "table": _to_rows(table),
        "gaps": _to_rows(gaps[gaps["change"] != "same"].drop(columns="geometry")),
        "points": _to_rows(found.points.frame.assign(
            lon=found.points.frame.geometry.x, lat=found.points.frame.geometry.y,
        ).drop(columns="geometry")),
        "notes": [*found.notes, NOTE],
    }


def _tell_asked(found: Comparison) -> dict[str, object]:
    """What is compared, for whom and when: its numbers say little without it."""
    return {
        "a": found.one.name, "b": found.two.name,
        "reference": {side: world.study.config.reference.model_dump()
                      for side, world in (("a", found.one), ("b", found.two))},
        "assumed": list(found.assumptions), "synthetic": found.table.provenance.synthetic,
        "audience": "restricted",
    }


def _to_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    import pandas as pd

    plain = pd.DataFrame(frame).reset_index()
    return [dict(row) for row in json.loads(plain.to_json(orient="records"))]


def _draw(
    found: Comparison, out: Path, places: Places, *, lang: str, holder: str, quiet: bool
) -> None:
    import georisk.doors
    from georisk.marking import Marking
    from layers.errors import NoSnapshotError
    from maps.compare_map import write_compare_map

    try:
        door = georisk.doors.open("restricted", runs=places.runs, today=read_today())
    except NoSnapshotError as error:
        say(f"no map: {error}", quiet=quiet)
        return
    door = door.with_results(out / "restricted")
    worlds = (found.one, found.two)
    references = [world.study.config.reference for world in worlds]
    path = write_compare_map(
        door, out, lang=lang, names=(found.one.name, found.two.name),
        references=tuple((one.profile, one.month) for one in references),
        marking=Marking.of(door, holder=holder))
    say(f"map: {path}", quiet=quiet)
