from __future__ import annotations

import pytest
from http_doubles import make_door, open_client


def test_profile_runs_along_the_corridor(client):
    body = client.get("/corridors/north/profile").json()
    pieces = body["pieces"]
    # Leg b as drawn, 3 x 2 km, then leg a from its end, 2 x 1 km.
    assert pieces["id"] == ["b-0001", "b-0002", "b-0003", "a-0002", "a-0001"]
    assert pieces["from_km"] == [0.0, 2.0, 4.0, 6.0, 7.0]
    assert pieces["to_km"] == [2.0, 4.0, 6.0, 7.0, 8.0]
    assert pieces["risk_class"][2] == "insufficient"
    assert pieces["risk_score"][2] is None
    assert pieces["intensity_low"] == [0.5] * 5
    assert body["legs"] == [
        {"leg_id": "b", "reversed": False}, {"leg_id": "a", "reversed": True},
    ]
    assert body["synthetic"] is True
    assert body["units"]["walk_h"] == "h"


def test_coverage_turns_with_a_reversed_leg(client):
    water = client.get("/corridors/north/profile").json()["coverage"]["water"]
    # Forward on the corridor is backward on leg a: 4 h on a-0002, 2 h on a-0001.
    assert water["forward"]["walk_h"] == [5.0, None, None, 4.0, 2.0]
    assert water["backward"]["walk_h"] == [None, None, None, 3.0, 1.0]
    assert water["forward"]["covered"] == [False, None, None, True, True]


def test_priority_is_not_beside_risk(client):
    pieces = client.get("/corridors/north/profile").json()["pieces"]
    assert not [column for column in pieces if column.startswith("priority")]


def test_a_partner_sees_stretches():
    with open_client(make_door("partner")) as client:
        body = client.get("/corridors/north/profile").json()
    assert body["source"] == "stretches"
    assert body["coverage"] == {}
    assert body["pieces"]["uncovered_services"][-1] == ["water"]


def test_the_public_sees_corridors_without_profiles(public_client):
    body = public_client.get("/corridors").json()
    assert [it["id"] for it in body["corridors"]] == ["north", "short"]
    assert not [it for it in body["corridors"] if "links" in it]
    hidden = public_client.get("/corridors/north/profile")
    assert hidden.status_code == 404
    assert hidden.content == public_client.get("/corridors/nowhere/profile").content


def test_an_unknown_corridor_is_404(client):
    assert client.get("/corridors/nowhere/profile").status_code == 404


def test_the_nearest_from_a_town_and_from_a_position(client):
    told = client.get("/nearest?place=Arriaga&service=water").json()
    assert told["from"] == "Arriaga"
    assert told["nearest"][0]["place_id"] == "mx-ex-1"
    body = {"type": "Point", "coordinates": [-93.9, 16.2371], "service": "water"}
    answer = client.post("/nearest", json=body)
    assert answer.json()["from"] == "Arriaga"
    assert answer.headers["cache-control"] == "no-store"
    assert "16.23" not in answer.text


@pytest.mark.parametrize("query", ["", "?place=", "?place=Nowhere", "?place=Arriaga&service=gold",
                                   "?place=Arriaga&lat=1"])
def test_no_such_start(client, query):
    answer = client.get(f"/nearest{query}")
    assert answer.status_code == 400
    assert "SECRET" not in answer.text


@pytest.mark.parametrize("body", [
    b"", b"x", b"[]", b"{}", b'{"type":"Point"}', b'{"type":"Point","coordinates":[1]}',
    b'{"type":"Point","coordinates":[181,1]}', b'{"type":"Point","coordinates":["1",1]}',
    b'{"type":"Point","coordinates":[1,1],"name":"x"}', b'{"type":"Point","coordinates":[1e999,1]}',
    b'{"type":"Point","coordinates":[1,1],"service":5}', b"[" * 500,
    b'{"type":"Point","coordinates":[true,1]}',
])
def test_no_position(client, body):
    headers = {"Content-Type": "application/geo+json"}
    answer = client.post("/nearest", content=body, headers=headers)
    assert answer.status_code == 422
    assert client.post("/nearest", content=body).status_code == 415


def test_what_was_set_aside(client, public_client):
    told = client.get("/layers/incidents/quarantine").json()
    assert told["read"] == told["accepted"] + told["quarantined"] == 3
    assert told["rows"][0]["reason"] == "no date"
    assert client.get("/layers/nothing/quarantine").status_code == 404
    assert public_client.get("/layers/incidents/quarantine").status_code == 404
