"""The ways that people may take: legs between towns as arcs, and the cheapest loopless routes."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from layers.errors import CallError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from georisk.network import IntArray
    from layers.crs import FloatArray

    Route = tuple[int, ...]

_DIGITS = 9


@dataclass(frozen=True, eq=False)
class LegGraph:
    """Legs as arcs, one per direction of travel.

    Attributes
    ----------
    nodes : tuple of str
        Towns, sorted.
    legs : tuple of str
        Sorted.
    tail, head : array of int, shape (n_arcs,)
        Rows of ``nodes``. Two legs between the same towns are two arcs.
    leg : array of int, shape (n_arcs,)
        Rows of ``legs``.
    hours : array of shape (n_arcs,)
        Over the whole arc, rests and waits included; infinite where nobody gets through.
    length_km : array of shape (n_arcs,)
    """

    nodes: tuple[str, ...]
    legs: tuple[str, ...]
    tail: IntArray
    head: IntArray
    leg: IntArray
    hours: FloatArray
    length_km: FloatArray

    @property
    def n_arcs(self) -> int:
        """Directed arcs."""
        return len(self.tail)


def make_leg_graph(
    legs: Sequence[tuple[str, str, str]],
    hours_forward: FloatArray,
    hours_backward: FloatArray,
    length_km: FloatArray,
) -> LegGraph:
    """Make arcs of legs, two of each; where the hours one way are infinite the arc is left out.

    Parameters
    ----------
    legs : sequence of (leg id, from town, to town)
    hours_forward, hours_backward : array of shape (n_legs,)
        More than 0.
    length_km : array of shape (n_legs,)
        0 or more.

    Raises
    ------
    CallError
        If an hour or a length is missing or too small, or a leg is listed twice.

    Examples
    --------
    >>> graph = make_leg_graph([("x", "A", "B")], np.array([5.0]), np.array([np.inf]),
    ...                        np.array([20.0]))
    >>> graph.nodes, graph.tail.tolist(), graph.head.tolist()
    (('A', 'B'), [0], [1])
    """
    names = [name for name, _, _ in legs]
    if len(set(names)) < len(names):
        raise CallError("site: displacement: a leg is listed twice; give each leg one id")
    _check_legs(hours_forward, hours_backward, length_km)
    order = sorted(range(len(legs)), key=lambda at: names[at])
    nodes = tuple(sorted({town for _, *ends in legs for town in ends}))
    row_of = {town: row for row, town in enumerate(nodes)}
    rows = [
        (row_of[legs[at][1 + back]], row_of[legs[at][2 - back]], row, hours[at], length_km[at])
        for row, at in enumerate(order)
        for back, hours in ((0, hours_forward), (1, hours_backward))
        if np.isfinite(hours[at])
    ]
    table = np.array(rows, float).reshape(-1, 5)
    tail, head, leg = (table[:, at].astype(np.int64) for at in range(3))
    return LegGraph(nodes, tuple(sorted(names)), tail, head, leg, table[:, 3], table[:, 4])


def _check_legs(forward: FloatArray, backward: FloatArray, length_km: FloatArray) -> None:
    hours = np.r_[np.asarray(forward, float), np.asarray(backward, float)]
    if np.isnan(hours).any() or (hours <= 0).any():
        raise CallError("site: displacement: the hours of a leg are missing or not above 0")
    length = np.asarray(length_km, float)
    if not np.isfinite(length).all() or (length < 0).any():
        raise CallError("site: displacement: the length of a leg is missing or below 0")


def find_routes(
    graph: LegGraph, origin: int, destination: int, *, cost: FloatArray, count: int
) -> tuple[Route, ...]:
    """The cheapest routes that pass no town twice.

    Parameters
    ----------
    origin, destination : int
        Rows of ``graph.nodes``.
    cost : array of shape (n_arcs,)
        0 or more; an infinite arc is never taken.
    count : int
        At most so many.

    Returns
    -------
    tuple of tuple of int
        Arcs in the order they are travelled, cheapest first; of routes that cost the same to
        nine digits the one with the smaller arcs. None where the towns are not joined, or are
        the same.

    References
    ----------
    Yen 1971, Finding the k shortest loopless paths in a network.

    Examples
    --------
    >>> graph = make_leg_graph([("x", "A", "B"), ("y", "A", "B"), ("z", "B", "C")],
    ...     np.array([5.0, 6, 1]), np.array([5.0, 6, 1]), np.ones(3))
    >>> routes = find_routes(graph, 0, 2, cost=graph.hours, count=5)
    >>> [[graph.legs[leg] for leg in graph.leg[list(route)]] for route in routes]
    [['x', 'z'], ['y', 'z']]
    """
    if origin == destination or count < 1:
        return ()
    way = _list_leaving(graph, cost)
    first = _find_cheapest(way, (origin, destination), (set(), set()))
    if first is None:
        return ()
    found, seen, branched = [first], {first}, 0
    waiting: list[tuple[float, Route, int]] = []
    while len(found) < count:
        for at, route in _branch(way, found, (origin, destination), branched):
            if route not in seen:
                seen.add(route)
                heapq.heappush(waiting, (_add_up(cost, route), route, at))
        if not waiting:
            break
        _, route, branched = heapq.heappop(waiting)
        found.append(route)
    return tuple(found)


class _Leaving(NamedTuple):
    """Arcs that leave each town, with the town and the cost that each leads to."""

    arcs: list[list[tuple[int, int, float]]]
    head: list[int]


def _list_leaving(graph: LegGraph, cost: FloatArray) -> _Leaving:
    leaving: list[list[tuple[int, int, float]]] = [[] for _ in graph.nodes]
    tail, head, price = graph.tail.tolist(), graph.head.tolist(), np.asarray(cost).tolist()
    for arc in np.flatnonzero(np.isfinite(cost)).tolist():
        leaving[tail[arc]].append((arc, head[arc], price[arc]))
    return _Leaving(leaving, head)


def _add_up(cost: FloatArray, route: Collection[int]) -> float:
    return round(float(np.sort(cost[list(route)]).sum()), _DIGITS)


def _branch(
    way: _Leaving, found: list[Route], ends: tuple[int, int], first: int
) -> list[tuple[int, Route]]:
    """Cheapest departures from the last route found, one per town along it, and where they leave.

    Before the town at which the route itself left another one, that one has tried them all.

    References
    ----------
    Lawler 1972, A procedure for computing the k best solutions to discrete optimization problems.
    """
    last, routes = found[-1], []
    towns = [ends[0], *(way.head[arc] for arc in last)]
    for at in range(first, len(last)):
        root = last[:at]
        barred = {route[at] for route in found if route[:at] == root and len(route) > at}
        spur = _find_cheapest(way, (towns[at], ends[1]), (barred, set(towns[:at])))
        if spur is not None:
            routes.append((at, root + spur))
    return routes


def _find_cheapest(
    way: _Leaving, ends: tuple[int, int], barred: tuple[set[int], set[int]]
) -> Route | None:
    """Cheapest route that takes no barred arc and passes no barred town."""
    waiting: list[tuple[float, Route, int]] = [(0.0, (), ends[0])]
    done = set(barred[1])
    while waiting:
        spent, route, town = heapq.heappop(waiting)
        if town == ends[1]:
            return route
        if town in done:
            continue
        done.add(town)
        for arc, head, cost in way.arcs[town]:
            if arc not in barred[0] and head not in done:
                heapq.heappush(waiting, (round(spent + cost, _DIGITS), (*route, arc), head))
    return None
