"""The table of proposed points: rank, benefit, how sure, and what each would close."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from georisk.siting.problems import weigh_demand
from georisk.siting.solve import Method, Solution, measure_selection_frequency, solve_mclp
from layers.crs import WGS84

if TYPE_CHECKING:
    from georisk.siting.problems import SitingProblem
    from layers.crs import FloatArray

RISK_UNIT = "km x incidents per 100 km and year"
KM_UNIT = "km"
_DECIMALS = 9


@dataclass(frozen=True, eq=False)
class Proposal:
    """Proposed points weighted by risk, beside those by length alone.

    Attributes
    ----------
    by_risk, by_km : GeoDataFrame
        As ``layers/specs/base/sites.toml`` says.
    risk, km : Solution
        What the solver said of each.
    """

    by_risk: gpd.GeoDataFrame
    by_km: gpd.GeoDataFrame
    risk: Solution
    km: Solution


def propose_sites(  # noqa: PLR0913 - what is solved, and how
    problem: SitingProblem,
    candidates: gpd.GeoDataFrame,
    *,
    intensity: FloatArray,
    k: int,
    method: Method = "auto",
    intensity_draws: FloatArray | None = None,
    time_limit_s: float = 30.0,
) -> Proposal:
    """Choose k points by risk-weighted uncovered km, and k by uncovered km alone.

    Parameters
    ----------
    problem : SitingProblem
    candidates : GeoDataFrame
        Index ``candidate_id``; ``place country`` and points, at least those of the problem.
    intensity : array of shape (n_segments,)
        Of `georisk.siting.problems.fill_intensity`.
    k : int
    method : {"auto", "exact", "greedy"}
    intensity_draws : array of shape (n_draws, n_segments), optional
        Bootstrap draws, without gaps; from them ``selection_frequency``, else missing.
    time_limit_s : float
        For each of the two.

    Raises
    ------
    CallError
        As `georisk.siting.solve.solve_mclp`.
    """
    by_length = weigh_demand(problem.demand)
    by_risk = weigh_demand(problem.demand, intensity)
    risk = solve_mclp(problem.reach, by_risk, k=k, method=method, time_limit_s=time_limit_s)
    km = solve_mclp(problem.reach, by_length, k=k, method=method, time_limit_s=time_limit_s)
    frequency = np.full(len(problem.candidate_ids), np.nan)
    if intensity_draws is not None:
        draws = weigh_demand(problem.demand, intensity_draws)
        frequency = measure_selection_frequency(problem.reach, draws, k=k)
    both = set(risk.chosen) & set(km.chosen)
    tables = []
    for solution, unit in ((risk, RISK_UNIT), (km, KM_UNIT)):
        table = _tabulate(problem, candidates, solution)
        rows = list(solution.chosen)
        table["benefit_unit"] = pd.array([unit] * len(rows), dtype="str")
        table["selection_frequency"] = frequency[rows] if unit == RISK_UNIT else np.nan
        table["in_both"] = pd.array([row in both for row in rows], dtype="boolean")
        tables.append(_finish(table, candidates))
    return Proposal(tables[0], tables[1], risk, km)


def _tabulate(
    problem: SitingProblem, candidates: gpd.GeoDataFrame, solution: Solution
) -> pd.DataFrame:
    ids = [problem.candidate_ids[row] for row in solution.chosen]
    services = tuple(sorted(set(problem.demand["service"])))
    benefit = np.array(solution.benefits)
    share = benefit / solution.total
    return pd.DataFrame(
        {
            "rank": pd.array(np.arange(1, len(ids) + 1), dtype="Int64"),
            "place": candidates["place"].reindex(ids).astype("str").to_numpy(object),
            "country": candidates["country"].reindex(ids).astype("str").to_numpy(object),
            "services": pd.Series([services] * len(ids), index=ids, dtype=object),
            "benefit": np.round(benefit, _DECIMALS),
            "benefit_share": np.round(share, _DECIMALS),
            "cumulative_share": np.round(np.cumsum(share), _DECIMALS),
            "bound_gap": round(solution.gap, _DECIMALS),
            "reason": _tell_reasons(problem, solution),
        },
        index=pd.Index(ids, dtype="str", name="candidate_id"),
    )


def _tell_reasons(problem: SitingProblem, solution: Solution) -> list[str]:
    """Say how many km each site newly brings within reach, per service, in both directions."""
    demand = problem.demand
    done = np.zeros(len(demand), bool)
    told = []
    for row in solution.chosen:
        new = np.zeros(len(demand), bool)
        new[problem.reach[row].indices] = True
        new &= ~done
        done |= new
        km = demand[new].groupby(["service", "direction"], sort=True)["length_km"].sum()
        parts = [
            f"{service.replace('_', ' ')} {length:.0f} km {direction}"
            for (service, direction), length in km.items()
        ]
        told.append(f"newly within reach: {', '.join(parts)}")
    return told


def _finish(table: pd.DataFrame, candidates: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    synthetic = "synthetic" in candidates and bool(candidates["synthetic"].any())
    table["synthetic"] = pd.array([synthetic] * len(table), dtype="boolean")
    points = candidates.geometry.reindex(table.index).to_numpy()
    return gpd.GeoDataFrame(table, geometry=points, crs=WGS84).sort_index()
