"""`georisk reports`: from a line in a message to a map without the place, and back."""

from __future__ import annotations

import csv
import datetime as dt
import json
import shutil
import sqlite3
import time
from dataclasses import replace

import pytest
from command import call_here

from api.logs.audit import read_log
from api.reports.editions import FILE as EDITIONS
from api.reports.incidents import FILE as INCIDENTS
from api.reports.store import Store
from georisk import doors
from georisk.locking import hold_lock, hold_switch
from georisk.snapshot import Snapshot

TODAY = dt.datetime.now(tz=dt.UTC).date()


@pytest.fixture
def folder(published_grid, tmp_path):
    """A published study whose places name no steward."""
    shutil.copytree(published_grid, tmp_path / "study", symlinks=True,
                    ignore=shutil.ignore_patterns("state"))
    return tmp_path / "study"


@pytest.fixture
def stewarded(folder, monkeypatch):
    """The same with a steward for each place, as if it had been published with one."""
    import api.reports.review as module

    def find_place(places, place_id, find=module.find_place):
        found = find(places, place_id)
        rows = {name: row.copy() for name, row in found.rows.items()}
        for row in rows.values():
            row["steward"] = "Office North"
        return replace(found, rows=rows)

    monkeypatch.setattr(module, "find_place", find_place)
    return folder


def call(folder, *arguments):
    return call_here("reports", *arguments, "-s", folder)


def say(folder, status, place="gt-ex-1", day=TODAY):
    line = call_here("reports", "line", place, status, day).stdout.strip()
    done = call(folder, "add", line)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def accept(folder, id_, *more):
    done = call(folder, "accept", id_, "--json", *more)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def list_ids(folder, layer):
    return set(Snapshot.open(folder / "runs").layer(layer).frame.index)


def test_a_closed_shelter_is_gone_within_seconds(folder):
    id_ = say(folder, "closed")
    assert "gt-ex-1" in list_ids(folder, "assistance_points")
    door = doors.open("restricted", runs=folder / "runs", today=TODAY)
    began = time.process_time()
    decided = accept(folder, id_, "--publish", "--by", "Desk")
    assert time.process_time() - began < 10
    assert decided["run_id"] == Snapshot.open(folder / "runs").manifest["run_id"]
    assert (decided["state"], decided["layers"]) == ("accepted", ["assistance_points"])
    assert decided["editions"] is None
    assert "gt-ex-1" not in list_ids(folder, "assistance_points")
    assert not door.is_current()
    again = accept(folder, id_, "--publish")
    assert again["run_id"] == decided["run_id"]


def test_decisions_are_written_down_with_who_and_what(folder):
    accept(folder, say(folder, "CLOSED"), "--by", "Desk")
    id_ = say(folder, "FULL")
    assert call(folder, "reject", id_, "--by", "Desk").returncode == 0
    lines = [(line[1], line[3], line[5]) for line in read_log(folder / "state")]
    assert lines[0][0].startswith("reports accept ")
    assert lines[0][1:] == (f"CLOSED {TODAY} gt-ex-1", "Desk")
    assert lines[1] == (f"reports reject {id_}", f"FULL {TODAY} gt-ex-1", "Desk")


def test_without_publish_the_next_publication_does(folder):
    before = Snapshot.open(folder / "runs").path
    decided = accept(folder, say(folder, "MOVED"))
    assert decided["run_id"] is None
    assert Snapshot.open(folder / "runs").path == before
    accept(folder, say(folder, "FULL", "gt-ex-2"), "--publish")
    assert "gt-ex-1" not in list_ids(folder, "assistance_points")


def test_only_the_steward_opens_a_closed_place(stewarded):
    accept(stewarded, say(stewarded, "CLOSED"), "--publish")
    id_ = say(stewarded, "OPEN")
    refused = call(stewarded, "accept", id_, "--publish", "--by", "Desk")
    assert refused.returncode == 2
    assert "only its steward" in refused.stderr
    assert "gt-ex-1" not in list_ids(stewarded, "assistance_points")
    accept(stewarded, id_, "--publish", "--by", "Office North")
    assert "gt-ex-1" in list_ids(stewarded, "assistance_points")


