"""The displacement guard on a study: its legs, its counts, and each proposed point in turn."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from georisk.siting.displacement.effect import assess_displacement
from georisk.siting.displacement.loading import Journeys, estimate_people
from georisk.siting.displacement.paths import LegGraph, make_leg_graph
from georisk.siting.displacement.ways import list_ways, relieve_hours

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    import pandas as pd
    from scipy import sparse

    from georisk.network import BoolArray, IntArray
    from georisk.siting.displacement.assumptions import DisplacementRules
    from georisk.siting.displacement.effect import Displacement
    from layers.crs import FloatArray

    Asking = Callable[[tuple[int, ...]], Displacement]

_DAYS = 365.25
_CLOSED_H = np.inf


@dataclass(frozen=True, eq=False)
class Guard:
    """Legs as people may travel them, who travels them, and how deadly each is per person.

    Attributes
    ----------
    graph : LegGraph
    journeys : Journeys
        From end to end of each corridor, both ways. Without counts nobody's number is known.
    risk : array of shape (n_legs,)
        Incidents per 10^5 person-km; NaN where people or incidents are too few.
    segment_leg : array of int, shape (n_segments,)
        Row of ``graph.legs``.
    length_km : array of shape (n_segments,)
    fit : float or None
        Share of the counted people that the journeys explain; None without counts.
    """

    graph: LegGraph
    journeys: Journeys
    risk: FloatArray
    segment_leg: IntArray
    length_km: FloatArray
    fit: float | None


def pose_guard(
    routes: pd.DataFrame,
    segments: pd.DataFrame,
    hours: FloatArray,
    people: FloatArray,
    *,
    corridors: Mapping[str, tuple[tuple[str, int], ...]],
    rules: DisplacementRules,
) -> Guard:
    """Make the leg graph of a study and estimate who travels from end to end.

    Parameters
    ----------
    routes : DataFrame
        Index ``leg_id``; columns ``from_waypoint to_waypoint`` or, where missing, ``from_place
        to_place``.
    segments : DataFrame
        Columns ``leg_id length_km``, and ``incidents_per_100k_person_km`` where known.
    hours : array of shape (n_segments, 2)
        By the leg's own mode, as drawn and against it; infinite where nobody gets through.
    people : array of shape (n_segments, 2)
        A day, as drawn and against it (`georisk.coverage.shares.count_people` with its columns
        turned round); NaN where nobody counted.
    corridors : mapping
        Legs in order, each with +1 as drawn or -1 reversed: their ends are those of journeys.

    Raises
    ------
    CallError
        If hours or lengths are missing.

    Examples
    --------
    >>> import pandas as pd
    >>> from georisk.siting.displacement.assumptions import DisplacementRules
    >>> routes = pd.DataFrame({"from_place": ["A", "B"], "to_place": ["B", "C"]},
    ...                       index=["x", "y"])
    >>> segments = pd.DataFrame({"leg_id": ["x", "x", "y"], "length_km": [1.0, 1.0, 1.0]})
    >>> counted = np.array([[10.0, 0.0], [10.0, 0.0], [np.nan, np.nan]])
    >>> guard = pose_guard(routes, segments, np.ones((3, 2)), counted, rules=DisplacementRules(),
    ...                    corridors={"north": (("x", 1), ("y", 1))})
    >>> guard.journeys.ends, guard.journeys.people_per_year.round(1).tolist(), guard.fit
    ((('A', 'C'), ('C', 'A')), [3652.5, 0.0], 1.0)
    """
    legs = _list_ends(routes)
    names = [name for name, _, _ in legs]
    row_of = {name: row for row, name in enumerate(names)}
    leg = segments["leg_id"].map(row_of).to_numpy(np.int64)
    length_km = segments["length_km"].to_numpy(float)
    there, back = (_add_up(leg, hours[:, side], len(legs)) for side in (0, 1))
    empty = np.bincount(leg, minlength=len(legs)) == 0
    there[empty] = back[empty] = _CLOSED_H
    graph = make_leg_graph(legs, there, back, _add_up(leg, length_km, len(legs)))
    counted = _count_legs(leg, people, len(legs))
    journeys, fit = _count_journeys(graph, _list_journeys(legs, corridors), counted[
        graph.leg, np.where(_find_drawn(graph, legs), 0, 1)], rules)
    risk = np.full(len(legs), np.nan)
    if "incidents_per_100k_person_km" in segments:
        rate = segments["incidents_per_100k_person_km"].to_numpy(float)
        risk = _average(leg, rate, length_km, len(legs))
    return Guard(graph, journeys, risk, leg, length_km, fit)


def _add_up(row: IntArray, values: FloatArray, size: int) -> FloatArray:
    return np.asarray(np.bincount(row, weights=values, minlength=size), float)


def _list_ends(routes: pd.DataFrame) -> list[tuple[str, str, str]]:
    """Legs sorted by id with the towns they join; a waypoint's id before a place's name."""
    routes = routes.sort_index()
    ends = []
    for side in ("from", "to"):
        towns = routes[f"{side}_place"].astype(object)
        if f"{side}_waypoint" in routes:
            towns = routes[f"{side}_waypoint"].astype(object).fillna(towns)
        ends.append(towns.astype(str).tolist())
    return list(zip(routes.index.astype(str).tolist(), *ends, strict=True))


def _count_legs(leg: IntArray, people: FloatArray, n_legs: int) -> FloatArray:
    """People a year per leg, as drawn and against it; NaN where nobody counted."""
    return np.column_stack([
        _average(leg, people[:, side], np.ones(len(leg)), n_legs) * _DAYS for side in (0, 1)
    ])


def _average(
    leg: IntArray, values: FloatArray, weights: FloatArray, n_legs: int
) -> FloatArray:
    """Mean over the segments of each leg that are known; NaN where none is."""
    known = np.isfinite(values)
    weight = np.bincount(leg[known], weights=weights[known], minlength=n_legs)
    total = np.bincount(leg[known], weights=(values * weights)[known], minlength=n_legs)
    mean = np.divide(total, weight, out=np.full(n_legs, np.nan), where=weight > 0)
    return np.asarray(mean, float)


def _find_drawn(graph: LegGraph, legs: Sequence[tuple[str, str, str]]) -> BoolArray:
    """Which arcs run as their leg is drawn."""
    row_of = {town: row for row, town in enumerate(graph.nodes)}
    return np.asarray(np.array([row_of[one] for _, one, _ in legs])[graph.leg] == graph.tail)


def _list_journeys(
    legs: Sequence[tuple[str, str, str]], corridors: Mapping[str, tuple[tuple[str, int], ...]]
) -> tuple[tuple[str, str], ...]:
    """From end to end of each corridor, there and back, each once."""
    ends_of = {name: (one, other) for name, one, other in legs}
    ends: dict[tuple[str, str], None] = {}
    for _, way in sorted(corridors.items()):
        known = [(leg, sign) for leg, sign in way if leg in ends_of]
        if known:
            (first, start), (last, stop) = known[0], known[-1]
            one, other = ends_of[first][0 if start > 0 else 1], ends_of[last][1 if stop > 0 else 0]
            ends |= {(one, other): None, (other, one): None} if one != other else {}
    return tuple(ends)


def _count_journeys(
    graph: LegGraph,
    ends: tuple[tuple[str, str], ...],
    counted: FloatArray,
    rules: DisplacementRules,
) -> tuple[Journeys, float | None]:
    """Journeys with the people that counts on arcs imply; without, where nobody counted."""
    if not (np.nan_to_num(counted) > 0).any():
        return Journeys(ends), None
    found, fit = estimate_people(graph, ends, counted, count=rules.routes,
                                 theta=rules.theta_per_h, path_size=rules.path_size)
    return (Journeys(ends, found), fit) if found.any() else (Journeys(ends), None)


def pose_asking(
    guard: Guard, coverage: pd.DataFrame, demand: pd.DataFrame, reach: sparse.csr_matrix, *,
    wanted: Collection[str], rules: DisplacementRules,
) -> Asking:
    """Give a function that asks the guard of one choice after another, of each but once.

    A leg counts as served by the mean over the wanted services and both directions of the
    share of its length that is covered. Each choice is assessed by itself, as if built alone.

    Parameters
    ----------
    coverage : DataFrame
        Of the places that stand; columns ``service covered segment``, ``segment`` a row of the
        segments.
    demand : DataFrame
        Columns of ``reach``: uncovered rows of the coverage; column ``segment``.
    reach : csr_matrix of bool, shape (n_candidates, n_demand)

    Raises
    ------
    CallError
        If no journey has a way.
    """
    rows = coverage[coverage["service"].isin(list(wanted))]
    segment = rows["segment"].to_numpy(np.int64)
    whole = _add_km(guard, segment, np.ones(len(rows), bool))
    before_km = _add_km(guard, segment, rows["covered"].to_numpy(bool))
    before = _share(before_km, whole)
    usual = list_ways(guard.graph, guard.journeys.ends, count=rules.routes,
                      cost=relieve_hours(guard.graph, before, rules.relief))
    added = demand["segment"].to_numpy(np.int64)

    @cache
    def ask(sites: tuple[int, ...]) -> Displacement:
        new = np.asarray(reach[list(sites)].sum(axis=0)).ravel() > 0
        served = (before, _share(before_km + _add_km(guard, added, new), whole))
        return assess_displacement(guard.graph, guard.journeys, served, risk=guard.risk,
                                   rules=rules, ways=usual)

    return ask


def _share(part_km: FloatArray, whole_km: FloatArray) -> FloatArray:
    share = np.divide(part_km, whole_km, out=np.zeros(len(whole_km)), where=whole_km > 0)
    return np.asarray(share.clip(0.0, 1.0), float)


def _add_km(guard: Guard, segment: IntArray, counts: BoolArray) -> FloatArray:
    used = segment[counts]
    return _add_up(guard.segment_leg[used], guard.length_km[used], len(guard.graph.legs))
