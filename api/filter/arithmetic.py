"""Arithmetic: whole numbers stay exact, whatever their size; what cannot be is unknown.

A row's result never depends on its neighbours: where one of them leaves 64 bits, all go on as
numbers of any size, more slowly and as exactly.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from api.errors import ParameterError
from api.filter.values import NAMES, Block, Operand, Values

if TYPE_CHECKING:
    from collections.abc import Callable

_FITS = 2**63
_WHOLE = frozenset("iO")
_LARGEST = 10**300  # as of literals: what is larger no column holds, and it would take ever longer


def bind_arithmetic(op: str, left: Operand, right: Operand) -> Operand:
    """Bind ``+ - * / % div ^``.

    ``/`` divides with a fraction; ``div`` and ``%`` cut towards zero, as SQL does; ``^`` is
    worked out with a fraction. Division by zero and results beyond a float are unknown.
    """
    for operand in (left, right):
        if operand.kind != "number":
            raise ParameterError(f"The filter calculates with {NAMES[operand.kind]}.")
    if left.constant is not None and right.constant is not None:
        data, known = calculate(op, left.constant, right.constant)
        values = Values(data, known)
        return Operand("number", lambda _block: values, data if known else None)

    def read(block: Block) -> Values:
        block.deadline.check()
        one, other = left.read(block), right.read(block)
        data, known = calculate(op, one.data, other.data)
        return Values(data, known & np.asarray(one.known) & np.asarray(other.known))

    return Operand("number", read)


def calculate(op: str, one: Any, other: Any) -> tuple[Any, Any]:  # noqa: ANN401 - numbers
    """Result of an operation on arrays or numbers, and where there is one.

    Examples
    --------
    >>> calculate("div", np.array([7, -7, 1]), 2)[0].tolist()
    [3, -3, 0]
    >>> calculate("*", np.array([3, 2**62]), 4)[0].tolist()
    [12, 18446744073709551616]
    >>> calculate("/", 1, 0)[1]
    False
    """
    left, right = _take_array(one), _take_array(other)
    is_whole = {left.dtype.kind, right.dtype.kind} <= _WHOLE and op not in {"/", "^"}
    if not is_whole:
        left, right = _make_floats(left), _make_floats(right)
    elif not _fits(op, left, right):
        left, right = left.astype(object), right.astype(object)
    with np.errstate(all="ignore"):
        data = np.asarray(_OPERATIONS[op](left, right))
    known = np.asarray(np.abs(data) < _LARGEST if data.dtype.kind == "O" else np.isfinite(data))
    if op in {"/", "div", "%"}:
        known &= np.asarray(right != 0, dtype=bool)
    data = data if known.all() else np.where(known, data, np.zeros((), dtype=data.dtype))
    return (data, known) if data.ndim else (data.item(), bool(known))


def _take_array(value: Any) -> Any:  # noqa: ANN401 - a number or an array
    array = np.asarray(value)
    return array if array.dtype.kind in "iOf" else array.astype(object)


def _make_floats(array: Any) -> Any:  # noqa: ANN401 - an array
    if array.dtype.kind != "O":
        return array.astype(np.float64)
    return np.array([make_float(value) for value in array.flat]).reshape(array.shape)


def make_float(value: float) -> float:
    """Fraction that is nearest to a number; infinite where none is near.

    Examples
    --------
    >>> make_float(2**53 + 1) == 2.0**53, make_float(-(10**400))
    (True, -inf)
    """
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _find_largest(array: Any) -> int:  # noqa: ANN401 - an array
    """Largest magnitude, as a number of any size."""
    return max(abs(int(array.min())), abs(int(array.max()))) if array.size else 0


def _fits(op: str, left: Any, right: Any) -> bool:  # noqa: ANN401 - arrays
    """Whether every result is a whole number of 64 bits."""
    one, other = _find_largest(left), _find_largest(right)
    if op in {"div", "%"}:
        return one < _FITS and other < _FITS
    return (one * other if op == "*" else one + other) < _FITS


def _divide_whole(left: Any, right: Any) -> Any:  # noqa: ANN401 - arrays
    if left.dtype.kind == "f":
        return np.trunc(left / right)
    divisor = np.where(right == 0, np.ones((), dtype=right.dtype), right)
    quotient = np.abs(left) // np.abs(divisor)
    return np.where((left < 0) == (divisor < 0), quotient, -quotient)


def _find_rest(left: Any, right: Any) -> Any:  # noqa: ANN401 - arrays
    return np.fmod(left, right) if left.dtype.kind == "f" else (
        left - _divide_whole(left, right) * right)


_OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide, "^": np.power,
    "div": _divide_whole, "%": _find_rest,
}
