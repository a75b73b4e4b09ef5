"""Ways of OpenStreetMap beside the legs: where they meet, who may use them, what they take."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import grid_study as grid
import networkx as nx
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from surroundings import CAMPAIGN

from georisk.access import attach_places
from georisk.network import Access, Network, build_network
from georisk.routing import find_two_nearest
from georisk.travel import Pace, prepare_travel
from georisk.ways.area import draw_corridor
from georisk.ways.edges import FERRY, RAIL, ROAD, Joins, Ways, build_ways
from georisk.ways.junctions import consolidate_junctions
from georisk.ways.links import link_ways
from layers.errors import CallError

V = grid.FLAT_KMH


def list_ways(*rows):
    """Rows of (from, to, points as row and column of the grid, attributes)."""
    usual = {"road_class": "residential", "terrain": "road", "walkable": True, "drivable": True,
             "oneway": False, "ford": False, "max_speed_kmh": np.nan, "synthetic": True}
    table = [{**usual, **(more[0] if more else {}), "from_node": one, "to_node": two,
              "geometry": shapely.LineString([grid.locate(*at) for at in points])}
             for one, two, points, *more in rows]
    index = [f"{row['from_node']}-{row['to_node']}" for row in table]
    return gpd.GeoDataFrame(table, index=index, crs="EPSG:4326")


def build(frame, *, legs=("n00",), modes=None, join_km=0.2, place=None, reach_km=2.0):
    segments = grid.make_segments(grid.make_routes(list(legs), modes=modes))
    network = build_network(segments, crs_metric=grid.CRS_METRIC)
    ways = build_ways(frame, piece_km=1.0)
    network = link_ways(network, ways, segments, crs_metric=grid.CRS_METRIC, join_km=join_km)
    if place is None:
        return network
    return attach_places(network, place, segments, crs_metric=grid.CRS_METRIC,
                         max_access_km=reach_km)


def time_from_start(network, *, measure="walk", pace=None, closed=(), heading=1):
    travel = prepare_travel(network, {"n00": "road"}, pace=pace, closed=closed)
    near = find_two_nearest(travel.graphs[measure, heading], np.array([0]))
    return float(near.hours[network.segment_node[0, 0]])


SIDE = ("a", "b", [(0.6, 0.0), (0.6, 1.0)])  # 5 km east from km 3 of the leg
PLACE = grid.put_place("p", 0.6, 1.0, "water")


def test_a_way_carries_people_to_a_place_far_from_the_leg():
    network = build(list_ways(SIDE), place=PLACE)
    assert time_from_start(network) == pytest.approx((3 + 5) / V, rel=2e-3)
    assert time_from_start(network, measure="mode") == pytest.approx(3 / V + 5 / 50, rel=2e-3)
    snapping = network.snapping
    assert snapping["way_id"].tolist() == ["a-b"]
    assert snapping["leg_id"].isna().all()
    assert snapping["access_km"].tolist() == pytest.approx([0.0], abs=1e-3)
    assert snapping["component"].tolist() == [0]
    assert build(list_ways(SIDE), place=PLACE, join_km=0.01).unattached == ()
    away = list_ways(("a", "b", [(0.6, 0.1), (0.6, 1.0)]))  # begins 500 m from the leg
    lost = build(away, place=PLACE)
    assert lost.unattached == lost.cut_off == ("p",)
    assert lost.links.left_out == (1, pytest.approx(4.5, rel=1e-2), 1)
    joined = build(away, place=PLACE, join_km=0.6)
    assert joined.links.distance_km.max() == pytest.approx(0.5, rel=1e-2)
    assert time_from_start(joined) == pytest.approx((3 + 4.5 + 0.5 / 0.6) / V, rel=2e-3)


def test_lines_that_merely_cross_do_not_meet():
    over = list_ways(("a", "b", [(0.5, -0.5), (0.5, 0.5)]))  # half way between two vertices
    crossing = build(over, join_km=0.05)
    assert crossing.ways is None
    assert len(crossing.links.segment) == 0


def test_a_motorway_carries_riders_only_and_a_path_walkers_only():
    motorway = list_ways((*SIDE, {"walkable": False, "road_class": "motorway"}))
    network = build(motorway, place=PLACE)
    assert np.isinf(time_from_start(network))
    assert time_from_start(network, measure="mode") == pytest.approx(3 / V + 0.1, rel=2e-3)
    path = build(list_ways((*SIDE, {"drivable": False, "terrain": "dirt"})), place=PLACE)
    on_foot = (3 + 5 * 1.1) / V
    assert time_from_start(path) == pytest.approx(on_foot, rel=2e-3)
    assert time_from_start(path, measure="mode") == pytest.approx(on_foot, rel=2e-3)


def test_a_one_way_holds_for_vehicles_and_a_limit_slows_them():
    limit = {"oneway": True, "max_speed_kmh": 25.0}
    out = build(list_ways((*SIDE, limit)), place=PLACE)
    assert time_from_start(out, measure="mode") == pytest.approx(3 / V + 5 / 25, rel=2e-3)
    back = build(list_ways(("b", "a", SIDE[2][::-1], limit)), place=PLACE)
    assert time_from_start(back, measure="mode") == pytest.approx(8 / V, rel=2e-3)
    assert time_from_start(back) == pytest.approx(8 / V, rel=2e-3)


def test_a_closed_ford_is_passed_by_nobody():
    network = build(list_ways((*SIDE, {"ford": True})), place=PLACE)
    assert network.ways.ford.tolist() == [True]
    assert np.isinf(time_from_start(network, closed=("a-b",)))
    assert np.isinf(time_from_start(network, closed=("a-b",), measure="mode"))
    with pytest.raises(CallError, match="no leg named a-c"):
        time_from_start(network, closed=("a-c",))


def test_a_valley_that_is_steep_takes_longer_up_than_down():
    network = build(list_ways(SIDE), place=PLACE)
    slope = replace(network.ways, rise_m=network.ways.length_km * 200.0)
    up = time_from_start(replace(network, ways=slope))
    assert up == pytest.approx(3 / V + 5 / 2.501, rel=2e-3)
    down = replace(slope, rise_m=-slope.rise_m)
    assert time_from_start(replace(network, ways=down)) < up


def test_trains_are_boarded_at_stops_never_where_a_road_crosses_the_rails():
    rail = ("s", "t", [(0.0, 0.0), (0.6, 0.5), (1.0, 0.0)],
            {"road_class": "rail", "terrain": "rail", "walkable": False, "drivable": False})
    frame = list_ways(SIDE, rail, ("b", "s", [(0.6, 1.0), (0.0, 0.0)]))
    ways = build_ways(frame, piece_km=1.0)
    rails = set(np.r_[ways.tail, ways.head][np.tile(ways.kind[ways.way] == RAIL, 2)])
    roads = set(np.r_[ways.tail, ways.head][np.tile(ways.kind[ways.way] == ROAD, 2)])
    assert not rails & roads
    train = build(frame, modes={"n00": "train"})
    of = train.ways.kind[train.ways.way[train.links.piece]] == RAIL
    assert of.sum() == 2  # both ends of the leg
    assert not train.links.on_foot[of].any()
    assert train.links.by_mode[of].all()
    walked = build(frame)  # a foot leg has no stop of trains
    assert not (walked.ways.kind[walked.ways.way[walked.links.piece]] == RAIL).any()


def test_places_join_no_rails_and_no_ferry_under_way():
    sail = {"road_class": "ferry", "terrain": "water", "walkable": True, "drivable": True}
    network = build(list_ways((*SIDE, sail)), place=grid.put_place("p", 0.6, 0.5, "water"))
    assert network.ways is not None
    assert network.unattached == ("p",)
    landed = build(list_ways((*SIDE, sail), ("b", "c", [(0.6, 1.0), (0.7, 1.0)])), place=PLACE)
    assert time_from_start(landed) == pytest.approx(3 / V + 5 / 20, rel=2e-3)


def test_riders_change_at_stops_and_boats_land_at_their_ends():
    end = ("c", "d", [(1.0, 0.0), (1.0, 1.0)])
    road = build(list_ways(SIDE, end), modes={"n00": "road"})
    at_stop = road.links.share * (road.links.segment == 4) >= 1
    assert road.links.by_mode.tolist() == at_stop.tolist()
    assert road.links.on_foot.all()
    boat = build(list_ways(SIDE, end), modes={"n00": "boat"})
    assert boat.ways.way_ids == ("c-d",)
    assert boat.links.segment.tolist() == [4]


def test_two_services_on_one_node_and_one_in_the_middle_of_an_edge():
    import pandas as pd

    middle = grid.put_place("m", 0.6, 0.5, "water")
    both = gpd.GeoDataFrame(pd.concat([PLACE, PLACE.rename(index={"p": "q"}), middle]),
                            crs="EPSG:4326")
    network = build(list_ways(SIDE), place=both, reach_km=0.1)
    travel = prepare_travel(network, {"n00": "road"})
    near = find_two_nearest(travel.graphs["walk", 1], np.arange(3))
    start = network.segment_node[0, 0]
    assert network.place_ids[near.place[start]] == "m"
    assert near.hours[start] == pytest.approx((3 + 2.5) / V, rel=2e-3)
    assert network.place_ids[near.second[start]] == "p"  # of two equally far the smaller id
    assert near.second_h[start] == pytest.approx(8 / V, rel=2e-3)


def test_consolidating_makes_nobody_quicker_and_keeps_bridges_apart():
    step = 0.01 / 5 * 1.2  # 12 m of a block of 5 km
    frame = list_ways(
        ("a", "b", [(0, 0), (0, 1)]), ("b", "c", [(0, 1), (0, 1 + step)]),
        ("c", "d", [(0, 1 + step), (0, 2)]), ("x", "y", [(-1, 1), (1, 1)]),
    )
    ways = build_ways(frame, piece_km=1.0)
    fewer, count = consolidate_junctions(ways, within_m=15.0)
    assert count == 1
    assert len(fewer.tail) == len(ways.tail) - 1
    assert fewer.length_km.sum() == pytest.approx(ways.length_km.sum(), rel=1e-4)
    same, none = consolidate_junctions(ways, within_m=5.0)
    assert none == 0
    assert same.length_km.sum() == ways.length_km.sum()
    chain = list_ways(*((f"{n:02d}", f"{n + 1:02d}", [(0, n * step), (0, (n + 1) * step)])
                        for n in range(30)))
    assert consolidate_junctions(build_ways(chain, piece_km=1.0), within_m=15.0)[1] == 0


@pytest.mark.parametrize(("frame", "message"), [
    (list_ways(SIDE).iloc[:0], "no way"),
    (list_ways(SIDE).drop(columns="oneway"), "no column oneway"),
    (list_ways(SIDE, SIDE), "several rows"),
    (list_ways((*SIDE, {"max_speed_kmh": -3.0})), "a-b, max_speed_kmh: zero or negative"),
])
def test_ways_that_cannot_be_are_refused(frame, message):
    with pytest.raises(CallError, match=message):
        build_ways(frame, piece_km=1.0)


def test_a_pace_of_nothing_is_refused():
    network = build(list_ways(SIDE), place=PLACE)
    for pace in (Pace(speed_factor=0.0), Pace(speed_factor=-1.0), Pace(off_path_factor=0.0)):
        with pytest.raises(CallError, match="above zero"):
            prepare_travel(network, {"n00": "road"}, pace=pace)
    with pytest.raises(CallError, match="mode = road"):
        time_from_start(network, pace=Pace(mode_speed_kmh={"train": 1, "boat": 1, "road": 0}))
    with pytest.raises(CallError, match="terrain = mud"):
        time_from_start(build(list_ways((*SIDE, {"terrain": "mud"})), place=PLACE))


def test_the_corridor_holds_all_land_within_reach_of_the_legs():
    line = shapely.LineString([(-92.3, 14.7), (-91.0, 15.5)])
    area = draw_corridor(np.array([line], dtype=object), reach_km=25.0)
    for angle in np.linspace(0, 2 * np.pi, 13):
        east, north = 24.5 * np.cos(angle), 24.5 * np.sin(angle)
        near = shapely.Point(-92.3 + east / (111.32 * np.cos(np.radians(14.7))),
                             14.7 + north / 110.64)
        assert area.contains(near)
    assert not area.contains(shapely.Point(-93.0, 14.7))
    assert draw_corridor(np.empty(0, object), reach_km=5.0) is None


@st.composite
def joined_networks(draw):
    """Random legs and ways with slopes, one-ways, rails, ferries, parallel pieces and islands."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n, w, m, k = (draw(st.integers(2, 8)), draw(st.integers(1, 8)), draw(st.integers(1, 12)),
                  draw(st.integers(1, 20)))
    tail, head = rng.integers(0, n, m), rng.integers(0, n, m)
    ways = Ways(
        tuple(f"w{i:02d}" for i in range(k)), np.zeros(w), np.zeros(w), n + rng.integers(0, w, k),
        n + rng.integers(0, w, k), np.arange(k), rng.choice([0.5, 1.0, 2.0], k),
        rng.choice([-200.0, 0.0, 100.0], k), rng.choice([ROAD, ROAD, ROAD, RAIL, FERRY], k),
        np.array(["road"] * k), *(rng.random(k) < 0.6 for _ in range(4)),
        rng.choice([np.nan, 20.0, 80.0], k), np.array([None] * k, dtype=object),
    )
    a, p, j = draw(st.integers(0, 10)), draw(st.integers(1, 5)), draw(st.integers(0, 6))
    access = Access(np.sort(rng.integers(0, p, a)), rng.integers(0, n + w, a),
                    np.zeros(a, np.int64), rng.choice([0.0, 1.0, 2.0], a), rng.random(a) < 0.8,
                    rng.random(a) < 0.8)
    joins = Joins(rng.integers(0, n, j), n + rng.integers(0, w, j), rng.choice([0.0, 0.1], j),
                  rng.random(j) < 0.8, rng.random(j) < 0.8)
    ends = np.column_stack([tail, head])
    return Network(
        tuple(f"l{i:02d}" for i in range(m)), ("foot",) * m, np.zeros(n + w), np.zeros(n + w),
        tail, head, np.arange(m), np.arange(m), rng.choice([0.5, 1.0], m),
        rng.choice([-100.0, 0.0, 100.0], m), ends, ends, 0, tuple(f"p{i}" for i in range(p)),
        access, ways=ways, joins=joins,
    )


