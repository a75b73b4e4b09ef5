"""A row set aside keeps its values, and a fix that somebody agreed to is put in."""

from __future__ import annotations

import datetime as dt

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from layers.catalog import find_spec
from layers.errors import REMOVED, Fault, LayerError
from layers.intake import Limits, apply_fixes, take_in
from layers.spec import parse_spec

SPEC = find_spec("incidents")
AREA = (-118.0, 6.0, -76.0, 33.0)
SOUND = {
    "incident_id": "i-1", "lon": "-97.5", "lat": "19.25", "date": "2020-02-29", "class": "env",
    "dead": "1", "missing": "0", "n_victims": "1", "coord_precision_km": "2", "source": "A",
    "synthetic": "true",
}


def make_rows(*changes, sound=15):
    rows = [{**SOUND, "incident_id": f"sound-{n}"} for n in range(sound)]
    rows += [{**SOUND, "incident_id": f"i-{n}", **change} for n, change in enumerate(changes)]
    return pd.DataFrame(rows)


def take(raw, **limits):
    return take_in(raw, SPEC, source="a.csv", limits=Limits(**limits))


def test_a_row_set_aside_keeps_its_values():
    intake = take(make_rows({"dead": "42 personas", "lat": "x"}, {"incident_id": "Ana P."}))
    kept = intake.quarantine
    assert list(kept.columns) == ["_source", "_record", "_reason", "_suggestion", *SOUND]
    assert len(kept) == intake.quarantined == 2
    first, second = kept.to_dict("records")
    assert (first["_source"], first["_record"], first["dead"]) == ("a.csv", 16, "42 personas")
    assert first["_reason"] == "dead: not a whole number; lat: not a number"
    assert first["_suggestion"] == "42?"
    assert second["incident_id"] == REMOVED
    assert "Ana" not in kept.to_csv()


def test_hidden_values_are_removed_before_they_are_kept():
    spec = parse_spec(
        'name="n"\nkind="table"\nrole="table"\ntitle={en="N"}\nmeaning="m"\nid="n_id"\n'
        '[columns.remark]\ndtype="text"\nmeaning="anything"\nrequired=false\n'
        '[columns.age]\ndtype="integer"\npersonal=true\nmeaning="an age"\n'
        '[columns.count]\ndtype="integer"\nmeaning="a count"\n', where="n.toml")
    rows = [{"n_id": f"n-{i}", "age": "30", "count": "1", "remark": ""} for i in range(9)]
    rows.append({"n_id": "n-9", "age": "31 of Ana", "count": "x", "remark": "Ana was here"})
    intake = take_in(pd.DataFrame(rows).assign(_place="Ana's house"), spec, source="n.csv")
    told = intake.quarantine.to_csv() + repr(intake.faults) + repr(intake.remarks)
    assert "Ana" not in told
    assert "31" not in told
    row = intake.quarantine.iloc[0]
    assert (row["remark"], row["age"], row["count"]) == (REMOVED, REMOVED, "x")


def test_a_quarantine_that_was_mended_can_be_read_again():
    kept = take(make_rows({"dead": "42 personas"})).quarantine
    mended = kept.assign(dead="1")
    assert take(mended).count() == {"read": 1, "accepted": 1, "quarantined": 0}


def test_points_of_a_file_keep_their_position():
    raw = make_rows({"dead": "x"}).drop(columns=["lon", "lat"])
    shapes = gpd.points_from_xy([-97.5] * len(raw), [19.25] * len(raw), crs="EPSG:4326")
    kept = take(gpd.GeoDataFrame(raw, geometry=shapes).to_crs("EPSG:32614")).quarantine
    assert (kept["lon"][0], kept["lat"][0]) == ("-97.5", "19.25")


# -- what is doubted, and how it was read --------------------------------------------------------


def test_counts_that_cannot_be_and_counts_that_do_not_add_up():
    intake = take(make_rows({"dead": "3", "missing": "1", "n_victims": "2"},
                            {"dead": "2", "missing": "2", "n_victims": "3"}))
    (fault,), (remark,) = intake.faults, intake.remarks
    assert (fault.row, fault.reason, fault.fix) == (
        16, "fewer than dead and missing", (("n_victims", "4"),))
    assert (remark.row, remark.suggestion) == (17, "4?")


def test_an_incident_from_before_the_register_is_a_remark():
    intake = take(make_rows({"date": "2009-01-01"}), since=dt.date(2014, 1, 1))
    (remark,) = intake.remarks
    assert (remark.id, remark.reason) == ("i-0", "before the register began (2014-01-01)")
    assert intake.quarantined == 0


