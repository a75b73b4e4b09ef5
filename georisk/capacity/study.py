"""Capacity of one service over the segments of a study: times, allocation, catchments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from georisk.capacity.allocation import BothWays, allocate_both_ways
from georisk.capacity.catchments import share_catchments, weigh_gaussian
from georisk.capacity.reach import TOLERANCE_H, Reach, join_pairs
from georisk.routing import NOWHERE, find_two_nearest, time_places
from georisk.travel import NORTHWARD, SOUTHWARD, find_entries

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from georisk.network import IntArray
    from georisk.travel import Travel
    from layers.crs import FloatArray

# Times to so many places are held at once: memory does not grow with their number.
_AT_ONCE = 32


@dataclass(frozen=True, eq=False)
class _Pairs:
    demand: IntArray
    place: IntArray
    hours: FloatArray


@dataclass(frozen=True, eq=False)
class ServiceTimes:
    """How places of one service lie to segments, flattened: segment by segment, both directions.

    Attributes
    ----------
    reach : Reach
        Pairs within the threshold; demands are rows of ``segments x SORTED_DIRECTIONS``.
    nearest : array of int, shape (2 * n_segments,)
        Row of the nearest place ahead, within the threshold or not; -1 where none can be reached.
    """

    reach: Reach
    nearest: IntArray


@dataclass(frozen=True, eq=False)
class ServiceCapacity:
    """What was allocated, and how thinly what there is would be spread.

    Attributes
    ----------
    needed : array of shape (2 * n_segments,)
        NaN where nobody counted.
    both : BothWays
        Where nobody counted, 0 was needed.
    access : array of shape (2 * n_segments,)
        Units per unit needed, balanced; NaN where nothing is needed or known.
    """

    times: ServiceTimes
    needed: FloatArray
    both: BothWays
    access: FloatArray


def time_service(
    worlds: Sequence[Travel], ids: NDArray[np.str_], *, measure: str, threshold_h: ArrayLike,
    demand_ids: NDArray[np.generic],
) -> ServiceTimes:
    """Time every segment, entered from either end, to the places of one service.

    Parameters
    ----------
    worlds : sequence of Travel
        One or two over the same network (`georisk.worlds.prepare_worlds`); the quicker
        counts.
    ids : array of str
        Places, sorted; on the network.
    measure : str
        ``walk`` or ``mode``.
    threshold_h : float, or array of shape (2 * n_segments,)
        Of water in a month it differs from segment to segment.
    demand_ids : array of shape (2 * n_segments,)
    """
    known = {name: row for row, name in enumerate(worlds[0].network.place_ids)}
    rows = np.array([known[name] for name in ids], np.int64)
    count = 2 * len(worlds[0].network.segment_node)
    limit_h = np.broadcast_to(np.asarray(threshold_h, float), count)
    parts = [
        part
        for travel in worlds for start in range(0, len(rows), _AT_ONCE)
        for part in _list_pairs(travel, rows[start : start + _AT_ONCE], start,
                                (measure, limit_h))
    ]
    pairs = _join(parts)
    reach = join_pairs(pairs.demand, pairs.place, pairs.hours, demand_ids=demand_ids,
                       place_ids=ids)
    position = np.full(len(known) + 1, NOWHERE, np.int64)
    position[rows] = np.arange(len(rows))
    return ServiceTimes(reach, position[_find_nearest(worlds, rows, count, measure)])


def _list_pairs(
    travel: Travel, rows: IntArray, first: int, rule: tuple[str, FloatArray]
) -> list[_Pairs]:
    """Pairs within the threshold for a few places, their rows counted from ``first``."""
    measure, threshold_h = rule
    limit_h = float(threshold_h.max(initial=0.0))
    node, heading = (array.ravel() for array in find_entries(travel))
    parts = []
    for way in (NORTHWARD, SOUTHWARD):
        here = np.flatnonzero(heading == way)
        hours = time_places(travel.graphs[measure, way], rows, limit_h=limit_h)[:, node[here]]
        place, demand = np.nonzero(hours <= threshold_h[here] + TOLERANCE_H)
        parts.append(_Pairs(here[demand], first + place, hours[place, demand]))
    return parts


def _join(parts: Sequence[_Pairs]) -> _Pairs:
    none = _Pairs(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))
    every = [none, *parts]
    return _Pairs(np.concatenate([part.demand for part in every]),
                  np.concatenate([part.place for part in every]),
                  np.concatenate([part.hours for part in every]))


def _find_nearest(
    worlds: Sequence[Travel], rows: IntArray, count: int, measure: str
) -> IntArray:
    """Row of the network's place nearest to each demand; -1 where there is none."""
    nearest, nearest_h = np.full(count, NOWHERE, np.int64), np.full(count, np.inf)
    for travel in worlds:
        node, heading = (array.ravel() for array in find_entries(travel))
        for way in (NORTHWARD, SOUTHWARD):
            near = find_two_nearest(travel.graphs[measure, way], rows)
            here = np.flatnonzero(heading == way)
            closer = here[near.hours[node[here]] < nearest_h[here]]
            nearest[closer] = near.place[node[closer]]
            nearest_h[closer] = near.hours[node[closer]]
    return nearest


def judge_capacity(
    times: ServiceTimes, needed: FloatArray, room: FloatArray, *, sigma_h: float
) -> ServiceCapacity:
    """Allocate what is needed, and spread what there is over balanced catchments.

    Parameters
    ----------
    needed : array of shape (2 * n_segments,)
        NaN where nobody counted: nothing is allocated there.
    room : array of shape (n_places,)
        NaN where unknown: 0 and without limit in turn; 0 for catchments.
    sigma_h : float
        Width of the bell of `weigh_gaussian`.
    """
    counted = np.nan_to_num(needed, nan=0.0)
    both = allocate_both_ways(counted, room, times.reach)
    spread = share_catchments(counted, np.nan_to_num(room, nan=0.0), times.reach,
                              weight=weigh_gaussian(times.reach.hours, sigma_h))
    access = np.where(counted > 0, spread.access, np.nan)
    return ServiceCapacity(times, needed, both, access)
