"""A layer of lines and areas is had in parts too: many programs show one kind at a time."""

from __future__ import annotations

import geopandas as gpd
import shapely
from http_doubles import FakeDoor, make_layer, make_segments, open_client

from api.stock.parts import split_layer
from layers.served import serve_layer


def make_mixed():
    shapes = [shapely.LineString([(0, 0), (1, 1)]), shapely.box(0, 0, 1, 1), None,
              shapely.MultiLineString([[(0, 0), (1, 0)], [(2, 0), (3, 0)]]),
              shapely.box(5, 5, 6, 6)]
    layer = make_layer("segments", make_segments())
    spec = layer.spec.model_copy(update={"geometry": "Geometry"})
    frame = gpd.GeoDataFrame(layer.frame.assign(geometry=shapes), crs=4326)
    return type(layer)(spec, frame, layer.provenance)


def test_parts_hold_each_shape_once():
    layer = make_mixed()
    parts = split_layer(serve_layer(layer))
    ids = layer.frame.index
    assert {name: list(part.ids) for name, part in parts.items()} == {
        "segments_lines": [ids[0], ids[3]], "segments_areas": [ids[1], ids[4]]}
    assert parts["segments_areas"].bounds.tolist() == [[0, 0, 1, 1], [5, 5, 6, 6]]
    assert parts["segments_areas"].spec.title["es"].endswith(": áreas")


def test_a_layer_of_one_kind_has_none():
    assert split_layer(serve_layer(make_layer("segments", make_segments()))) == {}


def test_parts_are_collections():
    door = FakeDoor("restricted", layers={"segments": make_mixed()})
    with open_client(door) as client:
        names = [it["id"] for it in client.get("/collections").json()["collections"]]
        assert names == ["segments", "segments_areas", "segments_lines"]
        whole = client.get("/collections/segments/items").json()
        lines = client.get("/collections/segments_lines/items").json()
        assert (whole["numberMatched"], lines["numberMatched"]) == (5, 2)
        assert lines["features"][0] == whole["features"][0]
        found = client.get("/collections/segments_areas/items?bbox=4,4,7,7").json()
        assert found["numberMatched"] == 1
        for path in ("", "/schema", "/queryables", "/items?f=html", "/items?f=csv", "/tiles",
                     "/items?sortby=leg_id&filter=length_km>1"):
            assert client.get(f"/collections/segments_lines{path}").status_code == 200, path
