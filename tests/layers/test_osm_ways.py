"""The network from an OpenStreetMap extract, on a crossing that one can draw."""

from __future__ import annotations

from itertools import pairwise

import geopandas as gpd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("osmium", reason="needs osmium (the extra osm)")

from osm_files import write_extract

from layers.catalog import find_spec
from layers.crs import measure_length_km
from layers.osm.roads import judge_road
from layers.osm.ways import keep_ways, read_network, read_ways

ROAD, PATH = {"highway": "residential", "surface": "asphalt"}, {"highway": "path"}


def write_crossing(path, *, east=ROAD, north=PATH):
    """Nodes 1-2-3-4-5 lie west to east, 6 north of 3; 2 and 4 are mere bends."""
    nodes = [(i, 0.01 * i, 0.0, {}) for i in range(1, 6)] + [(6, 0.03, 0.01, {})]
    ways = [(7, [1, 2, 3], ROAD), (8, [3, 4, 5], east), (9, [3, 6], north),
            (10, [1, 2], {"building": "yes"})]
    return write_extract(path, nodes=nodes, ways=ways)


@pytest.mark.parametrize("name", ["a.osm", "a.osm.pbf"])
def test_a_crossing_by_hand(tmp_path, name):
    ways = read_ways(write_crossing(tmp_path / name)).set_index("way_id")
    assert list(ways.index) == ["osm-n1-n3", "osm-n3-n5", "osm-n3-n6"]
    # 0.02 degrees of longitude on the equator: 6378.137 km * pi / 180 * 0.02 = 2.2264 km
    assert ways["length_km"].round(4).to_list() == [2.2264, 2.2264, 1.1057]
    assert ways["road_class"].to_list() == ["residential", "residential", "path"]
    assert ways["terrain"].to_list() == ["road", "road", "dirt"]
    assert ways["drivable"].to_list() == [True, True, False]
    assert ways["walkable"].all()
    assert len(ways.geometry["osm-n1-n3"].coords) == 3


@pytest.mark.parametrize(("oneway", "ends"), [
    ("yes", ("osm-n3", "osm-n5")), ("-1", ("osm-n5", "osm-n3")), ("no", ("osm-n3", "osm-n5")),
])
def test_a_oneway_runs_from_node_to_node(tmp_path, oneway, ends):
    path = write_crossing(tmp_path / "a.osm", east={**ROAD, "oneway": oneway})
    ways = read_ways(path)
    row = ways[ways["from_node"].isin(ends) & ways["to_node"].isin(ends)].iloc[0]
    assert bool(row["oneway"]) is (oneway != "no")
    assert (row["from_node"], row["to_node"]) == ends
    assert row.geometry.coords[0][0] == (0.03 if ends[0] == "osm-n3" else 0.05)


def test_a_way_is_cut_where_its_surface_changes(tmp_path):
    nodes = [(i, 0.01 * i, 0.0, {}) for i in range(1, 4)]
    ways = [(7, [1, 2], ROAD), (8, [2, 3], {"highway": "residential", "surface": "sand"})]
    rows = read_ways(write_extract(tmp_path / "a.osm", nodes=nodes, ways=ways))
    assert rows["terrain"].to_list() == ["road", "sand"]


def test_a_way_that_leaves_the_area_ends_at_its_first_node_outside(tmp_path):
    path = write_crossing(tmp_path / "a.osm")
    kept = keep_ways(path, area=shapely.box(0.044, -0.001, 0.046, 0.001))
    assert (kept.way.tolist(), kept.ref.tolist(), kept.cut) == ([8], [4, 5], 1)
    with pytest.raises(ValueError, match="no road, path, railway or ferry in the area"):
        read_ways(path, area=shapely.box(1, 1, 2, 2))


def test_a_way_cut_off_by_the_extract_is_kept_as_far_as_it_is_known(tmp_path):
    nodes = [(1, 0.01, 0.0, {}), (2, 0.02, 0.0, {})]
    path = write_extract(tmp_path / "a.osm", nodes=nodes, ways=[(7, [1, 2, 99], ROAD)])
    kept = keep_ways(path, area=shapely.box(0, -1, 1, 1))
    assert (kept.ref.tolist(), kept.holed) == ([1, 2], 1)
    assert len(read_ways(path)) == 1


def test_a_node_that_the_file_lacks_breaks_the_way_there(tmp_path):
    """Nobody said that the ground between 2 and 3 is the straight line."""
    nodes = [(i, 0.01 * i, 0.0, {}) for i in range(1, 5)]
    path = write_extract(tmp_path / "a.osm", nodes=nodes, ways=[(7, [1, 2, 99, 3, 4], ROAD)])
    found = read_network(path)
    assert found.frame["way_id"].to_list() == ["osm-n1-n2", "osm-n3-n4"]
    assert found.holed == 1


