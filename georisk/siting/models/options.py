"""Ways to build one point, and several services at once, as rows and columns of any problem."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from layers.crs import FloatArray


def pair_options(places: Sequence[Hashable]) -> tuple[tuple[int, int], ...]:
    """Pairs of rows that are ways to do something at one place: of these at most one is chosen.

    Build a point with water alone, or with a nurse too, enlarge the shelter that is there, or let
    a mobile unit stop: each is a row of its own, with its own reach, cost and room. The pairs go
    to ``Limits.apart``, the costs to ``Limits.cost``, and every problem on a reach matrix takes
    them.

    Parameters
    ----------
    places : sequence
        Place of each row.

    Examples
    --------
    Water alone (cost 1) or water and medical aid (cost 3) at place a, water at place b (cost 1).
    Columns are services on segments: water on the first and second, medical aid on the first.

    >>> from georisk.siting.limits import Limits
    >>> from georisk.siting.models.set_cover import solve_lscp
    >>> apart = pair_options(["a", "a", "b"])
    >>> apart
    ((0, 1),)
    >>> reach = join_services(
    ...     [sparse.csr_matrix([[1, 0], [1, 0], [0, 1]]), sparse.csr_matrix([[0], [1], [0]])])
    >>> solve_lscp(reach, Limits(apart=apart, cost=np.array([1.0, 3, 1])), least="cost").objective
    4.0
    """
    rows: dict[Hashable, list[int]] = {}
    for row, place in enumerate(places):
        rows.setdefault(place, []).append(row)
    return tuple(sorted(pair for some in rows.values() for pair in itertools.combinations(some, 2)))


def join_services(reaches: Sequence[sparse.csr_matrix]) -> sparse.csr_matrix:
    """Reach matrices of several services side by side: a column is a service on a segment.

    Parameters
    ----------
    reaches : sequence of sparse matrices, shape (n_candidates, n_demand of the service)
        A row without entries where an option does not give the service.

    Examples
    --------
    >>> join_services([sparse.eye(2, format="csr"), sparse.csr_matrix([[0], [1]])]).toarray()
    array([[1., 0., 0.],
           [0., 1., 1.]])
    """
    return sparse.csr_matrix(sparse.hstack(list(reaches), dtype=float))


def join_weights(weights: Sequence[FloatArray], shares: Sequence[float]) -> FloatArray:
    """Weights for the columns of joined services; how services compare is for the caller to say.

    Parameters
    ----------
    shares : sequence of float
        What a unit of each service counts, 0 or more.

    Examples
    --------
    >>> join_weights([np.array([2.0, 4]), np.array([3.0])], [1.0, 2.0]).tolist()
    [2.0, 4.0, 6.0]
    """
    scaled = [np.asarray(one, float) * share for one, share in zip(weights, shares, strict=True)]
    return np.concatenate([np.zeros(0), *scaled])
