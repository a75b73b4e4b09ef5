"""Random filters over random rows: the engine and the naive reading agree on every row."""

from __future__ import annotations

import datetime as dt
import json

import pyarrow as pa
import shapely
from filter_world import make_rows, select
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from naive_filter import judge, write_text
from surroundings import CAMPAIGN

from api.filter import compile_filter, read_filter

EXAMPLES = settings(max_examples=10_000 if CAMPAIGN else 200)
DTYPES = {"a": "integer", "b": "integer", "x": "number", "s": "string", "t": "string",
          "flag": "boolean", "day": "date", "start": "datetime", "end": "datetime", "tags": "list"}
TEXTS = st.text(alphabet="aAáÁbñß%_\\ ", max_size=3)
WHOLE = st.one_of(st.integers(-9, 9), st.sampled_from([2**53, 2**53 + 1, -(2**53) - 1, 2**62]))
NUMBERS = st.one_of(WHOLE, st.floats(-9, 9, width=16), st.sampled_from([2.0**53, 0.5, -2.5]))
DAYS = st.dates(dt.date(2022, 1, 1), dt.date(2022, 1, 4))
MOMENTS = st.datetimes(dt.datetime(2022, 1, 1), dt.datetime(2022, 1, 4)).map(  # noqa: DTZ001
    lambda moment: moment.replace(hour=moment.hour // 12 * 12, minute=0, second=0, microsecond=0,
                                  tzinfo=dt.UTC))
WORDS = st.sampled_from(["water", "food", "bed"])
SHAPES = st.sampled_from([
    "POINT (1 1)", "POINT (2 2)", "LINESTRING (0 0, 2 2)", "LINESTRING (0 2, 2 0)",
    "POLYGON ((0 0, 2 0, 2 2, 0 2, 0 0))", "POLYGON ((1 1, 3 1, 3 3, 1 3, 1 1))",
    "POLYGON ((2 0, 4 0, 4 2, 2 2, 2 0))", "MULTIPOINT ((0 0), (5 5))", "POINT (50 50)",
    "POLYGON ((0.5 0.5, 1 0.5, 1 1, 0.5 1, 0.5 0.5))",
    "GEOMETRYCOLLECTION (POINT (9 9), POLYGON ((0 0, 1 0, 1 1, 0 1, 0 0)))",
]).map(shapely.from_wkt)


def name(*names):
    return st.sampled_from(names).map(lambda n: {"property": n})


def call(ops, *args):
    return st.builds(lambda op, *given: {"op": op, "args": list(given)},
                     st.sampled_from(ops), *args)


