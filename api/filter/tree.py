"""A filter as a tree of operations: the same whether it came as text or as JSON."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from api.errors import ParameterError, TooComplexError
from api.filter.instants import DAY_US, read_day, read_instant, read_moment
from api.filter.limits import (
    MAX_JSON_BRACKETS,
    MAX_NODES,
    check_depth,
    check_level,
    check_size,
    check_terms,
    check_text,
    list_brackets,
)
from api.filter.numbers import check_number
from api.filter.parsing import parse_text

if TYPE_CHECKING:
    from collections.abc import Mapping

Language = Literal["cql2-text", "cql2-json", "cql-text"]


@dataclass(frozen=True)
class Property:
    """A property of the features, by its name."""

    name: str


@dataclass(frozen=True)
class Literally:
    """Text, a number, or true or false."""

    value: str | float | bool


@dataclass(frozen=True)
class Instant:
    """A day or a moment, in microseconds since 1970 (UTC)."""

    at_us: int
    is_day: bool


@dataclass(frozen=True)
class Interval:
    """Time from one instant to another, both included; None is an open end."""

    begin: Node | None
    end: Node | None


@dataclass(frozen=True)
class Shape:
    """A geometry as GeoJSON, or a box as a list of numbers."""

    document: Mapping[str, Any]


@dataclass(frozen=True)
class Items:
    """A list or array."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True)
class Call:
    """An operation, its name in small letters, with what it is done to."""

    op: str
    args: tuple[Node, ...]


Node: TypeAlias = Property | Literally | Instant | Interval | Shape | Items | Call

COMPARISONS = ("=", "<>", "<", ">", "<=", ">=")
ARITHMETIC = ("+", "-", "*", "/", "%", "div", "^")
SPATIAL = ("s_intersects", "s_equals", "s_disjoint", "s_touches", "s_within", "s_overlaps",
           "s_crosses", "s_contains")
TEMPORAL = ("t_after", "t_before", "t_contains", "t_disjoint", "t_during", "t_equals",
            "t_finishedby", "t_finishes", "t_intersects", "t_meets", "t_metby", "t_overlappedby",
            "t_overlaps", "t_startedby", "t_starts")
ARRAYS = ("a_equals", "a_contains", "a_containedby", "a_overlaps")
_MEMBERS = frozenset({"property", "date", "timestamp", "interval", "type"})
_COUNTS = {"not": 1, "isnull": 1, "casei": 1, "accenti": 1, "between": 3, "like": 2, "in": 2}
_COUNTS.update(dict.fromkeys((*COMPARISONS, *ARITHMETIC, *SPATIAL, *TEMPORAL, *ARRAYS), 2))


@dataclass(frozen=True)
class Tree:
    """A filter that was read.

    Attributes
    ----------
    root : Node
    document : JSON
        The same in CQL2 JSON.
    is_draft : bool
        Whether it is of the drafts: a literal is read as what it is compared with.
    """

    root: Node
    document: Any
    is_draft: bool = False


def read_filter(text: str, *, language: Language) -> Tree:
    """Read a filter, after a look at what it would cost.

    Parameters
    ----------
    text : str
    language : {"cql2-text", "cql2-json", "cql-text"}
        The last is text as GDAL up to 3.12 writes it: with ILIKE, and with times in plain quotes.

    Raises
    ------
    TooLargeError, TooComplexError
        If it has more than 8 KB, nests too deeply or joins more than 500 terms.
    ParameterError
        If it is not CQL2.

    Examples
    --------
    >>> same = '{"op": "=", "args": [{"property": "a"}, 1]}'
    >>> read_filter("a = 1", language="cql2-text") == read_filter(same, language="cql2-json")
    True
    """
    is_draft = language == "cql-text"
    document = (_parse_json(text) if language == "cql2-json"
                else parse_text(text, has_ilike=is_draft))
    return Tree(_build(document, 0, Counter()), document, is_draft)


