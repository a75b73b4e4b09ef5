"""Heat index, wet bulb, the course of a day, flags, and the step that flags a study."""

from __future__ import annotations

import numpy as np
import pytest
from covariate_world import make_raster
from hypothesis import given, settings
from hypothesis import strategies as st
from surroundings import CAMPAIGN

from georisk.covariates.climate import measure_daylight_h
from georisk.covariates.sites import place_sites
from georisk.parameters import Parameters
from georisk.travel import walk_speed_kmh
from georisk.walking import HeatRules, flag_heat, flag_wbgt, heat_index_degc, wet_bulb_degc
from georisk.walking.days import DRYNESS, Climate, class_dryness, flag_hours
from georisk.walking.heat import (
    list_hourly_climate,
    list_hourly_temperature,
    shape_day,
    vapour_kpa,
)
from georisk.walking.rules import read_heat_rules
from georisk.walking.steps import read_climate
from layers.errors import CallError

CRS = "+proj=laea +lat_0=14 +lon_0=-90 +datum=WGS84 +units=m"
degrees = st.floats(-30, 60)
percent = st.floats(0, 100)
MANY = settings(max_examples=10_000 if CAMPAIGN else 50)


@pytest.mark.parametrize(("f", "rh", "index"), [(90, 60, 99.68), (104, 10, 98.07), (84, 90, 98.34)])
def test_heat_index_check_values(f, rh, index):
    told = float(heat_index_degc((f - 32) / 1.8, rh)) * 1.8 + 32
    assert told == pytest.approx(index, abs=5e-3)


def test_heat_index_is_the_simple_formula_where_it_is_mild():
    # 68 degF at 50 %: (0.5 (68 + 61 + 0 + 4.7) + 68) / 2 = 67.425 degF
    assert float(heat_index_degc(20.0, 50.0)) * 1.8 + 32 == pytest.approx(67.425)


@pytest.mark.parametrize(
    ("t", "rh", "wet"), [(20, 50, 13.699), (40, 20, 22.704), (45, 10, 21.392)]
)
def test_wet_bulb_check_values(t, rh, wet):
    assert float(wet_bulb_degc(t, rh)) == pytest.approx(wet, abs=5e-4)


def test_wet_bulb_alone_would_call_the_worst_desert_hour_the_milder():
    assert wet_bulb_degc(45, 10) < wet_bulb_degc(40, 20)
    assert heat_index_degc(45, 10) > heat_index_degc(40, 20)


@MANY
@given(degrees, percent)
def test_indices_are_numbers_and_unknown_stays_unknown(t, rh):
    assert np.isfinite(heat_index_degc(t, rh))
    assert np.isfinite(wet_bulb_degc(t, rh))
    assert np.isnan(heat_index_degc(np.nan, rh))
    assert np.isnan(wet_bulb_degc(t, np.nan))


@pytest.mark.parametrize("rh", [-0.1, 100.1, np.inf])
def test_a_humidity_that_is_none_is_refused(rh):
    with pytest.raises(ValueError, match="humidity"):
        heat_index_degc(30.0, [50.0, rh])
    with pytest.raises(ValueError, match="humidity"):
        wet_bulb_degc(30.0, rh)


@MANY
@given(st.floats(0.01, 10), st.floats(-0.6, 0.6))
def test_accessmods_rescaled_tobler_is_toblers_times_a_factor(v, slope):
    """speed(v, s) = v e^(-3.5 |s + 0.05|) / e^(-0.175), with v = 5.037 x the speed factor."""
    rescaled = v * np.exp(-3.5 * abs(slope + 0.05)) / np.exp(-0.175)
    factor = v / float(walk_speed_kmh(0.0))
    assert float(walk_speed_kmh(slope)) * factor == pytest.approx(rescaled)


def test_accessmods_check_values():
    factor = 4.0 / float(walk_speed_kmh(0.0))
    told = [round(float(walk_speed_kmh(s)) * factor, 3) for s in (0.0, 0.2)]
    assert told == [4.0, 1.986]


# -- the course of a day -----------------------------------------------------------------------


def test_vapour_pressure_of_the_tables_of_fao_56():
    # Table 2.3 of FAO-56: 1.228 at 10, 2.338 at 20, 4.243 at 30 degC
    assert vapour_kpa([10, 20, 30]).round(3).tolist() == [1.228, 2.338, 4.243]


def test_the_shape_of_a_day_by_hand():
    """14 h of light: coolest at 5 - 0.17 h, a sine of half period 14 + 2 x 1.86 = 17.72 h."""
    day = shape_day([14.0])[0]
    assert day[13] == pytest.approx(np.sin(np.pi * (13.5 - 4.83) / 17.72))
    dusk = np.sin(np.pi * (19 - 4.83) / 17.72)
    assert day[21] == pytest.approx(dusk * np.exp(-2.2 * 2.5 / 10))
    assert day[1] == pytest.approx(dusk * np.exp(-2.2 * 6.5 / 10))  # 19 to 1:30 h


@MANY
@given(degrees, st.floats(0, 30), st.floats(0, 24), st.floats(0.01, 6))
def test_the_mean_and_the_range_are_those_given(mean, span, light, moisture):
    t, rh = list_hourly_climate([mean], [span], moisture_kpa=[moisture], daylight_h=[light])
    assert t.shape == rh.shape == (1, 24)
    assert float(t.mean()) == pytest.approx(mean, abs=1e-9)
    assert float(np.ptp(t)) == pytest.approx(span, abs=1e-9)
    assert ((rh >= 0) & (rh <= 100)).all()


