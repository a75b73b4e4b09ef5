"""Which sites stay chosen when weights and parameters are drawn anew, and how sure that is."""

from __future__ import annotations

from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from georisk.siting.covering.exchange import drop_idle, prefer_first, swap_sites
from georisk.siting.covering.greedy import choose_greedily, measure_objective
from georisk.siting.covering.reduction import reduce_cover
from georisk.siting.limits import check_limits
from georisk.siting.solution import Solution
from georisk.siting.trust.draws import stack_worlds
from layers.errors import CallError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scipy import sparse

    from georisk.network import IntArray
    from georisk.siting.covering.reduction import CoverModel
    from georisk.siting.limits import Limits
    from georisk.siting.trust.draws import Stack, World
    from layers.crs import FloatArray

    Swap = Callable[[CoverModel, IntArray], list[IntArray]]
    Chooser = Callable[[sparse.csr_matrix, FloatArray, Limits], Solution]

_LEVEL = 0.9
_ROUNDING = 1e-9
# Entries gone through from which on compiled loops are worth their start.
_WORTHWHILE = 2_000_000


def choose_in_worlds(
    worlds: Sequence[World], limits: Limits, *, solve: Chooser | None = None
) -> tuple[Solution, ...]:
    """Solve every world anew.

    Parameters
    ----------
    worlds : sequence of World
    limits : Limits
    solve : callable, optional
        From reach, weights and limits to a solution. Demand that the same candidates reach is
        put together before it is called, and what fixed sites serve is gone. Without it maximal
        coverage by greedy and exchange, from each world's own start and from that of the mean:
        quick, rarely proven, and without ``benefits``.

    Returns
    -------
    tuple of Solution
        In the order of the worlds. In a world where no candidate serves anything nothing is
        chosen.

    Raises
    ------
    CallError
        As `georisk.siting.trust.draws.stack_worlds` and the solver.

    Examples
    --------
    >>> from scipy import sparse
    >>> from georisk.siting.trust.draws import make_worlds
    >>> from georisk.siting.limits import Limits
    >>> worlds = make_worlds(sparse.csr_matrix(np.eye(2, dtype=bool)),
    ...                      np.array([[2.0, 1], [1, 2]]))
    >>> [found.chosen for found in choose_in_worlds(worlds, Limits(k=1))]
    [(0,), (1,)]
    """
    found: dict[int, Solution] = {}
    for stack in stack_worlds(worlds, fixed=limits.fixed):
        check_limits(limits, stack.reach.shape[0])
        chosen = _choose_quickly(stack, limits, len(worlds)) if solve is None else [
            _choose(stack, column, limits, solve) for column in range(len(stack.worlds))]
        found |= dict(zip(stack.worlds.tolist(), chosen, strict=True))
    return tuple(found[at] for at in range(len(worlds)))


def _choose(stack: Stack, column: int, limits: Limits, solve: Chooser) -> Solution:
    weights = stack.weights[:, column]
    open_ = limits.list_open(stack.reach.shape[0])
    if not (stack.reach[open_] @ weights > 0).any():
        return _tell(stack, column, limits, tuple(sorted(set(limits.required))))
    return solve(stack.reach.astype(bool), weights, limits)


def _choose_quickly(stack: Stack, limits: Limits, n_worlds: int) -> list[Solution]:
    model = reduce_cover(stack.reach, stack.weights.mean(axis=1), limits)
    must = sorted(set(limits.required))
    if not model.n_groups:
        return [_tell(stack, at, limits, tuple(must)) for at in range(len(stack.worlds))]
    usual, found = swap_sites(model, choose_greedily(model)), []
    swap = _choose_swap(model, n_worlds)
    for column in range(len(stack.worlds)):
        drawn = model.reweigh(stack.weights[:, column])
        starts = swap(drawn, usual)
        best = starts[int(np.argmax([measure_objective(drawn, sites) for sites in starts]))]
        sites = model.candidates[prefer_first(drawn, drop_idle(drawn, best))].tolist()
        found.append(_tell(stack, column, limits, tuple(sorted({*must, *sites}))))
    return found


