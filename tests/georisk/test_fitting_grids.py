"""Kernels on grids against integrals by quadrature; their mass; degrees against km."""

from __future__ import annotations

import numpy as np
import pytest
from fitting_world import LAEA, make_degree_grid, make_grid
from hypothesis import given, settings
from hypothesis import strategies as st
from surroundings import CAMPAIGN

from layers.crs import project_xy_m, unproject_xy_m

EXAMPLES = 10_000 if CAMPAIGN else 200


def spread_all(support, xy_km, width_km, guide, sigma_km=None):
    """Density of every kernel in every cell, (m, n), read cell by cell."""
    sigma_km = np.zeros(len(xy_km)) if sigma_km is None else sigma_km
    prepared = support.prepare(xy_km, sigma_km, [width_km])
    spread = prepared.spread(0, np.arange(len(xy_km)), guide)
    return spread, spread.read(np.eye(len(xy_km)), np.arange(len(support)))


def integrate(edges, at, width):
    """Mass of a normal density between edges by Gauss-Legendre, eight panels a cell."""
    node, weight = np.polynomial.legendre.leggauss(20)
    fine = np.linspace(edges[:-1], edges[1:], 9, axis=1)
    half, middle = np.diff(fine, axis=1) / 2, (fine[:, 1:] + fine[:, :-1]) / 2
    x = middle[..., None] + half[..., None] * node
    bump = np.exp(-0.5 * ((x - at) / width) ** 2) / (width * np.sqrt(2 * np.pi))
    return (bump * weight * half[..., None]).sum(axis=(1, 2))


def integrate_kernel(support, at, wide, guide):
    """Density of one kernel of given axis widths, by its definition."""
    across = integrate(support.edges_x, at[0], wide[0])[support.column]
    along = integrate(support.edges_y, at[1], wide[1])[support.row]
    mass = across * along * guide * support.size
    return mass / mass.sum() / support.size


@settings(max_examples=EXAMPLES)
@given(seed=st.integers(0, 2**32), width=st.sampled_from([1.0, 4.0, 11.0, 60.0]),
       sigma=st.sampled_from([0.0, 3.0]))
def test_kernel_equals_a_double_integral(seed, width, sigma):
    rng = np.random.default_rng(seed)
    support = make_grid(7, 5, corner=(-900.0, 250.0), kept=rng.random(35) < 0.8)
    guide = 10 ** rng.uniform(-2, 2, len(support))
    at = support.xy_km[rng.integers(len(support), size=2)] + rng.uniform(-4, 4, (2, 2))
    _, found = spread_all(support, at, width, guide, np.full(2, sigma))
    wide = np.full(2, np.hypot(width, sigma))
    for n in range(2):
        expected = integrate_kernel(support, at[n], wide, guide)
        np.testing.assert_allclose(found[:, n], expected, rtol=1e-9, atol=1e-9 * expected.max())


@settings(max_examples=20)
@given(seed=st.integers(0, 2**32), width=st.sampled_from([2.0, 9.0, 40.0]))
def test_kernel_in_degrees_equals_a_double_integral(seed, width):
    rng = np.random.default_rng(seed)
    support = make_degree_grid(9, 8)
    guide = 10 ** rng.uniform(-2, 2, len(support))
    drawn = np.array([[rng.uniform(-111.9, -111.4), rng.uniform(30.1, 30.5)]])
    at = project_xy_m(drawn[:, 0], drawn[:, 1], crs_metric=LAEA) / 1000
    # PROJ comes back to within a millimetre, which a kernel of 2 km feels in its tenth digit.
    lon, lat = unproject_xy_m(at * 1000, crs_metric=LAEA)[0]
    np.testing.assert_allclose((lon, lat), drawn[0], atol=1e-6)
    _, found = spread_all(support, at, width, guide)
    wide = width / np.array([111.320 * np.cos(np.radians(lat)), 110.574])
    expected = integrate_kernel(support, (lon, lat), wide, guide)
    np.testing.assert_allclose(found[:, 0], expected, rtol=1e-9, atol=1e-9 * expected.max())


@settings(max_examples=EXAMPLES)
@given(seed=st.integers(0, 2**32), n=st.integers(1, 12), decades=st.floats(0, 12),
       width=st.floats(-5, 5).map(lambda power: 10.0**power), degrees=st.booleans())
def test_every_kernel_has_one_unit_of_mass(seed, n, decades, width, degrees):
    """Far outside, on edges and corners, far narrower and wider than a cell, any guide."""
    rng = np.random.default_rng(seed)
    support = (make_degree_grid(6, 5) if degrees
               else make_grid(6, 5, kept=np.append(rng.random(29) < 0.5, True)))
    guide = 10 ** rng.uniform(-decades, 0, len(support))
    low, high = support.xy_km.min(axis=0), support.xy_km.max(axis=0)
    xy_km = rng.uniform(low - 300, high + 300, (n, 2))
    near = rng.random(n) < 0.6
    xy_km[near] = np.round(rng.uniform(low - 9, high + 9, (near.sum(), 2)) / 5) * 5
    spread, density = spread_all(support, xy_km, width, guide)
    assert np.isfinite(density).all()
    assert density.min() >= 0
    np.testing.assert_allclose(support.size @ density, 1.0, rtol=1e-9)
    weight = rng.uniform(0, 3, n)
    np.testing.assert_allclose(spread.put(weight), density @ weight, rtol=1e-9,
                               atol=1e-12 * (density @ weight).max())


