"""Places along a way, in order of travel: what ``georisk places`` lists."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from api.answering.answers import answer_json
from api.asking.ask import Doorway
from api.errors import ParameterError
from layers.errors import CallError, NotShownError
from layers.geojson import to_json_values

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd
    from starlette.responses import Response

    from api.asking.ask import Ask

# Layers that name every town, leg and corridor.
_NAMED = frozenset({"corridors", "routes"})
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
    if not layer:
        raise ParameterError("layer: a layer of places, such as shelters.")
    if ask.room.spec(layer).role != "facility":
        raise NotShownError(layer)
    ways = [way for way in ("corridor", "leg", "from") if given.get(way)]
    if len(ways) != 1 or bool(given.get("from")) != bool(given.get("to")):
        raise ParameterError("Name one way: corridor, or leg, or from together with to.")
    for name, known in (("service", list_services()), ("admits", GROUPS)):
        check_word(name, given.get(name), known)
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
    with tell_names(ask):
        table = door.list_places(query)
    return answer_json(ask, lambda: {"places": list_rows(table), "links": ask.link_formats()})


@contextmanager
def tell_names(ask: Ask) -> Iterator[None]:
    """Repeat what is said of a wrong town, leg or corridor to whoever may see all of them.

    Raises
    ------
    ParameterError
        With the names that there are.
    CallError
        Where the asker does not see the ways: then nothing is repeated.
    """
    try:
        yield
    except CallError as error:
        if isinstance(error, ParameterError) or not set(ask.room.collections) >= _NAMED:
            raise
        raise ParameterError(str(error)) from error


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
