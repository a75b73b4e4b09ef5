"""Rows read = rows accepted + rows quarantined, and every fault says what, where, what to do."""

from __future__ import annotations

import datetime as dt

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from layers.catalog import find_spec
from layers.errors import REMOVED, LayerError
from layers.intake import Limits, take_in
from layers.spec import parse_spec

TODAY = dt.date(2026, 1, 1)
SOUND = {
    "incident_id": "i-1", "lon": "-97.5", "lat": "19.25", "date": "2020-02-29",
    "date_precision": "day", "class": "env", "subtype": "heat", "dead": "1", "missing": "0",
    "injured": "", "n_victims": "1", "coord_precision_km": "2", "source": "A",
    "source_url": "", "synthetic": "true",
}


def make_incidents(*changes: dict) -> pd.DataFrame:
    """Nine sound rows, so that one faulty row is no fifth, and one row for each change."""
    rows = [{**SOUND, "incident_id": f"sound-{n}"} for n in range(9)]
    rows += [{**SOUND, "incident_id": f"i-{n}", **change} for n, change in enumerate(changes)]
    return pd.DataFrame(rows)


@pytest.mark.parametrize(
    ("change", "column", "reason"),
    [
        ({"lat": "abc"}, "lat", "not a number"),
        ({"lat": "inf"}, "lat", "not a number"),
        ({"lon": ""}, "lon, lat", "coordinate missing"),
        ({"lat": "-197.5", "lon": "19"}, "lon, lat", "coordinates outside the globe"),
        ({"date": "2020-02-30"}, "date", "not a date (YYYY-MM-DD)"),
        ({"date": ""}, "date", "missing"),
        ({"date": "2026-01-02"}, "date", "a date in the future"),
        ({"date": "1066-10-14"}, "date", "an impossible date"),
        ({"class": "war"}, "class", "not one of: sec acc env wat unk"),
        ({"dead": "2.5"}, "dead", "not a whole number"),
        ({"dead": "-3"}, "dead", "outside 0 to 2000 people"),
        ({"n_victims": ""}, "n_victims", "missing"),
        ({"synthetic": "perhaps"}, "synthetic", "neither yes nor no"),
        ({"incident_id": "No Good"}, "incident_id", "an id has only a-z, 0-9 and -"),
        ({"incident_id": ""}, "incident_id", "the id is missing"),
    ],
)
def test_a_faulty_row_is_set_aside(change, column, reason):
    intake = take_in(make_incidents(change), find_spec("incidents"), source="a.csv",
                     limits=Limits(today=TODAY))
    assert intake.count() == {"read": 10, "accepted": 9, "quarantined": 1}
    found = [(f.row, f.column, f.reason) for f in intake.faults]
    assert (10, column, reason) in found


def test_swapped_axes_come_with_a_suggestion():
    intake = take_in(make_incidents({"lat": "-97.5", "lon": "19.25"}), find_spec("incidents"),
                     source="a.csv")
    (fault,) = intake.faults
    assert fault.suggestion == "axes swapped: -97.5, 19.25?"


def test_axes_that_fit_the_area_only_when_swapped_are_told():
    """14.1 E, 87.2 S is on the globe, and no place of a study in Honduras."""
    limits = Limits(area=(-118.0, 6.0, -76.0, 33.0))
    frame = make_incidents({"lon": "14.1", "lat": "-87.2"}, {"lon": "35.0", "lat": "31.0"})
    intake = take_in(frame, find_spec("incidents"), source="a.csv", limits=limits)
    (fault,) = intake.faults
    assert (fault.row, fault.reason) == (10, "outside the study's area")
    assert fault.suggestion == "axes swapped: -87.2, 14.1?"
    legs = make_legs(SOUND_LINE, shapely.LineString([(14, -90), (14.1, -90)]))
    with pytest.raises(LayerError, match="axes swapped"):
        take_in(legs, find_spec("routes"), source="r.geojson", limits=limits)


def test_an_id_that_is_no_id_is_not_repeated():
    intake = take_in(make_incidents({"incident_id": "Ana Pérez, DNI 0801"}),
                     find_spec("incidents"), source="a.csv")
    assert "Ana" not in str(intake.faults[0])
    assert intake.faults[0].row == 10


def test_free_text_does_not_get_past_intake():
    spec = parse_spec(
        'name="n"\nkind="table"\nrole="table"\ntitle={en="N"}\nmeaning="m"\nid="n_id"\n'
        '[columns.remark]\ndtype="text"\nmeaning="anything"\nlevel="public"\n', where="n.toml")
    rows = pd.DataFrame({"n_id": ["n-1", "n-2"], "remark": ["Ana was here", ""]})
    accepted = take_in(rows, spec, source="n.csv").accepted
    assert accepted["remark"]["n-1"] == REMOVED
    assert pd.isna(accepted["remark"]["n-2"])


