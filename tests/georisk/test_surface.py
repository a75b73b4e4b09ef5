"""The surface: its grid, its domain and its mass."""

import math
import time

import numpy as np
import pytest
import shapely

from georisk.incidents import Points
from georisk.intensity import Kernel, measure_bandwidths
from georisk.surface import Grid, build_grid, estimate_surface, mask_domain, place_domain
from layers.crs import measure_distance_km
from layers.errors import StudyError

METRIC = "+proj=laea +lat_0=32 +lon_0=-99 +datum=WGS84"
HALF = 1 / 24
AREA = (-100.0, 31.0, -98.0, 33.0)


def draw_points(n, *, seed=0, size_km=80.0):
    rng = np.random.default_rng(seed)
    age = rng.uniform(0, 8, n)
    return Points(
        rng.uniform(-size_km, size_km, (n, 2)), rng.uniform(0.1, 12, n), age, 2 ** (-age / 4)
    )


@pytest.fixture(scope="module")
def coastal():
    grid = build_grid(AREA)
    return place_domain(
        grid, mask_domain(grid, np.array([shapely.box(-100.5, 30, -99, 34)])), crs_metric=METRIC
    )


def test_grid_lines_fall_on_whole_degrees():
    grid = build_grid((-119, 6, -77, 33))
    assert (grid.width, grid.height) == (504, 324)
    assert tuple(grid.transform)[:6] == (1 / 12, 0, -119.0, 0, -1 / 12, 33.0)
    assert (grid.lon[0], grid.lat[0]) == pytest.approx((-119 + 1 / 24, 33 - 1 / 24))
    assert (grid.lon[-1], grid.lat[-1]) == pytest.approx((-77 - 1 / 24, 6 + 1 / 24))


def test_grid_grows_outwards_to_the_next_twelfth():
    grid = build_grid((-90.01, 14.5, -89.99, 14.51))
    assert (grid.width, grid.height) == (2, 1)
    assert (grid.west, grid.north) == pytest.approx((-90 - 1 / 12, 14.5 + 1 / 12))
    exact = build_grid((0.1 * 5 / 6, 0, 0.25, 1 / 3))
    assert (exact.width, exact.height) == (2, 4)
    with pytest.raises(StudyError, match="area"):
        build_grid((-77, 6, -119, 33))


def test_domain_is_land_and_25_km_off_it_at_33_north():
    grid = build_grid(AREA)
    island = shapely.Point(-99.01, 32.03).buffer(0.05)
    mask = mask_domain(grid, np.array([island]))
    shore = shapely.get_coordinates(shapely.segmentize(island.exterior, 0.002))
    fine = np.linspace(-0.5, 0.5, 9) / 12
    for row, lat in enumerate(grid.lat):
        for column, lon in enumerate(grid.lon):
            x, y = (a.ravel() for a in np.meshgrid(lon + fine, lat + fine))
            if abs(lon + 99) > 0.5 or abs(lat - 32) > 0.4:
                assert not mask[row, column]
                continue
            x, sx = (a.ravel() for a in np.meshgrid(x, shore[:, 0], indexing="ij"))
            y, sy = (a.ravel() for a in np.meshgrid(y, shore[:, 1], indexing="ij"))
            apart = measure_distance_km(x, y, sx, sy).min()
            land = island.intersects(shapely.box(lon - HALF, lat - HALF, lon + HALF, lat + HALF))
            if abs(apart - 25) > 0.15 or land:
                assert mask[row, column] == (land or apart <= 25), (lon, lat, apart)


def test_every_cell_that_land_touches_is_in_the_domain():
    rng = np.random.default_rng(8)
    grid = build_grid(AREA)
    land = shapely.buffer(shapely.points(rng.uniform(AREA[:2], AREA[2:], (6, 2))), 0.15)
    mask = mask_domain(grid, land, coast_km=0.01)
    lon, lat = np.meshgrid(grid.lon, grid.lat)
    cells = shapely.box(lon - HALF, lat - HALF, lon + HALF, lat + HALF)
    assert mask[shapely.intersects(cells, shapely.union_all(land))].all()


