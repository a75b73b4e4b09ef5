"""Every operator on every column of OGC's test data, either way round, negated and joined.

OGC's list holds examples; here the abstract tests are walked through column by column, and the
rows are those that a reading in plain Python gives.
"""

from __future__ import annotations

import json
from functools import cache
from itertools import product

import pytest
import shapely
from cql2_study import COUNTS, find_geopackage
from filter_world import read_ogc, select
from naive_filter import COMPARE, SPATIAL, judge, write_text

TEXTS = ["København", "b_r%", "Côte d'Ivoire", ""]
LITERALS = {
    "string": TEXTS, "number": [0, -1.5, 37589262, 5e6], "integer": [0, 1038288, 1.5, 2**53 + 1],
    "boolean": [True, False], "date": [{"date": "2022-04-16"}],
    "datetime": [{"timestamp": "2022-04-16T10:13:19Z"}, {"date": "2022-04-16"}],
}
SHAPES = [shapely.geometry.mapping(shapely.from_wkt(text)) for text in (
    "POINT (7.02 49.92)", "POINT (6.043073357781111 50.128051662794235)",
    "LINESTRING (0 40, 10 50)", "LINESTRING (-60 -90, -60 90)",
    "POLYGON ((0 40, 10 40, 10 50, 0 50, 0 40))",
    "POLYGON ((-180 -90, 0 -90, 0 90, -180 90, -180 -90), (-80 0, -60 0, -60 10, -80 0))",
    "MULTIPOINT ((7.02 49.92), (90 18))", "MULTILINESTRING ((0 40, 10 50), (-60 -90, -60 90))",
    "MULTIPOLYGON (((0 40, 10 40, 10 50, 0 50, 0 40)), ((20 0, 30 0, 30 10, 20 10, 20 0)))",
    "GEOMETRYCOLLECTION (POINT (7.02 49.92), POLYGON ((0 0, 10 0, 10 10, 0 10, 0 0)))",
)]
INSTANTS = ["2021-04-16T10:15:59Z", "2022-04-16T10:13:19Z", "2022-04-16T10:16:06Z"]
OF_ANY = ["t_after", "t_before", "t_disjoint", "t_equals", "t_intersects"]
OF_INTERVALS = ["t_contains", "t_during", "t_finishedBy", "t_finishes", "t_meets", "t_metBy",
                "t_overlappedBy", "t_overlaps", "t_startedBy", "t_starts"]
WHOLE = {"interval": [{"property": "start"}, {"property": "end"}]}


def call(op, *args):
    return {"op": op, "args": list(args)}


@cache
def find_rows(collection):
    return read_ogc(find_geopackage(), collection)


@cache
def list_records(collection):
    rows = find_rows(collection)
    columns = {name: column.to_pylist() for name, column in rows.columns.items()}
    columns["geom"] = list(rows.geometries)
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(),
                                                                      strict=True)]


def list_columns(collection):
    return [({"property": name}, column.dtype)
            for name, column in find_rows(collection).spec.columns.items()]


def compare_columns(collection):
    for column, dtype in list_columns(collection):
        yield call("isNull", column)
        yield from (call(op, column, value) for op, value in product(COMPARE, LITERALS[dtype]))


def list_more(collection):
    for column, dtype in list_columns(collection):
        yield call("in", column, LITERALS[dtype])
        if dtype in {"number", "integer"}:
            yield call("between", column, 1000, 2.5e6)
            yield call("between", column, 2.5e6, 1000)
        if dtype == "string":
            yield from (call("like", column, text) for text in (*TEXTS, "%a_", "%'%", r"%\%%"))


def fold_texts(collection):
    for column, dtype in list_columns(collection):
        if dtype != "string":
            continue
        for value, folds in product(["B_R%", "CHIȘINĂU"], (["casei"], ["casei", "accenti"])):
            one, other = column, value
            for fold in folds:
                one, other = call(fold, one), call(fold, other)
            yield call("=", one, other)
            yield call("like", one, other)
            yield call("in", one, [other])


def hold_against_each_other(collection):
    columns = list_columns(collection)
    for (one, dtype), (other, its) in product(columns, columns):
        if dtype == its and (dtype != "string" or one["property"] < other["property"][:5]):
            yield from (call(op, one, other) for op in ("=", "<", ">="))
    for column, dtype in columns:
        yield from (call(op, value, column) for op, value in product(COMPARE, LITERALS[dtype]))


def hold_shapes(_collection):
    for name, shape in product(SPATIAL, SHAPES):
        yield call("s_" + name, {"property": "geom"}, shape)
        yield call("s_" + name, shape, {"property": "geom"})


def hold_times(collection):
    if "start" not in find_rows(collection).columns:
        return
    spans = [{"interval": list(ends)} for ends in product([*INSTANTS, ".."], repeat=2)
             if ".." in ends or ends[0] <= ends[1]]
    for op, span in product(OF_ANY + OF_INTERVALS, [*spans, WHOLE]):
        yield call(op, WHOLE, span)
        yield call(op, span, WHOLE)
    instants = [{"timestamp": text} for text in INSTANTS] + [{"date": "2022-04-16"}]
    for op, name, other in product(OF_ANY, ("date", "start", "end"), [*instants, *spans]):
        yield call(op, {"property": name}, other)
        yield call(op, other, {"property": name})


def calculate(collection):
    numbers = [column for column, dtype in list_columns(collection)
               if dtype in {"number", "integer"}]
    for column, op, value in product(numbers, ("+", "-", "*", "/", "%", "div"), (3, -7, 0, 2.5)):
        yield call(">", call(op, column, value), 1e6)
        yield call("<=", call(op, value, column), call("*", 2, column))


def vary(number, document, before):
    """A third as it is, a third negated, a third joined to the one before."""
    if number % 3 == 1:
        return call("not", document)
    if number % 3 == 2:
        return call("or" if number % 2 else "and", document, before)
    return document


@pytest.mark.parametrize("collection", COUNTS)
@pytest.mark.parametrize("make", [
    compare_columns, list_more, fold_texts, hold_against_each_other, hold_shapes, hold_times,
    calculate], ids=lambda make: make.__name__)
def test_every_operator_on_every_column(make, collection):
    rows, records = find_rows(collection), list_records(collection)
    documents = list(make(collection))
    turned = {}
    for number, document in enumerate(documents):
        asked = vary(number, document, documents[number - 1])
        turned[write_text(asked)] = asked
    differ = []
    for text, document in turned.items():
        expected = [at for at, record in enumerate(records) if judge(document, record) is True]
        found = [select(rows, text), select(rows, json.dumps(document), "cql2-json")]
        if found != [expected, expected]:
            differ.append((text, len(expected), [len(each) for each in found]))
    assert not differ, differ[:3]


@pytest.mark.parametrize(("text", "count"), [
    ("S_INTERSECTS(geom, BBOX(0,40,-100,10,50,8000))", 8),
    ("S_INTERSECTS(BBOX(150,-90,-150,90), geom)", 10),
    ("S_INTERSECTS(geom, BBOX(150,-90,-150,90)) AND S_WITHIN(geom, BBOX(150,-90,-150,90))", 5),
    ("S_INTERSECTS(geom, BBOX(7.02,49.92,7.02,49.92))", 1),
    ("S_INTERSECTS(geom, POINT Z (7.02 49.92 300))", 1),
])
def test_boxes_and_heights(text, count):
    assert len(select(find_rows("ne_110m_admin_0_countries"), text)) == count
