"""The same rows in every format, read back by the programs that people use."""

from __future__ import annotations

import csv
import io
import json

import geopandas as gpd
import numpy as np
import orjson
import pandas as pd
import pyarrow.parquet as pq
import pyogrio
import pyproj
import pytest
import shapely
from http_doubles import make_activity, make_layer, make_places, make_segments, make_shelters
from hypothesis import given, settings
from hypothesis import strategies as st

from api.asking.ask import FORMATS
from api.asking.crs import ALWAYS, find_reference, place_shapes
from api.formats import ENCODERS, list_formats, write_sequence
from layers.catalog import find_spec

CRS84 = pyproj.CRS("OGC:CRS84")
LAT_LON = "http://www.opengis.net/def/crs/EPSG/0/4326"
METRES = "http://www.opengis.net/def/crs/EPSG/0/3857"


def encode(name, layer, crs=CRS84):
    return b"".join(ENCODERS[name].encode(layer, crs=crs, title="Título"))


def read(name, body):
    if name == "geoparquet":
        table = pq.read_table(io.BytesIO(body))
        return gpd.read_parquet(io.BytesIO(body)) if b"geo" in table.schema.metadata else (
            table.to_pandas())
    if name == "csv":
        frame = pd.read_csv(io.BytesIO(body), dtype=str, keep_default_na=False)
        if "wkt" in frame:
            shapes = gpd.GeoSeries.from_wkt(frame["wkt"].replace("", None), crs=CRS84)
            return gpd.GeoDataFrame(frame, geometry=shapes)
        if "lon" in frame:
            lon, lat = (pd.to_numeric(frame[axis]) for axis in ("lon", "lat"))
            return gpd.GeoDataFrame(frame, geometry=gpd.points_from_xy(lon, lat), crs=CRS84)
        return frame
    if name == "geojsonseq":
        rows = [json.loads(line) for line in body.decode().split("\x1e")[1:]]
        index = [{"id": row["id"], **row["properties"]} for row in rows]
        shapes = [row["geometry"] and shapely.geometry.shape(row["geometry"]) for row in rows]
        return gpd.GeoDataFrame(index, geometry=shapes, crs=CRS84)
    return pyogrio.read_dataframe(io.BytesIO(body))


def shift(layer, uri):
    """A layer in another reference system, as a page hands it on."""
    shapes = place_shapes(layer.frame["geometry"].to_numpy(),
                          find_reference(uri, ALWAYS, parameter="crs"))
    return type(layer)(layer.spec, layer.frame.assign(geometry=shapes), layer.provenance)


@pytest.fixture(scope="module")
def layers():
    places = make_places(60)
    shelters = make_shelters()
    shelters["name"] = ['=HYPERLINK("x")', 'Ñuñoa, "casa"\r\nline']
    return {"shelters": make_layer("shelters", shelters),
            "segments": make_layer("segments", make_segments()),
            "places": make_layer("places", places),
            "activity": make_layer("activity", make_activity())}


DRAWN = [(name, layer) for name in ENCODERS for layer in ("shelters", "segments")]


@pytest.mark.parametrize(("name", "layer"), DRAWN)
def test_shapes_and_values_come_back(layers, name, layer):
    source = layers[layer]
    found = read(name, encode(name, source))
    column = source.spec.id if source.spec.id in found else "id"
    found = found.sort_values(column, kind="stable").reset_index(drop=True)
    assert found[column].astype(str).tolist() == source.frame.index.tolist()
    apart = shapely.hausdorff_distance(found.geometry.to_numpy(),
                                       source.frame["geometry"].to_numpy())
    assert apart.max() < 1e-6
    assert set(source.spec.columns) <= set(found.columns)


@pytest.mark.parametrize("name", [name for name in ENCODERS if name != "flatgeobuf"])
def test_a_table_comes_back(layers, name):
    found = read(name, encode(name, layers["activity"]))
    assert len(found) == 4
    assert [str(value) for value in found["people"]] == ["10"] * 4
    assert found["month"].fillna("").tolist() == ["2024-01", "2024-02", "2024-03", ""]