def test_every_copy_of_an_id_is_set_aside():
    frame = make_incidents({"incident_id": "twice"}, {"incident_id": "twice"})
    intake = take_in(frame, find_spec("incidents"), source="a.csv")
    assert intake.quarantined == 2
    assert "twice" not in intake.accepted.index


def test_all_faults_of_a_row_are_told_at_once():
    intake = take_in(make_incidents({"lat": "x", "class": "y", "dead": "z"}),
                     find_spec("incidents"), source="a.csv")
    assert {f.column for f in intake.faults} == {"lat", "class", "dead"}
    assert intake.quarantined == 1


def test_columns_missing_and_unknown_are_told_together():
    frame = make_incidents().rename(columns={"date": "dates"}).drop(columns="source")
    with pytest.raises(LayerError) as caught:
        take_in(frame, find_spec("incidents"), source="a.csv")
    text = str(caught.value)
    assert "date: required column missing (is it the column 'dates'?)" in text
    assert "source: required column missing" in text
    assert "dates: unknown column" in text


def test_more_than_a_fifth_faulty_is_a_layer_fault():
    bad = [{"dead": "x"}] * 3
    with pytest.raises(LayerError, match=r"3 of 12 rows are faulty, more than 20%"):
        take_in(make_incidents(*bad), find_spec("incidents"), source="a.csv")
    fine = take_in(make_incidents(*bad[:2]), find_spec("incidents"), source="a.csv")
    assert fine.quarantined == 2


def test_nothing_accepted_is_a_layer_fault():
    with pytest.raises(LayerError, match="no rows"):
        take_in(make_incidents().iloc[:0], find_spec("incidents"), source="a.csv")


def test_free_text_and_personal_values_are_never_repeated():
    spec = parse_spec(
        'name="n"\nkind="table"\nrole="table"\ntitle={en="N"}\nmeaning="m"\nid="n_id"\n'
        '[columns.who]\ndtype="string"\npersonal=true\nmeaning="a name"\npattern="^[a-z]+$"\n'
        '[columns.count]\ndtype="integer"\nmeaning="a count"\n',
        where="n.toml",
    )
    rows = [{"n_id": f"n-{i}", "who": "ana", "count": "1"} for i in range(9)]
    rows.append({"n_id": "n-9", "who": "Ana María 555-1234", "count": "1"})
    intake = take_in(pd.DataFrame(rows), spec, source="n.csv")
    (fault,) = intake.faults
    assert fault.value == REMOVED
    assert "Ana" not in str(fault)


def make_legs(*lines, crs="EPSG:4326"):
    rows = [
        {"leg_id": f"l-{n}", "route_id": "r", "leg_no": n, "mode": "foot", "from_place": "A",
         "to_place": "B", "accuracy_km": 5.0, "status": "open", "status_as_of": "2024-01-01",
         "synthetic": True}
        for n in range(len(lines))
    ]
    return gpd.GeoDataFrame(rows, geometry=list(lines), crs=crs)


SOUND_LINE = shapely.LineString([(-90, 14), (-90, 14.1)])


def test_any_faulty_leg_stops_the_study():
    with pytest.raises(LayerError, match="not a LineString"):
        take_in(make_legs(SOUND_LINE, shapely.Point(0, 0)), find_spec("routes"), source="r.geojson")


def test_an_unknown_crs_stops_the_study():
    with pytest.raises(LayerError, match="coordinate reference system is unknown"):
        take_in(make_legs(SOUND_LINE, crs=None), find_spec("routes"), source="r.shp")


def test_another_crs_is_brought_to_degrees():
    legs = make_legs(SOUND_LINE).to_crs("EPSG:32615")
    intake = take_in(legs, find_spec("routes"), source="r.gpkg")
    x, y = intake.accepted.geometry.iloc[0].coords[1]
    assert (round(x, 6), round(y, 6)) == (-90.0, 14.1)


@given(
    st.lists(
        st.fixed_dictionaries({
            "lon": st.sampled_from(["-97", "200", "", "x", "19"]),
            "lat": st.sampled_from(["19", "-95", "", "inf"]),
            "date": st.sampled_from(["2020-01-01", "2020-13-01", "", "2200-01-01"]),
            "dead": st.sampled_from(["1", "-1", "1.5", "", "many"]),
            "class": st.sampled_from(["env", "sec", "", "other"]),
            "incident_id": st.sampled_from(["a", "b", "c", "d", "A B", ""]),
        }),
        min_size=1, max_size=30,
    )
)
def test_read_is_accepted_plus_quarantined(changes):
    frame = pd.DataFrame([{**SOUND, **change} for change in changes])
    try:
        intake = take_in(frame, find_spec("incidents"), source="a.csv", limits=Limits(today=TODAY))
    except LayerError:
        return
    assert intake.read == len(frame) == len(intake.accepted) + intake.quarantined
    assert {f.row for f in intake.faults} == {
        n + 1 for n in range(len(frame)) if frame["incident_id"][n] not in intake.accepted.index
    }
    assert intake.accepted.index.is_unique
    assert intake.accepted.index.is_monotonic_increasing