def _choose_swap(model: CoverModel, count: int) -> Swap:
    """From a model and a choice to two better ones, from that choice and from a greedy one."""
    if model.matrix.nnz * count < _WORTHWHILE:
        return lambda drawn, usual: [
            swap_sites(drawn, sites) for sites in (choose_greedily(drawn), usual)]
    from georisk.siting.covering.compiled import lay_out, swap_quickly

    nobody = np.zeros(0, np.int64)

    def swap(drawn: CoverModel, usual: IntArray) -> list[IntArray]:
        # Under a budget greedy also goes by gain for cost, which compiled filling does not.
        start = choose_greedily(drawn) if np.isfinite(drawn.budget) else nobody
        arrays = lay_out(drawn)
        return [swap_quickly(arrays, sites) for sites in (start, usual)]

    return swap


def _tell(stack: Stack, column: int, limits: Limits, sites: tuple[int, ...]) -> Solution:
    """Worth of a choice, and a bound: no k further gains add up to more (submodularity)."""
    weights = stack.weights[:, column]
    served = np.asarray(stack.reach[list(sites)].sum(axis=0)).ravel() > 0
    gains = np.sort(stack.reach @ (weights * ~served))[::-1]
    worth, total = float(weights[served].sum()), float(weights.sum())
    bound = min(worth + float(gains[: limits.k].sum()), total)
    bound = worth if bound - worth <= total * _ROUNDING else bound
    gap = (bound - worth) / bound if bound > worth else 0.0
    return Solution(sites, (), worth, bound, gap, total, "greedy" if gap else "optimal")


def count_selection(
    choices: Sequence[Sequence[int]], n_candidates: int, *, no_regret: float = 0.8
) -> pd.DataFrame:
    """How often each candidate is chosen, and how exactly that many draws can tell.

    Parameters
    ----------
    choices : sequence of sequences of int
        What was chosen in each draw.
    n_candidates : int
    no_regret : float
        A site chosen in at least this share of the draws is called no-regret.

    Returns
    -------
    DataFrame
        Index ``candidate``; columns ``frequency``; ``error``, the binomial standard error;
        ``low high``, the 90 % interval of Wilson, which is honest at 0 and 1 where the error is
        0; ``no_regret``; and ``sure``: the whole interval lies on one side of the bar. All of
        it is about the number of draws: that the draws hold every doubt there is, nobody says.

    Raises
    ------
    CallError
        Without a draw.

    References
    ----------
    Wilson 1927, Probable inference, the law of succession, and statistical inference.

    Examples
    --------
    Chosen in 9 of 10 draws: above the bar, but ten draws cannot be sure of it.

    >>> table = count_selection([(0,)] * 9 + [(1,)], 2)
    >>> table.loc[0, ["frequency", "error", "low", "high"]].astype(float).round(2).tolist()
    [0.9, 0.09, 0.65, 0.98]
    >>> bool(table.no_regret[0]), bool(table.sure[0])
    (True, False)
    """
    if not choices:
        raise CallError("site: no draw is given; a frequency needs at least one")
    count = len(choices)
    flat = [site for sites in choices for site in set(sites)]
    frequency = np.bincount(np.array(flat, np.int64), minlength=n_candidates) / count
    low, high = _bound_share(frequency, count)
    bar = no_regret - _ROUNDING
    return pd.DataFrame(
        {"frequency": frequency, "error": np.sqrt(frequency * (1 - frequency) / count),
         "low": low, "high": high, "no_regret": frequency >= bar,
         "sure": (low >= bar) | (high < bar)},
        index=pd.RangeIndex(n_candidates, name="candidate"),
    )


def _bound_share(share: FloatArray, count: int) -> tuple[FloatArray, FloatArray]:
    """Interval of Wilson for shares of a number of draws."""
    z = NormalDist().inv_cdf(0.5 + _LEVEL / 2)
    middle = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    half = z / (1 + z**2 / count) * np.sqrt(
        share * (1 - share) / count + z**2 / (4 * count**2)
    )
    # At 0 and 1 the interval ends there exactly; rounding may not push it past.
    return np.clip(middle - half, 0.0, share), np.clip(middle + half, share, 1.0)
