"""The public map: classes per cell, legs from town to town, towns, heat and rain, gaps in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from maps.forms import fill_template
from maps.frames import find_bounds, name_corridors, read_frame
from maps.gaps import tell_gaps
from maps.ground import pack_base, pack_cells, pack_legs
from maps.names import pack_names
from maps.overlays import Overlay, draw_page
from maps.overview import add_places, write_list
from maps.page import Section, compose_page
from maps.seasons import HEAT_DEGC, RAIN_MM, find_seasons, tell_seasons
from maps.theme import CLASSES, MODES

if TYPE_CHECKING:
    from georisk.doors import Door
    from georisk.marking import Marking
    from maps.catalogues import Words
    from maps.seasons import Season


def draw_public(door: Door, words: Words, marking: Marking) -> str:
    """Write the public map from a public door."""
    bounds = find_bounds(door, ("routes", "waypoints"))
    legs = read_frame(door, "routes")
    seasons = find_seasons(door, legs)
    islands: dict[str, object] = {"base": pack_base(door, bounds)}
    overlays = [Overlay("addBase", "base")]
    cells = read_frame(door, "risk_cells")
    if cells is not None:
        islands["cells"] = pack_cells(cells, legs)
        overlays.append(Overlay("addCells", "cells", words["cells"]))
    overlays.append(Overlay("addOutlines", "base", choice="lines"))
    if legs is not None:
        islands["legs"] = pack_legs(legs, seasons, words)
        overlays.append(Overlay("addLegs", "legs", words["route_legs"]))
    islands["names"] = pack_names(door, words, bounds)
    kinds = add_places(door, words, islands, overlays)
    overlays.append(Overlay("addNames", "names", words["towns"]))
    page = compose_page(
        name="public", door=door, words=words, islands=islands, marking=marking,
        sections=_write_sections(door, words, seasons, kinds),
    )  # fmt: skip
    return draw_page(page, overlays, bounds=bounds)


def _write_sections(
    door: Door, words: Words, seasons: dict[str, Season], kinds: dict[str, str]
) -> list[Section]:
    legend = fill_template(
        "legend.html", words=words, classes=CLASSES, class_sample="area", modes=MODES,
        services=(), severities=(), kinds=kinds, sites=False,
    )  # fmt: skip
    told = tell_gaps(read_frame(door, "gaps"), name_corridors(door, words), words)
    gaps = fill_template("gaps.html", words=words, corridors=told)
    weather = fill_template(
        "seasons.html", words=words, corridors=tell_seasons(door, seasons, words),
        heat_degc=round(HEAT_DEGC), rain_mm=round(RAIN_MM),
    )  # fmt: skip
    places = write_list(words, slot="places", lead="places_lead")
    return [
        Section("legend", words["legend"], legend),
        Section("gaps", words["gaps_short"], gaps),
        Section("seasons", words["seasons"], weather),
        Section("places", words["points"], places),
    ]
