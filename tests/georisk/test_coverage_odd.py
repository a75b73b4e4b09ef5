"""Ground and input as nobody wants them: a valley left one way, a DEM beside the area, no pace."""

from __future__ import annotations

import datetime as dt

import grid_study as grid
import numpy as np
import pandas as pd
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.transform import Affine
from surroundings import CAMPAIGN

from georisk.access import attach_places
from georisk.coverage import compute_coverage
from georisk.gaps import find_gaps
from georisk.network import build_network
from georisk.study import Study
from georisk.travel import prepare_travel
from layers.errors import LayerError, StudyError

V = grid.FLAT_KMH
MANY = settings(max_examples=10_000 if CAMPAIGN else 12)
LEG = grid.make_segments(grid.make_routes(["n00"]))
TWO = grid.make_segments(grid.make_routes(["n00", "n10"]))
ONE = {"one": (("n00", 1),)}


def travel_over(segments, places, height=None):
    network = build_network(segments, crs_metric=grid.CRS_METRIC, elevation_m=height)
    network = attach_places(network, places, segments, crs_metric=grid.CRS_METRIC,
                            max_access_km=1.0)
    return prepare_travel(network, dict.fromkeys(network.leg_ids, "road"))


def gaps_over(segments, places, services, corridors, height=None):
    travel = travel_over(segments, places, height)
    coverage = compute_coverage(segments, travel, places, services)
    return find_gaps(segments, coverage, services, corridors=corridors, travel=travel), coverage


def both_ends():
    return pd.concat([grid.put_place("low", 0.0, 0.0, "water"),
                      grid.put_place("high", 1.0, 0.0, "water")])


def test_a_valley_that_one_leaves_downhill_only():
    """A slope of 0.5 over 5 km, water at both ends, threshold 2 h.

    Down, 6 exp(-3.5 x 0.45) = 1.242 km/h: 3 km take 2.42 h, 2 km 1.61 h. Up, 6 exp(-3.5 x 0.55) =
    0.875 km/h: 2 km take 2.29 h, 1 km 1.14 h. Who starts at an end is at the water there. So up
    km 1 to 4 are missing, down km 4 to 2.
    """
    height = np.column_stack([np.arange(5.0), np.arange(1.0, 6.0)]) * 500
    services = pd.DataFrame({"threshold_h": [2.0], "measure": ["walk"]}, index=["water"])
    rows, _ = gaps_over(LEG, both_ends(), services, ONE, height)
    km = rows.set_index("direction")["length_km"]
    assert km.to_dict() == {"forward": 3.0, "backward": 2.0}
    hours = rows.set_index("direction")["walk_h"]
    assert hours["forward"] == pytest.approx(3 / 0.8751, rel=1e-3)
    assert hours["backward"] == pytest.approx(2 / 1.2421, rel=1e-3)


def test_a_valley_whose_other_side_is_shut_is_left_one_way():
    """Water at the low end alone: upwards nothing lies ahead, and that is critical."""
    rows, coverage = gaps_over(LEG, grid.put_place("low", 0.0, 0.0, "water"),
                               grid.make_services(water=9.0), ONE)
    assert rows["direction"].tolist() == ["forward"]
    assert rows["severity"].tolist() == ["critical"]
    assert rows["next_h"].isna().all()
    up = coverage[coverage["direction"] == "forward"].iloc[1:]  # at km 0 one is there
    assert up["walk_h"].isna().all()
    assert not up["covered"].any()


def test_exactly_at_the_threshold_there_is_no_gap():
    """5 km to go at the entry: covered at 5 km, a gap of one segment a metre below it."""
    places = grid.put_place("high", 1.0, 0.0, "water")
    for km, missing in ((5.0, []), (4.999, [1.0])):
        rows, _ = gaps_over(LEG, places, grid.make_services(water=km), ONE)
        forward = rows[rows["direction"] == "forward"]
        assert forward["length_km"].tolist() == missing


def test_a_network_in_pieces_has_its_gaps_on_each():
    """n00 and n20 do not meet: water on n20 helps nobody on n00."""
    segments = grid.make_segments(grid.make_routes(["n00", "n20"]))
    place = grid.put_place("p", 3.0, 0.0, "water")
    travel = travel_over(segments, place)
    assert set(travel.network.snapping["component"]) == {1}
    corridors = {"a": (("n00", 1),), "b": (("n20", 1),)}
    rows, _ = gaps_over(segments, place, grid.make_services(water=9.0), corridors)
    at = rows.set_index(["corridor", "direction"])[["length_km", "severity"]]
    assert at.loc[("a", "forward")].tolist() == [5, "critical"]
    assert ("b", "forward") not in at.index


