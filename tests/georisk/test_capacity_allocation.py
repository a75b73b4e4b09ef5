"""Allocation by hand, against an independent solver, and what must always hold."""

from __future__ import annotations

import time

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from scipy.sparse.csgraph import maximum_flow

from georisk.capacity.allocation import allocate, allocate_both_ways
from georisk.capacity.reach import Reach, join_pairs, keep_within

INF = np.inf


def make_reach(hours, threshold_h=8.0, demands=None, places=None) -> Reach:
    hours = np.asarray(hours, float)
    demands = [f"d{n:02d}" for n in range(hours.shape[0])] if demands is None else demands
    places = [f"p{n:02d}" for n in range(hours.shape[1])] if places is None else places
    return keep_within(hours, threshold_h, demand_ids=np.array(demands, dtype=str),
                       place_ids=np.array(places, dtype=str))


def run(hours, needed, room, **options):
    return allocate(np.array(needed, float), np.array(room, float), make_reach(hours, **options))


@st.composite
def worlds(draw, *, unknown=False):
    """Up to six demands and nine places, whole amounts, hours in eighths."""
    n, m = draw(st.integers(1, 6)), draw(st.integers(1, 9))
    hour = st.one_of(st.integers(0, 80).map(lambda n: n / 8), st.just(INF))
    hours = np.array(draw(st.lists(hour, min_size=n * m, max_size=n * m))).reshape(n, m)
    needed = draw(st.lists(st.integers(0, 20), min_size=n, max_size=n))
    rooms = [st.integers(0, 30).map(float), *([st.just(float("nan"))] if unknown else [])]
    room = draw(st.lists(st.one_of(rooms), min_size=m, max_size=m))
    return hours, np.array(needed, float), np.array(room, float)


def test_people_go_to_the_nearest_place_while_there_is_room():
    found = run([[1, 2], [2, 1]], [10, 10], [10, 10])
    assert found.load.tolist() == [10, 10]
    assert found.hours == pytest.approx(20)
    assert not found.one_more.any()


def test_more_are_served_even_if_some_go_farther():
    """Only p0 can take d1, so d0, though nearer to p0, goes to p1: 20 served, 10 h + 50 h."""
    found = run([[1, 5], [1, INF]], [10, 10], [10, 10])
    assert found.with_service.tolist() == [10, 10]
    assert found.hours == pytest.approx(60)


def test_of_those_who_cannot_all_be_served_the_nearest_are():
    found = run([[1], [2], [3]], [4, 4, 4], [6])
    assert found.with_service.tolist() == [4, 2, 0]
    assert found.short.tolist() == [0, 2, 4]
    assert found.one_more.tolist() == [True]


def test_two_places_on_one_node_share_what_comes():
    found = run([[3, 3]], [10], [4, 5])
    assert found.load.tolist() == [4, 5]
    assert found.short.tolist() == [1]


def test_an_island_is_unreachable_not_short():
    found = run([[1, INF], [INF, INF]], [5, 7], [10, 10])
    assert found.unreachable.tolist() == [0, 7]
    assert found.short.tolist() == [0, 0]


def test_exactly_at_the_threshold_counts():
    found = run([[8.0], [np.nextafter(8.0, 9.0)], [8.001]], [1, 1, 1], [10])
    assert found.with_service.tolist() == [1, 1, 0]
    assert found.unreachable.tolist() == [0, 0, 1]


def test_a_place_of_zero_capacity_is_reached_but_gives_nothing():
    found = run([[1]], [5], [0])
    assert (found.short[0], found.unreachable[0], found.load[0]) == (5, 0, 0)
    assert found.one_more.tolist() == [True]


def test_nobody_needs_anything():
    found = run([[1, 2]], [0], [5, 0])
    assert found.load.tolist() == [0, 0]
    assert not found.one_more.any()


def test_no_demand_and_no_place():
    empty = make_reach(np.empty((0, 0)))
    found = allocate(np.empty(0), np.empty(0), empty)
    assert len(found.load) == len(found.short) == 0
    alone = allocate(np.array([3.0]), np.empty(0), make_reach(np.empty((1, 0))))
    assert alone.unreachable.tolist() == [3]


