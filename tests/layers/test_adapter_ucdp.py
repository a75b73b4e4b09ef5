"""UCDP GED: every event is a row, with the codebook's precisions in kilometres."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from register_mutations import DAMAGE, damage, read_hostile
from surroundings import CAMPAIGN

from georisk.parameters import Parameters
from layers.adapters.ucdp import ADAPTER, DATE_PRECISION, KINDS, PRECISION_KM
from layers.catalog import find_spec
from layers.intake import take_in
from layers.readers.samples import take_sample
from layers.sources import Wanted

WANTED = Wanted(find_spec("incidents"))
HEADER = ("id,relid,year,type_of_violence,side_a,where_prec,where_coordinates,where_description,"
          "latitude,longitude,country,date_prec,date_start,date_end,best,high,low")
# Invented events.
ROWS = """\
900001.0,X-1,2031.0,2.0,Group of Ana Example,1.0,Town A,"a house, a street",19.42847,-99.1,\
Mexico,1.0,2031-09-01,2031-09-01,9.0,9.0,9.0
900002.0,X-2,2031.0,3.0,G,3.0,Area B,,20.5,-105.25,\
Mexico,4.0,2031-11-01 00:00:00.000,2031-11-30,0.0,6.0,0.0
900003,X-3,2031,1,G,4,State C,,17,-93,Mexico,5,2031-01-01,2031-12-31,2,2,2
x9,X-4,2031,7,G,0,,,17.5,-93.5,Mexico,,2031-01-01,2031-12-31,2,2,2
""".splitlines()


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "ged.csv"
    path.write_text("\n".join((HEADER, *ROWS)) + "\n", encoding="utf-8")
    return path


def test_rows_by_hand(path):
    haul = ADAPTER.read(path, WANTED)
    frame = haul.frame
    assert frame["incident_id"].tolist() == ["ucdp-900001", "ucdp-900002", "ucdp-900003", ""]
    assert frame["subtype"].tolist() == ["non_state", "one_sided", "state_based", "unknown"]
    assert frame["coord_precision_km"].tolist() == ["2", "15", "250", ""]
    assert frame["date_precision"].tolist() == ["day", "month", "year", ""]
    assert frame["date"].tolist()[:2] == ["2031-09-01", "2031-11-01"]
    assert frame["dead"].tolist() == frame["n_victims"].tolist() == ["9", "0", "2", "2"]
    assert frame["missing"].tolist() == [""] * 4
    assert set(frame["class"]) == {"sec"}
    assert haul.scope == "ucdp"
    assert haul.unmapped["type_of_violence not in the codebook"] == {"7": 1}
    assert haul.unmapped["date_prec not in the codebook"] == {"[blank]": 1}
    assert "UCDP GED" in ADAPTER.recognise(take_sample(path))


def test_no_side_and_no_description_leaves(path):
    haul = ADAPTER.read(path, WANTED)
    assert "Ana Example" not in haul.frame.to_csv() + str(haul)
    assert "a street" not in haul.frame.to_csv()


def test_the_event_without_a_sound_id_is_set_aside(path):
    more = [ROWS[0].replace("900001", f"9001{n:02d}") for n in range(10)]
    path.write_text("\n".join((HEADER, *more, *ROWS)), encoding="utf-8")
    intake = take_in(ADAPTER.read(path, WANTED).frame, WANTED.spec, source="ged.csv")
    assert (intake.read, intake.quarantined) == (14, 1)
    assert intake.faults[0].row == 15


def test_first_level_units_and_vaguer_enter_no_surface():
    limit = Parameters.read().value("intensity.max_precision_km")
    fine = {code for code, km in PRECISION_KM.items() if float(km) <= limit}
    assert fine == {"1", "2", "3"}


def test_every_code_has_a_word_of_the_layer():
    columns = WANTED.spec.columns
    assert set(DATE_PRECISION.values()) <= set(columns["date_precision"].one_of)
    low, high = columns["coord_precision_km"].range
    assert all(low <= float(km) <= high for km in PRECISION_KM.values())
    assert set(KINDS) == {"1", "2", "3"}


def test_another_table_is_refused(tmp_path):
    other = tmp_path / "b.csv"
    other.write_text("id,best\n1,2\n", encoding="utf-8")
    assert ADAPTER.recognise(take_sample(other)) == ""
    with pytest.raises(ValueError, match="not UCDP GED: no column type_of_violence, date_start"):
        ADAPTER.read(other, WANTED)


def test_hostile_files_raise_only_what_is_declared(path, tmp_path):
    sound, hostile = path.read_bytes(), tmp_path / "hostile.csv"
    seen = {"read": 0, "refused": 0}

    @settings(max_examples=10_000 if CAMPAIGN else 500)
    @given(DAMAGE)
    def check(how):
        hostile.write_bytes(damage(sound, how))
        haul = read_hostile(ADAPTER, hostile, WANTED)
        seen["refused" if haul is None else "read"] += 1

    check()
    assert min(seen.values()) > 20
