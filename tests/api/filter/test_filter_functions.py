"""Spatial, temporal and array functions, by hand on small cases."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
import shapely
from filter_world import make_rows, read_cases, read_lines, select, select_both_ways

from api.errors import ParameterError, TooComplexError
from api.filter import compile_filter, read_filter

SPATIAL = ("intersects", "equals", "disjoint", "touches", "within", "overlaps", "crosses",
           "contains")
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
SHAPES = ["POINT (0 0)", "POINT (5 5)", "LINESTRING (0 0, 10 10)", None, "POINT EMPTY",
          "POLYGON ((0 0, 4 0, 4 4, 0 4, 0 0))", "POINT (175 0)", "POINT (-175 0)"]
PLACES = make_rows({}, {}, SHAPES)


@pytest.mark.parametrize(("text", "expected"), read_cases("""
    S_INTERSECTS(geom, POINT(0 0)) => 0 2 5
    S_INTERSECTS(POINT(0 0), geometry) => 0 2 5
    S_EQUALS(geom, POINT(5 5)) => 1
    S_WITHIN(geom, POLYGON((-1 -1,5 -1,5 5,-1 5,-1 -1))) => 0 5
    S_CONTAINS(geom, POINT(1 1)) => 2 5
    S_WITHIN(POINT(1 1), geom) => 2 5
    S_CONTAINS(BBOX(-1,-1,5,5), geom) => 0 5
    S_TOUCHES(geom, POINT(4 4)) => 5
    S_TOUCHES(geom, LINESTRING(4 0, 4 9)) => 5
    S_CROSSES(geom, POLYGON((1 1,3 1,3 3,1 3,1 1))) => 2
    S_CROSSES(POLYGON((1 1,3 1,3 3,1 3,1 1)), geom) => 2
    S_OVERLAPS(geom, BBOX(3,3,9,9)) => 5
    S_DISJOINT(geom, BBOX(-1,-1,6,6)) => 4 6 7
    NOT S_DISJOINT(geom, BBOX(-1,-1,6,6)) => 0 1 2 5
    S_INTERSECTS(geom, BBOX(170,-1,-170,1)) => 6 7
    S_WITHIN(geom, BBOX(170,-1,-170,1)) => 6 7
    S_INTERSECTS(geom, BBOX(0,0,0,0)) => 0 2 5
    S_INTERSECTS(geom, BBOX(0,0,-9,0,0,9)) => 0 2 5
    S_INTERSECTS(geom, MULTIPOINT((0 0),(5 5))) => 0 1 2 5
    geom IS NULL => 3
    S_INTERSECTS(geom, MULTIPOINT(0 0, 175 0)) => 0 2 5 6
    geometry IS NOT NULL => 0 1 2 4 5 6 7
    S_INTERSECTS(geom, GEOMETRYCOLLECTION(POINT(5 5), LINESTRING(3 0, 3 1))) => 1 2 5
    S_DISJOINT(geom, POINT EMPTY) => 0 1 2 4 5 6 7
    S_INTERSECTS(geom, POLYGON EMPTY) =>
    S_EQUALS(geom, POINT EMPTY) => 4
    S_EQUALS(geom, geometry) => 0 1 2 4 5 6 7
    S_INTERSECTS(geom, POINT Z (5 5 100)) => 1 2
    S_INTERSECTS(POINT(1 1), BBOX(0,0,2,2)) AND geom IS NULL => 3
    S_INTERSECTS(geom, MULTIPOLYGON(((9 9,11 9,11 11,9 11,9 9)),((4 4,6 4,6 6,4 6,4 4)))) => 1 2 5
    S_INTERSECTS(geom, MULTILINESTRING((5 4, 5 6),(3 -1, 3 1))) => 1 2 5
    S_INTERSECTS(geom, POINT(5 5)) OR S_INTERSECTS(geom, POINT(175 0)) => 1 2 6
    (S_INTERSECTS(geom, POINT(5 5))) IS NULL => 3
