"""Vector tiles: what lies in them, where, how many, and what they cost."""

from __future__ import annotations

from itertools import pairwise
from time import process_time

import geopandas as gpd
import mapbox_vector_tile
import numpy as np
import pandas as pd
import pytest
import shapely
from http_doubles import make_layer, make_places, make_segments, make_shelters
from hypothesis import given
from hypothesis import strategies as st

from api.tiles.cache import TileCache
from api.tiles.drawing import draw_shapes
from api.tiles.encoding import MOST_FEATURES, Drawn, encode_tile
from api.tiles.matrix import (
    EXTENT,
    MAX_ZOOM,
    Tile,
    describe_matrix_set,
    find_tile,
    list_limits,
    measure_box,
    place_in_tile,
)
from api.tiles.thinning import BUFFER, find_rows, place_boxes, thin_rows
from layers.layer import Layer
from layers.served import serve_layer

WORLD = Tile(0, 0, 0)


def decode(body):
    return mapbox_vector_tile.decode(body, default_options={"y_coord_down": True})


def serve(name, frame):
    return serve_layer(make_layer(name, frame))


def serve_shapes(shapes, name="boundaries"):
    ids = [f"b-{n:05d}" for n in range(len(shapes))]
    frame = pd.DataFrame({"boundary_id": ids, "level": 0, "country": "GT", "name": "EXAMPLE",
                          "geometry": shapes})
    return serve(name, frame)


def unplace(xy, tile):
    """Degrees of a place in a tile: the way back, written down by itself."""
    side = EXTENT * 2**tile.z
    lon = (xy[0] + EXTENT * tile.x) / side * 360 - 180
    share = 1 - 2 * (xy[1] + EXTENT * tile.y) / side
    return lon, np.degrees(np.arctan(np.sinh(np.pi * share)))


def cover(lon, lat, z):
    """The tile over a place."""
    at = place_in_tile(np.array([[lon, lat]]), Tile(z, 0, 0))[0] // EXTENT
    return Tile(z, int(at[0]), int(at[1]))


@pytest.mark.parametrize("z", [0, 3, 9, MAX_ZOOM])
def test_a_point_lies_where_it_lies(z):
    tile = cover(-95.0, 16.0, z)
    layer = decode(encode_tile(serve("shelters", make_shelters()), tile).body)["shelters"]
    (one,) = [it for it in layer["features"] if it["properties"]["place_id"] == "mx-ex-1"]
    lon, lat = unplace(one["geometry"]["coordinates"], tile)
    unit_deg = 360 / 2**z / EXTENT
    assert (abs(lon + 95.0), abs(lat - 16.0)) < (unit_deg, unit_deg)
    assert layer["extent"] == EXTENT


def test_properties_are_those_of_the_layer_as_disclosed():
    served = serve("shelters", make_shelters())
    (one, two) = decode(encode_tile(served, WORLD).body)["shelters"]["features"]
    assert one["properties"] == {
        "place_id": "mx-ex-1", "name": "EXAMPLE - One", "country": "MX",
        "services": "water;food", "synthetic": True,
    }
    assert "services" not in two["properties"]
    names = {"name": served.spec.columns["name"]}
    narrow = serve_layer(Layer(served.spec.model_copy(update={"columns": names}),
                               make_layer("shelters", make_shelters()).frame, served.provenance))
    (first, _) = decode(encode_tile(narrow, WORLD).body)["shelters"]["features"]
    assert set(first["properties"]) == {"place_id", "name"}


def test_the_same_tile_is_the_same_bytes():
    served = serve("places", make_places(500))
    assert encode_tile(served, WORLD).body == encode_tile(served, WORLD).body


def test_tiles_of_a_level_hold_every_point_once_without_their_margins():
    served = serve("places", make_places(500))
    seen = []
    for x in range(4):
        for y in range(4):
            body = encode_tile(served, Tile(2, x, y)).body
            features = decode(body)["places"]["features"] if body else []
            seen += [it["properties"]["geonameid"] for it in features
                     if all(0 <= part < EXTENT for part in it["geometry"]["coordinates"])]
    frame = make_layer("places", make_places(500)).frame
    assert sorted(seen) == frame.index[frame["geometry"].notna()].tolist()


