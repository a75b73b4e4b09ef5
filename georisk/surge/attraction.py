"""How many of those who want a bed stay: a place attracts less the fuller it is."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

_WHOLE = 1e-9


def accept_people(capacity: float, taken: float, wanting: int, full_from: float) -> int:
    """Count those who stay of a crowd that comes one by one.

    A place attracts all up to a share of its capacity; from there the share that stays falls
    linearly to none at capacity, so that the last beds fill ever more slowly.

    Parameters
    ----------
    capacity : float
        Beds; infinite takes all.
    taken : float
        Beds in use before.
    wanting : int
    full_from : float
        Share of capacity from which attraction falls; 1 fills to the last bed.

    Returns
    -------
    int
        Whole people, at most the beds that are free.

    References
    ----------
    Suleimenova, Bell & Groen 2017, A generalized simulation development approach for predicting
    refugee destinations (Flee).

    Examples
    --------
    100 beds: 90 of 90 stay; of 100, 90 and 10 * (1 - 1/e) = 6.3 more.

    >>> [accept_people(100.0, 0.0, n, 0.9) for n in (90, 100, 10_000)]
    [90, 96, 100]
    """
    if math.isinf(capacity) or wanting <= 0:
        return max(wanting, 0)
    before = min(max(wanting, 0), max(full_from * capacity - taken, 0.0))
    width = (1.0 - full_from) * capacity
    room = max(capacity - max(taken, full_from * capacity), 0.0)
    late = room * -math.expm1(-(wanting - before) / width) if width > 0.0 else 0.0
    return min(math.floor(before + late + _WHOLE), math.floor(max(capacity - taken, 0.0)), wanting)


def size_beds(people: int, full_from: float) -> int:
    """Beds with which nobody is turned away.

    Examples
    --------
    >>> size_beds(90, 0.9), size_beds(91, 0.9), size_beds(0, 0.9)
    (100, 102, 0)
    """
    return math.ceil(people / full_from - _WHOLE)


def split_people(total: int, shares: Sequence[float]) -> list[int]:
    """Divide people by shares into whole people; of equal remainders the first row wins.

    Raises
    ------
    ValueError
        If shares are negative, unknown, or all 0.

    Examples
    --------
    >>> split_people(10, [1.0, 1.0, 1.0])
    [4, 3, 3]
    """
    weight = np.asarray(shares, float)
    if not (np.isfinite(weight).all() and (weight >= 0).all() and weight.sum() > 0):
        raise ValueError("shares: give numbers of 0 or more, not all 0")
    exact = total * (weight / weight.sum())
    whole = np.floor(exact + _WHOLE).astype(int)
    order = np.argsort(-np.round(exact - whole, 9), kind="stable")
    whole[order[: total - int(whole.sum())]] += 1
    return [int(count) for count in whole]
