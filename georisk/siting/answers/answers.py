"""What a planner is told of proposed points: an answer per objective, a brief per point.

A decision brief is written from these alone: `Answer` heads it, each `SiteBrief` is a page.
Everything here is restricted; `Answer.excluded`, `SiteBrief.candidate_id`, ``alternatives``,
``displacement`` and ``evidence`` are what a brief for an authority leaves out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from georisk.siting.answers.site_facts import (
    Alternative,
    GapChange,
    GapHours,
    People,
    Reached,
    SiteEvidence,
    SiteNeeds,
)
from georisk.siting.answers.trust_facts import Plan, PlannedSite, RobustChoice, Selection, Trust

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from georisk.siting.displacement.effect import Displacement
    from georisk.siting.posing.costs import SiteCost
    from georisk.siting.solution import Solution
    from georisk.siting.trust.curve import BenefitCurve, Knee

__all__ = [
    "Alternative", "Answer", "GapChange", "GapHours", "People", "Plan", "PlannedSite", "Reached",
    "RobustChoice", "Selection", "SiteBrief", "SiteEvidence", "SiteNeeds", "Trust",
]


@dataclass(frozen=True)
class SiteBrief:
    """One proposed point: everything that a decision brief says of it.

    Attributes
    ----------
    rank : int
        Order in which the points are worth building.
    kind : str
        ``town``, ``station``, ``crossing``, ``facility`` or ``mobile``.
    option : str
        ``build``, ``upgrade`` or ``mobile``.
    services : tuple of str
        What it would newly give: of an upgrade, what the facility lacks.
    benefit, benefit_share : float
        What it adds to those ranked before it, in the unit of the answer; share of all that is
        uncovered, or of the cost now where the objective is a cost.
    reason : str
        In one sentence, with the gap it shortens most.
    gaps : tuple of GapChange
        Worst first.
    newly : tuple of Reached
    people : People or None
        None: no flow data; say so.
    needs : SiteNeeds or None
        None without flow data.
    alternatives : tuple of Alternative
        At most three, the best first.
    selection_frequency : float or None
        Share of draws of the intensity in which it is chosen; None where none were made.
    displacement : object or None
        What the guard says of people drawn onto a deadlier path
        (`georisk.siting.displacement.effect`); None where it was not asked, or cannot say
        without flow data.
    in_both : bool
        Whether the choice by km alone has it as well.
    defaults : tuple of str
        Parameters that are assumptions and enter here, ``name = value unit``.
    unknown : tuple of str
        What is not known, in sentences.
    selection : Selection or None
        The same frequency with its error, its interval, and what was drawn.
    """

    rank: int
    candidate_id: str
    place: str
    country: str
    lon: float
    lat: float
    kind: str
    option: str
    services: tuple[str, ...]
    benefit: float
    benefit_share: float
    reason: str
    gaps: tuple[GapChange, ...]
    newly: tuple[Reached, ...]
    people: People | None
    evidence: SiteEvidence
    needs: SiteNeeds | None
    cost: SiteCost
    alternatives: tuple[Alternative, ...]
    selection_frequency: float | None
    displacement: Displacement | None
    in_both: bool
    defaults: tuple[str, ...]
    unknown: tuple[str, ...]
    synthetic: bool
    selection: Selection | None = None


@dataclass(frozen=True, eq=False)
class Answer:
    """The best points for one objective, and how far that can be believed.

    Attributes
    ----------
    objective : str
        A key of `georisk.siting.objectives.OBJECTIVES`.
    title, unit : str
        In a reader's words; unit of ``solution`` and of benefits.
    more_is_better : bool
        False where the objective is a cost: hours, or a number of points.
    sites : tuple of SiteBrief
        By rank.
    solution : Solution
        Its rows are those of the scene.
    table : GeoDataFrame
        As ``layers/specs/base/sites.toml`` says: the layer ``proposed_sites``.
    before, after : float
        The objective without and with the sites; of coverage, the weight uncovered.
    profile : str
    month : int or None
    k, budget : int or None, float or None
    spent : float
        Over the horizon.
    flow_basis : str
        Whether people were counted, and where: a sentence to be printed.
    filled_km, total_km : float
        Length without sufficient evidence, weighed as its corridor's median; of all.
    notes : tuple of str
        What a reader must be told, besides.
    excluded : DataFrame
        Index ``candidate_id``; ``place country kind reason``: all reasons, joined by ``; ``.
    curve : BenefitCurve or None
        What each further point adds: always of ``coverage`` and ``length``, of others where
        `Request.curve_to` asks for it.
    knee : Knee or None
        Where it bends; None where it is straight or was not drawn.
    groups : DataFrame or None
        Of equity: index group; ``before after`` as shares covered.
    equity_price : float or None
        Share of the best worth that is given up for equity.
    equity_price_most : float or None
        The most it may be, where the best worth is not proven.
    trust : Trust or None
        What comes of it under other intensities and parameters, with the choice of least
        regret; where `Request.worlds` asks for it.
    plan : Plan or None
        Which site in which year; where `Request.years` gives money by year.
    """

    objective: str
    title: str
    unit: str
    more_is_better: bool
    sites: tuple[SiteBrief, ...]
    solution: Solution
    table: gpd.GeoDataFrame
    before: float
    after: float
    profile: str
    month: int | None
    k: int | None
    budget: float | None
    spent: float
    flow_basis: str
    filled_km: float
    total_km: float
    notes: tuple[str, ...]
    excluded: pd.DataFrame
    synthetic: bool
    curve: BenefitCurve | None = None
    groups: pd.DataFrame | None = None
    equity_price: float | None = None
    knee: Knee | None = None
    equity_price_most: float | None = None
    trust: Trust | None = None
    plan: Plan | None = None
