"""A layer that says so keeps its coordinates, its digits and its own numbers of rows."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from shapely import Point, Polygon

from layers.errors import LayerError
from layers.export import FORMATS, export_layer
from layers.geojson import to_json_values
from layers.intake import take_in
from layers.layer import Layer, Provenance
from layers.reading import read_rows
from layers.sources import Wanted
from layers.spec import LayerSpec, parse_spec

TEXT = """
name = "lands"
kind = "vector"
role = "context"
title = { en = "Lands" }
meaning = "Invented lands"
geometry = "Polygon"
id = "fid"
level = "public"
geometry_level = "public"
COORDINATES
[columns]
NAME = { dtype = "string", meaning = "Name", level = "public" }
people = { dtype = "number", unit = "people", meaning = "People", digits = 17, level = "public" }
"""
FINE = 6.043073357781111  # more decimals than a rounding would leave


def make_spec(coordinates: str = 'coordinates = "exact"') -> LayerSpec:
    return parse_spec(TEXT.replace("COORDINATES", coordinates), where="lands.toml")


@pytest.fixture
def lands(tmp_path):
    """A GeoPackage of two layers; the first reaches a hair beyond the antimeridian."""
    beyond = np.nextafter(180.0, 200.0)
    shapes = [Polygon([(FINE, 50), (7, 50), (7, 51)]),
              Polygon([(170, -17), (beyond, -17), (beyond, -16), (170, -16)])]
    frame = gpd.GeoDataFrame({"NAME": ["Ä", "Fidji"], "people": [37_589_262.5, 1.0]},
                             geometry=shapes, crs=4326)
    path = tmp_path / "lands.gpkg"
    pyogrio.write_dataframe(frame, path, layer="one", driver="GPKG")
    pyogrio.write_dataframe(frame.iloc[:1].assign(NAME="two"), path, layer="two", append=True,
                            driver="GPKG")
    return path


def read_lands(path, spec, sheet="one"):
    return take_in(read_rows(path, spec, wanted=Wanted(spec, sheet=sheet)), spec, source="l.gpkg")


def test_coordinates_stay_as_they_are_and_the_edge_of_the_globe_is_no_fault(lands):
    taken = read_lands(lands, make_spec())
    assert not taken.quarantined
    assert shapely.get_coordinates(taken.accepted.geometry["1"])[0].tolist() == [FINE, 50.0]
    assert taken.accepted.total_bounds[2] == 180.0


def test_without_the_word_they_are_rounded(lands):
    taken = read_lands(lands, make_spec(""))
    assert shapely.get_coordinates(taken.accepted.geometry["1"])[0].tolist() == [6.0430734, 50.0]


def test_what_lies_farther_out_is_still_a_fault():
    frame = gpd.GeoDataFrame({"fid": ["1", "2"], "NAME": "x", "people": 1.0},
                             geometry=[Point(0, 0).buffer(1), Point(179.5, 0).buffer(1)], crs=4326)
    with pytest.raises(LayerError, match="coordinates outside the globe"):
        take_in(frame, make_spec(), source="a.gpkg")


def test_the_rows_own_numbers_are_their_ids_and_the_sheet_says_which_layer(lands):
    taken = read_lands(lands, make_spec())
    assert taken.accepted.index.tolist() == ["1", "2"]
    assert taken.accepted["NAME"].tolist() == ["Ä", "Fidji"]
    assert read_lands(lands, make_spec(), sheet="two").accepted["NAME"].tolist() == ["two"]
    assert len(read_lands(lands, make_spec(), sheet="").accepted) == 2
    other = make_spec().model_copy(update={"id": "land_id"})
    with pytest.raises(LayerError, match="land_id"):
        read_lands(lands, other)


@pytest.mark.parametrize("format_", ["gpkg", "fgb", "parquet"])
def test_a_layer_whose_id_is_fid_goes_out_and_comes_back(lands, tmp_path, format_):
    taken = read_lands(lands, make_spec())
    known = Provenance(("l",), "0", synthetic=False, inputs_level="public")
    layer = Layer(taken.spec, taken.accepted, known)
    export_layer(layer, tmp_path / f"out.{format_}", format_=format_, marking={})
    again = read_lands(tmp_path / f"out.{format_}", make_spec(),
                       sheet="lands" if format_ == "gpkg" else "").accepted
    assert again.index.tolist() == ["1", "2"]
    assert again["people"].tolist() == [37_589_262.5, 1.0]
    assert shapely.get_coordinates(again.geometry["1"])[:, 0].max() == 7.0
    assert FINE in shapely.get_coordinates(again.geometry["1"])


def test_digits_that_mean_something():
    values = pd.Series([37_589_262.5, 0.1 + 0.2])
    assert to_json_values(values) == [37_589_300.0, 0.3]
    assert to_json_values(values, digits=9) == [37_589_262.5, 0.3]
    assert to_json_values(values, digits=17) == values.tolist()


@pytest.mark.parametrize("format_", sorted(FORMATS))
def test_rows_that_lie_nowhere_go_out_as_well(tmp_path, format_):
    spec = make_spec().model_copy(update={"geometry": "Geometry"})
    frame = gpd.GeoDataFrame(
        {"NAME": ["Ä", "B"], "people": [1.0, 2.0]}, geometry=[None, Point(1, 2)], crs=4326,
        index=pd.Index(["1", "2"], name="fid"))
    known = Provenance(("l",), "0", synthetic=True, inputs_level="public")
    path = tmp_path / f"out.{format_}"
    export_layer(Layer(spec, frame, known), path, format_=format_, marking={})
    if format_ in {"gpkg", "fgb", "parquet"}:
        read = gpd.read_parquet if format_ == "parquet" else gpd.read_file
        assert sorted(read(path)["NAME"]) == ["B", "Ä"]
