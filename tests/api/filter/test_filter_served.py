"""Filters of layers as they are served, and of as many rows as a large one has."""

from __future__ import annotations

from time import process_time

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from filter_world import Rows, make_spec, select, select_both_ways
from shapely import Point, points
from surroundings import ROOT

from api.filter import compile_filter, read_filter
from layers.catalog import find_spec
from layers.layer import Layer, Provenance
from layers.served import serve_layer

EXAMPLES = [
    [cell.strip().strip("`") for cell in line.split("|")[1:3]]
    for line in (ROOT / "docs/reference/cql2.md").read_text(encoding="utf-8").splitlines()
    if line.count("|") == 5 and line.rstrip("| ").endswith(tuple("0123456789"))
]


@pytest.mark.parametrize(("collection", "text"), EXAMPLES, ids=lambda cell: cell)
def test_every_example_of_the_page_can_be_asked(collection, text):
    compile_filter(read_filter(text, language="cql2-text"), spec=find_spec(collection))


def test_the_examples_were_found():
    assert len(EXAMPLES) == 13


def test_a_served_layer_can_be_asked():
    spec = find_spec("places")
    spec = spec.model_copy(update={"columns": {
        name: spec.columns[name] for name in ("name", "population")}})
    frame = gpd.GeoDataFrame(
        {"name": ["Ayutla", None], "population": pd.array([10, None], dtype="Int64")},
        index=pd.Index(["p-1", "p-2"], name=spec.id),
        geometry=[Point(-92.2, 14.7), Point(-90, 15)], crs="EPSG:4326")
    served = serve_layer(Layer(spec, frame, Provenance(("x",), "", True, "public")))  # noqa: FBT003
    assert select_both_ways(served, "name = 'Ayutla' AND population < 11") == [0]
    assert select_both_ways(served, "name IS NULL OR population IS NULL") == [1]
    text = f"{spec.id} = 'p-2' AND S_WITHIN(geom, BBOX(-91,14,-89,16))"
    assert select_both_ways(served, text) == [1]


def test_a_hundred_thousand_rows_take_milliseconds():
    count = 100_000
    shapes = points(np.random.default_rng(3).uniform(-80, 80, (count, 2)))
    dtypes = {"n": "integer", "s": "string"}
    columns = {"n": pa.array(np.arange(count)), "s": pa.array([f"name {n}" for n in range(count)])}
    rows = Rows(make_spec(dtypes), columns, np.asarray(shapes))
    began = process_time()
    found = select(rows, "n >= 50000 AND s LIKE 'name 7%' AND S_INTERSECTS(geom, BBOX(0,0,80,80))")
    assert process_time() - began < 1.0
    assert 2000 < len(found) < 3100
