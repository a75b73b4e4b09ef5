"""Coverage on the grid, by hand, and what must always hold."""

from __future__ import annotations

import grid_study as grid
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from surroundings import CAMPAIGN

from georisk.coverage import compute_coverage, list_open_places
from layers.catalog import find_spec
from layers.errors import CallError

V = grid.FLAT_KMH
MANY = settings(max_examples=10_000 if CAMPAIGN else 12)
WEST = ["n00", "n10", "n20", "n30"]


def cover(segments, places, services, **options):
    travel = grid.make_travel(segments, places, **options)
    return compute_coverage(segments, travel, places, services)


def pick(coverage: pd.DataFrame, service: str, direction: str, legs=WEST) -> pd.DataFrame:
    """Rows of some legs in order of chainage, northwards."""
    rows = coverage[(coverage["service"] == service) & (coverage["direction"] == direction)]
    return rows[rows["segment_id"].str[:3].isin(legs)].sort_values("segment_id")


@pytest.fixture(scope="module")
def water() -> pd.DataFrame:
    return cover(grid.make_segments(), grid.make_places(), grid.make_services(water=7.0))


def test_forward_by_hand(water: pd.DataFrame) -> None:
    """Going north on column 0, water stands at km 10 and at km 17.5.

    Entered at km 0, 1, ... 10 it is 10, 9, ... 0 km away; at 11 ... 17 it is 6.5 ... 0.5; at 18
    and 19 one goes on to (4, 0) and along row 4 to (4, 4): 2 + 20 = 22 and 21 km.
    """
    rows = pick(water, "water", "forward")
    km = [*range(10, -1, -1), 6.5, 5.5, 4.5, 3.5, 2.5, 1.5, 0.5, 22, 21]
    assert rows["distance_km"].tolist() == pytest.approx(km, abs=1e-5)
    assert rows["walk_h"].tolist() == pytest.approx([d / V for d in km], abs=1e-5)
    near = ["gt-ex-1"] * 11 + ["gt-ex-3"] * 7 + ["gt-ex-4"] * 2
    assert rows["nearest_id"].tolist() == near
    # 7 km is the threshold; the segment entered at km 3 lies exactly at it
    assert rows["covered"].tolist() == [False] * 3 + [True] * 15 + [False] * 2


def test_backward_by_hand(water: pd.DataFrame) -> None:
    """Going south one enters at km 20, 19, ... 1; south of km 10 there is no water at all."""
    rows = pick(water, "water", "backward").iloc[::-1]
    km = [2.5, 1.5, 0.5, 7, 6, 5, 4, 3, 2, 1, 0]
    assert rows["distance_km"].tolist()[:11] == pytest.approx(km, abs=1e-5)
    assert rows["covered"].tolist() == [True] * 11 + [False] * 9
    for name in ("distance_km", "walk_h", "mode_h", "nearest_id", "second_id", "second_walk_h"):
        assert rows[name].iloc[11:].isna().all()


def test_second_nearest_is_another_place(water: pd.DataFrame) -> None:
    rows = pick(water, "water", "forward")
    # entered at km 4: 6 km to gt-ex-1, 13.5 km to gt-ex-3
    assert rows["second_id"].iloc[4] == "gt-ex-3"
    assert rows["second_walk_h"].iloc[4] == pytest.approx(13.5 / V, abs=1e-5)
    assert (water["nearest_id"] != water["second_id"])[water["second_id"].notna()].all()


def test_columns_and_order_are_those_of_the_spec(water: pd.DataFrame) -> None:
    spec = find_spec("coverage")
    assert list(water.columns) == list(spec.columns)
    assert water.index.name == spec.id
    assert water.index.is_monotonic_increasing
    assert water.index.is_unique
    assert water.index[0] == "e00-0001-water-backward"
    assert water["synthetic"].all()


def test_ids_hold_no_underscore() -> None:
    segments = grid.make_segments(grid.make_routes(["n00"]))
    coverage = cover(segments, grid.make_places(), grid.make_services(emergency_care=7.0))
    assert coverage.index[0] == "n00-0001-emergency-care-backward"
    assert not coverage["covered"].any()


def test_two_services_on_one_node_are_two_answers() -> None:
    coverage = cover(grid.make_segments(), grid.make_places(),
                     grid.make_services(medical=5.0, food=10.0))
    # gt-ex-1 (medical) and gt-ex-2 (food) both stand at km 10 of column 0
    medical = pick(coverage, "medical", "forward")
    food = pick(coverage, "food", "forward")
    assert medical["nearest_id"].iloc[5] == "gt-ex-1"
    assert food["nearest_id"].iloc[5] == "gt-ex-2"
    assert medical["walk_h"].iloc[5] == food["walk_h"].iloc[5] == pytest.approx(5 / V, abs=1e-6)
    assert medical["covered"].tolist() == [False] * 5 + [True] * 6 + [False] * 9
    assert food["covered"].tolist() == [True] * 11 + [False] * 9


