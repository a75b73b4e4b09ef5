"""Columns of the log-linear model: scale, unknown conditions, order, place and unit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from fitting_world import make_grid, make_values
from hypothesis import given, settings
from hypothesis import strategies as st
from surroundings import CAMPAIGN

from georisk.fitting.design import VARYING, build_design, expand_spline, lay_regions, standardise

EXAMPLES = 10_000 if CAMPAIGN else 40


def draw(seed, m, *, unknown=0.0):
    """Conditions of several kinds on m units of uneven size over about 900 km."""
    rng = np.random.default_rng(seed)
    xy_km = rng.uniform(0, 900, (m, 2))
    values = pd.DataFrame({
        "coast": rng.gamma(2.0, 2.0, m), "elevation": xy_km[:, 0] * 2 + rng.normal(0, 50, m),
        "rail": rng.normal(0, 1, m), "heat": rng.choice([21.0, 24.0], m),
        "land_cover_7": rng.random(m), "land_cover_16": (rng.random(m) < 0.1) * 1.0,
    })
    for name in values.columns:
        values.loc[rng.random(m) < unknown, name] = np.nan
    return values, xy_km, rng.uniform(0.2, 3, m)


@settings(max_examples=EXAMPLES)
@given(seed=st.integers(0, 2**32), m=st.integers(20, 300), unknown=st.sampled_from([0.0, 0.5]))
def test_columns_have_mean_0_and_spread_1_by_size(seed, m, unknown):
    """Half as much for how an effect differs by region; over the units that are known."""
    values, xy_km, size = draw(seed, m, unknown=unknown)
    design = build_design(values, xy_km=xy_km, size=size)
    assert np.isfinite(design.columns).all()
    assert design.columns.shape == (m, len(design.factor))
    np.testing.assert_allclose(np.average(design.columns, axis=0, weights=size), 0, atol=1e-11)
    for column, name in zip(design.columns.T, design.factor, strict=True):
        key = "land_cover_7" if name == "land_cover" else name
        known = np.ones(m, bool) if name == "region" else values[key].notna().to_numpy()
        if name == "land_cover":
            known = column != 0
        spread = np.sqrt(np.average(column[known] ** 2, weights=size[known]))
        assert spread == pytest.approx(1, abs=1e-9) or (
            name in VARYING and spread == pytest.approx(0.5, abs=1e-9))


@settings(max_examples=EXAMPLES)
@given(seed=st.integers(0, 2**32))
def test_unknown_conditions_read_0_in_all_their_columns(seed):
    values, xy_km, size = draw(seed, 200, unknown=0.4)
    design = build_design(values, xy_km=xy_km, size=size, region_km=300.0)
    factor = np.array(design.factor)
    assert (factor == "coast").sum() > 6
    for name in ("coast", "elevation", "rail", "heat"):
        unknown = values[name].isna().to_numpy()
        assert not design.columns[np.ix_(unknown, factor == name)].any()
        assert design.columns[np.ix_(~unknown, factor == name)].any(axis=0).all()


@settings(max_examples=EXAMPLES)
@given(seed=st.integers(0, 2**32), shift=st.tuples(st.floats(-1e4, 1e4), st.floats(-1e4, 1e4)))
def test_neither_order_nor_place_nor_unit_matters(seed, shift):
    values, xy_km, size = draw(seed, 120, unknown=0.1)
    plain = build_design(values, xy_km=xy_km, size=size, region_km=250.0)
    order = np.random.default_rng(seed).permutation(120)
    turned = build_design(values.iloc[order], xy_km=xy_km[order], size=size[order],
                          region_km=250.0)
    assert turned.factor == plain.factor
    np.testing.assert_allclose(turned.columns, plain.columns[order], atol=1e-12)
    moved = build_design(values, xy_km=xy_km + shift, size=size, region_km=250.0)
    np.testing.assert_allclose(moved.columns, plain.columns, atol=1e-9)
    scaled = values.assign(coast=values["coast"] * 1000, elevation=values["elevation"] * 1e-9,
                           heat=values["heat"] * 1e-12, rail=values["rail"] * 1e9)
    other = build_design(scaled, xy_km=xy_km, size=size, region_km=250.0)
    assert other.factor == plain.factor
    np.testing.assert_allclose(other.columns, plain.columns, atol=1e-9)


@pytest.mark.parametrize("span", [500.0, 600.0, 1000.0, 1400.0])
def test_regions_move_with_the_units_where_a_centre_lies_half_a_step_beyond(span):
    side = np.arange(0, span + 1, 25.0)
    xy_km = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    plain = lay_regions(xy_km, region_km=400.0)
    for shift in (0.1, -3331.7, 1 / 3, 17.3, -5.55, 1234.56, -777.77, 1e4 / 7):
        np.testing.assert_allclose(lay_regions(xy_km + shift, region_km=400.0), plain, atol=1e-9)
    np.testing.assert_allclose(plain.sum(axis=1), 1)


def test_constant_and_unknown_conditions_have_no_column():
    values, xy_km, size = draw(1, 60)
    values = values[["coast"]].assign(
        flat=0.1, nought=0.0, huge=1e9, none=np.nan, land_cover_3=0.0, land_cover_4=1 / 3)
    design = build_design(values, xy_km=xy_km / 100, size=size)
    assert design.factors == ("coast",)
    empty = build_design(values[[]], xy_km=xy_km / 100, size=size)
    assert empty.columns.shape == (60, 0)
    one = build_design(values.iloc[:1], xy_km=xy_km[:1], size=size[:1])
    assert one.columns.shape == (1, 0)


def test_no_conditions_leave_only_regions():
    values, xy_km, size = draw(1, 200)
    design = build_design(values[[]], xy_km=xy_km, size=size, region_km=400.0)
    assert design.factors == ("region",)
    assert design.columns.shape[1] == 9


def test_few_distinct_values_and_shares_enter_as_they_are():
    values, xy_km, size = draw(2, 80)
    design = build_design(values, xy_km=xy_km / 1000, size=size)
    factor = np.array(design.factor)
    assert (factor == "land_cover").sum() == 2
    shares = values[["land_cover_7", "land_cover_16"]].to_numpy()
    np.testing.assert_allclose(design.columns[:, factor == "land_cover"],
                               standardise(shares, size), atol=1e-12)
    assert (factor == "heat").sum() == 1
    heat = design.columns[:, factor == "heat"][:, 0]
    assert len(np.unique(heat.round(9))) == 2
    assert (factor == "coast").sum() == 4


def test_spline_is_linear_beyond_nothing_and_smooth_between():
    """A quadratic spline holds every straight line and parabola: least squares leave nothing."""
    x = np.sort(np.random.default_rng(0).gamma(2.0, 1.0, 300))
    x[7] = np.nan
    made = expand_spline(x)
    known = np.isfinite(x)
    assert np.isnan(made[~known]).all()
    basis = np.column_stack([np.ones(299), made[known]])
    for target in (x[known], x[known] ** 2):
        left = target - basis @ np.linalg.lstsq(basis, target)[0]
        assert np.abs(left).max() < 1e-9


def test_a_linear_effect_by_region_is_that_of_the_region():
    """Two regions 500 km apart: columns of ``coast`` are spline, then share times condition."""
    support = make_grid(51, 2)
    values = make_values(support)[["coast"]]
    design = build_design(values, xy_km=support.xy_km, size=support.size, region_km=500.0)
    bumps = lay_regions(support.xy_km, region_km=500.0)
    assert bumps.shape[1] == 2
    line = standardise(values.to_numpy(), support.size)
    factor = np.array(design.factor)
    np.testing.assert_allclose(design.columns[:, factor == "coast"][:, 4:],
                               0.5 * standardise(bumps * line, support.size), atol=1e-12)
