from __future__ import annotations

from urllib.parse import urlsplit

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from http_doubles import (
    SHOWN,
    TODAY,
    make_door,
    make_layer,
    make_places,
    make_segments,
    open_client,
)

from api.asking.selection import find_in_boxes
from api.stock.room import Room
from layers.disclosure import disclose

PLACES = "/collections/places/items"


def follow(client, url):
    """Every page from here on."""
    while url:
        answer = client.get(url)
        assert answer.status_code == 200
        page = answer.json()
        yield page
        url = next((link["href"] for link in page["links"] if link["rel"] == "next"), None)


def list_ids(client, url):
    return [feature["id"] for page in follow(client, url) for feature in page["features"]]


@pytest.mark.parametrize(
    "query", ["limit=7", "limit=250", "limit=249", "", "limit=3&bbox=-90,-60,90,60"]
)
def test_pages_hold_every_id_once_in_order(client, query):
    ids = list_ids(client, f"{PLACES}?{query}")
    assert ids == sorted(set(ids))
    assert len(ids) == client.get(f"{PLACES}?{query}").json()["numberMatched"]
    if "bbox" not in query:
        assert len(ids) == 250


def test_last_full_page_has_no_next(client):
    first = client.get(f"{PLACES}?limit=125").json()
    second = list(follow(client, f"{PLACES}?limit=125"))[1]
    rels = [link["rel"] for link in first["links"] if link["rel"] != "alternate"]
    assert rels == ["self", "collection", "next"]
    rels = [link["rel"] for link in second["links"] if link["rel"] != "alternate"]
    assert rels == ["self", "collection"]


def test_default_and_largest_page():
    with open_client(make_door(places=10_050)) as client:
        assert client.get(PLACES).json()["numberReturned"] == 100
        largest = client.get(f"{PLACES}?limit=99999999").json()
        assert (largest["numberReturned"], largest["numberMatched"]) == (10_000, 10_050)


@pytest.mark.parametrize(
    "box",
    [(-90, -30, 90, 30), (170, -60, -170, 60), (100.5, -90, -100.25, 90), (-180, -90, 180, 90),
     (179.9, 0, 180, 0.1)],
)
def test_bbox_equals_shapely(client, box):
    west, south, east, north = box
    shapes = make_places(250).set_index("geonameid")["geometry"]
    parts = [(west, east)] if west <= east else [(west, 180), (-180, east)]
    hit = np.zeros(len(shapes), dtype=bool)
    for a, b in parts:
        hit |= shapely.intersects(shapely.box(a, south, b, north), shapes.to_numpy())
    hit |= shapely.is_missing(shapes.to_numpy())
    text = ",".join(map(str, box))
    assert list_ids(client, f"{PLACES}?limit=50&bbox={text}") == shapes.index[hit].tolist()


def test_bbox_meets_lines_not_their_envelopes(client):
    # All five segments lie on 15 degrees north, one degree each from 90 degrees west.
    url = "/collections/segments/items?bbox="
    assert list_ids(client, url + "-89.5,14,-88.5,16") == ["a-0001", "a-0002"]
    assert list_ids(client, url + "-89.5,15,-89.5,15") == ["a-0001"]
    assert list_ids(client, url + "-89.5,15.0001,-88.5,16") == []
    assert list_ids(client, url + "-89.5,14,-100,-88.5,16,9000") == ["a-0001", "a-0002"]


def test_bbox_in_the_corner_of_an_envelope_meets_nothing():
    frame = make_segments().iloc[:1].assign(geometry=[shapely.LineString([(0, 0), (10, 10)])])
    room = Room(make_door())
    room.door.layers["segments"] = make_layer("segments", frame)
    assert find_in_boxes(room, "segments", ((8.0, 0.0, 10.0, 2.0),)).tolist() == []
    assert find_in_boxes(room, "segments", ((8.0, 0.0, 10.0, 8.0),)).tolist() == [0]


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=-1", "limit=ten", "limit=", "limit=1.5", "limit=1&limit=2", "bbox=1,2,3",
     "bbox=1,2,3,4,5", "bbox=a,b,c,d", "bbox=nan,0,1,1", "bbox=0,0,inf,1", "bbox=0,5,1,4",
     "bbox=-181,0,1,1", "bbox=0,-91,1,1", "bbox=1_0,0,20,1", "datetime=yesterday",
     "datetime=2024-13-01", "datetime=2024-01-01T00:00:00", "datetime=../..", "datetime=",
     "datetime=2024-02-01/2024-01-01", "datetime=2024-01-01/2024-01-02/2024-01-03", "token=x",
     "token=%ff", "f=mvt", "f=pdf", "foo=bar", "filter-lang=cql", "bbox-crs=EPSG:1",
     "filter-crs=EPSG:1", "crs=EPSG:1", "properties=nothing", "sortby=nothing",
     "sortby=", "sortby=--name", "LIMIT=1"],
)
def test_bad_parameters_are_400_problems(client, query):
    answer = client.get(f"{PLACES}?{query}")
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == 400
    assert answer.json()["detail"]


