"""Siting as a job, as OpenAPI 3.0 schemas; the question is described by what reads it."""

from __future__ import annotations

from typing import Any

from api.jobs.question import describe_question
from api.openapi.parts import LINKS, MOMENT, TEXT, close

Schema = dict[str, Any]

JOB = close(
    {
        "id": TEXT,
        "state": {"type": "string", "enum": ["running", "done", "failed", "cancelled"]},
        "asked": {"type": "object", "additionalProperties": True},
        "created": MOMENT,
        "ended": {"type": "string", "description": "Moment (UTC); empty while it is running"},
        "limit_s": {"type": "integer", "minimum": 1},
        "run_id": TEXT, "message": TEXT, "note": TEXT, "links": LINKS,
    },
    "A question, and how far its answer is",
)


def describe_jobs() -> dict[str, Schema]:
    """Describe the documents of siting, by name."""
    question = adapt_schema(describe_question())
    example = {"services": ["water"], "k": 1, "limit_s": 30}
    return {"job": JOB, "siting_question": {**question, "example": example}}


def adapt_schema(schema: Schema) -> Schema:
    """Write a JSON Schema as OpenAPI 3.0 has it: null is ``nullable``, open bounds are flags.

    Examples
    --------
    >>> adapt_schema({"anyOf": [{"type": "number", "exclusiveMinimum": 0}, {"type": "null"}]})
    {'type': 'number', 'minimum': 0, 'exclusiveMinimum': True, 'nullable': True}
    """
    adapted: Schema = {}
    for key, value in schema.items():
        if key == "title" or (key == "default" and value is None):
            continue
        if key == "anyOf" and {"type": "null"} in value:
            others = [adapt_schema(one) for one in value if one != {"type": "null"}]
            adapted |= others[0] if len(others) == 1 else {"anyOf": others}
            adapted["nullable"] = True
        elif key in {"exclusiveMinimum", "exclusiveMaximum"}:
            adapted |= {key[9:].lower(): value, key: True}
        elif key == "properties":
            adapted[key] = {name: adapt_schema(one) for name, one in value.items()}
        else:
            adapted[key] = adapt_schema(value) if isinstance(value, dict) else value
    return adapted
