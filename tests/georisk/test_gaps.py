"""Gaps on the grid, by hand, and what must always hold."""

from __future__ import annotations

import itertools

import grid_study as grid
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from surroundings import CAMPAIGN

from georisk.coverage import compute_coverage
from georisk.gaps import Walker, find_gaps
from georisk.gaps.crossing import BETWEEN, ENDS
from georisk.walking import Traveller
from layers.catalog import find_spec
from layers.errors import CallError

V = grid.FLAT_KMH
SEGMENTS = grid.make_segments()
MANY = settings(max_examples=10_000 if CAMPAIGN else 12)


def gaps_of(places, services, *, routes=None, signs=None, corridors=None, walker=None):
    segments = SEGMENTS if routes is None else grid.make_segments(routes)
    travel = grid.make_travel(segments, places, signs=signs)
    coverage = compute_coverage(segments, travel, places, services)
    return find_gaps(segments, coverage, services, travel=travel, walker=walker,
                     corridors=grid.CORRIDORS if corridors is None else corridors)


@pytest.fixture(scope="module")
def gaps() -> pd.DataFrame:
    return gaps_of(grid.make_places(), grid.make_services(water=7.0))


def test_west_by_hand(gaps: pd.DataFrame) -> None:
    """Water at km 10 and 17.5 of column 0, threshold 7 km.

    Northwards km 0-3 is uncovered (10 km to go at its entry) and km 18-20 (22 km to go). South-
    wards km 9-0 is: nothing ahead at all.
    """
    rows = gaps[gaps["corridor"] == "west"]
    assert rows.index.tolist() == [
        "west-water-backward-n10-0004",  # entered at km 9 = end of the 4th segment of n10
        "west-water-forward-n00-0001",
        "west-water-forward-n30-0004",
    ]
    assert rows["length_km"].tolist() == [9, 3, 2]
    assert rows["walk_h"].tolist() == pytest.approx([9 / V, 3 / V, 2 / V], abs=1e-6)
    assert rows["next_h"].isna().tolist() == [True, False, False]
    assert rows["next_h"].tolist()[1:] == pytest.approx([10 / V, 22 / V], abs=1e-5)
    # 22 km are 4.37 h: less than 4 L / 0.71 L/h = 5.63 h; unreachable is critical
    assert rows["severity"].tolist() == ["critical", "uncovered", "uncovered"]
    assert rows["leg_ids"].tolist() == [("n00", "n10"), ("n00",), ("n30",)]
    # segments 1-2 of a leg are near its start, 3-5 near its end
    assert rows["from_place"].tolist() == ["r2c0", "r0c0", "r4c0"]
    assert rows["to_place"].tolist() == ["r0c0", "r1c0", "r4c0"]


def test_lines_are_drawn_in_the_direction_of_travel(gaps: pd.DataFrame) -> None:
    south = gaps.geometry["west-water-backward-n10-0004"]
    assert isinstance(south, shapely.MultiLineString)
    assert len(south.geoms) == 2  # one line a leg
    lat = shapely.get_coordinates(south)[:, 1]
    assert lat[0] == pytest.approx(grid.SOUTH + 9 / 5 * grid.STEP_LAT)
    assert (lat[1:] <= lat[:-1]).all()
    assert [len(part.coords) for part in south.geoms] == [5, 6]


def test_a_reversed_leg_swaps_its_directions_along_the_corridor(gaps: pd.DataFrame) -> None:
    """Corridor bend: north on n04, west on e13 (drawn east), north on n13 and n23.

    Forward, the next water from anywhere on it is gt-ex-4 at (4, 4). From (0, 4): 20 km straight
    north, so km 0 of the corridor has 20 km to go. From the west end of e13, (1, 3): 3 rows north
    and 1 column east: 20 km. Nothing is within 7 km: one gap over all 20 km.
    """
    rows = gaps[(gaps["corridor"] == "bend") & (gaps["direction"] == "forward")]
    assert rows.index.tolist() == ["bend-water-forward-n04-0001"]
    assert rows["length_km"].tolist() == [20]
    assert rows["next_h"].tolist() == pytest.approx([20 / V], abs=1e-5)
    assert rows["leg_ids"].tolist() == [("e13", "n04", "n13", "n23")]
    line = rows.geometry.iloc[0]
    assert [shapely.get_coordinates(part)[0].round(4).tolist() for part in line.geoms] == [
        [round(grid.WEST + c * grid.STEP_LON, 4), round(grid.SOUTH + r * grid.STEP_LAT, 4)]
        for r, c in ((0, 4), (1, 4), (1, 3), (2, 3))
    ]
    # The other way round it begins at the end of n23, (3, 3): west along row 3 and south to
    # gt-ex-1 at (2, 0) is 15 + 5 km.
    back = gaps[(gaps["corridor"] == "bend") & (gaps["direction"] == "backward")]
    assert back.index.tolist() == ["bend-water-backward-n23-0005"]
    assert back["next_h"].tolist() == pytest.approx([20 / V], abs=1e-5)


def test_columns_are_those_of_the_spec_but_for_the_walk_from_place_to_place(
    gaps: pd.DataFrame,
) -> None:
    spec = find_spec("gaps")
    ours = [name for name in spec.columns if name not in {*ENDS, *BETWEEN}]
    assert list(gaps.columns) == [*ours, "geometry"]
    assert gaps.index.name == spec.id
    assert gaps.index.is_monotonic_increasing
    assert gaps["synthetic"].all()


