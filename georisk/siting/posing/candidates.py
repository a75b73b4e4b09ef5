"""Which places may be proposed, and every reason why another may not."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from georisk.siting.posing.candidate_sources import COLUMNS, UPGRADE, gather_towns, project_shapes
from layers.crs import WGS84

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    from layers.crs import FloatArray

__all__ = ["CandidateRules", "Surroundings", "gather_towns", "list_candidates", "pair_near"]
_M_PER_KM = 1000.0
_VEHICLE_MODES = ("road", "train", "boat")
_SEPARATOR = "; "


@dataclass(frozen=True)
class CandidateRules:
    """What makes a place a candidate.

    Attributes
    ----------
    max_access_km : float
        A place farther than this from every leg is no candidate, and is not told of.
    min_spacing_km : float
        Between a candidate and an existing point that gives every service it would give.
    vehicle_km : float
        What is no town needs a road, rail or boat leg, or a town, within this distance.
    border_km : float
        How far a place may lie outside the drawn shape of its country: shapes are simplified.
    security_share : float
        Share of segments with most lethal violence near which no point is proposed.
    override : collection of str
        Candidates kept in spite of lethal violence: somebody has decided so.
    forbidden : collection of str
        Candidates ruled out by the study.
    """

    max_access_km: float = 10.0
    min_spacing_km: float = 10.0
    vehicle_km: float = 5.0
    border_km: float = 5.0
    security_share: float = 0.05
    override: Collection[str] = ()
    forbidden: Collection[str] = ()


@dataclass(frozen=True, eq=False)
class Surroundings:
    """What else decides where a point may stand.

    Attributes
    ----------
    countries : GeoDataFrame or None
        Polygons, EPSG:4326, column ``country``.
    closed_areas : GeoDataFrame or None
        Polygons in which nothing may stand, column ``reason``.
    """

    countries: gpd.GeoDataFrame | None = field(default=None)
    closed_areas: gpd.GeoDataFrame | None = field(default=None)


def list_candidates(
    sources: gpd.GeoDataFrame,
    segments: gpd.GeoDataFrame,
    existing: gpd.GeoDataFrame,
    *,
    crs_metric: str,
    rules: CandidateRules | None = None,
    around: Surroundings | None = None,
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Sort places near the legs into candidates and places left out, with every reason.

    Parameters
    ----------
    sources : GeoDataFrame
        Points, EPSG:4326, index ``candidate_id``; columns ``place country kind option services``
        (`georisk.siting.posing.candidate_sources` makes them).
    segments : GeoDataFrame
        Lines; columns ``mode``, and ``intensity_sec`` where known.
    existing : GeoDataFrame
        Places that stand already, with ``services``.
    crs_metric : str
        Projected CRS in metres.

    Returns
    -------
    candidates : GeoDataFrame
        Index ``candidate_id``; columns ``place country kind option services lon lat geometry``.
    excluded : DataFrame
        Index ``candidate_id``; columns ``place country kind reason``: all reasons, joined by
        ``; ``. Places far from every leg are in neither.
    """
    rules, around = rules or CandidateRules(), around or Surroundings()
    sources = sources.sort_index()
    lines = project_shapes(segments.geometry.to_numpy(), crs_metric)
    points = project_shapes(sources.geometry.to_numpy(), crs_metric)
    row, nearest = _find_near(points, lines, rules.max_access_km)
    sources, points = sources.iloc[row], points[row]
    reasons = [
        np.where(_is_named(sources.index, rules.forbidden), "ruled out by the study", ""),
        _find_violence(sources.index, nearest, segments, rules),
        _find_unofficial(sources),
        _find_unreachable(sources, points, (segments, lines), rules),
        _find_abroad(sources, points, around.countries, crs_metric, rules),
        _find_closed(sources, around.closed_areas),
        _find_crowded(sources, points, existing, crs_metric, rules),
    ]
    told = np.array([_SEPARATOR.join(part for part in parts if part)
                     for parts in zip(*reasons, strict=True)], dtype=object)
    return _split(sources, told)


