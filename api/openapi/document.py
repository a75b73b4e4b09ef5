"""The whole description of this server, for one audience."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api.openapi.features import describe_feature, describe_features
from api.openapi.geometry import describe_geometries
from api.openapi.inputs import describe_parameters
from api.openapi.operations import describe_operations
from api.openapi.responses import HEADERS, describe_problems
from api.openapi.schemas import describe_documents
from layers.spec import may_see

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from api.asking.ask import Doorway
    from api.settings import Settings
    from api.stock.room import Room

Schema = dict[str, Any]
TAGS = {
    "Capabilities": "What there is: landing page, conformance, collections",
    "Features": "Features of the collections (OGC API - Features)",
    "Tiles": "Collections as vector tiles (OGC API - Tiles)",
    "Analysis": "Risk, coverage and places along corridors",
    "Siting": "Where points should go, worked out as a job",
    "Reports": "What was seen on the way, for review",
    "Maps": "Pages that need nothing else",
    "Server": "The server and the run it shows",
}
# Settings without which a group of doorways leads nowhere.
NEEDS = {"Siting": ("state", "study"), "Reports": ("state",)}
KEYS: dict[str, Schema] = {
    "bearer": {
        "type": "http", "scheme": "bearer", "description": "A key, in Authorization",
    },
    "key": {
        "type": "apiKey", "in": "header", "name": "X-API-Key", "description": "A key",
    },
}
_REFERENCE = "#/components/"


def describe_api(doorways: Sequence[Doorway], room: Room, settings: Settings) -> Schema:
    """Describe every address that an audience can reach, as OpenAPI 3.0.3.

    Parameters
    ----------
    doorways : sequence of Doorway
        What answers; their order is kept.
    room : Room
        Whose collections and columns are told; what is hidden from its audience is not.
    settings : Settings

    Returns
    -------
    dict
        Self-contained: it refers to nothing outside itself. The same room gives the same.
    """
    return room.make(("openapi", settings.public_url), lambda: _describe(doorways, room, settings))


def _describe(doorways: Sequence[Doorway], room: Room, settings: Settings) -> Schema:
    audience = room.door.audience
    shown = [it for it in doorways if may_see(audience, it.least) and _is_open(it, settings)]
    paths: Schema = {}
    for doorway in shown:
        for path, method, operation in describe_operations(doorway, room):
            paths.setdefault(path, {})[method] = operation
    used = {op["tags"][0] for methods in paths.values() for op in methods.values()}
    body: Schema = {
        "openapi": "3.0.3",
        "info": _describe_info(room, settings),
        "servers": [{"url": settings.public_url.rstrip("/") or "/"}],
        "security": [{}, *({name: []} for name in KEYS)],
        "tags": [
            {"name": name, "description": meaning} for name, meaning in TAGS.items()
            if name in used
        ],
        "paths": paths,
    }
    return {**body, "components": _keep_used(body, _describe_components(shown, room))}


def _is_open(doorway: Doorway, settings: Settings) -> bool:
    """Whether this server has what a doorway needs; without it there is nothing here."""
    return all(getattr(settings, name) is not None for name in NEEDS.get(doorway.tag, ()))


def _describe_info(room: Room, settings: Settings) -> Schema:
    door = room.door
    return {
        "title": door.study_name,
        "version": door.version,
        "description": "Where people on the move come to harm, where help is missing, and where "
        "it should go next. Beside every path GET answers HEAD as well. Problems are "
        "application/problem+json (RFC 9457).",
        "contact": {"name": "Whoever runs this server", "url": settings.public_url or "/"},
    }


def _describe_components(shown: Iterable[Doorway], room: Room) -> dict[str, dict[str, Schema]]:
    schemas = {**describe_documents(), **describe_geometries()}
    for name in room.collections:
        schemas[f"features.{name}"] = describe_features(name)
        schemas[f"feature.{name}"] = describe_feature(room.spec(name))
    asked = {name for doorway in shown for name in doorway.parameters}
    return {
        "parameters": describe_parameters(asked, room),
        "headers": HEADERS,
        "responses": describe_problems(),
        "schemas": schemas,
        "securitySchemes": KEYS,
    }


def _keep_used(
    body: Schema, components: dict[str, dict[str, Schema]]
) -> dict[str, dict[str, Schema]]:
    """Keep the components that the body refers to, directly or through others."""
    waiting, used = _find_references(body), set[str]()
    while waiting:
        reference = waiting.pop()
        if reference not in used:
            used.add(reference)
            kind, name = reference.removeprefix(_REFERENCE).split("/")
            waiting |= _find_references(components[kind].get(name, {}))
    return {
        kind: kept
        for kind, named in components.items()
        if (kept := {
            name: one for name, one in sorted(named.items())
            if kind == "securitySchemes" or f"{_REFERENCE}{kind}/{name}" in used
        })
    }


def _find_references(part: object) -> set[str]:
    if isinstance(part, dict):
        own = part.get("$ref")
        found = {own} if isinstance(own, str) else set()
        return found.union(*(_find_references(value) for value in part.values()))
    if isinstance(part, list):
        return set().union(*(_find_references(value) for value in part))
    return set()
