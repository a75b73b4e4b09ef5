"""Ways people take, and whether a point draws them onto a deadlier one."""

from __future__ import annotations

import itertools
from dataclasses import replace

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from georisk.parameters import Parameters
from georisk.siting.displacement.assumptions import DisplacementRules, read_displacement_rules
from georisk.siting.displacement.effect import Displacement, assess_displacement
from georisk.siting.displacement.guard import pose_asking, pose_guard
from georisk.siting.displacement.loading import (
    Journeys,
    estimate_people,
    pose_choices,
    split_people,
)
from georisk.siting.displacement.paths import LegGraph, find_routes, make_leg_graph
from layers.errors import CallError

FEW = DisplacementRules(draws=20)


@st.composite
def graphs(draw: st.DrawFn) -> LegGraph:
    """Up to six towns; parallel legs; some legs one way."""
    rng = np.random.default_rng(draw(st.integers(0, 100_000)))
    towns, count = draw(st.integers(2, 6)), draw(st.integers(1, 10))
    legs = []
    for at in range(count):
        one, other = rng.choice(towns, 2, replace=False)
        legs.append((f"leg-{at:02}", f"T{one}", f"T{other}"))
    # Quarters of hours: sums are exact, and ties come up.
    there = rng.integers(1, 12, count) / 4
    back = np.where(rng.random(count) < 0.2, np.inf, rng.integers(1, 12, count) / 4)
    return make_leg_graph(legs, there, back, rng.integers(1, 90, count).astype(float))


def list_all(graph: LegGraph, origin: int, destination: int) -> list[tuple[int, ...]]:
    """Every loopless route, by networkx."""
    network = nx.MultiDiGraph()
    network.add_nodes_from(range(len(graph.nodes)))
    for arc, (tail, head) in enumerate(zip(graph.tail, graph.head, strict=True)):
        network.add_edge(int(tail), int(head), key=arc)
    found = nx.all_simple_edge_paths(network, origin, destination)
    return [tuple(key for _, _, key in path) for path in found]


@given(graphs(), st.integers(1, 6))
def test_routes_against_networkx(graph: LegGraph, count: int) -> None:
    for origin, destination in itertools.permutations(range(len(graph.nodes)), 2):
        every = sorted((round(graph.hours[list(route)].sum(), 9), route)
                       for route in list_all(graph, origin, destination))
        found = find_routes(graph, origin, destination, cost=graph.hours, count=count)
        cost = [round(graph.hours[list(route)].sum(), 9) for route in found]
        assert cost == [spent for spent, _ in every[:count]]
        assert len(set(found)) == len(found)
        assert set(found) <= {route for _, route in every}


def test_routes_on_a_simple_graph_against_shortest_simple_paths() -> None:
    rng = np.random.default_rng(3)
    network = nx.gnm_random_graph(25, 60, seed=3)
    legs = [(f"{one:02}-{other:02}", f"{one:02}", f"{other:02}") for one, other in network.edges]
    hours = rng.uniform(1, 30, len(legs))
    for (one, other), spent in zip(network.edges, hours, strict=True):
        network.edges[one, other]["hours"] = spent
    graph = make_leg_graph(legs, hours, hours, hours)
    row = {name: at for at, name in enumerate(graph.nodes)}
    theirs = itertools.islice(nx.shortest_simple_paths(network, 0, 17, weight="hours"), 12)
    ours = find_routes(graph, row["00"], row["17"], cost=graph.hours, count=12)
    for route, path in zip(ours, theirs, strict=True):
        towns = [graph.nodes[graph.tail[route[0]]], *(graph.nodes[graph.head[arc]]
                                                      for arc in route)]
        assert [int(town) for town in towns] == path


