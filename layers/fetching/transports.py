"""Getting bytes from an address: live, recorded as it goes, or replayed from a folder.

A transport is a function from an `Ask` and an open file to a `Reply`. Nothing but https to a
named host is ever asked, and no answer is read past its limit.
"""

from __future__ import annotations

import hashlib
import http.client
import ipaddress
import json
import ssl
import time
from contextlib import closing
from dataclasses import asdict, dataclass
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from layers.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MAX_REDIRECTS = 5
_CHUNK_BYTES = 1 << 16
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_OK = 200
_PORT = 443
_KEPT_HEADERS = ("content-type", "etag", "last-modified")


@dataclass(frozen=True)
class Ask:
    """What to get.

    Attributes
    ----------
    url : str
    hosts : frozenset of str
        Hosts that may answer, redirects included.
    max_bytes : int
    timeout_s : float
        For connecting and for each read.
    deadline_s : float
        For the whole.
    body : bytes
        Sent as a form; empty asks without one.
    """

    url: str
    hosts: frozenset[str]
    max_bytes: int
    timeout_s: float = 60.0
    deadline_s: float = 3600.0
    body: bytes = b""


@dataclass(frozen=True)
class Reply:
    """What came: the address that answered in the end, some headers, and the sha256 and size."""

    url: str
    headers: tuple[tuple[str, str], ...]
    sha256: str
    size: int


if TYPE_CHECKING:
    Transport = Callable[[Ask, IO[bytes]], Reply]


