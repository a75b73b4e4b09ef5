"""What a brief says of each site: gaps, people, evidence, needs, cost, and what is unknown."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from georisk.siting.answers.answers import (
    Alternative,
    People,
    Reached,
    SiteBrief,
    SiteEvidence,
    SiteNeeds,
)
from georisk.siting.answers.gap_changes import Pace, describe_changes, tell_reason
from georisk.siting.posing.costs import tell_cost
from georisk.siting.posing.scene import INTENSITY
from layers.crs import WGS84

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from georisk.capacity.needs import Sphere
    from georisk.network import BoolArray, IntArray
    from georisk.siting.answers.trust_facts import Selection
    from georisk.siting.displacement.assumptions import DisplacementRules
    from georisk.siting.displacement.effect import Displacement
    from georisk.siting.displacement.guard import Guard
    from georisk.siting.objectives import Posed
    from georisk.siting.posing.scene import Scene
    from georisk.siting.solution import Solution
    from georisk.siting.trust.alternatives import Replacement
    from layers.crs import FloatArray

_DECIMALS = 9
MAX_GUARDED = 20


@dataclass(frozen=True, eq=False)
class Context:
    """For whom, when, and by which standards sites are told of.

    Attributes
    ----------
    profile : str
    month : int or None
    paces : tuple of Pace
        Travellers and months in which gaps are told; the study's own first.
    sphere : Sphere
    consultations_per_staff, least_staff : float
        Consultations that one health worker gives a day; staff that a point needs at any rate.
    risk_classes : tuple of str
        From the least to the most.
    defaults : tuple of str
        Assumptions that enter, ``name = value unit``.
    unknown : tuple of str
        What is not known of any site.
    guard : Guard or None
        Ways and people among whom a point may draw (`georisk.siting.displacement.guard`).
    rules : DisplacementRules or None
    no_regret, knee_least : float
        Bars of `georisk.siting.trust.robust` and `georisk.siting.trust.curve`.
    seed : int
        Of the worlds in which choices are tried.
    """

    profile: str
    month: int | None
    paces: tuple[Pace, ...]
    sphere: Sphere
    consultations_per_staff: float
    least_staff: float
    risk_classes: tuple[str, ...]
    defaults: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    synthetic: bool = False
    guard: Guard | None = None
    rules: DisplacementRules | None = None
    no_regret: float = 0.8
    knee_least: float = 0.05
    seed: int = 20240202


def brief_sites(  # noqa: PLR0913 - a choice, and what is known of it
    scene: Scene, posed: Posed, solution: Solution, context: Context, *,
    also: Collection[int], swaps: Sequence[Replacement], selection: Mapping[int, Selection],
) -> tuple[SiteBrief, ...]:
    """Tell everything of each chosen site, in rank order.

    Parameters
    ----------
    also : collection of int
        Rows that the choice by km alone has.
    swaps : sequence of Replacement
    selection : mapping
        How often each row is chosen when intensity is drawn anew; empty where it was not.
    """
    moved = guard_choice(scene, solution, context)
    briefs = []
    done = np.zeros(len(scene.demand), bool)
    for rank, (row, benefit) in enumerate(
            zip(solution.chosen, solution.benefits, strict=True), start=1):
        alone = np.zeros(len(scene.demand), bool)
        alone[scene.reach.indices[scene.reach.indptr[row] : scene.reach.indptr[row + 1]]] = True
        new = alone & ~done
        done |= alone
        changes = describe_changes(scene.runs, alone, context.paces)
        newly = _add_km(scene, new)
        people = count_served(scene, new)
        here = scene.candidates.iloc[row]
        briefs.append(SiteBrief(
            rank=rank, candidate_id=str(scene.candidates.index[row]), place=str(here["place"]),
            country=str(here["country"]), lon=float(here["lon"]), lat=float(here["lat"]),
            kind=str(here["kind"]), option=str(here["option"]), services=tuple(here["services"]),
            benefit=round(benefit, _DECIMALS),
            benefit_share=round(benefit / posed.scale, _DECIMALS) if posed.scale > 0 else 0.0,
            reason=tell_reason(changes, newly), gaps=changes,
            newly=tuple(Reached(*key, km) for key, km in sorted(newly.items())),
            people=people, evidence=weigh_evidence(scene, new, context.risk_classes),
            needs=estimate_site_needs(people, context), cost=tell_cost(scene.costs, here["option"]),
            alternatives=_list_alternatives(scene, row, swaps),
            selection_frequency=selection[row].frequency if row in selection else None,
            displacement=moved[rank - 1] if moved else None, in_both=row in also,
            defaults=context.defaults,
            unknown=(*_tell_unknown(people, row in selection), *context.unknown),
            synthetic=context.synthetic, selection=selection.get(row),
        ))
    return tuple(briefs)


def guard_choice(
    scene: Scene, solution: Solution, context: Context
) -> tuple[Displacement, ...]:
    """What the displacement guard says of each site alone; nothing where it was not posed."""
    if context.guard is None or len(solution.chosen) > MAX_GUARDED:
        return ()
    from georisk.siting.displacement.assumptions import DisplacementRules

    ask = scene.watch(context.guard, context.rules or DisplacementRules())
    return tuple(ask((int(row),)) for row in solution.chosen)


def _add_km(scene: Scene, new: BoolArray) -> dict[tuple[str, str], float]:
    code, keys = scene.kinds
    length_km = scene.demand["length_km"].to_numpy(float)
    km = np.bincount(code[new], weights=length_km[new], minlength=len(keys))
    return {keys[at]: round(float(km[at]), _DECIMALS) for at in np.unique(code[new]).tolist()}


def count_served(scene: Scene, new: BoolArray) -> People | None:
    """People on the stretches newly reached, where anybody counted; each stretch once."""
    pairs = np.unique(scene.sides[new], axis=0).reshape(-1, 2)
    daily = scene.ground.people[pairs[:, 0], pairs[:, 1]]
    counted = np.isfinite(daily)
    if not counted.any():
        return None
    km = scene.ground.segments["length_km"].to_numpy(float)[pairs[:, 0]]
    known = np.where(counted, daily, 0.0)
    both = np.bincount(pairs[:, 0], weights=known)
    return People(round(float(both.max()), 6), round(float(np.sum(known * km)), 6),
                  round(float(km[counted].sum()), 6))


def weigh_evidence(
    scene: Scene, new: BoolArray, classes: Sequence[str]
) -> SiteEvidence:
    """Class, interval and grade of evidence on the segments newly reached, each once."""
    segment: IntArray = np.unique(scene.sides[new, 0])
    frame = scene.graded.iloc[segment]
    km = frame["length_km"].to_numpy(float)
    grade = frame["evidence"].to_numpy(object) if "evidence" in frame else \
        np.full(len(frame), "insufficient", dtype=object)
    told = grade != "insufficient"
    length = {name: round(float(km[grade == name].sum()), 6)
              for name in ("observed", "modelled", "insufficient")}
    means = [_mean(frame, name, km, told) for name in INTENSITY]
    found = set(frame["risk_class"].dropna()) if "risk_class" in frame else set()
    worst = max(found & set(classes), key=list(classes).index, default="")
    return SiteEvidence(str(worst), means[0], means[1], means[2], length["observed"],
                        length["modelled"], length["insufficient"])


def _mean(
    frame: pd.DataFrame, name: str, km: FloatArray, told: BoolArray
) -> float | None:
    if name not in frame:
        return None
    value = frame[name].to_numpy(float)
    known = told & np.isfinite(value)
    if not known.any():
        return None
    return round(float(np.average(value[known], weights=km[known])), 6)


def estimate_site_needs(people: People | None, context: Context) -> SiteNeeds | None:
    """Water, consultations and staff a day by Sphere; None without flow data."""
    if people is None:
        return None
    from georisk.capacity.needs import WORDING, estimate_needs

    needs = estimate_needs(people.per_day, 1.0, context.sphere)
    for_care = math.ceil(round(needs.consultations / context.consultations_per_staff, 9))
    return SiteNeeds(needs.water_l, needs.water_survival_l, needs.consultations,
                     int(for_care + context.least_staff), WORDING)


def _list_alternatives(
    scene: Scene, row: int, swaps: Sequence[Replacement]
) -> tuple[Alternative, ...]:
    found = []
    for swap in swaps:
        if swap.site != row:
            continue
        here = scene.candidates.iloc[swap.replacement]
        found.append(Alternative(
            str(scene.candidates.index[swap.replacement]), str(here["place"]),
            str(here["country"]), str(here["kind"]), swap.loss, swap.loss_share))
    return tuple(found)


def _tell_unknown(people: People | None, drawn: object) -> tuple[str, ...]:
    told = []
    if people is None:
        told.append("no flow data: how many people would come is not known")
    if not drawn:
        told.append("how often it stays chosen when intensities are drawn anew was not asked")
    return tuple(told)


def tabulate_briefs(
    briefs: Sequence[SiteBrief], scene: Scene, posed: Posed, solution: Solution
) -> gpd.GeoDataFrame:
    """The layer ``proposed_sites``: one row a site, as ``layers/specs/base/sites.toml`` says."""
    rows: list[dict[str, Any]] = []
    total = 0.0
    for site in briefs:
        total += site.benefit_share
        gap = site.gaps[0] if site.gaps else None
        rows.append({
            "rank": site.rank, "place": site.place, "country": site.country,
            "services": site.services, "kind": site.kind, "option": site.option,
            "objective": posed.name, "benefit": site.benefit, "benefit_unit": posed.unit,
            "benefit_share": site.benefit_share, "cumulative_share": round(total, _DECIMALS),
            "selection_frequency": _blank(site.selection_frequency),
            "bound_gap": round(solution.gap, _DECIMALS), "in_both": site.in_both,
            "cost": site.cost.total,
            "gap_before_h": _blank(gap.hours[0].before_h if gap else None),
            "gap_after_h": _blank(gap.hours[0].after_h if gap else None),
            "people_per_day": _blank(site.people.per_day if site.people else None),
            "reason": site.reason, "synthetic": site.synthetic,
        })
    return frame_sites(rows, [site.candidate_id for site in briefs], scene)


def _blank(value: float | None) -> float:
    return float("nan") if value is None or not np.isfinite(value) else round(value, 6)


def frame_sites(
    rows: Sequence[dict[str, Any]], ids: Sequence[str], scene: Scene
) -> gpd.GeoDataFrame:
    """Rows as the layer's columns, sorted by candidate id."""
    from layers.catalog import find_spec
    from layers.layer import empty_column

    spec = find_spec("proposed_sites")
    index = pd.Index(list(ids), dtype="str", name=spec.id)
    data: dict[str, Any] = {}
    for name, column in spec.columns.items():
        kind = empty_column(column, 0).dtype
        values = [row[name] for row in rows]
        data[name] = pd.Series(values, index=index, dtype=kind)
    points = scene.candidates.geometry.reindex(list(ids)).to_numpy()
    frame = gpd.GeoDataFrame(pd.DataFrame(data, index=index), geometry=points, crs=WGS84)
    return frame.sort_index()
