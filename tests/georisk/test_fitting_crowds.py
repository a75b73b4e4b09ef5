"""Kernels of a great many incidents: the same answers as pair by pair, mass kept, any order."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from fitting_world import make_degree_grid, make_grid, make_lines
from hypothesis import given, settings
from hypothesis import strategies as st
from surroundings import CAMPAIGN

from georisk.fitting import grid_kernels, grids, line_kernels, lines
from georisk.fitting.crowds import split_bands
from georisk.fitting.draws import Draws
from georisk.fitting.grid_crowds import CrowdedGrid
from georisk.fitting.line_crowds import CrowdedLines

EXAMPLES = 2_000 if CAMPAIGN else 12
LINES = make_lines(200)
GRIDS = {"km": make_grid(30, 24), "degrees": make_degree_grid(40, 36)}
WIDTHS = (1.0, 9.0, 27.0, 81.0)
FEW, SOME = [0.0, 0.3, 4.0, 10.0], None
# Of the density there, or of a hundredth of the mean where it is less.
BAR, EXACT = 1e-3, 1e-8


def draw(support, seed, n, sigmas):
    rng = np.random.default_rng(seed)
    low, high = support.xy_km.min(axis=0) - 15, support.xy_km.max(axis=0) + 15
    spots = support.xy_km[rng.integers(len(support), size=n)] + rng.normal(0, 3, (n, 2))
    xy_km = np.where(rng.random((n, 1)) < 0.8, spots, rng.uniform(low, high, (n, 2)))
    xy_km[n // 2 :][:50] = xy_km[0]
    sigma_km = rng.choice(sigmas, n) if sigmas else rng.uniform(0, 20, n)
    return xy_km, sigma_km, 10 ** rng.uniform(-2, 0, len(support)), rng


def compare(ours, theirs):
    floor = 0.01 * theirs.mean(axis=0)
    return float(np.max(np.abs(ours - theirs) / np.maximum(theirs, floor)))


def prepare(support, xy_km, sigma_km):
    plain = support.prepare(xy_km, sigma_km, WIDTHS)
    if support is LINES:
        return plain, CrowdedLines(support, xy_km, sigma_km, WIDTHS, plain.unit)
    return plain, CrowdedGrid(support, plain.axis_xy, plain.per_km, sigma_km, WIDTHS, plain.unit)


@pytest.mark.parametrize("sigmas", [FEW, SOME], ids=["few widths", "many widths"])
@pytest.mark.parametrize("name", ["lines", *GRIDS])
@settings(max_examples=EXAMPLES, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), width=st.integers(0, len(WIDTHS) - 1))
def test_a_crowd_is_what_pairs_make(name, sigmas, seed, width):
    support = LINES if name == "lines" else GRIDS[name]
    xy_km, sigma_km, guide, rng = draw(support, seed, 600, sigmas)
    plain, crowd = prepare(support, xy_km, sigma_km)
    rows = np.flatnonzero((rng.random(600) < 0.8) & (plain.unit >= 0))
    weight, at = rng.uniform(0, 1, (len(rows), 3)), rng.integers(0, len(support), 20)
    ours, theirs = crowd.spread(width, rows, guide), plain.spread(width, rows, guide)
    put = np.column_stack([theirs.put(column) for column in weight.T])
    bands = crowd._bands[width]
    poured = any(getattr(one, "band", one).lattice is not None for one in bands)
    bar = BAR if poured else EXACT if name == "lines" else 1e-6
    assert compare(ours.put(weight), put) < bar
    np.testing.assert_allclose(ours.put(weight[:, 0]), ours.put(weight)[:, 0], rtol=1e-12)
    assert compare(ours.read(weight, at), theirs.read(weight, at)) < bar * 3
    np.testing.assert_allclose(support.size @ ours.put(weight), weight.sum(axis=0), rtol=1e-9)
    assert (ours.put(weight) >= 0).all()


@pytest.mark.parametrize(("n", "width", "way"), [
    (3000, 0, "segments look"), (3000, 3, "lattice"), (60, 0, "sources look")])
def test_every_way_of_summing_is_what_pairs_make(n, width, way):
    """Many narrow kernels of one width are looked for by segments, wide ones lie on a lattice."""
    xy_km, sigma_km, guide, rng = draw(LINES, 11, n, [0.5])
    plain, crowd = prepare(LINES, xy_km, sigma_km)
    laid, = crowd.lay_bands(width)
    assert way == ("lattice" if laid.band.lattice is not None
                   else "sources look" if laid.sources is None else "segments look")
    weight, rows = rng.uniform(0, 1, (n, 2)), np.arange(n)
    ours, theirs = (one.spread(width, rows, guide) for one in (crowd, plain))
    bar = BAR if way == "lattice" else EXACT
    assert compare(ours.put(weight), theirs.put(weight)) < bar
    np.testing.assert_allclose(LINES.size @ ours.put(weight),
                               weight[plain.unit >= 0].sum(axis=0), rtol=1e-9)


def test_wide_kernels_meet_few_nodes_and_narrow_ones_every_spot_once():
    xy_km, sigma_km, _, _ = draw(LINES, 3, 5000, FEW)
    near, far = (split_bands(xy_km, np.ones_like(xy_km), np.hypot(w, sigma_km)) for w in (1.0, 81))
    assert sum(len(band.source) for band in far) < 1000
    assert all(band.lattice is None for band in near)
    assert sum(len(band.source) for band in near) < 5000
    assert sum(band.times.sum() for band in far) == pytest.approx(5000)


@pytest.mark.parametrize("width", [0, 3])
def test_redrawn_weights_are_those_of_every_draw(width):
    xy_km, sigma_km, guide, rng = draw(LINES, 5, 800, FEW)
    plain, crowd = prepare(LINES, xy_km, sigma_km)
    rows = np.flatnonzero(plain.unit >= 0)[::2]
    draws = Draws(rng.uniform(0, 1, (len(rows), 2)), rng.uniform(0.5, 2, (2, 7)),
                  rng.integers(0, 9, len(rows)), rng.poisson(1.0, (9, 7)).astype(float))
    theirs = plain.spread(width, rows, guide).redraw(draws)
    each = np.column_stack([plain.spread(width, rows, guide).put(one)
                            for one in draws.weigh(np.arange(len(rows))).T])
    np.testing.assert_allclose(theirs, each, rtol=1e-9)
    assert compare(crowd.spread(width, rows, guide).redraw(draws), each) < BAR


def test_the_order_of_incidents_changes_next_to_nothing():
    xy_km, sigma_km, guide, rng = draw(LINES, 7, 700, FEW)
    order, weight = rng.permutation(700), rng.uniform(0, 1, 700)
    found = []
    for some in (np.arange(700), order):
        crowd = prepare(LINES, xy_km[some], sigma_km[some])[1]
        found.append(crowd.spread(2, np.arange(700), guide).put(weight[some]))
    np.testing.assert_allclose(found[0], found[1], rtol=1e-12)


def test_an_incident_that_reaches_nothing_lies_on_its_own_segment():
    xy_km = LINES.xy_km[[3]] + [0.0, 9.0]
    crowd = CrowdedLines(LINES, xy_km, np.zeros(1), (0.01,), np.array([3]))
    found = crowd.spread(0, np.zeros(1, int), np.ones(len(LINES))).put(np.ones(1))
    assert np.flatnonzero(found).tolist() == [3]
    assert found[3] * LINES.size[3] == pytest.approx(1.0)


def test_a_crowd_is_taken_from_a_number_of_pairs_on(monkeypatch):
    xy_km, sigma_km, _, _ = draw(LINES, 1, 60, FEW)
    assert type(LINES.prepare(xy_km, sigma_km, WIDTHS)) is line_kernels.PreparedLines
    grid = replace(GRIDS["km"])
    assert type(grid.prepare(xy_km, sigma_km, WIDTHS)) is grid_kernels.PreparedGrid
    monkeypatch.setattr(lines, "MANY_PAIRS", 60 * len(LINES) - 1)
    monkeypatch.setattr(grids, "MANY", 59)
    assert type(LINES.prepare(xy_km, sigma_km, WIDTHS)) is CrowdedLines
    assert type(grid.prepare(xy_km, sigma_km, WIDTHS)) is CrowdedGrid


def test_nobody_makes_no_crowd():
    none = CrowdedLines(LINES, np.zeros((0, 2)), np.zeros(0), (2.0,), np.zeros(0, int))
    spread = none.spread(0, np.zeros(0, int), np.ones(len(LINES)))
    assert not spread.put(np.zeros(0)).any()
