"""Causes of death in free words to incident classes, by the table ``iom_causes.toml``."""

from __future__ import annotations

import html
import re
import tomllib
import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

CAUSES_FILE = Path(__file__).parent / "iom_causes.toml"
UNKNOWN = "unk"
UNMAPPED = (UNKNOWN, "unmapped")
MIXED = (UNKNOWN, "mixed")
OTHER_WORDING = "[other wording]"
_MAX_WORDS = 200
_MAX_SHOWN = 60
_MAX_SHOWN_WORDS = 8


@dataclass(frozen=True)
class Rule:
    """One row of the table: phrases that mean a class and subtype.

    Attributes
    ----------
    phrases : tuple of tuple of str
        Words side by side, folded; a word ending in ``*`` fits any ending.
    """

    class_: str
    subtype: str
    phrases: tuple[tuple[str, ...], ...]


@lru_cache(maxsize=1)
def load_rules() -> tuple[tuple[Rule, ...], frozenset[str]]:
    """Rules in the order of the table, and the words that do not count."""
    table = tomllib.loads(CAUSES_FILE.read_text(encoding="utf-8"))
    skip = frozenset(word for text in table["skip"] for word in _split_words(text))
    rules = tuple(
        Rule(row["class"], row["subtype"],
             tuple(_fold_words(words, skip) for words in row["words"]))
        for row in table["cause"]
    )
    return rules, skip


@lru_cache(maxsize=8192)
def classify_cause(text: str) -> tuple[str, str]:
    """Map a cause of death to an incident class and subtype; two classes at once are ``unk``.

    Examples
    --------
    >>> classify_cause("Presumed drowning")
    ('wat', 'drowning')
    >>> classify_cause("Unknown (skeletal remains)")
    ('unk', 'unknown')
    >>> classify_cause("Shot in vehicle; dehydration")
    ('unk', 'mixed')
    >>> classify_cause("Lost in the fallow fields")
    ('unk', 'unmapped')
    """
    rules, skip = load_rules()
    words = _fold_words(html.unescape(text), skip)[:_MAX_WORDS]
    found = [rules[number] for number in _find_rules(words)]
    classes = {rule.class_ for rule in found} - {UNKNOWN}
    if len(classes) > 1 or MIXED in {(rule.class_, rule.subtype) for rule in found}:
        return MIXED
    for rule in found:
        if not classes or rule.class_ in classes:
            return rule.class_, rule.subtype
    return UNMAPPED if words else (UNKNOWN, "unknown")


def count_unmapped(texts: Iterable[str]) -> dict[str, dict[str, int]]:
    """What could not be given a class, by reason, and how often each wording occurs.

    A wording that is long, holds digits, or past its beginning a word in capitals that the table
    does not know (a name, it may be) is counted as "[other wording]".

    Examples
    --------
    >>> count_unmapped(["Drowning", "Lost", "Lost", "Last seen with Ana Doe"])
    {'cause of death': {'lost': 2, '[other wording]': 1}}
    """
    headings = {UNMAPPED: "cause of death", MIXED: "cause of death, several at once"}
    counts: dict[str, Counter[str]] = {heading: Counter() for heading in headings.values()}
    for text in texts:
        heading = headings.get(classify_cause(text))
        if heading:
            counts[heading][_show_wording(text)] += 1
    return {
        heading: dict(sorted(count.items(), key=lambda item: (-item[1], item[0])))
        for heading, count in counts.items() if count
    }


def _show_wording(text: str) -> str:
    plain = " ".join(html.unescape(text).replace("_", " ").split())
    words = re.findall(r"[^\W\d_]+", plain)
    long = len(plain) > _MAX_SHOWN or len(words) > _MAX_SHOWN_WORDS
    named = any(word != word.lower() and not _is_known(word) for word in words[1:])
    odd = not words or any(sign.isdigit() or sign in "@#" for sign in plain)
    return OTHER_WORDING if long or named or odd or not plain.isprintable() else plain.lower()


def _is_known(word: str) -> bool:
    """Whether the table has every part of a word: then it is no name."""
    skip = load_rules()[1]
    return all(
        part in skip or any(_fits(pattern, part) for pattern in _list_vocabulary())
        for part in _split_words(word)
    )


@lru_cache(maxsize=1)
def _list_vocabulary() -> frozenset[str]:
    return frozenset(
        word for rule in load_rules()[0] for phrase in rule.phrases for word in phrase
    )


def _split_words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return re.findall(r"[^\W_]+\*?", plain)


def _fold_words(text: str, skip: frozenset[str]) -> tuple[str, ...]:
    return tuple(word for word in _split_words(text) if word not in skip)


def _find_rules(words: tuple[str, ...]) -> list[int]:
    """Numbers of the rules that fit, in their order, without phrases inside longer ones."""
    spans: dict[tuple[int, int], set[int]] = {}
    for start, word in enumerate(words):
        for number, phrase in _list_phrases().get(word[:1], ()):
            rest = words[start:start + len(phrase)]
            if len(rest) == len(phrase) and all(map(_fits, phrase, rest)):
                spans.setdefault((start, start + len(phrase)), set()).add(number)
    kept = {
        number for span, numbers in spans.items() if not _is_inside(span, spans)
        for number in numbers
    }
    return sorted(kept)


@lru_cache(maxsize=1)
def _list_phrases() -> dict[str, list[tuple[int, tuple[str, ...]]]]:
    """Phrases and the numbers of their rules, by the first letter of the phrase."""
    phrases: dict[str, list[tuple[int, tuple[str, ...]]]] = {}
    for number, rule in enumerate(load_rules()[0]):
        for phrase in rule.phrases:
            phrases.setdefault(phrase[0][:1], []).append((number, phrase))
    return phrases


def _fits(pattern: str, word: str) -> bool:
    return word.startswith(pattern[:-1]) if pattern.endswith("*") else word == pattern


def _is_inside(span: tuple[int, int], spans: Iterable[tuple[int, int]]) -> bool:
    start, end = span
    return any(a <= start and end <= b and (a, b) != span for a, b in spans)
