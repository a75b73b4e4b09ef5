"""What each further point adds for one posed objective."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from georisk.siting.trust.curve import draw_curve
from layers.errors import CallError

if TYPE_CHECKING:
    from georisk.siting.limits import Limits
    from georisk.siting.posing.posed import Posed
    from georisk.siting.posing.scene import Scene
    from georisk.siting.solution import Method, Solution
    from georisk.siting.trust.curve import BenefitCurve

CHEAP = frozenset({"coverage", "length"})
# One more point may shorten nothing where two do; all at once they are found.
_AT_ONCE = frozenset({"farthest", "gap"})


def trace_posed(
    scene: Scene, posed: Posed, limits: Limits, k_max: int, *, time_limit_s: float = 30.0,
    best: Solution | None = None,
) -> BenefitCurve:
    """Draw the curve of an objective from one point on; of costs, what is saved.

    Parameters
    ----------
    k_max : int
        No more than there are candidates are looked at.
    best : Solution, optional
        Of the limits' own k, where it is known already.

    Raises
    ------
    CallError
        Of ``needed``, which asks how many; and as the solver.
    """
    if posed.name == "needed":
        raise CallError("site: needed asks how many points; no curve is drawn of it")
    k_max = max(min(k_max, int(limits.list_open(len(scene.candidates)).sum())), 1)
    least = max(len(set(limits.required)), 1)
    traced = _trace_cover(scene, posed, limits, range(least, max(k_max, least) + 1),
                          time_limit_s) if posed.name in CHEAP else {}

    def solve(k: int) -> Solution:
        k = max(k, least)
        if best is not None and k == limits.k:
            found = best
        elif k in traced:
            found = traced[k]
        else:
            found = posed.solve(replace(limits, k=k), choose_method(posed.name), time_limit_s)
        if posed.more_is_better and not posed.adds:
            return replace(found, objective=found.objective - posed.before,
                           bound=found.bound - posed.before)
        return found

    return draw_curve(solve, k_max, baseline=None if posed.more_is_better else posed.before,
                      stop="idle" if posed.name in CHEAP else "last")


def choose_method(objective: str) -> Method:
    """How an objective is solved where it is solved many times.

    Examples
    --------
    >>> choose_method("hours"), choose_method("gap")
    ('greedy', 'auto')
    """
    return "auto" if objective in _AT_ONCE else "greedy"


def _trace_cover(
    scene: Scene, posed: Posed, limits: Limits, ks: range, time_limit_s: float
) -> dict[int, Solution]:
    from georisk.siting.covering.tracing import trace_coverage

    if limits.budget is not None:
        return {}
    weights = scene.by_risk if posed.name == "coverage" else scene.by_km
    found = trace_coverage(scene.reach, weights, limits, ks, time_limit_s=time_limit_s)
    return dict(zip(ks, found, strict=True))
