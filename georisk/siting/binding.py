"""Bounds on a choice of sites, as rows and columns of a linear model; and what must give."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from georisk.siting.highs import InfeasibleError, LinearModel, solve_linear

if TYPE_CHECKING:
    from collections.abc import Callable

    from georisk.network import IntArray
    from georisk.siting.limits import Limits
    from layers.crs import FloatArray
    from layers.errors import CallError

MOST_NAMED = 10
_HALF = 0.5


def bind_limits(model: LinearModel, limits: Limits, n_candidates: int) -> LinearModel:
    """Add the limits to a model whose first columns are the sites, 1 where a site stands.

    Fixed sites are set to 1 and counted nowhere, so that what they give is a constant.

    Parameters
    ----------
    model : LinearModel
        Without any bound on its sites.
    n_candidates : int
        How many of its columns are sites.

    Examples
    --------
    Of three sites worth 5, 4 and 3, two that cost no more than 3 together:

    >>> from georisk.siting.limits import Limits
    >>> model = free_sites(np.array([5.0, 4, 3]))
    >>> bound = bind_limits(model, Limits(k=2, cost=np.array([2.0, 2, 1]), budget=3), 3)
    >>> solve_linear(bound).values.tolist()
    [1.0, 0.0, 1.0]
    """
    lower, upper = model.lower.copy(), model.upper.copy()
    upper[:n_candidates] = limits.list_open(n_candidates)
    lower[list(limits.required)] = 1.0
    lower[list(limits.fixed)] = upper[list(limits.fixed)] = 1.0
    rows, most = _write_rows(limits, n_candidates)
    wide = sparse.csr_matrix((rows.shape[0], len(model.worth) - n_candidates))
    return replace(
        model, lower=lower, upper=upper,
        matrix=sparse.csr_matrix(sparse.vstack([model.matrix, sparse.hstack([rows, wide])])),
        row_lower=np.r_[model.row_lower, np.full(len(most), -np.inf)],
        row_upper=np.r_[model.row_upper, most],
    )


def free_sites(worth: FloatArray, *, others: FloatArray | None = None) -> LinearModel:
    """A model of sites, and other columns between 0 and 1, without a row: most worth wins."""
    others = np.zeros(0) if others is None else others
    n, m = len(worth), len(others)
    empty = np.zeros(0)
    return LinearModel(
        np.r_[worth, others].astype(float), sparse.csr_matrix((0, n + m)), empty, empty,
        np.zeros(n + m), np.ones(n + m), np.r_[np.ones(n, bool), np.zeros(m, bool)],
    )


def _write_rows(limits: Limits, n: int) -> tuple[sparse.csr_matrix, FloatArray]:
    new = np.ones(n)
    new[list(limits.fixed)] = 0.0
    rows: list[FloatArray] = []
    most: list[float] = []
    if limits.k is not None:
        rows.append(new)
        most.append(float(limits.k))
    if limits.budget is not None and limits.cost is not None:
        scale = limits.budget or 1.0
        rows.append(new * np.asarray(limits.cost, float) / scale)
        most.append(limits.budget / scale)
    pairs = np.array(sorted(set(limits.apart)), np.int64).reshape(-1, 2)
    count, site = len(pairs), pairs.ravel()
    at = (np.repeat(np.arange(count), 2), site)
    apart = sparse.csr_matrix((new[site], at), shape=(count, n))
    whole = sparse.csr_matrix(np.vstack([np.zeros((0, n)), *rows]))
    matrix = sparse.csr_matrix(sparse.vstack([whole, apart]))
    matrix.eliminate_zeros()
    return matrix, np.r_[most, np.ones(count)]


def read_sites(values: FloatArray, limits: Limits, n_candidates: int) -> IntArray:
    """New sites among the values of a model, ascending."""
    stands = values[:n_candidates] > _HALF
    stands[list(limits.fixed)] = False
    return np.flatnonzero(stands)


def explain_clash(
    model: LinearModel, limits: Limits, n_candidates: int, *, time_limit_s: float = 10.0
) -> CallError:
    """Which single limit, if relaxed, lets the demand be met, and by how much; or that none does.

    Parameters
    ----------
    model : LinearModel
        Without its limits: rows that demand something of the sites.
    limits : Limits
        With which it has no solution.

    Examples
    --------
    Three places, each reached by one site alone, and money for two:

    >>> from georisk.siting.limits import Limits
    >>> model = replace(free_sites(np.zeros(3)), matrix=sparse.csr_matrix(np.eye(3)),
    ...                 row_lower=np.ones(3), row_upper=np.full(3, np.inf))
    >>> limits = Limits(k=3, cost=np.array([2.0, 1, 1]), budget=3)
    >>> print(explain_clash(model, limits, 3))
    site: not all demand can be served within these limits; it can if the budget is raised to 4
    """
    ways = [
        way for relax in (_raise_count, _raise_budget, _allow_forbidden, _allow_near)
        if (way := relax(model, limits, n_candidates, time_limit_s)) is not None
    ]
    head = "site: not all demand can be served within these limits; "
    if ways:
        return InfeasibleError(head + "it can if " + ", or if ".join(ways))
    return InfeasibleError(
        head + "no single one of them is to blame: relax several, or add candidates"
    )


def _solve_relaxed(
    model: LinearModel, limits: Limits, n: int, harm: FloatArray, time_limit_s: float
) -> FloatArray | None:
    """Values with the least harm, or None where there are none within the time."""
    worth = np.zeros(len(model.worth))
    worth[:n] = harm
    bound = bind_limits(replace(model, worth=worth, sense="least"), limits, n)
    try:
        return solve_linear(bound, time_limit_s=time_limit_s).values
    except InfeasibleError:
        return None


def _raise_count(
    model: LinearModel, limits: Limits, n: int, time_limit_s: float
) -> str | None:
    if limits.k is None:
        return None
    wider = replace(limits, k=None)
    values = _solve_relaxed(model, wider, n, np.ones(n), time_limit_s)
    return None if values is None else f"k is raised to {len(read_sites(values, limits, n))}"


def _raise_budget(
    model: LinearModel, limits: Limits, n: int, time_limit_s: float
) -> str | None:
    if limits.budget is None or limits.cost is None:
        return None
    cost = np.asarray(limits.cost, float)
    values = _solve_relaxed(model, replace(limits, budget=None), n, cost, time_limit_s)
    if values is None:
        return None
    return f"the budget is raised to {cost[read_sites(values, limits, n)].sum():,.10g}"


def _allow_forbidden(
    model: LinearModel, limits: Limits, n: int, time_limit_s: float
) -> str | None:
    if not limits.forbidden:
        return None
    barred = np.zeros(n)
    barred[list(limits.forbidden)] = 1.0
    values = _solve_relaxed(model, replace(limits, forbidden=()), n, barred, time_limit_s)
    if values is None:
        return None
    named = name_rows(np.flatnonzero(values[:n] * barred), limits.name_site)
    return f"candidates are no longer forbidden: {named}"


def _allow_near(
    model: LinearModel, limits: Limits, n: int, time_limit_s: float
) -> str | None:
    if not limits.apart:
        return None
    paired = np.zeros(n)
    paired[np.array(limits.apart).ravel()] = 1.0
    values = _solve_relaxed(model, replace(limits, apart=()), n, paired, time_limit_s)
    if values is None:
        return None
    stands = set(read_sites(values, limits, n).tolist())
    both = sorted({pair for pair in limits.apart if stands.issuperset(pair)})
    return "both may be chosen of " + " and of ".join(
        f"{limits.name_site(one)} and {limits.name_site(other)}" for one, other in both[:MOST_NAMED]
    )


def name_rows(rows: IntArray, name: Callable[[int], str] = str) -> str:
    """Some rows for a message, and how many more there are.

    Examples
    --------
    >>> name_rows(np.arange(12))
    '0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 2 more'
    """
    named = ", ".join(name(int(row)) for row in rows[:MOST_NAMED])
    more = len(rows) - MOST_NAMED
    return f"{named} and {more} more" if more > 0 else named
