"""Walking off the ways costs the same whatever the raster's size: equal answers, little memory."""

from __future__ import annotations

import tracemalloc

import geopandas as gpd
import numpy as np
import pytest
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from surroundings import CAMPAIGN

from georisk.friction import walks
from georisk.friction.grid import Grid
from georisk.friction.ground import cut_window, gather_ground, measure_degree_km
from georisk.friction.plain import spread_time_plain
from georisk.friction.readings import read_cover, read_relief
from georisk.friction.rules import Friction
from georisk.friction.search import reach_cells
from georisk.friction.walks import time_walks
from layers.catalog import find_spec
from layers.layer import Provenance, RasterLayer
from layers.raster_sampling import sample_raster
from layers.rasters import interpolate_relief

HOME = (-90.0, 14.0)
RULES = Friction(cell_km=0.5, river_h=0.5)
SEEDS = st.integers(0, 2**32 - 1)


def make_raster(name, values, *, step):
    values = np.asarray(values, np.float32)[None]
    west, north = (HOME[0] - values.shape[2] * step / 2, HOME[1] + values.shape[1] * step / 2)
    return RasterLayer(find_spec(name), values, Affine(step, 0, west, 0, -step, north),
                       Provenance((), "", synthetic=True, inputs_level="public"))


@settings(max_examples=10_000 if CAMPAIGN else 100)
@given(SEEDS, st.sampled_from([0.01, 1 / 3, 1 / 120]))
def test_readings_by_rows_and_columns_are_those_of_single_positions(seed, step):
    rng = np.random.default_rng(seed)
    height, width = rng.integers(1, 20, 2)
    raster = make_raster("hazard_relief", rng.choice([np.nan, -3, 0, 5, 16], (height, width)),
                         step=step)
    west, south, east, north = (HOME[0] - width * step / 2, HOME[1] - height * step / 2,
                                HOME[0] + width * step / 2, HOME[1] + height * step / 2)
    lon = np.r_[rng.uniform(west - 2 * step, east + 2 * step, 9), west, east, np.nan]
    lat = np.r_[rng.uniform(south - 2 * step, north + 2 * step, 7), south, north]
    x, y = (axis.ravel() for axis in np.meshgrid(lon, lat))
    np.testing.assert_array_equal(read_relief(raster, lon, lat).ravel(),
                                  interpolate_relief(raster, x, y))
    np.testing.assert_array_equal(read_cover(raster, lon, lat).ravel(),
                                  sample_raster(raster, x, y, method="nearest"))


@settings(max_examples=10_000 if CAMPAIGN else 200)
@given(SEEDS)
def test_the_short_search_is_right_wherever_its_answer_is_of_use(seed):
    rng = np.random.default_rng(seed)
    shape = tuple(rng.integers(2, 12, 2))
    slow = rng.choice([1.0, 1.5, 2.1, np.inf], shape, p=[0.5, 0.2, 0.1, 0.2])
    cross = rng.choice([0.0, 0.0, 1.0, np.inf], (8, *shape))[: rng.choice([0, 8])]
    ground = Grid(slow, rng.choice([0.0, 40.0, 300.0, np.nan], shape), cross, (0.5, 0.5))
    source = (int(rng.integers(shape[0])), int(rng.integers(shape[1])))
    count = int(rng.integers(0, 9))
    cells = np.column_stack([rng.integers(0, shape[0], count), rng.integers(0, shape[1], count)])
    within_h = rng.choice([0.0, 0.2, 0.6, 1.5, np.inf], count)
    whole = spread_time_plain(ground, np.array(source[:1]), np.array(source[1:]))
    whole = whole[cells[:, 0], cells[:, 1]]
    found = reach_cells(ground, source, cells, within_h)
    useful = whole <= within_h
    np.testing.assert_allclose(found[useful], whole[useful], rtol=1e-12, atol=1e-12)
    assert (found[~useful] >= whole[~useful] * (1 - 1e-12)).all()


@settings(max_examples=1000 if CAMPAIGN else 25, deadline=None)
@given(SEEDS)
def test_walks_are_those_of_a_search_of_the_whole_window(seed):
    rng = np.random.default_rng(seed)
    relief = make_raster("hazard_relief", rng.choice([0.0, 200, 900], (60, 60)), step=0.01)
    cover = make_raster("hazard_landcover", rng.integers(0, 18, (60, 60)), step=0.01)
    river = gpd.GeoDataFrame(geometry=[shapely.LineString(HOME + rng.normal(0, 0.05, (5, 2)))],
                             crs="EPSG:4326")
    ground = gather_ground(relief, cover, river, None, river_h=0.5)
    window = cut_window(ground, HOME, RULES, reach_km=6.0)
    targets = np.array(HOME) + rng.uniform(-5, 5, (12, 2)) / measure_degree_km(HOME[1])

    def search_all(grid, source, cells, _within_h):
        whole = spread_time_plain(grid, np.array(source[:1]), np.array(source[1:]))
        return whole[cells[:, 0], cells[:, 1]]

    with pytest.MonkeyPatch.context() as patch:
        short = time_walks(window, targets)
        patch.setattr(walks, "reach_cells", search_all)
        np.testing.assert_allclose(short, time_walks(window, targets), rtol=1e-12, atol=1e-12)


def test_a_search_ends_with_the_last_cell_that_is_asked_for():
    """The far cell is of use within 0.1 h only, and the near one is 0.4 h away."""
    flat = Grid(np.ones((1, 400)), np.zeros((1, 400)), np.empty((0, 1, 400)), (1.0, 1.0))
    near = reach_cells(flat, (0, 0), np.array([[0, 2], [0, 300]]), np.array([np.inf, 0.1]))
    assert near[0] == pytest.approx(2 / 5.037, rel=1e-4)
    assert np.isinf(near[1])


def test_a_window_of_a_large_raster_takes_no_more_memory_than_one_of_a_small():
    rules, held = Friction(cell_km=0.5, finest_km=0.5), []
    for side in (200, 4000):
        rasters = [make_raster(name, np.full((side, side), 10.0), step=0.2 / side * 5)
                   for name in ("hazard_relief", "hazard_landcover")]
        ground = gather_ground(*rasters, None, None, river_h=0.5)
        cut_window(ground, HOME, rules, reach_km=10.0)
        tracemalloc.start()
        window = cut_window(ground, HOME, rules, reach_km=10.0)
        held.append(tracemalloc.get_traced_memory()[1] / 1e6)
        tracemalloc.stop()
        assert window.grid.shape == (53, 53)
    assert held[1] == pytest.approx(held[0], rel=0.05)
    assert held[1] < 1.0  # the raster holds 64 MB
