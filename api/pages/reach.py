"""What is near: the next places from a town, and the gaps of each corridor."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from api.pages.analysis import link_feature, name_corridors
from api.pages.forms import fill_template
from api.pages.surroundings import surround
from api.pages.tables import tabulate_rows
from api.pages.towns import list_known_towns, list_towns, write_direction
from api.pages.words import write_value
from api.stock.profile import find_source

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from api.asking.ask import Ask

_NEAREST_COLUMNS = (
    "name", "services", "km", "walk_h", "towards", "check", "opens", "months", "phone",
    "last_verified",
)
_UNKNOWN = {"phone": "not known", "check": "none"}


def show_nearest(document: Mapping[str, Any], ask: Ask) -> str:
    """List the next places with what they offer, both ways; ask for a town where none was named."""
    rows = [
        {**{name: row.get(name) or _UNKNOWN.get(name, row.get(name))
            for name in _NEAREST_COLUMNS},
         "name": row.get("name") or row.get("place_id"),
         "links": [{"href": link_feature(ask, row["layer"], row["place_id"])}]
         if row.get("layer") and row.get("place_id") else []}
        for row in join_rows(document["nearest"])
    ]
    start = document["from"]
    around = surround(
        ask, document, title=f"Next places from {start}" if start else "Next places from a town",
        synthetic=document["synthetic"],
    )
    return fill_template(
        # Without a town there is nothing but the form to be had.
        "nearest.html", around=around if start else replace(around, formats=()),
        note=document["note"], start=start,
        table=tabulate_rows(rows) if rows else None, nearest=describe_nearest_form(ask),
    )


def join_rows(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Join rows of one place: its services, and the ends that it lies towards; nearest first.

    Examples
    --------
    >>> rows = [{"place_id": "a", "km": 1.0, "service": service, "towards": end}
    ...         for service in ("food", "water") for end in ("B", "C")]
    >>> [(row["services"], row["towards"]) for row in join_rows(rows)]
    [(['food', 'water'], 'B, C')]
    """
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in rows:
        key = tuple(map(row.get, ("layer", "place_id", "km", "walk_h")))
        kept = found.setdefault(key, {**row, "services": set(), "towards": set()})
        kept["services"].add(row["service"])
        kept["towards"] |= {row.get("towards") or ""} - {""}
    joined = [{**row, "services": sorted(row["services"]),
               "towards": ", ".join(sorted(row["towards"]))} for row in found.values()]
    return sorted(joined, key=_measure)


def _measure(row: Mapping[str, Any]) -> tuple[float, str, str]:
    km = row.get("km")
    return math.inf if km is None else km, str(row.get("place_id")), row["towards"]


def describe_nearest_form(ask: Ask) -> dict[str, Any] | None:
    """Towns and services to choose from; None where there are no corridors."""
    if "corridors" not in ask.room.collections:
        return None
    return {"action": f"{ask.base}/nearest", "place": ask.texts.get("place", ""),
            "towns": ask.room.make(("pages", "known"), lambda: list_known_towns(ask.room)),
            "service": ask.texts.get("service", ""), "services": _name_services()}


def _name_services() -> list[tuple[str, str]]:
    from georisk.places import list_services

    return [(name, write_value(name, name="service")) for name in list_services()]


def show_coverage(document: Mapping[str, Any], ask: Ask) -> str:
    """Show what is within reach: for each corridor its longest gap, and a table."""
    names, legs = name_corridors(ask), ask.room.door.corridors()
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in document["coverage"]:
        found.setdefault(row["corridor"], []).append(row)
    profiled = find_source(ask.room) is not None
    corridors = []
    for name, rows in found.items():
        towns = list_towns(ask.room, legs.get(name, ()))
        corridors.append({
            "name": names.get(name, name),
            "longest": tell_longest(rows),
            "table": tabulate_rows([_tell_reach(row, towns) for row in rows]),
            "href": f"{ask.base}/corridors/{quote(name)}/profile" if profiled else "",
        })
    around = surround(ask, document, title="Coverage", synthetic=document["synthetic"])
    return fill_template(
        "coverage.html", around=around, note=document["note"], corridors=corridors,
        is_open=len(corridors) == 1 or "corridor" in ask.texts,
        form={"action": f"{ask.base}/coverage", "services": _name_services(),
              "service": ask.texts.get("service", ""), "corridor": ask.texts.get("corridor", ""),
              "corridors": [(key, text) for key, text in names.items() if key in legs]},
    )


def tell_longest(rows: Sequence[Mapping[str, Any]]) -> str:
    """Tell the longest gap of some rows in words; empty if none has one.

    Examples
    --------
    >>> gaps = [{"words": "a", "walk_h": 5}, {"words": "b", "walk_h": None}]
    >>> tell_longest([{"service": "food", "longest_gap": gap} for gap in [*gaps, None]])
    'b'
    """
    known = [row for row in rows if row.get("longest_gap")]
    if not known:
        return ""
    # Where nobody can walk through there are no hours: such a gap is longer than any other.
    longest = max(known, key=lambda row: math.inf if row["longest_gap"].get("walk_h") is None
                  else row["longest_gap"]["walk_h"])
    words = longest["longest_gap"].get("words")
    service = write_value(longest["service"], name="service")
    return str(words or f"{service}: {_tell_gap(longest['longest_gap'])}")


def _tell_gap(gap: Mapping[str, Any]) -> str:
    where = " to ".join(gap[end] for end in ("from_place", "to_place") if gap.get(end))
    told = [where, *(f"{float(gap[name]):.4g} {unit}"
                     for name, unit in (("walk_h", "h on foot"), ("length_km", "km"))
                     if gap.get(name) is not None)]
    return ", ".join(filter(None, told))


def _tell_reach(row: Mapping[str, Any], towns: Sequence[str]) -> dict[str, Any]:
    share, gap = row.get("covered_share"), row.get("longest_gap") or {}
    return {
        "service": write_value(row["service"], name="service"),
        "direction": write_direction(row["direction"], towns),
        "length_km": row.get("length_km"),
        "within_reach": None if share is None else f"{100 * share:.3g} %",
        "gaps": row.get("gaps"),
        "longest_gap": gap.get("words") or _tell_gap(gap) or None,
    }
