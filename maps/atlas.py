"""The maps there are, and for whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from georisk.marking import Marking
from layers.errors import CallError, NotShownError
from layers.spec import AUDIENCES
from maps.catalogues import load_words
from maps.offline import check_offline
from maps.overview import draw_overview
from maps.public import draw_public

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from georisk.doors import Door
    from layers.spec import Audience
    from maps.catalogues import Words


@dataclass(frozen=True)
class MapDef:
    """A map: its name, the audience it is drawn for, the function that draws it.

    Attributes
    ----------
    title_key : str
        Its title in the catalogues.
    """

    name: str
    audience: Audience
    draw: Callable[[Door, Words, Marking], str]
    title_key: str


MAPS: tuple[MapDef, ...] = (
    MapDef("overview", "restricted", draw_overview, "title_overview"),
    MapDef("public", "public", draw_public, "title_public"),
)


def list_maps(audience: Audience) -> tuple[str, ...]:
    """Name the maps that are drawn from an audience's own door.

    Examples
    --------
    >>> list_maps("public"), list_maps("partner"), list_maps("restricted")
    (('public',), (), ('overview',))
    """
    return tuple(entry.name for entry in MAPS if entry.audience == audience)


names = list_maps


def find_map(name: str, *, audience: Audience) -> MapDef:
    """Find the map of that name, if a door of this audience may draw it.

    Raises
    ------
    NotShownError
        If there is no such map for this audience: above it or unknown, the answer is the same.
    CallError
        If the map is for a lower audience. It is drawn from that audience's door alone, or it
        would carry what this door shows on a page that says it is for everyone.
    """
    found = next((entry for entry in MAPS if entry.name == name), None)
    if found is None or AUDIENCES.index(found.audience) > AUDIENCES.index(audience):
        mine = ", ".join(list_maps(audience)) or "none"
        raise NotShownError(f"no map named {name!r} for {audience}; there is: {mine}")
    if found.audience != audience:
        raise CallError(
            f"the map {name!r} is for {found.audience}: open that door to draw it, not {audience}"
        )
    return found


def render(door: Door, name: str, *, lang: str = "en", marking: Marking | None = None) -> str:
    """Draw a map as one self-contained HTML page.

    Parameters
    ----------
    door : Door
        Of the audience that the map is for.
    lang : {"en", "es", "fr", "ht"}
    marking : Marking, optional
        Holder and last day of a map that is not public; of a holder not named unless given.

    Raises
    ------
    NotShownError, CallError
        See `find_map`; CallError also for a language without a catalogue.
    """
    entry = find_map(name, audience=door.audience)
    html = entry.draw(door, load_words(lang), marking or Marking.of(door, holder=""))
    check_offline(html)
    return html


def write_maps(
    door: Door,
    folder: Path,
    *,
    names: Iterable[str],
    lang: str = "en",
    marking: Marking | None = None,
) -> list[Path]:
    """Write maps to ``folder/<audience>/`` and return their paths.

    Every name is checked before anything is written. The name of a file that is not public
    carries audience, holder and last day; a language other than English stands before the
    ending: ``public.es.html``.
    """
    wanted = list(dict.fromkeys(names))
    for name in wanted:
        find_map(name, audience=door.audience)
    marking = marking or Marking.of(door, holder="")
    ending = ".html" if lang == "en" else f".{lang}.html"
    place = folder / door.audience
    written = []
    for name in wanted:
        html = render(door, name, lang=lang, marking=marking)
        place.mkdir(parents=True, exist_ok=True)
        path = place / f"{marking.name(name)}{ending}"
        path.write_text(html, encoding="utf-8")
        written.append(path)
    return written
