"""From the tree of a filter to operations on columns: what each part means, and of which kind."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from api.errors import ParameterError
from api.filter.arithmetic import bind_arithmetic
from api.filter.arrays import bind_arrays
from api.filter.columns import bind_property
from api.filter.comparison import bind_between, bind_comparison, bind_in, bind_null
from api.filter.geometries import make_geometry
from api.filter.logic import join_terms, turn_term
from api.filter.spatial import bind_spatial
from api.filter.temporal import bind_interval, bind_temporal
from api.filter.text import bind_fold, bind_like
from api.filter.tree import (
    ARITHMETIC,
    ARRAYS,
    COMPARISONS,
    SPATIAL,
    TEMPORAL,
    Call,
    Instant,
    Interval,
    Items,
    Literally,
    Property,
    Shape,
)
from api.filter.values import Bound, Kind, Operand, Values, make_constant, take_operand, take_term

if TYPE_CHECKING:
    from collections.abc import Mapping

    from api.filter.tree import Node


@dataclass(frozen=True)
class Scope:
    """What a filter is read against.

    Attributes
    ----------
    queryables : dict
        Names that may be used, with their kinds.
    crs : str
        Reference system of the geometries in the filter.
    """

    queryables: Mapping[str, Kind]
    crs: str


def bind_node(node: Node, scope: Scope) -> Bound:  # noqa: PLR0911 - one for each kind
    """Bind a part of a filter, and all that lies in it.

    Raises
    ------
    ParameterError
        For an unknown property, kinds that do not fit or a geometry that is none.
    """
    match node:
        case Call():
            return _bind_call(node, scope)
        case Property():
            return bind_property(node.name, scope.queryables)
        case Literally():
            return _bind_literal(node.value)
        case Instant():
            return make_constant("day" if node.is_day else "moment", node.at_us)
        case Interval():
            return bind_interval(_bind_end(node.begin, scope), _bind_end(node.end, scope))
        case Shape():
            return make_constant("shape", make_geometry(node.document, scope.crs))
        case Items():
            parts = tuple(_bind_operand(part, scope) for part in node.nodes)
            return Operand("items", lambda _block: Values(None), parts)


def _bind_literal(value: Any) -> Operand:  # noqa: ANN401 - of JSON
    if isinstance(value, bool):
        return make_constant("boolean", value)
    if isinstance(value, str):
        # As rows are read: a keyboard that writes accents as signs of their own asks for the same.
        return make_constant("text", unicodedata.normalize("NFC", value))
    return make_constant("number", value)


def _bind_end(node: Node | None, scope: Scope) -> Operand | None:
    return None if node is None else _bind_operand(node, scope)


def _bind_operand(node: Node, scope: Scope) -> Operand:
    return take_operand(bind_node(node, scope))


def _bind_call(call: Call, scope: Scope) -> Bound:  # noqa: PLR0911 - one for each kind
    op = call.op
    if op in {"and", "or"}:
        return join_terms(op, [take_term(bind_node(arg, scope)) for arg in call.args])
    if op == "not":
        return turn_term(take_term(bind_node(call.args[0], scope)))
    if op == "isnull":
        return bind_null(bind_node(call.args[0], scope))
    if op == "in":
        return _bind_in(call, scope)
    operands = [_bind_operand(arg, scope) for arg in call.args]
    if op in {"casei", "accenti"}:
        return bind_fold(op, operands[0])
    if op == "between":
        return bind_between(operands[0], operands[1], operands[2])
    if op == "like":
        return bind_like(operands[0], operands[1])
    return _bind_pair(op, operands[0], operands[1])


def _bind_in(call: Call, scope: Scope) -> Bound:
    operand, items = call.args
    if not isinstance(items, Items):
        raise ParameterError("IN takes a list on its right.")
    return bind_in(_bind_operand(operand, scope),
                   [_bind_operand(item, scope) for item in items.nodes])


def _bind_pair(op: str, left: Operand, right: Operand) -> Bound:
    for names, bind in _PAIRS:
        if op in names:
            return bind(op, left, right)
    raise ParameterError("The filter names an operation that is not here.")


_PAIRS = (
    (COMPARISONS, bind_comparison), (ARITHMETIC, bind_arithmetic), (SPATIAL, bind_spatial),
    (TEMPORAL, bind_temporal), (ARRAYS, bind_arrays),
)
