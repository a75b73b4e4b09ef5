"""From the last place before a gap to the first after it: by hand, and what must always hold."""

from __future__ import annotations

import grid_study as grid
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from surroundings import CAMPAIGN

from georisk.access import attach_places
from georisk.coverage import Visitor, compute_coverage
from georisk.coverage.goals import find_goals
from georisk.gaps import Spread, Walker, cross_gaps, find_gaps
from georisk.gaps.crossing import BETWEEN, ENDS
from georisk.gaps.walker import measure_need
from georisk.network import build_network
from georisk.travel import prepare_travel
from georisk.walking import Traveller, When
from layers.catalog import find_spec

V = grid.FLAT_KMH
MANY = settings(max_examples=10_000 if CAMPAIGN else 15)
MAN = Traveller("adult_man", 1.0, 1.0, 70.0, 4.0, "men")
WEST = {"west": grid.CORRIDORS["west"]}
EVERY = grid.make_segments()
COLUMN = grid.make_segments(grid.make_routes(["n00", "n10", "n20", "n30"]))


def cross(segments, places, services, *, corridors=WEST, walker=None, terrain=None, signs=None,
          max_access_km=1.0):
    travel = grid.make_travel(segments, places, signs=signs, terrain=terrain,
                              max_access_km=max_access_km)
    walker = walker or Walker(MAN)
    coverage = compute_coverage(segments, travel, places, services)
    gaps = find_gaps(segments, coverage, services, travel=travel, walker=walker,
                     corridors=corridors)
    return cross_gaps(gaps, segments, corridors=corridors, worlds=(travel,), walker=walker,
                      goals=find_goals(travel, places, services, Visitor()))


@pytest.fixture(scope="module")
def west():
    """Water at km 10 and 17.5 of column 0, threshold 7 km (`test_gaps.test_west_by_hand`)."""
    return cross(grid.make_segments(), grid.make_places(), grid.make_services(water=7.0))


def test_a_gap_between_two_places_by_hand(west):
    """Km 18 to 20 of column 0: 0.5 km after the place at 17.5, 20 km east of its end the next.

    The end, (4, 0), is the corridor's end; the next place, (4, 4), lies on other legs.
    """
    row = west.loc["west-water-forward-n30-0004"]
    assert (row["last_id"], row["after_id"], row["next_id"]) == ("gt-ex-3", "gt-ex-4", "gt-ex-4")
    assert row[["last_km", "last_off_km"]].tolist() == pytest.approx([0.5, 0.0], abs=1e-3)
    assert row[["after_km", "after_off_km"]].tolist() == pytest.approx([20, 20], abs=1e-3)
    assert row[["next_km", "next_off_km"]].tolist() == pytest.approx([22, 20], abs=1e-3)
    assert row["between_km"] == pytest.approx(22.5, abs=1e-3)
    assert row["between_h"] == pytest.approx(22.5 / V, abs=1e-3)
    assert row["between_litres"] == pytest.approx(22.5 / V * 0.71, abs=1e-3)
    assert row["between_days"] == 1
    assert row[["length_km", "walk_h"]].tolist() == pytest.approx([2, 2 / V], abs=1e-6)


def test_without_a_place_at_one_end_there_is_no_walk_from_place_to_place(west):
    north = west.loc["west-water-forward-n00-0001"]
    assert pd.isna(north["last_id"])
    assert north["after_id"] == "gt-ex-1"
    assert north[["after_km", "after_off_km"]].tolist() == pytest.approx([7, 0], abs=1e-3)
    assert north["next_km"] == pytest.approx(10, abs=1e-3)
    south = west.loc["west-water-backward-n10-0004"]
    assert south["last_id"] == "gt-ex-1"
    assert south["last_km"] == pytest.approx(1, abs=1e-3)
    assert pd.isna(south["after_id"])
    assert pd.isna(south["next_km"])
    for row in (north, south):
        assert row[list(BETWEEN)].isna().all()


def test_a_place_aside_is_said_to_lie_aside():
    """Water 0.8 km east of km 10; the walk between it and the leg is off the path, at 0.6 V."""
    places = pd.concat([grid.put_place("a", 0.0, 0.0, "water"),
                        grid.put_place("b", 2.0, 0.16, "water")])
    rows = cross(COLUMN, places, grid.make_services(water=4.0), signs={})
    row = rows.loc["west-water-forward-n00-0002"]  # at km 1 both are farther than 4 km on
    # the last entry not covered has (10 - x) / V + 0.8 / 0.6 V hours to go: beyond 4 km x < 7.33
    assert row["length_km"] == 7
    assert (row["last_id"], row["after_id"]) == ("a", "b")
    assert row["last_km"] == pytest.approx(1, abs=1e-3)
    assert row["next_off_km"] == row["after_off_km"] == pytest.approx(0.8, rel=2e-3)
    assert row["next_h"] == pytest.approx((9 + 0.8 / 0.6) / V, rel=2e-3)
    assert row["between_km"] == pytest.approx(10.8, rel=2e-3)
    assert row["between_h"] == pytest.approx((10 + 0.8 / 0.6) / V, rel=2e-3)


