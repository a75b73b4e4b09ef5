"""Walking off the ways: least times over relief, land cover, rivers and barriers."""

from __future__ import annotations

import geopandas as gpd
import grid_study as grid
import numpy as np
import pytest
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from surroundings import CAMPAIGN

from georisk.access import attach_places
from georisk.friction.efforts import measure_efforts
from georisk.friction.grid import LONGEST, Grid
from georisk.friction.ground import cut_window, gather_ground, measure_degree_km
from georisk.friction.plain import spread_time_plain
from georisk.friction.rules import Friction, read_friction
from georisk.friction.search import spread_time
from georisk.friction.walks import time_walks
from georisk.network import build_network
from georisk.parameters import Parameters
from georisk.travel import Pace, prepare_travel, walk_speed_kmh
from layers.catalog import find_spec
from layers.crs import measure_distance_km
from layers.layer import Provenance, RasterLayer

V = grid.FLAT_KMH
HOME = (-90.0, 14.0)
RULES = Friction(cell_km=0.5, river_h=0.5)


def make_raster(name, values, *, west=-90.5, north=14.5, step=0.01):
    values = np.asarray(values, np.float32)[None]
    return RasterLayer(find_spec(name), values, Affine(step, 0, west, 0, -step, north),
                       Provenance((), "", synthetic=True, inputs_level="public"))


def lay_flat(level=100.0, size=100):
    return make_raster("hazard_relief", np.full((size, size), level))


def draw(*lines):
    return gpd.GeoDataFrame(geometry=[shapely.LineString(xy) for xy in lines], crs="EPSG:4326")


def walk(ground, lonlat, *, rules=RULES, reach_km=10.0, water=np.inf):
    window = cut_window(ground, HOME, rules, reach_km=reach_km, water=water)
    return time_walks(window, np.atleast_2d(np.asarray(lonlat, float)))


def go(east_km, north_km):
    east, north = measure_degree_km(HOME[1])
    return HOME[0] + east_km / east, HOME[1] + north_km / north


