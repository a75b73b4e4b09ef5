"""Doubts about positions, on invented records."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.catalog import find_spec
from layers.gazetteer import load_gazetteer
from layers.quality import estimate_precision_km, find_doubts, name_places
from layers.quality.variants import turn_pairs

WORLD = load_gazetteer()
INCIDENTS = find_spec("incidents")
SHELTERS = find_spec("shelters")


def look(lon, lat, country="", place="", *, spec=INCIDENTS, gazetteer=WORLD, **columns):
    lon, lat = np.atleast_1d(lon), np.atleast_1d(lat)
    rows = gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(lon, lat),
                            index=range(len(lon)), crs=4326)  # fmt: skip
    said = pd.DataFrame({"_country": country, "_place": place}, index=rows.index)
    return find_doubts(rows, said, spec, gazetteer=gazetteer)


@pytest.mark.parametrize(("lon", "lat", "country", "place", "suggestion"), [
    (92.26, 14.91, "Mexico", "Near Tapachula", "lon sign lost: -92.26?"),
    (-69.65, 20.2, "Chile", "Iquique", "lat sign lost: -20.2?"),
    (14.91, -42.26, "Mexico", "", ""),
    (12.64, -8.0, "Mali", "Bamako", "axes swapped: lon -8, lat 12.64?"),
    (0.6417, 35.6911, "Algeria", "Oran", "lon sign lost: -0.6417?"),
    (32.887, 13.191, "Libya", "Tripoli", "axes swapped: lon 13.191, lat 32.887?"),
    (-92.26, 14.91, "Mexico", "Near Tapachula", ""),
])  # fmt: skip
def test_what_was_meant(lon, lat, country, place, suggestion):
    doubts = look(lon, lat, country, place)
    assert list(doubts.loc[doubts["suggestion"] != "", "suggestion"]) == [suggestion] * bool(
        suggestion)
    assert doubts.loc[doubts["suggestion"] != "", "grave"].all()


def test_the_fix_makes_the_suggestion_true():
    doubt = look(12.64, -8.0, "Mali", "Bamako").iloc[0]
    assert doubt["fix"] == (("lon", "-8"), ("lat", "12.64"))
    assert doubt["confidence"] > 0.9


def test_a_drowning_far_off_the_coast_is_not_set_aside():
    doubts = look(13.5, 34.2, "Libya", "150 km off the coast of Libya", **{"class": ["wat"]})
    assert not doubts["grave"].any()


def test_a_point_far_from_its_place_is_told_in_the_gazetteers_words():
    doubts = look(-110.97, 29.1, "Mexico", "casa de la familia de Fulano, Tapachula")
    assert "km from Tapachula, which the record names" in doubts["reason"][0]
    assert not doubts["reason"].str.contains("Fulano").any()


def test_a_point_on_the_other_side_of_the_world_is_set_aside():
    assert look(100.5, 13.7, "Mexico", "")["grave"].any()


def test_null_island_and_coarse_coordinates():
    doubts = look([0.0, -77.0, -77.5], [0.0, 8.0, 8.25]).set_index("row")
    assert doubts["grave"].to_dict() == {0: True, 1: False}
    assert doubts.at[1, "reason"].startswith("whole degrees")


def test_many_rows_on_one_spot():
    doubts = look(np.full(12, -90.123), np.full(12, 15.456))
    assert len(doubts) == 12
    assert doubts["reason"].str.startswith("12 rows on this spot").all()


def test_a_shelter_at_sea_and_a_drowning_at_sea():
    assert look(-90.123, 25.456, spec=SHELTERS)["reason"][0].startswith("at sea")
    assert look(-90.123, 25.456, **{"class": ["wat"]}).empty


def test_without_a_gazetteer_only_the_numbers_speak():
    assert look(92.26, 14.91, "Mexico", "Tapachula", gazetteer=None).empty


def test_precision_is_never_made_finer():
    rows = gpd.GeoDataFrame({"coord_precision_km": [5.0, np.nan, np.nan]}, index=[3, 4, 5],
                            geometry=gpd.points_from_xy([-90.12345, -90.5, -90.123],
                                                        [15.12345, 15.0, 15.4]))  # fmt: skip
    found = estimate_precision_km(rows, pd.DataFrame(index=rows.index), INCIDENTS, gazetteer=WORLD)
    assert found.tolist() == [5.0, 10.0, 0.3]


def test_the_middle_of_a_state_is_as_coarse_as_the_state():
    division = WORLD.places.query("name == 'Sonora' and country == 'MX' and level == 1").iloc[0]
    rows = gpd.GeoDataFrame(geometry=gpd.points_from_xy([division["lon"]], [division["lat"]]))
    found = estimate_precision_km(rows, pd.DataFrame(index=rows.index), INCIDENTS, gazetteer=WORLD)
    assert found[0] == pytest.approx(np.sqrt(division["area_km2"] / (2 * np.pi)))


def test_the_most_specific_place_is_named():
    said = pd.DataFrame({"_country": ["MX", "MX", ""],
                         "_place": ["Tapachula, Chiapas", "Unspecified location", ""]})
    assert name_places(said, gazetteer=WORLD).tolist() == ["Tapachula", "", ""]


@given(st.floats(-180, 180), st.floats(-90, 90), st.text(max_size=30), st.text(max_size=60))
def test_anything_can_be_looked_at(lon, lat, country, place):
    doubts = look(lon, lat, country, place)
    assert doubts.groupby("row")["grave"].sum().le(1).all()
    assert doubts["confidence"].between(0, 1).all()


@given(st.floats(-180, 180), st.floats(-90, 90))
def test_turning_twice_gives_the_pair_back(lon, lat):
    lons, lats = turn_pairs(np.array([lon]), np.array([lat]))
    for number in range(1, 4):
        if np.isfinite(lats[0, number]):
            again = turn_pairs(lons[:, number], lats[:, number])
            assert (again[0][0, number], again[1][0, number]) == (lon, lat)
