"""Cover counted apart for groups of demand: countries, profiles, services."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy import sparse

from georisk.siting.binding import free_sites

if TYPE_CHECKING:
    from georisk.network import BoolArray, IntArray
    from georisk.siting.highs import LinearModel
    from georisk.siting.limits import Limits
    from layers.crs import FloatArray

_SMALL = 4_000


@dataclass(frozen=True, eq=False)
class GroupCover:
    """Kinds of demand that fixed sites leave open: one for each group and set of candidates.

    Attributes
    ----------
    reach : sparse matrix, shape (n_sites, n_kinds)
    weight : array of shape (n_kinds,)
    group : array of int, shape (n_kinds,)
        Place in ``groups``.
    groups : array of int
        Groups with weight, ascending.
    total, fixed_share : array of shape (n_groups,)
        Weight of each, and the share of it that fixed sites cover.
    """

    reach: sparse.csr_matrix
    weight: FloatArray
    group: IntArray
    groups: IntArray
    total: FloatArray
    fixed_share: FloatArray

    @property
    def n_sites(self) -> int:
        """How many candidates."""
        return int(self.reach.shape[0])

    @cached_property
    def kind_share(self) -> FloatArray:
        """Share of its group's weight that each kind is."""
        return np.asarray(self.weight / self.total[self.group])

    @cached_property
    def by_group(self) -> sparse.csr_matrix:
        """What each kind adds to the share of its group, shape (n_groups, n_kinds)."""
        at = (self.group, np.arange(len(self.weight)))
        return sparse.csr_matrix((self.kind_share, at), shape=(len(self.groups), len(self.weight)))

    def find_covered(self, sites: tuple[int, ...]) -> BoolArray:
        """Kinds that some new sites cover."""
        return np.asarray(self.reach[list(sites)].sum(axis=0)).ravel() > 0

    def measure_shares(self, sites: tuple[int, ...]) -> FloatArray:
        """Share of each group that fixed and some new sites cover."""
        covered = self.find_covered(sites).astype(float)
        shares = self.fixed_share + np.asarray(self.by_group @ covered)
        return np.asarray(np.minimum(shares, 1.0), float)

    def measure_benefit(self, sites: tuple[int, ...]) -> float:
        """Weight that some new sites cover."""
        return float(self.weight[self.find_covered(sites)].sum())


def reduce_groups(
    reach: sparse.csr_matrix, weights: FloatArray, groups: IntArray, limits: Limits
) -> GroupCover:
    """Put together what the same candidates reach in one group, in an order no row order moves.

    Examples
    --------
    >>> from georisk.siting.limits import Limits
    >>> reach = sparse.csr_matrix(np.array([[1.0, 1, 0], [0, 0, 1]]))
    >>> cover = reduce_groups(reach, np.array([1.0, 2, 3]), np.array([5, 5, 7]), Limits())
    >>> cover.weight.tolist(), cover.groups.tolist(), cover.measure_shares((0,)).tolist()
    ([3.0, 3.0], [5, 7], [1.0, 0.0])
    """
    fixed = np.zeros(reach.shape[0])
    fixed[list(limits.fixed)] = 1.0
    settled = np.asarray(reach.T @ fixed) > 0
    heavy = weights > 0
    ids = np.unique(groups[heavy])
    place = np.searchsorted(ids, groups)
    total = _add_up(place[heavy], weights[heavy], len(ids))
    held = _add_up(place[heavy & settled], weights[heavy & settled], len(ids))
    columns = sparse.csc_matrix(reach)
    columns.sort_indices()
    start, index = columns.indptr, columns.indices.astype(">i4")
    kinds: dict[tuple[int, bytes], list[int]] = {}
    for at in np.flatnonzero(heavy & ~settled & (np.diff(start) > 0)).tolist():
        key = (int(place[at]), index[start[at] : start[at + 1]].tobytes())
        kinds.setdefault(key, []).append(at)
    order = sorted(kinds)
    kept = sparse.csr_matrix(columns[:, [kinds[key][0] for key in order]])
    return GroupCover(
        kept, np.array([float(np.sort(weights[kinds[key]]).sum()) for key in order]),
        np.array([key[0] for key in order], np.int64), ids, total, held / total,
    )


def _add_up(place: IntArray, weights: FloatArray, count: int) -> FloatArray:
    order = np.lexsort((weights, place))
    return np.asarray(np.bincount(place[order], weights[order], count), float)


def measure_logs(shares: FloatArray, floor: float) -> float:
    """Sum of log(share + floor) over groups."""
    return float(np.log(np.asarray(shares) + floor).sum())


