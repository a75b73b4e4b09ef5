"""Which page shows which document: the name of a doorway's page to what writes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api.pages.analysis import show_corridors, show_job, show_places, show_profile
from api.pages.features import show_item, show_items
from api.pages.forms import fill_template
from api.pages.layout import lay_out
from api.pages.overview import (
    show_collection,
    show_collections,
    show_conformance,
    show_landing,
    show_maps,
    show_schema,
)
from api.pages.reach import show_coverage, show_nearest
from api.pages.surroundings import surround
from api.pages.words import name_column

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from api.asking.ask import Ask


# The frame of a page says these already, or shows them otherwise.
_FRAMED = frozenset({"links", "synthetic", "run_id", "as_of", "note"})


def render_page(name: str, document: Mapping[str, Any], ask: Ask) -> bytes:
    """Show a document to a person.

    Parameters
    ----------
    name : str
        Of a page in `PAGES`; any other document is laid out as it comes.
    document : dict
        As its JSON would say it.
    ask : Ask

    Returns
    -------
    bytes
        HTML, UTF-8; nothing in it is fetched, and it works without JavaScript.
    """
    return PAGES.get(name, show_document)(document, ask).encode()


def show_document(document: Mapping[str, Any], ask: Ask) -> str:
    """Lay out any document as it comes."""
    title = name_column([part for part in ask.path.split("/") if part][-1] if ask.path != "/"
                        else "Start")
    framed = frozenset({"links"}) if ask.doorway.page == "manifest" else _FRAMED
    parts = list(lay_out(document, left_out=framed))
    columns = [heading.name for part in parts if part.table for heading in part.table.headings]
    around = surround(ask, document, title=title, columns=columns,
                      synthetic=find_synthetic(document))
    return fill_template("document.html", around=around, sections=parts,
                         note=document.get("note", ""))


def find_synthetic(document: Mapping[str, Any]) -> bool | None:
    """Whether a document says of itself that it is illustrative; None if it says nothing.

    Examples
    --------
    >>> find_synthetic({"synthetic": True}), find_synthetic({})
    (True, None)
    """
    said = document.get("synthetic")
    return said if isinstance(said, bool) else None


PAGES: Mapping[str, Callable[[Mapping[str, Any], Ask], str]] = {
    "landing": show_landing,
    "conformance": show_conformance,
    "collections": show_collections,
    "collection": show_collection,
    "items": show_items,
    "item": show_item,
    "schema": show_schema,
    "queryables": show_schema,
    "corridors": show_corridors,
    "profile": show_profile,
    "coverage": show_coverage,
    "nearest": show_nearest,
    "places": show_places,
    "maps": show_maps,
    "job": show_job,
}