def route_by_networkx(network, measure, heading):
    """Hours from every node to each place, worked out way by way."""
    graph = nx.MultiDiGraph()
    graph.add_nodes_from(range(len(network.lon)))

    def speed(slope):
        return 6 * np.exp(-3.5 * abs(slope + 0.05))

    for e in range(len(network.tail)):
        slope = heading * network.rise_m[e] / (network.length_km[e] * 1000)
        ends = (int(network.tail[e]), int(network.head[e]))[::heading]
        graph.add_edge(*ends, h=network.length_km[e] * 1.1 / speed(slope))
    riding = measure == "mode"
    add_ways(graph, network.ways, speed, riding=riding)
    return search_places(graph, network, riding=riding)


def add_ways(graph, ways, speed, *, riding):
    for i in range(len(ways.tail)):
        km = ways.length_km[i]
        for sign in (1, -1):
            ends = (int(ways.tail[i]), int(ways.head[i]))[::sign]
            slope = sign * ways.rise_m[i] / (km * 1000)
            if ways.kind[i] == FERRY:
                graph.add_edge(*ends, h=km / 20)
            elif ways.kind[i] == ROAD and ways.walkable[i]:
                graph.add_edge(*ends, h=km / speed(slope))
            if ways.kind[i] == RAIL and riding:
                graph.add_edge(*ends, h=km / 25)
            if (ways.kind[i] == ROAD and riding and ways.drivable[i]
                    and (sign == 1 or not ways.oneway[i])):
                graph.add_edge(*ends, h=km / np.nanmin([50.0, ways.speed_kmh[i]]))


