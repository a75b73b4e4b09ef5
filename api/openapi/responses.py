"""What may be answered: bodies by format, headers, and every problem there can be."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from api.asking.ask import FORMATS
from api.openapi.parts import refer
from api.openapi.schemas import PER_COLLECTION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from api.asking.ask import Doorway

Schema = dict[str, Any]
PROBLEM_MEDIA = "application/problem+json"
# Formats whose body is one JSON document; the others are text or bytes.
DOCUMENT_FORMATS = frozenset({"json", "geojson", "schema", "openapi"})
TEXT_FORMATS = frozenset({"html", "csv", "geojsonseq", "text"})
FEATURE_HEADERS = ("OGC-NumberMatched", "OGC-NumberReturned", "Link", "Content-Crs")

PROBLEMS: dict[int, str] = {
    400: "A parameter is unknown, given twice or wrong; the detail says which",
    401: "The key opens nothing, or no longer",
    404: "There is nothing here by this name, or nothing that this audience may see",
    405: "This address does not take this method; Allow says which",
    406: "What was asked for cannot be written in this format",
    409: "The same idempotency key was used for something else",
    410: "The data were published anew; begin again at the first page",
    408: "What was announced did not arrive in time",
    413: "More was sent than is read",
    415: "The body is of a kind that is not read here",
    421: "This server does not answer for the host that was named",
    422: "What was sent can be read, but cannot be taken",
    429: "Asked too often; Retry-After says when to try again",
    431: "Address and headers together are longer than is read",
    503: "No snapshot is open, or too much is being worked out",
}
ALWAYS = (400, 401, 405, 421, 429, 431, 503)

HEADERS: dict[str, Schema] = {
    "ETag": {"description": "Strong validator, for If-None-Match", "schema": {
        "type": "string", "pattern": '^"[^"]+"$'}},
    "Last-Modified": {"description": "When the data were published", "schema": {
        "type": "string"}},
    "Cache-Control": {"description": "Who may keep the answer, and how long", "schema": {
        "type": "string"}},
    "Link": {"description": "The links of the document (RFC 8288)", "schema": {
        "type": "string"}},
    "OGC-NumberMatched": {"description": "Features that match, on all pages together",
        "schema": {"type": "integer", "minimum": 0}},
    "OGC-NumberReturned": {"description": "Features on this page",
        "schema": {"type": "integer", "minimum": 0}},
    "Content-Crs": {"description": "Reference system of the coordinates, in angle brackets",
        "schema": {"type": "string", "pattern": "^<[^<>]+>$"}},
    "Location": {"description": "Where what was made is found", "schema": {"type": "string"}},
    "Retry-After": {"description": "Seconds to wait", "schema": {
        "type": "integer", "minimum": 1}},
    "Allow": {"description": "Methods that this address takes", "schema": {"type": "string"}},
    "WWW-Authenticate": {"description": "How to show a key", "schema": {"type": "string"}},
}
PROBLEM_HEADERS = {401: ("WWW-Authenticate",), 405: ("Allow",), 429: ("Retry-After",)}


def describe_responses(
    doorway: Doorway, collection: str = "", *, formats: Sequence[str]
) -> dict[str, Schema]:
    """Describe every answer of a doorway, by status; what it gives, in each of some formats."""
    success = _describe_success(doorway, collection, formats)
    found: dict[str, Schema] = {str(doorway.status): success}
    if doorway.method == "GET":
        found["304"] = {"$ref": "#/components/responses/NotModified"}
    for status in find_statuses(doorway):
        found[str(status)] = {"$ref": f"#/components/responses/{name_problem(status)}"}
    return found


def find_statuses(doorway: Doorway) -> list[int]:
    """Return the problems that a doorway can answer with, by status."""
    found = {*ALWAYS}
    if "{" in doorway.path or doorway.least != "public" or doorway.parameters:
        found.add(404)
    if len(doorway.formats) > 1:
        found.add(406)
    if "token" in doorway.parameters:
        found.add(410)
    if "filter" in doorway.parameters:
        found |= {413, 422}
    if doorway.method == "POST":
        found |= {408, 409, 413, 415, 422}
    return sorted(found)


def name_problem(status: int) -> str:
    """Return the name under which a problem is described.

    Examples
    --------
    >>> name_problem(404)
    'NotFound'
    """
    return HTTPStatus(status).phrase.title().replace(" ", "").replace("-", "")


def describe_problems() -> dict[str, Schema]:
    """Describe the problems, and the answer that changed nothing, by their names."""
    content = {PROBLEM_MEDIA: {"schema": refer("problem")}}
    named = {
        name_problem(status): {
            "description": meaning,
            **_refer_headers(PROBLEM_HEADERS.get(status, ())),
            "content": content,
        }
        for status, meaning in PROBLEMS.items()
    }
    unchanged = {
        "description": "What If-None-Match names is still so",
        **_refer_headers(("ETag", "Cache-Control")),
    }
    return {"NotModified": unchanged, **named}


def _refer_headers(names: tuple[str, ...]) -> Schema:
    if not names:
        return {}
    return {"headers": {name: {"$ref": f"#/components/headers/{name}"} for name in names}}


def _describe_success(doorway: Doorway, collection: str, formats: Sequence[str]) -> Schema:
    headers = ["Cache-Control"]
    if doorway.method == "GET":
        headers += ["ETag", "Last-Modified"]
    if doorway.answers in PER_COLLECTION:
        headers += FEATURE_HEADERS if doorway.answers == "features" else FEATURE_HEADERS[2:]
    if doorway.answers == "collection":
        headers.append("Link")
    if doorway.status in {201, 202}:
        headers.append("Location")
    content = {
        find_media(name): {"schema": _describe_body(doorway, name, collection)}
        for name in formats
    }
    return {
        "description": HTTPStatus(doorway.status).phrase,
        **_refer_headers(tuple(headers)),
        "content": content,
    }


def find_media(name: str) -> str:
    """Return the media type of a format, without how it is written down.

    Examples
    --------
    >>> find_media("html"), find_media("openapi")
    ('text/html', 'application/vnd.oai.openapi+json;version=3.0')
    """
    media, *rest = FORMATS[name].split("; ")
    return ";".join([media, *(part for part in rest if part.startswith("version="))])


def _describe_body(doorway: Doorway, name: str, collection: str) -> Schema:
    if name in TEXT_FORMATS:
        return {"type": "string"}
    if name not in DOCUMENT_FORMATS:
        return {"type": "string", "format": "binary"}
    if doorway.answers in PER_COLLECTION and collection:
        return refer(f"{doorway.answers}.{collection}")
    return refer(doorway.answers) if doorway.answers else {"type": "object"}
