"""POST /reports over HTTP: who may, what is answered, and that nobody else learns of it."""

from __future__ import annotations

import datetime as dt
import json
import re

import pytest
from http_doubles import make_door, open_client
from key_rings import keep_key

from api.reports.line import write_line
from api.reports.refusals import REFER
from api.reports.report import PlaceReport
from api.reports.store import Store

TODAY = dt.datetime.now(tz=dt.UTC).date()
LINE = write_line(PlaceReport("mx-ex-1", "CLOSED", TODAY))
TEXT = {"content-type": "text/plain"}
GEOJSON = {"content-type": "application/geo+json"}
INCIDENT = {"type": "Feature", "geometry": {"type": "Point", "coordinates": [-92.13456, 14.6789]},
            "properties": {"class": "wat", "date": f"{TODAY}", "dead": 1}}


@pytest.fixture
def partner(tmp_path):
    with open_client(make_door("partner"), state=tmp_path) as client:
        yield client


def post(client, body=LINE, headers=TEXT, **more):
    content = body if isinstance(body, (str, bytes)) else json.dumps(body)
    return client.post("/reports", content=content, headers={**headers, **more})


def test_a_line_is_stored_and_its_sender_may_ask_where_it_stands(partner, tmp_path):
    response = post(partner)
    id_ = response.json()["id"]
    assert (response.status_code, response.headers["location"]) == (201, f"/reports/{id_}")
    assert response.headers["cache-control"] == "private, no-store"
    assert response.json()["state"] == "queued"
    assert re.fullmatch(r"[0-9]{8}-[0-9a-f]{12}", id_)
    store = Store.open(tmp_path)
    assert store.find(id_).report == PlaceReport("mx-ex-1", "CLOSED", TODAY)
    told = partner.get(f"/reports/{id_}")
    assert (told.status_code, told.json()["state"]) == (200, "queued")
    store.decide(id_, "rejected", day=TODAY)
    etag = told.headers.get("etag", "*")
    again = partner.get(f"/reports/{id_}", headers={"if-none-match": etag})
    assert (again.status_code, again.json()["state"]) == (200, "decided")
    assert set(again.json()) == {"id", "state", "links"}
    store.close()


@pytest.mark.parametrize(("audience", "told"), [
    ("partner", {"accepted": "decided", "rejected": "decided"}),
    ("restricted", {"accepted": "accepted", "rejected": "rejected"}),
])
def test_only_who_sees_every_place_is_told_how_a_report_was_decided(tmp_path, audience, told):
    store = Store.open(tmp_path)
    with open_client(make_door(audience), state=tmp_path) as client:
        for state, said in told.items():
            line = write_line(PlaceReport(f"mx-ex-{len(state)}{state[0]}", "CLOSED", TODAY))
            id_ = post(client, line).json()["id"]
            store.decide(id_, state, day=TODAY)
            assert client.get(f"/reports/{id_}").json()["state"] == said
            assert post(client, line).json()["state"] == said
    store.close()


def test_geojson_and_json_are_taken_as_well(partner):
    assert post(partner, INCIDENT, GEOJSON).status_code == 201
    place = {"place_id": "mx-ex-1", "status": "FULL", "date": f"{TODAY}"}
    assert post(partner, place, {"content-type": "application/json"}).status_code == 201
    feature = {"type": "Feature", "geometry": None, "properties": place}
    assert post(partner, feature, GEOJSON).headers["idempotency-replayed"] == "true"


def test_a_retry_with_its_key_is_answered_as_before(partner):
    key = {"idempotency-key": "message-7"}
    first, again = post(partner, **key), post(partner, f"  {LINE.upper()}\r\n", **key)
    assert first.json() == again.json()
    assert (again.status_code, again.headers["location"]) == (201, first.headers["location"])
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert post(partner, INCIDENT, GEOJSON, **key).status_code == 409


