"""What lies along each corridor, in order: stops and places, with km and hours on foot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from georisk.access import find_spots
from georisk.corridors import order_corridor

if TYPE_CHECKING:
    import geopandas as gpd

    from georisk.corridors import Corridors
    from georisk.travel import Travel

COLUMNS = ["corridor", "kind", "layer", "ref", "leg_id", "km", "forward_h", "backward_h",
           "access_km"]


@dataclass(frozen=True)
class _Course:
    """A corridor as travelled: where each segment begins, in km and in hours both ways."""

    order: pd.DataFrame
    forward_h: np.ndarray
    backward_h: np.ndarray

    @property
    def total_h(self) -> float:
        return float(self.backward_h.sum())


def list_along(
    lines: gpd.GeoDataFrame,
    routes: pd.DataFrame,
    facilities: gpd.GeoDataFrame,
    *,
    corridors: Corridors,
    travel: Travel,
    reach: tuple[str, float],
) -> pd.DataFrame:
    """List stops and places along every corridor.

    Parameters
    ----------
    lines : GeoDataFrame
        Of `georisk.corridors.split_legs`.
    routes : DataFrame
        ``from_place`` and ``to_place`` by leg.
    facilities : GeoDataFrame
        Index ``place_id``; column ``layer`` says which layer a place is of.
    corridors : dict
        Legs in order with +1 or -1.
    travel : Travel
        Over these lines.
    reach : tuple
        Metric CRS, and the farthest access in km.

    Returns
    -------
    DataFrame
        Index ``along_id``; `COLUMNS`. ``km`` and hours count along the corridor; the way from
        the corridor to a place is not in the hours.
    """
    spots = _locate(lines, facilities, travel, reach)
    rows: list[dict[str, object]] = []
    for name, steps in sorted(corridors.items()):
        course = _plan(lines, steps, travel)
        rows += _list_stops(name, course, routes)
        rows += _list_places(name, course, spots)
    frame = pd.DataFrame(rows, columns=COLUMNS)
    frame.index = pd.Index([f"a{n + 1:06d}" for n in range(len(frame))], name="along_id",
                           dtype="str")
    return frame


def _plan(
    lines: gpd.GeoDataFrame, steps: tuple[tuple[str, int], ...], travel: Travel
) -> _Course:
    order = order_corridor(lines, steps)
    row = lines.index.get_indexer(order["segment_id"])
    ahead = np.where(order["sign"] > 0, 0, 1)
    through = travel.segment_walk_h[row]
    every = np.arange(len(row))
    return _Course(order, through[every, ahead], through[every, 1 - ahead])


def _list_stops(name: str, course: _Course, routes: pd.DataFrame) -> list[dict[str, object]]:
    rows = []
    order = course.order
    at_h = np.concatenate([[0.0], np.cumsum(course.forward_h)])
    left_h = course.total_h - np.concatenate([[0.0], np.cumsum(course.backward_h)])
    change = np.flatnonzero(order["leg_id"].to_numpy()[1:] != order["leg_id"].to_numpy()[:-1]) + 1
    starts, ends = np.r_[0, change], np.r_[change, len(order)]
    for first, last in zip(starts, ends, strict=True):
        leg, sign = order["leg_id"].iloc[first], order["sign"].iloc[first]
        towns = [str(routes.at[leg, "from_place"]), str(routes.at[leg, "to_place"])][::sign]
        km = (order["from_km"].iloc[first], order["to_km"].iloc[last - 1])
        for town, at_km, n in zip(towns, km, (first, last), strict=True):
            rows.append({"corridor": name, "kind": "stop", "layer": None, "ref": town,
                         "leg_id": leg, "km": at_km, "forward_h": at_h[n], "backward_h": left_h[n],
                         "access_km": 0.0})
    return rows


def _list_places(name: str, course: _Course, spots: pd.DataFrame) -> list[dict[str, object]]:
    """Each place once a corridor, where it is nearest to the way."""
    order = course.order
    position = pd.Series(np.arange(len(order)), index=order["segment_id"])
    position = position[~position.index.duplicated()]
    near = spots[spots["segment_id"].isin(position.index)]
    near = near.sort_values(["place_id", "access_km", "segment_id"], kind="stable")
    near = near.drop_duplicates("place_id")
    n = position.loc[near["segment_id"]].to_numpy()
    sign = order["sign"].to_numpy()[n]
    share = np.where(sign > 0, near["share"], 1 - near["share"])
    start_h = np.concatenate([[0.0], np.cumsum(course.forward_h)])[n]
    left_h = course.total_h - np.concatenate([[0.0], np.cumsum(course.backward_h)])[n]
    placed = near.assign(
        km=order["from_km"].to_numpy()[n] + share * order["length_km"].to_numpy()[n],
        forward_h=start_h + share * course.forward_h[n],
        backward_h=left_h - share * course.backward_h[n],
        leg_id=order["leg_id"].to_numpy()[n],
    ).sort_values(["km", "place_id"], kind="stable")
    return [
        {"corridor": name, "kind": "place", "layer": row.layer, "ref": row.place_id,
         "leg_id": row.leg_id, "km": row.km, "forward_h": row.forward_h,
         "backward_h": row.backward_h, "access_km": row.access_km}
        for row in placed.itertuples()
    ]


def _locate(
    lines: gpd.GeoDataFrame, facilities: gpd.GeoDataFrame, travel: Travel, reach: tuple[str, float]
) -> pd.DataFrame:
    lonlat = shapely.get_coordinates(facilities.geometry.to_numpy())
    crs_metric, max_access_km = reach
    found = find_spots(travel.network, lonlat, lines.geometry.to_numpy(), crs_metric=crs_metric,
                       max_access_km=max_access_km)
    return pd.DataFrame({
        "place_id": facilities.index.to_numpy()[found.place],
        "layer": facilities["layer"].to_numpy()[found.place],
        "segment_id": lines.index.to_numpy()[found.segment],
        "share": found.share,
        "access_km": found.distance_km,
    })
