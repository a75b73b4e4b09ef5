"""Where a point could stand at all: towns, stations, crossings, facilities, mobile units."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from layers.crs import WGS84, project_xy_m

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray

_M_PER_KM = 1000.0
COLUMNS = ("place", "country", "kind", "option", "services")
UPGRADE, MOBILE = "upgrade-", "mobile-"
_KIND_OF_WAYPOINT = {"station": "station", "crossing": "crossing"}


def gather_towns(
    waypoints: gpd.GeoDataFrame | None,
    places: gpd.GeoDataFrame | None,
    *,
    crs_metric: str,
    services: Collection[str] = (),
    min_population: int = 1000,
    same_town_km: float = 3.0,
) -> gpd.GeoDataFrame:
    """Waypoints and gazetteer towns as one list, each town once.

    Parameters
    ----------
    waypoints : GeoDataFrame or None
        The ``waypoints`` layer; its ids are kept. Whether a crossing is official is kept in
        ``official``; unknown is no.
    places : GeoDataFrame or None
        The ``places`` layer; ids become ``town-{geonameid}``.
    services : collection of str
        What a new point would give.
    min_population : int
        Of gazetteer towns; waypoints count whatever their size.
    same_town_km : float
        A gazetteer town this near to a waypoint is the same town.

    Returns
    -------
    GeoDataFrame
        Index ``candidate_id``; columns ``place country kind option services official geometry``.

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
    parts = []
    if waypoints is not None and len(waypoints):
        parts.append(_shape_waypoints(waypoints, services))
    if places is not None and len(places):
        large = places[places["population"].fillna(0) >= min_population]
        towns = _shape(large, [f"town-{name}" for name in large.index], services)
        if parts:
            towns, same = _drop_known(towns, parts[0], crs_metric, same_town_km)
            parts[0]["town"] = parts[0]["town"].to_numpy(bool) | same
        parts.append(towns)
    return join_sources(parts)


def _shape_waypoints(
    waypoints: gpd.GeoDataFrame, services: Collection[str]
) -> gpd.GeoDataFrame:
    frame = _shape(waypoints, [str(name) for name in waypoints.index], services)
    if "kind" in waypoints:
        frame["kind"] = waypoints["kind"].map(_KIND_OF_WAYPOINT).fillna("town").to_numpy(object)
        # Whether a car gets to a village, a station or a landing is not known.
        frame["town"] = (waypoints["kind"] == "town").to_numpy()
    if "official_crossing" in waypoints:
        known = waypoints["official_crossing"].astype("boolean").fillna(value=False)
        frame["official"] = known.to_numpy(bool) | (frame["kind"] != "crossing").to_numpy()
    return frame


def _shape(
    frame: gpd.GeoDataFrame, ids: Sequence[str], services: Collection[str]
) -> gpd.GeoDataFrame:
    data = {
        "place": frame["name"].to_numpy(object), "country": frame["country"].to_numpy(object),
        "kind": "town", "option": "build",
        "services": _repeat(services, len(frame)), "official": True, "town": True,
    }
    table = pd.DataFrame(data, index=pd.Index(list(ids), dtype="str"))
    return gpd.GeoDataFrame(table, geometry=frame.geometry.to_numpy(), crs=WGS84)


def _repeat(services: Collection[str], count: int) -> NDArray[np.object_]:
    cells = np.empty(count, dtype=object)
    cells[:] = [tuple(sorted(services))] * count
    return cells


def _drop_known(
    towns: gpd.GeoDataFrame, known: gpd.GeoDataFrame, crs_metric: str, same_town_km: float
) -> tuple[gpd.GeoDataFrame, NDArray[np.bool_]]:
    """Towns that are no waypoint, and which waypoints are a town."""
    if not len(towns):
        return towns, np.zeros(len(known), bool)
    at, here = (
        shapely.get_coordinates(project_shapes(frame.geometry.to_numpy(), crs_metric))
        for frame in (known, towns)
    )
    within_m = same_town_km * _M_PER_KM
    apart_m, _ = cKDTree(at).query(here)
    to_town_m, _ = cKDTree(here).query(at)
    return towns[apart_m > within_m], np.asarray(to_town_m <= within_m)