def test_two_services_on_one_node_and_one_in_the_middle_of_an_edge():
    places = pd.concat([grid.put_place("a", 0.5, 0.0, "water"),  # km 2.5, inside a segment
                        grid.put_place("b", 1.0, 0.0, "medical", "shelter")])
    services = grid.make_services(water=1.0, medical=1.0, shelter=1.0)
    rows, coverage = gaps_over(LEG, places, services, ONE)
    km = rows[rows["direction"] == "forward"].set_index("service")["length_km"]
    # entered at km 2 the water is 0.5 km away; at 0 and 1, and from 3 on, too far or behind
    assert km.groupby("service").apply(list).to_dict() == {
        "medical": [4.0], "shelter": [4.0], "water": [2.0, 2.0]}
    there = coverage[(coverage["segment_id"] == "n00-0003") & (coverage["direction"] == "forward")]
    water = there[there["service"] == "water"]
    assert water["walk_h"].tolist() == pytest.approx([0.5 / V], rel=2e-3)


@MANY
@given(st.lists(st.floats(0, 10), min_size=1, max_size=4), st.integers(0, 3), st.floats(1, 8))
def test_closing_a_place_never_shrinks_a_gap(at, closed, threshold_km):
    places = grid.put_places({f"p{n}": (km / 5, 0.0) for n, km in enumerate(at)}, "water")
    services = grid.make_services(water=threshold_km)
    corridors = {"one": (("n00", 1), ("n10", 1))}
    travel = travel_over(TWO, places)
    found = []
    for still in (places, places.drop(index=f"p{closed % len(at)}")):
        coverage = compute_coverage(TWO, travel, still, services)
        rows = find_gaps(TWO, coverage, services, corridors=corridors, travel=travel)
        found.append((set(coverage.index[~coverage["covered"].astype(bool)]),
                      rows["length_km"].max() if len(rows) else 0.0, rows["walk_h"].sum()))
    before, after = found
    assert before[0] <= after[0]
    assert before[1] <= after[1] + 1e-9
    assert before[2] <= after[2] + 1e-9


def write_relief(path, west):
    """A ramp of 40 m a cell eastwards, 2 by 2 degrees."""
    profile = {"driver": "GTiff", "width": 200, "height": 200, "count": 1, "dtype": "float32",
               "crs": "EPSG:4326", "transform": Affine(0.01, 0, west, 0, -0.01, 15.0)}
    with rasterio.open(path, "w", **profile) as out:
        out.write(np.tile(np.arange(200) * 40.0, (200, 1)).astype("float32"), 1)


def open_study(folder, extra="", parameters=""):
    file = grid.write_grid_study(folder)
    text = file.read_text(encoding="utf-8").replace("area = [-90.3, 13.7", "area = [-91, 13")
    file.write_text(f"{text}\n{extra}\n", encoding="utf-8")
    with (folder / "parameters.toml").open("a", encoding="utf-8") as out:
        out.write(parameters)
    return Study.open(file, today=dt.date(2025, 6, 30))


def test_canary_gaps_use_the_relief_and_a_relief_that_lies_elsewhere_is_flat_and_said(tmp_path):
    layer = '[layers.hazard_relief]\npath = "hazard_relief.tif"\n'
    studies = {}
    for name, west in (("there", -91.0), ("half", -91.95), ("beside", -60.0)):
        folder = tmp_path / name
        folder.mkdir()
        write_relief(folder / "hazard_relief.tif", west)
        studies[name] = open_study(folder, layer)
    plain = open_study(tmp_path / "plain")
    hours = {name: one.layer("gaps").frame["walk_h"] for name, one in studies.items()
             if name != "beside"}
    flat = plain.layer("gaps").frame["walk_h"]
    assert any("all ground counts as flat" in text for text in plain.made("network").warnings)
    assert len(hours["there"]) != len(flat) or not np.allclose(hours["there"], flat, atol=0.01)
    told = studies["half"].made("network").warnings
    assert any("segments off the relief raster count as flat" in text for text in told)
    assert not any("off the relief" in text for text in studies["there"].made("network").warnings)
    with pytest.raises(LayerError, match="hazard_relief"):
        studies["beside"].layer("gaps")


@pytest.mark.parametrize(("name", "value"), [
    ("profile.adult_man.speed_factor", 0.0), ("profile.adult_man.speed_factor", -1.0),
    ("walk.off_path_factor", 0.0), ("terrain.road", 0.0), ("terrain.road", -1.0),
])
def test_no_pace_is_refused_with_its_name(tmp_path, name, value):
    text = f'[{name}]\nvalue = {value}\nsource = "test"\n'
    with pytest.raises(StudyError, match="outside its range") as refusal:
        open_study(tmp_path / "study", parameters=text).layer("gaps")
    assert name in str(refusal.value)
