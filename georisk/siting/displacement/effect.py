"""Whether a point, or its closing, draws people onto a deadlier way.

A worked example. Two ways lead from A to B: an old one of 30 h, a new one of 32 h, 100 km each;
100 people a year; theta 0.5 per hour; no service on either. The odds are exp(0.5 x 2) = e to 1:
73.106 people take the old way, 26.894 the new. A point that serves the whole new way lowers what
it seems to cost by a tenth, to 28.8 h: the odds turn to exp(0.5 x 1.2) to 1, and 64.566 people
take it. 37.672 people change. If 1 person in 10,000 is reported dead per 100 km on the old way
and 3 on the new, the reported deaths to be expected rise from 73.106 x 1e-4 + 26.894 x 3e-4 =
0.01538 to 35.434 x 1e-4 + 64.566 x 3e-4 = 0.02291 a year: the point draws people onto a deadlier
way, unless it saves more there than it draws. That second sum is not made here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from scipy import sparse

from georisk.siting.displacement.assumptions import DisplacementRules
from georisk.siting.displacement.loading import load_arcs, pose_choices, split_people
from georisk.siting.displacement.ways import relieve_hours
from layers.errors import CallError

if TYPE_CHECKING:
    from georisk.siting.displacement.loading import Choices, Journeys
    from georisk.siting.displacement.paths import LegGraph
    from georisk.siting.displacement.ways import Ways
    from layers.crs import FloatArray

Verdict = Literal["yes", "no", "not known"]
PERSON_KM = 1e5
_ROUNDING = 1e-12
_MOST_NAMED = 5
_INTERVAL = (0.05, 0.95)


@dataclass(frozen=True, eq=False)
class Displacement:
    """What becomes of people's ways when a point opens or closes.

    Attributes
    ----------
    verdict : str
        ``yes``: people are drawn onto a deadlier way; ``no``; ``not known``, also where the legs
        drawn offer no other way: silence is no "no".
    reason : str
        In one sentence, to be printed beside it.
    before, after : float or None
        Risk-weighted person-km: incidents a year to be expected where people walk, the risk of
        each leg held as it is. None without flow data or without a risk per person.
    change, low, high : float or None
        After less before, at the declared values, and its 90 % interval over draws of theta,
        relief and risk, widened to hold the declared one where it lies outside.
    moved_share : float
        Of all people (of all journeys, each counted alike, without flow data) who take another
        way than before.
    legs : DataFrame
        Index ``leg``; ``before after change``: people a year, both directions, or mean shares
        of journeys without flow data; ``risk`` per 10^5 person-km, NaN where unknown;
        ``gains``. Legs that gain most stand first.
    stranded : tuple of (str, str)
        Journeys without any way, left out.
    """

    verdict: Verdict
    reason: str
    before: float | None
    after: float | None
    change: float | None
    low: float | None
    high: float | None
    moved_share: float
    legs: pd.DataFrame
    stranded: tuple[tuple[str, str], ...]


def assess_displacement(
    graph: LegGraph,
    journeys: Journeys,
    served: tuple[FloatArray, FloatArray],
    *,
    risk: FloatArray | None = None,
    rules: DisplacementRules | None = None,
    ways: Ways | None = None,
) -> Displacement:
    """Re-assign people to ways before and after, and weigh the change by the risk of each leg.

    People choose among the cheapest ways by a logit in perceived hours, ways that overlap being
    discounted. The risk per person on each leg is held: this asks what re-assignment alone
    does, not what the point saves. Nobody's way is slowed by others, so no equilibrium needs to
    be searched for.

    Parameters
    ----------
    graph : LegGraph
    journeys : Journeys
    served : two arrays of shape (n_legs,)
        Share of each leg's length within reach of services, 0 to 1, before and after. Rows of
        ``graph.legs``.
    risk : array of shape (n_legs,) or (n_draws, n_legs), optional
        Incidents per 10^5 person-km, of the fit with flow as offset; NaN where unknown. An
        intensity per km is none: it is high where many pass. Of draws the mean is the declared
        value, and draw d is paired with draw d of theta and relief.
    rules : DisplacementRules, optional
    ways : optional, of `georisk.siting.displacement.ways.list_ways` before

    Raises
    ------
    CallError
        If shares or risks are of the wrong shape or out of range, or no journey has a way.

    References
    ----------
    Dial 1971, A probabilistic multipath traffic assignment model. Ben-Akiva & Bierlaire 1999,
    Discrete choice methods and their applications to short term travel decisions. Sheffi 1985,
    Urban transportation networks.

    Examples
    --------
    The worked example above:

    >>> from georisk.siting.displacement.loading import Journeys
    >>> from georisk.siting.displacement.paths import make_leg_graph
    >>> hours = np.array([32.0, 30.0])
    >>> graph = make_leg_graph([("new", "A", "B"), ("old", "A", "B")], hours, hours,
    ...                        np.array([100.0, 100.0]))
    >>> found = assess_displacement(
    ...     graph, Journeys((("A", "B"),), np.array([100.0])),
    ...     (np.zeros(2), np.array([1.0, 0.0])), risk=np.array([0.3, 0.1]),
    ...     rules=DisplacementRules(theta_per_h=0.5))
    >>> found.legs["before"].round(3).to_dict()
    {'new': 26.894, 'old': 73.106}
    >>> found.legs["after"].round(3).to_dict()
    {'new': 64.566, 'old': 35.434}
    >>> round(found.before, 5), round(found.after, 5), round(found.change, 5)
    (0.01538, 0.02291, 0.00753)
    """
    rules = rules or DisplacementRules()
    checked = tuple(_check_shares(share, len(graph.legs)) for share in served)
    risks = _check_risk(risk, len(graph.legs))
    relieved = [relieve_hours(graph, share, rules.relief) for share in checked]
    choices = pose_choices(graph, journeys, costs=relieved, count=rules.routes,
                           path_size=rules.path_size, ways=ways)
    shares = [split_people(choices, cost, theta=rules.theta_per_h) for cost in relieved]
    table, moved = _tabulate(graph, choices, shares, risks)
    reason = _find_unknown(table, rules.least_share)
    if not _find_ways_round(graph, choices, checked):
        reason = ("the legs drawn offer no other way on any journey looked at: who might be drawn "
                  "from elsewhere cannot be seen")
    if journeys.people_per_year is None:
        reason = "no flow data: nobody counted, so only shares of journeys are told"
    if reason or risks is None:
        return _describe("not known", reason, None, (table, moved), choices)
    sums = _weigh(graph, choices, checked, risks, rules)
    none = rules.least_share * _weigh_changed(graph, table)
    return _describe(*_judge(sums, none), sums, (table, moved), choices)


def _check_shares(share: FloatArray, n_legs: int) -> FloatArray:
    share = np.asarray(share, float)
    if share.shape != (n_legs,) or not ((share >= 0) & (share <= 1)).all():
        raise CallError(f"site: displacement: give one share served from 0 to 1 for each of the "
                        f"{n_legs} legs")
    return share


def _check_risk(risk: FloatArray | None, n_legs: int) -> FloatArray | None:
    if risk is None:
        return None
    risk = np.atleast_2d(np.asarray(risk, float))
    if risk.ndim != 2 or risk.shape[1] != n_legs or not len(risk):  # noqa: PLR2004 - a table
        raise CallError(f"site: displacement: give one risk for each of the {n_legs} legs")
    if (risk < 0).any() or np.isinf(risk).any():
        raise CallError("site: displacement: a risk is below 0 or infinite")
    return None if np.isnan(risk).all() else risk


def _tabulate(
    graph: LegGraph,
    choices: Choices,
    shares: list[FloatArray],
    risks: FloatArray | None,
) -> tuple[pd.DataFrame, float]:
    """People per leg before and after, and the share of people who take another way."""
    total = choices.people.sum()
    loads = [np.bincount(graph.leg, weights=load_arcs(choices, share), minlength=len(graph.legs))
             for share in shares]
    moved = np.abs(shares[1] - shares[0]) * choices.people[choices.journey]
    risk = np.full(len(graph.legs), np.nan) if risks is None else risks.mean(axis=0)
    table = pd.DataFrame(
        {"before": loads[0], "after": loads[1], "change": loads[1] - loads[0], "risk": risk},
        index=pd.Index(graph.legs, name="leg"),
    )
    table = table.assign(gains=table["change"] > total * _ROUNDING)
    order = np.argsort(-np.round(table["change"] / total, 9), kind="stable")
    return table.iloc[order], float(moved.sum() / 2 / total)


def _find_ways_round(
    graph: LegGraph, choices: Choices, served: tuple[FloatArray, ...]
) -> bool:
    """Whether people counted may choose for or against a leg that changes; or none changes."""
    changed = (served[0] != served[1])[graph.leg]
    if not changed.any():
        return True
    peopled = choices.people[choices.journey] > 0
    arcs = choices.arcs[peopled][:, changed]
    journey = choices.journey[peopled]
    size = len(choices.people)
    ways = np.bincount(journey, minlength=size)
    users = sparse.csr_matrix((np.ones(len(journey)), (journey, np.arange(len(journey)))),
                              shape=(size, len(journey))) @ arcs
    some = users.tocoo()
    return bool(((some.data > 0) & (some.data < ways[some.row])).any())


def _find_unknown(table: pd.DataFrame, least: float) -> str:
    """Why the change cannot be weighed by risk; empty where it can."""
    if table["risk"].isna().all():
        return "no risk per person: on no leg are both people counted and incidents rated"
    moved = table["change"].abs() > least * table["change"].abs().max()
    legs = table.index[moved & table["risk"].isna()].tolist()
    if not legs:
        return ""
    more = f" and {len(legs) - _MOST_NAMED} more" if len(legs) > _MOST_NAMED else ""
    return ("the risk per person is not known on legs whose people change: "
            f"{', '.join(legs[:_MOST_NAMED])}{more}")


def _weigh(
    graph: LegGraph,
    choices: Choices,
    served: tuple[FloatArray, ...],
    risks: FloatArray,
    rules: DisplacementRules,
) -> FloatArray:
    """Risk-weighted person-km before and after, shape (1 + draws, 2); first the declared values.

    Where no risk is known nobody's number changes, and the leg is left out of both.
    """
    random = np.random.default_rng(rules.seed)
    low, high = np.log(rules.theta_range)
    theta = np.exp(random.uniform(low, high, rules.draws))
    relief = random.uniform(rules.relief_range[0], rules.relief_range[1], rules.draws)
    weight = np.nan_to_num(np.vstack([risks.mean(axis=0), risks]))[:, graph.leg]
    weight = weight * graph.length_km / PERSON_KM
    sums = np.empty((1 + rules.draws, 2))
    for draw in range(1 + rules.draws):
        sway = (rules.theta_per_h, rules.relief) if not draw else (theta[draw - 1],
                                                                   relief[draw - 1])
        row = weight[0 if not draw else 1 + (draw - 1) % len(risks)]
        for side, share in enumerate(served):
            cost = relieve_hours(graph, share, float(sway[1]))
            split = split_people(choices, cost, theta=float(sway[0]))
            sums[draw, side] = load_arcs(choices, split) @ row
    return sums


def _weigh_changed(graph: LegGraph, table: pd.DataFrame) -> float:
    """Incidents a year expected before on the legs whose people change."""
    leg_km = np.zeros(len(graph.legs))
    leg_km[graph.leg] = graph.length_km
    changed = table[table["change"].abs() > _ROUNDING * table["before"].max()]
    length_km = leg_km[[graph.legs.index(str(leg)) for leg in changed.index]]
    return float(np.nansum(changed["before"] * changed["risk"] * length_km) / PERSON_KM)


def _judge(sums: FloatArray, none: float) -> tuple[Verdict, str]:
    (low, high), change = _bound_change(sums), float(sums[0, 1] - sums[0, 0])
    told = (f"{change:+.3g} expected incidents a year by re-assignment alone, 90 % between "
            f"{low:+.3g} and {high:+.3g}")
    if low > 0 and change > none:
        return "yes", told
    if high <= none:
        return "no", told
    return "not known", told + (": too little to tell" if low > 0 else ": it may go either way")


def _bound_change(sums: FloatArray) -> tuple[float, float]:
    change = sums[:, 1] - sums[:, 0]
    low, high = np.quantile(change[1:], _INTERVAL)
    return min(float(low), float(change[0])), max(float(high), float(change[0]))


def _describe(
    verdict: Verdict,
    reason: str,
    sums: FloatArray | None,
    found: tuple[pd.DataFrame, float],
    choices: Choices,
) -> Displacement:
    table, moved = found
    if sums is None:
        return Displacement(verdict, reason, *(None,) * 5, moved, table, choices.stranded)
    before, after = sums[0].tolist()
    return Displacement(verdict, reason, before, after, after - before, *_bound_change(sums),
                        moved, table, choices.stranded)