def test_a_place_without_a_steward_stays_closed(folder):
    accept(folder, say(folder, "CLOSED"))
    id_ = say(folder, "OPEN")
    for by in ("", "nan", "Desk"):
        refused = call(folder, "accept", id_, "--by", by)
        assert refused.returncode == 2
        assert "names no steward" in " ".join(refused.stderr.split())


def test_a_full_place_that_was_never_closed_is_opened_by_anybody(folder):
    accept(folder, say(folder, "FULL"))
    assert accept(folder, say(folder, "OPEN"), "--publish")["run_id"]


def test_a_report_that_is_older_than_what_stands_changes_nothing_and_says_so(folder):
    accept(folder, say(folder, "FULL"))
    late = accept(folder, say(folder, "CLOSED", day=TODAY - dt.timedelta(days=3)), "--publish")
    assert late["stands"]["status"] == "FULL"
    assert "gt-ex-1" in list_ids(folder, "assistance_points")


def test_editions_that_carry_the_place_are_named(folder):
    (folder / "state").mkdir(exist_ok=True)
    database = sqlite3.connect(folder / "state" / EDITIONS)
    with database:
        database.execute("CREATE TABLE editions (edition TEXT, place_id TEXT)")
        database.executemany("INSERT INTO editions VALUES (?, ?)", [
            ("north 2026-01 es", "gt-ex-1"), ("north 2026-01 fr", "gt-ex-2")])
    database.close()
    assert accept(folder, say(folder, "CLOSED"))["editions"] == ["north 2026-01 es"]


def test_editions_that_cannot_be_read_are_not_told_as_none(folder):
    (folder / "state").mkdir(exist_ok=True)
    (folder / "state" / EDITIONS).write_bytes(b"no database, but long enough to be one" * 9)
    told = call(folder, "accept", say(folder, "CLOSED"), "--publish", "--quiet")
    assert told.returncode == 0
    assert "editions.sqlite cannot be read" in told.stderr + told.stdout
    again = accept(folder, say(folder, "CLOSED"))
    assert (again["editions"], again["editions_unreadable"]) == (None, True)
    assert "gt-ex-1" not in list_ids(folder, "assistance_points")


@pytest.mark.parametrize("status", ["CLOSED", "FULL"])
def test_a_place_nobody_knows_cannot_be_accepted_and_is_not_repeated(folder, status):
    id_ = say(folder, status, "ana-lopez-55501234")
    told = call(folder, "accept", id_, "--publish")
    listed = call(folder, "list")
    assert told.returncode == 2
    assert "ana-lopez" not in told.stderr + listed.stdout + listed.stderr
    assert "unknown place" in listed.stdout
    assert read_log(folder / "state") == []


def test_a_rejected_report_stays_rejected(folder):
    id_ = say(folder, "CLOSED")
    assert call(folder, "reject", id_).returncode == 0
    assert call(folder, "reject", id_).returncode == 0
    refused = call(folder, "accept", id_)
    assert (refused.returncode, "was rejected" in refused.stderr) == (2, True)


def test_a_place_is_taken_out_while_a_long_run_is_made(folder):
    id_ = say(folder, "CLOSED")
    with hold_lock(folder / "runs"):
        accept(folder, id_, "--publish")
    assert "gt-ex-1" not in list_ids(folder, "assistance_points")


def test_two_decisions_are_not_made_at_once(folder, monkeypatch):
    monkeypatch.setattr("georisk.locking.PATIENCE_S", 0.1)
    id_ = say(folder, "CLOSED")
    with hold_switch(folder / "runs"):
        refused = call(folder, "accept", id_, "--publish")
    assert (refused.returncode, "wait" in refused.stderr) == (2, True)
    assert json.loads(call(folder, "list", "--json").stdout)[0]["state"] == "queued"
    assert not (folder / "amendments.csv").exists()


