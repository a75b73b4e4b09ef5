"""The world gazetteer: names, countries, distances; by hand on places anyone can look up."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.gazetteer import (
    find_country,
    fold_words,
    load_gazetteer,
    match_names,
    measure_to_country_km,
    measure_to_land_km,
)
from layers.gazetteer.shapes import convert_chords_km, find_vectors
from layers.gazetteer.world import FOLDER, outline_country

WORLD = load_gazetteer()


@pytest.mark.parametrize(("name", "code"), [
    ("Mexico", "MX"), ("México", "MX"), ("Mexique", "MX"), ("mx", "MX"),
    ("Iran (Islamic Republic of)", "IR"), ("Côte d'Ivoire", "CI"), ("Viet Nam", "VN"),
    ("Syrian Arab Republic", "SY"), ("Türkiye", "TR"), ("Estados Unidos", "US"),
    ("Haïti", "HT"), ("Mayotte", "YT"), ("Western Sahara", "EH"), ("Atlantis", ""), ("", ""),
])  # fmt: skip
def test_a_country_by_any_of_its_names(name, code):
    assert WORLD.find_code(name) == code


def test_positions_lie_in_their_countries():
    lon = np.array([-99.13, -90.52, -72.33, 13.19, -160.0])
    lat = np.array([19.43, 14.63, 18.54, 32.89, 0.0])
    assert find_country(lon, lat, gazetteer=WORLD).tolist() == ["MX", "GT", "HT", "LY", ""]


def test_distances_outside_a_country():
    # Laredo, Texas, lies on the river; San Antonio some 230 km from Mexico.
    km = measure_to_country_km(np.array([-99.5, -98.49, -99.1]), np.array([27.5, 29.42, 19.4]),
                               "MX", gazetteer=WORLD)
    assert km[0] < 5
    assert 190 < km[1] < 250
    assert km[2] == 0


def test_distances_from_afar_are_as_good_as_needed():
    lon, lat = np.array([0.0, 100.0]), np.array([0.0, 10.0])
    outline = outline_country(WORLD, "MX")
    chords, _ = outline.edge.query(find_vectors(lon, lat))
    assert measure_to_country_km(lon, lat, "MX", gazetteer=WORLD) == pytest.approx(
        convert_chords_km(chords), rel=0.03)


def test_distance_to_land():
    km = measure_to_land_km(np.array([-90.0, -90.5]), np.array([25.0, 14.6]), gazetteer=WORLD)
    # Arrecife Alacranes, north of Yucatán, at 22.4 north.
    assert 250 < km[0] < 300
    assert km[1] == 0


@pytest.mark.parametrize(("text", "country", "name"), [
    ("On the tracks near Tapachula, Chiapas", "MX", "Tapachula"),
    ("Pima County, Arizona", "US", "Pima County"),
    ("a ranch in Brooks county, Texas", "US", "Texas"),
    ("Ougadougou", "BF", "Ouagadougou"),
    ("Nuevo Laredo, Tamaulipas", "MX", "Nuevo Laredo"),
])
def test_names_in_a_text(text, country, name):
    found = match_names(pd.Series([text]), pd.Series([country]), gazetteer=WORLD)
    names = WORLD.places["name"].iloc[found["place"].astype(int)].tolist()
    assert name in names
    assert "Laredo" not in names


@pytest.mark.parametrize("text", ["Unspecified location in the desert", "", "off the coast", "?"])
def test_plain_words_name_no_place(text):
    assert match_names(pd.Series([text]), pd.Series(["MX"]), gazetteer=WORLD).empty


@given(st.text(max_size=60))
def test_any_text_can_be_read(text):
    match_names(pd.Series([text]), pd.Series(["MX"]), gazetteer=WORLD)
    assert fold_words(fold_words(text)) == fold_words(text)
    WORLD.find_code(text)


def test_the_package_stays_small():
    assert sum(path.stat().st_size for path in FOLDER.glob("*.parquet")) < 6e6
