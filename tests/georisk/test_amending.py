"""Places as last seen: a pure function of a layer and of decisions, and the file of these."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest
from grid_study import write_grid_study
from hypothesis import given, settings
from hypothesis import strategies as st
from surroundings import CAMPAIGN as IN_CAMPAIGN

from georisk.amending import (
    Amendment,
    Amendments,
    add_amendment,
    amend_places,
    drop_place,
    find_file,
    find_in_force,
    list_removed,
    read_amendments,
)
from georisk.study import Study
from layers.errors import StudyError

DAY = dt.date(2025, 1, 10)
CAMPAIGN = 500 if IN_CAMPAIGN else 0
IDS = ("gt-ex-2", "gt-ex-4", "gt-ex-5", "gt-ex-6")


@pytest.fixture(scope="module")
def shelters(tmp_path_factory):
    folder = tmp_path_factory.mktemp("amending")
    return Study.open(write_grid_study(folder), today=DAY).layer("shelters")


def say(status, place="gt-ex-4", day=DAY, report=""):
    return Amendment(report or f"{place}-{status}-{day}", place, status, day)


ENTRIES = st.lists(st.builds(
    Amendment, st.uuids().map(str), st.sampled_from([*IDS, "gt-ex-1", "nowhere-1"]),
    st.sampled_from(["CLOSED", "MOVED", "FULL", "OPEN"]),
    st.dates(dt.date(2025, 1, 1), dt.date(2025, 1, 5))), max_size=12)


def test_closed_and_moved_places_leave_and_full_ones_are_marked(shelters):
    entries = [say("CLOSED"), say("MOVED", "gt-ex-5"), say("FULL", "gt-ex-2")]
    layer = amend_places(shelters, entries)
    assert list(layer.frame.index) == ["gt-ex-2", "gt-ex-6"]
    assert layer.frame["reported_status"].fillna("").to_list() == ["full", ""]
    assert layer.frame["reported_on"].iloc[0] == pd.Timestamp(DAY)
    assert pd.isna(layer.frame["reported_on"].iloc[1])
    assert list_removed(shelters, entries) == ["gt-ex-4", "gt-ex-5"]
    assert layer.provenance.sha256 != shelters.provenance.sha256
    assert len(shelters) == 4


def test_open_is_as_it_was_before(shelters):
    for status in ("CLOSED", "FULL"):
        entries = [say(status), say("OPEN", day=DAY + dt.timedelta(days=1))]
        layer = amend_places(shelters, entries)
        pd.testing.assert_frame_equal(pd.DataFrame(layer.frame), pd.DataFrame(shelters.frame))


def test_what_was_seen_last_holds_whenever_it_was_decided():
    late = say("OPEN", day=DAY + dt.timedelta(days=1))
    assert find_in_force([late, say("CLOSED")])["gt-ex-4"] == late
    # Of one day, what was decided last.
    assert find_in_force([say("OPEN"), say("CLOSED")])["gt-ex-4"].status == "CLOSED"


def test_a_layer_that_nobody_names_or_that_holds_no_places_is_the_same(shelters, tmp_path):
    assert amend_places(shelters, [say("CLOSED", "gt-ex-1")]) is shelters
    routes = Study.open(write_grid_study(tmp_path)).layer("routes")
    assert amend_places(routes, [say("CLOSED", routes.frame.index[0])]) is routes


@settings(max_examples=CAMPAIGN or 30)
@given(ENTRIES)
def test_rows_are_never_invented_nor_changed_otherwise(shelters, entries):
    layer = amend_places(shelters, entries)
    held = find_in_force(entries)
    gone = {p for p, one in held.items() if one.status in {"CLOSED", "MOVED"}}
    assert list(layer.frame.index) == [p for p in shelters.frame.index if p not in gone]
    assert len(layer) + len(list_removed(shelters, entries)) == len(shelters)
    kept = shelters.frame.loc[layer.frame.index]
    same = [name for name in kept if not name.startswith("reported_")]
    pd.testing.assert_frame_equal(pd.DataFrame(layer.frame[same]), pd.DataFrame(kept[same]))
    full = layer.frame["reported_status"].eq("full").fillna(value=False)
    assert set(layer.frame.index[full]) == {
        p for p, one in held.items() if one.status == "FULL"} & set(IDS)


@settings(max_examples=CAMPAIGN or 20)
@given(ENTRIES)
def test_amending_twice_is_amending_once(shelters, entries):
    once = amend_places(shelters, entries)
    twice = amend_places(once, entries)
    pd.testing.assert_frame_equal(pd.DataFrame(twice.frame), pd.DataFrame(once.frame))


# -- the file ------------------------------------------------------------------------------------


@settings(max_examples=CAMPAIGN or 10)
@given(ENTRIES)
def test_a_file_is_read_as_it_was_written(tmp_path_factory, entries):
    file = tmp_path_factory.mktemp("file") / "state" / "amendments.csv"
    for entry in entries:
        add_amendment(file, entry)
    assert read_amendments(file) == Amendments(file, tuple(entries))
    if entries:
        assert file.stat().st_mode & 0o777 == 0o600


def test_a_report_is_written_once(tmp_path):
    file = tmp_path / "amendments.csv"
    add_amendment(file, say("CLOSED"))
    assert len(add_amendment(file, say("CLOSED")).entries) == 1


def test_a_place_can_be_erased(tmp_path):
    file = tmp_path / "amendments.csv"
    for place in ("gt-ex-4", "gt-ex-5"):
        add_amendment(file, say("CLOSED", place))
    assert drop_place(file, "gt-ex-4") == 1
    assert "gt-ex-4" not in file.read_text()
    assert drop_place(file, "gt-ex-4") == 0


@pytest.mark.parametrize(("text", "told"), [
    ("place_id,status\n", "the columns are"),
    ("report_id,place_id,status,date\nr,gt-ex-4,SHUT,2025-01-01\n", "line 2: status"),
    ("report_id,place_id,status,date\nr,gt-ex-4,OPEN,soon\n", "line 2: date"),
    ("report_id,place_id,status,date\nr,,OPEN,2025-01-01\n", "line 2: no place_id"),
    ("report_id,place_id,status,date\nr\n", "line 2"),
    ("", "the columns are"),
    (b"\xff\xfe\x00", "cannot be read"),
    ("report_id,place_id,status,date\n" + "x" * 200_000, "cannot be read"),
])
def test_a_damaged_file_is_told_and_nothing_is_guessed(tmp_path, text, told):
    write_grid_study(tmp_path)
    file = tmp_path / "amendments.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(StudyError, match=told):
        Study.open(tmp_path)


def test_a_study_that_is_read_only_keeps_them_in_its_state(tmp_path):
    assert find_file(tmp_path, read_only=False, state=tmp_path / "s") == tmp_path / "amendments.csv"
    assert find_file(tmp_path, read_only=True, state=None).parent == tmp_path / "state"
    file = write_grid_study(tmp_path / "study")
    file.write_text("read_only = true\n" + file.read_text())
    add_amendment(tmp_path / "elsewhere" / "amendments.csv", say("CLOSED"))
    study = Study.open(file, today=DAY, state=tmp_path / "elsewhere")
    assert "gt-ex-4" not in study.layer("shelters").frame.index
    assert "gt-ex-4" in Study.open(file, today=DAY).layer("shelters").frame.index
    assert "gt-ex-4" not in study.with_changes().layer("shelters").frame.index
