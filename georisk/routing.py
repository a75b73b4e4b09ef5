"""Shortest times to places on a directed graph, exact and by arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import dijkstra

if TYPE_CHECKING:
    from georisk.network import IntArray, Network
    from layers.crs import FloatArray

NOWHERE = -1
# Each place is farther than the one before it by this much, so that of two places equally far
# the smaller id wins; taken off again before a time is returned.
_TIE_H = 1e-11
_DECIMALS = 9


@dataclass(frozen=True, eq=False)
class Graph:
    """Edges turned round, so that searching from places finds the time *to* them.

    Attributes
    ----------
    reverse : csr_matrix of shape (n_nodes + n_places, n_nodes + n_places)
        Hours; entry (u, v) is the way from v to u. Places come after the nodes.
    length_km : array
        Length of each stored entry, in the order of ``reverse.data``.
    n_nodes : int
    """

    reverse: sparse.csr_matrix
    length_km: FloatArray
    n_nodes: int


@dataclass(frozen=True, eq=False)
class Nearest:
    """For each node: the nearest and the second nearest place, arrays of shape (n_nodes,).

    Attributes
    ----------
    place, second : array of int
        Rows of ``place_ids``; -1 where none can be reached.
    hours, second_h : array
        Infinite where none can be reached.
    distance_km : array
        Along the quickest way to the nearest place; NaN where there is none.
    """

    place: IntArray
    hours: FloatArray
    distance_km: FloatArray
    second: IntArray
    second_h: FloatArray


def build_graph(
    network: Network,
    hours: FloatArray,
    *,
    along: IntArray,
    measure: str,
    access_speed_kmh: FloatArray | float,
    ways_h: FloatArray | None = None,
) -> Graph:
    """Lay out the edges that people going one way can take.

    Parameters
    ----------
    network : Network
    hours : array of shape (n_edges, 2)
        As drawn, and against it; infinite where there is no way.
    along : array of int, shape (n_edges,)
        +1 where they travel an edge as drawn, -1 where against it.
    measure : str
        ``walk`` or ``mode``: which joins to places may be used.
    access_speed_kmh : float or array of shape (n_nodes,)
        Between a leg and a place, on level open ground.
    ways_h : array of shape (n_pieces, 2), optional
        Hours on ways, as drawn and against it. Ways are travelled in both directions, whichever
        way people are heading: who turns aside may also turn back.
    """
    with_line = along > 0
    tail = np.where(with_line, network.tail, network.head)
    head = np.where(with_line, network.head, network.tail)
    edge_h = np.where(with_line, hours[:, 0], hours[:, 1])
    km = network.length_km
    count = len(network.lon)
    parts = [(tail, head, edge_h, km)]
    access_kmh = np.broadcast_to(np.asarray(access_speed_kmh, float), count)
    if ways_h is not None:
        parts += _list_ways(network, ways_h, measure, access_kmh)
    if network.access is not None:
        access = network.access
        used = access.on_foot if measure == "walk" else access.by_mode
        place = access.place[used]
        access_h = access.effort_km[used] / access_kmh[access.node[used]] + place * _TIE_H
        parts.append((access.node[used], count + place, access_h, access.distance_km[used]))
    tail, head, edge_h, km = (np.concatenate(column) for column in zip(*parts, strict=True))
    size = count + len(network.place_ids)
    reverse, kept = _keep_quickest(head, tail, edge_h, size)
    return Graph(reverse, km[kept], count)


def _list_ways(
    network: Network, ways_h: FloatArray, measure: str, access_kmh: FloatArray
) -> list[tuple[IntArray, IntArray, FloatArray, FloatArray]]:
    """Edges of ways and of their joins to legs, in both directions: tail, head, hours, km."""
    ways, joins = network.ways, network.joins
    if ways is None or joins is None:
        return []
    used = joins.on_foot if measure == "walk" else joins.by_mode
    node, way_node, km = joins.node[used], joins.way_node[used], joins.distance_km[used]
    join_h = km / access_kmh[node]
    return [
        (ways.tail, ways.head, ways_h[:, 0], ways.length_km),
        (ways.head, ways.tail, ways_h[:, 1], ways.length_km),
        (node, way_node, join_h, km), (way_node, node, join_h, km),
    ]


def _keep_quickest(
    row: IntArray, column: IntArray, hours: FloatArray, size: int
) -> tuple[sparse.csr_matrix, IntArray]:
    """Sparse matrix with the least of parallel edges: a plain conversion would add them up."""
    kept = np.flatnonzero(np.isfinite(hours) & (row != column))
    kept = kept[_group(column[kept], size)]
    kept = kept[_group(row[kept], size)]
    r, c = row[kept], column[kept]
    same = np.flatnonzero((r[1:] == r[:-1]) & (c[1:] == c[:-1]))
    if len(same):
        # Parallel edges are few: only they are sorted by their time.
        rows = np.unique(np.r_[same, same + 1])
        kept[rows] = kept[rows][np.lexsort((hours[kept[rows]], c[rows], r[rows]))]
        first = np.ones(len(kept), bool)
        first[same + 1] = False
        kept = kept[first]
    pointer = np.zeros(size + 1, np.int64)
    np.cumsum(np.bincount(row[kept], minlength=size), out=pointer[1:])
    matrix = sparse.csr_matrix((hours[kept], column[kept], pointer), shape=(size, size))
    return matrix, kept


def _group(values: IntArray, size: int) -> IntArray:
    """Order that sorts whole numbers below ``size``, equal ones as they stood, in linear time.

    A matrix with one entry in each column is turned to rows: scipy counts, it does not compare.
    """
    count = len(values)
    ones = (np.ones(count, np.int8), values, np.arange(count + 1))
    return np.asarray(sparse.csc_matrix(ones, shape=(size, count)).tocsr().indices)


def find_two_nearest(graph: Graph, places: IntArray) -> Nearest:
    """Nearest and second nearest of some places, from every node.

    The second is another place than the first. It is found by a second search inside the areas
    that share a nearest place, started where ways come in from the neighbouring areas.

    Parameters
    ----------
    graph : Graph
    places : array of int
        Rows of ``place_ids``, ascending. Of places equally far the first wins.

    References
    ----------
    Okabe & Sugihara 2012, Spatial Analysis along Networks (network Voronoi diagrams).

    Examples
    --------
    Two places, on node 0 and on node 2 of a line 2 -> 1 -> 0 with one hour an edge.

    >>> import numpy as np
    >>> from scipy import sparse
    >>> hours = sparse.csr_matrix(([1.0, 1, 0, 0], ([0, 1, 3, 4], [1, 2, 0, 2])), shape=(5, 5))
    >>> near = find_two_nearest(Graph(hours, np.ones(4), 3), np.array([0, 1]))
    >>> near.place.tolist(), near.hours.tolist(), near.second.tolist(), near.second_h.tolist()
    ([0, 0, 1], [0.0, 1.0, 0.0], [-1, -1, 0], [inf, inf, 2.0])
    """
    n = graph.n_nodes
    if not len(places):
        none = np.full(n, NOWHERE, np.int64)
        far = np.full(n, np.inf)
        return Nearest(none, far, np.full(n, np.nan), none, far)
    hours, before, source = dijkstra(
        graph.reverse, indices=n + places, min_only=True, return_predecessors=True
    )
    label = np.where(source >= 0, source - n, NOWHERE).astype(np.int64)
    second_h, second = _find_second(graph, hours, label)
    km = _add_up_km(graph, before)
    km = np.where(label >= 0, km, np.nan)
    return Nearest(
        label[:n], _take_off(hours, label)[:n], np.round(km[:n], _DECIMALS),
        second[:n], _take_off(second_h, second)[:n],
    )


def find_nearest(graph: Graph, places: IntArray) -> FloatArray:
    """Hours from every node to the nearest of some places, shape (n_nodes,), and no more.

    Infinite where none can be reached. Answers as `find_two_nearest` does, in less time.
    """
    if not len(places):
        return np.full(graph.n_nodes, np.inf)
    hours, _, source = dijkstra(
        graph.reverse, indices=graph.n_nodes + places, min_only=True, return_predecessors=True
    )
    label = np.where(source >= 0, source - graph.n_nodes, NOWHERE).astype(np.int64)
    return _take_off(hours, label)[: graph.n_nodes]


def _take_off(hours: FloatArray, label: IntArray) -> FloatArray:
    return np.round(hours - np.maximum(label, 0) * _TIE_H, _DECIMALS) + 0.0


def _find_second(
    graph: Graph, hours: FloatArray, label: IntArray
) -> tuple[FloatArray, IntArray]:
    """Time to, and row of, the nearest place other than the one in ``label``."""
    size = graph.reverse.shape[0]
    row = np.repeat(np.arange(size), np.diff(graph.reverse.indptr))
    column, step_h = graph.reverse.indices.astype(np.int64), graph.reverse.data
    known = (label[row] >= 0) & (label[column] >= 0)
    across = known & (label[row] != label[column])
    seed_h = hours[row[across]] + step_h[across]
    seed_node, seed_label = column[across], label[row[across]]
    order = np.lexsort((seed_label, seed_h, seed_node))
    order = order[np.r_[True, seed_node[order][1:] != seed_node[order][:-1]][: len(order)]]
    inside = known & ~across
    tail = np.r_[row[inside], np.full(len(order), size)]
    head = np.r_[column[inside], seed_node[order]]
    matrix, _ = _keep_quickest(tail, head, np.r_[step_h[inside], seed_h[order]], size + 1)
    second_h, before = dijkstra(matrix, indices=size, return_predecessors=True)
    start = np.full(size + 1, NOWHERE, np.int64)
    start[seed_node[order]] = seed_label[order]
    rooted = np.where(before == size, NOWHERE, before)
    return second_h[:size], start[_find_roots(rooted)][:size]


def _find_roots(before: IntArray) -> IntArray:
    """Root of each node's tree; nodes without a predecessor are their own."""
    jump = np.where(before >= 0, before, np.arange(len(before)))
    while True:
        further = jump[jump]
        if np.array_equal(further, jump):
            return jump
        jump = further


