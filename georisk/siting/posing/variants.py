"""The same candidates for another traveller, month or set of parameters: a scene of its own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from georisk.coverage import Visitor, cover_services, tabulate_cover
from georisk.coverage.doubts import doubt_water, find_unknown_heat
from georisk.coverage.steps import limit_reference_water
from georisk.gaps.spread import invert_triangle
from georisk.season import Season, choose_season
from georisk.services import WATER, find_group, tabulate_services
from georisk.siting.posing.laying import lay_scene
from georisk.walking.rules import read_walk_rules
from georisk.walking.steps import measure_hourly_heat
from georisk.walking.when import When
from georisk.worlds import make_pace, prepare_worlds
from layers.errors import CallError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from georisk.network import Network
    from georisk.parameters import Parameters
    from georisk.siting.posing.laying import Candidates
    from georisk.siting.posing.scene import Scene
    from georisk.step import Inputs, Settings

PERSON = "walk.person"


@dataclass(frozen=True, eq=False)
class Origin:
    """What a scene was laid out from, so that it can be laid out for others.

    Attributes
    ----------
    inputs : mapping
        Of the step ``siting_scene``.
    settings : Settings
        Of the scene: its traveller and its month.
    candidates : tuple
    network : Network
        With the candidates attached as places.
    """

    inputs: Inputs
    settings: Settings
    candidates: Candidates
    network: Network


def choose_traveller(
    settings: Settings, *, profile: str | None = None, month: int | None = None,
    parameters: Parameters | None = None,
) -> Settings:
    """Settings for another profile, month or set of parameters; what is not named stays.

    Raises
    ------
    CallError
        Naming the profiles that there are.
    """
    update: dict[str, object] = {}
    if profile is not None:
        find_group(profile)
        update["profile"] = profile
    if month is not None:
        update["month"] = month
    config = settings.config.model_copy(
        update={"reference": settings.config.reference.model_copy(update=update)})
    return replace(settings, config=config, parameters=parameters or settings.parameters)


def retime_inputs(inputs: Inputs, settings: Settings) -> Inputs:
    """Season, hours and coverage of what stands, for the traveller of the settings.

    Places stay joined to the network as they are; rivers are as high as in the study's month.
    """
    season = find_season(inputs, settings)
    reference, parameters = settings.config.reference, settings.parameters
    network = inputs["travel"][0].network
    pace = make_pace(parameters, reference.profile, rate=season.rate)
    worlds = prepare_worlds(network, inputs["routes"].frame, settings, pace=pace)
    again = {**inputs, "season": season, "travel": worlds}
    services = tabulate_services(parameters, settings.config.siting.services,
                                 profile=reference.profile)
    water_h = limit_reference_water(again, settings)
    cover = cover_services(
        worlds, inputs["facilities"], services,
        visitor=Visitor(find_group(reference.profile), reference.month),
        limits=None if water_h is None else {WATER: water_h},
        redundant_times=parameters.value("coverage.redundant_times"),
    )
    cover = doubt_water(cover, find_unknown_heat(season, inputs["lines"]["mode"]))
    frame = tabulate_cover(inputs["lines"], cover)
    return {**again, "coverage": replace(inputs["coverage"], frame=frame)}


def find_season(inputs: Inputs, settings: Settings) -> Season:
    """Month and heat of some settings, from the climate layers of a study."""
    reference = settings.config.reference
    when = When(reference.month, reference.start_hour)
    heat = None if when.month is None else measure_hourly_heat(inputs, settings).value
    return choose_season(heat, inputs["lines"]["mode"], when,
                         read_walk_rules(settings.parameters))


def vary_scene(
    origin: Origin, *, profile: str | None = None, month: int | None = None,
    parameters: Parameters | None = None,
) -> Scene:
    """Lay the scene out anew for another traveller, month or set of parameters.

    Returns
    -------
    Scene
        Its candidates are the same rows; its demand is its own: what *that* traveller has not.

    Raises
    ------
    CallError
        If nothing is out of reach of that traveller, or there is no such profile.
    """
    settings = choose_traveller(origin.settings, profile=profile, month=month,
                                parameters=parameters)
    return lay_scene(retime_inputs(origin.inputs, settings), settings, origin.candidates,
                     origin.network)


def vary_profiles(origin: Origin, scene: Scene) -> tuple[tuple[str, Scene], ...]:
    """Scenes of the profiles that the study compares; its own first, left out who lacks nothing."""
    own = origin.settings.config.reference.profile
    found = [(own, scene)]
    for profile in origin.settings.config.siting.profiles:
        if profile == own:
            continue
        settings = choose_traveller(origin.settings, profile=profile)
        inputs = retime_inputs(origin.inputs, settings)
        wanted = inputs["coverage"].frame["service"].isin(settings.config.siting.services)
        if not inputs["coverage"].frame.loc[wanted, "covered"].all():
            found.append((profile, lay_scene(inputs, settings, origin.candidates, origin.network)))
    return tuple(found)


def draw_variants(
    origin: Origin, worlds: int, *, seed: int
) -> tuple[tuple[Scene, ...], tuple[str, ...]]:
    """Scenes under drawn parameters, and what was drawn: each with its range.

    Worlds in which nothing is out of reach are left out.

    Raises
    ------
    CallError
        If nothing is out of reach in any.
    """
    settings = origin.settings
    profile, choice = settings.config.reference.profile, settings.config.siting
    names = list_varied(settings.parameters, profile, choice.services)
    drawn = draw_parameters(settings.parameters, profile, names, worlds=worlds, seed=seed)
    entries = settings.parameters.entries
    told = tuple("{} {:g}-{:g} {}".format(name, *entries[name]["range"], entries[name]["unit"])
                 for name in names)
    scenes, refusal = [], CallError("site: give at least one set of parameters")
    for one in drawn:
        try:
            scenes.append(vary_scene(origin, parameters=one))
        except CallError as said:
            refusal = said
    if not scenes:
        raise refusal
    return tuple(scenes), told


def list_varied(
    parameters: Parameters, profile: str, services: Collection[str]
) -> tuple[str, ...]:
    """Parameters on which reach depends, and whose range leaves them open.

    Examples
    --------
    >>> from georisk.parameters import Parameters
    >>> list_varied(Parameters.read(), "adult_man", ["water"])
    ('walk.person', 'walk.off_path_factor', 'water.carried_l', 'water.need_l_per_h')
    >>> list_varied(Parameters.read(), "family", ["shelter"])[-2:]
    ('profile.family.speed_factor', 'threshold.shelter.family')
    """
    names = [PERSON, "walk.off_path_factor", f"profile.{profile}.speed_factor"]
    for service in sorted(services):
        own = f"threshold.{service}.{profile}"
        if service == WATER:
            names += ["water.carried_l", "water.need_l_per_h"]
        else:
            names.append(own if own in parameters.entries else f"service.{service}")
    return tuple(name for name in names if _is_open(parameters, name))


def _is_open(parameters: Parameters, name: str) -> bool:
    low, high = parameters.entries[name].get("range", (0.0, 0.0))
    return bool(high > low)


def draw_parameters(
    parameters: Parameters, profile: str, names: Sequence[str], *, worlds: int, seed: int
) -> tuple[Parameters, ...]:
    """Parameters drawn from the triangle over the range of each, its peak at the value.

    Each range is cut in as many strata of equal probability as there are worlds; a world takes
    one of each, independently. How fast one person goes is put into the pace of the profile.

    Examples
    --------
    >>> from georisk.parameters import Parameters
    >>> drawn = draw_parameters(Parameters.read(), "family", ["water.carried_l"], worlds=3, seed=1)
    >>> sorted(round(one.value("water.carried_l"), 2) for one in drawn)  # of 2, 4 and 8 L
    [3.41, 4.54, 6.0]
    """
    rng = np.random.default_rng(seed)
    drawn = {}
    for name in sorted(names):
        entry = parameters.entries[name]
        low, high = entry["range"]
        share = (rng.permutation(worlds) + 0.5) / worlds
        drawn[name] = invert_triangle(share, float(low), float(entry["value"]), float(high))
    person = drawn.pop(PERSON, np.ones(worlds))
    own = f"profile.{profile}.speed_factor"
    pace = drawn.get(own, np.full(worlds, float(parameters.value(own))))
    drawn[own] = pace * person
    return tuple(
        parameters.replace(**{name.replace(".", "__"): float(values[at])
                              for name, values in drawn.items()})
        for at in range(worlds)
    )
