"""What to do where a chosen site cannot be had, and what that loses."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from layers.errors import CallError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from georisk.network import IntArray
    from georisk.siting.limits import Limits
    from georisk.siting.solution import Solution
    from layers.crs import FloatArray

_ROUNDING = 1e-9


@dataclass(frozen=True)
class Loss:
    """The best choice that does without one site.

    Attributes
    ----------
    site : int
        The one that is not to be had.
    chosen : tuple of int
        All sites of the best choice without it; empty where there is none.
    loss : float
        Of the objective; where less is better, what it costs more. 0 where the choice without
        it is as good.
    loss_share : float
        Of the objective.
    low, high : float
        The true loss, if both choices may be short of the best by their gaps.
    refusal : str
        Why there is no choice without it (a required site; too few left); else empty.
    """

    site: int
    chosen: tuple[int, ...]
    loss: float
    loss_share: float
    low: float
    high: float
    refusal: str = ""


@dataclass(frozen=True)
class Replacement:
    """One site exchanged for one other, the rest held.

    Attributes
    ----------
    site, replacement : int
    loss : float
        Of the objective. Below 0 where the exchange is better, which cannot be where the choice
        is proven the best.
    loss_share : float
        Of the objective.
    near : bool
        Whether the loss is within the share that counts as near-optimal.
    """

    site: int
    replacement: int
    loss: float
    loss_share: float
    near: bool


def list_losses(
    solution: Solution,
    limits: Limits,
    solve: Callable[[Limits], Solution],
    *,
    sense: Literal["most", "least"] = "most",
) -> tuple[Loss, ...]:
    """For each chosen site: the best that can be done without it, and what is lost.

    Parameters
    ----------
    solution : Solution
        Of any objective, found within the limits.
    limits : Limits
    solve : callable
        From limits to a solution of the same objective; called once per chosen site with that
        site forbidden, and with one site fewer where else too few are left.
    sense : str
        ``least`` where the objective is a cost (hours, sites).

    Returns
    -------
    tuple of Loss
        In the order of ``solution.chosen``.

    Examples
    --------
    >>> import numpy as np
    >>> from scipy import sparse
    >>> from georisk.siting.limits import Limits
    >>> from georisk.siting.covering.solve import solve_mclp
    >>> reach = sparse.csr_matrix(np.array([[1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1]], bool))
    >>> def solve(limits):
    ...     return solve_mclp(reach, np.array([2.0, 3, 3, 2]), limits)
    >>> losses = list_losses(solve(Limits(k=2)), Limits(k=2), solve)
    >>> [(lost.site, sorted(lost.chosen), lost.loss, lost.loss_share) for lost in losses]
    [(0, [1, 2], 2.0, 0.2), (2, [0, 1], 2.0, 0.2)]
    """
    sign = 1.0 if sense == "most" else -1.0
    return tuple(_lose(site, solution, limits, solve, sign) for site in solution.chosen)


def _lose(
    site: int,
    solution: Solution,
    limits: Limits,
    solve: Callable[[Limits], Solution],
    sign: float,
) -> Loss:
    whole = abs(solution.objective)
    if site in limits.required:
        return Loss(site, (), whole, 1.0, whole, whole, "the site is required")
    without = replace(limits, forbidden=tuple(sorted({*limits.forbidden, site})))
    try:
        other = _solve_with_fewer(without, solve)
    except CallError as refusal:
        return Loss(site, (), whole, 1.0, whole, whole, str(refusal))
    lost = sign * (solution.objective - other.objective)
    lost = 0.0 if abs(lost) <= whole * _ROUNDING else lost
    low = max(lost - abs(other.bound - other.objective), 0.0)
    high = max(lost + abs(solution.bound - solution.objective), 0.0)
    share = max(lost, 0.0) / whole if whole > 0 else 0.0
    return Loss(site, other.chosen, max(lost, 0.0), share, low, high)


def _solve_with_fewer(limits: Limits, solve: Callable[[Limits], Solution]) -> Solution:
    """Solve; where the forbidden site leaves too few, with one site fewer."""
    try:
        return solve(limits)
    except CallError:
        if limits.k is None or limits.k <= 1:
            raise
        return solve(replace(limits, k=limits.k - 1))


def measure_swaps(
    add: Callable[[Sequence[int]], FloatArray],
    chosen: Sequence[int],
    limits: Limits,
    n_candidates: int,
) -> FloatArray:
    """What a choice is worth after each exchange of one of its sites for any one candidate.

    Parameters
    ----------
    add : callable
        From some sites to the worth of those and each one candidate more, shape
        (n_candidates,), by any objective.

    Returns
    -------
    array of shape (n_chosen, n_candidates)
        NaN where the limits forbid the exchange; a site exchanged for itself is none.

    Examples
    --------
    >>> import numpy as np
    >>> from georisk.siting.limits import Limits
    >>> measure_swaps(lambda sites: np.arange(4.0) + sum(sites), (0, 3), Limits(k=2), 4).tolist()
    [[nan, 4.0, 5.0, nan], [nan, 1.0, 2.0, nan]]
    """
    swapped = np.full((len(chosen), n_candidates), np.nan)
    for at, site in enumerate(chosen):
        others = [*chosen[:at], *chosen[at + 1 :]]
        allowed = np.setdiff1d(list_additions(others, limits, n_candidates), [site])
        if len(allowed):
            swapped[at, allowed] = add(others)[allowed]
    return swapped


def list_additions(others: Sequence[int], limits: Limits, n_candidates: int) -> IntArray:
    """Candidates that may join some sites, themselves within the limits, within the limits.

    Examples
    --------
    >>> from georisk.siting.limits import Limits
    >>> list_additions([0], Limits(k=2, forbidden=(3,), apart=((0, 1),)), 5).tolist()
    [2, 4]
    """
    missing = sorted(set(limits.required) - set(others))
    if len(missing) > 1 or (limits.k is not None and len(others) >= limits.k):
        return np.empty(0, np.int64)
    open_ = limits.list_open(n_candidates)
    open_[list(others)] = False
    for site in others:
        open_[list(limits.rivals_of(site))] = False
    if missing:
        open_ &= np.arange(n_candidates) == missing[0]
    if limits.budget is not None and limits.cost is not None:
        cost = np.asarray(limits.cost, float)
        open_ &= cost <= limits.most_spent - float(np.sort(cost[list(others)]).sum())
    return np.flatnonzero(open_)


def rank_replacements(
    swapped: FloatArray,
    solution: Solution,
    *,
    count: int = 3,
    share: float = 0.02,
    sense: Literal["most", "least"] = "most",
) -> tuple[Replacement, ...]:
    """The best single replacements of each chosen site, and what each loses.

    Parameters
    ----------
    swapped : array of shape (n_chosen, n_candidates)
        Of `measure_swaps`, rows in the order of ``solution.chosen``.
    count : int
        At most so many per site; of replacements as good the earlier row comes first.
    share : float
        A loss of at most this share of the objective is near-optimal.

    Returns
    -------
    tuple of Replacement
        By chosen site, then by loss. A site that nothing may replace is absent.

    Examples
    --------
    >>> import numpy as np
    >>> from georisk.siting.solution import Solution
    >>> best = Solution((0, 2), (5.0, 5.0), 10.0, 10.0, 0.0, 10.0, "optimal")
    >>> swapped = np.array([[np.nan, 8.0, np.nan, 9.9], [np.nan, 8.0, np.nan, np.nan]])
    >>> [(one.site, one.replacement, round(one.loss, 1), one.near)
    ...  for one in rank_replacements(swapped, best)]
    [(0, 3, 0.1, True), (0, 1, 2.0, False), (2, 1, 2.0, False)]
    """
    sign = 1.0 if sense == "most" else -1.0
    whole = abs(solution.objective)
    ranked: list[Replacement] = []
    for site, row in zip(solution.chosen, swapped, strict=True):
        loss = sign * (solution.objective - row)
        order = np.argsort(np.round(loss / max(whole, 1e-300), 9), kind="stable")
        for other in order[np.isfinite(loss[order])][:count].tolist():
            lost = 0.0 if abs(loss[other]) <= whole * _ROUNDING else float(loss[other])
            part = lost / whole if whole > 0 else 0.0
            ranked.append(Replacement(site, other, lost, part, part <= share + _ROUNDING))
    return tuple(ranked)