@pytest.mark.parametrize("key", ["", " ", "x" * 65, "a b", "ñ".encode(), "a\tb"])
def test_a_key_that_is_none_is_refused(partner, key):
    assert post(partner, **{"idempotency-key": key}).status_code == 422


@pytest.mark.parametrize(("body", "headers", "status"), [
    ({**INCIDENT, "note": "SECRET"}, GEOJSON, 422),
    (LINE.replace("CLOSED", "SECRET"), TEXT, 422),
    (b"\xff", TEXT, 422),
    (b'{"a":' * 600 + b"1" + b"}" * 600, {"content-type": "application/json"}, 422),
    ("", TEXT, 422),
    (LINE + " " * 5000, TEXT, 413),
    (LINE, {"content-type": "application/xml"}, 415),
    (LINE, {}, 415),
])
def test_what_is_not_taken_is_a_problem_that_repeats_nothing(partner, body, headers, status):
    response = post(partner, body, headers)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert "SECRET" not in response.text


def test_what_must_be_referred_is_referred_and_not_stored(partner, tmp_path):
    said = {**INCIDENT["properties"], "class": "sexual_violence"}
    response = post(partner, {**INCIDENT, "properties": said}, GEOJSON)
    assert (response.status_code, response.json()["detail"]) == (422, REFER)
    store = Store.open(tmp_path)
    assert store.list_all() == []
    store.close()


def test_the_public_and_a_server_without_state_know_of_no_reports(tmp_path):
    with open_client(make_door("public"), state=tmp_path) as client:
        assert post(client).status_code == 404
        assert client.get("/reports/20260315-000000000000").status_code == 404
        assert post(client).json() == client.get("/nothing").json()
    with open_client(make_door("partner")) as client:
        assert post(client).status_code == 404


def test_a_report_is_its_senders_alone(tmp_path):
    tokens = [keep_key(tmp_path, holder=name, created=TODAY)[1] for name in ("Casa A", "Casa B")]
    with open_client(make_door("partner"), state=tmp_path) as client:
        mine, theirs = ({"x-api-key": token} for token in tokens)
        first = post(client, **mine, **{"idempotency-key": "k"})
        other = post(client, INCIDENT, GEOJSON, **theirs, **{"idempotency-key": "k"})
        assert (first.status_code, other.status_code) == (201, 201)
        path = first.headers["location"]
        assert client.get(path, headers=mine).status_code == 200
        assert client.get(path, headers=theirs).status_code == 404
        assert client.get(path).status_code == 404
        unknown = client.get("/reports/20260315-000000000000", headers=theirs)
        assert client.get(path, headers=theirs).json() == unknown.json()


def test_a_page_from_elsewhere_cannot_report_for_the_machine_it_is_read_on(partner):
    for origin in ("https://elsewhere.example", "null"):
        # By the reception, or by the doorway behind it.
        assert post(partner, origin=origin).status_code in {404, 421}
    assert post(partner, origin="http://localhost").status_code == 201


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_nothing_but_posting_is_possible(partner, method):
    assert partner.request(method, "/reports").status_code == 405


def test_too_many_is_429_with_a_word_when_to_come_back(partner, tmp_path, monkeypatch):
    monkeypatch.setattr("api.routes.reports._open_purged", lambda state, _door: Store.open(
        state, most_queued_each=1))
    assert post(partner).status_code == 201
    response = post(partner, INCIDENT, GEOJSON)
    assert response.status_code == 429
    assert int(response.headers["retry-after"]) > 0


def test_what_is_over_30_days_decided_is_erased_when_the_reports_are_opened(tmp_path):
    store = Store.open(tmp_path)
    id_ = store.add(PlaceReport("mx-ex-1", "FULL", TODAY), holder="", key="",
                    now=dt.datetime.now(tz=dt.UTC), knows_place=lambda _: True).id
    store.decide(id_, "rejected", day=dt.date(2020, 1, 1))
    with open_client(make_door("partner"), state=tmp_path) as client:
        assert client.get(f"/reports/{id_}").status_code == 404
    assert store.list_all() == []
    store.close()
