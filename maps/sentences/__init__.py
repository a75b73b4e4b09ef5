"""An explanation in words: one sentence, then what it rests on, in four languages."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from decimal import Decimal
from importlib.resources import files
from typing import TYPE_CHECKING

from georisk.explaining import MIN_FACTOR
from georisk.risk import INSUFFICIENT, EvidenceRules
from maps.catalogues import Words, load_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from georisk.explaining import Explanation, Reason

_LEAST = 0.001
_LEAST_INTENSITY = 0.01
_WHOLE = 100
_PERCENT = 100


@dataclass(frozen=True)
class Label:
    """What a factor from a layer of the study is called in one language, and its unit."""

    title: str
    unit: str = ""


@dataclass(frozen=True)
class Told:
    """An explanation in words.

    Attributes
    ----------
    sentence : str
        Why the segment scores as it does, or that nothing can be said.
    facts : tuple of (str, str)
        What and how much: class, interval, evidence, kinds of harm, place.
    notes : tuple of str
        What is not measured, and how not to read it.
    """

    sentence: str
    facts: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]


def load_sentences(lang: str) -> Words:
    """Read the words of a language with those of `maps.catalogues` behind them.

    In Creole every sentence waits for a native speaker.

    Raises
    ------
    CallError
        If there is no such catalogue.

    Examples
    --------
    >>> load_sentences("es").say("interval", low="1.2", high="3")
    'entre 1.2 y 3 incidentes por 100 km y año (90 %)'
    """
    words = load_words(lang)
    path = files("maps") / "sentences" / f"{lang}.toml"
    own = tomllib.loads(path.read_text(encoding="utf-8"))
    waiting = tuple(own) if lang == "ht" else ()
    return Words(lang, {**words.texts, **own}, (*words.review, *waiting))


def tell_explanation(
    explanation: Explanation, words: Words, *, labels: Mapping[str, Label] | None = None
) -> Told:
    """Put an explanation into words.

    Parameters
    ----------
    words : Words
        From `load_sentences`.
    labels : mapping of str to Label, optional
        For factors that the study's own layers brought, by name.

    Notes
    -----
    The printed factors multiply to the printed ratio before rounding to two digits.
    """
    if explanation.evidence == INSUFFICIENT:
        return _tell_nothing(explanation, words)
    facts = [
        (words["class"], words[f"class_{explanation.risk_class}"]),
        (words["intensity"], _tell_interval(explanation, words)),
    ]
    if explanation.harms:
        facts.append((words["harms"], _tell_harms(explanation, words)))
    facts.append((words["evidence"], words[f"evidence_{explanation.evidence}"]))
    if explanation.reference_id != explanation.segment_id:
        other = words.say("compared_segment", id=explanation.reference_id)
        facts.append((words["compared"], other))
    notes = [words["note_deaths"], words["note_not_measured"], words["note_factors"]]
    if explanation.harms:
        notes.append(words["note_harms"])
    if (explanation.equal_detection or 1.0) >= MIN_FACTOR:
        times = show_number(explanation.equal_detection or 1.0, words)
        notes.append(words.say(f"equal_detection_{explanation.scope}", times=times))
    return Told(_tell_ratio(explanation, words, labels or {}), tuple(facts), tuple(notes))


def _tell_nothing(explanation: Explanation, words: Words) -> Told:
    rules = EvidenceRules()
    needs = words.say(
        "what_would_help", km=f"{rules.modelled_km:.0f}", years=f"{rules.modelled_years:.0f}",
        count=rules.min_located,
    )
    facts = ((words["class"], words["class_insufficient"]),
             (words["evidence"], words[f"evidence_{explanation.evidence}"]))
    notes = (needs, words["note_deaths"], words["note_not_measured"], words["note_little_known"])
    return Told(words["nothing_can_be_said"], facts, notes)


def _tell_ratio(explanation: Explanation, words: Words, labels: Mapping[str, Label]) -> str:
    if explanation.ratio is None:
        return words["nothing_at_median" if explanation.intensity else "nothing_near"]
    if explanation.segment_id == explanation.reference_id:
        return words[f"is_median_{explanation.scope}"]
    parts = [_tell_reason(reason, words, labels) for reason in explanation.reasons]
    if explanation.rest_names or not parts:
        parts.append(words.say("reason_rest", factor=show_number(explanation.rest or 1.0, words)))
    return words.say(f"median_{explanation.scope}", times=show_number(explanation.ratio, words),
                     reasons=", ".join(parts))


def _tell_reason(reason: Reason, words: Words, labels: Mapping[str, Label]) -> str:
    label = labels.get(reason.name, Label(reason.name))
    known = f"reason_{reason.name}" in words
    key = f"reason_{reason.name}" if known else "reason_other"
    value = show_value(reason, words, unit=reason.unit or label.unit)
    if not value and f"{key}_bare" in words:
        key = f"{key}_bare"
    factor = show_number(reason.factor, words)
    return words.say(key, factor=factor, value=value, title=label.title)


def show_value(reason: Reason, words: Words, *, unit: str) -> str:
    """What was measured at the segment, with its unit; empty where it is not known.

    Examples
    --------
    >>> from georisk.explaining import Reason
    >>> words = load_sentences("es")
    >>> show_value(Reason("border", 1.4, 8.2), words, unit="km")
    '8 km'
    >>> show_value(Reason("border", 1.4, 0.3), words, unit="km")
    'menos de 1 km'
    """
    value = reason.value
    if value is None:
        return ""
    if unit == "class":
        return words.texts.get(f"land_{value:02.0f}", "")
    if unit == "km" and value < 1:
        return words.say("under", value="1 km")
    if unit == "share":
        return f"{_show_whole(value * _PERCENT, words)} %"
    whole = unit in {"km", "m", "degC", "people"}
    shown = _show_whole(value, words) if whole else show_number(value, words)
    if unit in {"", "people", "per year"}:
        return shown
    return f"{shown} {'°C' if unit == 'degC' else unit}"


def show_number(value: float, words: Words, *, least: float = _LEAST) -> str:
    """A number of two significant digits in the marks of a language.

    Parameters
    ----------
    least : float
        What is smaller, but not 0, reads "less than" this.

    Examples
    --------
    >>> words = load_sentences("en")
    >>> [show_number(value, words) for value in (3.14, 0.0449, 12345.0, 1.0, 0.0)]
    ['3.1', '0.045', '12,000', '1.0', '0']
    >>> show_number(3.14, load_sentences("fr"))
    '3,1'
    """
    if value == 0:
        return "0"
    if abs(value) < least:
        return words.say("under", value=show_number(least, words, least=0.0).rstrip("0"))
    rounded = Decimal(f"{value:.1e}")
    places = max(0, 1 - rounded.adjusted())
    marks = str.maketrans({",": words["thousands_mark"], ".": words["decimal_mark"]})
    return f"{rounded:,.{places}f}".translate(marks)


def _show_whole(value: float, words: Words) -> str:
    return f"{round(value)}" if abs(value) < _WHOLE else show_number(value, words)


def _tell_interval(explanation: Explanation, words: Words) -> str:
    if explanation.low is None or explanation.high is None:
        return words["interval_unknown"]
    low, high = (show_number(value, words, least=_LEAST_INTENSITY)
                 for value in (explanation.low, explanation.high))
    return words.say("interval", low=low, high=high)


def _tell_harms(explanation: Explanation, words: Words) -> str:
    told = []
    for name, share in explanation.harms:
        percent = round(_PERCENT * share)
        key = "harm" if percent else "harm_some"
        told.append(words.say(key, name=words[f"harm_{name}"], share=percent))
    return ", ".join(told)


def show_km(value_km: float, words: Words) -> str:
    """Kilometres along a leg, to 100 m.

    Examples
    --------
    >>> show_km(11.04, load_sentences("fr"))
    '11,0'
    """
    return f"{value_km:.1f}".replace(".", words["decimal_mark"])
