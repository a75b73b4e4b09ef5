"""Cost of the checks, and the shortcuts that keep it linear."""

from __future__ import annotations

import time

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from layers.catalog import find_spec
from layers.gazetteer import find_country, load_gazetteer
from layers.quality import evidence, find_doubts
from layers.quality.middles import find_middles, list_middles

WORLD, SPEC = load_gazetteer(), find_spec("incidents")


def make_rows(number, countries, seed=7):
    """Positions about towns, with the country in which they lie and no place."""
    towns = WORLD.places.iloc[:WORLD.first_division]
    towns = towns[towns["country"].isin(countries)]
    rng = np.random.default_rng(seed)
    picked = towns.iloc[rng.integers(0, len(towns), number)]
    lon = picked["lon"].to_numpy() + rng.normal(0, 0.2, number)
    lat = picked["lat"].to_numpy() + rng.normal(0, 0.2, number)
    rows = gpd.GeoDataFrame(geometry=gpd.points_from_xy(lon, lat), crs=4326)
    return rows, pd.DataFrame({"_country": picked["country"].to_numpy(), "_place": ""})


def measure_cost_s(number):
    rows, stated = make_rows(number, ["MX", "GT", "US", "LY", "ML"])
    start = time.process_time()
    find_doubts(rows, stated, SPEC, gazetteer=WORLD)
    return time.process_time() - start


@pytest.mark.alone
def test_cost_grows_with_the_rows_and_no_faster():
    measure_cost_s(1_000)
    short, long = (min(measure_cost_s(number) for _ in range(2)) for number in (5_000, 40_000))
    assert long < 16 * short + 0.5


@pytest.mark.parametrize("countries", [["MX"], ["US"], ["LY", "ML"], ["FJ", "RU"]])
def test_rows_that_are_not_weighed_would_not_have_been_doubted(countries, monkeypatch):
    rows, stated = make_rows(1_500, countries)
    wrong = np.arange(0, 1_500, 50)
    rows.loc[wrong, "geometry"] = gpd.points_from_xy(rows.geometry.y[wrong],
                                                     rows.geometry.x[wrong].clip(-90, 90))
    quick = find_doubts(rows, stated, SPEC, gazetteer=WORLD)
    monkeypatch.setattr(evidence, "tell_certain", lambda lon, *_, **__: np.zeros(len(lon), bool))
    pd.testing.assert_frame_equal(quick, find_doubts(rows, stated, SPEC, gazetteer=WORLD))
    assert len(quick)


def test_rows_weighed_in_parts_are_weighed_alike(monkeypatch):
    rows, stated = make_rows(900, ["LY", "ML"])
    stated["_place"] = np.where(np.arange(900) % 2, "Sabha", "Bamako")
    whole = find_doubts(rows, stated, SPEC, gazetteer=WORLD)
    monkeypatch.setattr(evidence, "CHUNK_ROWS", 100)
    pd.testing.assert_frame_equal(whole, find_doubts(rows, stated, SPEC, gazetteer=WORLD))
    assert len(whole)


def test_few_positions_are_the_middle_of_an_area_by_chance():
    rng = np.random.default_rng(3)
    lon, lat = rng.uniform(-117, -87, 40_000), rng.uniform(15, 32, 40_000)
    land = find_country(lon, lat, gazetteer=WORLD) != ""
    hits = find_middles(lon[land], lat[land], gazetteer=WORLD) >= 0
    assert 0 < hits.mean() < 0.002


def test_the_middle_of_a_country_is_an_area_too():
    middles = list_middles(WORLD)
    mexico = np.flatnonzero(middles.names == "Mexico")[-1:]
    assert middles.sigma_km[mexico][0] > 500
