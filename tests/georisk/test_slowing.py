"""The month's heat beside the legs: on ways, and between a leg and a place."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from surroundings import CAMPAIGN
from test_ways import PLACE, SIDE, V, build, grid, list_ways, time_from_start

from georisk.slowing import HeatField, RateField, list_cells, rate_field, spread_rate
from georisk.travel import Pace, prepare_travel
from georisk.walking.when import When

SHARE = st.floats(0.2, 1.0)
WAYS = list_ways(SIDE, ("b", "c", [(0.6, 1.0), (1.2, 1.0)]))
NETWORK = build(WAYS, place=PLACE)


def spread_even(share):
    """One cell, near enough to everything."""
    lon, lat = grid.locate(0.6, 0.5)
    return RateField(np.array([lon]), np.array([lat]), np.array([share]))


def rate_legs(share, network=NETWORK):
    return np.full(len(network.segment_node), share)


def test_ways_are_as_hot_as_the_ground_they_lie_on():
    """3 km along the leg at half the pace, 5 km beside it at 0.8 of the pace."""
    pace = Pace(rate=rate_legs(0.5), beside=spread_even(0.8))
    assert time_from_start(NETWORK, pace=pace) == pytest.approx((3 / 0.5 + 5 / 0.8) / V, rel=2e-3)
    nearest = Pace(rate=rate_legs(0.5))  # no climate beside the legs: that of the nearest leg
    assert time_from_start(NETWORK, pace=nearest) == pytest.approx(8 / 0.5 / V, rel=2e-3)
    riding = time_from_start(NETWORK, pace=pace, measure="mode")
    assert riding == pytest.approx(3 / 0.5 / V + 5 / 50, rel=2e-3)  # who is driven does not slow


def test_a_walk_off_the_network_takes_the_heat_of_its_segment():
    """3 km along the leg, then 1 km off the path at 0.6 of the pace, all at half of it."""
    network = build(list_ways(("x", "y", [(4.0, 3.0), (4.0, 4.0)])),
                    place=grid.put_place("p", 0.6, 0.2, "water"))
    pace = Pace(rate=rate_legs(0.5, network), beside=spread_even(0.9))
    assert time_from_start(network, pace=pace) == pytest.approx((3 + 1 / 0.6) / 0.5 / V, rel=2e-3)


def test_who_leaves_a_boat_walks_in_the_heat_all_the_same():
    network = build(WAYS, legs=("n00", "e20"), modes={"e20": "boat"}, place=PLACE)
    boat = np.array(network.leg_modes)[network.leg] == "boat"
    rate = rate_legs(0.5, network)
    rate[network.segment[boat]] = 1.0
    assert set(spread_rate(network, rate)) == {0.5}


def test_hours_of_the_month_where_the_ways_lie():
    """Flag 4 from 6 to 16 o'clock: half of each hour is rested."""
    flags = np.ones((1, 12, 24), int)
    flags[0, 5, 6:16] = 4
    field = HeatField(np.zeros(1), np.zeros(1), flags)
    assert rate_field(field, When(6)).rate.tolist() == [0.5]
    assert rate_field(field, When(7)).rate.tolist() == [1.0]
    assert rate_field(field, When()) is None


def test_cells_do_not_hang_on_the_order_of_positions():
    lon, lat = np.array([-92.31, -92.26, -92.32]), np.array([14.9, 15.01, 14.92])
    there, back = list_cells(lon, lat), list_cells(lon[::-1], lat[::-1])
    assert np.array_equal(there, back)
    assert len(there[0]) == 2


def list_times(pace):
    travel = prepare_travel(NETWORK, {"n00": "road"}, pace=pace)
    return np.concatenate([graph.reverse.data for _, graph in sorted(travel.graphs.items())])


@settings(max_examples=10_000 if CAMPAIGN else 40)
@given(legs=st.lists(SHARE, min_size=20, max_size=20),
       cells=st.lists(SHARE, min_size=4, max_size=4), more=st.floats(0.3, 1.0),
       where=st.integers(0, 3))
def test_heat_never_shortens_a_time(legs, cells, more, where):
    rate = np.resize(np.array(legs), len(NETWORK.segment_node))
    ways = NETWORK.ways
    field = RateField(ways.lon[:4], ways.lat[:4], np.array(cells)[: len(ways.lon[:4])])
    cool = list_times(Pace())
    warm = list_times(Pace(rate=rate, beside=field))
    hotter = field.rate.copy()
    hotter[where % len(hotter)] *= more
    hot = list_times(Pace(rate=rate * more, beside=replace(field, rate=hotter)))
    assert len(cool) == len(warm) == len(hot)
    assert (warm >= cool - 1e-12).all()
    assert (hot >= warm - 1e-12).all()


def test_without_a_month_nothing_changes_to_the_byte():
    cool = list_times(Pace())
    assert list_times(Pace(beside=spread_even(0.3))).tobytes() == cool.tobytes()
    ones = list_times(Pace(rate=rate_legs(1.0), beside=spread_even(1.0)))
    assert ones.tobytes() == cool.tobytes()