def test_a_ring_a_loop_and_twin_ways_are_all_kept(tmp_path):
    nodes = [(1, 0, 0, {}), (2, 0.01, 0, {}), (3, 0.01, 0.01, {}), (4, 0.005, 0.01, {}),
             (5, 0.1, 0, {}), (6, 0.11, 0, {}), (7, 0.105, 0.01, {}), (8, 0.105, -0.01, {})]
    ways = [(20, [1, 2, 3, 4, 1], ROAD), (21, [5, 7, 6], ROAD), (22, [5, 8, 6], ROAD),
            (23, [5, 6], ROAD)]
    rows = read_ways(write_extract(tmp_path / "a.osm", nodes=nodes, ways=ways))
    kept = keep_ways(tmp_path / "a.osm")
    assert len(rows) == 4 + 3  # a ring without a junction stays in its four steps
    assert rows["way_id"].is_unique
    assert rows["length_km"].sum() == pytest.approx(measure_kept_km(kept), abs=1e-5)


def measure_kept_km(kept):
    return measure_length_km(kept.draw_lines()).sum()


TAGS = st.sampled_from([ROAD, PATH, {"highway": "primary", "oneway": "yes"}, {"railway": "rail"},
                        {"highway": "primary", "oneway": "-1"}])


@settings(max_examples=25)
@given(lines=st.lists(st.tuples(st.lists(st.integers(1, 12), min_size=2, max_size=5, unique=True),
                                TAGS), min_size=1, max_size=6, unique_by=lambda w: frozenset(
                                    frozenset(pair) for pair in pairwise(w[0]))))
def test_no_stretch_is_lost_and_none_stands_twice(tmp_path, lines):
    used, ways = set(), []
    for number, (refs, tags) in enumerate(lines):
        steps = {frozenset(pair) for pair in pairwise(refs)}
        if not steps & used:
            used |= steps
            ways.append((100 + number, refs, tags))
    nodes = [(i, 0.01 * (i % 4), 0.01 * (i // 4) + 0.001 * i * i, {}) for i in range(1, 13)]
    path = write_extract(tmp_path / "a.osm", nodes=nodes, ways=ways)
    rows = read_ways(path)
    assert rows["way_id"].is_unique
    assert rows["length_km"].sum() == pytest.approx(measure_kept_km(keep_ways(path)), abs=1e-5)
    for row in rows.itertuples():
        first, last = row.geometry.coords[0], row.geometry.coords[-1]
        for name, point in ((row.from_node, first), (row.to_node, last)):
            assert nodes[int(name.removeprefix("osm-n")) - 1][1:3] == pytest.approx(point)
    again = read_ways(path)
    assert again.equals(rows)



def test_nothing_calls_the_network(tmp_path, monkeypatch):
    import socket

    def refuse(*_, **__):
        raise AssertionError

    path = write_crossing(tmp_path / "a.osm")
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert len(read_ways(path)) == 3


def test_the_layer_takes_every_row_in(tmp_path):
    from layers.intake import take_in

    ways = read_ways(write_crossing(tmp_path / "a.osm", east={"route": "ferry"}))
    intake = take_in(ways, find_spec("ways"), source="a.osm")
    assert intake.count() == {"read": 3, "accepted": 3, "quarantined": 0}
    assert isinstance(intake.accepted, gpd.GeoDataFrame)
    assert intake.accepted["terrain"].to_list() == ["road", "water", "dirt"]


@pytest.mark.parametrize(("tags", "walkable", "drivable"), [
    ({"highway": "motorway"}, False, True),
    ({"highway": "motorway", "foot": "yes"}, True, True),
    ({"highway": "residential", "access": "private"}, False, False),
    ({"highway": "residential", "access": "no", "foot": "designated"}, True, False),
    ({"highway": "track", "motor_vehicle": "no"}, True, False),
    ({"highway": "footway"}, True, False),
    ({"railway": "rail"}, False, False),
    ({"route": "ferry"}, False, False),
])
def test_who_may_go_where(tags, walkable, drivable):
    road = judge_road(tags)
    assert (road.walkable, road.drivable) == (walkable, drivable)


@pytest.mark.parametrize("tags", [
    {}, {"highway": "proposed"}, {"highway": "bus_stop"}, {"railway": "abandoned"},
    {"highway": "pedestrian", "area": "yes"}, {"railway": "rail", "service": "yard"},
    {"highway": "platform"}, {"route": "hiking"},
])
def test_what_is_no_way(tags):
    assert judge_road(tags) is None
