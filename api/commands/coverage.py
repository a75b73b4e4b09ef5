"""``georisk coverage``: how much of the way has help within reach, for whom and when."""

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
    ServiceOption,
    StartOption,
    check_corridor,
    choose_directions,
    choose_months,
    describe_question,
    list_rows,
    make_questions,
    split_names,
    tell_choices,
    tell_heat,
    tell_when,
    write_answer,
)

if TYPE_CHECKING:
    import pandas as pd

    from georisk.corridors import Corridors
    from georisk.coverage.asking import Question
    from georisk.study import Study

_EVERYBODY = "all"


def coverage(
    study: StudyOption = None,
    runs: RunsOption = None,
    service: ServiceOption = "",
    profile: Annotated[
        str, typer.Option("--profile", help="For whom, or all (default: the study's reference).")
    ] = "",
    month: MonthOption = "",
    start_hour: StartOption = None,
    corridor: CorridorOption = "",
    direction: DirectionOption = "",
    mode: ModeOption = "",
    carried: CarriedOption = None,
    known_only: KnownOption = False,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Folder for the restricted layers.")
    ] = None,
    purpose: PurposeOption = "",
    holder: HolderOption = "",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Say how much of each corridor has help within reach. Restricted: for planners."""
    from georisk.coverage.asking import Question, ask_coverage
    from georisk.coverage.telling import list_ways, rank_fragility
    from georisk.services import GROUP_OF_PROFILE
    from layers.errors import CallError

    check_purpose(purpose, out=out)
    opened = open_study(study)
    check_corridor(corridor, opened)
    reference = opened.config.reference
    months = choose_months(month, opened)
    profiles = tuple(GROUP_OF_PROFILE) if profile == _EVERYBODY else (profile or reference.profile,)
    if out is not None and (len(months) > 1 or len(profiles) > 1):
        raise CallError("-o writes the layers of one profile and one month: name them")
    start = reference.start_hour if start_hour is None else start_hour
    asked = [make_questions(Question(one, None, start, split_names(service), mode, carried,
                                     known_only), months) for one in profiles]
    ways = list_ways(opened, corridor=corridor)
    directions = choose_directions(direction, opened)
    tables = [_tabulate(opened, questions, ways, directions) for questions in asked]
    keep_record(find_places(study, runs), "coverage", purpose=purpose, holder=holder)
    first = asked[0][months[0]]
    answers = [ask_coverage(opened, one) for one in asked[0].values()]
    answer = answers[0]
    told = describe_question(first, answers, months)
    if as_json:
        fragile = rank_fragility(opened, asked[0], ways).reset_index(drop=True)
        document = {**told, "rows": [row for table in tables for row in list_rows(table)],
                    "thresholds": list_rows(answer.cover.services.reset_index()),
                    "fragility": list_rows(fragile), "notes": list(answer.notes)}
        typer.echo(json.dumps(document, ensure_ascii=False, indent=1))
    else:
        _print_tables(opened, asked, tables, ways)
        for note in answer.notes:
            say(f"note: {note}", quiet=quiet)
    if out is not None:
        folder = write_answer(opened, first, out, told, holder=holder)
        say(f"restricted results in {folder}", quiet=quiet)


def _tabulate(
    study: Study, questions: dict[int | None, Question], ways: Corridors,
    directions: tuple[str, ...],
) -> pd.DataFrame:
    """Shares with the longest gap of each way, for one profile."""
    from georisk.coverage.telling import ALL_LEGS, name_longest, tabulate_gaps, tabulate_shares

    shares = tabulate_shares(study, questions, ways)
    shares = shares[shares["direction"].isin(directions)]
    whole = {name: steps for name, steps in ways.items() if name != ALL_LEGS}
    longest = name_longest(tabulate_gaps(study, questions, whole))
    profile = next(iter(questions.values())).profile
    keys = zip(shares["corridor"], shares["service"], shares["direction"], strict=True)
    return shares.assign(profile=profile, longest_gap=[longest.get(key) for key in keys])


def _print_tables(
    study: Study, asked: list[dict[int | None, Question]], tables: list[pd.DataFrame],
    ways: Corridors,
) -> None:
    from api.commands.coverage_tables import (
        print_fragility,
        print_profiles,
        print_shares,
        print_thresholds,
    )
    from georisk.coverage.asking import ask_coverage
    from georisk.coverage.telling import rank_fragility

    months = tuple(asked[0])
    first = asked[0][months[0]]
    answers = [ask_coverage(study, one) for one in asked[0].values()]
    synthetic = answers[0].provenance.synthetic
    when = tell_when(months, first.start_hour) + tell_heat(answers) + tell_choices(first)
    if len(tables) > 1:
        print_profiles(tables, when, synthetic=synthetic)
    else:
        print_shares(tables[0], f"{first.profile}, {when}", synthetic=synthetic)
        print_fragility(rank_fragility(study, asked[0], ways), synthetic=synthetic)
    print_thresholds([[ask_coverage(study, one) for one in each.values()] for each in asked])
