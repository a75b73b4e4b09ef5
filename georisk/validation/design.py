"""How skill is measured: test years, draws, blocks, seeds; and which years can be tested."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from georisk.parameters import Parameters
    from georisk.validation.record import Record

_GRACE_DAYS = 15


@dataclass(frozen=True)
class Design:
    """Choices of the test, none of which a forecast sees.

    Attributes
    ----------
    years : int
        Test years, the latest that qualify.
    min_events : int
        A test year needs so many events in the domain.
    past_years : int
        A test year needs so many years of record before it.
    low_events, low_draws : int
        Training events of a low-data draw, and how many draws.
    block_km : float
        Side of a spatial block.
    folds : int
        Groups of blocks, each left out once.
    draws : int
        Of the paired bootstrap.
    level : float
        Of its interval.
    seed : int
    """

    years: int = 4
    min_events: int = 15
    past_years: int = 2
    low_events: int = 100
    low_draws: int = 5
    block_km: float = 60.0
    folds: int = 5
    draws: int = 1000
    level: float = 0.95
    seed: int = 20220101


def read_design(parameters: Parameters) -> Design:
    """Take the choices of a test from the parameters in force, section ``validation``.

    What the section does not hold keeps its default here.

    Examples
    --------
    >>> from georisk.parameters import Parameters
    >>> read_design(Parameters({"validation.years": {"value": 2}})).years
    2
    """
    stated = parameters.section("validation")
    known = {one.name for one in fields(Design)}
    whole = known - {"block_km", "level"}
    chosen: dict[str, Any] = {
        name: int(value) if name in whole else float(value)
        for name, value in stated.items() if name in known
    }
    return Design(**chosen)


@dataclass(frozen=True)
class TestYears:
    """Years that are tested, and why others are not.

    Attributes
    ----------
    years : tuple of int
    events : dict
        Events in the domain per year of the record.
    left_out : dict
        Reason per year that could not be tested.
    """

    __test__ = False

    years: tuple[int, ...]
    events: dict[int, int]
    left_out: dict[int, str]


def choose_years(
    record: Record, located: NDArray[np.bool_], *, as_of: dt.date, design: Design
) -> TestYears:
    """Choose the last complete calendar years with enough events and enough record before them.

    The year of ``as_of`` is complete when ``as_of`` lies in its last 15 days.

    Parameters
    ----------
    located : boolean array of shape (n,)
        Which incidents lie in the domain.

    Examples
    --------
    >>> import numpy as np
    >>> from georisk.validation.record import Record
    >>> day = np.array(["2014-05-05", "2016-06-06", "2017-07-07"], "datetime64[D]")
    >>> record = Record(np.zeros((3, 2)), np.ones(3), day, np.full(3, "acc", object))
    >>> found = choose_years(record, np.ones(3, bool), as_of=dt.date(2017, 7, 7),
    ...                      design=Design(min_events=1))
    >>> found.years, found.left_out
    ((2016,), {2014: 'fewer than 2 years of record before it', \
2015: 'fewer than 2 years of record before it', 2017: 'not complete'})
    """
    if not len(record):
        return TestYears((), {}, {})
    first, last = int(record.year.min()), int(record.year.max())
    counts = np.bincount(record.year[located] - first, minlength=last - first + 1)
    events = {first + i: int(n) for i, n in enumerate(counts)}
    complete = (as_of + dt.timedelta(days=_GRACE_DAYS)).year - 1
    left_out: dict[int, str] = {}
    for year, count in events.items():
        if year > complete:
            left_out[year] = "not complete"
        elif year - first < design.past_years:
            left_out[year] = f"fewer than {design.past_years} years of record before it"
        elif count < design.min_events:
            left_out[year] = f"{count} events in the domain, fewer than {design.min_events}"
    able = [year for year in events if year not in left_out]
    chosen = tuple(able[max(len(able) - design.years, 0):])
    return TestYears(chosen, events, left_out)
