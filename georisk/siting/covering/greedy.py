"""Choose sites one by one, each the best beside those before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from georisk.kernels.compiled import compile_loop

if TYPE_CHECKING:
    from collections.abc import Sequence

    from georisk.network import BoolArray, IntArray
    from georisk.siting.covering.reduction import CoverModel
    from layers.crs import FloatArray

Rule = Literal["gain", "ratio"]
RULES: tuple[Rule, ...] = ("gain", "ratio")
_NO_COST = 1e-12


@dataclass(frozen=True, eq=False)
class Cover:
    """What some sites cover, kept up to date as sites come and go.

    Attributes
    ----------
    model : CoverModel
    count : array of int, shape (n_groups,)
        How many of the sites reach a group.
    gains : array of shape (n_candidates,)
        Weight that a candidate reaches and no site does.
    """

    model: CoverModel
    count: IntArray
    gains: FloatArray

    def add(self, row: int) -> None:
        """Take a candidate among the sites."""
        groups = self.model.groups_of(row)
        new = groups[self.count[groups] == 0]
        self.count[groups] += 1
        np.subtract(self.gains, spread_weight(self.model, new), out=self.gains)

    def remove(self, row: int) -> None:
        """Take a site away again."""
        groups = self.model.groups_of(row)
        self.count[groups] -= 1
        lost = groups[self.count[groups] == 0]
        np.add(self.gains, spread_weight(self.model, lost), out=self.gains)


def cover_sites(
    model: CoverModel, sites: Sequence[int] | IntArray, *, gains: FloatArray | None = None
) -> Cover:
    """Say what some sites cover.

    Parameters
    ----------
    gains : array of shape (n_candidates,), optional
        Of no site at all, where they are known; they are copied.
    """
    alone = model.matrix @ model.weights if gains is None else gains.copy()
    cover = Cover(model, np.zeros(model.n_groups, np.int64), np.asarray(alone))
    for row in sites:
        cover.add(int(row))
    return cover


def list_entries(pointer: IntArray, rows: IntArray) -> IntArray:
    """Where the entries of some rows of a compressed matrix stand, one row after another."""
    counts = pointer[rows + 1] - pointer[rows]
    ends = np.cumsum(counts)
    return np.asarray(np.arange(ends[-1] if len(ends) else 0)
                      + np.repeat(pointer[rows] - ends + counts, counts))


def spread_weight(model: CoverModel, groups: IntArray) -> FloatArray:
    """Weight of some groups that each candidate reaches."""
    spread = np.zeros(model.n_candidates)
    _spread(spread, groups, model.weights, model.columns.indptr, model.columns.indices)
    return spread


@compile_loop
def _spread(
    spread: FloatArray, groups: IntArray, weights: FloatArray, pointer: IntArray, rows: IntArray
) -> None:
    for group in groups:
        for at in range(pointer[group], pointer[group + 1]):
            spread[rows[at]] += weights[group]


def list_allowed(model: CoverModel, sites: Sequence[int]) -> BoolArray:
    """Candidates that may join some sites, by cost and rivalry; their number is another matter."""
    allowed = np.ones(model.n_candidates, bool)
    rows = list(sites)
    allowed[rows] = False
    if len(model.pairs):
        for row in rows:
            allowed[model.rivals_of(row)] = False
    if np.isfinite(model.budget):
        allowed &= model.cost <= model.budget - float(np.sort(model.cost[rows]).sum())
    return allowed


def pick_first(worth: FloatArray, tolerance: float) -> int:
    """Of the best, the earliest."""
    return int(np.flatnonzero(worth >= worth.max() - tolerance)[0])


def measure_objective(model: CoverModel, sites: Sequence[int] | IntArray) -> float:
    """Weight that some sites cover together."""
    covered = np.zeros(model.n_groups, bool)
    for row in sites:
        covered[model.groups_of(int(row))] = True
    return float(model.weights[covered].sum())


def fill_sites(cover: Cover, sites: Sequence[int], *, by: Rule = "gain") -> list[int]:
    """Add the candidate that gains most, or most for its cost, until no more may be added.

    Parameters
    ----------
    cover : Cover
        Of the sites; kept up to date.

    Returns
    -------
    list of int
        The sites and those added, in the order in which they were; none that gains nothing.
    """
    model, sites = cover.model, list(sites)
    floor = _NO_COST * (model.budget if 0 < model.budget < np.inf else 1.0)
    while len(sites) < model.k:
        allowed = list_allowed(model, sites) & (cover.gains > model.tolerance)
        if not allowed.any():
            break
        worth = cover.gains / np.maximum(model.cost, floor) if by == "ratio" else cover.gains
        worth = np.where(allowed, worth, -np.inf)
        slack = model.tolerance if by == "gain" else _NO_COST * float(worth.max())
        sites.append(pick_first(worth, slack))
        cover.add(sites[-1])
    return sites


def choose_greedily(model: CoverModel, *, gains: FloatArray | None = None) -> IntArray:
    """Choose by gain and, under a budget, also by gain for cost; the better of the two.

    At least 1 - 1/e of the best choice by number, (1 - 1/e) / 2 under a budget; candidates that
    exclude each other void either promise.

    Returns
    -------
    array of int
        Rows of the model, ascending; fewer than k where more would add nothing.

    References
    ----------
    Nemhauser, Wolsey & Fisher 1978, Maximizing submodular set functions. Khuller, Moss & Naor
    1999, The budgeted maximum coverage problem.
    """
    rules = RULES if np.isfinite(model.budget) else RULES[:1]
    found = [fill_sites(cover_sites(model, [], gains=gains), [], by=rule) for rule in rules]
    best = max(found, key=lambda sites: measure_objective(model, sites))
    return np.sort(np.array(best, np.int64))