@given(graphs(), st.floats(0.01, 3), st.floats(0, 1), st.integers(0, 1000))
def test_shares_add_up_and_longer_ways_are_taken_less(
    graph: LegGraph, theta: float, path_size: float, seed: int
) -> None:
    ends = tuple(itertools.permutations(graph.nodes, 2))
    cost = graph.hours * np.random.default_rng(seed).uniform(0.5, 1, graph.n_arcs)
    try:
        choices = pose_choices(graph, Journeys(ends), costs=[graph.hours, cost], count=3,
                               path_size=path_size)
    except CallError:
        return
    share = split_people(choices, cost, theta=theta)
    sums = np.bincount(choices.journey, weights=share)
    np.testing.assert_allclose(sums, 1.0)
    assert len(sums) + len(choices.stranded) == len(ends)
    longer = split_people(choices, cost * 2, theta=theta / 2)
    np.testing.assert_allclose(longer, share)
    plain = replace(choices, size=np.zeros(len(share)))
    odds = split_people(plain, cost, theta=theta)
    spent = choices.arcs @ cost
    for journey in range(len(sums)):
        mine = choices.journey == journey
        order = np.argsort(spent[mine])
        assert (np.diff(odds[mine][order]) <= 1e-12).all()


def test_ways_that_share_a_leg_count_as_one() -> None:
    """The red bus and the blue: three ways of 10 h, two of them the same but for the last hour."""
    legs = [("alone", "A", "B"), ("trunk", "A", "C"), ("twig-1", "C", "B"), ("twig-2", "C", "B")]
    hours = np.array([10.0, 9.0, 1.0, 1.0])
    graph = make_leg_graph(legs, hours, hours, hours)
    journeys = Journeys((("A", "B"),))
    plain = pose_choices(graph, journeys, costs=[graph.hours], count=5, path_size=0.0)
    assert split_people(plain, graph.hours, theta=0.1) == pytest.approx([1 / 3] * 3)
    # Path sizes: 1, and (9/2 + 1) / 10 = 0.55 twice.
    sized = pose_choices(graph, journeys, costs=[graph.hours], count=5)
    alone = np.flatnonzero(sized.arcs @ (graph.leg == 0))
    share = split_people(sized, graph.hours, theta=0.1)
    assert share[alone] == pytest.approx(1 / 2.1)
    assert share.min() == pytest.approx(0.55 / 2.1)


def make_two_ways(risk: tuple[float, float]) -> tuple[LegGraph, Journeys, np.ndarray]:
    """The worked example of the module: an old way of 30 h and a new one of 32 h."""
    hours, length = np.array([32.0, 30.0]), np.array([100.0, 100.0])
    graph = make_leg_graph([("new", "A", "B"), ("old", "A", "B")], hours, hours, length)
    return graph, Journeys((("A", "B"),), np.array([100.0])), np.array(risk)


def assess(risk: tuple[float, float], served: tuple[float, float]) -> Displacement:
    graph, journeys, rate = make_two_ways(risk)
    return assess_displacement(graph, journeys, (np.zeros(2), np.array(served)), risk=rate,
                               rules=replace(FEW, theta_per_h=0.5))


def test_drawn_onto_a_deadlier_way() -> None:
    found = assess((0.3, 0.1), (1.0, 0.0))
    assert found.verdict == "yes"
    odds = np.exp(0.5 * 2), np.exp(0.5 * -1.2)
    people = 100 / (1 + odds[0]), 100 / (1 + odds[1])
    assert found.legs.loc["new", ["before", "after"]].tolist() == pytest.approx(people)
    expected = (people[1] - people[0]) * 100 * (0.3 - 0.1) / 1e5
    assert found.change == pytest.approx(expected)
    assert found.low is not None
    assert found.high is not None
    assert 0 < found.low < found.change <= found.high
    assert found.moved_share == pytest.approx((people[1] - people[0]) / 100)
    assert found.legs.index[0] == "new"
    assert found.legs["gains"].to_dict() == {"new": True, "old": False}
    assert "expected incidents a year" in found.reason


def test_drawn_onto_a_less_deadly_way_or_nowhere() -> None:
    away = assess((0.1, 0.3), (1.0, 0.0))
    assert away.verdict == "no"
    assert away.high is not None
    assert away.high < 0
    same = assess((0.3, 0.1), (0.0, 0.0))
    assert (same.verdict, same.change, same.low, same.high, same.moved_share) == (
        "no", 0.0, 0.0, 0.0, 0.0)
    alike = assess((0.2, 0.2), (1.0, 0.0))
    assert alike.verdict == "no"
    assert alike.change == pytest.approx(0, abs=1e-12)


