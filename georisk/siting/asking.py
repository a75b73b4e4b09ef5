"""The scene that every objective shares, and what may be asked of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from georisk.siting.answers.answering import answer_request, make_limits
from georisk.siting.objectives import pose_objective
from layers.errors import CallError

if TYPE_CHECKING:
    import pandas as pd

    from georisk.siting.answers.answering import Request
    from georisk.siting.answers.answers import Answer
    from georisk.siting.answers.telling import Context
    from georisk.siting.answers.trust_facts import Plan, Trust
    from georisk.siting.posing.scene import Scene
    from georisk.siting.posing.variants import Origin
    from georisk.siting.trust.alternatives import Loss
    from georisk.siting.trust.curve import BenefitCurve
    from georisk.siting.trust.different import Different

BY_PROFILE = "profile"
_COVERS = frozenset({"coverage", "length"})


@dataclass(frozen=True, eq=False)
class SitingScene:
    """The scene that every objective shares, or why there is none.

    Attributes
    ----------
    scene : Scene or None
    context : Context
        For whom and when sites are told of.
    refusal : str
        Why nothing can be proposed, and what would make it possible.
    excluded : DataFrame
        Places that are no candidates, each with all its reasons.
    origin : Origin or None
        What the scene was laid out from: without it nothing can be tried for others.
    """

    scene: Scene | None
    context: Context
    refusal: str
    excluded: pd.DataFrame
    origin: Origin | None = None

    def ask(self, request: Request) -> Answer:
        """Answer one objective; what the request asks besides (worlds, years, curve) as well.

        Raises
        ------
        CallError
            Where nothing can be proposed.
        """
        from georisk.siting.trust.curve import find_knee

        scene, request = self._see(), self._name_profiles(request)
        answer = answer_request(scene, request, self.context)
        if request.curve_to is not None:
            curve = self.draw_curve(request)
            knee = find_knee(curve, least=self.context.knee_least)
            answer = replace(answer, curve=curve, knee=knee)
        if request.years:
            answer = replace(answer, plan=self.plan_years(request))
        return self._try(answer, request) if request.worlds else answer

    def draw_curve(self, request: Request) -> BenefitCurve:
        """What each further point adds, up to ``Request.curve_to``, by greedy and exchange.

        Raises
        ------
        CallError
            Of ``needed``; and where nothing can be proposed.
        """
        from georisk.siting.posing.posed_curve import trace_posed

        scene, request = self._see(), self._name_profiles(request)
        posed = pose_objective(scene, request.objective, request.aim)
        limits = make_limits(scene, request)
        return trace_posed(scene, posed, limits, request.curve_to or request.k or 1,
                           time_limit_s=request.time_limit_s)

    def plan_years(self, request: Request) -> Plan:
        """Which site in which year, of ``Request.years``; ``coverage`` and ``length`` alone.

        Raises
        ------
        CallError
            Where no year pays for a site, or of another objective.
        """
        from georisk.siting.answers.yearly import plan_years
        from georisk.siting.posing.scene import KM_UNIT, RISK_UNIT

        scene = self._see()
        limits = make_limits(scene, replace(request, budget=None))
        return plan_years(scene, request.objective, limits, request.years,
                          unit=RISK_UNIT if request.objective == "coverage" else KM_UNIT,
                          method=request.method, time_limit_s=request.time_limit_s)

    def try_worlds(self, request: Request, proposed: tuple[int, ...]) -> Trust:
        """Choose anew under ``Request.worlds`` sets of parameters, each timed anew.

        Parameters
        ----------
        proposed : tuple of int
            Rows of the scene.

        Raises
        ------
        CallError
            Where the scene was laid out by hand, or no world has a choice.
        """
        from georisk.siting.answers.stability import Trial, try_worlds
        from georisk.siting.posing.variants import draw_variants

        scene, request = self._see(), self._name_profiles(request)
        if request.aim.scenes:
            raise CallError("site: groups by profile hold several travellers already; ask for "
                            "other parameters with groups by country or corridor")
        variants, varied = draw_variants(self._trace_origin(), request.worlds,
                                         seed=self.context.seed)
        trial = Trial(request.objective, request.aim, make_limits(scene, request), proposed,
                      self.context.no_regret, request.time_limit_s)
        return try_worlds(scene, variants, trial, varied)

    def find_different(self, request: Request, answer: Answer, *, share: float) -> Different | None:
        """Other points that serve nearly as much, as few of the answer's among them as that allows.

        Parameters
        ----------
        share : float
            May serve less than the answer by this share.

        Returns
        -------
        Different or None
            None for objectives other than ``coverage`` and ``length``, and for no points.
        """
        from georisk.siting.trust.different import find_most_different
        from georisk.siting.trust.draws import World

        scene = self._see()
        if request.objective not in _COVERS or not answer.solution.chosen:
            return None
        weights = scene.by_risk if request.objective == "coverage" else scene.by_km
        return find_most_different(World(scene.reach, weights), answer.solution,
                                   make_limits(scene, request), share=share,
                                   time_limit_s=request.time_limit_s)

    def find_losses(self, request: Request, answer: Answer) -> tuple[Loss, ...]:
        """For each site of the answer the best choice without it, all others free to move.

        Nothing for objectives other than ``coverage`` and ``length``: solving them anew is a wait.
        """
        from georisk.siting.trust.alternatives import list_losses

        if request.objective not in _COVERS:
            return ()
        scene = self._see()
        posed = pose_objective(scene, request.objective, request.aim)
        return list_losses(
            answer.solution, make_limits(scene, request),
            lambda limits: posed.solve(limits, request.method, request.time_limit_s))

    def _try(self, answer: Answer, request: Request) -> Answer:
        from georisk.siting.answers.stability import select_rows

        trust = self.try_worlds(request, answer.solution.chosen)
        found = select_rows(trust)
        sites = tuple(
            replace(site, selection=found[site.candidate_id],
                    selection_frequency=found[site.candidate_id].frequency,
                    unknown=tuple(line for line in site.unknown
                                  if not line.startswith("how often it stays chosen")))
            for site in answer.sites)
        table = answer.table.assign(selection_frequency=[
            found[str(name)].frequency for name in answer.table.index])
        return replace(answer, sites=sites, table=table, trust=trust,
                       notes=(*answer.notes, *trust.notes))

    def _see(self) -> Scene:
        if self.scene is None:
            raise CallError(self.refusal)
        return self.scene

    def _trace_origin(self) -> Origin:
        if self.origin is None:
            raise CallError("site: this scene was not laid out from a study; ask without worlds, "
                            "and group by country or corridor")
        return self.origin

    def _name_profiles(self, request: Request) -> Request:
        """Where groups are profiles, lay the scene out for each of them."""
        from georisk.siting.posing.variants import vary_profiles

        if request.aim.groups != BY_PROFILE or request.aim.scenes or (
                request.objective not in {"equity", "fair"}):
            return request
        scenes = vary_profiles(self._trace_origin(), self._see())
        return replace(request, aim=replace(request.aim, scenes=scenes))