@st.composite
def grids(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rows, columns = draw(st.integers(1, 9)), draw(st.integers(1, 9))
    slow = rng.choice([1.0, 1.5, 2.1, np.inf], (rows, columns), p=[0.5, 0.2, 0.1, 0.2])
    height = rng.choice([0.0, 40.0, 300.0, np.nan], (rows, columns))
    cross = rng.choice([0.0, 0.0, 1.0, np.inf], (8, rows, columns))
    if draw(st.booleans()):
        cross = np.empty((0, rows, columns))
    sources = draw(st.integers(0, 3))
    at = rng.integers(0, rows, sources), rng.integers(0, columns, sources)
    return Grid(slow, height, cross, (0.5, float(rng.choice([0.3, 0.5])))), *at


@settings(max_examples=10_000 if CAMPAIGN else 150)
@given(grids(), st.sampled_from([8, 16]), st.sampled_from([np.inf, 0.4]))
def test_compiled_search_equals_the_plain_twin(drawn, sides, limit_h):
    one = spread_time(*drawn, sides=sides, limit_h=limit_h)
    if not len(drawn[1]):
        assert np.isinf(one).all()
        return
    two = spread_time_plain(*drawn, sides=sides, limit_h=limit_h)
    np.testing.assert_allclose(one, two, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("sides", "bar"), [(16, LONGEST), (8, 1.0824)])
def test_flat_ground_is_as_far_as_the_straight_line_within_the_stated_error(sides, bar):
    n = 81
    flat = Grid(np.ones((n, n)), np.zeros((n, n)), np.empty((0, n, n)), (0.5, 0.5))
    hours = spread_time(flat, np.array([40]), np.array([40]), sides=sides)
    rows, columns = np.indices((n, n)) - 40
    ratio = hours * V / np.maximum(0.5 * np.hypot(rows, columns), 1e-9)
    ratio[40, 40] = 1.0
    assert ratio.min() == pytest.approx(1.0)
    assert ratio.max() <= bar
    assert ratio.max() > bar - 0.001  # the stated error is the error


def test_up_and_down_take_tobler_s_two_times():
    height = np.linspace(0, 2000, 21)[None].repeat(3, axis=0)  # 100 m in each km eastwards
    slope = Grid(np.ones((3, 21)), height, np.empty((0, 3, 21)), (1.0, 1.0))
    to_top = spread_time(slope, np.array([1]), np.array([20]))[1, 0]
    to_foot = spread_time(slope, np.array([1]), np.array([0]))[1, 20]
    assert 20 / to_top == pytest.approx(3.549, abs=5e-4)
    assert 20 / to_foot == pytest.approx(5.037, abs=5e-4)


@pytest.mark.parametrize("fault", [
    {"slowness": np.array([[1.0, 0.0]])}, {"slowness": np.array([[1.0, -1.0]])},
    {"slowness": np.array([[1.0, np.nan]])}, {"crossing_h": np.full((8, 1, 2), -1.0)},
])
def test_ground_without_a_speed_is_refused(fault):
    sound = {"slowness": np.ones((1, 2)), "height_m": np.zeros((1, 2)),
             "crossing_h": np.empty((0, 1, 2)), "cell_km": (1.0, 1.0)}
    with pytest.raises(ValueError, match="negative"):
        spread_time(Grid(**{**sound, **fault}), np.array([0]), np.array([0]))
    with pytest.raises(ValueError, match="outside the grid"):
        spread_time(Grid(**sound), np.array([0]), np.array([2]))


def test_level_open_ground_is_the_straight_line():
    ground = gather_ground(lay_flat(), None, None, None, river_h=0.5)
    rng = np.random.default_rng(3)
    targets = np.array([go(*xy) for xy in rng.uniform(-7, 7, (40, 2))])
    km = measure_distance_km(np.full(40, HOME[0]), np.full(40, HOME[1]), *targets.T)
    assert walk(ground, targets) == pytest.approx(km / (V * 0.6), rel=2e-3)


def test_a_river_costs_once_and_a_way_round_is_taken():
    across = [go(-20, 2.25), go(20, 2.25)]
    river = gather_ground(lay_flat(), None, draw(across), None, river_h=0.5)
    assert walk(river, go(0, 4))[0] == pytest.approx(4 / (V * 0.6) + 0.5, rel=5e-3)
    assert walk(river, go(0, 2))[0] == pytest.approx(2 / (V * 0.6), rel=5e-3)
    stub = gather_ground(lay_flat(), None, draw([go(-0.7, 2.25), go(0.7, 2.25)]), None, river_h=9)
    round_km = 2 * np.hypot(0.7, 2.25)
    hours = walk(stub, go(0, 4.5))[0]
    assert round_km / (V * 0.6) < hours < 1.1 * round_km / (V * 0.6)


def test_a_barrier_shuts_and_its_stated_hours_open_it():
    ring = [go(x, y) for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1))]
    wall = draw(ring)
    shut = gather_ground(lay_flat(), None, None, wall, river_h=0.5)
    assert np.isinf(walk(shut, go(0, 3))).all()
    area = gpd.GeoDataFrame({"crossing_h": [2.0]}, geometry=[shapely.Polygon(ring)],
                            crs="EPSG:4326")
    gate = gather_ground(lay_flat(), None, None, area, river_h=0.5)
    assert walk(gate, go(0, 3))[0] == pytest.approx(3 / (V * 0.6) + 2.0, rel=5e-3)


def test_land_cover_slows_and_water_is_not_walked():
    cover = np.full((100, 100), 10.0)
    cover[:45] = 2.0  # forest from 14.05 N on
    ground = gather_ground(None, make_raster("hazard_landcover", cover), None, None, river_h=0.5)
    assert walk(ground, go(0, -4))[0] == pytest.approx(4 / (V * 0.6), rel=5e-3)
    assert walk(ground, go(0, 9))[0] > 1.15 * 9 / (V * 0.6)
    cover[:45] = 0.0
    lake = gather_ground(None, make_raster("hazard_landcover", cover), None, None, river_h=0.5)
    assert np.isinf(walk(lake, go(0, 9)))[0]
    assert np.isfinite(walk(lake, go(0, 9), water=1.8))[0]


