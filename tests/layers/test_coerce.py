"""What is read as what, what is only suggested, and what nobody may guess."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from surroundings import CAMPAIGN

from layers.catalog import find_spec
from layers.coerce import coerce_columns, read_column, read_quantity
from layers.spec import ColumnSpec
from layers.values.quantities import guess_number

KM = ColumnSpec(dtype="number", meaning="a length", unit="km")
PEOPLE = ColumnSpec(dtype="integer", meaning="a count", unit="people")
DAY = ColumnSpec(dtype="date", meaning="a day")
ASKED = ColumnSpec(dtype="boolean", meaning="a consent")
MANY = settings(max_examples=10_000 if CAMPAIGN else 300, deadline=None)


def read(cells, column, name="dead"):
    return read_column(pd.Series(cells, dtype=object), name, column, with_precision=True)


def read_values(cells, column, name="dead"):
    values = read(cells, column, name).values
    return [None if pd.isna(value) else float(value) for value in values]


def list_days(cells):
    return [None if pd.isna(day) else day.date().isoformat() for day in read(cells, DAY).values]


# -- numbers -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "column", "values"),
    [
        (["8,45", "8.45"], KM, [8.45, 8.45]),
        (["1.234,5", "1.234"], KM, [1234.5, 1234]),
        (["8,45", "1,500"], KM, [8.45, 1.5]),
        (["1,234.5", "1,500"], KM, [1234.5, 1500]),
        (["1,500", "12,345,678"], KM, [1500, 12345678]),
        (["1,500", "2,250", "3,125"], KM, [1500, 2250, 3125]),
        (["0,500", "1,500"], KM, [0.5, 1.5]),
        (["1.500", "2.250"], KM, [1.5, 2.25]),
        (["1,500", "2,250", "800"], PEOPLE, [1500, 2250, 800]),
        (["1.500", "2.250", "800"], PEOPLE, [1500, 2250, 800]),
        (["1.000", "0.000", "2.000"], PEOPLE, [1, 0, 2]),
        (["1 234", "12\u00a0345", "1\u202f234,5", "1'234"], KM, [1234, 12345, 1234.5, 1234]),
        (["\u22125", "+5", " 7 ", "1e3", ".5", "5."], KM, [-5, 5, 7, 1000, 0.5, 5]),
        (["n/a", "S/D", "?", "", None, "3"], PEOPLE, [None, None, None, None, None, 3]),
        ([3, 2.0, "4", None], PEOPLE, [3, 2, 4, None]),
    ],
)
def test_numbers_are_read_as_their_column_says(cells, column, values):
    assert read_values(cells, column) == values
    assert not len(read(cells, column).findings)


@pytest.mark.parametrize(
    ("cells", "column", "bad"),
    [
        (["1,500"], KM, "1500 or 1.5?"),
        (["1,500"], PEOPLE, "1500 or 1.5?"),
        (["1.500"], PEOPLE, "1500 or 1.5?"),
        (["8,45", "8.45", "1,500"], KM, "1500 or 1.5?"),
        (["1,500", "2.500"], KM, "1500 or 1.5?"),
    ],
)
def test_what_can_be_read_twice_is_not_read(cells, column, bad):
    found = read(cells, column).findings
    assert bad in found["suggestion"].tolist()
    assert set(found["reason"]) == {"thousands or decimals?"}


@pytest.mark.parametrize(
    ("cell", "fix", "confidence"),
    [
        ("42 personas", "42", 0.9), ("3 muertos", "3", 0.9), ("aprox. 20", "20", 0.9),
        ("~20", "20", 0.9), ("1 234 migrantes", "1234", 0.9), ("3 heridos", "3", 0.5),
        ("más de 100", "100", 0.5), ("2 familias", "2", 0.5),
    ],
)
def test_a_number_among_words_is_suggested_never_read(cell, fix, confidence):
    found = read([cell], PEOPLE).findings
    assert found["fix"][0] == (("dead", fix),)
    assert found["confidence"][0] == confidence
    assert found["suggestion"][0] == f"{fix}?"


@pytest.mark.parametrize("cell", ["dos", "20-30", "3 + 1", "12 y 14", "1,2,3", "x", "inf",
                                  "2 muertos y 3 heridos que iban al norte desde la frontera " * 2])
def test_words_and_sums_are_not_guessed(cell):
    found = read([cell], PEOPLE).findings
    assert (len(found), found["fix"][0]) == (1, ())


def test_another_unit_is_converted_in_the_suggestion():
    assert guess_number("500 m", "coord_precision_km", "km", "number").fix == (("", "0.5"),)
    assert guess_number("12 km", "coord_precision_km", "km", "number").fix == (("", "12"),)
    assert guess_number("12 millas", "coord_precision_km", "km", "number").confidence == 0.5


def test_a_comma_in_a_coordinate_is_decimal():
    axis = ColumnSpec(dtype="number", meaning="longitude", unit="degree")
    done = read_quantity(pd.Series(["-87,123", "14.5", "1,500"]), "lon", axis, kind="axis")
    assert done.values.tolist() == [-87.123, 14.5, 1.5]
    assert done.notes == ("read with a decimal comma",)


@pytest.mark.parametrize(
    ("cell", "axis", "fix"),
    [
        ("14\u00b030'00\"N", "lat", "14.5"), ("87 W", "lon", "-87"),
        ("87,5\u00b0 O", "lon", "-87.5"),
        ("14 75 N", "lat", None), ("87 W", "lat", None), ("14.5 N, 87 W", "lat", None),
    ],
)
def test_degrees_with_signs_are_suggested(cell, axis, fix):
    found = guess_number(cell, axis, "degree", "axis").fix
    assert found == ((("", fix),) if fix else ())


@MANY
@given(st.lists(st.floats(-1e6, 1e6).map(lambda x: round(x, 2)), min_size=1, max_size=20),
       st.sampled_from(["point", "comma", "grouped", "grouped comma"]))
def test_every_way_of_writing_gives_the_same_number(numbers, way):
    """Two decimals tell the signs apart, so nothing is lost and nothing is guessed."""
    def write(number):
        text = f"{number:,.2f}" if "grouped" in way else f"{number:.2f}"
        return text.translate(str.maketrans(",.", ".,")) if "comma" in way else text
    assert read_values([write(number) for number in numbers], KM) == pytest.approx(numbers)


@MANY
@given(st.lists(st.one_of(st.text(max_size=12), st.text("0123456789,. -+eE'", max_size=9),
                          st.none(), st.floats(), st.integers(), st.binary(max_size=4),
                          st.lists(st.text(max_size=2), max_size=2)), max_size=12),
       st.sampled_from(["string", "text", "integer", "number", "boolean", "date", "month", "list"]))
def test_any_cell_is_read_missing_or_found(cells, dtype):
    column = ColumnSpec(dtype=dtype, meaning="anything")
    done = read_column(pd.Series(cells, dtype=object), "x", column, with_precision=True)
    assert len(done.values) == len(cells)
    assert done.findings["row"].isin(range(len(cells))).all()
    assert done.values[done.findings["row"]].isna().all()
    if dtype in {"number", "integer"}:
        numbers = done.values.astype("float64").to_numpy()
        assert np.isfinite(numbers[~np.isnan(numbers)]).all()


# -- dates ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "days"),
    [
        (["13/02/2020", "3/4/2020"], ["2020-02-13", "2020-04-03"]),
        (["02/13/2020", "3/4/2020"], ["2020-02-13", "2020-03-04"]),
        (["02/13/2020", "13/02/2020", "3/4/2020"], ["2020-02-13", "2020-02-13", None]),
        (["3/4/2020", "5/5/2020"], [None, "2020-05-05"]),
        (["3.4.2020", "2020/3/4"], ["2020-04-03", "2020-03-04"]),
        (["3 marzo 2021", "1 March 2015", "2 août 2020"],
         ["2021-03-03", "2015-03-01", "2020-08-02"]),
        (["3 de marzo de 2021", "1er août 2020", "March 1, 2015", "15-ene-2021", "8 me 2020"],
         ["2021-03-03", "2020-08-01", "2015-03-01", "2021-01-15", "2020-05-08"]),
        (["2021-03-01T23:30:00.000-06:00", "2021-03-01 23:30:00Z", "2021-03-01T00:10:00+13:00"],
         ["2021-03-01"] * 3),
        (["13/02/2020 10:22", "02/02/2020 10:22 PM"], ["2020-02-13", "2020-02-02"]),
        (["n/a", "", None, "2020-02-30"], [None, None, None, None]),
        ([dt.date(2020, 2, 1), pd.Timestamp("2020-02-01 10:00")], ["2020-02-01", "2020-02-01"]),
    ],
)
def test_days_are_read_as_their_column_says(cells, days):
    assert list_days(cells) == days


@pytest.mark.parametrize(
    ("cell", "fix", "confidence"),
    [
        ("3/4/2020", (("dead", "2020-04-03"),), 0.6),
        ("13/4/20", (("dead", "2020-04-13"),), 0.6),
        ("3/4/20", (("dead", "2020-04-03"),), 0.5),
        ("45123", (("dead", "2023-07-16"),), 0.8),
        ("20210301", (("dead", "2021-03-01"),), 0.9),
        ("2021", (("dead", "2021-01-01"), ("date_precision", "year")), 0.7),
        ("2021-03", (("dead", "2021-03-01"), ("date_precision", "month")), 0.7),
        ("marzo de 2021", (("dead", "2021-03-01"), ("date_precision", "month")), 0.7),
        ("99999", (), 0.0), ("31/02/2020", (), 0.0), ("ayer", (), 0.0), ("9" * 400, (), 0.0),
    ],
)
def test_days_that_are_only_suggested(cell, fix, confidence):
    found = read([cell], DAY).findings
    assert (found["fix"][0], found["confidence"][0]) == (fix, confidence)


def test_both_readings_of_a_day_are_named():
    found = read(["3/4/2020"], DAY).findings
    assert found["suggestion"][0] == "2020-04-03 (day first) or 2020-03-04 (month first)?"


@MANY
@given(st.lists(st.dates(dt.date(1950, 1, 1), dt.date(2030, 1, 1)), min_size=1, max_size=20),
       st.sampled_from(["%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%Y-%m-%d", "%d %B %Y", "%b %d, %Y"]))
def test_a_column_in_one_order_is_read_right_or_not_at_all(days, pattern):
    read_days = list_days([day.strftime(pattern) for day in days])
    for found, day in zip(read_days, days, strict=True):
        assert found in {None, day.isoformat()}
    clear = any(day.day > 12 for day in days) or "/" not in pattern
    assert all(read_days) == clear or not clear


# -- yes and no, lists ---------------------------------------------------------------------------


def test_yes_and_no_in_four_languages():
    cells = ["sí", "Si", "OUI", "wi", "yes", "1", "No", "non", "falso", "0", "?", "", "quizás"]
    done = read(cells, ASKED)
    assert done.values[:6].tolist() == [True] * 6
    assert done.values[6:10].tolist() == [False] * 4
    assert done.values[10:].isna().all()
    assert done.findings["row"].tolist() == [12]


def test_lists_are_split_sorted_and_made_unique():
    items = ColumnSpec(dtype="list", meaning="services")
    assert read(["b; a;b", None, ("x", "w"), 3, ""], items).values.tolist() == [
        ("a", "b"), (), ("w", "x"), ("3",), ()]


def test_a_thousand_beds_are_not_one_bed():
    """In a column of people or beds 1.200 is a thousand and more, or a riddle; never 1.2."""
    spec = find_spec("shelters")
    riddle, faults = coerce_columns(pd.DataFrame({"capacity": ["1.200", "150", "80"]}), spec)
    assert riddle["capacity"].isna().tolist() == [True, False, False]
    assert "1200" in faults["suggestion"][0]
    habit, none = coerce_columns(pd.DataFrame({"capacity": ["1.100", "1.250", "1.300"]}), spec)
    assert habit["capacity"].tolist() == [1100, 1250, 1300]
    assert not len(none)
    plain, none = coerce_columns(pd.DataFrame({"capacity": ["12.5", "150"]}), spec)
    assert plain["capacity"].tolist() == [12.5, 150]
