"""What no answer and no log may hold, and what never happens whatever is asked."""

from __future__ import annotations

import datetime as dt
import json
import logging
import string
import threading

import pytest
from http_doubles import make_door, make_layer, make_shelters, open_client
from hypothesis import given, settings
from hypothesis import strategies as st

from api.app import DOORWAYS
from api.asking.tokens import write_token
from layers.errors import NoSnapshotError

PATHS = [d.path.replace("{collection}", "places").replace("{feature}", "p-000001")
         .replace("{corridor}", "north") for d in DOORWAYS if "/maps" not in d.path]
NAMES = st.sampled_from(["limit", "bbox", "datetime", "token", "f", "lang", "x", "", "lïmit",
                         "layer", "corridor", "leg", "from", "to"])
NUMBERS = st.one_of(st.floats(allow_nan=True).map(str), st.integers().map(str))
VALUES = st.one_of(
    st.text(max_size=30),
    NUMBERS,
    st.lists(NUMBERS, min_size=3, max_size=7).map(",".join),
    st.tuples(st.dates(), st.dates()).map(lambda pair: f"{pair[0]}/{pair[1]}"),
    st.datetimes().map(lambda moment: moment.isoformat() + "Z"),
    st.sampled_from(["north", "shelters", "json", "..", "../..", "/", "MjAyNiBhLTE", "9" * 5000]),
)


@settings(max_examples=150, deadline=None)
@given(path=st.sampled_from(PATHS), pairs=st.lists(st.tuples(NAMES, VALUES), max_size=4))
def test_no_query_is_our_fault(client, path, pairs):
    answer = client.get(path, params=pairs)
    assert answer.status_code in {200, 400, 404, 405, 410}
    if answer.status_code != 200:
        assert answer.headers["content-type"] == "application/problem+json"


@settings(max_examples=100, deadline=None)
@given(raw=st.text(alphabet=string.printable[:94].replace("#", ""), max_size=60))
def test_no_raw_query_or_path_is_our_fault(client, raw):
    for url in (f"/collections/places/items?{raw}", f"/collections/{raw}"):
        assert client.get(url).status_code < 500


def test_log_lines_hold_template_status_and_milliseconds(client, capfd):
    client.get("/collections/places/items/p-000001?f=json")
    client.get("/collections/places/items?bbox=-91.5,14.25,-90,15&limit=3")
    client.get("/corridors/secret-name/profile")
    client.get("/secret-address?token=secret")
    text = capfd.readouterr().err
    lines = [json.loads(line) for line in text.splitlines() if '"route"' in line]
    assert [(line["route"], line["status"], line["audience"]) for line in lines] == [
        ("/collections/{collection}/items/{feature}", 200, "restricted"),
        ("/collections/{collection}/items", 200, "restricted"),
        ("/corridors/{corridor}/profile", 404, "restricted"),
        ("-", 404, "public"),
    ]
    assert all(line["ms"] >= 0 for line in lines)
    assert not any(word in text for word in ("secret", "14.25", "p-000001", "?"))


def test_our_own_faults_say_nothing(caplog):
    door = make_door()
    door.manifest = lambda: {}["secret-key"]
    with caplog.at_level(logging.INFO), open_client(door) as client:
        answer = client.get("/manifest")
    assert answer.status_code == 500
    assert answer.json() == {"type": "about:blank", "title": "Internal Server Error", "status": 500}
    assert "secret-key" not in caplog.text
    assert "unexpected KeyError" in caplog.text


def test_safe_headers_everywhere(client):
    for path in ("/", "/nothing", "/healthz", "/collections/places/items?limit=0"):
        headers = client.get(path).headers
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(("host", "status"), [
    ("localhost:8000", 200), ("127.0.0.1", 200), ("[::1]:8000", 200), ("example.org", 421),
    ("localhost.example.org", 421), ("a b", 421), ("", 421),
])
def test_more_than_public_answers_for_this_machine_only(client, host, status):
    assert client.get("/collections", headers={"Host": host}).status_code == status


def test_the_public_server_answers_for_any_name(public_client):
    answer = public_client.get("/collections", headers={"Host": "example.org"})
    assert answer.json()["links"][0]["href"] == "http://example.org/collections"
    odd = public_client.get("/collections", headers={"Host": '"><script>'})
    assert "<script" not in odd.text


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr("api.stock.keeper.CHECK_EVERY_S", 0.0)


@pytest.mark.usefixtures("impatient")
def test_a_new_snapshot_is_picked_up_between_requests():
    later = make_door(run_id="20260102T000000Z-bbbbbbbb", places=3)
    door = make_door(successor=later)
    with open_client(door) as client:
        before = client.get("/collections/places/items")
        door.current = False
        after = client.get("/collections/places/items")
        assert client.get("/readyz").json()["run_id"] == later.run_id
    assert (before.json()["numberMatched"], after.json()["numberMatched"]) == (250, 3)
    assert before.headers["etag"] != after.headers["etag"]


