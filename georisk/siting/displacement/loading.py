"""Who takes which way: journeys, the ways they may choose among, and people put on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.optimize import nnls

from georisk.siting.displacement.ways import change_ways, list_ways
from layers.errors import CallError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from georisk.network import IntArray
    from georisk.siting.displacement.paths import LegGraph, Route
    from georisk.siting.displacement.ways import Ways
    from layers.crs import FloatArray


@dataclass(frozen=True, eq=False)
class Journeys:
    """From where to where people travel, and how many.

    Attributes
    ----------
    ends : tuple of (str, str)
        Towns of the leg graph, origin and destination.
    people_per_year : array of shape (n_journeys,), or None
        None: nobody counted; then each journey counts alike and only shares can be told.
    """

    ends: tuple[tuple[str, str], ...]
    people_per_year: FloatArray | None = None


@dataclass(frozen=True, eq=False)
class Choices:
    """Ways per journey, the same before and after, so that ways do not come and go by themselves.

    Attributes
    ----------
    arcs : csr_matrix, shape (n_routes, n_arcs)
        1 where a route takes an arc.
    journey : array of int, shape (n_routes,)
        Row of the journeys that have a way; ascending.
    people : array of shape (n_kept,)
        Per journey that has a way; 1 each where nobody counted.
    size : array of shape (n_routes,)
        Logarithm of the path size, times its exponent; 0 for a way that shares no leg.
    stranded : tuple of (str, str)
        Journeys without a way.
    """

    arcs: sparse.csr_matrix
    journey: IntArray
    people: FloatArray
    size: FloatArray
    stranded: tuple[tuple[str, str], ...]


def pose_choices(
    graph: LegGraph,
    journeys: Journeys,
    *,
    costs: Sequence[FloatArray],
    count: int,
    path_size: float = 1.0,
    ways: Ways | None = None,
) -> Choices:
    """List the cheapest ways of each journey under any of some costs.

    Parameters
    ----------
    costs : sequence of arrays of shape (n_arcs,)
        Perceived hours, before and after.
    count : int
        Ways per journey and cost.
    path_size : float
        Exponent of the path size: what is shared is measured in hours unrelieved.
    ways : tuple of tuples of routes, optional
        Of `georisk.siting.displacement.ways.list_ways` under the first cost, where they are known.

    Raises
    ------
    CallError
        If a town is not in the graph, people are missing or below 0, or no journey has a way.
    """
    _check_journeys(graph, journeys)
    known = list_ways(graph, journeys.ends, cost=costs[0], count=count) if ways is None else ways
    under = [known, *(change_ways(graph, journeys.ends, known, costs=(costs[0], cost),
                                  count=count) for cost in costs[1:])]
    routes: list[Route] = []
    owner: list[int] = []
    kept: list[int] = []
    for at in range(len(journeys.ends)):
        mine = sorted({way for found in under for way in found[at]})
        if mine:
            owner += [len(kept)] * len(mine)
            routes += mine
            kept.append(at)
    if not kept:
        raise CallError("site: displacement: no journey has a way along the legs; name towns at "
                        "which legs begin or end")
    stranded = tuple(ends for at, ends in enumerate(journeys.ends) if at not in set(kept))
    people = np.ones(len(journeys.ends)) if journeys.people_per_year is None \
        else np.asarray(journeys.people_per_year, float)
    arcs, journey = _write_arcs(routes, graph.n_arcs), np.array(owner, np.int64)
    size = path_size * np.log(_measure_sizes(arcs, journey, graph.hours))
    return Choices(arcs, journey, people[kept], size, stranded)


def _check_journeys(graph: LegGraph, journeys: Journeys) -> None:
    unknown = sorted({town for ends in journeys.ends for town in ends} - set(graph.nodes))
    if unknown:
        raise CallError(f"site: displacement: no leg begins or ends at {', '.join(unknown)}")
    people = journeys.people_per_year
    if people is None:
        return
    people = np.asarray(people, float)
    if people.shape != (len(journeys.ends),):
        raise CallError(f"site: displacement: {people.size} counts for {len(journeys.ends)} "
                        "journeys; give one each")
    if not np.isfinite(people).all() or (people < 0).any() or not people.any():
        raise CallError("site: displacement: people of a journey are missing or below 0, or there "
                        "is nobody at all; leave counts out where nobody counted")


def _write_arcs(routes: Sequence[Route], n_arcs: int) -> sparse.csr_matrix:
    row = np.repeat(np.arange(len(routes)), [len(route) for route in routes])
    column = np.array([arc for route in routes for arc in route], np.int64)
    return sparse.csr_matrix((np.ones(len(row)), (row, column)), shape=(len(routes), n_arcs))


def _measure_sizes(arcs: sparse.csr_matrix, owner: IntArray, hours: FloatArray) -> FloatArray:
    """Path size: 1 for a way that shares no arc, 1/n where n ways of a journey are the same."""
    route = np.repeat(np.arange(arcs.shape[0]), np.diff(arcs.indptr))
    # Of one journey alone: ways of others share arcs, but no people.
    pair = owner[route] * arcs.shape[1] + arcs.indices
    _, place, users = np.unique(pair, return_inverse=True, return_counts=True)
    spent_h = hours[arcs.indices]
    size = arcs.shape[0]
    shared_h = np.bincount(route, weights=spent_h / users[place], minlength=size)
    return np.asarray(shared_h / np.bincount(route, weights=spent_h, minlength=size))


def split_people(choices: Choices, cost: FloatArray, *, theta: float) -> FloatArray:
    """Share of each journey's people on each of its ways, by a path-size logit.

    Parameters
    ----------
    cost : array of shape (n_arcs,)
        Perceived hours.
    theta : float
        Per hour, above 0.

    Returns
    -------
    array of shape (n_routes,)
        Sums to 1 over each journey.

    Examples
    --------
    Ways of 2 h and 1 h at theta = ln 2 per hour: one in three takes the longer one.

    >>> from georisk.siting.displacement.paths import make_leg_graph
    >>> hours = np.array([2.0, 1.0])
    >>> graph = make_leg_graph([("x", "A", "B"), ("y", "A", "B")], hours, hours, hours)
    >>> choices = pose_choices(graph, Journeys((("A", "B"),)), costs=[graph.hours], count=2)
    >>> split_people(choices, graph.hours, theta=np.log(2)).round(3).tolist()
    [0.333, 0.667]
    """
    worth = choices.size - theta * (choices.arcs @ cost)
    starts = np.flatnonzero(np.r_[True, np.diff(choices.journey) > 0])
    odds = np.exp(worth - np.maximum.reduceat(worth, starts)[choices.journey])
    return np.asarray(odds / np.add.reduceat(odds, starts)[choices.journey])


def load_arcs(choices: Choices, share: FloatArray) -> FloatArray:
    """People a year on each arc, given the share of each way: shape (n_arcs,)."""
    return np.asarray(choices.arcs.T @ (share * choices.people[choices.journey]))


def estimate_people(
    graph: LegGraph,
    ends: Sequence[tuple[str, str]],
    counted: FloatArray,
    *,
    count: int,
    theta: float,
    path_size: float = 1.0,
) -> tuple[FloatArray, float]:
    """People per journey that best agree with people counted on arcs.

    Non-negative least squares on the assignment before any point is added. Many sets of
    journeys may agree as well: the counts of a few legs do not say where people are bound.

    Parameters
    ----------
    ends : sequence of (str, str)
        Journeys thought of.
    counted : array of shape (n_arcs,)
        People a year that way; NaN where nobody counted.

    Returns
    -------
    people_per_year : array of shape (n_journeys,)
        0 for a journey without a way.
    fit : float
        Share of the counted people (sum over arcs) that is explained: 1 less the sum of what is
        over and short, over the sum counted; at least 0.

    Raises
    ------
    CallError
        If nobody was counted on any leg; and as `pose_choices`.

    References
    ----------
    Cascetta 1984, Estimation of trip matrices from traffic counts and survey data.

    Examples
    --------
    >>> from georisk.siting.displacement.paths import make_leg_graph
    >>> one = np.ones(2)
    >>> graph = make_leg_graph([("x", "A", "B"), ("y", "B", "C")], one, one, one)
    >>> counted = np.where(graph.tail < graph.head, [40.0, 0.0, 100.0, 0.0], np.nan)
    >>> people, fit = estimate_people(graph, [("A", "C"), ("B", "C")], counted, count=2, theta=0.1)
    >>> people.round(6).tolist(), round(fit, 6)
    ([40.0, 60.0], 1.0)
    """
    counted = np.asarray(counted, float)
    known = np.isfinite(counted)
    if counted.shape != (graph.n_arcs,) or not (counted[known] > 0).any():
        raise CallError("site: displacement: no flow data: people are counted on no leg; only "
                        "shares of journeys can be told")
    choices = pose_choices(graph, Journeys(tuple(ends)), costs=[graph.hours], count=count,
                           path_size=path_size)
    share = split_people(choices, graph.hours, theta=theta)
    shape = (len(share), len(choices.people))
    spread = sparse.csr_matrix((share, (np.arange(len(share)), choices.journey)), shape=shape)
    use = (choices.arcs.T @ spread).toarray()[known]
    found, _ = nnls(use, counted[known])
    missed = float(np.abs(use @ found - counted[known]).sum())
    people = np.zeros(len(ends))
    people[[at for at, pair in enumerate(ends) if pair not in choices.stranded]] = found
    return people, max(1.0 - missed / float(counted[known].sum()), 0.0)
