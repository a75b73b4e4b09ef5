"""What a query may say: the one table of parameters, narrowed to what there is to name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from api.asking.crs import list_references
from api.asking.parameters import MOST_KEYS, PARAMETERS
from api.formats import list_formats
from api.openapi.examples import give_examples
from api.reports.schema import HEADERS, RECEIPT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from api.asking.ask import Doorway
    from api.stock.room import Room
    from layers.spec import LayerSpec

Schema = dict[str, Any]
# Told in place for each collection: they name its columns, or have examples from its rows.
IN_PLACE = frozenset({"bbox", "datetime", "filter", "properties", "sortby"})
REFERENCES = frozenset({"crs", "bbox-crs", "filter-crs"})
# What `api.asking.parameters.read_datetime` reads, but for the 30th of February and crossed ends.
_DAY = r"(?!0000)[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_HOUR, _SIXTIETH = r"([01][0-9]|2[0-3])", r":[0-5][0-9]"
_ZONE = rf"([Zz]|[+-]{_HOUR}{_SIXTIETH})"
_MOMENT = rf"{_DAY}([Tt]{_HOUR}{_SIXTIETH}{_SIXTIETH}(\.[0-9]+)?{_ZONE})?"
DATETIME_PATTERN = rf"^({_MOMENT}(/({_MOMENT}|\.\.)?)?|(\.\.)?/{_MOMENT})$"
PATTERNS = {"datetime": DATETIME_PATTERN, "token": "^[A-Za-z0-9_-]+$"}
# Four numbers or six, never five.
BBOX: Schema = {
    "type": "array", "items": {"type": "number"},
    "oneOf": [{"minItems": 4, "maxItems": 4}, {"minItems": 6, "maxItems": 6}],
}


def describe_query(doorway: Doorway, room: Room, collection: str = "") -> list[Schema]:
    """Describe the query of a doorway; what depends on format or collection is told in place."""
    described = list(HEADERS.values()) if doorway.answers == RECEIPT else []
    for name in doorway.parameters:
        if name == "f":
            described.append(_describe_format(doorway, room, collection))
        elif collection and name in IN_PLACE:
            schema = narrow_schema(name, room, room.spec(collection))
            described.append(
                {**write_parameter(name, schema), **give_examples(name, room, collection)}
            )
        else:
            described.append({"$ref": f"#/components/parameters/{name}"})
    return described


def find_formats(doorway: Doorway, room: Room, collection: str) -> list[str]:
    """Formats of an address; of a collection's rows, those that they can be had in."""
    if not collection:
        return list(doorway.formats)
    suited = {"html", *list_formats(room.spec(collection))}
    return [name for name in doorway.formats if name in suited]


def _describe_format(doorway: Doorway, room: Room, collection: str) -> Schema:
    names = find_formats(doorway, room, collection)
    return {
        "name": "f", "in": "query",
        "description": "Format; without it what Accept likes best, else the first",
        "schema": {"type": "string", "enum": names, "default": names[0]},
        "style": "form", "explode": False,
    }


def describe_parameters(names: Iterable[str], room: Room) -> dict[str, Schema]:
    """Describe parameters of a query by name, for all operations that know them."""
    return {
        name: write_parameter(name, narrow_schema(name, room))
        for name in sorted(set(names) - {"f"})
    }


def narrow_schema(name: str, room: Room, spec: LayerSpec | None = None) -> Schema:
    """Return the schema of a parameter, with the names that this audience can use."""
    known: Mapping[str, Any] = PARAMETERS[name].schema
    if name in REFERENCES:
        return {"type": "string", "enum": list(list_references(room.door.crs_metric))}
    if name == "bbox":
        return BBOX
    if name in PATTERNS:
        return {**known, "pattern": PATTERNS[name]}
    if name in NAMED:
        words = NAMED[name](room)
        return {"type": "string", "minLength": 1, **({"enum": words} if words else {})}
    if known == {"type": "string"}:
        return {**known, "minLength": 1}
    return dict(known) if spec is None else _narrow_columns(name, spec) or dict(known)


def _narrow_columns(name: str, spec: LayerSpec) -> Schema:
    """Schema of a parameter that names columns of a collection; empty for any other."""
    if name == "properties":
        return {"type": "array", "items": {"type": "string", "enum": list(spec.columns)}}
    if name == "sortby":
        sortable = [spec.id, *(c for c, it in spec.columns.items() if it.dtype != "list")]
        pattern = f"^[+-]?({'|'.join(map(re.escape, sortable))})$"
        items = {"type": "string", "pattern": pattern}
        return {"type": "array", "items": items, "minItems": 1, "maxItems": MOST_KEYS}
    return {}


def write_parameter(name: str, schema: Schema) -> Schema:
    """Describe one parameter; lists are joined by commas.

    Examples
    --------
    >>> bbox = write_parameter("bbox", {"type": "array", "items": {"type": "number"}})
    >>> bbox["in"], bbox["style"], bbox["explode"]
    ('query', 'form', False)
    """
    described: Schema = {
        "name": name, "in": "query", "description": PARAMETERS[name].meaning, "schema": schema,
        "style": "form", "explode": False,
    }
    if name == "properties":
        described["allowEmptyValue"] = True
    return described


def _list_facilities(room: Room) -> list[str]:
    return [name for name in room.collections if room.spec(name).role == "facility"]


def _list_corridors(room: Room) -> list[str]:
    return sorted(room.door.corridors()) if "corridors" in room.collections else []


def _list_legs(room: Room) -> list[str]:
    if "corridors" not in room.collections:
        return []
    return sorted({leg for steps in room.door.corridors().values() for leg, _ in steps})


def _list_services(_room: Room) -> list[str]:
    from georisk.places import list_services

    return list(list_services())


def _list_groups(_room: Room) -> list[str]:
    from georisk.places import GROUPS

    return list(GROUPS)


NAMED = {
    "layer": _list_facilities,
    "corridor": _list_corridors,
    "leg": _list_legs,
    "service": _list_services,
    "admits": _list_groups,
}
