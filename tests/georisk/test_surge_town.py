"""Nights in the town before a group leaves: by hand, in whole studies, and nobody lost."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from surge_world import make_course, open_embedded, worlds
from surroundings import CAMPAIGN

from georisk.surge.days import NightRules
from georisk.surge.group import Group
from georisk.surge.nights import simulate_nights
from georisk.surge.passing import judge_open
from georisk.surge.plan import plan_surge
from georisk.surge.tables import tabulate_places
from georisk.surge.telling import describe_plan, tell_plan
from georisk.walking import When
from layers.errors import CallError

MANY = settings(max_examples=5_000 if CAMPAIGN else 60, deadline=None)
START = dt.date(2024, 4, 1)


@pytest.fixture(scope="module")
def study():
    return open_embedded()


@pytest.fixture(scope="module")
def plan(study):
    group = Group(450, "Tapachula", START, {"adult_man": 0.4, "family": 0.6}, days=3, nights=2)
    return plan_surge(study, group)


def stay(course, people, beds, nights, days=1, **rules):
    """Nights of one course; beds in use by nobody else."""
    return simulate_nights([people], [course], (np.array(beds), np.zeros(len(beds))),
                           [0] * days, rules=NightRules(town_nights=nights, **rules))


def test_a_night_in_a_town_by_hand():
    # Two places in town: 50 beds at the road, 20 beds half an hour off; a third after 47.5 km.
    course = replace(make_course([(0.0, 0), (0.0, 1), (47.5, 2)], length_km=200.0),
                     access_h=np.array([0.0, 0.5, 0.0]))
    found = stay(course, 100, [50.0, 20.0, 500.0], 1, days=2, full_from=1.0)
    told = [(row.day, row.location, row.people, row.bed, row.short, row.unreachable)
            for row in found.rows]
    # Half an hour back to the road leaves 9.5 h: 47.5 km, just in reach.
    assert told == [(0, 0, 80, 50, 30, 0), (0, 1, 20, 20, 0, 0), (1, 2, 20, 20, 0, 0),
                    (1, 2, 80, 80, 0, 0)]
    # A day at rest is 24 h at 0.1 L/h; half an hour on foot at 0.7 L/h.
    assert found.rows[0].litres == pytest.approx(80 * 2.4)
    assert found.rows[1].litres == pytest.approx(20 * (0.5 * 0.7 + 23.5 * 0.1))
    # Half an hour back, 9.5 h on, 14 h at rest; and those from the road 9.5 h on.
    assert found.rows[2].litres == pytest.approx(20 * (10 * 0.7 + 14 * 0.1))
    assert found.rows[3].litres == pytest.approx(80 * (9.5 * 0.7 + 14.5 * 0.1))


def test_a_town_without_beds_is_a_location_of_its_own():
    course = replace(make_course([(40.0, 0)], length_km=200.0), town=9)
    found = stay(course, 100, [500.0], 1, days=2)
    assert [(row.location, row.unreachable, row.bed) for row in found.rows] == [
        (9, 100, 0), (0, 0, 100)]


def test_a_shut_place_of_the_town_takes_nobody():
    course = replace(make_course([(0.0, 0)]), open=np.array([[False]]), town=9)
    assert stay(course, 10, [99.0], 1).rows[0].unreachable == 10


def test_each_night_all_ask_anew():
    course = make_course([(0.0, 0)], length_km=200.0)
    found = stay(course, 100, [50.0], 3, days=3)
    assert len({row._replace(day=0) for row in found.rows}) == 1
    assert found.on_the_way == (100, 100, 100)


@MANY
@given(worlds(), st.integers(0, 3), st.lists(st.floats(0.0, 3.0), min_size=5, max_size=5))
def test_nobody_is_lost_in_the_town(world, nights, access_h):
    people, courses, beds, days = world
    in_town = len(beds[0])
    courses = [replace(
        course, stop=np.append(course.stop, range(in_town, in_town + 5)),
        stop_km=np.append(course.stop_km, np.zeros(5)),
        access_h=np.append(course.access_h, access_h),
        open=np.ones((1, len(course.stop) + 5), bool),
        stretch=course.stretch + 5, town=in_town + 5 + 10,
    ) for course in courses]
    beds = (np.append(beds[0], np.arange(5) * 10.0), np.append(beds[1], np.arange(5)))
    found = simulate_nights(people, courses, beds, [0] * days,
                            rules=NightRules(town_nights=min(nights, days)))
    for day in range(days):
        rows = [row for row in found.rows if row.day == day]
        assert sum(row.people for row in rows) == found.on_the_way[day]
        assert found.on_the_way[day] + sum(found.arrived[: day + 1]) == sum(people)
        for place in range(len(beds[0])):
            bed = sum(row.bed for row in rows if row.location == place)
            assert bed <= max(beds[0][place] - beds[1][place], 0.0) + 1e-9
        if day < nights:
            assert all(row.km == 0.0 and row.location >= in_town for row in rows)
        else:
            assert all(not in_town <= row.location < in_town + 5 for row in rows)
    assert sum(found.home) == sum(found.arrived)


def test_the_first_day_lists_the_places_of_the_town(study, plan):
    told = describe_plan(plan, study.parameters)
    assert (told["town_nights"], told["leaves"]) == (2, "2024-04-03")
    for day in told["days"][:2]:
        assert [row["place_id"] for row in day["places"]] == ["mx-ex-101", "mx-ex-102"]
        assert sum(row["arrivals"] for row in day["places"]) == 450
        assert 380 < day["with_service"] <= 400
        assert all({"arrivals", "with_service", "short"} <= set(row) for row in day["places"])
    # mx-ex-102 takes no men: 180 of them ask at mx-ex-101 alone.
    assert told["days"][0]["places"][0]["arrivals"] >= 180
    assert told["days"][2]["unreachable"] == 450
    assert told["cleared"] == {"short": 0, "unreachable": 0}


def test_beds_are_added_in_the_town_where_that_is_cheapest(study):
    group = Group(420, "Tapachula", START, {"family": 1.0}, days=3, nights=3)
    told = describe_plan(plan_surge(study, group), study.parameters)
    kinds = {(row["measure"], row["location_id"]) for row in told["measures"]
             if row["measure"] != "water"}
    assert kinds == {("beds", "mx-ex-102")}
    assert told["cleared"] == {"short": 0, "unreachable": 0}


def test_sentences_tell_the_stay(plan):
    told = tell_plan(plan)[0]
    assert "sleep there 2 nights and leave northwards on foot on Wed 2024-04-03" in told


def test_without_a_night_they_leave_at_once(study):
    group = Group(450, "Tapachula", START, {"family": 1.0}, days=1, nights=0)
    found = plan_surge(study, group)
    assert tell_plan(found)[0].startswith("450 people leave Tapachula northwards")
    assert "town" not in set(found.scene.locations["kind"])
    assert tabulate_places(found)["kind"].tolist() == ["stretch"]


def test_a_town_that_nobody_has_beds_in_is_named(study):
    group = Group(50, "Huehuetán", START, {"family": 1.0}, days=1)
    rows = tabulate_places(plan_surge(study, group))
    assert rows[["location_id", "kind", "name", "unreachable"]].to_numpy().tolist() == [
        ["town-Huehuetán", "town", "Huehuetán", 50]]


@pytest.mark.parametrize(
    ("given", "message"),
    [({"nights": -1}, "--nights -1: give 0 to 7"), ({"nights": 8}, "--nights 8: give 0 to 7"),
     ({"people": -5}, "--people -5"), ({"days": 0}, "--days 0"), ({"mode": "fly"}, "--mode 'fly'"),
     ({"direction": "up"}, "--direction 'up'"), ({"split": "odd"}, "--split 'odd'"),
     ({"start": dt.date(1066, 10, 14)}, "before 1990")],
)
def test_a_group_that_cannot_be_is_refused(given, message):
    call = {"people": 1, "town": "A", "start": START, "mix": {"family": 1.0}, **given}
    with pytest.raises(CallError, match=message):
        Group(**call)


def test_places_known_to_be_shut_that_month_take_nobody():
    places = pd.DataFrame({"months": ["1-4", "11-2", None], "opens": [None, "24/7", None]},
                          index=["a", "b", "c"])
    is_open, unknown = judge_open(places, [When(4), When(12)])
    assert is_open.tolist() == [[True, False, True], [False, True, True]]
    assert unknown == 2
    with pytest.raises(CallError, match="places, a: months = '13'"):
        judge_open(places.assign(months="13"), [When(4)])
