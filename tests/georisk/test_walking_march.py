"""Pace, need of water and the march: by hand, and what must never happen."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from surroundings import CAMPAIGN

from georisk.parameters import Parameters
from georisk.walking import (
    Traveller,
    WalkRules,
    When,
    find_hard,
    grade_litres,
    march,
    measure_autonomy,
    measure_carried_km,
    measure_critical_km,
    need_l_per_h,
    rate_day,
    rate_hours,
    read_traveller,
)
from georisk.walking.rules import read_walk_rules
from layers.errors import CallError

MAN = Traveller("adult_man", 1.0, 1.0, 70.0, 4.0, "men")
NO_REST = WalkRules(rest_l_per_h=0.0)
CASES = settings(max_examples=10_000 if CAMPAIGN else 150, deadline=None)

flag_rows = st.lists(st.integers(0, 5), min_size=24, max_size=24)
starts = st.floats(0, 23.99)


@st.composite
def ways(draw):
    n = draw(st.integers(1, 6))
    cool = draw(st.lists(st.floats(0, 12), min_size=n, max_size=n))
    flags = draw(st.lists(flag_rows, min_size=n, max_size=n))
    hard = draw(st.lists(st.booleans(), min_size=n, max_size=n))
    return np.array(cool), np.array(flags), np.array(hard)


def even(flag, n=1):
    return np.full((n, 24), flag)


# -- pace and need -----------------------------------------------------------------------------


def test_an_hour_under_each_flag_by_day_and_by_night():
    rates = [rate_hours(even(flag))[0, [2, 12]].tolist() for flag in range(6)]
    assert rates == [[0.8, 1], [0.8, 1], [0.8, 0.83], [0.8, 0.67], [0.8, 0.5], [0.8, 0.33]]
    assert rate_hours(even(1))[0].tolist() == [0.8] * 6 + [1.0] * 12 + [0.8] * 6


def test_the_mean_of_a_day_that_begins_at_half_past():
    # 15:30 to 18 by day, 18 to 1:30 by night: (2.5 x 0.5 + 7.5 x 0.8) / 10
    assert rate_day(even(4), When(6, 15.5)).tolist() == [pytest.approx(0.725)]
    assert rate_day(even(4), When()).tolist() == [1.0]


def test_the_armys_table():
    flags = [0, 1, 2, 3, 4, 5]
    assert need_l_per_h(flags, hard=False).tolist() == [0.71] * 5 + [0.95]
    assert need_l_per_h(flags, hard=True).tolist() == [0.71] * 2 + [0.95] * 4
    assert need_l_per_h(5, hard=True, factor=2.0) == 1.42  # and not 1.9
    raised = WalkRules(need_l_per_h=1.0, strong_l_per_h=0.95)
    assert need_l_per_h(flags, hard=False, rules=raised).tolist() == [1.0] * 6


def test_climbs_and_sand_are_hard_and_unknown_slopes_are_not():
    slope, ground = np.array([0.1, 0.0999, np.nan, -0.3, 0.0]), np.array([1, 1, 1, 1, 1.8])
    assert find_hard(slope, ground).tolist() == [True, False, False, False, True]


# -- the march by hand -------------------------------------------------------------------------


def test_without_a_month_it_is_the_walk_of_today():
    """Annual coverage: no heat, no night, no rest.

    4 / 0.71 = 5.63 h are carried; (4 + 0.05 * 70) / 0.71 = 10.56 h until it is critical.
    """
    walk = march([3.0, 9.0], None, [True, False], MAN, When())
    assert walk.clock_h.tolist() == [0.0, 3.0, 12.0]
    assert walk.litres.tolist() == pytest.approx([0.0, 2.13, 8.52])
    assert walk.days == 1
    hours = {0.0: "uncovered", 5.0: "uncovered", 5.7: "unsafe", 10.5: "unsafe", 10.6: "critical"}
    for walked, expected in hours.items():
        litres = march([walked], None, [False], MAN, When()).litres[-1]
        assert str(grade_litres(litres, MAN)) == expected


def test_a_day_of_ten_hours_and_a_night_of_rest():
    """15 cool hours under flag 3 from 6: 6.7 by 16 o'clock, again 6.7, then 1.6 / 0.67 h."""
    walk = march([15.0], even(3), [False], MAN, When(6))
    assert walk.clock_h[-1] == pytest.approx(48 + 1.6 / 0.67)
    assert walk.days == 3
    under_way = 20 + 1.6 / 0.67
    assert walk.litres[-1] == pytest.approx(0.71 * under_way + 2 * 14 * 0.125)


