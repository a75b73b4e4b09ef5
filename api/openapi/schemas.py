"""Our own documents as OpenAPI 3.0 schemas: what an answer holds, and that it holds no more.

A document is *closed* (nothing undeclared) wherever its members are ours to choose. What follows
a study (columns along a corridor, the restricted manifest) stays open by intent.
"""

from __future__ import annotations

from typing import Any

from api.openapi.analysis import ANALYSIS_DOCUMENTS
from api.openapi.jobs import describe_jobs
from api.openapi.parts import (
    COUNT,
    DAY,
    FLAG,
    LINKS,
    NAMES,
    NUMBER,
    OPEN,
    TEXT,
    allow_null,
    close,
    list_of,
    refer,
)
from api.openapi.tiles import TILE_DOCUMENTS
from api.reports.schema import describe_reports

Schema = dict[str, Any]

LINK = close(
    {"href": TEXT, "rel": TEXT},
    "A link; rel says what it leads to (RFC 8288)",
    type=TEXT, title=TEXT, hreflang=TEXT, length=COUNT, templated=FLAG,
)
PROBLEM = close(
    {
        "type": {"type": "string", "description": "Kind of problem; about:blank: as the status"},
        "title": TEXT,
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
    },
    "What went wrong (RFC 9457)",
    detail={"type": "string", "description": "What to do about it"},
)
LANDING = close(
    {
        "title": TEXT, "description": TEXT, "audience": TEXT, "as_of": DAY, "synthetic": FLAG,
        "links": LINKS,
    },
    "What this server is and where to go on",
    attribution=TEXT,
)
CONFORMANCE = close(
    {"conformsTo": list_of({"type": "string", "format": "uri"})},
    "Conformance classes that this server passes", links=LINKS,
)
EXTENT: Schema = {
    "type": "object",
    "additionalProperties": False,
    "description": "Where and when the features shown lie",
    "properties": {
        "spatial": close({
            "bbox": {
                "type": "array", "minItems": 1,
                "items": {"type": "array", "items": NUMBER, "minItems": 4, "maxItems": 4},
            },
            "crs": TEXT,
        }),
        "temporal": close({
            "interval": {
                "type": "array", "minItems": 1,
                "items": {
                    "type": "array", "items": allow_null(TEXT), "minItems": 2, "maxItems": 2,
                },
            },
            "trs": TEXT,
        }),
    },
}
COLLECTION: Schema = close(
    {
        "id": TEXT, "title": TEXT, "description": TEXT, "links": LINKS,
        "itemType": {"type": "string", "enum": ["feature"]},
        "id_column": TEXT,
        "columns": list_of(
            close({"name": TEXT, "dtype": TEXT, "unit": TEXT, "meaning": TEXT})
        ),
    },
    "A collection of features",
    titles=NAMES, extent=EXTENT, storageCrs=TEXT,
    crs={"type": "array", "items": TEXT, "minItems": 1},
)
COLLECTIONS = close(
    {"collections": list_of(refer("collection")), "links": LINKS},
    "The collections that this audience sees",
    crs=list_of(TEXT),
)
JSON_SCHEMA: Schema = {
    "type": "object",
    "description": "A JSON Schema (2020-12) with the x-ogc- keywords of OGC API - Features Part 5",
    "required": ["$schema", "$id", "type", "properties"],
    "properties": {
        "$schema": TEXT, "$id": TEXT, "type": {"type": "string", "enum": ["object"]},
        "title": TEXT, "description": TEXT, "required": list_of(TEXT),
        "additionalProperties": FLAG,
        "properties": {"type": "object", "additionalProperties": OPEN},
    },
    "additionalProperties": False,
}
QUERYABLES: Schema = {
    **JSON_SCHEMA,
    "description": "What a filter may ask, as a JSON Schema; `queryables` says it once more in the "
    "form of the drafts, which older clients read",
    "properties": {
        **JSON_SCHEMA["properties"], "queryables": list_of(close({"id": TEXT, "type": TEXT})),
    },
}
FEATURE_SCHEMA: Schema = {
    **JSON_SCHEMA,
    "description": "A JSON Schema (2020-12) of one GeoJSON feature",
}
OPENAPI: Schema = {
    "type": "object",
    "description": "This description (OpenAPI 3.0)",
    "required": ["openapi", "info", "paths"],
    "properties": {
        "openapi": {"type": "string", "enum": ["3.0.3"]}, "info": OPEN, "paths": OPEN,
    },
    "additionalProperties": True,
}
MAPS = close(
    {"maps": list_of(close({"name": TEXT, "links": LINKS})), "links": LINKS},
    "Maps of this audience",
)
MANIFEST: Schema = {
    "type": "object",
    "description": "The run that these data come from, as far as this audience may know it",
    "required": ["run_id"],
    "properties": {
        "run_id": TEXT, "version": TEXT, "as_of": DAY, "synthetic": FLAG,
    },
    "additionalProperties": True,
}
READINESS = close(
    {"status": {"type": "string", "enum": ["ready"]}, "run_id": TEXT}, "A snapshot is open",
)
HEALTH = close({"status": {"type": "string", "enum": ["ok"]}}, "The process lives")

DOCUMENTS: dict[str, Schema] = {
    "landing": LANDING,
    "conformance": CONFORMANCE,
    "collections": COLLECTIONS,
    "collection": COLLECTION,
    "schema": JSON_SCHEMA,
    "queryables": QUERYABLES,
    "feature-schema": FEATURE_SCHEMA,
    "openapi": OPENAPI,
    "maps": MAPS,
    "manifest": MANIFEST,
    "readiness": READINESS,
    "health": HEALTH,
}
# Of each collection its own, with its own columns: see `api.openapi.features`.
PER_COLLECTION = ("features", "feature")


def describe_documents() -> dict[str, Schema]:
    """Describe everything that answers may refer to, by the name of its component."""
    return {
        **DOCUMENTS, **ANALYSIS_DOCUMENTS, **TILE_DOCUMENTS, **describe_jobs(),
        **describe_reports(), "link": LINK, "problem": PROBLEM,
    }
