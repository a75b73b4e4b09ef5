"""Who finds room where: an allocation that does not depend on the order of places."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import breadth_first_order

from georisk.capacity.reach import Reach
from georisk.capacity.transport import solve_transport

if TYPE_CHECKING:
    from georisk.network import IntArray
    from layers.crs import FloatArray

_SHARE = 1e-9


@dataclass(frozen=True, eq=False)
class Allocation:
    """What each demand gets and each place gives.

    ``with_service + short + unreachable`` is what was needed, row by row, and no place gives more
    than it has room for.

    Attributes
    ----------
    with_service, short, unreachable : array of shape (n_demands,)
        Served; within reach of a place, but not served; without a place in reach.
    amount : array of shape (n_pairs,)
        Served on each pair of the reach.
    load : array of shape (n_places,)
        Served by each place.
    one_more : array of bool, shape (n_places,)
        Where more room would serve somebody who is short now, directly or by others moving over.
    hours : float
        Total hours to the places, summed over what is served.
    """

    with_service: FloatArray
    short: FloatArray
    unreachable: FloatArray
    amount: FloatArray
    load: FloatArray
    one_more: np.ndarray
    hours: float


@dataclass(frozen=True, eq=False)
class BothWays:
    """Two allocations: places of unknown room count as 0, and as without limit.

    Attributes
    ----------
    least, most : Allocation
    unverified : array of shape (n_demands,)
        Short in ``least``, served in ``most``: it hangs on places whose room nobody stated.
    """

    least: Allocation
    most: Allocation
    unverified: FloatArray


def allocate(needed: FloatArray, room: FloatArray, reach: Reach) -> Allocation:
    """Serve as much as there is room for, in the least total hours.

    An amount may be split over several places. Of equal answers the ranks of the ids choose one,
    so that the order of rows changes nothing.

    Parameters
    ----------
    needed : array of shape (n_demands,)
        Person-nights, litres, consultations: in the unit of ``room``.
    room : array of shape (n_places,)
        Infinite is without limit.
    reach : Reach

    Raises
    ------
    ValueError
        If an amount is negative or NaN, or the shapes differ.

    Examples
    --------
    Two groups of 10 and one shelter of 15 beds; a third group reaches nothing.

    >>> from georisk.capacity.reach import join_pairs
    >>> reach = join_pairs(np.array([0, 1]), np.array([0, 0]), np.array([1.0, 2.0]),
    ...                    demand_ids=np.array(["a", "b", "c"]), place_ids=np.array(["x"]))
    >>> found = allocate(np.array([10.0, 10, 4]), np.array([15.0]), reach)
    >>> found.with_service.tolist(), found.short.tolist(), found.unreachable.tolist()
    ([10.0, 5.0, 0.0], [0.0, 5.0, 0.0], [0.0, 0.0, 4.0])
    >>> found.load.tolist(), found.one_more.tolist(), found.hours
    ([15.0], [True], 20.0)

    References
    ----------
    Hitchcock 1941, The distribution of a product from several sources to numerous localities.
    """
    needed, room = _check(needed, "needed", reach.demand_ids), _check(room, "room", reach.place_ids)
    if np.any(np.isinf(needed)):
        raise ValueError("needed: an infinite amount")
    # Everything is worked out in the order of the ids: even the last bit of a sum must not depend
    # on the order of rows.
    by_demand, by_place = (np.argsort(ids, kind="stable")
                           for ids in (reach.demand_ids, reach.place_ids))
    ranked, pairs = _sort_reach(reach, by_demand, by_place)
    found = _allocate_ranked(needed[by_demand], room[by_place], ranked)
    back, home = np.argsort(by_demand), np.argsort(by_place)
    amount = np.empty(len(pairs))
    amount[pairs] = found.amount
    return replace(
        found, with_service=found.with_service[back], short=found.short[back],
        unreachable=found.unreachable[back], amount=amount, load=found.load[home],
        one_more=found.one_more[home],
    )


def allocate_both_ways(needed: FloatArray, room: FloatArray, reach: Reach) -> BothWays:
    """Allocate where some places have room that nobody stated: as 0, and as without limit.

    Parameters
    ----------
    room : array of shape (n_places,)
        NaN where unknown.

    Raises
    ------
    ValueError
        As `allocate`.

    Examples
    --------
    >>> from georisk.capacity.reach import join_pairs
    >>> reach = join_pairs(np.array([0, 0]), np.array([0, 1]), np.array([1.0, 2.0]),
    ...                    demand_ids=np.array(["a"]), place_ids=np.array(["x", "y"]))
    >>> both = allocate_both_ways(np.array([10.0]), np.array([4.0, np.nan]), reach)
    >>> both.least.short.tolist(), both.unverified.tolist()
    ([6.0], [6.0])
    """
    room = np.asarray(room, np.float64)
    unknown = np.isnan(room)
    least = allocate(needed, np.where(unknown, 0.0, room), reach)
    if not unknown.any():
        return BothWays(least, least, np.zeros(len(least.short)))
    most = allocate(needed, np.where(unknown, np.inf, room), reach)
    return BothWays(least, most, np.clip(most.with_service - least.with_service, 0.0, least.short))


def _check(values: FloatArray, name: str, ids: np.ndarray) -> FloatArray:
    array = np.asarray(values, np.float64)
    if array.shape != (len(ids),):
        raise ValueError(f"{name}: {array.shape} values for {len(ids)} ids")
    if np.isnan(array).any():
        raise ValueError(f"{name}: unknown for some: use allocate_both_ways for unknown room")
    if np.any(array < 0):
        raise ValueError(f"{name}: a negative amount")
    return array


def _sort_reach(
    reach: Reach, by_demand: IntArray, by_place: IntArray
) -> tuple[Reach, IntArray]:
    """Reach with rows in a given order; and where each of its pairs stood before."""
    demand, place = np.argsort(by_demand)[reach.demand], np.argsort(by_place)[reach.place]
    pairs = np.lexsort((place, demand))
    return Reach(demand[pairs], place[pairs], reach.hours[pairs], reach.demand_ids[by_demand],
                 reach.place_ids[by_place]), pairs


def _allocate_ranked(needed: FloatArray, room: FloatArray, reach: Reach) -> Allocation:
    amount = _trim(_solve_useful(needed, room, reach), needed, room, reach)
    load = np.bincount(reach.place, amount, len(room))
    reached = np.bincount(reach.demand, minlength=len(needed)) > 0
    served = np.bincount(reach.demand, amount, len(needed))
    short = np.where(reached, np.maximum(needed - served, 0.0), 0.0)
    short[short <= _SHARE * needed] = 0.0
    unreachable = np.where(reached, 0.0, needed)
    return Allocation(
        with_service=needed - short - unreachable, short=short, unreachable=unreachable,
        amount=amount, load=np.minimum(load, room),
        one_more=_find_one_more(short, amount, reach), hours=float(np.sum(amount * reach.hours)),
    )


def _solve_useful(needed: FloatArray, room: FloatArray, reach: Reach) -> FloatArray:
    """Solve for the pairs on which anything can flow; 0 on the others."""
    useful = np.flatnonzero((needed[reach.demand] > 0) & (room[reach.place] > 0))
    amount = np.zeros(len(reach.hours))
    if not len(useful):
        return amount
    demands, demand = np.unique(reach.demand[useful], return_inverse=True)
    places, place = np.unique(reach.place[useful], return_inverse=True)
    small = Reach(demand, place, reach.hours[useful], demands, places)
    amount[useful] = solve_transport(needed[demands], room[places], small)
    return amount


def _trim(
    amount: FloatArray, needed: FloatArray, room: FloatArray, reach: Reach
) -> FloatArray:
    """Take off what the solver's tolerance let through: nobody gets or gives too much."""
    for rows, most in ((reach.demand, needed), (reach.place, room)):
        total = np.bincount(rows, amount, len(most))
        factor = np.divide(most, total, out=np.ones(len(most)), where=total > most)
        amount = amount * factor[rows]
    return amount


def _find_one_more(short: FloatArray, amount: FloatArray, reach: Reach) -> np.ndarray:
    """Places that a demand left short reaches, or would if others moved over: those are all full.

    In the language of flows: the places on the demand's side of the least cut.
    """
    n, m = len(short), len(reach.place_ids)
    served = amount > _SHARE * max(float(amount.max(initial=0.0)), 1e-300)
    waiting = np.flatnonzero(short > 0)
    tail = np.r_[reach.demand, n + reach.place[served], np.full(len(waiting), n + m)]
    head = np.r_[n + reach.place, reach.demand[served], waiting]
    graph = sparse.csr_matrix((np.ones(len(tail)), (tail, head)), shape=(n + m + 1,) * 2)
    found = breadth_first_order(graph, n + m, return_predecessors=False)
    reached = np.zeros(n + m + 1, bool)
    reached[found] = True
    return reached[n : n + m]