def test_no_land_no_domain():
    grid = build_grid(AREA)
    assert not mask_domain(grid, np.array([], object)).any()
    with pytest.raises(StudyError, match="no land"):
        place_domain(grid, np.zeros((24, 24), bool), crs_metric=METRIC)


@pytest.mark.parametrize("h0_km", [0.5, 15.0])
def test_surface_equals_a_loop_and_keeps_the_mass(coastal, h0_km):
    points, kernel, window_years = draw_points(40), Kernel(h0_km=h0_km), 4.0
    width_km = measure_bandwidths(points, kernel)
    surface = estimate_surface(
        coastal, points, kernel, width_km=width_km, window_years=window_years
    )
    area_km2 = coastal.area_km2
    lam = np.zeros(len(area_km2))
    moved = 0
    for i in range(len(points)):
        apart = np.array([math.dist(points.xy_km[i], cell) for cell in coastal.xy_km])
        k = np.where(apart <= 4 * width_km[i], np.exp(-0.5 * (apart / width_km[i]) ** 2), 0.0)
        if k.sum() == 0:
            k[np.argmin(apart)], moved = 1.0, moved + 1
        lam += 0.8 * points.weight[i] * k / (k * area_km2).sum()
    lam = 100 * (lam + 0.2 * points.weight.sum() / area_km2.sum()) / window_years
    inside = surface.values[coastal.mask]
    assert surface.values.dtype == np.float32
    assert surface.moved == moved
    assert inside == pytest.approx(lam, rel=1e-6)
    mass = (inside.astype(float) * area_km2).sum() / 100 * window_years
    assert mass == pytest.approx(points.weight.sum(), rel=1e-6)


def test_positive_inside_and_empty_outside(coastal):
    points = draw_points(1, size_km=5.0)
    kernel = Kernel(h0_km=3.0)
    surface = estimate_surface(
        coastal, points, kernel, width_km=measure_bandwidths(points, kernel), window_years=1.0
    )
    assert (surface.values[coastal.mask] > 0).all()
    assert 0 < coastal.mask.sum() < coastal.mask.size
    assert np.isnan(surface.values[~coastal.mask]).all()


def test_an_incident_at_sea_moves_to_the_nearest_shore(coastal):
    points = Points(np.array([[95.0, 0.0]]), np.zeros(1), np.zeros(1), np.ones(1))
    surface = estimate_surface(
        coastal, points, Kernel(), width_km=np.array([2.0]), window_years=1.0
    )
    _, column = np.unravel_index(np.nanargmax(surface.values), coastal.mask.shape)
    assert surface.moved == 1
    assert column == np.nonzero(coastal.mask)[1].max()


def test_row_order_changes_nothing(coastal):
    points, width_km = draw_points(300, seed=3), np.full(300, 9.0)
    order = np.random.default_rng(1).permutation(300)
    mixed = Points(
        points.xy_km[order], points.sigma_km[order], points.age_years[order], points.weight[order]
    )
    one, two = (
        estimate_surface(coastal, p, Kernel(), width_km=width_km, window_years=1.0).values
        for p in (points, mixed)
    )
    assert two[coastal.mask] == pytest.approx(one[coastal.mask], rel=1e-6)


def test_a_surface_of_nothing_is_refused(coastal):
    none = Points(np.zeros((0, 2)), np.zeros(0), np.zeros(0), np.zeros(0))
    with pytest.raises(StudyError, match="none is located"):
        estimate_surface(coastal, none, Kernel(), width_km=np.zeros(0), window_years=1.0)


def test_three_thousand_incidents_on_the_full_grid_take_seconds():
    grid = Grid(-119.0, 33.0, 504, 324)
    domain = place_domain(
        grid, np.ones((324, 504), bool),
        crs_metric="+proj=laea +lat_0=19 +lon_0=-98 +datum=WGS84",
    )
    points, kernel = draw_points(3000, size_km=1500.0), Kernel(h0_km=15.0)
    start = time.process_time()
    width_km = measure_bandwidths(points, kernel)
    estimate_surface(domain, points, kernel, width_km=width_km, window_years=4.0)
    assert time.process_time() - start < 5.0