@settings(max_examples=2000 if CAMPAIGN else 25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_nobody_is_quicker_than_tobler_s_best_on_the_straight_line(seed):
    rng = np.random.default_rng(seed)
    relief = make_raster("hazard_relief", rng.choice([0.0, 200.0, 900.0], (100, 100)))
    cover = make_raster("hazard_landcover", rng.integers(0, 18, (100, 100)))
    ground = gather_ground(relief, cover, draw([go(-9, 1), go(9, -1)]), None, river_h=0.5)
    targets = np.array([go(*xy) for xy in rng.uniform(-4, 4, (10, 2))])
    km = measure_distance_km(np.full(10, HOME[0]), np.full(10, HOME[1]), *targets.T)
    assert (walk(ground, targets, reach_km=6.0) >= km / (6.0 * 0.6) - 1e-3).all()


def join(ground, place, *, max_access_km=6.0):
    segments = grid.make_segments(grid.make_routes(["n00"]))
    network = build_network(segments, crs_metric=grid.CRS_METRIC)
    network = attach_places(network, place, segments, crs_metric=grid.CRS_METRIC,
                            max_access_km=max_access_km)
    lonlat = shapely.get_coordinates(place.geometry.to_numpy())
    return measure_efforts(network, lonlat, ground, RULES, crs_metric=grid.CRS_METRIC,
                           max_access_km=max_access_km)


def test_slope_counts_in_the_direction_of_the_walk_to_the_place():
    """A place 4 km east of the leg, 100 m higher in each km: 3.549 km/h, times 0.6."""
    height = 6000 + np.arange(-50, 50) * 100 * 1.08  # 0.01 degree is 1.08 km here
    ground = gather_ground(make_raster("hazard_relief", np.tile(height, (100, 1))), None, None,
                           None, river_h=0.5)
    place = grid.put_place("p", 0.5, 0.8, "water")
    joined, _ = join(ground, place)
    (walked,) = joined.access.effort_km[joined.access.on_foot]
    assert joined.access.distance_km[0] * V / walked == pytest.approx(3.549, rel=0.02)
    pace = Pace(speed_factor=0.5)
    one, two = (prepare_travel(joined, {"n00": "road"}, pace=p).graphs["walk", 1] for p in
                (Pace(), pace))
    assert two.reverse.data.sum() == pytest.approx(2 * one.reverse.data.sum())


def test_a_quicker_end_of_a_segment_is_taken_too():
    """A river runs along the leg but ends at its third km: one leaves the leg there."""
    shore = draw([go(1, -5), go(1, 2.9)])
    ground = gather_ground(lay_flat(), None, shore, None, river_h=4.0)
    joined, told = join(ground, grid.put_place("p", 0.2, 0.5, "water"))
    walks = joined.access
    assert told.places == 1
    assert len(walks.place) == 2
    far = int(np.argmin(walks.effort_km))
    assert joined.lat[walks.node[far]] > 14 + 2.5 / 110.6
    assert walks.distance_km[far] > walks.distance_km.min()


def test_off_the_raster_is_flat_and_counted_and_wet_places_are_waded_to():
    away = make_raster("hazard_relief", np.full((5, 5), 9.0), west=0.0, north=0.0)
    ground = gather_ground(away, None, None, None, river_h=0.5)
    place = grid.put_place("p", 0.5, 0.4, "water")
    joined, told = join(ground, place)
    assert told.no_relief == 1
    assert joined.access.effort_km == pytest.approx(joined.access.distance_km, rel=2e-3)
    sea = make_raster("hazard_landcover", np.zeros((100, 100)))
    wet, told = join(gather_ground(None, sea, None, None, river_h=0.5), place)
    assert told.in_water == ("p",)
    assert wet.access.effort_km == pytest.approx(1.8 * wet.access.distance_km, rel=1e-2)
    lonely = draw([go(x, y) for x, y in ((1, 1), (3, 1), (3, 4), (1, 4), (1, 1))])
    shut, told = join(gather_ground(lay_flat(), None, None, lonely, river_h=0.5), place)
    assert told.cut_off == ("p",)
    assert shut.unattached == ("p",)


def test_parameters_give_the_rules_and_the_wet_season_costs_more():
    parameters = Parameters.read()
    dry, wet, year = (read_friction(parameters, month=m) for m in (2, 8, None))
    assert (dry.river_h, wet.river_h, year.river_h) == (0.5, 2.0, 1.25)
    assert np.isinf(year.cover_factor[0])
    assert min(year.cover_factor) >= 1.0
    assert float(walk_speed_kmh(-0.05)) == pytest.approx(6.0)