def write_moment(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


NUMERIC = st.recursive(
    st.one_of(name("a", "b", "x"), NUMBERS),
    lambda inner: call(["+", "-", "*", "div", "%", "/"], inner, inner), max_leaves=4)
TEXTUAL = st.recursive(st.one_of(name("s", "t"), TEXTS),
                       lambda inner: call(["casei", "accenti"], inner), max_leaves=2)
DAY = DAYS.map(lambda day: {"date": day.isoformat()})
MOMENT = MOMENTS.map(lambda moment: {"timestamp": write_moment(moment)})
TIME = st.one_of(name("day", "start", "end"), DAY, MOMENT)
ENDS = st.one_of(name("day", "start", "end"), DAYS.map(str), MOMENTS.map(write_moment),
                 st.just(".."))
INTERVAL = st.tuples(ENDS, ENDS).map(lambda ends: {"interval": list(ends)})
GEOMETRY = SHAPES.map(lambda shape: json.loads(shapely.to_geojson(shape)))
ARRAY = st.one_of(name("tags"), st.lists(st.one_of(WORDS, name("s")), max_size=3))
COMPARISONS = ["=", "<>", "<", ">", "<=", ">="]
GENERAL = ["t_after", "t_before", "t_disjoint", "t_equals", "t_intersects"]
OF_INTERVALS = ["t_contains", "t_during", "t_finishes", "t_finishedBy", "t_meets", "t_metBy",
                "t_overlaps", "t_overlappedBy", "t_starts", "t_startedBy"]
SPATIAL = ["s_intersects", "s_equals", "s_disjoint", "s_touches", "s_within", "s_overlaps",
           "s_crosses", "s_contains"]
PREDICATE = st.one_of(
    call(COMPARISONS, NUMERIC, NUMERIC), call(COMPARISONS, TEXTUAL, TEXTUAL),
    call(COMPARISONS, TIME, TIME), call(["=", "<>"], name("flag"), st.booleans()),
    call(["between"], NUMERIC, NUMERIC, NUMERIC), call(["like"], TEXTUAL, TEXTS),
    call(["in"], NUMERIC, st.lists(NUMERIC, min_size=1, max_size=3)),
    call(["in"], TEXTUAL, st.lists(TEXTUAL, min_size=1, max_size=3)),
    call(["isNull"], st.one_of(NUMERIC, TEXTUAL, TIME, name("geom", "tags", "flag"))),
    call(SPATIAL, GEOMETRY, name("geom")), call(SPATIAL, name("geometry"), GEOMETRY),
    call(SPATIAL, name("geom"), name("geometry")),
    call(GENERAL, st.one_of(TIME, INTERVAL), st.one_of(TIME, INTERVAL)),
    call(OF_INTERVALS, INTERVAL, INTERVAL),
    call(["a_equals", "a_contains", "a_containedBy", "a_overlaps"], ARRAY, ARRAY),
    name("flag"), st.booleans(),
)
FILTER = st.recursive(PREDICATE, lambda inner: st.one_of(
    call(["and", "or"], inner, inner), call(["not"], inner),
    call(["=", "<>"], inner, inner), call(["isNull"], inner)), max_leaves=6)
ROW = st.fixed_dictionaries({
    "a": st.none() | WHOLE, "b": st.none() | WHOLE, "x": st.none() | NUMBERS.map(float),
    "s": st.none() | TEXTS, "t": st.none() | TEXTS, "flag": st.none() | st.booleans(),
    "day": st.none() | DAYS, "start": st.none() | MOMENTS, "end": st.none() | MOMENTS,
    "tags": st.none() | st.lists(st.none() | WORDS, max_size=3), "geom": st.none() | SHAPES,
})


def is_reversed(node):
    """Whether an interval that stands in the filter ends before it begins, which is refused."""
    if isinstance(node, list):
        return any(is_reversed(part) for part in node)
    if not isinstance(node, dict):
        return False
    begin, end = node.get("interval", ("", ""))
    both = isinstance(begin, str) and isinstance(end, str) and ".." not in (begin, end)
    return (both and begin[: len(end)] > end) or any(is_reversed(part) for part in node.values())


@EXAMPLES
@given(FILTER.filter(lambda node: not is_reversed(node)), st.lists(ROW, min_size=1, max_size=6))
def test_the_engine_agrees_with_a_naive_reading(document, rows):
    values = {key: [row[key] for row in rows] for key in DTYPES}
    layer = make_rows(DTYPES, values, [row["geom"] for row in rows])
    found = select(layer, json.dumps(document), "cql2-json")
    expected = [n for n, row in enumerate(rows)
                if judge(document, {**row, "geometry": row["geom"]}) is True]
    assert found == expected


@given(st.lists(TEXTS, min_size=1, max_size=5), TEXTS, TEXTS)
def test_blocks_of_rows_give_what_one_would(texts, low, high):
    from api.filter import select as module

    layer = make_rows({"s": "string"}, {"s": texts})
    quoted = [text.replace("\\", "\\\\") for text in (low, high)]
    chosen = compile_filter(
        read_filter(f"s BETWEEN '{quoted[0]}' AND '{quoted[1]}'", language="cql2-text"),
        spec=layer.spec)
    whole = chosen.select(layer).tolist()
    kept = module._ROWS
    try:
        module._ROWS = 2
        assert chosen.select(layer).tolist() == whole == [low <= text <= high for text in texts]
    finally:
        module._ROWS = kept


def test_text_is_compared_by_code_point():
    texts = ["Z", "a", "é", "z", "\U0001f600", "\uffff"]
    layer = make_rows({"s": "string"}, {"s": texts})
    for limit in texts:
        assert select(layer, f"s < '{limit}'") == [
            n for n, text in enumerate(texts) if text < limit]
    assert pa.scalar("\uffff") is not None


@EXAMPLES
@given(FILTER.filter(lambda node: not is_reversed(node)), st.lists(ROW, min_size=1, max_size=4))
def test_the_same_filter_as_text_selects_the_same(document, rows):
    values = {key: [row[key] for row in rows] for key in DTYPES}
    layer = make_rows(DTYPES, values, [row["geom"] for row in rows])
    text = write_text(document)
    assume(len(text) < 8000)
    assert select(layer, text) == select(layer, json.dumps(document), "cql2-json")
