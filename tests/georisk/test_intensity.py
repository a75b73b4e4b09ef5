"""The route kernel against a double loop, by hand, and under reordering."""

import math

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from georisk.incidents import Points
from georisk.intensity import (
    Kernel,
    RouteSegments,
    build_route_kernel,
    measure_bandwidths,
    place_segments,
    snap_incidents,
)
from layers.errors import StudyError

WINDOW_YEARS = 5.0


def estimate_intensity(matrix, weight, *, window_years):
    """Incidents per 100 km of route and year on each segment."""
    return 100.0 / window_years * (matrix @ weight)


def make_points(xy_km, *, sigma_km=1.0, weight=1.0, age_years=0.0):
    xy_km = np.atleast_2d(np.asarray(xy_km, float))
    n = len(xy_km)
    return Points(xy_km, *(np.zeros(n) + value for value in (sigma_km, age_years, weight)))


def draw_points(n, *, seed=0, size_km=60.0):
    rng = np.random.default_rng(seed)
    age = rng.uniform(0, 8, n)
    return Points(rng.uniform(0, size_km, (n, 2)), rng.uniform(0.1, 12, n), age, 2 ** (-age / 4))


def lay_route(corners_km, *, name="a", step_km=1.0):
    """Cut a broken line into pieces of about ``step_km``; lengths differ a little."""
    line = shapely.LineString(corners_km)
    n = max(1, round(line.length / step_km))
    at = shapely.line_interpolate_point(line, np.linspace(0, line.length, n + 1))
    ends = shapely.get_coordinates(at)
    lines = shapely.linestrings(np.stack([ends[:-1], ends[1:]], axis=1))
    ids = np.array([f"{name}-{i + 1:04d}" for i in range(n)], object)
    return RouteSegments(ids, (ends[:-1] + ends[1:]) / 2, shapely.length(lines), lines)


def join_routes(*routes):
    return RouteSegments(*(
        np.concatenate([getattr(route, name) for route in routes])
        for name in ("ids", "mid_km", "length_km", "lines_km")
    ))


def reorder_points(points, order):
    return Points(
        points.xy_km[order], points.sigma_km[order], points.age_years[order], points.weight[order]
    )


def reorder_route(route, order):
    return RouteSegments(
        *(getattr(route, name)[order] for name in ("ids", "mid_km", "length_km", "lines_km"))
    )


ROUTE = join_routes(
    lay_route([(0, 0), (30, 20), (60, 10)]), lay_route([(5, 40), (55, 35)], name="b", step_km=1.7)
)


def loop_bandwidths(points, kernel):
    """METHOD 2.3, one incident at a time."""
    n, pilot = len(points), []
    for i in range(n):
        f = 0.0
        for j in range(n):
            width = math.hypot(kernel.h0_km, points.sigma_km[j])
            apart = math.dist(points.xy_km[i], points.xy_km[j])
            if apart <= kernel.cut_sigmas * width:
                f += points.weight[j] * math.exp(-0.5 * (apart / width) ** 2) / width**2
        pilot.append(f)
    logs = [w * math.log(f) for w, f in zip(points.weight, pilot, strict=True)]
    g = math.exp(sum(logs) / sum(points.weight))
    out = []
    for i in range(n):
        h = kernel.h0_km * (pilot[i] / g) ** -0.5
        h = min(max(h, kernel.clip_low * kernel.h0_km), kernel.clip_high * kernel.h0_km)
        out.append(math.hypot(h, points.sigma_km[i]))
    return np.array(out)


