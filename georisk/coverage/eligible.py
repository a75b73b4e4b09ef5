"""Which places help a traveller: who is let in, which months they open, what nobody knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from georisk.coverage.hours import CLOSED, OPEN, UNKNOWN, judge_month, read_months
from layers.errors import CallError

if TYPE_CHECKING:
    from numpy.typing import NDArray

NO_HELP_KINDS = frozenset({"detention"})


@dataclass(frozen=True)
class Visitor:
    """Who asks a place for help, and when.

    Attributes
    ----------
    group : str
        As in ``admits``; ``men`` for the reference profile, an adult man.
    month : int or None
        1 to 12; None asks for the whole year: what opens in some month counts.
    known_only : bool
        Whether unknown months and hours count as shut.
    """

    group: str = "men"
    month: int | None = None
    known_only: bool = False


@dataclass(frozen=True, eq=False)
class Eligible:
    """Places that may help, sorted ids.

    Attributes
    ----------
    every : array of str
        Those that are not known to be shut; unknown months and hours count as open.
    verified : array of str
        Of these, those whose months and hours are known.
    """

    every: NDArray[np.str_]
    verified: NDArray[np.str_]


def list_open_places(
    places: pd.DataFrame, service: str, *, group: str = "men"
) -> NDArray[np.str_]:
    """Ids of places that offer a service and do not turn the traveller's group away.

    Unknown is not no. Opening hours and months are not looked at. Places of detention help nobody
    on the way.

    Parameters
    ----------
    places : DataFrame
        Index ``place_id``; columns ``services`` and, where known, ``admits``, ``place_kind``.
    group : str
        As in ``admits``.

    Examples
    --------
    >>> import pandas as pd
    >>> places = pd.DataFrame({"services": [("water",), ("water",)],
    ...     "admits": [("men:no", "women:yes"), ()]}, index=["a", "b"])
    >>> list_open_places(places, "water").tolist()
    ['b']
    """
    offers = np.array([service in items for items in places["services"]], bool)
    if "admits" in places:
        offers &= np.array([f"{group}:no" not in items for items in places["admits"]], bool)
    if "place_kind" in places:
        offers &= ~places["place_kind"].isin(NO_HELP_KINDS).to_numpy(bool)
    return np.sort(places.index[offers].astype("str").to_numpy(dtype=str))


def judge_places(places: pd.DataFrame, month: int | None) -> pd.Series:
    """Say of each place whether it is ``open`` in a month, ``closed``, or ``unknown``.

    Open takes both: the month is among ``months``, and ``opens`` has an hour in it. Closed takes
    one of them. Without a month what opens in some month is open; what opens in none, because its
    hours say so or because they and its months leave none, is closed.

    Raises
    ------
    CallError
        If ``months`` cannot be read.

    Examples
    --------
    >>> import pandas as pd
    >>> places = pd.DataFrame({"months": ["4-10", "1-12", None],
    ...     "opens": ["Mo-Su 08:00-18:00", None, "24/7"]}, index=["a", "b", "c"])
    >>> judge_places(places, 12).tolist()
    ['closed', 'unknown', 'unknown']
    >>> judge_places(places, None).tolist()
    ['open', 'unknown', 'unknown']
    """
    states = []
    for place, months, opens in zip(places.index, _column(places, "months"),
                                    _column(places, "opens"), strict=True):
        try:
            known = read_months(months)
        except ValueError as error:
            raise CallError(f"places, {place}: {error}") from error
        states.append(_judge_year(known, opens) if month is None
                      else _judge_month(known, opens, month))
    return pd.Series(states, index=places.index, dtype="str")


def _column(places: pd.DataFrame, name: str) -> list[str | None]:
    if name not in places:
        return [None] * len(places)
    return [value if isinstance(value, str) else None for value in places[name]]


def _judge_month(known: frozenset[int] | None, opens: str | None, month: int) -> str:
    if known is not None and month not in known:
        return CLOSED
    by_hours = judge_month(opens, month)
    return UNKNOWN if known is None and by_hours == OPEN else by_hours


def _judge_year(known: frozenset[int] | None, opens: str | None) -> str:
    if known is None:
        return CLOSED if judge_month(opens, None) == CLOSED else UNKNOWN
    states = {judge_month(opens, month) for month in known}
    return OPEN if OPEN in states else UNKNOWN if UNKNOWN in states else CLOSED


def find_eligible(places: pd.DataFrame, service: str, visitor: Visitor) -> Eligible:
    """Places of a service for a visitor, counted both ways.

    Examples
    --------
    >>> import pandas as pd
    >>> places = pd.DataFrame({"services": [("water",)] * 3, "months": ["4-10", "1-12", None],
    ...     "opens": ["24/7", "24/7", "24/7"]}, index=["a", "b", "c"])
    >>> found = find_eligible(places, "water", Visitor(month=12))
    >>> found.every.tolist(), found.verified.tolist()
    (['b', 'c'], ['b'])
    """
    ids = list_open_places(places, service, group=visitor.group)
    state = judge_places(places.loc[ids], visitor.month).to_numpy(dtype=str)
    known = ids[state == OPEN]
    return Eligible(known if visitor.known_only else ids[state != CLOSED], known)