def test_into_the_night_from_the_afternoon():
    """From 16 under flag 5: 2 h at 0.33 and 0.95 L/h, then by night 0.8 at 0.95 L/h."""
    walk = march([0.66 + 1.6], even(5), [False], MAN, When(6, 16.0))
    assert walk.clock_h[-1] == pytest.approx(4.0)
    assert walk.litres[-1] == pytest.approx(3.8)


def test_arriving_as_the_day_ends_needs_no_further_night():
    walk = march([10.0, 0.0, 1.0], even(1, 3), [False], MAN, When(1, 6.0))
    assert walk.clock_h.tolist() == pytest.approx([0, 10, 10, 25])
    assert walk.days == 2


def test_each_segment_has_its_own_climate_and_ground():
    flags = np.vstack([even(4), even(2)])
    walk = march([1.0, 0.83], flags, [False, True], MAN, When(6))
    assert walk.clock_h.tolist() == pytest.approx([0, 2, 3])
    assert walk.litres.tolist() == pytest.approx([0, 1.42, 2.37])


def test_a_way_that_nobody_can_walk_ends_there():
    walk = march([1.0, np.inf, 1.0], even(1, 3), [False], MAN, When(6))
    assert walk.clock_h.tolist() == [0.0, 1.0, np.inf, np.inf]
    assert grade_litres(walk.litres, MAN).tolist() == ["uncovered"] * 2 + ["critical"] * 2
    assert measure_carried_km(walk, [2.0, 5.0, 5.0], MAN) == 2.0


def test_no_way_at_all():
    walk = march([], np.empty((0, 24), int), [False], MAN, When(6))
    assert (walk.clock_h.tolist(), walk.days) == ([0.0], 0)
    assert measure_carried_km(walk, [], MAN) == 0.0


def test_what_can_be_drunk_in_a_day_has_a_bound():
    rules = WalkRules(strong_l_per_h=1.42, max_walk_h=14.0)
    walk = march([14 * 0.33 + 4.0], even(5), [False], MAN, When(6, 4.0), rules=rules)
    assert max(np.diff(np.interp([0, 24], walk.at_clock_h, walk.at_litres))) <= 11.4 + 1e-9


# -- how far the water reaches -----------------------------------------------------------------


def test_distance_on_the_water_carried_is_speed_times_water_over_need():
    """D = v W / q and v (W + 0.05 m) / q, flag 4: v 2.5 km/h, 5.634 h and 10.563 h."""
    walk = march([1.0] * 20, even(4, 20), [False], MAN, When(6, 7.0), rules=NO_REST)
    km = np.full(20, 5.0)
    assert measure_carried_km(walk, km, MAN) == pytest.approx(2.5 * 4 / 0.71)
    # ten hours from 7 under the sun, the last 0.563 the next morning at the same pace
    assert measure_critical_km(walk, km, MAN, rules=NO_REST) == pytest.approx(2.5 * 7.5 / 0.71)


def test_water_that_ends_during_the_night_reaches_no_farther():
    """Load 7.5 L: 7.1 L by the evening, the rest drunk by night at the same place."""
    loaded = Traveller("adult_man", 1.0, 1.0, 70.0, 7.5, "men")
    walk = march([12.0], even(1), [False], loaded, When(6))
    assert measure_carried_km(walk, [60.0], loaded) == pytest.approx(50.0)


