"""Towns where a point could stand, and why others are left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from layers.crs import WGS84, project_xy_m

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    from layers.crs import FloatArray

_M_PER_KM = 1000.0
_COLUMNS = ("place", "country", "lon", "lat")


@dataclass(frozen=True)
class CandidateRules:
    """What makes a town a candidate.

    Attributes
    ----------
    max_access_km : float
        A town farther than this from every leg is no candidate.
    min_population : int
        Of gazetteer towns; waypoints count whatever their size.
    min_spacing_km : float
        Between a candidate and an existing point that gives every wanted service.
    same_town_km : float
        A gazetteer town this near to a waypoint is the same town.
    security_share : float
        Share of segments with most lethal violence near which no point is proposed.
    override : collection of str
        Candidates kept in spite of lethal violence: somebody has decided so.
    forbidden : collection of str
        Candidates ruled out by the study.
    """

    max_access_km: float = 10.0
    min_population: int = 1000
    min_spacing_km: float = 10.0
    same_town_km: float = 3.0
    security_share: float = 0.05
    override: Collection[str] = ()
    forbidden: Collection[str] = ()


def list_candidates(
    towns: gpd.GeoDataFrame,
    segments: gpd.GeoDataFrame,
    existing: gpd.GeoDataFrame,
    *,
    services: Collection[str],
    crs_metric: str,
    rules: CandidateRules | None = None,
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Sort the towns near the legs into candidates and towns left out, each with a reason.

    Parameters
    ----------
    towns : GeoDataFrame
        Points, EPSG:4326, index ``candidate_id``; columns ``place country``
        (`gather_towns` makes it).
    segments : GeoDataFrame
        Lines; column ``intensity_sec`` where known.
    existing : GeoDataFrame
        Places that stand already, with ``services``.
    services : collection of str
        What the new points would give.
    crs_metric : str
        Projected CRS in metres.
    rules : CandidateRules, optional

    Returns
    -------
    candidates : GeoDataFrame
        Index ``candidate_id``; columns ``place country lon lat geometry``.
    excluded : DataFrame
        Index ``candidate_id``; columns ``place reason``. Towns far from every leg are in
        neither.
    """
    rules = rules or CandidateRules()
    towns = towns.sort_index()
    lines = _project(segments.geometry.to_numpy(), crs_metric)
    points = _project(towns.geometry.to_numpy(), crs_metric)
    near, _ = shapely.STRtree(lines).query_nearest(
        points, max_distance=rules.max_access_km * _M_PER_KM, return_distance=True,
        all_matches=False,
    ) if len(towns) else (np.empty((2, 0), int), np.empty(0))
    towns = towns.iloc[near[0]]
    reason = _find_reasons(towns, near[1], segments, rules)
    crowded = _find_crowded(points[near[0]], existing, services, crs_metric, rules)
    reason = np.where(reason == "", crowded, reason)
    kept = reason == ""
    xy = shapely.get_coordinates(towns.geometry.to_numpy())
    towns = towns.assign(lon=xy[:, 0], lat=xy[:, 1])
    candidates = gpd.GeoDataFrame(towns[kept][[*_COLUMNS, "geometry"]], crs=WGS84)
    excluded = pd.DataFrame({"place": towns["place"], "reason": reason}, index=towns.index)[~kept]
    candidates.index.name = excluded.index.name = "candidate_id"
    return candidates, excluded


def _project(shapes: NDArray[np.object_], crs_metric: str) -> NDArray[np.object_]:
    return np.asarray(
        shapely.transform(
            shapes, lambda xy: project_xy_m(xy[:, 0], xy[:, 1], crs_metric=crs_metric)
        )
    )


def _find_reasons(
    towns: gpd.GeoDataFrame,
    nearest: NDArray[np.int64],
    segments: gpd.GeoDataFrame,
    rules: CandidateRules,
) -> NDArray[np.object_]:
    """Why the study or lethal violence rules a town out; empty where neither does."""
    violent = _find_violent(segments, rules.security_share)[nearest]
    violent &= ~towns.index.isin(list(rules.override))
    text = (
        f"lethal violence: the nearest segment is among the {rules.security_share:.0%} with most; "
        "name the town in security_override to keep it"
    )
    reason = np.where(violent, text, "").astype(object)
    return np.where(towns.index.isin(list(rules.forbidden)), "ruled out by the study", reason)


