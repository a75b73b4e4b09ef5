"""Array functions: lists are compared as sets, whatever their order."""

from __future__ import annotations

from itertools import repeat
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from api.errors import ParameterError, TooComplexError
from api.filter.values import (
    NAMES,
    Block,
    Mask,
    Operand,
    Term,
    Truth,
    make_truth,
    spread,
    to_mask,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

_SETS: dict[str, Callable[[frozenset[Any], frozenset[Any]], bool]] = {
    "a_equals": lambda one, other: one == other,
    "a_contains": lambda one, other: one >= other,
    "a_containedby": lambda one, other: one <= other,
    "a_overlaps": lambda one, other: not one.isdisjoint(other),
}
_TURNED = {"a_contains": "a_containedby", "a_containedby": "a_contains"}
_ARRAYS = frozenset({"list", "items"})
_SCALARS = frozenset({"text", "month", "number", "boolean", "day", "moment"})
_MANY = 1024
_MOST_VARYING = 16


def bind_arrays(op: str, left: Operand, right: Operand) -> Term:
    """Bind an array function of lists and of arrays that stand in the filter.

    Elements that are missing are no members; of a list that is missing, nothing is known.

    Raises
    ------
    ParameterError
        If an operand is neither.
    """
    for operand in (left, right):
        if operand.kind not in _ARRAYS:
            raise ParameterError(f"{op.upper()} takes arrays, not {NAMES[operand.kind]}.")
    if left.kind == "items" and right.kind == "list":
        return bind_arrays(_TURNED.get(op, op), right, left)
    wanted = _find_constant(right)
    if left.kind == "list" and wanted is not None:
        return _bind_wanted(op, left, wanted)
    return _bind_rows(op, left, right)


def _find_constant(operand: Operand) -> frozenset[Any] | None:
    """Members of an array that is the same in every row."""
    if operand.kind != "items" or not _is_constant(operand):
        return None
    return frozenset(_key(part) for part in operand.constant)


def _is_constant(operand: Operand) -> bool:
    if operand.kind == "items":
        return all(_is_constant(part) for part in operand.constant)
    return operand.constant is not None


def _key(operand: Operand) -> Any:  # noqa: ANN401 - anything that can be in a set
    """What makes two elements the same: their kind and value; of arrays, their members."""
    if operand.kind == "items":
        return "items", frozenset(_key(part) for part in operand.constant)
    if operand.kind == "shape":
        return "shape", operand.constant.normalize().wkb
    if operand.kind == "interval":
        span = operand.constant
        return "interval", *(end and (end.kind, end.constant) for end in (span.begin, span.end))
    return operand.kind, operand.constant


def _bind_wanted(op: str, lists: Operand, wanted: frozenset[Any]) -> Term:
    """A list column and members that stand in the filter: nothing is done row by row."""
    words = sorted(key[1] for key in wanted if key[0] == "text")

    def judge(block: Block, _needed: Mask) -> Truth:
        values = lists.read(block)
        holds = _judge_wanted(op, values.data, words, foreign=len(words) < len(wanted))
        return make_truth(holds, values.known, block.count)

    return Term(judge)


def _judge_wanted(op: str, lists: pa.ListArray, words: list[str], *, foreign: bool) -> Mask:
    """Which lists hold; ``foreign`` says that something is wanted that no list can hold."""
    parents = pc.list_parent_indices(lists).to_numpy(zero_copy_only=False)
    places = pc.index_in(pc.list_flatten(lists), value_set=pa.array(words, type=pa.string()))
    is_item = to_mask(pc.list_flatten(lists).is_valid())
    known = to_mask(places.is_valid()) & is_item
    if op == "a_overlaps":
        return _mark(len(lists), parents[known])
    outside = _mark(len(lists), parents[is_item & ~known])
    if op == "a_containedby":
        return ~outside
    complete = np.full(len(lists), fill_value=not foreign)
    numbers = places.fill_null(-1).to_numpy(zero_copy_only=False)
    for number in range(len(words)):
        complete &= _mark(len(lists), parents[(numbers == number) & known])
    return complete if op == "a_contains" else complete & ~outside


def _mark(count: int, rows: NDArray[np.int64]) -> Mask:
    marked = np.zeros(count, dtype=bool)
    marked[rows] = True
    return marked


def _bind_rows(op: str, left: Operand, right: Operand) -> Term:
    """Arrays that differ from row to row, or that both stand in the filter: each by itself."""
    for operand in (left, right):
        _check_elements(operand)
    relate = _SETS[op]

    def judge(block: Block, needed: Mask) -> Truth:
        yes, known = np.zeros(block.count, dtype=bool), np.zeros(block.count, dtype=bool)
        pairs = zip(_read_sets(left, block), _read_sets(right, block), strict=False)
        for row, (one, other) in enumerate(pairs):
            if row % _MANY == 0:
                block.deadline.check()
            if needed[row] and one is not None and other is not None:
                known[row], yes[row] = True, relate(one, other)
        return Truth(yes, ~yes & known)

    return Term(judge, is_costly=True)


def _check_elements(operand: Operand) -> None:
    parts = operand.constant if operand.kind == "items" else ()
    varying = [part for part in parts if not _is_constant(part)]
    if len(varying) > _MOST_VARYING:
        raise TooComplexError(f"An array of the filter has more than {_MOST_VARYING} properties.")
    for part in varying:
        if part.kind not in _SCALARS:
            raise ParameterError(f"An array of the filter cannot hold {NAMES[part.kind]}.")


def _read_sets(operand: Operand, block: Block) -> Iterator[frozenset[Any] | None]:
    """Members in each row, one after the other; None where they are not known."""
    if operand.kind == "list":
        return (
            None if items is None else frozenset(("text", i) for i in items if i is not None)
            for items in operand.read(block).data.to_pylist())
    same = frozenset(_key(part) for part in operand.constant if _is_constant(part))
    varying = [_list_keys(part, block) for part in operand.constant if not _is_constant(part)]
    if not varying:
        return repeat(same, block.count)
    return (same.union(key for key in row if key is not None)
            for row in zip(*varying, strict=True))


def _list_keys(part: Operand, block: Block) -> list[Any]:
    """What an element is in each row; None where it is missing."""
    values = part.read(block)
    known = spread(values.known, block.count).tolist()
    data = values.data
    items = data.to_pylist() if isinstance(data, pa.Array) else (
        np.broadcast_to(data, (block.count,)).tolist())
    kind = "text" if part.kind == "month" else part.kind
    return [(kind, item) if there else None for item, there in zip(items, known, strict=True)]
