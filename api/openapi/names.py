"""The names in a path: which there are, for this audience."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from api.stock.profile import find_source
from api.tiles.matrix import MAX_ZOOM
from api.tiles.matrix import NAME as TILING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from api.asking.ask import Doorway
    from api.stock.room import Room

Schema = dict[str, Any]
_NAMED = re.compile(r"\{([a-z_]+)(?::[a-z]+)?\}", re.IGNORECASE)


def clean_path(template: str) -> str:
    """Return a path as OpenAPI writes it: names in braces, without converters.

    Examples
    --------
    >>> clean_path("/tiles/{z:int}/{x:int}/{y:int}.mvt")
    '/tiles/{z}/{x}/{y}.mvt'
    """
    return _NAMED.sub(r"{\1}", template)


def find_names(template: str) -> tuple[str, ...]:
    """Return the names in a path, in order."""
    return tuple(_NAMED.findall(template))


def describe_names(doorway: Doorway, room: Room, collection: str = "") -> list[Schema] | None:
    """Describe the names in a doorway's path; None where this audience has nothing to name.

    Parameters
    ----------
    doorway : Doorway
    room : Room
    collection : str, optional
        The collection that stands in the path already.
    """
    described = []
    for name in find_names(doorway.path):
        if name == "collection" and collection:
            continue
        describe = PATH_NAMES.get(name, _describe_any)
        if name == "collection" and doorway.tag == "Tiles":
            describe = _describe_drawn
        schema = describe(room, collection)
        if schema is None:
            return None
        meaning = MEANINGS.get(name, "Name")
        described.append({
            "name": name, "in": "path", "required": True, "description": meaning,
            "schema": schema,
        })
    return described


def _describe_choice(names: Iterable[str]) -> Schema | None:
    """One of some names; None if there is none."""
    listed = sorted(names)
    return {"type": "string", "enum": listed, "example": listed[0]} if listed else None


def _describe_collection(room: Room, _collection: str) -> Schema | None:
    return _describe_choice(room.collections)


def _describe_drawn(room: Room, _collection: str) -> Schema | None:
    drawn = (name for name in room.collections if room.spec(name).geometry != "none")
    return _describe_choice(drawn)


def _describe_feature(room: Room, collection: str) -> Schema:
    ids = room.served(collection).ids if collection else ()
    return {"type": "string", "minLength": 1, **({"example": ids[0]} if ids else {})}


def _describe_corridor(room: Room, _collection: str) -> Schema | None:
    if find_source(room) is None:
        return None
    known = room.door.corridors()
    return _describe_choice(id_ for id_ in room.served("corridors").ids if id_ in known)


def _describe_map(room: Room, _collection: str) -> Schema | None:
    from maps.atlas import names

    return _describe_choice(names(room.door.audience))


def _describe_input(room: Room, _collection: str) -> Schema | None:
    return _describe_choice(room.door.manifest().get("layers", ()))


def _describe_job(_room: Room, _collection: str) -> Schema:
    return {"type": "string", "pattern": "^sites-[0-9a-f]{16}$"}


def _describe_zoom(_room: Room, _collection: str) -> Schema:
    return {"type": "integer", "minimum": 0, "maximum": MAX_ZOOM, "example": 4}


def _describe_cell(_room: Room, _collection: str) -> Schema:
    return {"type": "integer", "minimum": 0, "maximum": 2**MAX_ZOOM - 1, "example": 4}


def _describe_tiling(_room: Room, _collection: str) -> Schema | None:
    return _describe_choice([TILING])


def _describe_any(_room: Room, _collection: str) -> Schema:
    return {"type": "string", "minLength": 1}


PATH_NAMES: dict[str, Callable[[Room, str], Schema | None]] = {
    "collection": _describe_collection,
    "feature": _describe_feature,
    "corridor": _describe_corridor,
    "map": _describe_map,
    "layer": _describe_input,
    "job": _describe_job,
    "z": _describe_zoom,
    "x": _describe_cell,
    "y": _describe_cell,
    "matrix_set": _describe_tiling,
}
MEANINGS = {
    "collection": "Collection",
    "feature": "Id of a feature",
    "corridor": "Corridor",
    "map": "Map",
    "layer": "Layer that was read",
    "job": "Job, as the answer to its start named it",
    "report": "Report, as the answer to its receipt named it",
    "z": "Zoom level, from the whole world down",
    "x": "Column of the tile, from the west",
    "y": "Row of the tile, from the north",
    "matrix_set": "Way in which the world is cut into tiles",
}
