"""Reports on disk: once, for their holder alone, bounded, decided once, erased in time."""

from __future__ import annotations

import datetime as dt
import os
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from surroundings import ROOT

from api.errors import ConflictError, LimitedError, UnavailableError
from api.reports.file import FILE
from api.reports.incidents import add_incident, drop_incidents, read_incidents
from api.reports.report import IncidentReport, PlaceReport, hash_report
from api.reports.store import KEPT_DAYS, WAITING_DAYS, Store
from layers.errors import CallError

NOW = dt.datetime(2026, 3, 15, 12, tzinfo=dt.UTC)
CLOSED = PlaceReport("gt-ex-1", "CLOSED", dt.date(2026, 3, 14))
FULL = PlaceReport("gt-ex-1", "FULL", dt.date(2026, 3, 14))
KNOWN = {"gt-ex-1", "gt-needle-77"}


@pytest.fixture
def store(tmp_path):
    store = Store.open(tmp_path / "state")
    yield store
    store.close()


def add(store, report=CLOSED, *, holder="a", key="", now=NOW):
    return store.add(report, holder=holder, key=key, now=now, knows_place=KNOWN.__contains__)


def test_the_same_request_is_stored_once_and_answered_as_before(store):
    first, again = add(store, key="k1"), add(store, key="k1")
    assert (again.id, again.replayed, first.replayed) == (first.id, True, False)
    assert len(store.list_all()) == 1


def test_the_same_key_with_another_report_is_a_conflict(store):
    add(store, key="k1")
    with pytest.raises(ConflictError):
        add(store, FULL, key="k1")
    assert len(store.list_all()) == 1


def test_keys_are_each_holders_own(store):
    first, other = add(store, key="k1", holder="a"), add(store, FULL, key="k1", holder="b")
    assert first.id != other.id
    assert store.find_state(first.id, holder="a") == "queued"
    assert store.find_state(first.id, holder="b") is None
    assert store.find_state("none", holder="a") is None


def test_without_a_key_the_same_report_of_a_holder_and_a_day_is_one(store):
    first = add(store)
    assert add(store).replayed
    assert not add(store, FULL).replayed
    assert not add(store, holder="b").replayed
    assert not add(store, now=NOW + dt.timedelta(days=1)).replayed
    # A key that reads like what stands in for one is another request.
    assert not add(store, key=f"d:2026-03-15:{hash_report(CLOSED)}").replayed
    assert first.id


def test_the_queue_is_bounded_for_all_and_for_each(tmp_path):
    store = Store.open(tmp_path, most_queued=3, most_queued_each=2)
    for n in range(2):
        add(store, key=f"k{n}")
    with pytest.raises(LimitedError, match="of your reports"):
        add(store, key="k9")
    assert add(store, key="k1").replayed
    add(store, holder="b")
    with pytest.raises(LimitedError, match=r"^Too many reports .*\.$") as raised:
        add(store, holder="c")
    assert raised.value.retry_after_s > 1
    store.decide(store.list_all()[0].id, "rejected", day=NOW.date())
    assert not add(store, holder="c").replayed


def test_a_decision_is_made_once(store):
    id_ = add(store).id
    assert store.decide(id_, "accepted", day=NOW.date())
    assert not store.decide(id_, "accepted", day=NOW.date())
    with pytest.raises(CallError, match="was accepted"):
        store.decide(id_, "rejected", day=NOW.date())
    with pytest.raises(CallError, match="no report"):
        store.decide("20260315-000000000000", "rejected", day=NOW.date())
    assert store.find_state(id_, holder="a") == "accepted"
    assert add(store).replayed


def test_decided_reports_are_erased_after_30_days_and_waiting_ones_after_90(store):
    decided, waiting = add(store).id, add(store, FULL).id
    store.decide(decided, "rejected", day=NOW.date())
    last = NOW.date() + dt.timedelta(days=KEPT_DAYS)
    assert store.purge(last) == ()
    assert store.purge(last + dt.timedelta(days=1)) == (decided,)
    assert [one.id for one in store.list_all()] == [waiting]
    assert store.find_state(decided, holder="a") is None
    last = NOW.date() + dt.timedelta(days=WAITING_DAYS)
    assert store.purge(last) == ()
    assert store.purge(last + dt.timedelta(days=1)) == (waiting,)


@pytest.mark.parametrize("erase", ["purge", "forget"])
def test_nothing_of_an_erased_report_is_left_on_disk(store, erase):
    secret = PlaceReport("gt-needle-77", "CLOSED", dt.date(2026, 3, 14))
    store.decide(add(store, secret).id, "accepted", day=NOW.date())
    add(store, FULL)
    files = [path for path in store.path.parent.iterdir() if path.name.startswith(FILE)]
    assert any(b"needle" in path.read_bytes() for path in files)
    gone = (store.purge(NOW.date() + dt.timedelta(days=60)) if erase == "purge"
            else store.forget("gt-needle-77"))
    if erase == "forget":
        store.clear()
    assert len(gone) == 1
    assert not [path for path in files if path.exists() and b"needle" in path.read_bytes()]


