"""Facts of how far a choice can be believed: how often it is made, regret, and a plan by year."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Selection:
    """How often one site is chosen when what is uncertain is drawn anew.

    Attributes
    ----------
    frequency : float
        Share of the draws.
    error : float
        Binomial standard error.
    low, high : float
        90 % interval of Wilson: of the number of draws alone.
    no_regret : bool
        Whether the frequency reaches ``siting.no_regret``.
    sure : bool
        Whether the whole interval lies on one side of that bar.
    draws, worlds : int
        Draws, and sets of parameters among them for which ways were timed anew; 0: intensity
        alone was drawn.
    basis : str
        What was drawn, in words.
    """

    frequency: float
    error: float
    low: float
    high: float
    no_regret: bool
    sure: bool
    draws: int
    worlds: int
    basis: str


@dataclass(frozen=True)
class RobustChoice:
    """The choice that is never far from the best, beside the one that is best on average.

    Attributes
    ----------
    sites : tuple of str
        Candidates with the smallest worst regret.
    worst, mean : float
        Their regret in the worst draw and on average: shares of each draw's best.
    bound : float
        No choice has a smaller worst regret; 0 where it is not proven.
    status : str
        ``optimal``, ``time limit`` or ``greedy``; ``tried``: the best of the choices that some
        draw made, and no other was looked at.
    mean_sites : tuple of str
        Candidates with the largest mean worth.
    mean_worst, mean_mean : float
        Their worst and mean regret.
    proposed_worst, proposed_mean : float
        Regret of the sites that the answer proposes.
    """

    sites: tuple[str, ...]
    worst: float
    mean: float
    bound: float
    status: str
    mean_sites: tuple[str, ...]
    mean_worst: float
    mean_mean: float
    proposed_worst: float
    proposed_mean: float


@dataclass(frozen=True, eq=False)
class Trust:
    """What comes of a request under other intensities and other parameters.

    Attributes
    ----------
    table : DataFrame
        Index ``candidate_id``, those ever chosen and those proposed, the most frequent first;
        columns ``place country frequency error low high no_regret sure proposed``.
    draws, worlds : int
        As `Selection`.
    varied : tuple of str
        Parameters that were drawn, each with its range.
    robust : RobustChoice or None
        None where choices of other draws have no worth to be compared (``needed``, ``capacity``).
    notes : tuple of str
        What a reader must be told, with what it cost.
    """

    table: pd.DataFrame
    draws: int
    worlds: int
    varied: tuple[str, ...]
    robust: RobustChoice | None
    notes: tuple[str, ...]


@dataclass(frozen=True)
class PlannedSite:
    """One site of a plan over years; years count from 1."""

    candidate_id: str
    place: str
    country: str
    year: int
    once: float
    per_year: float


@dataclass(frozen=True)
class Plan:
    """Which site in which year, when money comes year by year.

    Attributes
    ----------
    sites : tuple of PlannedSite
        In the order in which they are built.
    money, building, running, left : tuple of float
        By year: what there is, what building and running cost, what lapses at the end of it.
    covered : tuple of float
        Newly covered by the end of each year, in the unit of the answer.
    objective, bound : float
        Sum over years, and what no plan exceeds.
    status : str
    unit, currency : str
    """

    sites: tuple[PlannedSite, ...]
    money: tuple[float, ...]
    building: tuple[float, ...]
    running: tuple[float, ...]
    left: tuple[float, ...]
    covered: tuple[float, ...]
    objective: float
    bound: float
    status: str
    unit: str
    currency: str