def test_one_more_bed_helps_where_others_would_move_over():
    """p0 and p1 are full, p2 is not; d1 is short at p1, whose d0 could go to p0, were it larger."""
    found = run([[1, 2, INF], [INF, 1, INF], [1, INF, INF], [INF, INF, 1]],
                [5, 5, 5, 5], [5, 5, 9])
    assert found.one_more.tolist() == [True, True, False]


def test_unknown_room_counts_both_ways():
    both = allocate_both_ways(np.array([10.0, 10]), np.array([4.0, np.nan]),
                              make_reach([[1, 2], [1, INF]]))
    assert both.least.with_service.sum() == 4
    assert both.most.with_service.sum() == 14
    assert both.unverified.sum() == 10


@pytest.mark.parametrize(("needed", "room", "says"), [
    ([-1.0], [1.0], "negative"), ([np.nan], [1.0], "unknown"), ([1.0], [np.nan], "both_ways"),
    ([np.inf], [1.0], "infinite"), ([1.0, 2.0], [1.0], "ids"),
])
def test_what_is_no_amount_is_refused(needed, room, says):
    with pytest.raises(ValueError, match=says):
        allocate(np.array(needed), np.array(room), make_reach([[1.0]]))


def test_what_is_no_reach_is_refused():
    with pytest.raises(ValueError, match="negative"):
        make_reach([[-1.0]])
    with pytest.raises(ValueError, match="twice"):
        make_reach([[1.0], [1.0]], demands=["a", "a"])
    with pytest.raises(ValueError, match="shape"):
        keep_within(np.ones((2, 2)), 1.0, demand_ids=np.array(["a"]), place_ids=np.array(["x"]))
    with pytest.raises(ValueError, match="row"):
        join_pairs(np.array([1]), np.array([0]), np.ones(1), demand_ids=np.array(["a"]),
                   place_ids=np.array(["x"]))


@given(worlds())
def test_everybody_is_counted_once_and_no_place_gives_too_much(world):
    hours, needed, room = world
    found = allocate(needed, room, make_reach(hours))
    total = found.with_service + found.short + found.unreachable
    assert total == pytest.approx(needed)
    for part in (found.with_service, found.short, found.unreachable, found.load, found.amount):
        assert (part >= 0).all()
    assert (found.load <= room).all()
    assert found.load.sum() == pytest.approx(found.with_service.sum(), abs=1e-6)
    out_of_reach = ~(hours <= 8).any(axis=1)
    assert (found.unreachable == np.where(out_of_reach, needed, 0)).all()


@given(worlds())
def test_as_many_are_served_as_networkx_finds_and_in_as_few_hours(world):
    hours, needed, room = world
    graph = nx.DiGraph()
    graph.add_nodes_from(["s", "t"])
    for i, amount in enumerate(needed):
        graph.add_edge("s", ("d", i), capacity=int(amount), weight=0)
    for j, amount in enumerate(room):
        graph.add_edge(("p", j), "t", capacity=int(amount), weight=0)
    for i, j in zip(*np.nonzero(hours <= 8), strict=True):
        graph.add_edge(("d", i), ("p", j), weight=int(hours[i, j] * 8))
    flow = nx.max_flow_min_cost(graph, "s", "t")
    found = allocate(needed, room, make_reach(hours))
    assert found.with_service.sum() == pytest.approx(sum(flow["s"].values()), abs=1e-6)
    assert found.hours == pytest.approx(nx.cost_of_flow(graph, flow) / 8, abs=1e-3)


