"""Whatever words come in as an id, a key or a name: no file of the state folder ever holds them."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import shutil
import sqlite3
import string
import tempfile
from pathlib import Path

import pytest
from command import call_here
from http_doubles import make_door, open_client
from hypothesis import given, settings
from hypothesis import strategies as st
from key_rings import keep_key
from surroundings import CAMPAIGN

from api.logs.audit import read_log, record
from api.reports.file import EDITION, FILE
from api.reports.line import find_checksum
from api.reports.refusals import REFER
from api.reports.report import IncidentReport, PlaceReport, hash_report, write_report
from api.reports.reviewer import check_reviewer
from api.reports.sealing import PEPPER_FILE
from api.reports.store import Store
from georisk import doors
from layers.errors import CallError

NOW = dt.datetime.now(tz=dt.UTC)
TODAY = NOW.date()
HOSTILE = ("ana-maria-lopez-55-5123-4567", "lat-1490321-lon-9226789", "curp-lopa850101mdfrnn09")
KEY = "Ana.Maria.Lopez_violada_tel:5551234567~14.90321:-92.26789"
NEEDLES = (*HOSTILE, KEY, "maria", "lopez", "51234567", "5123-4567", "1490321", "14.90321",
           "violada", "lopa850101")
TEXT, GEOJSON = ({"content-type": kind} for kind in ("text/plain", "application/geo+json"))


def find_words(folder, words=NEEDLES):
    """Which of the words any file of a folder holds, and in which; either case."""
    return {(path.name, word) for path in folder.rglob("*") if path.is_file()
            for word in words if word.lower().encode() in path.read_bytes().lower()}


def spell_hashes(reports):
    """What somebody who guesses an id would look for."""
    return [hash_report(one) for one in reports]


def post(client, place_id, *, status="CLOSED", **headers):
    line = f"GR1 {place_id.upper()} {status} {TODAY}"
    return client.post("/reports", content=f"{line} {find_checksum(line)}",
                       headers={**TEXT, **headers})


def tell_incident(client, place_id, **headers):
    return client.post("/reports", content=json.dumps({
        "type": "Feature", "geometry": None, "properties": {
            "class": "wat", "date": f"{TODAY}", "dead": 1, "place_id": place_id}}),
        headers={**GEOJSON, **headers})


@pytest.mark.parametrize("send", [post, tell_incident])
def test_no_word_of_a_sender_reaches_any_file(tmp_path, send):
    token = keep_key(tmp_path, holder="Casa A", created=TODAY)[1]
    with open_client(make_door("partner"), state=tmp_path) as client:
        for n, place_id in enumerate(HOSTILE):
            more = {"idempotency-key": f"{KEY}{n or ''}"} if n < 2 else {}
            assert send(client, place_id, **{"x-api-key": token}, **more).status_code == 201
            assert find_words(tmp_path) == set()
    assert find_words(tmp_path, spell_hashes(
        [PlaceReport(one, "CLOSED", TODAY) for one in HOSTILE]
        + [IncidentReport("wat", TODAY, dead=1, place_id=one) for one in HOSTILE]
        + [PlaceReport("", "CLOSED", TODAY)])) == set()
    store = Store.open(tmp_path)
    for kept in store.list_all():
        assert kept.report.place_id == ""
        store.decide(kept.id, "rejected", day=TODAY)
    assert find_words(tmp_path) == set()
    assert len(store.purge(TODAY + dt.timedelta(days=31))) == len(HOSTILE)
    assert find_words(tmp_path) == set()
    store.close()


def test_known_hidden_and_unknown_places_are_answered_alike(tmp_path):
    with open_client(make_door("partner"), state=tmp_path) as client:
        answers = [post(client, one) for one in ("mx-ex-1", "mx-ex-hidden", *HOSTILE)]
        again = [post(client, one) for one in ("mx-ex-hidden", *HOSTILE)]
        other = [post(client, one, **{"idempotency-key": "k"}) for one in HOSTILE[:2]]
    shapes = {(one.status_code, tuple(one.headers), len(one.content), one.json()["state"])
              for one in answers}
    assert len(shapes) == 1
    # Two unknown places are two reports, though both are stored alike.
    assert len({one.json()["id"] for one in answers}) == len(answers)
    assert [one.json()["id"] for one in again] == [one.json()["id"] for one in answers[1:]]
    assert [one.status_code for one in other] == [201, 409]
    store = Store.open(tmp_path)
    assert sorted(one.report.place_id for one in store.list_all()) == [
        "", "", "", "", "mx-ex-1", "mx-ex-hidden"]
    store.close()


@pytest.mark.parametrize("place_id", ["ana-rape-1", "x-minor-alone", "casa-kadejak-2"])
def test_an_id_that_speaks_of_what_must_be_referred_is_referred(tmp_path, place_id):
    with open_client(make_door("partner"), state=tmp_path) as client:
        for send in (post, tell_incident):
            response = send(client, place_id)
            assert (response.status_code, response.json()["detail"]) == (422, REFER)
    assert find_words(tmp_path, [place_id]) == set()


ID = st.from_regex(r"[a-z0-9]{5,9}(-[a-z0-9]{5,9}){1,3}", fullmatch=True)
NAME = st.text(string.ascii_letters + string.digits + "._:~-", min_size=12, max_size=64)


@given(st.lists(st.tuples(ID, NAME), min_size=1, max_size=20, unique_by=lambda one: one[1]))
@settings(max_examples=500 if CAMPAIGN else 15, deadline=None)
def test_whatever_is_sent_is_not_kept(sent):
    with tempfile.TemporaryDirectory() as name:
        store = Store.open(Path(name))
        for place_id, key in sent:
            store.add(PlaceReport(place_id, "FULL", TODAY), holder="a", key=key, now=NOW,
                      knows_place=lambda _: False)
        assert find_words(Path(name), [word for one in sent for word in one]) == set()
        store.close()


# -- decisions and the audit log -------------------------------------------------------------------


@pytest.fixture
def folder(published_grid, tmp_path):
    shutil.copytree(published_grid, tmp_path / "study", symlinks=True,
                    ignore=shutil.ignore_patterns("state"))
    return tmp_path / "study"


def call(folder, *arguments):
    return call_here("reports", *arguments, "-s", folder)


def test_from_the_command_line_through_a_decision_nothing_is_kept_either(folder):
    line = f"GR1 {HOSTILE[0].upper()} FULL {TODAY}"
    done = call(folder, "add", f"{line} {find_checksum(line)}", "--key", KEY)
    assert done.returncode == 0
    id_ = done.stdout.strip()
    (row,) = json.loads(call(folder, "list", "--json").stdout)
    assert (row["where"], row["known"]) == ("unknown place", "")
    for action in ("accept", "reject"):
        refused = call(folder, action, id_, "--by", "Ana Maria Lopez 5551234567")
        assert (refused.returncode, "Lopez" in refused.stderr) == (2, False)
    assert call(folder, "accept", id_).returncode == 2
    assert call(folder, "reject", id_, "--by", "Desk").returncode == 0
    assert [line[1:4:2] for line in read_log(folder / "state")] == [
        (f"reports reject {id_}", f"FULL {TODAY}")]
    assert find_words(folder / "state") == set()
    incident = {"type": "Feature", "geometry": None, "properties": {
        "class": "wat", "date": f"{TODAY}", "dead": 1, "place_id": HOSTILE[1]}}
    assert call(folder, "add", json.dumps(incident)).returncode == 0
    assert "unknown place" in call(folder, "list").stdout
    assert find_words(folder / "state") == set()


def test_a_place_taken_out_by_a_report_is_still_known(folder):
    line = f"GR1 GT-EX-1 CLOSED {TODAY}"
    id_ = call(folder, "add", f"{line} {find_checksum(line)}").stdout.strip()
    assert call(folder, "accept", id_, "--publish", "--by", "Desk").returncode == 0
    for audience in ("public", "partner", "restricted"):
        door = doors.open(audience, runs=folder / "runs", today=TODAY)
        assert door.knows_place("gt-ex-1")
        assert not door.knows_place("") | door.knows_place(HOSTILE[0])
    partner = doors.open("partner", runs=folder / "runs", today=TODAY)
    with open_client(partner, state=folder / "state") as client:
        codes = [post(client, one, status="OPEN").status_code for one in ("gt-ex-1", *HOSTILE)]
    assert codes == [201] * (1 + len(HOSTILE))
    listed = json.loads(call(folder, "list", "--json").stdout)
    assert sorted(one["where"] for one in listed if one["what"] == "OPEN") == [
        "gt-ex-1", *["unknown place"] * len(HOSTILE)]
    assert find_words(folder / "state") == set()


def test_without_a_run_no_place_can_be_told_from_other_words(tmp_path, folder):
    shutil.rmtree(folder / "runs")
    line = f"GR1 GT-EX-1 CLOSED {TODAY}"
    refused = call(folder, "add", f"{line} {find_checksum(line)}")
    assert (refused.returncode, "georisk run" in refused.stderr) == (2, True)
    assert find_words(folder / "state", ["gt-ex-1"]) == set()


@pytest.mark.parametrize("by", [
    "", "a" * 121, "tel 5551234", "ana@example.org", "a\nb\x07", "14.90321 -92.26789", "<b>",
    "desk for rape",
])
def test_who_decides_is_named_in_a_form_that_may_be_logged(by):
    with pytest.raises(CallError) as raised:
        check_reviewer(by)
    assert not by or by not in str(raised.value)


@pytest.mark.parametrize("by", ["Office North", "Oficina Ñuble (2)", "root", "Cruz Roja, desk 12"])
def test_offices_and_roles_are_taken(by):
    assert check_reviewer(f" {by} ") == by


# -- files of earlier versions ---------------------------------------------------------------------

OLD = """
CREATE TABLE reports (
    id TEXT PRIMARY KEY, holder TEXT NOT NULL, request TEXT NOT NULL, hash TEXT NOT NULL,
    report TEXT NOT NULL, place_id TEXT NOT NULL, received TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'queued', decided TEXT NOT NULL DEFAULT '',
    UNIQUE (holder, request)
) WITHOUT ROWID;
CREATE INDEX queue ON reports (holder) WHERE state = 'queued';
"""
SENT = {"k": (PlaceReport("gt-ex-1", "CLOSED", TODAY), "holder1", "message-7"),
        "h": (PlaceReport(HOSTILE[0], "FULL", TODAY), "holder1", KEY),
        "n": (IncidentReport("wat", TODAY, dead=1, place_id=HOSTILE[1]), "", "")}


@pytest.fixture
def old(tmp_path):
    """A file as an earlier version left it, its log not cut, and what it wrote to the audit log."""
    database = sqlite3.connect(tmp_path / FILE, isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.executescript(OLD)
    for id_, (report, holder, key) in SENT.items():
        hashed = hashlib.sha256(write_report(report).encode()).hexdigest()
        request = f"k:{key}" if key else f"d:{TODAY}:{hashed}"
        database.execute(
            "INSERT INTO reports (id, holder, request, hash, report, place_id, received) VALUES "
            "(?, ?, ?, ?, ?, ?, ?)", (id_, holder, request, hashed, write_report(report),
                                      report.place_id, f"{TODAY}"))
    for purpose in (f"CLOSED {TODAY} gt-ex-1", f"FULL {TODAY} {HOSTILE[0]}",
                    f"incident wat {TODAY} {HOSTILE[1]}", f"incident wat {TODAY}"):
        record(tmp_path, action="reports reject x", audience="restricted", purpose=purpose,
               run_id="", holder="Desk")
    record(tmp_path, action="site", audience="restricted", purpose="for the plan", run_id="")
    yield tmp_path
    database.close()


def test_a_file_of_an_earlier_version_is_cleared_in_place(old):
    assert {word for _, word in find_words(old)} >= {HOSTILE[0], KEY, HOSTILE[1]}
    store = Store.open(old)
    assert find_words(old, [KEY, "message-7", *spell_hashes(one[0] for one in SENT.values())]
                      ) == set()
    assert store.check_places({"gt-ex-1"}.__contains__) == 2
    assert store.check_places(pytest.fail) == 0
    assert find_words(old) == set()
    assert {one.id: one.report.place_id for one in store.list_all()} == {
        "k": "gt-ex-1", "h": "", "n": ""}
    assert [line[3] for line in read_log(old)] == [
        f"CLOSED {TODAY} gt-ex-1", f"FULL {TODAY}", f"incident wat {TODAY}",
        f"incident wat {TODAY}", "for the plan"]
    for id_, (report, holder, key) in SENT.items():  # what was sent before is known again
        receipt = store.add(report, holder=holder, key=key, now=NOW, knows_place=lambda _: False)
        assert (receipt.id, receipt.replayed) == (id_, True)
    store.close()
    again = Store.open(old)
    assert len(again.list_all()) == len(SENT)
    again.close()


def test_a_server_clears_it_when_it_first_opens_it(old):
    with open_client(make_door("partner"), state=old) as client:
        assert client.get("/reports/none").status_code == 404
    assert find_words(old) == set()


def test_a_file_of_a_later_version_or_a_damaged_pepper_is_told(tmp_path):
    Store.open(tmp_path).close()
    assert (tmp_path / PEPPER_FILE).stat().st_mode & 0o777 == 0o600
    (tmp_path / PEPPER_FILE).write_bytes(b"short")
    with pytest.raises(CallError, match="5 bytes instead of 32"):
        Store.open(tmp_path)
    (tmp_path / PEPPER_FILE).unlink()
    Store.open(tmp_path).close()
    database = sqlite3.connect(tmp_path / FILE)
    assert database.execute("PRAGMA user_version").fetchone() == (EDITION,)
    database.execute(f"PRAGMA user_version={EDITION + 1}")
    database.close()
    with pytest.raises(CallError, match="later version"):
        Store.open(tmp_path)
