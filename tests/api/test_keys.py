"""Keys: their terms, what is kept of them, and what a damaged file lets in (nothing)."""

from __future__ import annotations

import datetime as dt
import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from key_rings import DAY, keep_key, open_ring
from surroundings import CAMPAIGN

from api.keys.key import TOKEN, find_id, hash_token, make_key
from api.keys.store import (
    FILE,
    PEPPER_FILE,
    KeyFileError,
    connect_keys,
    list_keys,
    revoke_key,
)
from layers.errors import CallError

NOW = dt.datetime(2026, 1, 10, 12, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({"audience": "public"}, "needs no key"),
        ({"audience": "everybody"}, "partner and restricted"),
        ({"holder": "  "}, "holder is empty"),
        ({"holder": "x" * 121}, "at most 120"),
        ({"holder": "a\nb"}, "cannot be shown"),
        ({"holder": "a\u202eb"}, "cannot be shown"),
        ({"holder": "a\ud800"}, "cannot be shown"),
        ({"days": 0}, "1 to 366"),
        ({"days": 367}, "no key for ever"),
        ({"expires": DAY - dt.timedelta(days=1)}, "choose a day"),
        ({"expires": DAY + dt.timedelta(days=367)}, "no key for ever"),
        ({"expires": DAY, "days": 3}, "not both"),
        ({"rate_per_minute": 0}, "1 to 60000"),
    ],
)
def test_impossible_terms(terms, message):
    asked = {"audience": "partner", "holder": "Casa X", "created": DAY, **terms}
    with pytest.raises(CallError, match=message):
        make_key(**asked)


def test_a_key_ends_by_itself():
    made = make_key(audience="restricted", holder="Casa X", created=DAY)
    assert made.expires - DAY == dt.timedelta(days=90)
    last = make_key(audience="restricted", holder="Casa X", created=DAY, days=366)
    assert last.is_live(DAY + dt.timedelta(days=366))
    assert not last.is_live(DAY + dt.timedelta(days=367))
    assert not last.is_live(DAY - dt.timedelta(days=1))


def test_nothing_on_disk_opens(tmp_path):
    """Neither the whole key nor its secret half stands in any file, and files are their owner's."""
    state = tmp_path / "state"
    _, token = keep_key(state)
    assert TOKEN.fullmatch(token)
    secret = token.rpartition("_")[2]
    for path in state.iterdir():
        assert secret.encode() not in path.read_bytes(), path.name
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(state.stat().st_mode) == 0o700
    assert secret not in str(list_keys(state))


def test_two_secrets_of_one_key_have_nothing_in_common(tmp_path):
    tokens = [keep_key(tmp_path)[1] for _ in range(50)]
    assert len({token.split("_")[1] for token in tokens}) == 50
    assert len({token.split("_")[2] for token in tokens}) == 50
    salts = {hash_token("same", salt=bytes([n]) * 16, pepper=bytes(32)) for n in range(9)}
    assert len(salts) == 9


def test_revoked_is_for_good_and_told_once(tmp_path):
    key, _ = keep_key(tmp_path)
    assert not revoke_key(tmp_path, key.id, now=NOW).revoked
    assert revoke_key(tmp_path, key.id, now=NOW + dt.timedelta(days=1)).revoked == NOW.isoformat()
    assert list_keys(tmp_path)[0].describe(DAY) == "revoked"
    with pytest.raises(CallError, match="there is no key"):
        revoke_key(tmp_path, "aaaaaaaaaa", now=NOW)


def test_a_study_without_keys_gets_no_files(tmp_path):
    assert list_keys(tmp_path) == ()
    with pytest.raises(CallError, match="there is no key"):
        revoke_key(tmp_path, "aaaaaaaaaa", now=NOW)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("text", ["", "abc", "grk_abc", "ABCDEFGHIJ", "abcdefghij klm"])
def test_a_wrong_id_is_not_repeated(text):
    with pytest.raises(CallError) as told:
        find_id(text)
    assert not text or text not in str(told.value)


def test_an_id_may_be_given_as_the_whole_key(tmp_path):
    key, token = keep_key(tmp_path)
    assert find_id(token) == find_id(f" {key.id}\n") == find_id(f"grk_{key.id}") == key.id


def test_several_may_make_the_first_key_at_once(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: keep_key(tmp_path), range(16)))
    ring = open_ring(tmp_path)
    assert [ring.find(token).id for _, token in made] == [key.id for key, _ in made]
    assert sorted(key.number for key in list_keys(tmp_path)) == list(range(1, 17))