def write_json(tree: Tree) -> str:
    """Write a filter as CQL2 JSON, the same for the same filter.

    Examples
    --------
    >>> write_json(read_filter("a IS NULL", language="cql2-text"))
    '{"op":"isNull","args":[{"property":"a"}]}'
    """
    return json.dumps(tree.document, ensure_ascii=False, separators=(",", ":"))


def _parse_json(text: str) -> Any:  # noqa: ANN401 - JSON
    check_size(text)
    check_depth(list_brackets(text), MAX_JSON_BRACKETS)
    try:
        return json.loads(text, object_pairs_hook=_make_object, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise ParameterError("The filter is not JSON.") from error


def _make_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ParameterError("An object of the filter names a member twice.")
    return made


def _refuse(_name: str) -> None:
    raise ParameterError("A number of the filter is not a number of JSON.")


def _build(document: Any, level: int, seen: Counter[str]) -> Node:  # noqa: ANN401 - JSON
    """Make a node of a document; ``seen`` counts nodes and terms on the way."""
    check_level(level)
    seen["nodes"] += 1
    if seen["nodes"] > MAX_NODES:
        raise TooComplexError(f"The filter has more than {MAX_NODES} parts.")
    if isinstance(document, str):
        return Literally(check_text(document))
    if isinstance(document, (bool, int, float)):
        return Literally(document if isinstance(document, bool) else check_number(document))
    if isinstance(document, list):
        return Items(tuple(_build(part, level + 1, seen) for part in document))
    if not isinstance(document, dict):
        raise ParameterError("Nothing is compared with null in CQL2; ask whether it IS NULL.")
    return _build_object(document, level, seen)


def _build_object(document: dict[str, Any], level: int, seen: Counter[str]) -> Node:
    if "op" in document:
        return _build_call(document, level, seen)
    if len(document.keys() & _MEMBERS) > 1:
        raise ParameterError("An object of the filter can be read in two ways.")
    if "property" in document and isinstance(document["property"], str):
        return Property(check_text(document["property"]))
    if "type" in document or "bbox" in document:
        return Shape(document)
    for name, read in (("date", read_day), ("timestamp", read_moment)):
        if isinstance(document.get(name), str):
            return Instant(read(document[name]), name == "date")
    ends = document.get("interval")
    if isinstance(ends, list) and len(ends) == 2:  # noqa: PLR2004 - a begin and an end
        return _build_interval(_build_end(ends[0], level, seen), _build_end(ends[1], level, seen))
    raise ParameterError("An object of the filter is none that CQL2 knows.")


def _build_end(end: Any, level: int, seen: Counter[str]) -> Node | None:  # noqa: ANN401 - JSON
    if end == "..":
        return None
    if isinstance(end, str):
        return Instant(*read_instant(end))
    node = _build(end, level + 1, seen)
    if isinstance(node, (Property, Instant)):
        return node
    raise ParameterError("An interval goes from and to a day, a moment, a property or '..'.")


def _build_interval(begin: Node | None, end: Node | None) -> Interval:
    if isinstance(begin, Instant) and isinstance(end, Instant) and begin.at_us > end.at_us and not (
            end.is_day and begin.at_us - end.at_us < DAY_US):
        raise ParameterError("An interval of the filter ends before it begins.")
    return Interval(begin, end)


def _build_call(document: dict[str, Any], level: int, seen: Counter[str]) -> Call:
    op, args = document["op"], document.get("args")
    if not isinstance(op, str) or not isinstance(args, list):
        raise ParameterError("An operation of the filter needs `op`, a name, and `args`, a list.")
    op = op.lower()
    if op in {"and", "or", "not"}:
        seen["terms"] += max(1, len(args) - 1)
        check_terms(1 + seen["terms"])
    if op not in _COUNTS and op not in {"and", "or"}:
        known = "casei, accenti, s_*, t_* and a_*"
        raise ParameterError(f"The filter names an operation that is not here; there are {known}.")
    if len(args) != _COUNTS.get(op, max(2, len(args))):
        raise ParameterError(f"{op.upper()} takes {_COUNTS.get(op, 'two or more')} argument(s).")
    return Call(op, tuple(_build(part, level + 1, seen) for part in args))
