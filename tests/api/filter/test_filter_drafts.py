"""Filters as GDAL writes them (``cql-text``): times in plain quotes, truths as numbers, ILIKE."""

from __future__ import annotations

import contextlib
import datetime as dt
import operator

import numpy as np
import pandas as pd
import pytest
from filter_world import make_rows, select
from hypothesis import given
from hypothesis import strategies as st

from api.errors import ParameterError
from api.filter import read_filter
from api.filter.instants import read_loosely

DTYPES = {"day": "date", "at": "datetime", "month": "month", "flag": "boolean", "name": "string"}
MOMENTS = pd.to_datetime(
    ["2026-05-31T23:59:59Z", "2026-06-01T00:00:00Z", "2026-06-01T12:00:00Z",
     "2026-06-01T12:00:01Z", "2026-06-02T00:00:00Z", None], format="ISO8601")
DAYS = MOMENTS.normalize()
ROWS = make_rows(DTYPES, {
    "day": [None if day is pd.NaT else day.date() for day in DAYS],
    "at": [None if at is pd.NaT else at.to_pydatetime() for at in MOMENTS],
    "month": ["2026-05", "2026-06", "2026-06", "2026-06", "2026-07", None],
    "flag": [True, False, None, True, False, True],
    "name": ["Straße", "STRASSE 2", "strasse", "x", None, "a%b"],
})
COMPARE = {"=": operator.eq, "<>": operator.ne, "<": operator.lt, ">": operator.gt,
           "<=": operator.le, ">=": operator.ge}
TEXTS = ("2026-06-01", "2026-06-01T", "2026-06-01T12", "2026-06-01T12Z", "2026-06-01T12:00",
         "2026-06-01T12:00Z", "2026-06-01T12:00:01", "2026-06-01T12:00:01Z",
         "2026-06-01T12:00:00.5Z", "2026-06-01T14:00+02:00")


def ask(text):
    return select(ROWS, text, "cql-text")


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("op", COMPARE)
def test_times_compare_as_pandas_does(op, text):
    at = pd.Timestamp(text.rstrip("T").removesuffix("Z"))
    at = at.tz_localize("UTC") if at.tz is None else at
    for name, column in (("day", DAYS), ("at", MOMENTS)):
        wanted = np.flatnonzero(COMPARE[op](column, at) & column.notna()).tolist()
        assert ask(f"{name} {op} '{text}'") == wanted
        turned = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}.get(op, op)
        assert ask(f"'{text}' {turned} {name}") == wanted


@pytest.mark.parametrize(("text", "rows"), [
    ("day BETWEEN '2026-06-01' AND '2026-06-01T'", [1, 2, 3]),
    ("at BETWEEN '2026-06-01T12' AND '2026-06-02'", [2, 3, 4]),
    ("day IN ('2026-05-31', '2026-06-02T')", [0, 4]),
    ("day NOT IN ('2026-05-31', '2026-06-02T')", [1, 2, 3]),
    ("NOT (day >= '2026-06-01T') OR at > '2026-06-01T12:00:00Z'", [0, 3, 4]),
    ("day >= DATE('2026-06-01') AND at < TIMESTAMP('2026-06-01T12:00:00Z')", [1]),
    ("month >= '2026-06-01'", [4]),
    ("month = '2026-06'", [1, 2, 3]),
    ("flag = 1", [0, 3, 5]),
    ("flag <> 1", [1, 4]),
    ("flag IN (0)", [1, 4]),
    ("flag = true", [0, 3, 5]),
    ("name ILIKE 'STRASSE%'", [0, 1, 2]),
    ("name NOT ILIKE 'strasse'", [1, 3, 5]),
    ("NOT (name ilike 'strasse')", [1, 3, 5]),
    (r"name ILIKE 'A\%B'", [5]),
    ("name = '2026-06-01'", []),
])
def test_what_gdal_sends(text, rows):
    assert ask(text) == rows


@pytest.mark.parametrize("text", [
    "day = 'soon'", "day >= '2026-02-30T'", "day = '2026-06'", "day = '2026-06-01 12:00'",
    "at = '2026-06-01T25'", "at = '2026-06-01T:00'", "at = '2026-06-01T12:00.5'", "flag = 2",
    "flag = '1'", "name = 1", "flag ILIKE 'x'", "name ILIKE", "name ILIKE name", "NOT ILIKE 'x'",
    "day = ''", "at IN ('2026-06-01', 'soon')",
])
def test_what_cannot_be_read_is_refused(text):
    with pytest.raises(ParameterError):
        ask(text)


@pytest.mark.parametrize("text", [
    "day >= '2026-06-01'", "at = '2026-06-01T12:00:00Z'", "flag = 1", "name ILIKE 'x'",
    "name NOT ILIKE 'x'"])
def test_cql2_itself_has_none_of_it(text):
    with pytest.raises(ParameterError):
        select(ROWS, text)


def test_ilike_is_folding_and_a_name_where_it_is_none():
    wanted = read_filter("CASEI(name) LIKE CASEI('x%')", language="cql2-text").document
    assert read_filter("name ILIKE 'x%'", language="cql-text").document == wanted
    for language in ("cql2-text", "cql-text"):
        assert read_filter("ilike = 1", language=language).root.args[0].name == "ilike"


@given(st.datetimes(dt.datetime(1, 1, 2), dt.datetime(9999, 12, 30)), st.integers(0, 3))  # noqa: DTZ001
def test_every_moment_reads_back(at, parts):
    form = ("%H", "%H:%M", "%H:%M:%S", "%H:%M:%S.%f")[parts]
    text = f"{at:%m-%dT}{at.strftime(form)}"
    cut = (dt.timedelta(hours=1), dt.timedelta(minutes=1), dt.timedelta(seconds=1),
           dt.timedelta(microseconds=1))[parts]
    since = at - dt.datetime(1970, 1, 1)  # noqa: DTZ001
    wanted = since // cut * cut
    assert read_loosely(f"{at.year:04d}-{text}") == wanted // dt.timedelta(microseconds=1)


@given(st.text("0123456789-T:.Z+", max_size=30))
def test_nothing_else_escapes(text):
    with contextlib.suppress(ParameterError):
        read_loosely(text)
