"""The nights of a group: by hand on a line, and what holds for any ways, places and people."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from surge_world import make_course, worlds
from surroundings import CAMPAIGN

from georisk.surge.attraction import accept_people, size_beds, split_people
from georisk.surge.days import NightRules
from georisk.surge.nights import simulate_nights

MANY = settings(max_examples=10_000 if CAMPAIGN else 500, deadline=None)
FEW = settings(max_examples=2_000 if CAMPAIGN else 60, deadline=None)
PLAIN = NightRules(full_from=1.0)


def count_by_place(nights):
    found = Counter()
    for row in nights.rows:
        found[row.day, row.location] += row.bed
    return found


def test_a_line_of_three_places_by_hand():
    # 50 km a day. Places at 30, 45 and 130 km with 20, 50 and 500 beds; 100 people.
    course = make_course([(30.0, 0), (45.0, 1), (130.0, 2)], length_km=200.0)
    beds = (np.array([20.0, 50.0, 500.0]), np.zeros(3))
    found = simulate_nights([100], [course], beds, [0] * 5, rules=PLAIN)
    told = [(row.day, row.location, row.people, row.bed, row.short, row.unreachable)
            for row in found.rows]
    assert told == [
        # 50 stay at 45 km, 20 go back to 30 km, 30 lie beside the place at 45 km.
        (0, 0, 20, 20, 0, 0), (0, 1, 80, 50, 30, 0),
        # From 30 km the place at 45 km is 3 h away and within the day; from 45 km nothing is.
        (1, 1, 20, 20, 0, 0), (1, 3, 80, 0, 0, 80),
        # At 95 km the place at 130 km is within the day; from 45 km it is not.
        (2, 2, 80, 80, 0, 0), (2, 3, 20, 0, 0, 20),
        # From 130 km on nothing more; from 95 km the place.
        (3, 2, 20, 20, 0, 0), (3, 4, 80, 0, 0, 80),
        (4, 4, 20, 0, 0, 20),
    ]
    assert found.on_the_way == (100, 100, 100, 100, 20)
    assert found.arrived == (0, 0, 0, 0, 80)
    # 9 h under way at 0.7 L/h and 15 h at rest at 0.1 L/h; 6 h and 18 h.
    assert found.rows[1].litres == pytest.approx(80 * (6.3 + 1.5))
    assert found.rows[0].litres == pytest.approx(20 * (4.2 + 1.8))
    assert found.arrived_l[4] == pytest.approx(80 * (4.0 * 0.7 + 20.0 * 0.1))


def test_nobody_stops_where_the_day_began():
    near = make_course([(9.0, 0)], length_km=200.0)
    found = simulate_nights([10], [near], (np.array([99.0]), np.zeros(1)), [0])
    assert found.rows[0].unreachable == 10
    found = simulate_nights([10], [near], (np.array([99.0]), np.zeros(1)), [0],
                            rules=NightRules(least_h=1.0))
    assert found.rows[0].bed == 10


def test_a_place_off_the_way_costs_its_walk_twice():
    course = replace(make_course([(40.0, 0), (80.0, 1), (80.1, 2)], length_km=200.0),
                     access_h=np.array([2.0, 0.0, 0.0]))
    beds = (np.full(3, 99.0), np.zeros(3))
    found = simulate_nights([10], [course], beds, [0, 0])
    # 8 h and 2 h to the door: within the day. Then 2 h back and 8 h on: 80 km, just in reach.
    assert [(row.day, row.location, row.bed) for row in found.rows] == [(0, 0, 10), (1, 1, 10)]
    far = replace(course, access_h=np.array([2.1, 0.0, 0.0]))
    assert simulate_nights([10], [far], beds, [0]).rows[0].unreachable == 10


def test_a_place_half_a_day_off_the_way_is_none():
    course = replace(make_course([(20.0, 0)]), access_h=np.array([5.0]))
    beds = (np.array([99.0]), np.zeros(1))
    assert simulate_nights([10], [course], beds, [0]).rows[0].unreachable == 10
    near = replace(course, access_h=np.array([4.9]))
    assert simulate_nights([10], [near], beds, [0]).rows[0].bed == 10


def test_two_ways_share_one_place_that_one_of_them_asks_second():
    # a asks the place of 50 beds first; b is turned away at 45 km before it asks there.
    ways = [make_course([(40.0, 0)], way="a", stretch_from=2),
            make_course([(40.0, 0), (45.0, 1)], way="b", stretch_from=2)]
    beds = (np.array([50.0, 0.0]), np.zeros(2))
    found = simulate_nights([30, 50], ways, beds, [0], rules=PLAIN)
    assert [(row.location, row.course, row.bed, row.short) for row in found.rows] == [
        (0, 0, 30, 0), (0, 1, 20, 0), (1, 1, 0, 30)]


def test_a_place_that_is_shut_that_month_takes_nobody():
    course = replace(make_course([(40.0, 0)]), open=np.array([[False]]))
    found = simulate_nights([10], [course], (np.array([99.0]), np.zeros(1)), [0])
    assert found.rows[0].unreachable == 10


def test_flee_by_hand():
    assert accept_people(100.0, 0.0, 80, 0.9) == 80
    assert accept_people(100.0, 95.0, 10_000, 0.9) == 5
    # Of 10 who come while 95 of 100 are taken: 5 * (1 - exp(-10 / 10)) = 3.16.
    assert accept_people(100.0, 95.0, 10, 0.9) == 3
    assert accept_people(0.0, 0.0, 10, 0.9) == 0
    assert accept_people(float("inf"), 0.0, 10, 0.9) == 10


@MANY
@given(st.floats(0, 1000), st.floats(0, 1), st.integers(0, 3000), st.floats(0.5, 1))
def test_no_place_takes_more_than_it_has(capacity, share, wanting, full_from):
    stayed = accept_people(capacity, share * capacity, wanting, full_from)
    assert 0 <= stayed <= min(wanting, capacity - share * capacity + 1e-9)
    assert accept_people(capacity, share * capacity, wanting + 1, full_from) >= stayed
    enough = size_beds(wanting, full_from)
    assert accept_people(float(enough), 0.0, wanting, full_from) == wanting


@MANY
@given(st.integers(0, 10_000), st.lists(st.floats(0.0, 1e3), min_size=1, max_size=9))
def test_people_are_split_whole(total, shares):
    if sum(shares) <= 0:
        with pytest.raises(ValueError, match="shares"):
            split_people(total, shares)
        return
    parts = split_people(total, shares)
    assert sum(parts) == total
    exact = total * np.array(shares) / sum(shares)
    assert np.abs(np.array(parts) - exact).max() < 1 + 1e-6


@MANY
@given(worlds())
def test_nobody_is_lost_and_no_place_overfull(world):
    people, courses, beds, days = world
    found = simulate_nights(people, courses, beds, [0] * days)
    home = 0
    for day in range(days):
        rows = [row for row in found.rows if row.day == day]
        home += found.arrived[day]
        assert sum(row.bed + row.short + row.unreachable for row in rows) == found.on_the_way[day]
        assert found.on_the_way[day] + home == sum(people)
        assert all(row.people == row.bed + row.short + row.unreachable for row in rows)
        assert all(row.people > 0 and row.litres >= 0 for row in rows)
    for (_, place), count in count_by_place(found).items():
        if place < len(beds[0]):
            assert count <= max(beds[0][place] - beds[1][place], 0.0) + 1e-9
        else:
            assert count == 0


@FEW
@given(worlds(), st.randoms(use_true_random=False))
def test_the_order_in_which_places_stand_on_a_way_is_nothing(world, random):
    people, courses, beds, days = world
    turned = []
    for course in courses:
        order = list(range(len(course.stop)))
        random.shuffle(order)
        turned.append(replace(
            course, stop=course.stop[order], stop_km=course.stop_km[order],
            access_h=course.access_h[order], open=course.open[:, order],
        ))
    one, two = (simulate_nights(people, each, beds, [0] * days) for each in (courses, turned))
    assert one.rows == two.rows


def test_unsorted_courses_are_refused():
    ways = [make_course(way="b"), make_course(way="a")]
    with pytest.raises(ValueError, match="sort them"):
        simulate_nights([1, 1], ways, (np.zeros(0), np.zeros(0)), [0])


@FEW
@given(worlds())
def test_more_beds_on_the_first_night_never_leave_more_without(world):
    people, courses, beds, _ = world
    def without(factor):
        found = simulate_nights(people, courses, (beds[0] * factor, beds[1]), [0])
        return sum(row.short for row in found.rows)
    assert without(2.0) <= without(1.0)
