"""The ring: who opens now; a key revoked is refused from a second later on."""

from __future__ import annotations

import datetime as dt
import shutil
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st
from key_rings import DAY, Clock, keep_key, open_ring
from surroundings import ROOT

from api.keys import ring as rings
from api.keys.ring import KeyRing
from api.keys.store import FILE, KeyFileError, revoke_key

NOW = dt.datetime(2026, 1, 10, 12, tzinfo=dt.UTC)


def test_a_key_is_found_with_its_terms(tmp_path):
    key, token = keep_key(tmp_path, audience="restricted", rate_per_minute=7)
    found = open_ring(tmp_path).find(token)
    assert (found.id, found.audience, found.holder) == (key.id, "restricted", "Casa X")
    assert (found.rate_per_minute, found.number) == (7, 1)


def test_almost_a_key_opens_nothing(tmp_path):
    _, token = keep_key(tmp_path)
    _, other = keep_key(tmp_path)
    ring = open_ring(tmp_path)
    mixed = token[:15] + other[15:]
    tries = [mixed, token.upper(), token[:-1], token + "a", token + "\n", f" {token}", "", "grk_",
             token.replace("_", "-"), token[:15], "grk_aaaaaaaaaa_" + "a" * 40, "\ud800" * 9]
    assert [ring.find(text) for text in tries] == [None] * len(tries)
    assert ring.find(token)


@given(st.text(max_size=80))
def test_no_text_opens_and_none_is_a_fault(tmp_path_factory, text):
    state = tmp_path_factory.getbasetemp() / "one-key"
    if not state.exists():
        keep_key(state)
    assert open_ring(state).find(text) is None


def test_the_last_day_is_the_last(tmp_path):
    _, token = keep_key(tmp_path, expires=DAY + dt.timedelta(days=1))
    days = [DAY]
    ring = KeyRing(tmp_path, read_day=lambda: days[0], read_clock_s=Clock())
    assert ring.find(token)
    days[0] += dt.timedelta(days=1)
    assert ring.find(token)
    assert ring.has_live_keys("partner")
    days[0] += dt.timedelta(days=1)
    assert ring.find(token) is None
    assert not ring.has_live_keys("partner")
    days[0] = DAY - dt.timedelta(days=1)
    assert ring.find(token) is None


def test_live_keys_are_of_their_audience_only(tmp_path):
    ring = open_ring(tmp_path)
    assert not ring.has_live_keys("partner")
    key, _ = keep_key(tmp_path)
    assert ring.has_live_keys("partner")
    assert not ring.has_live_keys("restricted")
    revoke_key(tmp_path, key.id, now=NOW)
    assert not ring.has_live_keys("partner")


def test_revoked_by_another_process_is_seen_after_a_second(tmp_path):
    key, token = keep_key(tmp_path)
    clock = Clock()
    workers = [open_ring(tmp_path, clock=clock) for _ in range(3)]
    assert all(ring.find(token) for ring in workers)
    code = ("import sys, pathlib, datetime as dt; from api.keys.store import revoke_key; "
            "revoke_key(pathlib.Path(sys.argv[1]), sys.argv[2], now=dt.datetime.now(dt.UTC))")
    subprocess.run([sys.executable, "-c", code, str(tmp_path), key.id], check=True, cwd=ROOT)
    clock.now_s += 1
    assert [ring.find(token) for ring in workers] == [None] * 3


def test_nothing_is_read_within_a_second(tmp_path, monkeypatch):
    _, token = keep_key(tmp_path)
    clock = Clock()
    ring = open_ring(tmp_path, clock=clock)
    assert ring.find(token)
    looks = []
    monkeypatch.setattr(rings, "_mark", looks.append)
    monkeypatch.setattr(rings, "read_keys", lambda *_: pytest.fail("read again"))
    clock.now_s += 0.99
    assert ring.find(token)
    assert not looks


def test_unchanged_files_are_not_read_again(tmp_path, monkeypatch):
    _, token = keep_key(tmp_path)
    ring = open_ring(tmp_path)
    assert ring.find(token)
    monkeypatch.setattr(rings, "read_keys", lambda *_: pytest.fail("read again"))
    assert all(ring.find(token) for _ in range(5))


def test_damage_closes_and_repair_opens_again(tmp_path):
    _, token = keep_key(tmp_path)
    copy = tmp_path / "copy"
    shutil.copy(tmp_path / FILE, copy)
    ring = open_ring(tmp_path)
    assert ring.find(token)
    (tmp_path / FILE).write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
    with pytest.raises(KeyFileError) as told:
        ring.find(token)
    assert token not in str(told.value)
    copy.replace(tmp_path / FILE)
    assert ring.find(token)
    (tmp_path / FILE).unlink()
    assert ring.find(token) is None


def test_a_row_altered_while_the_ring_is_open_closes_it(tmp_path):
    """The change lies in SQLite's log, the file of keys itself stays as it was."""
    _, token = keep_key(tmp_path)
    ring = open_ring(tmp_path)
    assert ring.find(token)
    before = (tmp_path / FILE).stat().st_mtime_ns
    with closing(sqlite3.connect(tmp_path / FILE)) as database, database:
        database.execute("UPDATE keys SET audience = 'restricted'")
    assert (tmp_path / FILE).stat().st_mtime_ns == before
    for _ in range(3):
        with pytest.raises(KeyFileError):
            ring.find(token)


def test_a_folder_that_cannot_be_looked_into_opens_nothing(tmp_path):
    state = tmp_path / "state"
    state.write_text("a file where the folder should be")
    with pytest.raises(KeyFileError):
        open_ring(state).find("grk_aaaaaaaaaa_" + "a" * 40)


def test_an_unknown_key_takes_the_same_steps(tmp_path, monkeypatch):
    key, token = keep_key(tmp_path)
    revoke_key(tmp_path, key.id, now=NOW)
    ring = open_ring(tmp_path)
    seen = []
    compare = rings.hmac.compare_digest

    def watch(a, b):
        seen.append((len(a), len(b)))
        return compare(a, b)

    monkeypatch.setattr(rings.hmac, "compare_digest", watch)
    for text in (token, token[:-1] + "x", "grk_aaaaaaaaaa_" + "a" * 40, "nothing like a key"):
        seen.clear()
        assert ring.find(text) is None
        assert (32, 32) in seen


def test_threads_ask_while_keys_change(tmp_path):
    key, token = keep_key(tmp_path)
    ring = open_ring(tmp_path)
    faults, ending = [], threading.Event()

    def ask():
        while not ending.is_set():
            try:
                ring.find(token)
            except Exception as error:  # noqa: BLE001
                faults.append(error)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(10):
        keep_key(tmp_path)
    revoke_key(tmp_path, key.id, now=NOW)
    ending.set()
    for thread in threads:
        thread.join()
    assert not faults
    assert ring.find(token) is None
