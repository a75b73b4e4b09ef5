"""What each further site adds, and from which one on a site adds little."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from layers.errors import CallError

if TYPE_CHECKING:
    from collections.abc import Callable

    from georisk.siting.solution import Solution
    from layers.crs import FloatArray


@dataclass(frozen=True)
class BenefitCurve:
    """Benefit B(p) of the best choice of at most p sites, p = 1 to K. Each tuple holds K values.

    Attributes
    ----------
    k : tuple of int
    benefit : tuple of float
        In the unit of the objective. A choice of p sites is one of p + 1 too, so it never falls.
    bound : tuple of float
        No choice of at most p sites is worth more.
    marginal : tuple of float
        B(p) - B(p - 1), with B(0) = 0.
    marginal_low, marginal_high : tuple of float
        What the true difference may be, given the bounds; equal where both ends are proven.
    proven : tuple of bool
        Whether the benefit is the best there is.
    """

    k: tuple[int, ...]
    benefit: tuple[float, ...]
    bound: tuple[float, ...]
    marginal: tuple[float, ...]
    marginal_low: tuple[float, ...]
    marginal_high: tuple[float, ...]
    proven: tuple[bool, ...]


@dataclass(frozen=True)
class Knee:
    """Where a benefit curve bends most.

    Attributes
    ----------
    k : int
    distance : float
        How far the curve lies above its chord there; both axes run from 0 to 1.
    sure : bool
        Whether the curve of the bounds bends at the same k.
    """

    k: int
    distance: float
    sure: bool


def draw_curve(
    solve: Callable[[int], Solution], k_max: int, *, baseline: float | None = None,
    stop: Literal["idle", "last"] = "idle",
) -> BenefitCurve:
    """Solve for 1, 2, ... sites and tell what each further one adds.

    Parameters
    ----------
    solve : callable
        From the number of new sites to a solution, of whatever objective.
    k_max : int
        1 or more.
    baseline : float, optional
        Where less is better (hours, sites): what the objective is with no new site. Without it
        more is better and no site is worth 0.

    stop : str
        ``idle``: the search stops where a solution needs fewer sites than it may have;
        ``last``: all numbers are solved, for objectives of which two more sites may help where
        one does not, such as the longest gap.

    Raises
    ------
    CallError
        If k_max is below 1 or the baseline is no number; and whatever the solver raises.

    Examples
    --------
    Three towns of 6, 3 and 1 people, one site each:

    >>> from georisk.siting.solution import Solution
    >>> def solve(k):
    ...     worth = (6.0, 3.0, 1.0)[:k]
    ...     return Solution(tuple(range(k)), worth, sum(worth), sum(worth), 0.0, 10.0, "optimal")
    >>> curve = draw_curve(solve, 3)
    >>> curve.benefit, curve.marginal
    ((6.0, 9.0, 10.0), (6.0, 3.0, 1.0))
    """
    if k_max < 1:
        raise CallError(f"site: a curve needs at least one site; k_max is {k_max}")
    if baseline is not None and not np.isfinite(baseline):
        raise CallError("site: what the objective is without a new site is no number; without it "
                        "no curve can be drawn")
    benefit, bound = _solve_all(solve, k_max, baseline, stop)
    benefit = np.maximum.accumulate(benefit)
    # What bounds more sites bounds fewer.
    bound = np.maximum(np.minimum.accumulate(bound[::-1])[::-1], benefit)
    before, before_bound = np.r_[0.0, benefit[:-1]], np.r_[0.0, bound[:-1]]
    return BenefitCurve(
        tuple(range(1, k_max + 1)), _list(benefit), _list(bound), _list(benefit - before),
        _list(np.maximum(benefit - before_bound, 0.0)), _list(bound - before),
        tuple(bool(same) for same in benefit >= bound),
    )


def _solve_all(
    solve: Callable[[int], Solution], k_max: int, baseline: float | None,
    stop: Literal["idle", "last"],
) -> tuple[FloatArray, FloatArray]:
    benefit, bound = np.empty(k_max), np.empty(k_max)
    for k in range(1, k_max + 1):
        solution = solve(k)
        value, best = solution.objective, solution.bound
        benefit[k - 1 :] = value if baseline is None else baseline - value
        bound[k - 1 :] = best if baseline is None else baseline - best
        if stop == "idle" and len(solution.chosen) < k:
            break
    return np.maximum(benefit, 0.0), np.maximum(bound, 0.0)


def _list(values: FloatArray) -> tuple[float, ...]:
    return tuple(float(value) for value in values)


def find_knee(curve: BenefitCurve, *, least: float = 0.05) -> Knee | None:
    """Where a benefit curve bends: the point highest above its chord.

    Both axes are scaled to run from 0 to 1, the point of no site included, and the chord joins
    the first point to the last. Of points as high the one with fewer sites is told. The knee
    depends on how far the curve was drawn: a longer curve may bend later.

    Parameters
    ----------
    curve : BenefitCurve
    least : float
        A curve that rises nowhere more than this above its chord is called straight.

    Returns
    -------
    Knee or None
        None where the curve is straight: then money alone says how many.

    References
    ----------
    Satopää, Albrecht, Irwin & Raghavan 2011, Finding a "kneedle" in a haystack.

    Examples
    --------
    After the first of three sites 60 % of all is had for a third of the sites: 0.27 above.

    >>> curve = BenefitCurve((1, 2, 3), (6.0, 9.0, 10.0), (6.0, 9.0, 10.0), (6.0, 3.0, 1.0),
    ...                      (6.0, 3.0, 1.0), (6.0, 3.0, 1.0), (True, True, True))
    >>> knee = find_knee(curve)
    >>> knee.k, round(knee.distance, 2), knee.sure
    (1, 0.27, True)
    """
    at, distance = _bend(curve.benefit)
    if distance <= least:
        return None
    at_bound, _ = _bend(curve.bound)
    return Knee(curve.k[at], distance, at == at_bound)


def _bend(benefit: tuple[float, ...]) -> tuple[int, float]:
    """Position of the highest point above the chord, and its height; 0 for an empty curve."""
    if benefit[-1] <= 0:
        return 0, 0.0
    share = np.arange(1, len(benefit) + 1) / len(benefit)
    above = np.round(np.asarray(benefit) / benefit[-1] - share, 12)
    return int(np.argmax(above)), float(above.max())
