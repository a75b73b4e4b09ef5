"""Exchange chosen sites for others while that helps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from georisk.siting.covering.greedy import (
    RULES,
    Cover,
    cover_sites,
    fill_sites,
    list_allowed,
    measure_objective,
    pick_first,
)

if TYPE_CHECKING:
    from georisk.network import IntArray
    from georisk.siting.covering.reduction import CoverModel
    from layers.crs import FloatArray

_MAX_PASSES = 100
_FORCED = 40


def swap_sites(
    model: CoverModel, sites: IntArray, *, gains: FloatArray | None = None
) -> IntArray:
    """Exchange one site at a time, or drop it and add others, while the weight covered grows.

    Parameters
    ----------
    sites : array of int
        A choice within the bounds of the model.
    gains : array of shape (n_candidates,), optional
        Weight that each candidate reaches, where it is known.

    Examples
    --------
    >>> import numpy as np
    >>> from scipy import sparse
    >>> from georisk.siting.limits import Limits
    >>> from georisk.siting.covering.reduction import reduce_cover
    >>> reach = sparse.csr_matrix(np.array([[1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1]], bool))
    >>> model = reduce_cover(reach, np.array([2.0, 3, 3, 2]), Limits(k=2))
    >>> swap_sites(model, np.array([0, 1])).tolist()
    [0, 2]
    """
    cover = cover_sites(model, sites, gains=gains)
    chosen, improved = fill_sites(cover, sorted(sites.tolist())), True
    for _ in range(_MAX_PASSES):
        if not improved:
            break
        chosen, improved = _swap_each(cover, chosen)
        chosen = fill_sites(cover, chosen)
    return np.sort(np.array(chosen, np.int64))


def rebuild_sites(model: CoverModel, sites: IntArray) -> IntArray:
    """Where costs or rivals bind: drop or force in one site, fill up and swap, while that helps.

    Several sites then make way for one, or one for several, which `swap_sites` never tries.
    """
    gains = np.asarray(model.matrix @ model.weights)
    chosen, improved = sites.tolist(), not model.counts_only
    for _ in range(_MAX_PASSES):
        if not improved:
            break
        chosen, improved = _rebuild_each(model, chosen, gains)
        if improved:
            chosen = swap_sites(model, np.array(chosen, np.int64), gains=gains).tolist()
    return np.sort(np.array(chosen, np.int64))


def _swap_each(cover: Cover, sites: list[int]) -> tuple[list[int], bool]:
    """Give each site in turn its best replacement."""
    model, sites, improved = cover.model, sorted(sites), False
    for at, row in enumerate(sites):
        others = sites[:at] + sites[at + 1 :]
        cover.remove(row)
        worth = np.where(list_allowed(model, others), cover.gains, -np.inf)
        best = pick_first(worth, model.tolerance)
        if worth[best] > cover.gains[row] + model.tolerance:
            sites[at], improved = best, True
        cover.add(sites[at])
    return sites, improved


def _rebuild_each(
    model: CoverModel, sites: list[int], gains: FloatArray
) -> tuple[list[int], bool]:
    """Drop a site, or force a candidate in and out what it excludes; fill up; keep the best."""
    now = measure_objective(model, sites)
    trials = [[row for row in sites if row != out] for out in sites]
    trials += _force_each(model, sites, gains)
    best, improved = sites, False
    for trial in trials:
        for rule in RULES:
            found = fill_sites(cover_sites(model, trial, gains=gains), trial, by=rule)
            worth = measure_objective(model, found)
            if worth > now + model.tolerance:
                best, now, improved = found, worth, True
    return best, improved


def _force_each(
    model: CoverModel, sites: list[int], alone: FloatArray
) -> list[list[int]]:
    """For the candidates that would gain most: with it, and without what it leaves no room for."""
    cover = cover_sites(model, sites, gains=alone)
    gains = cover.gains
    gains[sites] = -np.inf
    order = np.argsort(-gains, kind="stable")[:_FORCED]
    losses = {site: float(model.weights[_list_lone(cover, site)].sum()) for site in sites}
    trials = []
    for row in order[gains[order] > model.tolerance].tolist():
        rivals = set(model.rivals_of(row).tolist())
        trial = [site for site in sites if site not in rivals]
        trial.sort(key=lambda site: (-losses[site] / max(float(model.cost[site]), 1e-12), site))
        while trial and not model.allow(np.array([*trial, row])):
            trial.pop()
        trials.append([*trial, row])
    return trials


def _list_lone(cover: Cover, site: int) -> IntArray:
    groups = cover.model.groups_of(site)
    return np.asarray(groups[cover.count[groups] == 1])


def drop_idle(model: CoverModel, sites: IntArray) -> IntArray:
    """Drop sites without which as much is covered, the latest first."""
    rows, cover = sorted(sites.tolist()), cover_sites(model, sites)
    for row in reversed(list(rows)):
        cover.remove(row)
        if cover.gains[row] > model.tolerance:
            cover.add(row)
        else:
            rows.remove(row)
    return np.array(rows, np.int64)


def prefer_first(model: CoverModel, sites: IntArray) -> IntArray:
    """Exchange sites for earlier candidates that serve exactly as well, so that ids settle ties."""
    rows, cover = sorted(sites.tolist()), cover_sites(model, sites)
    for _ in range(_MAX_PASSES):
        moved = False
        for at, row in enumerate(rows):
            others = rows[:at] + rows[at + 1 :]
            cover.remove(row)
            allowed = list_allowed(model, others)
            allowed[row] = True
            as_good = allowed & (cover.gains >= cover.gains[row] - model.tolerance)
            first = int(np.flatnonzero(as_good)[0])
            if first < row:
                rows[at], moved = first, True
            cover.add(rows[at])
        rows.sort()
        if not moved:
            break
    return np.array(rows, np.int64)
