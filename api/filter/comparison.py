"""Comparisons: exact between whole numbers and fractions, by code point between texts."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from api.errors import ParameterError
from api.filter.arithmetic import make_float
from api.filter.instants import DAY_US
from api.filter.logic import join_terms
from api.filter.values import (
    NAMES,
    Block,
    Mask,
    Operand,
    Term,
    Truth,
    make_truth,
    to_mask,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq, "<>": operator.ne, "<": operator.lt, ">": operator.gt,
    "<=": operator.le, ">=": operator.ge,
}
_ARROW = {"=": pc.equal, "<>": pc.not_equal, "<": pc.less, ">": pc.greater,
          "<=": pc.less_equal, ">=": pc.greater_equal}
_SWAPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
_TIMES = frozenset({"day", "moment"})
_LARGEST = 2**63
_TEXTS = frozenset({"text", "month"})


def bind_comparison(op: str, left: Operand, right: Operand) -> Term:
    """Compare two operands of one kind; a day and a moment can be compared as well.

    Raises
    ------
    ParameterError
        If they are of kinds that cannot be compared.
    """
    kinds = {left.kind, right.kind}
    if kinds == {"day", "moment"}:
        return _bind_mixed_times(op, left, right)
    if kinds <= _TEXTS:
        return _bind(op, left, right, _compare_texts)
    if len(kinds) == 1 and kinds <= {"number", "boolean", "day", "moment"}:
        return _bind(op, left, right, compare_numbers)
    raise ParameterError(
        f"The filter compares {NAMES[left.kind]} with {NAMES[right.kind]}.")


def _bind(
    op: str, left: Operand, right: Operand, compare: Callable[[str, Any, Any], Any]
) -> Term:
    def judge(block: Block, _needed: Mask) -> Truth:
        one, other = left.read(block), right.read(block)
        known = np.asarray(one.known) & np.asarray(other.known)
        return make_truth(compare(op, one.data, other.data), known, block.count)

    return Term(judge)


def _bind_mixed_times(op: str, left: Operand, right: Operand) -> Term:
    """A moment within a day equals it; one before its begin is less, one after its end more."""
    if left.kind == "day":
        return _bind_mixed_times(_SWAPPED.get(op, op), right, left)

    def judge(block: Block, _needed: Mask) -> Truth:
        moment, day = left.read(block), right.read(block)
        after = np.asarray(moment.data >= np.asarray(day.data) + DAY_US, dtype=np.int8)
        order = after - np.asarray(moment.data < day.data, dtype=np.int8)
        known = np.asarray(moment.known) & np.asarray(day.known)
        return make_truth(_COMPARE[op](order, 0), known, block.count)

    return Term(judge)


def _compare_texts(op: str, one: Any, other: Any) -> Any:  # noqa: ANN401 - Arrow or str
    if isinstance(one, str) and isinstance(other, str):
        return _COMPARE[op](one, other)
    if isinstance(one, str):
        return _compare_texts(_SWAPPED.get(op, op), other, one)
    wanted = pa.scalar(other, type=one.type) if isinstance(other, str) else other
    return to_mask(_ARROW[op](one, wanted))


def compare_numbers(op: str, one: Any, other: Any) -> Any:  # noqa: ANN401 - arrays or scalars
    """Compare numbers as they are, not as they would be after rounding to the other's type.

    Examples
    --------
    >>> compare_numbers("=", np.array([2**53, 2**53 + 1]), 2.0**53).tolist()
    [True, False]
    """
    return _COMPARE[op](*_align(one, other))


def _align(one: Any, other: Any) -> tuple[Any, Any]:  # noqa: ANN401 - arrays or scalars
    """Two numbers, or their order and zero, such that NumPy compares them exactly."""
    is_array = isinstance(one, np.ndarray), isinstance(other, np.ndarray)
    if not any(is_array):
        return one, other
    if not is_array[0]:
        right, left = _align(other, one)
        return left, right
    if is_array[1]:
        return _order(one, other)
    if one.dtype.kind == "f":
        near = make_float(other)
        return (one, near) if near == other else _order_beside(one, near, above=near > other)
    if isinstance(other, float) and other.is_integer():
        return one, int(other)
    return one, other


def _order(one: Any, other: Any) -> tuple[Any, Any]:  # noqa: ANN401 - arrays
    """Order of whole numbers and fractions: rounding keeps it, but where it makes them equal."""
    if one.dtype == other.dtype:
        return one, other
    if "O" in {one.dtype.kind, other.dtype.kind}:
        return one.astype(object), other.astype(object)
    if one.dtype.kind == "f":
        order, zero = _order(other, one)
        return zero, order
    rounded = one.astype(np.float64)
    order = np.sign(rounded - other).astype(np.int8)
    alike = np.flatnonzero((order == 0) & (other >= -(2.0**63)) & (other < 2.0**63))
    order[alike] = np.sign(one[alike] - other[alike].astype(np.int64))
    order[(order == 0) & (other >= 2.0**63)] = -1
    return order, 0


def _order_beside(one: Any, near: float, *, above: bool) -> tuple[Any, Any]:  # noqa: ANN401
    """Order of fractions beside a whole number that none equals; ``near`` is next to it."""
    order = np.sign(one - near).astype(np.int8)
    order[order == 0] = 1 if above else -1
    return order, 0


def bind_between(operand: Operand, low: Operand, high: Operand) -> Term:
    """Ask whether something lies between two ends, both included."""
    return join_terms("and", [bind_comparison(">=", operand, low),
                              bind_comparison("<=", operand, high)])


def bind_in(operand: Operand, choices: Sequence[Operand]) -> Term:
    """Ask whether something is one of a list."""
    if not choices:
        raise ParameterError("IN takes a list of one value or more.")
    alone = [bind_comparison("=", operand, choice) for choice in choices]
    values = [choice.constant for choice in choices]
    each = join_terms("or", alone)
    is_mixed = {operand.kind, *(choice.kind for choice in choices)} == _TIMES
    if len(values) == 1 or is_mixed or any(value is None for value in values):
        return each

    def judge(block: Block, needed: Mask) -> Truth:
        found = operand.read(block)
        holds = _find_choices(found.data, values)
        if holds is None:
            return each.judge(block, needed)
        return make_truth(holds, found.known, block.count)

    return Term(judge)


def _find_choices(data: Any, values: list[Any]) -> Mask | None:  # noqa: ANN401 - an array
    """Which are among some texts, or some whole numbers, all at once; else None."""
    if isinstance(data, pa.Array):
        wanted = pa.array(sorted(set(values)), type=data.type)
        return to_mask(pc.is_in(data, value_set=wanted))
    whole = [v for v in values if type(v) is int and abs(v) < _LARGEST]
    if isinstance(data, np.ndarray) and data.dtype == np.int64 and len(whole) == len(values):
        return np.isin(data, np.array(whole, dtype=np.int64))
    return None


def bind_null(bound: Operand | Term) -> Term:
    """Ask whether there is no value."""
    def judge(block: Block, needed: Mask) -> Truth:
        if isinstance(bound, Term):
            truth = bound.judge(block, needed)
            known = truth.yes | truth.no
        else:
            known = bound.read(block).known
        return make_truth(~np.asarray(known, dtype=bool), known=True, count=block.count)

    return Term(judge, is_costly=isinstance(bound, Term) and bound.is_costly)
