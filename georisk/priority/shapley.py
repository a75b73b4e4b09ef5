"""Who contributes what: Shapley values over the hazards, shares in logs over the dimensions."""

from __future__ import annotations

from itertools import combinations
from math import factorial
from typing import TYPE_CHECKING

import numpy as np

from georisk.priority.hazards import take_inverse_mean

if TYPE_CHECKING:
    from layers.crs import FloatArray


def share_hazards(hazards: FloatArray) -> FloatArray:
    """Contribution of each hazard to their inverse geometric mean, exact over all subsets.

    A hazard left out counts as 0.

    Parameters
    ----------
    hazards : array of shape (m, k)
        0 to 10; k small: 2^k subsets are reckoned.

    Returns
    -------
    array of shape (m, k)
        Sums along each row to the mean; NaN where a hazard is unknown.

    References
    ----------
    Shapley 1953, A value for n-person games.

    Examples
    --------
    >>> share_hazards(np.array([[10.0, 0.0, 0.0, 0.0], [5.0, 5.0, 5.0, 5.0]])).round(3).tolist()
    [[4.863, 0.0, 0.0, 0.0], [1.25, 1.25, 1.25, 1.25]]
    """
    count = hazards.shape[1]
    names = range(count)
    worth = {
        team: take_inverse_mean([hazards[:, i] * (i in team) for i in names])
        for size in range(count + 1) for team in combinations(names, size)
    }
    shares = np.zeros(hazards.shape)
    for one in names:
        others = [name for name in names if name != one]
        for size in range(count):
            chance = factorial(size) * factorial(count - size - 1) / factorial(count)
            for team in combinations(others, size):
                joined = tuple(sorted((*team, one)))
                shares[:, one] += chance * (worth[joined] - worth[team])
    return shares


def share_logs(dimensions: FloatArray, reference: FloatArray, weights: FloatArray) -> FloatArray:
    """Contribution of each dimension to the logarithm of the score beside a reference.

    Parameters
    ----------
    dimensions, reference : array of shape (m, d)
        Above 0 (floored); the reference of each row.
    weights : array of shape (d,)
        Sum to 1.

    Returns
    -------
    array of shape (m, d)
        Sums along each row to ``ln score - ln score of the reference``.

    Examples
    --------
    >>> shares = share_logs(np.array([[8.0, 3.0]]), np.array([[2.0, 3.0]]), np.array([0.5, 0.5]))
    >>> shares.round(4).tolist()  # ln 2: twice the reference, all from the first
    [[0.6931, 0.0]]
    """
    return np.asarray(weights * (np.log(dimensions) - np.log(reference)))
