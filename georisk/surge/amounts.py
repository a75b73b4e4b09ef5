"""Numbers as people write them on a command line: 4000, 4,000, 4.000, 4 000, 4'000."""

from __future__ import annotations

import re

from layers.errors import CallError

_SHOWN = 40
_PLAIN = re.compile(r"[+-]?[0-9]{1,18}", re.ASCII)
# One mark throughout, three digits after each: nothing else can be meant by that.
_GROUPED = re.compile(
    r"[+-]?[1-9][0-9]{0,2}([,.' \u00a0\u2007\u2009\u202f\u2019_])[0-9]{3}(?:\1[0-9]{3}){0,4}")


def read_count(text: str, option: str) -> int:
    """Read how many: digits, or digits in groups of three with one mark throughout.

    Parameters
    ----------
    option : str
        That the message names.

    Raises
    ------
    CallError
        If it is no whole number, or its marks leave open which one.

    Examples
    --------
    >>> [read_count(text, "--people") for text in ("4000", "4,000", "1.250.000", "4 000", "4'000")]
    [4000, 4000, 1250000, 4000, 4000]
    """
    given = text.strip()
    if _PLAIN.fullmatch(given):
        return int(given)
    if _GROUPED.fullmatch(given):
        return int(re.sub(r"[^0-9+-]", "", given))
    shown = "".join(c if c.isprintable() else " " for c in given[:_SHOWN])
    raise CallError(f"{option} {shown!r}: give a whole number, as 4000; a mark may only part "
                    "groups of three digits, as 4,000")


def count_noun(number: int, noun: str) -> str:
    """So many of something, in the singular for one.

    Examples
    --------
    >>> count_noun(1, "point"), count_noun(4000, "night")
    ('1 point', '4,000 nights')
    """
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