def test_exactly_what_is_carried_is_not_beyond_it():
    hours = 4.0 / 0.71
    walk = march([hours], even(1), [False], MAN, When(6))
    assert str(grade_litres(walk.litres[-1], MAN)) == "uncovered"
    assert measure_carried_km(walk, [10.0], MAN) == 10.0
    longer = march([hours * 1.0001], even(1), [False], MAN, When(6))
    assert str(grade_litres(longer.litres[-1], MAN)) == "unsafe"
    assert measure_carried_km(longer, [10.0], MAN) < 10.0
    crit = march([7.5 / 0.71], even(1), [False], MAN, When())
    assert str(grade_litres(crit.litres[-1], MAN)) == "unsafe"
    assert str(grade_litres(np.nan, MAN)) == "critical"


@CASES
@given(flag_rows, st.booleans(), starts)
def test_a_march_through_one_climate_agrees_with_the_autonomy_of_the_place(row, hard, start):
    flags, when = np.array([row]), When(5, start)
    lasts = measure_autonomy(flags, np.array([hard]), MAN, when)
    cool = float(lasts.critical_cool_h[0])
    walk = march([cool + 3.0], flags, hard, MAN, when)
    assert measure_carried_km(walk, [cool + 3.0], MAN) == pytest.approx(lasts.carried_cool_h[0])
    assert measure_critical_km(walk, [cool + 3.0], MAN) == pytest.approx(cool)
    drunk = np.interp([lasts.carried_h[0], lasts.critical_h[0]], walk.at_clock_h, walk.at_litres)
    assert drunk.tolist() == pytest.approx([4.0, 7.5])


def test_autonomy_of_a_whole_year_is_the_threshold_of_today():
    lasts = measure_autonomy(even(5), np.array([False]), MAN, When())
    assert lasts.carried_cool_h.tolist() == pytest.approx([4 / 0.71])
    assert lasts.critical_h.tolist() == pytest.approx([7.5 / 0.71])


# -- what must never happen --------------------------------------------------------------------


@CASES
@given(ways(), st.data(), starts)
def test_more_heat_anywhere_is_never_faster(way, data, start):
    cool, flags, hard = way
    more = np.array(data.draw(st.lists(flag_rows, min_size=len(cool), max_size=len(cool))))
    hotter = np.maximum(np.maximum(flags, more), 1)
    mild, hot = (march(cool, f, hard, MAN, When(7, start)) for f in (flags, hotter))
    assert (hot.clock_h >= mild.clock_h - 1e-6).all()
    assert hot.days >= mild.days


@CASES
@given(ways(), flag_rows, flag_rows, starts)
def test_more_heat_in_one_climate_never_takes_less_water(way, row, more, start):
    cool, _, hard = way
    n, km = len(cool), np.ones(len(cool))
    rows = (row, np.maximum(np.maximum(row, more), 1))
    mild, hot = (march(cool, np.tile(r, (n, 1)), hard, MAN, When(7, start)) for r in rows)
    assert (hot.litres >= mild.litres - 1e-6).all()
    assert measure_carried_km(hot, km, MAN) <= measure_carried_km(mild, km, MAN) + 1e-6


def test_heat_before_a_hot_noon_may_let_one_miss_it():
    """Why the property above asks for one climate: 1 h later, the next segment is cool again.

    0.71 + 0.95 L against 1.42 + 0.33 x 0.71 = 1.6543 L.
    """
    noon = np.ones((2, 24), int)
    noon[1, 7] = 5
    hotter = noon.copy()
    hotter[0] = 4
    mild, hot = (march([1.0, 0.33], f, [False], MAN, When(7)) for f in (noon, hotter))
    assert (mild.litres[-1], hot.litres[-1]) == pytest.approx((1.66, 1.6543))
    assert hot.clock_h[-1] > mild.clock_h[-1]


