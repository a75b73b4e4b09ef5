"""What may be asked and what is answered: OpenAPI, and the JSON Schema of each collection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api.answering.answers import answer, answer_json
from api.asking.ask import Doorway
from api.openapi.document import describe_api
from api.openapi.page import draw_page
from api.stock.schemas import describe_feature, describe_queryables, describe_returnables

if TYPE_CHECKING:
    from starlette.responses import Response

    from api.asking.ask import Ask


def read_api(ask: Ask) -> Response:
    """Describe this server (OpenAPI 3.0).

    What this audience may not see is not described.
    """
    if ask.format == "html":
        return read_api_page(ask)
    return answer_json(ask, lambda: _describe(ask))


def read_api_page(ask: Ask) -> Response:
    """Describe this server on a page for people."""
    return answer(ask, lambda: draw_page(_describe(ask), ask))


def read_schema(ask: Ask) -> Response:
    """Describe what a feature of a collection holds.

    A JSON Schema (OGC API - Features, Part 5) with the meaning and unit of every property.
    """
    spec = ask.room.spec(ask.names["collection"])
    return answer_json(ask, lambda: describe_returnables(spec, ask.base + ask.path))


def read_queryables(ask: Ask) -> Response:
    """Describe by which properties a collection can be filtered.

    A JSON Schema (OGC API - Features, Part 3); a filter that names anything else is refused.
    """
    spec = ask.room.spec(ask.names["collection"])
    return answer_json(ask, lambda: describe_queryables(spec, ask.base + ask.path))


def read_feature_schema(ask: Ask) -> Response:
    """Describe one feature of a collection as GeoJSON.

    A JSON Schema with one type per property; a missing value is null.
    """
    spec = ask.room.spec(ask.names["collection"])
    return answer_json(ask, lambda: describe_feature(spec, ask.base + ask.path))


def _describe(ask: Ask) -> dict[str, Any]:
    return describe_api(ask.doorways, ask.room, ask.settings)


# GDAL takes a schema as plain JSON only, and says so in what it accepts.
SCHEMAS = ("schema", "json", "html")
DOORWAYS = (
    Doorway("/api", read_api, ("f",), heavy=True, formats=("openapi", "html"), answers="openapi",
            tag="Server"),
    Doorway("/api.html", read_api_page, heavy=True, formats=("html",), tag="Server"),
    Doorway("/collections/{collection}/schema", read_schema, ("f",), formats=SCHEMAS,
            answers="schema", page="schema"),
    Doorway("/collections/{collection}/queryables", read_queryables, ("f",), formats=SCHEMAS,
            answers="queryables", page="queryables"),
    Doorway("/collections/{collection}/feature-schema", read_feature_schema, ("f",),
            formats=SCHEMAS, answers="feature-schema", page="document"),
)
