"""One evening: beds given out round after round; whom all turn away, and whom none is near."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from georisk.surge.attraction import accept_people, split_people
from georisk.surge.days import DECIMALS, OPEN_AIR, March, Party, find_stretch

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from georisk.surge.days import Course, NightRules
    from layers.crs import FloatArray


class Row(NamedTuple):
    """One night of the people of one course at one location.

    ``people = bed + extra + short + unreachable``: in a bed that is there, in a bed of a measure,
    beside a place that is full, and without any place within the day.
    """

    day: int
    location: int
    course: int
    km: float
    people: int
    bed: int
    extra: int
    short: int
    unreachable: int
    litres: float


def spend_night(
    marches: Sequence[March], courses: Sequence[Course], beds: tuple[FloatArray, FloatArray],
    rules: NightRules, extra: FloatArray | None,
) -> list[tuple[Row, Party]]:
    """Give out beds round after round, then those of measures; what remains is without."""
    inside = _give_beds(marches, courses, beds, rules)
    outside: dict[int, int] = {}
    for n, march in enumerate(marches):
        left = march.people - sum(inside.get((n, choice), 0) for choice in march.choices)
        if left:
            outside[n] = left
    helped = _give_extra(outside, marches, courses, rules, extra)
    rows: list[tuple[Row, Party]] = []
    for n, march in enumerate(marches):
        course = courses[march.party.course]
        for rank, choice in enumerate(march.choices):
            bed, without = inside.get((n, choice), 0), outside.get(n, 0) if rank == 0 else 0
            if bed + without:
                stop, at_km = int(course.stop[choice]), float(course.stop_km[choice])
                aid = helped.get(n, 0) if without else 0
                rows.append((Row(0, stop, march.party.course, at_km, bed + without, bed, aid,
                                 without - aid, 0, (bed + without) * march.litres[rank]),
                             Party(march.party.course, round(at_km, DECIMALS), stop)))
        if not march.choices:
            aid, count = helped.get(n, 0), march.people
            place = find_stretch(course, march.end_km)
            rows.append((Row(0, place, march.party.course, march.end_km, count, 0, aid, 0,
                             count - aid, count * march.litres[0]),
                         Party(march.party.course, march.end_km, OPEN_AIR)))
    return sorted(rows)


def _give_beds(
    marches: Sequence[March], courses: Sequence[Course], beds: tuple[FloatArray, FloatArray],
    rules: NightRules,
) -> dict[tuple[int, int], int]:
    """People of each party in each of its places."""
    capacity, taken = beds
    left = [march.people for march in marches]
    asked: Counter[int] = Counter()
    stayed: Counter[int] = Counter()
    inside: dict[tuple[int, int], int] = {}
    for rank in range(max((len(march.choices) for march in marches), default=0)):
        wants: dict[int, list[int]] = {}
        for n, march in enumerate(marches):
            if rank < len(march.choices) and left[n]:
                stop = int(courses[march.party.course].stop[march.choices[rank]])
                wants.setdefault(stop, []).append(n)
        for stop, group in sorted(wants.items()):
            asked[stop] += sum(left[n] for n in group)
            total = accept_people(float(capacity[stop]), float(taken[stop]), asked[stop],
                                  rules.full_from)
            given = _divide(max(total - stayed[stop], 0), [left[n] for n in group])
            for n, count in zip(group, given, strict=True):
                inside[n, marches[n].choices[rank]] = count
                left[n] -= count
            stayed[stop] += sum(given)
    return inside


def _divide(total: int, crowd: Sequence[int]) -> list[int]:
    """Share beds by the size of parties; nobody gets more than it has people."""
    return split_people(min(total, sum(crowd)), crowd)


def _give_extra(
    outside: Mapping[int, int], marches: Sequence[March], courses: Sequence[Course],
    rules: NightRules, extra: FloatArray | None,
) -> dict[int, int]:
    """People of each party in a bed of a measure."""
    if extra is None:
        return {}
    crowds: dict[int, list[int]] = {}
    for n in sorted(outside):
        course, march = courses[marches[n].party.course], marches[n]
        where = (int(course.stop[march.choices[0]]) if march.choices
                 else find_stretch(course, march.end_km))
        crowds.setdefault(where, []).append(n)
    helped: dict[int, int] = {}
    for where, group in sorted(crowds.items()):
        crowd = [outside[n] for n in group]
        total = accept_people(float(extra[where]), 0.0, sum(crowd), rules.full_from)
        helped.update(zip(group, _divide(total, crowd), strict=True))
    return helped
