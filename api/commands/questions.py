"""What planners' commands are asked: for whom, when, where; and how heat is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

    from georisk.coverage.asking import Answer, Question
    from georisk.study import Study

ServiceOption = Annotated[
    str, typer.Option("--service", help="Services, joined by commas (default: the study's).")
]
ProfileOption = Annotated[
    str, typer.Option("--profile", help="For whom (default: the study's reference).")
]
MonthOption = Annotated[
    str, typer.Option("--month", help="1 to 12, worst, or year (default: the study's reference).")
]
StartOption = Annotated[
    float | None, typer.Option("--start-hour", help="Solar time at which each day's walk begins.",
                               show_default=False)
]
CorridorOption = Annotated[str, typer.Option("--corridor", help="Only this corridor.")]
DirectionOption = Annotated[
    str, typer.Option("--direction", help="forward, backward or both (default: the study's "
                      "headline).")
]
ModeOption = Annotated[
    str, typer.Option("--mode", help="foot or legs: judge every service on foot, or by the legs' "
                      "own modes (default: each by its own measure).")
]
CarriedOption = Annotated[
    float | None, typer.Option("--carried", help="Litres of water from a filled start.",
                               show_default=False)
]
KnownOption = Annotated[
    bool, typer.Option("--known-only", help="Count only places whose months and hours are known.")
]

_DIRECTIONS = ("forward", "backward")
_DECIMALS = 4
_NOTHING_KM = 1e-6
_YEAR, _WORST = "year", "worst"
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August",
           "September", "October", "November", "December")


def choose_months(text: str, study: Study) -> tuple[int | None, ...]:
    """Months that are asked for; None is the whole year."""
    if not text:
        return (study.config.reference.month,)
    if text in {_YEAR, _WORST}:
        return (None,) if text == _YEAR else tuple(range(1, len(_MONTHS) + 1))
    return (read_month(text, f"1 to 12, {_WORST} or {_YEAR}"),)


def read_month(text: str, choices: str = "1 to 12") -> int:
    """Read a month by its number; one that is written out is told its number.

    Raises
    ------
    CallError
        Saying what there is.

    Examples
    --------
    >>> read_month("6")
    6
    """
    from georisk.spelling import suggest_names
    from layers.errors import CallError

    if text.isdecimal() and 1 <= int(text) <= len(_MONTHS):
        return int(text)
    numbers = {name: f"{name} = {n}" for n, name in enumerate(_MONTHS, start=1)}
    near = suggest_names(text, [*_MONTHS, *(word for word in (_WORST, _YEAR) if word in choices)])
    for name, told in numbers.items():
        near = near.replace(name, told)
    raise CallError(f"--month {text[:40]!r}: {near and near + ' '}give {choices}")


def choose_directions(text: str, study: Study) -> tuple[str, ...]:
    """Directions along corridors that are told of."""
    from georisk.spelling import tell_names
    from layers.errors import CallError

    if text == "both":
        return _DIRECTIONS
    if text and text not in _DIRECTIONS:
        raise CallError(f"--direction {text[:40]!r}: {tell_names(text, (*_DIRECTIONS, 'both'))}")
    return (text or study.config.headline_direction,)


def check_corridor(corridor: str, study: Study) -> None:
    """Refuse a corridor that the study has not."""
    from georisk.spelling import tell_names
    from layers.errors import CallError

    if corridor and corridor not in study.config.corridors:
        known = sorted(study.config.corridors)
        raise CallError(f"--corridor {corridor[:60]!r}: {tell_names(corridor, known)}")


def split_names(text: str) -> tuple[str, ...]:
    """Names joined by commas, sorted."""
    return tuple(sorted({name.strip() for name in text.split(",")} - {""}))


def make_questions(
    template: Question, months: tuple[int | None, ...]
) -> dict[int | None, Question]:
    """Ask the same for several months."""
    from dataclasses import replace

    return {month: replace(template, month=month) for month in months}


def tell_when(months: tuple[int | None, ...], start_hour: float) -> str:
    """For which time of the year it is told.

    Examples
    --------
    >>> tell_when((6,), 6.0)
    'June, days begin at 6'
    >>> tell_when((None,), 6.0)
    'whole year, no heat counted'
    """
    if months == (None,):
        return "whole year, no heat counted"
    told = "the worst month of each" if len(months) > 1 else name_month(months[0])
    return f"{told}, days begin at {start_hour:g}"


def tell_heat(answers: Sequence[Answer]) -> str:
    """What a title says where nobody knows the heat of a month; of several the worst known."""
    unknown_km = max(answer.unknown_heat_km for answer in answers)
    if not unknown_km:
        return ""
    if judge_heat(answers) == "unknown":
        return ", HEAT UNKNOWN (none counted)"
    return f", HEAT UNKNOWN on {unknown_km:,.0f} km (none counted there)"


def judge_heat(answers: Sequence[Answer]) -> str:
    """Whether heat is counted, as JSON says it: not counted, known, unknown in part, unknown."""
    if all(answer.question.month is None for answer in answers):
        return "not counted"
    worst = max(answers, key=lambda answer: answer.unknown_heat_km)
    if not worst.unknown_heat_km:
        return "known"
    on_land = worst.lines["mode"] != "boat"
    land_km = float(worst.lines.loc[on_land, "length_km"].sum())
    return "unknown" if worst.unknown_heat_km >= land_km - _NOTHING_KM else "unknown in part"


def tell_choices(question: Question) -> str:
    """What was asked besides profile and month, for a title; empty where all is as usual.

    Examples
    --------
    >>> from georisk.coverage.asking import Question
    >>> tell_choices(Question("family", 6, carried_l=6.0, known_only=True, mode="foot"))
    ', 6 L carried, places of known hours only, all on foot'
    """
    told = [f"{question.carried_l:g} L carried"] if question.carried_l is not None else []
    told += ["places of known hours only"] if question.known_only else []
    told += {"foot": ["all on foot"], "legs": ["all by the legs' own modes"]}.get(question.mode, [])
    return "".join(f", {part}" for part in told)


def describe_question(
    question: Question, answers: Sequence[Answer], months: tuple[int | None, ...]
) -> dict[str, object]:
    """Everything that was asked, as JSON: numbers without it say little.

    ``answers`` are those of all months; ``heat`` tells of the one of which least is known.
    """
    answer = answers[0]
    return {"profile": question.profile, "months": list(months), "heat": judge_heat(answers),
            "heat_unknown_km": round(max(one.unknown_heat_km for one in answers), _DECIMALS),
            "start_hour": question.start_hour, "services": list(question.services),
            "mode": question.mode, "carried_l": answer.traveller.carried_l,
            "known_only": question.known_only, "synthetic": answer.provenance.synthetic,
            "audience": "restricted"}


def write_answer(
    study: Study, question: Question, out: Path, told: dict[str, object], *, holder: str
) -> Path:
    """Write the layers of an answer, and beside them what was asked; the folder they are in."""
    from api.commands.options import write_folder
    from georisk.coverage.telling import publish_answers

    asked = {"study": study.config.name, "as_of": study.as_of.isoformat(), **told}
    return write_folder(publish_answers(study, question), out, study, holder=holder, asked=asked)


def name_month(month: int | None) -> str:
    """English name of a month; empty for the year."""
    return "" if month is None else _MONTHS[int(month) - 1]


def list_rows(table: pd.DataFrame) -> list[dict[str, object]]:
    """Rows as JSON knows them: numbers to four places, none for what is missing."""
    from layers.geojson import to_json_values

    columns = {str(name): to_json_values(_round(table[name])) for name in table.columns}
    return [dict(zip(columns, values, strict=True))
            for values in zip(*columns.values(), strict=True)]


def _round(column: pd.Series) -> pd.Series:
    return column.round(_DECIMALS) if column.dtype.kind == "f" else column
