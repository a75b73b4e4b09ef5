"""Vector tiles over HTTP: addresses, metadata, what is not there, and a real client."""

from __future__ import annotations

import shutil
import subprocess

import mapbox_vector_tile
import pytest
from http_doubles import TODAY, make_door, open_client
from running import serve

from api.routes.tiles import CONFORMANCE

MVT = "application/vnd.mapbox-vector-tile"
TILES = "/collections/shelters/tiles"


def test_both_orders_give_the_same_tile(client):
    ogc = client.get(f"{TILES}/WebMercatorQuad/5/14/7")
    xyz = client.get(f"{TILES}/5/7/14.mvt")
    assert ogc.status_code == xyz.status_code == 200
    assert ogc.headers["content-type"] == xyz.headers["content-type"] == MVT
    assert ogc.content == xyz.content != b""
    names = [it["properties"]["place_id"] for it in
             mapbox_vector_tile.decode(ogc.content)["shelters"]["features"]]
    assert names == ["mx-ex-1", "mx-ex-2"]


def test_a_tile_that_is_held_is_not_sent_again(client):
    first = client.get(f"{TILES}/0/0/0.mvt")
    again = client.get(f"{TILES}/0/0/0.mvt", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_tile_without_a_feature_has_no_byte_and_one_beyond_the_limits_is_none(client):
    limits = client.get(f"{TILES}/WebMercatorQuad").json()["tileMatrixSetLimits"]
    at = next(it for it in limits if it["maxTileCol"] - it["minTileCol"] > 3)
    z, row = at["tileMatrix"], at["minTileRow"]
    columns = range(at["minTileCol"], at["maxTileCol"] + 1)
    inside = [client.get(f"{TILES}/{z}/{column}/{row}.mvt") for column in columns]
    assert {answer.status_code for answer in inside} == {200}
    assert b"" in {answer.content for answer in inside}
    for x, y in ((at["minTileCol"] - 1, row), (at["maxTileCol"] + 1, row),
                 (columns[0], row - 1), (columns[0], at["maxTileRow"] + 1)):
        assert client.get(f"{TILES}/{z}/{x}/{y}.mvt").status_code == 404
        assert client.get(f"{TILES}/WebMercatorQuad/{z}/{y}/{x}").status_code == 404


@pytest.mark.parametrize("path", [
    f"{TILES}/17/0/0.mvt", f"{TILES}/0/0/1.mvt", f"{TILES}/0/1/0.mvt", f"{TILES}/-1/0/0.mvt",
    f"{TILES}/a/0/0.mvt", f"{TILES}/1e0/0/0.mvt", f"{TILES}/0/0/0", f"{TILES}/0/0/0.pbf",
    f"{TILES}/{'9' * 400}/0/0.mvt", f"{TILES}/0/0/%00.mvt", f"{TILES}/WorldCRS84Quad",
    f"{TILES}/WebMercatorQuad/0/0/7", "/tileMatrixSets/WorldCRS84Quad",
    "/collections/activity/tiles", "/collections/activity/tiles/WebMercatorQuad",
    "/collections/activity/tiles/0/0/0.mvt", "/collections/nothing/tiles/0/0/0.mvt",
])
def test_what_is_not_there_is_404(client, path):
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_what_an_audience_does_not_see_has_no_tiles(public_client):
    hidden, unknown = (public_client.get(f"/collections/{name}/tiles/0/0/0.mvt")
                       for name in ("segments", "nothing"))
    assert hidden.status_code == unknown.status_code == 404
    assert hidden.content == unknown.content


def test_the_tileset_says_where_its_tiles_are(client):
    (listed,) = client.get(TILES).json()["tilesets"]
    (own,) = [link["href"] for link in listed["links"] if link["rel"] == "self"]
    tileset = client.get(own).json()
    assert tileset["tileMatrixSetURI"].endswith("/WebMercatorQuad")
    assert tileset["dataType"] == "vector"
    (item,) = [link for link in tileset["links"] if link["rel"] == "item"]
    assert item["templated"] is True
    assert item["type"] == MVT
    address = (item["href"].replace("{tileMatrix}", "5").replace("{tileRow}", "14")
               .replace("{tileCol}", "7"))
    assert client.get(address).content == client.get(f"{TILES}/5/7/14.mvt").content
    limit = tileset["tileMatrixSetLimits"][5]
    assert (limit["minTileRow"], limit["minTileCol"]) == (14, 7)
    (scheme,) = [link["href"] for link in tileset["links"] if "tiling-scheme" in link["rel"]]
    assert client.get(scheme).json()["id"] == "WebMercatorQuad"


def test_the_tileset_is_a_tilejson_too(client):
    tileset = client.get(f"{TILES}/WebMercatorQuad").json()
    assert (tileset["tilejson"], tileset["minzoom"], tileset["maxzoom"]) == ("3.0.0", 0, 16)
    assert tileset["bounds"] == [-95.0, 16.0, -94.0, 17.0]
    (layer,) = tileset["vector_layers"]
    assert layer["fields"]["synthetic"] == "Boolean"
    (template,) = tileset["tiles"]
    tile = client.get(template.replace("{z}", "0").replace("{x}", "0").replace("{y}", "0"))
    decoded = mapbox_vector_tile.decode(tile.content)["shelters"]["features"]
    assert set(decoded[0]["properties"]) <= set(layer["fields"])


def test_matrix_sets_are_listed(client):
    (listed,) = client.get("/tileMatrixSets").json()["tileMatrixSets"]
    described = client.get(listed["links"][0]["href"]).json()
    assert len(described["tileMatrices"]) == 25
    assert all(uri.startswith("http://www.opengis.net/spec/") for uri in CONFORMANCE)


@pytest.mark.parametrize("path", [TILES, f"{TILES}/WebMercatorQuad", "/tileMatrixSets"])
def test_each_document_is_a_page_too(client, path):
    page = client.get(path, headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert "<h1>" in page.text


def test_consent_that_ended_takes_tiles_with_it():
    door = make_door("public", run_id="20260102T000000Z-bbbbbbbb")
    with open_client(door) as client:
        assert client.get(f"{TILES}/0/0/0.mvt").content
    bare = make_door("public", run_id="20260103T000000Z-cccccccc")
    shelters = bare.layers["shelters"]
    bare.layers["shelters"] = type(shelters)(
        shelters.spec, shelters.frame.iloc[:0], shelters.provenance)
    with open_client(bare) as client:
        assert client.get(f"{TILES}/0/0/0.mvt").content == b""
        assert "bounds" not in client.get(f"{TILES}/WebMercatorQuad").json()


def test_gdal_reads_tiles_over_http():
    if shutil.which("ogrinfo") is None:
        pytest.skip("ogrinfo (gdal-bin) is not installed")
    assert TODAY
    with serve(make_door("public")) as address:
        done = subprocess.run(
            ["ogrinfo", "-ro", "-al", f"MVT:{address}{TILES}/5/7/14.mvt",
             "-oo", "X=7", "-oo", "Y=14", "-oo", "Z=5"],
            capture_output=True, text=True, timeout=60, check=False)
    assert "Feature Count: 2" in done.stdout, done.stderr
    assert "EXAMPLE - One" in done.stdout
