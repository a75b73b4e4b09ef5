"""Walking speed, network and shortest times."""

from __future__ import annotations

import geopandas as gpd
import grid_study as grid
import networkx as nx
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from georisk.access import attach_places
from georisk.network import Access, Network, build_network
from georisk.routing import find_two_nearest, time_places
from georisk.travel import Pace, prepare_travel, walk_speed_kmh
from layers.errors import BrokenError, CallError

V = grid.FLAT_KMH


@pytest.mark.parametrize(
    ("slope", "speed"), [(0.0, 5.037), (0.1, 3.549), (0.2, 2.501), (-0.05, 6.0)]
)
def test_tobler_check_values(slope: float, speed: float) -> None:
    assert float(walk_speed_kmh(slope)) == pytest.approx(speed, abs=5e-4)


def test_grid_has_25_crossings_and_40_legs() -> None:
    network = build_network(grid.make_segments(), crs_metric=grid.CRS_METRIC)
    assert len(network.leg_ids) == 40
    assert len(network.tail) == 200  # 40 legs of 5 segments
    # 25 crossings and 4 inner ends on each of 40 legs
    assert len(network.lon) == 25 + 40 * 4
    assert len(np.unique(network.stop_node)) == 25


def test_lines_that_cross_do_not_meet() -> None:
    from georisk.corridors import split_legs

    legs = gpd.GeoDataFrame(
        {"mode": ["foot", "foot"]}, index=["a", "b"], crs="EPSG:4326",
        geometry=[shapely.LineString([(-90.02, 14), (-89.98, 14)]),
                  shapely.LineString([(-90, 13.98), (-90, 14.02)])],
    )
    network = build_network(split_legs(legs, segment_km=1.0), crs_metric=grid.CRS_METRIC)
    ends = network.segment_node
    assert not set(ends[network.leg == 0].ravel()) & set(ends[network.leg == 1].ravel())


@pytest.mark.parametrize(("apart_m", "nodes"), [(40, 11), (60, 12)])
def test_leg_ends_join_within_50_m(apart_m: float, nodes: int) -> None:
    routes = grid.make_routes(["n00", "n10"])
    start, end = shapely.get_coordinates(routes.geometry["n10"])
    moved = shapely.LineString([(start[0], start[1] + apart_m / 110_650), end])
    routes.loc["n10", "geometry"] = moved
    network = build_network(grid.make_segments(routes), crs_metric=grid.CRS_METRIC)
    assert len(network.lon) == nodes


def test_parallel_edges_take_the_least_not_the_sum() -> None:
    routes = grid.make_routes(["n00"])
    twin = routes.rename(index={"n00": "x00"})
    import pandas as pd

    both = gpd.GeoDataFrame(pd.concat([routes, twin]), crs="EPSG:4326")
    segments = grid.make_segments(both)
    segments = segments[segments["n"] == 1]  # two edges between the same two nodes
    segments = segments.assign(length_km=[3.0, 1.0])
    travel = grid.make_travel(segments, grid.put_place("p", 0.2, 0.0, "water"))
    near = find_two_nearest(travel.graphs["walk", 1], np.array([0]))
    start = travel.network.segment_node[0, 0]
    assert near.hours[start] == pytest.approx(1.0 / V)


def test_slope_is_signed_and_unknown_height_is_flat_and_counted() -> None:
    segments = grid.make_segments(grid.make_routes(["n00"]))
    height = np.array([[0, 100], [100, 100], [100, 50], [np.nan, 50], [50, 50.0]])
    network = build_network(segments, crs_metric=grid.CRS_METRIC, elevation_m=height)
    assert network.flat_segments == 1
    walk_h = prepare_travel(network, {"n00": "road"}).segment_walk_h
    # up 100 m in 1 km: 3.549 km/h; down it: 6 exp(-3.5 * 0.05) = 5.037; down 50 m: 6.000
    assert 1 / walk_h[:3, 0] == pytest.approx([3.549, 5.037, 6.0], abs=5e-4)
    assert 1 / walk_h[0, 1] == pytest.approx(6 * np.exp(-3.5 * 0.05), abs=5e-4)
    assert 1 / walk_h[3] == pytest.approx([V, V])


def test_a_segment_split_at_a_place_keeps_its_slope() -> None:
    segments = grid.make_segments(grid.make_routes(["n00"]))
    height = np.array([[0, 100], [100, 100], [100, 100], [100, 100], [100, 100.0]])
    network = build_network(segments, crs_metric=grid.CRS_METRIC, elevation_m=height)
    place = grid.put_place("p", 0.05, 0.0, "water")  # 250 m up the first segment
    joined = attach_places(network, place, segments, crs_metric=grid.CRS_METRIC)
    assert sorted(joined.rise_m)[-2:] == pytest.approx([25, 75], rel=1e-3)
    before, after = (prepare_travel(n, {"n00": "road"}).segment_walk_h for n in (network, joined))
    np.testing.assert_allclose(before, after)


