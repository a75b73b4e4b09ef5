"""What every solver of siting gives back, and how far it may be from the best."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Status = Literal["optimal", "time limit", "greedy"]
Method = Literal["auto", "exact", "greedy"]


@dataclass(frozen=True)
class Solution:
    """Sites chosen, in the order in which they are worth building.

    Attributes
    ----------
    chosen : tuple of int
        Rows of the reach matrix. Fewer than k where more would add nothing.
    benefits : tuple of float
        What each adds to those before it, in the unit of the objective; where the objective is
        a cost (hours, sites), what each takes off it.
    objective, bound : float
        What the choice is worth (or costs); no choice within the same limits is worth more
        than the bound (or costs less).
    gap : float
        How far the choice may be from the best: |bound - objective| as a share of the bound
        where more is better, of the objective where less is.
    total : float
        The objective if everything were served: of coverage, the weight of all demand that no
        fixed site covers; 0 where there is no such thing.
    status : str
        ``optimal``; ``time limit``: the best found until then; ``greedy``: never proven.
    """

    chosen: tuple[int, ...]
    benefits: tuple[float, ...]
    objective: float
    bound: float
    gap: float
    total: float
    status: Status
