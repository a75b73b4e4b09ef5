"""The next place of each service, both ways along every corridor that passes a town."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from pyproj import Geod

from georisk.places import judge_freshness, list_named
from georisk.towns import find_town, fold_name
from layers.errors import CallError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    import geopandas as gpd

COLUMNS = (
    "corridor", "direction", "towards", "service", "place_id", "layer", "name", "town", "country",
    "km", "walk_h", "opens", "months", "phone", "verify_by", "check", "synthetic",
)
_SIGNS = {"forward": 1, "backward": -1}
_KM_STEP = 5
FARTHEST_KM = 100
HERE_KM = 5


@dataclass(frozen=True)
class NearestQuery:
    """What to look for.

    Attributes
    ----------
    today : datetime.date
        Decides what reads "call first".
    place : str
        A town, or the id of a place that is shown.
    service, admits : str
        Only places that offer this, that admit this group; empty is any.
    """

    today: dt.date
    place: str
    service: str = ""
    admits: str = ""


def list_nearest(
    along: pd.DataFrame, facilities: Mapping[str, pd.DataFrame], query: NearestQuery
) -> pd.DataFrame:
    """List the next place of each service both ways along every corridor that passes.

    Parameters
    ----------
    along : DataFrame
        The ``along`` layer.
    facilities : dict of DataFrame
        Disclosed rows by layer: nothing else is listed.
    query : NearestQuery

    Returns
    -------
    DataFrame
        `COLUMNS`, one row per corridor, direction and service; ``km`` and ``walk_h`` on foot
        along the way from there, the way to the door excluded. ``attrs["place"]`` names the
        start.

    Raises
    ------
    CallError
        If there is no such town or place.

    Notes
    -----
    A service without a row has no place that is listed that way: it may exist all the same.
    Places up to `HERE_KM` behind count as lying there, in both directions.
    """
    shown = _list_shown(along, facilities, query)
    start, name = _find_start(along, shown, query.place)
    rows = []
    for corridor, at in start.groupby("corridor", sort=True):
        here = at.iloc[0]
        own = shown[shown["corridor"] == corridor]
        for direction, sign in _SIGNS.items():
            towards = _name_end(along, str(corridor), sign)
            if towards == name:
                continue  # the corridor ends here: nothing lies that way
            km = (own["km"] - here["km"]) * sign
            # What lies in the town itself is next whichever way one goes, even a little behind.
            near = own.assign(km=km.abs(),
                              walk_h=(own[f"{direction}_h"] - here[f"{direction}_h"]).abs())
            ahead = near[(km >= -HERE_KM) & (near["ref"] != query.place)]
            rows += _take_first(ahead, direction, towards)
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    table["check"] = judge_freshness(table, query.today) if len(table) else []
    table.attrs["place"] = name
    return table


def _list_shown(
    along: pd.DataFrame, facilities: Mapping[str, pd.DataFrame], query: NearestQuery
) -> pd.DataFrame:
    """Places along corridors with what may be told of them."""
    parts = []
    for layer, frame in sorted(facilities.items()):
        at = along[(along["kind"] == "place") & (along["layer"] == layer)]
        told = pd.DataFrame(frame.drop(columns="geometry", errors="ignore"))
        told = told.drop(columns=[c for c in told if c in at.columns and c != "synthetic"])
        joined = at.drop(columns="synthetic").merge(told, left_on="ref", right_index=True)
        parts.append(joined.reset_index(drop=True))
    shown = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    if len(shown) and query.admits:
        yes = {query.admits, f"{query.admits}:yes"}
        shown = shown[shown["admits"].map(lambda items: bool(yes & set(items))).astype(bool)]
    if not len(shown):
        return pd.DataFrame(columns=list(dict.fromkeys([*along.columns, *COLUMNS])))
    shown = shown.explode("services").rename(columns={"services": "service"})
    wanted = shown["service"] == query.service if query.service else shown["service"].notna()
    return shown[wanted]


def _find_start(
    along: pd.DataFrame, shown: pd.DataFrame, place: str
) -> tuple[pd.DataFrame, str]:
    """Where the way begins, once in each corridor: a place that is shown, or else a town."""
    at = shown[shown["ref"] == place]
    if len(at):
        return at.drop_duplicates("corridor"), str(at["name"].iloc[0])
    town = find_town(along, place)
    stops = list_named(along[(along["kind"] == "stop") & (along["ref"] == town)])
    return stops.drop_duplicates("corridor"), town


def _take_first(ahead: pd.DataFrame, direction: str, towards: str) -> list[dict[str, object]]:
    first = ahead.sort_values(["walk_h", "km", "ref"], kind="stable").drop_duplicates("service")
    first = first.sort_values("service", kind="stable")
    told = first.assign(place_id=first["ref"], direction=direction, towards=towards, check="",
                        km=first["km"].round(1) + 0.0,
                        walk_h=first["walk_h"].clip(lower=0).round(1) + 0.0)
    return list(told.reindex(columns=list(COLUMNS)).to_dict("records"))


def _name_end(along: pd.DataFrame, corridor: str, sign: int) -> str:
    """Town at which a corridor ends that way: people read "towards Tapachula"."""
    stops = along[(along["corridor"] == corridor) & (along["kind"] == "stop")]
    km = stops["km"] * sign
    return str(stops["ref"].iloc[int(np.argmax(km.to_numpy()))])


def coarsen_nearest(table: pd.DataFrame) -> pd.DataFrame:
    """Distances for audiences that may not see the line: whole hours, 5 km."""
    coarse = table.assign(km=(table["km"] / _KM_STEP).round() * _KM_STEP,
                          walk_h=table["walk_h"].round())
    coarse.attrs.update(table.attrs)
    return coarse


def find_nearest_town(
    towns: gpd.GeoDataFrame, along: pd.DataFrame, *, lon: float, lat: float
) -> str:
    """Name of the town on a corridor that is nearest to a position, as the crow flies.

    Parameters
    ----------
    towns : GeoDataFrame
        Disclosed towns with ``name``, points in EPSG:4326.
    along : DataFrame
        The ``along`` layer: only its stops are looked at.
    lon, lat : float
        Degrees.

    Raises
    ------
    CallError
        If no town is shown, or none within `FARTHEST_KM`: hours from a town mean nothing to
        somebody far from it.
    """
    stops = {fold_name(ref) for ref in along.loc[along["kind"] == "stop", "ref"].astype(str)}
    known = towns[towns["name"].map(lambda name: fold_name(str(name)) in stops).astype(bool)]
    if not len(known):
        raise CallError("no town on a corridor is shown to this audience")
    count = len(known)
    _, _, metres = Geod(ellps="WGS84").inv(
        np.full(count, lon), np.full(count, lat), known.geometry.x.to_numpy(),
        known.geometry.y.to_numpy())
    nearest = int(np.argmin(metres))
    if metres[nearest] > FARTHEST_KM * 1000:
        raise CallError(f"no town on a corridor lies within {FARTHEST_KM} km of this position")
    return str(known["name"].iloc[nearest])


