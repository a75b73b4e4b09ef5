"""Where people sleep: places with beds, and stretches of about ten kilometres between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from georisk.corridors import name_near_places
from georisk.stretches import STRETCH_KM

if TYPE_CHECKING:
    import geopandas as gpd

    from georisk.network import IntArray
    from georisk.study import Study
    from georisk.surge.journeys import Journey
    from layers.crs import FloatArray

PLACE, STRETCH, TOWN = "place", "stretch", "town"
_TOWN_PEOPLE = 2_000
_DECIMALS = 4


def name_stretches(
    lines: gpd.GeoDataFrame, ways: tuple[Journey, ...], first: int
) -> tuple[IntArray, gpd.GeoDataFrame]:
    """Location of every segment on the ways, and the middle segment of each stretch.

    Stretches have the ids of the layer ``stretches``.

    Parameters
    ----------
    first : int
        Number of the first stretch: so many places come before.

    Returns
    -------
    array of int, shape (n_segments,)
        -1 off the ways.
    GeoDataFrame
        Rows of ``lines``, index ``stretch_id``, sorted; ``from_km`` and ``to_km`` along the leg.
    """
    total = lines.groupby("leg_id")["chainage_to_km"].transform("max")
    count = np.maximum(1, np.round(total / STRETCH_KM))
    middle = (lines["chainage_from_km"] + lines["chainage_to_km"]) / 2
    number = np.minimum(np.floor(middle / total * count), count - 1).astype(int) + 1
    name = (lines["leg_id"] + "-s" + number.map("{:03d}".format)).to_numpy(str)
    rows = np.unique(np.concatenate([way.row for way in ways]))
    names, code = np.unique(name[rows], return_inverse=True)
    stretch = np.full(len(lines), -1, np.int64)
    stretch[rows] = first + code
    begin = np.searchsorted(np.sort(code), np.arange(len(names)))
    size = np.bincount(code, minlength=len(names))
    ordered = rows[np.argsort(code, kind="stable")]
    middles = lines.iloc[ordered[begin + size // 2]].copy()
    middles["from_km"] = lines["chainage_from_km"].to_numpy()[ordered[begin]]
    middles["to_km"] = lines["chainage_to_km"].to_numpy()[ordered[begin + size - 1]]
    middles.index = pd.Index(names, dtype="str", name="stretch_id")
    return stretch, middles


def describe_locations(
    offering: gpd.GeoDataFrame, stretches: gpd.GeoDataFrame, study: Study
) -> pd.DataFrame:
    """Names, admin-1 and positions: places first, then stretches."""
    layers = study.config.layers
    places = study.layer("places").frame if "places" in layers else None
    near = name_near_places(stretches, places, min_population=_TOWN_PEOPLE)
    routes = study.layer("routes").frame
    ends = routes[["from_place", "to_place"]].reindex(stretches["leg_id"]).to_numpy(str)
    towns = ends[:, 1]
    between = pd.Series([
        f"{_shorten(one)} to {_shorten(two)} km {row.from_km:.0f}-{row.to_km:.0f}"
        for (one, two), row in zip(ends, stretches.itertuples(), strict=True)
    ], index=stretches.index, dtype="str")
    spots = shapely.get_coordinates(offering.geometry.to_numpy())
    lon = np.concatenate([spots[:, 0], stretches["mid_lon"].to_numpy(float)])
    lat = np.concatenate([spots[:, 1], stretches["mid_lat"].to_numpy(float)])
    country, admin1 = _find_divisions(lon, lat, study)
    return pd.DataFrame({
        "location_id": [*offering.index.astype(str), *stretches.index],
        "kind": [PLACE] * len(offering) + [STRETCH] * len(stretches),
        "name": [*_name_places(offering), *between],
        "near": [*[""] * len(offering), *near.fillna(pd.Series(towns, index=near.index))],
        "country": country, "admin1": admin1, "lon": lon.round(_DECIMALS),
        "lat": lat.round(_DECIMALS),
    })


def _shorten(town: str) -> str:
    """Name without the country or state that tells it from others, as legs tell it too."""
    return town.partition(" (")[0]


def add_town(
    locations: pd.DataFrame, town: str, spot: FloatArray, study: Study
) -> pd.DataFrame:
    """Add the town itself: where those sleep who find no place with beds in it."""
    lon, lat = spot[:1], spot[1:]
    country, admin1 = _find_divisions(lon, lat, study)
    row = pd.DataFrame({
        "location_id": f"town-{town}", "kind": TOWN, "name": town, "near": "", "country": country,
        "admin1": admin1, "lon": lon.round(_DECIMALS), "lat": lat.round(_DECIMALS),
    })
    return pd.concat([locations, row], ignore_index=True)


def _name_places(offering: gpd.GeoDataFrame) -> list[str]:
    names = offering["name"] if "name" in offering else pd.Series(index=offering.index, dtype="str")
    return [str(name) if isinstance(name, str) else str(key)
            for key, name in zip(offering.index, names, strict=True)]


def _find_divisions(
    lon: np.ndarray, lat: np.ndarray, study: Study
) -> tuple[np.ndarray, np.ndarray]:
    """Country and first division that each point lies in; empty where none is known."""
    country, name = np.full(len(lon), "", object), np.full(len(lon), "", object)
    if "boundaries" not in study.config.layers:
        return country, name
    frame = study.layer("boundaries").frame
    points = shapely.points(lon, lat)
    for level, column, values in ((0, "country", country), (1, "name", name)):
        areas = frame[frame["level"] == level].sort_index()
        if len(areas):
            point, area = shapely.STRtree(areas.geometry.to_numpy()).query(points,
                                                                           predicate="within")
            values[point] = areas[column].astype(str).to_numpy()[area]
    return country, name
