"""Everything that siting knows before it chooses: candidates, demand, hours, weights."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from georisk.siting.posing.costs import price_candidates
from georisk.siting.posing.problems import (
    check_wanted,
    find_side,
    list_demand,
    measure_flow_factor,
    sample_demand,
    weigh_demand,
)
from georisk.siting.posing.reach import cut_hours, keep_given, keep_within, time_demand
from georisk.siting.posing.runs import Run, list_runs
from layers.errors import CallError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    import geopandas as gpd
    from scipy import sparse

    from georisk.network import IntArray
    from georisk.siting.displacement.assumptions import DisplacementRules
    from georisk.siting.displacement.guard import Asking, Guard
    from georisk.siting.posing.costs import CostRules
    from georisk.siting.posing.ground import Ground
    from georisk.travel import Travel
    from layers.crs import FloatArray

RISK_UNIT, KM_UNIT = "km x incidents per 100 km and year", "km"
_FEW_PAIRS = 5_000_000  # so few that all are timed at once
INTENSITY = ("intensity_per_100km_year", "intensity_low", "intensity_high")
_GRADED = ["length_km", "evidence", "risk_class", *INTENSITY]


@dataclass(frozen=True, eq=False)
class Scene:
    """Candidates and demand with the hours between them; no objective yet.

    Attributes
    ----------
    ground : Ground
    candidates : GeoDataFrame
        Index ``candidate_id``, sorted: rows of every matrix and of every solution. Columns
        ``place country kind option services lon lat geometry``.
    excluded : DataFrame
        Index ``candidate_id``; columns ``place country kind reason``.
    worlds : sequence of Travel
        Over a network with the candidates attached.
    apart : tuple of (int, int)
        Pairs too near to each other.
    costs : CostRules
    demand : DataFrame
        Of `georisk.siting.posing.problems.list_demand`: columns of ``hours`` and ``reach``.
    hours : csr_matrix, shape (n_candidates, n_demand)
        Up to ``far_times`` thresholds.
    reach : csr_matrix of bool
        Within the threshold.
    far_times : float
    step_km : float
        How finely demand is looked at where hours are added up or the farthest counts.
    """

    ground: Ground
    candidates: gpd.GeoDataFrame
    excluded: pd.DataFrame
    worlds: Sequence[Travel]
    apart: tuple[tuple[int, int], ...]
    costs: CostRules
    demand: pd.DataFrame
    hours: sparse.csr_matrix
    reach: sparse.csr_matrix
    far_times: float
    step_km: float

    @cached_property
    def cost(self) -> FloatArray:
        """Cost of each candidate over the horizon."""
        return price_candidates(self.candidates, self.costs)

    @cached_property
    def flow_factor(self) -> FloatArray:
        """What flow changes of each segment's weight, shape (n_segments, 2)."""
        return measure_flow_factor(self.ground.people, self.ground.segments,
                                   self.ground.intensity)[0]

    @cached_property
    def by_risk(self) -> FloatArray:
        """Risk-weighted uncovered km of each demand row."""
        return self.service_factor * weigh_demand(
            self.demand, self.ground.intensity, factor=self.flow_factor)

    @cached_property
    def service_factor(self) -> FloatArray:
        """What a risk-weighted km of each demand row counts, by its service."""
        share = self.ground.service_share
        return np.array([share.get(name, 1.0) for name in self.demand["service"]], float)

    @cached_property
    def by_km(self) -> FloatArray:
        """Uncovered km of each demand row, whatever was reported."""
        return weigh_demand(self.demand)

    @cached_property
    def draws(self) -> FloatArray | None:
        """Weights of demand under draws of the intensity, shape (n_draws, n_demand)."""
        if self.ground.draws is None:
            return None
        drawn = weigh_demand(self.demand, self.ground.draws, factor=self.flow_factor)
        return drawn * self.service_factor

    @cached_property
    def thresholds(self) -> dict[str, FloatArray]:
        """Hours within which a service must lie, shape (n_segments, 2), by service."""
        coverage, segments = self.ground.coverage, self.ground.segments
        row, side = segments.index.get_indexer(coverage["segment_id"]), find_side(coverage)
        value, service = coverage["threshold_h"].to_numpy(float), coverage["service"]
        found = {}
        for name in sorted(set(self.demand["service"])):
            here = (service == name).to_numpy(bool)
            usual_h = float(self.ground.services.loc[name, "threshold_h"])
            table = np.full((len(segments), 2), usual_h)
            table[row[here], side[here]] = value[here]
            found[str(name)] = table
        return found

    @cached_property
    def sample(self) -> tuple[pd.DataFrame, IntArray]:
        """Demand every ``step_km``, and which row of it stands for each demand row."""
        return sample_demand(self.demand, self.ground.segments, step_km=self.step_km)

    @cached_property
    def near_hours(self) -> sparse.csr_matrix:
        """Hours from each sampled row to each candidate, up to ``far_times`` thresholds."""
        limit_h = self.far_times * self.sample[0]["threshold_h"].to_numpy(float)
        few = len(self.candidates) * len(limit_h) <= _FEW_PAIRS
        return cut_hours(self.all_hours, limit_h) if few else self._time_sample(limit_h)

    @cached_property
    def all_hours(self) -> sparse.csr_matrix:
        """Hours from each sampled row to each candidate, however far."""
        return self._time_sample(np.full(len(self.sample[0]), np.inf))

    def _time_sample(self, limit_h: FloatArray) -> sparse.csr_matrix:
        hours = time_demand(self.worlds, self.sample[0], limit_h=limit_h)
        services = self.sample[0]["service"].tolist()
        return keep_given(hours, self.candidates["services"].tolist(), services)

    @cached_property
    def sides(self) -> IntArray:
        """Segment and side of each demand row, shape (n_demand, 2)."""
        return np.column_stack([self.demand["segment"].to_numpy(np.int64), find_side(self.demand)])

    @cached_property
    def kinds(self) -> tuple[IntArray, list[tuple[str, str]]]:
        """Kind of each demand row, and the service and direction of each kind."""
        one, services = pd.factorize(self.demand["service"], sort=True)
        two, ways = pd.factorize(self.demand["direction"], sort=True)
        return one * len(ways) + two, [(str(name), str(way)) for name in services for way in ways]

    @cached_property
    def watch(self) -> Callable[[Guard, DisplacementRules], Asking]:
        """Poses a displacement guard on this scene, for all services it lacks, each but once."""
        return cache(self._pose_watch)

    def _pose_watch(self, guard: Guard, rules: DisplacementRules) -> Asking:
        from georisk.siting.displacement.guard import pose_asking

        rows = self.ground.segments.index.get_indexer(self.ground.coverage["segment_id"])
        coverage = self.ground.coverage[["service", "covered"]].assign(segment=rows)
        return pose_asking(guard, coverage, self.demand, self.reach, rules=rules,
                           wanted=sorted(set(self.demand["service"])))

    @cached_property
    def graded(self) -> pd.DataFrame:
        """Length, class, intensity and grade of evidence of each segment, where known."""
        return pd.DataFrame(self.ground.segments.filter(items=_GRADED))

    @cached_property
    def runs(self) -> tuple[Run, ...]:
        """Gaps that the demand makes, the longest first."""
        return list_runs(self.demand, self.ground.segments, self.ground.corridors,
                         self.worlds[0].segment_walk_h)

    @cached_property
    def sample_weights(self) -> FloatArray:
        """Risk-weighted uncovered km that each sampled row stands for."""
        rows, group = self.sample
        return np.bincount(group, weights=self.by_risk, minlength=len(rows)).astype(float)

    @cached_property
    def standing_h(self) -> FloatArray:
        """Hours from each sampled row to the nearest place that stands; infinite if none."""
        coverage = self.ground.coverage
        names = ["segment_id", "service", "direction"]
        keys = pd.MultiIndex.from_frame(coverage[names])
        at = keys.get_indexer(pd.MultiIndex.from_frame(self.sample[0][names]))
        walk, ride = (coverage[name].to_numpy(float)[at] for name in ("walk_h", "mode_h"))
        hours = np.where(self.sample[0]["measure"] == "walk", walk, ride)
        return np.where(np.isnan(hours), np.inf, hours)


