"""Steps from coverage and intensity to proposed sites."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from georisk.coverage.steps import choose_services
from georisk.network_steps import join_places
from georisk.services import find_group
from georisk.siting.answers.contexts import make_context, make_request
from georisk.siting.asking import SitingScene
from georisk.siting.posing.candidate_sources import (
    gather_mobile,
    gather_towns,
    gather_upgrades,
    join_sources,
)
from georisk.siting.posing.candidates import CandidateRules, Surroundings, list_candidates
from georisk.siting.posing.laying import lay_scene
from georisk.siting.posing.problems import list_demand
from georisk.siting.posing.variants import Origin, choose_traveller, retime_inputs
from georisk.siting.proposals import Proposal
from georisk.step import Inputs, Outcome, Settings, Step
from georisk.walking.steps import NEEDS
from layers.catalog import find_spec
from layers.crs import WGS84
from layers.errors import CallError
from layers.layer import empty_column

if TYPE_CHECKING:
    from georisk.siting.answers.answers import Answer


@dataclass(frozen=True, eq=False)
class Siting:
    """Proposed sites, and what a reader must know of how they were found.

    Attributes
    ----------
    answer, by_km : Answer or None
        For the study's objective, and by km alone; None where nothing can be proposed.
    proposal : Proposal or None
        Tables and solutions of the two.
    refusal : str
        Why not, and what would make it possible.
    excluded : DataFrame
        Places that are no candidates, each with all its reasons.
    filled_km : float
        Length without sufficient evidence, weighed as its corridor's median.
    """

    answer: Answer | None
    by_km: Answer | None
    proposal: Proposal | None
    refusal: str
    excluded: pd.DataFrame
    filled_km: float


def _set_scene(inputs: Inputs, settings: Settings) -> Outcome:
    """Candidates, demand and the hours between them; a run goes on where there are none."""
    inputs, settings = _choose_visit(inputs, settings)
    context = make_context(inputs, settings)
    candidates = _sort_candidates(inputs, settings)
    origin = None
    if len(candidates[0]):
        network, _ = join_places(inputs["network"], candidates[0], inputs["lines"], settings,
                                 inputs["ground"])
        origin = Origin(inputs, settings, candidates, network)
    try:
        scene = lay_scene(inputs, settings, candidates, origin.network if origin else None)
    except CallError as refusal:
        return Outcome(SitingScene(None, context, str(refusal), candidates[1]))
    return Outcome(SitingScene(scene, context, "", candidates[1], origin))


def _choose_visit(inputs: Inputs, settings: Settings) -> tuple[Inputs, Settings]:
    """The traveller and month of ``[siting]``, where they are not those of ``[reference]``."""
    choice, reference = settings.config.siting, settings.config.reference
    for profile in choice.profiles:
        find_group(profile)
    if choice.profile in {None, reference.profile} and choice.month in {None, reference.month}:
        return inputs, settings
    visit = choose_traveller(settings, profile=choice.profile, month=choice.month)
    return retime_inputs(inputs, visit), visit


def _sort_candidates(
    inputs: Inputs, settings: Settings
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Everything that might be a candidate, sorted by the rules."""
    config, choice = settings.config, settings.config.siting
    waypoints, places, boundaries, areas = (
        inputs[name].frame if inputs[name] else None
        for name in ("waypoints", "places", "boundaries", "excluded_areas"))
    parts = []
    if "build" in choice.options:
        parts.append(gather_towns(
            waypoints, places, crs_metric=config.crs_metric, services=choice.services,
            min_population=int(settings.value("siting.min_population"))))
    if "upgrade" in choice.options:
        parts.append(gather_upgrades(inputs["facilities"], services=choice.services))
    if "mobile" in choice.options:
        parts.append(_gather_mobile(inputs, settings))
    countries = boundaries[boundaries["level"] == 0] if boundaries is not None else None
    return list_candidates(
        join_sources(parts), inputs["segments"].frame, inputs["facilities"],
        crs_metric=config.crs_metric, rules=_choose_rules(settings),
        around=Surroundings(countries, areas),
    )


