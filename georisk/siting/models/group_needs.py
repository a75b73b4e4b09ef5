"""How many sites each group needs at least to reach a share: rows that a linear model lacks.

In parts, a linear model serves every group with a little of many sites. That a share of one
country takes six whole sites, found country by country, it cannot see for itself.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from georisk.siting.covering.solve import solve_mclp
from georisk.siting.limits import Limits
from georisk.siting.models.group_cover import add_rows
from layers.errors import CallError

if TYPE_CHECKING:
    from collections.abc import Callable

    from georisk.network import IntArray
    from georisk.siting.highs import LinearModel
    from georisk.siting.models.group_cover import GroupCover

    Bound = Callable[[int, int], float]

# More than a proof may lack of the best (`georisk.siting.covering.solve`).
_SLACK = 1e-6


@dataclass(frozen=True, eq=False)
class Needs:
    """How many sites each group needs, and which of them count.

    Attributes
    ----------
    count : array of int, shape (n_groups,)
        One too many where no number will do.
    counts : csr_matrix, shape (n_groups, n_sites)
        1 where a site counts for a group.
    """

    count: IntArray
    counts: sparse.csr_matrix


def bound_groups(cover: GroupCover, limits: Limits) -> Bound:
    """Give a function of a group and a number of sites: the share these reach at most, once."""

    @cache
    def bound(group: int, count: int) -> float:
        if not count:
            return float(cover.fixed_share[group])
        kinds = np.flatnonzero(cover.group == group)
        reach, weight = cover.reach[:, kinds].astype(bool), cover.weight[kinds]
        alone = Limits(k=count, fixed=limits.fixed, forbidden=limits.forbidden, apart=limits.apart)
        try:
            most = solve_mclp(reach, weight, alone).bound * (1.0 + _SLACK)
        except CallError:
            most = 0.0
        return float(cover.fixed_share[group] + most / cover.total[group])

    return bound


def count_needed(
    cover: GroupCover, limits: Limits, share: float, bound: Bound | None = None
) -> Needs:
    """Fewest sites with which each group alone may reach a share; one too many where none do.

    Sites that together add too little to spare another one do not count.

    Parameters
    ----------
    bound : callable, optional
        Of `bound_groups`, where it is asked more than once.

    Examples
    --------
    >>> from georisk.siting.models.group_cover import reduce_groups
    >>> reach = sparse.csr_matrix(np.array([[1.0, 0, 0], [0, 1, 0], [0, 0, 1]]))
    >>> cover = reduce_groups(reach, np.array([1.0, 3, 5]), np.array([0, 0, 1]), Limits())
    >>> [count_needed(cover, Limits(k=3), share).count.tolist() for share in (0.5, 0.8)]
    [[1, 1], [2, 1]]

    Half of the first group is never had without the site of 3:

    >>> count_needed(cover, Limits(k=3), 0.5).counts.toarray().tolist()
    [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """
    open_ = int(limits.list_open(cover.n_sites).sum())
    most = open_ if limits.k is None else min(limits.k, open_)
    bound = bound or bound_groups(cover, limits)
    count, rows = [], []
    for group in range(len(cover.groups)):
        needed = 0
        while needed <= most and bound(group, needed) < share:
            needed += 1
        count.append(needed)
        spare = share - bound(group, needed - 1) if needed else 0.0
        rows.append(_list_counting(cover, group, spare))
    return Needs(np.array(count, np.int64), sparse.csr_matrix(sparse.vstack(rows)))


def _list_counting(cover: GroupCover, group: int, spare: float) -> sparse.csr_matrix:
    """Row of the sites that reach into a group, but for small ones below some share together."""
    own = np.where(cover.group == group, cover.kind_share, 0.0)
    alone = np.asarray(cover.reach @ own)
    order = np.argsort(alone, kind="stable")
    order = order[alone[order] > 0]
    covered, first = np.zeros(len(own), bool), 0
    for site in order.tolist():
        covered[cover.reach.indices[cover.reach.indptr[site] : cover.reach.indptr[site + 1]]] = True
        if float(own[covered].sum()) >= spare - _SLACK:
            break
        first += 1
    sites = np.sort(order[first:])
    return sparse.csr_matrix((np.ones(len(sites)), sites, [0, len(sites)]),
                             shape=(1, cover.n_sites))


def add_needs(linear: LinearModel, needs: Needs) -> LinearModel:
    """The model with a row for each group: as many sites as it needs must count for it."""
    useful = np.flatnonzero(needs.count > 0)
    size, n = needs.counts.shape
    wide = sparse.csr_matrix((size, len(linear.worth) - n))
    rows = sparse.csr_matrix(sparse.hstack([needs.counts, wide]))
    return add_rows(linear, rows[useful], needs.count[useful].astype(float))


def ask_fewest(linear: LinearModel, goal: float) -> LinearModel:
    """The model of `models.group_cover.pose_least`, asking for few sites at a goal."""
    upper = linear.upper.copy()
    upper[-1] = goal
    return replace(linear, upper=upper, worth=-linear.integer.astype(float))
