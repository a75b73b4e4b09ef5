"""Ways joined and cut at junctions: between two of them one chain of nodes, each once.

What osmnx does (`osmnx.simplify_graph`, with which the tests compare it edge by edge), by arrays
in place of a graph of Python objects: a network of some million nodes fits in memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import sparse

from layers.osm.clipping import keep_steps, span_rows

if TYPE_CHECKING:
    from layers.crs import FloatArray
    from layers.osm.clipping import BoolArray, IntArray, Runs

_PAIR = 2


class Chains(NamedTuple):
    """Chains of nodes between junctions; chain ``i`` is rows ``start[i]`` to ``start[i + 1]``.

    Attributes
    ----------
    road : array of int, shape (n_chains,)
        Row of ``Runs.roads``.
    direction : array of int, shape (n_chains,)
        1 where vehicles go only in the order of the nodes, 0 where either way.
    start : array of int, shape (n_chains + 1,)
    ref : array of int, shape (n_nodes,)
    lonlat : array of shape (n_nodes, 2)
        EPSG:4326.
    """

    road: IntArray
    direction: IntArray
    start: IntArray
    ref: IntArray
    lonlat: FloatArray


def chain_runs(runs: Runs) -> Chains:
    """Cut runs at junctions, and join what meets anywhere else.

    A junction is a node where ways end or meet, or where the kind of way or its direction
    changes. A step that several ways of a kind draw counts once. A ring that meets nothing
    stays in its steps.

    Returns
    -------
    Chains
        Sorted by first and last node. One-ways run as vehicles do, others from the lower node
        number to the higher.

    Examples
    --------
    Way 7 leads from node 1 over 2 to 3, where way 8 goes on to 4: nothing else meets there.

    >>> from layers.osm.clipping import Runs
    >>> runs = Runs(np.array([7, 8]), np.array([0, 0]), np.array([0, 0]), np.array([0, 3, 5]),
    ...     np.array([1, 2, 3, 3, 4]), np.zeros((5, 2)), ())
    >>> chain_runs(runs).ref.tolist()
    [1, 2, 3, 4]
    """
    runs = _drop_twins(runs)
    tail, run = runs.list_steps()
    bends = _find_bends(runs, tail, run)
    parts = keep_steps(runs, tail, run, cuts=~np.isin(runs.ref, bends))
    rings = _find_rings(parts, bends)
    if len(rings):
        bends = np.setdiff1d(bends, rings)
        parts = keep_steps(runs, tail, run, cuts=~np.isin(runs.ref, bends))
    return _order_chains(_join_parts(parts, bends))


def _drop_twins(runs: Runs) -> Runs:
    """Each step once, however many ways of a kind run over it."""
    tail, run = runs.list_steps()
    a, b, way = runs.ref[tail], runs.ref[tail + 1], runs.direction[run]
    turned = (way == -1) | ((way == 0) & (b < a))
    key = np.column_stack([np.where(turned, b, a), np.where(turned, a, b), runs.road[run],
                           np.abs(way)])
    order = np.lexsort(key.T)
    fresh = np.r_[True, np.any(key[order][1:] != key[order][:-1], axis=1)][: len(key)]
    kept = np.sort(order[fresh])
    return keep_steps(runs, tail[kept], run[kept])


def _find_bends(runs: Runs, tail: IntArray, run: IntArray) -> IntArray:
    """Numbers of the nodes, sorted, at which just two steps meet that go on as one."""
    sign = runs.direction[run]
    node = np.r_[runs.ref[tail], runs.ref[tail + 1]]
    other = np.r_[runs.ref[tail + 1], runs.ref[tail]]
    road, out = np.tile(runs.road[run], 2), np.r_[sign, -sign]
    order = np.argsort(node, kind="stable")
    node, other, road, out = node[order], other[order], road[order], out[order]
    first = np.flatnonzero(np.r_[True, node[1:] != node[:-1]][: len(node)])
    one = first[np.diff(np.r_[first, len(node)]) == _PAIR]
    two = one + 1
    # Either way and either way, or in and out.
    goes_on = (road[one] == road[two]) & (out[one] == -out[two]) & (other[one] != other[two])
    return np.asarray(node[one[goes_on]])


def _list_ends(parts: Runs, bends: IntArray) -> tuple[IntArray, BoolArray]:
    """Nodes at both ends of each part, and whether they are bends: shapes (n, 2)."""
    ends = np.column_stack([parts.ref[parts.start[:-1]], parts.ref[parts.start[1:] - 1]])
    return ends, np.isin(ends, bends)


def _pair_parts(parts: Runs, bends: IntArray) -> tuple[IntArray, BoolArray]:
    """For each end of a part the end that it meets at a bend, 2 * part + side, or -1."""
    ends, loose = _list_ends(parts, bends)
    flat = np.flatnonzero(loose.ravel())
    flat = flat[np.argsort(ends.ravel()[flat], kind="stable")]
    mate = np.full(ends.size, -1, np.int64)
    mate[flat[::2]], mate[flat[1::2]] = flat[1::2], flat[::2]
    return mate, loose


def _find_rings(parts: Runs, bends: IntArray) -> IntArray:
    """Nodes of rings that nothing meets."""
    mate, loose = _pair_parts(parts, bends)
    side = np.flatnonzero(mate >= 0)
    size = len(parts.way)
    pairs = (np.ones(len(side)), (side // 2, mate[side] // 2))
    _, label = sparse.csgraph.connected_components(
        sparse.coo_matrix(pairs, (size, size)), directed=False)
    closed = np.ones(size, bool)
    closed[label[~loose.all(axis=1)]] = False
    return np.unique(parts.ref[np.repeat(closed[label], np.diff(parts.start))])


def _join_parts(parts: Runs, bends: IntArray) -> Chains:
    """Parts that follow each other over bends, laid end to end."""
    mate, loose = _pair_parts(parts, bends)
    whole = np.flatnonzero(~loose.any(axis=1))
    part_of: list[int] = whole.tolist()
    turned = [False] * len(part_of)
    sizes = [1] * len(part_of)
    used = np.zeros(len(loose), bool)
    follow = mate.tolist()
    for begin in np.flatnonzero(loose.any(axis=1) & ~loose.all(axis=1)).tolist():
        if used[begin]:
            continue
        count, entry = 0, 2 * begin + int(loose[begin, 0])
        while entry >= 0:  # where this part is entered; it is left at its other end
            part_of.append(entry // 2)
            turned.append(bool(entry % 2))
            used[entry // 2] = True
            count += 1
            entry = follow[entry ^ 1]
        sizes.append(count)
    return _lay_out(parts, np.array(part_of, np.int64), np.array(turned, bool),
                    np.array(sizes, np.int64))


def _lay_out(parts: Runs, part: IntArray, turned: BoolArray, sizes: IntArray) -> Chains:
    """Chains of ``sizes`` parts each; a node at which two parts meet stands once."""
    follows = np.ones(len(part), bool)
    follows[np.cumsum(sizes) - sizes] = False
    begin, end = parts.start[part] + (follows & ~turned), parts.start[part + 1]
    count = end - begin - (follows & turned)
    rows = span_rows(begin, count, turned)
    chain = np.repeat(np.arange(len(sizes)), sizes)
    length = np.bincount(chain, weights=count, minlength=len(sizes)).astype(np.int64)
    head = np.cumsum(sizes) - sizes
    sign = np.where(turned[head], -1, 1) * parts.direction[part[head]]
    return Chains(parts.road[part[head]], sign, np.r_[0, np.cumsum(length)], parts.ref[rows],
                  parts.lonlat[rows])


def _order_chains(chains: Chains) -> Chains:
    """Turn each chain as it is told, and sort them by their ends, then by where they lie."""
    start, count = chains.start[:-1], np.diff(chains.start)
    first, last = chains.ref[start], chains.ref[chains.start[1:] - 1]
    turned = (chains.direction == -1) | ((chains.direction == 0) & (last < first))
    for row in np.flatnonzero((first == last) & (chains.direction == 0)).tolist():
        line = chains.lonlat[chains.start[row] : chains.start[row + 1]].tolist()
        turned[row] = line[::-1] < line
    low, high = np.where(turned, last, first), np.where(turned, first, last)
    order = np.lexsort((high, low))
    order = _break_ties(chains, order, low, high, turned)
    rows = span_rows(start[order], count[order], turned[order])
    return Chains(chains.road[order], np.abs(chains.direction[order]),
                  np.r_[0, np.cumsum(count[order])], chains.ref[rows], chains.lonlat[rows])


def _break_ties(
    chains: Chains, order: IntArray, low: IntArray, high: IntArray, turned: BoolArray
) -> IntArray:
    """Sort chains with the same ends by their lines, so that the file's order changes nothing."""
    same = (low[order][1:] == low[order][:-1]) & (high[order][1:] == high[order][:-1])
    order = order.copy()
    edges = np.flatnonzero(np.diff(np.r_[False, same, False].astype(int)))

    def tell(row: int) -> tuple[list[list[float]], int, int]:
        line = chains.lonlat[chains.start[row] : chains.start[row + 1]].tolist()
        return line[::-1] if turned[row] else line, int(chains.road[row]), abs(
            int(chains.direction[row]))

    for begin, end in zip(edges[::2].tolist(), (edges[1::2] + 1).tolist(), strict=True):
        order[begin:end] = sorted(order[begin:end].tolist(), key=tell)
    return order
