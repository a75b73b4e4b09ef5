"""The JSON Schema of a collection, written from its description: what is returned, what is asked.

OGC API - Features Part 5 (schemas) and Part 3 (queryables), JSON Schema 2020-12. The description
is the one that the audience was shown, so nothing hidden from it is named.
"""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any

from api.stock.room import find_time_column

if TYPE_CHECKING:
    from layers.spec import ColumnSpec, LayerSpec

DIALECT = "https://json-schema.org/draft/2020-12/schema"
GEOMETRY_NAME = "geom"
MONTH_PATTERN = "^[0-9]{4}-(0[1-9]|1[0-2])$"
GEOMETRY_FORMATS = {
    "Point": "geometry-point",
    "LineString": "geometry-linestring",
    "Polygon": "geometry-polygon-or-multipolygon",
    "Geometry": "geometry-any",
}
GEOJSON_KINDS: dict[str, tuple[str, ...]] = {
    "none": (),
    "Point": ("Point",),
    "LineString": ("LineString",),
    "Polygon": ("Polygon", "MultiPolygon"),
    "Geometry": (
        "Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon",
    ),
}
TYPES: dict[str, dict[str, Any]] = {
    "string": {"type": "string"},
    "text": {"type": "string"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "datetime": {"type": "string", "format": "date-time"},
    "month": {"type": "string", "pattern": MONTH_PATTERN},
    "list": {"type": "array", "items": {"type": "string"}},
}
# Units as the Unified Code for Units of Measure writes them; what it counts stands in braces.
UCUM = {
    "km": "km", "m": "m", "h": "h", "km/h": "km/h", "L": "L", "days": "d", "share": "1",
    "degC": "Cel", "kt": "[kn_i]", "per year": "/a",
    "0-10": "{score}", "people": "{people}", "people/day": "{people}/d", "USD": "{USD}",
    "person-hours": "{person}.h", "person-km/day": "{person}.km/d", "source-years": "{source}.a",
    "IGBP class": "{class}",
    "incidents per 100 km and year": "{incidents}/(100.km.a)",
    "incidents per 100,000 person-km": "{incidents}/(100000.{person}.km)",
}


def describe_returnables(spec: LayerSpec, address: str) -> dict[str, Any]:
    """Describe what a feature of a collection holds.

    Parameters
    ----------
    spec : LayerSpec
        As shown to the audience.
    address : str
        Where this schema is read, without a query: its ``$id``.

    Examples
    --------
    >>> from layers.catalog import find_spec
    >>> schema = describe_returnables(find_spec("segments"), "https://example.org/schema")
    >>> schema["properties"]["geom"]["format"], schema["properties"]["length_km"]["x-ogc-unit"]
    ('geometry-linestring', 'km')
    """
    given = [spec.id, *(name for name, column in spec.columns.items() if not column.nullable)]
    return {**_describe(spec, address), "required": given}


def describe_feature(spec: LayerSpec, address: str) -> dict[str, Any]:
    """Describe one feature of a collection as GeoJSON writes it.

    Each column has one type, for programs that take their fields from here: a missing value is
    null all the same, as Part 5 has it.

    Examples
    --------
    >>> from layers.catalog import find_spec
    >>> schema = describe_feature(find_spec("segments"), "https://example.org/feature-schema")
    >>> schema["properties"]["properties"]["properties"]["length_km"]["type"]
    'number'
    """
    whole = _describe(spec, address)
    columns = {
        name: {key: value for key, value in described.items() if key != "x-ogc-propertySeq"}
        for name, described in whole["properties"].items()
        if name in spec.columns
    }
    kinds = GEOJSON_KINDS[spec.geometry]
    geometry: dict[str, Any] = {"type": "null"}
    if kinds:
        drawn = {
            "type": "object",
            "required": ["type", "coordinates"],
            "properties": {"type": {"enum": list(kinds)}, "coordinates": {"type": "array"}},
        }
        geometry = {"title": "Geometry", "anyOf": [drawn, {"type": "null"}]}
    return {
        **whole,
        "required": ["type", "id", "geometry", "properties"],
        "properties": {
            "type": {"type": "string", "const": "Feature"},
            "id": {"title": spec.id, "type": "string"},
            "geometry": geometry,
            "properties": {"type": "object", "properties": columns},
        },
    }


def describe_queryables(spec: LayerSpec, address: str) -> dict[str, Any]:
    """Describe by what the features of a collection can be filtered; all else is refused.

    ``queryables`` says it again as the drafts of Part 3 did: GDAL up to 3.12 reads nothing else.
    Lists are left out there, for it would compare them with text.

    Examples
    --------
    >>> from layers.catalog import find_spec
    >>> describe_queryables(find_spec("places"), "https://example.org/q")["additionalProperties"]
    False
    """
    described = _describe(spec, address)
    listed = [{"id": name, "type": it["type"]} for name, it in described["properties"].items()
              if it.get("type", "array") != "array"]
    return {**described, "additionalProperties": False, "queryables": listed}


def _describe(spec: LayerSpec, address: str) -> dict[str, Any]:
    return {
        "$schema": DIALECT,
        "$id": address,
        "type": "object",
        "title": spec.title.get("en", spec.name),
        "description": spec.meaning,
        "properties": _describe_properties(spec),
    }


def _describe_properties(spec: LayerSpec) -> dict[str, dict[str, Any]]:
    time = find_time_column(spec)
    properties: dict[str, dict[str, Any]] = {
        spec.id: {"title": spec.id, "type": "string", "x-ogc-role": "id"}
    }
    if spec.geometry != "none":
        properties[GEOMETRY_NAME] = {
            "title": "Geometry",
            "format": GEOMETRY_FORMATS[spec.geometry],
            "x-ogc-role": "primary-geometry",
        }
    for name, column in spec.columns.items():
        properties[name] = describe_column(name, column)
        if name == time and "format" in properties[name]:
            properties[name]["x-ogc-role"] = "primary-instant"
    for place, described in enumerate(properties.values(), 1):
        described["x-ogc-propertySeq"] = place
    return properties


def describe_column(name: str, column: ColumnSpec) -> dict[str, Any]:
    """Describe one column: its type, meaning, unit and the values that it may hold.

    Examples
    --------
    >>> from layers.catalog import find_spec
    >>> column = find_spec("segments").columns["risk_score"]
    >>> described = describe_column("risk_score", column)
    >>> described["minimum"], described["maximum"], described["x-ogc-unit"]
    (0, 10, '{score}')
    """
    described = {"title": name.replace("_", " "), **describe_values(column)}
    described["description"] = column.meaning + (f" ({column.unit})" if column.unit else "")
    if column.unit in UCUM:
        described["x-ogc-unit"] = UCUM[column.unit]
    elif column.unit:
        described |= {"x-ogc-unit": column.unit, "x-ogc-unitLang": "en"}
    return described


def describe_values(column: ColumnSpec) -> dict[str, Any]:
    """Describe the values of a column as any JSON Schema says it: type, bounds, vocabulary."""
    described = {**TYPES[column.dtype]}
    each: dict[str, Any] = {}
    if column.one_of:
        each["enum"] = list(column.one_of)
    if column.pattern:
        each["pattern"] = column.pattern
    if column.dtype == "list":
        if column.pattern:
            each["pattern"] = f"^(?:{column.pattern})$"
        described["items"] = {"type": "string", **each}
    else:
        described |= each
    if column.range is not None and column.dtype in {"integer", "number"}:
        bounds = zip(("minimum", "maximum"), column.range, strict=True)
        described |= {name: _write_bound(end) for name, end in bounds if isfinite(end)}
    return described


def _write_bound(end: float) -> float:
    return int(end) if end.is_integer() else end
