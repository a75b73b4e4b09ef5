"""The quickest way into a gap and out of it: from the last place before, to the next one after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import dijkstra

from georisk.routing import Graph

if TYPE_CHECKING:
    from collections.abc import Sequence

    from georisk.network import IntArray, Network
    from layers.crs import FloatArray

BESIDE = -1


@dataclass(frozen=True, eq=False)
class Tree:
    """Quickest ways between some places and every node.

    Attributes
    ----------
    graph : Graph
        Searched from the places.
    hours : array of shape (n_nodes + n_places,)
        Infinite where there is no way.
    before : array of int
        The node one step nearer to the place.
    """

    graph: Graph
    hours: FloatArray
    before: IntArray

    def list_nodes(self, node: int) -> list[int]:
        """Nodes from this one to its place, which comes last."""
        nodes = [node]
        while self.before[nodes[-1]] >= 0:
            nodes.append(int(self.before[nodes[-1]]))
        return nodes


@dataclass(frozen=True, eq=False)
class Steps:
    """A way, step by step in the order of travel.

    Attributes
    ----------
    segment : array of int
        Rows of the segments; -1 beside the legs.
    side : array of int
        0 forward along the segment, 1 backward.
    hours, km : array
        Kilometres of legs as drawn.
    """

    segment: IntArray
    side: IntArray
    hours: FloatArray
    km: FloatArray


def grow_tree(graph: Graph, places: IntArray) -> Tree:
    """Search from some places: the hours *to* the nearest of them, from every node.

    Examples
    --------
    Two places, on node 0 and on node 2 of a line 2 -> 1 -> 0 with one hour an edge.

    >>> from scipy import sparse
    >>> hours = sparse.csr_matrix(([1.0, 1, 0, 0], ([0, 1, 3, 4], [1, 2, 0, 2])), shape=(5, 5))
    >>> tree = grow_tree(Graph(hours, np.ones(4), 3), np.array([0]))
    >>> tree.hours[:3].tolist(), tree.list_nodes(2)
    ([0.0, 1.0, 2.0], [2, 1, 0, 3])
    """
    size = graph.reverse.shape[0]
    if not len(places):
        return Tree(graph, np.full(size, np.inf), np.full(size, BESIDE))
    hours, before, _ = dijkstra(graph.reverse, indices=graph.n_nodes + places, min_only=True,
                                return_predecessors=True)
    return Tree(graph, hours, before.astype(np.int64))


def turn_graph(graph: Graph) -> Graph:
    """Lay a graph out for searching *from* places onwards, not to them.

    The walk from a place to a leg takes as long as the one from the leg to the place.

    Examples
    --------
    >>> from scipy import sparse
    >>> hours = sparse.csr_matrix(([1.0, 1, 0, 0], ([0, 1, 3, 4], [1, 2, 0, 2])), shape=(5, 5))
    >>> onwards = turn_graph(Graph(hours, np.ones(4), 3))
    >>> grow_tree(onwards, np.array([1])).hours[:3].tolist()  # from the place on node 2
    [2.0, 1.0, 0.0]
    """
    size = graph.reverse.shape[0]
    row = np.repeat(np.arange(size), np.diff(graph.reverse.indptr))
    column = graph.reverse.indices.astype(np.int64)
    place = row >= graph.n_nodes
    start, end = np.where(place, row, column), np.where(place, column, row)
    order = np.lexsort((end, start))
    pointer = np.zeros(size + 1, np.int64)
    np.cumsum(np.bincount(start, minlength=size), out=pointer[1:])
    data = graph.reverse.data[order]
    turned = sparse.csr_matrix((data, end[order], pointer), shape=(size, size))
    return Graph(turned, graph.length_km[order], graph.n_nodes)


@dataclass(frozen=True, eq=False)
class Pieces:
    """Edges of the legs, to be found by their two nodes.

    Attributes
    ----------
    key : array of int
        Sorted; ``tail * size + head``, both ways.
    size : int
    segment, side : array of int
    length_km : array
        As drawn.
    """

    key: IntArray
    size: int
    segment: IntArray
    side: IntArray
    length_km: FloatArray


def index_pieces(network: Network) -> Pieces:
    """Index the edges of a network's legs; of parallel ones the shortest."""
    size = len(network.lon) + len(network.place_ids)
    key = np.r_[network.tail * size + network.head, network.head * size + network.tail]
    side = np.repeat([0, 1], len(network.tail))
    segment, km = np.tile(network.segment, 2), np.tile(network.length_km, 2)
    order = np.lexsort((segment, km, key))
    kept = order[np.r_[True, key[order][1:] != key[order][:-1]]]
    return Pieces(key[kept], size, segment[kept], side[kept], km[kept])


def follow_to(tree: Tree, node: int, pieces: Pieces) -> Steps:
    """Steps from a node to its place."""
    nodes = np.array(tree.list_nodes(node), np.int64)
    return _describe(tree, pieces, nodes[1:], nodes[:-1], (nodes[:-1], nodes[1:]))


def follow_from(tree: Tree, node: int, pieces: Pieces) -> Steps:
    """Steps from its place to a node, of a tree grown on a turned graph."""
    nodes = np.array(tree.list_nodes(node), np.int64)[::-1]
    return _describe(tree, pieces, nodes[:-1], nodes[1:], (nodes[:-1], nodes[1:]))


def _describe(
    tree: Tree, pieces: Pieces, near: IntArray, far: IntArray, way: tuple[IntArray, IntArray]
) -> Steps:
    """Steps of a way, each between a node nearer to the place and one farther from it."""
    key = way[0] * pieces.size + way[1]
    row = np.minimum(np.searchsorted(pieces.key, key), len(pieces.key) - 1)
    known = pieces.key[row] == key
    km = pieces.length_km[row]
    km[~known] = _look_up_km(tree.graph, near[~known], far[~known])
    return Steps(np.where(known, pieces.segment[row], BESIDE),
                 np.where(known, pieces.side[row], 0), tree.hours[far] - tree.hours[near], km)


def _look_up_km(graph: Graph, row: IntArray, column: IntArray) -> FloatArray:
    """Length of entries of the matrix: edges beside the legs, few on any way."""
    pointer, indices = graph.reverse.indptr, graph.reverse.indices
    return np.array([graph.length_km[pointer[r] + np.searchsorted(indices[pointer[r]:
                     pointer[r + 1]], c)] for r, c in zip(row, column, strict=True)], float)


def join_steps(parts: Sequence[Steps]) -> Steps:
    """One way after the other."""
    return Steps(*(np.concatenate([getattr(part, name) for part in parts])
                   for name in ("segment", "side", "hours", "km")))
