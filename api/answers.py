"""Asking and answering: what a route is given, and how its answer is written."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import orjson
from starlette.responses import Response

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from api.room import Room
    from api.settings import Settings

JSON = "application/json"
GEOJSON = "application/geo+json"
HTML = "text/html; charset=utf-8"
# Raised by whoever changes the form of a body: the same snapshot then has other bytes.
BODY_FORM = "1"


@dataclass(frozen=True)
class Ask:
    """One request, as far as a route needs to know it.

    Attributes
    ----------
    room : Room
        The same throughout the request.
    base : str
        Address of the server, without a slash at the end.
    path, query : str
        As asked.
    names : dict
        What the path names.
    values, texts : dict
        Parameters, parsed and as given.
    known_etags : str
        What the asker holds already (``If-None-Match``).
    """

    room: Room
    settings: Settings
    base: str
    path: str
    query: str
    names: Mapping[str, str]
    values: Mapping[str, Any]
    texts: Mapping[str, str]
    known_etags: str = ""

    def link(self, path: str, rel: str, title: str, media: str = JSON) -> dict[str, str]:
        """Link to another address of this server."""
        return {"rel": rel, "type": media, "title": title, "href": self.base + path}

    def link_self(self, media: str = JSON) -> dict[str, str]:
        """Link to what was asked for."""
        query = f"?{self.query}" if self.query else ""
        return self.link(self.path + query, "self", "This document", media)

    def link_next(self, token: str) -> dict[str, str]:
        """Link to the next page: the same question, begun further on."""
        query = urlencode({**self.texts, "token": token}, safe=",:/")
        return self.link(f"{self.path}?{query}", "next", "Next page", GEOJSON)


@dataclass(frozen=True)
class Doorway:
    """One address: its template, what answers it, the parameters it knows.

    ``heavy`` answers are worked out beside the event loop.
    """

    path: str
    endpoint: Callable[[Ask], Response]
    parameters: tuple[str, ...] = ()
    heavy: bool = False


def answer(ask: Ask, build: Callable[[], bytes], *, media: str) -> Response:
    """Answer with a body, or with 304 if the asker has it.

    Parameters
    ----------
    ask : Ask
    build : callable
        Makes the body; called only if it is needed. The same ask must give the same bytes:
        that is what the strong ETag promises.
    media : str
        Media type.
    """
    headers = {"ETag": make_etag(ask), "Cache-Control": _choose_caching(ask)}
    if ask.known_etags and _holds(ask.known_etags, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(build(), media_type=media, headers=headers)


def answer_json(ask: Ask, body: Callable[[], Any]) -> Response:
    """Answer with a JSON document."""
    return answer(ask, lambda: dump_json(body()), media=JSON)


def dump_json(body: object) -> bytes:
    """Write JSON; a number that is none (NaN) is null."""
    return orjson.dumps(body, option=orjson.OPT_SERIALIZE_NUMPY)


def make_etag(ask: Ask) -> str:
    """Return the strong validator of an answer.

    It changes with the run, with the day (consent may have ended), with the audience and with
    anything that was asked.
    """
    door = ask.room.door
    parts = (
        BODY_FORM, door.run_id, door.today.isoformat(), door.audience,
        ask.base, ask.path, ask.query,
    )
    digest = blake2b("\n".join(parts).encode(), digest_size=12).hexdigest()
    return f'"{digest}"'


def _choose_caching(ask: Ask) -> str:
    if ask.settings.audience == "public":
        return f"public, max-age={ask.settings.max_age_s}"
    return "private, no-store"


def _holds(known: str, etag: str) -> bool:
    held = (part.strip().removeprefix("W/") for part in known.split(","))
    return known.strip() == "*" or etag in held
