"""The audit trail: every answer that is not public is on disk soon, or none is given."""

from __future__ import annotations

import datetime as dt
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import pytest
from surroundings import ROOT

from api.keys.holders import Holder
from api.logs import trail as trails
from api.logs.audit import FILE, find_last_uses, open_log, read_log, record
from api.logs.trail import MOST_WAITING, AuditTrail

HOLDER = Holder("partner", "abcdefghij", "Casa X")
ROUTE = "/collections/{collection}/items"


@pytest.fixture
def trail(tmp_path):
    made = AuditTrail(tmp_path, read_time_s=lambda: 0.0)
    yield made
    made.close()


def wait_until(tell, *, seconds=5):
    end = time.monotonic() + seconds
    while not tell() and time.monotonic() < end:
        time.sleep(0.01)
    assert tell()


def test_a_line_is_on_disk_soon(trail, tmp_path):
    trail.start()
    assert trail.healthy
    trail.write(ROUTE, "GET", 200, HOLDER, "r1")
    wait_until(lambda: read_log(tmp_path))
    assert read_log(tmp_path) == [
        ("1970-01-01T00:00:00+00:00", f"GET {ROUTE}", "partner", "", "r1", "Casa X")]
    with closing(sqlite3.connect(tmp_path / FILE)) as database:
        assert list(database.execute("SELECT key_id, status FROM audit")) == [("abcdefghij", 200)]


def test_many_lines_are_written_once_each_in_their_order(trail, tmp_path):
    trail.start()
    for n in range(5000):
        trail.write(ROUTE, "GET", 200, HOLDER, str(n))
    trail.close()
    assert [line[4] for line in read_log(tmp_path)] == [str(n) for n in range(5000)]


def test_nothing_is_shown_before_it_began_or_after_it_ended(trail):
    assert not trail.healthy
    trail.start()
    assert trail.healthy
    trail.close()
    assert not trail.healthy


def test_lines_that_cannot_be_written_wait_and_close_the_server(trail, tmp_path, caplog):
    trail.start()
    hidden = tmp_path.with_name("hidden")
    tmp_path.rename(hidden)
    tmp_path.write_text("no folder")
    trail.write(ROUTE, "GET", 200, HOLDER, "r1")
    wait_until(lambda: not trail.healthy)
    trail.write(ROUTE, "GET", 200, HOLDER, "r2")
    tmp_path.unlink()
    hidden.rename(tmp_path)
    wait_until(lambda: trail.healthy)
    trail.close()
    assert [line[4] for line in read_log(tmp_path)] == ["r1", "r2"]
    assert not any("Casa X" in line.getMessage() for line in caplog.records)


def test_a_log_that_cannot_be_begun(tmp_path):
    (tmp_path / FILE).write_bytes(b"no log" * 999)
    trail = AuditTrail(tmp_path)
    trail.start()
    assert not trail.healthy
    trail.close()


def test_a_log_moved_away_is_begun_anew(trail, tmp_path):
    trail.start()
    trail.write(ROUTE, "GET", 200, HOLDER, "r1")
    wait_until(lambda: read_log(tmp_path))
    for path in tmp_path.glob(f"{FILE}*"):
        path.rename(path.with_name(path.name.replace("audit", "last-year")))
    trail.write(ROUTE, "GET", 200, HOLDER, "r2")
    trail.close()
    assert [line[4] for line in read_log(tmp_path)] == ["r2"]


def test_what_waits_is_bounded(trail, monkeypatch):
    trail.start()

    def refuse(*_):
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(trails, "append_lines", refuse)
    for _ in range(MOST_WAITING + 10):
        trail.write(ROUTE, "GET", 200, HOLDER, "r")
    assert not trail.healthy
    for _ in range(MOST_WAITING):
        trail.write(ROUTE, "GET", 200, HOLDER, "r")
    assert len(trail._waiting) <= 2 * MOST_WAITING
    assert trail.lost >= 10


