"""Objectives of hours to the nearest point: the mean, the farthest, points for a limit."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from georisk.siting.posing.arrivals import measure_arrival_h
from georisk.siting.posing.cover_objectives import add_cover
from georisk.siting.posing.posed import Aim, Posed
from georisk.siting.posing.reach import keep_within
from layers.errors import CallError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from georisk.network import BoolArray
    from georisk.siting.limits import Limits
    from georisk.siting.posing.scene import Scene
    from georisk.siting.solution import Method, Solution
    from layers.crs import FloatArray

_ROUNDING_KM = 1e-9
_ROUNDING_H = 1e-9


def pose_hours(scene: Scene, aim: Aim) -> Posed:
    """Mean hours from what is uncovered to the nearest point: p-median, far hours capped."""
    del aim
    from georisk.siting.models.median import solve_pmedian

    cap_h = scene.far_times * float(scene.demand["threshold_h"].max())
    weights = scene.sample_weights / max(float(scene.sample_weights.sum()), 1e-300)
    standing_h = np.minimum(scene.standing_h, cap_h)
    hours = _keep_below(scene.near_hours, standing_h)
    with_standing = _add_row(hours, standing_h)
    row = hours.shape[0]

    def solve(limits: Limits, method: Method, time_limit_s: float) -> Solution:
        return solve_pmedian(with_standing, weights, _fix(limits, row), unreached_hours=cap_h,
                             method=method, time_limit_s=time_limit_s)

    before = float(weights @ standing_h)
    note = (f"hours: looked at every {scene.step_km:g} km; beyond {cap_h:.1f} h no hour counts: "
            "nobody walks that far for it in one go")
    return Posed("hours", "fewest hours to the nearest point", "h, mean over risk-weighted km",
                 more_is_better=False, before=before, scale=before, solve=solve,
                 add=lambda base: _add_hours(hours, weights, standing_h, base), notes=(note,))


def _keep_below(hours: sparse.csr_matrix, ceiling: FloatArray) -> sparse.csr_matrix:
    """Hours that are of use: less than what stands already asks for."""
    kept = hours.data < ceiling[hours.indices]
    row = np.repeat(np.arange(hours.shape[0]), np.diff(hours.indptr))[kept]
    pointer = np.r_[0, np.cumsum(np.bincount(row, minlength=hours.shape[0]))]
    return sparse.csr_matrix((hours.data[kept], hours.indices[kept], pointer), shape=hours.shape)


def _add_row(hours: sparse.csr_matrix, last: FloatArray) -> sparse.csr_matrix:
    """One more candidate below the others: what stands already."""
    at = np.flatnonzero(np.isfinite(last))
    data = np.r_[hours.data, last[at]]
    indices = np.r_[hours.indices, at]
    pointer = np.r_[hours.indptr, hours.indptr[-1] + len(at)]
    return sparse.csr_matrix((data, indices, pointer),
                             shape=(hours.shape[0] + 1, hours.shape[1]))


def _fix(limits: Limits, row: int) -> Limits:
    """The same limits with one more row, of what stands already: it costs nothing."""
    cost = None if limits.cost is None else np.r_[np.asarray(limits.cost, float), 0.0]
    return replace(limits, fixed=(*limits.fixed, row), cost=cost)


def _add_hours(
    hours: sparse.csr_matrix, weights: FloatArray, standing_h: FloatArray, base: Sequence[int]
) -> FloatArray:
    nearest = find_nearest_of(hours, standing_h, base)
    row = np.repeat(np.arange(hours.shape[0]), np.diff(hours.indptr))
    saved = np.maximum(nearest[hours.indices] - hours.data, 0.0) * weights[hours.indices]
    total = float(weights @ nearest)
    return np.asarray(total - np.bincount(row, weights=saved, minlength=hours.shape[0]))


def find_nearest_of(
    hours: sparse.csr_matrix, standing_h: FloatArray, sites: Sequence[int]
) -> FloatArray:
    """Hours to the nearest of some sites and of what stands, shape (n_demand,)."""
    nearest = np.array(standing_h, float)
    for site in sites:
        part = slice(hours.indptr[site], hours.indptr[site + 1])
        at = hours.indices[part]
        nearest[at] = np.minimum(nearest[at], hours.data[part])
    return nearest


def pose_farthest(scene: Scene, aim: Aim) -> Posed:
    """Hours from the farthest uncovered stretch to the nearest point: p-center."""
    del aim
    from georisk.siting.models.center import solve_pcenter

    reachable = _find_reachable(scene)
    if not reachable.any():
        raise CallError("site: no uncovered stretch has any candidate ahead; add candidates "
                        "farther along, or take the objective coverage")
    hours = _keep_below(scene.all_hours, scene.standing_h)[:, reachable]
    standing_h = scene.standing_h[reachable]
    # Where nothing stands ahead, the farthest candidate is what it costs to have none.
    worst_h = max(float(hours.max()), float(standing_h[np.isfinite(standing_h)].max(initial=0.0)))
    standing_h = np.where(np.isfinite(standing_h), standing_h, worst_h)
    row, with_standing = hours.shape[0], _add_row(hours, standing_h)
    dense = np.full(hours.shape, np.inf)
    entries = hours.tocoo()
    dense[entries.row, entries.col] = entries.data

    def solve(limits: Limits, method: Method, time_limit_s: float) -> Solution:
        return solve_pcenter(with_standing, _fix(limits, row), method=method,
                             time_limit_s=time_limit_s)

    def add(base: Sequence[int]) -> FloatArray:
        nearest = find_nearest_of(hours, standing_h, base)
        return np.asarray(np.minimum(dense, nearest).max(axis=1))

    before = float(standing_h.max())
    return Posed("farthest", "fewest hours from the farthest stretch", "h",
                 more_is_better=False, before=before, scale=before, solve=solve, add=add,
                 notes=(f"farthest: looked at every {scene.step_km:g} km",
                        *_tell_left_out("farthest", ~reachable, scene)))


def _find_reachable(scene: Scene) -> BoolArray:
    """Sampled rows that some candidate or some place that stands lies ahead of."""
    count = np.bincount(scene.all_hours.indices, minlength=scene.all_hours.shape[1])
    return np.asarray((count > 0) | np.isfinite(scene.standing_h))


def _tell_left_out(name: str, left_out: BoolArray, scene: Scene) -> tuple[str, ...]:
    if not left_out.any():
        return ()
    km = float(scene.sample[0]["length_km"].to_numpy(float)[left_out].sum())
    told = (f"{name}: {km:,.0f} km (both directions) with no candidate ahead near enough are left "
            "out")
    return (told,)


def pose_needed(scene: Scene, aim: Aim) -> Posed:
    """How many points it takes so that no gap exceeds some hours: set covering.

    A gap of so many hours ends where the next point comes within its threshold: whoever enters
    it has the threshold more to go. It ends, too, where the corridor does: whoever gets there in
    so many hours has arrived, and no point is asked for ahead of them. The end of a leg in no
    corridor is no arrival: nobody said where people go.
    """
    from georisk.siting.models.set_cover import solve_lscp

    limit_h = scene.sample[0]["threshold_h"].to_numpy(float) + aim.max_gap_h
    arrival_h = measure_arrival_h(scene, scene.sample[0])
    far = np.flatnonzero((scene.standing_h > limit_h) & (arrival_h > aim.max_gap_h + _ROUNDING_H))
    if not len(far):
        raise CallError(f"site: no gap exceeds {aim.max_gap_h:g} h as it is; ask for fewer hours")
    near = bool((limit_h <= scene.far_times * (limit_h - aim.max_gap_h)).all())
    hours = scene.near_hours if near else scene.all_hours
    reach = keep_within(hours, limit_h)[:, far]
    reached = np.bincount(reach.indices, minlength=reach.shape[1]) > 0
    if not reached.any():
        raise CallError(f"site: no candidate shortens any gap to {aim.max_gap_h:g} h; raise "
                        "max_gap_h or allow more candidates (options, siting.max_candidate_km)")
    left_out = np.zeros(len(limit_h), bool)
    left_out[far[~reached]] = True
    reach = reach[:, reached]
    length_km = scene.sample[0]["length_km"].to_numpy(float)[far[reached]]

    def solve(limits: Limits, method: Method, time_limit_s: float) -> Solution:
        return solve_lscp(reach, limits, unreached="leave out", method=method,
                          time_limit_s=time_limit_s)

    def add(base: Sequence[int]) -> FloatArray:
        # Of a choice that need not hold any more: km that lack a point, in points each counts 1.
        missing = float(length_km.sum()) - add_cover(reach, length_km, base)
        return np.where(missing > _ROUNDING_KM, np.inf, len(base) + 1.0)

    count = float(reach.shape[1])
    note = (f"needed: looked at every {scene.step_km:g} km; benefits are such stretches newly "
            "within the limit; whoever reaches the end of a corridor within "
            f"{aim.max_gap_h:g} h has arrived, and no point is asked for there; k is not read")
    return Posed("needed", f"fewest points so that no gap exceeds {aim.max_gap_h:g} h", "points",
                 more_is_better=False, before=0.0, scale=count, solve=solve, add=add,
                 notes=(note, *_tell_left_out("needed", left_out, scene)))
