"""A key: whose it is, what it opens, until when; and the secret that proves it."""

from __future__ import annotations

import base64
import datetime as dt
import json
import re
import secrets
import unicodedata
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

from layers.errors import CallError

if TYPE_CHECKING:
    from layers.spec import Audience

OPENED: tuple[Audience, ...] = ("partner", "restricted")
DAYS = 90
MOST_DAYS = 366
RATE_PER_MINUTE = 600
MOST_RATE_PER_MINUTE = 60_000
MAX_HOLDER = 120
SALT_BYTES, PEPPER_BYTES, DIGEST_BYTES = 16, 32, 32
_ID_CHARACTERS = 10
_SECRET_BYTES = 25
ID = re.compile(rf"[a-z2-7]{{{_ID_CHARACTERS}}}")
TOKEN = re.compile(rf"grk_([a-z2-7]{{{_ID_CHARACTERS}}})_[a-z2-7]{{{_SECRET_BYTES * 8 // 5}}}")


@dataclass(frozen=True, slots=True)
class Key:
    """What is known of a key; never its secret.

    Attributes
    ----------
    id : str
        Its public part: stands in the key, in the list and in the audit log.
    audience : {"partner", "restricted"}
        Whose eyes it opens for.
    holder : str
        The office that holds it.
    created, expires : date
        First and last day (UTC) on which it opens.
    rate_per_minute : int
        Requests that it may make.
    number : int
        Counted from 1 in the order in which keys were made; 0 before it is kept.
    revoked : str
        When it was revoked (UTC); empty while it was not.
    """

    id: str
    audience: Audience
    holder: str
    created: dt.date
    expires: dt.date
    rate_per_minute: int = RATE_PER_MINUTE
    number: int = 0
    revoked: str = ""

    def describe(self, day: dt.date) -> str:
        """Say in one word how it stands on a day: live, revoked, expired or early.

        Examples
        --------
        >>> day = dt.date(2026, 1, 10)
        >>> key = Key("a" * 10, "partner", "An office", day, dt.date(2026, 1, 20))
        >>> [key.describe(dt.date(2026, 1, n)) for n in (9, 10, 20, 21)]
        ['early', 'live', 'live', 'expired']
        """
        if self.revoked:
            return "revoked"
        if day > self.expires:
            return "expired"
        return "live" if day >= self.created else "early"

    def is_live(self, day: dt.date) -> bool:
        """Tell whether it opens on a day."""
        return not self.revoked and self.created <= day <= self.expires


def make_key(
    *, audience: str, holder: str, created: dt.date, expires: dt.date | None = None,
    days: int | None = None, rate_per_minute: int = RATE_PER_MINUTE,
) -> Key:
    """Agree on the terms of a new key.

    Parameters
    ----------
    audience : str
    holder : str
        An office or a role, not a person; at most 120 characters.
    created : date
        Today (UTC).
    expires, days : date, int
        Last day, or how many days from today; 90 days without either, 366 at most.
    rate_per_minute : int

    Raises
    ------
    CallError
        Saying which term is impossible.

    Examples
    --------
    >>> made = make_key(audience="partner", holder="Casa X", created=dt.date(2026, 1, 1))
    >>> str(made.expires)
    '2026-04-01'
    """
    if audience == "public":
        raise CallError("--audience public: what is public needs no key; "
                        f"there are keys for {' and '.join(OPENED)}")
    if audience not in OPENED:
        raise CallError(f"--audience {audience!r}: there are keys for {' and '.join(OPENED)}")
    if not 1 <= rate_per_minute <= MOST_RATE_PER_MINUTE:
        raise CallError(f"--rate {rate_per_minute}: choose 1 to {MOST_RATE_PER_MINUTE} requests "
                        "a minute")
    return Key(
        id=_draw_characters(_SECRET_BYTES)[:_ID_CHARACTERS],
        audience=audience, holder=_check_holder(holder), created=created,
        expires=_find_last_day(created, expires, days), rate_per_minute=rate_per_minute,
    )


