"""Journeys within a range and the longest gap: against a walker, and against trying everything."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from siting_choices import FEW, TINY, check_kept, limits_for, list_choices

from georisk.siting.limits import Limits
from georisk.siting.models.journeys import Walkers, solve_journeys
from georisk.siting.models.route_gap import RoutePoints, measure_longest_gap, solve_longest_gap
from layers.errors import CallError


@st.composite
def routes(draw: st.DrawFn) -> RoutePoints:
    """One to three routes of whole hours, two to six sites, up to ten points."""
    n_routes, n_sites = draw(st.integers(1, 3)), draw(st.integers(2, 6))
    hours = draw(st.lists(st.integers(1, 20), min_size=n_routes, max_size=n_routes))
    points = draw(st.lists(st.tuples(st.integers(0, n_routes - 1), st.integers(0, n_sites - 1),
                                     st.integers(0, 20)), max_size=10))
    points = [(route, site, at) for route, site, at in points if at <= hours[route]]
    columns = np.array(points, int).reshape(-1, 3)
    return RoutePoints(np.array(hours, float), columns[:, 0], columns[:, 1],
                       columns[:, 2].astype(float), n_sites)


def walk(points: RoutePoints, route: int, sites: set[int], autonomy: float, start: float) -> bool:
    """Walk it: drink, refill at each site, and see whether the supply lasts."""
    mine = np.flatnonzero(points.route == route)
    stops = sorted(float(points.at_h[at]) for at in mine if int(points.site[at]) in sites)
    left, here = start, 0.0
    for at in [*stops, float(points.hours[route])]:
        left -= at - here
        if left < -1e-9:
            return False
        here = at
        left = autonomy if at in stops else left
    return True


def longest(points: RoutePoints, sites: set[int]) -> float:
    gaps = [0.0]
    for route, hours in enumerate(points.hours):
        at = [0.0, hours] + [float(points.at_h[row]) for row in np.flatnonzero(
            points.route == route) if int(points.site[row]) in sites]
        gaps += [other - one for one, other in itertools.pairwise(sorted(at))]
    return max(gaps)


@TINY
@given(routes(), st.data())
def test_journeys_equal_walking_every_choice(points: RoutePoints, data: st.DataObject) -> None:
    q = len(points.hours)
    limits = data.draw(limits_for(points.n_sites))
    flow = np.array(data.draw(st.lists(st.integers(0, 9), min_size=q, max_size=q)), float)
    reach = np.array(data.draw(st.lists(st.integers(1, 12), min_size=q, max_size=q)), float)
    stocked = np.array(data.draw(st.lists(st.booleans(), min_size=q, max_size=q)))

    def list_walked(some: tuple[int, ...]) -> list[int]:
        there = {*some, *limits.fixed}
        return [one for one in range(q)
                if walk(points, one, there, reach[one], reach[one] * stocked[one])]

    base = flow[list_walked(())].sum()
    best = max(flow[list_walked(some)].sum() for some in list_choices(limits, points.n_sites))
    walkers = Walkers(flow, reach, stocked)
    found = solve_journeys(points, walkers, limits)
    check_kept(found, limits)
    assert found.status == "optimal"
    assert found.objective == pytest.approx(best - base)
    assert list(found.served) == list_walked(found.chosen)
    assert found.total == pytest.approx(flow.sum() - base)
    assert sum(found.benefits) == pytest.approx(found.objective)
    everyone = tuple(np.flatnonzero(limits.list_open(points.n_sites)).tolist())
    assert set(found.hopeless) == set(range(q)) - set(list_walked(everyone))
    quick = solve_journeys(points, walkers, limits, method="greedy")
    check_kept(quick, limits)
    assert quick.objective <= best - base + 1e-9 <= quick.bound + 2e-7


@TINY
@given(routes(), st.data())
def test_longest_gap_equals_trying_everything(points: RoutePoints, data: st.DataObject) -> None:
    limits = data.draw(limits_for(points.n_sites))
    best = min(longest(points, {*some, *limits.fixed})
               for some in list_choices(limits, points.n_sites))
    found = solve_longest_gap(points, limits)
    check_kept(found, limits)
    assert found.status == "optimal"
    assert found.objective == found.bound == best
    assert longest(points, {*found.chosen, *limits.fixed}) == best
    assert found.total == longest(points, set(limits.fixed))
    assert sum(found.benefits) == pytest.approx(found.total - best)
    quick = solve_longest_gap(points, limits, method="greedy")
    assert quick.bound <= best <= quick.objective


@FEW
@given(routes(), st.randoms(use_true_random=False))
def test_order_changes_nothing_and_more_sites_never_harm(points: RoutePoints, random) -> None:
    order = list(range(len(points.route)))
    random.shuffle(order)
    mixed = RoutePoints(points.hours, points.route[order], points.site[order],
                        points.at_h[order], points.n_sites)
    walkers = Walkers(np.arange(1.0, len(points.hours) + 1), np.full(len(points.hours), 5.0))
    served, gap = 0.0, np.inf
    for k in range(1, points.n_sites + 1):
        one, other = (solve_journeys(some, walkers, Limits(k=k)) for some in (points, mixed))
        assert one == other
        near, far = (solve_longest_gap(some, Limits(k=k)) for some in (points, mixed))
        assert near == far
        assert one.objective >= served
        assert near.objective <= gap
        served, gap = one.objective, near.objective


def test_two_sites_serve_together_what_neither_serves_alone() -> None:
    """A pair that serves ninety, and two traps that serve ten each at once."""
    points = RoutePoints(np.array([30.0, 15, 15]), np.array([0, 0, 1, 2]),
                         np.array([0, 1, 2, 3]), np.array([10.0, 20, 8, 8]), 4)
    walkers = Walkers(np.array([90.0, 10, 10]), np.full(3, 10.0))
    for method in ("exact", "greedy"):
        found = solve_journeys(points, walkers, Limits(k=2), method=method)
        assert found.chosen == (0, 1)
        assert found.objective == 90.0


def test_each_way_has_its_own_hours() -> None:
    """Up 12 h and down 6: with water for 7 h only the way up needs the point half way."""
    points = RoutePoints(np.array([12.0, 6]), np.array([0, 1]), np.array([0, 0]),
                         np.array([6.0, 3]), 1)
    found = solve_journeys(points, Walkers(np.array([5.0, 50]), np.full(2, 7.0)), Limits(k=1))
    assert (found.objective, found.total, found.served) == (5.0, 5.0, (0, 1))
    assert measure_longest_gap(points, np.array([0])) == 6.0


def test_what_does_not_fit_is_said() -> None:
    points = RoutePoints(np.array([12.0]), np.array([0]), np.array([0]), np.array([6.0]), 1)
    for walkers, message in (
        (Walkers(np.ones(2), np.ones(2)), "for each of 1 journeys"),
        (Walkers(np.array([np.nan]), np.ones(1)), "a flow is missing"),
        (Walkers(np.ones(1), np.zeros(1)), "an autonomy is missing or not above 0"),
    ):
        with pytest.raises(CallError, match=message):
            solve_journeys(points, walkers, Limits(k=1))
    for broken, message in (
        (RoutePoints(np.array([12.0]), np.array([1]), np.array([0]), np.array([6.0]), 1), "route"),
        (RoutePoints(np.array([12.0]), np.array([0]), np.array([3]), np.array([6.0]), 1), "site"),
        (RoutePoints(np.array([12.0]), np.array([0]), np.array([0]), np.array([16.0]), 1), "ends"),
        (RoutePoints(np.array([np.inf]), np.array([0]), np.array([0]), np.array([6.0]), 1), "the"),
        (RoutePoints(np.array([12.0]), np.array([0, 0]), np.array([0]), np.array([6.0]), 1), "one"),
    ):
        with pytest.raises(CallError, match=message):
            solve_longest_gap(broken, Limits(k=1))
