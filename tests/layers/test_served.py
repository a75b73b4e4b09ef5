"""Layers ready to be asked: what is written from columns is what was prepared, byte by byte."""

from __future__ import annotations

import json
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from layers.errors import BrokenError
from layers.geojson import encode_features
from layers.layer import Layer, Provenance, index_frame
from layers.served import Ids, map_served, serve_layer, write_served
from layers.spec import ColumnSpec, LayerSpec

DTYPES = ("string", "integer", "number", "boolean", "date", "datetime", "month", "list")
HERE = Provenance(("x.csv",), "0", synthetic=True, inputs_level="public")


def make_spec(geometry="Geometry"):
    columns = {dtype: ColumnSpec(dtype=dtype, meaning=dtype, level="public") for dtype in DTYPES}
    kind = "table" if geometry == "none" else "vector"
    return LayerSpec(name="all_kinds", kind=kind, role="context", title={"en": "All"},
                     meaning="One column of each kind", geometry=geometry, id="row_id",
                     level="public", geometry_level="public", columns=columns)


def make_layer(count=9, geometry="Geometry"):
    every = np.arange(count)
    frame = pd.DataFrame({
        "row_id": [f"r-{n:03d}" for n in every],
        "string": [None if n % 4 == 3 else f"Ñ “{n}”\\" for n in every],
        "integer": pd.array([None if n % 3 == 2 else 2**53 + n for n in every], dtype="Int64"),
        "number": [np.nan, 0.0, -1234567.891, 1e-9, np.pi, 1e300, 2.5, np.inf, 7][:count],
        "boolean": pd.array([None, True, False] * 3, dtype="boolean")[:count],
        "date": pd.to_datetime(["1999-12-31", None, "2024-02-29"] * 3)[:count],
        "datetime": pd.to_datetime(["2022-04-16T10:13:19Z", None, "1969-01-01T00:00:00.5Z"] * 3,
                                   format="ISO8601")[:count],
        "month": ["2024-01", None, "1999-12"] * 3,
        "list": [("a", "b"), (), ("Ñ",)] * 3,
    })
    if geometry == "none":
        return Layer(make_spec("none"), index_frame(frame, make_spec("none")), HERE)
    shapes = [shapely.Point(1, 2), None, shapely.LineString([(0, 0), (1.23456789, 2)]),
              shapely.box(0, 0, 1, 1), shapely.Point(), shapely.MultiPoint([(3, 4), (5, 6)])]
    frame["geometry"] = [shapes[n % len(shapes)] for n in every]
    frame = gpd.GeoDataFrame(index_frame(frame, make_spec()), crs="EPSG:4326")
    return Layer(make_spec(), frame, HERE)


@pytest.mark.parametrize("geometry", ["Geometry", "none"])
def test_columns_write_what_rows_write(geometry):
    layer = make_layer(geometry=geometry)
    served, rows = serve_layer(layer), np.arange(9)
    prepared = encode_features(layer)
    assert b",".join(replace(served, features=None).encode(rows)) == prepared.join(rows)
    assert b",".join(served.encode(rows[::-1])) == b",".join(prepared.list_pieces(rows[::-1]))
    some = json.loads(served.encode(rows[2:3], ["number", "list"])[0])
    assert some["properties"] == {"number": -1234570.0, "list": ["Ñ"]}


@pytest.mark.parametrize("geometry", ["Geometry", "none"])
def test_what_is_mapped_is_what_was_written(tmp_path, geometry):
    layer = make_layer(geometry=geometry)
    write_served(layer, tmp_path)
    mapped, made = map_served(tmp_path, layer.spec, HERE), serve_layer(layer)
    assert list(mapped.ids) == list(made.ids)
    assert mapped.table.equals(made.table)
    np.testing.assert_array_equal(mapped.bounds, made.bounds)
    rows = np.arange(9)
    assert [bytes(b) for b in mapped.encode(rows)] == [bytes(b) for b in made.encode(rows)]
    assert map_served(tmp_path, layer.spec.model_copy(update={"name": "other"}), HERE) is None


@pytest.mark.parametrize("ending", ["features", "bounds.npy", "starts.npy", "arrow"])
def test_a_file_that_was_cut_off_is_not_served(tmp_path, ending):
    import pyarrow as pa

    layer = make_layer()
    write_served(layer, tmp_path)
    path = tmp_path / f"all_kinds.{ending}"
    path.write_bytes(path.read_bytes()[:-7])
    with pytest.raises((ValueError, OSError, pa.ArrowException)):
        map_served(tmp_path, layer.spec, HERE)


def test_rows_taken_are_the_rows_of_the_layer():
    layer = make_layer()
    rows = np.array([5, 0, 3])
    taken = serve_layer(layer).take(rows).frame
    pd.testing.assert_frame_equal(
        pd.DataFrame(taken.drop(columns="geometry")),
        pd.DataFrame(layer.frame.iloc[rows].drop(columns="geometry")), check_dtype=False)
    assert shapely.equals_exact(taken.geometry.to_numpy(), layer.frame.geometry.iloc[rows]).all()
    assert list(serve_layer(layer).take(rows, ["list"]).frame.columns) == ["list", "geometry"]


def test_a_layer_without_rows_or_columns(tmp_path):
    empty = replace(make_layer(), frame=make_layer().frame.iloc[:0])
    bare_spec = make_spec("none").model_copy(update={"columns": {}})
    bare = Layer(bare_spec, pd.DataFrame(index=pd.Index(["a", "b"], name="row_id")), HERE)
    assert serve_layer(empty).count == 0
    assert serve_layer(empty).encode(np.array([], dtype=int)) == []
    write_served(empty, tmp_path)
    assert map_served(tmp_path, empty.spec, HERE).count == 0
    assert json.loads(serve_layer(bare).encode(np.array([1]))[0])["properties"] == {}
    assert serve_layer(bare).column("row_id").to_pylist() == ["a", "b"]


def test_unsorted_or_repeated_ids_are_refused():
    layer = make_layer()
    for order in ([1, 0], [0, 0]):
        with pytest.raises(BrokenError, match="not sorted"):
            serve_layer(replace(layer, frame=layer.frame.iloc[order]))


@given(st.sets(st.text("abc-0é", min_size=1, max_size=4)), st.text("abc-0é", max_size=4))
def test_ids_are_found_as_in_a_list(names, asked):
    import bisect

    import pyarrow as pa

    known = sorted(names)
    ids = Ids(pa.array(known, type=pa.string()))
    assert ids.find(asked) == (known.index(asked) if asked in names else None)
    assert ids.count_until(asked) == bisect.bisect_right(known, asked)
    assert ids.are_sorted()