def test_nothing_is_known_without_flow_or_risk() -> None:
    graph, journeys, rate = make_two_ways((0.3, 0.1))
    served = (np.zeros(2), np.array([1.0, 0.0]))
    silent = assess_displacement(graph, Journeys(journeys.ends), served, risk=rate, rules=FEW)
    assert silent.verdict == "not known"
    assert "no flow data" in silent.reason
    assert (silent.before, silent.change, silent.low) == (None, None, None)
    assert silent.legs["before"].sum() == pytest.approx(1.0)
    assert silent.moved_share > 0
    for risk in (None, np.array([np.nan, np.nan])):
        found = assess_displacement(graph, journeys, served, risk=risk, rules=FEW)
        assert (found.verdict, found.change) == ("not known", None)
        assert "no risk per person" in found.reason
    half = assess_displacement(graph, journeys, served, risk=np.array([np.nan, 0.1]), rules=FEW)
    assert half.verdict == "not known"
    assert half.reason.endswith("whose people change: new")


def test_a_few_people_on_unknown_ground_are_not_lost_among_many_elsewhere() -> None:
    """Who leaves a leg of unknown risk does not count as having left a safe one."""
    hours = np.array([32.0, 30.0, 5.0])
    graph = make_leg_graph([("new", "A", "B"), ("old", "A", "B"), ("vast", "C", "D")], hours,
                           hours, np.full(3, 100.0))
    journeys = Journeys((("A", "B"), ("C", "D")), np.array([10.0, 1e7]))
    found = assess_displacement(graph, journeys, (np.zeros(3), np.array([1.0, 0.0, 0.0])),
                                risk=np.array([0.1, np.nan, 0.1]), rules=FEW)
    assert found.verdict == "not known"
    assert found.reason.endswith("whose people change: old")
    known = assess_displacement(graph, journeys, (np.zeros(3), np.array([1.0, 0.0, 0.0])),
                                risk=np.array([0.3, 0.1, 0.1]), rules=FEW)
    assert known.verdict == "yes"


def test_a_single_way_says_nothing() -> None:
    """Where the legs drawn offer no other way the guard cannot see who is drawn from elsewhere."""
    hours = np.array([5.0, 5.0, 5.0])
    legs = [("a", "A", "B"), ("b", "B", "C"), ("c", "B", "C")]
    graph = make_leg_graph(legs, hours, hours, hours)
    risk, people = np.full(3, 0.1), np.array([10.0, 0.0])
    trunk, twig = np.array([1.0, 0.0, 0.0]), np.array([0.0, 1.0, 0.0])
    for ends, served, verdict in (
        ((("A", "C"), ("A", "B")), trunk, "not known"), ((("A", "C"), ("A", "B")), twig, "no"),
        # Nobody counted on the only journey that has a choice.
        ((("A", "B"), ("A", "C")), twig, "not known"),
    ):
        found = assess_displacement(graph, Journeys(ends, people), (np.zeros(3), served),
                                    risk=risk, rules=FEW)
        assert found.verdict == verdict
        assert ("no other way" in found.reason) == (verdict == "not known")


def test_draws_of_risk_that_disagree_leave_it_open() -> None:
    graph, journeys, _ = make_two_ways((0.0, 0.0))
    risks = np.array([[0.3, 0.1], [0.1, 0.29]] * 10)
    found = assess_displacement(graph, journeys, (np.zeros(2), np.array([1.0, 0.0])), risk=risks,
                                rules=FEW)
    assert found.verdict == "not known"
    assert "either way" in found.reason
    assert found.low is not None
    assert found.high is not None
    assert found.low < 0 < found.high