@pytest.mark.parametrize(
    ("column", "value"),
    [("expires", "2026-12-31"), ("audience", "restricted"), ("revoked", ""), ("holder", "Casa Y"),
     ("rate_per_minute", 60000), ("rate_per_minute", "often"), ("digest", b"x"), ("salt", "x"),
     ("created", "long ago"), ("id", "aaaaaaaaaa"), ("expires", None), ("seal", bytes(32))],
)
def test_a_row_altered_behind_our_back_opens_nothing(tmp_path, column, value):
    key, token = keep_key(tmp_path, days=3)
    revoke_key(tmp_path, key.id, now=NOW)
    _, other = keep_key(tmp_path)
    assert open_ring(tmp_path).find(other)
    database = sqlite3.connect(tmp_path / FILE)
    database.execute("PRAGMA writable_schema=1")
    database.execute("UPDATE sqlite_schema SET sql = replace(sql, 'expires TEXT NOT NULL', "
                     "'expires TEXT')")
    database.commit()
    database.close()
    database = sqlite3.connect(tmp_path / FILE)
    with database:
        database.execute(f"UPDATE keys SET {column} = ? WHERE id = ?", (value, key.id))
    database.close()
    for shown in (token, other):
        with pytest.raises(KeyFileError):
            open_ring(tmp_path).find(shown)
    with pytest.raises(KeyFileError, match="a row is damaged"):
        list_keys(tmp_path)


@pytest.mark.parametrize("damage", ["empty", "text", "gone", "short", "other", "folder"])
@pytest.mark.parametrize("name", [FILE, PEPPER_FILE])
def test_a_damaged_file_opens_nothing(tmp_path, name, damage):
    _, token = keep_key(tmp_path)
    path = tmp_path / name
    if damage in {"gone", "folder"}:
        path.unlink()
    if damage == "folder":
        path.mkdir()
    elif damage != "gone":
        path.write_bytes({"empty": b"", "text": b"no keys " * 99, "other": bytes(32),
                          "short": path.read_bytes()[:len(path.read_bytes()) // 2]}[damage])
    ring = open_ring(tmp_path)
    if (name, damage) == (FILE, "gone"):
        assert ring.find(token) is None
        return
    with pytest.raises(KeyFileError):
        ring.find(token)
    with pytest.raises(KeyFileError):
        ring.has_live_keys("partner")
    if (name, damage) == (FILE, "empty"):
        return  # for SQLite that is a file that was not begun yet: a new key begins it
    with pytest.raises(KeyFileError):
        keep_key(tmp_path)


@pytest.fixture(scope="module")
def revoked_and_live(tmp_path_factory):
    state = tmp_path_factory.mktemp("damaged")
    key, revoked = keep_key(state)
    _, token = keep_key(state, audience="restricted")
    revoke_key(state, key.id, now=NOW)
    return state, revoked, token, (state / FILE).read_bytes()


@given(st.data())
@settings(max_examples=2000 if CAMPAIGN else 150)
def test_no_flipped_bytes_open_what_is_closed(revoked_and_live, data):
    """Whatever happens to the file: a revoked or unknown key stays closed, and nothing crashes."""
    state, revoked, token, sound = revoked_and_live
    content = bytearray(sound)
    for _ in range(data.draw(st.integers(1, 8))):
        where = data.draw(st.integers(0, len(content) - 1))
        content[where] ^= data.draw(st.integers(1, 255))
    (state / FILE).write_bytes(content)
    ring = open_ring(state)
    for shown in (revoked, token[:-1] + ("a" if token[-1] != "a" else "b"), token):
        try:
            found = ring.find(shown)
        except KeyFileError:
            continue
        assert found is None or (shown == token and found.audience == "restricted")
    ring.close()


def test_a_file_that_cannot_be_asked_is_closed_again(tmp_path, monkeypatch):
    closed = []

    class Refusing(sqlite3.Connection):
        def execute(self, *_args):
            raise sqlite3.OperationalError("disk I/O error")

        def close(self):
            closed.append(1)
            super().close()

    keep_key(tmp_path)
    connect = sqlite3.connect
    monkeypatch.setattr("api.keys.store.sqlite3.connect",
                        lambda *args, **options: connect(*args, **options, factory=Refusing))
    with pytest.raises(KeyFileError, match="disk I/O error"):
        connect_keys(tmp_path)
    assert closed == [1]
