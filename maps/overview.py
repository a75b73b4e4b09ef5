"""The planners' map: segments by class, gaps per service, places, proposed sites."""

from __future__ import annotations

from typing import TYPE_CHECKING

from maps.forms import fill_template
from maps.frames import find_bounds, name_corridors, read_frame
from maps.gaps import list_services, pack_gaps
from maps.ground import pack_base
from maps.names import pack_names
from maps.overlays import Overlay, draw_page
from maps.page import Section, compose_page
from maps.places import name_towns, pack_places, pack_sites
from maps.segments import pack_segments
from maps.theme import CLASSES, FACILITY_SYMBOLS, SEVERITIES

if TYPE_CHECKING:
    from markupsafe import Markup

    from georisk.doors import Door
    from georisk.marking import Marking
    from maps.catalogues import Words

_SHOWN_SERVICE = "water"


def draw_overview(door: Door, words: Words, marking: Marking) -> str:
    """Write the overview map; what the door does not show is left out, never looked for."""
    bounds = find_bounds(door, ("segments", "routes"))
    islands: dict[str, object] = {"base": pack_base(door, bounds)}
    overlays = [Overlay("addBase", "base"), Overlay("addOutlines", "base", choice="lines")]
    services = _add_gaps(door, words, islands, overlays)
    segments = read_frame(door, "segments")
    if segments is not None:
        islands["segments"] = pack_segments(segments, read_frame(door, "routes"))
        overlays.append(Overlay("addSegments", "segments", words["segments"]))
    islands["names"] = pack_names(door, words, bounds)
    kinds = add_places(door, words, islands, overlays)
    sites = pack_sites(door)
    if sites is not None:
        islands["sites"] = sites
        overlays.append(Overlay("addSites", "sites", words["sites"]))
    overlays.append(Overlay("addNames", "names", words["towns"]))
    sections = _write_sections(words, services, kinds, has_sites=sites is not None)
    page = compose_page(
        name="overview", door=door, words=words, sections=sections, islands=islands,
        marking=marking,
    )  # fmt: skip
    return draw_page(page, overlays, bounds=bounds)


def _add_gaps(
    door: Door, words: Words, islands: dict[str, object], overlays: list[Overlay]
) -> list[str]:
    gaps = read_frame(door, "gaps")
    services = list_services(gaps)
    if gaps is None or not services:
        return []
    islands["gaps"] = pack_gaps(gaps, name_corridors(door, words))
    for service in services:
        title = words.say("gap_of", service=words[f"service_{service}"])
        shown = service == _SHOWN_SERVICE
        overlays.append(Overlay("addGaps", "gaps", title, shown=shown, choice=service))
    return services


def add_places(
    door: Door, words: Words, islands: dict[str, object], overlays: list[Overlay]
) -> dict[str, str]:
    """Add every facility layer that the door shows; return its kinds and their symbols."""
    towns = read_frame(door, "waypoints")
    kinds = {}
    for kind, symbol in FACILITY_SYMBOLS.items():
        frame = read_frame(door, kind)
        if frame is None:
            continue
        islands[kind] = pack_places(name_towns(frame, towns), words, kind=kind)
        overlays.append(Overlay("addPlaces", kind, words[f"kinds_{kind}"]))
        kinds[kind] = symbol
    return kinds


def _write_sections(
    words: Words, services: list[str], kinds: dict[str, str], *, has_sites: bool
) -> list[Section]:
    legend = fill_template(
        "legend.html", words=words, classes=CLASSES, class_sample="line", modes=(),
        services=services, severities=SEVERITIES, kinds=kinds, sites=has_sites,
    )  # fmt: skip
    sections = [Section("legend", words["legend"], legend)]
    if services:
        gaps = write_list(words, slot="gaps", lead="longest_gaps")
        sections.append(Section("gaps", words["gaps_short"], gaps))
    if has_sites:
        sites = write_list(words, slot="sites", lead="sites_lead")
        sections.append(Section("sites", words["sites_short"], sites))
    if kinds:
        sections.append(Section("places", words["points"], write_list(words, slot="places")))
    return sections


def write_list(words: Words, *, slot: str, lead: str = "") -> Markup:
    """Write an empty list that the page fills with one button per point."""
    return fill_template(
        "list.html", slot=slot, lead=words[lead] if lead else "", empty=words["none_known"]
    )
