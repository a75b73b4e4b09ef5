"""Places along a way, in order of travel: what ``georisk places`` lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api.answers import Doorway, answer_json
from api.errors import ParameterError
from layers.errors import NotShownError
from layers.geojson import to_json_values

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from starlette.responses import Response

    from api.answers import Ask

PARAMETERS = ("layer", "corridor", "leg", "from", "to", "service", "admits", "f")


def list_places(ask: Ask) -> Response:
    """List places of a layer along a corridor, a leg or between two towns.

    Raises
    ------
    NotShownError
        If there is no such layer of places.
    ParameterError
        If the way is not said, or said twice; if there is no such service or group.
    """
    from georisk.places import GROUPS, PlaceQuery, list_services

    door, given = ask.room.door, dict(ask.values)
    layer = given.get("layer", "")
    ways = [way for way in ("corridor", "leg", "from") if given.get(way)]
    if len(ways) != 1 or bool(given.get("from")) != bool(given.get("to")):
        raise ParameterError("Name one way: corridor, or leg, or from together with to.")
    for name, known in (("service", list_services()), ("admits", GROUPS)):
        check_word(name, given.get(name), known)
    if ask.room.spec(layer).role != "facility":
        raise NotShownError(layer)
    query = PlaceQuery(
        layer=layer,
        today=door.today,
        corridor=given.get("corridor", ""),
        leg=given.get("leg", ""),
        start=given.get("from", ""),
        end=given.get("to", ""),
        service=given.get("service", ""),
        admits=given.get("admits", ""),
    )
    table = door.list_places(query)
    return answer_json(ask, lambda: {"places": list_rows(table), "links": ask.link_formats()})


def check_word(name: str, word: str | None, known: Sequence[str]) -> None:
    """Refuse a word that is none of those known; raises ParameterError naming them."""
    if word is not None and word not in known:
        raise ParameterError(f"{name}: there are {', '.join(known)}.")


def list_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a table as rows of plain values, null where missing.

    Examples
    --------
    >>> import pandas as pd
    >>> list_rows(pd.DataFrame({"km": [1.5, None]}))
    [{'km': 1.5}, {'km': None}]
    """
    columns = {name: to_json_values(table[name]) for name in table}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


DOORWAYS = (
    Doorway("/places", list_places, PARAMETERS, heavy=True, formats=("json", "html"),
            page="places", answers="places", tag="Analysis"),
)
