"""Fits from next to nothing, and of a truth that is known."""

from __future__ import annotations

import numpy as np
import pytest
from fitting_world import (
    LAEA,
    RULES,
    draw_sources,
    fit,
    make_grid,
    make_lines,
    make_sources,
    make_values,
    with_trees,
)

from georisk.covariates import Rules
from georisk.fitting.grounds import POSITION, measure_ground
from georisk.fitting.place import Fitting
from georisk.fitting.rules import StackRules
from georisk.fitting.workshop import Workshop
from georisk.validation.domain import build_domains

GRID, LINES = make_grid(12, 9), make_lines(60)
SUPPORTS = pytest.mark.parametrize("support", [GRID, LINES], ids=["grid", "lines"])
TREES = with_trees(RULES, 8)


def check(support, sources, *, values=None, rules=RULES):
    """Finite, above 0 and adding up; any warning fails the test."""
    stack = fit(support, sources, values=values, rules=rules)
    found = stack.estimate(sources)
    assert np.isfinite(found).all()
    assert (found > 0).all()
    assert (found * support.size).sum() == pytest.approx(stack.rate, rel=1e-9)
    return stack


@SUPPORTS
def test_no_incident_is_no_intensity(support):
    sources = make_sources(support, np.zeros((0, 2)), [], [])
    stack = fit(support, sources)
    assert stack.rate == 0
    assert not stack.estimate(sources).any()
    np.testing.assert_allclose(stack.place.estimate_density() * support.size.sum(), 1)


@SUPPORTS
@pytest.mark.parametrize("n", [1, 2, 5, 6, 10, 11])
@pytest.mark.parametrize("rules", [RULES, TREES], ids=["splines", "trees"])
def test_few_incidents(support, n, rules):
    rng = np.random.default_rng(n)
    xy_km = support.xy_km[rng.integers(len(support), size=n)]
    check(support, make_sources(support, xy_km, rng.uniform(0, 6, n), rng.integers(0, 3, n)),
          rules=rules)


@SUPPORTS
@pytest.mark.parametrize("rules", [RULES, TREES], ids=["splines", "trees"])
@pytest.mark.parametrize("case", ["one spot", "this year", "long ago", "one kind", "one day"])
def test_incidents_that_are_all_alike(support, case, rules):
    rng = np.random.default_rng(5)
    xy_km = support.xy_km[rng.integers(len(support), size=50)] + rng.normal(0, 2, (50, 2))
    age, group = rng.uniform(0, 8, 50), rng.integers(0, 3, 50)
    if case == "one spot":
        xy_km[:] = support.xy_km[7]
    age = {"this year": age / 9, "long ago": 5 + age / 3, "one day": 0 * age}.get(case, age)
    group = np.full(50, 4) if case == "one kind" else group
    stack = check(support, make_sources(support, xy_km, age, group), rules=rules)
    if case == "one kind":
        assert {part.group for part in stack.parts} <= {4, -1}


@pytest.mark.parametrize("rules", [RULES, TREES], ids=["splines", "trees"])
def test_one_unit_has_it_all(rules):
    for support in (make_grid(1, 1), make_grid(3, 3, kept=np.arange(9) == 4)):
        sources = make_sources(support, np.full((12, 2), 14.0), np.arange(12) / 2, [0] * 12)
        stack = check(support, sources, rules=rules)
        assert stack.estimate(sources).tolist() == [pytest.approx(stack.rate / 100)]


@SUPPORTS
@pytest.mark.parametrize("rules", [RULES, TREES], ids=["splines", "trees"])
@pytest.mark.parametrize("case", ["none", "half unknown", "unknown", "known where none died"])
def test_conditions_that_say_little(support, case, rules):
    sources, values = draw_sources(support, 60), make_values(support)
    if case == "none":
        values = values[[]]
    elif case == "half unknown":
        values.loc[np.random.default_rng(0).random(len(support)) < 0.5, "coast"] = np.nan
    elif case == "unknown":
        values["coast"] = np.nan
    else:
        hit = np.unique(sources.unit[sources.unit >= 0])
        values.loc[hit, "coast"] = np.nan
        values["relief"] = np.where(np.arange(len(support)) == hit[0], 1.0, np.nan)
    stack = check(support, sources, values=values, rules=rules)
    assert ("coast" in stack.place.design.factors) == (case not in {"none", "unknown"})