def gather_upgrades(
    facilities: gpd.GeoDataFrame, *, services: Collection[str]
) -> gpd.GeoDataFrame:
    """Existing facilities that lack some of what is wanted, each giving what it lacks.

    Places of detention are not enlarged. Ids become ``upgrade-{place_id}``.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> has = gpd.GeoDataFrame({"services": [("water",), ("phone", "water")]}, index=["a", "b"],
    ...     geometry=[shapely.Point(0, 0)] * 2, crs="EPSG:4326")
    >>> gather_upgrades(has, services=["phone", "water"])["services"].to_dict()
    {'upgrade-a': ('phone',)}
    """
    from georisk.coverage.eligible import NO_HELP_KINDS

    wanted = set(services)
    lacking = [tuple(sorted(wanted - set(items))) for items in facilities["services"]]
    kept = np.array([bool(items) for items in lacking], bool)
    if "place_kind" in facilities:
        kept &= ~facilities["place_kind"].isin(NO_HELP_KINDS).to_numpy(bool)
    some = facilities[kept]
    named = some.assign(
        name=some["name"] if "name" in some else some.index.astype(str),
        country=some.get("country", ""),
    )
    frame = _shape(named, [f"{UPGRADE}{name}" for name in some.index], services)
    cells = np.empty(len(some), dtype=object)
    cells[:] = [items for items, keep in zip(lacking, kept, strict=True) if keep]
    return frame.assign(kind="facility", option="upgrade", services=cells, town=False)


def gather_mobile(
    segments: gpd.GeoDataFrame, uncovered: NDArray[np.bool_], *, services: Collection[str],
    every_km: float,
) -> gpd.GeoDataFrame:
    """Mobile units along uncovered legs: one in the middle of each so many km of a leg.

    Parameters
    ----------
    segments : GeoDataFrame
        Lines in the order of ``segment_id``; ``leg_id chainage_from_km near_place country``
        where known.
    uncovered : array of bool, shape (n_segments,)
        Where something wanted is out of reach.
    every_km : float
        Stretches along the leg; one in which nothing is uncovered gets no unit.

    Returns
    -------
    GeoDataFrame
        Ids ``mobile-{segment_id}``: the uncovered segment nearest to the middle of its stretch.
    """
    columns = {name: _read(segments, name) for name in ("near_place", "country")}
    km = segments["chainage_from_km"].to_numpy(float)
    stretch = np.floor(km / every_km)
    table = pd.DataFrame({
        "row": np.arange(len(segments)), "leg": segments["leg_id"].to_numpy(object),
        "stretch": stretch, "off": np.abs(km - (stretch + 0.5) * every_km),
    })[np.asarray(uncovered, bool)]
    first = table.sort_values(["leg", "stretch", "off", "row"]).drop_duplicates(["leg", "stretch"])
    rows = np.sort(first["row"].to_numpy(np.int64))
    near = [str(name) if isinstance(name, str) else "" for name in columns["near_place"][rows]]
    middles = shapely.line_interpolate_point(
        segments.geometry.to_numpy()[rows], 0.5, normalized=True)
    data = gpd.GeoDataFrame(
        {"name": [f"near {name}" if name else "on the way" for name in near],
         "country": columns["country"][rows]}, geometry=middles, crs=WGS84)
    ids = [f"{MOBILE}{name}" for name in segments.index[rows]]
    return _shape(data, ids, services).assign(kind="mobile", option="mobile", town=False)


def _read(frame: pd.DataFrame, name: str) -> NDArray[np.object_]:
    if name not in frame:
        return np.full(len(frame), "", dtype=object)
    return np.asarray(frame[name].to_numpy(object))


def join_sources(parts: Sequence[gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """One list of everything that might be a candidate, sorted by id."""
    parts = [part for part in parts if len(part)]
    if not parts:
        empty: dict[str, list[object]] = {name: [] for name in (*COLUMNS, "official", "town")}
        frame = gpd.GeoDataFrame(empty, geometry=gpd.GeoSeries([], crs=WGS84))
        frame.index = pd.Index([], dtype="str", name="candidate_id")
        return frame
    frame = gpd.GeoDataFrame(pd.concat(parts), crs=WGS84).sort_index()
    frame.index.name = "candidate_id"
    return frame


def project_shapes(shapes: NDArray[np.object_], crs_metric: str) -> NDArray[np.object_]:
    """Shapes in metres of a projected CRS."""
    return np.asarray(
        shapely.transform(
            shapes, lambda xy: project_xy_m(xy[:, 0], xy[:, 1], crs_metric=crs_metric)
        )
    )
