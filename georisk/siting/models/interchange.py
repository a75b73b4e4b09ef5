"""Total time to the nearest site: greedy start, exchanges, and a bound that no choice beats."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from georisk.network import IntArray
    from georisk.siting.limits import Limits
    from layers.crs import FloatArray

_MAX_PASSES = 500
_CLOSED = 1e-9


@dataclass(frozen=True, eq=False)
class MedianModel:
    """Pairs of sites and demand with what the demand pays for the site; no pair: the ceiling.

    Attributes
    ----------
    site, demand : array of int, shape (n_pairs,)
    cost : array of shape (n_pairs,)
        Below the ceiling of its demand.
    ceiling : array of shape (n_demand,)
        What a demand pays at most: for a fixed site, or as the penalty for none.
    n_sites : int
    """

    site: IntArray
    demand: IntArray
    cost: FloatArray
    ceiling: FloatArray
    n_sites: int

    @property
    def tolerance(self) -> float:
        """Differences below this are rounding."""
        return 1e-12 * float(self.ceiling.sum())


def measure_total(model: MedianModel, sites: IntArray) -> float:
    """What all demand pays for its nearest of some sites."""
    return float(find_nearest(model, sites)[0].sum())


def find_nearest(
    model: MedianModel, sites: IntArray
) -> tuple[FloatArray, IntArray, FloatArray]:
    """Cost of the nearest of some sites, which it is (-1: none), and cost without it."""
    stands = np.zeros(model.n_sites, bool)
    stands[sites] = True
    used = np.flatnonzero(stands[model.site])
    used = used[np.lexsort((model.site[used], model.cost[used], model.demand[used]))]
    demand, cost = model.demand[used], model.cost[used]
    first = np.r_[True, demand[1:] != demand[:-1]] if len(used) else np.zeros(0, bool)
    nearest, second = model.ceiling.copy(), model.ceiling.copy()
    who = np.full(len(nearest), -1, np.int64)
    nearest[demand[first]] = cost[first]
    who[demand[first]] = model.site[used][first]
    follows = np.r_[False, first[:-1]] & ~first if len(used) else first
    second[demand[follows]] = cost[follows]
    return nearest, who, second


def choose_medians(
    model: MedianModel, limits: Limits, start: tuple[int, ...] = ()
) -> IntArray:
    """Add the site that saves most, while any saves and the limits allow."""
    chosen = sorted({*start, *limits.required})
    for _ in range(model.n_sites):
        nearest, _, _ = find_nearest(model, np.array(chosen, np.int64))
        saved = np.maximum(nearest[model.demand] - model.cost, 0.0)
        gains = np.asarray(np.bincount(model.site, saved, model.n_sites), float)
        best = _pick(gains, chosen, limits, model.tolerance)
        if best is None:
            break
        chosen.append(best)
    return np.sort(np.array(chosen, np.int64))


def _pick(gains: FloatArray, chosen: list[int], limits: Limits, floor: float) -> int | None:
    for row in np.argsort(-gains, kind="stable"):
        if gains[row] <= floor:
            return None
        if int(row) not in chosen and limits.allow((*chosen, int(row))):
            return int(row)
    return None


def exchange_medians(model: MedianModel, sites: IntArray, limits: Limits) -> IntArray:
    """Exchange one site at a time, the best exchange first, until none saves anything.

    References
    ----------
    Teitz & Bart 1968, Heuristic methods for estimating the generalized vertex median of a
    weighted graph. Resende & Werneck 2007, A fast swap-based local search procedure for location
    problems.
    """
    sites = np.sort(sites)
    for _ in range(_MAX_PASSES):
        profit = _measure_exchanges(model, sites)
        better = _pick_exchange(profit, sites, limits, model.tolerance)
        if better is None:
            break
        sites = np.sort(better)
    return sites


def _measure_exchanges(model: MedianModel, sites: IntArray) -> FloatArray:
    """What is saved by taking out a site (row) for each other one (column)."""
    nearest, who, second = find_nearest(model, sites)
    p = len(sites)
    slot = np.searchsorted(sites, who)
    served = who >= 0
    loss = np.bincount(slot[served], (second - nearest)[served], p)
    first, next_ = nearest[model.demand], second[model.demand]
    gain = np.bincount(model.site, np.maximum(first - model.cost, 0.0), model.n_sites)
    spared = np.maximum(next_ - np.maximum(model.cost, first), 0.0) * served[model.demand]
    use = spared > 0
    at = slot[model.demand[use]] * model.n_sites + model.site[use]
    extra = np.bincount(at, spared[use], p * model.n_sites).reshape(p, model.n_sites)
    return np.asarray(gain[None, :] - loss[:, None] + extra)


def _pick_exchange(
    profit: FloatArray, sites: IntArray, limits: Limits, floor: float
) -> IntArray | None:
    profit = profit.astype(float)
    profit[:, sites] = -np.inf
    order = np.argsort(-profit, axis=None, kind="stable")
    for at in order[: int((profit > floor).sum())]:
        out, into = divmod(int(at), profit.shape[1])
        swapped = np.r_[np.delete(sites, out), into]
        if limits.allow(tuple(swapped.tolist())):
            return np.asarray(swapped, np.int64)
    return None


def bound_medians(
    model: MedianModel, limits: Limits, best: float, *, n_rounds: int = 300
) -> tuple[float, IntArray, FloatArray]:
    """Cost that no choice within the limits can undercut, the sites it points at, and their worth.

    Lagrangian relaxation of "each demand has one site", by subgradient steps. Pairs kept apart
    are left out of account, which keeps the bound valid.

    Parameters
    ----------
    best : float
        Cost of a choice at hand.

    References
    ----------
    Narula, Ogbu & Samuelsson 1977, An algorithm for the p-median problem. Held, Wolfe & Crowder
    1974, Validation of subgradient optimization.
    """
    price = model.ceiling.copy()
    nearest, _, second = find_nearest(model, np.arange(model.n_sites))
    price = np.minimum(price, 0.5 * (nearest + second))
    bound, hint, worth = -np.inf, np.zeros(0, np.int64), np.zeros(model.n_sites)
    step, stale = 1.0, 0
    for _ in range(n_rounds):
        margin = np.minimum(model.cost - price[model.demand], 0.0)
        saved = np.asarray(np.bincount(model.site, margin, model.n_sites), float)
        sites, value = _take_cheapest(saved, limits)
        value += float(price.sum())
        stale = 0 if value > bound + model.tolerance else stale + 1
        if value > bound:
            bound, hint, worth = value, sites, saved
        if bound >= best * (1.0 - _CLOSED):
            break
        if stale >= 15:  # noqa: PLR2004 - rounds without gain before the steps are halved
            step, stale = step / 2.0, 0
        taken = np.zeros(model.n_sites, bool)
        taken[sites] = True
        use = taken[model.site] & (margin < 0)
        slope = 1.0 - np.bincount(model.demand[use], minlength=len(price))
        length = float(slope @ slope)
        if length == 0:
            break
        price = np.minimum(price + step * max(best * 1.001 - value, 0.0) / length * slope,
                           model.ceiling)
    return min(bound, best), hint, worth


def drop_hopeless(
    model: MedianModel, limits: Limits, best: float, bound: float, worth: FloatArray
) -> MedianModel:
    """Leave out sites with which no choice can cost less than one at hand.

    Parameters
    ----------
    bound, worth
        From `bound_medians`: to take a site of little worth costs the difference to the last one
        taken.
    """
    if limits.budget is not None:
        return model
    taken, _ = _take_cheapest(worth, limits)
    last = 0.0
    if limits.k is not None and len(taken) >= limits.k:
        free = np.setdiff1d(taken, list(limits.required))
        last = float(worth[free].max()) if len(free) else 0.0
    hopeless = bound + worth - last > best + model.tolerance
    hopeless[taken] = False
    kept = ~hopeless[model.site]
    return replace(
        model, site=model.site[kept], demand=model.demand[kept], cost=model.cost[kept]
    )


def _take_cheapest(saved: FloatArray, limits: Limits) -> tuple[IntArray, float]:
    """Sites with the most negative sum, within k and the budget taken each for itself."""
    n = len(saved)
    must = np.array(sorted(set(limits.required)), np.int64)
    may = limits.list_open(n) & (saved < 0)
    may[must] = False
    rows = np.flatnonzero(may)
    rows = rows[np.argsort(saved[rows], kind="stable")]
    taken = rows if limits.k is None else rows[: limits.k - len(must)]
    value = float(saved[taken].sum())
    if limits.budget is not None and limits.cost is not None:
        value = max(value, _fill_budget(saved, rows, must, limits))
    return np.r_[must, taken], value + float(saved[must].sum())


def _fill_budget(saved: FloatArray, rows: IntArray, must: IntArray, limits: Limits) -> float:
    """Least sum that the budget buys, the last site in part: a bound, not a choice."""
    cost = np.asarray(limits.cost, float)
    left = float(limits.budget or 0.0) * (1.0 + _CLOSED) - float(cost[must].sum())
    free = rows[cost[rows] == 0]
    priced = rows[cost[rows] > 0]
    priced = priced[np.argsort(saved[priced] / cost[priced], kind="stable")]
    spent = np.cumsum(cost[priced])
    part = np.clip((left - (spent - cost[priced])) / cost[priced], 0.0, 1.0)
    return float(saved[free].sum() + saved[priced] @ part)


def build_pairs(
    hours: sparse.csr_matrix, weights: FloatArray, ceiling: FloatArray, usable: IntArray
) -> MedianModel:
    """Pairs of usable sites with demand that they serve below its ceiling."""
    entries = sparse.csr_matrix(hours).tocoo()
    cost = entries.data.astype(float) * weights[entries.col]
    useful = np.isin(entries.row, usable) & (cost < ceiling[entries.col])
    return MedianModel(
        entries.row[useful].astype(np.int64), entries.col[useful].astype(np.int64),
        cost[useful], ceiling, hours.shape[0],
    )
