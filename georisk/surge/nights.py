"""Day by day: a group walks on, and each night finds a bed, no bed, or no place at all."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from georisk.surge.days import OPEN_AIR, NightRules, Party, plan_day, plan_rest
from georisk.surge.evenings import spend_night

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from georisk.surge.days import Course
    from georisk.surge.evenings import Row
    from layers.crs import FloatArray


@dataclass(frozen=True, eq=False)
class Nights:
    """All nights.

    Attributes
    ----------
    rows : tuple of Row
        Sorted by day, location, course, km.
    on_the_way, arrived : tuple of int
        People still under way on each night, and those who came to the end on that day.
    arrived_l : tuple of float
        Water that the latter needed on their last day.
    home : tuple of int
        Those who came to the end, by course.
    """

    rows: tuple[Row, ...]
    on_the_way: tuple[int, ...]
    arrived: tuple[int, ...]
    arrived_l: tuple[float, ...]
    home: tuple[int, ...]


def simulate_nights(
    people: Sequence[int],
    courses: Sequence[Course],
    beds: tuple[FloatArray, FloatArray],
    seasons: Sequence[int],
    *,
    rules: NightRules | None = None,
    extra: FloatArray | None = None,
) -> Nights:
    """Let a group walk day after day, and count who finds a bed.

    Each evening everybody wants the farthest place within the day's hours; whom it turns away
    tries the one before, and so on back. Whom all turn away sleeps in the open at the first one
    asked (short); who has no place within the day sleeps where the day ends (unreachable). In
    the morning all walk on. All parties ask at once: no order of theirs changes anything. On
    the first ``rules.town_nights`` nights all ask in the town, the nearest place first.

    Parameters
    ----------
    people : sequence of int
        Of each course.
    courses : sequence of Course
        Sorted by way and profile, so that rows of an input never matter.
    beds : tuple of arrays of shape (n_places,)
        Beds (infinite takes all), and those in use by others.
    seasons : sequence of int
        Row of ``Course.clock_h`` for each day.
    extra : array of shape (n_days, n_locations), optional
        Beds of measures: for those who would have none.

    Raises
    ------
    ValueError
        If courses are not sorted, or a day makes no way.

    Examples
    --------
    100 people, 5 km/h, ten hours; a place of 50 beds after 40 km: of 100 who ask, 49 stay (the
    last of 50 beds is never quite taken), and 51 lie beside it.

    >>> import numpy as np
    >>> from georisk.surge.days import Course
    >>> way = Course("w", "adult_man", np.array([0.0, 100.0]), np.array([[0.0, 20.0]]),
    ...     np.array([[0.0, 14.2]]), np.array([1]), np.array([0]), np.array([40.0]),
    ...     np.array([0.0]), np.array([[True]]))
    >>> found = simulate_nights([100], [way], (np.array([50.0]), np.zeros(1)), [0])
    >>> found.rows[0].bed, found.rows[0].short, found.on_the_way
    (49, 51, (100,))
    """
    rules = rules or NightRules()
    names = [(course.way, course.profile) for course in courses]
    if names != sorted(names):
        raise ValueError("courses: sort them by way and profile")
    parties = gathered = Counter(
        {Party(n, 0.0, OPEN_AIR): count for n, count in enumerate(people) if count})
    rows: list[Row] = []
    on_the_way, arrived, arrived_l = [], [], []
    ended = Counter(dict.fromkeys(range(len(courses)), 0))
    for day, season in enumerate(seasons):
        plan = plan_rest if day < rules.town_nights else plan_day
        marches = [plan(courses[party.course], party, count, season, rules)
                   for party, count in sorted(parties.items())]
        home = [march for march in marches if march.arrives]
        for march in home:
            ended[march.party.course] += march.people
        out = [march for march in marches if not march.arrives]
        tonight = spend_night(out, courses, beds, rules, None if extra is None else extra[day])
        rows += [row._replace(day=day) for row, _ in tonight]
        arrived.append(sum(march.people for march in home))
        arrived_l.append(sum(march.people * march.litres[0] for march in home))
        on_the_way.append(sum(row.people for row, _ in tonight))
        # Whoever stays asks anew with all others: a bed is not kept from night to night.
        parties = gathered if day + 1 < rules.town_nights else _gather(
            (party, row.people) for row, party in tonight)
    return Nights(tuple(rows), tuple(on_the_way), tuple(arrived), tuple(arrived_l),
                  tuple(ended[n] for n in range(len(courses))))


def _gather(parties: Iterable[tuple[Party, int]]) -> Counter[Party]:
    joined: Counter[Party] = Counter()
    for party, count in parties:
        joined[party] += count
    return joined
