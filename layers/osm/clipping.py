"""Ways as runs of nodes in flat arrays, and what of them lies in an area."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely import MultiPolygon, Polygon

    from layers.crs import FloatArray
    from layers.osm.roads import Road

    IntArray = NDArray[np.int64]
    BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Runs:
    """Runs of nodes along ways; run ``i`` is rows ``start[i]`` to ``start[i + 1]`` of the nodes.

    Attributes
    ----------
    way, road, direction : array of int, shape (n_runs,)
        Number of the way, row of ``roads``, and 1 where vehicles go only as drawn, -1 only
        against it, 0 either way. Sorted by way; of a way that was cut there may be several runs.
    start : array of int, shape (n_runs + 1,)
    ref : array of int, shape (n_nodes,)
    lonlat : array of shape (n_nodes, 2)
        EPSG:4326.
    roads : tuple of Road
        Each distinct kind of way once.
    cut, holed : int
        Ways that go on beyond the area; ways of which the file lacks nodes.
    """

    way: IntArray
    road: IntArray
    direction: IntArray
    start: IntArray
    ref: IntArray
    lonlat: FloatArray
    roads: tuple[Road, ...]
    cut: int = 0
    holed: int = 0

    def list_steps(self) -> tuple[IntArray, IntArray]:
        """Rows of the node at which each step begins, and the run that it is of."""
        run = np.repeat(np.arange(len(self.way)), np.diff(self.start))
        tail = np.flatnonzero(run[1:] == run[:-1])
        return tail, run[tail]

    def draw_lines(self) -> NDArray[np.object_]:
        """Each run as a line, EPSG:4326."""
        return np.asarray(shapely.linestrings(
            self.lonlat, indices=np.repeat(np.arange(len(self.way)), np.diff(self.start))))


def clip_runs(runs: Runs, area: Polygon | MultiPolygon | None) -> Runs:
    """Keep the steps between two nodes that touch an area; ways are cut at nodes, never between.

    What comes out lies in the area but for the last step at each end.

    Examples
    --------
    >>> one = np.array([0])
    >>> runs = Runs(np.array([7]), one, one, np.array([0, 4]), np.array([1, 2, 3, 4]),
    ...     np.array([[0.0, 0.0], [1.0, 0.0], [2.0, 0.0], [3.0, 0.0]]), ())
    >>> clipped = clip_runs(runs, shapely.box(0.5, -1, 1.5, 1))
    >>> clipped.ref.tolist(), clipped.cut
    ([1, 2, 3], 1)
    """
    if area is None or not len(runs.way):
        return runs
    tail, run = runs.list_steps()
    shapely.prepare(area)
    pairs = np.stack([runs.lonlat[tail], runs.lonlat[tail + 1]], axis=1)
    kept = np.asarray(shapely.intersects(area, shapely.linestrings(pairs)))
    cut = len(np.intersect1d(runs.way[run[~kept]], runs.way[run[kept]]))
    return replace(keep_steps(runs, tail[kept], run[kept]), cut=cut)


def keep_steps(
    runs: Runs, tail: IntArray, run: IntArray, *, cuts: BoolArray | None = None
) -> Runs:
    """Runs of some steps only: steps that follow each other in a run stay together.

    Parameters
    ----------
    runs : Runs
    tail, run : array of int
        As `Runs.list_steps`, in that order.
    cuts : array of bool, shape (n_nodes,), optional
        Rows of ``runs`` at which a run is cut in two.
    """
    apart = np.r_[True, (tail[1:] != tail[:-1] + 1) | (run[1:] != run[:-1])][: len(tail)]
    if cuts is not None:
        apart |= cuts[tail]
    first = np.flatnonzero(apart)
    steps = np.diff(np.r_[first, len(tail)])
    rows = np.insert(tail + 1, first, tail[first])
    of = run[first]
    return replace(runs, way=runs.way[of], road=runs.road[of], direction=runs.direction[of],
                   start=np.r_[0, np.cumsum(steps + 1)], ref=runs.ref[rows],
                   lonlat=runs.lonlat[rows])


def sort_runs(runs: Runs) -> Runs:
    """Runs in the order of their ways, and kinds of way in theirs, however the file has them."""
    kinds = sorted(range(len(runs.roads)), key=lambda row: repr(runs.roads[row]))
    rank = np.argsort(np.array(kinds, np.int64))
    order = np.argsort(runs.way, kind="stable")
    count = np.diff(runs.start)[order]
    rows = span_rows(runs.start[:-1][order], count)
    return replace(
        runs, way=runs.way[order], road=rank[runs.road[order]], direction=runs.direction[order],
        start=np.r_[0, np.cumsum(count)], ref=runs.ref[rows], lonlat=runs.lonlat[rows],
        roads=tuple(runs.roads[row] for row in kinds),
    )


def span_rows(begin: IntArray, count: IntArray, turned: BoolArray | None = None) -> IntArray:
    """Rows ``begin`` to ``begin + count`` of each, backwards where turned, one after another.

    Examples
    --------
    >>> span_rows(np.array([0, 5]), np.array([2, 3]), np.array([False, True])).tolist()
    [0, 1, 7, 6, 5]
    """
    within = np.arange(int(count.sum())) - np.repeat(np.cumsum(count) - count, count)
    forward = np.repeat(begin, count) + within
    if turned is None:
        return forward
    backward = np.repeat(begin + count - 1, count) - within
    return np.where(np.repeat(turned, count), backward, forward)