@pytest.mark.usefixtures("impatient")
def test_pages_begun_before_a_switch_go_on_and_those_of_two_before_do_not():
    third = make_door(run_id="20260103T000000Z-cccccccc")
    second = make_door(run_id="20260102T000000Z-bbbbbbbb", places=3, successor=third)
    first = make_door(successor=second)
    with open_client(first) as client:
        page = client.get("/collections/places/items?limit=10").json()
        link = next(it["href"] for it in page["links"] if it["rel"] == "next")
        first.current = False
        following = client.get(link).json()
        assert following["numberMatched"] == 250
        assert following["features"][0]["id"] == "p-000010"
        assert client.get("/collections/places/items").json()["numberMatched"] == 3
        second.current = False
        assert client.get(link).status_code == 410


@pytest.mark.usefixtures("impatient")
def test_a_run_whose_places_were_closed_is_let_go_at_once():
    second = make_door(run_id="20260102T000000Z-bbbbbbbb", amends="20260101T000000Z-aaaaaaaa")
    first = make_door(successor=second)
    with open_client(first) as client:
        page = client.get("/collections/places/items?limit=10").json()
        link = next(it["href"] for it in page["links"] if it["rel"] == "next")
        first.current = False
        assert client.get(link).status_code == 410


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("change", ["gone", "phone", "layer"])
def test_what_was_taken_back_of_a_place_is_in_no_earlier_run(change):
    second = make_door("public", run_id="20260102T000000Z-bbbbbbbb")
    shelters = make_shelters()
    if change == "gone":
        second.layers["shelters"] = make_layer("shelters", shelters.iloc[:1])
    elif change == "phone":
        second.layers["shelters"] = make_layer("shelters", shelters.assign(phone="+52 55"))
    else:
        del second.layers["shelters"]
    first = make_door("public", successor=second)
    token = write_token(first.run_id, "a")
    with open_client(first) as client:
        assert client.get(f"/collections/shelters/items?token={token}").status_code == 200
        first.current = False
        answer = client.get(f"/collections/shelters/items?token={token}")
        assert answer.status_code == (404 if change == "layer" else 410)
        assert client.get(f"/collections/places/items?token={token}").status_code == 410


def test_current_is_looked_at_once_a_second():
    door = make_door()
    looks = []
    door.is_current = lambda: looks.append(1) or True
    with open_client(door) as client:
        for _ in range(20):
            client.get("/readyz")
    assert len(looks) <= 1


def test_a_request_keeps_its_door_while_another_is_opened(monkeypatch):
    monkeypatch.setattr("api.stock.keeper.CHECK_EVERY_S", 0.0)
    later = make_door(run_id="20260102T000000Z-bbbbbbbb", places=3)
    door = make_door(successor=later)
    with open_client(door) as client:
        client.get("/readyz")

        def read_manifest():
            # The snapshot changes, and somebody else asks, in the middle of this request.
            door.current = False
            return {"run_id": door.run_id, "count": door.served("places").count}

        door.manifest = read_manifest
        assert client.get("/manifest").json() == {"run_id": door.run_id, "count": 250}
        assert client.get("/readyz").json()["run_id"] == later.run_id


def test_consent_is_judged_by_the_day():
    days = [dt.date(2026, 1, 15)]
    doors = {}

    def open_door(day):
        return doors.setdefault(day, make_door("public", today=day, places=20 - day.day))

    with open_client(make_door("public"), read_day=lambda: days[-1], open_door=open_door) as client:
        before = client.get("/collections/places/items")
        days.append(dt.date(2026, 1, 16))
        after = client.get("/collections/places/items")
    assert list(doors) == days
    assert (before.json()["numberMatched"], after.json()["numberMatched"]) == (5, 4)
    assert before.headers["etag"] != after.headers["etag"]


@pytest.mark.usefixtures("impatient")
def test_without_a_snapshot_it_lives_but_is_not_ready():
    door = make_door()
    there = [True]

    def open_door(_day):
        if not there[-1]:
            raise NoSnapshotError("nothing in /srv/secret-folder")
        return door

    door.reopen = lambda: open_door(None)
    with open_client(door, open_door=open_door) as client:
        door.current = False
        there.append(False)
        assert client.get("/healthz").status_code == 200
        for path in ("/readyz", "/collections/places/items"):
            answer = client.get(path)
            assert answer.status_code == 503
            assert "secret-folder" not in answer.text
        there.append(True)
        assert client.get("/readyz").status_code == 200


@pytest.mark.parametrize(("asked", "packed"), [
    ("gzip", True), ("gzip, deflate, br", True), ("br;q=1.0, gzip;q=0.8, *;q=0.1", True),
    ("gzip; q=0.001", True), ("gzip;q=0", False), ("gzip; q=0.0, identity", False),
    ("br", False), ("", False),
])
def test_answers_are_packed_for_who_takes_them(client, asked, packed):
    address = "/collections/places/items?limit=200"
    plain = client.get(address, headers={"Accept-Encoding": "identity"})
    given = client.get(address, headers={"Accept-Encoding": asked})
    assert given.json() == plain.json()
    assert given.headers.get("content-encoding") == ("gzip" if packed else None)
    assert (given.headers["etag"] == plain.headers["etag"]) is not packed


def test_what_was_opened_is_closed_where_a_server_cannot_begin(tmp_path):
    def open_door(_day):
        raise OSError("no disk")

    with pytest.raises(OSError, match="no disk"), \
            open_client(make_door("public"), open_door=open_door, state=tmp_path):
        pass
    assert not any(thread.name == "audit" for thread in threading.enumerate())