def test_incidents_come_back_as_they_were_stored(store):
    one = IncidentReport("wat", dt.date(2026, 3, 1), dead=1, lon=-92.13, lat=14.68)
    assert store.find(add(store, one).id).report == one


def test_the_folder_and_all_its_files_are_the_owners_alone(tmp_path):
    was = os.umask(0o022)
    try:
        (tmp_path / f"{FILE}").touch(mode=0o644)  # as an earlier version left it
        for folder in (tmp_path, tmp_path / "state"):
            store = Store.open(folder)
            add(store)
            assert folder.stat().st_mode & 0o777 == 0o700
            modes = {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()
                     if path.is_file()}
            assert {f"{FILE}-wal", f"{FILE}-shm", FILE} < set(modes)
            assert set(modes.values()) == {0o600}
            store.close()
    finally:
        os.umask(was)


def test_every_commit_is_forced_to_disk(store):
    assert store._database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert store._database.execute("PRAGMA synchronous").fetchone() == (2,)


def test_a_file_that_is_none_is_told(tmp_path):
    (tmp_path / FILE).write_bytes(b"not a database, but long enough to be looked at" * 100)
    with pytest.raises(CallError, match="cannot be stored"):
        Store.open(tmp_path)


def test_a_busy_file_is_429_and_a_failing_one_503(tmp_path, monkeypatch):
    monkeypatch.setattr("api.reports.store.BUSY_S", 0.05)
    store = Store.open(tmp_path)
    other = sqlite3.connect(tmp_path / FILE, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LimitedError, match="try again"):
        add(store)
    other.execute("ROLLBACK")
    other.execute("DROP TABLE reports")
    other.close()
    with pytest.raises(UnavailableError):
        add(store)
    store.close()


WRITER = """
import datetime, pathlib, sys
from api.reports.report import PlaceReport
from api.reports.store import Store

state, holder = pathlib.Path(sys.argv[1]), sys.argv[2]
now = datetime.datetime(2026, 3, 15, 12, tzinfo=datetime.UTC)
store = Store.open(state)
for n in range(60):
    report = PlaceReport("gt-ex-1", "CLOSED", now.date())
    # Every other request is everybody's, of one holder: each must be stored once.
    store.add(report, holder=holder if n % 2 else "all", key=f"k{n}", now=now,
              knows_place=lambda _: True)
store.close()
"""


def test_several_processes_write_at_once(tmp_path):
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), f"h{n}"], cwd=ROOT,
                         stderr=subprocess.PIPE)
        for n in range(4)
    ]
    for writer in writers:
        _, errors = writer.communicate(timeout=120)
        assert writer.returncode == 0, errors.decode()
    store = Store.open(tmp_path)
    assert len(store.list_all()) == 4 * 30 + 30
    store.close()


def test_a_file_too_busy_to_be_cleared_says_so_and_is_cleared_later(tmp_path, monkeypatch):
    monkeypatch.setattr("api.reports.store.BUSY_S", 0.05)
    store = Store.open(tmp_path)
    id_ = add(store, PlaceReport("gt-needle-77", "CLOSED", dt.date(2026, 3, 14))).id
    other = sqlite3.connect(tmp_path / FILE, isolation_level=None)
    other.execute("BEGIN")
    other.execute("SELECT count(*) FROM reports").fetchall()
    assert store.forget_report(id_) == (id_,)
    with pytest.raises(CallError, match="do it again"):
        store.clear()
    other.execute("COMMIT")
    other.close()
    assert store.purge(NOW.date()) == ()
    assert not [path for path in tmp_path.iterdir() if b"needle" in path.read_bytes()]
    store.close()


def test_incidents_are_accepted_while_others_are_erased(tmp_path):
    report = IncidentReport("wat", dt.date(2026, 1, 5), dead=1, lon=-92.1, lat=14.7)

    def accept(start):
        for n in range(start, start + 40):
            add_incident(tmp_path, str(n), report, position=(-92.1, 14.7))

    def erase():
        for n in range(40):
            drop_incidents(tmp_path, {str(n)})

    accept(0)
    with ThreadPoolExecutor() as pool:
        for done in [pool.submit(accept, 100), pool.submit(erase), pool.submit(accept, 200)]:
            done.result()
    kept = [one["incident_id"] for one in read_incidents(tmp_path)]
    assert sorted(kept) == [f"report-{n}" for n in (*range(100, 140), *range(200, 240))]
