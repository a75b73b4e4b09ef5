"""What is told of a run whose places changed since: to whom it matters, and to nobody else."""

from __future__ import annotations

import datetime as dt

import pytest
from grid_study import write_grid_study
from hypothesis import given
from hypothesis import strategies as st

from georisk import doors
from georisk.amending import Amendment, add_amendment
from georisk.locking import hold_switch
from georisk.publishing import publish
from georisk.republishing import republish
from georisk.standing import find_amended
from georisk.study import Study

DAY, LATER = dt.date(2025, 1, 10), dt.date(2025, 3, 5)
AUDIENCES = ("public", "partner", "restricted")


def say(place, status, day=1, report="r"):
    return {"report_id": report, "place_id": place, "status": status, "date": f"2025-01-{day:02}"}


@pytest.fixture
def study(tmp_path):
    write_grid_study(tmp_path)
    publish(Study.open(tmp_path, today=DAY), tmp_path / "runs")
    return tmp_path


def list_changes(study, day=DAY):
    return {audience: doors.open(audience, runs=study / "runs", today=day).changes
            for audience in AUDIENCES}


def amend(study, *entries):
    for entry in entries:
        file = Study.open(study, today=DAY).amendments.file
        add_amendment(file, Amendment(**{**entry, "date": dt.date.fromisoformat(entry["date"])}))
    with hold_switch(study / "runs"):
        republish(Study.open(study, today=DAY), study / "runs")


def test_a_run_of_today_has_nothing_to_say(study):
    assert list_changes(study) == dict.fromkeys(AUDIENCES, ())
    assert doors.open("public", runs=study / "runs", today=DAY).caveat == ""


def test_listed_places_that_ran_out_matter_to_whom_they_were_listed_for(study):
    told = list_changes(study, LATER)
    assert told == {"public": ("lapsed",), "partner": ("lapsed",), "restricted": ()}
    assert "run out" in doors.open("public", runs=study / "runs", today=LATER).caveat


def test_a_listed_place_that_closed_matters_to_everybody_until_it_is_open_again(study):
    amend(study, say("gt-ex-1", "CLOSED"))
    assert set(list_changes(study).values()) == {("amended",)}
    amend(study, say("gt-ex-1", "OPEN", 2, "r2"))
    assert set(list_changes(study).values()) == {()}
    amend(study, say("gt-ex-1", "MOVED", 3, "r3"))
    publish(Study.open(study, today=DAY), study / "runs")
    assert set(list_changes(study).values()) == {()}


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(("CLOSED", "FULL", "OPEN")),
                          st.integers(1, 9)), max_size=6), st.integers(0, 6))
def test_what_was_counted_is_no_change_and_all_else_is(entries, known):
    told = [say(place, status, day, f"r{n}") for n, (place, status, day) in enumerate(entries)]
    counted = told[:known]
    assert find_amended({"amends": "r0", "counted": told, "amendments": told}) == frozenset()
    found = find_amended({"amends": "r0", "counted": counted, "amendments": told})
    last = {place: max((it for it in told if it["place_id"] == place),
                       key=lambda it: (it["date"], it["report_id"]), default=None)
            for place in "ab"}
    before = {place: max((it for it in counted if it["place_id"] == place),
                         key=lambda it: (it["date"], it["report_id"]), default=None)
              for place in "ab"}

    def stand(it):
        return "OPEN" if it is None else it["status"]

    assert found == {place for place in "ab" if stand(last[place]) != stand(before[place])}
