"""Measures: as cheap as any by trying all, enough for all, and proven by simulating again."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from surge_world import worlds
from surroundings import CAMPAIGN

from georisk.surge.attraction import size_beds
from georisk.surge.nights import simulate_nights
from georisk.surge.remedies import Prices, Remedy, find_remedy, price_remedy

SOME = settings(max_examples=500 if CAMPAIGN else 25, deadline=None)
PRICES = Prices(bed_usd=60.0, bed_night_usd=8.0, point_usd=3000.0, point_night_usd=500.0,
                point_move_usd=200.0)


def try_all(needed, most_beds, *, point_beds, full_from):
    """Cheapest plan over every number of beds and points."""
    days, places = needed.shape
    best = np.inf
    spans = [range(int(most) + 1) for most in most_beds]
    for beds in itertools.product(*spans):
        lack = np.maximum(needed - full_from * np.array(beds)[None, :], 0.0)
        least = np.ceil(lack / (full_from * point_beds) - 1e-9).astype(int)
        choices = [range(n, least.max() + 1) for n in least.ravel()]
        for chosen in itertools.product(*choices):
            points = np.array(chosen).reshape(days, places)
            before = np.vstack([np.zeros((1, places), int), points[:-1]])
            plan = Remedy(np.array(beds), points, int(points.sum(axis=1).max()),
                          int(np.maximum(points - before, 0).sum()), 0.0, 0.0)
            best = min(best, price_remedy(plan, needed, PRICES))
    return best


@SOME
@given(st.lists(st.integers(0, 40), min_size=4, max_size=4),
       st.lists(st.integers(0, 12), min_size=2, max_size=2))
def test_no_plan_is_cheaper(counts, most):
    needed = np.array(counts).reshape(2, 2)
    most_beds = np.where((needed > 0).any(axis=0), most, 0).astype(float)
    plan = find_remedy(needed, most_beds, PRICES, point_beds=20, full_from=0.9)
    assert plan.cost_usd == pytest.approx(try_all(needed, most_beds, point_beds=20,
                                                  full_from=0.9))
    assert plan.bound_usd <= plan.cost_usd + 1e-6
    assert plan.bound_usd >= 0.999 * plan.cost_usd


@SOME
@given(worlds())
def test_measures_clear_every_night(world):
    people, courses, beds, days = world
    found = simulate_nights(people, courses, beds, [0] * days)
    locations = 1 + max(int(course.stretch.max()) for course in courses)
    needed = np.zeros((days, locations), np.int64)
    for row in found.rows:
        needed[row.day, row.location] += row.short + row.unreachable
    most = np.zeros(locations)
    most[: len(beds[0])] = np.where(np.isfinite(beds[0]), beds[0], 0.0)
    plan = find_remedy(needed, most, PRICES, point_beds=50, full_from=0.9)
    assert (plan.beds <= most).all()
    assert (plan.points.sum(axis=1) <= plan.fleet).all()
    again = simulate_nights(people, courses, beds, [0] * days, extra=plan.list_beds(50))
    assert sum(row.short + row.unreachable for row in again.rows) == 0
    assert again.on_the_way == found.on_the_way
    assert again.arrived == found.arrived
    assert [row.bed for row in again.rows] == [row.bed for row in found.rows]


def test_a_bed_too_few_leaves_somebody():
    needed = np.array([[90]])
    plan = find_remedy(needed, np.array([200.0]), Prices(point_usd=1e9), point_beds=50,
                       full_from=0.9)
    assert plan.beds.tolist() == [size_beds(90, 0.9)] == [100]


def test_points_move_along_instead_of_beds_left_behind():
    # Twelve nights at twelve places: one point that moves, not twelve sets of beds.
    needed = np.eye(12, dtype=np.int64) * 80
    plan = find_remedy(needed, np.full(12, 500.0), PRICES, point_beds=100, full_from=0.9)
    assert (plan.fleet, plan.moves, int(plan.beds.sum())) == (1, 12, 0)
    # One place for twelve nights: beds.
    still = find_remedy(np.full((12, 1), 20), np.array([500.0]), PRICES, point_beds=100,
                        full_from=0.9)
    assert (still.fleet, still.beds.tolist()) == (0, [23])


def test_nothing_needed_costs_nothing():
    plan = find_remedy(np.zeros((3, 2), np.int64), np.zeros(2), PRICES, point_beds=50,
                       full_from=0.9)
    assert (plan.cost_usd, plan.fleet, plan.moves) == (0.0, 0, 0)