"""))
def test_spatial_functions(text, expected):
    if "geom, geometry)" in text:
        expected = [n for n, shape in enumerate(SHAPES) if shape]
    assert select_both_ways(PLACES, text) == expected


@pytest.mark.parametrize(("crs", "text"), [
    (EPSG + "4326", "S_INTERSECTS(geom, POINT(14.5 -92.25))"),
    (EPSG + "4326", "S_INTERSECTS(geom, BBOX(14,-93,15,-92))"),
    (EPSG + "3857", "S_INTERSECTS(geom, BBOX(-10300000,1600000,-10200000,1700000))"),
    (EPSG + "32615", "S_WITHIN(geom, BBOX(500000,1500000,700000,1700000))"),
    (EPSG + "6372", "S_DISJOINT(geom, POINT(2500000 800000))"),
])
def test_geometries_may_be_given_in_other_systems(crs, text):
    rows = make_rows({}, {}, ["POINT (-92.25 14.5)", None])
    assert select_both_ways(rows, text, crs=crs) == [0]


def test_a_box_in_latitude_first_may_cross_the_antimeridian():
    text = "S_INTERSECTS(geom, BBOX(-1,170,1,-170))"
    assert select_both_ways(PLACES, text, crs=EPSG + "4326") == [6, 7]


@pytest.mark.parametrize("text", read_lines("""
    S_INTERSECTS(geom, POINT(0 91))
    S_INTERSECTS(geom, POINT(181 0))
    S_INTERSECTS(geom, BBOX(0,5,1,1))
    S_INTERSECTS(geom, POLYGON((0 0,2 2,2 0,0 2,0 0)))
    S_INTERSECTS(geom, POLYGON((0 0,1 1,0 0)))
    S_INTERSECTS(geom, POLYGON((0 0,1 0,1 1,0 1)))
    S_INTERSECTS(geom, LINESTRING(0 0))
    S_INTERSECTS(geom, POINT(0))
    S_INTERSECTS(geom, POINT(0 0 0 0 0))
    S_INTERSECTS(geom)
    S_INTERSECTS(geom, geom, geom)
    S_INTERSECTS(geom, 'POINT(0 0)')
    S_INTERSECTS(row_id, POINT(0 0))
    S_INTERSECTS(geom, BBOX(1,2,3))
    S_INTERSECTS(geom, BBOX(1,2,3,4,5))
    geom = geom
    S_INTERSECTS(geom, Buffer(geom, 10))
    S_INTERSECTS(geom, POINT(1e300 0))
    S_NEAR(geom, POINT(0 0))
