"""What the drafts of CQL wrote otherwise: GDAL sends times as texts, and truths as numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from api.errors import ParameterError
from api.filter.instants import read_loosely
from api.filter.tree import COMPARISONS, Call, Instant, Items, Literally, Property

if TYPE_CHECKING:
    from collections.abc import Mapping

    from api.filter.tree import Node
    from api.filter.values import Kind

_COMPARING = frozenset({*COMPARISONS, "between", "in"})


def settle_literals(node: Node, queryables: Mapping[str, Kind]) -> Node:
    """Read literals as what the property is that they are compared with.

    Beside a day or a moment text is an instant, and a day means its first moment, as GDAL and
    pandas have it; beside something true or false 1 and 0 are. What cannot be read so stays.

    Parameters
    ----------
    node : Node
    queryables : dict
        Names with their kinds.

    Examples
    --------
    >>> from api.filter.tree import read_filter
    >>> tree = read_filter("seen >= '1970-01-02T'", language="cql-text")
    >>> settle_literals(tree.root, {"seen": "day"}).args[1].at_us
    86400000000
    """
    if not isinstance(node, Call):
        return node
    if node.op not in _COMPARING:
        return replace(node, args=tuple(settle_literals(it, queryables) for it in node.args))
    kinds = {queryables.get(it.name) for it in node.args if isinstance(it, Property)}
    kind = kinds.pop() if len(kinds) == 1 else None
    return replace(node, args=tuple(_settle(it, kind) for it in node.args))


def _settle(node: Node, kind: Kind | None) -> Node:
    if isinstance(node, Items):
        return Items(tuple(_settle(it, kind) for it in node.nodes))
    if not isinstance(node, Literally):
        return node
    value = node.value
    if kind == "boolean" and not isinstance(value, (bool, str)) and value in {0, 1}:
        return Literally(value == 1)
    if kind in {"day", "moment"} and isinstance(value, str):
        try:
            return Instant(read_loosely(value), is_day=kind == "day")
        except ParameterError:
            return node
    return node