@given(graphs(), st.integers(0, 1000))
def test_closing_undoes_opening(graph: LegGraph, seed: int) -> None:
    rng = np.random.default_rng(seed)
    ends = tuple(itertools.permutations(graph.nodes, 2))[:6]
    journeys = Journeys(ends, rng.integers(1, 500, len(ends)).astype(float))
    before, after = rng.random(len(graph.legs)), rng.random(len(graph.legs))
    risk = rng.random(len(graph.legs))
    if not any(find_routes(graph, *(graph.nodes.index(town) for town in pair), count=1,
                           cost=graph.hours) for pair in ends):
        with pytest.raises(CallError, match="no journey has a way"):
            assess_displacement(graph, journeys, (before, after), risk=risk, rules=FEW)
        return
    opened = assess_displacement(graph, journeys, (before, after), risk=risk, rules=FEW)
    closed = assess_displacement(graph, journeys, (after, before), risk=risk, rules=FEW)
    assert (opened.change is None) == (closed.change is None) == ("no other way" in opened.reason)
    if opened.change is not None:
        assert opened.change == pytest.approx(-(closed.change or 0.0), abs=1e-12)
        assert opened.low == pytest.approx(-(closed.high or 0.0), abs=1e-12)
    assert opened.moved_share == pytest.approx(closed.moved_share)
    still = assess_displacement(graph, journeys, (before, before), risk=risk, rules=FEW)
    assert (still.verdict, still.change, still.moved_share) == ("no", 0.0, 0.0)
    kept = sum(journeys.people_per_year[at] for at, pair in enumerate(ends)
               if pair not in opened.stranded)
    assert opened.legs["before"].sum() >= kept - 1e-6
    assert 0 <= opened.moved_share <= 1


def test_the_order_of_legs_changes_nothing() -> None:
    legs = [("x", "A", "B"), ("y", "A", "B"), ("z", "B", "C"), ("w", "A", "C")]
    hours = np.array([5.0, 6.0, 4.0, 11.0])
    found = []
    for order in ([0, 1, 2, 3], [3, 1, 0, 2]):
        graph = make_leg_graph([legs[at] for at in order], hours[order], hours[order],
                               hours[order])
        assert graph.legs == ("w", "x", "y", "z")
        served = np.array([0.0, 0.5, 0.0, 1.0])
        found.append(assess_displacement(
            graph, Journeys((("A", "C"),), np.array([10.0])), (np.zeros(4), served),
            risk=np.array([0.1, 0.2, 0.3, 0.4]), rules=FEW))
    assert found[0].legs.equals(found[1].legs)
    assert found[0].change == found[1].change


def test_people_from_counts_on_legs() -> None:
    """Counts made from known journeys give them back where the legs tell them apart."""
    legs = [("a", "A", "B"), ("b", "B", "C"), ("c", "A", "C")]
    hours = np.array([3.0, 3.0, 7.0])
    graph = make_leg_graph(legs, hours, hours, hours)
    ends = [("A", "C"), ("B", "C")]
    choices = pose_choices(graph, Journeys(tuple(ends)), costs=[graph.hours], count=5)
    share = split_people(choices, graph.hours, theta=0.1)
    known = np.array([300.0, 80.0])
    loads = choices.arcs.T @ (share * known[choices.journey])
    counted = np.asarray(loads)
    people, fit = estimate_people(graph, ends, counted, count=5, theta=0.1)
    assert people == pytest.approx(known)
    assert fit == pytest.approx(1.0)
    partly = np.where(graph.leg != 1, counted, np.nan)
    people, fit = estimate_people(graph, [*ends, ("C", "A")], partly, count=5, theta=0.1)
    assert (people >= 0).all()
    assert fit > 0.99
    with pytest.raises(CallError, match="no flow data"):
        estimate_people(graph, ends, np.full(6, np.nan), count=5, theta=0.1)


@pytest.mark.parametrize(("change", "message"), [
    ({"theta_per_h": 0.0}, "theta"), ({"relief": 1.0}, "relief"), ({"draws": 0}, "draws"),
    ({"relief_range": (0.5, 0.2)}, "relief"), ({"path_size": -1.0}, "path_size"),
])
def test_rules_that_make_no_sense(change: dict[str, float], message: str) -> None:
    with pytest.raises(CallError, match=message):
        replace(DisplacementRules(), **change)