def _add_up_km(graph: Graph, before: IntArray) -> FloatArray:
    """Length of each node's way to its source, by doubling steps towards the root."""
    size = graph.reverse.shape[0]
    row = np.repeat(np.arange(size), np.diff(graph.reverse.indptr))
    moved = np.flatnonzero(before >= 0)
    edge_key = row * size + graph.reverse.indices
    position = np.searchsorted(edge_key, before[moved].astype(np.int64) * size + moved)
    km = np.zeros(size)
    km[moved] = graph.length_km[position]
    jump = np.where(before >= 0, before, np.arange(size))
    while np.any(jump != jump[jump]):
        km = km + km[jump]
        jump = jump[jump]
    return km


def time_places(
    graph: Graph, places: IntArray, *, limit_h: float, nodes: IntArray | None = None
) -> FloatArray:
    """Hours from every node, or from some, to each of some places, shape (n_places, n_nodes).

    Infinite beyond ``limit_h``.
    """
    asked = np.arange(graph.n_nodes) if nodes is None else nodes
    if not len(places):
        return np.empty((0, len(asked)))
    hours = dijkstra(graph.reverse, indices=graph.n_nodes + places, limit=limit_h + 1e-6)
    hours = np.take(np.atleast_2d(hours), asked, axis=1)
    hours -= places[:, None] * _TIE_H
    return np.asarray(np.round(hours, _DECIMALS, out=hours))
