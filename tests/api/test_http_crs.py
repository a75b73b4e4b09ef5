"""Reference systems over HTTP, against pyproj; order of axes as the authority has it."""

from __future__ import annotations

import numpy as np
import pytest
from http_doubles import make_door, open_client
from pyproj import Transformer

PLACES = "/collections/places/items"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"


def list_points(client, query=""):
    features = client.get(f"{PLACES}?limit=1000{query}").json()["features"]
    return {f["id"]: f["geometry"] and f["geometry"]["coordinates"] for f in features}


def test_collections_name_their_systems(client):
    body = client.get("/collections").json()
    assert body["crs"] == [CRS84, f"{EPSG}4326", f"{EPSG}3857", f"{EPSG}6372"]
    places = client.get("/collections/places").json()
    assert places["crs"] == body["crs"]
    assert places["storageCrs"] == CRS84
    assert "crs" not in client.get("/collections/activity").json()


@pytest.mark.parametrize("code", ["4326", "3857", "6372"])
def test_coordinates_are_those_of_pyproj(client, code):
    plain, placed = list_points(client), list_points(client, f"&crs={EPSG}{code}")
    way = Transformer.from_crs("OGC:CRS84", f"EPSG:{code}")
    assert plain.keys() == placed.keys()
    for id_, lon_lat in plain.items():
        if lon_lat is None:
            assert placed[id_] is None
        else:
            np.testing.assert_allclose(placed[id_], way.transform(*lon_lat), atol=0.12)


def test_header_says_which(client):
    assert client.get(PLACES).headers["content-crs"] == f"<{CRS84}>"
    answer = client.get(f"{PLACES}/p-000001?crs={EPSG}3857")
    assert answer.headers["content-crs"] == f"<{EPSG}3857>"
    assert abs(answer.json()["geometry"]["coordinates"][0]) > 180
    short = client.get(f"{PLACES}?crs=EPSG:3857&limit=1")
    assert short.headers["content-crs"] == f"<{EPSG}3857>"


def test_a_box_in_any_system_finds_the_same(client):
    def count(query):
        return client.get(f"{PLACES}?{query}").json()["numberMatched"]

    plain = count("bbox=-100,10,-80,30")
    assert plain > 5
    assert count(f"bbox=10,-100,30,-80&bbox-crs={EPSG}4326") == plain
    way = Transformer.from_crs("OGC:CRS84", "EPSG:3857")
    corners = [*way.transform(-100, 10), *way.transform(-80, 30)]
    assert count(f"bbox={','.join(map(str, corners))}&bbox-crs={EPSG}3857") == plain
    across = count("bbox=170,-60,-170,60")
    assert count(f"bbox=-60,170,60,-170&bbox-crs={EPSG}4326") == across


@pytest.mark.parametrize("query", [
    "crs=EPSG:32614", "crs=", "bbox-crs=EPSG:1", "bbox=1,2,3,4&bbox-crs=x",
    f"bbox=1e9,0,2e9,1&bbox-crs={EPSG}4326", f"bbox=5,0,1,1&bbox-crs={EPSG}3857",
    f"bbox=1e300,0,1e301,1&bbox-crs={EPSG}3857",
])
def test_what_is_not_known_or_not_on_the_globe(client, query):
    answer = client.get(f"{PLACES}?{query}")
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"


def test_next_page_keeps_the_system_and_the_order(client):
    url, seen = f"{PLACES}?limit=60&crs=EPSG:3857&sortby=-name&properties=name", []
    while url:
        page = client.get(url).json()
        seen += [feature["properties"]["name"] for feature in page["features"]]
        assert all(set(feature["properties"]) == {"name"} for feature in page["features"])
        url = next((it["href"] for it in page["links"] if it["rel"] == "next"), None)
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == 250


def test_rows_without_a_value_come_last_both_ways():
    with open_client(make_door()) as client:
        for sign in ("", "-"):
            page = client.get(f"/collections/segments/items?sortby={sign}risk_score").json()
            scores = [feature["properties"]["risk_score"] for feature in page["features"]]
            assert scores[-1] is None
            assert scores[:-1] == sorted(scores[:-1], reverse=bool(sign))
