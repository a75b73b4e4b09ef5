from __future__ import annotations

import pytest


def test_places_in_order_of_travel(public_client):
    answer = public_client.get("/places?layer=shelters&corridor=north&service=water")
    first, second = answer.json()["places"]
    assert first["services"] == ["water", "food"]
    assert (second["order"], second["walk_h"]) == (2, None)
    assert second["check"] == "water|2026-01-15"


@pytest.mark.parametrize(("query", "status"), [
    ("layer=shelters", 400),
    ("layer=shelters&corridor=north&leg=a", 400),
    ("layer=shelters&from=Arriaga", 400),
    ("layer=shelters&to=Arriaga", 400),
    ("layer=shelters&corridor=", 400),
    ("layer=shelters&corridor=north&service=watr", 400),
    ("layer=shelters&corridor=north&admits=cats", 400),
    ("corridor=north", 400),
    ("layer=nothing&corridor=north", 404),
    ("layer=segments&corridor=north", 404),
    ("layer=places&corridor=north", 404),
])
def test_what_cannot_be_listed(public_client, query, status):
    assert public_client.get(f"/places?{query}").status_code == status


def test_the_words_of_other_folders_are_not_repeated(public_client):
    answer = public_client.get("/places?layer=shelters&corridor=south")
    assert answer.status_code == 400
    assert "SECRET" not in answer.text
