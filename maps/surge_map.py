"""The map of a group on the move: night by night, who sleeps where with a bed and without."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from georisk.marking import Marking
from georisk.surge.tables import tabulate_nights, tabulate_places
from maps.catalogues import load_words
from maps.encoding import to_plain
from maps.forms import fill_template
from maps.frames import read_frame
from maps.ground import pack_base, pack_legs
from maps.names import pack_names
from maps.offline import check_offline
from maps.overlays import Overlay, draw_page
from maps.page import Section, compose_page
from maps.theme import FillStyle, describe_theme

if TYPE_CHECKING:
    from pathlib import Path

    from georisk.doors import Door
    from georisk.surge.plan import Plan
    from maps.catalogues import Words
    from maps.frames import Bounds

PARTS: dict[str, FillStyle] = {
    "surge_bed": FillStyle("#d6ebdf", "#00693e", "dots"),
    "surge_full": FillStyle("#f0a860", "#7a2f00", "lines"),
    "surge_none": FillStyle("#7d2a5c", "#f3dcea", "cross"),
}
_MARGIN_DEG = 0.25
_BAR_SHARE, _DISC_SHARE = 0.45, 0.1


def write_surge_map(
    door: Door, plan: Plan, folder: Path, *, lang: str, marking: Marking | None = None
) -> Path:
    """Draw a plan on the ground of a snapshot; return the page's path.

    Parameters
    ----------
    door : Door
        Restricted.
    folder : Path
        The page goes to ``folder/restricted/``.
    """
    marking = marking or Marking.of(door, holder="")
    html = draw_surge(door, plan, load_words(lang), marking)
    check_offline(html)
    ending = ".html" if lang == "en" else f".{lang}.html"
    path = folder / door.audience / f"{marking.name('surge')}{ending}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(html, encoding="utf-8")
    path.chmod(0o600)
    return path


def draw_surge(door: Door, plan: Plan, words: Words, marking: Marking) -> str:
    """Write the nights of a plan as one self-contained page with a slider."""
    bounds = _find_bounds(plan)
    legs = read_frame(door, "routes")
    islands: dict[str, object] = {
        "theme": _style_parts(), "base": pack_base(door, bounds),
        "surge": pack_surge(plan), "names": pack_names(door, words, bounds),
    }
    overlays = [Overlay("addBase", "base"), Overlay("addOutlines", "base", choice="lines")]
    if legs is not None:
        islands["legs"] = pack_legs(legs, {}, words)
        overlays.append(Overlay("addLegs", "legs", words["route_legs"]))
    overlays += [Overlay("addSurge", "surge", words["surge_people"]),
                 Overlay("addNames", "names", words["towns"])]
    page = compose_page(
        name="surge", door=door, words=words, islands=islands, marking=marking,
        sections=[_write_section(door, plan, words)],
    )  # fmt: skip
    key = tuple((f"area:{name}", words[name]) for name in PARTS)
    # Worked out from the study's places as they are now; of the run it shows the ground alone.
    page = replace(page, caveat="", scripts=("surge.js",), key=key)
    return draw_page(page, overlays, bounds=bounds)


def pack_surge(plan: Plan) -> dict[str, object]:
    """Rows by night, the largest first so that small discs lie on top; and a tally of each."""
    nights, places = tabulate_nights(plan), tabulate_places(plan)
    number = {date: n for n, date in enumerate(nights["date"])}
    order = places.sort_values(["date", "arrivals", "location_id"], ascending=[True, False, True],
                               kind="stable")
    rows = [
        {"night": number[row.date], "at": [row.lon, row.lat], "name": row.name, "near": row.near,
         "people": row.arrivals, "parts": [row.with_service, row.short, row.unreachable],
         "litres": round(row.water_l), "synthetic": row.synthetic}
        for row in order.itertuples()
    ]
    tallies = [{"date": row.date.isoformat(), "bed": row.with_service,
                "none": row.short + row.unreachable} for row in nights.itertuples()]
    return {"rows": rows, "nights": tallies}


def _style_parts() -> dict[str, object]:
    theme = describe_theme()
    return {**theme, "fills": {**theme["fills"],
                               **{name: asdict(style) for name, style in PARTS.items()}}}


def _find_bounds(plan: Plan) -> Bounds:
    """What the group passes in these nights."""
    places = tabulate_places(plan)
    if not len(places):
        places = plan.scene.locations
    low, high = places[["lon", "lat"]].min(), places[["lon", "lat"]].max()
    # The bar of nights lies over the lower edge: what is shown ends above it.
    below = _MARGIN_DEG + _BAR_SHARE * float(high["lat"] - low["lat"])
    # Room for a disc whose middle lies at the edge.
    beside = max(_MARGIN_DEG, _DISC_SHARE * float(high["lon"] - low["lon"]))
    return (float(low["lon"]) - beside, float(low["lat"]) - below,
            float(high["lon"]) + beside, float(high["lat"]) + _MARGIN_DEG)


def _write_section(door: Door, plan: Plan, words: Words) -> Section:
    lead = words.say("surge_lead", people=_group(plan.group.people, words), town=plan.scene.town,
                     date=plan.group.leaves.isoformat())
    nights = [{"date": to_plain(row.date), "bed": _group(row.with_service, words),
               "full": _group(row.short, words), "nowhere": _group(row.unreachable, words)}
              for row in tabulate_nights(plan).itertuples()]
    told = fill_template(
        "surge.html", words=words, lead=lead, nights=nights, parts=("bed", "full", "none"),
        warn=plan.scene.synthetic and not door.synthetic,
    )  # fmt: skip
    return Section("surge", words["surge_nights"], told)


def _group(count: int, words: Words) -> str:
    """Number in groups of three, as all other numbers of the page."""
    return f"{count:,}".replace(",", words["thousands_mark"])
