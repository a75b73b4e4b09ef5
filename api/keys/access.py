"""Who sees what: the key in a request, and the audience of whoever asks."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from api.errors import LimitedError, MisdirectedError, UnauthorisedError, UnavailableError
from api.keys.holders import Holder
from api.keys.store import KeyFileError
from api.settings import is_loopback, stands_alone

if TYPE_CHECKING:
    from collections.abc import Iterable

    from api.keys.key import Key
    from api.keys.limits import RateLimiter
    from api.keys.ring import KeyRing
    from api.settings import Settings

MAX_TOKEN = 256
NO_KEY = "This key is not valid, or not any more: ask whoever gave it to you."
HOW_TO = "Send one key, as `Authorization: Bearer KEY` or as `X-API-Key: KEY`."
TOO_OFTEN = "This key has asked too often: try again later."
TOO_MANY = "Too many attempts with keys that are not valid: try again later."
UNCHECKED = "Keys cannot be checked just now."


def read_token(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """Read the key of a request; None if it brings none.

    Parameters
    ----------
    headers : iterable of (bytes, bytes)
        As the server has them: names in lower case, a name as often as it was sent.

    Raises
    ------
    UnauthorisedError
        If what is there is no key, or if there are several different ones. A request that means
        to show a key is never answered as if it had none.

    Examples
    --------
    >>> read_token([(b"accept", b"*/*"), (b"authorization", b"Bearer grk_x")])
    'grk_x'
    """
    found = ""
    for name, value in headers:
        if name == b"authorization":
            token = _strip_scheme(value)
        elif name == b"x-api-key":
            token = value.strip()
        else:
            continue
        if not 0 < len(token) <= MAX_TOKEN or not token.isascii() or b" " in token:
            raise UnauthorisedError(HOW_TO)
        if found and found != token.decode("ascii"):
            raise UnauthorisedError(HOW_TO)
        found = token.decode("ascii")
    return found or None


def find_key(
    headers: Iterable[tuple[bytes, bytes]], ring: KeyRing, limiter: RateLimiter
) -> Key | None:
    """Find the key that a request is made with, and count the request; None without a key.

    Raises
    ------
    UnauthorisedError
        If a key is shown that opens nothing: unknown, ended, revoked or no key at all, all in
        the same words.
    LimitedError
        If the key, or attempts with wrong ones, came too often.
    UnavailableError
        If the keys cannot be read.
    """
    try:
        token = read_token(headers)
        key = None if token is None else _open_with(token, ring)
    except UnauthorisedError:
        _wait(limiter.take_failure(), TOO_MANY)
        raise
    if key is not None:
        _wait(limiter.take(key), TOO_OFTEN)
    return key


def decide_holder(
    settings: Settings, key: Key | None, *, host_is_loopback: bool, forwarded: bool
) -> Holder:
    """Decide whose eyes an answer is for.

    Parameters
    ----------
    settings : Settings
    key : Key or None
        The valid key that came with the request (`find_key`).
    host_is_loopback : bool
        Whether the request names this machine (`api.entrance.origin.names_this_machine`).
    forwarded : bool
        Whether it came through somebody else (`api.entrance.origin.is_passed_on`).

    Returns
    -------
    Holder
        With a key: its audience, wherever the server listens. Without one: public beyond this
        machine or behind a proxy; else the audience that the server was started for.

    Raises
    ------
    MisdirectedError
        If a server that shows more than public on this machine is asked without a key for another
        host or through a proxy: a page from elsewhere must not reach the planner's server.
    """
    if key is not None:
        return Holder(key.audience, key.id, key.holder)
    if settings.audience == "public" or not stands_alone(settings):
        return Holder("public")
    if forwarded or not host_is_loopback:
        raise MisdirectedError("Without a key this server answers for this machine only: use "
                               "localhost, without a proxy.")
    return Holder(settings.audience)


def may_read_metrics(
    settings: Settings, holder: Holder, *, host_is_loopback: bool, forwarded: bool
) -> bool:
    """Tell whether ``/metrics`` may be shown: on this machine itself, or with a restricted key.

    The key is wanted wherever the server does not stand alone (`stands_alone`).
    """
    if holder.key_id:
        return holder.audience == "restricted"
    return stands_alone(settings) and host_is_loopback and not forwarded


def find_warning(settings: Settings, *, has_keys: bool) -> str:
    """Say what is unwise about how a server with keys is reached; empty if nothing is.

    Parameters
    ----------
    settings : Settings
    has_keys : bool
        Whether anybody holds a key that opens today.
    """
    if not has_keys or is_loopback(settings.host) or settings.public_url.startswith("https://"):
        return ""
    return ("keys would travel in clear; put a proxy that speaks TLS before this server, and name "
            "its address with --public-url https://...")


def _open_with(token: str, ring: KeyRing) -> Key:
    try:
        key = ring.find(token)
    except KeyFileError as error:
        raise UnavailableError(UNCHECKED) from error
    if key is None:
        raise UnauthorisedError(NO_KEY)
    return key


def _strip_scheme(value: bytes) -> bytes:
    scheme, _, token = value.strip().partition(b" ")
    return token.strip() if scheme.lower() == b"bearer" else b""


def _wait(wait_s: float, why: str) -> None:
    if wait_s > 0:
        raise LimitedError(why, retry_after_s=math.ceil(wait_s))
