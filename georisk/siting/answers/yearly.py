"""Which site in which year, when money comes year by year: a plan of an objective of coverage."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from georisk.siting.answers.trust_facts import Plan, PlannedSite
from georisk.siting.posing.costs import CURRENCY, tell_cost
from layers.errors import CallError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from georisk.siting.limits import Limits
    from georisk.siting.posing.scene import Scene
    from georisk.siting.solution import Method

PLANNED = ("coverage", "length")


def plan_years(  # noqa: PLR0913 - a request, and how it is solved
    scene: Scene, objective: str, limits: Limits, money: Sequence[float], *,
    unit: str, method: Method = "auto", time_limit_s: float = 30.0,
) -> Plan:
    """Choose sites and the year of each, so that the weight covered, summed over years, is most.

    A site is paid for once in its year, and its running cost from that year on. What is left of
    a year lapses.

    Parameters
    ----------
    scene : Scene
    objective : str
        ``coverage`` or ``length``.
    limits : Limits
        ``k`` binds the whole plan; money binds each year in the place of a budget.
    money : sequence of float
        By year, in the currency of the costs.

    Raises
    ------
    CallError
        Of another objective, or if no year pays for any site.
    """
    from georisk.siting.models.phasing import Years, phase_sites

    if objective not in PLANNED:
        raise CallError(f"site: years are planned for {' and '.join(PLANNED)}; of {objective} ask "
                        "without years, and build by rank")
    costs = [tell_cost(scene.costs, option) for option in scene.candidates["option"]]
    once = np.array([cost.once for cost in costs])
    per_year = np.array([cost.per_year for cost in costs])
    _check_money(money, once + per_year)
    weights = scene.by_risk if objective == "coverage" else scene.by_km
    found = phase_sites(
        scene.reach, weights, replace(limits, cost=once, budget=None),
        Years(np.array(money, float), per_year), method=method, time_limit_s=time_limit_s)
    year = np.array(found.year, np.int64)
    rows = np.array(found.chosen, np.int64)
    count = len(money)
    building = np.bincount(year, weights=once[rows], minlength=count)
    running = np.cumsum(np.bincount(year, weights=per_year[rows], minlength=count))
    places = scene.candidates.iloc[rows]
    sites = tuple(
        PlannedSite(str(name), str(here["place"]), str(here["country"]), int(at) + 1,
                    float(once[row]), float(per_year[row]))
        for (name, here), at, row in zip(places.iterrows(), year, rows, strict=True))
    return Plan(sites, tuple(map(float, money)), tuple(building.tolist()),
                tuple(running.tolist()),
                tuple((np.array(money, float) - building - running).tolist()),
                found.covered, found.objective, found.bound, found.status, unit, CURRENCY)


def _check_money(money: Sequence[float], price: np.ndarray) -> None:
    amounts = np.array(money, float)
    if not len(amounts) or not np.all(np.isfinite(amounts)) or np.any(amounts < 0):
        raise CallError("site: years: give what there is for each year, 0 or more, such as "
                        "[150000, 150000, 150000]")
    if amounts.max() < price.min():
        raise CallError(f"site: no year pays for any site: the cheapest costs {price.min():,.0f} "
                        f"in its first year (built and run), the richest year has "
                        f"{amounts.max():,.0f}; give one year more, or allow a cheaper option")
