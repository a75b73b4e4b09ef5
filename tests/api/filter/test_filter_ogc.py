"""OGC's own predicates of 21-065 give OGC's own counts, as text and as JSON."""

from __future__ import annotations

import json
from functools import cache

import cql2
import pytest
from cql2_study import find_expected, find_geopackage, read_predicates
from filter_world import read_lines, read_ogc, select
from surroundings import require_shared

from api.filter import CONFORMANCE, read_filter, write_json
from api.filter.parsing import parse_text

PREDICATES = read_predicates()


@cache
def find_rows(collection):
    return read_ogc(find_geopackage(), collection)


def make_whole(value):
    """The same JSON with every number as a float, as the `cql2` package has them."""
    if isinstance(value, dict):
        return {name: make_whole(part) for name, part in value.items()}
    if isinstance(value, list):
        return [make_whole(part) for part in value]
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return float(value) if is_number else value


def test_the_predicates_are_all_here():
    require_shared("ogc_cql2", "predicates.json")
    assert len(PREDICATES) == 137
    classes = {predicate["class"] for predicate in PREDICATES}
    assert classes <= {uri.rpartition("/")[2] for uri in CONFORMANCE}


@pytest.mark.parametrize("predicate", PREDICATES, ids=lambda p: f"{p['class']}: {p['filter']}")
def test_a_predicate_gives_its_count(predicate):
    rows = find_rows(predicate["collection"])
    assert len(select(rows, predicate["filter"])) == find_expected(predicate)
    written = write_json(read_filter(predicate["filter"], language="cql2-text"))
    assert len(select(rows, written, "cql2-json")) == find_expected(predicate)


@pytest.mark.parametrize("predicate", PREDICATES, ids=lambda p: p["filter"])
def test_the_json_is_that_of_another_parser(predicate):
    ours = read_filter(predicate["filter"], language="cql2-text").document
    theirs = cql2.parse_text(predicate["filter"])
    assert make_whole(ours) == make_whole(theirs.to_json())
    rows = find_rows(predicate["collection"])
    assert len(select(rows, json.dumps(theirs.to_json()), "cql2-json")) == find_expected(predicate)


# The kinds of filter that the standard gives examples of, in words of our own (synthetic).
KINDS = """
    avg(speed) < 4
    height > (clearance - 1)
    eo:cloud_cover BETWEEN 0.1 AND 0.2 AND eo:instrument LIKE 'OLI%'
    floors > 5 AND pool = TRUE AND (material LIKE 'brick%' OR material LIKE '%brick')
    (floors > 5 AND material = 'brick') OR pool
    NOT under_10 AND "name" IS NOT NULL
    CASEI(road) IN (CASEI('Οδος'), CASEI('Straße'))
    ACCENTI(etat) = ACCENTI('débárquér')
    A_CONTAINS(layer:ids, ('layers-ca', 'layers-us'))
    A_OVERLAPS(values, (1, 2.5, -3))
    S_WITHIN(road, Buffer(geometry, 10, 'm'))
    S_CROSSES(LINESTRING(1 2, 3.5 -4), POLYGON((0 0, 4 0, 4 4, 0 0)))
    S_INTERSECTS(geometry, MULTIPOLYGON(((0 0, 4 0, 4 4, 0 0)), ((9 9, 10 9, 10 10, 9 9))))
    S_OVERLAPS(geom, GEOMETRYCOLLECTION(POINT(1 2), LINESTRING(1 2, 3 4)))
    S_TOUCHES(geom, MULTILINESTRING((1 2, 3 4), (5 6, 7 8))) OR S_EQUALS(geom, MULTIPOINT((1 2)))
    S_DISJOINT(geom, BBOX(-180, -90, -10, 180, 90, 10))
    T_INTERSECTS(event, INTERVAL('1969-07-16T05:32:00Z', '1969-07-24T16:50:35Z'))
    T_DURING(INTERVAL(touchdown, lift_off), INTERVAL('1969-07-16', '..'))
    T_FINISHEDBY(INTERVAL('..', '2020-01-01'), INTERVAL(a, b)) AND T_METBY(INTERVAL(a, b), c)
    updated >= DATE('1970-01-01') AND updated < TIMESTAMP('1970-01-02T00:00:00Z')
    category NOT IN (1, 2, 3, 4) AND depth NOT BETWEEN 100.0 AND 150.0
    width <> a + b * c / d - -2 div 3 ^ 2 % 5
    owner LIKE '% Mike %' OR owner NOT LIKE 'a_c'
    foo() OR bar(1, 'two', three, DATE('2020-01-01'), (4 + 5))
    'it''s' = name AND 1 = 1 AND true
"""


@pytest.mark.parametrize("text", read_lines(KINDS))
def test_every_kind_of_filter_is_read_as_another_parser_reads_it(text):
    ours, theirs = parse_text(text), cql2.parse_text(text).to_json()
    assert make_whole(json.loads(json.dumps(ours))) == make_whole(theirs)
