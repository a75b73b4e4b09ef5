"""Asking and answering: what a route is given, and how its answer is written."""

from __future__ import annotations

import gzip
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import orjson
from starlette.responses import Response

from api.bodies import CHUNK_BYTES, Pieces
from api.holders import Holder
from api.validators import accepts_gzip, holds_already, write_validators

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from api.room import Room
    from api.settings import Settings
    from layers.spec import Audience

JSON = "application/json"
GEOJSON = "application/geo+json"
HTML = "text/html; charset=utf-8"
PROBLEM = "application/problem+json"
# Name of a format (`f=`) to its media type. What is packed already is not compressed again.
FORMATS: dict[str, str] = {
    "json": JSON,
    "geojson": GEOJSON,
    "html": HTML,
    "geojsonseq": "application/geo+json-seq",
    "csv": "text/csv; charset=utf-8; header=present",
    "flatgeobuf": "application/flatgeobuf",
    "geoparquet": "application/vnd.apache.parquet",
    "mvt": "application/vnd.mapbox-vector-tile",
    "schema": "application/schema+json",
    "openapi": "application/vnd.oai.openapi+json;version=3.0",
    "text": "text/plain; charset=utf-8",
}
_GZIP_LEVEL = 5
NO_HEADERS: Mapping[str, str] = {}


@dataclass(frozen=True)
class Doorway:
    """One address: its template, what answers it, the parameters it knows.

    Attributes
    ----------
    path : str
        Template, such as ``/collections/{collection}``.
    endpoint : callable
    parameters : tuple of str
        Names in `api.parameters.PARAMETERS`.
    heavy : bool or callable
        Worked out in a thread, beside the event loop; a callable says it of each request.
    method : str
        GET answers HEAD as well.
    formats : tuple of str
        Keys of `FORMATS`; the first is the one that is given unasked.
    answers : str
        Schema of its answer (`api.openapi`).
    bodies : dict
        Media type of a request body to its schema.
    status : int
        Of success.
    least : Audience
        Whoever sees less is told that there is nothing here.
    tag : str
        Group in the description of the API.
    page : str
        Page that shows the document to a person (`api.pages`).
    max_body_bytes : int
    """

    path: str
    endpoint: Callable[[Ask], Response]
    parameters: tuple[str, ...] = ()
    heavy: bool | Callable[[Ask], bool] = False
    method: str = "GET"
    formats: tuple[str, ...] = ("json",)
    answers: str = ""
    bodies: Mapping[str, str] = field(default_factory=dict)
    status: int = 200
    least: Audience = "public"
    tag: str = "Features"
    page: str = ""
    max_body_bytes: int = 0


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
    doorway : Doorway
    format : str
        One of the doorway's, chosen by ``f`` or ``Accept``.
    holder : Holder
        Who asks.
    headers : dict
        Lower-case names.
    body : bytes
    """

    room: Room
    settings: Settings
    base: str
    path: str
    query: str
    names: Mapping[str, str]
    values: Mapping[str, Any]
    texts: Mapping[str, str]
    doorway: Doorway
    format: str = "json"
    holder: Holder = field(default_factory=Holder)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def media(self) -> str:
        """Media type of the format chosen."""
        return FORMATS[self.format]

    def link(self, path: str, rel: str, title: str, media: str = JSON) -> dict[str, str]:
        """Link to another address of this server."""
        return {"rel": rel, "type": media, "title": title, "href": self.base + path}

    def link_self(self, media: str = "") -> dict[str, str]:
        """Link to what was asked for."""
        query = f"?{self.query}" if self.query else ""
        return self.link(self.path + query, "self", "This document", media or self.media)

    def link_formats(self, names: Sequence[str] = ()) -> list[dict[str, str]]:
        """Links to this document: as it is given, and in every other format, or in some."""
        # Written once: most of what a small answer costs would be the same words six times over.
        query = urlencode({k: v for k, v in self.texts.items() if k != "f"}, safe=",:/")
        start = f"{self.path}?{query}&f=" if query else f"{self.path}?f="
        others = [
            self.link(start + name, "alternate", f"This document as {name}", FORMATS[name])
            for name in names or self.doorway.formats if name != self.format
        ]
        return [self.link_self(), *others]

    def link_next(self, token: str) -> dict[str, str]:
        """Link to the next page: the same question, begun further on."""
        query = self.write_query(token=token)
        return self.link(f"{self.path}?{query}", "next", "Next page", self.media)

    def write_query(self, **changes: str) -> str:
        """Write the query as asked, but for some parameters."""
        return urlencode({**self.texts, **changes}, safe=",:/")


def answer(
    ask: Ask, build: Callable[[], bytes | Sequence[bytes]], *, media: str = "",
    headers: Mapping[str, str] = NO_HEADERS,
) -> Response:
    """Answer with a body, or with 304 if the asker has it.

    Parameters
    ----------
    ask : Ask
    build : callable
        Makes the body, whole or in pieces; called only if it is needed. The same ask must give
        the same bytes: that is what the strong ETag promises.
    media : str
        Media type; by default that of the format chosen.
    headers : dict
        More of them; a 304 carries them too.
    """
    packed = accepts_gzip(ask)
    own = {**write_validators(ask, packed=packed), **headers}
    if holds_already(ask, own):
        return Response(status_code=304, headers=own)
    body = build()
    media = media or ask.media
    if packed:
        whole = body if isinstance(body, bytes) else b"".join(body)
        small = gzip.compress(whole, compresslevel=_GZIP_LEVEL, mtime=0)
        return Response(small, media_type=media, headers={**own, "Content-Encoding": "gzip"})
    if isinstance(body, bytes) and len(body) <= CHUNK_BYTES:
        return Response(body, media_type=media, headers=own)
    if not isinstance(body, bytes) and sum(map(len, body)) <= CHUNK_BYTES:
        # One write where it fits: each costs more than joining.
        return Response(b"".join(body), media_type=media, headers=own)
    return Pieces([body] if isinstance(body, bytes) else body, media=media, headers=own)


def answer_json(
    ask: Ask, body: Callable[[], Any], *, headers: Mapping[str, str] = NO_HEADERS
) -> Response:
    """Answer with a JSON document, or with the page that shows it to a person."""
    if ask.format == "html":
        from api.pages import render_page

        return answer(ask, lambda: render_page(ask.doorway.page, body(), ask), headers=headers)
    return answer(ask, lambda: dump_json(body()), headers=headers)


def dump_json(body: object) -> bytes:
    """Write JSON; a number that is none (NaN) is null."""
    return orjson.dumps(body, option=orjson.OPT_SERIALIZE_NUMPY)
