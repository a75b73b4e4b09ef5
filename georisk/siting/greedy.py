"""Choose sites one by one, then exchange them while that helps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from georisk.network import BoolArray, IntArray
    from georisk.siting.reduction import CoverModel
    from layers.crs import FloatArray

_MAX_PASSES = 100


def choose_greedily(model: CoverModel, k: int) -> IntArray:
    """Take the candidate that adds most, k times; at least 1 - 1/e of the best choice.

    Returns
    -------
    array of int
        Rows of the model, ascending; fewer than k where more would add nothing.

    References
    ----------
    Nemhauser, Wolsey & Fisher 1978, Maximizing submodular set functions.
    """
    chosen: list[int] = []
    open_ = np.ones(model.n_groups, bool)
    while len(chosen) < k:
        gains = _measure_gains(model, open_)
        if not gains.size or gains.max() <= model.tolerance:
            break
        chosen.append(_pick_first(gains, model.tolerance))
        open_[model.groups_of(chosen[-1])] = False
    return np.sort(np.array(chosen, np.int64))


def _measure_gains(model: CoverModel, open_: BoolArray) -> FloatArray:
    return np.asarray(model.matrix @ (model.weights * open_))


def _pick_first(gains: FloatArray, tolerance: float) -> int:
    return int(np.flatnonzero(gains >= gains.max() - tolerance)[0])


def _count_cover(model: CoverModel, sites: IntArray) -> FloatArray:
    return np.asarray(model.matrix[sites].sum(axis=0)).ravel()


def measure_objective(model: CoverModel, sites: IntArray) -> float:
    """Weight that some sites cover together."""
    return float(model.weights[_count_cover(model, sites) > 0].sum())


def swap_sites(model: CoverModel, sites: IntArray) -> IntArray:
    """Exchange one site at a time while the weight covered grows.

    Examples
    --------
    >>> import numpy as np
    >>> from scipy import sparse
    >>> from georisk.siting.reduction import reduce_cover
    >>> reach = sparse.csr_matrix(np.array([[1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1]], bool))
    >>> model = reduce_cover(reach, np.array([2.0, 3, 3, 2]))
    >>> swap_sites(model, np.array([0, 1])).tolist()
    [0, 2]
    """
    sites = sites.copy()
    for _ in range(_MAX_PASSES):
        improved = False
        for at in range(len(sites)):
            others = np.delete(sites, at)
            gains = _measure_gains(model, _count_cover(model, others) == 0)
            now = gains[sites[at]]
            best = _pick_first(gains, model.tolerance)
            if gains[best] > now + model.tolerance:
                sites[at], improved = best, True
        if not improved:
            break
    return np.sort(sites)


def prefer_first(model: CoverModel, sites: IntArray) -> IntArray:
    """Exchange sites for earlier candidates that serve exactly as well, so that ids settle ties."""
    sites = np.sort(sites)
    for _ in range(_MAX_PASSES):
        moved = False
        for at in range(len(sites)):
            others = np.delete(sites, at)
            gains = _measure_gains(model, _count_cover(model, others) == 0)
            as_good = np.flatnonzero(gains >= gains[sites[at]] - model.tolerance)
            first = int(np.setdiff1d(as_good, others)[0])
            if first < sites[at]:
                sites[at], moved = first, True
        sites = np.sort(sites)
        if not moved:
            break
    return sites


def bound_greedy(model: CoverModel, sites: IntArray, k: int) -> float:
    """Weight that no k sites can exceed: what some cover, and the k largest further gains.

    Valid for any sites, since the weight covered is submodular; the empty start is tried too.
    """
    bounds = [float(model.weights.sum())]
    for start in (sites[:0], sites):
        gains = _measure_gains(model, _count_cover(model, start) == 0)
        bounds.append(measure_objective(model, start) + float(np.sort(gains)[::-1][:k].sum()))
    return min(bounds)
