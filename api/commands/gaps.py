"""``georisk gaps``: where a service is missing, for how long, and how grave that is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
    tell_heat,
    tell_when,
    write_answer,
)
from api.commands.tables import TIE, is_missing, print_groups, print_text

if TYPE_CHECKING:
    import pandas as pd

    from georisk.study import Study

_UNBEARABLE = ("critical: no place ahead, or no one can carry enough water for the way to it. "
               "unsafe: more than is carried. Litres are a planning figure per person, no amount "
               "that is enough. "
               "Hours on foot: middle estimate and the range of 80 in 100 drawn paces. "
               "Km, hours and days are those of the gap itself, from edge to edge, its km as "
               "drawn; all other km by the stated length of legs, which is often more. Next place: "
               "the nearest ahead of its entry, wherever it lies; from place to place: from the "
               "last one before it, through it, to the first after it.")
_COUNTED = ("Places of unknown months or hours are counted as open: with --known-only gaps are as "
            "long or longer.")


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
    holder: HolderOption = "",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """List where a service is out of reach, the gravest first. Restricted: for planners."""
    from georisk.coverage.asking import Question, ask_coverage
    from georisk.coverage.telling import list_ways, rank_gaps, tabulate_gaps
    from layers.errors import CallError

    if top < 1:
        raise CallError(f"--top {top}: give 1 or more")
    check_purpose(purpose, out=out)
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
    keep_record(find_places(study, runs), "gaps", purpose=purpose, holder=holder)
    first = questions[months[0]]
    answers = [ask_coverage(opened, one) for one in questions.values()]
    answer = answers[0]
    names = opened.value("facilities").get("name")
    told = describe_question(template, answers, months)
    if as_json:
        table = found.drop(columns="geometry").rename_axis("gap_id").reset_index()
        typer.echo(json.dumps({**told, "gaps": list_rows(table), "notes": list(answer.notes)},
                              ensure_ascii=False, indent=1))
    else:
        title = (f"{template.profile}, {tell_when(months, start)}{tell_heat(answers)}"
                 f"{tell_choices(template)}")
        _print(found, title, names, top=top, synthetic=answer.provenance.synthetic,
               known_only=known_only)
        for note in answer.notes:
            say(f"note: {note}", quiet=quiet)
    if out is not None:
        folder = write_answer(opened, first, out, told, holder=holder)
        say(f"restricted results in {folder}", quiet=quiet)


def _choose_legs(text: str, corridor: str, study: Study) -> tuple[str, ...]:
    from georisk.corridors import find_corridor_faults
    from georisk.coverage.telling import list_ways
    from georisk.spelling import suggest_names
    from layers.errors import CallError

    legs = tuple(leg.strip() for leg in text.split(",") if leg.strip())
    if not legs:
        return ()
    if corridor:
        raise CallError("--legs and --corridor: give one of them")
    known = set(study.layer("routes").frame.index)
    unknown = sorted({leg.removeprefix("-") for leg in legs} - known)
    if unknown:
        near = suggest_names(unknown[0], sorted(known))
        raise CallError(f"--legs: no leg named {', '.join(unknown)}: {near and near + ' '}"
                        "see `georisk list legs`")
    faults = find_corridor_faults(study.layer("routes").frame, list_ways(study, legs=legs))
    if faults:
        raise CallError("--legs: " + "; ".join(f"{one.id}: {one.reason}" for one in faults))
    return legs


def _print(
    found: pd.DataFrame, title: str, names: pd.Series | None, *, top: int, synthetic: bool,
    known_only: bool,
) -> None:
    from georisk.coverage.telling import join_corridors

    found = join_corridors(found) if len(found) else found
    rows = [_tell(row, names) for _, row in found.head(top).iterrows()]
    told = f", the gravest {len(rows)} of {len(found)}" if len(rows) < len(found) else ""
    worst = len(set(found["month"])) > 1
    print_groups(f"Gaps: {title} (restricted){told}",
                 ("from - to", "service", "km", "hours on foot", "days", "severity",
                  *(["month"] if worst else []), "next place", "from place to place", "corridor"),
                 [row if worst else (*row[:6], *row[7:]) for row in rows], synthetic=synthetic)
    print_text(_UNBEARABLE)
    if not known_only:
        print_text(_COUNTED)


def _tell(row: pd.Series, names: pd.Series | None) -> tuple[str, ...]:
    ends = " - ".join("?" if is_missing(row[name]) else str(row[name])
                      for name in ("from_place", "to_place"))
    way = f"{row['corridor']} {row['direction']}"
    return (ends, str(row["service"]), f"{row['length_km']:,.0f}", _tell_hours(row),
            _whole(row["days"]), str(row["severity"]), name_month(row["month"]),
            _tell_next(row, names), _tell_between(row, names), way)


def _tell_hours(row: pd.Series, walk: str = "walk_h") -> str:
    if is_missing(row[walk]):
        return f"not{TIE}on{TIE}foot"
    return f"{row[walk]:,.0f}{TIE}({row[f'{walk}_p10']:,.0f}-{row[f'{walk}_p90']:,.0f})"


def _tell_next(row: pd.Series, names: pd.Series | None) -> str:
    """The nearest place ahead of the entry, wherever it lies, and the water to it."""
    water = _tell_water(row, "litres", "carried_km")
    if is_missing(row["next_h"]):
        return f"none ahead{f'; to its end{water[1:]}' if water else ''}"
    name = _name(row["next_id"], names) or "a place"  # which one is told of walks alone
    told = f"in {row['next_h']:,.1f} h ({row['beyond_h']:,.1f} too far)"
    off_km = row["next_off_km"]
    aside = "" if is_missing(off_km) or off_km < 1 else f", {off_km:,.0f} km off the corridor"
    return f"{name} {told}{aside}{water}".strip()


def _tell_between(row: pd.Series, names: pd.Series | None) -> str:
    """The walk from the last place before the gap through it to the first after it."""
    ends = [_name(row[end], names) for end in ("last_id", "after_id")]
    if is_missing(row["between_h"]):
        missing = [word for end, word in zip(ends, ("before", "after"), strict=True) if not end]
        return f"no place {' or '.join(missing)} it" if missing else ""
    days = "day" if row["between_days"] == 1 else "days"
    return (f"{ends[0]} - {ends[1]}: {row['between_km']:,.0f} km, "
            f"{_tell_hours(row, 'between_h')} h, {_whole(row['between_days'])} {days}"
            f"{_tell_water(row, 'between_litres', 'between_carried_km')}")


def _tell_water(row: pd.Series, litres: str, carried_km: str) -> str:
    if is_missing(row[litres]):
        return ""
    gone = row[carried_km]
    after = "" if is_missing(gone) else f", water carried gone after {gone:,.1f} km"
    return f", {row[litres]:,.0f} L{after}"


def _name(place: object, names: pd.Series | None) -> str:
    if is_missing(place):
        return ""
    name = place if names is None else names.get(place, place)
    return str(place if is_missing(name) else name)


def _whole(value: float) -> str:
    return "" if is_missing(value) else f"{value:,.0f}"
