"""What the page on the sites of the embedded study is made from: each question asked once."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from georisk.siting.answers.answering import make_limits
from georisk.siting.answers.contexts import make_request
from georisk.siting.answers.stability import Trial, try_worlds
from georisk.siting.objectives import OBJECTIVES, pose_objective
from georisk.siting.posing.variants import draw_variants
from georisk.siting.trust.comparison import compare_choices, list_common
from georisk.siting.trust.curve import find_knee
from georisk.study import Study
from layers.crs import project_xy_m

if TYPE_CHECKING:
    import pandas as pd

    from georisk.siting.answers.answering import Request
    from georisk.siting.answers.answers import Answer
    from georisk.siting.answers.trust_facts import Trust
    from georisk.siting.asking import SitingScene
    from georisk.siting.posing.posed import Posed
    from georisk.siting.posing.scene import Scene
    from georisk.siting.trust.curve import BenefitCurve, Knee

FOLDER = Path(__file__).resolve().parent.parent / "data" / "mesoamerica"
DAY = dt.date(2026, 1, 1)
SERVICE, K, FAR, WORLDS, NEAR_KM = "water", 10, 20, 20, 25.0
# Of these a choice made for another end has no worth, or only a bound of it.
_NO_WORTH = frozenset({"needed", "capacity"})


@dataclass(frozen=True, eq=False)
class Facts:
    """The siting scene of the embedded study, and what was asked of it so far.

    Attributes
    ----------
    posed : SitingScene
    request : Request
        Water, ten points; the objective is replaced.
    crs_metric : str
    answers, trusts : dict
        By objective, filled as they are asked for.
    """

    posed: SitingScene
    request: Request
    crs_metric: str
    answers: dict[str, Answer] = field(default_factory=dict)
    trusts: dict[str, Trust] = field(default_factory=dict)

    def ask(self, name: str) -> Answer:
        """Answer for one objective."""
        if name not in self.answers:
            self.answers[name] = self.posed.ask(replace(self.request, objective=name))
        return self.answers[name]

    def list_ids(self, name: str) -> list[str]:
        """Candidates of the first ten points of one objective, by rank."""
        return [site.candidate_id for site in self.ask(name).sites[:K]]

    @property
    def scene(self) -> Scene:
        """Candidates, demand, and the hours between them."""
        if self.posed.scene is None:
            raise SystemExit(self.posed.refusal)
        return self.posed.scene

    @cached_property
    def choices(self) -> dict[str, list[str]]:
        """The first ten of every objective."""
        return {name: self.list_ids(name) for name in OBJECTIVES}

    @cached_property
    def overlap(self) -> pd.DataFrame:
        """Sites in both over sites in either."""
        return compare_choices(self.choices)

    @cached_property
    def wanted(self) -> pd.DataFrame:
        """Every site that any objective wants among its first ten."""
        return list_common(self.choices)

    @cached_property
    def variants(self) -> tuple[tuple[Scene, ...], tuple[str, ...]]:
        """The same candidates under drawn parameters, and what was drawn."""
        if self.posed.origin is None:
            raise SystemExit("the scene was not laid out from a study")
        return draw_variants(self.posed.origin, WORLDS, seed=self.posed.context.seed)

    def draw(self, name: str) -> Trust:
        """Choose anew under other intensities, where they enter, and other parameters."""
        if name not in self.trusts:
            scenes, varied = self.variants
            self.trusts[name] = try_worlds(self.scene, scenes, self._make_trial(name), varied)
        return self.trusts[name]

    @cached_property
    def drawn_intensity(self) -> Trust:
        """Choose for coverage anew under every draw of the intensity alone."""
        return try_worlds(self.scene, [self.scene], self._make_trial("coverage"), ())

    def _make_trial(self, name: str) -> Trial:
        request = replace(self.request, objective=name)
        return Trial(name, request.aim, make_limits(self.scene, request),
                     self.ask(name).solution.chosen, self.posed.context.no_regret,
                     request.time_limit_s)

    def trace(self, name: str, to: int) -> tuple[BenefitCurve, Knee | None]:
        """What each further point brings, up to so many, and where that bends."""
        curve = self.posed.draw_curve(replace(self.request, objective=name, curve_to=to))
        return curve, find_knee(curve, least=self.posed.context.knee_least)

    def count_near(self, name: str, other: str = "coverage") -> int:
        """How many of the first ten of one objective have one of another's nearby."""
        one, two = (self._project(self.list_ids(which)) for which in (name, other))
        away_km = np.hypot(*(one[:, None] - two[None]).transpose(2, 0, 1))
        return int((away_km.min(axis=1) <= NEAR_KM).sum())

    def _project(self, ids: list[str]) -> np.ndarray:
        rows = self.scene.candidates.loc[ids]
        return project_xy_m(rows["lon"].to_numpy(float), rows["lat"].to_numpy(float),
                            crs_metric=self.crs_metric) / 1000.0

    @cached_property
    def worth(self) -> dict[str, dict[str, float]]:
        """What each choice achieves by each measure, as a share of what the measure's own does."""
        rows = self.scene.candidates.index
        measures = [pose_objective(self.scene, name, self.request.aim)
                    for name in OBJECTIVES if name not in _NO_WORTH]
        return {
            name: {one.name: _gain(one, rows.get_indexer(ids).tolist())
                   / _gain(one, list(self.ask(one.name).solution.chosen)) for one in measures}
            for name, ids in self.choices.items()
        }


def _gain(posed: Posed, sites: list[int]) -> float:
    """What some sites add to what stands, in the unit of the objective."""
    value = float(posed.add(sites[1:])[sites[0]])
    if posed.more_is_better and posed.adds:
        return value
    return abs(value - posed.before)


def read_facts() -> Facts:
    """Open the embedded study on its day, for water and ten points."""
    study = Study.open(FOLDER, today=DAY)
    siting = {**study.config.siting.model_dump(), "services": (SERVICE,), "k": K}
    study = study.with_changes(siting=siting)
    request = make_request(study.settings())
    return Facts(study.value("siting_scene"), request, study.config.crs_metric)
