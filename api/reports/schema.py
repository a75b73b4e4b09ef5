"""What a report and its receipt look like, as OpenAPI 3.0 schemas.

Whether a checksum fits and a day is neither to come nor over a year ago no schema can say; the
answer to those is 422 as well.
"""

from __future__ import annotations

from typing import Any

from api.reports.vocabulary import CLASSES, COUNTS, MAX_PLACE_ID, MOST_PEOPLE, PLACE_ID, STATUSES

Schema = dict[str, Any]

LINE, PLACE, FEATURE = "report.line", "report.place", "report.feature"
RECEIPT, STATE = "report.receipt", "report.state"
BODIES = {"text/plain": LINE, "application/json": PLACE, "application/geo+json": FEATURE}
DECIDED = "decided"
STATES = ("queued", "accepted", "rejected", DECIDED)
KEY_PATTERN = r"^[A-Za-z0-9._:~-]{1,64}$"
HEADERS: Schema = {
    "Idempotency-Key": {
        "name": "Idempotency-Key", "in": "header", "required": False,
        "description": "Your own name for this report: sent again with the same report, it is "
        "stored once and answered as before; with another report, 409",
        "schema": {"type": "string", "pattern": KEY_PATTERN},
    },
}


def describe_reports() -> dict[str, Schema]:
    """Describe every body of the report doorways, by name.

    Examples
    --------
    >>> sorted(describe_reports())
    ['report.feature', 'report.line', 'report.place', 'report.receipt', 'report.state']
    """
    return {
        LINE: {
            "type": "string", "maxLength": 200,
            "description": "GR1 place_id status date checksum: five words. The checksum is ISO "
            "7064 MOD 97-10 over the ASCII codes (two digits each, capitals) of the rest",
            "example": "GR1 gt-ex-1 CLOSED 2026-01-05 59",
        },
        PLACE: _close(_describe_place(), required=("place_id", "status", "date")),
        FEATURE: {"oneOf": [_describe_incident(), _describe_place_feature()]},
        RECEIPT: _describe_answer("Stored on disk, and waiting for review"),
        STATE: _describe_answer("Where a report stands"),
    }


def _close(members: Schema, *, required: tuple[str, ...]) -> Schema:
    return {"type": "object", "required": list(required), "properties": members,
            "additionalProperties": False}


def _describe_place() -> Schema:
    return {
        "place_id": _describe_id(),
        "status": {"type": "string", "enum": list(STATUSES)},
        "date": _describe_day(),
        "synthetic": _describe_drill(),
    }


def _describe_id() -> Schema:
    return {"type": "string", "pattern": f"^{PLACE_ID.pattern}$", "maxLength": MAX_PLACE_ID}


def _describe_day() -> Schema:
    return {"type": "string", "format": "date",
            "description": "Day on which it was seen (UTC): not to come, at most 366 days ago"}


def _describe_drill() -> Schema:
    return {"type": "boolean", "default": False, "description": "A drill: no such thing happened"}


def _describe_place_feature() -> Schema:
    return _close({
        "type": {"type": "string", "enum": ["Feature"]},
        "geometry": _describe_nothing(),
        "properties": _close(_describe_place(), required=("place_id", "status", "date")),
    }, required=("type", "properties"))


def _describe_nothing() -> Schema:
    """Describe a null: OpenAPI 3.0 has no type for it."""
    return {"type": "object", "nullable": True, "enum": [None]}


def _describe_incident() -> Schema:
    count = {"type": "integer", "minimum": 0, "maximum": MOST_PEOPLE, "default": 0}
    point = _close({
        "type": {"type": "string", "enum": ["Point"]},
        "coordinates": {
            "type": "array", "minItems": 2, "maxItems": 3, "items": {"type": "number"},
            "description": "Longitude, latitude; rounded to 0.01 degree before anything is stored",
        },
    }, required=("type", "coordinates"))
    said = {
        "class": {"type": "string", "enum": list(CLASSES), "description": "sec violence, acc "
                  "accident, env heat cold sickness, wat drowning, unk unknown"},
        "date": _describe_day(), **dict.fromkeys(COUNTS, count),
        "place_id": _describe_id(), "synthetic": _describe_drill(),
    }
    return _close({
        "type": {"type": "string", "enum": ["Feature"]},
        "geometry": {**point, "nullable": True, "description": "Null where place_id says where"},
        "properties": _close(said, required=("class", "date")),
    }, required=("type", "geometry", "properties"))


def _describe_answer(meaning: str) -> Schema:
    described = _close({
        "id": {"type": "string"},
        "state": {"type": "string", "enum": list(STATES)},
        "links": {"type": "array", "items": {"$ref": "#/components/schemas/link"}},
    }, required=("id", "state", "links"))
    return {**described, "description": meaning}
