"""What an answer is a version of: validators, caching, coding."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING

from api.asking.negotiation import read_ranges

if TYPE_CHECKING:
    from collections.abc import Mapping

    from api.asking.ask import Ask

# Raised by whoever changes the form of a body: the same snapshot then has other bytes.
BODY_FORM = "2"
PACKED = frozenset({"geoparquet"})
_VARY = "Accept, Accept-Encoding, Authorization, X-API-Key"


def make_etag(ask: Ask, *, packed: bool = False) -> str:
    """Return the strong validator of an answer.

    It changes with the run, with the day (consent may have ended), with the audience, with
    anything that was asked, and with the coding.
    """
    door = ask.room.door
    parts = (
        BODY_FORM, door.run_id, door.today.isoformat(), door.audience,
        ask.base, ask.path, ask.query, ask.format,
    )
    digest = blake2b("\n".join(parts).encode(), digest_size=12).hexdigest()
    return f'"{digest}-gz"' if packed else f'"{digest}"'


def accepts_gzip(ask: Ask) -> bool:
    """Whether the answer is compressed: the asker says so, and it is not packed already."""
    coding = ask.headers.get("accept-encoding", "")
    return ask.format not in PACKED and bool(coding) and _takes_gzip(coding[:1000])


@lru_cache(maxsize=128)
def _takes_gzip(coding: str) -> bool:
    """Whether a header takes gzip; a small weight is none of nothing (RFC 9110, 12.5.3).

    Examples
    --------
    >>> _takes_gzip("br, gzip;q=0.1"), _takes_gzip("*"), _takes_gzip("*, gzip;q=0")
    (True, True, False)
    """
    weights = dict(read_ranges(coding))
    return next((weights[it] for it in ("gzip", "x-gzip", "*") if it in weights), 0.0) > 0


def write_validators(ask: Ask, *, packed: bool) -> dict[str, str]:
    """Headers that say what an answer is a version of, and for how long it may be kept."""
    etag = make_etag(ask, packed=packed)
    if ask.room.door.audience != "public" or ask.holder.key_id:
        return {"ETag": etag, "Cache-Control": "private, no-store", "Vary": _VARY}
    return {
        "ETag": etag,
        "Cache-Control": f"public, max-age={ask.settings.max_age_s}",
        "Last-Modified": ask.room.modified,
        "Vary": _VARY,
    }


def holds_already(ask: Ask, own: Mapping[str, str]) -> bool:
    """Whether the asker has the answer with these headers."""
    known = ask.headers.get("if-none-match")
    if known is not None:
        return _holds(known, own["ETag"])
    since, modified = ask.headers.get("if-modified-since"), own.get("Last-Modified")
    if since is None or modified is None:
        return False
    try:
        return parsedate_to_datetime(modified) <= parsedate_to_datetime(since)
    except (TypeError, ValueError, OverflowError):
        return False


def _holds(known: str, etag: str) -> bool:
    held = (part.strip().removeprefix("W/") for part in known.split(","))
    return known.strip() == "*" or etag in held
