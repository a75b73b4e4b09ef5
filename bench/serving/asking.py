"""A small client: one connection kept open, bodies as bytes; its own cost counts for nobody."""

from __future__ import annotations

import http.client
import json
import math
import socket
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from points import ID

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

TOLERANCE, IDLE_S = 1e-6, 2.0


@dataclass(frozen=True)
class Server:
    """One server: where it listens, its process, where its items are, what every question adds."""

    name: str
    base: str
    pid: int
    items: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """Status, headers in lower case, body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Line:
    """A connection to a server, kept open."""

    def __init__(self, server: Server) -> None:
        parts = urlsplit(server.base)
        self.server = server
        self._connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=120)
        self._last = 0.0

    def ask(self, target: str, **headers: str) -> Answer:
        """Ask for a path with its query, whatever the answer is."""
        if time.monotonic() - self._last > IDLE_S:
            self._connection.close()  # a server hangs up on who is silent; the next word dials
        self._last = time.monotonic()
        self._connection.request("GET", target, headers={**self.server.headers, **headers})
        response = self._connection.getresponse()
        body = response.read()
        told = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, told, body)

    def read(self, target: str) -> Answer:
        """Ask for what must be there.

        Raises
        ------
        RuntimeError
            Naming what was answered instead.
        """
        answer = self.ask(target)
        if answer.status != 200:
            told = answer.body[:300]
            raise RuntimeError(f"{self.server.name}: {answer.status} for {target}: {told!r}")
        return answer

    def read_items(self, query: str) -> Answer:
        """Ask for items of the points."""
        return self.read(self.name_items(query))

    def name_items(self, query: str) -> str:
        """Path and query of items of the points."""
        both = "&".join(part for part in (self.server.query, query) if part)
        return f"{self.server.items}?{both}"

    def follow_pages(self, limit: int) -> Iterator[Answer]:
        """All items, page after page, as the ``next`` links say.

        No empty page is asked for: some servers link one after the last.
        """
        target, left = self.name_items(f"limit={limit}"), 1
        held = 0
        while target and left:
            answer = self.read(target)
            yield answer
            page = json.loads(answer.body)
            held += len(page["features"])
            left = max(0, page["numberMatched"] - held)
            target = find_next(page)


def find_next(page: dict[str, Any]) -> str:
    """Path and query of the next page; empty on the last one."""
    href = next((link["href"] for link in page["links"] if link["rel"] == "next"), "")
    parts = urlsplit(href)
    return f"{parts.path}?{parts.query}" if href else ""


def find_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(server: Server, most_s: float = 120.0) -> Server:
    """Return the server once it answers with items.

    Raises
    ------
    RuntimeError
        If it does not.
    """
    ends = time.monotonic() + most_s
    while True:
        try:
            Line(server).read_items("limit=1")
        except (OSError, http.client.HTTPException, RuntimeError) as error:
            if time.monotonic() > ends:
                raise RuntimeError(f"{server.name} does not answer: {error}") from error
            time.sleep(0.2)
        else:
            return server


def list_features(answer: Answer) -> dict[str, dict[str, Any]]:
    """Features of a page by id."""
    features = json.loads(answer.body)["features"]
    return {str(feature["id"]): feature for feature in features}


def find_difference(ours: dict[str, Any], theirs: dict[str, Any]) -> str:
    """Say where two sets of features differ; empty if they say the same."""
    if ours.keys() != theirs.keys():
        return f"ids: {len(ours.keys() ^ theirs.keys())} stand on one side alone"
    for id_, one in ours.items():
        other = theirs[id_]
        if one["geometry"]["type"] != other["geometry"]["type"] or any(
            abs(a - b) > TOLERANCE for a, b in zip(
                one["geometry"]["coordinates"], other["geometry"]["coordinates"], strict=True)
        ):
            return f"{id_}: geometry"
        told = {name: value for name, value in other["properties"].items() if name != ID}
        if one["properties"].keys() != told.keys():
            return f"{id_}: properties {sorted(one['properties'].keys() ^ told.keys())}"
        for name, value in one["properties"].items():
            if not _agree(value, told[name]):
                return f"{id_}, {name}: {value!r} and {told[name]!r}"
    return ""


def _agree(one: object, other: object) -> bool:
    if isinstance(one, float) and isinstance(other, (int, float)):
        return math.isclose(one, other, rel_tol=1e-9)
    return one == other and isinstance(one, bool) == isinstance(other, bool)