@pytest.mark.parametrize(
    "query", ["filter-lang=cql2-text", "filter-lang=cql2-json", "bbox-crs=EPSG:3857",
              "filter-crs=EPSG:4326"])
def test_what_says_how_to_read_nothing_changes_nothing(client, query):
    """Some clients send these with every request."""
    answer, plain = client.get(f"{PLACES}?{query}"), client.get(PLACES)
    assert answer.status_code == 200
    assert answer.json()["features"] == plain.json()["features"]


def test_other_formats_name_those_that_exist(client):
    assert "geojson, html" in client.get(f"{PLACES}?f=mvt").json()["detail"]


def test_datetime_chooses_months_and_rows_without_one(client):
    url = "/collections/activity/items?datetime="
    assert list_ids(client, url + "2024-02-10") == ["x-2", "x-4"]
    midnight = "2024-01-31T23:59:59Z/2024-02-01T00:00:00Z"
    assert list_ids(client, url + midnight) == ["x-1", "x-2", "x-4"]
    assert list_ids(client, url + "2024-01-31T23:59:59-05:00") == ["x-2", "x-4"]
    assert list_ids(client, url + "2024-02-29/..") == ["x-2", "x-3", "x-4"]
    assert list_ids(client, url + "/2024-01-01") == ["x-1", "x-4"]


def test_a_collection_without_time_ignores_a_valid_datetime(client):
    assert client.get(f"{PLACES}?datetime=1999-01-01").json()["numberMatched"] == 250


def test_a_table_has_null_geometry_and_ignores_bbox(client):
    page = client.get("/collections/activity/items?bbox=0,0,1,1").json()
    assert page["numberMatched"] == 4
    assert {feature["geometry"] for feature in page["features"]} == {None}


def test_one_feature(client):
    feature = client.get("/collections/segments/items/b-0003").json()
    assert feature["properties"]["near_place"] == "Ñuñoa"
    assert feature["properties"]["risk_score"] is None
    assert [link["rel"] for link in feature["links"]] == ["self", "alternate", "collection"]
    assert client.get("/collections/segments/items/b-0004").status_code == 404


def test_content_type_and_head(client):
    answer = client.get(PLACES)
    assert answer.headers["content-type"] == "application/geo+json"
    head = client.head(PLACES)
    assert head.content == b""
    assert head.headers["content-length"] == answer.headers["content-length"]
    assert head.headers["etag"] == answer.headers["etag"]


def test_etag_is_of_the_bytes_and_gives_304(client):
    first, again = client.get(PLACES), client.get(PLACES)
    assert first.content == again.content
    etag = first.headers["etag"]
    assert not etag.startswith("W/")
    assert again.headers["etag"] == etag
    for known in (etag, f'W/{etag}, "other"', "*"):
        answer = client.get(PLACES, headers={"If-None-Match": known})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == etag
    assert client.get(PLACES, headers={"If-None-Match": '"other"'}).status_code == 200
    assert client.get(f"{PLACES}?limit=99").headers["etag"] != etag


def test_a_token_of_another_run_is_gone(client):
    page = client.get(f"{PLACES}?limit=10").json()
    token = next(link["href"] for link in page["links"] if link["rel"] == "next")
    with open_client(make_door(run_id="20260102T000000Z-bbbbbbbb")) as later:
        parts = urlsplit(token)
        answer = later.get(f"{parts.path}?{parts.query}")
    assert answer.status_code == 410
    assert "start again" in answer.json()["detail"]


def test_datetime_chooses_incidents_as_the_gate_shows_them(monkeypatch):
    monkeypatch.setitem(SHOWN, "restricted", {*SHOWN["restricted"], "incidents"})
    dates = pd.to_datetime(["2024-01-05", "2024-02-10", "2024-02-20"]).astype("datetime64[s]")
    rows = gpd.GeoDataFrame({
        "incident_id": ["a", "b", "c"], "date": dates, "class": "env", "n_victims": 1,
        "coord_precision_km": 1.0, "source": "x", "synthetic": True,
    }, geometry=gpd.points_from_xy([-92.0, -93.0, -94.0], [15.0] * 3), crs=4326)  # fmt: skip
    door = make_door()
    door.layers["incidents"] = disclose(make_layer("incidents", rows), "restricted", today=TODAY)
    with open_client(door) as client:
        url = "/collections/incidents/items?datetime="
        assert client.get(url + "2024-02-01/2024-02-29").json()["numberMatched"] == 2
        assert client.get(url + "../2024-01-31").json()["numberMatched"] == 1
        assert client.get(url + "2023-01-01").json()["numberMatched"] == 0
