"""Answers written by hand: everything a decision brief has to survive."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd

from georisk.marking import Marking
from georisk.siting.answers.answers import (
    Alternative,
    Answer,
    GapChange,
    GapHours,
    People,
    Reached,
    SiteBrief,
    SiteEvidence,
    SiteNeeds,
)
from georisk.siting.answers.trust_facts import Selection
from georisk.siting.posing.costs import SiteCost
from georisk.siting.solution import Solution
from maps.brief import Cover
from maps.brief_sketch import Sketch

DAY = dt.date(2026, 1, 1)
MARKING = Marking.restrict(DAY, holder="Ana P.", synthetic=True)
COVER = Cover("grid", dt.date(2025, 12, 31), MARKING, 10.0)
LONG = "Heroica Ciudad de San Juan Bautista de la Frontera de los Santos Reyes del Norte"
HOSTILE = "<img src=x onerror=alert(1)> {{ 7 * 7 }}"
SKETCH = Sketch(
    (((-30.0, -8.0), (-8.0, 0.0)),), (((6.0, 3.0), (20.0, 12.0)),), (((-8.0, 0.0), (6.0, 3.0)),),
    ((-8.0, 0.0),), ((15.0, 10.0),), (("Othertown", -8.0, 0.5), (LONG, 6.0, -6.0)), 25.0)

GAP = GapChange("west", "water", "forward", "Aldea", "Bolsa", 70.0, 20.0,
                (GapHours("adult_man", 6, 14.2, 3.6), GapHours("family", 6, 21.8, 5.5),
                 GapHours("adult_man", None, 12.0, 3.0)), closed=False)


def make_displacement(verdict="not known", reason="the legs kilo-lima and mike rest on no count"):
    return SimpleNamespace(
        verdict=verdict, reason=reason, before=0.777, after=0.888, change=0.111, low=-0.1,
        high=0.3, moved_share=0.0444, legs=pd.DataFrame(), stranded=())


SITE = SiteBrief(
    rank=1, candidate_id="town-4242", place="Sitio", country="MX", lon=-97.0, lat=19.0,
    kind="town", option="build", services=("water", "phone"), benefit=1409.19,
    benefit_share=0.0226, reason="shortens the water gap", gaps=(GAP,),
    newly=(Reached("water", "backward", 6.0), Reached("water", "forward", 50.0)),
    people=People(158.3, 267.5, 33.0),
    evidence=SiteEvidence("very_high", 19.883, 8.039, 41.75, 40.0, 10.0, 6.5),
    needs=SiteNeeds(2374.6, 474.9, 1.73, 4, "a benchmark"),
    cost=SiteCost(60000.0, 55000.0, 225000.0, 3.0, "USD", "declared", declared=True),
    alternatives=(Alternative("town-1", "Otrositio", "GT", "town", 100.0, 0.273),
                  Alternative("town-2", "Tercersitio", "GT", "town", 0.0, 0.0),
                  Alternative("town-3", "Cuartositio", "GT", "town", 300.0, 0.391)),
    selection_frequency=0.815, displacement=make_displacement(), in_both=False,
    defaults=("siting.min_apart_km = 5 km", "siting.security_top_share = 0.05 share of route-km",
              "siting.cost.build_once_usd = 60000 US dollars", "siting.draws = 200 draws",
              "sphere.consultations_per_year = 4 new consultations"),
    unknown=("whether the community agrees",), synthetic=True,
    selection=Selection(0.815, 0.0275, 0.76, 0.86, no_regret=True, sure=False, draws=200, worlds=0,
                        basis="intensity"),
)
EMPTY = replace(SITE, gaps=(), newly=(), people=None, needs=None, alternatives=(),
                selection_frequency=None, selection=None, displacement=None,
                evidence=SiteEvidence("", None, None, None, 0.0, 0.0, 12.0))


def make_answer(*sites, more_is_better=True, synthetic=True, **changes):
    sites = sites or (SITE,)
    solution = Solution((0,), (1409.19,), 1409.19, 1409.19, 0.0, 62485.0, "optimal")
    excluded = pd.DataFrame({"place": ["Excluido"], "reason": ["lethal violence"]},
                            index=pd.Index(["town-9"], name="candidate_id"))
    answer = Answer(
        "coverage", "most risk-weighted uncovered km", "km x incidents", more_is_better, sites,
        solution,
        gpd.GeoDataFrame(geometry=[]), 62485.0, 61075.0, "adult_man", 6, 3, None, 225000.0,
        "no flow data", 2204.0, 11578.0, (), excluded, synthetic)
    return replace(answer, **changes)


def lengthen(site):
    """The same with the longest of everything."""
    never = GapHours("unaccompanied_child", 12, np.inf, np.inf)
    gap = replace(GAP, from_place=LONG, to_place=LONG, hours=(GAP.hours[0], GAP.hours[1], never))
    other = Alternative("x", f"EXAMPLE - {LONG}", "US", "facility", 1.0, 0.123)
    return replace(
        site, place=f"EXAMPLE - {LONG}", option="upgrade", gaps=(gap,) * 6,
        services=("child_protection", "emergency_care", "psychosocial", "rehabilitation",
                  "returnee_reception", "voluntary_return"),
        newly=tuple(Reached(name, way, 123.4) for name in (
            "child_protection", "emergency_care", "psychosocial", "voluntary_return")
            for way in ("forward", "backward")),
        alternatives=(other,) * 3,
        displacement=make_displacement(reason="the risk per person is not known on legs whose "
                                       f"people change: {', '.join(['a-long-name-of-a-leg'] * 6)}"),
        defaults=tuple(f"siting.parameter_with_a_long_name_{n} = {n} times the threshold of it"
                       for n in range(40)))