def test_ground_profile_and_mode_change_the_time() -> None:
    routes = grid.make_routes(["n00", "n10", "n20"], modes={"n10": "train", "n20": "boat"})
    network = build_network(grid.make_segments(routes), crs_metric=grid.CRS_METRIC)
    ground = {"n00": "swamp", "n10": "rail", "n20": "water"}
    travel = prepare_travel(network, ground, pace=Pace(speed_factor=0.5))
    first = [0, 5, 10]
    # swamp: half of 5.037 km/h, divided by 1.8; track bed: by 1.1; boats keep 20 km/h
    expected = [2 * 1.8 / V, 2 * 1.1 / V, 1 / 20]
    assert travel.segment_walk_h[first, 0] == pytest.approx(expected)
    assert travel.segment_mode_h[first, 0] == pytest.approx([2 * 1.8 / V, 1 / 25, 1 / 20])


def test_water_is_not_walked_and_unknown_ground_is_said() -> None:
    network = build_network(
        grid.make_segments(grid.make_routes(["n00"])), crs_metric=grid.CRS_METRIC
    )
    assert np.isinf(prepare_travel(network, {"n00": "water"}).segment_walk_h).all()
    with pytest.raises(CallError, match="n00, terrain = mud"):
        prepare_travel(network, {"n00": "mud"})


def test_places_join_every_leg_in_reach_and_the_rest_is_listed() -> None:
    segments, places = grid.make_segments(), grid.make_places()
    network = build_network(segments, crs_metric=grid.CRS_METRIC)
    joined = attach_places(
        network, places, segments, crs_metric=grid.CRS_METRIC, max_access_km=1.0
    )
    assert joined.unattached == ("gt-ex-6",)
    snapping = joined.snapping.set_index("place_id")
    # row 2, column 0 is the end of n10 and the start of n20 and e20
    assert sorted(snapping.loc["gt-ex-1", "leg_id"]) == ["e20", "n10", "n20"]
    assert snapping.loc["gt-ex-1", "access_km"].max() == pytest.approx(0, abs=1e-6)
    # the middle of n30 splits one segment in two
    assert snapping.loc["gt-ex-3", "leg_id"] == "n30"
    assert len(joined.tail) == len(network.tail) + 1
    assert joined.length_km.sum() == pytest.approx(200.0)


def test_places_attach_once_and_ids_are_unique() -> None:
    segments, places = grid.make_segments(), grid.make_places()
    joined = grid.make_travel(segments, places).network
    with pytest.raises(BrokenError, match="attach all of them at once"):
        attach_places(joined, places, segments, crs_metric=grid.CRS_METRIC)
    bare = build_network(segments, crs_metric=grid.CRS_METRIC)
    twice = places.iloc[[0, 0]]
    with pytest.raises(CallError, match="several rows"):
        attach_places(bare, twice, segments, crs_metric=grid.CRS_METRIC)


def test_access_limit_counts_exactly_at_it_and_boats_only_stop() -> None:
    routes = grid.make_routes(["n00"], modes={"n00": "boat"})
    segments = grid.make_segments(routes)
    middle = grid.put_place("p", 0.5, 0.0, "water")
    assert grid.make_travel(segments, middle, max_access_km=2.0).network.unattached == ("p",)
    joined = grid.make_travel(segments, middle, max_access_km=3.0).network
    # 2.5 km to either landing, none to the middle of the river
    assert joined.snapping["access_km"].tolist() == pytest.approx([2.5, 2.5], abs=2e-3)
    assert joined.snapping["on_foot"].all()
    assert joined.snapping["by_mode"].all()
    farthest = float(joined.snapping["access_km"].max())
    network = build_network(segments, crs_metric=grid.CRS_METRIC)
    at_limit = attach_places(
        network, middle, segments, crs_metric=grid.CRS_METRIC, max_access_km=farthest
    )
    assert len(at_limit.snapping) == 2


