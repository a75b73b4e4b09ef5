"""The p-median as a model of how far each demand must look, which stays small and tight."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from georisk.siting.binding import bind_limits, free_sites
from georisk.siting.highs import relax_integers, solve_linear

if TYPE_CHECKING:
    from georisk.network import BoolArray, IntArray
    from georisk.siting.highs import LinearModel
    from georisk.siting.limits import Limits
    from georisk.siting.models.interchange import MedianModel
    from layers.crs import FloatArray

_SURE = 1e-9
_MAX_ROUNDS = 50


@dataclass(frozen=True, eq=False)
class Levels:
    """Pairs by demand and cost; pairs of one demand that cost the same are one level.

    Attributes
    ----------
    site, level : array of int, shape (n_pairs,)
        Of each pair.
    demand : array of int, shape (n_levels,)
    rank : array of int, shape (n_levels,)
        0 is the nearest level of its demand.
    cost, step : array of shape (n_levels,)
        Of a level, and how much more the next one costs, or the ceiling after the last.
    count : array of int, shape (n_demand,)
    """

    site: IntArray
    level: IntArray
    demand: IntArray
    rank: IntArray
    cost: FloatArray
    step: FloatArray
    count: IntArray


def sort_levels(model: MedianModel) -> Levels:
    """Sort the pairs of a model into levels."""
    order = np.lexsort((model.site, model.cost, model.demand))
    demand, cost = model.demand[order], model.cost[order]
    fresh = np.r_[True, (np.diff(demand) != 0) | (np.diff(cost) != 0)][: len(order)]
    first = np.flatnonzero(fresh)
    demand, cost = demand[first], cost[first]
    count = np.bincount(demand, minlength=len(model.ceiling))
    begins = np.cumsum(count) - count
    last = np.r_[demand[1:] != demand[:-1], True][: len(demand)]
    after = np.where(last, model.ceiling[demand], np.r_[cost[1:], 0.0][: len(demand)])
    return Levels(
        model.site[order], np.cumsum(fresh) - 1, demand, np.arange(len(demand)) - begins[demand],
        cost, after - cost, count,
    )


def count_passed(levels: Levels, sites: IntArray) -> IntArray:
    """How many levels each demand passes in vain before it finds one of some sites."""
    passed = levels.count.copy()
    found = np.isin(levels.site, sites)
    at = levels.level[found]
    np.minimum.at(passed, levels.demand[at], levels.rank[at])
    return passed


def pose_radius(
    model: MedianModel, levels: Levels, depth: IntArray, *, must: BoolArray
) -> tuple[LinearModel, float]:
    """The model over the nearest levels of each demand, and the cost that nobody is spared.

    Beyond its depth a demand pays no more than the next level, so that the optimum is a bound.

    Parameters
    ----------
    depth : array of int, shape (n_demand,)
        How many levels of each demand are taken in.
    must : array of bool, shape (n_demand,)
        Which demand has to find a site, once all its levels are taken in.

    References
    ----------
    Cornuejols, Nemhauser & Wolsey 1980; Elloumi 2010, A tighter formulation of the p-median
    problem.
    """
    kept = np.flatnonzero(levels.rank < depth[levels.demand])
    column = np.full(len(levels.demand), -1, np.int64)
    column[kept] = np.arange(len(kept))
    n, m = model.n_sites, len(kept)
    pairs = np.flatnonzero(column[levels.level] >= 0)
    later = np.flatnonzero(levels.rank[kept] > 0)
    rows = np.r_[column[levels.level[pairs]], np.arange(m), later]
    columns = np.r_[levels.site[pairs], n + np.arange(m), n + later - 1]
    values = np.r_[np.ones(len(pairs) + m), -np.ones(len(later))]
    last = levels.rank[kept] == levels.count[levels.demand[kept]] - 1
    last &= must[levels.demand[kept]]
    free = free_sites(np.zeros(n), others=np.where(last, 0.0, levels.step[kept]))
    linear = replace(
        free, sense="least", matrix=sparse.csr_matrix((values, (rows, columns)), shape=(m, n + m)),
        row_lower=(levels.rank[kept] == 0).astype(float), row_upper=np.full(m, np.inf),
        upper=np.r_[np.ones(n), np.where(last, 0.0, 1.0)],
    )
    base = model.ceiling.copy()
    nearest = np.flatnonzero(levels.rank == 0)
    base[levels.demand[nearest]] = levels.cost[nearest]
    return linear, float(base.sum())


def mark_start(
    levels: Levels, depth: IntArray, sites: IntArray, n_sites: int
) -> FloatArray:
    """Values of the model's columns where some sites, the fixed ones among them, stand."""
    stands = np.zeros(n_sites)
    stands[sites] = 1.0
    kept = levels.rank < depth[levels.demand]
    passed = levels.rank < count_passed(levels, sites)[levels.demand]
    return np.asarray(np.r_[stands, passed[kept]], float)


def deepen_levels(
    model: MedianModel, levels: Levels, sites: IntArray, limits: Limits, *, must: BoolArray,
    end: float,
) -> IntArray:
    """Levels that the relaxed model looks at: cheaper to find out there than in the whole one."""
    depth = np.minimum(count_passed(levels, sites) + 1, levels.count)
    for _ in range(_MAX_ROUNDS):
        linear, _ = pose_radius(model, levels, depth, must=must)
        relaxed = relax_integers(bind_limits(linear, limits, model.n_sites))
        values = solve_linear(relaxed, time_limit_s=max(end - time.monotonic(), 0.0)).values
        if values is None:
            break
        kept = levels.rank < depth[levels.demand]
        last = kept & (levels.rank == depth[levels.demand] - 1)
        beyond = np.zeros(len(kept), bool)
        beyond[kept] = values[model.n_sites :] > _SURE
        deeper = depth.copy()
        deeper[levels.demand[last & beyond]] += 1
        deeper = np.minimum(deeper, levels.count)
        if np.array_equal(deeper, depth):
            break
        depth = deeper
    return depth
