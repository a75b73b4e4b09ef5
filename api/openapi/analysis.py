"""What is said of corridors and places along them, as OpenAPI 3.0 schemas."""

from __future__ import annotations

from typing import Any

from api.asking.wishes import WISH_SCHEMA
from api.openapi.parts import (
    COUNT,
    DAY,
    FLAG,
    LINKS,
    NAMES,
    NUMBER,
    TEXT,
    allow_null,
    close,
    list_of,
)
from georisk.places import GROUPS, list_services

Schema = dict[str, Any]

NO_TEXT, NO_NUMBER = allow_null(TEXT), allow_null(NUMBER)
WORDS = list_of(TEXT)
DIRECTION: Schema = {"type": "string", "enum": ["forward", "backward"]}
SHARE = allow_null({"type": "number", "minimum": 0, "maximum": 1})
COLUMNS: Schema = {
    "type": "object",
    "description": "By column: a list of one value per piece",
    "additionalProperties": {"type": "array", "items": {}},
}
LEGS = list_of(close({"leg_id": TEXT, "reversed": FLAG}))
CORRIDORS = close(
    {
        "corridors": list_of(close(
            {
                "id": TEXT, "name": NAMES, "length_km": NO_NUMBER, "legs": LEGS,
                "synthetic": FLAG,
            },
            links=LINKS,
        )),
        "links": LINKS,
    },
    "Corridors, with their legs in order",
)
PROFILE = close(
    {
        "corridor": TEXT, "name": NAMES, "legs": LEGS, "run_id": TEXT, "as_of": DAY,
        "direction": TEXT, "source": {"type": "string", "enum": ["segments", "stretches"]},
        "note": TEXT, "synthetic": FLAG,
        "units": {"type": "object", "additionalProperties": TEXT},
        "pieces": COLUMNS,
        "coverage": {
            "type": "object",
            "description": "By service, then by direction",
            "additionalProperties": {"type": "object", "additionalProperties": COLUMNS},
        },
        "links": LINKS,
    },
    "What is known along a corridor: each list has one value per piece, in order",
)
GAP: Schema = {
    "type": "object",
    "nullable": True,
    "description": "The longest stretch without the service; its columns are those of `gaps`",
    "required": ["gap_id"],
    "additionalProperties": False,
    "properties": {
        "gap_id": TEXT, "from_place": NO_TEXT, "to_place": NO_TEXT, "severity": NO_TEXT,
        "words": NO_TEXT, "walk_h": NO_NUMBER, "walk_days": NO_NUMBER, "days": NO_NUMBER,
        "length_km": NO_NUMBER, "next_h": NO_NUMBER, "litres": NO_NUMBER,
    },
}
CAPACITY: Schema = {
    "type": "object",
    "nullable": True,
    "description": "On a mean day: what is needed, and what finds room",
    "additionalProperties": False,
    "properties": {
        "unit": NO_TEXT,
        **dict.fromkeys(
            ("demand", "with_service", "short", "unreachable", "unverified", "counted_km"),
            NO_NUMBER,
        ),
    },
}
COVERAGE = close(
    {
        "run_id": TEXT, "as_of": DAY, "synthetic": FLAG, "note": TEXT,
        "coverage": list_of(close({
            "corridor": TEXT, "service": TEXT, "direction": DIRECTION, "length_km": NO_NUMBER,
            "covered_share": SHARE, "verified_share": SHARE, "gaps": COUNT, "longest_gap": GAP,
            "capacity": CAPACITY,
        })),
        "links": LINKS,
    },
    "What is within reach along each corridor, by service and direction",
)
PLACE: dict[str, Schema] = {
    "place_id": TEXT, "name": NO_TEXT, "town": NO_TEXT, "country": NO_TEXT, "km": NO_NUMBER,
    "walk_h": NO_NUMBER, "opens": NO_TEXT, "months": NO_TEXT, "phone": NO_TEXT,
    "verify_by": allow_null(DAY), "check": NO_TEXT, "synthetic": allow_null(FLAG),
}
PLACES = close(
    {
        "places": list_of(close({
            **PLACE, "order": COUNT, "walk_h_from_previous": NO_NUMBER, "access_km": NO_NUMBER,
            "services": allow_null(WORDS), "admits": allow_null(WORDS),
            "last_verified": allow_null(DAY),
        })),
        "links": LINKS,
    },
    "Places along a way, in order of travel",
)
NEAREST = close(
    {
        "from": TEXT, "run_id": TEXT, "synthetic": FLAG, "note": TEXT,
        "nearest": list_of(close({
            **PLACE, "corridor": TEXT, "direction": DIRECTION, "towards": TEXT, "service": TEXT,
            "layer": TEXT,
        })),
        "links": LINKS,
    },
    "The next place of each service, both ways along every corridor that passes",
)
QUARANTINE = close(
    {
        "layer": TEXT, "read": COUNT, "accepted": COUNT, "quarantined": COUNT,
        "rows": list_of(close(dict.fromkeys(
            ("source", "row", "id", "column", "value", "reason", "suggestion"), TEXT,
        ))),
        "links": LINKS,
    },
    "Rows of an input that were set aside; personal values are removed",
)
WISH: Schema = {
    **WISH_SCHEMA,
    "properties": {
        **WISH_SCHEMA["properties"],
        "coordinates": {
            **WISH_SCHEMA["properties"]["coordinates"],
            "items": {"type": "number", "minimum": -180, "maximum": 180},
        },
        "service": {"type": "string", "enum": ["", *list_services()]},
        "admits": {"type": "string", "enum": ["", *GROUPS]},
    },
    "description": "Where somebody is, and what they look for",
    "example": {"type": "Point", "coordinates": [-92.26, 14.9], "service": "water"},
}

ANALYSIS_DOCUMENTS: dict[str, Schema] = {
    "corridors": CORRIDORS,
    "profile": PROFILE,
    "coverage": COVERAGE,
    "places": PLACES,
    "nearest": NEAREST,
    "quarantine": QUARANTINE,
    "wish": WISH,
}
