"""Exchange of sites many thousand times over, in loops compiled once.

`swap_quickly` does step by step what `georisk.siting.covering.exchange.swap_sites` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from georisk.kernels.compiled import compile_loop
from georisk.siting.covering.greedy import measure_objective

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from georisk.network import IntArray
    from georisk.siting.covering.reduction import CoverModel
    from layers.crs import FloatArray

_SHORT = 0.5
_DROPS = 5
_SLACK = 0.015
_ROUNDS_EACH = 24
_CHAIN_LENGTH = 1_200
SHORT_WORK, LONG_WORK = 1_500_000_000, 4_000_000_000
_PASSES = 4


class Arrays(NamedTuple):
    """A covering model as compiled loops read it; matrices by start and index."""

    start: NDArray[np.int32]
    group: NDArray[np.int32]
    column_start: NDArray[np.int32]
    candidate: NDArray[np.int32]
    rival_start: NDArray[np.int32]
    rival: NDArray[np.int32]
    weights: FloatArray
    alone: FloatArray
    cost: FloatArray
    budget: float
    k: int
    tolerance: float


def lay_out(model: CoverModel) -> Arrays:
    """Arrays of a model."""
    def narrow(part: IntArray) -> NDArray[np.int32]:
        return np.ascontiguousarray(part, dtype=np.int32)

    return Arrays(
        narrow(model.matrix.indptr), narrow(model.matrix.indices), narrow(model.columns.indptr),
        narrow(model.columns.indices), narrow(model.rivals.indptr), narrow(model.rivals.indices),
        model.weights, np.asarray(model.matrix @ model.weights), model.cost, float(model.budget),
        int(model.k), model.tolerance,
    )


def swap_quickly(arrays: Arrays, sites: IntArray) -> IntArray:
    """`georisk.siting.covering.exchange.swap_sites`, compiled."""
    return _shake(arrays, np.asarray(sites, np.int64), np.empty((0, 2)), 0.0)


def shake_sites(
    model: CoverModel, sites: IntArray, *, most: int, seed: int = 0, work: float = SHORT_WORK
) -> IntArray:
    """Exchange a few sites at random and swap again, many times; the best that was met.

    A round may end a little below the best, less and less so. Many rounds are run as a few
    chains, each from the start and with other luck: one long chain stays where it is stuck. How
    many rounds there are depends on the size of the model alone.

    Parameters
    ----------
    sites : array of int
        A choice within the bounds of the model.
    most : int
        Rounds at most.
    seed : int
        The same seed gives the same sites.
    work : float
        Steps at most, roughly: 10^9 take a second.

    References
    ----------
    Dueck 1993, New optimization heuristics: the great deluge algorithm and the record-to-record
    travel. Lourenço, Martin & Stützle 2003, Iterated local search.
    """
    n, width = model.matrix.shape
    reached = model.matrix.nnz / max(n, 1) * (model.matrix.nnz / max(width, 1))
    each = _PASSES * max(min(model.k, n), 1) * (3.0 * n + 2.0 * reached)
    rounds = int(min(most, _ROUNDS_EACH * n, work / max(each, 1.0)))
    chains = max(rounds // _CHAIN_LENGTH, 1)
    chances = np.random.default_rng(seed).random((chains, rounds // chains, 2 * _DROPS))
    arrays, start = lay_out(model), np.asarray(sites, np.int64)
    found = [_shake(arrays, start, part, _SLACK) for part in chances]
    return max(found, key=lambda some: measure_objective(model, some))


@compile_loop
def _add(a: Arrays, row: int, count: IntArray, gains: FloatArray, barred: IntArray) -> None:
    for p in range(a.start[row], a.start[row + 1]):
        group = a.group[p]
        if count[group] == 0:
            for q in range(a.column_start[group], a.column_start[group + 1]):
                gains[a.candidate[q]] -= a.weights[group]
        count[group] += 1
    barred[row] += 1
    for p in range(a.rival_start[row], a.rival_start[row + 1]):
        barred[a.rival[p]] += 1


@compile_loop
def _remove(a: Arrays, row: int, count: IntArray, gains: FloatArray, barred: IntArray) -> None:
    for p in range(a.start[row], a.start[row + 1]):
        group = a.group[p]
        count[group] -= 1
        if count[group] == 0:
            for q in range(a.column_start[group], a.column_start[group + 1]):
                gains[a.candidate[q]] += a.weights[group]
    barred[row] -= 1
    for p in range(a.rival_start[row], a.rival_start[row + 1]):
        barred[a.rival[p]] -= 1


@compile_loop
def _find_best(a: Arrays, sites: IntArray, n: int, gains: FloatArray, barred: IntArray) -> int:
    """The candidate that gains most beside the first n sites, or -1."""
    left = a.budget
    for i in range(n):
        left -= a.cost[sites[i]]
    most = -np.inf
    for row in range(len(gains)):
        if barred[row] == 0 and a.cost[row] <= left:
            most = max(most, gains[row])
    for row in range(len(gains)):
        if barred[row] == 0 and a.cost[row] <= left and gains[row] >= most - a.tolerance:
            return row
    return -1


@compile_loop
def _fill(
    a: Arrays, start: IntArray, sites: IntArray, count: IntArray, gains: FloatArray,
    barred: IntArray,
) -> int:
    """Add the best until no more may be added; how many sites there are then."""
    n = len(start)
    sites[:n] = start
    while n < a.k:
        best = _find_best(a, sites, n, gains, barred)
        if best < 0 or gains[best] <= a.tolerance:
            break
        sites[n] = best
        _add(a, best, count, gains, barred)
        n += 1
    return n


@compile_loop
def _swap(
    a: Arrays, sites: IntArray, n: int, count: IntArray, gains: FloatArray, barred: IntArray
) -> int:
    """Fill up and exchange while that helps; how many sites there are then."""
    n = _fill(a, np.sort(sites[:n]), sites, count, gains, barred)
    improved, passes = True, 0
    while improved and passes < 100:  # noqa: PLR2004 - as its namesake
        improved, passes = False, passes + 1
        sites[:n] = np.sort(sites[:n])
        for at in range(n):
            row = sites[at]
            _remove(a, row, count, gains, barred)
            sites[at] = sites[n - 1]
            best = _find_best(a, sites, n - 1, gains, barred)
            sites[at] = row
            if best >= 0 and gains[best] > gains[row] + a.tolerance:
                sites[at], improved = best, True
            _add(a, sites[at], count, gains, barred)
        n = _fill(a, sites[:n].copy(), sites, count, gains, barred)
    return n


@compile_loop
def _pick_near_best(
    a: Arrays, sites: IntArray, n: int, gains: FloatArray, barred: IntArray, chance: float
) -> int:
    """One of the candidates that gain at least half of the most, or -1."""
    best = _find_best(a, sites, n, gains, barred)
    if best < 0 or gains[best] <= a.tolerance:
        return -1
    left = a.budget
    for i in range(n):
        left -= a.cost[sites[i]]
    floor, found = _SHORT * gains[best], 0
    for row in range(len(gains)):
        if barred[row] == 0 and a.cost[row] <= left and gains[row] >= floor:
            found += 1
    wanted = int(chance * found)
    for row in range(len(gains)):
        if barred[row] == 0 and a.cost[row] <= left and gains[row] >= floor:
            if wanted == 0:
                return row
            wanted -= 1
    return best


@compile_loop
def _shake(a: Arrays, start: IntArray, chances: FloatArray, slack: float) -> IntArray:
    """Drop some sites, pick near-best ones, swap; go back where that is too much worse.

    Parameters
    ----------
    start : array of int
        A choice within the bounds.
    chances : array of shape (rounds, 2 * drops)
        Between 0 and 1: which sites are dropped, which candidates picked.
    slack : float
        Share of the best that a round may fall short of it at first; 0 at the end.
    """
    size = max(min(a.k, len(a.alone)), len(start))
    sites, kept = np.zeros(size + 1, np.int64), np.zeros(size + 1, np.int64)
    count, gains = np.zeros(len(a.weights), np.int64), a.alone.copy()
    barred = np.zeros(len(a.alone), np.int64)
    n = len(start)
    for i in range(n):
        sites[i] = start[i]
        _add(a, sites[i], count, gains, barred)
    n = _swap(a, sites, n, count, gains, barred)
    best, best_sites = a.weights[count > 0].sum(), sites[:n].copy()
    drops, rounds = chances.shape[1] // 2, len(chances)
    for turn in range(rounds):
        kept[:n], n_kept = sites[:n], n
        for d in range(min(drops, n)):
            at = int(chances[turn, d] * n)
            _remove(a, sites[at], count, gains, barred)
            sites[at] = sites[n - 1]
            n -= 1
        for d in range(drops):
            row = _pick_near_best(a, sites, n, gains, barred, chances[turn, drops + d])
            if row >= 0 and n < a.k:
                sites[n] = row
                _add(a, row, count, gains, barred)
                n += 1
        n = _swap(a, sites, n, count, gains, barred)
        worth = a.weights[count > 0].sum()
        if worth > best + a.tolerance:
            best, best_sites = worth, sites[:n].copy()
        elif worth < best * (1.0 - slack * (rounds - turn) / rounds):
            for i in range(n):
                _remove(a, sites[i], count, gains, barred)
            n = n_kept
            sites[:n] = kept[:n]
            for i in range(n):
                _add(a, sites[i], count, gains, barred)
    return np.sort(best_sites)
