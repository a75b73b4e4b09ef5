"""Moments: read from text, sheets and geographic files, kept in UTC, written in every format."""

from __future__ import annotations

import datetime as dt
import json

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyogrio
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from layers.coerce import coerce_columns, read_column
from layers.export import export_layer
from layers.intake import Limits, take_in
from layers.layer import Layer, Provenance, empty_column, index_frame
from layers.reading import read_rows
from layers.sheets.workbook import describe_column
from layers.spec import ColumnSpec, parse_spec
from layers.store import read_layer, write_layer
from layers.tabulating import tabulate_layer
from layers.values.moments import write_moments

MOMENT = ColumnSpec(dtype="datetime", meaning="when")
SPEC = parse_spec("""
name = "visits"
kind = "vector"
role = "context"
title = { en = "Visits" }
meaning = "Invented visits"
geometry = "Point"
id = "visit_id"
level = "public"
geometry_level = "public"
[columns]
start = { dtype = "datetime", meaning = "Begin", level = "public" }
day = { dtype = "date", meaning = "Day", level = "public", required = false }
synthetic = { dtype = "boolean", meaning = "Illustrative row", level = "public" }
""", where="visits.toml")
# 0.25 s beyond the minute, a whole second, and nothing known.
WRITTEN = ["2022-04-16T10:13:19.250Z", "2024-02-29T23:59:59Z", None]


def read(*cells):
    found = read_column(pd.Series(list(cells)), "start", MOMENT)
    return write_moments(found.values).tolist(), found


def make_layer():
    frame = pd.DataFrame({
        "visit_id": ["v-1", "v-2", "v-3"], "start": WRITTEN,
        "day": ["2022-04-16", "2024-02-29", None], "synthetic": "yes",
    })
    typed, faults = coerce_columns(frame, SPEC)
    assert not len(faults)
    shapes = shapely.points([[-90.5, 14.5], [-91.0, 15.0], [-92.0, 15.5]])
    shaped = gpd.GeoDataFrame(typed.assign(visit_id=frame["visit_id"]), geometry=shapes, crs=4326)
    provenance = Provenance(("visits",), "0", synthetic=True, inputs_level="public")
    return Layer(SPEC, index_frame(shaped, SPEC), provenance)


@pytest.mark.parametrize(("cell", "expected"), [
    ("2022-04-16T10:13:19Z", "2022-04-16T10:13:19Z"),
    ("2022-04-16t10:13:19z", None),
    ("2022-04-16T10:13:19", "2022-04-16T10:13:19Z"),
    ("2022-04-16 10:13", "2022-04-16T10:13:00Z"),
    ("2022-04-16T12:13:19+02:00", "2022-04-16T10:13:19Z"),
    ("2022-04-16T00:13:19+0530", "2022-04-15T18:43:19Z"),
    ("2022-04-16T23:30:00-06", "2022-04-17T05:30:00Z"),
    ("2022-04-16T10:13:19.25Z", "2022-04-16T10:13:19.250Z"),
    ("2022-04-16T10:13:19,123456789Z", "2022-04-16T10:13:19.123456Z"),
    ("16/04/2022 10:13", "2022-04-16T10:13:00Z"),
    ("16 avril 2022, 10:13 PM", "2022-04-16T22:13:00Z"),
    ("4/16/2022 12:05 a.m.", "2022-04-16T00:05:00Z"),
    ("2022-04-16", "2022-04-16T00:00:00Z"),
    ("2022-04-16T24:00:00Z", None), ("2022-04-16T10:60:00Z", None),
    ("2022-04-16T10:13:60Z", None), ("2022-04-16 13:05 PM", None),
    ("2022-04-16T10:13:19+25:00", None), ("2022-02-30T10:13:19Z", None),
    ("3/4/2022 10:13", None), ("10:13:19", None), ("yesterday", None),
])
def test_a_text_is_one_moment_or_a_fault(cell, expected):
    told, found = read(cell)
    assert told == [expected]
    assert list(found.findings["reason"]) == (
        [] if expected else ["not a moment (2024-05-31T14:30:00Z)"])


def test_unknown_is_no_fault_and_what_is_assumed_is_told():
    told, found = read("n/a", "", None, "2022-04-16", "2022-04-16 10:13", "2022-04-16T10:13Z")
    assert told[:3] == [None] * 3
    assert not len(found.findings)
    notes = " | ".join(found.notes)
    assert "1 cells name a day without an hour: taken as its midnight, UTC" in notes
    assert "1 cells name no time zone: taken as UTC" in notes


@given(st.lists(st.datetimes(
    min_value=dt.datetime(1900, 1, 2), max_value=dt.datetime(2999, 12, 31),  # noqa: DTZ001
    timezones=st.integers(-14 * 60, 14 * 60).map(
        lambda m: dt.timezone(dt.timedelta(minutes=m)))), min_size=1, max_size=5))
def test_what_python_writes_is_read_as_the_same_moment(moments):
    _, found = read(*[one.isoformat() for one in moments])
    expected = pd.to_datetime([one.astimezone(dt.UTC) for one in moments]).as_unit("us")
    assert found.values.tolist() == expected.tolist()
    typed = read_column(pd.Series(expected), "start", MOMENT)
    assert typed.values.tolist() == expected.tolist()
    again = read_column(write_moments(found.values), "start", MOMENT)
    assert again.values.tolist() == expected.tolist()


