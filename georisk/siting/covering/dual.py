"""How good a covering choice can be at most: Lagrangian multipliers on who covers what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from georisk.siting.covering.exchange import swap_sites
from georisk.siting.covering.greedy import (
    cover_sites,
    fill_sites,
    list_allowed,
    list_entries,
    measure_objective,
)

if TYPE_CHECKING:
    from georisk.network import IntArray
    from georisk.siting.covering.reduction import CoverModel
    from layers.crs import FloatArray

_KEEP = 0.7
_PATIENCE = 20
_SHRINK = 0.6
_LEAST_STEP = 1e-3
_TRY_EVERY = 10
_HALVINGS = 40
_PROGRESS = 1e-6
_CLOSED = 1e-9


@dataclass(frozen=True, eq=False)
class Dual:
    """A bound, and what proves it.

    Attributes
    ----------
    bound : float
        No choice covers more.
    multipliers : array of shape (n_groups + n_pairs,)
        Price of each group's cover, then of each pair of rivals.
    values : array of shape (n_candidates,)
        Worth of a candidate at these prices, its share of the budget taken off.
    sites : array of int
        The best choice met on the way.
    """

    bound: float
    multipliers: FloatArray
    values: FloatArray
    sites: IntArray


@dataclass(frozen=True, eq=False)
class _Inner:
    """Best choice at given prices: shares of candidates, its worth, and their values."""

    rows: IntArray
    shares: FloatArray
    worth: float
    values: FloatArray


def bound_cover(
    model: CoverModel, sites: IntArray, *, start: FloatArray | None = None, rounds: int = 1000
) -> Dual:
    """Bound what any choice can cover, by a subgradient search for the best multipliers.

    Whether a group's cover is paid for by the sites that reach it is left to prices between 0
    and its weight; then candidates are chosen by their worth alone: the k best, or those of a
    continuous knapsack where a budget binds. Choices met on the way are repaired and swapped.

    Parameters
    ----------
    sites : array of int
        The best choice known.
    start : array of shape (n_groups + n_pairs,), optional
        Multipliers to begin from.
    rounds : int
        Steps at most; the search ends where steps get too small to matter.

    References
    ----------
    Galvão & ReVelle 1996, A Lagrangean heuristic for the maximal covering location problem. Held,
    Wolfe & Crowder 1974, Validation of subgradient optimization.

    Examples
    --------
    >>> from georisk.siting.limits import Limits
    >>> from georisk.siting.covering.reduction import reduce_cover
    >>> reach = sparse.csr_matrix(np.array([[1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1]], bool))
    >>> model = reduce_cover(reach, np.array([2.0, 3, 3, 2]), Limits(k=1))
    >>> round(bound_cover(model, np.array([1])).bound, 6)
    6.0
    """
    prices, ceiling, slope, upper = _set_up(model, start)
    best = Dual(np.inf, upper, np.zeros(model.n_candidates), sites)
    target, step, stalled = measure_objective(model, sites), 1.0, 0
    course = np.zeros(len(upper))
    for turn in range(rounds):
        inner = _choose_inner(model, prices @ upper)
        value = float(model.weights.sum()) + float(slope @ upper) + inner.worth
        stalled += 1
        if not value >= best.bound - _PROGRESS * abs(value):
            stalled = 0
        if value < best.bound:
            best = Dual(value, upper, inner.values, best.sites)
        if turn % _TRY_EVERY == 0 and turn < _TRY_EVERY * _PATIENCE:
            best, target = _try_choice(model, best, inner, target)
        if stalled >= _PATIENCE:
            step, stalled = step * _SHRINK, 0
        if best.bound - target <= _CLOSED * best.bound or step < _LEAST_STEP:
            break
        push = slope * (upper < ceiling) + _add_rows(prices, inner)
        course = _KEEP * course + (1.0 - _KEEP) * push
        free = np.where((upper >= ceiling) & (course < 0), 0.0, course)
        free = np.where((upper <= 0) & (free > 0), 0.0, free)
        size = float(free @ free)
        if size <= 0:
            free, size = push, float(push @ push)
        if size <= 0:
            break
        upper = np.clip(upper - step * max(value - target, 0.0) / size * free, 0.0, ceiling)
    return best


def _set_up(
    model: CoverModel, start: FloatArray | None
) -> tuple[sparse.csr_matrix, FloatArray, FloatArray, FloatArray]:
    """What a candidate earns at each price, the highest prices, their slopes and the first."""
    m, p = model.n_groups, len(model.pairs)
    at = (model.pairs.ravel(), np.repeat(np.arange(p), 2))
    rivals = sparse.csr_matrix((-np.ones(2 * p), at), shape=(model.n_candidates, p))
    prices = sparse.csr_matrix(sparse.hstack([model.matrix, rivals])) if p else model.matrix
    ceiling = np.r_[model.weights, np.full(p, np.inf)]
    slope = np.r_[np.full(m, -1.0), np.ones(p)]
    first = np.r_[0.5 * model.weights, np.zeros(p)] if start is None else start
    return prices, ceiling, slope, np.clip(first, 0.0, ceiling)


def _add_rows(prices: sparse.csr_matrix, inner: _Inner) -> FloatArray:
    """How often the chosen shares cover each group, and break each pair."""
    entries = list_entries(prices.indptr, inner.rows)
    counts = prices.indptr[inner.rows + 1] - prices.indptr[inner.rows]
    shares = np.repeat(inner.shares, counts) * prices.data[entries]
    return np.asarray(np.bincount(prices.indices[entries], shares, minlength=prices.shape[1]))


def _choose_inner(model: CoverModel, values: FloatArray) -> _Inner:
    """The k best; under a budget, with the price of money that makes them affordable."""
    rows = _choose_top(values, model.k)
    if not np.isfinite(model.budget) or model.cost[rows].sum() <= model.budget:
        return _Inner(rows, np.ones(len(rows)), float(values[rows].sum()), values)
    dear, low, high = rows, 0.0, float(values.max()) / max(model.budget, 1e-300)
    costly = model.cost > 0
    high = max(high, float((values[costly] / model.cost[costly]).max()))
    cheap = _choose_top(values - high * model.cost, model.k)
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        rows = _choose_top(values - middle * model.cost, model.k)
        if model.cost[rows].sum() > model.budget:
            low, dear = middle, rows
        else:
            high, cheap = middle, rows
    left = values - high * model.cost
    worth = high * model.budget + float(left[_choose_top(left, model.k)].sum())
    spent, more = float(model.cost[cheap].sum()), float(model.cost[dear].sum())
    share = (model.budget - spent) / (more - spent) if more > spent else 0.0
    return _Inner(np.r_[dear, cheap], np.r_[np.full(len(dear), share),
                  np.full(len(cheap), 1.0 - share)], worth, left)


def _choose_top(values: FloatArray, k: int) -> IntArray:
    """The k largest that are above 0."""
    first = len(values) - k
    whole = np.arange(min(k, len(values)))
    rows = np.argpartition(values, first)[first:] if 0 < first < len(values) else whole
    return np.asarray(np.sort(rows[values[rows] > 0]))


def _try_choice(
    model: CoverModel, best: Dual, inner: _Inner, target: float
) -> tuple[Dual, float]:
    """Make a choice within the bounds of what the prices choose, and keep it if it is better."""
    chosen: list[int] = []
    order = inner.rows[np.argsort(-inner.values[inner.rows], kind="stable")]
    for row in dict.fromkeys(order.tolist()):
        if len(chosen) < model.k and list_allowed(model, chosen)[row]:
            chosen.append(row)
    sites = swap_sites(model, np.array(fill_sites(cover_sites(model, chosen), chosen), np.int64))
    worth = measure_objective(model, sites)
    if worth > target + model.tolerance:
        return Dual(best.bound, best.multipliers, best.values, sites), worth
    return best, target
