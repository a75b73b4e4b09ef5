"""Floating catchments: how much of each service there is per person, seen from every segment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from georisk.capacity.reach import Reach
    from layers.crs import FloatArray


@dataclass(frozen=True, eq=False)
class Catchments:
    """Supply per unit needed.

    Attributes
    ----------
    access : array of shape (n_demands,)
        Units within reach per unit needed; 0 where no place is in reach.
    ratio : array of shape (n_places,)
        Room per unit that counts on the place; 0 where nobody does.
    """

    access: FloatArray
    ratio: FloatArray


def weigh_gaussian(hours: FloatArray, sigma_h: float) -> FloatArray:
    """Weight of a place by its time: 1 at the door, falling as a bell.

    Raises
    ------
    ValueError
        If ``sigma_h`` is not positive.

    Examples
    --------
    >>> weigh_gaussian(np.array([0.0, 4.0, 8.0]), 4.0).round(4).tolist()
    [1.0, 0.6065, 0.1353]
    """
    if not sigma_h > 0:
        raise ValueError("sigma_h: the width of the bell must be positive")
    return np.asarray(np.exp(-0.5 * (np.asarray(hours, np.float64) / sigma_h) ** 2))


def float_catchments(
    needed: FloatArray, room: FloatArray, reach: Reach, *, weight: FloatArray | None = None
) -> Catchments:
    """Two-step floating catchments; with weights by time, the enhanced ones.

    Somebody who reaches three places is counted at each of them, so that the crowds of all places
    are more than the people there are. `balance_catchments` and `share_catchments` mend it.

    Parameters
    ----------
    needed : array of shape (n_demands,)
    room : array of shape (n_places,)
        Finite; count what is unknown as 0.
    weight : array of shape (n_pairs,), optional
        All 1 by default (2SFCA); `weigh_gaussian` gives E2SFCA.

    Raises
    ------
    ValueError
        If an amount or a weight is negative, NaN or infinite.

    References
    ----------
    Luo & Wang 2003, Measures of spatial accessibility to health care in a GIS environment.
    Luo & Qi 2009, An enhanced two-step floating catchment area method.

    Examples
    --------
    Ten beds, in reach of 5 and of 15 people: half a bed each.

    >>> from georisk.capacity.reach import join_pairs
    >>> reach = join_pairs(np.array([0, 1]), np.array([0, 0]), np.array([1.0, 2.0]),
    ...                    demand_ids=np.array(["a", "b"]), place_ids=np.array(["x"]))
    >>> float_catchments(np.array([5.0, 15]), np.array([10.0]), reach).access.tolist()
    [0.5, 0.5]
    """
    used = _check(needed, room, reach, weight)
    return _float(needed, room, reach, used, used)


def balance_catchments(
    needed: FloatArray, room: FloatArray, reach: Reach, *, weight: FloatArray | None = None
) -> Catchments:
    """Balanced floating catchments as published.

    Each demand is divided over its places (weights of a demand sum to 1), each place's ratio over
    its demands (weights of a place sum to 1): the sum of ``access`` is the sum of ``ratio``.

    References
    ----------
    Paez, Higgins & Vivona 2019, Demand and level of service inflation in floating catchment area
    (FCA) methods.
    """
    used = _check(needed, room, reach, weight)
    row = _standardise(used, reach.demand, len(reach.demand_ids))
    column = _standardise(used, reach.place, len(reach.place_ids))
    return _float(needed, room, reach, row, column)


def share_catchments(
    needed: FloatArray, room: FloatArray, reach: Reach, *, weight: FloatArray | None = None
) -> Catchments:
    """Balanced catchments that keep the room: what people get is what places have.

    The weights of a demand sum to 1 in both steps: the crowds of all places are the people who
    reach one, and the sum of ``access * needed`` is the room of all places that somebody in need
    can reach (as published, in the second step by place, it is not). Below 1 there is less than
    one unit (bed, litre, consultation) per unit needed.

    Examples
    --------
    >>> from georisk.capacity.reach import join_pairs
    >>> reach = join_pairs(np.array([0, 0, 1]), np.array([0, 1, 1]), np.ones(3),
    ...                    demand_ids=np.array(["a", "b"]), place_ids=np.array(["x", "y"]))
    >>> shared = share_catchments(np.array([10.0, 5]), np.array([10.0, 5]), reach)
    >>> shared.access.tolist()  # a: (10/5 + 5/10) / 2, b: 5/10; 12.5 + 2.5 = 15 beds
    [1.25, 0.5]

    References
    ----------
    After Paez, Higgins & Vivona 2019, whose second step divides by place instead.
    """
    used = _check(needed, room, reach, weight)
    row = _standardise(used, reach.demand, len(reach.demand_ids))
    return _float(needed, room, reach, row, row)


def _float(
    needed: FloatArray, room: FloatArray, reach: Reach, outward: FloatArray, homeward: FloatArray
) -> Catchments:
    needed, room = np.asarray(needed, np.float64), np.asarray(room, np.float64)
    crowd = np.bincount(reach.place, needed[reach.demand] * outward, len(room))
    ratio = np.divide(room, crowd, out=np.zeros(len(room)), where=crowd > 0)
    access = np.bincount(reach.demand, ratio[reach.place] * homeward, len(needed))
    return Catchments(np.asarray(access, np.float64), ratio)


def _standardise(weight: FloatArray, rows: np.ndarray, count: int) -> FloatArray:
    total = np.bincount(rows, weight, count)[rows]
    return np.asarray(np.divide(weight, total, out=np.zeros(len(weight)), where=total > 0))


def _check(
    needed: FloatArray, room: FloatArray, reach: Reach, weight: FloatArray | None
) -> FloatArray:
    used = np.ones(len(reach.hours)) if weight is None else np.asarray(weight, np.float64)
    for name, values, count in (("needed", needed, len(reach.demand_ids)),
                                ("room", room, len(reach.place_ids)),
                                ("weight", used, len(reach.hours))):
        array = np.asarray(values, np.float64)
        if array.shape != (count,):
            raise ValueError(f"{name}: {array.shape} values for {count} rows")
        if not np.all(np.isfinite(array)) or np.any(array < 0):
            raise ValueError(f"{name}: an amount is negative, infinite or not a number")
    return used