def pose_shares(cover: GroupCover) -> LinearModel:
    """A model of sites and of kinds covered, 0 to 1, whose worth is the weight covered."""
    n, m = cover.n_sites, len(cover.weight)
    return replace(
        free_sites(np.zeros(n), others=cover.weight),
        matrix=sparse.csr_matrix(sparse.hstack([cover.reach.T, -sparse.eye(m)])),
        row_lower=np.zeros(m), row_upper=np.full(m, np.inf),
    )


def score_groups(
    cover: GroupCover, sites: tuple[int, ...], measure: str, *, floor: float = 0.0
) -> FloatArray:
    """Score of each candidate added to some sites: what is measured, then the weight covered.

    Parameters
    ----------
    measure : str
        ``least`` share, sum of ``logs`` of shares, or ``weight``.
    floor : float
        Added to each share before its logarithm is taken.
    """
    covered = cover.find_covered(sites).astype(float)
    by_group = cover.by_group
    left = np.flatnonzero(covered == 0)
    more = (cover.reach @ sparse.csr_matrix(
        (cover.kind_share[left], (left, cover.group[left])),
        shape=(len(covered), len(cover.groups)))).toarray()
    shares = np.minimum(cover.fixed_share + np.asarray(by_group @ covered) + more, 1.0)
    benefit = float(cover.weight @ covered) + more @ cover.total
    if measure == "weight":
        return np.column_stack([benefit, np.zeros(len(benefit))])
    if measure == "least":
        return np.column_stack([shares.min(axis=1), benefit])
    return np.column_stack([np.log(shares + floor).sum(axis=1), benefit])


def pose_least(cover: GroupCover) -> LinearModel:
    """The model whose worth is the least share, in one more column."""
    linear = _widen(pose_shares(cover), 1)
    g = len(cover.groups)
    rows = sparse.hstack([sparse.csr_matrix((g, cover.n_sites)), cover.by_group,
                          sparse.csr_matrix(-np.ones((g, 1)))])
    return add_rows(linear, rows, -cover.fixed_share)


def pose_logs(cover: GroupCover, touch: FloatArray, floor: float) -> LinearModel:
    """The model whose worth is the sum of logarithms, each under its tangents.

    Parameters
    ----------
    touch : array of shape (n_groups, n_tangents)
        Shares, the floor added, at which tangents touch.
    """
    (g, n_touch), n, m = touch.shape, cover.n_sites, len(cover.weight)
    linear = _widen(_widen(pose_shares(cover), g), g)
    linear = replace(linear, worth=np.r_[np.zeros(n + m + g), np.ones(g)],
                     lower=np.r_[np.zeros(n + m + g), np.full(g, np.log(floor) - 1.0)])
    shares = sparse.hstack([sparse.csr_matrix((g, n)), cover.by_group, -sparse.eye(g),
                            sparse.csr_matrix((g, g))])
    linear = add_rows(linear, shares, -cover.fixed_share)
    which = sparse.csr_matrix(np.repeat(np.eye(g), n_touch, axis=0))
    tangents = sparse.hstack([sparse.csr_matrix((g * n_touch, n + m)),
                              sparse.diags(1.0 / touch.ravel()) @ which, -which])
    begins = np.log(touch) + (floor - touch) / touch
    return add_rows(linear, tangents, -begins.ravel())


def fill_columns(cover: GroupCover, sites: tuple[int, ...], limits: Limits) -> FloatArray:
    """Values of the columns of `pose_shares` where some sites are chosen."""
    stands = np.zeros(cover.n_sites)
    stands[[*sites, *limits.fixed]] = 1.0
    return np.asarray(np.r_[stands, cover.find_covered(sites)], float)


def choose_presolve(cover: GroupCover) -> Literal["choose", "off"]:
    """Whether a model of these groups is so small that to presolve it costs more than it saves."""
    return "off" if len(cover.weight) <= _SMALL else "choose"


def _widen(linear: LinearModel, count: int) -> LinearModel:
    """Columns at the end that alone have worth; no column is above 1."""
    wide = sparse.csr_matrix((linear.matrix.shape[0], count))
    return replace(
        linear, worth=np.r_[np.zeros(len(linear.worth)), np.ones(count)],
        matrix=sparse.csr_matrix(sparse.hstack([linear.matrix, wide])),
        lower=np.r_[linear.lower, np.zeros(count)], upper=np.r_[linear.upper, np.ones(count)],
        integer=np.r_[linear.integer, np.zeros(count, bool)],
    )


def add_rows(linear: LinearModel, rows: sparse.spmatrix, least: FloatArray) -> LinearModel:
    """The model with further rows that must not fall below some values."""
    return replace(
        linear, matrix=sparse.csr_matrix(sparse.vstack([linear.matrix, rows])),
        row_lower=np.r_[linear.row_lower, least],
        row_upper=np.r_[linear.row_upper, np.full(len(least), np.inf)],
    )
