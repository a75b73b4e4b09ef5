"""One question about coverage: for whom, when, which services; the study is left as it is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from georisk.coverage.cover import Cover, cover_services, tabulate_cover
from georisk.coverage.doubts import doubt_water, find_unknown_heat
from georisk.coverage.eligible import Visitor
from georisk.coverage.goals import find_goals
from georisk.coverage.limits import limit_water
from georisk.coverage.shares import count_people
from georisk.coverage.steps import choose_services
from georisk.gaps import cross_gaps, find_gaps
from georisk.gaps.preparing import prepare_walker
from georisk.made import derive_provenance
from georisk.network_steps import NETWORK_STEPS, join_places
from georisk.season import choose_season
from georisk.services import WATER, tabulate_services
from georisk.walking.rules import read_walk_rules
from georisk.walking.traveller import read_traveller
from georisk.walking.when import When
from georisk.worlds import find_hard_segments, make_pace, prepare_worlds
from layers.errors import CallError
from layers.layer import hash_text

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from georisk.network import Network
    from georisk.parameters import Parameters
    from georisk.season import Season
    from georisk.step import Settings
    from georisk.study import Study
    from georisk.travel import Travel
    from georisk.walking.traveller import Traveller
    from layers.crs import FloatArray
    from layers.layer import Provenance

MEASURE_OF = {"": "", "foot": "walk", "legs": "mode"}
_RESTS_ON = ("lines", "network", "routes", "facilities")


@dataclass(frozen=True)
class Question:
    """For whom, when and what.

    Attributes
    ----------
    profile : str
    month : int or None
        1 to 12; None is the whole year: no heat, and no month in which places are shut.
    start_hour : float
        At which each day's walk begins.
    services : tuple of str
        Empty: those of the study.
    mode : str
        ``foot``: everything is judged by time on foot; ``legs``: by the legs' own modes; empty:
        each service by its own measure.
    carried_l : float or None
        Water from a filled start; None: the parameter's.
    known_only : bool
        Count only places whose months and hours are known.
    """

    profile: str
    month: int | None = None
    start_hour: float = 6.0
    services: tuple[str, ...] = ()
    mode: str = ""
    carried_l: float | None = None
    known_only: bool = False


@dataclass(frozen=True, eq=False)
class Answer:
    """Coverage for one question, and what it was worked out from.

    Attributes
    ----------
    question : Question
    traveller : Traveller
    cover : Cover
    lines : GeoDataFrame
        Segments.
    worlds : tuple of Travel
    season : Season
    people : array of shape (n_segments, 2)
        A day, by direction entered; NaN where nobody counted.
    notes : tuple of str
        What a reader must be told.
    provenance : Provenance
    """

    question: Question
    traveller: Traveller
    cover: Cover
    lines: gpd.GeoDataFrame
    worlds: tuple[Travel, ...]
    season: Season
    people: FloatArray
    notes: tuple[str, ...]
    provenance: Provenance

    @property
    def unknown_heat_km(self) -> float:
        """Length on which a month is asked for, and nobody knows its heat."""
        unknown = find_unknown_heat(self.season, self.lines["mode"])
        return float(self.lines["length_km"].to_numpy(float)[unknown].sum())

    def tabulate(self) -> pd.DataFrame:
        """Lay it out as the layer ``coverage``."""
        return tabulate_cover(self.lines, self.cover)


def ask_coverage(study: Study, question: Question) -> Answer:
    """Work coverage out for a profile and a month; the answer is kept with the study.

    Raises
    ------
    CallError
        Naming the profiles, services or modes that exist, or the months and hours.

    Notes
    -----
    Over the whole year, for the reference profile, it equals the layer ``coverage`` of a run.
    """
    answer: Answer = study.answer(f"coverage:{question!r}", lambda: _answer(study, question))
    return answer


def _answer(study: Study, question: Question) -> Answer:
    if question.mode not in MEASURE_OF:
        raise CallError(f"no mode {question.mode!r}: there are foot and legs")
    parameters = _load(study.parameters, question)
    traveller = read_traveller(parameters, question.profile)
    settings = _choose_settings(study, question, parameters)
    services = _choose_services(study, question, settings)
    rules = read_walk_rules(parameters)
    when = When(question.month, question.start_hour)
    network, notes = _find_network(study, settings)
    lines, routes = study.value("lines"), study.layer("routes").frame
    heat = None if when.month is None else study.made("hourly_heat")
    season = choose_season(heat.value if heat else None, lines["mode"], when, rules)
    worlds = prepare_worlds(network, routes, settings,
                            pace=make_pace(parameters, question.profile, rate=season.rate))
    hard = find_hard_segments(network, routes, parameters, rules)
    water_h = limit_water(season, hard, traveller, rules)
    cover = cover_services(
        worlds, study.value("facilities"), services,
        visitor=_choose_visitor(question, traveller),
        limits=None if water_h is None else {WATER: water_h},
        redundant_times=parameters.value("coverage.redundant_times"),
    )
    cover = doubt_water(cover, find_unknown_heat(season, lines["mode"]))
    return Answer(question, traveller, cover, lines, worlds, season, _count(study, worlds),
                  (*study.made("network").warnings, *notes, *(heat.warnings if heat else ())),
                  _derive(study, question))


def _choose_visitor(question: Question, traveller: Traveller) -> Visitor:
    return Visitor(traveller.group, question.month, known_only=question.known_only)


def _load(parameters: Parameters, question: Question) -> Parameters:
    """Parameters with another load of water, if one is asked for, whoever carries it."""
    if question.carried_l is None:
        return parameters
    read_traveller(parameters, question.profile, carried_l=question.carried_l)
    return parameters.replace(water__carried_l=question.carried_l, water__carried_share=1.0)


def _choose_settings(study: Study, question: Question, parameters: Parameters) -> Settings:
    """Settings of the study, as they would be with this reference."""
    settings = study.settings()
    reference = settings.config.reference.model_copy(update={
        "profile": question.profile, "month": question.month, "start_hour": question.start_hour})
    config = settings.config.model_copy(update={"reference": reference})
    return replace(settings, config=config, parameters=parameters)


def _choose_services(study: Study, question: Question, settings: Settings) -> pd.DataFrame:
    if question.services:
        table = tabulate_services(settings.parameters, question.services,
                                  profile=question.profile)
    else:
        table = choose_services(study.value("facilities"), settings)
    measure = MEASURE_OF[question.mode]
    return table.assign(measure=measure) if measure else table


def _find_network(study: Study, settings: Settings) -> tuple[Network, tuple[str, ...]]:
    """The network with places joined over the ground of the month; wet months have full rivers."""
    from georisk.friction.rules import read_friction

    months = (study.config.reference.month, settings.config.reference.month)
    river_h = [read_friction(study.parameters, month=month).river_h for month in months]
    if study.value("ground") is None or river_h[0] == river_h[1]:
        made = study.made("travel")
        network: Network = made.value[0].network
        return network, made.warnings
    joined: tuple[Network, tuple[str, ...]] = study.answer(
        f"joined:{river_h[1]}", lambda: _join_places(study, settings))
    return joined


def _join_places(study: Study, settings: Settings) -> tuple[Network, tuple[str, ...]]:
    step = next(step for step in NETWORK_STEPS if step.name == "ground")
    inputs = {name: study.made(name).value if name in study.names() else None
              for name in step.needs}
    ground = step.compute(inputs, settings).value
    return join_places(study.value("network"), study.value("facilities"), study.value("lines"),
                       settings, ground)


def _count(study: Study, worlds: tuple[Travel, ...]) -> FloatArray:
    flows = study.layer("flows").frame if "flows" in study.config.layers else None
    return count_people(flows, study.value("lines"), worlds[0], as_of=study.as_of)


def _derive(study: Study, question: Question) -> Provenance:
    names = (*_RESTS_ON, "hourly_heat") if question.month is not None else _RESTS_ON
    present = {name: study.made(name) for name in names}
    key = hash_text("coverage", repr(question), study.settings().sha256,
                    *(f"{name}={made.key}" for name, made in sorted(present.items())))
    return derive_provenance(present, key)


def ask_gaps(
    study: Study, question: Question, *,
    corridors: dict[str, tuple[tuple[str, int], ...]] | None = None,
) -> gpd.GeoDataFrame:
    """Gaps for a profile and a month, as the layer ``gaps`` has them.

    Parameters
    ----------
    study : Study
    question : Question
    corridors : dict, optional
        Ways other than the study's corridors: legs in order, each with +1 as drawn or -1.
    """
    answer = ask_coverage(study, question)
    routes = study.layer("routes").frame
    parameters = _load(study.parameters, question)
    walker = prepare_walker(answer.traveller, answer.season, answer.worlds[0].network, routes,
                            parameters, lines=answer.lines)
    ways = study.settings().corridors if corridors is None else corridors
    travel, services = answer.worlds[0], answer.cover.services
    found = find_gaps(answer.lines, answer.tabulate(), services, corridors=ways, travel=travel,
                      walker=walker)
    goals = find_goals(travel, study.value("facilities"), services,
                       _choose_visitor(question, answer.traveller))
    return cross_gaps(found, answer.lines, corridors=ways, worlds=answer.worlds, goals=goals,
                      walker=walker)
