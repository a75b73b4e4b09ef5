"""Incidents counted again in each of many draws, whole blocks at a time.

All incidents of a block count alike, so nothing of one row an incident and one column a draw is
ever held: sums are taken by block first.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from layers.crs import FloatArray

    Indices = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Blocks:
    """Blocks of incidents and how often each comes up.

    Attributes
    ----------
    label : integer array of shape (n,)
        Block of each incident; -1 for one that takes no part.
    times : array of shape (blocks, draws)
        0 or more.
    """

    label: Indices
    times: FloatArray

    def tabulate(self, rows: Indices, place: Indices, places: int) -> sparse.csr_array:
        """How many of some incidents lie at each place in each block, (places, blocks).

        Parameters
        ----------
        rows, place : integer arrays of shape (k,)
            Incidents that take part, and where each lies.

        Examples
        --------
        Two incidents of block 0 at place 1, which counts three times in the only draw.

        >>> blocks = Blocks(np.array([0, 0]), np.array([[3.0]]))
        >>> found = blocks.tabulate(np.arange(2), np.array([1, 1]), 2)
        >>> found.toarray().tolist(), (found @ blocks.times).tolist()
        ([[0.0], [2.0]], [[0.0], [6.0]])
        """
        shape = (places, len(self.times))
        return sparse.csr_array((np.ones(len(rows)), (place, self.label[rows])), shape=shape)


@dataclass(frozen=True, eq=False)
class Draws:
    """Weights of n incidents in each of many draws.

    In draw d incident i weighs ``times[label[i], d] * sum_p weight[i, p] * share[p, d]``.

    Attributes
    ----------
    weight : array of shape (n, p)
    share : array of shape (p, draws)
    label : integer array of shape (n,)
    times : array of shape (blocks, draws)
    """

    weight: FloatArray
    share: FloatArray
    label: Indices
    times: FloatArray

    def split(self, most: int) -> Iterator[tuple[slice, Draws]]:
        """At most so many draws at a time."""
        for low in range(0, self.share.shape[1], most):
            part = slice(low, low + most)
            yield part, replace(self, share=self.share[:, part], times=self.times[:, part])

    def weigh(self, rows: Indices) -> FloatArray:
        """Weights of some incidents in every draw, (rows, draws).

        Examples
        --------
        >>> one = np.ones((1, 2))
        >>> Draws(2 * one.T, 3 * one, np.zeros(2, int), 5 * one).weigh(np.array([1])).tolist()
        [[30.0, 30.0]]
        """
        return np.asarray((self.weight[rows] @ self.share) * self.times[self.label[rows]])
