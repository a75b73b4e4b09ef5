"""One doorway as OpenAPI operations: what is asked, what is answered, in whose words."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, Any

from api.openapi.inputs import describe_query, find_formats
from api.openapi.names import clean_path, describe_names, find_names
from api.openapi.parts import refer
from api.openapi.responses import describe_responses
from api.openapi.schemas import PER_COLLECTION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from api.asking.ask import Doorway
    from api.stock.room import Room

Schema = dict[str, Any]
_SECTION = re.compile(r"\n(?:Parameters|Returns|Raises|Notes|Examples|References)\n-{3,}\n")


def describe_operations(doorway: Doorway, room: Room) -> Iterator[tuple[str, str, Schema]]:
    """Describe a doorway: path, method and operation, once for each collection it is typed by.

    Nothing is told of a doorway through which this audience can reach nothing.
    """
    typed = doorway.answers in PER_COLLECTION and "collection" in find_names(doorway.path)
    for collection in room.collections if typed else ("",):
        names = describe_names(doorway, room, collection)
        if names is None:
            return
        path = clean_path(doorway.path)
        if collection:
            path = path.replace("{collection}", collection)
        yield path, doorway.method.lower(), _describe(doorway, names, room, collection)


def _describe(
    doorway: Doorway, names: list[Schema], room: Room, collection: str
) -> Schema:
    summary, description = read_words(doorway.endpoint)
    if collection:
        title = room.spec(collection).title.get("en", collection)
        summary = f"{title}: {summary[:1].lower()}{summary[1:]}"
    described: Schema = {
        "tags": [doorway.tag],
        "operationId": name_operation(doorway, collection),
        "summary": summary,
        "description": description,
        "parameters": [*names, *describe_query(doorway, room, collection)],
        "responses": describe_responses(
            doorway, collection, formats=find_formats(doorway, room, collection)),
    }
    if doorway.bodies:
        content = {media: {"schema": refer(name)} for media, name in doorway.bodies.items()}
        described["requestBody"] = {"required": True, "content": content}
    return described


def read_words(endpoint: object) -> tuple[str, str]:
    """Read what the docstring of an endpoint tells its askers: one line, and all before lists.

    Examples
    --------
    >>> def read_town():
    ...     '''Return a town.
    ...
    ...     It may be small.
    ...
    ...     Raises
    ...     ------
    ...     KeyError
    ...     '''
    >>> read_words(read_town)
    ('Return a town', 'Return a town. It may be small.')
    """
    text = _SECTION.split(f"\n{inspect.getdoc(endpoint) or 'Answer.'}\n")[0]
    paragraphs = [
        " ".join(part.replace("``", "`").split()) for part in text.split("\n\n") if part.strip()
    ]
    return paragraphs[0].rstrip("."), " ".join(paragraphs)


def name_operation(doorway: Doorway, collection: str = "") -> str:
    """Return the id of an operation, from method and path.

    Examples
    --------
    >>> from api.asking.ask import Doorway
    >>> name_operation(Doorway("/collections/{collection}/items", print), "places")
    'get-collections-places-items'
    """
    path = clean_path(doorway.path)
    words = re.findall(r"[A-Za-z0-9_]+", path.replace("{collection}", collection or "collection"))
    return "-".join([doorway.method.lower(), *(words or ["landing"])])
