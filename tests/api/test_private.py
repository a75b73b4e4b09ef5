"""Databases that one process opens twice, while commands open and close them beside it."""

from __future__ import annotations

import datetime as dt
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import pytest
from surroundings import ROOT

from api.logs.audit import append_lines, open_log, read_log
from api.private import keep_private, write_ahead
from api.reports.report import PlaceReport
from api.reports.store import Store

NOW = dt.datetime(2026, 1, 10, tzinfo=dt.UTC)
LINE = ("2026-01-10T00:00:00+00:00", "run", "public", "", "r1", "", "", 0)


def run_apart(code, state):
    """What a process of its own prints; it opens the database, and closes it."""
    told = subprocess.run([sys.executable, "-c", code, str(state)], cwd=ROOT, check=True,
                          capture_output=True, text=True)
    return int(told.stdout)


COUNT_REPORTS = """
import sys; from pathlib import Path; from api.reports.store import Store
store = Store.open(Path(sys.argv[1])); print(len(store.list_all())); store.close()
"""
COUNT_LINES = """
import sys; from contextlib import closing; from pathlib import Path
from api.logs.audit import open_log
with closing(open_log(Path(sys.argv[1]))) as log:
    print(log.execute("SELECT count(*) FROM audit").fetchone()[0])
"""


def test_no_report_is_lost_to_a_second_store_in_the_same_process(tmp_path):
    def add(store, day):
        store.add(PlaceReport("gt-ex-1", "FULL", dt.date(2026, 1, day)), holder="h", key="",
                  now=NOW, knows_place=lambda _: True)

    first = Store.open(tmp_path)
    add(first, 1)
    second = Store.open(tmp_path)
    assert run_apart(COUNT_REPORTS, tmp_path) == 1
    add(first, 2)
    add(second, 3)
    assert run_apart(COUNT_REPORTS, tmp_path) == 3
    first.close()
    second.close()


def test_no_line_is_lost_to_a_second_log_in_the_same_process(tmp_path):
    first = open_log(tmp_path)
    append_lines(first, [LINE])
    second = open_log(tmp_path)
    assert run_apart(COUNT_LINES, tmp_path) == 1
    append_lines(first, [LINE])
    append_lines(second, [LINE])
    assert run_apart(COUNT_LINES, tmp_path) == 3
    first.close()
    second.close()
    assert len(read_log(tmp_path)) == 3


@pytest.mark.parametrize("ending", ["", "-wal", "-shm"])
def test_what_was_open_to_others_is_closed_to_them(tmp_path, ending):
    path = tmp_path / "audit.sqlite"
    there = path.with_name(path.name + ending)
    there.write_bytes(b"")
    there.chmod(0o644)
    keep_private(path)
    assert there.stat().st_mode & 0o777 == 0o600


def test_only_a_lock_is_waited_for(tmp_path):
    path = tmp_path / "audit.sqlite"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE audit (at TEXT)")
    began_s = time.monotonic()
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as database, \
            pytest.raises(sqlite3.OperationalError, match="readonly"):
        write_ahead(database, busy_s=60)
    assert time.monotonic() - began_s < 30
