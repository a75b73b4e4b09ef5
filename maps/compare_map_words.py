"""What differs between two scenarios, in words: stretches, places, services, gaps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from georisk.scenarios.matching import rank_changes
from maps.encoding import to_plain
from maps.places import name_place
from maps.stretches import MOST_LISTED, Stretch, gather_runs, tell_where

if TYPE_CHECKING:
    import pandas as pd

    from maps.catalogues import Words

    Reference = tuple[str, int | None]

_CHANGED = ("lost", "mixed", "won")
_MOST_GAPS = 30
_SHOWN_KM = 0.5  # what whole km show


def list_changed(
    segments: pd.DataFrame | None, service: str, legs: pd.DataFrame | None, words: Words
) -> list[Stretch]:
    """Runs that come into reach of a service or fall out of it, the longest first, in words."""
    if segments is None:
        return []
    runs = gather_runs(segments[segments["service"] == service], "state", _CHANGED)
    return [Stretch(str(run["state"].iloc[0]), tell_where(run, legs, words),
                    _tell_run(run, service, words), run) for run in runs[:MOST_LISTED]]


def _tell_run(run: pd.DataFrame, service: str, words: Words) -> str:
    """Service, what becomes of it, and for whom."""
    whom = run["direction"].unique()
    told = words[f"direction_{whom[0] if len(whom) == 1 else 'both'}"]
    state = words[f"class_{run['state'].iloc[0]}"]
    return f"{words[f'service_{service}']}, {told}: {state}"


def tell_point(row: pd.Series, words: Words) -> str:
    """What is otherwise at a place that both scenarios have."""
    told = []
    if row["change"] == "changed" and to_plain(row["moved_km"]):
        told.append(words.say("point_moved", km=f"{row['moved_km']:.1f}"))
    one, two = (to_plain(row[f"capacity_{side}"]) for side in ("a", "b"))
    if two is not None and one != two:
        before = "" if one is None else f"{one:g} → "
        told.append(f"{words['capacity']}: {before}{two:g} {to_plain(row['capacity_unit']) or ''}")
    return "; ".join(told).strip()


def name_point(row: pd.Series, words: Words) -> str:
    """Name of a place that differs, and how."""
    name = name_place(str(to_plain(row["name"]) or row["place_id"]), words,
                      synthetic=str(row["name"]).startswith("EXAMPLE"))
    more = tell_point(row, words)
    return f"{name}: {words['point_' + str(row['change'])]}" + (f" ({more})" if more else "")


def tell_services(table: pd.DataFrame, words: Words) -> list[str]:
    """Km in reach by service and direction, every leg once, where they differ.

    What is unverified stands apart: one sum would hide that nobody asked.
    """
    whole = table[table["corridor"].isna()]
    told = []
    for _, row in whole.iterrows():
        known = [float(row[f"verified_km_{side}"]) for side in ("a", "b")]
        asked = [float(row[f"covered_km_{side}"]) - km
                 for side, km in zip(("a", "b"), known, strict=True)]
        if max(abs(known[0] - known[1]), abs(asked[0] - asked[1])) <= _SHOWN_KM:
            continue
        km = dict(zip("abcd", (_tell_km(value, words) for value in (*known, *asked)), strict=True))
        told.append(words.say(
            "compared_km", service=words[f"service_{row['service']}"],
            direction=words[f"direction_{row['direction']}"],
            all=_tell_km(float(row["length_km"]), words), **km))
    return told


def _tell_km(km: float, words: Words) -> str:
    return f"{km:,.0f}".replace(",", words["thousands_mark"])


def tell_references(
    names: tuple[str, str], references: tuple[Reference, ...], words: Words
) -> str:
    """For whom and when it holds; of each scenario where they differ, nothing if not known."""
    told = [words.say("compared_for", whom=words[f"profile_{profile}"],
                      when=words["all_year"] if month is None else words[f"month_{month:02d}"])
            for profile, month in references]
    if len(set(told)) <= 1:
        return "".join(told[:1])
    return "; ".join(f"{name} · {text}" for name, text in zip(names, told, strict=True))


def tell_gaps(
    gaps: pd.DataFrame | None, titles: dict[str, str], words: Words
) -> list[str]:
    """Gaps that changed most, a sentence each."""
    if gaps is None:
        return []
    return [
        words.say(
            "compared_gap", change=words[f"gap_{row['change']}"],
            service=words[f"service_{row['service']}"],
            direction=words[f"direction_{row['direction']}"],
            where=words.say("from_to", a=to_plain(row["from_place"]) or "?",
                            b=to_plain(row["to_place"]) or "?"),
            a=f"{row['km_a']:.0f}", b=f"{row['km_b']:.0f}",
            corridor="; ".join(titles.get(name, name) for name in row["corridors"]),
        )
        for _, row in rank_changes(gaps).head(_MOST_GAPS).iterrows()
    ]
