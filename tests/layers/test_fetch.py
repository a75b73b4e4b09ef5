"""Fetching: recorded and replayed payloads (synthetic rows), and what may be wished for."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import tomllib

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from api.commands.fetch import fetch as fetch_command
from layers.errors import CallError, InputError
from layers.fetching.fetch import RECORD_FILE, fetch, read_record
from layers.fetching.transports import (
    Reply,
    check_address,
    fetch_live,
    record_with,
    replay_from,
)
from layers.fetching.upstreams import Wish, choose_resource, find_source, load_sources, parse_area

NOW = dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC)
ROWS = json.dumps([{"web_id": "EXAMPLE-1", "number_dead": "1", "synthetic": "true"}]).encode()
YEAR = Wish("iom-year", {"year": "2021"})


def answer_with(*payloads):
    """A transport that gives these payloads in turn and keeps what it was asked."""
    queue, asked = list(payloads), []

    def transport(ask, into):
        asked.append(ask)
        payload = queue.pop(0)
        into.write(payload)
        sha256 = hashlib.sha256(payload).hexdigest()
        return Reply(ask.url, (("etag", '"x\\y"'),), sha256, len(payload))

    transport.asked = asked
    return transport


def get(to, transport, wish=YEAR, **options):
    return fetch(wish, to=to, transport=transport, now=NOW, **options)


def test_a_download_stands_with_its_checksum(tmp_path):
    fetched = get(tmp_path / "new", answer_with(ROWS))
    assert fetched.path.name == "iom-2021.json"
    assert fetched.path.read_bytes() == ROWS
    entry = tomllib.loads((tmp_path / "new" / RECORD_FILE).read_text())["files"]["iom-2021.json"]
    assert entry["sha256"] == fetched.sha256 == hashlib.sha256(ROWS).hexdigest()
    assert (entry["size"], entry["source"]) == (len(ROWS), "iom-year")
    assert (entry["retrieved"], entry["etag"]) == ("2026-11-22T12:00:00+00:00", '"x\\y"')
    assert {path.name for path in (tmp_path / "new").iterdir()} == {"iom-2021.json", RECORD_FILE}


def test_a_changed_payload_is_told_and_taken_only_when_asked(tmp_path):
    get(tmp_path, answer_with(ROWS))
    again = get(tmp_path, answer_with(ROWS))
    assert again.before == again.sha256
    with pytest.raises(InputError, match=r"changed since 2026-11-22.*--replace") as caught:
        get(tmp_path, answer_with(ROWS + b" "))
    assert "\n" not in str(caught.value)
    assert (tmp_path / "iom-2021.json").read_bytes() == ROWS
    taken = get(tmp_path, answer_with(ROWS + b" "), changed="take")
    assert taken.before == hashlib.sha256(ROWS).hexdigest()
    assert read_record(tmp_path)["iom-2021.json"]["sha256"] == taken.sha256
    assert not list(tmp_path.glob(".fetch-*"))


def test_a_file_that_was_edited_is_not_overwritten(tmp_path):
    get(tmp_path, answer_with(ROWS))
    (tmp_path / "iom-2021.json").write_bytes(b"edited by hand")
    with pytest.raises(InputError, match="not the one that was fetched"):
        get(tmp_path, answer_with(ROWS))
    assert (tmp_path / "iom-2021.json").read_bytes() == b"edited by hand"


def test_a_broken_download_leaves_the_folder_as_it_was(tmp_path):
    def breaks(ask, into):
        into.write(b"half")
        raise InputError("upstream broke off")

    get(tmp_path, answer_with(ROWS))
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(InputError, match="broke off"):
        get(tmp_path, breaks)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_recorded_then_replayed(tmp_path):
    recorded = get(tmp_path / "a", record_with(answer_with(ROWS), tmp_path / "tape"))
    replayed = get(tmp_path / "b", replay_from(tmp_path / "tape"))
    assert replayed.sha256 == recorded.sha256
    assert replayed.path.read_bytes() == ROWS
    with pytest.raises(InputError, match="no recorded answer"):
        get(tmp_path / "c", replay_from(tmp_path / "tape"), Wish("iom-year", {"year": "2020"}))
    (body,) = (tmp_path / "tape").glob("*.bin")
    body.write_bytes(b"altered")
    with pytest.raises(InputError, match="was altered"):
        get(tmp_path / "d", replay_from(tmp_path / "tape"))


DATASET = {"success": True, "result": {"resources": [
    {"name": "EXAMPLE Points 2024.csv", "format": "CSV",
     "url": "https://data.humdata.org/dataset/x/resource/y/download/points.csv"},
    {"name": "EXAMPLE notes", "format": "PDF", "url": "https://elsewhere.example/notes.pdf"},
]}}


def test_a_catalogue_leads_to_one_resource(tmp_path):
    wish = Wish("hdx", {"dataset": "example-points", "resource": "points"})
    transport = answer_with(json.dumps(DATASET).encode(), b"a,b\n1,2\n")
    fetched = get(tmp_path, record_with(transport, tmp_path / "tape"), wish)
    assert fetched.path.name == "hdx-example-points-example-points-2024.csv"
    assert transport.asked[0].url.endswith("/package_show?id=example-points")
    assert transport.asked[1].url.endswith("/download/points.csv")
    again = get(tmp_path / "b", replay_from(tmp_path / "tape"), wish)
    assert again.sha256 == fetched.sha256


def test_a_resource_on_another_host_is_not_followed(tmp_path):
    tape = tmp_path / "tape"
    wish = Wish("hdx", {"dataset": "example-points", "resource": "notes"})
    get(tmp_path, record_with(answer_with(json.dumps(DATASET).encode(), b"x"), tape), wish)
    with pytest.raises(InputError, match=r"elsewhere\.example: not a host of this source"):
        get(tmp_path / "b", replay_from(tape), wish)


def test_a_resource_must_be_one(tmp_path):
    with pytest.raises(CallError, match=r"fits 2 of: example-notes\.pdf, example-points-2024\.csv"):
        choose_resource(DATASET["result"], "example")


@pytest.mark.parametrize("payload", [b"", b"[]", b"{", b'{"result": {}}', b"[" * 100_000,
                                     b'{"result": {"resources": [1, {}]}}'])
def test_a_strange_catalogue_is_refused(tmp_path, payload):
    wish = Wish("hdx", {"dataset": "example", "resource": "x"})
    with pytest.raises(InputError):
        get(tmp_path, answer_with(payload), wish)


def test_an_area_of_the_map_becomes_an_overpass_question(tmp_path):
    transport = answer_with(b"<osm/>")
    fetched = get(tmp_path, transport, Wish("osm", {"area": "-92.3,14.8,-92.1,15.0"}))
    assert fetched.path.name == "osm--92.3-14.8-92.1-15.0.osm".replace("-92.1", "--92.1")
    body = transport.asked[0].body.decode()
    assert "14.8000000%2C-92.3000000%2C15.0000000%2C-92.1000000" in body
    for key in ("highway", "amenity", "healthcare", "social_facility"):
        assert f"nwr%5B%22{key}%22%5D" in body


@pytest.mark.parametrize(("source", "options", "says"), [
    ("nobody", {}, "there are: iom"),
    ("iom-year", {}, "needs --year"),
    ("iom-year", {"year": "1999"}, "--year"),
    ("iom-year", {"year": "20٢1"}, "--year"),
    ("hdx", {"dataset": "../../x"}, "--dataset"),
    ("hdx", {"dataset": "a b"}, "--dataset"),
    ("geofabrik", {"region": "/etc"}, "--region"),
    ("geofabrik", {"region": "a/../b"}, "--region"),
    ("osm", {"area": "1,2,3"}, "four numbers"),
    ("osm", {"area": "nan,0,1,1"}, "west before east"),
    ("osm", {"area": "2,0,1,1"}, "west before east"),
    ("osm", {"area": "-99,14,-90,20"}, "georisk fetch geofabrik"),
])
def test_a_wish_that_cannot_be(source, options, says):
    with pytest.raises(CallError, match=says) as caught:
        find_source(Wish(source, options))
    assert "\n" not in str(caught.value)


@given(st.text(max_size=30))
def test_any_area_is_read_or_refused(text):
    try:
        west, south, east, north = parse_area(text)
    except CallError:
        return
    assert -180 <= west < east <= 180
    assert -90 <= south < north <= 90


def test_every_source_is_https_on_its_own_hosts_and_says_its_basis():
    for source in load_sources().values():
        host, _ = check_address(source.url.format(year=2020, dataset="a", region="a"), source.hosts)
        assert host in source.hosts
        assert source.basis
        assert source.title
        assert not source.verified  # nobody has called them yet: change this when somebody has


def run_command(*words):
    command = typer.Typer()
    command.command()(fetch_command)
    return CliRunner().invoke(command, [*words])


def test_the_command_replays_a_tape(tmp_path):
    get(tmp_path / "a", record_with(answer_with(ROWS), tmp_path / "tape"))
    words = ["iom-year", "--year", "2021", "-o", str(tmp_path / "b"),
             "--replay", str(tmp_path / "tape")]
    done = run_command(*words, "--json")
    assert done.exit_code == 0, done.output
    answer = json.loads(done.stdout)
    assert answer["sha256"] == hashlib.sha256(ROWS).hexdigest()
    assert (answer["size"], answer["before"]) == (len(ROWS), "")
    again = run_command(*words)
    assert "unchanged" in again.stderr
    assert again.stdout.strip().endswith("iom-2021.json")


@pytest.mark.parametrize("words", [("nobody",), ("iom-year",), ("iom", "--replay", "no-tape"),
                                   ("iom", "--replay", "a", "--record", "b")])
def test_the_command_refuses_in_one_line(tmp_path, words):
    done = run_command(*words, "-o", str(tmp_path))
    assert isinstance(done.exception, InputError)
    assert "\n" not in str(done.exception)


def test_offline_is_one_line(monkeypatch, tmp_path):
    def refuse(*_, **__):
        raise OSError(-2, "Name or service not known")

    monkeypatch.setattr("socket.create_connection", refuse)
    monkeypatch.setattr("socket.getaddrinfo", refuse)
    with pytest.raises(InputError, match=r"^no network: .*georisk import FILE$") as caught:
        get(tmp_path / "new", fetch_live)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 2
    assert not list((tmp_path / "new").iterdir())
