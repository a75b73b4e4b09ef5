"""Temporal functions between instants and intervals (OGC 21-065, after Allen's relations)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from api.errors import ParameterError
from api.filter.instants import DAY_US
from api.filter.values import (
    NAMES,
    Block,
    Mask,
    Operand,
    Term,
    Truth,
    Values,
    make_constant,
    make_truth,
)

if TYPE_CHECKING:
    from collections.abc import Callable

_EVER, _NEVER = np.iinfo(np.int64).min, np.iinfo(np.int64).max
_INSTANTS = frozenset({"day", "moment"})
_TIMES = frozenset({"day", "moment", "month", "interval"})


@dataclass(frozen=True, eq=False)
class Span:
    """Time from a begin to an end, both included, as operands; None is an open end."""

    begin: Operand | None
    end: Operand | None

    @property
    def has_moments(self) -> bool:
        """Whether an end is finer than a day."""
        return any(end is not None and end.kind == "moment" for end in (self.begin, self.end))

    @property
    def has_days(self) -> bool:
        """Whether an end is a day."""
        return any(end is not None and end.kind == "day" for end in (self.begin, self.end))


@dataclass(frozen=True, eq=False)
class _Times:
    """Begins and ends in microseconds, and where they are known."""

    begin: Any
    end: Any
    known: Any


_GENERAL: dict[str, Callable[[_Times, _Times], Any]] = {
    "t_after": lambda a, b: a.begin > b.end,
    "t_before": lambda a, b: a.end < b.begin,
    "t_disjoint": lambda a, b: (a.end < b.begin) | (a.begin > b.end),
    "t_equals": lambda a, b: (a.begin == b.begin) & (a.end == b.end),
    "t_intersects": lambda a, b: (a.end >= b.begin) & (a.begin <= b.end),
}
_OF_INTERVALS: dict[str, Callable[[_Times, _Times], Any]] = {
    "t_contains": lambda a, b: (a.begin < b.begin) & (a.end > b.end),
    "t_during": lambda a, b: (a.begin > b.begin) & (a.end < b.end),
    "t_finishes": lambda a, b: (a.begin > b.begin) & (a.end == b.end),
    "t_finishedby": lambda a, b: (a.begin < b.begin) & (a.end == b.end),
    "t_meets": lambda a, b: a.end == b.begin,
    "t_metby": lambda a, b: a.begin == b.end,
    "t_overlaps": lambda a, b: (a.begin < b.begin) & (a.end > b.begin) & (a.end < b.end),
    "t_overlappedby": lambda a, b: (a.begin > b.begin) & (a.begin < b.end) & (a.end > b.end),
    "t_starts": lambda a, b: (a.begin == b.begin) & (a.end < b.end),
    "t_startedby": lambda a, b: (a.begin == b.begin) & (a.end > b.end),
}


def bind_interval(begin: Operand | None, end: Operand | None) -> Operand:
    """An interval between two instants.

    Raises
    ------
    ParameterError
        If an end is no instant.
    """
    for operand in (begin, end):
        if operand is not None and operand.kind not in _INSTANTS:
            raise ParameterError(f"INTERVAL takes days or moments, not {NAMES[operand.kind]}.")
    span = Span(begin, end)

    def read(block: Block) -> Values:
        known = np.ones(block.count, dtype=bool)
        for operand in (begin, end):
            known &= operand.read(block).known if operand is not None else True
        return Values(None, known)

    return Operand("interval", read if begin or end else lambda _block: Values(None), span)


def bind_temporal(op: str, left: Operand, right: Operand) -> Term:
    """Bind a temporal function.

    Where only days meet they are compared as days; beside a moment, a day lasts from its first
    microsecond to its last.

    Raises
    ------
    ParameterError
        If an operand is no time, or no interval where the function asks for two.
    """
    for operand in (left, right):
        if operand.kind not in _TIMES:
            raise ParameterError(f"{op.upper()} takes times, not {NAMES[operand.kind]}.")
        if op in _OF_INTERVALS and operand.kind in _INSTANTS:
            raise ParameterError(f"{op.upper()} takes two intervals, not {NAMES[operand.kind]}.")
    relate = _GENERAL.get(op) or _OF_INTERVALS[op]
    spans = [_take_span(operand) for operand in (left, right)]
    fine = any(span.has_moments for span in spans) and any(span.has_days for span in spans)

    def judge(block: Block, _needed: Mask) -> Truth:
        one, other = (_read_span(span, block, fine=fine) for span in spans)
        known = np.asarray(one.known) & np.asarray(other.known)
        return make_truth(relate(one, other), known, block.count)

    return Term(judge)


def _take_span(operand: Operand) -> Span:
    if operand.kind == "interval":
        return operand.constant  # type: ignore[no-any-return]
    if operand.kind == "month":
        return Span(*(_bind_month(operand, last=last) for last in (False, True)))
    return Span(operand, operand)


def _bind_month(operand: Operand, *, last: bool) -> Operand:
    """First or last day of a month."""
    def read(block: Block) -> Values:
        values = operand.read(block)
        return Values(_read_months(values.data, last=last), values.known)

    if operand.constant is not None:
        return make_constant("day", int(_read_months(pa.array([operand.constant]), last=last)[0]))
    return Operand("day", read)


def _read_months(months: pa.Array, *, last: bool) -> Any:  # noqa: ANN401 - an array
    """Begin of the first or last day of months such as "2024-01"; anything else is 1970-01."""
    fine = pc.fill_null(pc.match_substring_regex(months, r"^[0-9]{4}-(0[1-9]|1[0-2])$"), False)  # noqa: FBT003
    texts = pc.if_else(fine, months, "1970-01").to_numpy(zero_copy_only=False)
    found = texts.astype("datetime64[M]")
    days = (found + 1).astype("datetime64[D]") - 1 if last else found.astype("datetime64[D]")
    return days.astype(np.int64) * DAY_US


def _read_span(span: Span, block: Block, *, fine: bool) -> _Times:
    begin, begin_known = _read_end(span.begin, block, _EVER)
    end, end_known = _read_end(span.end, block, _NEVER)
    if fine and span.end is not None and span.end.kind == "day":
        end = end + (DAY_US - 1)
    return _Times(begin, end, np.asarray(begin_known) & np.asarray(end_known))


def _read_end(operand: Operand | None, block: Block, far: int) -> tuple[Any, Any]:
    if operand is None:
        return np.int64(far), True
    values = operand.read(block)
    return np.asarray(values.data, dtype=np.int64), values.known
