"""What ``coverage`` and ``gaps`` are asked: for whom, when, where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
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
_YEAR, _WORST = "year", "worst"
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August",
           "September", "October", "November", "December")


def choose_months(text: str, study: Study) -> tuple[int | None, ...]:
    """Months that are asked for; None is the whole year."""
    from layers.errors import CallError

    if not text:
        return (study.config.reference.month,)
    if text in {_YEAR, _WORST}:
        return (None,) if text == _YEAR else tuple(range(1, len(_MONTHS) + 1))
    if not text.isdecimal() or not 1 <= int(text) <= len(_MONTHS):
        raise CallError(f"--month {text!r}: give 1 to 12, worst or year")
    return (int(text),)


def choose_directions(text: str, study: Study) -> tuple[str, ...]:
    """Directions along corridors that are told of."""
    from layers.errors import CallError

    if text == "both":
        return _DIRECTIONS
    if text and text not in _DIRECTIONS:
        raise CallError(f"--direction {text!r}: there are forward, backward and both")
    return (text or study.config.headline_direction,)


def check_corridor(corridor: str, study: Study) -> None:
    """Refuse a corridor that the study has not."""
    from layers.errors import CallError

    if corridor and corridor not in study.config.corridors:
        known = ", ".join(sorted(study.config.corridors))
        raise CallError(f"--corridor {corridor!r}: there are {known}")


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
    question: Question, answer: Answer, months: tuple[int | None, ...]
) -> dict[str, object]:
    """Everything that was asked, as JSON: numbers without it say little."""
    return {"profile": question.profile, "months": list(months),
            "start_hour": question.start_hour, "services": list(question.services),
            "mode": question.mode, "carried_l": answer.traveller.carried_l,
            "known_only": question.known_only, "synthetic": answer.provenance.synthetic,
            "audience": "restricted"}


def write_answer(study: Study, question: Question, out: Path, told: dict[str, object]) -> None:
    """Write the layers of an answer, and beside them what was asked."""
    import json

    from georisk.coverage.telling import publish_answers
    from georisk.results import write_results

    folder = out / "restricted"
    write_results(folder, publish_answers(study, question))
    path = folder / "asked.json"
    path.write_text(json.dumps({"study": study.config.name, "as_of": study.as_of.isoformat(),
                                **told}, ensure_ascii=False, indent=1), encoding="utf-8")
    path.chmod(0o600)


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