"""))
def test_geometries_that_are_none_are_refused(text):
    with pytest.raises(ParameterError):
        select(PLACES, text)


def test_a_broken_geometry_of_a_layer_breaks_nothing():
    bowtie = shapely.from_wkt("POLYGON ((0 0, 2 2, 2 0, 0 2, 0 0))")
    rows = make_rows({}, {}, [bowtie, "POINT (1 1)"])
    for op in ("INTERSECTS", "EQUALS", "TOUCHES", "WITHIN", "OVERLAPS", "CROSSES", "CONTAINS"):
        assert set(select(rows, f"S_{op}(geom, BBOX(0,0,2,2))")) <= {0, 1}


def test_spatial_functions_agree_with_shapely_row_by_row():
    rng = np.random.default_rng(7)
    points = shapely.points(rng.uniform(-5, 5, 300), rng.uniform(-5, 5, 300))
    shapes = np.concatenate([points, shapely.buffer(points[:100], 1),
                             shapely.linestrings(rng.uniform(-5, 5, (100, 3, 2)))])
    rows = make_rows({}, {}, list(shapes))
    window = shapely.from_wkt("POLYGON((-3 -3, 3 -3, 4 2, 0 0, -3 3, -3 -3))")
    for op in SPATIAL:
        ask = getattr(shapely, op)
        assert select(rows, f"s_{op}(geom, {window.wkt})") == [
            n for n, shape in enumerate(shapes) if ask(shape, window)]
        assert select(rows, f"s_{op}({window.wkt}, geom)") == [
            n for n, shape in enumerate(shapes) if ask(window, shape)]


def utc(day, hour=0, minute=0):
    return dt.datetime(2022, 4, day, hour, minute, tzinfo=dt.UTC)


TIMES = make_rows(
    {"day": "date", "begin": "datetime", "end": "datetime", "month": "month"},
    {"day": [dt.date(2022, 4, 15), dt.date(2022, 4, 16), None],
     "begin": [utc(16, 10), utc(16), utc(17)], "end": [utc(16, 12), None, utc(18)],
     "month": ["2022-04", "2022-05", None]})


@pytest.mark.parametrize(("text", "expected"), read_cases("""
    day = DATE('2022-04-16') => 1
    day < DATE('2022-04-16') => 0
    day >= begin => 1
    begin = DATE('2022-04-16') => 0 1
    begin > DATE('2022-04-16') => 2
    DATE('2022-04-16') < begin => 2
    begin > TIMESTAMP('2022-04-16T09:59:59.5Z') => 0 2
    begin = TIMESTAMP('2022-04-16T12:00:00+02:00') => 0
    T_AFTER(begin, DATE('2022-04-16')) => 2
    T_INTERSECTS(begin, DATE('2022-04-16')) => 0 1
    T_BEFORE(day, TIMESTAMP('2022-04-16T00:00:00Z')) => 0
    T_DISJOINT(day, begin) => 0
    T_EQUALS(day, DATE('2022-04-16')) => 1
    T_INTERSECTS(day, INTERVAL('2022-04-16', '..')) => 1
    T_INTERSECTS(day, INTERVAL('..', '..')) => 0 1
    T_BEFORE(INTERVAL(begin, end), INTERVAL('2022-04-17','..')) => 0
    T_DURING(INTERVAL(begin, end), INTERVAL('2022-04-16', '2022-04-16')) => 0
    T_CONTAINS(INTERVAL('2022-04-15', '2022-04-16'), INTERVAL(begin, end)) => 0
    T_MEETS(INTERVAL('2022-04-01','2022-04-05'), INTERVAL('2022-04-05','..')) AND day IS NULL => 2
    T_METBY(INTERVAL(begin, end), INTERVAL('2022-04-01T00:00:00Z', '2022-04-16T10:00:00Z')) => 0
    T_STARTS(INTERVAL(begin, end), INTERVAL('2022-04-16T10:00:00Z', '..')) => 0
    T_STARTEDBY(INTERVAL(begin, end), INTERVAL('2022-04-16T10:00:00Z', '2022-04-16T11:00:00Z')) => 0
    T_FINISHES(INTERVAL(begin, end), INTERVAL('..', '2022-04-18T00:00:00Z')) => 2
    T_FINISHEDBY(INTERVAL(begin,end), INTERVAL('2022-04-17T12:00:00Z','2022-04-18T00:00:00Z')) => 2
    T_OVERLAPS(INTERVAL(begin, end), INTERVAL('2022-04-16T11:00:00Z', '..')) => 0
    T_OVERLAPPEDBY(INTERVAL(begin, end), INTERVAL('..', '2022-04-16T11:00:00Z')) => 0
    T_EQUALS(INTERVAL(begin, end), INTERVAL('2022-04-17', TIMESTAMP('2022-04-18T00:00:00Z'))) => 2
    T_INTERSECTS(month, DATE('2022-05-31')) => 1
    T_DURING(month, INTERVAL('2022-03-01','2022-12-31')) => 0 1
    T_MEETS(month, INTERVAL('2022-04-30', '2022-05-03')) => 0
    INTERVAL(begin, end) IS NULL => 1
    T_AFTER(begin, end) =>
    day IN (DATE('2022-04-15'), DATE('2022-04-17')) => 0
    begin IN (DATE('2022-04-16'), DATE('2022-04-20')) => 0 1
    begin IN (TIMESTAMP('2022-04-17T00:00:00Z'), DATE('2022-04-16')) => 0 1 2
    day NOT IN (TIMESTAMP('2022-04-16T10:00:00Z'), DATE('2022-04-20')) => 0
    day BETWEEN DATE('2022-04-16') AND DATE('2022-04-20') => 1
    NOT T_AFTER(day, DATE('2022-04-15')) => 0
