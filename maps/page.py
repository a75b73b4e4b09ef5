"""What stands around a map: title, banners, sections, data islands."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from georisk.marking import Marking
from maps.encoding import dump_island
from maps.forms import fill_template
from maps.theme import describe_theme

if TYPE_CHECKING:
    from collections.abc import Mapping

    from markupsafe import Markup

    from georisk.doors import Door
    from maps.catalogues import Words

@dataclass(frozen=True)
class Section:
    """A part of the panel that opens and closes."""

    key: str
    title: str
    content: Markup


@dataclass(frozen=True)
class Page:
    """Everything a map page says besides the map.

    Attributes
    ----------
    holder : str
        Who holds the page, in its language where nobody was named.
    caveat : str
        That places changed after the run, in a banner; mostly empty. A page that shows nothing
        worked out by the run clears it.
    islands : mapping of str to str
        Data for the scripts, already packed by `maps.encoding.dump_island`.
    scripts : tuple of str
        Files of ``maps/assets`` that this page alone needs.
    key : tuple of (str, str)
        Samples and words of a short legend that always stands below the map.
    under : Markup
        What else stands there.
    """

    name: str
    title: str
    words: Words
    door: Door
    sections: tuple[Section, ...]
    marking: Marking
    holder: str
    caveat: str = ""
    islands: Mapping[str, str] = field(default_factory=dict)
    scripts: tuple[str, ...] = ()
    key: tuple[tuple[str, str], ...] = ()
    under: Markup | str = ""


def compose_page(
    *,
    name: str,
    door: Door,
    words: Words,
    sections: list[Section],
    islands: Mapping[str, object],
    marking: Marking,
) -> Page:
    """Put a page together; the notes that every map carries close the panel."""
    notes = Section("about", words["about"], fill_template("about.html", words=words, door=door))
    data = {"words": dict(words.texts), "theme": describe_theme(), **islands}
    unnamed = Marking.of(door, holder="").holder
    return Page(
        name=name,
        title=words[f"title_{name}"],
        words=words,
        door=door,
        sections=(*sections, notes),
        marking=marking,
        holder=words["not_named"] if marking.holder == unnamed else marking.holder,
        caveat=" ".join(words[f"note_{change}"] for change in door.changes),
        islands={key: dump_island(value) for key, value in data.items()},
    )
