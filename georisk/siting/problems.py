"""What siting decides: which uncovered stretches each candidate would bring within reach."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import sparse

from georisk.coverage import SORTED_DIRECTIONS, TOLERANCE_H, find_entries
from georisk.routing import time_places
from layers.errors import CallError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray

    from georisk.network import IntArray
    from georisk.travel import Travel
    from layers.crs import FloatArray

_BLOCK = 64
_OVERALL = ""


@dataclass(frozen=True, eq=False)
class SitingProblem:
    """Candidates, demand, and who reaches what.

    Attributes
    ----------
    candidate_ids : tuple of str
        Sorted; rows of ``reach``.
    demand : DataFrame
        Columns of ``reach``: ``segment segment_id service direction length_km threshold_h
        measure``; ``segment`` is the row of the segments frame.
    reach : csr_matrix of bool, shape (n_candidates, n_demand)
    """

    candidate_ids: tuple[str, ...]
    demand: pd.DataFrame
    reach: sparse.csr_matrix


def pose_problem(
    segments: pd.DataFrame,
    coverage: pd.DataFrame,
    services: pd.DataFrame,
    travel: Travel,
    *,
    wanted: Collection[str],
) -> SitingProblem:
    """Set up siting: what is uncovered now, and which candidate would cover it.

    Parameters
    ----------
    segments : DataFrame
        Index ``segment_id``; column ``length_km``.
    coverage : DataFrame
        Of the places that stand; they stay, so only uncovered rows are demand.
    services : DataFrame
        Index service; column ``measure``. Thresholds are those of the coverage.
    travel : Travel
        Over a network of the same segments with the *candidates* attached as places.
    wanted : collection of str
        Services that a new point would give, all of them.

    Raises
    ------
    CallError
        If a service is unknown.
    """
    unknown = sorted(set(wanted) - set(services.index))
    if unknown or not wanted:
        known = ", ".join(sorted(map(str, services.index)))
        raise CallError(f"site: no such service: {', '.join(unknown)}; there are: {known}")
    demand = list_demand(segments, coverage, services, wanted=wanted)
    return SitingProblem(travel.network.place_ids, demand, build_reach(travel, demand))


def join_problems(problems: Sequence[SitingProblem]) -> SitingProblem:
    """One problem of several with the same demand: reached in any of them is reached."""
    reach = problems[0].reach
    for other in problems[1:]:
        reach = reach.maximum(other.reach)
    return replace(problems[0], reach=reach.tocsr())


def list_demand(
    segments: pd.DataFrame,
    coverage: pd.DataFrame,
    services: pd.DataFrame,
    *,
    wanted: Collection[str],
) -> pd.DataFrame:
    """List segment, service and direction wherever a wanted service is out of reach now.

    Returns
    -------
    DataFrame
        One row each, in the order of ``coverage_id``; columns as `SitingProblem.demand`.
    """
    names = ["segment_id", "service", "direction", "threshold_h"]
    open_ = ~coverage["covered"].to_numpy(bool) & coverage["service"].isin(list(wanted))
    demand = coverage.loc[open_, names].sort_index().reset_index(drop=True)
    row = segments.index.get_indexer(demand["segment_id"])
    return demand.assign(
        segment=row,
        length_km=segments["length_km"].to_numpy(float)[row],
        measure=services["measure"].reindex(demand["service"]).to_numpy(object),
    )


def build_reach(travel: Travel, demand: pd.DataFrame) -> sparse.csr_matrix:
    """Say which places bring which demand rows within their threshold.

    Each place counts by itself: a candidate that is not built shortens no way to another.

    Returns
    -------
    csr_matrix of bool, shape (n_places, n_demand)
    """
    node, heading = find_entries(travel)
    side = (demand["direction"] == SORTED_DIRECTIONS[1][0]).to_numpy(int)
    segment = demand["segment"].to_numpy(np.int64)
    entry, way = node[segment, side], heading[segment, side]
    measure = demand["measure"].to_numpy(object)
    threshold_h = demand["threshold_h"].to_numpy(float) + TOLERANCE_H
    found: list[tuple[IntArray, IntArray]] = []
    for (name, course), graph in travel.graphs.items():
        column = np.flatnonzero((measure == name) & (way == course))
        if not len(column):
            continue
        for first in range(0, len(travel.network.place_ids), _BLOCK):
            places = np.arange(first, min(first + _BLOCK, len(travel.network.place_ids)))
            hours = time_places(graph, places, limit_h=float(threshold_h[column].max()))
            hit = np.nonzero(hours[:, entry[column]] <= threshold_h[column])
            found.append((places[hit[0]], column[hit[1]]))
    shape = (len(travel.network.place_ids), len(demand))
    row = np.concatenate([pair[0] for pair in found]) if found else np.empty(0, int)
    column = np.concatenate([pair[1] for pair in found]) if found else np.empty(0, int)
    return sparse.csr_matrix((np.ones(len(row), bool), (row, column)), shape=shape)


def fill_intensity(segments: pd.DataFrame) -> tuple[FloatArray, float]:
    """Intensity per segment, with the corridor's median where evidence is insufficient.

    Silence is not safety: where too little is known, a segment weighs like its corridor. Where
    a whole corridor is silent it takes the median of all; where nothing is known at all, 1.

    Parameters
    ----------
    segments : DataFrame
        Columns ``intensity_per_100km_year length_km``, and ``evidence corridor`` where known.

    Returns
    -------
    intensity : array of shape (n_segments,)
        Incidents per 100 km and year.
    filled_km : float
        Length of the segments whose intensity was filled in: to be printed beside the result.

    Examples
    --------
    >>> import pandas as pd
    >>> segments = pd.DataFrame({"intensity_per_100km_year": [1.0, 3.0, None],
    ...     "length_km": [1.0, 1.0, 0.9], "corridor": ["a", "a", "a"]})
    >>> intensity, filled_km = fill_intensity(segments)
    >>> intensity.tolist(), filled_km
    ([1.0, 3.0, 2.0], 0.9)
    """
    intensity = pd.Series(segments["intensity_per_100km_year"].to_numpy(float))
    if "evidence" in segments:
        intensity = intensity.mask((segments["evidence"] == "insufficient").to_numpy(bool))
    empty = intensity.isna()
    filled_km = float(segments["length_km"].to_numpy(float)[empty].sum())
    if "corridor" in segments:
        corridor = segments["corridor"].fillna(_OVERALL).to_numpy(object)
        intensity = intensity.fillna(intensity.groupby(corridor).transform("median"))
    overall = intensity.median()
    return intensity.fillna(1.0 if pd.isna(overall) else overall).to_numpy(float), filled_km


def weigh_demand(demand: pd.DataFrame, intensity: FloatArray | None = None) -> FloatArray:
    """Weigh each demand row: length, or length times intensity.

    Parameters
    ----------
    demand : DataFrame
        Of a `SitingProblem`.
    intensity : array of shape (n_segments,) or (n_draws, n_segments), optional
        Incidents per 100 km and year; without it people count alike everywhere.

    Returns
    -------
    array of shape (n_demand,) or (n_draws, n_demand)
        km, or km times incidents per 100 km and year.
    """
    length_km: NDArray[np.float64] = demand["length_km"].to_numpy(float)
    if intensity is None:
        return length_km
    return np.asarray(length_km * intensity[..., demand["segment"].to_numpy(np.int64)])
