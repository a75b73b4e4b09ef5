"""From a scene and an objective to an answer: limits, solution, alternatives, briefs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

from georisk.siting.answers.answers import Answer
from georisk.siting.answers.stability import tell_frequency
from georisk.siting.answers.telling import Context, brief_sites, tabulate_briefs
from georisk.siting.limits import Limits
from georisk.siting.objectives import Aim, Posed, pose_objective
from georisk.siting.posing.posed_curve import CHEAP, trace_posed
from georisk.siting.trust.curve import find_knee
from layers.errors import CallError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import pandas as pd

    from georisk.siting.posing.scene import Scene
    from georisk.siting.solution import Method, Solution
    from georisk.siting.trust.alternatives import Replacement
    from georisk.siting.trust.comparison import Price
    from georisk.siting.trust.curve import BenefitCurve
    from layers.crs import FloatArray

MAX_ALTERNATIVES = 3
MIN_SEVERAL = 2
COUNTS_ALL = frozenset({"needed"})
_ROUNDING = 1e-9
_DRAWN = frozenset({"coverage"})


@dataclass(frozen=True)
class Request:
    """What is asked of a scene.

    Attributes
    ----------
    objective : str
        A key of `georisk.siting.objectives.OBJECTIVES`.
    k : int or None
        Most new points; not read by ``needed``, which asks how many.
    budget : float or None
        Most they may cost over the horizon.
    required : tuple of str
        Candidates that must be among them.
    curve_to : int or None
        Draw the curve up to so many points, whatever it costs; of ``coverage`` and ``length`` it
        is drawn up to ``k`` anyway.
    worlds : int
        Sets of parameters under which ways are timed and sites chosen anew; 0: none.
    years : tuple of float
        Money by year: plan which site in which year.
    """

    objective: str = "coverage"
    k: int | None = 3
    budget: float | None = None
    required: tuple[str, ...] = ()
    method: Method = "auto"
    time_limit_s: float = 30.0
    aim: Aim = field(default_factory=Aim)
    curve_to: int | None = None
    worlds: int = 0
    years: tuple[float, ...] = ()


def answer_request(scene: Scene, request: Request, context: Context) -> Answer:
    """Choose points for one objective and tell everything that a brief needs.

    Parameters
    ----------
    scene : Scene
    request : Request
    context : Context
        For whom, when, and by which standards.

    Returns
    -------
    Answer
        Beside the choice by risk stands that by km alone: ``SiteBrief.in_both``.

    Raises
    ------
    CallError
        Where nothing can be chosen: what is in the way, and what would make it possible.
    """
    posed = pose_objective(scene, request.objective, request.aim)
    limits = make_limits(scene, request)
    solution = posed.solve(limits, request.method, request.time_limit_s)
    by_km = _choose_by_km(scene, request, limits, solution)
    swaps = find_replacements(posed, solution, limits, len(scene.candidates))
    selection = tell_frequency(measure_frequency(scene, request, limits),
                               0 if scene.draws is None else len(scene.draws), context.no_regret)
    briefs = brief_sites(scene, posed, solution, context, also=by_km, swaps=swaps,
                         selection=selection)
    curve = _trace(scene, posed, limits, solution)
    after = _measure_after(posed, solution)
    rows = list(solution.chosen)
    price = _measure_equity_price(scene, request, limits, solution)
    return Answer(
        objective=posed.name, title=posed.title, unit=posed.unit,
        more_is_better=posed.more_is_better, sites=briefs, solution=solution,
        table=tabulate_briefs(briefs, scene, posed, solution),
        before=posed.before, after=after, profile=context.profile, month=context.month,
        k=limits.k, budget=request.budget, spent=float(np.sort(scene.cost[rows]).sum()),
        flow_basis=tell_flow(scene), filled_km=scene.ground.filled_km,
        total_km=float(scene.ground.segments["length_km"].sum()),
        notes=(*posed.notes, *_tell_services(scene, posed),
               *_tell_quality(posed, solution, request)),
        excluded=scene.excluded, synthetic=context.synthetic,
        groups=posed.groups(rows) if posed.groups else None,
        equity_price=price.lost_share if price else None,
        equity_price_most=price.highest_share if price else None,
        curve=curve, knee=find_knee(curve, least=context.knee_least) if curve else None,
    )


def make_limits(scene: Scene, request: Request) -> Limits:
    """Bounds of a request, as rows of the scene.

    Raises
    ------
    CallError
        If a required candidate is unknown or was left out, saying why.
    """
    ids = scene.candidates.index
    rows = ids.get_indexer(list(request.required))
    for name, row in zip(request.required, rows, strict=True):
        if row < 0:
            raise CallError(_tell_missing(name, scene.excluded))
    k = None if request.objective in COUNTS_ALL else request.k
    if k is not None and request.budget is None and k > len(ids):
        raise CallError(f"site: k = {k}, but there are {len(ids)} candidates ({len(scene.excluded)}"
                        f" more are left out); give 1 to {len(ids)}, or relax a rule")
    return Limits(k=k, required=tuple(int(row) for row in rows), apart=scene.apart,
                  cost=scene.cost, budget=request.budget, names=tuple(ids))


def _tell_missing(name: str, excluded: pd.DataFrame) -> str:
    if name in excluded.index:
        return (f"site: {name} is required, but no candidate: {excluded.at[name, 'reason']}")
    return (f"site: required: no candidate named {name!r}: give a waypoint id, town- and a "
            "GeoNames id, upgrade- and a place id, or mobile- and a segment id")


def _choose_by_km(
    scene: Scene, request: Request, limits: Limits, solution: Solution
) -> Collection[int]:
    """Sites by km alone: where the objective holds no risk, the same sites."""
    if request.objective not in {"coverage", "hours"}:
        return solution.chosen
    posed = pose_objective(scene, "length", request.aim)
    return posed.solve(limits, request.method, request.time_limit_s).chosen


def find_replacements(
    posed: Posed, solution: Solution, limits: Limits, n_candidates: int
) -> tuple[Replacement, ...]:
    """The best candidates in the place of each site, the others held."""
    from georisk.siting.trust.alternatives import measure_swaps, rank_replacements

    swapped = measure_swaps(posed.add, solution.chosen, limits, n_candidates)
    sense: Literal["most", "least"] = "most" if posed.more_is_better else "least"
    return rank_replacements(swapped, solution, count=MAX_ALTERNATIVES, sense=sense)


def measure_frequency(
    scene: Scene, request: Request, limits: Limits
) -> FloatArray | None:
    """Share of draws of the intensity in which each candidate is chosen.

    None where the objective does not rest on intensity, or nothing was drawn.
    """
    if request.objective not in _DRAWN or scene.draws is None:
        return None
    from georisk.siting.trust.draws import make_worlds
    from georisk.siting.trust.robust import choose_in_worlds, count_selection

    found = choose_in_worlds(make_worlds(scene.reach, scene.draws), limits)
    table = count_selection([one.chosen for one in found], len(scene.candidates))
    return np.asarray(table["frequency"], float)


def _trace(
    scene: Scene, posed: Posed, limits: Limits, solution: Solution
) -> BenefitCurve | None:
    """The curve up to k, where all its points are had nearly for the price of one."""
    if posed.name not in CHEAP or limits.k is None or limits.budget is not None:
        return None
    return trace_posed(scene, posed, limits, limits.k, best=solution)


def _measure_after(posed: Posed, solution: Solution) -> float:
    if not (posed.more_is_better and posed.adds):
        return solution.objective
    return posed.before - solution.objective


def _measure_equity_price(
    scene: Scene, request: Request, limits: Limits, solution: Solution
) -> Price | None:
    """What fairness gives up of risk-weighted coverage; None for other objectives."""
    if request.objective not in {"equity", "fair"}:
        return None
    from georisk.siting.trust.comparison import measure_price

    posed = pose_objective(scene, "coverage", request.aim)
    best = posed.solve(limits, request.method, request.time_limit_s)
    chosen = list(solution.chosen)
    worth = float(posed.add(chosen[1:])[chosen[0]]) if chosen else 0.0
    return measure_price(best, min(worth, best.bound))


def tell_flow(scene: Scene) -> str:
    """Say whether people were counted, and what that does to the weights."""
    counted = np.isfinite(scene.ground.people).any(axis=1)
    km = scene.ground.segments["length_km"].to_numpy(float)
    if not counted.any():
        return "no flow data: people count alike everywhere; intensity already holds the flow"
    return (f"people are counted on {km[counted].sum():,.0f} of {km.sum():,.0f} km: there the "
            "rate per person times the flow weighs, each direction by its people; elsewhere the "
            "intensity, which already holds the flow")


def _tell_services(scene: Scene, posed: Posed) -> tuple[str, ...]:
    """How several services are added up."""
    names = sorted(set(scene.demand["service"]))
    if len(names) < MIN_SEVERAL:
        return ()
    by_risk = posed.name in {"coverage", "hours", "autonomy"}
    share = scene.ground.service_share if by_risk else {}
    told = ", ".join(f"{name} {share.get(name, 1.0):.2f}" for name in names)
    return (f"{posed.name}: a km counts once for each service out of reach there: {told}",)


def _tell_quality(posed: Posed, solution: Solution, request: Request) -> tuple[str, ...]:
    notes = []
    if solution.status != "optimal":
        notes.append(f"{posed.name}: not proven the best ({solution.status}, gap "
                     f"{solution.gap:.1%})")
    if request.k is not None and len(solution.chosen) < request.k and (
            request.objective not in COUNTS_ALL):
        why = "the budget allows no more" if request.budget is not None else \
            "no further one adds anything"
        notes.append(f"{posed.name}: {len(solution.chosen)} of {request.k} points are proposed: "
                     f"{why}")
    return tuple(notes)


def compare_answers(answers: Mapping[str, Answer]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Sites under several objectives: how far the choices overlap, and who wants which.

    Returns
    -------
    overlap : DataFrame
        Of `georisk.siting.trust.comparison.compare_choices`.
    common : DataFrame
        Of `georisk.siting.trust.comparison.list_common`.
    """
    from georisk.siting.trust.comparison import compare_choices, list_common

    choices: dict[str, Sequence[str]] = {
        name: [site.candidate_id for site in answer.sites] for name, answer in answers.items()}
    return compare_choices(choices), list_common(choices)