def test_flatgeobuf_is_not_offered_for_a_table():
    assert "flatgeobuf" not in list_formats(find_spec("activity"))
    assert set(list_formats(find_spec("places"))) == {"geojson", *ENCODERS}


@pytest.mark.parametrize("name", ENCODERS)
@pytest.mark.parametrize("layer", ["places", "shelters", "segments"])
def test_the_same_rows_give_the_same_bytes(layers, name, layer):
    assert encode(name, layers[layer]) == encode(name, layers[layer])


@pytest.mark.parametrize("name", ENCODERS)
def test_rows_without_a_geometry_stay(layers, name):
    found = read(name, encode(name, layers["places"]))
    gone = np.isnan(shapely.get_x(found.geometry.to_numpy()))
    assert (len(found), int(gone.sum())) == (60, 2)


@pytest.mark.parametrize("name", ENCODERS)
def test_no_rows_are_a_file_too(layers, name):
    layer = layers["shelters"]
    empty = type(layer)(layer.spec, layer.frame.iloc[:0], layer.provenance)
    body = encode(name, empty)
    if name == "geojsonseq":
        assert body == b""
    else:
        assert len(read(name, body)) == 0


def test_every_format_has_a_media_type():
    assert set(ENCODERS) <= set(FORMATS)


def test_a_sequence_has_a_separator_before_and_a_line_feed_behind(layers):
    body = encode("geojsonseq", layers["segments"])
    records = body.split(b"\x1e")
    assert records[0] == b""
    assert len(records) == 6
    assert all(record.endswith(b"\n") and record.count(b"\n") == 1 for record in records[1:])
    assert orjson.loads(records[1])["id"] == "a-0001"


def test_a_sequence_comes_in_pieces():
    pieces = list(write_sequence([b"{}"] * 600))
    assert len(pieces) == 3
    assert b"".join(pieces) == b"\x1e{}\n" * 600


def test_csv_is_rfc_4180_and_no_formula(layers):
    body = encode("csv", layers["shelters"]).decode()
    assert body.count("\r\n") == 4  # a head, two rows, one within a cell
    rows = list(csv.DictReader(io.StringIO(body, newline="")))
    assert rows[0]["name"] == "'=HYPERLINK(\"x\")"
    assert rows[1]["name"] == 'Ñuñoa, "casa"\r\nline'
    assert (rows[0]["lon"], rows[0]["lat"]) == ("-95.0", "16.0")
    assert (rows[0]["services"], rows[0]["synthetic"]) == ("water;food", "True")


@settings(max_examples=40)
@given(st.lists(st.text(max_size=12), min_size=1, max_size=6))
def test_any_text_survives_csv(texts):
    frame = make_shelters().iloc[[0] * len(texts)].assign(
        name=texts, place_id=[f"p-{n}" for n in range(len(texts))])
    layer = make_layer("shelters", frame)
    body = encode("csv", layer).decode()
    rows = list(csv.DictReader(io.StringIO(body, newline="")))
    assert [row["name"].removeprefix("'") for row in rows] == [
        text.removeprefix("'") for text in texts]


def test_csv_in_pieces_is_the_csv(monkeypatch, layers):
    whole = encode("csv", layers["places"])
    monkeypatch.setattr("api.formats.text._ROWS", 7)
    pieces = list(ENCODERS["csv"].encode(layers["places"], crs=CRS84, title=""))
    assert len(pieces) == 9
    assert b"".join(pieces) == whole


@pytest.mark.parametrize("name", ["csv", "flatgeobuf", "geoparquet"])
def test_files_have_longitude_first_whatever_the_system_says(layers, name):
    moved = shift(layers["shelters"], LAT_LON)
    assert moved.frame["geometry"].iloc[0].wkt == "POINT (16 -95)"
    found = read(name, encode(name, moved, pyproj.CRS("EPSG:4326")))
    assert sorted(shape.wkt for shape in found.geometry) == ["POINT (-94 17)", "POINT (-95 16)"]


