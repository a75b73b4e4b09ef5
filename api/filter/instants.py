"""Days and moments of a filter, in microseconds since 1970 (UTC)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from api.errors import ParameterError

DAY_US = 86_400_000_000
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(
    r"(?P<second>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.(?P<part>[0-9]{1,30}))?"
    r"(?P<zone>Z|[+-][0-9]{2}:[0-9]{2})", re.IGNORECASE)
_LOOSE = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:T(?:(?P<hour>[0-9]{2})(?P<minute>:[0-9]{2})?(?P<second>(?<=:[0-9]{2}):[0-9]{2})?"
    r"(?P<part>(?<=:[0-9]{2}:[0-9]{2})\.[0-9]{1,30})?)?(?P<zone>Z|[+-][0-9]{2}:[0-9]{2})?)?",
    re.IGNORECASE)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def read_day(text: str) -> int:
    """Begin of a day, in microseconds since 1970.

    Examples
    --------
    >>> read_day("1970-01-02") == DAY_US
    True
    """
    if not _DAY.fullmatch(text):
        raise ParameterError("DATE takes a day such as '2024-05-01'.")
    return _count(text + "T00:00:00+00:00", "DATE takes a day of the calendar.")


def read_moment(text: str) -> int:
    """Moment, in microseconds since 1970; what is finer is cut off.

    Examples
    --------
    >>> read_moment("1970-01-01T00:00:01.5Z"), read_moment("1970-01-01T01:00:00+01:00")
    (1500000, 0)
    """
    found = _MOMENT.fullmatch(text)
    if not found:
        raise ParameterError("TIMESTAMP takes a moment such as '2024-05-01T12:00:00Z'.")
    zone = found["zone"].upper().replace("Z", "+00:00")
    part = (found["part"] or "")[:6].ljust(6, "0")
    return _count(f"{found['second'].upper()}.{part}{zone}",
                  "TIMESTAMP takes a moment of the calendar and the clock.")


def read_instant(text: str) -> tuple[int, bool]:
    """Begin of a day or a moment, and whether it is a day."""
    if _DAY.fullmatch(text):
        return read_day(text), True
    return read_moment(text), False


def read_loosely(text: str) -> int:
    """Moment, of which the end may be missing: a day begins it, and without a zone it is UTC.

    Examples
    --------
    >>> [read_loosely("1970-01-02" + end) // DAY_US for end in ("", "T", "T00", "T00:00:00Z")]
    [1, 1, 1, 1]
    """
    found = _LOOSE.fullmatch(text)
    if not found:
        raise ParameterError("A time reads as '2024-05-01' or '2024-05-01T12:00:00Z'.")
    clock = f"{found['hour'] or '00'}{found['minute'] or ':00'}{found['second'] or ':00'}"
    return read_moment(f"{found['day']}T{clock}{found['part'] or ''}{found['zone'] or 'Z'}")


def _count(text: str, fault: str) -> int:
    try:
        return (datetime.fromisoformat(text) - _EPOCH) // _MICROSECOND
    except (ValueError, OverflowError) as error:
        raise ParameterError(fault) from error