def test_water_from_place_to_place_is_the_march_over_its_ground():
    """Under flag 5 by day a man gets on at 0.33 and drinks 0.95 L/h; from 6 to 16 o'clock."""
    places = pd.concat([grid.put_place("a", 0.0, 0.0, "water"),
                        grid.put_place("b", 4.0, 0.0, "water")])
    travel_h = 20 / V
    flags = np.full((len(COLUMN), 24), 5)
    walker = Walker(MAN, When(6), flags=flags, rate=np.ones(len(COLUMN)),
                    ground_km=np.full(len(COLUMN), 1.0))
    rows = cross(COLUMN, places, grid.make_services(water=2.0), walker=walker, signs={})
    row = rows.loc["west-water-forward-n00-0002"]
    # 20 km are 3.97 cool hours: 10 h at 0.33 of the first day, the rest on the second
    assert travel_h == pytest.approx(3.971, abs=1e-3)
    second_h = (travel_h - 3.3) / 0.33
    by_hand = 10 * 0.95 + 14 * 0.125 + second_h * 0.95
    assert row["between_litres"] == pytest.approx(by_hand, rel=1e-3)
    # 4 L / 0.95 L/h = 4.21 h at a third of 5.04 km/h
    assert row["between_carried_km"] == pytest.approx(4 / 0.95 * 0.33 * V, rel=1e-3)
    assert row["carried_km"] == pytest.approx(row["between_carried_km"], rel=1e-3)


def test_stated_length_lengthens_the_way_and_paces_spread_it():
    places = pd.concat([grid.put_place("a", 0.0, 0.0, "water"),
                        grid.put_place("b", 4.0, 0.0, "water")])
    times = np.column_stack([np.linspace(0.5, 1.5, 101)])
    walker = Walker(MAN, ground_km=np.full(len(COLUMN), 1.5),
                    spread=Spread(np.zeros(len(COLUMN), int), times))
    rows = cross(COLUMN, places, grid.make_services(water=2.0), walker=walker, signs={})
    row = rows.loc["west-water-forward-n00-0002"]
    assert row["between_km"] == pytest.approx(30, rel=1e-6)
    low, high = row["between_h_p10"], row["between_h_p90"]
    assert [low, high] == pytest.approx([0.6 * 20 / V, 1.4 * 20 / V], rel=1e-6)


def test_by_the_legs_modes_nothing_is_walked():
    services = grid.make_services(water=7.0).assign(measure="mode")
    rows = cross(grid.make_segments(), grid.make_places(), services)
    row = rows.loc["west-water-forward-n30-0004"]
    assert row["last_id"] == "gt-ex-3"
    assert rows[list(BETWEEN)].isna().all().all()


def test_nobody_walks_over_water():
    places = pd.concat([grid.put_place("a", 0.0, 0.0, "water"),
                        grid.put_place("b", 4.0, 0.0, "water")])
    rows = cross(COLUMN, places, grid.make_services(water=2.0), terrain={"n10": "water"}, signs={})
    assert rows["between_h"].isna().all()
    assert rows["next_km"].isna().any()


def test_columns_are_those_of_the_spec(west):
    spec = find_spec("gaps")
    assert list(west.columns) == [*spec.columns, "geometry"]
    assert list(find_spec("listed_gaps").columns) == list(spec.columns)
    assert {*ENDS, *BETWEEN} < set(spec.columns)
    assert len(cross(COLUMN, grid.make_places([]), grid.make_services(), signs={})) == 0


# Between nodes: a place a centimetre beside one is before it or behind it by chance.
spots = st.lists(st.integers(0, 79).map(lambda n: n / 4 + 0.125), min_size=1, max_size=4)


@MANY
@given(spots, st.floats(1, 9))
def test_on_a_line_the_ends_are_the_neighbours(at, threshold_km):
    """The last place is the greatest at or before the entry, the first after it the least."""
    places = grid.put_places({f"p{n}": (km / 5, 0.0) for n, km in enumerate(at)}, "water")
    rows = cross(COLUMN, places, grid.make_services(water=threshold_km), signs={},
                 max_access_km=0.1)  # no farther: a leg that ends nearby would reach it too
    for row in rows.itertuples():
        entry = float(row.Index[-1]) - 1 + 5 * int(row.Index[-7])
        sign, start = (1, entry) if row.direction == "forward" else (-1, entry + 1)
        along = np.array(at) * sign
        before = along[along <= start * sign + 1e-3]
        beyond = along[along >= start * sign + row.length_km - 1e-3]
        assert pd.isna(row.last_id) == (not len(before))
        if len(before):
            assert row.last_km == pytest.approx(start * sign - before.max(), abs=2e-3)
        assert pd.isna(row.after_id) == (not len(beyond))
        if len(beyond):
            assert row.after_km == pytest.approx(
                beyond.min() - start * sign - row.length_km, abs=2e-3)
            assert row.next_h * V == pytest.approx(row.next_km, abs=2e-3)
        if len(before) and len(beyond):
            assert row.between_h == pytest.approx(row.last_h + row.walk_h + row.after_h, abs=1e-5)
            assert row.between_km == pytest.approx(beyond.min() - before.max(), abs=4e-3)