def test_nothing_in_a_tile_is_no_byte():
    drawn = encode_tile(serve("shelters", make_shelters()), Tile(4, 0, 0))
    assert (drawn.body, drawn.matched) == (b"", 0)


def test_lines_are_cut_a_little_beyond_the_edge():
    line = shapely.LineString([(-170, 10), (170, 10.001)])
    served = serve_shapes([shapely.box(-1, -1, 1, 1)])
    tile = Tile(2, 1, 1)
    boxes = place_boxes(np.array([line.bounds]), tile)
    (drawn,) = draw_shapes(np.array([line]), boxes, tile)
    assert drawn.bounds[0] == -BUFFER
    assert drawn.bounds[2] == EXTENT + BUFFER
    assert served.count == 1


def test_areas_are_valid_and_turn_the_right_way():
    ring = shapely.box(-100, 5, -80, 25).difference(shapely.box(-95, 10, -85, 20))
    bowtie = shapely.Polygon([(-100, 5), (-80, 25), (-80, 5), (-100, 25)])
    served = serve_shapes([ring, bowtie])
    features = decode(encode_tile(served, Tile(1, 0, 0)).body)["boundaries"]["features"]
    shapes = [shapely.geometry.shape(it["geometry"]) for it in features]
    assert all(shape.is_valid and shape.area > 0 for shape in shapes)
    # With y downwards the surveyor's formula is positive for an exterior ring (MVT 2.1, 4.3.4.4).
    assert shapes[0].exterior.is_ccw
    assert not shapes[0].interiors[0].is_ccw
    assert len(shapes) == 2


def test_what_is_smaller_than_a_unit_is_still_drawn():
    features = decode(encode_tile(serve("segments", make_segments()), WORLD).body)["segments"]
    assert len(features["features"]) == 5
    tiny = serve_shapes([shapely.box(-90, 15, -89.99, 15.01)])
    ((area),) = decode(encode_tile(tiny, WORLD).body)["boundaries"]["features"]
    assert shapely.geometry.shape(area["geometry"]).area == 1.0


def test_a_way_of_short_pieces_does_not_vanish():
    steps = np.linspace(-90, -89, 101)
    pieces = [shapely.LineString([(a, 15), (b, 15)]) for a, b in pairwise(steps)]
    frame = make_segments().iloc[[0] * 100].assign(
        segment_id=[f"s-{n:04d}" for n in range(100)], geometry=pieces)
    features = decode(encode_tile(serve("segments", frame), WORLD).body)["segments"]["features"]
    assert len(features) == 100


def test_a_box_around_a_tile_that_the_shape_does_not_enter_is_not_drawn():
    corner = shapely.Polygon([(-180, 80), (170, 80), (170, -80), (169, 79), (-180, 79)])
    drawn = encode_tile(serve_shapes([corner]), Tile(2, 1, 2))
    assert (drawn.matched, drawn.body) == (1, b"")


def test_crowded_ground_gets_thinner_and_empty_ground_does_not():
    rng = np.random.default_rng(5)
    crowd = rng.normal(0, 20, (9000, 2)) + 1000
    lonely = np.array([[3000.0, 3000.0]])
    places = np.concatenate([crowd, lonely])
    kept = thin_rows(np.hstack([places, places]), most=500)
    assert len(kept) <= 500
    assert len(places) - 1 in kept
    assert np.array_equal(kept, np.sort(kept))


@given(st.integers(1, 40), st.integers(0, 300), st.integers(0, 10_000))
def test_never_more_rows_than_allowed(most, count, seed):
    rng = np.random.default_rng(seed)
    low = rng.uniform(-BUFFER, EXTENT + BUFFER, (count, 2))
    boxes = np.hstack([low, low + rng.exponential(300, (count, 2))])
    kept = thin_rows(boxes, most=most)
    assert len(kept) <= most
    assert len(set(kept.tolist())) == len(kept)
    assert bool(len(kept)) == bool(count)