def test_how_a_column_was_read_is_told():
    raw = make_rows({"date": "13/02/2020", "coord_precision_km": "8,45", "source": "A &amp; B",
                     "lon": "-97,5"})
    told = {(remark.column, remark.row): remark.reason for remark in take(raw).remarks}
    assert told == {
        ("date", None): "read as day/month/year",
        ("coord_precision_km", None): "read with a decimal comma: 8,45 as 8.45",
        ("source", None): "1 cells: HTML entities (&eacute;) written as letters",
        ("lon", None): "read with a decimal comma",
    }


# -- fixes ---------------------------------------------------------------------------------------


def test_fixes_that_are_sure_enough_are_put_in():
    raw = make_rows({"dead": "1 persona"}, {"lon": "19.25", "lat": "-97.5"},
                    {"date": "3/4/2020"}).set_index(pd.Index(range(100, 118)))
    faults = take(raw, area=AREA).faults
    fixed, applied = apply_fixes(raw, faults, least=0.9)
    assert [fault.row for fault in applied] == [16, 17]
    assert fixed.index.equals(raw.index)
    assert fixed.loc[115, "dead"] == "1"
    assert fixed.loc[116, ["lon", "lat"]].tolist() == ["-97.5", "19.25"]
    assert take(fixed, area=AREA).count()["quarantined"] == 1
    again, _ = apply_fixes(raw, faults, least=0.6)
    assert take(again, area=AREA).count()["quarantined"] == 0
    assert raw.loc[115, "dead"] == "1 persona"


def test_a_year_alone_gets_its_precision_with_its_day():
    raw = make_rows({"date": "2019"})
    fixed, _ = apply_fixes(raw, take(raw).faults, least=0.7)
    accepted = take(fixed).accepted.loc["i-0"]
    assert (str(accepted["date"].date()), accepted["date_precision"]) == ("2019-01-01", "year")


def test_a_fix_moves_the_point_in_whatever_coordinates_it_comes():
    raw = make_rows({}).drop(columns=["lon", "lat"])
    shapes = gpd.points_from_xy([-97.5] * 15 + [19.25], [19.25] * 15 + [-78.0], crs="EPSG:4326")
    frame = gpd.GeoDataFrame(raw, geometry=shapes)
    intake = take(frame, area=AREA)
    (fault,) = intake.faults
    assert fault.fix == (("lon", "-78"), ("lat", "19.25"))
    fixed, applied = apply_fixes(frame, intake.faults, least=0.9)
    assert len(applied) == 1
    assert fixed.geometry.iloc[15].equals(shapely.Point(-78, 19.25))
    metric, _ = apply_fixes(frame.to_crs("EPSG:3857"), intake.faults, least=0.9)
    assert metric.to_crs("EPSG:4326").geometry.iloc[15].distance(shapely.Point(-78, 19.25)) < 1e-9


def make_fault(row, fix, confidence, source="a.csv"):
    return Fault("incidents", source, row, "", "dead", "", "odd", "", fix, confidence)


def test_of_two_fixes_for_a_cell_the_surer_one_is_put_in_whole():
    raw = pd.DataFrame({"dead": ["x"], "missing": ["y"]})
    faults = [make_fault(1, (("dead", "1"), ("missing", "9")), 0.8),
              make_fault(1, (("dead", "2"),), 0.9)]
    fixed, applied = apply_fixes(raw, faults, least=0.5)
    assert fixed.to_numpy().tolist() == [["2", "y"]]
    assert applied == (faults[1],)


def test_a_fix_without_a_row_of_its_own_is_left():
    raw = pd.DataFrame({"dead": ["x", "y", "z"], "_source": ["a.csv", "a.csv", "b.csv"],
                        "_record": ["7", "7", "7"]})
    faults = [make_fault(7, (("dead", "1"),), 1.0), make_fault(7, (("dead", "2"),), 1.0, "b.csv"),
              make_fault(99, (("dead", "3"),), 1.0), make_fault(None, (("dead", "4"),), 1.0)]
    fixed, applied = apply_fixes(raw, faults, least=0.5)
    assert fixed["dead"].tolist() == ["x", "y", "2"]
    assert applied == (faults[1],)


def test_typed_columns_take_a_fix_too():
    raw = pd.DataFrame({"dead": [1, 5000], "flag": [True, False]})
    fixed, _ = apply_fixes(raw, [make_fault(2, (("dead", "50"),), 1.0)], least=0.5)
    assert fixed["dead"].tolist() == [1, "50"]


def test_columns_of_one_name_are_refused():
    raw = make_rows()
    raw = pd.concat([raw, raw[["dead"]]], axis=1)
    with pytest.raises(LayerError, match="dead: several columns have this name"):
        take(raw)
