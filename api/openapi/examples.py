"""Examples of questions that have an answer, taken from the rows that are shown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from api.stock.schemas import GEOMETRY_NAME

if TYPE_CHECKING:
    from api.stock.room import Room
    from layers.spec import ColumnSpec

Schema = dict[str, Any]
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# Words of the language of filters: a column of such a name stands in quotes.
_WORDS = frozenset((
    "and", "or", "not", "in", "is", "null", "like", "between", "true", "false", "div", "bbox",
    "casei", "accenti", "date", "timestamp", "interval", "point", "linestring", "polygon",
    "multipoint", "multilinestring", "multipolygon",
))


def give_examples(name: str, room: Room, collection: str) -> Schema:
    """Return ``example`` or ``examples`` of a parameter for a collection; empty if there is none.

    Parameters
    ----------
    name : str
        Parameter.
    room : Room
    collection : str
    """
    spec = room.spec(collection)
    if name == "filter":
        return {"examples": dict(_list_filters(room, collection))}
    chosen: dict[str, Any] = {
        "bbox": find_box(room, collection) if spec.geometry != "none" else [],
        "datetime": f"{room.door.as_of.year}-01-01/..",
        "sortby": [f"-{spec.id}"],
        "properties": list(spec.columns)[:2],
    }
    return {"example": chosen[name]} if chosen.get(name) else {}


def find_box(room: Room, collection: str) -> list[float]:
    """Return a box around all features, to a whole degree outwards; empty without any.

    West, south, east, north.
    """
    bounds = np.asarray(room.served(collection).bounds)
    bounds = bounds[~np.isnan(bounds).any(axis=1)]
    if not len(bounds):
        return []
    low, high = np.floor(bounds[:, :2].min(axis=0)), np.ceil(bounds[:, 2:].max(axis=0))
    return [float(end) for end in (*low, *high)]


def _list_filters(room: Room, collection: str) -> list[tuple[str, Schema]]:
    spec = room.spec(collection)
    found = {"given": f"{quote_name(spec.id)} IS NOT NULL"}
    if spec.geometry != "none" and (box := find_box(room, collection)):
        corners = ",".join(f"{end:g}" for end in box)
        found["within"] = f"S_INTERSECTS({GEOMETRY_NAME},BBOX({corners}))"
    for name, column in spec.columns.items():
        kind, text = write_filter(name, column)
        if text:
            found.setdefault(kind, text)
    return [(kind, {"value": text}) for kind, text in found.items()]


def write_filter(name: str, column: ColumnSpec) -> tuple[str, str]:
    """Write a filter by one column: its kind, and the filter in CQL2; empty for other columns.

    Examples
    --------
    >>> from layers.catalog import find_spec
    >>> segments = find_spec("segments").columns
    >>> write_filter("evidence", segments["evidence"])[1]
    "evidence IN ('observed','modelled')"
    >>> write_filter("length_km", segments["length_km"])[1]
    'length_km > 0'
    """
    quoted = quote_name(name)
    if column.one_of and column.dtype == "string":
        words = ",".join(f"'{word}'" for word in column.one_of[:2])
        return "vocabulary", f"{quoted} IN ({words})"
    if column.dtype in {"integer", "number"}:
        return "number", f"{quoted} > {column.range[0] if column.range else 0:g}"
    if column.dtype == "date":
        return "day", f"{quoted} >= DATE('2020-01-01')"
    if column.dtype == "string":
        return "text", f"CASEI({quoted}) LIKE CASEI('A%')"
    return column.dtype, ""


def quote_name(name: str) -> str:
    """Write a property as filters take it; a name that the language knows stands in quotes.

    Examples
    --------
    >>> quote_name("length_km"), quote_name("date")
    ('length_km', '"date"')
    """
    return name if _PLAIN.fullmatch(name) and name.lower() not in _WORDS else f'"{name}"'