"""))
def test_temporal_functions(text, expected):
    assert select_both_ways(TIMES, text) == expected


@pytest.mark.parametrize("text", read_lines("""
    day = DATE('2022-13-45')
    day = DATE('2022-02-30')
    begin = TIMESTAMP('2022-04-16')
    begin = TIMESTAMP('2022-04-16T25:00:00Z')
    begin = TIMESTAMP('2022-04-16T10:00:00')
    day = DATE('0000-01-01')
    T_DURING(day, INTERVAL('2022-01-01','2022-12-31'))
    T_AFTER(day, '2022-04-16')
    T_AFTER(day, 1)
    T_AFTER(day, INTERVAL('2022-12-31','2022-01-01'))
    T_AFTER(day, INTERVAL('2022-12-31'))
    T_AFTER(day)
    T_AFTER(day, INTERVAL('', '2022-01-01'))
    T_AFTER(day, INTERVAL(month, '2022-01-01'))
    DATE(day) = day
    day = '2022-04-16'
    T_AFTER(day, INTERVAL(1, 2))
    day = INTERVAL('2022-01-01','..')
    day + 1 = 2
"""))
def test_times_that_are_none_are_refused(text):
    with pytest.raises(ParameterError):
        select_both_ways(TIMES, text)


LISTS = make_rows({"tags": "list", "kind": "string"}, {
    "tags": [["water", "food"], ["food", "food"], [], None, ["bed", None]],
    "kind": ["food", "water", "bed", "bed", None]})


@pytest.mark.parametrize(("text", "expected"), read_cases("""
    A_EQUALS(tags, ('food', 'water')) => 0
    A_EQUALS(tags, ('food')) => 1
    A_EQUALS(tags, ()) => 2
    A_CONTAINS(tags, ('food')) => 0 1
    A_CONTAINS(tags, ()) => 0 1 2 4
    A_CONTAINS(tags, ('food', 1)) =>
    A_CONTAINEDBY(tags, ('food', 'water', true)) => 0 1 2
    A_CONTAINEDBY(('food'), tags) => 0 1
    A_CONTAINS(('food', 'bed'), tags) => 1 2 4
    A_OVERLAPS(tags, ('bed', 'water')) => 0 4
    A_OVERLAPS(('bed'), tags) => 4
    NOT A_OVERLAPS(tags, ('food')) => 2 4
    tags IS NULL => 3
    A_CONTAINS(tags, (kind)) => 0 4
    A_EQUALS(tags, tags) => 0 1 2 4
    A_OVERLAPS(('food'), (kind)) => 0
    A_EQUALS(('a', 1, DATE('2022-01-01')), (DATE('2022-01-01'), 1, 'a')) AND kind = 'bed' => 2 3
    A_CONTAINS((('a','b'), 'c'), (('b','a'))) AND kind = 'food' => 0
    A_CONTAINS((('a','b'), 'c'), (('b','a'), 'c')) AND kind = 'food' => 0
    A_EQUALS((1, 2), (2.0, 1)) AND kind = 'food' => 0
"""))
def test_array_functions(text, expected):
    assert select_both_ways(LISTS, text) == expected


@pytest.mark.parametrize("text", read_lines("""
    A_CONTAINS(kind, ('food'))
    A_CONTAINS(tags, kind)
    tags = ('food')
    A_CONTAINS(tags)
    A_UNLIKE(tags, ('a'))
    tags LIKE 'a'
    CASEI(tags) = 'a'
    A_CONTAINS(tags, (tags))
"""))
def test_arrays_that_are_none_are_refused(text):
    with pytest.raises(ParameterError):
        select(LISTS, text)


def test_time_is_bounded():
    text = "S_INTERSECTS(geom, POINT(0 0)) OR S_EQUALS(geom, geom)"
    tree = read_filter(text, language="cql2-text")
    with pytest.raises(TooComplexError):
        compile_filter(tree, spec=PLACES.spec).select(PLACES, within_s=-1.0)