def test_trains_are_left_at_stops_and_their_tracks_anywhere() -> None:
    segments = grid.make_segments(grid.make_routes(["n00"], modes={"n00": "train"}))
    place = grid.put_place("p", 0.4, 0.0, "water")
    snapping = grid.make_travel(segments, place, max_access_km=4.0).network.snapping
    # beside the line at km 2: on foot there; riding, from the stops 2 and 3 km away
    assert snapping["access_km"].tolist() == pytest.approx([0, 2, 3], abs=2e-3)
    assert snapping["on_foot"].tolist() == [True, False, False]
    assert snapping["by_mode"].tolist() == [False, True, True]


@st.composite
def networks(draw: st.DrawFn) -> tuple[Network, np.ndarray]:
    """A random network with slopes, parallel edges, places far and near, and dead ends."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n, m, p = draw(st.integers(2, 12)), draw(st.integers(1, 40)), draw(st.integers(1, 6))
    legs, a = m, draw(st.integers(0, 14))
    # few distinct values make ties likely
    length = rng.choice([0.5, 1.0, 2.0], m) if draw(st.booleans()) else rng.uniform(0.1, 5, m)
    rise = rng.choice([-200.0, 0.0, 0.0, 100.0], m)
    far = rng.choice([0.0, 0.0, 1.0, 2.0], a)
    order = np.lexsort((rng.integers(0, n, a), np.arange(a)))
    access = Access(
        rng.integers(0, p, a), rng.integers(0, n, a), np.zeros(a, np.int64), far[order],
        np.ones(a, bool), np.ones(a, bool),
    )
    tail, head = rng.integers(0, n, m), rng.integers(0, n, m)
    network = Network(
        leg_ids=tuple(f"l{i:02d}" for i in range(legs)), leg_modes=("foot",) * legs,
        lon=np.zeros(n), lat=np.zeros(n), tail=tail, head=head, segment=np.arange(m),
        leg=np.arange(m), length_km=length, rise_m=rise,
        segment_node=np.column_stack([tail, head]), stop_node=np.column_stack([tail, head]),
        flat_segments=0, place_ids=tuple(f"p{i}" for i in range(p)), access=access,
    )
    return network, rng.choice([-1, 1], legs)


def route_by_networkx(network: Network, signs: np.ndarray, heading: int) -> np.ndarray:
    """Hours from every node to every place, an independent way."""
    graph = nx.MultiDiGraph()
    graph.add_nodes_from(range(len(network.lon)))
    for e in range(len(network.tail)):
        along = signs[e] * heading
        slope = along * network.rise_m[e] / (network.length_km[e] * 1000)
        ends = (network.tail[e], network.head[e])[:: int(along)]
        speed = 6 * np.exp(-3.5 * abs(slope + 0.05))
        graph.add_edge(*map(int, ends), h=network.length_km[e] * 1.1 / speed)
    access = network.access
    hours = np.full((len(network.place_ids), len(network.lon)), np.inf)
    for place in range(len(network.place_ids)):
        one = graph.copy()
        one.add_node("place")
        for row in np.flatnonzero(access.place == place):
            one.add_edge(int(access.node[row]), "place", h=access.distance_km[row] / (0.6 * V))
        found = nx.single_source_dijkstra_path_length(one.reverse(), "place", weight="h")
        for node, value in found.items():
            if node != "place":
                hours[place, node] = value
    return hours


@given(networks(), st.sampled_from([1, -1]))
def test_nearest_and_second_equal_networkx(
    drawn: tuple[Network, np.ndarray], heading: int
) -> None:
    network, signs = drawn
    travel = prepare_travel(
        network, {}, signs=dict(zip(network.leg_ids, signs.tolist(), strict=True))
    )
    rows = np.arange(len(network.place_ids))
    near = find_two_nearest(travel.graphs["walk", heading], rows)
    hours = route_by_networkx(network, signs, heading)
    ranked = np.sort(np.vstack([hours, np.full(hours.shape[1], np.inf)]), axis=0)
    np.testing.assert_allclose(near.hours, ranked[0], atol=3e-9)
    np.testing.assert_allclose(near.second_h, ranked[1], atol=3e-9)
    for node in range(len(network.lon)):
        if np.isinf(ranked[0, node]):
            assert near.place[node] == -1
            assert np.isnan(near.distance_km[node])
            continue
        # of places equally far, the first
        tied = np.flatnonzero(hours[:, node] <= ranked[0, node] + 1e-9)
        assert near.place[node] == tied[0]
        if np.isfinite(ranked[1, node]):
            others = np.delete(np.arange(len(hours)), near.place[node])
            tied = others[hours[others, node] <= ranked[1, node] + 1e-9]
            assert near.second[node] == tied[0]
    every = time_places(travel.graphs["walk", heading], rows, limit_h=1e6)
    np.testing.assert_allclose(every, hours, atol=3e-9)
