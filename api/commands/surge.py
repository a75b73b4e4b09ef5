"""``georisk surge``: a group on the move against what places can give."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.options import (
    ON_TERMINAL,
    HolderOption,
    JsonOption,
    PurposeOption,
    QuietOption,
    RunsOption,
    StudyOption,
    check_audience,
    check_purpose,
    find_places,
    open_study,
    say,
)

if TYPE_CHECKING:
    from api.commands.options import Places
    from georisk.marking import Marking
    from georisk.study import Study
    from georisk.surge.plan import Plan

_AUDIENCES = ("restricted", "partner")


def surge(
    people: Annotated[
        str, typer.Option("--people", help="How many leave: 4000; 4,000 is the same.")
    ],
    town: Annotated[str, typer.Option("--from", help="Town on a corridor.")],
    start: Annotated[str, typer.Option("--start", help="Day on which they come, YYYY-MM-DD.")],
    profile: Annotated[str, typer.Option("--profile", help="All of one profile.")] = "",
    mix: Annotated[str, typer.Option("--mix", help="Shares: family=0.4,adult_man=0.6.")] = "",
    nights: Annotated[
        int, typer.Option("--nights", help="Nights in the town before they leave; 0: at once.")
    ] = 1,
    to: Annotated[str, typer.Option("--to", help="Town at which they end.")] = "",
    days: Annotated[int, typer.Option("--days", help="Nights to look at.")] = 7,
    direction: Annotated[
        str, typer.Option("--direction", help="forward (northwards) or backward.")
    ] = "forward",
    mode: Annotated[str, typer.Option("--mode", help="foot, or mode: ride as legs go.")] = "foot",
    split: Annotated[
        str, typer.Option("--split", help="Over corridors: flow (as counted) or equal.")
    ] = "flow",
    corridor: Annotated[
        str, typer.Option("--corridor", help="Only these, joined by commas.")
    ] = "",
    study: StudyOption = None,
    runs: RunsOption = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Folder for document, table and map.")
    ] = None,
    audience: Annotated[
        str, typer.Option("--audience", help="restricted; partner: coarse totals of nights past.")
    ] = "restricted",
    lang: Annotated[str, typer.Option("--lang", help="Of the map: en, es, fr or ht.")] = "en",
    purpose: PurposeOption = "",
    holder: HolderOption = "",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Plan for a group on the move: beds, water, food, and what clears the shortage. Restricted."""
    from api.commands.change import read_day
    from api.commands.surge_tables import print_divisions, print_plan
    from api.logs.audit import record
    from georisk.marking import Marking
    from georisk.surge.amounts import read_count
    from georisk.surge.group import Group
    from georisk.surge.plan import plan_surge
    from layers.errors import CallError
    from maps.catalogues import load_words

    if audience not in _AUDIENCES:
        raise CallError(f"--audience {audience!r}: a surge is for {' and '.join(_AUDIENCES)}")
    if audience == "partner":
        check_audience(audience, purpose=purpose)
        if out is not None:
            raise CallError("--audience partner: totals are printed; -o writes restricted results")
    check_purpose(purpose, out=out)
    load_words(lang)
    opened = open_study(study)
    corridors = tuple(sorted({name.strip() for name in corridor.split(",")} - {""}))
    group = Group(read_count(people, "--people"), town, read_day(start, "--start"),
                  _choose_mix(opened, profile, mix), days=days, direction=direction, mode=mode,
                  split=split, corridors=corridors, nights=nights, to=to)
    plan = plan_surge(opened, group)
    places = find_places(study, runs)
    record(places.state, action="surge", audience=audience,
           purpose=purpose.strip() or ON_TERMINAL, run_id="", holder=holder.strip())
    if audience == "partner":
        print_divisions(plan, opened.today, as_json=as_json)
        return
    if out is not None:
        marking = Marking.restrict(opened.today, holder=holder, synthetic=plan.scene.synthetic)
        _write(plan, opened, out, places, marking=marking, lang=lang, quiet=quiet)
    if as_json:
        from georisk.surge.telling import describe_plan

        typer.echo(json.dumps(describe_plan(plan, opened.parameters), ensure_ascii=False,
                              indent=1))
    else:
        print_plan(plan)


def _choose_mix(study: Study, profile: str, mix: str) -> dict[str, float]:
    from georisk.services import find_group
    from georisk.surge.mix import parse_mix, read_mix
    from layers.errors import CallError

    if profile and mix:
        raise CallError("give --profile or --mix, not both")
    if profile:
        find_group(profile)
        return {profile: 1.0}
    return parse_mix(mix) if mix else read_mix(study.parameters)


def _write(
    plan: Plan, study: Study, out: Path, places: Places, *, marking: Marking, lang: str,
    quiet: bool,
) -> None:
    """Write the document, the tables and the layer by day; and a map where a snapshot stands."""
    import georisk.doors
    from api.commands.options import read_today
    from georisk.marking import Marking
    from georisk.surge.files import write_files
    from layers.errors import NoSnapshotError
    from maps.surge_map import write_surge_map

    folder = out / "restricted"
    write_files(plan, study.parameters, folder, marking=marking)
    say(f"restricted results in {folder}", quiet=quiet)
    try:
        door = georisk.doors.open("restricted", runs=places.runs, today=read_today())
    except NoSnapshotError as error:
        say(f"no map: {error}", quiet=quiet)
        return
    marked = Marking.of(door, holder=marking.holder)
    say(f"map: {write_surge_map(door, plan, out, lang=lang, marking=marked)}", quiet=quiet)
