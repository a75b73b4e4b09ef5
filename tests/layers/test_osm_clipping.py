"""Cutting an extract to an area while it is read, and joining ways at junctions, by properties."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from surroundings import CAMPAIGN

pytest.importorskip("osmium", reason="needs osmium (the extra osm)")

from osm_files import write_extract

from layers.adapters import osm
from layers.catalog import find_spec
from layers.osm import extracts
from layers.osm.chains import chain_runs
from layers.osm.clipping import clip_runs
from layers.osm.ways import keep_ways, read_network
from layers.sources import Wanted

TAGS = st.sampled_from([
    {"highway": "residential"}, {"highway": "path"}, {"highway": "primary", "oneway": "yes"},
    {"highway": "primary", "oneway": "-1"}, {"railway": "rail"}, {"route": "ferry"},
    {"building": "yes"},
])
PLACES = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=12, max_size=12,
                  unique=True)
LINES = st.lists(st.tuples(st.lists(st.integers(1, 14), min_size=2, max_size=7), TAGS),
                 min_size=1, max_size=7)
BOXES = st.tuples(st.integers(-2, 40), st.integers(-2, 40), st.integers(0, 20), st.integers(0, 20))
EXAMPLES = 10_000 if CAMPAIGN else 60


def write_land(folder, places, lines, name="a.osm"):
    """Nodes 1 to 12; ways that name 13 or 14 name what the file lacks."""
    nodes = [(n + 1, 0.01 * x, 0.01 * y, {}) for n, (x, y) in enumerate(places)]
    ways = [(100 + n, refs, tags) for n, (refs, tags) in enumerate(lines)]
    return write_extract(folder / name, nodes=nodes, ways=ways)


def draw_area(west, south, wide, high):
    return shapely.box(west / 100 - 0.004, south / 100 - 0.004, (west + wide) / 100 + 0.004,
                       (south + high) / 100 + 0.004)


def list_runs(runs):
    return [(int(runs.way[n]), runs.roads[runs.road[n]], int(runs.direction[n]),
             runs.ref[runs.start[n] : runs.start[n + 1]].tolist(),
             runs.lonlat[runs.start[n] : runs.start[n + 1]].tolist())
            for n in range(len(runs.way))]


@settings(max_examples=EXAMPLES)
@given(places=PLACES, lines=LINES, box=BOXES)
def test_cut_while_reading_is_read_whole_and_cut_after(tmp_path, places, lines, box):
    path, area = write_land(tmp_path, places, lines), draw_area(*box)
    whole = keep_ways(path)
    by_hand = clip_runs(whole, area)
    cut = keep_ways(path, area=area)
    assert list_runs(cut) == list_runs(by_hand)
    # And step by step, one at a time, in plain Python.
    expected = sorted(
        (number, pair) for number, _, _, refs, line in list_runs(whole)
        for pair, ends in zip(pairwise(refs), pairwise(line), strict=True)
        if area.intersects(shapely.LineString(ends)))
    assert sorted((number, pair) for number, _, _, refs, _ in list_runs(cut)
                  for pair in pairwise(refs)) == expected


@settings(max_examples=EXAMPLES)
@given(places=PLACES, lines=LINES, box=BOXES)
def test_nothing_in_the_area_is_lost_by_cutting(tmp_path, places, lines, box):
    path, area = write_land(tmp_path, places, lines), draw_area(*box)
    drawn = [shapely.unary_union(keep_ways(path, area=within).draw_lines()).intersection(area)
             for within in (None, area)]
    assert shapely.length(drawn[1]) == pytest.approx(shapely.length(drawn[0]), abs=1e-12)


@settings(max_examples=EXAMPLES // 2)
@given(places=PLACES, lines=LINES)
def test_chains_are_those_of_osmnx(tmp_path, places, lines):
    """Of ways that do not lie upon each other; where they do, ours are each step once."""
    pytest.importorskip("osmnx", reason="needs osmnx")
    from osmnx_reference import list_by_osmnx, list_chains

    used, apart = set(), []
    for refs, tags in lines:
        steps = [frozenset(pair) for pair in pairwise(refs) if len(set(pair)) > 1]
        if len(set(steps)) == len(steps) and not used & set(steps):
            used |= set(steps)
            apart.append((refs, tags))
    runs = keep_ways(write_land(tmp_path, places, apart))
    if len(runs.way):
        assert list_chains(runs) == list_by_osmnx(runs)


@settings(max_examples=EXAMPLES)
@given(places=PLACES, lines=LINES, seed=st.integers(0, 99))
def test_every_step_is_in_one_chain_whatever_the_order_of_the_ways(tmp_path, places, lines, seed):
    runs = keep_ways(write_land(tmp_path, places, lines))
    chains = chain_runs(runs)
    run = np.repeat(np.arange(len(chains.road)), np.diff(chains.start))
    tail = np.flatnonzero(run[1:] == run[:-1])
    ours = [(*sorted(pair), chains.road[run[row]], chains.direction[run[row]])
            for row, pair in zip(tail, zip(chains.ref[tail], chains.ref[tail + 1], strict=True),
                                 strict=True) if chains.direction[run[row]] == 0]
    assert len(set(ours)) == len(ours)
    steps, of = runs.list_steps()
    given_ = {(*sorted((runs.ref[row], runs.ref[row + 1])), runs.road[one], 0)
              for row, one in zip(steps, of, strict=True) if runs.direction[one] == 0}
    assert set(ours) == given_
    order = np.random.default_rng(seed).permutation(len(lines))
    mixed = keep_ways(write_land(tmp_path, places, [lines[n] for n in order], name="b.osm"))
    again = chain_runs(mixed)
    assert (again.ref.tolist(), again.start.tolist()) == (
        chains.ref.tolist(), chains.start.tolist())


def test_a_ferry_across_the_area_with_no_node_in_it_is_kept_whole(tmp_path):
    path = write_land(tmp_path, [(0, 0), (40, 0), *((n, 9) for n in range(10))],
                      [([1, 2], {"route": "ferry"}), ([3, 4], {"highway": "path"})])
    found = read_network(path, area=draw_area(20, 0, 1, 1))
    assert found.frame["way_id"].to_list() == ["osm-n1-n2"]
    assert found.cut == 0


def test_what_was_cut_is_told(tmp_path):
    path = write_land(tmp_path, [(n, 0) for n in range(12)],
                      [([1, 2, 3, 4], {"highway": "path"}), ([4, 13], {"highway": "path"}),
                       ([2, 99, 5, 6], {"highway": "track"}),
                       ([2, 5, 6, 99], {"highway": "track"})])
    haul = osm.read_osm(path, Wanted(find_spec("ways"), area=draw_area(1, 0, 0, 0)))
    assert "2 ways go on beyond it: each ends at the first node outside" in haul.notes
    assert "1 ways have nodes that the file lacks: broken there" in haul.notes


def test_positions_in_a_file_give_what_positions_in_memory_give(tmp_path, monkeypatch):
    """Above 8 MB node positions lie in a temporary file, which is gone afterwards."""
    path = write_land(tmp_path, [(n, n % 5) for n in range(12)],
                      [(list(range(1, 13)), {"highway": "path"})], name="a.osm.pbf")
    before = list_runs(keep_ways(path))
    monkeypatch.setattr(extracts, "_IN_MEMORY_BYTES", 0)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert list_runs(keep_ways(path)) == before
    assert not list(tmp_path.glob("georisk-osm-*"))
