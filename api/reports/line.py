"""The one-line report a phone can send: ``GR1 <place_id> <status> <date> <checksum>``.

The checksum is ISO 7064 MOD 97-10 over the rest of the line. Each character is written as its
two-digit ASCII code (capitals only, so that all codes lie from 32 to 90); with the two digits of
the checksum appended, the number leaves 1 when divided by 97. 97 is prime and no two codes differ
by as much, so every wrong single character is seen; 99, the weight of two neighbours that changed
places, is no multiple of it either, so every such transposition is seen too. Fixed codes matter:
with letters as 10 to 35, as bank account numbers have them, a letter taken for a digit shifts all
that is before it, and one such slip in 97 passes.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from typing import TYPE_CHECKING, cast

from api.errors import UnprocessableError
from api.reports.refusals import REFER, refer_topics, refuse
from api.reports.report import PlaceReport
from api.reports.vocabulary import (
    MAX_PLACE_ID,
    MOST_DAYS,
    PLACE_ID,
    STATUSES,
    must_be_referred,
)

if TYPE_CHECKING:
    from api.reports.report import Status

MARK = "GR1"
_PARTS = (MARK, "place_id", "status", "date", "checksum")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_CHECKSUM = re.compile(r"\d{2}", re.ASCII)
_MODULUS, _NEEDED = 97, 98


def find_checksum(text: str) -> str:
    """Work out the two digits for the rest of a line: capitals, single spaces.

    Examples
    --------
    ``AB`` is 6566; 656600 leaves 7 when divided by 97, and 98 - 7 = 91: 656691 leaves 1.

    >>> find_checksum("AB"), 656691 % 97
    ('91', 1)
    """
    number = int("".join(f"{ord(one):02d}" for one in text)) * 100
    return f"{_NEEDED - number % _MODULUS:02d}"


def write_line(report: PlaceReport) -> str:
    """Write the line for a report.

    Examples
    --------
    >>> write_line(PlaceReport("gt-ex-1", "CLOSED", dt.date(2026, 1, 5)))
    'GR1 gt-ex-1 CLOSED 2026-01-05 59'
    """
    line = f"{MARK} {report.place_id} {report.status} {report.date.isoformat()}"
    return f"{line} {find_checksum(line.upper())}"


def read_line(text: str, *, today: dt.date) -> PlaceReport:
    """Read a line; case, spaces, the end of the line and kinds of dashes do not matter.

    Raises
    ------
    UnprocessableError
        Naming the part that is wrong, never repeating it.
    """
    with refer_topics(text):
        return _read_parts(_clean(text).split(), today=today)


def _read_parts(parts: list[str], *, today: dt.date) -> PlaceReport:
    if len(parts) != len(_PARTS):
        raise refuse("line", f"write {' '.join(_PARTS)}, five words with spaces between")
    mark, place, status, day, checksum = parts
    if mark != MARK:
        raise refuse("line", f"the first word is {MARK}")
    if not _CHECKSUM.fullmatch(checksum) or find_checksum(" ".join(parts[:-1])) != checksum:
        raise refuse("checksum", "does not fit the line: something in it was mistyped or lost")
    return PlaceReport(check_place(place.lower()), check_status(status),
                       check_day(day, today=today))


def _clean(text: str) -> str:
    """Capitals, plain dashes; what gateways add is gone."""
    plain = "".join("-" if unicodedata.category(one) == "Pd" or one == "\u2212" else one
                    for one in text.strip("\ufeff\0"))
    upper = plain.upper()
    if not upper.replace("\u00a0", " ").isascii():
        raise refuse("line", "letters a to z, digits, - and spaces only")
    return upper


def check_place(place_id: object, *, member: str = "place_id") -> str:
    """Return a place id; whether there is such a place is never said to its sender.

    Raises
    ------
    UnprocessableError
        If it is none, or reads like what must be referred.
    """
    if (not isinstance(place_id, str) or len(place_id) > MAX_PLACE_ID
            or not PLACE_ID.fullmatch(place_id)):
        raise refuse(member, f"an id: a-z, 0-9 and -, at most {MAX_PLACE_ID} characters")
    if must_be_referred(place_id):
        raise UnprocessableError(REFER)
    return place_id


def check_status(status: object, *, member: str = "status") -> Status:
    """Return a status."""
    if status not in STATUSES:
        raise refuse(member, f"one of {', '.join(STATUSES)}")
    return cast("Status", status)


def check_day(day: object, *, today: dt.date, member: str = "date") -> dt.date:
    """Return a day that is not to come and not over a year ago (UTC)."""
    try:
        if not isinstance(day, str) or not _DAY.fullmatch(day):
            raise ValueError  # noqa: TRY301 - one answer for all that is no day
        date = dt.date.fromisoformat(day)
    except ValueError:
        raise refuse(member, "a day as YYYY-MM-DD") from None
    if date > today:
        raise refuse(member, "lies in the future (UTC)")
    if (today - date).days > MOST_DAYS:
        raise refuse(member, f"more than {MOST_DAYS} days ago")
    return date
