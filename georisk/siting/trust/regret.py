"""The choice that is never far from the best, beside the one that is best on average."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy import sparse

from georisk.siting.binding import bind_limits, read_sites
from georisk.siting.highs import LinearModel, solve_linear
from georisk.siting.trust.alternatives import list_additions
from georisk.siting.trust.draws import (
    count_worlds,
    measure_additions,
    measure_worth,
    stack_worlds,
)
from layers.errors import CallError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from georisk.siting.limits import Limits
    from georisk.siting.solution import Solution, Status
    from georisk.siting.trust.draws import Stack, World
    from layers.crs import FloatArray

    Score = Callable[[FloatArray], FloatArray]

MAX_EXACT = 400_000
_TOLERANCE = 1e-7
_MAX_PASSES = 50
_ADDED = 3
_CLOSED = 1e-6
# Of two choices with the same worst regret, the one with the smaller mean.
_TIE = 1e-6


@dataclass(frozen=True, eq=False)
class Regret:
    """Two choices made for many worlds at once. Regrets are shares of each world's best.

    Attributes
    ----------
    chosen : tuple of int
        Smallest worst regret found, ascending.
    worst, mean : float
        Its regret in the worst world, and on average.
    worst_world : int
        Where it is worst.
    bound : float
        No choice within the limits has a smaller worst regret, against the same bests.
    status : str
        ``optimal``: proven, and every world's best is proven too; ``time limit``; ``greedy``.
    mean_chosen : tuple of int
        Largest mean worth found, ascending.
    mean_worst, mean_mean : float
        Its worst and its mean regret.
    choices : tuple of tuple of int
        The pool looked at in full: each world's best, and the two above.
    matrix : array of shape (n_choices, n_worlds)
        Regret of each of them in each world.
    """

    chosen: tuple[int, ...]
    worst: float
    mean: float
    worst_world: int
    bound: float
    status: Status
    mean_chosen: tuple[int, ...]
    mean_worst: float
    mean_mean: float
    choices: tuple[tuple[int, ...], ...]
    matrix: FloatArray


def measure_regret(worth: FloatArray, best: FloatArray) -> FloatArray:
    """What a choice misses of each world's best, as a share of it; 0 where the best is 0.

    Parameters
    ----------
    worth : array of shape (..., n_worlds)
    best : array of shape (n_worlds,)

    Examples
    --------
    >>> measure_regret(np.array([[6.0, 0.0], [3.0, 0.0]]), np.array([6.0, 0.0])).tolist()
    [[0.0, 0.0], [0.5, 0.0]]
    """
    safe = np.where(best > 0, best, 1.0)
    return np.asarray(np.clip((best - worth) / safe, 0.0, 1.0))


def minimise_regret(
    worlds: Sequence[World],
    solutions: Sequence[Solution],
    limits: Limits,
    *,
    method: Literal["auto", "exact", "greedy"] = "auto",
    time_limit_s: float = 10.0,
) -> Regret:
    """Find the choice whose regret in the worst world is smallest.

    Every world's best and the best choice for the mean are tried, then exchanges and additions
    of single sites while they help; where the model is small, HiGHS proves or betters it on the
    worlds that bind, others being added as they come to bind.

    Parameters
    ----------
    worlds : sequence of World
    solutions : sequence of Solution
        Maximal coverage of each world within the limits (`georisk.siting.trust.robust` finds them).
    limits : Limits
    method : str
        ``greedy`` leaves out the proof; ``auto`` does so where groups of demand times worlds
        exceed 400,000.

    Raises
    ------
    CallError
        As `georisk.siting.trust.draws.stack_worlds`, or if no choice in the pool keeps the limits.

    References
    ----------
    Savage 1951, The theory of statistical decision. Snyder 2006, Facility location under
    uncertainty.

    Examples
    --------
    One site for two worlds. Site 0 is best in the first (10) and useless in the second; site 1
    serves 6 of 10 in either; site 2 is best in the second. The middle one misses at most 40 %.

    >>> from georisk.siting.trust.draws import make_worlds
    >>> from georisk.siting.limits import Limits
    >>> from georisk.siting.trust.robust import choose_in_worlds
    >>> reach = sparse.csr_matrix(np.eye(3, dtype=bool))
    >>> worlds = make_worlds(reach, np.array([[10.0, 6, 0], [0, 6, 10]]))
    >>> found = minimise_regret(worlds, choose_in_worlds(worlds, Limits(k=1)), Limits(k=1))
    >>> found.chosen, round(found.worst, 2), round(found.bound, 2)
    ((1,), 0.4, 0.4)
    """
    stacks = stack_worlds(worlds, fixed=limits.fixed)
    pool = sorted({tuple(sorted(found.chosen)) for found in solutions})
    pool = [sites for sites in pool if limits.allow(sites)]
    if not pool:
        raise CallError("site: no draw has a choice within the limits; relax them")
    worth = measure_worth(stacks, pool)
    best = np.maximum(np.array([found.objective for found in solutions]), worth.max(axis=0))
    average = pool[int(np.argmax(np.round(worth.mean(axis=1) / max(worth.max(), 1e-300), 9)))]
    average = _improve(stacks, average, limits, lambda values: -values.mean(axis=1))

    def score(values: FloatArray) -> FloatArray:
        regret = measure_regret(values, best)
        return np.asarray(regret.max(axis=1) + _TIE * regret.mean(axis=1))

    start = pool[int(np.argmin(score(worth)))]
    chosen = min((_improve(stacks, sites, limits, score) for sites in (start, average)),
                 key=lambda sites: (score(measure_worth(stacks, [sites]))[0], sites))
    best = np.maximum(best, measure_worth(stacks, [chosen, average]).max(axis=0))
    small = count_worlds(stacks) * sum(stack.reach.shape[1] for stack in stacks) <= MAX_EXACT
    bound = 0.0
    status: Status = "greedy"
    if method == "exact" or (method == "auto" and small):
        chosen, bound, status = _search(stacks, best, limits, chosen, time_limit_s)
        if status == "optimal" and any(found.gap > 0 for found in solutions):
            status = "greedy"
    return _describe(stacks, pool, (chosen, average), best, (bound, status))


def _improve(
    stacks: Sequence[Stack], sites: tuple[int, ...], limits: Limits, score: Score
) -> tuple[int, ...]:
    """Add, then exchange single sites while the score falls; of moves as good the first."""
    for _ in range(_MAX_PASSES):
        now = float(score(measure_worth(stacks, [sites]))[0])
        bases = [sites, *(sites[:at] + sites[at + 1 :] for at in range(len(sites)))]
        found = [move for base in bases if (move := _find_move(stacks, base, limits, score))]
        if not found:
            break
        value, better = min(found)
        if value >= now - _TOLERANCE * max(abs(now), _TOLERANCE):
            break
        sites = better
    return sites


def _find_move(
    stacks: Sequence[Stack], base: tuple[int, ...], limits: Limits, score: Score
) -> tuple[float, tuple[int, ...]] | None:
    allowed = list_additions(base, limits, stacks[0].reach.shape[0])
    if not len(allowed):
        return None
    values = np.round(score(measure_additions(stacks, base)[allowed]), 12)
    at = int(np.argmin(values))
    return float(values[at]), tuple(sorted((*base, int(allowed[at]))))


def _search(
    stacks: Sequence[Stack],
    best: FloatArray,
    limits: Limits,
    start: tuple[int, ...],
    time_limit_s: float,
) -> tuple[tuple[int, ...], float, Status]:
    """Solve for the worlds that bind, add those that then bind, until none does."""
    until = time.monotonic() + time_limit_s
    regret = measure_regret(measure_worth(stacks, [start]), best)[0]
    worst, chosen, bound = float(regret.max()), start, 0.0
    active = set(np.argsort(-regret, kind="stable")[:_ADDED].tolist())
    while True:
        model, n = _write_model(stacks, best, active), stacks[0].reach.shape[0]
        outcome = solve_linear(bind_limits(model, limits, n),
                               time_limit_s=max(until - time.monotonic(), 0.1))
        bound = max(bound, min(outcome.bound, worst))
        if outcome.values is not None:
            sites = tuple(read_sites(outcome.values, limits, n).tolist())
            regret = measure_regret(measure_worth(stacks, [sites]), best)[0]
            if regret.max() < worst - _TOLERANCE:
                worst, chosen = float(regret.max()), sites
        if worst <= bound + _CLOSED:
            return chosen, worst, "optimal"
        fresh = [at for at in np.argsort(-regret, kind="stable").tolist() if at not in active]
        if outcome.status == "time limit" or time.monotonic() > until or not fresh:
            return chosen, bound, "time limit"
        active |= set(fresh[:_ADDED])


def _write_model(stacks: Sequence[Stack], best: FloatArray, active: set[int]) -> LinearModel:
    """Columns: sites, groups served per stack, the worst regret. Rows: service, then regrets."""
    used = [(stack, [at for at in range(len(stack.worlds)) if int(stack.worlds[at]) in active])
            for stack in stacks]
    used = [(stack, at) for stack, at in used if at]
    n, m = stacks[0].reach.shape[0], sum(stack.reach.shape[1] for stack, _ in used)
    serve = sparse.vstack([stack.reach.T for stack, _ in used])
    serve = sparse.hstack([-serve, sparse.eye(m), sparse.csr_matrix((m, 1))])
    parts = []
    for stack, at in used:
        level = best[stack.worlds[at]]
        parts.append(np.where(level > 0, stack.weights[:, at] / np.where(level > 0, level, 1), 0).T)
    share = sparse.block_diag(parts)
    count = share.shape[0]
    miss = sparse.hstack([sparse.csr_matrix((count, n)), share, np.ones((count, 1))])
    known = np.concatenate([best[stack.worlds[at]] > 0 for stack, at in used]).astype(float)
    worth = np.zeros(n + m + 1)
    worth[-1] = 1.0
    return LinearModel(
        worth, sparse.csr_matrix(sparse.vstack([serve, miss])),
        np.r_[np.full(m, -np.inf), known], np.r_[np.zeros(m), np.full(count, np.inf)],
        np.zeros(n + m + 1), np.ones(n + m + 1),
        np.r_[np.ones(n, bool), np.zeros(m + 1, bool)], "least",
    )


def _describe(
    stacks: Sequence[Stack],
    pool: list[tuple[int, ...]],
    found: tuple[tuple[int, ...], tuple[int, ...]],
    best: FloatArray,
    proof: tuple[float, Status],
) -> Regret:
    choices = tuple(sorted({*pool, *found}))
    matrix = measure_regret(measure_worth(stacks, choices), best)
    row, average = matrix[choices.index(found[0])], matrix[choices.index(found[1])]
    return Regret(
        found[0], float(row.max()), float(row.mean()), int(np.argmax(row)), *proof,
        found[1], float(average.max()), float(average.mean()), choices, matrix,
    )