def test_narrow_kernel_lies_in_its_cell_and_wide_one_follows_the_guide():
    support, guide = make_grid(4, 3), np.arange(1.0, 13)
    _, narrow = spread_all(support, support.xy_km[[5]] + 1.0, 1e-6, guide)
    assert narrow[:, 0].tolist() == [0.01 if n == 5 else 0.0 for n in range(12)]
    _, wide = spread_all(support, support.xy_km[[5]], 1e3, guide)
    np.testing.assert_allclose(wide[:, 0], guide / guide.sum() / 100, rtol=1e-3)


def test_where_the_guide_is_nothing_an_incident_stays_in_its_cell():
    support = make_grid(9, 9)
    guide = np.where(np.hypot(*(support.xy_km - 15).T) < 40, 0.0, 1.0)
    spread, density = spread_all(support, np.array([[12.0, 17.0], [85.0, 85.0]]), 2.0, guide)
    own = support.find_nearest(np.array([[12.0, 17.0]]))[0]
    assert density[:, 0].tolist() == [0.01 if n == own else 0.0 for n in range(81)]
    assert spread.put(np.array([2.0, 0.0]))[own] == pytest.approx(0.02)
    none, flat = spread_all(support, np.array([[12.0, 17.0]]), 2.0, np.zeros(81))
    assert (none.share == 0).all()
    assert flat.sum() * 100 == pytest.approx(1)


def test_incidents_are_found_in_cells_and_outside_in_the_nearest():
    support = make_grid(3, 3, kept=np.arange(9) != 4)
    at = np.array([[5.0, 5.0], [25.0, 5.0], [-90.0, 25.0], [12.0, 15.0], [30.0, 30.0], [10.0, 0.0]])
    cells = support.find_nearest(at)
    centres = support.xy_km[cells].tolist()
    assert centres == [[5, 5], [25, 5], [5, 25], [5, 15], [25, 25], [15, 5]]
    assert support.find_nearest(np.zeros((0, 2))).shape == (0,)
    assert support.prepare(at, np.zeros(6), [1.0]).unit.tolist() == cells.tolist()


def test_many_incidents_are_taken_some_at_a_time():
    """4,100 pass two chunks: sums equal those of smaller lots."""
    rng = np.random.default_rng(3)
    support = make_grid(6, 5)
    xy_km, weight = rng.uniform(-20, 80, (4100, 2)), rng.uniform(0, 1, 4100)
    guide = rng.uniform(0.1, 1, 30)
    prepared = support.prepare(xy_km, rng.uniform(0, 9, 4100), [3.0])
    whole = prepared.spread(0, np.arange(4100), guide)
    lots = np.array_split(np.arange(4100), 5)
    parts = [prepared.spread(0, lot, guide).put(weight[lot]) for lot in lots]
    np.testing.assert_allclose(whole.put(weight), np.sum(parts, axis=0), rtol=1e-12)
    at, two = np.array([7, 0, 7]), np.column_stack([weight, 1 - weight])
    np.testing.assert_allclose(whole.read(two, at)[:, 0], whole.put(weight)[at], rtol=1e-12)
    assert (whole.put(weight) * support.size).sum() == pytest.approx(weight.sum(), rel=1e-12)


def test_thinned_cells_stand_for_a_large_grid_evenly():
    support = make_grid(250, 200)
    assert support.thinned.sum() == 125 * 100
    assert make_grid(20, 20).thinned.all()


@pytest.mark.parametrize(("width", "bound"),
                         [(3.0, 0.004), (9.0, 0.007), (30.0, 0.01), (81.0, 0.02)])
def test_kernel_in_degrees_is_nearly_that_in_km(width, bound):
    """Within two widths, 30 degrees north: 0.3 % off at 3 km, 0.7 % at 30 km, 1.4 % at 81 km.

    A cell's mean is taken over 12 x 12 points in the metric CRS.
    """
    cells = int(2 * 2.2 * width / 8) + 6
    support = make_degree_grid(cells, cells, corner=(-111 - cells / 24, 30 - cells / 24))
    at = project_xy_m(np.array([-111.02]), np.array([30.03]), crs_metric=LAEA) / 1000
    _, found = spread_all(support, at, width, np.ones(len(support)))
    share = (np.arange(12) + 0.5) / 144
    lon = support.edges_x[support.column][:, None, None] + share[:, None]
    lat = support.edges_y[support.row][:, None, None] + share
    lon, lat = np.broadcast_arrays(lon, lat)
    fine = project_xy_m(lon.ravel(), lat.ravel(), crs_metric=LAEA) / 1000 - at
    true = np.exp(-0.5 * (fine**2).sum(axis=1) / width**2).reshape(len(support), -1).mean(axis=1)
    true /= (true * support.size).sum()
    near = np.hypot(*(support.xy_km - at).T) < 2 * width
    off = np.abs(found[:, 0] / true - 1)[near].max()
    assert off < bound
