"""Who can reach which place: hours within a threshold, one entry a pair."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from georisk.network import IntArray
    from layers.crs import FloatArray

TOLERANCE_H = 1e-9


@dataclass(frozen=True, eq=False)
class Reach:
    """Pairs of a demand and a place that lie within the threshold.

    Attributes
    ----------
    demand, place : array of int, shape (n_pairs,)
        Rows of ``demand_ids`` and ``place_ids``; sorted by demand, then place.
    hours : array of shape (n_pairs,)
        From the demand to the place, in the direction in which the demand travels.
    demand_ids, place_ids : array
        Ids; whatever has to be decided between equals is decided by their rank.
    """

    demand: IntArray
    place: IntArray
    hours: FloatArray
    demand_ids: NDArray[np.generic]
    place_ids: NDArray[np.generic]


def keep_within(
    hours: FloatArray,
    threshold_h: float,
    *,
    demand_ids: NDArray[np.generic],
    place_ids: NDArray[np.generic],
) -> Reach:
    """Keep the pairs within a threshold; exactly at it counts.

    Parameters
    ----------
    hours : array of shape (n_demands, n_places)
        Infinite where there is no way.
    threshold_h : float
        Hours.
    demand_ids, place_ids : array
        Ids, each once.

    Raises
    ------
    ValueError
        If hours are negative or NaN, an id stands twice, or the shapes differ.

    Examples
    --------
    >>> hours = np.array([[1.0, 8.0], [8.1, np.inf]])
    >>> reach = keep_within(hours, 8.0, demand_ids=np.array(["a", "b"]),
    ...                     place_ids=np.array(["x", "y"]))
    >>> reach.demand.tolist(), reach.place.tolist()
    ([0, 0], [0, 1])
    """
    hours = np.asarray(hours, np.float64)
    if hours.shape != (len(demand_ids), len(place_ids)):
        raise ValueError(f"hours: shape {hours.shape} is not that of {len(demand_ids)} demands "
                         f"and {len(place_ids)} places")
    demand, place = np.nonzero(hours <= threshold_h + TOLERANCE_H)
    if np.isnan(hours).any() or np.any(hours < 0):
        raise ValueError("hours: some are negative or not a number: give inf where there is no way")
    return join_pairs(demand, place, hours[demand, place],
                      demand_ids=demand_ids, place_ids=place_ids)


def join_pairs(
    demand: IntArray,
    place: IntArray,
    hours: FloatArray,
    *,
    demand_ids: NDArray[np.generic],
    place_ids: NDArray[np.generic],
) -> Reach:
    """Reach from pairs in any order; of a pair that stands twice the quicker way counts.

    Raises
    ------
    ValueError
        If hours are negative or not finite, a row is unknown, or an id stands twice.
    """
    demand, place = np.asarray(demand, np.int64), np.asarray(place, np.int64)
    hours = np.asarray(hours, np.float64)
    _check_pairs(demand, place, hours, (len(demand_ids), len(place_ids)))
    for name, ids in (("demand_ids", demand_ids), ("place_ids", place_ids)):
        if len(np.unique(ids)) != len(ids):
            raise ValueError(f"{name}: an id stands twice")
    order = np.lexsort((hours, place, demand))
    demand, place, hours = demand[order], place[order], hours[order]
    twice = (demand[1:] == demand[:-1]) & (place[1:] == place[:-1])
    kept = np.r_[True, ~twice][: len(order)]
    return Reach(demand[kept], place[kept], hours[kept], np.asarray(demand_ids),
                 np.asarray(place_ids))


def _check_pairs(
    demand: IntArray, place: IntArray, hours: FloatArray, shape: tuple[int, int]
) -> None:
    if not np.all(np.isfinite(hours)) or np.any(hours < 0):
        raise ValueError("hours: a pair has a negative or infinite time, or none")
    for name, rows, count in (("demand", demand, shape[0]), ("place", place, shape[1])):
        if np.any(rows < 0) or np.any(rows >= count):
            raise ValueError(f"{name}: a pair names a row that does not exist (0 to {count - 1})")
