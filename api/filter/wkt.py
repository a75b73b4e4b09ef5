"""Geometries of CQL2 text: well-known text and BBOX, as the GeoJSON that says the same."""

from __future__ import annotations

from typing import Any

from api.filter.cursor import Cursor, fail
from api.filter.numbers import read_number

GEOMETRIES = {
    "POINT": ("Point", 1), "LINESTRING": ("LineString", 1), "POLYGON": ("Polygon", 2),
    "MULTIPOINT": ("MultiPoint", 1), "MULTILINESTRING": ("MultiLineString", 2),
    "MULTIPOLYGON": ("MultiPolygon", 3), "GEOMETRYCOLLECTION": ("GeometryCollection", 0),
}
GEOMETRY_WORDS = {word + z: word for word in GEOMETRIES for z in ("", "Z")}
_BOX = (4, 6)
_MOST_COORDINATES = 3


def read_geometry(cursor: Cursor, word: str) -> dict[str, Any]:
    """Read a geometry after its name, of which a Z for heights may be the end.

    Examples
    --------
    >>> from api.filter.tokens import split_tokens
    >>> read_geometry(Cursor(split_tokens("(1 2, -3 4)")), "LINESTRING")
    {'type': 'LineString', 'coordinates': [[1, 2], [-3, 4]]}
    """
    kind, depth = GEOMETRIES[GEOMETRY_WORDS[word]]
    cursor.accept("Z")
    if kind == "GeometryCollection":
        return {"type": kind, "geometries": _read_members(cursor)}
    places = _read_places(cursor, depth, pointed=kind == "MultiPoint")
    if kind == "Point" and len(places) > 1:
        fail(cursor)
    return {"type": kind, "coordinates": (places or [[]])[0] if kind == "Point" else places}


def _read_members(cursor: Cursor) -> list[Any]:
    if cursor.accept("EMPTY"):
        return []
    cursor.expect("(")
    members = [_read_member(cursor)]
    while cursor.accept(","):
        members.append(_read_member(cursor))
    cursor.expect(")")
    return members


def _read_member(cursor: Cursor) -> dict[str, Any]:
    token = cursor.take()
    if token.kind != "name" or token.word not in GEOMETRY_WORDS:
        fail(cursor, token)
    return read_geometry(cursor, token.word)


def _read_places(cursor: Cursor, depth: int, *, pointed: bool) -> list[Any]:
    """Read coordinates in so many brackets; points of a MULTIPOINT may have their own."""
    if cursor.accept("EMPTY"):
        return []
    cursor.expect("(")
    places = [_read_place(cursor, depth, pointed=pointed)]
    while cursor.accept(","):
        places.append(_read_place(cursor, depth, pointed=pointed))
    cursor.expect(")")
    return places


def _read_place(cursor: Cursor, depth: int, *, pointed: bool) -> list[Any]:
    if depth > 1:
        return _read_places(cursor, depth - 1, pointed=False)
    if pointed and cursor.token.word in {"(", "EMPTY"}:
        inner = _read_places(cursor, 1, pointed=False)
        if len(inner) != 1:
            fail(cursor)
        return list(inner[0])
    place = [_read_signed(cursor)]
    while cursor.token.word not in {",", ")"}:
        place.append(_read_signed(cursor))
        if len(place) > _MOST_COORDINATES:
            fail(cursor)
    return place


def _read_signed(cursor: Cursor) -> int | float:
    minus = cursor.accept("-")
    if not minus:
        cursor.accept("+")
    token = cursor.take()
    if token.kind != "number":
        fail(cursor, token)
    number = read_number(token.text)
    return -number if minus else number


def read_box(cursor: Cursor) -> dict[str, Any]:
    """Read four or six numbers of a BBOX after its opening bracket."""
    numbers = [_read_signed(cursor)]
    while cursor.accept(","):
        numbers.append(_read_signed(cursor))
    cursor.expect(")")
    if len(numbers) not in _BOX:
        fail(cursor)
    return {"bbox": numbers}
