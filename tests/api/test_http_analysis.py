from __future__ import annotations

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
