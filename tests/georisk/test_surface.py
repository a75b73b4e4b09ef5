"""The surface: its grid and its domain."""

import numpy as np
import pytest
import shapely

from georisk.surface import build_grid, mask_domain, place_domain
from layers.crs import measure_distance_km
from layers.errors import StudyError

METRIC = "+proj=laea +lat_0=32 +lon_0=-99 +datum=WGS84"
HALF = 1 / 24
AREA = (-100.0, 31.0, -98.0, 33.0)


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