def test_unknown_climate_is_unknown_by_the_hour():
    t, rh = list_hourly_climate([np.nan, 20], [10, 10], moisture_kpa=[1, np.nan],
                                daylight_h=[12, 12])
    assert np.isnan(t[0]).all()
    assert np.isnan(rh).all()


# -- flags -------------------------------------------------------------------------------------


def test_flags_change_exactly_at_their_bounds():
    rules = HeatRules()
    assert flag_heat(rules.index_degc).tolist() == [2, 3, 4, 5]
    assert flag_heat(np.nextafter(rules.index_degc, 0)).tolist() == [1, 2, 3, 4]
    assert flag_wbgt(np.nextafter(rules.wbgt_degc, 0)).tolist() == [1, 2, 3, 4]
    assert flag_wbgt([25.6, np.nan]).tolist() == [1, 0]


def make_climate(mean=30.0, rain=0.0, **more):
    return Climate(np.array([31.5]), np.full((1, 12), mean), np.full((1, 12), rain), **more)


@MANY
@given(st.floats(-20, 45), st.floats(0, 10), st.floats(0, 500))
def test_a_warmer_month_never_flies_a_lower_flag(mean, more, rain):
    """At one dryness: the classes are kept apart so that only the heat changes."""
    rules = HeatRules(range_degc=(15.0,) * 5, dew_below_degc=(2.0,) * 5)
    cool = flag_hours(make_climate(mean, rain), rules)
    assert (flag_hours(make_climate(mean + more, rain), rules) >= cool).all()


def test_dryness_of_a_month_and_unknown():
    climate = make_climate(20.0)
    climate.rain_mm[0, :4] = [0, 20, 500, np.nan]
    names = [DRYNESS[row] for row in class_dryness(climate)[0, :3]]
    assert names == ["hyper_arid", "semi_arid", "humid"]
    assert class_dryness(climate)[0, 3] == -1


@pytest.mark.parametrize("missing", ["mean_degc", "rain_mm"])
def test_a_month_without_temperature_or_rain_is_unknown(missing):
    climate = make_climate(humidity_pct=np.full((1, 12), 50.0), wbgt_degc=np.full((1, 12), 33.0))
    getattr(climate, missing)[0, 5] = np.nan
    flags = flag_hours(climate)
    assert missing == "rain_mm" or (flags == 0).all() or (flags[0, 5] == 0).all()
    assert (flags[0, 5] == 0).all()


def test_humidity_measured_takes_the_place_of_the_estimate():
    """30 degC at 20 % on average holds 0.849 kPa, less than air saturated at the dawn's 19."""
    dry = flag_hours(make_climate(humidity_pct=np.full((1, 12), 20.0)))
    assert (dry <= flag_hours(make_climate())).all()
    assert dry.sum() < flag_hours(make_climate()).sum()
    t = list_hourly_temperature([30.0], [18.0], daylight_h=measure_daylight_h([31.5])[:, 5])
    by_hand = flag_heat(heat_index_degc(t, 100 * 0.2 * vapour_kpa(30.0) / vapour_kpa(t)))
    assert (dry[0, 5] == by_hand[0]).all()


def test_unknown_humidity_falls_back_to_the_estimate_and_unknown_wbgt_to_the_index():
    unknown = np.full((1, 12), np.nan)
    flags = flag_hours(make_climate(humidity_pct=unknown, wbgt_degc=unknown))
    assert (flags == flag_hours(make_climate())).all()


def test_wbgt_known_flies_the_flag_of_the_warmest_hour():
    for wbgt, flag in ((25.0, 1), (28.0, 2), (30.0, 3), (31.5, 4), (33.0, 5)):
        flags = flag_hours(make_climate(wbgt_degc=np.full((1, 12), wbgt)))
        assert flags.max() == flag
    # 18 degrees cooler before dawn: 33 - 0.6 x 18 = 22.2 degC
    assert flags[0, 5].min() == 1


# -- parameters and the step -------------------------------------------------------------------


def test_rules_come_from_the_parameter_file_and_must_rise():
    parameters = Parameters.read()
    assert read_heat_rules(parameters) == HeatRules()
    with pytest.raises(CallError, match="do not rise"):
        read_heat_rules(parameters.replace(heat__index_3_degc=26.0))


def test_layers_of_humidity_and_wbgt_are_read_where_a_study_has_them():
    sites = place_sites(np.array([-90.5]), np.array([14.5]), crs_metric=CRS)
    bands = np.ones((12, 10, 10))
    layers = {
        "hazard_temperature": make_raster("hazard_temperature", 25 * bands),
        "hazard_rain": make_raster("hazard_rain", 0 * bands),
        "hazard_humidity": make_raster("hazard_humidity", 40 * bands),
        "hazard_wbgt": make_raster("hazard_wbgt", 30 * bands),
    }
    climate = read_climate(sites, layers)
    assert climate.humidity_pct.tolist() == [[40.0] * 12]
    assert flag_hours(climate).max() == 3
    bare = read_climate(sites, {"hazard_temperature": layers["hazard_temperature"]})
    assert bare.humidity_pct is None
    assert (flag_hours(bare) == 0).all()
