"""Make a covering problem small: settle what is settled, put together what is reached alike."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from georisk.siting.limits import Limits

if TYPE_CHECKING:
    from georisk.network import BoolArray, IntArray
    from layers.crs import FloatArray

_RELATIVE = 1e-10
_ROUNDING = 5e-10


@dataclass(frozen=True, eq=False)
class CoverModel:
    """A reduced covering problem: what stands or must be built is settled and gone.

    Attributes
    ----------
    candidates : array of int, shape (n_candidates,)
        Rows of the original matrix; those that may not be chosen or reach nothing are gone.
    matrix : csr_matrix of float, shape (n_candidates, n_groups)
        1 where a candidate reaches a group.
    columns : csr_matrix of float, shape (n_groups, n_candidates)
        The same, by group.
    weights : array of shape (n_groups,)
    group_of : array of int, shape (n_demand,)
        -1 where no candidate reaches a row, a settled site covers it, or it weighs nothing.
    base, total : float
        Weight that required sites cover; weight of all demand that no fixed site covers.
    n_unreached : int
        Demand rows of some weight that neither settled sites nor candidates reach.
    k : int
        Most sites yet to be chosen.
    cost : array of shape (n_candidates,)
    budget : float
        What is left; infinite without a budget.
    pairs : array of int, shape (n_pairs, 2)
        Candidates of which at most one may be chosen.
    rivals : csr_matrix of bool, shape (n_candidates, n_candidates)
        The same, both ways.
    """

    candidates: IntArray
    matrix: sparse.csr_matrix
    columns: sparse.csr_matrix
    weights: FloatArray
    group_of: IntArray
    base: float
    total: float
    n_unreached: int
    k: int
    cost: FloatArray
    budget: float
    pairs: IntArray
    rivals: sparse.csr_matrix

    @property
    def n_candidates(self) -> int:
        """Candidates that reach something."""
        return len(self.candidates)

    @property
    def n_groups(self) -> int:
        """Kinds of demand."""
        return len(self.weights)

    @property
    def tolerance(self) -> float:
        """Differences of weight below this are rounding."""
        return float(self.weights.sum()) * _RELATIVE

    @property
    def counts_only(self) -> bool:
        """Whether nothing but the number of sites binds."""
        return not np.isfinite(self.budget) and not len(self.pairs)

    def groups_of(self, row: int) -> IntArray:
        """List the groups that a candidate reaches."""
        start, stop = self.matrix.indptr[row : row + 2]
        return np.asarray(self.matrix.indices[start:stop])

    def rivals_of(self, row: int) -> IntArray:
        """List the candidates that may not stand beside a candidate."""
        start, stop = self.rivals.indptr[row : row + 2]
        return np.asarray(self.rivals.indices[start:stop])

    def reweigh(self, weights: FloatArray) -> CoverModel:
        """Return the same groups with other weights of the original demand rows."""
        return replace(self, weights=_sum_members(self._members, weights, self.n_groups))

    @cached_property
    def _members(self) -> list[tuple[IntArray, IntArray]]:
        return _list_members(self.group_of, self.n_groups)

    def allow(self, sites: IntArray) -> bool:
        """Whether some candidates may be chosen together."""
        if len(sites) > self.k or float(np.sort(self.cost[sites]).sum()) > self.budget:
            return False
        return not len(self.pairs) or not self.rivals[sites][:, sites].nnz


def reduce_cover(
    reach: sparse.csr_matrix, weights: FloatArray, limits: Limits | None = None
) -> CoverModel:
    """Settle fixed and required sites, drop what may not be chosen, group what is reached alike.

    Examples
    --------
    >>> import numpy as np
    >>> reach = sparse.csr_matrix(np.array([[1, 1, 0, 0], [1, 1, 1, 0]], bool))
    >>> model = reduce_cover(reach, np.array([1.0, 2, 4, 8]))
    >>> model.weights.tolist(), model.total, model.n_unreached
    ([3.0, 4.0], 15.0, 1)
    """
    limits = limits or Limits()
    n = reach.shape[0]
    weights = np.asarray(weights, float)
    columns = sparse.csc_matrix(reach, dtype=float)
    columns.sum_duplicates()
    columns.eliminate_zeros()
    columns.sort_indices()
    required = sorted(set(limits.required))
    standing = _find_covered(columns, sorted(set(limits.fixed)))
    added = _find_covered(columns, required) & ~standing
    pairs = np.array(limits.apart, np.int64).reshape(-1, 2)
    open_ = limits.list_open(n)
    open_[required] = False
    open_[pairs[pairs[:, 0] == pairs[:, 1], 0]] = False
    open_[pairs[np.isin(pairs, required).any(axis=1)].ravel()] = False
    budgeted = limits.cost is not None and limits.budget is not None
    cost = np.asarray(limits.cost, float) if budgeted else np.zeros(n)
    budget = float(limits.budget or 0.0) * (1.0 + _ROUNDING) if budgeted else np.inf
    budget -= float(np.sort(cost[required]).sum())
    k = (n if limits.k is None else limits.k) - len(required)
    open_ &= (cost <= budget) & (k > 0)
    model = _build_model(columns, weights, standing | added, np.flatnonzero(open_), pairs)
    return replace(
        model, base=float(np.sort(weights[added]).sum()), budget=budget,
        total=float(np.sort(weights[~standing]).sum()), cost=cost[model.candidates],
        k=min(k, model.n_candidates),
    )


def restrict_model(model: CoverModel, keep: IntArray, taken: IntArray) -> CoverModel:
    """The problem that is left when some candidates are taken and only some others are kept.

    Its ``candidates`` and ``group_of`` name candidates and groups of the model it comes from.
    """
    columns = sparse.csc_matrix(model.matrix)
    columns.sort_indices()
    settled = _find_covered(columns, taken.tolist())
    left = _build_model(columns, model.weights, settled, keep, model.pairs)
    return replace(
        left, base=float(np.sort(model.weights[settled]).sum()), total=float(model.weights.sum()),
        cost=model.cost[left.candidates], k=min(model.k - len(taken), left.n_candidates),
        budget=model.budget - float(np.sort(model.cost[taken]).sum()),
    )


def _find_covered(columns: sparse.csc_matrix, rows: list[int]) -> BoolArray:
    if not rows:
        return np.zeros(columns.shape[1], bool)
    return np.asarray(columns[rows].sum(axis=0)).ravel() > 0


def _build_model(
    columns: sparse.csc_matrix, weights: FloatArray, settled: BoolArray, rows: IntArray,
    pairs: IntArray,
) -> CoverModel:
    """Group the columns that matter as the rows kept see them; no bound but the pairs yet."""
    if len(rows) < columns.shape[0]:
        columns = sparse.csc_matrix(sparse.csr_matrix(columns)[rows])
        columns.sort_indices()
    weighty = ~settled & (weights > 0)
    reached = np.diff(columns.indptr) > 0
    group_of, first = _group_columns(columns, np.flatnonzero(weighty & reached))
    grouped = sparse.csr_matrix(columns[:, first])
    useful = np.flatnonzero(np.diff(grouped.indptr) > 0)
    matrix = sparse.csr_matrix(grouped[useful])
    matrix.data[:] = 1.0
    candidates = rows[useful]
    place = np.full(int(max(rows.max(initial=-1), pairs.max(initial=-1))) + 1, -1)
    place[candidates] = np.arange(len(candidates))
    pairs = np.unique(np.sort(place[pairs], axis=1), axis=0) if len(pairs) else pairs
    pairs = pairs[(pairs >= 0).all(axis=1)]
    ends = np.r_[pairs, pairs[:, ::-1]]
    n = len(candidates)
    at = (ends[:, 0], ends[:, 1])
    return CoverModel(
        candidates=candidates, matrix=matrix, columns=sparse.csr_matrix(matrix.T),
        weights=_add_weights(group_of, weights, len(first)), group_of=group_of, base=0.0, total=0.0,
        n_unreached=int((weighty & ~reached).sum()), k=n, cost=np.zeros(n), budget=np.inf,
        pairs=pairs,
        rivals=sparse.csr_matrix((np.ones(len(ends), bool), at), shape=(n, n)),
    )


def _group_columns(
    columns: sparse.csc_matrix, useful: IntArray
) -> tuple[IntArray, IntArray]:
    """Group of each column, and one column of each group, in an order that no row order moves."""
    pointer, rows = columns.indptr, columns.indices.astype(">i4")
    keys = [rows[pointer[at] : pointer[at + 1]].tobytes() for at in useful]
    first_of: dict[bytes, int] = {}
    for key, at in zip(keys, useful.tolist(), strict=True):
        first_of.setdefault(key, at)
    order = {key: n for n, key in enumerate(sorted(first_of))}
    group_of = np.full(columns.shape[1], -1, np.int64)
    group_of[useful] = [order[key] for key in keys]
    return group_of, np.array([first_of[key] for key in order], np.int64)


def _add_weights(group_of: IntArray, weights: FloatArray, count: int) -> FloatArray:
    """Weight per group, added up in an order that no row order moves."""
    return _sum_members(_list_members(group_of, count), weights, count)


def _list_members(group_of: IntArray, count: int) -> list[tuple[IntArray, IntArray]]:
    """Groups of about one size, and the columns in each, a row a group; -1 fills up."""
    used = np.flatnonzero(group_of >= 0)
    order = np.r_[used[np.argsort(group_of[used], kind="stable")], -1]
    size = np.bincount(group_of[used], minlength=count)
    start = np.cumsum(size) - size
    wide = np.where(size > 0, 2 ** np.ceil(np.log2(np.maximum(size, 1))), 0).astype(np.int64)
    found = []
    for width in np.unique(wide[wide > 0]).tolist():
        groups = np.flatnonzero(wide == width)
        at = np.arange(width)
        place = np.where(at < size[groups, None], start[groups, None] + at, len(used))
        found.append((groups, order[place]))
    return found


def _sum_members(
    members: list[tuple[IntArray, IntArray]], weights: FloatArray, count: int
) -> FloatArray:
    """Sum of each group's weights, the smallest first."""
    sums, padded = np.zeros(count), np.r_[weights, 0.0]
    for groups, columns in members:
        value = padded[columns]
        # Two add up to the same either way round.
        if columns.shape[1] > 2:  # noqa: PLR2004 - a pair
            value.sort(axis=1)
        sums[groups] = np.cumsum(value, axis=1)[:, -1]
    return sums
