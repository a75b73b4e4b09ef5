"""What a route is given: one request, and the doorway that it came by."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

from api.keys.holders import Holder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from starlette.responses import Response

    from api.jobs.worker import Crew
    from api.settings import Settings
    from api.stock.room import Room
    from layers.spec import Audience

# What a query may hold as it is (RFC 3986); anything else is written as %XX in a link.
_PLAIN = "!$&'()*+,;=:@/?%~"
JSON = "application/json"
GEOJSON = "application/geo+json"
HTML = "text/html; charset=utf-8"
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


@dataclass(frozen=True)
class Doorway:
    """One address: its template, what answers it, the parameters it knows.

    Attributes
    ----------
    path : str
        Template, such as ``/collections/{collection}``.
    endpoint : callable
    parameters : tuple of str
        Names in `api.asking.parameters.PARAMETERS`.
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
    crew : Crew
        Who works on the server's jobs.
    format : str
        One of the doorway's, chosen by ``f`` or ``Accept``.
    holder : Holder
        Who asks.
    headers : dict
        Lower-case names.
    body : bytes
    doorways : tuple of Doorway
        All of the server's.
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
    crew: Crew
    format: str = "json"
    holder: Holder = field(default_factory=Holder)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    doorways: Sequence[Doorway] = ()

    @property
    def media(self) -> str:
        """Media type of the format chosen."""
        return FORMATS[self.format]

    def link(self, path: str, rel: str, title: str, media: str = JSON) -> dict[str, str]:
        """Link to another address of this server; its type says nothing of the letters' coding."""
        kind = media.partition("; ")[0]
        return {"rel": rel, "type": kind, "title": title, "href": self.base + path}

    def locate(self, path: str) -> str:
        """Address for a ``Location``: a path, with what a proxy puts before it."""
        return urlsplit(self.settings.public_url).path.rstrip("/") + path

    def link_self(self, media: str = "") -> dict[str, str]:
        """Link to what was asked for."""
        query = f"?{quote(self.query, safe=_PLAIN)}" if self.query else ""
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