def test_severity_of_water() -> None:
    walker = Walker(Traveller("adult_man", 1.0, 1.0, 70.0, 1.0, "men"))
    # 1 / 0.71 = 1.41 h carried; (1 + 0.05 * 70) / 0.71 = 6.34 h
    rows = gaps_of(grid.make_places(), grid.make_services(water=7.0, medical=7.0), walker=walker)
    assert rows["severity"]["west-water-forward-n00-0001"] == "unsafe"  # 10 km: 1.99 h
    assert rows["severity"]["west-water-forward-n30-0004"] == "unsafe"  # 22 km: 4.37 h
    medical = rows[rows["service"] == "medical"]
    assert set(medical["severity"]) == {"uncovered"}
    assert rows["litres"]["west-water-forward-n30-0004"] == pytest.approx(22 / V * 0.71, abs=1e-5)
    assert medical["litres"].isna().all()


def test_a_gap_runs_on_over_legs_and_stops_at_a_covered_segment() -> None:
    routes = grid.make_routes(["n00", "n10", "n20", "n30"])
    place = grid.put_place("p", 3.0, 0.0, "water")
    rows = gaps_of(place, grid.make_services(water=2.0), routes=routes, signs={},
                   corridors={"west": grid.CORRIDORS["west"]})
    forward = rows[rows["direction"] == "forward"]
    # water at km 15: entries 13, 14, 15 are covered, 0 to 12 and 16 to 19 are not
    assert forward["length_km"].tolist() == [13, 4]
    assert forward.index.tolist() == ["west-water-forward-n00-0001", "west-water-forward-n30-0002"]


def test_nothing_missing_is_an_empty_layer() -> None:
    routes = grid.make_routes(["n00"])
    places = pd.concat([grid.put_place("a", 0.0, 0.0, "water"),
                        grid.put_place("b", 1.0, 0.0, "water")])
    rows = gaps_of(places, grid.make_services(water=9.0), routes=routes, signs={},
                   corridors={"one": (("n00", 1),)})
    assert len(rows) == 0
    assert "severity" in rows
    assert rows.crs == "EPSG:4326"


def test_unknown_leg_is_said() -> None:
    with pytest.raises(CallError, match=r"corridors\.x: no such leg: zz"):
        gaps_of(grid.make_places(), grid.make_services(water=7.0),
                corridors={"x": (("zz", 1),)})


def test_who_cannot_walk_has_no_walking_time() -> None:
    segments = grid.make_segments(grid.make_routes(["n00"]))
    places = grid.make_places()
    travel = grid.make_travel(segments, places, terrain={"n00": "water"})
    services = grid.make_services(water=7.0)
    coverage = compute_coverage(segments, travel, places, services)
    rows = find_gaps(segments, coverage, services, travel=travel, corridors={"c": (("n00", 1),)})
    assert rows["walk_h"].isna().all()
    assert rows["length_km"].tolist() == [5, 5]


def list_missing(gaps: pd.DataFrame) -> set[tuple]:
    """Corridor, direction and 100 m of ground for each uncovered piece."""
    found = set()
    for row in gaps.itertuples():
        for part in row.geometry.geoms:
            xy = shapely.get_coordinates(part)
            for a, b in itertools.pairwise(xy):
                middle = tuple(((a + b) / 2).round(5))
                found.add((row.corridor, row.direction, middle))
    return found


@MANY
@given(st.lists(st.tuples(st.floats(0, 4), st.sampled_from([0.0, 4.0])), max_size=3),
       st.tuples(st.floats(0, 4), st.sampled_from([0.0, 1.0, 4.0])))
def test_a_new_open_service_never_widens_a_gap(old: list, new: tuple) -> None:
    services = grid.make_services(water=7.0)
    before = [grid.make_places([])]
    before += [grid.put_place(f"p{i}", *at, "water") for i, at in enumerate(old)]
    one = gaps_of(pd.concat(before), services)
    two = gaps_of(pd.concat([*before, grid.put_place("q", *new, "water")]), services)
    assert list_missing(two) <= list_missing(one)
    assert two["length_km"].sum() <= one["length_km"].sum() + 1e-9
    for corridor in grid.CORRIDORS:
        longest = [
            frame.loc[frame["corridor"] == corridor, "length_km"].max() for frame in (one, two)
        ]
        assert pd.isna(longest[1]) or longest[1] <= longest[0] + 1e-9


@MANY
@given(st.sets(st.sampled_from(["n00", "n10", "e13", "n13", "e11", "n12"])))
def test_drawing_a_leg_the_other_way_changes_no_gap(reverse: set[str]) -> None:
    services, places = grid.make_services(water=7.0), grid.make_places()
    plain = gaps_of(places, services)
    signs = grid.turn_signs(reverse)
    corridors = {
        name: tuple((leg, -sign if leg in reverse else sign) for leg, sign in steps)
        for name, steps in grid.CORRIDORS.items()
    }
    turned = gaps_of(places, services, routes=grid.make_routes(reverse=reverse), signs=signs,
                     corridors=corridors)
    keys = ["corridor", "service", "direction", "length_km", "walk_h", "next_h", "severity"]
    for frame in (plain, turned):
        frame["at"] = [tuple(shapely.get_coordinates(line)[0].round(6)) for line in frame.geometry]
    one = plain[[*keys, "at"]].sort_values([*keys[:3], "at"]).reset_index(drop=True)
    two = turned[[*keys, "at"]].sort_values([*keys[:3], "at"]).reset_index(drop=True)
    pd.testing.assert_frame_equal(one, two, atol=1e-5)
