"""Corridor after corridor: each leg once, split where they part, to a town or the last end."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from surge_world import open_embedded

from georisk.corridors import split_legs
from georisk.surge import journeys
from georisk.surge.group import Group
from georisk.surge.journeys import drop_unreached, join_ways, list_chains
from georisk.surge.plan import plan_surge
from georisk.surge.shares import share_chains
from georisk.surge.ways import list_tracks
from layers.errors import CallError

START = dt.date(2024, 4, 1)
SPOTS = {"A": (0.0, 0.0), "B": (0.0, 0.2), "C": (0.0, 0.4), "D": (0.2, 0.2), "E": (0.2, 0.4)}
# A to B; from B to C by b-c or to D; from C and D on to E, and from E round to B again.
WORLD = {"ab": ["A", "B"], "bc": ["B", "C"], "bd": ["B", "D"], "ce": ["C", "E"],
         "de": ["D", "E"], "eb": ["E", "B"]}


def build(names, sign=1):
    """Corridors of one leg or more, ``ab`` or ``ab bc``; and their tracks."""
    legs = gpd.GeoDataFrame(
        {"mode": "foot"}, index=list(WORLD), crs="EPSG:4326",
        geometry=[shapely.LineString([SPOTS[town] for town in ends]) for ends in WORLD.values()])
    lines = split_legs(legs, segment_km=1.0)
    km = lines.groupby("leg_id")["length_km"].sum()
    corridors, rows = {}, []
    for name in names:
        steps = tuple((leg.strip("-"), -1 if leg[0] == "-" else 1) for leg in name.split())
        at = 0.0
        for leg, turn in steps:
            for town, here in zip(WORLD[leg][::turn], (at, at + km[leg]), strict=True):
                rows.append({"corridor": name, "kind": "stop", "ref": town, "km": here})
            at += km[leg]
        corridors[name] = steps
    along = pd.DataFrame(rows)
    return along, list_tracks(along, lines, corridors, sign=sign)


def name_chains(names, town, *, sign=1, **options):
    along, tracks = build(names, sign)
    chains, _ = list_chains(along, tracks, town, sign=sign, **options)
    return [tuple(way.name for way in chain) for chain in chains]


def test_corridors_follow_one_another_each_leg_once():
    every = list(WORLD)
    assert name_chains(every, "A") == [
        ("ab", "bc", "ce", "eb", "bd", "de"), ("ab", "bd", "de", "eb", "bc", "ce")]
    assert name_chains(every[:4], "A") == [("ab", "bc", "ce"), ("ab", "bd")]
    # Southwards from E: the same legs, the other way.
    assert name_chains(["ab", "bc", "ce"], "E", sign=-1) == [("ce", "bc", "ab")]


def test_a_whole_journey_is_not_counted_twice():
    assert name_chains(["ab", "bc", "ab bc ce"], "A") == [("ab bc ce",)]
    assert name_chains(["ab", "bc", "bc ce"], "A") == [("ab", "bc ce")]


def test_a_journey_ends_at_the_town_asked_for():
    every = list(WORLD)
    assert name_chains(every[:4], "A", to="C") == [("ab", "bc")]
    assert name_chains(["ab bc ce", "bd"], "A", to="C") == [("ab bc ce",)]
    along, tracks = build(["ab bc ce"])
    (chain,), _ = list_chains(along, tracks, "A", sign=1, to="C")
    assert chain[-1].end == "C"
    assert chain[-1].spot[-1] == pytest.approx(SPOTS["C"])
    with pytest.raises(CallError, match="--to A: the same town"):
        name_chains(every, "A", to="A")
    with pytest.raises(CallError, match="--to A: no way on from B"):
        name_chains(["ab", "bc"], "B", to="A")


def test_who_would_go_back_turns_off_where_the_two_part():
    # ab bc comes to C; -bc bd begins by going back to B: nobody walks on to C for nothing.
    names = ["ab bc", "-bc bd"]
    along, tracks = build(names)
    (chain,), _ = list_chains(along, tracks, "A", sign=1)
    assert [way.name for way in chain] == names
    assert chain[0].spot[-1] == pytest.approx(SPOTS["B"])
    assert chain[1].spot[0] == pytest.approx(SPOTS["B"])
    assert chain[1].spot[-1] == pytest.approx(SPOTS["D"])
    assert join_ways(chain).name == "ab bc to B + -bc bd"


def test_a_corridor_is_left_half_way():
    # A to E by B and C; bd de leaves at B. Both are 2 legs on: 22.2 km a leg, but for the
    # slanting de-less way D to E, which is as long as b-c.
    along, tracks = build(["ab bc ce", "bd de"])
    chains, _ = list_chains(along, tracks, "A", sign=1)
    joined = {way.name: way for way in map(join_ways, chains)}
    assert list(joined) == ["ab bc ce", "ab bc ce to B + bd de"]
    off = joined["ab bc ce to B + bd de"]
    assert [way.name for way in off.parts] == ["ab bc ce", "bd de"]
    assert off.begin_km[1] == pytest.approx(22.2, abs=0.1)
    assert (off.parts[0].left, off.end) == ("B", "E")
    # The same legs as whole corridors would have; none twice.
    along, tracks = build(["ab bd de"])
    (whole,), _ = list_chains(along, tracks, "A", sign=1)
    assert off.km == pytest.approx(join_ways(whole).km)
    assert len(np.unique(off.row)) == len(off.row)


def test_where_one_leaves_half_the_people_do():
    along, tracks = build(["ab bc ce", "bd de"])
    chains, _ = list_chains(along, tracks, "A", sign=1)
    group = Group(1, "A", START, {"family": 1.0}, split="equal")
    shares, notes = share_chains(SimpleNamespace(), group, chains)
    assert shares == [0.5, 0.5]
    assert notes["ab bc ce",] == (
        "where others leave ab bc ce, in B: split equally over ab bc ce, bd de")


def test_a_path_is_told_once_whatever_it_is_called():
    # bd is the rest of ab bd from B on: taken from the beginning, not again half-way.
    assert name_chains(["ab bc", "ab bd", "bd"], "A") == [("ab bc",), ("ab bd",)]
    # Three ways part at B.
    chains = name_chains(["ab bc ce", "bd de", "-eb"], "A")
    assert chains == [("ab bc ce", "-eb"), ("ab bc ce", "ab bc ce"), ("ab bc ce", "bd de")]


def test_nobody_leaves_half_way_who_cannot_get_there():
    along, tracks = build(["ab bc ce", "bd de"])
    chains, _ = list_chains(along, tracks, "A", sign=1)
    hours = np.ones((400, 2))
    first_h = float(len(chains[0][0].row))
    (only,), shares = drop_unreached(chains, [0.5, 0.5], hours, first_h - 1)
    assert ([way.name for way in only], shares) == (["ab bc ce"], [1.0])
    # Told to its end, though nobody comes there.
    assert join_ways(only).km[-1] == pytest.approx(66.7, abs=0.4)
    both, _ = drop_unreached(chains, [0.5, 0.5], hours, first_h)
    assert len(both) == 2


def test_only_the_corridors_chosen_are_taken():
    every = list(WORLD)
    assert name_chains(every, "A", chosen=("ab",)) == [("ab",)]
    assert name_chains(every, "A", chosen=("ab", "bd")) == [("ab", "bd")]
    with pytest.raises(CallError, match="--corridor ce: does not pass A, nor lead on"):
        name_chains(every, "A", chosen=("ab", "ce"))


def test_too_many_ways_are_refused(monkeypatch):
    monkeypatch.setattr(journeys, "MOST_CHAINS", 1)
    with pytest.raises(CallError, match="more than 1 ways lead on from A"):
        name_chains(list(WORLD), "A")


def test_each_parting_is_split_by_the_same_rule():
    along, tracks = build(["ab", "bc", "bd", "ce", "ce eb"])
    chains, _ = list_chains(along, tracks, "A", sign=1)
    group = Group(1, "A", START, {"family": 1.0}, split="equal")
    shares, notes = share_chains(SimpleNamespace(), group, chains)
    told = {tuple(way.name for way in chain): share
            for chain, share in zip(chains, shares, strict=True)}
    assert told == {("ab", "bc", "ce eb", "bd"): 0.5, ("ab", "bd"): 0.5}
    assert notes["ab",] == "where ab ends: split equally over bc, bd"
    assert notes["ab", "bc"] == "where bc ends: one corridor leads on: ce eb"


def test_what_nobody_reaches_is_left_out_and_nobody_with_it():
    along, tracks = build(["ab", "bc", "bd"])
    chains, _ = list_chains(along, tracks, "A", sign=1)
    hours = np.ones((200, 2))
    first_h = float(len(chains[0][0].row))
    near, one = drop_unreached(chains, [0.25, 0.75], hours, first_h - 1)
    assert ([[way.name for way in chain] for chain in near], one) == ([["ab"]], [1.0])
    far, both = drop_unreached(chains, [0.25, 0.75], hours, first_h)
    assert (len(far), both) == (2, [0.25, 0.75])


def test_every_journey_of_the_study_is_whole():
    study = open_embedded()
    along, lines = study.layer("along").frame, study.value("lines")
    group = Group(1, "A", START, {"family": 1.0}, split="equal")
    towns = sorted(along.loc[along["kind"] == "stop", "ref"].unique())[::18]
    ends = 0
    for sign in (1, -1):
        tracks = list_tracks(along, lines, study.settings().corridors, sign=sign)
        for town in towns:
            try:
                chains, _ = list_chains(along, tracks, town, sign=sign)
            except CallError:
                ends += 1
                continue
            shares, _ = share_chains(study, group, chains)
            assert sum(shares) == pytest.approx(1.0)
            joined = [join_ways(chain) for chain in chains]
            assert len({way.name for way in joined}) == len(joined)
            for way in joined:
                assert len(np.unique(way.row)) == len(way.row)
                for one, two in pairwise(way.parts):
                    assert np.abs(one.spot[-1] - two.spot[0]).max() < 1e-3
    assert ends < len(towns) / 2


def test_the_return_goes_on_beyond_guatemala():
    study = open_embedded()
    longer = plan_surge(study, Group(90, "Tapachula", START, {"returnee": 1.0}, days=16,
                                     direction="backward", to="San Salvador"))
    assert [way.name for way in longer.scene.ways] == [
        "soconusco + el-salvador", "soconusco to Escuintla (Guatemala) + el-salvador-coast"]
    assert sum(longer.least.arrived) == 90
    assert any("where others leave soconusco, in Escuintla (Guatemala): split equally over "
               "el-salvador-coast, soconusco" in note for note in longer.scene.notes)
    assert all(0 < way.km[-1] < 700 for way in longer.scene.ways)
