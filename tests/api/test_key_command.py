"""``georisk key``: printed once, listed without secrets, revoked for good."""

from __future__ import annotations

import json
import sqlite3

import pytest
from command import call_here

from api.commands import keys as commands
from api.keys.holders import Holder
from api.keys.key import TOKEN
from api.keys.ring import KeyRing
from api.keys.store import FILE
from api.logs.audit import FILE as AUDIT
from api.logs.audit import read_log
from api.logs.trail import AuditTrail


@pytest.fixture
def study(tmp_path, monkeypatch):
    monkeypatch.delenv("GEORISK_STATE", raising=False)
    folder = tmp_path / "study"
    folder.mkdir()
    (folder / "study.toml").write_text("")
    return folder


@pytest.fixture
def call(study):
    def call(*arguments):
        done = call_here("key", *arguments, "-s", study)
        return done.returncode, done.stdout, done.stderr

    return call


def test_from_creation_to_revocation(call, study):
    code, out, told = call("create", "--audience", "partner", "--holder", "Casa X", "--days", "7")
    token = out.strip()
    assert code == 0
    assert TOKEN.fullmatch(token)
    assert token not in told
    ring = KeyRing(study / "state")
    assert ring.find(token).holder == "Casa X"
    ring.close()
    id_ = token.split("_")[1]
    code, out, _ = call("list", "--json")
    (row,) = json.loads(out)
    assert (code, row["id"], row["state"], row["rate_per_minute"]) == (0, id_, "live", 600)
    assert row["last_used"] is None
    trail = AuditTrail(study / "state", read_time_s=lambda: 0.0)
    trail.start()
    trail.write("/", "GET", 200, Holder("partner", id_, "Casa X"), "r1")
    trail.close()
    assert json.loads(call("list", "--json")[1])[0]["last_used"] == "1970-01-01T00:00:00+00:00"
    assert call("revoke", f"grk_{id_}")[0] == 0
    assert KeyRing(study / "state").find(token) is None
    code, _, told = call("revoke", id_)
    assert (code, "already" in told) == (0, True)
    assert json.loads(call("list", "--json")[1])[0]["state"] == "revoked"
    assert [(line[1], line[2], line[5]) for line in read_log(study / "state")] == [
        (f"key create {id_}", "partner", "Casa X"), ("GET /", "partner", "Casa X"),
        (f"key revoke {id_}", "partner", "Casa X")]


def test_json_is_one_document_that_holds_the_key(call):
    code, out, told = call("create", "--audience", "restricted", "--holder", "Oficina Ñ", "--json",
                           "-q", "--rate", "60")
    made = json.loads(out)
    assert (code, told) == (0, "")
    assert TOKEN.fullmatch(made["key"])
    assert (made["audience"], made["holder"], made["rate_per_minute"]) == (
        "restricted", "Oficina Ñ", 60)


def test_no_list_shows_a_secret(call, study):
    token = call("create", "--audience", "partner", "--holder", "Casa X")[1].strip()
    secret = token.rpartition("_")[2]
    for arguments in (["list"], ["list", "--json"], ["revoke", token], ["revoke", token]):
        _, out, told = call(*arguments)
        assert secret not in out + told
    assert secret not in str(read_log(study / "state"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["create", "--audience", "public", "--holder", "x"], "needs no key"),
        (["create", "--audience", "all", "--holder", "x"], "partner and restricted"),
        (["create", "--audience", "partner", "--holder", ""], "--holder is empty"),
        (["create", "--audience", "partner"], "--holder"),
        (["create", "--audience", "partner", "--holder", "x", "--days", "0"], "1 to 366"),
        (["create", "--audience", "partner", "--holder", "x", "--days", "many"], "--days"),
        (["create", "--audience", "partner", "--holder", "x", "--expires", "soon"], "2026-12-31"),
        (["create", "--audience", "partner", "--holder", "x", "--expires", "2020-01-01"], "today"),
        (["create", "--audience", "partner", "--holder", "x", "--rate", "0"], "1 to 60000"),
        (["revoke", "no-such"], "key list"),
        (["revoke", "aaaaaaaaaa"], "there is no key"),
    ],
)
def test_bad_input_is_told_and_leaves_nothing(call, study, arguments, message):
    code, out, told = call(*arguments)
    assert (code, out) == (2, "")
    assert message in told
    assert not (study / "state").exists()


def test_a_study_that_is_not_there_gets_no_keys(tmp_path, monkeypatch):
    monkeypatch.delenv("GEORISK_STATE", raising=False)
    asked = ("key", "create", "--audience", "partner", "--holder", "x", "-s", tmp_path / "no")
    done = call_here(*asked)
    assert (done.returncode, "no study.toml" in done.stderr) == (2, True)
    assert not (tmp_path / "no").exists()
    monkeypatch.setenv("GEORISK_STATE", str(tmp_path / "elsewhere"))
    done = call_here(*asked)
    assert done.returncode == 0
    assert (tmp_path / "elsewhere" / FILE).exists()


def test_no_key_without_an_audit_line(call, study):
    (study / "state").mkdir()
    (study / "state" / AUDIT).write_bytes(b"no log" * 999)
    code, out, told = call("create", "--audience", "partner", "--holder", "x")
    assert (code, out) == (2, "")
    assert "audit log cannot be written" in told
    assert not (study / "state" / FILE).exists()


def test_revoked_even_where_the_log_cannot_be_written(call, study):
    token = call("create", "--audience", "partner", "--holder", "x")[1].strip()
    (study / "state" / AUDIT).write_bytes(b"no log" * 999)
    code, _, told = call("revoke", token)
    assert (code, "is revoked, but that is not in the audit log" in told) == (2, True)
    assert KeyRing(study / "state").find(token) is None
    code, out, told = call("list", "--json")
    assert (code, json.loads(out)[0]["state"]) == (0, "revoked")
    assert "audit log cannot be read" in told


def test_a_damaged_file_is_told_and_logs_no_key(call, study):
    call("create", "--audience", "partner", "--holder", "x")
    (study / "state" / FILE).write_bytes(b"no keys" * 999)
    for arguments in (["list"], ["revoke", "aaaaaaaaaa"],
                      ["create", "--audience", "partner", "--holder", "y"]):
        code, out, told = call(*arguments)
        assert (code, out) == (2, "")
        assert "no key is valid" in told
    assert len(read_log(study / "state")) == 1


def test_a_later_version_s_file_is_left_alone(call, study):
    call("create", "--audience", "partner", "--holder", "x")
    database = sqlite3.connect(study / "state" / FILE)
    database.execute("PRAGMA user_version=9")
    database.close()
    code, _, told = call("list")
    assert (code, "later version" in told) == (2, True)


def test_the_day_of_the_last_key_is_told(call, monkeypatch):
    import datetime as dt

    monkeypatch.setattr(commands, "read_today", lambda: dt.date(2026, 1, 1))
    _, _, told = call("create", "--audience", "partner", "--holder", "Casa X")
    assert "until 2026-04-01 (UTC)" in told
    monkeypatch.setattr(commands, "read_today", lambda: dt.date(2026, 4, 2))
    assert json.loads(call("list", "--json")[1])[0]["state"] == "expired"