def set_scene(  # noqa: PLR0913 - what there is, and how finely it is looked at
    ground: Ground,
    candidates: tuple[gpd.GeoDataFrame, pd.DataFrame],
    worlds: Sequence[Travel],
    *,
    wanted: Collection[str],
    costs: CostRules,
    apart: tuple[tuple[int, int], ...] = (),
    far_times: float = 3.0,
    step_km: float = 5.0,
) -> Scene:
    """Search the hours between candidates and what is uncovered, once for all objectives.

    Parameters
    ----------
    ground : Ground
    candidates : tuple
        Those that may be chosen, and those left out (`list_candidates`).
    worlds : sequence of Travel
        Over a network of the same segments with the *candidates* attached as places.
    wanted : collection of str
        Services that a new point would give.

    Raises
    ------
    CallError
        If a service is unknown, there is no candidate, or nothing is uncovered.
    """
    check_wanted(ground.services, wanted)
    kept, excluded = candidates
    if not len(kept):
        raise CallError(_tell_no_candidate(excluded))
    demand = list_demand(ground.segments, ground.coverage, ground.services, wanted=wanted)
    if not len(demand):
        raise CallError(
            "site: nothing to cover: every segment has these services within their thresholds; "
            "choose another service or a shorter threshold"
        )
    threshold_h = demand["threshold_h"].to_numpy(float)
    hours = time_demand(worlds, demand, limit_h=far_times * threshold_h)
    hours = keep_given(hours, list(kept["services"]), list(demand["service"]))
    return Scene(ground, kept, excluded, worlds, apart, costs, demand, hours,
                 keep_within(hours, threshold_h), far_times, step_km)


def _tell_no_candidate(excluded: pd.DataFrame) -> str:
    if not len(excluded):
        return ("site: no town near a leg may be a candidate: widen siting.max_candidate_km, or "
                "add towns to `waypoints` or `places`")
    kinds = excluded["reason"].str.split(":").str[0].str.split("; ").str[0]
    words = ", ".join(f"{count} {reason}" for reason, count in kinds.value_counts().items())
    return (f"site: all {len(excluded)} places near the legs are left out: {words}; relax the "
            "rule that binds (siting.min_spacing_km, security_override, forbidden, options)")