def test_faults_are_named() -> None:
    graph, journeys, rate = make_two_ways((0.3, 0.1))
    none, ends = np.zeros(2), (("A", "B"),)
    with pytest.raises(CallError, match="0 to 1"):
        assess_displacement(graph, journeys, (none, np.array([2.0, 0.0])), risk=rate)
    with pytest.raises(CallError, match="each of the 2 legs"):
        assess_displacement(graph, journeys, (none, none), risk=np.ones(3))
    with pytest.raises(CallError, match="below 0"):
        assess_displacement(graph, journeys, (none, none), risk=-rate)
    with pytest.raises(CallError, match="no leg begins or ends at Z"):
        assess_displacement(graph, Journeys((("A", "Z"),)), (none, none))
    with pytest.raises(CallError, match="there is nobody"):
        assess_displacement(graph, Journeys(ends, np.zeros(1)), (none, none))
    with pytest.raises(CallError, match="hours"):
        make_leg_graph([("a", "A", "B")], np.zeros(1), np.ones(1), np.ones(1))
    with pytest.raises(CallError, match="twice"):
        make_leg_graph([("a", "A", "B")] * 2, np.ones(2), np.ones(2), np.ones(2))


def test_the_guard_on_a_study() -> None:
    """Two corridors from A to C; one point on the leg over B, one on ground nobody takes."""
    routes = pd.DataFrame({"from_place": ["A", "B", "A", "C"], "to_place": ["B", "C", "C", "D"]},
                          index=["ab", "bc", "ac", "cd"])
    segments = pd.DataFrame({
        "leg_id": ["ab", "bc", "ac", "ac", "cd"], "length_km": [10.0, 10.0, 12.0, 12.0, 5.0],
        "incidents_per_100k_person_km": [0.5, 0.5, 0.1, 0.1, 0.1]})
    people = np.column_stack([[2.0, 2.0, 1.0, 1.0, np.nan], np.zeros(5)])
    guard = pose_guard(
        routes, segments, np.full((5, 2), 4.0), people, rules=FEW,
        corridors={"one": (("ab", 1), ("bc", 1)), "two": (("ac", 1),), "end": (("cd", 1),)})
    assert guard.graph.legs == ("ab", "ac", "bc", "cd")
    assert guard.graph.hours[guard.graph.leg == 1].tolist() == [8.0, 8.0]
    assert guard.risk.tolist() == pytest.approx([0.5, 0.1, 0.5, 0.1])
    # Both ways take 8 h, so the counts of 2 and 1 a day cannot both be met: not all is explained.
    assert guard.fit is not None
    assert 0.5 < guard.fit < 1
    rows = [(at, service) for at in range(5) for service in ("water", "phone")]
    coverage = pd.DataFrame(rows, columns=["segment", "service"])
    coverage["covered"] = coverage["service"] == "phone"
    demand = coverage[~coverage["covered"]]
    reach = sparse.csr_matrix(np.array([[1, 1, 0, 0, 0], [0, 0, 0, 0, 1]], bool))
    ask = pose_asking(guard, coverage, demand, reach, wanted=["water", "phone"], rules=FEW)
    over, beyond = ask((0,)), ask((1,))
    assert (over.verdict, beyond.verdict) == ("yes", "not known")
    assert over.legs.index[over.legs["gains"]].tolist() == ["ab", "bc"]
    # A phone everywhere, water newly on the way over B.
    direct = assess_displacement(
        guard.graph, guard.journeys, (np.full(4, 0.5), np.array([1.0, 0.5, 1.0, 0.5])),
        risk=guard.risk, rules=FEW)
    assert over.legs.equals(direct.legs)
    assert over.change == direct.change
    silent = pose_guard(routes, segments, np.full((5, 2), 4.0), np.full((5, 2), np.nan),
                        rules=FEW, corridors={"one": (("ab", 1), ("bc", -1))})
    assert silent.journeys.people_per_year is None
    assert silent.fit is None


def test_the_parameters_are_the_defaults() -> None:
    rules = read_displacement_rules(Parameters.read())
    assert rules == DisplacementRules()
    assert rules.theta_range[0] < rules.theta_per_h < rules.theta_range[1]