def _find_near(
    points: NDArray[np.object_], lines: NDArray[np.object_], max_km: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows of the points near a line, and of the line nearest to each."""
    if not len(points):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    found = shapely.STRtree(lines).query_nearest(
        points, max_distance=max_km * _M_PER_KM, all_matches=False)
    return np.asarray(found[0], np.int64), np.asarray(found[1], np.int64)


def _split(
    sources: gpd.GeoDataFrame, told: NDArray[np.object_]
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    xy = shapely.get_coordinates(sources.geometry.to_numpy())
    frame = sources.assign(lon=xy[:, 0], lat=xy[:, 1])
    kept = told == ""
    candidates = gpd.GeoDataFrame(frame[kept][[*COLUMNS, "lon", "lat", "geometry"]], crs=WGS84)
    excluded = pd.DataFrame(frame[["place", "country", "kind"]]).assign(reason=told)[~kept]
    candidates.index.name = excluded.index.name = "candidate_id"
    return candidates, excluded


def _is_named(ids: pd.Index, names: Collection[str]) -> NDArray[np.bool_]:
    """Candidates by their ids; a facility to be enlarged also by its own."""
    named = set(names)
    return np.array([name in named or name.removeprefix(UPGRADE) in named for name in ids], bool)


def _find_violence(
    ids: pd.Index, nearest: NDArray[np.int64], segments: gpd.GeoDataFrame, rules: CandidateRules
) -> NDArray[np.object_]:
    """Where lethal violence rules a place out; empty where it does not."""
    violent = _find_violent(segments, rules.security_share)[nearest]
    violent &= ~_is_named(ids, rules.override)
    text = (
        f"lethal violence: the nearest segment is among the {rules.security_share:.0%} with most; "
        "name it in security_override to keep it"
    )
    return np.where(violent, text, "").astype(object)


def _find_violent(segments: gpd.GeoDataFrame, share: float) -> NDArray[np.bool_]:
    """Segments with most lethal violence; none where all are alike or nothing is known."""
    if "intensity_sec" not in segments or segments["intensity_sec"].isna().all():
        return np.zeros(len(segments), bool)
    value = segments["intensity_sec"].to_numpy(float)
    known = np.isfinite(value)
    ceiling = np.quantile(value[known], 1.0 - share)
    return np.asarray(known & (value >= ceiling) & (value > value[known].min()), bool)


def _find_unofficial(sources: gpd.GeoDataFrame) -> NDArray[np.object_]:
    if "official" not in sources:
        return np.full(len(sources), "", dtype=object)
    unofficial = ~sources["official"].to_numpy(bool)
    return np.where(unofficial, "not known to be an official crossing", "").astype(object)


def _find_unreachable(
    sources: gpd.GeoDataFrame,
    points: NDArray[np.object_],
    ways: tuple[gpd.GeoDataFrame, NDArray[np.object_]],
    rules: CandidateRules,
) -> NDArray[np.object_]:
    """What no vehicle is known to reach: neither a town nor near a town, a road or a railway."""
    segments, lines = ways
    town = sources["town"].to_numpy(bool) if "town" in sources else np.ones(len(sources), bool)
    if "mode" not in segments or town.all():
        return np.full(len(sources), "", dtype=object)
    driven = np.r_[lines[segments["mode"].isin(_VEHICLE_MODES).to_numpy()], points[town]]
    reached = town.copy()
    if len(driven):
        found = shapely.STRtree(driven).query_nearest(
            points, max_distance=rules.vehicle_km * _M_PER_KM, all_matches=False)
        reached[found[0]] = True
    text = f"no road, railway, boat or town within {rules.vehicle_km:g} km: no vehicle gets there"
    return np.where(reached, "", text).astype(object)


def _find_abroad(
    sources: gpd.GeoDataFrame, points: NDArray[np.object_], countries: gpd.GeoDataFrame | None,
    crs_metric: str, rules: CandidateRules,
) -> NDArray[np.object_]:
    """What lies in water or over the border: outside the country it is said to be in."""
    reason = np.full(len(sources), "", dtype=object)
    if countries is None or not len(countries) or not len(sources):
        return reason
    stated = sources["country"].to_numpy(object)
    for country, shapes in countries.groupby("country", sort=True):
        here = np.flatnonzero(stated == country)
        if not len(here):
            continue
        land = shapely.union_all(project_shapes(shapes.geometry.to_numpy(), crs_metric))
        shapely.prepare(land)
        outside = here[~shapely.intersects(land, points[here])]
        away_km = shapely.distance(land, points[outside]) / _M_PER_KM
        for at, km in zip(outside, away_km, strict=True):
            if km > rules.border_km:
                reason[at] = f"in water or over the border: {km:.0f} km outside {country}"
    return reason


def _find_closed(
    sources: gpd.GeoDataFrame, areas: gpd.GeoDataFrame | None
) -> NDArray[np.object_]:
    """Which excluded areas a place lies in, and why each is excluded."""
    reason = np.full(len(sources), "", dtype=object)
    if areas is None or not len(areas) or not len(sources):
        return reason
    at, area = shapely.STRtree(areas.geometry.to_numpy()).query(
        sources.geometry.to_numpy(), predicate="intersects")
    words = areas["reason"].to_numpy(object) if "reason" in areas else areas.index.to_numpy(object)
    for row in np.unique(at):
        told = sorted({str(words[one]) for one in area[at == row]})
        reason[row] = f"excluded area: {', '.join(told)}"
    return reason


def _find_crowded(
    sources: gpd.GeoDataFrame, points: NDArray[np.object_], existing: gpd.GeoDataFrame,
    crs_metric: str, rules: CandidateRules,
) -> NDArray[np.object_]:
    """Why an existing point makes a new one needless; empty where none does."""
    reason = np.full(len(sources), "", dtype=object)
    if not len(existing) or not len(sources):
        return reason
    existing = existing.sort_index()
    has = [set(items) for items in existing["services"]]
    xy = shapely.get_coordinates(points)
    there: FloatArray = shapely.get_coordinates(
        project_shapes(existing.geometry.to_numpy(), crs_metric))
    offers = sources["services"].to_numpy(object)
    for wanted in sorted(set(offers)):
        full = np.flatnonzero([set(wanted) <= items for items in has])
        here = np.flatnonzero([items == wanted for items in offers])
        if not len(full):
            continue
        apart_m, row = cKDTree(there[full]).query(xy[here])
        for at, metres, near in zip(here, apart_m, full[row], strict=True):
            if metres < rules.min_spacing_km * _M_PER_KM:
                reason[at] = (f"{existing.index[near]} gives all of it {metres / _M_PER_KM:.1f} "
                              f"km away, nearer than {rules.min_spacing_km:g} km")
    return reason


def pair_near(
    candidates: gpd.GeoDataFrame, *, within_km: float, crs_metric: str
) -> tuple[tuple[int, int], ...]:
    """Pairs of candidates of which at most one may be chosen: nearer than so many km.

    Returns
    -------
    tuple of (int, int)
        Rows of the candidates, the smaller first, sorted.
    """
    if len(candidates) < 2 or within_km <= 0:  # noqa: PLR2004 - a pair
        return ()
    points = project_shapes(candidates.geometry.to_numpy(), crs_metric)
    tree = cKDTree(shapely.get_coordinates(points))
    pairs = tree.query_pairs(within_km * _M_PER_KM, output_type="ndarray")
    ordered = np.sort(pairs, axis=1)
    return tuple((int(a), int(b)) for a, b in ordered[np.lexsort(ordered.T[::-1])])
