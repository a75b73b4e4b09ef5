"""What comes back from a spreadsheet is what went out, but for what somebody edited."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from sheets import SPEC, find_changes, make_shelters
from surroundings import CAMPAIGN

from layers.catalog import find_spec
from layers.sheets.roundtrip import (
    arm_cell,
    defuse_cell,
    diff_rows,
    is_formula_like,
    prepare_edits,
    restore_absent,
)

SIGNS = "'=+-@|%\t\r\n \u00a0\u200b\ufeff\uff1d\uff0b\uff0d\uff20\u2212a1("
HOSTILE = st.text(st.sampled_from(SIGNS) | st.characters(), max_size=8)
MANY = settings(max_examples=10_000 if CAMPAIGN else 500)


@given(HOSTILE)
@MANY
def test_a_defused_text_comes_back_as_it_was(text):
    assert arm_cell(defuse_cell(text)) == text


@given(HOSTILE)
@MANY
def test_a_defused_text_is_no_formula(text):
    shown = defuse_cell(text)
    assert not is_formula_like(shown)
    assert shown in {text, f"'{text}"}


@pytest.mark.parametrize("text", [
    "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "|cmd|' /C calc'!A0", "%0A=1",
    "\uff1d1", "\uff0b1", "\uff0d1", "\uff201", "\ufe621", "\u22121", " =1", "\u00a0=1",
    "\u200b=1", "\ufeff=1", "\x00=1", "\u202e=1",
])
def test_formulas_are_told_whatever_they_hide_behind(text):
    assert is_formula_like(text)


@pytest.mark.parametrize("value", ["", "a=1", "O'Higgins", "'90s", "(=1)", "ñ", 5, -5.0, None])
def test_what_is_no_formula_is_left_alone(value):
    assert defuse_cell(value) == value
    assert arm_cell(value) == value


def test_rows_that_only_mark_a_file_are_no_records():
    raw = pd.DataFrame({
        "place_id": ["SYNTHETIC: illustrative data", "", "gt-ex-1", "", ""],
        "name": ["", "audience: partner", "audience: of one", "EXAMPLE - alone", ""],
        "run_id": [""] * 5, "_record": [1, 2, 3, 4, 5],
    })
    ready = prepare_edits(raw, SPEC)
    assert ready["_record"].to_list() == [3, 4, 5]
    assert list(ready.columns) == ["place_id", "name", "_record"]
    assert list(ready.index) == [2, 3, 4]


def test_a_helper_column_that_the_layer_declares_stays():
    spec = SPEC.model_copy(update={"columns": {**SPEC.columns, "wkt": SPEC.columns["name"]}})
    raw = pd.DataFrame({"place_id": ["a"], "wkt": ["x"]})
    assert "wkt" in prepare_edits(raw, spec)
    assert "wkt" not in prepare_edits(raw, SPEC)


def test_geometry_and_aside_columns_pass_untouched():
    raw = gpd.GeoDataFrame({"place_id": ["a"], "_place": ["'=x"], "name": ["'=x"]},
                           geometry=[shapely.Point(1, 2)], crs="EPSG:4326")
    ready = prepare_edits(raw, SPEC)
    assert isinstance(ready, gpd.GeoDataFrame)
    assert ready.loc[0, ["_place", "name"]].to_list() == ["'=x", "=x"]
    assert ready.crs == raw.crs


KEPT = make_shelters(("EXAMPLE",)).frame
CELLS = st.one_of(st.none(), st.text(max_size=6), st.floats(), st.integers(-5, 5), st.booleans())


@given(st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=6))
@settings(max_examples=10_000 if CAMPAIGN else 60)
def test_nothing_that_a_file_may_hold_breaks_the_preparation(rows):
    raw = pd.DataFrame(rows, columns=["place_id", "name", "wkt"], dtype=object)
    ready = prepare_edits(raw, SPEC)
    assert set(ready.index) <= set(raw.index)
    restored = restore_absent(ready, KEPT, SPEC)
    assert len(restored) == len(ready)


# -- what differs --------------------------------------------------------------------------------


def test_a_frame_does_not_differ_from_itself():
    frame = make_shelters().frame
    columns = [*SPEC.columns, "geometry", "lon", "lat", "place_id", "nothing"]
    assert diff_rows(frame, frame, columns=columns).empty
    assert diff_rows(frame, frame.iloc[:0], columns=columns).empty


@pytest.mark.parametrize(("before", "after", "dtype", "told"), [
    (1.0, 1.00000005, "float64", None),
    (1.0, 1.0000002, "float64", ("1", "1.0000002")),
    (1.0, None, "float64", ("1", "")),
    (None, None, "float64", None),
    (7, 8, "Int64", ("7", "8")),
    (None, 0, "Int64", ("", "0")),
    ("a", "a ", "str", ("a", "a ")),
    ("", None, "str", None),
    (True, False, "boolean", ("yes", "no")),
    (None, False, "boolean", ("", "no")),
    (("a", "b"), ("b", "a", "a"), "object", None),
    (("a", "b"), ("a",), "object", ("a;b", "a")),
    ((), None, "object", None),
    ("2024-05-31", "2024-06-01", "datetime64[s]", ("2024-05-31", "2024-06-01")),
])
def test_values_are_compared_by_what_they_are(before, after, dtype, told):
    old, new = (pd.DataFrame({"x": pd.Series([value], dtype=dtype, index=["a-1"])})
                for value in (before, after))
    found = diff_rows(old, new, columns=["x"])
    assert list(found.columns) == ["id", "column", "before", "after"]
    assert found.to_numpy().tolist() == ([["a-1", "x", *told]] if told else [])


def test_a_moved_point_is_told_by_its_axes_or_as_a_geometry():
    old = make_shelters().frame
    new = old.copy()
    new.loc["gt-ex-001", "geometry"] = shapely.Point(-90.5, old.geometry.y["gt-ex-001"])
    new.loc["gt-ex-002", "geometry"] = shapely.Point(old.geometry.x["gt-ex-002"] + 5e-8,
                                                     old.geometry.y["gt-ex-002"])
    by_axes = diff_rows(old, new, columns=["lon", "lat"])
    assert by_axes.to_numpy().tolist() == [["gt-ex-001", "lon", "-90.1234566", "-90.5"]]
    whole = diff_rows(old, new, columns=["geometry"])
    assert whole["after"].to_list() == ["-90.5000000, 14.7654320"]


SHELTERS = make_shelters().frame


@given(st.lists(st.sampled_from(list(SHELTERS.index)), unique=True, max_size=5),
       st.sampled_from(["name", "phone", "steward"]))
@settings(max_examples=200 if CAMPAIGN else 15)
def test_exactly_the_edited_cells_are_told(ids, column):
    old = SHELTERS
    new = old.sample(frac=1, random_state=1)
    new = new.assign(**{column: new[column].mask(new.index.isin(ids), "EXAMPLE - edited")})
    found = diff_rows(old, new, columns=list(SPEC.columns))
    assert found[["id", "column"]].to_numpy().tolist() == [[name, column] for name in sorted(ids)]


# -- columns that a file does not have -------------------------------------------------------------


def test_columns_that_a_file_lacks_say_nothing():
    layer = make_shelters()
    raw = pd.DataFrame({"place_id": ["gt-ex-000", "gt-ex-001"], "town": ["X", ""]})
    found = find_changes(layer, raw)
    assert found.to_numpy().tolist() == [["gt-ex-000", "town", "", "X"]]
    whole = restore_absent(raw, layer.frame, SPEC)
    assert whole.loc[0, ["lon", "lat", "publish_ok", "consent_until", "services"]].to_list() == [
        "-90.1234567", "14.7654321", "yes", "2026-03-01", "shelter;water"]


def test_what_an_adapter_filled_in_says_nothing_of_rows_that_are_known():
    raw = pd.DataFrame({"place_id": ["gt-ex-000", "gt-ex-999"], "capacity": ["", ""],
                        "source": ["file.xlsx", "file.xlsx"]})
    whole = restore_absent(raw, SHELTERS, SPEC, unsaid={"capacity", "source"})
    assert whole[["capacity", "source"]].to_numpy().tolist() == [
        ["20", "invented"], ["", "file.xlsx"]]
    assert restore_absent(raw, SHELTERS, SPEC)["capacity"].to_list() == ["", ""]


def test_a_column_that_a_file_has_may_be_emptied():
    raw = pd.DataFrame({"place_id": ["gt-ex-000"], "capacity": [""]})
    found = find_changes(make_shelters(), raw)
    assert found.to_numpy().tolist() == [["gt-ex-000", "capacity", "20", ""]]


def test_a_table_without_ids_is_left_alone():
    raw = pd.DataFrame({"month": ["2024-01"]})
    assert restore_absent(raw, pd.DataFrame({"people": [1]}), find_spec("activity")) is raw


def test_a_hundred_thousand_rows_are_compared_quickly():
    n = 100_000
    old = pd.DataFrame({"v": np.arange(n, dtype=float), "s": pd.Series(["a"] * n, dtype="str")})
    old.index = pd.Index([f"i-{k:06d}" for k in range(n)])
    new = old.assign(v=old["v"].where(old["v"] != 500, -1.0))
    assert diff_rows(old, new, columns=["v", "s"])["id"].to_list() == ["i-000500"]