@given(st.lists(st.one_of(st.none(), st.text(), st.integers(), st.floats(), st.binary(),
                          st.from_regex(r"\d{1,4}-\d\d?-\d\d?[T ]\d\d?:\d\d(:\d\d)?.{0,6}"))))
def test_nothing_makes_it_fail(cells):
    found = read_column(pd.Series(cells, dtype=object), "start", MOMENT)
    assert str(found.values.dtype) == "datetime64[us, UTC]"
    assert found.values[found.findings["row"]].isna().all()


def test_typed_columns_far_off_are_faults_and_no_crash():
    far = pd.Series(np.array(["20000-01-01", "2020-01-01", "NaT"], dtype="datetime64[s]"))
    found = read_column(far, "start", MOMENT)
    assert write_moments(found.values).tolist() == [None, "2020-01-01T00:00:00Z", None]
    assert found.findings["row"].tolist() == [0]
    assert str(empty_column(MOMENT, 2).dtype) == "datetime64[us, UTC]"


def test_a_moment_before_1900_is_set_aside_and_one_of_tomorrow_in_an_incident():
    raw = pd.DataFrame({"visit_id": [f"v-{n}" for n in range(12)], "lon": -90.0, "lat": 15.0,
                        "start": "2022-04-16T10:13:19Z", "synthetic": "yes"})
    raw.loc[0, "start"], raw.loc[1, "start"] = "1812-04-16T10:13:19Z", "2026-02-02T00:30:00Z"
    raw.loc[2, "start"] = "2026-02-01T23:30:00Z"
    limits = Limits(today=dt.date(2026, 2, 1))
    assert [f.id for f in take_in(raw, SPEC, source="a.csv", limits=limits).faults] == ["v-0"]
    incident = SPEC.model_copy(update={"role": "incident"})
    taken = take_in(raw, incident, source="a.csv", limits=limits)
    assert [(f.id, f.reason) for f in taken.faults] == [
        ("v-0", "an impossible date"), ("v-1", "a date in the future")]


def test_parquet_keeps_the_type_and_the_moment(tmp_path):
    layer = make_layer()
    assert tabulate_layer(layer)["start"].type == pa.timestamp("us", tz="UTC")
    write_layer(layer, tmp_path / "a.parquet")
    back = read_layer(tmp_path / "a.parquet", SPEC, layer.provenance)
    assert write_moments(back.frame["start"]).tolist() == WRITTEN
    pd.testing.assert_frame_equal(pd.DataFrame(back.frame), pd.DataFrame(layer.frame))


@pytest.mark.parametrize("format_", ["geojson", "geojsonseq", "csv", "kml"])
def test_text_formats_say_rfc_3339(tmp_path, format_):
    path = tmp_path / f"visits.{format_}"
    export_layer(make_layer(), path, format_=format_, marking={})
    text = path.read_text(encoding="utf-8")
    for one in WRITTEN[:2]:
        assert one in text
    if format_ == "geojson":
        rows = [f["properties"]["start"] for f in json.loads(text)["features"]]
        assert rows == WRITTEN


@pytest.mark.parametrize("format_", ["gpkg", "fgb"])
def test_gis_formats_hold_a_moment_of_their_own_type(tmp_path, format_):
    path = tmp_path / f"visits.{format_}"
    export_layer(make_layer(), path, format_=format_, marking={})
    info = pyogrio.read_info(path)
    types = dict(zip(info["fields"], info["dtypes"], strict=True))
    assert types["start"].startswith("datetime64[ms")


@pytest.mark.parametrize("format_", ["gpkg", "fgb", "csv", "xlsx", "parquet"])
def test_what_is_exported_is_read_back_as_the_same_moments(tmp_path, format_):
    path = tmp_path / f"visits.{format_}"
    export_layer(make_layer(), path, format_=format_, marking={})
    taken = take_in(read_rows(path, SPEC), SPEC, source=path.name)
    assert not taken.quarantined
    assert write_moments(taken.accepted["start"]).tolist() == WRITTEN


def test_a_spreadsheet_cell_typed_as_a_date_and_time_is_a_moment(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["visit_id", "lon", "lat", "start", "synthetic"])
    sheet.append(["v-1", -90.5, 14.5, dt.datetime(2022, 4, 16, 10, 13, 19), "yes"])  # noqa: DTZ001
    sheet.append(["v-2", -90.5, 14.5, dt.datetime(2022, 4, 16), "yes"])  # noqa: DTZ001
    book.save(tmp_path / "a.xlsx")
    taken = take_in(read_rows(tmp_path / "a.xlsx", SPEC), SPEC, source="a.xlsx")
    assert write_moments(taken.accepted["start"]).tolist() == [
        "2022-04-16T10:13:19Z", "2022-04-16T00:00:00Z"]
    assert describe_column(MOMENT) == "when. A moment in UTC: 2024-05-31T14:30:00Z."


def test_a_zone_in_a_geographic_file_is_honoured(tmp_path):
    feature = {"type": "Feature", "geometry": {"type": "Point", "coordinates": [-90.5, 14.5]},
               "properties": {"visit_id": "v-1", "start": "2022-04-16T04:13:19-06:00",
                              "synthetic": True}}
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    taken = take_in(read_rows(path, SPEC), SPEC, source="a.geojson")
    assert write_moments(taken.accepted["start"]).tolist() == ["2022-04-16T10:13:19Z"]