def search_places(graph, network, *, riding):
    joins, access = network.joins, network.access
    for one, two, km, ok in zip(joins.node, joins.way_node, joins.distance_km,
                                joins.by_mode if riding else joins.on_foot, strict=True):
        if ok:
            graph.add_edge(int(one), int(two), h=km / (0.6 * V))
            graph.add_edge(int(two), int(one), h=km / (0.6 * V))
    hours = np.full((len(network.place_ids), len(network.lon)), np.inf)
    for place in range(len(hours)):
        one = graph.copy()
        one.add_node("place")
        for row in np.flatnonzero(access.place == place):
            if (access.by_mode if riding else access.on_foot)[row]:
                one.add_edge(int(access.node[row]), "place", h=access.distance_km[row] / (0.6 * V))
        found = nx.single_source_dijkstra_path_length(one.reverse(), "place", weight="h")
        found.pop("place")
        hours[place, list(found)] = list(found.values())
    return hours


@settings(max_examples=10_000 if CAMPAIGN else 100)
@given(joined_networks(), st.sampled_from(["walk", "mode"]), st.sampled_from([1, -1]))
def test_times_over_legs_and_ways_equal_networkx(network, measure, heading):
    rows = np.arange(len(network.place_ids))
    near = find_two_nearest(prepare_travel(network, {}).graphs[measure, heading], rows)
    hours = route_by_networkx(network, measure, heading)
    ranked = np.sort(np.vstack([hours, np.full(hours.shape[1], np.inf)]), axis=0)
    np.testing.assert_allclose(near.hours, ranked[0], atol=3e-9)
    np.testing.assert_allclose(near.second_h, ranked[1], atol=3e-9)
    # the measure by mode is never slower than walking where both are allowed everywhere
    more = replace(network, ways=None, joins=None)
    bare = find_two_nearest(prepare_travel(more, {}).graphs[measure, heading], rows)
    assert (near.hours <= bare.hours + 1e-9).all()  # a further way makes nobody slower
