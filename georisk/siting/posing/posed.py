"""One objective on a scene, ready to be solved."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd

    from georisk.siting.limits import Limits
    from georisk.siting.posing.scene import Scene
    from georisk.siting.solution import Method, Solution
    from layers.crs import FloatArray

    Solve = Callable[[Limits, Method, float], Solution]


@dataclass(frozen=True)
class Aim:
    """What a choice may aim at, besides which points there are.

    Attributes
    ----------
    max_gap_h : float
        Of ``needed``: the longest gap that may stay, hours on foot.
    groups : str
        Of ``equity`` and ``fair``: ``country``, ``corridor`` or ``profile``.
    scenes : tuple of (str, Scene)
        Of groups by profile: the scene of each, with the same candidates.
    stocked : bool
        Of ``autonomy``: whether who sets out on a leg has a full supply.
    capacity : mapping
        Of ``capacity``: what a new point gives a day by service, in `capacity.room.UNITS`.
    need : mapping
        Of ``capacity``: what one person needs in one day, in the same units.
    day_h : float
        Of ``capacity``: hours on the move in a day.
    alpha_floor : float
        Of ``fair``: added to each share before its logarithm is taken.
    """

    max_gap_h: float = 8.0
    groups: str = "country"
    stocked: bool = True
    capacity: Mapping[str, float] = field(default_factory=dict)
    need: Mapping[str, float] = field(default_factory=dict)
    day_h: float = 10.0
    alpha_floor: float = 0.001
    scenes: tuple[tuple[str, Scene], ...] = field(default=(), repr=False, compare=False)


@dataclass(frozen=True, eq=False)
class Posed:
    """One objective on a scene, ready to be solved.

    Attributes
    ----------
    name, title, unit : str
    more_is_better : bool
    before : float
        Value with no new site: what is uncovered, or what it costs now.
    scale : float
        What a benefit is a share of.
    solve : callable
        From limits, method and seconds to a solution.
    add : callable
        From the rows of some sites to the value with those and each one candidate more, shape
        (n_candidates,); of coverage, what they serve together.
    adds : bool
        Whether the objective is what is newly gained, of ``before``; else its value itself.
    notes : tuple of str
        What a reader must be told of it.
    groups : callable, optional
        From rows of sites to a table of shares covered, before and after, by group.
    """

    name: str
    title: str
    unit: str
    more_is_better: bool
    before: float
    scale: float
    solve: Solve
    add: Callable[[Sequence[int]], FloatArray]
    adds: bool = True
    notes: tuple[str, ...] = ()
    groups: Callable[[Sequence[int]], pd.DataFrame] | None = None
