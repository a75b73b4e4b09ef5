"""Kernels on segments: mass, the plain kernel as a twin, lumps and incidents out of reach."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import shapely
from fitting_world import make_lines
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from surroundings import CAMPAIGN

from georisk.fitting.line_kernels import normalise_bumps
from georisk.kernels.lixels import build_lixels

EXAMPLES = 10_000 if CAMPAIGN else 100
LINES = make_lines(80)


def draw(seed, n):
    rng = np.random.default_rng(seed)
    low, high = LINES.xy_km.min(axis=0) - 15, LINES.xy_km.max(axis=0) + 15
    near = LINES.xy_km[rng.integers(len(LINES), size=n)] + rng.normal(0, 2, (n, 2))
    xy_km = np.where(rng.random((n, 1)) < 0.7, near, rng.uniform(low, high, (n, 2)))
    return xy_km, rng.choice([0.0, 0.3, 4.0], n), rng


def put_each(spread, n):
    """Density of every kernel on every segment, (m, n)."""
    return np.column_stack([spread.put(one) for one in np.eye(n)])


@settings(max_examples=EXAMPLES)
@given(seed=st.integers(0, 2**32), n=st.integers(1, 12), decades=st.floats(0, 12),
       width=st.floats(-3, 3).map(lambda power: 10.0**power))
def test_each_column_adds_up_to_one_over_the_lengths(seed, n, decades, width):
    """And where later incidents are held against it, it is read as the mean of a unit of 5 km."""
    xy_km, sigma_km, rng = draw(seed, n)
    guide = 10 ** rng.uniform(-decades, 0, len(LINES))
    prepared = LINES.prepare(xy_km, sigma_km, [1.0, width])
    spread = prepared.spread(1, np.arange(n), guide)
    density = put_each(spread, n)
    np.testing.assert_allclose(LINES.size @ density, prepared.unit >= 0, rtol=1e-9)
    assert density.min() >= 0
    weight = rng.uniform(0, 3, n)
    np.testing.assert_allclose(spread.put(weight), density @ weight, rtol=1e-12, atol=1e-15)
    pooled = [np.average(density[LINES.pool == LINES.pool[m]], axis=0,
                         weights=LINES.size[LINES.pool == LINES.pool[m]]) for m in (3, 71, 3, 40)]
    two = np.column_stack([weight, weight**2])
    np.testing.assert_allclose(spread.read(two, np.array([3, 71, 3, 40])), np.array(pooled) @ two,
                               rtol=1e-9, atol=1e-15)
    some = rng.permutation(n)[: n // 2 + 1]
    np.testing.assert_allclose(prepared.spread(1, some, guide).put(weight[some]),
                               density[:, some] @ weight[some], rtol=1e-12, atol=1e-15)


def loop_kernels(xy_km, width_km, sigma_km):
    """Gaussians of the distance to every midpoint, one pair at a time, each of unit mass."""
    route = LINES.segments
    found = np.zeros((len(LINES), len(xy_km)))
    for n, at in enumerate(xy_km):
        apart_km = [shapely.Point(at).distance(line) for line in route.lines_km]
        if min(apart_km) > 10 + 2 * sigma_km[n]:
            continue
        for m, middle in enumerate(route.mid_km):
            far_km = math.dist(at, middle)
            if far_km <= 4.5 * width_km[n]:
                found[m, n] = math.exp(-0.5 * (far_km / width_km[n]) ** 2)
        if not found[:, n].any():
            found[int(np.argmin(apart_km)), n] = 1.0
        found[:, n] /= (found[:, n] * route.length_km).sum()
    return found


@settings(max_examples=EXAMPLES)
@given(seed=st.integers(0, 2**32), n=st.integers(1, 12),
       width=st.sampled_from([0.01, 0.4, 2.0, 9.0, 81.0]))
def test_with_a_flat_guide_it_is_the_plain_route_kernel(seed, n, width):
    xy_km, sigma_km, _ = draw(seed, n)
    prepared = LINES.prepare(xy_km, sigma_km, [width])
    found = prepared.spread(0, np.arange(n), np.full(len(LINES), 3.0)).matrix
    twin = loop_kernels(xy_km, np.hypot(width, sigma_km), sigma_km)
    np.testing.assert_allclose(found.toarray(), twin, rtol=1e-9, atol=1e-15)
    assert (prepared.unit >= 0).tolist() == twin.any(axis=0).tolist()


@settings(max_examples=20)
@given(seed=st.integers(0, 2**32), n=st.integers(1, 6))
def test_along_a_network_the_mass_is_one_too(seed, n):
    ends = shapely.get_coordinates(LINES.segments.lines_km).reshape(-1, 2, 2)
    network = build_lixels(ends[:, 0], ends[:, 1], LINES.size, lixel_km=0.5)
    support = replace(LINES, network=network)
    xy_km, sigma_km, rng = draw(seed, n)
    prepared = support.prepare(xy_km, sigma_km, [2.0])
    spread = prepared.spread(0, np.arange(n), 10 ** rng.uniform(-6, 0, len(LINES)))
    density = put_each(spread, n)
    np.testing.assert_allclose(LINES.size @ density, prepared.unit >= 0, rtol=1e-9)


def test_kernel_between_midpoints_lies_on_its_segment():
    at = LINES.xy_km[[3]] + [0.1, 0.02]
    spread = LINES.prepare(at, np.zeros(1), [0.001]).spread(0, np.zeros(1, int), np.ones(80))
    expected = np.zeros(80)
    expected[3] = 1 / LINES.size[3]
    assert spread.put(np.ones(1)) == pytest.approx(expected)


def test_where_the_guide_is_nothing_the_mass_is_kept():
    spread = LINES.prepare(LINES.xy_km[[3]], np.zeros(1), [2.0]).spread(
        0, np.zeros(1, int), np.zeros(80))
    assert (spread.put(np.ones(1)) * LINES.size).tolist() == [float(n == 3) for n in range(80)]


def test_incidents_out_of_reach_leave_nothing():
    at = LINES.xy_km[[3]] - [0.0, 25.0]
    exact, vague = (LINES.prepare(at, np.array([s]), [9.0]) for s in (0.0, 10.0))
    assert exact.unit.tolist() == [-1]
    assert vague.unit[0] >= 0
    assert not exact.spread(0, np.zeros(1, int), np.ones(80)).put(np.ones(1)).any()
    assert (vague.spread(0, np.zeros(1, int), np.ones(80)).put(np.ones(1))
            @ LINES.size) == pytest.approx(1)


def test_no_incident_is_no_kernel():
    none = LINES.prepare(np.zeros((0, 2)), np.zeros(0), [2.0])
    assert none.unit.shape == (0,)
    spread = none.spread(0, np.zeros(0, int), np.ones(80))
    assert not spread.put(np.zeros(0)).any()
    assert spread.read(np.zeros((0, 2)), np.array([1])).tolist() == [[0.0, 0.0]]


def test_bumps_by_hand():
    """Guide 1, 2, 4 on lengths 1, 1, 2 and bumps 1, 1/2, 0: shares 1/2 and 1/2."""
    bumps = sparse.csc_array(np.array([[1.0, 0.0], [0.5, 0.0], [0.0, 0.0]]))
    spread = normalise_bumps(bumps, np.array([1.0, 1.0, 2.0]), np.array([1.0, 2.0, 4.0]),
                             np.array([0, 2]))
    assert spread.put(np.array([1.0, 0.0])).tolist() == [0.5, 0.5, 0.0]
    assert spread.put(np.array([0.0, 1.0])).tolist() == [0.0, 0.0, 0.5]
