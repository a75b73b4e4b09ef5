"""Opening months and hours as places tell them: in which months is a place open at all."""

from __future__ import annotations

import re
from typing import Final

MONTHS: Final = 12
OPEN, CLOSED, UNKNOWN = "open", "closed", "unknown"
_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("mo", "tu", "we", "th", "fr", "sa", "su")
_MONTH = "|".join(_NAMES)
_DAY = "|".join(_DAYS)
_MONTH_SPAN = re.compile(rf"\b({_MONTH})(?:\s+(\d+))?(?:\s*-\s*({_MONTH})?(?:\s*(\d+))?)?(?![a-z])")
_DAY_SPAN = re.compile(rf"\b({_DAY})(?:\s*-\s*({_DAY}))?\b")
_TIME = re.compile(r"\d{1,2}:\d{2}|24/7|sunrise|sunset|dawn|dusk")
_NOT_REGULAR = re.compile(r"\b(ph|sh|week|easter)\b")
_SHUT = re.compile(r"\b(off|closed)\b")
_SPAN = re.compile(r"(\d{1,2})(?:-(\d{1,2}))?")


def read_months(text: str | None) -> frozenset[int] | None:
    """Months of a column ``months``, such as ``1-4;11-12``; None where nobody knows.

    Raises
    ------
    ValueError
        If a month is none of 1 to 12.

    Examples
    --------
    >>> sorted(read_months("11-2;6"))
    [1, 2, 6, 11, 12]
    >>> read_months("") is None
    True
    """
    if not isinstance(text, str) or not text.strip():
        return None
    found: set[int] = set()
    for part in re.split(r"[;,]", text):
        span = _SPAN.fullmatch(part.strip())
        first, last = (int(span[1]), int(span[2] or span[1])) if span else (0, 0)
        if not (1 <= first <= MONTHS and 1 <= last <= MONTHS):
            raise ValueError(f"months = {text!r}: {part.strip()!r} is no month or span of 1 to 12")
        found |= _list_span(first, last, MONTHS)
    return frozenset(found)


def _list_span(first: int, last: int, size: int) -> set[int]:
    """Numbers of a span that may run over the end of the year or week, counted from 1."""
    return {(first - 1 + step) % size + 1 for step in range((last - first) % size + 1)}


def judge_month(opens: str | None, month: int | None) -> str:
    """Say whether a place opens at all in a month, by its hours in OpenStreetMap's notation.

    ``open`` if on some day of the week of that month it opens at some hour, ``closed`` if on none,
    ``unknown`` if nothing is said or it cannot be read. Holidays, weeks and Easter are not looked
    at, nor single days of a month that are shut. Without a month: some month of the year.

    Parameters
    ----------
    opens : str or None
        Column ``opens``.
    month : int or None
        1 to 12.

    Examples
    --------
    >>> judge_month("Apr-Oct Mo-Sa 08:00-17:00", 6), judge_month("Apr-Oct Mo-Sa 08:00-17:00", 12)
    ('open', 'closed')
    >>> judge_month("24/7; Dec-Feb off", 1), judge_month(None, 1), judge_month("unknown", 1)
    ('closed', 'unknown', 'unknown')
    """
    if not isinstance(opens, str) or not opens.strip():
        return UNKNOWN
    months = range(1, MONTHS + 1) if month is None else (month,)
    week = {(one, day): CLOSED for one in months for day in range(1, len(_DAYS) + 1)}
    read = False
    for rule in re.split(r"\|\||;", opens.lower()):
        state = _read_state(rule)
        if state is None:
            continue
        read = True
        for cell in _list_cells(rule, state, week):
            week[cell] = state
    states = set(week.values())
    if not read or (UNKNOWN in states and OPEN not in states):
        return UNKNOWN
    return OPEN if OPEN in states else CLOSED


def _read_state(rule: str) -> str | None:
    """What a rule says of its days; None where it is about other days than those of any week."""
    rule = rule.strip()
    if not rule or (_NOT_REGULAR.search(rule) and not _DAY_SPAN.search(rule)):
        return None
    if _SHUT.search(rule):
        return CLOSED
    if "unknown" in rule:
        return UNKNOWN
    named = _TIME.search(rule) or _DAY_SPAN.search(rule) or _MONTH_SPAN.search(rule)
    return OPEN if named or "open" in rule else None


def _list_cells(
    rule: str, state: str, week: dict[tuple[int, int], str]
) -> list[tuple[int, int]]:
    months, whole = set(), True
    for span in _MONTH_SPAN.finditer(rule):
        first = _NAMES.index(span[1]) + 1
        months |= _list_span(first, _NAMES.index(span[3]) + 1 if span[3] else first, MONTHS)
        whole &= span[2] is None and span[4] is None
    if state == CLOSED and not whole:
        return []  # some days of a month are shut: the month is not
    days = set()
    for span in _DAY_SPAN.finditer(rule):
        first = _DAYS.index(span[1]) + 1
        last = _DAYS.index(span[2]) + 1 if span[2] else first
        days |= _list_span(first, last, len(_DAYS))
    return [(month, day) for month, day in week
            if (not months or month in months) and (not days or day in days)]
