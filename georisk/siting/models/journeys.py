"""Points for people on the way: journeys that can be made whole within a range between points."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from georisk.siting.binding import bind_limits, free_sites, read_sites
from georisk.siting.highs import LinearModel, relax_integers, solve_linear
from georisk.siting.limits import Limits, check_limits
from georisk.siting.models.journey_cover import (
    JourneyModel,
    find_whole,
    list_stretches,
    measure_flow,
    reduce_journeys,
    score_journeys,
)
from georisk.siting.models.local_search import add_sites, rank_sites, search_sites
from georisk.siting.models.route_gap import RoutePoints, read_points
from georisk.siting.models.set_cover import cap_count
from georisk.siting.solution import Method, Solution, Status
from layers.errors import CallError

if TYPE_CHECKING:
    from georisk.network import BoolArray, IntArray
    from layers.crs import FloatArray

MAX_EXACT = (2_000, 50_000)
_ROUNDING = 1e-9
_CLOSED = 1e-9


@dataclass(frozen=True)
class JourneySolution(Solution):
    """As `Solution`, in people (or whatever the flow counts) whose journey becomes whole.

    Attributes
    ----------
    served : tuple of int
        Journeys that can be made with the fixed and the chosen sites.
    hopeless : tuple of int
        Journeys with a stretch that no site, chosen or not, makes passable.
    """

    served: tuple[int, ...]
    hopeless: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Walkers:
    """Who is on each journey, and how far a full supply lasts.

    Attributes
    ----------
    flow : array of shape (n_routes,)
        People, or whatever is counted; 0 or more.
    autonomy : array of shape (n_routes,)
        Above 0, in the unit of the positions along the journeys.
    stocked : array of bool, shape (n_routes,), optional
        Who sets out with a full supply; all, if not given. Others need a site at the start.
    """

    flow: FloatArray
    autonomy: FloatArray
    stocked: BoolArray | None = None


def solve_journeys(
    points: RoutePoints,
    walkers: Walkers,
    limits: Limits,
    *,
    method: Method = "auto",
    time_limit_s: float = 30.0,
) -> JourneySolution:
    """Choose sites so that the most people can walk their whole journey from point to point.

    A journey is a route walked one way; whoever returns is a second journey, with its own hours.
    Each site refills a walker to full autonomy, and nobody may walk on longer than it lasts. A
    stretch between neighbouring points is passable where a site stands before it, or at its
    start, from which its end is within autonomy: sites that stand alone may serve nobody. (Papers
    on refuelling often let a vehicle go there and back on half a tank at the ends; here the start
    is stocked in full, and the end asks for nothing.)

    Parameters
    ----------
    points : RoutePoints
        A route for each journey. Its lengths, positions and the autonomy share a unit: hours, or
        litres drunk until there.
    walkers : Walkers
    method : str
        ``auto`` is exact up to 2,000 candidates and 50,000 stretches.

    Returns
    -------
    JourneySolution
        The objective does not count who is served already; ``total`` is everybody else.

    Raises
    ------
    CallError
        If arrays do not fit together, or the limits cannot be kept.

    References
    ----------
    Kuby & Lim 2005, The flow-refueling location problem for alternative-fuel vehicles. Capar,
    Kuby, Leon & Tsai 2013, An arc cover-path-cover formulation and strategic analysis of
    alternative-fuel station locations.

    Examples
    --------
    Thirty people walk 10 h, sixty walk 25 h, each with water for 10 h; of sites at hours 8, 12
    and 18 of the long way, 8 and 18 together serve all, any one alone nobody:

    >>> points = RoutePoints(np.array([10.0, 25]), np.array([1, 1, 1]), np.array([0, 1, 2]),
    ...                      np.array([8.0, 12, 18]), 3)
    >>> walkers = Walkers(np.array([30.0, 60]), np.array([10.0, 10]))
    >>> best = solve_journeys(points, walkers, Limits(k=2))
    >>> best.chosen, best.objective, best.benefits, best.served
    ((0, 2), 60.0, (0.0, 60.0), (0, 1))
    """
    points = read_points(points)
    limits = cap_count(limits, points.n_sites)
    check_limits(limits, points.n_sites)
    flow, autonomy, stocked = _check_walkers(points, walkers)
    cover, journey = list_stretches(points, autonomy, stocked)
    model = reduce_journeys(cover, journey, flow, limits)
    sites, bound, status = _search(model, limits, method, time_limit_s)
    return _describe(model, sites, bound, status, limits,
                     (cover, journey, np.arange(len(flow))))


def _check_walkers(
    points: RoutePoints, walkers: Walkers
) -> tuple[FloatArray, FloatArray, BoolArray]:
    n = len(points.hours)
    flow, autonomy = np.asarray(walkers.flow, float), np.asarray(walkers.autonomy, float)
    stocked = np.ones(n, bool) if walkers.stocked is None else np.asarray(walkers.stocked, bool)
    if not len(flow) == len(autonomy) == len(stocked) == n:
        raise CallError(f"site: give a flow, an autonomy and a start for each of {n} journeys")
    if not np.all(np.isfinite(flow)) or np.any(flow < 0):
        raise CallError("site: a flow is missing or below 0; leave out journeys of unknown flow")
    if not np.all(np.isfinite(autonomy)) or np.any(autonomy <= 0):
        raise CallError("site: an autonomy is missing or not above 0")
    return flow, autonomy, stocked


def _pose(model: JourneyModel) -> LinearModel:
    """A journey counts as far as each of its stretches has a site: whole sites make it whole."""
    n, m = model.cover.shape[0], len(model.flow)
    pairs = model.kind.tocoo()
    r = len(pairs.row)
    sites = sparse.csr_matrix(model.cover.T)[pairs.col]
    journeys = sparse.csr_matrix((-np.ones(r), (np.arange(r), pairs.row)), shape=(r, m))
    return replace(
        free_sites(np.zeros(n), others=model.flow),
        matrix=sparse.csr_matrix(sparse.hstack([sites, journeys])),
        row_lower=np.zeros(r), row_upper=np.full(r, np.inf),
    )


def _search(
    model: JourneyModel, limits: Limits, method: Method, time_limit_s: float
) -> tuple[tuple[int, ...], float, Status]:
    n = model.cover.shape[0]
    linear = bind_limits(_pose(model), limits, n)
    small = n <= MAX_EXACT[0] and model.kind.nnz <= MAX_EXACT[1]
    if method == "exact" or (method == "auto" and small):
        start = add_sites(lambda sites: score_journeys(model, sites), (), limits)
        found = solve_linear(linear, start=_fill(model, start, limits), time_limit_s=time_limit_s)
        if found.values is not None:
            sites = tuple(read_sites(found.values, limits, n).tolist())
            return sites, found.bound, found.status
        return start, found.bound, found.status
    relaxed = solve_linear(relax_integers(linear), time_limit_s=time_limit_s)
    starts = [(), _round_sites(relaxed.values, limits, n)]
    ends = [search_sites(lambda sites: score_journeys(model, sites), one, limits)
            for one in starts]
    best = max(ends, key=lambda sites: measure_flow(model, sites))
    return best, relaxed.bound, "greedy"


def _fill(model: JourneyModel, sites: tuple[int, ...], limits: Limits) -> FloatArray:
    stands = np.zeros(model.cover.shape[0])
    stands[[*sites, *limits.fixed]] = 1.0
    return np.asarray(np.r_[stands, find_whole(model, sites)], float)


def _round_sites(values: FloatArray | None, limits: Limits, n: int) -> tuple[int, ...]:
    """The sites that the relaxed model uses most, as far as the limits allow."""
    sites = tuple(sorted(set(limits.required)))
    values = np.zeros(n) if values is None else values
    for row in np.argsort(-values[:n], kind="stable").tolist():
        if values[row] > _ROUNDING and row not in sites and limits.allow((*sites, row)):
            sites = (*sites, row)
    return sites


def _describe(
    model: JourneyModel, sites: tuple[int, ...], bound: float, status: Status, limits: Limits,
    stretches: tuple[sparse.csr_matrix, IntArray, IntArray],
) -> JourneySolution:
    objective = measure_flow(model, sites)
    for row in reversed(sites):
        fewer = tuple(other for other in sites if other != row)
        if row not in limits.required and measure_flow(model, fewer) >= objective:
            sites = fewer
    order, benefits = rank_sites(
        lambda some: score_journeys(model, some), np.array(sites, np.int64), 0.0
    )
    bound = max(min(bound, float(model.flow.sum())), objective)
    gap = 0.0 if bound <= 0 else (bound - objective) / bound
    if status == "optimal" or gap < _CLOSED:
        gap, bound, status = 0.0, objective, "optimal"
    there = np.array([*sites, *limits.fixed], np.int64)
    open_ = np.flatnonzero(limits.list_open(model.cover.shape[0]))
    return JourneySolution(
        order, benefits, objective, bound, gap, model.total, status,
        tuple(np.setdiff1d(stretches[2], _list_broken(*stretches[:2], there)).tolist()),
        tuple(_list_broken(*stretches[:2], np.union1d(open_, there)).tolist()),
    )


def _list_broken(cover: sparse.csr_matrix, journey: IntArray, sites: IntArray) -> IntArray:
    """Journeys with a stretch that none of some sites makes passable."""
    return np.unique(journey[np.asarray(cover[sites].sum(axis=0)).ravel() == 0])
