"""Nearest and second nearest place ahead of each segment, going either way along it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from georisk.routing import NOWHERE, find_two_nearest
from georisk.travel import BACKWARD, FORWARD, NORTHWARD, SOUTHWARD, find_entries
from layers.errors import CallError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from georisk.network import BoolArray, IntArray
    from georisk.travel import Travel
    from layers.crs import FloatArray

# In the order in which ids sort.
SORTED_DIRECTIONS = (("backward", BACKWARD), ("forward", FORWARD))


@dataclass(frozen=True, eq=False)
class Ahead:
    """Places ahead by one measure of time, arrays of shape (n_segments, 2).

    Columns as `SORTED_DIRECTIONS`. Time runs from the end where the segment is entered.

    Attributes
    ----------
    place, second : array of int
        Rows of the network's places; -1 where none can be reached. The second is another place.
    hours, second_h : array
        Infinite where none can be reached.
    distance_km : array
        Along the quickest way to the nearest; NaN where there is none.
    """

    place: IntArray
    hours: FloatArray
    distance_km: FloatArray
    second: IntArray
    second_h: FloatArray


def find_rows(travel: Travel, ids: NDArray[np.str_]) -> IntArray:
    """Rows of the network's places.

    Raises
    ------
    CallError
        If a place was not attached.
    """
    known = {name: row for row, name in enumerate(travel.network.place_ids)}
    absent = [name for name in ids if name not in known]
    if absent:
        raise CallError(
            f"places: {', '.join(absent[:5])} are not on the network; attach every place first"
        )
    return np.array([known[name] for name in ids], np.int64)


def find_ahead(worlds: Sequence[Travel], rows: IntArray, measure: str) -> Ahead:
    """Search places from every segment, both ways; of several worlds the nearest counts.

    Parameters
    ----------
    worlds : sequence of Travel
        Over the same network (`georisk.worlds.prepare_worlds`).
    rows : array of int
        Of the network's places, ascending.
    measure : str
        ``walk`` or ``mode``.
    """
    found = [_search(travel, rows, measure) for travel in worlds]
    best = found[0]
    for other in found[1:]:
        best = _merge(best, other)
    return best


def _search(travel: Travel, rows: IntArray, measure: str) -> Ahead:
    node, heading = find_entries(travel)
    none = np.full(node.shape, NOWHERE, np.int64)
    out = Ahead(none, np.full(node.shape, np.inf), np.full(node.shape, np.nan), none.copy(),
                np.full(node.shape, np.inf))
    for way in (NORTHWARD, SOUTHWARD):
        here = heading == way
        near = find_two_nearest(travel.graphs[measure, way], rows)
        at = node[here]
        for name in ("place", "hours", "distance_km", "second", "second_h"):
            getattr(out, name)[here] = getattr(near, name)[at]
    return out


def _merge(one: Ahead, two: Ahead) -> Ahead:
    """Of two searches of the same places what is nearer; the second is the nearest of the rest."""
    nearer = two.hours < one.hours
    best, rest = _choose(nearer, two, one), _choose(nearer, one, two)
    same = rest.place == best.place
    third = np.where(same, rest.second, rest.place)
    third_h = np.where(same, rest.second_h, rest.hours)
    closer = third_h < best.second_h
    return replace(best, second=np.where(closer, third, best.second),
                   second_h=np.where(closer, third_h, best.second_h))


def _choose(where: BoolArray, one: Ahead, two: Ahead) -> Ahead:
    return Ahead(
        np.where(where, one.place, two.place), np.where(where, one.hours, two.hours),
        np.where(where, one.distance_km, two.distance_km),
        np.where(where, one.second, two.second), np.where(where, one.second_h, two.second_h),
    )
