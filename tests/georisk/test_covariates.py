"""Conditions of the ground: small cases by hand, and what must hold whatever the ground."""

import numpy as np
import pandas as pd
import pytest
import shapely
from covariate_world import (
    CRS_METRIC,
    make_countries,
    make_further,
    make_places,
    make_raster,
    make_vector,
    measure,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from surroundings import CAMPAIGN

from georisk.covariates import (
    COVARIATES,
    list_covariates,
    place_sites,
    transform_covariates,
)
from georisk.covariates.distances import measure_nearest_km, split_outlines
from georisk.covariates.ground import LAND_GROUPS, OPEN_LAND, sample_bands
from georisk.covariates.nearness import sum_people
from georisk.kernels.windows import span_windows
from layers.catalog import find_spec

EXAMPLES = settings(max_examples=10_000 if CAMPAIGN else 500, deadline=None)
KM_PER_LAT = 110.65  # at 14 N
finite = st.floats(-300, 300, allow_nan=False)
spots = arrays(float, st.tuples(st.integers(1, 12), st.just(2)), elements=finite)


def test_places_by_hand():
    places = make_places([(-90, 14), (-90, 14.5)], [1_000, 50_000])
    values = measure([(-90, 14.1)], {"places": places}).values
    assert values["settlement_km"][0] == pytest.approx(0.1 * KM_PER_LAT, rel=1e-3)
    assert values["town_km"][0] == pytest.approx(0.4 * KM_PER_LAT, rel=1e-3)
    near, far = 0.1 * KM_PER_LAT, 0.4 * KM_PER_LAT
    people = 1_000 * np.exp(-(near**2) / 450) + 50_000 * np.exp(-(far**2) / 450)
    assert values["population_15km"][0] == pytest.approx(people, rel=2e-3)


def test_without_a_town_there_is_no_distance_to_one():
    measured = measure([(-90, 14)], {"places": make_places([(-90, 14)], [49_999])})
    assert "town_km" not in measured.values
    assert any("town is left out" in text for text in measured.warnings)


def test_border_and_coast_by_hand():
    # GT is bitten on its west side, so that something other than the frame is coast.
    west = shapely.box(-91, 13, -90, 15).difference(shapely.box(-91, 13.9, -90.9, 14.1))
    land = make_vector("boundaries", [west, shapely.box(-90, 13, -89, 15)], level=0,
                       country=["GT", "MX"])
    values = measure([(-90, 14), (-90.3, 14), (-90.9, 14)], {"boundaries": land}).values
    assert values["border_km"].round(1).tolist() == [0.0, 32.4, 97.2]
    assert values["coast_km"].round(1).tolist() == [97.2, 64.8, 0.0]


def test_neighbours_that_were_simplified_apart_still_share_a_border():
    land = make_countries((-91, 13, -90, 15), (-89.998, 12, -89, 15))
    values = measure([(-90.1, 14)], {"boundaries": land}).values
    assert values["border_km"][0] == pytest.approx(10.8, abs=0.1)


def test_a_country_in_two_rows_has_no_border_with_itself():
    land = make_countries((-91, 13, -90, 15), (-90, 13, -89, 15), codes=("GT", "GT"))
    measured = measure([(-90, 14)], {"boundaries": land})
    assert "border_km" not in measured.values
    assert any("border is left out" in text for text in measured.warnings)


def test_divisions_of_a_country_make_no_border():
    land = make_countries((-91, 13, -90, 15), (-90, 13, -89, 15))
    land.frame["level"] = [0, 1]
    assert "border_km" not in measure([(-90, 14)], {"boundaries": land}).values


def test_trains_stand_for_railways_until_there_are_some():
    lines = [shapely.LineString([(-90, 13), (-90, 15)]), shapely.LineString([(-89, 13), (-89, 15)])]
    routes = make_vector("routes", lines, mode=["train", "road"])
    at = [(-89.1, 14)]
    assert measure(at, {"routes": routes}).values["rail_km"][0] == pytest.approx(97.2, abs=0.1)
    tracks = make_vector("railways", lines[1:])
    both = {"routes": routes, "railways": tracks}
    assert measure(at, both).values["rail_km"][0] == pytest.approx(10.8, abs=0.1)
    routes.frame["mode"] = "road"
    assert "rail_km" not in measure(at, {"routes": routes}).values


def test_relief_counts_the_sea_as_level_and_a_hole_as_unknown():
    ground = np.full((1, 20, 20), 100.0)
    ground[0, :, :5] = -4000.0
    ground[0, 10, 15] = 900.0
    ground[0, 1:4, 9:12] = np.nan
    raster = make_raster("hazard_relief", ground)
    at = [(-90.85, 14.55), (-89.45, 13.95), (-90.55, 14.55), (-89.92, 14.73), (-80, 14)]
    values = measure(at, {"hazard_relief": raster}).values
    assert values["elevation_m"].tolist()[:3] == [0.0, 900.0, 0.0]
    assert values["relief_m"].tolist()[:3] == [0.0, 800.0, 100.0]
    assert values.iloc[3:].isna().all(axis=None)


def test_a_warning_says_what_is_unknown_and_where_it_matters():
    raster = make_raster("hazard_relief", np.zeros((1, 20, 20)))
    warnings = measure([(-90, 14), (-60, 14)], {"hazard_relief": raster}).warnings
    assert "covariates: elevation is unknown at 1 of 2 places (50.0 %)" in warnings
    assert any("heat is left out: nothing to measure it by in hazard_temperature" in text
               for text in warnings)


def test_further_layers_of_a_study_become_covariates():
    here = [shapely.Point(-90, 14)]
    wells = make_vector("wells", here, make_further("wells", "vector", "context"))
    aid = make_vector("aid", here, make_further("aid", "vector", "facility"))
    events = make_vector("violence", here, make_further("violence", "vector", "context"))
    dust = make_raster("dust", np.full((1, 20, 20), 7.0),
                       spec=make_further("dust", "raster", "hazard"))
    layers = {"wells": wells, "dust": dust, "aid": aid, "violence": events, "nothing": None}
    assert [c.name for c in list_covariates(layers)][len(COVARIATES) :] == ["dust", "wells"]
    values = measure([(-90, 14.1)], layers).values
    assert values.columns.tolist() == ["dust", "wells_km"]
    assert values["dust"][0] == 7.0
    assert values["wells_km"][0] == pytest.approx(0.1 * KM_PER_LAT, rel=1e-3)
    assert transform_covariates(values).columns.tolist() == ["dust", "wells"]


@pytest.mark.parametrize("column", ["date", "day", "month", "year"])
def test_a_further_layer_of_dated_events_is_left_out_and_said_so(column):
    plain = make_further("raids", "vector", "context")
    dated = plain.model_copy(update={
        "columns": {**plain.columns, column: find_spec("incidents").columns["date"]}})
    layers = {"raids": make_vector("raids", [shapely.Point(-90, 14)], dated)}
    told = measure([(-90, 14.1)], layers)
    assert told.values.columns.tolist() == []
    assert any("raids is left out: its rows are dated" in text for text in told.warnings)


def test_no_layer_at_all_gives_no_column_and_says_so():
    measured = measure([(-90, 14), (-90, 13)], {})
    assert measured.values.shape == (2, 0)
    assert len(measured.warnings) == len(COVARIATES)


def test_of_no_sites_there_are_no_rows():
    line = shapely.LineString([(-90, 13), (-90, 15)])
    layers = {
        "places": make_places([(-90, 14)], [60_000]), "rivers": make_vector("rivers", [line]),
        "boundaries": make_countries((-91, 13, -90, 15), (-90, 13, -89, 15)),
        "hazard_relief": make_raster("hazard_relief", np.zeros((1, 20, 20))),
        "hazard_storms": make_vector("hazard_storms", [line], year=[2001], month=[9]),
    }
    measured = measure(np.empty((0, 2)), layers)
    assert measured.values.shape == (0, 8)
    assert set(measured.values) == {
        "settlement_km", "town_km", "population_15km", "border_km", "river_km", "elevation_m",
        "relief_m", "storms_per_year"}


def test_positions_off_the_globe_are_refused():
    with pytest.raises(ValueError, match="not in degrees"):
        place_sites(np.array([np.nan]), np.array([14.0]), crs_metric=CRS_METRIC)


def test_the_scales_of_the_model():
    natural = pd.DataFrame({"settlement_km": [0.0, np.e - 1], "population_15km": [0.0, 99.0],
                            "aridity": [0.0, 0.99], "heat_degc": [20.0, np.nan],
                            "land_cover": [0.0, 16.0]})
    scaled = transform_covariates(natural)
    assert scaled["settlement"].tolist() == [0.0, 1.0]
    assert scaled["population"].round(3).tolist() == [0.0, 4.605]
    assert scaled["aridity"].round(3).tolist() == [-4.605, 0.0]
    assert scaled["heat"].isna().tolist() == [False, True]
    land = scaled.filter(like="land_cover_")
    assert land.columns.tolist() == [f"land_cover_{g}" for g in (
        "forest", "used", "wetland", "barren", "water")]
    assert land.sum(axis=1).tolist() == [1.0, 1.0]


def test_every_class_of_land_has_one_group():
    classes = [*OPEN_LAND, *(c for group in LAND_GROUPS.values() for c in group)]
    assert sorted(classes) == list(range(17))


def test_names_are_not_given_twice():
    for part in ("name", "column"):
        names = [getattr(covariate, part) for covariate in COVARIATES]
        assert len(names) == len(set(names))


@EXAMPLES
@given(spots, spots, st.floats(-500, 500), st.integers(0, 2**32 - 1))
def test_distances_hold_under_shift_and_order(sites, corners, shift, seed):
    lines = shapely.linestrings(np.stack([corners, corners[::-1] + 1], axis=1))
    away = measure_nearest_km(sites, lines)
    assert (away >= 0).all()
    moved = shapely.transform(lines, lambda xy: xy + shift)
    assert measure_nearest_km(sites + shift, moved) == pytest.approx(away, abs=1e-6)
    order = np.random.default_rng(seed).permutation(len(sites))
    assert (measure_nearest_km(sites[order], lines) == away[order]).all()


@EXAMPLES
@given(spots, spots, st.integers(0, 2**32 - 1))
def test_people_sum_to_the_same_bytes_in_any_order_of_sites(sites, places, seed):
    people = np.arange(1.0, len(places) + 1) * 997
    summed = sum_people(sites, places, people, reach_km=15.0)
    assert ((summed >= 0) & (summed <= people.sum() * (1 + 1e-12))).all()
    order = np.random.default_rng(seed).permutation(len(sites))
    assert (sum_people(sites[order], places, people, reach_km=15.0) == summed[order]).all()
    direct = [(people * np.exp(-((places - at) ** 2).sum(axis=1) / 450)).sum() for at in sites]
    assert summed == pytest.approx(direct, abs=people.sum() * np.exp(-8))


def test_the_sum_over_many_places_does_not_know_the_order_of_sites():
    """Enough of both that the trees branch, and each another way."""
    rng = np.random.default_rng(1)
    sites, places = rng.normal(0, 40, (900, 2)), rng.normal(0, 40, (700, 2))
    people = rng.uniform(1, 1e6, 700)
    order = rng.permutation(900)
    one = sum_people(sites, places, people, reach_km=15.0)
    two = sum_people(sites[order], places, people, reach_km=15.0)
    assert (one[order] == two).all()


@EXAMPLES
@given(arrays(float, (6, 7), elements=st.one_of(st.just(np.nan), st.floats(-100, 5000))))
def test_rasters_never_leave_the_range_of_what_is_around(ground):
    raster = make_raster("hazard_relief", ground[None])
    lon, lat = np.meshgrid(np.linspace(-91.1, -90.2, 13), np.linspace(14.3, 15.1, 11))
    sites = place_sites(lon.ravel(), lat.ravel(), crs_metric=CRS_METRIC)
    value = sample_bands(raster, sites)[:, 0]
    if np.isfinite(value).any():
        assert np.nanmin(value) >= np.nanmin(ground) - 1e-3
        assert np.nanmax(value) <= np.nanmax(ground) + 1e-3
    row, column = (at.ravel() for at in np.indices(ground.shape))
    span = span_windows(ground, row, column, (1, 2), 0.0).reshape(ground.shape)
    land = np.pad(np.maximum(ground, 0.0), ((1, 1), (2, 2)), constant_values=np.nan)
    for r, c in zip(*np.nonzero(np.isfinite(ground)), strict=True):
        window = land[r:r + 3, c:c + 5]
        assert span[r, c] == np.nanmax(window) - np.nanmin(window)
    assert (np.isnan(span) == np.isnan(ground)).all()
    assert (span[np.isfinite(span)] >= 0).all()


@EXAMPLES
@given(st.floats(0.05, 0.9), st.floats(0.05, 0.9))
def test_border_and_coast_make_up_the_outline(split, rise):
    """Whatever the shapes, an edge is border, coast or frame, and never two of them."""
    one = shapely.Polygon([(-91, 13), (-91 + split, 13.1), (-91 + split, 14), (-91, 14 + rise)])
    two = shapely.box(-91 + split, 13.2, -89, 14.1)
    edges = split_outlines(np.array([one, two]), np.array(["GT", "MX"]), crs_metric=CRS_METRIC,
                           gap_km=0.5)
    assert len(edges.border) > 0
    assert not set(shapely.to_wkb(edges.border)) & set(shapely.to_wkb(edges.coast))