def test_a_line_holds_nothing_of_what_was_asked(trail, tmp_path):
    """There is no parameter that could: and a method is one of those there are."""
    trail.start()
    trail.write(ROUTE, "GET-SECRET", 200, HOLDER, "r1")
    trail.close()
    assert read_log(tmp_path)[0][1] == f"other {ROUTE}"


STOPPED = """
import pathlib, signal, sys, time
from api.keys.holders import Holder
from api.logs.trail import AuditTrail
trail = AuditTrail(pathlib.Path(sys.argv[1]))
trail.start()
for n in range(100):
    trail.write("/", "GET", 200, Holder("partner", "k", "h"), str(n))
print("written", flush=True)
if sys.argv[2] == "stop":
    trail.close()
else:
    time.sleep(60)
"""


def test_stopped_it_loses_none(tmp_path):
    subprocess.run([sys.executable, "-c", STOPPED, str(tmp_path), "stop"], check=True, cwd=ROOT,
                   stdout=subprocess.DEVNULL)
    assert len(read_log(tmp_path)) == 100


def test_killed_it_loses_a_quarter_second_at_most(tmp_path):
    with subprocess.Popen([sys.executable, "-c", STOPPED, str(tmp_path), "wait"], cwd=ROOT,
                          stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        wait_until(lambda: len(read_log(tmp_path)) == 100)
        process.send_signal(signal.SIGKILL)
    assert len(read_log(tmp_path)) == 100


def test_logs_of_earlier_versions_are_carried_on(tmp_path):
    with closing(sqlite3.connect(tmp_path / FILE)) as database, database:
        database.execute("CREATE TABLE audit (at TEXT NOT NULL, action TEXT NOT NULL, audience "
                         "TEXT NOT NULL, purpose TEXT NOT NULL, run_id TEXT NOT NULL, "
                         "holder TEXT NOT NULL DEFAULT '')")
        database.execute("INSERT INTO audit VALUES ('t', 'map', 'restricted', 'p', 'r', 'Ana')")
    assert read_log(tmp_path) == [("t", "map", "restricted", "p", "r", "Ana")]
    trail = AuditTrail(tmp_path)
    trail.start()
    trail.write(ROUTE, "GET", 200, HOLDER, "r1")
    trail.close()
    record(tmp_path, action="export", audience="partner", purpose="p", run_id="r", holder="Eva")
    assert [line[5] for line in read_log(tmp_path)] == ["Ana", "Casa X", "Eva"]


def test_when_a_key_was_used_last(tmp_path):
    assert find_last_uses(tmp_path) == {}
    times = iter((0.0, 86400.0))
    trail = AuditTrail(tmp_path, read_time_s=lambda: next(times))
    trail.start()
    trail.write(ROUTE, "GET", 200, HOLDER, "r1")
    trail.write(ROUTE, "GET", 404, HOLDER, "r1")
    trail.close()
    day = dt.datetime(1970, 1, 2, tzinfo=dt.UTC)
    assert find_last_uses(tmp_path) == {"abcdefghij": day.isoformat()}


def test_several_processes_write_one_log(tmp_path):
    trails_ = [AuditTrail(tmp_path) for _ in range(3)]
    for trail in trails_:
        trail.start()
    for n in range(300):
        trails_[n % 3].write(ROUTE, "GET", 200, HOLDER, str(n))
        if n % 30 == 0:
            record(tmp_path, action="map", audience="partner", purpose="p", run_id="c")
    for trail in trails_:
        trail.close()
    runs = [line[4] for line in read_log(tmp_path)]
    assert sorted(run for run in runs if run != "c") == sorted(map(str, range(300)))
    assert runs.count("c") == 10


def test_every_transaction_is_forced_to_disk(tmp_path):
    with closing(open_log(tmp_path)) as database:
        assert database.execute("PRAGMA synchronous").fetchone() == (2,)
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
