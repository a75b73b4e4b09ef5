"""``georisk gaps``: where a service is missing, for how long, and how grave that is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.options import (
    JsonOption,
    PurposeOption,
    QuietOption,
    RunsOption,
    StudyOption,
    find_places,
    open_study,
    say,
)
from api.commands.questions import (
    CarriedOption,
    CorridorOption,
    DirectionOption,
    KnownOption,
    ModeOption,
    MonthOption,
    ProfileOption,
    ServiceOption,
    StartOption,
    check_corridor,
    choose_directions,
    choose_months,
    describe_question,
    list_rows,
    make_questions,
    name_month,
    split_names,
    tell_choices,
    tell_when,
    write_answer,
)
from api.commands.tables import is_missing, print_table, print_text

if TYPE_CHECKING:
    import pandas as pd

    from georisk.study import Study

_UNBEARABLE = ("critical: no place ahead, or no one can carry enough water for the way to it. "
               "unsafe: more than is carried. Litres are a planning figure per person, no amount "
               "that is enough. "
               "Hours on foot: middle estimate and the range of 80 in 100 drawn paces.")


def gaps(
    study: StudyOption = None,
    runs: RunsOption = None,
    service: ServiceOption = "",
    profile: ProfileOption = "",
    month: MonthOption = "",
    start_hour: StartOption = None,
    corridor: CorridorOption = "",
    legs: Annotated[
        str, typer.Option("--legs", help="Only these legs, joined by commas in the order of "
                          "travel, - before a reversed one.")
    ] = "",
    direction: DirectionOption = "",
    mode: ModeOption = "",
    carried: CarriedOption = None,
    known_only: KnownOption = False,
    top: Annotated[int, typer.Option("--top", help="How many to print, the gravest first.")] = 20,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Folder for the restricted layers.")
    ] = None,
    purpose: PurposeOption = "",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """List where a service is out of reach, the gravest first. Restricted: for planners."""
    from api.audit import record
    from georisk.coverage.asking import Question, ask_coverage
    from georisk.coverage.telling import list_ways, rank_gaps, tabulate_gaps
    from layers.errors import CallError

    if top < 1:
        raise CallError(f"--top {top}: give 1 or more")
    opened = open_study(study)
    check_corridor(corridor, opened)
    chosen = _choose_legs(legs, corridor, opened)
    reference, months = opened.config.reference, choose_months(month, opened)
    if out is not None and len(months) > 1:
        raise CallError("-o writes the layers of one month: name it")
    start = reference.start_hour if start_hour is None else start_hour
    template = Question(profile or reference.profile, None, start, split_names(service), mode,
                        carried, known_only)
    questions = make_questions(template, months)
    ways = list_ways(opened, corridor=corridor, legs=chosen, whole=False)
    found = tabulate_gaps(opened, questions, ways)
    found = rank_gaps(found[found["direction"].isin(choose_directions(direction, opened))])
    record(find_places(study, runs).state, action="gaps", audience="restricted",
           purpose=purpose.strip() or "planning on this machine", run_id="")
    first = questions[months[0]]
    answer = ask_coverage(opened, first)
    names = opened.value("facilities").get("name")
    told = describe_question(template, answer, months)
    if as_json:
        table = found.drop(columns="geometry").rename_axis("gap_id").reset_index()
        typer.echo(json.dumps({**told, "gaps": list_rows(table), "notes": list(answer.notes)},
                              ensure_ascii=False, indent=1))
    else:
        title = f"{template.profile}, {tell_when(months, start)}{tell_choices(template)}"
        _print(found, title, names, top=top, synthetic=answer.provenance.synthetic)
        for note in answer.notes:
            say(f"note: {note}", quiet=quiet)
    if out is not None:
        write_answer(opened, first, out, told)
        say(f"restricted results in {out / 'restricted'}", quiet=quiet)


def _choose_legs(text: str, corridor: str, study: Study) -> tuple[str, ...]:
    from georisk.corridors import find_corridor_faults
    from georisk.coverage.telling import list_ways
    from layers.errors import CallError

    legs = tuple(leg.strip() for leg in text.split(",") if leg.strip())
    if not legs:
        return ()
    if corridor:
        raise CallError("--legs and --corridor: give one of them")
    known = set(study.layer("routes").frame.index)
    unknown = sorted({leg.removeprefix("-") for leg in legs} - known)
    if unknown:
        raise CallError(f"--legs: no leg named {', '.join(unknown)}; see `georisk list legs`")
    faults = find_corridor_faults(study.layer("routes").frame, list_ways(study, legs=legs))
    if faults:
        raise CallError("--legs: " + "; ".join(f"{one.id}: {one.reason}" for one in faults))
    return legs


def _print(
    found: pd.DataFrame, title: str, names: pd.Series | None, *, top: int, synthetic: bool
) -> None:
    from georisk.coverage.telling import join_corridors

    found = join_corridors(found) if len(found) else found
    rows = [_tell(row, names) for _, row in found.head(top).iterrows()]
    told = f", the gravest {len(rows)} of {len(found)}" if len(rows) < len(found) else ""
    worst = len(set(found["month"])) > 1
    print_table(f"Gaps: {title} (restricted){told}",
                ("from - to", "service", "km", "hours on foot", "days", "litres", "severity",
                 "next place", "corridor", "km on water carried",
                 *(["month"] if worst else [])),
                [row if worst else row[:-1] for row in rows],
                synthetic=synthetic)
    print_text(_UNBEARABLE)


def _tell(row: pd.Series, names: pd.Series | None) -> tuple[str, ...]:
    ends = " - ".join("?" if is_missing(row[name]) else str(row[name])
                      for name in ("from_place", "to_place"))
    way = f"{row['corridor']} {row['direction']}"
    return (ends, str(row["service"]), f"{row['length_km']:,.0f}", _tell_hours(row),
            _whole(row["days"]), _whole(row["litres"]), str(row["severity"]),
            _tell_next(row, names), way, _tenth(row["carried_km"]), name_month(row["month"]))


def _tell_hours(row: pd.Series) -> str:
    if is_missing(row["walk_h"]):
        return "not on foot"
    return f"{row['walk_h']:,.0f} ({row['walk_h_p10']:,.0f}-{row['walk_h_p90']:,.0f})"


def _tell_next(row: pd.Series, names: pd.Series | None) -> str:
    if is_missing(row["next_h"]):
        return "none ahead"
    place = row["next_id"]
    name = place if names is None or is_missing(place) else names.get(place, place)
    told = f"in {row['next_h']:,.1f} h ({row['beyond_h']:,.1f} too far)"
    return told if is_missing(name) else f"{name} {told}"


def _whole(value: float) -> str:
    return "" if is_missing(value) else f"{value:,.0f}"


def _tenth(value: float) -> str:
    return "" if is_missing(value) else f"{value:,.1f}"