def loop_intensity(points, route, width_km, *, cut=4.0):
    """INTERFACES "Intensity", one pair at a time."""
    m, lam, snapped = len(route.ids), np.zeros(len(route.ids)), 0.0
    for i, xy in enumerate(points.xy_km):
        apart_line = [shapely.Point(xy).distance(line) for line in route.lines_km]
        if min(apart_line) > 10 + 2 * points.sigma_km[i]:
            continue
        snapped += points.weight[i]
        k = np.zeros(m)
        for s in range(m):
            apart = math.dist(xy, route.mid_km[s])
            if apart <= cut * width_km[i]:
                k[s] = math.exp(-0.5 * (apart / width_km[i]) ** 2)
        if k.sum() == 0:
            best = min(apart_line)
            tied = [s for s in range(m) if apart_line[s] == best]
            k[min(tied, key=lambda s: route.ids[s])] = 1.0
        lam += 100 / WINDOW_YEARS * points.weight[i] * k / (k * route.length_km).sum()
    return lam, snapped


@pytest.mark.parametrize("h0_km", [0.4, 5.0, 15.0])
def test_kernel_equals_a_double_loop_and_keeps_the_mass(h0_km):
    points, kernel = draw_points(60), Kernel(h0_km=h0_km)
    width_km = measure_bandwidths(points, kernel)
    assert width_km == pytest.approx(loop_bandwidths(points, kernel), rel=1e-7)
    found = build_route_kernel(points, ROUTE, width_km=width_km)
    lam = estimate_intensity(found.matrix, points.weight, window_years=WINDOW_YEARS)
    by_hand, snapped = loop_intensity(points, ROUTE, width_km)
    assert lam == pytest.approx(by_hand, rel=1e-9, abs=1e-12)
    assert 0 < found.snapped.sum() < len(points)
    assert points.weight[found.snapped].sum() == pytest.approx(snapped, rel=1e-12)
    per_year = (lam * ROUTE.length_km).sum() / 100
    assert per_year == pytest.approx(snapped / WINDOW_YEARS, rel=1e-9)


def test_two_segments_by_hand():
    # Midpoints 3 and 5 km off, h' = 5: k = exp(-0.18) and exp(-0.5); lengths 1 and 2 km.
    # Mass = 0.83527 + 2 * 0.60653 = 2.04833; lambda = 100/5 * k / mass = 8.1556 and 5.9222.
    lines = shapely.linestrings([[(2.5, 0), (3.5, 0)], [(3.5, 0), (5.5, 0)]])
    route = RouteSegments(
        np.array(["a-0001", "a-0002"], object), np.array([[3.0, 0], [5.0, 0]]),
        np.array([1.0, 2.0]), lines,
    )
    found = build_route_kernel(make_points([0, 0]), route, width_km=np.array([5.0]))
    lam = estimate_intensity(found.matrix, np.ones(1), window_years=5.0)
    assert lam == pytest.approx([8.1556, 5.9222], abs=1e-4)


def test_reach_is_measured_to_the_line_and_grows_with_vagueness():
    # One 40 km segment: the line passes at 11 km, its midpoint lies 23 km away.
    route = lay_route([(0, 0), (40, 0)], step_km=40)
    points = make_points([[0, 11], [0, 11], [0, 12]], sigma_km=[0.4, 0.5, 1.0])
    assert snap_incidents(points, route).tolist() == [-1, 0, 0]
    assert snap_incidents(points, route, reach_km=5.0).tolist() == [-1, -1, -1]


def test_kernels_that_reach_no_midpoint_lie_on_the_nearest_segment():
    route = lay_route([(0, 0), (10, 0)])
    points = make_points([[2.2, 8.0], [2.5, 0.0]])
    found = build_route_kernel(points, route, width_km=np.array([0.5, 0.5]))
    assert found.lumped == 1
    assert np.flatnonzero(found.matrix[:, [0]].toarray()).tolist() == [2]
    assert found.matrix.toarray()[2, 0] == pytest.approx(1.0)


def test_ties_go_to_the_smallest_id_whatever_the_order():
    # The incident stands over the end that segments a-0005 and a-0006 share.
    route, points = lay_route([(0, 0), (10, 0)]), make_points([5.0, 3.0])
    for order in (np.arange(10), np.arange(10)[::-1]):
        turned = reorder_route(route, order)
        assert turned.ids[snap_incidents(points, turned)[0]] == "a-0005"