@given(st.integers(0, MAX_ZOOM), st.floats(-180, 179.99), st.floats(-85, 85))
def test_a_tile_s_box_is_where_its_places_are(z, lon, lat):
    tile = cover(lon, lat, z)
    west, south, east, north = measure_box(tile)
    assert west - 1e-9 <= lon <= east + 1e-9
    assert south - 1e-9 <= lat <= north + 1e-9
    assert find_rows(np.array([[lon, lat, lon, lat]]), tile).tolist() == [0]


@pytest.mark.parametrize("texts", [
    ("17", "0", "0"), ("0", "1", "0"), ("0", "0", "1"), ("-1", "0", "0"), ("a", "0", "0"),
    ("1", "1e0", "0"), ("", "0", "0"), ("٣", "0", "0"), ("1", "0", "9" * 40), ("1.0", "0", "0"),
])
def test_what_is_no_tile(texts):
    assert find_tile(*texts) is None


def test_limits_hold_the_tile_over_every_corner():
    for limit in list_limits((-118.0, 7.0, -77.0, 33.0)):
        z = int(limit["tileMatrix"])
        for lon, lat in ((-118, 7), (-77, 33)):
            tile = cover(lon, lat, z)
            assert limit["minTileCol"] <= tile.x <= limit["maxTileCol"]
            assert limit["minTileRow"] <= tile.y <= limit["maxTileRow"]


def test_the_matrix_set_is_the_registered_one():
    described = describe_matrix_set()
    first, last = described["tileMatrices"][0], described["tileMatrices"][-1]
    assert first["scaleDenominator"] == pytest.approx(559082264.028717, rel=1e-10)
    assert first["cellSize"] == pytest.approx(156543.033928041)
    assert (last["id"], last["matrixWidth"]) == ("24", 2**24)


def test_the_cache_holds_no_more_than_it_may():
    cache, drawn = TileCache(max_bytes=10_000), []

    def draw():
        drawn.append(1)
        return Drawn(bytes(2000), 1)

    for n in range(20):
        cache.find(n, draw)
    assert len(cache) == 3
    cache.find(19, draw)
    assert len(drawn) == 20
    cache.find(0, draw)
    assert len(drawn) == 21


def test_a_hundred_thousand_points_cost_little(monkeypatch):
    monkeypatch.setattr("layers.served.MAX_PREPARED", 0)  # tiles need no GeoJSON
    rng = np.random.default_rng(1)
    frame = make_places(100_000).assign(
        geometry=shapely.points(rng.normal([-95, 17], [6, 4], (100_000, 2))))
    served = serve("places", frame)
    for tile in (WORLD, Tile(6, 15, 28), Tile(10, 241, 462)):
        began = process_time()
        drawn = encode_tile(served, tile)
        # Measured: at most 65 ms on one core of the machine this was written on.
        assert process_time() - began < 1.0
        features = decode(drawn.body)["places"]["features"]
        assert len(features) <= min(drawn.matched, MOST_FEATURES)


def test_many_vertices_become_few():
    angles = np.linspace(0, 2 * np.pi, 200_000)
    radius = 20 + np.sin(angles * 5000) * 0.01
    coast = shapely.Polygon(np.column_stack([-90 + radius * np.cos(angles),
                                             radius * np.sin(angles)]))
    drawn = encode_tile(serve_shapes([coast]), Tile(2, 1, 1))
    assert len(drawn.body) < 5_000


def test_gdal_reads_a_tile(tmp_path):
    import shutil
    import subprocess

    if shutil.which("ogrinfo") is None:
        pytest.skip("ogrinfo (gdal-bin) is not installed")
    tile = cover(-94.5, 16.5, 5)
    path = tmp_path / f"{tile.y}.mvt"
    path.write_bytes(encode_tile(serve("shelters", make_shelters()), tile).body)
    subprocess.run(
        ["ogr2ogr", "-f", "GeoJSON", "-t_srs", "EPSG:4326", str(tmp_path / "out.geojson"),
         str(path), "-oo", f"X={tile.x}", "-oo", f"Y={tile.y}", "-oo", f"Z={tile.z}"],
        capture_output=True, text=True, timeout=60, check=True)
    found = gpd.read_file(tmp_path / "out.geojson").sort_values("place_id")
    assert found["place_id"].tolist() == ["mx-ex-1", "mx-ex-2"]
    assert found.geometry.iloc[0].distance(shapely.Point(-95, 16)) < 0.005
