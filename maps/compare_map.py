"""The map of two scenarios: what comes within reach, what falls out of it, which places differ."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from georisk.marking import Marking
from layers.errors import NotShownError
from maps.catalogues import load_words
from maps.compare_map_words import (
    list_changed,
    name_point,
    tell_gaps,
    tell_point,
    tell_references,
    tell_services,
)
from maps.encoding import to_plain
from maps.forms import fill_template
from maps.frames import find_bounds, name_corridors, read_frame
from maps.ground import pack_base
from maps.names import pack_names
from maps.offline import check_offline
from maps.overlays import Overlay, draw_page
from maps.overview import write_list
from maps.page import Section, compose_page
from maps.places import name_place
from maps.segments import pack_segments
from maps.stretches import (
    find_window,
    pack_stretches,
)
from maps.theme import CLASSES, DIRECTIONS, EVIDENCE, SERVICES, LineStyle, describe_theme

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from georisk.doors import Door
    from maps.catalogues import Words
    from maps.compare_map_words import Reference
    from maps.frames import Bounds

# In drawing order: what changed lies on top.
STATE_LINES: dict[str, LineStyle] = {
    "in_reach": LineStyle("#8795a1", 2),
    "out_of_reach": LineStyle("#b9851b", 2.5, (3, 4)),
    "won": LineStyle("#0b5fa5", 4.5, (12, 3)),
    "mixed": LineStyle("#5b2a86", 4.5, (4, 2)),
    "lost": LineStyle("#86144f", 6),
}
_WHOM = (*DIRECTIONS, "both")
_CHOSEN = {"opened": "both", "changed": "risk", "closed": "length"}
_AS_BEFORE = ("in_reach", "out_of_reach")
_AROUND_DEG = 0.5


def write_compare_map(
    door: Door, folder: Path, *, lang: str, names: tuple[str, str],
    references: tuple[Reference, ...] = (), marking: Marking | None = None,
) -> Path:
    """Draw the layers of ``georisk compare -o``; return the page's path.

    Parameters
    ----------
    door : Door
        Restricted, with those results.
    folder : Path
        The page goes to ``folder/restricted/``.
    names : tuple of str
        Of the two scenarios.
    references : tuple of (str, int or None)
        Profile and month of each; the page says for whom and when it holds.
    """
    marking = marking or Marking.of(door, holder="")
    html = draw_comparison(door, load_words(lang), marking, names=names, references=references)
    check_offline(html)
    ending = ".html" if lang == "en" else f".{lang}.html"
    path = folder / door.audience / f"{marking.name('compared')}{ending}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(html, encoding="utf-8")
    path.chmod(0o600)
    return path


def draw_comparison(
    door: Door, words: Words, marking: Marking, *, names: tuple[str, str],
    references: tuple[Reference, ...] = (),
) -> str:
    """Write the map of two scenarios as one self-contained page.

    Raises
    ------
    NotShownError
        If the door shows no such layers.
    """
    if "compared" not in door.names():
        raise NotShownError("no layer named 'compared': make it with `georisk compare -o`")
    words = _name_states(words, names)
    segments, points = (read_frame(door, f"compared_{name}") for name in ("segments", "points"))
    services, seen = _list_services(segments), _find_changed_bounds(door, segments, points)
    segments, bounds = _keep_whole_legs(segments, seen)
    islands: dict[str, object] = {"theme": _style_states(), "base": pack_base(door, bounds)}
    overlays = [Overlay("addBase", "base"), Overlay("addOutlines", "base", choice="lines")]
    legs = read_frame(door, "routes")
    for service in services:
        island = f"reach_{service}"
        islands[island] = {**_pack_states(segments, service, legs), "stretches": pack_stretches(
            list_changed(segments, service, legs, words))}
        overlays.append(Overlay("addReach", island, words[f"service_{service}"],
                                shown=service == services[0]))
    islands["names"] = pack_names(door, words, bounds)
    if points is not None:
        islands["points"] = {"rows": _describe_points(points, words)}
        overlays.append(Overlay("addSites", "points", words["compared_points"]))
    overlays.append(Overlay("addNames", "names", words["towns"]))
    about = tell_references(names, references, words)
    sections = _write_sections(door, words, about=about, has_points=points is not None)
    page = compose_page(
        name="compared", door=door, words=words, islands=islands, marking=marking,
        sections=sections,
    )  # fmt: skip
    title = " · ".join(text for text in (words["changed_stretches"], about) if text)
    under = fill_template("under.html", title=title, empty=words["compared_same"])
    # Worked out from the study's places as they are now; of the run it shows the ground alone.
    page = replace(page, caveat="", scripts=("stretches.js",), under=under, key=tuple(
        (f"line:{name}", words[f"class_{name}"]) for name in reversed(STATE_LINES)
        if segments is not None and name in set(segments["state"])))
    return draw_page(page, overlays, bounds=bounds, seen=seen)


def _keep_whole_legs(
    segments: pd.DataFrame | None, seen: Bounds
) -> tuple[pd.DataFrame | None, Bounds]:
    """Legs that come into sight, to their ends; and what holds them and the sight."""
    if segments is None:
        return None, seen
    west, south, east, north = seen
    legs = segments.cx[west:east, south:north]["leg_id"].unique()
    kept = segments[segments["leg_id"].isin(legs)]
    return kept, find_window([kept], seen, around_deg=0.0) if len(kept) else seen


def _find_changed_bounds(
    door: Door, segments: pd.DataFrame | None, points: pd.DataFrame | None
) -> Bounds:
    """Where something differs, with some ground around it; all of the study where nothing does."""
    whole = find_bounds(door, ("routes",))
    changed = None if segments is None else segments[~segments["state"].isin(_AS_BEFORE)]
    boxes = [frame.total_bounds for frame in (changed, points) if frame is not None and len(frame)]
    if not boxes:
        return whole
    west, south = np.min(boxes, axis=0)[:2] - _AROUND_DEG
    east, north = np.max(boxes, axis=0)[2:] + _AROUND_DEG
    return float(west), float(south), float(east), float(north)


def _list_services(segments: pd.DataFrame | None) -> list[str]:
    """Services that differ, the one that differs on most km first."""
    if segments is None:
        return []
    changed = segments[~segments["state"].isin(_AS_BEFORE)]
    km = changed.groupby("service")["length_km"].sum().round(3)
    known = set(segments["service"])
    return sorted((name for name in SERVICES if name in known),
                  key=lambda name: -float(km.get(name, 0.0)))


def _pack_states(
    segments: pd.DataFrame | None, service: str, legs: pd.DataFrame | None
) -> dict[str, Any]:
    """Pack one service for the painter of segments.

    The painter draws whatever classes the page's theme lists; the number of a class stands for
    the state at that place, that of the evidence for whom it is about.
    """
    if segments is None:
        return {}
    mine = segments[segments["service"] == service].set_index("segment_id").sort_index()
    state = dict(zip(STATE_LINES, CLASSES, strict=False))
    whom = dict(zip(_WHOM, EVIDENCE, strict=True))
    unknown = float("nan")
    frame = mine.assign(
        risk_class=mine["state"].map(state), evidence=mine["direction"].map(whom),
        risk_score=unknown, intensity_per_100km_year=unknown, intensity_low=unknown,
        intensity_high=unknown,
    )
    return pack_segments(frame, legs)


def _style_states() -> dict[str, object]:
    styles = {name: asdict(style) for name, style in STATE_LINES.items()}
    return {**describe_theme(), "classes": tuple(STATE_LINES), "lines": styles,
            "evidence": _WHOM}


def _name_states(words: Words, names: tuple[str, str]) -> Words:
    """The same words, with those of scores and proposals replaced by those of a comparison."""
    one, two = names
    title = words.say("compared_title", a=one, b=two)
    whom = {f"evidence_{name}": words[f"direction_{name}"] for name in _WHOM}
    texts = {
        **words.texts, **whom, "title_compared": title, "title_deaths": words["compared_reach"],
        "class": words["compared_state"], "evidence": words["direction"],
        "site": words["compared_points"], "site_title": "{place}",
        "chosen_by": words["change"], "chosen_both": words["point_opened"],
        "chosen_risk": words["point_changed"], "chosen_length": words["point_closed"],
        "rank_risk": words["identifier_number"], "rank_km": words["identifier_number"],
        "rank_by_reports": "{rank}", "rank_by_length": "{rank}", "reason": words["change"],
        "note_site": words["compared_lead"],
    }
    return replace(words, texts=texts)


def _describe_points(points: pd.DataFrame, words: Words) -> list[dict[str, Any]]:
    """Rows for the painter of sites: its three looks stand for opened, changed and closed."""
    rows = []
    for number, (key, row) in enumerate(points.iterrows(), start=1):
        services = row["services_a"] if row["change"] == "closed" else row["services_b"]
        name = name_place(str(to_plain(row["name"]) or key), words,
                          synthetic=str(row["name"]).startswith("EXAMPLE"))
        rows.append({
            "id": str(key), "place": name, "country": None, "services": to_plain(services) or [],
            "benefit_share": None, "cumulative_share": None, "selection_frequency": None,
            "bound_gap": None, "reason": tell_point(row, words),
            "synthetic": bool(row["synthetic"]),
            "chosen": _CHOSEN[str(row["change"])], "rank": number, "rank_km": None,
            "at": [round(float(row.geometry.x), 4), round(float(row.geometry.y), 4)],
        })
    return rows


def _write_sections(
    door: Door, words: Words, *, about: str, has_points: bool
) -> list[Section]:
    table = door.layer("compared").frame
    points = read_frame(door, "compared_points")
    summary = fill_template(
        "compared.html", words=words, about=about, points=[] if points is None else [
            name_point(row, words) for _, row in points.iterrows()],
        services=tell_services(table, words),
        gaps=tell_gaps(read_frame(door, "compared_gaps"), name_corridors(door, words), words),
    )  # fmt: skip
    legend = fill_template(
        "legend.html", words=words, classes=tuple(STATE_LINES), class_sample="line", modes=(),
        services=(), severities=(), kinds={}, sites=has_points,
    )  # fmt: skip
    sections = [Section("compared", words["compared_short"], summary),
                Section("legend", words["legend"], legend)]
    if has_points:
        sections.append(Section("sites", words["points"], write_list(words, slot="sites")))
    return sections
