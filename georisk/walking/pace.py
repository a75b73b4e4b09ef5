"""How fast one gets on through a day: rests in the heat, slower by night, ten hours a day."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from georisk.walking.heat import FLAGS, HOURS
from layers.errors import CallError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from georisk.walking.when import When
    from layers.crs import FloatArray

    FlagArray = NDArray[np.integer]


@dataclass(frozen=True)
class WalkRules:
    """Numbers that a walking day depends on.

    Attributes
    ----------
    factor : tuple
        Share of an hour that is walked under flags 1 to 5.
    night_factor : float
        Times speed by night, when heat no longer slows.
    dawn_h, dusk_h : float
        Between them it is day, solar time.
    max_walk_h : float
        Hours under way in a day, rests in the heat included.
    need_l_per_h, strong_l_per_h : float
        Water of an adult man: the smaller and the larger figure of the Army's table.
    rest_l_per_h : float
        While resting between two walking days.
    cap_l_per_h, cap_l_per_day : float
        More cannot be drunk without harm.
    deficit_share : float
        Of body mass, beyond which walking on is critical.
    hard_slope, hard_terrain : float
        Steeper, or on ground dearer than this, walking is hard work.
    """

    factor: tuple[float, ...] = (1.0, 0.83, 0.67, 0.50, 0.33)
    night_factor: float = 0.8
    dawn_h: float = 6.0
    dusk_h: float = 18.0
    max_walk_h: float = 10.0
    need_l_per_h: float = 0.71
    strong_l_per_h: float = 0.95
    rest_l_per_h: float = 0.125
    cap_l_per_h: float = 1.42
    cap_l_per_day: float = 11.4
    deficit_share: float = 0.05
    hard_slope: float = 0.10
    hard_terrain: float = 1.8

    def __post_init__(self) -> None:
        """Refuse a walk that never gets on, or faster than without heat."""
        if not all(0.0 < share <= 1.0 for share in (*self.factor, self.night_factor)):
            raise CallError("work: a factor of speed is not above 0 and at most 1")
        if not 0.0 < self.max_walk_h <= HOURS:
            raise CallError(f"work.max_walk_h: {self.max_walk_h} h is no part of a day")
        if not min(self.need_l_per_h, self.cap_l_per_h, self.cap_l_per_day) > 0.0:
            raise CallError("demand: walking takes water; give needs above 0")


def rate_hours(flags: FlagArray, rules: WalkRules | None = None) -> FloatArray:
    """Speed of each hour as a share of the cool day's, shape (m, 24).

    Parameters
    ----------
    flags : array of int, shape (m, 24)
        1 to 5; 0, unknown, slows nothing.

    Raises
    ------
    ValueError
        If a flag is none, or a day has not 24 hours.

    Examples
    --------
    >>> rate_hours(np.full((1, 24), 4))[0, [3, 12]].tolist()  # by night, at noon
    [0.8, 0.5]
    """
    rules = rules or WalkRules()
    flags = check_flags(flags)
    hour = np.arange(HOURS) + 0.5
    day = (hour > rules.dawn_h) & (hour < rules.dusk_h)
    slowed = np.array([1.0, *rules.factor])[flags]
    return np.where(day, slowed, rules.night_factor)


def rate_day(flags: FlagArray, when: When, rules: WalkRules | None = None) -> FloatArray:
    """Mean speed over the walking day, as a share of the cool day's, shape (m,).

    Ones where no month is asked for.

    Examples
    --------
    From 6 to 16 o'clock, five of the ten hours under flag 4.

    >>> from georisk.walking.when import When
    >>> flags = np.ones((1, 24), int)
    >>> flags[0, 11:17] = 4
    >>> rate_day(flags, When(6)).tolist()
    [0.75]
    """
    rules = rules or WalkRules()
    if when.month is None:
        return np.ones(len(flags))
    pieces = list_pieces(when, rules)
    hour = np.array([piece[0] for piece in pieces])
    span = np.array([piece[1] for piece in pieces])
    return np.asarray(rate_hours(flags, rules)[:, hour] @ span / span.sum())


def list_pieces(when: When, rules: WalkRules) -> list[tuple[int, float]]:
    """The walking day as pieces inside one hour of the clock: which hour, how long.

    Examples
    --------
    >>> from georisk.walking.when import When
    >>> list_pieces(When(6, 22.5), WalkRules(max_walk_h=2.0))
    [(22, 0.5), (23, 1.0), (0, 0.5)]
    """
    end = when.start_hour + rules.max_walk_h
    ends = np.unique([when.start_hour, *np.arange(np.floor(when.start_hour) + 1, end), end])
    return [(int(np.floor(first)) % HOURS, float(last - first))
            for first, last in pairwise(ends)]


def check_flags(flags: FlagArray) -> FlagArray:
    """Refuse what is no array of flags by the hour."""
    flags = np.asarray(flags)
    if flags.ndim != 2 or flags.shape[1] != HOURS:  # noqa: PLR2004 - rows and hours
        raise ValueError(f"flags: shape {flags.shape} is not (m, 24)")
    if flags.size and not (flags.min() >= 0 and flags.max() <= FLAGS):
        raise ValueError("flags: a value is not between 0 and 5")
    return flags
