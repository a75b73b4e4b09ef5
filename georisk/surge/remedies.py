"""What gives everybody a bed at least cost: beds added to places, points that move along."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from layers.errors import BrokenError

if TYPE_CHECKING:
    from georisk.network import IntArray
    from layers.crs import FloatArray

# A fixed number of branches and not of seconds, so that every machine gives the same plan.
_MOST_NODES = 2_000
_GAP = 1e-6


@dataclass(frozen=True)
class Prices:
    """What measures cost, US dollars.

    Attributes
    ----------
    bed_usd, bed_night_usd : float
        To add a bed to a place, and to keep it for a night.
    point_usd, point_night_usd, point_move_usd : float
        To make a mobile point ready, to run it for a night, and to set it up somewhere.
    water_usd_per_m3 : float
        Water brought by truck.
    ration_usd : float
        Food for one person and day.
    """

    bed_usd: float = 60.0
    bed_night_usd: float = 8.0
    point_usd: float = 6000.0
    point_night_usd: float = 1200.0
    point_move_usd: float = 600.0
    water_usd_per_m3: float = 25.0
    ration_usd: float = 4.0


@dataclass(frozen=True, eq=False)
class Remedy:
    """Beds of measures, night by night.

    Attributes
    ----------
    beds : array of int, shape (n_locations,)
        Added for all nights on which somebody is without there.
    points : array of int, shape (n_days, n_locations)
        Mobile points that stand there that night.
    fleet : int
        Mobile points needed at once.
    moves : int
        Times that a point is set up, the first included.
    cost_usd, bound_usd : float
        Of this plan; and what no plan of these measures can cost less than.
    """

    beds: IntArray
    points: IntArray
    fleet: int
    moves: int
    cost_usd: float
    bound_usd: float

    def list_beds(self, point_beds: int) -> FloatArray:
        """Beds by night and location, as `simulate_nights` takes them."""
        return np.asarray(self.beds[None, :] + point_beds * self.points, float)


def price_remedy(remedy: Remedy, needed: IntArray, prices: Prices) -> float:
    """Cost of a plan at other prices, US dollars."""
    nights = (needed > 0).sum(axis=0)
    return float(
        np.sum(remedy.beds * (prices.bed_usd + prices.bed_night_usd * nights))
        + prices.point_usd * remedy.fleet + prices.point_night_usd * remedy.points.sum()
        + prices.point_move_usd * remedy.moves
    )


def find_remedy(
    needed: IntArray, most_beds: FloatArray, prices: Prices, *, point_beds: int, full_from: float
) -> Remedy:
    """Choose the cheapest beds for all who have none.

    A mixed integer programme over whole beds and whole points: beds stay at a place from the
    first night of need to the last, a point may be elsewhere the next evening. Nobody is turned
    away, so no measure is filled beyond the share at which attraction falls.

    Parameters
    ----------
    needed : array of int, shape (n_days, n_locations)
        People without a bed.
    most_beds : array of shape (n_locations,)
        Beds that can be added there; 0 where there is no place.
    point_beds : int
        Of one mobile point.
    full_from : float

    Raises
    ------
    BrokenError
        If the solver finds no plan; there always is one.

    Examples
    --------
    60 people on one night at a place that can add 20 beds: 67 beds; with a point of 50 and 17
    beds it is 6000 + 1200 + 600 + 17 * 68.

    >>> plan = find_remedy(np.array([[60]]), np.array([20.0]), Prices(), point_beds=50,
    ...                    full_from=0.9)
    >>> plan.beds.tolist(), plan.points.tolist(), plan.cost_usd
    ([17], [[1]], 8956.0)
    """
    days, places = needed.shape
    day, place = np.nonzero(needed)
    if not len(day):
        none = np.zeros(places, np.int64)
        return Remedy(none, np.zeros((days, places), np.int64), 0, 0, 0.0, 0.0)
    nights = (needed > 0).sum(axis=0)
    pairs, here = len(day), np.unique(place)
    # Unknowns: points of each night and location, points set up there, beds added, the fleet.
    cost = np.concatenate([
        np.full(pairs, prices.point_night_usd), np.full(pairs, prices.point_move_usd),
        prices.bed_usd + prices.bed_night_usd * nights[here], [prices.point_usd],
    ])
    upper = np.concatenate([np.full(2 * pairs + 0, np.inf), np.floor(most_beds[here]), [np.inf]])
    rows, least = _write_rules(needed, (day, place, here), point_beds=point_beds,
                               full_from=full_from)
    found = milp(cost, constraints=LinearConstraint(rows, least, np.inf),
                 bounds=Bounds(0.0, upper), integrality=np.ones(len(cost)),
                 options={"node_limit": _MOST_NODES, "mip_rel_gap": _GAP})
    if found.x is None:
        raise BrokenError("surge: the solver found no plan")
    whole = np.rint(found.x).astype(np.int64)
    beds, points = np.zeros(places, np.int64), np.zeros((days, places), np.int64)
    beds[here], points[day, place] = whole[2 * pairs : -1], whole[:pairs]
    fleet, moves = int(points.sum(axis=1).max()), _count_moves(points)
    plan = Remedy(beds, points, fleet, moves, 0.0, 0.0)
    cost_usd = price_remedy(plan, needed, prices)
    bound = found.mip_dual_bound if found.mip_dual_bound is not None else 0.0
    return Remedy(beds, points, fleet, moves, cost_usd, min(float(bound), cost_usd))


def _write_rules(
    needed: IntArray, where: tuple[IntArray, IntArray, IntArray], *, point_beds: int,
    full_from: float,
) -> tuple[sparse.csr_matrix, FloatArray]:
    """Rows of the programme: everybody has a bed; a point new at a place is set up; the fleet."""
    day, place, here = where
    pairs, every = len(day), np.arange(len(day))
    at = np.searchsorted(here, place)
    size = 2 * pairs + len(here) + 1
    before = _find_night_before(day, place)
    staying = np.flatnonzero(before >= 0)
    nights, night = np.unique(day, return_inverse=True)
    entry = [
        (every, every, np.full(pairs, full_from * point_beds)),
        (every, 2 * pairs + at, np.full(pairs, full_from)),
        (pairs + every, pairs + every, np.ones(pairs)),
        (pairs + every, every, -np.ones(pairs)),
        (pairs + staying, before[staying], np.ones(len(staying))),
        (2 * pairs + night, every, -np.ones(pairs)),
        (2 * pairs + np.arange(len(nights)), np.full(len(nights), size - 1),
         np.ones(len(nights))),
    ]
    row, column, value = (np.concatenate(part) for part in zip(*entry, strict=True))
    rows = sparse.csr_matrix((value, (row, column)), shape=(2 * pairs + len(nights), size))
    least = np.concatenate([needed[day, place], np.zeros(pairs + len(nights))])
    return rows, np.asarray(least, float)


def _find_night_before(day: IntArray, place: IntArray) -> IntArray:
    """Row of the same location on the night before; -1 for none."""
    known = {pair: n for n, pair in enumerate(zip(day.tolist(), place.tolist(), strict=True))}
    return np.array([known.get((d - 1, p), -1)
                     for d, p in zip(day.tolist(), place.tolist(), strict=True)], np.int64)


def _count_moves(points: IntArray) -> int:
    before = np.vstack([np.zeros((1, points.shape[1]), np.int64), points[:-1]])
    return int(np.maximum(points - before, 0).sum())
