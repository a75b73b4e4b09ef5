"""Steps from coverage and intensity to proposed sites."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from georisk.coverage_steps import choose_services
from georisk.network_steps import join_places
from georisk.siting.candidates import CandidateRules, gather_towns, list_candidates
from georisk.siting.problems import fill_intensity, join_problems, pose_problem
from georisk.siting.proposals import Proposal, propose_sites
from georisk.step import Inputs, Outcome, Settings, Step
from georisk.worlds import make_pace, prepare_worlds
from layers.catalog import find_spec
from layers.crs import WGS84
from layers.errors import CallError
from layers.layer import empty_column


@dataclass(frozen=True, eq=False)
class Siting:
    """Proposed sites, and what a reader must know of how they were found.

    Attributes
    ----------
    proposal : Proposal or None
        None where nothing can be proposed.
    refusal : str
        Why not, and what would make it possible.
    excluded : DataFrame
        Towns that are no candidates, each with its reason.
    filled_km : float
        Length without sufficient evidence, weighed as its corridor's median.
    """

    proposal: Proposal | None
    refusal: str
    excluded: pd.DataFrame
    filled_km: float


def _site(inputs: Inputs, settings: Settings) -> Outcome:
    """Propose sites; where none can be, a run goes on and says why."""
    try:
        return _propose(inputs, settings)
    except CallError as refusal:
        nothing = Siting(None, str(refusal), pd.DataFrame(), 0.0)
        return Outcome(nothing, (f"no site is proposed: {refusal}",))


def _propose(inputs: Inputs, settings: Settings) -> Outcome:
    config, choice = settings.config, settings.config.siting
    lines, segments = inputs["lines"], inputs["segments"].frame
    rules = _choose_rules(settings)
    layers = [inputs[name].frame if inputs[name] else None for name in ("waypoints", "places")]
    towns = gather_towns(layers[0], layers[1], crs_metric=config.crs_metric, rules=rules)
    candidates, excluded = list_candidates(
        towns, segments, inputs["facilities"], services=choice.services,
        crs_metric=config.crs_metric, rules=rules,
    )
    if not len(candidates):
        raise CallError("site: no town near a leg may be a candidate: widen "
                        "siting.max_candidate_km")
    network, _ = join_places(inputs["network"], candidates, lines, settings, inputs["ground"])
    pace = make_pace(settings.parameters, config.reference.profile, rate=inputs["season"].rate)
    worlds = prepare_worlds(network, inputs["routes"].frame, settings, pace=pace)
    services = choose_services(inputs["facilities"], settings)
    problems = [pose_problem(segments, inputs["coverage"].frame, services, travel,
                             wanted=choice.services) for travel in worlds]
    problem = join_problems(problems)
    intensity, filled_km = fill_intensity(segments)
    silent = not (intensity > 0).any()
    intensity = np.ones(len(intensity)) if silent else intensity
    proposal = propose_sites(
        problem, candidates, intensity=intensity, k=choice.k, method=choice.method,
        intensity_draws=_fill_draws(inputs["route_intensity"].draws, segments, intensity),
        time_limit_s=settings.value("siting.time_limit_s"),
    )
    filled = (f"siting: {filled_km:,.0f} km without sufficient evidence weigh as their corridor's "
              "median")
    left_out = (f"siting: {len(excluded)} towns are no candidates; no flow data are used: "
                "intensity already holds the flow")
    notes = [filled, left_out] if filled_km else [left_out]
    if silent:
        notes.append("siting: no report weighs on any leg: both solutions go by length alone")
    notes += [
        f"siting: {name}: not proven the best ({solution.status}, gap {solution.gap:.1%})"
        for name, solution in (("by risk", proposal.risk), ("by length", proposal.km))
        if solution.status != "optimal"
    ]
    return Outcome(Siting(proposal, "", excluded, filled_km), tuple(notes))


def _choose_rules(settings: Settings) -> CandidateRules:
    choice = settings.config.siting
    return CandidateRules(
        max_access_km=settings.value("siting.max_candidate_km"),
        min_population=int(settings.value("siting.min_population")),
        min_spacing_km=settings.value("siting.min_spacing_km"),
        security_share=settings.value("siting.security_top_share"),
        override=choice.security_override, forbidden=choice.forbidden,
    )


def _fill_draws(draws: np.ndarray, segments: pd.DataFrame, intensity: np.ndarray) -> np.ndarray:
    """Draws by row; what evidence does not support is held at what was filled in."""
    filled = np.asarray(draws, dtype=np.float64).T.copy()
    silent = (segments["evidence"] == "insufficient").to_numpy()
    filled[:, silent] = intensity[silent]
    return filled


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
    Step("siting", ("lines", "network", "routes", "segments", "coverage", "facilities",
                    "route_intensity", "waypoints", "places", "ground", "season"), _site,
         publishes=False),
    Step("proposed_sites", ("siting",), _publish_sites),
    Step("proposed_sites_km", ("siting",), _publish_km_sites),
)