@given(worlds(unknown=True), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(world, random):
    hours, needed, room = world
    rows, columns = (random.sample(range(n), n) for n in hours.shape)
    reach = make_reach(hours)
    turned = make_reach(hours[np.ix_(rows, columns)], demands=reach.demand_ids[rows],
                        places=reach.place_ids[columns])
    one = allocate_both_ways(needed, room, reach)
    two = allocate_both_ways(needed[rows], room[columns], turned)
    assert two.least.with_service.tolist() == one.least.with_service[rows].tolist()
    assert two.least.load.tolist() == one.least.load[columns].tolist()
    assert two.unverified.tolist() == one.unverified[rows].tolist()
    assert two.least.one_more.tolist() == one.least.one_more[columns].tolist()


@given(st.integers(2, 6), st.integers(2, 6), st.randoms(use_true_random=False))
def test_between_equals_the_ids_decide_not_the_rows(n, m, random):
    """Everybody is one hour from everywhere: any split would do, one is chosen."""
    needed, room = np.arange(1.0, n + 1) * 3, np.arange(1.0, m + 1) * 2
    rows, columns = (random.sample(range(k), k) for k in (n, m))
    reach = make_reach(np.ones((n, m)))
    turned = make_reach(np.ones((n, m)), demands=reach.demand_ids[rows],
                        places=reach.place_ids[columns])
    one = allocate(needed, room, reach).amount.reshape(n, m)
    two = allocate(needed[rows], room[columns], turned).amount.reshape(n, m)
    assert two.tolist() == one[np.ix_(rows, columns)].tolist()


@given(worlds(unknown=True))
def test_what_is_unverified_was_short_and_is_what_lies_between_the_two(world):
    hours, needed, room = world
    both = allocate_both_ways(needed, room, make_reach(hours))
    assert (both.unverified >= 0).all()
    assert (both.unverified <= both.least.short).all()
    assert both.most.with_service == pytest.approx(both.least.with_service + both.unverified,
                                                   abs=1e-5)


@given(worlds(), st.integers(0, 4))
def test_one_more_says_whether_more_room_helps(world, which):
    hours, needed, room = world
    which %= len(room)
    found = allocate(needed, room, make_reach(hours))
    larger = room + np.eye(len(room))[which]
    more = allocate(needed, larger, make_reach(hours))
    gained = more.with_service.sum() - found.with_service.sum()
    assert gained >= -1e-6
    assert (gained > 1e-6) == bool(found.one_more[which])


@given(worlds(), st.floats(1e-4, 1e5))
def test_the_unit_of_the_amounts_does_not_matter(world, factor):
    hours, needed, room = world
    one = allocate(needed, room, make_reach(hours))
    two = allocate(needed * factor, room * factor, make_reach(hours))
    assert two.with_service == pytest.approx(one.with_service * factor, rel=1e-5,
                                             abs=1e-5 * factor)


def make_large(n=10_000, m=500, k=20, load=0.95, seed=0):
    """Places along a line, each demand within reach of the k nearest of them."""
    rng = np.random.default_rng(seed)
    x, y = np.sort(rng.random(n)) * 1000, np.sort(rng.random(m)) * 1000
    place = np.argsort(np.abs(x[:, None] - y), axis=1, kind="stable")[:, :k].ravel()
    demand = np.repeat(np.arange(n), k)
    hours = (np.abs(x[demand] - y[place]) / 5 + rng.random(n * k) / 2).round(6)
    needed = rng.integers(1, 20, n).astype(float)
    room = rng.integers(1, 50, m).astype(float)
    room = np.floor(room * load * needed.sum() / room.sum())
    reach = join_pairs(demand, place, hours, demand_ids=np.arange(n), place_ids=np.arange(m))
    return needed, room, reach


def find_max_flow(needed, room, reach):
    """How many can be served at all, by an algorithm of its own."""
    n, m = len(needed), len(room)
    tail = np.r_[np.full(n, n + m), reach.demand, n + np.arange(m)]
    head = np.r_[np.arange(n), n + reach.place, np.full(m, n + m + 1)]
    most = np.r_[needed, np.full(len(reach.hours), needed.max()), room].astype(np.int32)
    graph = sparse.csr_matrix((most, (tail, head)), shape=(n + m + 2,) * 2)
    return maximum_flow(graph, n + m, n + m + 1).flow_value


def test_what_the_solver_first_leaves_out_comes_in_where_it_is_needed():
    """Only the farthest of many places has room."""
    found = run([list(range(1, 9))] * 2, [5, 5], [1, *[0.5] * 6, 6])
    assert found.load.tolist() == [1, *[0.5] * 6, 6]


def test_ten_thousand_demands_and_five_hundred_places_take_seconds():
    needed, room, reach = make_large()
    started = time.process_time()
    found = allocate(needed, room, reach)
    taken_s = time.process_time() - started
    assert found.with_service.sum() == pytest.approx(find_max_flow(needed, room, reach), rel=1e-9)
    assert (found.load <= room).all()
    assert taken_s < 15, f"{taken_s:.1f} s of CPU"
