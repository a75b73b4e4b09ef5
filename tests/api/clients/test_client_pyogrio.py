"""pyogrio, with the GDAL of its own wheel, on every collection."""

from __future__ import annotations

import numpy as np
import pyogrio
import pyproj
import pytest
import shapely
from expected import compare
from picks import pick_box, pick_condition
from reading import split_frame
from test_client_gdal import list_asked

EPSG = "http://www.opengis.net/def/crs/EPSG/0/"


def test_every_collection_is_read(servers, audience, expected):
    source = f"OAPIF:{servers[audience]}"
    assert sorted(name for name, _ in pyogrio.list_layers(source)) == sorted(expected)
    faults = {}
    for name, it in expected.items():
        frame = pyogrio.read_dataframe(source, layer=name, PAGE_SIZE=10_000)
        faults[name] = compare(it, *split_frame(frame))
    assert {name: fault for name, fault in faults.items() if fault} == {}


def test_a_box_and_a_condition_at_once(heard, expected):
    source = f"OAPIF:{heard.address}"
    for name, it in expected.items():
        pick = pick_condition(it)
        if pick is None or it.shapes is None:
            continue
        box = pick_box(it)
        rows = pick.rows & it.meets(box) & ~shapely.is_missing(it.shapes)
        frame = pyogrio.read_dataframe(source, layer=name, PAGE_SIZE=10_000, bbox=box,
                                       where=pick.text)
        assert compare(it.take(rows), *split_frame(frame)) == [], name
        for asked in list_asked(heard, name):
            assert "bbox" in asked, name
            assert pick.column in asked.get("filter", [""])[0], (name, pick.text)


def test_another_crs_is_asked_for_and_right(heard, expected):
    """Part 2: what GDAL asks for by CRS= comes in that CRS."""
    change = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:3857", always_xy=True)
    for name in ("shelters", "routes", "risk_cells"):
        it = expected[name]
        frame = pyogrio.read_dataframe(f"OAPIF:{heard.address}", layer=name, CRS="EPSG:3857",
                                       PAGE_SIZE=10_000)
        assert frame.crs == "EPSG:3857", name
        assert list(frame["id"]) == list(it.ids), name
        wanted = shapely.transform(it.shapes, change.transform, interleaved=False)
        assert np.allclose(shapely.bounds(wanted), shapely.bounds(frame["geometry"].to_numpy()),
                           atol=0.25, equal_nan=True), name
        assert all(asked["crs"] == [f"{EPSG}3857"] for asked in list_asked(heard, name)), name


def test_a_crs_that_is_not_offered_is_refused(servers, audience):
    with pytest.raises(pyogrio.errors.DataLayerError):
        pyogrio.read_dataframe(f"OAPIF:{servers[audience]}", layer="shelters", CRS="EPSG:32614")
