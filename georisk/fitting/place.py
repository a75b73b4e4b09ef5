"""The place model: how often incidents are reported on such ground, wherever it lies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from georisk.fitting.newton import fit_poisson

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from georisk.fitting.design import Design
    from layers.crs import FloatArray

    Indices = NDArray[np.intp]

_FORESTS = 2
_TREES = 300
_LEAVES = 12
# Of the conditions, drawn anew at every split: trees that differ err apart, and less together.
_SEEN_SHARE = 0.3
_BINS = 200
_LEAF_UNITS = 60
_LEARNING_RATE = 0.05
_TREE_RIDGE = 20.0


@dataclass(frozen=True, eq=False)
class Fitting:
    """Units that a place model is fitted on.

    Attributes
    ----------
    pool : integer array of shape (m,)
        Number of the unit of fitting that each unit of the support belongs to.
    thinned : boolean array of shape (m,)
        Units that stand for all those without an incident.
    size : array of shape (m,)
    """

    pool: Indices
    thinned: NDArray[np.bool_]
    size: FloatArray

    def choose(self, count: FloatArray) -> tuple[Indices, FloatArray]:
        """Pick units of fitting and their quadrature weights: sizes that add up to the whole.

        Every unit with an incident counts as itself; of the others, the thinned ones stand for
        all (Berman & Turner 1992).
        """
        size, counts = self.pour(self.size), self.pour(count)
        kept = np.bincount(self.pool, weights=self.thinned) > 0
        empty = (counts == 0) & (size > 0)
        stand = empty & kept if (empty & kept).any() else empty
        weight = np.where(counts > 0, size, 0.0)
        if stand.any():
            weight[stand] = size[stand] * size[empty].sum() / size[stand].sum()
        chosen = np.flatnonzero(weight > 0)
        return chosen, weight[chosen]

    def pour(self, values: FloatArray) -> FloatArray:
        """Sum over the units of the support within each unit of fitting."""
        return np.bincount(self.pool, weights=values).astype(float)

    def average(self, columns: FloatArray) -> FloatArray:
        """Mean by size of each column within each unit of fitting."""
        if np.array_equal(self.pool, np.arange(len(self.size))):
            return columns
        total = np.maximum(self.pour(self.size), 1e-300)
        return np.column_stack([self.pour(self.size * c) / total for c in columns.T]
                               or [np.zeros((len(total), 0))])


@dataclass(frozen=True, eq=False)
class PlaceModel:
    """A fitted log-linear model of incidents per size.

    Attributes
    ----------
    coefficients : array of shape (p,)
    design : Design
    fitting : Fitting
        Units that it was fitted on.
    """

    coefficients: FloatArray
    design: Design
    fitting: Fitting

    @property
    def size(self) -> FloatArray:
        """Size of each unit, (m,)."""
        return self.fitting.size

    def read_logs(self) -> FloatArray:
        """Log of the relative density on each unit."""
        return np.asarray(self.design.columns @ self.coefficients)

    def estimate_density(self) -> FloatArray:
        """Density per size on each unit; times the sizes it sums to 1."""
        logs = self.read_logs()
        density = np.exp(logs - logs.max(initial=0.0))
        return np.asarray(density / (density * self.size).sum())

    def list_effects(self) -> dict[str, FloatArray]:
        """Log of the factor of each condition on each unit; its mean by size is 0."""
        belongs = np.array(self.design.factor, dtype=object)
        return {
            name: np.asarray(self.design.columns[:, belongs == name]
                             @ self.coefficients[belongs == name])
            for name in self.design.factors
        }


def fit_place(
    design: Design, count: FloatArray, fitting: Fitting, *, ridge: float = 200.0
) -> PlaceModel:
    """Fit a ridge Poisson regression of incidents per size on the columns of a design.

    Parameters
    ----------
    count : array of shape (m,)
        Incidents on each unit.
    ridge : float
        Precision of the normal prior of each coefficient, in incidents: with as many incidents
        as this, data and prior weigh about the same.

    Returns
    -------
    PlaceModel
        Without incidents or columns every effect is 0.

    References
    ----------
    Berman & Turner (1992), Approximating point process likelihoods with GLIM.

    Examples
    --------
    Nine incidents on the second of two grounds, one on the first, and next to no prior: 9 times.

    >>> from georisk.fitting.design import Design
    >>> ground = Design(np.array([[-1.0], [1.0]]), ("wet",))
    >>> fitting = Fitting(np.arange(2), np.ones(2, bool), np.ones(2))
    >>> model = fit_place(ground, np.array([1.0, 9.0]), fitting, ridge=1e-9)
    >>> model.estimate_density().round(4).tolist()
    [0.1, 0.9]
    """
    total = float(count.sum())
    none = np.zeros(design.columns.shape[1])
    if total <= 0 or not len(none):
        return PlaceModel(none, design, fitting)
    chosen, weight = fitting.choose(count)
    columns = fitting.average(design.columns)[chosen]
    found = fit_poisson(columns, fitting.pour(count)[chosen], weight,
                        np.full(columns.shape[1], ridge))
    return PlaceModel(found[1:], design, fitting)


def fit_trees(
    values: pd.DataFrame, count: FloatArray, fitting: Fitting, *, seed: int = 0
) -> FloatArray:
    """Density per size from boosted Poisson trees on the same conditions; sums to 1 with size.

    Trees find what splines miss (two conditions that matter only together) and cannot be taken
    apart into factors. Each split sees three tenths of the conditions, drawn from ``seed`` on,
    and the mean of two such fits is taken. Without a condition that differs anywhere the density
    is flat.

    References
    ----------
    Friedman (2001), Greedy function approximation: a gradient boosting machine. Breiman (2001),
    Random forests.
    """
    chosen, weight = fitting.choose(count)
    binned = bin_columns(values.to_numpy(float))
    seen = fitting.average(binned)[chosen]
    known = np.isfinite(seen)
    high = np.where(known, seen, -np.inf).max(axis=0, initial=-np.inf)
    differs = high > np.where(known, seen, np.inf).min(axis=0, initial=np.inf)
    if not differs.any() or count.sum() <= 0:
        return np.full(len(fitting.size), 1.0 / fitting.size.sum())
    rate = fitting.pour(count)[chosen] / fitting.pour(fitting.size)[chosen]
    # Of a leaf as many incidents as this are believed half; rates here have mean 1.
    ridge = _TREE_RIDGE * len(chosen) / max(float(count.sum()), 1.0)
    found = np.zeros(len(binned))
    for number in range(_FORESTS):
        density = _boost_trees(seen[:, differs], rate / np.average(rate, weights=weight),
                               weight / weight.mean(), binned[:, differs],
                               ridge=ridge, seed=seed + number)
        found += density / (density * fitting.size).sum()
    return found / _FORESTS


def _boost_trees(
    seen: FloatArray, rate: FloatArray, weight: FloatArray, everywhere: FloatArray, *,
    ridge: float, seed: int,
) -> FloatArray:
    """Rate everywhere from boosted Poisson trees on the units seen."""
    from sklearn.ensemble import HistGradientBoostingRegressor
    from threadpoolctl import threadpool_limits

    model = HistGradientBoostingRegressor(
        loss="poisson", max_iter=_TREES, learning_rate=_LEARNING_RATE, max_leaf_nodes=_LEAVES,
        min_samples_leaf=_LEAF_UNITS, max_features=_SEEN_SHARE, early_stopping=False,
        random_state=seed, l2_regularization=ridge,
    )
    # Threads that wait for each other at every leaf cost far more than they give.
    with threadpool_limits(limits=1, user_api="openmp"):
        model.fit(seen, rate, sample_weight=weight)
        return np.asarray(model.predict(everywhere), float)


def bin_columns(columns: FloatArray) -> FloatArray:
    """Number of the quantile bin of every value, at most 200 a column; unknown stays NaN.

    Examples
    --------
    >>> bin_columns(np.array([[1.0], [5.0], [np.nan], [2.0]])).ravel().tolist()
    [0.0, 2.0, nan, 1.0]
    """
    binned = np.full(columns.shape, np.nan)
    for number, column in enumerate(columns.T):
        known = np.isfinite(column)
        if not known.any():
            continue
        edges = np.unique(np.quantile(column[known], np.linspace(0, 1, _BINS + 1)[1:-1]))
        binned[known, number] = np.unique(
            np.searchsorted(edges, column[known], side="right"), return_inverse=True)[1]
    return binned
