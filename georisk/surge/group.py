"""The question: how many people, from where, when, who, which way."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from layers.errors import CallError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from georisk.parameters import Parameters

MODES = ("foot", "mode")
SPLITS = ("flow", "equal")
DIRECTIONS = {"forward": 1, "backward": -1}
MOST_PEOPLE, MOST_DAYS = 1_000_000, 366
_EARLIEST_YEAR = 1990


@dataclass(frozen=True)
class Group:
    """A group that comes to a town on a day, and leaves it.

    Attributes
    ----------
    mix : mapping
        Share of each profile; adds up to 1.
    start : date
        Day on which they come.
    nights : int
        Nights in the town before they leave; 0: they leave on the day itself.
    days : int
        Nights to look at, those in the town included.
    to : str
        Town at which they end; else where the last corridor does.
    direction : str
        ``forward`` is northwards, as corridors run; ``backward`` the return.
    mode : str
        ``foot``: all on foot but for boats; ``mode``: as the legs go (train, road, boat).
    split : str
        ``flow``: over corridors by the people counted where they part; ``equal``.
    corridors : tuple of str
        Only these; all that pass the town by default.
    start_hour : float
        Solar time at which each day's walk begins.

    Raises
    ------
    CallError
        If a number, day or word cannot be.
    """

    people: int
    town: str
    start: dt.date
    mix: Mapping[str, float]
    days: int = 7
    direction: str = "forward"
    mode: str = "foot"
    split: str = "flow"
    corridors: tuple[str, ...] = ()
    nights: int = 1
    to: str = ""
    start_hour: float = 6.0

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        if not 1 <= self.people <= MOST_PEOPLE:
            raise CallError(f"--people {self.people}: give 1 to {MOST_PEOPLE:,}")
        if not 1 <= self.days <= MOST_DAYS:
            raise CallError(f"--days {self.days}: give 1 to {MOST_DAYS}")
        if not 0 <= self.nights <= self.days:
            raise CallError(f"--nights {self.nights}: give 0 to {self.days}, the nights looked at "
                            "(--days)")
        for option, word, known in (("--mode", self.mode, MODES), ("--split", self.split, SPLITS),
                                    ("--direction", self.direction, tuple(DIRECTIONS))):
            if word not in known:
                raise CallError(f"{option} {word[:40]!r}: there are {', '.join(known)}")
        if self.start.year < _EARLIEST_YEAR:
            raise CallError(f"--start {self.start}: before {_EARLIEST_YEAR}")

    @property
    def leaves(self) -> dt.date:
        """Day on which they leave the town."""
        return self.start + dt.timedelta(days=self.nights)

    @property
    def sign(self) -> int:
        """+1 as corridors run, -1 against them."""
        return DIRECTIONS[self.direction]


def check_start(start: dt.date, today: dt.date, parameters: Parameters) -> None:
    """Refuse a start too far ahead.

    Raises
    ------
    CallError
        Saying how far one may look.
    """
    ahead = int(parameters.value("surge.notice_days"))
    if (start - today).days > ahead:
        raise CallError(f"--start {start}: more than {ahead} days after today ({today}); by then "
                        "places and ways will have changed (parameter surge.notice_days)")