def test_a_sequence_keeps_the_axes_of_its_system(layers):
    moved = shift(layers["shelters"], LAT_LON)
    first = orjson.loads(encode("geojsonseq", moved, pyproj.CRS("EPSG:4326")).split(b"\x1e")[1])
    assert first["geometry"]["coordinates"] == [16.0, -95.0]


def test_metres_have_their_own_names_and_the_system_is_stated(layers):
    moved, crs = shift(layers["shelters"], METRES), pyproj.CRS(3857)
    rows = list(csv.DictReader(io.StringIO(encode("csv", moved, crs).decode(), newline="")))
    assert float(rows[0]["x"]) == pytest.approx(-10575351.63, abs=0.01)
    for name in ("flatgeobuf", "geoparquet"):
        assert read(name, encode(name, moved, crs)).crs.to_epsg() == 3857


def test_synthetic_rows_say_so_in_each_format(layers):
    for name in ENCODERS:
        found = read(name, encode(name, layers["segments"]))
        assert all(str(value) in {"True", "1", "1.0"} for value in found["synthetic"]), name
    about = pq.read_metadata(io.BytesIO(encode("geoparquet", layers["segments"]))).metadata
    assert json.loads(about[b"georisk"]) == {"synthetic": True, "title": "Título"}
    info = pyogrio.read_info(io.BytesIO(encode("flatgeobuf", layers["segments"])))
    assert info["layer_metadata"]["DESCRIPTION"].startswith("SYNTHETIC")


def test_geoparquet_is_version_1_1(layers):
    metadata = pq.read_metadata(io.BytesIO(encode("geoparquet", layers["segments"]))).metadata
    geo = json.loads(metadata[b"geo"])
    assert geo["version"] == "1.1.0"
    assert geo["columns"]["geometry"]["crs"]["id"] == {"authority": "OGC", "code": "CRS84"}
    assert "bbox" in geo["columns"]["geometry"]["covering"]


def test_a_column_named_like_an_axis_stays():
    spec = find_spec("shelters")
    layer = make_layer("shelters", make_shelters())
    columns = {**spec.columns, "lon": spec.columns["name"]}
    crowded = type(layer)(spec.model_copy(update={"columns": columns}),
                          layer.frame.assign(lon="own"), layer.provenance)
    (first, _) = csv.DictReader(io.StringIO(encode("csv", crowded).decode(), newline=""))
    assert (first["lon"], first["geometry_lon"], first["lat"]) == ("own", "-95.0", "16.0")


def test_moments_keep_their_hour():
    from layers.spec import ColumnSpec

    layer = make_layer("shelters", make_shelters())
    columns = {"seen": ColumnSpec(dtype="datetime", meaning="When", level="public")}
    seen = pd.to_datetime(pd.Series(["2024-05-01T12:30:00Z", None], index=layer.frame.index))
    frame = layer.frame[["geometry"]].assign(seen=seen.astype("datetime64[us, UTC]"))
    timed = type(layer)(layer.spec.model_copy(update={"columns": columns}), frame,
                        layer.provenance)
    (first, second) = csv.DictReader(io.StringIO(encode("csv", timed).decode(), newline=""))
    assert first["seen"] == "2024-05-01T12:30:00Z"
    assert second["seen"] == ""
    table = pq.read_table(io.BytesIO(encode("geoparquet", timed))).column("seen").to_pylist()
    assert table[0].isoformat() == "2024-05-01T12:30:00+00:00"
    assert len(read("flatgeobuf", encode("flatgeobuf", timed))) == 2


def test_order_is_that_of_the_page(layers):
    layer = layers["segments"]
    turned = type(layer)(layer.spec, layer.frame.iloc[::-1], layer.provenance)
    for name in ("csv", "geojsonseq", "geoparquet"):
        found = read(name, encode(name, turned))
        ids = found["id" if name == "geojsonseq" else "segment_id"].tolist()
        assert ids == layer.frame.index[::-1].tolist()
    assert np.all(shapely.is_valid(found.geometry))
