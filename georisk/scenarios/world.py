"""A scenario as a study of its own: its layers and choices changed, nothing written."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from georisk.made import Made
from georisk.scenario_config import BASE, ScenarioConfig
from georisk.scenarios.faults import Ground, find_faults
from georisk.scenarios.places import choose_layer, edit_places
from georisk.spelling import tell_names
from georisk.steps import STEPS
from layers.disclosure import find_sealed_places
from layers.errors import CallError, StudyError
from layers.layer import Layer, hash_text

if TYPE_CHECKING:
    from georisk.parameters import Parameters
    from georisk.study import Study

RESTS_ON = ("coverage", "gaps", "capacity_totals")
_FACILITY = "facility"
_CLOSABLE = ("routes", "ways")


@dataclass(frozen=True)
class Asked:
    """For whom and for when both scenarios are looked at; None is as each says itself."""

    profile: str | None = None
    month: int | None = None


@dataclass(frozen=True, eq=False)
class World:
    """A scenario and its study.

    Attributes
    ----------
    name : str
        ``base`` is the study as it is.
    choices : ScenarioConfig
    study : Study
    notes : tuple of str
        What a reader must be told of it.
    """

    name: str
    choices: ScenarioConfig
    study: Study
    notes: tuple[str, ...] = ()

    @property
    def assumption(self) -> str:
        """How many points are assumed that are not there today; empty where none is.

        Examples
        --------
        >>> point = {"place_id": "mx-new-1", "lon": 0, "lat": 0, "services": ["water"]}
        >>> World("more", ScenarioConfig(open=[point]), None).assumption
        'scenario more: 1 point assumed'
        """
        points = self.choices.open
        if not points:
            return ""
        invented = sum(point.is_invented for point in points)
        told = f"scenario {self.name}: {len(points)} point{'s' * (len(points) > 1)} assumed"
        return f"{told} ({invented} synthetic)" if invented else told


def open_scenario(study: Study, name: str, asked: Asked | None = None) -> World:
    """The study as it would be in one of its scenarios; the study itself stays as it is.

    Parameters
    ----------
    study : Study
    name : str
        Of a ``[scenario.NAME]``, or ``base``.
    asked : Asked, optional

    Raises
    ------
    CallError
        If there is no such scenario.
    StudyError
        Listing every fault of it: unknown places, legs, services, parameters; values out of
        range.
    """
    choices = _find_choices(study, name)
    if name == BASE and asked in (None, Asked()) and study.config.services:
        return World(name, choices, study)
    layers = _read_facilities(study)
    faults = find_faults(choices, survey_study(study))
    if faults:
        raise StudyError("\n".join(f"study.toml: scenario.{name}: {fault}" for fault in faults))
    asked = asked or Asked()
    month = asked.month or choices.month or study.config.reference.month
    closed = [leg.leg for leg in choices.close_legs if leg.holds_in(month)]
    reference = {
        **study.config.reference.model_dump(),
        "profile": asked.profile or choices.profile or study.config.reference.profile,
        "month": month,
        "closed": tuple(sorted({*closed, *study.config.reference.closed})),
    }
    changed: dict[str, Any] = {
        "reference": reference,
        "services": study.config.services or _list_services(layers, choices),
    }
    if choices.as_of is not None:
        changed["as_of"] = choices.as_of
    changed["parameters"] = _set_numbers(study.parameters, choices.parameters)
    inputs = {**_share_inputs(study), **_edit_facilities(study, layers, choices)}
    return World(name, choices, study.with_changes(inputs=inputs, **changed),
                 _tell(name, choices, month))


def _find_choices(study: Study, name: str) -> ScenarioConfig:
    if name == BASE:
        return ScenarioConfig()
    known = study.config.scenario
    if name not in known:
        raise CallError(f"no scenario named {name[:60]!r}: {tell_names(name, (BASE, *known))}; "
                        "write another as [scenario.NAME] into study.toml")
    return known[name]


def _read_facilities(study: Study) -> dict[str, Layer]:
    return {name: study.layer(name) for name in sorted(study.config.layers)
            if study.spec(name).role == _FACILITY}


def _list_services(layers: dict[str, Layer], choices: ScenarioConfig) -> tuple[str, ...]:
    """All that any place offers with or without the scenario: what is lost must show."""
    offered = {
        service for layer in layers.values()
        for items in layer.frame.loc[~find_sealed_places(layer.frame), "services"]
        for service in items
    }
    added = [*choices.add_services.values(), *(point.services for point in choices.open)]
    return tuple(sorted(offered.union(*added)))


def survey_study(study: Study) -> Ground:
    """What the scenarios of a study may speak of: its places, legs and numbers."""
    layers = _read_facilities(study)
    legs = tuple(id_ for name in _CLOSABLE if name in study.config.layers
                 for id_ in study.layer(name).frame.index.astype("str"))
    frames = [
        layer.frame[~find_sealed_places(layer.frame)].assign(layer=name)
        for name, layer in layers.items()
    ]
    places = pd.concat(frames) if frames else pd.DataFrame({"layer": []})
    taken = frozenset(id_ for layer in layers.values() for id_ in layer.frame.index)
    return Ground(places, taken, tuple(layers), legs, study.parameters, study.config.area)


def _set_numbers(parameters: Parameters, values: dict[str, float]) -> Parameters:
    entries = dict(parameters.entries)
    for name, value in values.items():
        whole = isinstance(entries[name]["value"], int) and value == int(value)
        entries[name] = {**entries[name], "value": int(value) if whole else value}
    return replace(parameters, entries=entries)


def _share_inputs(study: Study) -> dict[str, Made]:
    """Layers that a comparison reads: no choice of a scenario changes how a file is read."""
    steps = {step.name: step for step in STEPS}
    names, roles = list(RESTS_ON), set()
    for name in names:
        needs = steps[name].needs if name in steps else ()
        roles |= {need[1:] for need in needs if need.startswith("@")}
        names += [need for need in needs if need not in names and not need.startswith("@")]
    return {name: study.made(name) for name in sorted(study.config.layers)
            if name in names or study.spec(name).role in roles}


def _edit_facilities(
    study: Study, layers: dict[str, Layer], choices: ScenarioConfig
) -> dict[str, Made]:
    told = choices.model_dump_json(include={"close", "open", "move", "capacity", "add_services"})
    home = choose_layer(tuple(layers))
    edited = {}
    for name, layer in layers.items():
        frame = edit_places(layer.frame, layer.spec, choices, opened_here=name == home)
        if frame.equals(layer.frame):
            continue
        made = study.made(name)
        key = hash_text("scenario", made.key, told)
        invented = any(point.is_invented for point in choices.open
                       if (point.layer or home) == name)
        provenance = replace(layer.provenance, sha256=key,
                             synthetic=layer.provenance.synthetic or invented)
        value = Layer(layer.spec, frame, provenance)
        edited[name] = Made(value, key, provenance, made.warnings)
    return edited


def _tell(name: str, choices: ScenarioConfig, month: int | None) -> tuple[str, ...]:
    if month is not None:
        return ()
    seasonal = sorted({leg.leg for leg in choices.close_legs if leg.months})
    if not seasonal:
        return ()
    said = (f"{name}: {', '.join(seasonal)} closed in some months only: open in the picture of "
            "the whole year; ask with a month")
    return (said,)
