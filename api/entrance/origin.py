"""Where a request comes from: whether this machine's own user asks, and not a page or a proxy."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from api.settings import is_loopback

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.types import Scope

# Whoever passes a request on mostly says so, in one of many ways.
_PASSED_ON = re.compile(
    rb"forward|via$|client-?ip|real-?ip|user-?ip|cdn-loop|tailscale|x-amzn|x-appengine|"
    rb"^cf-|^x-azure|^fly-|original-host|external-address"
)
_HOST = re.compile(rb"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?")
_CROSS = frozenset({b"cross-site", b"same-site"})


def is_passed_on(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Tell whether somebody stands between the asker and us, as far as headers say.

    Examples
    --------
    >>> is_passed_on([(b"host", b"localhost")]), is_passed_on([(b"x-forwarded-for", b"10.0.0.1")])
    (False, True)
    """
    return any(_PASSED_ON.search(name.replace(b"_", b"-")) for name, _ in headers)


def acts_for_itself(scope: Scope) -> bool:
    """Tell whether a request was made by who sits here, not by a page of another site.

    A browser says for which page it asks. Following a link or typing an address is the user's own
    doing; what a page of another site fetches or sends is not, whether or not it may read the
    answer. HTTP/1.0 is what proxies speak that say nothing of themselves, and no browser.
    """
    told = dict(scope["headers"])
    hosts = [value for name, value in scope["headers"] if name == b"host"]
    if len(hosts) != 1 or scope.get("http_version") == "1.0":
        return False
    origin = told.get(b"origin")
    own = scope["scheme"].encode() + b"://" + hosts[0]
    if origin is not None and origin.lower() != own.lower():
        return False
    is_followed = told.get(b"sec-fetch-mode") == b"navigate" and scope["method"] == "GET"
    return told.get(b"sec-fetch-site") not in _CROSS or is_followed


def find_host(scope: Scope) -> str:
    """Return the host that a request names, with its port; a malformed one is the server's own."""
    asked = _match_host(scope)
    if asked is not None:
        return str(asked[0].decode("ascii"))
    host, port = scope.get("server") or ("localhost", 80)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def names_this_machine(scope: Scope) -> bool:
    """Tell whether a request names a loopback host; one that names none does not."""
    asked = _match_host(scope)
    return asked is not None and is_loopback(asked[1].decode("ascii"))


def _match_host(scope: Scope) -> re.Match[bytes] | None:
    named = (value for name, value in scope["headers"] if name == b"host")
    return _HOST.fullmatch(next(named, b""))
