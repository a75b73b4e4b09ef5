"""Tokens: where a page begins, and in which run."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from api.errors import ParameterError

_BAD_TOKEN = "token: take it unchanged from the `next` link of the page before."  # noqa: S105


@dataclass(frozen=True)
class Token:
    """Where a page begins: after an id, in one run."""

    run_id: str
    after: str


def write_token(run_id: str, after: str) -> str:
    """Write down where the next page begins.

    Examples
    --------
    >>> read_token(write_token("20260101T000000Z-0011aabb", "leg-0003")).after
    'leg-0003'
    """
    return base64.urlsafe_b64encode(f"{run_id} {after}".encode()).decode("ascii").rstrip("=")


def read_token(text: str) -> Token:
    """Read where a page begins."""
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        words = base64.b64decode(padded, altchars=b"-_", validate=True).decode()
    except (UnicodeError, binascii.Error) as error:
        raise ParameterError(_BAD_TOKEN) from error
    run_id, _, after = words.partition(" ")
    if not (run_id and after):
        raise ParameterError(_BAD_TOKEN)
    return Token(run_id, after)
