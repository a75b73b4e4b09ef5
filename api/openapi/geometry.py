"""GeoJSON geometries (RFC 7946) as OpenAPI 3.0 schemas."""

from __future__ import annotations

from typing import Any

from api.stock.schemas import GEOJSON_KINDS

Schema = dict[str, Any]

POSITION: Schema = {
    "type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2,
    "description": "Longitude, latitude, unless the coordinate reference system says otherwise",
}


def list_of(items: Schema, *, least: int = 0) -> Schema:
    """Describe a list of at least some items."""
    return {"type": "array", "items": items, **({"minItems": least} if least else {})}


COORDINATES: dict[str, Schema] = {
    "Point": POSITION,
    "MultiPoint": list_of(POSITION),
    "LineString": list_of(POSITION, least=2),
    "MultiLineString": list_of(list_of(POSITION, least=2)),
    "Polygon": list_of(list_of(POSITION, least=4), least=1),
    "MultiPolygon": list_of(list_of(list_of(POSITION, least=4), least=1)),
}


def describe_kind(kind: str) -> Schema:
    """Describe one kind of geometry; null is a feature without one.

    Examples
    --------
    >>> describe_kind("Point")["properties"]["type"]
    {'type': 'string', 'enum': ['Point']}
    """
    return {
        "type": "object",
        "nullable": True,
        "required": ["type", "coordinates"],
        "additionalProperties": False,
        "properties": {
            "type": {"type": "string", "enum": [kind]},
            "coordinates": COORDINATES[kind],
        },
    }


def refer_geometry(family: str) -> Schema:
    """Refer to the geometry of a layer; one without geometry has null.

    Examples
    --------
    >>> refer_geometry("Point")
    {'$ref': '#/components/schemas/geometry.Point'}
    """
    if family == "none":
        return {"$ref": "#/components/schemas/geometry.none"}
    kinds = [{"$ref": f"#/components/schemas/geometry.{kind}"} for kind in GEOJSON_KINDS[family]]
    return kinds[0] if len(kinds) == 1 else {"anyOf": kinds}


def describe_geometries() -> dict[str, Schema]:
    """Describe every geometry there is, by the name of its component."""
    named = {f"geometry.{kind}": describe_kind(kind) for kind in COORDINATES}
    nothing = {"type": "object", "nullable": True, "maxProperties": 0, "example": None}
    return {**named, "geometry.none": nothing}