def draw_token(key: Key) -> str:
    """Draw the secret of a key: 200 random bits behind its public part.

    Examples
    --------
    >>> key = Key("a" * 10, "partner", "Casa X", dt.date(2026, 1, 1), dt.date(2026, 1, 2))
    >>> len(draw_token(key)), draw_token(key)[:15]
    (55, 'grk_aaaaaaaaaa_')
    """
    return f"grk_{key.id}_{_draw_characters(_SECRET_BYTES)}"


def hash_token(token: str, *, salt: bytes, pepper: bytes) -> bytes:
    """Work out what is kept of a key instead of its secret: 32 bytes.

    Parameters
    ----------
    token : str
        The whole key.
    salt : bytes
        16 bytes of this key, beside it.
    pepper : bytes
        32 bytes of this study, in a file of its own: a copy of the keys alone proves nothing.

    Notes
    -----
    A keyed BLAKE2b, which takes a microsecond, is right here. Slow hashes (scrypt, Argon2) are
    for words that people choose: they make each guess dear because there are few to try. Here
    there are 2**200, which cannot be tried at any speed, while a slow hash at every request would
    be a way to exhaust the server.
    """
    return blake2b(token.encode("utf-8", "replace"), digest_size=DIGEST_BYTES, key=pepper,
                   salt=salt, person=b"georisk key 1").digest()


def seal_terms(key: Key, *, salt: bytes, digest: bytes, pepper: bytes) -> bytes:
    """Work out the seal over all that is kept of a key, whether it is revoked included.

    A cell that was altered behind our back (a damaged disk, an edited end) breaks it.
    """
    terms = json.dumps([key.id, key.audience, key.holder, key.created.isoformat(),
                        key.expires.isoformat(), key.rate_per_minute, key.revoked])
    return blake2b(salt + digest + terms.encode(), digest_size=DIGEST_BYTES, key=pepper,
                   person=b"georisk terms 1").digest()


def find_id(text: str) -> str:
    """Read which key somebody means: its id, with or without ``grk_``, or the whole key.

    Raises
    ------
    CallError
        If it is none of these. The text is not repeated: it may be most of a key.

    Examples
    --------
    >>> find_id("grk_abcdefghij")
    'abcdefghij'
    """
    whole = TOKEN.fullmatch(text.strip())
    id_ = whole[1] if whole else text.strip().removeprefix("grk_")
    if not ID.fullmatch(id_):
        raise CallError("this is no id of a key: `georisk key list` shows them "
                        f"({_ID_CHARACTERS} letters and digits)")
    return id_


def _draw_characters(size: int) -> str:
    return base64.b32encode(secrets.token_bytes(size)).decode("ascii").lower()


def _check_holder(holder: str) -> str:
    text = unicodedata.normalize("NFC", holder).strip()
    if not text:
        raise CallError("--holder is empty: say which office will hold the key")
    if len(text) > MAX_HOLDER:
        raise CallError(f"--holder has {len(text)} characters: at most {MAX_HOLDER}")
    # Control, format and surrogate characters could hide or turn what a list shows.
    if any(unicodedata.category(character).startswith(("C", "Zl", "Zp")) for character in text):
        raise CallError("--holder has characters that cannot be shown: letters, digits and signs "
                        "only")
    return text


def _find_last_day(created: dt.date, expires: dt.date | None, days: int | None) -> dt.date:
    if expires is not None and days is not None:
        raise CallError("say --expires or --days, not both")
    if expires is None:
        chosen = DAYS if days is None else days
        if not 1 <= chosen <= MOST_DAYS:
            raise CallError(f"--days {chosen}: choose 1 to {MOST_DAYS}; there is no key for ever")
        return created + dt.timedelta(days=chosen)
    if not created <= expires <= created + dt.timedelta(days=MOST_DAYS):
        last = created + dt.timedelta(days=MOST_DAYS)
        raise CallError(f"--expires {expires}: choose a day from {created} (today, UTC) to {last}; "
                        "there is no key for ever")
    return expires