@MANY
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=5),
       st.floats(2, 12))
def test_the_walk_holds_together_on_the_grid(at, threshold_km):
    """No walk is shorter than the gap in it; next place and hours are those of coverage."""
    places = grid.put_places({f"p{n}": spot for n, spot in enumerate(at)}, "water")
    rows = cross(EVERY, places, grid.make_services(water=threshold_km),
                 corridors=grid.CORRIDORS)
    walked = rows[rows["between_h"].notna()]
    assert (walked["between_km"] >= walked["length_km"] - 1e-6).all()
    np.testing.assert_allclose(
        walked["between_h"], walked[["last_h", "walk_h", "after_h"]].sum(axis=1), atol=1e-5)
    for name in ("last", "after", "next"):
        off, whole = rows[f"{name}_off_km"], rows[f"{name}_km"]
        assert (off.isna() | ((off >= 0) & (off <= whole + 1e-6))).all()
    np.testing.assert_allclose(rows["next_km"], rows["next_h"] * V, atol=2e-3)
    assert (rows["next_km"].isna() == rows["next_id"].isna()).all()
    known = rows["after_km"].notna()
    # nothing is nearer ahead of the entry than the next place
    assert (rows["next_h"] <= rows["walk_h"] + rows["after_h"] + 1e-5)[known].all()


@MANY
@given(st.sets(st.sampled_from(["n00", "n10", "n20", "n30"])), spots)
def test_drawing_a_leg_the_other_way_changes_no_walk(reverse, at):
    places = grid.put_places({f"p{n}": (km / 5, 0.0) for n, km in enumerate(at)}, "water")
    services = grid.make_services(water=4.0)
    signs = dict.fromkeys(reverse, -1)
    turned = {"west": tuple((leg, signs.get(leg, 1)) for leg, _ in WEST["west"])}
    routes = grid.make_routes(["n00", "n10", "n20", "n30"], reverse=reverse)
    one = cross(COLUMN, places, services, signs={})
    two = cross(grid.make_segments(routes), places, services, signs=signs, corridors=turned)
    names = ["direction", "length_km", "next_h", *ENDS, *BETWEEN]
    keys = ["direction", "next_km", "last_km", "length_km"]
    one, two = (rows[names].round(5).sort_values(keys).reset_index(drop=True)
                for rows in (one, two))
    pd.testing.assert_frame_equal(one, two, atol=2e-3)


def test_a_relief_makes_the_way_there_longer_than_the_way_back():
    """Between water at km 0 and km 20 the ground rises 100 m a km: 3.549 km/h up, 5.037 down."""
    places = pd.concat([grid.put_place("a", 0.0, 0.0, "water"),
                        grid.put_place("b", 4.0, 0.0, "water")])
    height = np.column_stack([np.arange(20.0), np.arange(1.0, 21.0)]) * 100
    network = build_network(COLUMN, crs_metric=grid.CRS_METRIC, elevation_m=height)
    network = attach_places(network, places, COLUMN, crs_metric=grid.CRS_METRIC, max_access_km=1.0)
    travel = prepare_travel(network, dict.fromkeys(network.leg_ids, "road"))
    services = grid.make_services(water=2.0)
    rows = find_gaps(COLUMN, compute_coverage(COLUMN, travel, places, services), services,
                     corridors=WEST, travel=travel)
    rows = cross_gaps(rows, COLUMN, corridors=WEST, worlds=(travel,), walker=Walker(MAN),
                      goals=find_goals(travel, places, services, Visitor()))
    hours = rows.groupby("direction")["between_h"].first()
    assert hours["forward"] == pytest.approx(20 / 3.549, rel=1e-3)
    assert hours["backward"] == pytest.approx(20 / (6 * np.exp(-3.5 * 0.05)), rel=1e-3)


def test_how_far_one_gets_within_a_services_hours():
    """Medical care 7 km away on flat road: from km 0 one gets 7 km; stated length is half more."""
    places = grid.put_place("a", 4.0, 0.0, "medical", "water")
    walker = Walker(MAN, ground_km=np.full(len(COLUMN), 1.5))
    rows = cross(COLUMN, places, grid.make_services(medical=7.0, water=7.0), walker=walker,
                 signs={})
    row = rows.loc["west-medical-forward-n00-0001"]
    assert row["reach_km"] == pytest.approx(7 * 1.5, rel=1e-6)
    assert row["beyond_h"] == pytest.approx(13 / V, abs=1e-3)
    assert rows.loc[rows["service"] == "water", "reach_km"].isna().all()


def test_the_next_place_of_the_march_is_the_one_of_the_gap(west):
    """`litres` goes from the entry to the next place, as before."""
    row = west.loc["west-water-forward-n30-0004"]
    need = measure_need(Walker(MAN), np.array([0, 0]), np.array([0, 0]), np.array([1 / V, 1 / V]),
                        inside=2, next_h=22 / V)
    assert row["litres"] == pytest.approx(need.litres, abs=1e-3)
