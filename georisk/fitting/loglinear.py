"""The stacked log-linear model: past incidents and the ground, as factors (METHOD 2.5, C1).

``y of a cell in a year ~ Poisson(mu)``,
``log mu = log(size) + b0 + b1 log(kappa before that year) + sum_j f_j(ground)``
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from georisk.fitting.newton import fit_poisson

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from georisk.fitting.design import Design
    from layers.crs import FloatArray

RIDGES = (10.0, 50.0, 200.0, 800.0)
FEW_INCIDENTS = 300
_STRIDE = 4


@dataclass(frozen=True, eq=False)
class YearLayer:
    """One year of a stack.

    Attributes
    ----------
    log_kappa : array of shape (m,)
        Log of the kernel density relative to uniform, from before the year.
    count : array of shape (m,)
        Incidents of the year.
    """

    log_kappa: FloatArray
    count: FloatArray


@dataclass(frozen=True, eq=False)
class LogLinear:
    """A fitted model.

    Attributes
    ----------
    constant, kappa_effect : float
        b0 and b1. With b1 near 1 and flat ground the model is the kernel.
    ground : array of shape (p,)
        Coefficients of the design.
    ridge : float
        Precision of their prior, in incidents.
    """

    constant: float
    kappa_effect: float
    ground: FloatArray
    ridge: float

    def estimate_logs(self, design: Design, log_kappa: FloatArray) -> FloatArray:
        """Log of the expected incidents per size and year, (m,)."""
        return np.asarray(
            self.constant + self.kappa_effect * log_kappa + design.columns @ self.ground)


def fit_stacked(
    years: Sequence[YearLayer], design: Design, size: FloatArray, *, ridge: float
) -> LogLinear:
    """Fit the model on some years together.

    Parameters
    ----------
    years : sequence of YearLayer
    design : Design
        m units; each year they are the same.
    size : array of shape (m,)
    ridge : float
        b0 and b1 are free of it.

    Notes
    -----
    Units with an incident count as themselves; of the others every fourth stands for all, in
    each year another quarter of them (Berman & Turner 1992).

    Examples
    --------
    Where the kernel was e times as dense, e times as many came.

    >>> from georisk.fitting.design import Design
    >>> bare = Design(np.zeros((2, 0)), ())
    >>> year = YearLayer(np.array([0.0, 1.0]), np.array([100.0, 100 * np.e]))
    >>> round(fit_stacked([year], bare, np.ones(2), ridge=1.0).kappa_effect, 6)
    1.0
    """
    chosen = [_choose(number, year.count, size) for number, year in enumerate(years)]
    columns = np.vstack([
        np.column_stack([year.log_kappa[rows], design.columns[rows]])
        for year, (rows, _) in zip(years, chosen, strict=True)
    ])
    count = np.concatenate([y.count[rows] for y, (rows, _) in zip(years, chosen, strict=True)])
    exposure = np.concatenate([weight for _, weight in chosen])
    penalty = np.full(columns.shape[1], ridge)
    penalty[0] = 0.0
    found = fit_poisson(columns, count, exposure, penalty)
    return LogLinear(float(found[0]), float(found[1]), found[2:], ridge)


def _choose(
    number: int, count: FloatArray, size: FloatArray
) -> tuple[NDArray[np.intp], FloatArray]:
    empty = count == 0
    stand = empty & (np.arange(len(count)) % _STRIDE == number % _STRIDE)
    if not stand.any():
        stand = empty
    weight = np.where(empty, 0.0, size)
    if stand.any():
        weight[stand] = size[stand] * size[empty].sum() / size[stand].sum()
    rows = np.flatnonzero(weight > 0)
    return rows, weight[rows]


def tune_ridge(
    years: Sequence[YearLayer], design: Design, size: FloatArray,
    *, ridges: Sequence[float] = RIDGES,
) -> float:
    """Choose the ridge under which the last year was most likely, given those before it.

    With one year, or a last year without incidents, the largest.
    """
    last = years[-1]
    if len(years) == 1 or not last.count.any():
        return max(ridges)
    gains = []
    for ridge in ridges:
        logs = fit_stacked(years[:-1], design, size, ridge=ridge).estimate_logs(
            design, last.log_kappa)
        gains.append(float(last.count @ (logs - _log_sum(logs, size))))
    return ridges[int(np.argmax(gains))]


def normalise_logs(logs: FloatArray, size: FloatArray) -> FloatArray:
    """Density of which logs are known up to a constant; times the sizes it sums to 1."""
    return np.asarray(np.exp(logs - _log_sum(logs, size)))


def _log_sum(logs: FloatArray, size: FloatArray) -> float:
    top = float(logs.max())
    return top + float(np.log((np.exp(logs - top) * size).sum()))
