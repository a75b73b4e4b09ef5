"""Numbers of a filter: whole ones are exact, and none is beyond comparing."""

from __future__ import annotations

import re

from api.errors import ParameterError

_WHOLE = re.compile(r"[0-9]{1,300}")
_LARGEST = 1e300


def read_number(text: str) -> int | float:
    """Read a number without a sign.

    Examples
    --------
    >>> read_number("9007199254740993"), read_number("1e3")
    (9007199254740993, 1000.0)
    """
    return check_number(int(text) if _WHOLE.fullmatch(text) else float(text))


def check_number(value: float) -> int | float:
    """Refuse a number that no column can hold: infinite, not a number, or enormous."""
    if not abs(value) <= _LARGEST:
        raise ParameterError("A number of the filter is too large to be compared.")
    return value
