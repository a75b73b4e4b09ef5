"""OWSLib's `Features` on every collection: what it is told of them, and their items."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
import shapely
from expected import compare
from owslib.ogcapi.features import Features
from picks import pick_box, pick_condition
from reading import split_features

WANTED = ("ogcapi-features-1/1.0/conf/core", "ogcapi-features-1/1.0/conf/geojson",
          "ogcapi-features-3/1.0/conf/filter", "cql2/1.0/conf/cql2-text")


@pytest.fixture
def client(servers, audience):
    return Features(servers[audience])


def read_all(client, name, **asked):
    """All pages of a question; OWSLib leaves the next link to its caller."""
    features, token = [], {}
    while True:
        page = client.collection_items(name, limit=10_000, **asked, **token)
        assert page["numberReturned"] == len(page["features"])
        features += page["features"]
        following = [link["href"] for link in page["links"] if link["rel"] == "next"]
        if not following:
            assert page["numberMatched"] == len(features)
            return features
        token = {"token": parse_qs(urlsplit(following[0]).query)["token"][0]}


def test_collections_and_what_they_conform_to(client, expected):
    assert sorted(client.feature_collections()) == sorted(expected)
    told = client.conformance()["conformsTo"]
    for name in WANTED:
        assert f"http://www.opengis.net/spec/{name}" in told
    document = client.api()
    assert document["openapi"].startswith("3.0.")


def test_schema_and_queryables_name_the_columns(client, expected):
    for name, it in expected.items():
        columns = set(it.spec.columns)
        for document in (client.collection_schema(name), client.collection_queryables(name)):
            shapes = {key for key, about in document["properties"].items()
                      if about.get("x-ogc-role") == "primary-geometry"}
            assert bool(shapes) == (it.shapes is not None), name
            assert set(document["properties"]) - shapes - {"id"} >= columns - {"id"}, name


def test_every_item_of_every_collection(client, expected):
    faults = {name: compare(it, *split_features(read_all(client, name)))
              for name, it in expected.items() if it.ids}
    assert {name: fault for name, fault in faults.items() if fault} == {}


def test_boxes_filters_and_single_items(client, expected):
    for name, it in expected.items():
        if not it.ids:
            continue
        one = client.collection_item(name, it.ids[-1])
        assert compare(it.take([len(it.ids) - 1]), *split_features([one])) == []
        asked, rows = {}, np.ones(len(it.ids), dtype=bool)
        pick = pick_condition(it)
        if pick is not None:
            asked, rows = {"filter": pick.text, "filter-lang": "cql2-text"}, pick.rows
        if it.shapes is not None:
            asked["bbox"] = box = pick_box(it)
            rows = rows & it.meets(box)
        found = [feature["id"] for feature in read_all(client, name, **asked)]
        assert found == list(it.take(rows).ids), (name, asked)


def test_latitude_comes_first_in_epsg_4326(client, expected):
    """Part 2 keeps the order of axes of a CRS; a box in it, too."""
    it = expected["shelters"]
    crs = "http://www.opengis.net/def/crs/EPSG/0/4326"
    west, south, east, north = pick_box(it)
    found = read_all(client, "shelters", crs=crs, bbox=(south, west, north, east),
                     **{"bbox-crs": crs})
    ids, columns, shapes = split_features(found)
    turned = shapely.transform(shapes, lambda xy: xy[:, ::-1])
    assert compare(it.take(it.meets((west, south, east, north))), ids, columns, turned) == []


def test_items_can_be_sorted(client, expected):
    it = expected["places"]
    page = client.collection_items("places", limit=50, sortby=("population", "desc"))
    counts = [feature["properties"]["population"] for feature in page["features"]]
    known = sorted((n for n in it.columns["population"] if n is not None), reverse=True)
    assert [n for n in counts if n is not None] == known[:len([n for n in counts if n is not None])]


def test_what_the_public_may_not_see_is_not_there(servers, snapshot):
    client = Features(servers["public"])
    for name in sorted(set(snapshot["restricted"]) - set(snapshot["public"])):
        for ask in (client.collection, client.collection_items, client.collection_schema,
                    client.collection_queryables):
            with pytest.raises(RuntimeError, match='"status":404') as told:
                ask(name)
            with pytest.raises(RuntimeError) as unknown:
                ask("no-such-collection")
            assert str(told.value).replace(name, "*") == str(unknown.value).replace(
                "no-such-collection", "*")
