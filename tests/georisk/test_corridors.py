"""Legs into segments, corridors in order, ten-kilometre stretches: by hand on small legs."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from georisk.corridors import (
    find_corridor_faults,
    find_leg_faults,
    find_owners,
    find_signs,
    order_corridor,
    split_legs,
)
from georisk.stretches import aggregate_stretches

KM = 1 / 110.574  # degrees of latitude in a kilometre at the equator


def make_legs(**lines):
    rows = {name: shapely.LineString(xy) for name, xy in lines.items()}
    return gpd.GeoDataFrame(
        {"mode": ["foot"] * len(rows), "terrain": [None] * len(rows),
         "stated_km": [1000.0] * len(rows)},
        geometry=list(rows.values()), index=list(rows), crs="EPSG:4326").sort_index()


@given(st.floats(0.05, 40), st.floats(0.3, 3))
def test_pieces_are_equal_and_add_up(length_km, segment_km):
    legs = make_legs(a=[(0, 0), (0, length_km * KM)])
    pieces = split_legs(legs, segment_km=segment_km)
    assert len(pieces) == max(1, round(pieces["length_km"].sum() / segment_km))
    assert np.ptp(pieces["length_km"]) < 1e-6
    assert pieces["length_km"].sum() == pytest.approx(length_km, rel=1e-3)
    assert (pieces["chainage_from_km"].to_numpy()[1:] == pieces["chainage_to_km"][:-1]).all()
    assert list(pieces.index) == [f"a-{n + 1:04d}" for n in range(len(pieces))]


def test_pieces_keep_the_bends_of_the_line():
    legs = make_legs(a=[(0, 0), (0, 2.5 * KM), (2.5 * KM, 2.5 * KM)])
    pieces = split_legs(legs, segment_km=1.0)
    bend = pieces.iloc[2].geometry
    assert len(bend.coords) == 3
    merged = shapely.line_merge(shapely.multilinestrings(pieces.geometry.to_list()))
    assert merged.hausdorff_distance(legs.geometry.iloc[0]) < 1e-6


def test_a_leg_half_again_as_long_as_stated_is_a_fault():
    legs = make_legs(a=[(0, 0), (0, 100 * KM)])
    assert find_leg_faults(legs.assign(stated_km=70.0), segment_km=1.0) == []
    (fault,) = find_leg_faults(legs.assign(stated_km=60.0), segment_km=1.0)
    assert "more than 1.5 times as stated" in fault.reason
    assert "same name" in fault.suggestion
    assert find_leg_faults(legs.assign(stated_km=np.nan), segment_km=1.0) == []


def test_legs_of_a_corridor_must_meet():
    legs = make_legs(a=[(0, 0), (0, 0.1)], b=[(0, 0.2), (0, 0.1)], c=[(0, 0.5), (0, 0.6)])
    assert find_corridor_faults(legs, {"x": (("a", 1), ("b", -1))}) == []
    (apart,) = find_corridor_faults(legs, {"x": (("a", 1), ("b", 1))})
    assert "begins 11.1 km from the end of a" in apart.reason
    (unknown,) = find_corridor_faults(legs, {"x": (("a", 1), ("z", 1))})
    assert unknown.reason == "no such leg"


def test_owner_and_sign_of_a_leg():
    corridors = {"x": (("a", 1), ("b", -1)), "y": (("b", -1), ("a", -1))}
    assert find_owners(corridors) == {"a": "x", "b": "x"}
    assert find_signs(corridors) == {"a": 1, "b": -1}


def test_a_reversed_leg_is_travelled_from_its_end():
    legs = make_legs(a=[(0, 0), (0, 2 * KM)], b=[(0, 4 * KM), (0, 2 * KM)])
    order = order_corridor(split_legs(legs, segment_km=1.0), (("a", 1), ("b", -1)))
    assert list(order["segment_id"]) == ["a-0001", "a-0002", "b-0002", "b-0001"]
    assert order["to_km"].round(3).tolist() == [1.0, 2.0, 3.0, 4.0]


def test_stretches_of_legs_whose_names_begin_alike():
    """`a` and `a-b` sort one way as segments and another as stretches."""
    legs = make_legs(**{"a": [(0, 0), (0, 24 * KM)], "a-b": [(1, 0), (1, 6 * KM)]})
    lines = split_legs(legs, segment_km=1.0)
    lines["intensity_per_100km_year"] = np.where(lines["leg_id"] == "a", 10.0, 0.001)
    lines["evidence"] = "observed"
    lines.loc[lines.index[:9], "evidence"] = "insufficient"
    coverage = pd.DataFrame({
        "segment_id": lines.index, "service": "water", "direction": "forward",
        "covered": (lines["leg_id"] == "a").to_numpy()})
    out = aggregate_stretches(lines, coverage)
    assert list(out.index) == ["a-b-s001", "a-s001", "a-s002"]
    assert out["length_km"].tolist() == [6, 12, 12]
    assert out["risk_class"].tolist() == ["few_reported", "insufficient", "extreme"]
    assert out["uncovered_services"].tolist() == [("water",), (), ()]
    assert out.geometry["a-b-s001"].bounds[0] == 1.0