def test_who_is_turned_away_is_not_covered() -> None:
    places = grid.make_places()
    assert list_open_places(places, "shelter").tolist() == ["gt-ex-2", "gt-ex-4", "gt-ex-6"]
    # unknown is not no
    assert list_open_places(places, "water").tolist() == ["gt-ex-1", "gt-ex-3", "gt-ex-4"]
    assert "gt-ex-5" in list_open_places(places, "shelter", group="women")
    closed = places.assign(place_kind=["detention"] * len(places))
    assert not len(list_open_places(closed, "shelter"))


def test_tie_takes_the_smaller_id() -> None:
    segments = grid.make_segments(grid.make_routes(WEST))
    one = grid.put_place("b", 2.0, 0.0, "water")
    two = grid.put_place("a", 2.0, 0.0, "water")
    rows = pick(cover(segments, pd.concat([one, two]), grid.make_services(water=7.0)),
                "water", "forward")
    assert set(rows["nearest_id"].iloc[:11]) == {"a"}
    assert set(rows["second_id"].iloc[:11]) == {"b"}
    assert rows["walk_h"].iloc[0] == rows["second_walk_h"].iloc[0]


def test_access_is_walked_off_the_path() -> None:
    segments = grid.make_segments(grid.make_routes(["n00"]))
    # 0.1 block = 0.5 km east of the middle of the leg
    place = grid.put_place("p", 0.5, 0.1, "water")
    rows = pick(cover(segments, place, grid.make_services(water=7.0)), "water", "forward")
    expected = [(2.5 - d) / V + 0.5 / (0.6 * V) for d in range(3)]
    assert rows["walk_h"].iloc[:3].tolist() == pytest.approx(expected, rel=1e-3)
    assert rows["distance_km"].iloc[0] == pytest.approx(3.0, rel=1e-3)
    assert rows["walk_h"].iloc[3:].isna().all()  # passed: legs are not walked back


def test_places_are_no_short_cuts() -> None:
    """A place of another service between two columns must not let people change columns."""
    segments = grid.make_segments(grid.make_routes(["n00", "n01"]))
    goal = grid.put_place("goal", 1.0, 1.0, "water")
    bridge = grid.put_place("bridge", 0.5, 0.5, "phone")
    services = grid.make_services(water=99.0)
    rows = pick(cover(segments, pd.concat([goal, bridge]), services, max_access_km=3.0),
                "water", "forward", ["n00"])
    assert rows["nearest_id"].isna().all()


def test_train_riders_get_off_at_stops_only() -> None:
    """Trains on n00 and n10 (25 km/h); water beside the line at km 2.5, and at the stop, km 10."""
    routes = grid.make_routes(["n00", "n10"], modes={"n00": "train", "n10": "train"})
    segments = grid.make_segments(routes)
    places = pd.concat([grid.put_place("line", 0.5, 0.0, "water"),
                        grid.put_place("stop", 2.0, 0.0, "water")])
    rows = pick(cover(segments, places, grid.make_services(water=7.0)), "water", "forward")
    # put off at km 0 the nearest on foot is 2.5 km ahead; riding, one passes it
    assert rows["walk_h"].iloc[0] == pytest.approx(2.5 / V, abs=1e-5)
    assert rows["nearest_id"].iloc[0] == "line"
    assert rows["mode_h"].iloc[0] == pytest.approx(10 / 25)
    # with access of 3 km one gets off at km 5 and walks back 2.5 km off the path
    near = pick(cover(segments, places, grid.make_services(water=7.0), max_access_km=3.0),
                "water", "forward")
    assert near["mode_h"].iloc[2] == pytest.approx(min(3 / 25 + 2.5 / (0.6 * V), 8 / 25), rel=1e-3)
    assert near["mode_h"].iloc[5] == pytest.approx(5 / 25)


def test_services_by_mode_are_judged_by_mode() -> None:
    routes = grid.make_routes(WEST, modes=dict.fromkeys(WEST, "road"))
    segments = grid.make_segments(routes)
    services = pd.DataFrame({"threshold_h": [0.2], "measure": ["mode"]}, index=["emergency_care"])
    rows = pick(cover(segments, grid.put_place("h", 4.0, 0.0, "emergency_care"), services),
                "emergency_care", "forward")
    # 0.2 h at 50 km/h is 10 km: the segment entered at km 10 lies exactly at it
    assert rows["covered"].tolist() == [False] * 10 + [True] * 10
    assert rows["walk_h"].iloc[10] == pytest.approx(10 / V)


