"""What ``georisk site`` asks of a study, and the answers to it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from georisk.siting.answers.answering import Request
    from georisk.siting.answers.answers import Answer
    from georisk.siting.asking import SitingScene
    from georisk.siting.posing.scene import Scene
    from georisk.siting.trust.alternatives import Loss
    from georisk.siting.trust.different import Different
    from georisk.study import Study
    from layers.layer import Layer

ALL = "all"
MOST_POINTS = 1000
_CURVE = 10  # points up to which the curve is drawn
_BEYOND = 2
_NO_CURVE = frozenset({"needed", "equity", "fair"})


@dataclass(frozen=True)
class Wish:
    """What was asked on the command line.

    Attributes
    ----------
    objective : str
        A key of `georisk.siting.objectives.OBJECTIVES`, or ``all``.
    k : int or None
        None: the study's; with a budget as many as it pays for.
    required, forbidden, allowed : tuple of str
        Candidates; ``allowed`` against the security rule, for the reason in ``because``.
    worlds : int
        Sets of parameters under which it is asked anew.
    years : tuple of float
        Money by year.
    """

    services: tuple[str, ...]
    objective: str = "coverage"
    k: int | None = None
    budget: float | None = None
    method: str = "auto"
    profile: str = ""
    month: str = ""
    required: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    because: str = ""
    worlds: int = 0
    years: tuple[float, ...] = ()


@dataclass(frozen=True, eq=False)
class Proposed:
    """Answers to a wish.

    Attributes
    ----------
    study : Study
        The scenario that was asked.
    answer : Answer
        The one that is told in full: of ``all`` the first.
    by_km : Answer
        By length alone.
    layers : dict of Layer
        Of those two.
    others : dict of Answer
        Of ``all`` every objective that has an answer, by name.
    refused : dict of str
        Why the others have none.
    losses : tuple of Loss
        What the best choice without each site loses; empty where the objective is no coverage.
    different : Different or None
        Other points that serve nearly as much; None where the objective is no coverage.
    overlap, common : DataFrame or None
        Of `georisk.siting.answers.answering.compare_answers`, for ``all``.
    """

    wish: Wish
    study: Study
    answer: Answer
    by_km: Answer
    layers: dict[str, Layer]
    scene: Scene
    others: dict[str, Answer] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    losses: tuple[Loss, ...] = ()
    different: Different | None = None
    overlap: pd.DataFrame | None = None
    common: pd.DataFrame | None = None


def propose_sites(study: Study, wish: Wish) -> Proposed:
    """Answer a wish; the study itself stays as it is.

    Raises
    ------
    CallError
        If a name is unknown, or nothing can be proposed: what would make it possible.
    """
    from layers.errors import CallError

    scenario = change_study(study, wish)
    posed: SitingScene = scenario.value("siting_scene")
    check_names(posed, wish)
    siting = scenario.value("siting")
    if siting.answer is None or siting.by_km is None or posed.scene is None:
        raise CallError(siting.refusal)
    request = _make_request(scenario)
    answers: dict[str, Answer] = {}
    refused: dict[str, str] = {}
    if wish.objective == ALL:
        answers, refused = _ask_all(posed, request, siting.answer)
    overlap = common = None
    if len(answers) > 1:
        from georisk.siting.answers.answering import compare_answers

        overlap, common = compare_answers(answers)
    answer = draw_benefits(posed, request, siting.answer)
    if wish.worlds:
        tried = posed.ask(replace(request, worlds=wish.worlds, years=()))
        answer = replace(answer, sites=tried.sites, trust=tried.trust, notes=tried.notes)
    layers = {name: scenario.layer(name) for name in ("proposed_sites", "proposed_sites_km")}
    different = posed.find_different(
        request, siting.answer, share=scenario.settings().value("siting.near_optimal"))
    return Proposed(wish, scenario, _drop_count(answer, wish), siting.by_km, layers, posed.scene,
                    answers, refused, posed.find_losses(request, siting.answer), different, overlap,
                    common)


def change_study(study: Study, wish: Wish) -> Study:
    """The study with the wish as its ``[siting]`` and, where asked, another reference."""
    from api.commands.questions import read_month
    from georisk.services import find_group

    own = study.config.siting
    most = own.k if wish.budget is None else MOST_POINTS
    siting = {
        **own.model_dump(), "services": wish.services, "k": wish.k or most,
        "budget": wish.budget, "years": wish.years or own.years, "method": wish.method,
        "objective": "coverage" if wish.objective == ALL else wish.objective,
        "required": tuple(sorted({*own.required, *wish.required})),
        "forbidden": tuple(sorted({*own.forbidden, *wish.forbidden})),
        "security_override": tuple(sorted({*own.security_override, *wish.allowed})),
    }
    reference = study.config.reference.model_dump()
    if wish.profile:
        find_group(wish.profile)
        reference["profile"] = wish.profile
    if wish.month:
        reference["month"] = None if wish.month == "year" else read_month(
            wish.month, "1 to 12 or year")
    return study.with_changes(siting=siting, reference=reference)


def check_names(posed: SitingScene, wish: Wish) -> None:
    """Refuse candidates that are not there, with the names most like them.

    Raises
    ------
    CallError
        Naming them all.
    """
    from georisk.spelling import suggest_names
    from layers.errors import CallError

    kept = list(posed.scene.candidates.index) if posed.scene is not None else []
    known = [*map(str, kept), *map(str, posed.excluded.index)]
    faults = []
    for flag, names in (("--require", wish.required), ("--forbid", wish.forbidden),
                        ("--allow", wish.allowed)):
        for name in names:
            if name not in known:
                near = suggest_names(name, known) or (
                    "give a waypoint id, town- and a GeoNames id, upgrade- and a place id, or "
                    "mobile- and a segment id; --json lists those proposed and left out")
                faults.append(f"{flag} {name[:60]!r}: no such candidate: {near}")
    both = sorted(set(wish.required) & set(wish.forbidden))
    faults += [f"{name} is both required and forbidden: drop one of the two" for name in both]
    if faults:
        raise CallError("; ".join(faults))


def _make_request(study: Study) -> Request:
    from georisk.siting.answers.contexts import make_request

    return make_request(study.settings())


def _ask_all(
    posed: SitingScene, request: Request, first: Answer
) -> tuple[dict[str, Answer], dict[str, str]]:
    """Every objective on the same scene; one without an answer says why."""
    from georisk.siting.objectives import OBJECTIVES
    from layers.errors import CallError

    answers, refused = {first.objective: first}, {}
    for name in OBJECTIVES:
        if name == first.objective:
            continue
        try:
            answers[name] = posed.ask(replace(request, objective=name))
        except CallError as refusal:
            refused[name] = str(refusal).removeprefix("site: ").removeprefix(f"{name}: ")
    return answers, refused


def _drop_count(answer: Answer, wish: Wish) -> Answer:
    """Where nobody said how many, "of 1000" is no news."""
    if wish.k is not None or wish.budget is None:
        return answer
    own = f"of {MOST_POINTS} points"
    return replace(answer, k=None, notes=tuple(note for note in answer.notes if own not in note))


def draw_benefits(posed: SitingScene, request: Request, answer: Answer) -> Answer:
    """The answer with a curve that goes on beyond it, where that is no wait and adds up."""
    from georisk.siting.trust.curve import find_knee
    from layers.errors import CallError

    if request.budget is not None:  # a curve of other points than the money buys
        return answer
    if answer.objective in _NO_CURVE or not 0 < len(answer.sites) <= _CURVE or posed.scene is None:
        return answer
    most = min(len(answer.sites) + _BEYOND, len(posed.scene.candidates))
    try:
        curve = posed.draw_curve(replace(request, k=most, curve_to=most))
    except CallError:  # fewer candidates fit together, or nothing to stand on
        return answer
    return replace(answer, curve=curve, knee=find_knee(curve, least=posed.context.knee_least))