def test_dense_places_are_sharper_and_bounds_hold():
    rng = np.random.default_rng(1)
    points = make_points(
        np.vstack([rng.normal(0, 1, (200, 2)), rng.uniform(500, 9000, (100, 2))]), sigma_km=0.0
    )
    width_km = measure_bandwidths(points, Kernel(h0_km=10.0))
    assert width_km[:200].max() < 10 < width_km[200:].min()
    assert width_km.min() >= 3.0
    assert width_km.max() <= 40.0
    clipped = measure_bandwidths(points, Kernel(h0_km=10.0, clip_low=1.0, clip_high=1.0))
    assert clipped == pytest.approx(np.full(300, 10.0))


def test_row_order_changes_nothing():
    points, kernel = draw_points(80, seed=5), Kernel(h0_km=6.0)
    width_km = measure_bandwidths(points, kernel)
    matrix = build_route_kernel(points, ROUTE, width_km=width_km).matrix
    lam = estimate_intensity(matrix, points.weight, window_years=WINDOW_YEARS)
    rng = np.random.default_rng(9)
    order, rows = rng.permutation(len(points)), rng.permutation(len(ROUTE.ids))
    mixed, route = reorder_points(points, order), reorder_route(ROUTE, rows)
    again = measure_bandwidths(mixed, kernel)
    assert again == pytest.approx(width_km[order], rel=1e-12)
    matrix = build_route_kernel(mixed, route, width_km=again).matrix
    other = estimate_intensity(matrix, mixed.weight, window_years=WINDOW_YEARS)
    assert other == pytest.approx(lam[rows], rel=1e-12, abs=1e-12)


@settings(max_examples=40, deadline=None)
@given(
    x=st.floats(-30, 90), y=st.floats(-30, 80), sigma=st.floats(0, 40),
    width=st.floats(0.1, 60), weight=st.floats(0.001, 1),
)
def test_a_further_incident_never_lowers_intensity(x, y, sigma, width, weight):
    points = draw_points(15, seed=2)
    width_km = np.full(15, 8.0)
    before = build_route_kernel(points, ROUTE, width_km=width_km).matrix @ points.weight
    more = Points(
        np.vstack([points.xy_km, [[x, y]]]), np.append(points.sigma_km, sigma),
        np.append(points.age_years, 0.0), np.append(points.weight, weight),
    )
    found = build_route_kernel(more, ROUTE, width_km=np.append(width_km, width))
    after = found.matrix @ more.weight
    assert (after >= before - 1e-15).all()
    assert (after * ROUTE.length_km).sum() == pytest.approx(
        (before * ROUTE.length_km).sum() + weight * found.snapped[-1]
    )


def test_without_incidents_or_segments_there_is_nothing():
    none, nowhere = make_points(np.zeros((0, 2))), reorder_route(ROUTE, slice(0, 0))
    assert measure_bandwidths(none, Kernel()).shape == (0,)
    found = build_route_kernel(none, ROUTE, width_km=np.zeros(0))
    assert estimate_intensity(found.matrix, none.weight, window_years=1.0).sum() == 0.0
    one = build_route_kernel(make_points([0, 0]), nowhere, width_km=np.ones(1))
    assert one.matrix.shape == (0, 1)


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


def test_a_crowd_of_incidents_gets_the_same_widths_as_a_few(monkeypatch):
    rng = np.random.default_rng(4)
    n = 400
    points = Points(rng.normal(0, 40, (n, 2)), rng.uniform(0.1, 5, n), np.zeros(n),
                    rng.uniform(0.1, 1, n))
    few = measure_bandwidths(points, Kernel(h0_km=6.0))
    monkeypatch.setattr("georisk.intensity._MANY", 0)
    assert measure_bandwidths(points, Kernel(h0_km=6.0)) == pytest.approx(few, rel=1e-9)