def check_address(url: str, hosts: frozenset[str]) -> tuple[str, str]:
    """Return host and path of an address that may be asked.

    Raises
    ------
    InputError
        If it is not https, names a port, a user or a host that is not listed.

    Examples
    --------
    >>> check_address("https://example.org/a?b=1", frozenset({"example.org"}))
    ('example.org', '/a?b=1')
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise InputError("an address that cannot be read; nothing was fetched") from error
    host = (parts.hostname or "").lower()
    if parts.scheme != "https":
        raise InputError(f"{host or 'the address'}: only https is fetched")
    if port not in {None, _PORT} or parts.username or parts.password:
        raise InputError(f"{host}: an address with a port or a user is not fetched")
    if host not in hosts:
        raise InputError(f"{host}: not a host of this source ({', '.join(sorted(hosts))}); "
                         "download it yourself and use: georisk import FILE")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if any(ord(letter) <= 32 or ord(letter) > 126 for letter in path):  # noqa: PLR2004 - printable
        raise InputError(f"{host}: an address with unreadable letters is not fetched")
    return host, path


def fetch_live(ask: Ask, into: IO[bytes]) -> Reply:
    """Ask the network.

    Raises
    ------
    InputError
        In one line: no network, a host that is private or not listed, a bad answer, too much.
    """
    url, end_s = ask.url, time.monotonic() + ask.deadline_s
    for _ in range(MAX_REDIRECTS + 1):
        host, path = check_address(url, ask.hosts)
        link = http.client.HTTPSConnection(host, timeout=ask.timeout_s,
                                           context=ssl.create_default_context())
        try:
            with closing(link), _send(link, ask, path) as answer:
                if answer.status not in _REDIRECTS:
                    return _receive(answer, url, into, ask=ask, end_s=end_s)
                url = urljoin(url, answer.headers.get("location", ""))
        except (OSError, http.client.HTTPException) as error:
            reason = getattr(error, "strerror", None) or type(error).__name__
            raise InputError(f"no network: {host} did not answer ({reason}); give the file "
                             "instead: georisk import FILE") from error
    raise InputError(f"{urlsplit(ask.url).hostname}: more than {MAX_REDIRECTS} redirects")


def _send(link: http.client.HTTPSConnection, ask: Ask, path: str) -> http.client.HTTPResponse:
    link.connect()
    # The peer and not the name is checked: a name may point into our own network.
    if not is_public(link.sock.getpeername()[0]):
        raise InputError(f"{link.host} is an address inside a private network; not fetched")
    headers = {"User-Agent": "georisk", "Accept-Encoding": "identity"}
    if ask.body:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    link.request("POST" if ask.body else "GET", path, body=ask.body or None, headers=headers)
    return link.getresponse()


def is_public(address: str) -> bool:
    """Tell whether an IP address belongs to the public internet.

    Examples
    --------
    >>> is_public("9.9.9.9"), is_public("10.0.0.1"), is_public("::ffff:127.0.0.1")
    (True, False, False)
    """
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(ip, "ipv4_mapped", None)
    ip = mapped or ip
    return ip.is_global and not ip.is_multicast


def _receive(
    answer: http.client.HTTPResponse, url: str, into: IO[bytes], *, ask: Ask, end_s: float
) -> Reply:
    host = urlsplit(url).hostname
    if answer.status != _OK:
        raise InputError(f"{host} answered {answer.status}; give the file instead: "
                         "georisk import FILE")
    digest, size = hashlib.sha256(), 0
    while chunk := answer.read(_CHUNK_BYTES):
        size += len(chunk)
        if size > ask.max_bytes:
            raise InputError(f"{host} sends more than {ask.max_bytes / 1e6:g} MB; nothing was kept")
        if time.monotonic() > end_s:
            raise InputError(f"{host} takes longer than {ask.deadline_s:g} s; nothing was kept")
        digest.update(chunk)
        into.write(chunk)
    if answer.length:
        raise InputError(f"{host} broke off, {answer.length} bytes are missing; try again")
    headers = tuple((name, value) for name in _KEPT_HEADERS
                    if (value := answer.headers.get(name)) is not None)
    return Reply(url, headers, digest.hexdigest(), size)


def record_with(transport: Transport, folder: Path) -> Transport:
    """A transport that also writes every answer into a folder, for `replay_from`."""

    def record(ask: Ask, into: IO[bytes]) -> Reply:
        folder.mkdir(parents=True, exist_ok=True)
        body = folder / f"{_name_ask(ask)}.bin"
        with body.open("w+b") as stream:
            reply = transport(ask, stream)
            stream.seek(0)
            _copy(stream, into, ask.max_bytes)
        note = {"ask": ask.url, **asdict(reply)}
        body.with_suffix(".json").write_text(json.dumps(note, indent=1), encoding="utf-8")
        return reply

    return record


def replay_from(folder: Path) -> Transport:
    """A transport that answers from a folder and never touches the network.

    The checks of the live one hold: hosts, size, and the sha256 that was recorded.
    """

    def replay(ask: Ask, into: IO[bytes]) -> Reply:
        check_address(ask.url, ask.hosts)
        note = _read_note(folder / f"{_name_ask(ask)}.json", ask)
        check_address(note["url"], ask.hosts)
        with (folder / f"{_name_ask(ask)}.bin").open("rb") as stream:
            sha256, size = _copy(stream, into, ask.max_bytes)
        if sha256 != note["sha256"]:
            raise InputError(f"{folder.name}: the recorded answer was altered; nothing was kept")
        headers = tuple((str(name), str(value)) for name, value in note["headers"])
        return Reply(note["url"], headers, sha256, size)

    return replay


def _read_note(path: Path, ask: Ask) -> dict[str, Any]:
    try:
        note = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path.parent.name}: no recorded answer of "
                         f"{urlsplit(ask.url).hostname} to this question") from error
    if not isinstance(note, dict) or not {"url", "sha256", "headers"} <= set(note):
        raise InputError(f"{path.parent.name}: {path.name} is not a recorded answer")
    return note


def _name_ask(ask: Ask) -> str:
    return hashlib.sha256(ask.url.encode() + b"\n" + ask.body).hexdigest()[:20]


def _copy(source: IO[bytes], into: IO[bytes], max_bytes: int) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    while chunk := source.read(_CHUNK_BYTES):
        size += len(chunk)
        if size > max_bytes:
            raise InputError(f"more than {max_bytes / 1e6:g} MB; nothing was kept")
        digest.update(chunk)
        into.write(chunk)
    return digest.hexdigest(), size
