"""What the tests of the standards themselves look at, beyond what clients need."""

from __future__ import annotations

import gzip
from urllib.parse import urlsplit

import pytest
from http_doubles import make_door, open_client

PLACES = "/collections/places/items"


@pytest.fixture(scope="module")
def client():
    with open_client(make_door("public")) as client:
        yield client


@pytest.mark.parametrize("since", [
    "Sun, 22 Nov 99999999999999999999 00:00:00 GMT",
    "Sun, 22 Nov 2026 00:00:00 +99999999999999", "0", "Sun", "\x7f", "1" * 5000,
])
@pytest.mark.parametrize("path", ["/", "/api", PLACES, "/collections/places"])
def test_a_date_that_is_none_is_ignored(client, path, since):
    assert client.get(path, headers={"If-Modified-Since": since}).status_code == 200


@pytest.mark.parametrize("path", ["/", "/collections", "/collections/places", PLACES,
                                  f"{PLACES}/p-000001"])
def test_types_of_links_are_media_types_alone(client, path):
    links = client.get(path, headers={"Accept": "application/json"}).json()["links"]
    types = {link["type"] for link in links}
    assert "text/html" in types
    assert not any("charset" in it for it in types)


def test_items_are_linked_in_each_format_the_page_included(client):
    links = client.get("/collections/places").json()["links"]
    items = {link["type"]: link["href"] for link in links if link["rel"] == "items"}
    assert {"application/geo+json", "text/html", "text/csv"} <= set(items)
    for kind, href in items.items():
        told = client.get(urlsplit(href)._replace(scheme="", netloc="").geturl())
        assert told.headers["content-type"].partition(";")[0] == kind


def test_every_parameter_says_how_it_is_written(client):
    told = client.get("/api").json()
    found = [*told["components"]["parameters"].values(), *(
        it for path in told["paths"].values() for operation in path.values()
        for it in operation.get("parameters", ()) if "$ref" not in it and it["in"] == "query")]
    assert {"limit", "datetime", "filter", "bbox", "f"} <= {it["name"] for it in found}
    assert all((it["style"], it["explode"]) == ("form", False) for it in found)


def test_the_list_of_tilesets_links_nothing_that_must_be_filled_in(client):
    (tileset,) = client.get("/collections/places/tiles").json()["tilesets"]
    assert not any("{" in link["href"] for link in tileset["links"])
    (own,) = (link for link in tileset["links"] if link["rel"] == "self")
    whole = client.get(urlsplit(own["href"]).path).json()
    assert [link["templated"] for link in whole["links"] if link["rel"] == "item"] == [True]


def test_a_table_is_described_in_the_formats_that_it_can_be_had_in():
    with open_client(make_door("restricted")) as client:
        told = client.get("/api").json()["paths"]
    kinds = {name: told[f"/collections/{name}/items"]["get"]["responses"]["200"]["content"]
             for name in ("places", "activity")}
    assert set(kinds["places"]) - set(kinds["activity"]) == {"application/flatgeobuf"}


@pytest.mark.parametrize(("accept", "kind"), [
    ("application/json, text/html;q=0.9", "application/geo+json"),
    ("text/html;q=0.5, application/json", "application/geo+json"),
    ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"),
    ("text/html, application/json;q=0.5", "text/html"),
    ("application/geo+json;q=0, text/html", "text/html"),
])
def test_who_prefers_json_gets_json(client, accept, kind):
    told = client.get(PLACES, headers={"Accept": accept})
    assert told.headers["content-type"].partition(";")[0] == kind


def test_headers_in_several_lines_are_one_list(client):
    twice = [("Accept", "text/csv"), ("Accept", "text/html;q=0.5")]
    assert client.get(PLACES, headers=twice).headers["content-type"].startswith("text/csv")
    etag = client.get(PLACES).headers["etag"]
    held = client.get(PLACES, headers=[("If-None-Match", etag), ("If-None-Match", '"other"')])
    assert held.status_code == 304


@pytest.mark.parametrize(("coding", "packed"), [
    ("gzip", True), ("GZIP", True), ("*", True), ("br, gzip;q=0.1", True), ("x-gzip", True),
    ("notgzip", False), ("gzip;q=0", False), ("*;q=0", False), ("gzip;q=0.000, *", False),
    ("identity", False), ("gzip;q=much", False),
])
def test_gzip_is_what_the_header_takes(client, coding, packed):
    with client.stream("GET", PLACES, headers={"Accept-Encoding": coding}) as told:
        body = b"".join(told.iter_raw())
        assert (told.headers.get("content-encoding") == "gzip") is packed
    plain = gzip.decompress(body) if packed else body
    assert plain.startswith(b'{"type":"FeatureCollection"')


@pytest.mark.parametrize("f", ["geojson", "csv"])
def test_links_hold_no_sign_that_an_address_may_not_hold(client, f):
    told = client.get(f"{PLACES}?f={f}&filter=name>'A'")
    shown = told.headers["link"] if f == "csv" else told.json()["links"][0]["href"]
    assert "filter=name%3E'A'" in shown
    assert told.status_code == 200


def test_a_page_for_people_is_in_degrees_whatever_was_asked(client):
    told = client.get(f"{PLACES}?f=html&crs=http://www.opengis.net/def/crs/EPSG/0/3857")
    assert "content-crs" not in told.headers
    told = client.get(f"{PLACES}?crs=http://www.opengis.net/def/crs/EPSG/0/3857")
    assert told.headers["content-crs"] == "<http://www.opengis.net/def/crs/EPSG/0/3857>"


def test_a_flatgeobuf_file_keeps_the_order_asked_for(client, tmp_path):
    import geopandas as gpd

    path = tmp_path / "places.fgb"
    wanted = [it["properties"]["name"] for it in
              client.get(f"{PLACES}?sortby=-name&limit=40").json()["features"]]
    path.write_bytes(client.get(f"{PLACES}?f=flatgeobuf&sortby=-name&limit=40").content)
    assert gpd.read_file(path)["name"].tolist() == wanted