def test_incidents_out_of_reach_take_no_part():
    near = draw_sources(LINES, 60)
    assert (near.unit < 0).any()
    inside = np.flatnonzero(near.unit >= 0)
    alone = make_sources(LINES, near.prepared.xy_km[inside], near.age_years[inside],
                         near.group[inside], sigma_km=near.prepared.sigma_km[inside])
    np.testing.assert_allclose(fit(LINES, alone).estimate(alone),
                               fit(LINES, near).estimate(near), rtol=1e-9)
    lost = make_sources(LINES, np.full((9, 2), 900.0), np.arange(9) / 2, [0] * 9)
    assert not fit(LINES, lost).estimate(lost).any()


def simulate(seed, n):
    """A log-linear field with three hot spots of 6 km on 1,600 cells of 10 km."""
    rng = np.random.default_rng(seed)
    support = make_grid(40, 40)
    values = make_values(support)
    field = np.exp(1.1 * values["coast"].to_numpy() - 0.7 * values["relief"].to_numpy())
    field /= field.sum()
    for spot in rng.uniform(60, 340, (3, 2)):
        bump = np.exp(-0.5 * ((support.xy_km - spot) ** 2).sum(axis=1) / 6**2)
        field = field + 0.25 * bump / bump.sum()
    truth = field / field.sum()
    cell = rng.choice(len(truth), n, p=truth)
    xy_km = support.xy_km[cell] + rng.uniform(-5, 5, (n, 2))
    sources = make_sources(support, xy_km, rng.uniform(0, 8, n), rng.integers(0, 2, n),
                           rules=StackRules(trees_from=10**9), sigma_km=np.zeros(n))
    return support, values, sources, truth


def measure_bits(truth, share):
    return float(truth @ np.log2(share * len(truth)))


@pytest.mark.parametrize(("n", "least"), [(60, 0.5), (400, 0.8), (2000, 0.9)])
def test_a_known_truth_is_found_again(n, least):
    """Of 2.87 and 2.85 bits over an even spread: 2.19 and 1.99 from 60, 2.69 and 2.67 from 2,000.
    """
    for seed in (1, 2):
        support, values, sources, truth = simulate(seed, n)
        stack = fit(support, sources, values=values, rules=StackRules(trees_from=10**9))
        found = measure_bits(truth, stack.estimate(sources) * support.size / stack.rate)
        assert found > least * measure_bits(truth, truth)


def test_where_a_unit_lies_is_for_trees_alone():
    """Nothing known but the position: splines are flat, trees find the half that is hit."""
    grid = make_grid(30, 20)
    xy_km, size = grid.xy_km, grid.size
    lon, lat = xy_km.T / 110
    ground, _ = measure_ground(xy_km, lon, lat, size, {}, crs_metric=LAEA, rules=Rules(),
                               region_km=1e6)
    assert set(POSITION) <= set(ground.values)
    assert not set(POSITION) & set(ground.design.factors)
    east = xy_km[:, 0] > np.median(xy_km[:, 0])
    fitting = Fitting(grid.pool, np.ones(len(grid), bool), size)
    trees = ground.fit_trees(10.0 * east, fitting)
    assert trees[east].min() > 2 * trees[~east].max()
    splines = ground.fit_place(10.0 * east, fitting, ridge=20.0).estimate_density()
    assert np.ptp(splines) < 1e-9


def test_the_regression_of_the_first_design_sees_no_position():
    (land,) = build_domains(None, area=(-98.0, 18.0, -96.0, 20.0), crs_metric=LAEA)
    shop = Workshop({}, LAEA, Rules(), StackRules())
    ground = shop.ground(land)
    assert set(POSITION) <= set(ground.values)
    assert not set(POSITION) & set(ground.bare.factors)
