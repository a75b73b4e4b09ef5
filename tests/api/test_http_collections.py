from __future__ import annotations

import pytest
from http_doubles import SHOWN, make_door, open_client

from api.app import DOORWAYS
from api.routes.collections import CONFORMS_TO


def test_landing_links(client):
    links = {link["rel"]: link["href"] for link in client.get("/").json()["links"]}
    assert {"self", "conformance", "data"} <= set(links)
    for href in (links["self"], links["conformance"], links["data"]):
        assert client.get(href).status_code == 200


def test_only_what_passes_is_declared(client):
    # Core asks for an API definition; until there is one, nothing that rests on it is claimed.
    rels = {link["rel"] for link in client.get("/").json()["links"]}
    assert client.get("/conformance").json()["conformsTo"] == list(CONFORMS_TO)
    assert not CONFORMS_TO or "service-desc" in rels


def test_collections_are_those_of_the_audience(audience):
    with open_client(make_door(audience)) as client:
        body = client.get("/collections").json()
    assert tuple(it["id"] for it in body["collections"]) == SHOWN[audience]


def test_collection_describes_columns_and_extent(client):
    body = client.get("/collections/segments").json()
    columns = {column["name"]: column for column in body["columns"]}
    assert columns["length_km"]["unit"] == "km"
    assert columns["length_km"]["meaning"] == "Length"
    assert body["extent"]["spatial"]["bbox"] == [[-90.0, 15.0, -85.0, 15.0]]
    assert {"self", "items", "alternate"} <= {link["rel"] for link in body["links"]}
    activity = client.get("/collections/activity").json()
    assert activity["extent"] == {
        "temporal": {
            "interval": [["2024-01-01T00:00:00Z", "2024-03-31T23:59:59Z"]],
            "trs": "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian",
        }
    }


def test_a_collection_points_to_its_queryables_without_being_read(client):
    address, rel, media = client.head("/collections/segments").headers["link"].split("; ")
    assert rel == 'rel="http://www.opengis.net/def/rel/ogc/1.0/queryables"'
    assert media == 'type="application/schema+json"'
    assert "segment_id" in client.get(address.strip("<>")).json()["properties"]


def test_links_lead_somewhere(client):
    for collection in client.get("/collections").json()["collections"]:
        for link in collection["links"]:
            assert client.get(link["href"]).status_code == 200


@pytest.mark.parametrize("tail", ["", "/items", "/items/a-0001", "/items?limit=5"])
def test_a_hidden_collection_is_like_one_that_does_not_exist(public_client, tail):
    hidden = public_client.get(f"/collections/segments{tail}")
    unknown = public_client.get(f"/collections/nothing{tail}")
    assert hidden.status_code == unknown.status_code == 404
    assert hidden.content == unknown.content
    assert dict(hidden.headers) == dict(unknown.headers)


def test_every_doorway_refuses_unknown_parameters(client):
    for doorway in DOORWAYS:
        path = doorway.path.replace("{", "").replace("}", "")
        answer = client.request(doorway.method, f"{path}?nonsense=1")
        assert answer.status_code == 400, doorway.path


@pytest.mark.parametrize(("method", "path", "status"), [
    ("GET", "/nothing", 404), ("GET", "/collections/", 404), ("GET", "/docs", 404),
    ("GET", "/openapi.json", 404), ("POST", "/collections", 405), ("DELETE", "/", 405),
])
def test_the_frameworks_own_errors_are_problems(client, method, path, status):
    answer = client.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
    if status == 405:
        assert "GET" in answer.headers["allow"]


def test_caching_by_audience(client, public_client):
    assert public_client.get("/collections").headers["cache-control"] == "public, max-age=60"
    assert client.get("/collections").headers["cache-control"] == "private, no-store"
    assert public_client.get("/nothing").headers["cache-control"] == "no-store"


def test_links_follow_the_address_in_the_settings():
    with open_client(make_door("public"), public_url="https://example.org/risk/") as client:
        body = client.get("/collections?f=json").json()
    assert body["links"][0]["href"] == "https://example.org/risk/collections?f=json"
