"""Objectives of fairness: the worst served country or corridor, or all of them in proportion."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import sparse

from georisk.siting.posing.posed import Aim, Posed
from layers.errors import CallError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from georisk.network import IntArray
    from georisk.siting.limits import Limits
    from georisk.siting.posing.scene import Scene
    from georisk.siting.solution import Method, Solution
    from layers.crs import FloatArray

_NOWHERE = "unknown"


def pose_equity(scene: Scene, aim: Aim) -> Posed:
    """Share of km within reach in the worst served group, made as large as it can be."""
    from georisk.siting.models.equity import solve_equity

    return _pose(scene, aim, solve_equity, lambda shares: shares.min(axis=-1),
                 ("equity", f"best for the worst served {aim.groups}", "least share of km covered"))


def pose_fair(scene: Scene, aim: Aim) -> Posed:
    """Proportional fairness: the sum over groups of the logarithm of the share of km covered."""
    from georisk.siting.models.equity import solve_alpha_fair

    return _pose(scene, aim, partial(solve_alpha_fair, floor=aim.alpha_floor),
                 lambda shares: np.log(shares + aim.alpha_floor).sum(axis=-1),
                 ("fair", f"fair to each {aim.groups} in proportion",
                  "sum of logarithms of shares of km covered"))


def _pose(
    scene: Scene, aim: Aim, solver: Callable[..., Solution],
    score: Callable[[FloatArray], FloatArray], words: tuple[str, str, str],
) -> Posed:
    groups = _list_groups(scene, aim)
    names, group, covered_km = groups.names, groups.of, groups.covered_km
    reachable = _find_reachable(groups)
    kept = np.flatnonzero(reachable)
    if not len(kept):
        raise CallError("site: no candidate reaches any uncovered row within its threshold; add "
                        "candidates nearer to them")
    used = np.flatnonzero(reachable[group])
    rank = np.cumsum(reachable) - 1
    reach, weights = groups.reach[:, used], groups.km[used]
    of = np.r_[rank[group[used]], np.arange(len(kept))]
    full = _add_standing(reach, len(kept))
    wide = np.r_[weights, covered_km[kept]]
    row = reach.shape[0]
    total = np.bincount(of, weights=wide, minlength=len(kept))

    def solve(limits: Limits, method: Method, time_limit_s: float) -> Solution:
        cost = None if limits.cost is None else np.r_[np.asarray(limits.cost, float), 0.0]
        bound = replace(limits, fixed=(*limits.fixed, row), cost=cost)
        return solver(full, wide, of, bound, method=method, time_limit_s=time_limit_s)

    def share(base: Sequence[int]) -> FloatArray:
        return _add_shares(reach, weights, of[: len(used)], base, covered_km[kept]) / total

    def tabulate(sites: Sequence[int]) -> pd.DataFrame:
        before = covered_km[kept] / total
        after = share(list(sites)[1:])[sites[0]] if len(sites) else before
        index = pd.Index([names[at] for at in kept], name=aim.groups)
        return pd.DataFrame({"before": before, "after": after}, index=index)

    before = float(score(covered_km[kept] / total))
    left = [names[at] for at in np.flatnonzero(~reachable)]
    notes = (f"{words[0]}: nothing can be done, or is left to do, in {', '.join(left)}",) \
        if left else ()
    # A least share is at most 1, a sum of logarithms of shares at most 0.
    scale = 1.0 if before >= 0 else -before
    return Posed(*words, more_is_better=True, before=before, scale=scale, solve=solve, adds=False,
                 add=lambda base: score(share(base)), notes=notes, groups=tabulate)


@dataclass(frozen=True, eq=False)
class _Groups:
    """Groups and what each has: ``of`` and ``km`` by column of ``reach``."""

    names: list[str]
    of: IntArray
    covered_km: FloatArray
    reach: sparse.csr_matrix
    km: FloatArray


def _list_groups(scene: Scene, aim: Aim) -> _Groups:
    """Groups of the demand, with km (both directions) covered now."""
    if aim.groups == "profile":
        return _list_profiles(aim)
    segments = scene.ground.segments
    if aim.groups not in segments:
        raise CallError(f"site: segments have no column {aim.groups}; group by country, corridor "
                        "or profile")
    column = segments[aim.groups]
    code, names = pd.factorize(column.astype(object).where(column.notna(), _NOWHERE), sort=True)
    group = code[scene.demand["segment"].to_numpy(np.int64)]
    km = np.bincount(code, weights=segments["length_km"].to_numpy(float), minlength=len(names))
    open_km = np.bincount(group, weights=scene.by_km, minlength=len(names))
    covered_km = np.maximum(2.0 * len(set(scene.demand["service"])) * km - open_km, 0.0)
    return _Groups([str(name) for name in names], group.astype(np.int64), covered_km,
                   scene.reach, scene.by_km)


def _list_profiles(aim: Aim) -> _Groups:
    """A group for each profile: what it lacks, within its own pace and thresholds."""
    if not aim.scenes:
        raise CallError("site: no profile lacks anything, or their scenes are not laid out; group "
                        "by country or corridor")
    covered = []
    for _, scene in aim.scenes:
        rows = scene.ground.coverage
        here = rows["service"].isin(set(scene.ground.standing) or set(scene.demand["service"]))
        length = scene.ground.segments["length_km"].reindex(rows.loc[here, "segment_id"])
        covered.append(float(length.sum()) - float(scene.by_km.sum()))
    sizes = [len(scene.demand) for _, scene in aim.scenes]
    return _Groups(
        [name for name, _ in aim.scenes], np.repeat(np.arange(len(sizes)), sizes),
        np.maximum(covered, 0.0),
        sparse.csr_matrix(sparse.hstack([scene.reach for _, scene in aim.scenes])),
        np.concatenate([scene.by_km for _, scene in aim.scenes]))


def _find_reachable(groups: _Groups) -> np.ndarray:
    """Groups in which some candidate reaches something."""
    reached = np.bincount(groups.reach.indices, minlength=groups.reach.shape[1]) > 0
    return np.bincount(groups.of[reached], minlength=len(groups.names)) > 0


def _add_standing(reach: sparse.csr_matrix, n_groups: int) -> sparse.csr_matrix:
    """One more site, of what stands, that reaches one more column a group: what is covered."""
    wide = sparse.csr_matrix(
        (reach.data, reach.indices, reach.indptr),
        shape=(reach.shape[0], reach.shape[1] + n_groups))
    own = np.arange(reach.shape[1], reach.shape[1] + n_groups)
    last = sparse.csr_matrix((np.ones(n_groups, bool), own, [0, n_groups]),
                             shape=(1, wide.shape[1]))
    return sparse.csr_matrix(sparse.vstack([wide, last]))


def _add_shares(
    reach: sparse.csr_matrix, weights: FloatArray, group: IntArray, base: Sequence[int],
    covered_km: FloatArray,
) -> FloatArray:
    """Km covered by group with some sites and one more, shape (n_candidates, n_groups)."""
    served = np.zeros(reach.shape[1], bool)
    for row in base:
        served[reach.indices[reach.indptr[row] : reach.indptr[row + 1]]] = True
    have = covered_km + np.bincount(group[served], weights=weights[served],
                                    minlength=len(covered_km))
    open_ = np.where(served, 0.0, weights)
    by_group = sparse.csr_matrix((open_, (np.arange(len(open_)), group)),
                                 shape=(len(open_), len(covered_km)))
    return np.asarray((reach.astype(float) @ by_group).todense()) + have