@CASES
@given(ways(), starts, st.floats(0, 3))
def test_a_longer_way_never_takes_less(way, start, more):
    cool, flags, hard = way
    when = When(7, start)
    walk = march(cool, flags, hard, MAN, when)
    for part in (walk.clock_h, walk.litres, walk.at, walk.at_litres):
        assert (np.diff(part) >= 0).all()
    assert (march(cool + more, flags, hard, MAN, when).clock_h >= walk.clock_h - 1e-6).all()
    even_row = np.tile(flags[0], (len(cool), 1))
    short, longer = (march(c, even_row, hard, MAN, when) for c in (cool, cool + more))
    assert (longer.litres >= short.litres - 1e-6).all()


@CASES
@given(ways(), starts)
def test_unknown_heat_is_the_first_flag(way, start):
    cool, flags, hard = way
    known = march(cool, np.where(flags == 0, 1, flags), hard, MAN, When(7, start))
    walk = march(cool, flags, hard, MAN, When(7, start))
    assert (walk.clock_h == known.clock_h).all()
    assert (walk.litres == known.litres).all()


@CASES
@given(ways(), st.floats(0.1, 3), starts)
def test_who_carries_more_is_never_out_sooner(way, more, start):
    cool, flags, hard = way
    loaded = Traveller("adult_man", 1.0, 1.0, 70.0, 4.0 + more, "men")
    walk, km = march(cool, flags, hard, MAN, When(7, start)), np.ones(len(cool))
    assert measure_carried_km(walk, km, loaded) >= measure_carried_km(walk, km, MAN)
    assert measure_critical_km(walk, km, MAN) >= measure_carried_km(walk, km, MAN)


# -- bad calls ---------------------------------------------------------------------------------


@pytest.mark.parametrize("cool", [[-1.0], [np.nan], [2e5]])
def test_hours_that_are_none_are_refused(cool):
    with pytest.raises(ValueError, match="march"):
        march(cool, even(1), [False], MAN, When(6))


def test_flags_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="give the flags"):
        march([1.0], None, [False], MAN, When(6))
    with pytest.raises(ValueError, match="flags of 2"):
        march([1.0], even(1, 2), [False], MAN, When(6))
    with pytest.raises(ValueError, match="24"):
        march([1.0], np.ones((1, 12), int), [False], MAN, When(6))
    with pytest.raises(ValueError, match="between 0 and 5"):
        march([1.0], even(6), [False], MAN, When(6))
    with pytest.raises(ValueError, match="segments"):
        measure_carried_km(march([1.0], even(1), [False], MAN, When(6)), [1.0, 1.0], MAN)


@pytest.mark.parametrize(("month", "hour"), [(0, 6.0), (13, 6.0), (6, 24.0), (6, -1.0),
                                             (6, float("nan"))])
def test_a_month_or_an_hour_that_is_none_is_refused(month, hour):
    with pytest.raises(CallError, match="give"):
        When(month, hour)


def test_travellers_come_from_the_parameters():
    parameters = Parameters.read()
    assert read_traveller(parameters, "adult_man") == MAN
    assert read_traveller(parameters, "family", carried_l=8.0).carried_l == 8.0
    assert read_traveller(parameters, "pregnant").group == "women"
    with pytest.raises(CallError, match="unaccompanied_child"):
        read_traveller(parameters, "giant")
    with pytest.raises(CallError, match="outside 2 to 8 L"):
        read_traveller(parameters, "adult_man", carried_l=9.0)


def test_rules_that_reward_heat_are_refused():
    parameters = Parameters.read()
    assert read_walk_rules(parameters) == WalkRules()
    with pytest.raises(CallError, match="do not fall"):
        read_walk_rules(parameters.replace(work__factor_3=0.9))
    for wrong in ({"night_factor": 0.0}, {"max_walk_h": 25.0}, {"need_l_per_h": 0.0}):
        with pytest.raises(CallError):
            WalkRules(**wrong)
