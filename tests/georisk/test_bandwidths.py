"""Kernels chosen by what they would have forecast, by hand and against other code. Invented."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from fitting_world import make_degree_grid
from hypothesis import given, settings
from hypothesis import strategies as st
from validation_world import make_domain, make_record

from georisk.fitting.bandwidths import (
    LADDER_KM,
    PLAIN,
    STRONG,
    Scatter,
    Search,
    estimate_density,
    measure_masses,
    measure_widths,
    read_kernels,
    read_masses,
    score_search,
    tune_kernel,
)
from georisk.fitting.kernel import Kernel
from georisk.fitting.workshop import measure_ages, support_domain
from georisk.incidents import weigh_decay

DOMAIN = make_domain()
SUPPORT = support_domain(DOMAIN)


def scatter_of(record, year=2022):
    unit = DOMAIN.locate(record.xy_km, kind=record.kind)
    return Scatter(SUPPORT, record.xy_km, record.sigma_km, measure_ages(record, year), unit)


SCATTER = scatter_of(make_record(40))


def loop_widths(scatter, weight, h0_km, search):
    """METHOD 2.3, one incident at a time."""
    pilot = []
    for at in scatter.xy_km:
        wide = [math.hypot(h0_km, sigma) for sigma in scatter.sigma_km]
        pilot.append(sum(
            w * math.exp(-0.5 * (math.dist(at, other) / width) ** 2) / width**2
            for w, other, width in zip(weight, scatter.xy_km, wide, strict=True)))
    logs = [w * math.log(f) for w, f in zip(weight, pilot, strict=True)]
    typical = math.exp(sum(logs) / sum(weight))
    least, most = search.clip_low * h0_km, search.clip_high * h0_km
    return np.array([math.hypot(min(max(h0_km * (f / typical) ** -0.5, least), most), sigma)
                     for f, sigma in zip(pilot, scatter.sigma_km, strict=True)])


def test_widths_are_those_of_a_double_loop():
    weight = weigh_decay(SCATTER.age_years, 2.0)
    both = np.column_stack([np.ones(len(SCATTER)), weight])
    own = measure_widths(SCATTER, both, 7.5, STRONG)
    assert own[:, 1] == pytest.approx(loop_widths(SCATTER, weight, 7.5, STRONG), rel=2e-5)
    assert np.abs(own[:, 0] / own[:, 1] - 1).max() > 0.01


def test_masses_between_the_rungs():
    near = SCATTER.take(np.arange(len(SCATTER)) < 30)
    for width_km in (1.1, 7.5, 42.0):
        sure = np.empty(len(near))
        for n, at in enumerate(near.xy_km):
            one = replace(near.support).prepare(at[None], np.full(1, width_km), (0.0,))
            sure[n] = 1 / one.spread(0, np.zeros(1, int), np.ones(len(SUPPORT))).share[0]
        told = read_masses(near.mass, np.full(len(near), width_km))
        assert told == pytest.approx(sure, abs=0.01)
    assert LADDER_KM[0] <= 0.3 * 2.5
    assert measure_masses(SUPPORT, np.array([[100.0, 100.0]]))[0, 0] == pytest.approx(1)


def test_reading_is_what_the_surface_says():
    kernel = Kernel(10.0, 4.0, 0.1)
    weight = weigh_decay(SCATTER.age_years, 4.0)[:, None]
    weight /= weight.sum()
    width_km = measure_widths(SCATTER, weight, 10.0, STRONG)[:, 0]
    cells = np.array([0, 42, 84, 399])
    read = read_kernels(SCATTER, width_km, weight[:, 0], cells)
    whole = estimate_density(SCATTER, kernel)
    assert 0.9 * read + 0.1 / DOMAIN.area_km2.sum() == pytest.approx(whole[cells], rel=0.01)
    assert float((whole * DOMAIN.area_km2).sum()) == pytest.approx(1, abs=1e-9)


def test_cells_in_degrees_are_read_as_the_surface_says():
    """A kernel of 12 km stays one of 12 km where an axis counts degrees."""
    grid = make_degree_grid(60, 48)
    middle = np.flatnonzero((grid.column % 7 == 3) & (grid.row % 7 == 3))
    xy_km = grid.xy_km[middle] + 1.0
    masses = measure_masses(grid, xy_km)
    inner = np.abs(xy_km - grid.xy_km.mean(axis=0)).max(axis=1) < 60
    assert masses[inner, np.searchsorted(LADDER_KM, 12)] == pytest.approx(1, abs=1e-3)
    assert masses[0, -1] < 0.5
    some = Scatter(grid, xy_km, np.zeros(len(xy_km)), np.ones(len(xy_km)),
                   grid.find_nearest(xy_km), masses)
    weight = np.full(len(xy_km), 1 / len(xy_km))
    cells = np.arange(0, len(grid), 101)
    read = read_kernels(some, np.full(len(xy_km), 12.0), weight, cells)
    whole = estimate_density(some, Kernel(12.0, None, 1e-6, 1.0, 1.0))
    assert read == pytest.approx(whole[cells], rel=0.02)
    assert float((whole * grid.size).sum()) == pytest.approx(1, abs=1e-9)


def test_scores_by_hand():
    """One incident in the past, one a year later in the same cell; the kernel is narrow."""
    at = np.array([[45.0, 45.0], [45.0, 45.0]])
    unit = DOMAIN.locate(at)
    two = Scatter(SUPPORT, at, np.zeros(2), np.array([1.5, 0.5]), unit)
    tiny = Search(h0_km=(0.5,), half_lives_years=(None,), floors=(0.1,))
    found = score_search(two, tiny, 1.0)
    assert found.events == 1
    assert found.total[0, 0, 0] == pytest.approx(np.log(0.9 / 100 + 0.1 / 40_000))
    assert score_search(two, tiny, 2.0).events == 0


def test_tuning_finds_the_better_kernel():
    """Places that stay ask for a long memory, places that move for a short one."""
    rng = np.random.default_rng(1)
    year = np.repeat(np.arange(2014, 2022), 60)
    for step_km, forgets in ((0.0, False), (22.0, True)):
        xy = np.column_stack([20 + step_km * (year - 2014), np.full(len(year), 105.0)])
        xy = xy + rng.normal(0, 3, xy.shape)
        some = Scatter(SUPPORT, xy, np.full(len(xy), 0.1), 2022 - year - 0.5, DOMAIN.locate(xy))
        kernel = tune_kernel(some, Search(h0_km=(5.0, 25.0)))
        assert (kernel.half_life_years == 1.0) is forgets
        assert kernel.h0_km == 5.0 or forgets


def test_few_events_take_the_declared_kernel():
    few = SCATTER.take(np.arange(len(SCATTER)) < 49)
    assert tune_kernel(few, STRONG) == Kernel(15.0, 4.0, 0.2)
    assert tune_kernel(few, PLAIN) == Kernel(15.0, None, 0.2, 1.0, 1.0)
    none = SCATTER.take(np.zeros(len(SCATTER), bool))
    assert np.ptp(estimate_density(none, tune_kernel(none, STRONG))) == 0
    young = replace(SCATTER, age_years=np.full(len(SCATTER), 0.5))
    assert tune_kernel(young, STRONG) == STRONG.fallback


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.floats(1, 199), st.floats(1, 199), st.floats(0, 50),
                          st.floats(0, 8)), min_size=1, max_size=20),
       st.sampled_from([2.5, 15.0, 60.0]), st.sampled_from([1.0, 8.0, None]))
def test_density_is_above_zero_and_whole(rows, h0_km, life):
    x, y, sigma, age = (np.array(one) for one in zip(*rows, strict=True))
    xy = np.column_stack([x, y])
    some = Scatter(SUPPORT, xy, sigma, age, DOMAIN.locate(xy))
    density = estimate_density(some, Kernel(h0_km, life, 0.01))
    assert (density > 0).all()
    assert float((density * DOMAIN.area_km2).sum()) == pytest.approx(1, abs=1e-9)
