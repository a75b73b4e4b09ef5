"""Penalised Poisson regression by Newton's method, made for some hundred columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import linalg

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from layers.crs import FloatArray

_TOLERANCE = 1e-9
_ROUNDS = 200
_HALVINGS = 40
_KEEP_CURVE = 0.1
_MAX_LOG = 500.0


def fit_poisson(
    columns: FloatArray, count: FloatArray, exposure: FloatArray, penalty: FloatArray
) -> FloatArray:
    """Fit log(count / exposure) as a sum of columns, large coefficients being penalised.

    Parameters
    ----------
    columns : array of shape (n, p)
    count : array of shape (n,)
        Zero or more; need not be whole.
    exposure : array of shape (n,)
        Above 0.
    penalty : array of shape (p,)
        Precision of each coefficient's normal prior with mean 0; 0 leaves it free.

    Returns
    -------
    array of shape (1 + p,)
        The constant, which is free, then the coefficients. All 0 without any count.

    Notes
    -----
    The curvature is needed only to point the way: it is summed in single precision and kept
    while it serves, and the answer is where the gradient, in double precision, is 0 to 1e-9 of
    the total count.

    Examples
    --------
    Twice the exposure and eight times the count: four times the rate.

    >>> found = fit_poisson(np.array([[0.0], [1.0]]), np.array([1.0, 8.0]), np.array([1.0, 2.0]),
    ...                     np.zeros(1))
    >>> np.exp(found).round(6).tolist()
    [1.0, 4.0]
    """
    total = float(count.sum())
    wide = np.hstack([np.ones((len(count), 1)), columns])
    found = np.zeros(wide.shape[1])
    if total <= 0:
        return found
    found[0] = np.log(total / exposure.sum())
    prior = np.concatenate([[0.0], penalty])
    small = wide.astype(np.float32)
    curve, gone = None, np.inf
    loss, slope, mean = _measure_loss(wide, count, exposure, prior, found)
    for _ in range(_ROUNDS):
        left = float(np.abs(slope).max())
        if left <= _TOLERANCE * total:
            break
        if curve is None or left > _KEEP_CURVE * gone:
            curve = _factor(small, wide, mean, prior)
        gone = left
        step = linalg.cho_solve((curve, True), slope)
        for _ in range(_HALVINGS):
            trial = _measure_loss(wide, count, exposure, prior, found - step)
            if trial[0] <= loss + 1e-12 * abs(loss):
                break
            step = step / 2
            curve = None
        else:
            break
        found = found - step
        loss, slope, mean = trial
    return np.asarray(found)


def _measure_loss(
    wide: FloatArray, count: FloatArray, exposure: FloatArray, prior: FloatArray, at: FloatArray
) -> tuple[float, FloatArray, FloatArray]:
    """Penalised minus log likelihood, its gradient, and the expected counts."""
    logs = np.minimum(wide @ at, _MAX_LOG)
    mean = exposure * np.exp(logs)
    loss = float(mean.sum() - count @ logs + 0.5 * (prior * at) @ at)
    return loss, wide.T @ (mean - count) + prior * at, mean


def _factor(
    small: NDArray[np.float32], wide: FloatArray, mean: FloatArray, prior: FloatArray
) -> FloatArray:
    """Lower Cholesky factor of the curvature of the loss."""
    root = np.sqrt(mean).astype(np.float32)
    single = linalg.blas.ssyrk(1.0, (small * root[:, None]).T, lower=1)
    try:
        return np.asarray(linalg.cholesky(single.astype(float) + np.diag(prior), lower=True))
    except linalg.LinAlgError:
        sure = (wide * mean[:, None]).T @ wide + np.diag(prior)
        # Columns that say the same leave a flat direction; a little ridge chooses one.
        least = 1e-10 * max(float(np.diag(sure).max()), 1e-300)
        return np.asarray(linalg.cholesky(sure + least * np.eye(len(prior)), lower=True))
