"""What a study says of siting, as requests and as the context in which sites are told of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from georisk.capacity.needs import read_sphere
from georisk.coverage.shares import count_people
from georisk.season import choose_season
from georisk.siting.answers.answering import Request
from georisk.siting.answers.gap_changes import Pace
from georisk.siting.answers.telling import Context
from georisk.siting.displacement.assumptions import read_displacement_rules
from georisk.siting.objectives import Aim
from georisk.walking.rules import read_walk_rules
from georisk.walking.steps import measure_hourly_heat
from georisk.walking.when import When

if TYPE_CHECKING:
    from collections.abc import Mapping

    from georisk.parameters import Parameters
    from georisk.siting.displacement.guard import Guard
    from georisk.step import Inputs, Settings
    from layers.crs import FloatArray

RISK_CLASSES = ("few_reported", "moderate", "high", "very_high", "extreme")
_HALF = 0.5
_ENTERING = ("siting.", "sphere.water", "sphere.consultations", "water.", "walk.")


def make_request(settings: Settings) -> Request:
    """The ``[siting]`` of a study as a request."""
    choice = settings.config.siting
    return Request(
        objective=choice.objective, k=choice.k, budget=choice.budget, required=choice.required,
        method=choice.method, time_limit_s=settings.value("siting.time_limit_s"),
        aim=make_aim(settings), years=choice.years,
    )


def make_aim(settings: Settings) -> Aim:
    """What a choice may aim at, by the study and its parameters."""
    choice, sphere = settings.config.siting, read_sphere(settings.parameters)
    people = float(settings.value("siting.capacity_people"))
    from georisk.capacity.room import UNITS, need_per_person_day

    need = {service: need_per_person_day(service, sphere) for service in UNITS}
    capacity = {"shelter": float(settings.value("siting.capacity_beds")),
                "water": people * sphere.water_l, "medical": people}
    return Aim(choice.max_gap_h, choice.equity,
               bool(settings.value("siting.stocked_start") >= _HALF), capacity, need,
               float(settings.value("work.max_walk_h")),
               float(settings.value("siting.alpha_floor")))


def make_context(inputs: Inputs, settings: Settings) -> Context:
    """For whom, when, and by which standards sites are told of."""
    reference = settings.config.reference
    parameters = settings.parameters
    return Context(
        reference.profile, reference.month,
        list_paces(settings, inputs["season"].rate, rate_months(inputs, settings)),
        read_sphere(parameters), float(parameters.value("siting.consultations_per_staff")),
        float(parameters.value("siting.least_staff")), RISK_CLASSES,
        defaults=list_defaults(parameters), unknown=_list_unknown(inputs),
        synthetic=_is_synthetic(inputs), guard=_pose_guard(inputs, settings),
        rules=read_displacement_rules(parameters),
        no_regret=float(parameters.value("siting.no_regret")),
        knee_least=float(parameters.value("siting.knee_least")),
        seed=int(parameters.value("siting.seed")),
    )


def _pose_guard(inputs: Inputs, settings: Settings) -> Guard | None:
    """Ways and people for the displacement guard; None where corridors leave no choice of way."""
    from georisk.siting.displacement.guard import pose_guard

    if not settings.corridors:
        return None
    travel = inputs["travel"][0]
    flows = inputs["flows"].frame if inputs["flows"] is not None else None
    people = count_people(flows, inputs["lines"], travel, as_of=settings.as_of)
    return pose_guard(
        inputs["routes"].frame, inputs["segments"].frame, travel.segment_mode_h, people[:, ::-1],
        corridors=settings.corridors, rules=read_displacement_rules(settings.parameters),
    )


def rate_months(inputs: Inputs, settings: Settings) -> dict[int, FloatArray]:
    """What heat leaves of the pace in the worst and in the mildest month of the year.

    Returns
    -------
    dict
        Arrays of shape (n_segments,) by month; empty where the study has no climate.
    """
    if inputs["hazard_temperature"] is None:
        return {}
    heat = measure_hourly_heat(inputs, settings).value
    rules, lines = read_walk_rules(settings.parameters), inputs["lines"]
    start_h = settings.config.reference.start_hour
    rates = {month: choose_season(heat, lines["mode"], When(month, start_h), rules).rate
             for month in range(1, 13)}
    known = {month: rate for month, rate in rates.items() if rate is not None}
    km = lines["length_km"].to_numpy(float)
    mean = {month: float(np.average(rate, weights=km)) for month, rate in known.items()}
    worst = min(mean, key=lambda month: (round(mean[month], 9), month))
    mildest = max(mean, key=lambda month: (round(mean[month], 9), -month))
    return {month: known[month] for month in dict.fromkeys((worst, mildest))}


def list_paces(
    settings: Settings, rate: FloatArray | None, months: Mapping[int, FloatArray] | None = None
) -> tuple[Pace, ...]:
    """Travellers and months in which gaps are told: the study's own and others beside it.

    The other profiles of ``[siting] profiles`` in the same month; then the study's own without
    heat, and in the worst and the mildest month of the year. Hours on foot go by the inverse of
    a profile's speed, whatever the ground, and by what heat leaves of the pace.

    Parameters
    ----------
    rate : array of shape (n_segments,), or None
        Of the study's month.
    months : mapping
        Of `rate_months`.
    """
    reference, value = settings.config.reference, settings.value
    own = float(value(f"profile.{reference.profile}.speed_factor"))
    paces = [Pace(reference.profile, reference.month)]
    for profile in dict.fromkeys(settings.config.siting.profiles):
        if profile != reference.profile:
            times = own / float(value(f"profile.{profile}.speed_factor"))
            paces.append(Pace(profile, reference.month, times))
    now = np.ones(1) if rate is None else np.asarray(rate, float)
    if rate is not None:
        paces.append(Pace(reference.profile, None, now))
    paces += [Pace(reference.profile, month, now / other)
              for month, other in (months or {}).items() if month != reference.month]
    return tuple(paces)


def list_defaults(parameters: Parameters) -> tuple[str, ...]:
    """Assumptions that enter siting, as the parameter file declares them.

    Examples
    --------
    >>> from georisk.parameters import Parameters
    >>> [line for line in list_defaults(Parameters.read()) if "min_apart" in line]
    ['siting.min_apart_km = 5 km']
    """
    entries: Mapping[str, Mapping[str, object]] = parameters.entries
    return tuple(
        f"{name} = {entry['value']:.12g} {entry.get('unit', '')}".rstrip()
        for name, entry in entries.items()
        if entry.get("decl") and name.startswith(_ENTERING)
    )


def _list_unknown(inputs: Inputs) -> tuple[str, ...]:
    told = ["whether the community, the owner of the land and the authorities agree",
            "robbery, kidnapping and sexual violence are not measured here"]
    if inputs["flows"] is None:
        told.append("how many people pass: the study has no layer `flows`")
    return tuple(told)


def _is_synthetic(inputs: Inputs) -> bool:
    """Whether anything that a site rests on is illustrative."""
    for name in ("segments", "coverage", "flows", "waypoints", "excluded_areas"):
        layer = inputs[name]
        if layer is not None and "synthetic" in layer.frame and (
                layer.frame["synthetic"].fillna(value=False).any()):
            return True
    return False