def test_boats_move_walkers_and_stop_at_landings() -> None:
    routes = grid.make_routes(["n00", "n10"], modes={"n00": "boat"})
    segments = grid.make_segments(routes)
    coverage = cover(segments, grid.put_place("p", 2.0, 0.0, "water"),
                     grid.make_services(water=99.0), terrain={"n00": "water"})
    rows = pick(coverage, "water", "forward")
    # 5 km by boat at 20 km/h, then 5 km on foot
    assert rows["walk_h"].iloc[0] == pytest.approx(5 / 20 + 5 / V)
    assert rows["walk_h"].iloc[3] == pytest.approx(2 / 20 + 5 / V)


def test_an_island_is_unreachable() -> None:
    segments = grid.make_segments(grid.make_routes(["n00", "n34"]))
    rows = cover(segments, grid.put_place("p", 1.0, 0.0, "water"), grid.make_services(water=99.0))
    island = rows[rows["segment_id"].str.startswith("n34")]
    assert island["walk_h"].isna().all()
    assert not island["covered"].any()
    assert island["covered"].notna().all()


def test_no_place_and_no_service() -> None:
    segments = grid.make_segments(grid.make_routes(["n00"]))
    coverage = cover(segments, grid.make_places([]), grid.make_services(water=7.0))
    assert len(coverage) == 10
    assert not coverage["covered"].any()
    nothing = cover(segments, grid.make_places(), grid.make_services())
    assert len(nothing) == 0
    assert list(nothing.columns) == list(find_spec("coverage").columns)


def test_faults_say_what_to_do() -> None:
    segments, places = grid.make_segments(), grid.make_places()
    services = grid.make_services(water=7.0)
    with pytest.raises(CallError, match="give walk or mode"):
        cover(segments, places, services.assign(measure="flight"))
    travel = grid.make_travel(segments, places)
    more = pd.concat([places, grid.put_place("new", 0, 0, "water")])
    with pytest.raises(CallError, match="new are not on the network"):
        compute_coverage(segments, travel, more, services)


spots = st.tuples(st.floats(0, 4), st.sampled_from([0.0, 1.0, 2.0, 3.0, 4.0]), st.booleans())


@MANY
@given(st.lists(spots, max_size=4), spots)
def test_a_new_open_service_never_raises_a_time(old: list, new: tuple) -> None:
    def place(name: str, spot: tuple) -> pd.DataFrame:
        row, column, turned = spot
        return grid.put_place(name, *((column, row) if turned else (row, column)), "water")

    segments, services = grid.make_segments(), grid.make_services(water=7.0)
    before = [grid.make_places([]), *(place(f"p{i}", spot) for i, spot in enumerate(old))]
    one = cover(segments, pd.concat(before), services)
    two = cover(segments, pd.concat([*before, place("new", new)]), services)
    for name in ("walk_h", "mode_h", "second_walk_h"):
        earlier, later = one[name].fillna(np.inf), two[name].fillna(np.inf)
        assert (later <= earlier + 5e-9).all()
    assert (two["covered"] >= one["covered"]).all()


@MANY
@given(st.sets(st.sampled_from(sorted(grid.list_legs()))))
def test_drawing_a_leg_the_other_way_swaps_the_directions(reverse: set[str]) -> None:
    places, services = grid.make_places(), grid.make_services(water=7.0, shelter=12.0)
    plain = cover(grid.make_segments(), places, services)
    signs = grid.turn_signs(reverse)
    turned = cover(grid.make_segments(grid.make_routes(reverse=reverse)), places, services,
                   signs=signs)
    leg, n = turned["segment_id"].str[:3], turned["segment_id"].str[-1].astype(int)
    swapped = leg.isin(reverse)
    number = n.where(~swapped, 6 - n).astype(str)
    other = turned["direction"].map({"forward": "backward", "backward": "forward"})
    direction = turned["direction"].where(~swapped, other)
    turned.index = leg + "-000" + number + "-" + turned["service"] + "-" + direction
    turned = turned.reindex(plain.index)
    for name in ("walk_h", "distance_km", "second_walk_h"):
        np.testing.assert_allclose(turned[name], plain[name], atol=1e-7)
    pd.testing.assert_series_equal(turned["covered"], plain["covered"], check_names=False)
    pd.testing.assert_series_equal(turned["nearest_id"], plain["nearest_id"], check_names=False)


@MANY
@given(st.permutations(sorted(grid.PLACES)))
def test_row_order_of_places_changes_nothing(order: list[str]) -> None:
    segments, services = grid.make_segments(grid.make_routes(WEST)), grid.make_services(water=7.0)
    one = cover(segments, grid.make_places(), services)
    two = cover(segments, grid.make_places().loc[order], services)
    pd.testing.assert_frame_equal(one, two)
