"""What binds a choice of sites, whatever it is chosen for: how many, where not, what it costs."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from layers.errors import CallError

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from georisk.network import BoolArray
    from layers.crs import FloatArray

_ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class Limits:
    """Bounds on a choice of sites. Rows are those of the reach matrix.

    Attributes
    ----------
    k : int or None
        Most new sites; fixed ones are not counted, required ones are. None: no bound.
    fixed : tuple of int
        Sites that stand already: they serve, cost nothing, and never appear in a choice.
    required : tuple of int
        New sites that must be among those chosen.
    forbidden : tuple of int
        Never chosen.
    apart : tuple of (int, int)
        Pairs of which at most one may be chosen: two too near, or two ways to build one point.
    cost : array of shape (n_candidates,), optional
        Per new site, in one currency, over the horizon planned for; 0 or more.
    budget : float or None
        Most that the new sites may cost together.
    names : tuple of str
        What messages call the candidates; without them they go by their rows.
    """

    k: int | None = None
    fixed: tuple[int, ...] = ()
    required: tuple[int, ...] = ()
    forbidden: tuple[int, ...] = ()
    apart: tuple[tuple[int, int], ...] = field(default=())
    cost: FloatArray | None = None
    budget: float | None = None
    names: tuple[str, ...] = ()

    def name_site(self, row: int) -> str:
        """What a message calls a candidate.

        Examples
        --------
        >>> Limits(names=("gt-a", "gt-b")).name_site(1), Limits().name_site(1)
        ('gt-b', '1')
        """
        return self.names[row] if row < len(self.names) else str(int(row))

    @cached_property
    def _rivals(self) -> dict[int, set[int]]:
        rivals: dict[int, set[int]] = {}
        for one, other in self.apart:
            rivals.setdefault(one, set()).add(other)
            rivals.setdefault(other, set()).add(one)
        return rivals

    @cached_property
    def _barred(self) -> frozenset[int]:
        return frozenset((*self.fixed, *self.forbidden))

    @property
    def most_spent(self) -> float:
        """The budget, with room for rounding of a sum; infinite without one."""
        return np.inf if self.budget is None else self.budget * (1.0 + _ROUNDING)

    def rivals_of(self, site: int) -> AbstractSet[int]:
        """Sites that may not stand beside one."""
        return self._rivals.get(site, frozenset())

    def list_open(self, n_candidates: int) -> BoolArray:
        """Candidates that may be chosen at all: not fixed, not forbidden, affordable alone."""
        open_ = np.ones(n_candidates, bool)
        open_[list(self.fixed) + list(self.forbidden)] = False
        if self.cost is not None and self.budget is not None:
            open_ &= np.asarray(self.cost) <= self.most_spent
        return open_

    def allow(self, sites: tuple[int, ...]) -> bool:
        """Whether a whole choice keeps every bound.

        Examples
        --------
        >>> limits = Limits(k=2, forbidden=(3,), apart=((0, 1),))
        >>> limits.allow((0, 2)), limits.allow((0, 1)), limits.allow((0, 3))
        (True, False, False)
        """
        chosen = set(sites)
        if self.k is not None and len(chosen) > self.k:
            return False
        if not chosen.isdisjoint(self._barred) or not chosen.issuperset(self.required):
            return False
        if any(not chosen.isdisjoint(self.rivals_of(site)) for site in chosen):
            return False
        if self.cost is None or self.budget is None:
            return True
        spent = float(np.sort(np.asarray(self.cost, float)[sorted(chosen)]).sum())
        return spent <= self.most_spent


def check_limits(limits: Limits, n_candidates: int) -> None:
    """Refuse bounds that contradict each other or name what is not there, all at once.

    Raises
    ------
    CallError
        Saying every contradiction, and what would make the choice possible.

    Examples
    --------
    >>> check_limits(Limits(k=2, required=(1,), forbidden=(1,)), 5)
    Traceback (most recent call last):
    ...
    layers.errors.CallError: site: candidate 1 is both required and forbidden; drop one of the two
    """
    faults = [*_find_unknown(limits, n_candidates), *_find_contradictions(limits)]
    if not faults:
        free = int(limits.list_open(n_candidates).sum())
        faults += _find_cost_faults(limits, n_candidates)
        faults = faults or _find_count_faults(limits, free, n_candidates)
    if faults:
        raise CallError("; ".join(f"site: {fault}" for fault in faults))


def _find_unknown(limits: Limits, n_candidates: int) -> list[str]:
    named = {*limits.fixed, *limits.required, *limits.forbidden,
             *(row for pair in limits.apart for row in pair)}
    unknown = sorted(row for row in named if not 0 <= row < n_candidates)
    faults = [f"candidate {row} is not there; rows run from 0 to {n_candidates - 1}"
              for row in unknown]
    if limits.cost is not None and len(limits.cost) != n_candidates:
        faults.append(f"{len(limits.cost)} costs for {n_candidates} candidates; give one each")
    return faults


def _find_contradictions(limits: Limits) -> list[str]:
    name = limits.name_site
    required = set(limits.required)
    faults = [f"candidate {name(row)} is both required and forbidden; drop one of the two"
              for row in sorted(required & set(limits.forbidden))]
    faults += [f"candidate {name(row)} stands already and cannot be required as new"
               for row in sorted(required & set(limits.fixed))]
    faults += [(f"candidates {name(one)} and {name(other)} are both required and "
                "may not both be chosen")
               for one, other in limits.apart if one in required and other in required]
    return faults


def _find_count_faults(limits: Limits, free: int, n_candidates: int) -> list[str]:
    if limits.k is None:
        return []
    if not free:
        return [_tell_none_open(limits, n_candidates)]
    if limits.k < 1 or (limits.k > free and limits.budget is None):
        return [f"k = {limits.k}, but {free} candidates may be chosen; give 1 to {free}"]
    if len(set(limits.required)) > limits.k:
        return [f"{len(set(limits.required))} sites are required and k = {limits.k}; raise k"]
    return []


def _tell_none_open(limits: Limits, n_candidates: int) -> str:
    """Why no candidate may be chosen; a budget that buys none is told elsewhere."""
    fixed = set(limits.fixed)
    forbidden = set(limits.forbidden) - fixed
    left = n_candidates - len(fixed) - len(forbidden)
    why = [f"{count} {words}" for count, words in (
        (len(fixed), "stand already"), (len(forbidden), "are forbidden"),
        (left, "cost more than the budget")) if count]
    return (f"none of {n_candidates} candidates may be chosen: {', '.join(why)}; allow one of "
            "them, or add candidates")


def _find_cost_faults(limits: Limits, n_candidates: int) -> list[str]:
    if limits.budget is None:
        return []
    if limits.cost is None:
        return ["a budget needs a cost for each candidate"]
    cost = np.asarray(limits.cost, float)
    if not np.all(np.isfinite(cost)) or np.any(cost < 0):
        return ["a cost is missing or below 0"]
    usable = np.setdiff1d(np.arange(n_candidates), [*limits.fixed, *limits.forbidden])
    if len(usable) and limits.most_spent < cost[usable].min():
        return [(f"the budget of {limits.budget:,.0f} buys no candidate; the cheapest costs "
                f"{cost[usable].min():,.0f}")]
    needed = float(np.sort(cost[sorted(set(limits.required))]).sum())
    if needed > limits.most_spent:
        return [(f"the required sites cost {needed:,.0f}, more than the budget of "
                f"{limits.budget:,.0f}")]
    return []
