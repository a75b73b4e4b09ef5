"""Parts that the schemas of our documents are put together from (OpenAPI 3.0)."""

from __future__ import annotations

from typing import Any

from api.asking.parameters import LANGUAGES

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
FLAG: Schema = {"type": "boolean"}
COUNT: Schema = {"type": "integer", "minimum": 0}
NUMBER: Schema = {"type": "number"}
DAY: Schema = {"type": "string", "format": "date"}
MOMENT: Schema = {"type": "string", "format": "date-time"}
OPEN: Schema = {"type": "object", "additionalProperties": True}


def refer(name: str) -> Schema:
    """Refer to a schema by its name."""
    return {"$ref": f"#/components/schemas/{name}"}


def close(required: dict[str, Schema], meaning: str = "", /, **optional: Schema) -> Schema:
    """Describe an object with these members and no others.

    Examples
    --------
    >>> close({"id": TEXT})["additionalProperties"]
    False
    """
    described: Schema = {
        "type": "object",
        "required": list(required),
        "properties": {**required, **optional},
        "additionalProperties": False,
    }
    return {"description": meaning, **described} if meaning else described


def list_of(items: Schema) -> Schema:
    """Describe a list."""
    return {"type": "array", "items": items}


def allow_null(schema: Schema) -> Schema:
    """Describe a value that may be missing."""
    return {**schema, "nullable": True}


LINKS = list_of(refer("link"))
NAMES: Schema = {
    "type": "object", "properties": dict.fromkeys(LANGUAGES, TEXT),
    "additionalProperties": False, "description": "By language",
}
