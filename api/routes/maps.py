"""The maps of a run, as pages that need nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.answering.answers import answer, answer_json
from api.asking.ask import HTML, Doorway
from layers.errors import NotShownError

if TYPE_CHECKING:
    from starlette.responses import Response

    from api.asking.ask import Ask


def list_maps(ask: Ask) -> Response:
    """List the maps of this audience."""
    from maps.atlas import names

    shown = names(ask.room.door.audience)
    return answer_json(
        ask,
        lambda: {
            "maps": [
                {"name": name, "links": [ask.link(f"/maps/{name}", "alternate", name, HTML)]}
                for name in shown
            ],
            "links": ask.link_formats(),
        },
    )


def read_map(ask: Ask) -> Response:
    """Draw a map, once for each language of a run.

    Raises
    ------
    NotShownError
        If this audience has no map by this name.
    """
    from maps.atlas import names, render

    door, name, lang = ask.room.door, ask.names["map"], ask.values.get("lang", "en")
    if name not in names(door.audience):
        raise NotShownError(name)
    page = ask.room.make(
        ("map", name, lang), lambda: render(door, name, lang=lang).encode("utf-8")
    )
    return answer(ask, lambda: page)


DOORWAYS = (
    Doorway("/maps", list_maps, ("f",), heavy=True, formats=("json", "html"), page="maps",
            answers="maps", tag="Maps"),
    Doorway("/maps/{map}", read_map, ("lang",), heavy=True, formats=("html",), answers="map",
            tag="Maps"),
)
