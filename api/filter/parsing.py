"""CQL2 text as CQL2 JSON: the grammar of OGC 21-065, read in one pass.

The `cql2` package reads the same language and is what the tests compare with. It is not used
here: within the limits of length and depth it still needs time without end for 64 unclosed
brackets, ends the process for 4,000 signs, and turns whole numbers into floats.
"""

from __future__ import annotations

from typing import Any

from api.filter.cursor import Cursor, fail
from api.filter.limits import check_level
from api.filter.numbers import read_number
from api.filter.tokens import split_tokens
from api.filter.wkt import GEOMETRY_WORDS, read_box, read_geometry

OR, AND, NOT, COMPARED, SUM, PRODUCT, POWER = range(1, 8)
_COMPARISONS = {"=": "=", "<>": "<>", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_STRENGTHS = {
    "OR": OR, "AND": AND, "+": SUM, "-": SUM, "*": PRODUCT, "/": PRODUCT, "%": PRODUCT,
    "DIV": PRODUCT, "^": POWER,
    **dict.fromkeys(_COMPARISONS, COMPARED),
    **dict.fromkeys(("LIKE", "ILIKE", "BETWEEN", "IN", "IS", "NOT"), COMPARED),
}
_NEGATED = frozenset({"LIKE", "ILIKE", "BETWEEN", "IN"})
_RESERVED = frozenset({"AND", "OR", "NOT", "LIKE", "BETWEEN", "IN", "IS", "NULL", "DIV"})
_INSTANTS = {"DATE": "date", "TIMESTAMP": "timestamp"}
_NAMES = {"ISNULL": "isNull", "A_CONTAINEDBY": "a_containedBy", "T_FINISHEDBY": "t_finishedBy",
          "T_METBY": "t_metBy", "T_OVERLAPPEDBY": "t_overlappedBy", "T_STARTEDBY": "t_startedBy"}


def parse_text(text: str, *, has_ilike: bool = False) -> Any:  # noqa: ANN401 - JSON
    """Read CQL2 text as the JSON document that says the same.

    Parameters
    ----------
    text : str
    has_ilike : bool
        Whether ILIKE is read as LIKE between folded texts, as the drafts of CQL have it.

    Raises
    ------
    TooLargeError, TooComplexError
        If it is longer, deeper or wider than is read.
    ParameterError
        If it is not CQL2; the message says at which character.

    Examples
    --------
    >>> parse_text("NOT a > 1 + 2")
    {'op': 'not', 'args': [{'op': '>', 'args': [{'property': 'a'}, {'op': '+', 'args': [1, 2]}]}]}
    """
    cursor = Cursor(split_tokens(text), has_ilike=has_ilike)
    document = _read_expression(cursor, OR)
    if cursor.token.kind != "end":
        fail(cursor)
    return document


def _read_expression(cursor: Cursor, least: int) -> Any:  # noqa: ANN401 - JSON
    """Read operands joined by operators that bind at least so strongly."""
    cursor.level += 1
    check_level(cursor.level)
    left = _read_operand(cursor)
    most = POWER
    while True:
        strength = _find_strength(cursor)
        if not least <= strength <= most:
            break
        if strength == COMPARED:
            left = _read_comparison(cursor, left)
            most = AND
        else:
            left = _join(cursor.take().word, left, _read_expression(cursor, strength + 1))
            most = min(most, PRODUCT if strength == POWER else strength)
    cursor.level -= 1
    return left


def _find_strength(cursor: Cursor) -> int:
    """How strongly the next word binds, if it is an operator."""
    word = cursor.token.word
    if cursor.token.kind == "quoted" or (word == "ILIKE" and not cursor.has_ilike):
        return 0
    return _STRENGTHS.get(word, 0)


def _join(operator: str, left: Any, right: Any) -> Any:  # noqa: ANN401 - JSON
    """Two operands in one operation; a chain of AND, or of OR, is a single one."""
    op = operator.lower()
    if op in {"and", "or"} and isinstance(left, Chain) and left["op"] == op:
        left["args"].append(right)
        return left
    kind = Chain if op in {"and", "or"} else dict
    return kind(op=op, args=[left, right])


class Chain(dict[str, Any]):
    """An AND or OR that was written without brackets, to which more may be added."""


def _read_comparison(cursor: Cursor, left: Any) -> Any:  # noqa: ANN401 - JSON
    word = cursor.take().word
    if word in _COMPARISONS:
        right = _read_expression(cursor, SUM)
        return {"op": _COMPARISONS[word], "args": [left, right]}
    if word == "NOT":
        if cursor.token.word not in _NEGATED or not _find_strength(cursor):
            fail(cursor)
        return {"op": "not", "args": [_read_comparison(cursor, left)]}
    if word == "IS":
        negated = cursor.accept("NOT")
        cursor.expect("NULL")
        found = {"op": "isNull", "args": [left]}
        return {"op": "not", "args": [found]} if negated else found
    if word == "BETWEEN":
        low = _read_expression(cursor, SUM)
        cursor.expect("AND")
        return {"op": "between", "args": [left, low, _read_expression(cursor, SUM)]}
    if word == "IN":
        cursor.expect("(")
        return {"op": "in", "args": [left, _read_list(cursor, _read_any)]}
    args = [left, _read_expression(cursor, SUM)]
    folded = [{"op": "casei", "args": [it]} for it in args]
    return {"op": "like", "args": folded if word == "ILIKE" else args}


def _read_operand(cursor: Cursor) -> Any:  # noqa: ANN401 - JSON
    """Read what stands between operators, with the NOTs or signs before it."""
    negated = 0
    while cursor.accept("NOT"):
        negated += 1
    if negated:
        operand = _read_expression(cursor, COMPARED)
        for _ in range(negated % 2 or 2):
            operand = {"op": "not", "args": [operand]}
        return operand
    minus = False
    while cursor.token.kind == "sign" and cursor.token.text in {"+", "-"}:
        minus ^= cursor.take().text == "-"
    operand = _read_primary(cursor)
    if not minus:
        return operand
    if isinstance(operand, (int, float)) and not isinstance(operand, bool):
        return -operand
    return {"op": "*", "args": [-1, operand]}


def _read_any(cursor: Cursor) -> Any:  # noqa: ANN401 - JSON
    return _read_expression(cursor, OR)


def _read_primary(cursor: Cursor) -> Any:  # noqa: ANN401, PLR0911 - JSON; one for each kind
    token = cursor.take()
    if token.kind == "number":
        return read_number(token.text)
    if token.kind == "string":
        return token.text
    if token.kind == "quoted":
        return {"property": token.text}
    if token.word == "(":
        inside = _read_expression(cursor, OR)
        cursor.expect(")")
        return dict(inside) if isinstance(inside, Chain) else inside
    if token.kind != "name" or token.word in _RESERVED:
        fail(cursor, token)
    if token.word in {"TRUE", "FALSE"}:
        return token.word == "TRUE"
    if token.word in GEOMETRY_WORDS and cursor.token.word in {"(", "Z", "EMPTY"}:
        return read_geometry(cursor, token.word)
    if not cursor.accept("("):
        return {"property": token.text}
    return _read_call(cursor, token.word, token.text)


def _read_call(cursor: Cursor, word: str, name: str) -> Any:  # noqa: ANN401 - JSON
    """Read the arguments of a function, or of what looks like one, after its bracket."""
    if word == "BBOX":
        return read_box(cursor)
    if word in _INSTANTS:
        token = cursor.take()
        if token.kind != "string":
            fail(cursor, token)
        cursor.expect(")")
        return {_INSTANTS[word]: token.text}
    if word == "INTERVAL":
        return {"interval": _read_list(cursor, _read_any)}
    of_arrays = word.startswith("A_") and word != "A_"
    args = _read_list(cursor, _read_element if of_arrays else _read_any)
    standard = word.startswith(("S_", "T_", "A_")) or word in {"CASEI", "ACCENTI"}
    return {"op": _NAMES.get(word, word.lower()) if standard else name, "args": args}


def _read_element(cursor: Cursor) -> Any:  # noqa: ANN401 - JSON
    """Read an argument of an array function: brackets make an array, even of one element."""
    cursor.level += 1
    check_level(cursor.level)
    found = _read_list(cursor, _read_element) if cursor.accept("(") else _read_any(cursor)
    cursor.level -= 1
    return found


def _read_list(cursor: Cursor, read: Any) -> list[Any]:  # noqa: ANN401 - a function and JSON
    """Read parts divided by commas, to the closing bracket."""
    parts: list[Any] = []
    if cursor.accept(")"):
        return parts
    parts.append(read(cursor))
    while cursor.accept(","):
        parts.append(read(cursor))
    cursor.expect(")")
    return parts