def _find_violent(segments: gpd.GeoDataFrame, share: float) -> NDArray[np.bool_]:
    """Segments with most lethal violence; none where all are alike or nothing is known."""
    if "intensity_sec" not in segments or segments["intensity_sec"].isna().all():
        return np.zeros(len(segments), bool)
    value = segments["intensity_sec"].to_numpy(float)
    known = np.isfinite(value)
    ceiling = np.quantile(value[known], 1.0 - share)
    return np.asarray(known & (value >= ceiling) & (value > value[known].min()), bool)


def _find_crowded(
    points: NDArray[np.object_],
    existing: gpd.GeoDataFrame,
    services: Collection[str],
    crs_metric: str,
    rules: CandidateRules,
) -> NDArray[np.object_]:
    """Why an existing point makes a new one needless; empty where none does."""
    wanted = set(services)
    gives = [wanted <= set(items) for items in existing["services"]]
    full = existing[np.array(gives, bool)].sort_index()
    reason = np.full(len(points), "", dtype=object)
    if not len(full) or not len(points):
        return reason
    there: FloatArray = shapely.get_coordinates(_project(full.geometry.to_numpy(), crs_metric))
    apart_m, row = cKDTree(there).query(shapely.get_coordinates(points))
    for at in np.flatnonzero(apart_m < rules.min_spacing_km * _M_PER_KM):
        reason[at] = (
            f"{full.index[row[at]]} gives all of it {apart_m[at] / _M_PER_KM:.1f} km away, nearer "
            f"than {rules.min_spacing_km:g} km"
        )
    return reason


def gather_towns(
    waypoints: gpd.GeoDataFrame | None,
    places: gpd.GeoDataFrame | None,
    *,
    crs_metric: str,
    rules: CandidateRules | None = None,
) -> gpd.GeoDataFrame:
    """Waypoints and gazetteer towns as one list, each town once.

    Parameters
    ----------
    waypoints : GeoDataFrame or None
        The ``waypoints`` layer; its ids are kept.
    places : GeoDataFrame or None
        The ``places`` layer; ids become ``town-{geonameid}``.

    Returns
    -------
    GeoDataFrame
        Index ``candidate_id``; columns ``place country geometry``.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> here = {"geometry": [shapely.Point(0, 0)], "crs": "EPSG:4326"}
    >>> way = gpd.GeoDataFrame({"name": ["A"], "country": ["GT"]}, index=["gt-a"], **here)
    >>> town = gpd.GeoDataFrame({"name": ["A"], "country": ["GT"], "population": [9000]},
    ...                         index=["77"], **here)
    >>> gather_towns(way, town, crs_metric="EPSG:32631").index.tolist()
    ['gt-a']
    """
    rules = rules or CandidateRules()
    parts = []
    if waypoints is not None and len(waypoints):
        parts.append(_shape_towns(waypoints, ""))
    if places is not None and len(places):
        large = places[places["population"].fillna(0) >= rules.min_population]
        parts.append(_drop_known(_shape_towns(large, "town-"), parts, crs_metric, rules))
    if not parts:
        empty: dict[str, list[str]] = {"place": [], "country": []}
        return gpd.GeoDataFrame(empty, geometry=gpd.GeoSeries([], crs=WGS84))
    towns = gpd.GeoDataFrame(pd.concat(parts), crs=WGS84).sort_index()
    towns.index.name = "candidate_id"
    return towns


def _shape_towns(frame: gpd.GeoDataFrame, prefix: str) -> gpd.GeoDataFrame:
    data = {"place": frame["name"].to_numpy(object), "country": frame["country"].to_numpy(object)}
    index = pd.Index([f"{prefix}{name}" for name in frame.index], dtype="str")
    shapes = frame.geometry.to_numpy()
    return gpd.GeoDataFrame(pd.DataFrame(data, index=index), geometry=shapes, crs=WGS84)


def _drop_known(
    towns: gpd.GeoDataFrame,
    known: list[gpd.GeoDataFrame],
    crs_metric: str,
    rules: CandidateRules,
) -> gpd.GeoDataFrame:
    if not known or not len(towns):
        return towns
    at = shapely.get_coordinates(_project(known[0].geometry.to_numpy(), crs_metric))
    here = shapely.get_coordinates(_project(towns.geometry.to_numpy(), crs_metric))
    apart_m, _ = cKDTree(at).query(here)
    return towns[apart_m > rules.same_town_km * _M_PER_KM]
