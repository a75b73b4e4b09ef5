"""``georisk explain``: why a segment scores as it does, in a sentence."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.options import (
    JsonOption,
    PurposeOption,
    RunsOption,
    StudyOption,
    find_places,
    open_door,
)

if TYPE_CHECKING:
    import pandas as pd

    from georisk.doors import Door
    from georisk.explaining import Explanation
    from maps.catalogues import Words
    from maps.sentences import Label, Told


def explain(
    segment: Annotated[str, typer.Argument(help="Id of a segment: a leg and four digits.")],
    lang: Annotated[str, typer.Option("--lang", help="en, es, fr or ht.")] = "en",
    study: StudyOption = None,
    runs: RunsOption = None,
    purpose: PurposeOption = "",
    as_json: JsonOption = False,
) -> None:
    """Say why a segment scores as it does. Restricted: for planners on this machine."""
    from georisk.explaining import explain_segment
    from maps.sentences import load_sentences, tell_explanation

    words = load_sentences(lang)
    door = open_door(find_places(study, runs), "restricted", action="explain",
                     purpose=purpose.strip() or "planning on this machine")
    explanation = explain_segment(
        door.layer("segments").frame, _read_conditions(door), segment.strip())
    told = tell_explanation(explanation, words, labels=_name_factors(door, explanation, lang))
    if as_json:
        typer.echo(json.dumps(describe(explanation, told, door), ensure_ascii=False, indent=1))
        return
    _print(explanation, told, words)


def _read_conditions(door: Door) -> pd.DataFrame | None:
    return door.layer("conditions").frame if "conditions" in door.names() else None


def _name_factors(door: Door, explanation: Explanation, lang: str) -> dict[str, Label]:
    """Titles of the study's own layers; the id where none is given in this language."""
    from maps.sentences import Label

    shown = set(door.names())
    labels = {}
    for reason in explanation.reasons:
        if reason.name in shown:
            spec = door.spec(reason.name)
            title = spec.title.get(lang) or reason.name  # no language stands in for another
            labels[reason.name] = Label(title, spec.unit)
    return labels


def describe(explanation: Explanation, told: Told, door: Door) -> dict[str, object]:
    """Everything as one JSON document: numbers in full, and the words."""
    return {
        **asdict(explanation),
        "harms": dict(explanation.harms),
        "sentence": told.sentence,
        "facts": dict(told.facts),
        "notes": list(told.notes),
        "as_of": door.as_of.isoformat(),
        "run_id": door.run_id,
        "audience": "restricted",
    }


def _print(explanation: Explanation, told: Told, words: Words) -> None:
    from api.commands.tables import print_facts, print_text, show_value

    print_text(f"{words['audience_restricted']} · {words['title_deaths']}")
    if explanation.synthetic:
        print_text(words["synthetic_banner"])
    print_text(f"\n{show_value(told.sentence)}\n")
    print_facts([*told.facts, *_place(explanation, words)])
    typer.echo()
    for note in told.notes:
        print_text(note)


def _place(explanation: Explanation, words: Words) -> list[tuple[str, str]]:
    from maps.sentences import show_km

    span = (explanation.chainage_from_km, explanation.chainage_to_km)
    first, last = (show_km(value, words) for value in span)
    rows = [
        (words["identifier"], explanation.segment_id),
        (words["stretch"], words.say("km_from_to", a=first, b=last)),
        (words["near"], explanation.near_place),
        (words["corridor"], explanation.corridor),
    ]
    return [row for row in rows if row[1]]
