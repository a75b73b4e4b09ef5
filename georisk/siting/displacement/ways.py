"""The cheapest ways of many journeys, searched anew only where a changed cost may matter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import dijkstra

from georisk.siting.displacement.paths import find_routes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from georisk.network import IntArray
    from georisk.siting.displacement.paths import LegGraph, Route
    from layers.crs import FloatArray

    Ends = Sequence[tuple[str, str]]
    Ways = tuple[tuple[Route, ...], ...]

_SLACK_H = 1e-6


def relieve_hours(graph: LegGraph, share: FloatArray, relief: float) -> FloatArray:
    """Perceived hours of each arc, shape (n_arcs,), where a share of each leg is served."""
    return np.asarray(graph.hours * (1.0 - relief * share[graph.leg]))


def list_ways(
    graph: LegGraph, ends: Ends, *, cost: FloatArray, count: int
) -> Ways:
    """The cheapest ways of each journey, once for all (`georisk.siting.displacement.paths`).

    Parameters
    ----------
    ends : sequence of (str, str)
        Towns of the graph, origin and destination.

    Returns
    -------
    tuple of tuples of routes
        One for each journey; none where no way leads.
    """
    return tuple(find_routes(graph, *row, cost=cost, count=count)
                 for row in _list_rows(graph, ends))


def change_ways(
    graph: LegGraph, ends: Ends, ways: Ways, *,
    costs: tuple[FloatArray, FloatArray], count: int,
) -> Ways:
    """The cheapest ways after some costs have changed, searched only where that may matter.

    Where even the cheapest walk through a changed arc costs more than the last way listed, the
    ways stay what they are.

    Parameters
    ----------
    ways : tuple of tuples of routes
        Under the first of the two costs.

    Examples
    --------
    >>> from georisk.siting.displacement.paths import make_leg_graph
    >>> hours = np.array([2.0, 1.0])
    >>> graph = make_leg_graph([("x", "A", "B"), ("y", "A", "B")], hours, hours, hours)
    >>> ways = list_ways(graph, [("A", "B")], cost=graph.hours, count=1)
    >>> cost = np.where(graph.leg == 0, 0.5, graph.hours)
    >>> after = change_ways(graph, [("A", "B")], ways, costs=(graph.hours, cost), count=1)
    >>> [graph.legs[leg] for ways in (ways, after) for leg in graph.leg[list(ways[0][0])]]
    ['y', 'x']
    """
    before, after = costs
    changed = np.flatnonzero(before != after)
    if not len(changed):
        return ways
    rows, opened = _list_rows(graph, ends), bool(np.any(np.isfinite(before) != np.isfinite(after)))
    least = _bound_walks(graph, rows, after, changed)
    found = []
    for row, known, bound in zip(rows, ways, least.tolist(), strict=True):
        last = max((float(after[list(way)].sum()) for way in known), default=np.inf)
        # Fewer ways than asked for are all that there are, whatever they cost.
        few = len(known) < count
        moved = np.isfinite(bound) and (opened if few else bound <= last + _SLACK_H)
        found.append(find_routes(graph, *row, cost=after, count=count) if moved else known)
    return tuple(found)


def _list_rows(graph: LegGraph, ends: Ends) -> list[tuple[int, int]]:
    row_of = {town: row for row, town in enumerate(graph.nodes)}
    return [(row_of[origin], row_of[destination]) for origin, destination in ends]


def _bound_walks(
    graph: LegGraph, rows: list[tuple[int, int]], cost: FloatArray, arcs: IntArray
) -> FloatArray:
    """Cost of the cheapest walk through any of some arcs, for each journey."""
    size, order = len(graph.nodes), np.lexsort((cost, graph.head, graph.tail))
    order = order[np.isfinite(cost[order])]
    pair = graph.tail[order] * size + graph.head[order]
    order = order[np.r_[True, pair[1:] != pair[:-1]][: len(order)]]
    # An entry of 0 would be no way at all.
    data = np.maximum(cost[order], np.finfo(float).tiny)
    net = sparse.csr_matrix((data, (graph.tail[order], graph.head[order])), shape=(size, size))
    start, stop = np.array(rows, np.int64).reshape(-1, 2).T
    starts, stops = np.unique(start), np.unique(stop)
    there = dijkstra(net, indices=starts)[:, graph.tail[arcs]]
    back = dijkstra(sparse.csr_matrix(net.T), indices=stops)[:, graph.head[arcs]]
    walk = (there[np.searchsorted(starts, start)] + cost[arcs]
            + back[np.searchsorted(stops, stop)])
    return np.asarray(walk.min(axis=1))
