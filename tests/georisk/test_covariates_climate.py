"""Heat, dryness and storms at a place, by hand."""

import datetime as dt

import numpy as np
import pytest
import shapely
from covariate_world import CRS_METRIC, make_raster, make_vector, measure

from georisk.covariates import measure_months, place_sites
from georisk.covariates.climate import estimate_pet_mm, measure_daylight_h, name_aridity
from georisk.covariates.steps import find_layers


def test_heat_of_the_year_and_of_a_month():
    months = np.arange(12.0).reshape(12, 1, 1) * np.ones((1, 20, 20)) + 10
    layers = {"hazard_temperature": make_raster("hazard_temperature", months)}
    assert measure([(-90, 14)], layers).values["heat_degc"][0] == 21.0
    assert measure([(-90, 14)], layers, month=3).values["heat_degc"][0] == 12.0
    with pytest.raises(ValueError, match="month: 13 is none"):
        measure([(-90, 14)], layers, month=13)


def test_months_without_a_layer_are_unknown():
    sites = place_sites(np.array([-90.0]), np.array([14.0]), crs_metric=CRS_METRIC)
    temperature, rain = measure_months(sites, {})
    assert temperature.shape == rain.shape == (1, 12)
    assert np.isnan(temperature).all()


def test_aridity_is_rain_over_evaporation_and_capped():
    warm = make_raster("hazard_temperature", np.full((12, 20, 20), 20.0))
    rain = make_raster("hazard_rain", np.full((12, 20, 20), 75.0))
    dry = measure([(-90, 13.9)], {"hazard_temperature": warm, "hazard_rain": rain}).values
    # 900 mm of rain on 899 mm at the equator, a little more at 14 N
    assert dry["aridity"][0] == pytest.approx(1.0, abs=0.02)
    frozen = make_raster("hazard_temperature", np.full((12, 20, 20), -5.0))
    cold = measure([(-90, 13.9)], {"hazard_temperature": frozen, "hazard_rain": rain}).values
    assert cold["aridity"][0] == 10.0


def test_evaporation_rises_with_heat_and_meets_the_table_of_hot_months():
    heat = np.repeat(np.arange(5.0, 45.0, 0.5)[:, None], 12, axis=1)
    pet = estimate_pet_mm(heat, np.zeros(len(heat))).sum(axis=1)
    assert (np.diff(pet) >= -1e-9).all()
    assert estimate_pet_mm(np.full((1, 12), -3.0), np.zeros(1)).sum() == 0
    at = estimate_pet_mm(np.full((1, 12), 30.0), np.zeros(1))[0, 3]
    assert at == pytest.approx(164.35, abs=0.01)  # -415.85 + 32.24 x 30 - 0.43 x 900


def test_long_days_dry_more():
    june = estimate_pet_mm(np.full((2, 12), 20.0), np.array([0.0, 32.0]))[:, 5]
    hours = measure_daylight_h(np.array([32.0]))[0, 5]
    assert june[1] / june[0] == pytest.approx(hours / 12)


def test_days_are_long_in_june_and_even_over_the_year():
    hours = measure_daylight_h(np.array([0.0, 32.0, -32.0]))
    assert hours[0] == pytest.approx(np.full(12, 12.0))
    assert hours[1].argmax() == 5
    assert hours[1] + hours[2] == pytest.approx(np.full(12, 24.0))


def test_aridity_of_nothing_has_no_name():
    with pytest.raises(ValueError, match="no ratio"):
        name_aridity(float("nan"))


def test_storms_are_counted_once_each_and_by_month():
    near = [(-90, 13), (-90, 14), (-89.9, 15)]
    tracks = [shapely.LineString(near), shapely.LineString(near),
              shapely.LineString([(-80, 13), (-80, 15)])]
    storms = make_vector("hazard_storms", tracks, year=[2001, 2004, 2010], month=[9, 10, 9])
    layers = {"hazard_storms": storms}
    # two passages near in the ten years from 2001 to 2010, one of them in September
    counts = [measure([(-90.5, 14)], layers, month=month).values["storms_per_year"][0]
              for month in (None, 9, 1)]
    assert counts == pytest.approx([0.2, 0.1, 0.0])


def test_a_storm_of_a_month_that_has_not_ended_is_not_known():
    tracks = [shapely.LineString([(-90, 13), (-90, 14)])] * 4
    storms = make_vector("hazard_storms", tracks, year=[2001, 2010, 2010, 2011],
                         month=[12, 5, 6, 1])
    for day, known in (("2010-06-29", 2), ("2010-06-30", 3), ("2000-01-01", 0)):
        layers = find_layers({"hazard_storms": storms, "lines": None},
                             as_of=dt.date.fromisoformat(day))
        assert len(layers["hazard_storms"].frame) == known
