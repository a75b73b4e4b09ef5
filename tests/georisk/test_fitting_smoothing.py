"""What smoothing hides: heights of kernels, scatter of counts and the draws made of both."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from fitting_world import RULES, draw_sources, fit, make_lines, make_sources

from georisk.bootstrap import Resampling
from georisk.fitting.draws import Blocks
from georisk.fitting.smoothing import (
    HIDDEN,
    Hidden,
    measure_heights,
    measure_hidden,
    measure_scatter,
)
from georisk.fitting.tuning import Tuning

ROAD = make_lines(120)


def test_heights_are_those_of_kernels_spread_from_every_segment():
    guide = np.exp(np.sin(ROAD.xy_km[:, 0] / 9))
    sources = draw_sources(ROAD, 5)
    for width_km in (2.0, 8.0):
        vague_km = 1.0
        made = ROAD.prepare(ROAD.xy_km, np.full(120, vague_km), (width_km,))
        exact = made.spread(0, np.arange(120), guide).matrix.diagonal()
        found, cell = measure_heights(sources.prepared, guide, width_km=width_km,
                                      vague_km=vague_km)
        assert np.median(np.abs(np.log(found / exact))) < 0.15
        assert len(set(cell.tolist())) == cell.max() + 1


def test_hidden_is_what_a_posterior_has_beyond_redrawn_incidents():
    """Of a Gaussian on a line: height in the middle, less the integral of the square."""
    x = np.linspace(-8, 8, 100_001)
    bell = np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)
    assert (bell.max() - (bell**2).sum() * (x[1] - x[0])) / bell.max() == pytest.approx(HIDDEN)


def test_factors_have_the_variance_asked_for_and_stray_together_within_a_cell():
    hidden = Hidden(np.array([[0.1, 0.2], [0.1, 0.2], [0.0, 0.0]]),
                    np.array([[0, 0], [1, 0], [2, 1]]))
    factor = hidden.draw(20_000, np.random.default_rng(3))
    logs = np.log(factor)
    assert np.median(factor[0]) == pytest.approx(1.0, abs=0.02)
    assert logs[:2].var(axis=1) == pytest.approx(np.log(1.3), rel=0.05)
    assert (factor[2] == 1).all()
    assert np.corrcoef(logs[0], logs[1])[0, 1] == pytest.approx(2 / 3, abs=0.03)


def test_few_incidents_hide_more_than_many():
    few, many = (draw_sources(ROAD, n, seed=4) for n in (30, 600))
    spread = [measure_hidden(stack := fit(ROAD, sources), sources, stack.estimate(sources),
                             rules=Resampling()).variance.sum(axis=1) for sources in (few, many)]
    assert np.median(spread[0]) > 3 * np.median(spread[1])


def test_counts_that_come_in_good_and_bad_years_scatter_more_than_chance():
    rng = np.random.default_rng(6)
    steady_unit, steady_age = rng.integers(0, 120, 800), rng.uniform(0, 8, 800)
    burst_age = np.where(steady_unit < 60, rng.uniform(2, 3, 800), rng.uniform(0, 8, 800))
    found = []
    for age in (steady_age, burst_age):
        sources = make_sources(ROAD, ROAD.xy_km[steady_unit], age, np.zeros(800))
        stack = fit(ROAD, sources)
        found.append(measure_scatter(stack, sources, stack.estimate(sources),
                                     rules=Resampling()))
        assert (found[-1] >= 1).all()
    assert np.median(found[1]) > 2 * np.median(found[0])


def test_shares_follow_the_incidents_that_count():
    """With a prior of thousands the prior decides; with next to none, what was redrawn does."""
    density = np.array([[1.0, 0.1], [0.1, 1.0]])
    times = np.array([[9.0, 1.0], [1.0, 9.0]])
    share = np.array([0.5, 0.5])
    loose = Tuning(density, np.arange(2), np.full(2, 1e-3), np.arange(2))
    blocks = Blocks(np.arange(2), times)
    drawn = loose.redraw(share, blocks, np.random.default_rng(1))
    assert drawn[0, 0] > 0.9
    assert drawn[1, 1] > 0.9
    strict = replace(loose, prior=np.full(2, 1e6)).redraw(share, blocks, np.random.default_rng(1))
    assert strict == pytest.approx(np.full((2, 2), 0.5), abs=1e-2)
    assert drawn.sum(axis=0) == pytest.approx(np.ones(2))


def test_without_a_past_to_tune_on_shares_vary_as_their_prior_does():
    nobody = np.zeros(0, np.intp)
    tuning = Tuning(np.zeros((0, 2)), nobody, np.array([3.0, 1.0]), nobody)
    blocks = Blocks(nobody, np.zeros((0, 20_000)))
    drawn = tuning.redraw(tuning.weigh(), blocks, np.random.default_rng(2))
    assert drawn[0].mean() == pytest.approx(0.75, abs=0.01)  # Beta(3, 1)
    assert drawn[0].std() == pytest.approx(np.sqrt(3 / 80), rel=0.03)


def test_the_order_of_segments_changes_no_height():
    guide = np.linspace(1, 2, 120)
    sources = draw_sources(ROAD, 5)
    height, _ = measure_heights(sources.prepared, guide, width_km=8.0, vague_km=1.0)
    back = np.arange(120)[::-1]
    lines = ROAD.segments
    turned = replace(ROAD, pool=ROAD.pool[back], segments=type(lines)(
        lines.ids[back], lines.mid_km[back],
        lines.length_km[back], lines.lines_km[back]))
    other, _ = measure_heights(make_sources(turned, ROAD.xy_km[:1], [1.0], [0], rules=RULES)
                               .prepared, guide[back], width_km=8.0, vague_km=1.0)
    assert other[back] == pytest.approx(height, rel=1e-12)
