"""Objectives along routes: the shortest longest gap, and legs that can be walked whole."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from georisk.siting.posing.posed import Aim, Posed
from georisk.siting.posing.route_positions import Routes, lay_corridors, lay_legs
from georisk.siting.posing.scene import RISK_UNIT
from layers.errors import CallError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from georisk.network import BoolArray, IntArray
    from georisk.siting.limits import Limits
    from georisk.siting.posing.scene import Scene
    from georisk.siting.solution import Method, Solution
    from layers.crs import FloatArray

_ROUNDING_H = 1e-9
_NOTE = ("points stand where they join the leg: the walk from the leg to a point, and half a "
         "segment, are not counted")


def pose_gap(scene: Scene, aim: Aim) -> Posed:
    """Hours of the longest stretch of any corridor between consecutive points, either way."""
    del aim
    from georisk.siting.models.route_gap import measure_gaps, measure_longest_gap, solve_longest_gap

    routes = lay_corridors(scene)
    _check_routes(routes, scene)
    fixed = routes.fixed

    def solve(limits: Limits, method: Method, time_limit_s: float) -> Solution:
        return solve_longest_gap(routes.points, fix_rows(limits, fixed), method=method,
                                 time_limit_s=time_limit_s)

    def add(base: Sequence[int]) -> FloatArray:
        stands = np.array([*base, *fixed], np.int64)
        longest = measure_gaps(routes.points, stands)
        now = float(longest.max(initial=0.0))
        values = np.full(len(scene.candidates), now)
        # Only who stands on every route with a longest gap can shorten it.
        worst = np.flatnonzero(longest >= now - _ROUNDING_H)
        for site in _find_on_all(routes, worst, len(values)):
            values[site] = measure_longest_gap(routes.points, np.r_[stands, site])
        return values

    note = f"gap: from one point to the next, ends of corridors counted as points; {_NOTE}"
    before = measure_longest_gap(routes.points, np.array(fixed, np.int64))
    return Posed("gap", "shortest longest stretch between points", "h on foot",
                 more_is_better=False, before=before, scale=before, solve=solve, add=add,
                 notes=(note,))


def _check_routes(routes: Routes, scene: Scene) -> None:
    if not len(routes.points.hours):
        raise CallError("site: the study has no corridor: name whole ways under [corridors] to ask "
                        "for gaps along them")
    if not (routes.points.site < len(scene.candidates)).any():
        raise CallError("site: no candidate stands on any corridor; raise "
                        "siting.max_candidate_km or walk.max_access_km")


def _find_on_all(routes: Routes, worst: IntArray, count: int) -> IntArray:
    points = routes.points
    here = np.isin(points.route, worst) & (points.site < count)
    pairs = np.unique(np.column_stack([points.site[here], points.route[here]]), axis=0)
    times = np.bincount(pairs[:, 0], minlength=count) if len(pairs) else np.zeros(count)
    return np.flatnonzero(times == len(worst))


def fix_rows(limits: Limits, rows: Sequence[int]) -> Limits:
    """The same limits with more rows, of what stands already: they cost nothing."""
    cost = limits.cost
    if cost is not None:
        cost = np.r_[np.asarray(cost, float), np.zeros(len(rows))]
    return replace(limits, fixed=(*limits.fixed, *rows), cost=cost)


def pose_autonomy(scene: Scene, aim: Aim) -> Posed:
    """Risk-weighted km of legs that can be walked whole within the autonomy: range-limited."""
    from georisk.siting.models.journey_cover import list_stretches
    from georisk.siting.models.journeys import Walkers, solve_journeys

    routes = lay_legs(scene)
    stocked = np.full(len(routes.points.hours), aim.stocked)
    walkers = Walkers(routes.weight, routes.autonomy_h, stocked)
    cover, journey = list_stretches(routes.points, routes.autonomy_h, stocked)
    fixed = routes.fixed
    n_legs = len(routes.points.hours)
    count = len(scene.candidates)

    def solve(limits: Limits, method: Method, time_limit_s: float) -> Solution:
        return solve_journeys(routes.points, walkers, fix_rows(limits, fixed), method=method,
                              time_limit_s=time_limit_s)

    def miss(base: Sequence[int]) -> tuple[BoolArray, IntArray]:
        done = np.asarray(cover[[*base, *fixed]].sum(axis=0)).ravel() > 0
        return done, np.bincount(journey[~done], minlength=n_legs)

    already = miss(())[1] == 0

    def add(base: Sequence[int]) -> FloatArray:
        done, missing = miss(base)
        left = np.flatnonzero(~done)
        by_leg = sparse.csr_matrix((np.ones(len(left)), (left, journey[left])),
                                   shape=(len(journey), n_legs))
        new = np.asarray((cover[:count] @ by_leg).todense())
        whole = (missing == 0) | (new >= missing)
        return np.asarray((whole & ~already) @ routes.weight)

    before = float(np.sort(routes.weight[~already]).sum())
    if before <= 0:
        raise CallError("site: every leg can be walked whole as it is; choose another service, "
                        "profile or month")
    full = "with a full supply" if aim.stocked else "with nothing"
    note = (f"autonomy: {int((~already).sum())} of {n_legs} legs (each way and service) cannot be "
             f"walked whole now; who sets out on a leg does so {full}; {_NOTE}")
    return Posed("autonomy", "most risk-weighted legs that can be walked whole", RISK_UNIT,
                 more_is_better=True, before=before, scale=before, solve=solve, add=add,
                 notes=(note,))