def _gather_mobile(inputs: Inputs, settings: Settings) -> gpd.GeoDataFrame:
    services = choose_services(inputs["facilities"], settings)
    segments, choice = inputs["segments"].frame, settings.config.siting
    demand = list_demand(segments, inputs["coverage"].frame, services, wanted=choice.services)
    uncovered = np.zeros(len(segments), bool)
    uncovered[demand["segment"].to_numpy(np.int64)] = True
    return gather_mobile(segments, uncovered, services=choice.services,
                         every_km=settings.value("siting.mobile_km"))


def _choose_rules(settings: Settings) -> CandidateRules:
    choice = settings.config.siting
    spacing = choice.min_spacing_km
    return CandidateRules(
        max_access_km=settings.value("siting.max_candidate_km"),
        min_spacing_km=settings.value("siting.min_spacing_km") if spacing is None else spacing,
        vehicle_km=settings.value("siting.vehicle_km"),
        border_km=settings.value("siting.border_km"),
        security_share=settings.value("siting.security_top_share"),
        override=choice.security_override, forbidden=choice.forbidden,
    )


def _site(inputs: Inputs, settings: Settings) -> Outcome:
    """Propose sites; where none can be, a run goes on and says why."""
    from dataclasses import replace

    posed: SitingScene = inputs["siting_scene"]
    request = make_request(settings)
    filled_km = posed.scene.ground.filled_km if posed.scene else 0.0
    try:
        answer = posed.ask(request)
        by_km = posed.ask(replace(request, objective="length"))
    except CallError as refusal:
        nothing = Siting(None, None, None, str(refusal), posed.excluded, filled_km)
        return Outcome(nothing, (f"no site is proposed: {refusal}",))
    by_km = _mark_both(by_km, answer)
    proposal = Proposal(answer.table, by_km.table, answer.solution, by_km.solution)
    siting = Siting(answer, by_km, proposal, "", posed.excluded, filled_km)
    return Outcome(siting, _tell(siting, posed))


def _mark_both(by_km: Answer, answer: Answer) -> Answer:
    """Of the sites by km alone, say which the study's objective wants as well."""
    from dataclasses import replace

    mine = {site.candidate_id for site in answer.sites}
    sites = tuple(replace(site, in_both=site.candidate_id in mine) for site in by_km.sites)
    table = by_km.table.assign(
        in_both=pd.array([name in mine for name in by_km.table.index], dtype="boolean"))
    return replace(by_km, sites=sites, table=table)


def _tell(siting: Siting, posed: SitingScene) -> tuple[str, ...]:
    answer, by_km = siting.answer, siting.by_km
    if answer is None or by_km is None or posed.scene is None:
        return ()
    notes = []
    if siting.filled_km:
        notes.append(f"siting: {siting.filled_km:,.0f} km without sufficient evidence weigh as "
                     "their corridor's median")
    notes.append(f"siting: {len(siting.excluded)} places near the legs are no candidates; "
                 f"{answer.flow_basis}")
    if posed.scene.ground.silent:
        notes.append("siting: no report weighs on any leg: both solutions go by length alone")
    notes += [f"siting: {note}" for one in (answer, by_km) for note in one.notes]
    return tuple(dict.fromkeys(notes))


def _publish_sites(inputs: Inputs, settings: Settings) -> Outcome:
    del settings
    proposal = inputs["siting"].proposal
    return Outcome(proposal.by_risk if proposal else _no_sites())


def _publish_km_sites(inputs: Inputs, settings: Settings) -> Outcome:
    del settings
    proposal = inputs["siting"].proposal
    return Outcome(proposal.by_km if proposal else _no_sites())


def _no_sites() -> gpd.GeoDataFrame:
    spec = find_spec("proposed_sites")
    columns = {name: empty_column(column, 0) for name, column in spec.columns.items()}
    index = pd.Index([], name=spec.id, dtype="str")
    return gpd.GeoDataFrame(columns, index=index, geometry=gpd.GeoSeries([], crs=WGS84))


SITING_STEPS: tuple[Step, ...] = (
    Step("siting_scene", ("lines", "network", "routes", "segments", "coverage", "facilities",
                          "route_intensity", "waypoints", "places", "boundaries", "flows",
                          "excluded_areas", "ground", "season", "travel", *NEEDS), _set_scene,
         publishes=False),
    Step("siting", ("siting_scene",), _site, version=2, publishes=False),
    Step("proposed_sites", ("siting",), _publish_sites),
    Step("proposed_sites_km", ("siting",), _publish_km_sites),
)
