"""Weights of a mixture by what it would have forecast, with a prior that counts as incidents."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from layers.crs import FloatArray

_ROUNDS = 200


def weigh_parts(
    density: FloatArray, prior: FloatArray, *, count: FloatArray | None = None,
    rounds: int = _ROUNDS,
) -> FloatArray:
    """Shares of the parts of a mixture that make later incidents most likely.

    Parameters
    ----------
    density : array of shape (e, k)
        Density of each of k parts at each of e incidents that came after what the parts were
        made from.
    prior : array of shape (k,)
        Incidents that each part is given beforehand; without any incident the shares are
        those of the prior.
    count : array of shape (e,), optional
        How many incidents each row stands for; one by default.

    Returns
    -------
    array of shape (k,)
        Above 0 where the prior is, sums to 1.

    References
    ----------
    Dempster, Laird & Rubin (1977), Maximum likelihood from incomplete data via the EM algorithm.

    Examples
    --------
    Three incidents that only the first part foresaw, one of the prior for each: 4 to 1.

    >>> weigh_parts(np.array([[1.0, 0.0]] * 3), np.ones(2)).round(6).tolist()
    [0.8, 0.2]
    """
    share = prior / prior.sum()
    if not len(density):
        return np.asarray(share)
    count = np.ones(len(density)) if count is None else count
    for _ in range(rounds):
        told = density @ share
        worth = np.divide(count, told, out=np.zeros_like(told), where=told > 0)
        share = share * (worth @ density) + prior
        share /= share.sum()
    return np.asarray(share)
