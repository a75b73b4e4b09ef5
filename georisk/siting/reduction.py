"""Make a covering problem small: demand that the same candidates reach is one group."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from georisk.network import IntArray
    from layers.crs import FloatArray

_RELATIVE = 1e-10


@dataclass(frozen=True, eq=False)
class CoverModel:
    """A reduced covering problem.

    Attributes
    ----------
    candidates : array of int, shape (n_candidates,)
        Rows of the original matrix; fixed ones and those that reach nothing are gone.
    matrix : csr_matrix of float, shape (n_candidates, n_groups)
        1 where a candidate reaches a group.
    weights : array of shape (n_groups,)
    group_of : array of int, shape (n_demand,)
        -1 where no candidate reaches a row, a fixed site covers it, or it weighs nothing.
    total : float
        Weight of all demand that no fixed site covers.
    n_unreached : int
        Demand rows of some weight that no candidate reaches.
    """

    candidates: IntArray
    matrix: sparse.csr_matrix
    weights: FloatArray
    group_of: IntArray
    total: float
    n_unreached: int

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

    def groups_of(self, row: int) -> IntArray:
        """List the groups that a candidate reaches."""
        start, stop = self.matrix.indptr[row : row + 2]
        return np.asarray(self.matrix.indices[start:stop])

    def reweigh(self, weights: FloatArray) -> CoverModel:
        """Return the same groups with other weights of the original demand rows."""
        return replace(self, weights=_add_weights(self.group_of, weights, self.n_groups))


def reduce_cover(
    reach: sparse.csr_matrix, weights: FloatArray, *, fixed: Sequence[int] = ()
) -> CoverModel:
    """Drop demand that is settled and put together what the same candidates reach.

    Examples
    --------
    >>> import numpy as np
    >>> reach = sparse.csr_matrix(np.array([[1, 1, 0, 0], [1, 1, 1, 0]], bool))
    >>> model = reduce_cover(reach, np.array([1.0, 2, 4, 8]))
    >>> model.weights.tolist(), model.total, model.n_unreached
    ([3.0, 4.0], 15.0, 1)
    """
    weights = np.asarray(weights, float)
    columns = sparse.csc_matrix(reach, dtype=float)
    columns.sum_duplicates()
    columns.sort_indices()
    settled = np.zeros(reach.shape[1], bool)
    if len(fixed):
        settled = np.asarray(columns[list(fixed)].sum(axis=0)).ravel() > 0
    weighty = ~settled & (weights > 0)
    reached = np.diff(columns.indptr) > 0
    useful = np.flatnonzero(weighty & reached)
    group_of, first = _group_columns(columns, useful)
    grouped = sparse.csr_matrix(columns[:, first])
    free = ~np.isin(np.arange(reach.shape[0]), list(fixed))
    candidates = np.flatnonzero(free & (np.diff(grouped.indptr) > 0))
    matrix = sparse.csr_matrix(grouped[candidates])
    matrix.data[:] = 1.0
    return CoverModel(
        candidates, matrix, _add_weights(group_of, weights, len(first)), group_of,
        float(np.sort(weights[~settled]).sum()), int((weighty & ~reached).sum()),
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
    used = np.flatnonzero(group_of >= 0)
    used = used[np.lexsort((weights[used], group_of[used]))]
    sums = np.bincount(group_of[used], weights=weights[used], minlength=count)
    return np.asarray(sums, float)
