"""Steps that set what people need against what places can give."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from georisk.capacity.needs import Sphere, read_sphere
from georisk.capacity.presence import measure_presence
from georisk.capacity.room import (
    UNITS,
    UNVERIFIED,
    count_room,
    measure_served,
    need_per_person_day,
)
from georisk.capacity.study import judge_capacity, time_service
from georisk.capacity.tables import (
    join_tables,
    name_demands,
    tabulate_corridors,
    tabulate_places,
)
from georisk.corridors import find_owners
from georisk.coverage import Visitor, find_eligible
from georisk.coverage.steps import limit_reference_water
from georisk.services import WATER, find_group, tabulate_services
from georisk.step import Inputs, Outcome, Settings, Step
from georisk.travel import NORTHWARD, find_entries

if TYPE_CHECKING:
    from layers.crs import FloatArray
    from layers.layer import Layer

_WHOLE_FROM = 100.0


@dataclass(frozen=True, eq=False)
class Weighing:
    """Both tables, and what a reader must be told of them."""

    places: pd.DataFrame
    corridors: pd.DataFrame
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class _Ground:
    """What all services share; arrays of shape (2 * n_segments,)."""

    demand_ids: np.ndarray
    presence: FloatArray
    length_km: FloatArray
    corridor: pd.Series
    northward: np.ndarray
    sphere: Sphere


def weigh_capacity(inputs: Inputs, settings: Settings) -> Outcome:
    """Set what people on the way need on a mean day against what places within reach can give."""
    places = inputs["facilities"]
    ground = _gather_ground(inputs, settings)
    services = tabulate_services(settings.parameters, _choose(settings),
                                 profile=settings.config.reference.profile)
    synthetic = _is_synthetic(places) or any(
        layer is not None and _is_synthetic(layer.frame)
        for layer in (inputs["flows"], inputs["routes"])
    )
    by_place, by_corridor, notes = [], [], []
    for service in services.index:
        one, two, note = _weigh_service(service, services.loc[service], ground, inputs, settings)
        by_place.append(one)
        by_corridor.append(two)
        notes.append(note)
    silent = bool(np.isnan(ground.presence).all())
    said = ("capacity: no flow data: places are listed without what is needed",)
    return Outcome(Weighing(
        join_tables("capacity", by_place, synthetic=synthetic),
        join_tables("capacity_totals", by_corridor, synthetic=synthetic),
        said if silent else tuple(notes),
    ))


def _choose(settings: Settings) -> list[str]:
    named = settings.config.services
    return [name for name in sorted(UNITS) if not named or name in named]


def _gather_ground(inputs: Inputs, settings: Settings) -> _Ground:
    lines, travel = inputs["lines"], inputs["travel"][0]
    flows = inputs["flows"].frame if inputs["flows"] is not None else None
    presence = measure_presence(flows, lines, travel, as_of=settings.as_of,
                                walking_day_h=settings.value("work.max_walk_h"))
    _, heading = find_entries(travel)
    owner = lines["leg_id"].map(find_owners(settings.corridors))
    return _Ground(
        name_demands(lines), presence.ravel(), np.repeat(lines["length_km"].to_numpy(float), 2),
        pd.Series(np.repeat(owner.to_numpy(object), 2)), heading.ravel() == NORTHWARD,
        read_sphere(settings.parameters),
    )


def _weigh_service(
    service: str, rule: pd.Series, ground: _Ground, inputs: Inputs, settings: Settings
) -> tuple[pd.DataFrame, pd.DataFrame, str]:
    places, threshold_h = inputs["facilities"], _find_threshold(service, rule, inputs, settings)
    reference = settings.config.reference
    visitor = Visitor(find_group(reference.profile), reference.month)
    ids = find_eligible(places, service, visitor).every
    times = time_service(inputs["travel"], ids, measure=rule["measure"], threshold_h=threshold_h,
                         demand_ids=ground.demand_ids)
    offering = places.loc[ids]
    room = count_room(offering, service, ground.sphere)
    needed = ground.presence * need_per_person_day(service, ground.sphere)
    found = judge_capacity(times, needed, room.amount,
                           sigma_h=float(np.median(threshold_h)) *
                           settings.value("capacity.bell_share"))
    by_place = tabulate_places(
        found, service, room, length_km=ground.length_km,
        served_per_day=measure_served(_frame(inputs["activity"]), offering.index, service,
                                      as_of=settings.as_of),
    )
    by_corridor = tabulate_corridors(found, service, corridor=ground.corridor,
                                     northward=ground.northward, length_km=ground.length_km)
    return by_place, by_corridor, _tell(service, by_corridor, by_place, _measure_counted_km(ground))


def _find_threshold(
    service: str, rule: pd.Series, inputs: Inputs, settings: Settings
) -> FloatArray:
    """Of water in a month: how long it lasts in the heat of each segment."""
    count = 2 * len(inputs["lines"])
    water_h = limit_reference_water(inputs, settings) if service == WATER else None
    return np.full(count, float(rule["threshold_h"])) if water_h is None else water_h.ravel()


def _frame(layer: Layer | None) -> pd.DataFrame | None:
    return None if layer is None else layer.frame


def _is_synthetic(frame: pd.DataFrame) -> bool:
    return "synthetic" in frame and bool(frame["synthetic"].fillna(value=False).any())


def _tell(
    service: str, totals: pd.DataFrame, places: pd.DataFrame, counted_km: float
) -> str:
    amount = {name: _write(float(totals[name].sum()))
              for name in ("demand", "with_service", "short", "unreachable", "unverified")}
    unknown = int((places["basis"] == UNVERIFIED).sum())
    doubt = (f" ({amount['unverified']} of it hang on {unknown} places of unknown capacity)"
             if unknown else "")
    return (f"capacity: {service}, {UNITS[service]}, mean day on {counted_km:,.0f} km where "
            f"people were counted: {amount['demand']} needed = {amount['with_service']} with "
            f"service + {amount['short']} reachable but short{doubt} + "
            f"{amount['unreachable']} unreachable")


def _measure_counted_km(ground: _Ground) -> float:
    """Length where people going either way were counted."""
    either = np.isfinite(ground.presence).reshape(-1, 2).any(axis=1)
    return float(ground.length_km[::2][either].sum())


def _write(amount: float) -> str:
    return f"{amount:,.0f}" if amount == 0 or amount >= _WHOLE_FROM else f"{amount:,.1f}"


def _publish_places(inputs: Inputs, settings: Settings) -> Outcome:
    del settings
    weighing = inputs["weighing"]
    return Outcome(weighing.places, weighing.notes)


def _publish_corridors(inputs: Inputs, settings: Settings) -> Outcome:
    del settings
    return Outcome(inputs["weighing"].corridors)


CAPACITY_STEPS: tuple[Step, ...] = (
    Step("weighing", ("lines", "travel", "facilities", "routes", "flows", "activity", "season"),
         weigh_capacity, publishes=False),
    Step("capacity", ("weighing",), _publish_places),
    Step("capacity_totals", ("weighing",), _publish_corridors),
)
