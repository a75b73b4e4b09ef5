"""Which segment an incident lies on, by hand and under reordering."""

import geopandas as gpd
import numpy as np
import pytest
import shapely

from georisk.fitting.kernel import Kernel
from georisk.incidents import Points
from georisk.intensity import RouteSegments, place_segments, snap_incidents
from layers.errors import StudyError


def make_points(xy_km, *, sigma_km=1.0, weight=1.0, age_years=0.0):
    xy_km = np.atleast_2d(np.asarray(xy_km, float))
    n = len(xy_km)
    return Points(xy_km, *(np.zeros(n) + value for value in (sigma_km, age_years, weight)))


def lay_route(corners_km, *, name="a", step_km=1.0):
    """Cut a broken line into pieces of about ``step_km``; lengths differ a little."""
    line = shapely.LineString(corners_km)
    n = max(1, round(line.length / step_km))
    at = shapely.line_interpolate_point(line, np.linspace(0, line.length, n + 1))
    ends = shapely.get_coordinates(at)
    lines = shapely.linestrings(np.stack([ends[:-1], ends[1:]], axis=1))
    ids = np.array([f"{name}-{i + 1:04d}" for i in range(n)], object)
    return RouteSegments(ids, (ends[:-1] + ends[1:]) / 2, shapely.length(lines), lines)


def reorder_route(route, order):
    return RouteSegments(
        *(getattr(route, name)[order] for name in ("ids", "mid_km", "length_km", "lines_km"))
    )


def test_reach_is_measured_to_the_line_and_grows_with_vagueness():
    # One 40 km segment: the line passes at 11 km, its midpoint lies 23 km away.
    route = lay_route([(0, 0), (40, 0)], step_km=40)
    points = make_points([[0, 11], [0, 11], [0, 12]], sigma_km=[0.4, 0.5, 1.0])
    assert snap_incidents(points, route).tolist() == [-1, 0, 0]
    assert snap_incidents(points, route, reach_km=5.0).tolist() == [-1, -1, -1]


def test_ties_go_to_the_smallest_id_whatever_the_order():
    # The incident stands over the end that segments a-0005 and a-0006 share.
    route, points = lay_route([(0, 0), (10, 0)]), make_points([5.0, 3.0])
    for order in (np.arange(10), np.arange(10)[::-1]):
        turned = reorder_route(route, order)
        assert turned.ids[snap_incidents(points, turned)[0]] == "a-0005"


def test_without_incidents_or_segments_there_is_nothing():
    route = lay_route([(0, 0), (10, 0)])
    assert snap_incidents(make_points(np.zeros((0, 2))), route).shape == (0,)
    nowhere = reorder_route(route, slice(0, 0))
    assert snap_incidents(make_points([0, 0]), nowhere).tolist() == [-1]


def test_parameters_that_make_no_kernel_are_all_named():
    with pytest.raises(StudyError, match="h0_km above 0; floor_share above 0 and below 1; 0 < cl"):
        Kernel(h0_km=0.0, floor_share=1.0, clip_low=5.0)


def test_segments_are_placed_in_km():
    frame = gpd.GeoDataFrame(
        {"mid_lon": [-95.0], "mid_lat": [15.0], "length_km": [2.0]},
        geometry=[shapely.LineString([(-95, 14.991), (-95, 15.009)])], index=["a-0001"], crs=4326,
    )
    route = place_segments(frame, crs_metric="+proj=laea +lat_0=15 +lon_0=-95 +datum=WGS84")
    assert np.abs(route.mid_km).max() < 1e-9
    assert shapely.length(route.lines_km)[0] == pytest.approx(1.991, abs=0.001)
