"""From the tags of an OpenStreetMap object to the place that it is, by a readable table."""

from __future__ import annotations

import tomllib
import unicodedata
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

TAGS_FILE = Path(__file__).parents[1] / "adapters" / "osm_tags.toml"


@dataclass(frozen=True)
class Rule:
    """One row of the table.

    Attributes
    ----------
    when, unless : tuple of (str, frozenset of str)
        Key and the values that fit; ``*`` is any but ``no``.
    contains : tuple of (str, tuple of str)
        Key and the folded parts of which one is enough.
    layer, kind, label, reason : str
    layers : frozenset of str
        Layers that a sealing row is for; empty is all.
    services : tuple of str
    personal : bool
        Named after a person as a rule: name and phone stay out.
    """

    when: tuple[tuple[str, frozenset[str]], ...] = ()
    unless: tuple[tuple[str, frozenset[str]], ...] = ()
    contains: tuple[tuple[str, tuple[str, ...]], ...] = ()
    layer: str = ""
    kind: str = ""
    label: str = ""
    reason: str = ""
    layers: frozenset[str] = frozenset()
    services: tuple[str, ...] = ()
    personal: bool = False


@dataclass(frozen=True)
class Rules:
    """The table: rows by what they decide, and the keys that make an object worth a look."""

    aside: tuple[Rule, ...]
    place: tuple[Rule, ...]
    extra: tuple[Rule, ...]
    sealed: tuple[Rule, ...]
    operator_kinds: Mapping[str, str]
    keys: tuple[str, ...]


@dataclass(frozen=True)
class Verdict:
    """What an object is.

    Attributes
    ----------
    layer : str
        Empty: no place of ours.
    kind, label : str
    services : tuple of str
        Sorted.
    reason : str
        Why an object that looks like a place is left aside.
    sealed, personal : bool
        Leaves by no door; bears a person's name as a rule.
    """

    layer: str = ""
    kind: str = ""
    label: str = ""
    services: tuple[str, ...] = ()
    reason: str = ""
    sealed: bool = False
    personal: bool = False


@lru_cache(maxsize=1)
def load_rules() -> Rules:
    """Read the table ``osm_tags.toml``.

    Examples
    --------
    >>> "amenity" in load_rules().keys
    True
    """
    table = tomllib.loads(TAGS_FILE.read_text(encoding="utf-8"))
    place = tuple(_read_rule(row) for row in table["place"])
    return Rules(
        aside=tuple(_read_rule(row) for row in table["aside"]),
        place=place,
        extra=tuple(_read_rule(row) for row in table["extra"]),
        sealed=tuple(_read_rule(row) for row in table["sealed"]),
        operator_kinds=table["operator_kinds"],
        keys=tuple(sorted({rule.when[0][0] for rule in place})),
    )


def _read_rule(row: dict[str, Any]) -> Rule:
    return Rule(
        when=_read_values(row.get("when", {})),
        unless=_read_values(row.get("unless", {})),
        contains=tuple((key, tuple(parts)) for key, parts in row.get("contains", {}).items()),
        layer=row.get("layer", ""), kind=row.get("kind", ""), label=row.get("label", ""),
        reason=row.get("reason", ""), layers=frozenset(row.get("layers", ())),
        services=tuple(row.get("services", ())), personal=row.get("personal", False),
    )


def _read_values(table: dict[str, str]) -> tuple[tuple[str, frozenset[str]], ...]:
    return tuple((key, frozenset(values.split("|"))) for key, values in table.items())


def judge_tags(tags: Mapping[str, str]) -> Verdict:
    """Say which place of help an object is, if any.

    Examples
    --------
    >>> judge_tags({"amenity": "drinking_water", "toilets": "yes"}).services
    ('hygiene', 'water')
    >>> judge_tags({"amenity": "shelter"}).reason
    'amenity=shelter is a roof at a bus stop or on a trail'
    >>> verdict = judge_tags({"social_facility": "shelter", "social_facility:for": "abused"})
    >>> verdict.kind, verdict.sealed
    ('gbv_survivors', True)
    """
    rules = load_rules()
    place = next((rule for rule in rules.place if _fits(rule, tags)), None)
    aside = next((rule for rule in rules.aside if _fits(rule, tags)), None)
    if aside is not None and (place is not None or aside.when[0][0] in rules.keys):
        return Verdict(reason=aside.reason)
    if place is None:
        return Verdict()
    services = set(place.services)
    for rule in rules.extra:
        services |= set(rule.services) if _fits(rule, tags) else set()
    verdict = Verdict(place.layer, place.kind, place.label, tuple(sorted(services)),
                      personal=place.personal)
    for rule in rules.sealed:
        if (not rule.layers or place.layer in rule.layers) and _fits(rule, tags):
            return replace(verdict, kind=rule.kind, services=place.services, sealed=True)
    return verdict


def _fits(rule: Rule, tags: Mapping[str, str]) -> bool:
    if any(_holds(tags.get(key, ""), values) for key, values in rule.unless):
        return False
    if not all(_holds(tags.get(key, ""), values) for key, values in rule.when):
        return False
    if not rule.contains:
        return True
    return any(
        part in text
        for key, parts in rule.contains if (text := fold_text(tags.get(key, "")))
        for part in parts
    )


def _holds(value: str, wanted: frozenset[str]) -> bool:
    items = {item.strip().casefold() for item in value.split(";")} - {""}
    return bool(items & wanted) or ("*" in wanted and bool(items - {"no"}))


def fold_text(text: str) -> str:
    """Lower case without accents.

    Examples
    --------
    >>> fold_text("Estación MIGRATORIA")
    'estacion migratoria'
    """
    parts = unicodedata.normalize("NFKD", text)
    return "".join(c for c in parts if not unicodedata.combining(c)).casefold()
