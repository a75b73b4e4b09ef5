"""The edges of CQL2's grammar (OGC 21-065r2): what is read and what is refused."""

from __future__ import annotations

import json

import pytest
from filter_world import make_rows, read_lines, select, select_both_ways

from api.errors import ParameterError
from api.filter.parsing import parse_text

ROWS = make_rows(
    {"n": "integer", "s": "string", "flag": "boolean", "day": "date", "tags": "list"},
    {"n": [1, 2], "s": ["it's", "tab\there"], "flag": [True, None], "day": [None, None],
     "tags": [["a"], []]},
    ["POINT (1 1)", "POINT (2 2)"])


@pytest.mark.parametrize(("text", "same"), [
    ("S_EQUALS(g, POINTZ(1 2 3))", "S_EQUALS(g, POINT Z (1 2 3))"),
    ("S_EQUALS(g, MULTIPOINTZ((1 2 3)))", "S_EQUALS(g, MULTIPOINT Z ((1 2 3)))"),
    ("S_EQUALS(g, GEOMETRYCOLLECTION(POINTZ(1 2 3)))",
     "S_EQUALS(g, GEOMETRYCOLLECTION(POINT Z(1 2 3)))"),
    ("S_EQUALS(g, MULTIPOINT(1 2, 3 4))", "S_EQUALS(g, MULTIPOINT((1 2), (3 4)))"),
    ("s_equals(g, point(1E0 +2.))", "S_EQUALS(g, POINT(1.0 2.0))"),
    ("a = 2^3*2", "a = (2^3)*2"), ("a = 2*3^2", "a = 2*(3^2)"), ("a = -2^2", "a = (-2)^2"),
    ("a = 2^-1", "a = 2^(-1)"), ("a = 7 div 2 % 2", "a = (7 DIV 2) % 2"), ("a = - -1", "a = 1"),
    ("NOT a = 1 AND b = 2", "(NOT (a = 1)) AND (b = 2)"),
    ("a = 1 OR b = 2 AND c = 3", "a = 1 OR (b = 2 AND c = 3)"),
    ("NOT a BETWEEN 1 AND 2 AND b = 3", "(NOT (a BETWEEN 1 AND 2)) AND b = 3"),
    ("a NOT IN (1) OR b NOT LIKE 'x'", "(NOT a IN (1)) OR (NOT b LIKE 'x')"),
    ("a IS NOT NULL", "NOT a IS NULL"), ("\"a\" = 'it''s'", "a = 'it\\'s'"),
    ("date = 1 and interval = 2 and bbox = 3", '"date" = 1 AND "interval" = 2 AND "bbox" = 3'),
])
def test_two_ways_to_write_the_same(text, same):
    assert parse_text(text) == parse_text(same)


@pytest.mark.parametrize(("text", "rows"), [
    ("s = 'it\\'s'", [0]), ("s = 'it''s'", [0]), ("s = 'tab\\there'", [1]), ("s LIKE '%\\t%'", [1]),
    ("S_EQUALS(geom, POINTZ(1 1 9))", [0]), ("POINT Z(1 1 2) IS NOT NULL AND n = 1", [0]),
    ("n = 2^1^1", None), ("n = 2^(1^1)", [1]), ("flag", [0]), ("NOT flag IS NULL", [0]),
])
def test_literals(text, rows):
    if rows is None:
        with pytest.raises(ParameterError):
            select(ROWS, text)
    else:
        assert select_both_ways(ROWS, text) == rows


@pytest.mark.parametrize("text", read_lines("""
    n = 2^1^1
    n * 2^1^1 = 2
    2^1^1 = n
    S_INTERSECTS(geom, POINT(1 1 1 1))
    S_INTERSECTS(geom, POINTZZ(1 1 1))
    S_INTERSECTS(geom, POINTM(1 1 1))
    S_INTERSECTS(geom, BBOX(0,0,5,2,2,1))
    S_INTERSECTS(geom, ENVELOPE(0,2,0,2))
    S_INTERSECTS(geom, SRID=4326;POINT(1 1))
    n = 1 2
    n =< 1
    n == 1
    n < > 1
    n = 1.2.3
    n = 1e
    n IN (1,)
    n BETWEEN 1, 2
    n IS TRUE
    n NOT NULL
    n NOT = 1
    s LIKE s
    s LIKE NULL
    s = "it"
    s[0] = 'a'
    AND = 1
    flag XOR flag
    A_EQUALS(tags, ['a'])
    A_EQUALS(tags, 'a')
    upper(s) = 'A'
    CAST(n AS TEXT) = '1'
    DATE(day) = day
    day = DATE('2022-4-16')
    day = DATE('2022-02-30')
    day = TIMESTAMP('2022-04-16T10:13:19')
    T_AFTER(day, INTERVAL(.., '2022-01-01'))
"""))
def test_what_is_not_of_the_grammar_is_refused(text):
    with pytest.raises(ParameterError):
        select(ROWS, text)


@pytest.mark.parametrize("document", [
    {"op": "=", "args": [{"property": "day"}, {"date": "2022-01-01",
                                               "timestamp": "2022-01-01T00:00:00Z"}]},
    {"op": "=", "args": [{"property": "day", "date": "2022-01-01"}, {"date": "2022-01-01"}]},
    {"op": "t_after", "args": [{"property": "day"}, {"interval": ["..", ".."],
                                                     "date": "2022-01-01"}]},
    {"op": "between", "args": [{"property": "n"}, [1, 2]]},
    {"op": "isNull", "args": {"property": "n"}},
    {"op": "in", "args": [{"property": "n"}, 1, 2]},
    {"op": "eq", "args": [{"property": "n"}, 1]},
    {"op": "=", "args": [{"op": "+", "args": [1, 2, 3]}, 6]},
    {"op": "s_intersects", "args": [{"property": "geom"}, {"bbox": [0, 0, 5, 2, 2, 1]}]},
    {"op": "s_intersects", "args": [{"property": "geom"}, [0, 0, 1, 1]]},
    {"op": "s_intersects", "args": [{"property": "geom"}, {"type": "Feature", "geometry": None}]},
    {"op": "t_after", "args": [{"property": "day"}, "2022-01-01"]},
    {"function": {"name": "upper", "args": []}},
])
def test_what_is_not_of_the_schema_is_refused(document):
    with pytest.raises(ParameterError):
        select(ROWS, json.dumps(document), "cql2-json")