def test_a_decision_that_was_cut_off_is_finished_by_repeating_it(folder, monkeypatch):
    import api.reports.review as module

    id_ = say(folder, "CLOSED")

    def fail(*_):
        raise OSError("cut off")

    monkeypatch.setattr(module, "republish", fail)
    assert call(folder, "accept", id_, "--publish").returncode == 2
    monkeypatch.undo()
    accept(folder, id_, "--publish")
    assert "gt-ex-1" not in list_ids(folder, "assistance_points")
    assert (folder / "amendments.csv").read_text().count(id_) == 1


def test_the_same_report_is_added_once_and_a_file_will_do(folder, tmp_path):
    line = call_here("reports", "line", "gt-ex-1", "FULL", TODAY).stdout
    file = tmp_path / "message.txt"
    file.write_text(line)
    first, again = call(folder, "add", file), call(folder, "add", line.lower())
    assert first.stdout == again.stdout
    assert "before" in again.stderr
    keyed = json.loads(call(folder, "add", line, "--key", "m-1", "--json").stdout)
    assert keyed["id"] != first.stdout.strip()
    assert call(folder, "add", line, "--key", "m 1").returncode == 2


@pytest.mark.parametrize("text", ["GR1 nothing", "{}", "no-such-file", '{"note": "x"}'])
def test_what_is_no_report_is_exit_2(folder, text):
    assert call(folder, "add", text).returncode == 2


# -- incidents -----------------------------------------------------------------------------------


def tell(folder, geometry, **said):
    feature = {"type": "Feature", "geometry": geometry,
               "properties": {"class": "wat", "date": f"{TODAY}", "dead": 1, **said}}
    done = call(folder, "add", json.dumps(feature))
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def read_rows(file):
    return list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))


def test_an_accepted_incident_waits_for_an_import_and_then_is_one(folder):
    id_ = tell(folder, {"type": "Point", "coordinates": [-89.95123, 14.05678]}, synthetic=True)
    before = Snapshot.open(folder / "runs").path
    accept(folder, id_, "--publish")
    accept(folder, id_)
    assert Snapshot.open(folder / "runs").path == before
    file = folder / "state" / INCIDENTS
    rows = read_rows(file)
    assert [(row["incident_id"], row["lon"], row["lat"], row["source"]) for row in rows] == [
        (f"report-{id_}", "-89.95", "14.06", "report")]
    done = call_here("import", file, "--layer", "incidents", "-s", folder, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["layers"]["incidents"]["accepted"] == 1
    assert "accepted incidents" in call(folder, "list").stderr


def test_an_incident_at_a_place_lies_where_the_place_does_to_a_kilometre(folder):
    accept(folder, tell(folder, None, place_id="gt-ex-4"))
    (row,) = read_rows(folder / "state" / INCIDENTS)
    assert (row["lon"], row["lat"], row["coord_precision_km"]) == ("-89.81", "14.18", "1.0")


def test_forgetting_a_place_erases_its_reports_and_decisions(folder):
    accept(folder, say(folder, "CLOSED"), "--publish")
    more = folder / "more.csv"
    shutil.copy(folder / "assistance_points.csv", more)
    assert call_here("import", more, "--layer", "assistance_points", "-s", folder).returncode == 0
    done = call_here("forget", "gt-ex-1", "--layer", "assistance_points", "-s", folder, "--json")
    told = json.loads(done.stdout)
    assert (told["reports"], len(told["editions"])) == (1, 2)
    assert "gt-ex-1" not in (folder / "amendments.csv").read_text()
    store = Store.open(folder / "state")
    assert store.list_all() == []
    store.close()
    # What carries the record is not copied once more.
    refused = call(folder, "accept", say(folder, "FULL", "gt-ex-2"), "--publish")
    assert (refused.returncode, "was forgotten" in refused.stderr) == (2, True)


def test_decided_reports_and_incidents_nobody_imported_go_after_30_days(folder):
    id_ = tell(folder, None, place_id="gt-ex-4")
    accept(folder, id_)
    database = sqlite3.connect(folder / "state" / "reports.sqlite")
    with database:
        database.execute("UPDATE reports SET decided = '2020-01-01'")
    database.close()
    assert json.loads(call(folder, "list", "--json").stdout) == []
    assert id_ not in (folder / "state" / INCIDENTS).read_text()
