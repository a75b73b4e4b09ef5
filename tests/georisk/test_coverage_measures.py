"""Shares, fragility and heat on the grid: by hand, and what must always hold."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import grid_study as grid
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from surroundings import CAMPAIGN

from georisk.coverage import cover_services
from georisk.coverage.fragility import measure_fragility
from georisk.coverage.limits import limit_water
from georisk.coverage.shares import count_people, share_corridors
from georisk.season import Season
from georisk.travel import Pace
from georisk.walking import Traveller, WalkRules, When, rate_day
from layers.catalog import find_spec

V = grid.FLAT_KMH
WEST = {"west": grid.CORRIDORS["west"]}
MANY = settings(max_examples=10_000 if CAMPAIGN else 12)


def cover(places, *, pace=None, limits=None, **thresholds):
    segments = grid.make_segments()
    travel = grid.make_travel(segments, places, pace=pace)
    found = cover_services([travel], places, grid.make_services(**thresholds), limits=limits)
    return segments, travel, found


def count(segments, travel, rows):
    flows = pd.DataFrame(rows, columns=["place_or_leg", "direction", "people"])
    flows = flows.assign(month="2024-06")
    return count_people(flows, segments, travel, as_of=dt.date(2024, 12, 31))


def test_shares_of_a_corridor_by_hand():
    """Northwards 15 of 20 km have water within 7.2 km; people are counted on n00 (km 0 to 5).

    365.25 people a month x 12 / 365.25 days = 12 a day. Of n00 the first 3 km are uncovered:
    36 person-km of 60. Nobody knows months or hours of any place: all that is covered is
    unverified.
    """
    segments, travel, found = cover(grid.make_places(), water=7.2)
    people = count(segments, travel, [("n00", "forward", 365.25)])
    table = share_corridors(segments, found, people, corridors=WEST).set_index("direction")
    row = table.loc["forward"]
    assert row[["length_km", "covered_km", "unverified_km", "uncovered_km"]].tolist() == [
        20, 0, 15, 5]
    assert row[["counted_km", "person_km", "uncovered_person_km"]].tolist() == pytest.approx(
        [5, 60, 36])
    assert table.loc["backward", "uncovered_km"] == 9
    assert table.loc["backward", "counted_km"] == 0
    assert np.isnan(table.loc["backward", "person_km"])
    # entered at km 4 to 10 water is at 10 and 17.5: the second is within 10.8 km from km 7 on
    assert row["redundant_km"] == 4


def test_fragility_by_hand():
    """Northwards on column 0: gt-ex-1 at km 10 is nearest for km 3 to 10 (8 segments).

    The next, at 17.5, is within 7 km of km 11 to 17; if gt-ex-1 closes, all 8 lose. If gt-ex-3
    closes, 11 to 17 lose: what lies ahead then is 20 km east.
    """
    places = grid.make_places()
    segments, travel, found = cover(places, water=7.0)
    column = segments["leg_id"].isin(["n00", "n10", "n20", "n30"]).to_numpy()
    people = count(segments, travel, [("n10", "forward", 365.25)])
    table = measure_fragility(found, np.where(column, 1.0, 0.0), people)
    assert list(table.columns) == list(find_spec("fragility").columns)
    assert table.loc["gt-ex-1-water", "lost_forward_km"] == 8
    assert table.loc["gt-ex-3-water", "lost_forward_km"] == 7
    # southwards gt-ex-1 serves km 17 to 10; above it gt-ex-3 stands at 17.5
    assert table.loc["gt-ex-1-water", "lost_person_km"] == pytest.approx(12 * 5)
    assert table["synthetic"].all()


spots = st.tuples(st.floats(0, 4), st.sampled_from([0.0, 1.0, 2.0, 4.0]), st.booleans())


@MANY
@given(st.lists(spots, min_size=1, max_size=5))
def test_fragility_is_what_closing_each_place_costs(chosen):
    places = pd.concat([
        grid.put_place(f"p{n}", *((c, r) if turned else (r, c)), "water")
        for n, (r, c, turned) in enumerate(chosen)])
    segments, _, found = cover(places, water=7.0)
    km = segments["length_km"].to_numpy(float)
    table = measure_fragility(found, km, np.full((len(km), 2), np.nan))
    for name in places.index:
        rest = places.drop(index=name)
        _, _, left = cover(pd.concat([grid.make_places([]), rest]), water=7.0)
        lost = (found.covered & ~left.covered)[:, 0] * km[:, None]
        told = table.loc[f"{name}-water"] if f"{name}-water" in table.index else None
        expected = lost.sum(axis=0).tolist()
        assert (expected == [0, 0] if told is None else
                told[["lost_backward_km", "lost_forward_km"]].tolist() == pytest.approx(expected))


def test_heat_slows_segments_and_the_walk_beside_them():
    """At half the pace on n00: 10 km to the water at km 10 take 5 / (V / 2) + 5 / V hours."""
    segments = grid.make_segments()
    rate = np.where(segments["leg_id"] == "n00", 0.5, 1.0)
    _, _, found = cover(grid.make_places(), pace=Pace(rate=rate), water=7.0)
    at = segments.index.get_loc("n00-0001")
    assert found.walk_h[at, 0, 1] == pytest.approx(5 / (V / 2) + 5 / V, abs=1e-5)
    beside = grid.put_place("p", 0.5, 0.1, "water")
    _, _, plain = cover(beside, water=9.0)
    _, _, slowed = cover(beside, pace=Pace(rate=rate), water=9.0)
    assert slowed.walk_h[at, 0, 1] == pytest.approx(2 * plain.walk_h[at, 0, 1], rel=1e-6)


def test_without_heat_a_rate_of_one_changes_no_byte():
    places = grid.make_places()
    plain, ones = (cover(places, pace=Pace(rate=rate), water=7.0, shelter=12.0)[2]
                   for rate in (None, np.ones(200)))
    for name in ("walk_h", "mode_h", "distance_km", "second_walk_h"):
        np.testing.assert_array_equal(getattr(plain, name), getattr(ones, name))


MAN = Traveller("adult_man", 1.0, 1.0, 70.0, 4.0, "men")


@MANY
@given(st.lists(st.integers(1, 5), min_size=40, max_size=40),
       st.lists(st.integers(0, 4), min_size=40, max_size=40), st.integers(0, 23))
def test_more_heat_never_covers_more(cool, more, start):
    """A flag for every leg; then each the same or a higher one: no hour falls, no cover appears."""
    segments, places = grid.make_segments(), grid.make_places()
    when, rules = When(6, float(start)), WalkRules()
    leg = pd.factorize(segments["leg_id"], sort=True)[0]
    found = []
    for flags in (np.array(cool), np.minimum(np.array(cool) + more, 5)):
        heat = np.repeat(flags[leg][:, None], 24, axis=1)
        season = Season(when, heat, rate_day(heat, when, rules))
        limits = limit_water(season, np.zeros((200, 2), bool), MAN, rules)
        found.append(cover(places, pace=Pace(rate=season.rate), limits={"water": limits},
                           water=7.0, shelter=12.0)[2])
    assert (found[1].walk_h >= found[0].walk_h - 1e-9).all()
    assert (found[1].threshold_h <= found[0].threshold_h + 1e-9).all()
    assert not (found[1].covered & ~found[0].covered).any()


def test_autonomy_of_water_is_told_in_hours_under_way():
    """4 L / 0.71 L/h; 4 L / 0.95 under flag 5; more: minus what a night of rest drinks."""
    when = When(6, 6.0)
    hot = np.array([[1] * 24, [5] * 24])
    season = Season(when, hot, rate_day(hot, when))
    still = np.zeros((2, 2), bool)
    limits = limit_water(season, still, MAN, WalkRules())
    assert limits[:, 0].tolist() == pytest.approx([4 / 0.71, 4 / 0.95])
    laden = limit_water(season, still, replace(MAN, carried_l=10.0), WalkRules())
    # 7.1 L on the first day, 14 h x 0.125 L by night, the rest at 0.71 L/h
    assert laden[0, 0] == pytest.approx(10 + (10 - 7.1 - 14 * 0.125) / 0.71)
    # 8 L: the 0.9 L left in the evening is drunk at rest: the day's ten hours and no more
    evening = limit_water(season, still, replace(MAN, carried_l=8.0), WalkRules())
    assert evening[0, 0] == pytest.approx(10)
    assert limit_water(Season(When()), still, MAN, WalkRules()) is None


def test_of_two_worlds_the_second_place_is_the_nearest_of_all_that_is_left():
    """One way round a is 1 h, b 9 h; the other way round a 2 h, c 3 h: the second is c."""
    from georisk.coverage.ahead import Ahead, _merge

    def make(hours, second, second_h):
        cell = [np.array([[value]]) for value in (0, hours, 5.0, second, second_h)]
        return Ahead(*cell)

    one, two = make(1.0, 1, 9.0), make(2.0, 2, 3.0)
    for merged in (_merge(one, two), _merge(two, one)):
        assert (merged.place[0, 0], merged.hours[0, 0]) == (0, 1.0)
        assert (merged.second[0, 0], merged.second_h[0, 0]) == (2, 3.0)
