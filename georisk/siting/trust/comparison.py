"""Choices side by side: what fairness costs, and which sites every objective wants."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from layers.errors import CallError

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from georisk.siting.solution import Solution


@dataclass(frozen=True)
class Price:
    """What a choice made for another end gives up of the first.

    Attributes
    ----------
    lost : float
        In the unit of the first objective.
    lost_share : float
        Of what the best choice is worth; the price of fairness where the other end is fairness.
    highest_share : float
        The most it may be: the best choice may be better than the one found, up to its bound.
    """

    lost: float
    lost_share: float
    highest_share: float


def measure_price(best: Solution, worth: float) -> Price:
    """Tell what another choice gives up, measured by the objective of the best one.

    Parameters
    ----------
    best : Solution
        Of an objective of which more is better.
    worth : float
        What the other choice is worth by the same objective. A choice worth more than the best
        found (which may happen where that one is not proven) costs nothing.

    Raises
    ------
    CallError
        If the worth is no number or exceeds the bound.

    References
    ----------
    Bertsimas, Farias & Trichakis 2011, The price of fairness.

    Examples
    --------
    >>> from georisk.siting.solution import Solution
    >>> best = Solution((0, 2), (6.0, 4.0), 10.0, 12.0, 1 / 6, 20.0, "greedy")
    >>> measure_price(best, 9.0)
    Price(lost=1.0, lost_share=0.1, highest_share=0.25)
    """
    if not np.isfinite(worth) or worth > best.bound * (1.0 + 1e-6):
        raise CallError(f"site: a choice worth {worth:g} is compared with a best of at most "
                        f"{best.bound:g}; measure both by the same objective")
    lost = max(best.objective - worth, 0.0)
    share = lost / best.objective if best.objective > 0 else 0.0
    highest = max(best.bound - worth, 0.0) / best.bound if best.bound > 0 else 0.0
    return Price(lost, share, highest)


def compare_choices(choices: Mapping[str, Sequence[Hashable]]) -> pd.DataFrame:
    """Tabulate how much each two choices have in common: sites in both over sites in either.

    Parameters
    ----------
    choices : mapping of str to sequence
        Sites by the name of the objective.

    Returns
    -------
    DataFrame
        Index and columns are the names, in the order given; 1 where two choices are the same.
        Two empty choices are the same.

    References
    ----------
    Jaccard 1912, The distribution of the flora in the alpine zone.

    Examples
    --------
    >>> table = compare_choices({"risk": ["a", "b", "c"], "km": ["b", "c", "d"]})
    >>> float(table.loc["risk", "km"])
    0.5
    """
    sets = {name: set(sites) for name, sites in choices.items()}
    rows = [[_overlap(one, other) for other in sets.values()] for one in sets.values()]
    return pd.DataFrame(rows, index=list(sets), columns=list(sets), dtype=float)


def _overlap(one: set[Hashable], other: set[Hashable]) -> float:
    return len(one & other) / len(one | other) if one | other else 1.0


def list_common(choices: Mapping[str, Sequence[Hashable]]) -> pd.DataFrame:
    """List every site that any objective wants, those wanted most first.

    Returns
    -------
    DataFrame
        Index ``site``; a column of bool per objective, ``wanted_by`` (how many) and
        ``in_all``. Sites wanted alike stand in their own order.

    Examples
    --------
    >>> table = list_common({"risk": ["b", "a"], "km": ["b"]})
    >>> table.index.tolist(), table["in_all"].tolist()
    (['b', 'a'], [True, False])
    """
    sites = sorted({site for chosen in choices.values() for site in chosen}, key=_sort_key)
    wanted = {name: [site in set(chosen) for site in sites] for name, chosen in choices.items()}
    table = pd.DataFrame(wanted, index=pd.Index(sites, name="site"), dtype=bool)
    count = table.sum(axis=1).astype(int)
    table = table.assign(wanted_by=count, in_all=count == len(choices))
    return table.sort_values("wanted_by", ascending=False, kind="stable")


def _sort_key(site: Hashable) -> tuple[bool, float, str]:
    """Rows by number, ids by letter."""
    number = isinstance(site, (int, np.integer))
    return (not number, float(site) if number else 0.0, str(site))  # type: ignore[arg-type]
