"""Coverage of whole corridors, by hand: legs of 1 + 1 and 2 + 2 + 2 km, one walked reversed."""

from __future__ import annotations

import pytest
from http_doubles import make_door, open_client


@pytest.fixture(scope="module")
def rows():
    with open_client(make_door()) as client:
        body = client.get("/coverage").json()
    return {(r["corridor"], r["service"], r["direction"]): r for r in body["coverage"]}


def test_shares_are_of_length_in_the_corridors_own_direction(rows):
    # "north" walks leg a against its chainage: its forward is the leg's backward. Covered (<= 4 h)
    # forward: a-0001 (2 h) and a-0002 (4 h) backward, each 1 km; of leg b only b-0001 has rows
    # (5 h: not covered), 2 km. So 2 of 4 km; backward 1 h and 3 h covered, b-0001 not: 2 of 4.
    assert rows["north", "water", "forward"]["covered_share"] == 0.5
    assert rows["north", "water", "forward"]["length_km"] == 4.0
    assert rows["north", "water", "backward"]["covered_share"] == 0.5
    assert rows["short", "water", "forward"]["covered_share"] == 1.0
    assert rows["short", "water", "forward"]["longest_gap"] is None


def test_only_what_is_asked_for(client):
    body = client.get("/coverage?corridor=short&service=water").json()
    assert {row["corridor"] for row in body["coverage"]} == {"short"}
    assert client.get("/coverage?corridor=nothing").status_code == 400
    assert client.get("/coverage?service=gold").status_code == 400


def test_the_public_sees_no_shares(public_client):
    body = public_client.get("/coverage").json()
    assert body["coverage"] == []
    assert "restricted" in body["note"]


def test_quarantine_is_for_planners(public_client):
    assert public_client.get("/layers/incidents/quarantine").status_code == 404
