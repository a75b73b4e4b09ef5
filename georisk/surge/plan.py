"""The plan: nights as they would be, what is short, what clears it, and the proof that it does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from georisk.surge.group import check_start
from georisk.surge.nights import simulate_nights
from georisk.surge.remedies import Prices, find_remedy, price_remedy
from georisk.surge.scene import build_scene

if TYPE_CHECKING:
    from georisk.network import IntArray
    from georisk.parameters import Parameters
    from georisk.study import Study
    from georisk.surge.group import Group
    from georisk.surge.nights import Nights
    from georisk.surge.remedies import Remedy
    from georisk.surge.scene import Scene
    from layers.crs import FloatArray


L_PER_M3 = 1000.0


@dataclass(frozen=True, eq=False)
class Plan:
    """All that is worked out for a group.

    Attributes
    ----------
    least, most : Nights
        Places of unknown capacity have no bed, and beds without limit.
    cleared : Nights
        As ``least``, with the measures.
    water_short_l, water_unknown_l : array of shape (n_days, n_locations)
        Drinking water beyond what is known to be there; and what hangs on places that give
        water, but nobody knows how much.
    cost_range_usd : tuple of float
        Of the same plan at the lowest and the highest prices of the parameters.
    """

    group: Group
    scene: Scene
    least: Nights
    most: Nights
    cleared: Nights
    remedy: Remedy
    prices: Prices
    point_beds: int
    water_short_l: FloatArray
    water_unknown_l: FloatArray
    cost_usd: float
    cost_range_usd: tuple[float, float]


def plan_surge(study: Study, group: Group) -> Plan:
    """Work out the nights of a group, and the cheapest measures that give everybody a bed.

    Raises
    ------
    CallError
        If the town, a corridor, a profile or the day cannot be.
    """
    check_start(group.start, study.today, study.parameters)
    scene = build_scene(study, group)
    unknown = np.isnan(scene.beds)
    least, most = (_simulate(scene, np.where(unknown, beds, scene.beds))
                   for beds in (0.0, np.inf))
    needed = count_without(least, len(scene.seasons), len(scene.locations))
    parameters = study.parameters
    prices, point_beds = read_prices(parameters), int(parameters.value("surge.point_beds"))
    remedy = find_remedy(needed, _count_addable(scene, parameters), prices,
                         point_beds=point_beds, full_from=scene.rules.full_from)
    cleared = _simulate(scene, np.where(unknown, 0.0, scene.beds), remedy.list_beds(point_beds))
    short_l, unknown_l = weigh_water(scene, least)
    low, high = (read_prices(parameters, bound=bound) for bound in (0, 1))
    costs = [price_remedy(remedy, needed, each)
             + each.water_usd_per_m3 * float(short_l.sum()) / L_PER_M3
             for each in (prices, low, high)]
    return Plan(group, scene, least, most, cleared, remedy, prices, point_beds, short_l,
                unknown_l, costs[0], (costs[1], costs[2]))


def _simulate(scene: Scene, beds: FloatArray, extra: FloatArray | None = None) -> Nights:
    taken = np.minimum(scene.taken, beds)
    return simulate_nights(scene.people, scene.courses, (beds, taken), scene.seasons,
                           rules=scene.rules, extra=extra)


def count_without(nights: Nights, days: int, locations: int) -> IntArray:
    """People without a bed, shape (n_days, n_locations)."""
    counted = np.zeros((days, locations), np.int64)
    for row in nights.rows:
        counted[row.day, row.location] += row.short + row.unreachable
    return counted


def _count_addable(scene: Scene, parameters: Parameters) -> FloatArray:
    """Beds that each location can add; none where it has none, or nobody knows how many."""
    most = np.zeros(len(scene.locations))
    most[: len(scene.beds)] = np.nan_to_num(scene.beds) * parameters.value("surge.added_share")
    return most


def read_prices(parameters: Parameters, *, bound: int | None = None) -> Prices:
    """Prices in force; with a bound, the lowest (0) or highest (1) that the parameters allow.

    Examples
    --------
    >>> from georisk.parameters import Parameters
    >>> read_prices(Parameters.read()) == Prices()
    True
    """
    def pick(name: str) -> float:
        entry = parameters.entries[f"surge.cost.{name}"]
        return float(entry["value"] if bound is None else entry["range"][bound])

    return Prices(**{name: pick(name) for name in parameters.section("surge.cost")})


def weigh_water(scene: Scene, nights: Nights) -> tuple[FloatArray, FloatArray]:
    """Drinking water short, and of unknown source, in litres by night and location."""
    wanted = np.zeros((len(scene.seasons), len(scene.locations)))
    for row in nights.rows:
        wanted[row.day, row.location] += row.litres
    there = np.zeros(len(scene.locations))
    there[: len(scene.water_l)] = scene.water_l
    unknown = np.isnan(there)
    short = np.maximum(wanted - np.nan_to_num(there), 0.0)
    return np.where(unknown, 0.0, short), np.where(unknown, wanted, 0.0)
