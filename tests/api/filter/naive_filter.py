"""CQL2 JSON row by row in plain Python, slowly and obviously: what the engine is held against."""

from __future__ import annotations

import datetime as dt
import math
import operator
import re
import unicodedata

import shapely

COMPARE = {"=": operator.eq, "<>": operator.ne, "<": operator.lt, ">": operator.gt,
           "<=": operator.le, ">=": operator.ge}
EVER, NEVER = dt.datetime.min.replace(tzinfo=dt.UTC), dt.datetime.max.replace(tzinfo=dt.UTC)
SPATIAL = {name: getattr(shapely, name) for name in (
    "intersects", "equals", "disjoint", "touches", "within", "overlaps", "crosses", "contains")}


def judge(node, row):  # noqa: PLR0911
    """True, False, or None where it is unknown; or the value of what is no condition."""
    if not isinstance(node, dict):
        return [judge(part, row) for part in node] if isinstance(node, list) else node
    if "property" in node:
        return row[node["property"]]
    if "date" in node:
        return dt.date.fromisoformat(node["date"])
    if "timestamp" in node:
        return read_moment(node["timestamp"])
    if "type" in node:
        return shapely.geometry.shape(node)
    if "interval" in node:
        return tuple(read_end(end, row) for end in node["interval"])
    return call(node["op"].lower(), node["args"], row)


def call(op, args, row):  # noqa: PLR0911
    if op in {"and", "or"}:
        found = [judge(arg, row) for arg in args]
        settled = op == "or"
        if settled in found:
            return settled
        return None if None in found else not settled
    values = [judge(arg, row) for arg in args]
    if op == "isnull":
        value = values[0]
        return any(v is None for v in value) if isinstance(value, tuple) else value is None
    if op == "in":
        return call("or", [{"op": "=", "args": [args[0], choice]} for choice in args[1]]
                    + [False], row)
    if any(value is None for value in values):
        if op == "between":
            return call("and", [{"op": ">=", "args": args[:2]},
                                {"op": "<=", "args": [args[0], args[2]]}], row)
        return None
    return PLAIN[op](*values) if op in PLAIN else call_more(op, values)


def call_more(op, values):
    if op in COMPARE:
        return compare(op, *values)
    if op in CALCULATE:
        return calculate(op, *values)
    if op.startswith("s_"):
        return bool(SPATIAL[op[2:]](*values))
    if op.startswith("t_"):
        return relate(op[2:], *values)
    return ARRAYS[op](*(frozenset(v for v in side if v is not None) for side in values))


def compare(op, one, other):
    is_day = [type(v) is dt.date for v in (one, other)]
    if is_day == [True, False]:
        other = other.date()
    if is_day == [False, True] and isinstance(one, dt.datetime):
        one = one.date()
    return COMPARE[op](one, other)


def calculate(op, one, other):
    try:
        value = CALCULATE[op](one, other)
    except (ZeroDivisionError, OverflowError):
        return None
    return value if value is not None and math.isfinite(value) else None


def cut(one, other):
    if isinstance(one, float) or isinstance(other, float):
        return float(math.trunc(one / other))
    quotient = abs(one) // abs(other)
    return quotient if (one < 0) == (other < 0) else -quotient


def find_rest(one, other):
    if isinstance(one, int) and isinstance(other, int):
        return one - other * cut(one, other)
    return math.fmod(one, other) if other else None


CALCULATE = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
             "div": cut, "%": find_rest,
             "^": lambda one, other: one**other}
ARRAYS = {"a_equals": operator.eq, "a_contains": operator.ge, "a_containedby": operator.le,
          "a_overlaps": lambda one, other: bool(one & other)}


def like(text, pattern):
    expression, signs = "", iter(pattern)
    for sign in signs:
        if sign == "\\":
            expression += re.escape(next(signs, sign))
        else:
            expression += {"%": ".*", "_": "."}.get(sign, re.escape(sign))
    return re.fullmatch(expression, text, re.DOTALL) is not None


def strip(text):
    bare = [c for c in unicodedata.normalize("NFKD", text)
            if unicodedata.category(c) not in {"Mn", "Me"}]
    return unicodedata.normalize("NFC", "".join(bare))


PLAIN = {
    "not": operator.not_, "like": like, "accenti": strip,
    "casei": lambda text: unicodedata.normalize(
        "NFC", unicodedata.normalize("NFC", text).casefold()),
    "between": lambda value, low, high: compare(">=", value, low) and compare("<=", value, high),
}


def read_moment(text):
    return dt.datetime.fromisoformat(text)


def read_end(end, row):
    if isinstance(end, str):
        if end == "..":
            return end
        return read_moment(end) if "T" in end else dt.date.fromisoformat(end)
    return judge(end, row)


def relate(name, one, other):
    """Allen's relations, by the words of the standard."""
    sides = [side if isinstance(side, tuple) else (side, side) for side in (one, other)]
    if any(end is None for side in sides for end in side):
        return None
    ends = [end for side in sides for end in side if end != ".."]
    fine = any(isinstance(end, dt.datetime) for end in ends)
    (a, b), (c, d) = (tuple(place(end, last, fine) for last, end in enumerate(s)) for s in sides)
    return {
        "after": a > d, "before": b < c, "disjoint": b < c or a > d, "equals": (a, b) == (c, d),
        "intersects": not (b < c or a > d), "contains": a < c and b > d,
        "during": a > c and b < d, "finishes": a > c and b == d, "finishedby": a < c and b == d,
        "meets": b == c, "metby": a == d, "overlaps": a < c < b < d,
        "overlappedby": c < a < d < b, "starts": a == c and b < d, "startedby": a == c and b > d,
    }[name]


def place(end, last, fine):
    if end == "..":
        return NEVER if last else EVER
    if isinstance(end, dt.datetime):
        return end
    begin = dt.datetime(end.year, end.month, end.day, tzinfo=dt.UTC)
    return begin + dt.timedelta(days=1, microseconds=-1) if last and fine else begin


def write_text(node):  # noqa: PLR0911
    """CQL2 JSON as text, with brackets around everything."""
    if isinstance(node, str):
        return "'" + node.replace("\\", "\\\\").replace("'", "''") + "'"
    if isinstance(node, list):
        return f"({', '.join(write_text(part) for part in node)})"
    if not isinstance(node, dict):
        return str(node).upper()
    if "property" in node:
        return f'"{node["property"]}"'
    if "type" in node:
        return shapely.geometry.shape(node).wkt
    for name in ("date", "timestamp", "interval"):
        if name in node:
            ends = node[name] if name == "interval" else [node[name]]
            return f"{name}({', '.join(write_text(end) for end in ends)})"
    return write_call(node["op"].lower(), [write_text(arg) for arg in node["args"]])


def write_call(op, args):
    if op == "isnull":
        return f"({args[0]} IS NULL)"
    if op == "between":
        return f"({args[0]} BETWEEN {args[1]} AND {args[2]})"
    if op == "not":
        return f"(NOT ({args[0]}))"
    if op.startswith(("s_", "t_", "a_")) or op in {"casei", "accenti"}:
        return f"{op.upper()}({', '.join(args)})"
    return f"({f' {op} '.join(args)})"
