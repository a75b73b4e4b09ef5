"""Places with beds that a group passes: in the town where it is, and ahead on each way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from georisk.corridors import JOIN_KM
from georisk.coverage import judge_places, list_open_places
from georisk.coverage.hours import CLOSED, UNKNOWN
from georisk.surge.courses import Stops
from layers.crs import measure_distance_km

if TYPE_CHECKING:
    from collections.abc import Sequence

    from georisk.network import BoolArray
    from georisk.surge.journeys import Journey
    from georisk.walking.when import When


@dataclass(frozen=True, eq=False)
class Ground:
    """Places with beds that somebody may come to.

    Attributes
    ----------
    ahead : tuple of DataFrame
        For each way, index the place: ``km`` from the town, ``access_km`` off the way.
    in_town : Series
        Distance from the town, km, by place; empty if nobody sleeps there.
    offering : DataFrame
        Both, sorted by id.
    town : int
        Location of the town; -1 without nights there.
    """

    ahead: tuple[pd.DataFrame, ...]
    in_town: pd.Series
    offering: pd.DataFrame
    town: int = -1


def find_ground(
    along: pd.DataFrame, places: pd.DataFrame, ways: Sequence[Journey], *, sign: int,
    town_km: float,
) -> Ground:
    """Gather the places with beds of the town and of all ways.

    Parameters
    ----------
    along : DataFrame
        Layer ``along``; places are read.
    town_km : float
        How far from the town its places are; 0: nobody sleeps in the town.
    """
    ids = list_open_places(places, "shelter", group="")
    passed = along[(along["kind"] == "place") & along["ref"].isin(ids)]
    ahead = tuple(_list_ahead(passed, way, sign=sign) for way in ways)
    in_town = _list_town(places.loc[ids], ways[0], town_km)
    known = sorted({*in_town.index, *(ref for frame in ahead for ref in frame.index)})
    return Ground(ahead, in_town, places.loc[known])


def _list_ahead(passed: pd.DataFrame, way: Journey, *, sign: int) -> pd.DataFrame:
    """Places ahead on a way; one that two parts pass counts where it is nearer."""
    found = []
    for part, begin_km in zip(way.parts, way.begin_km, strict=True):
        mine = passed[passed["corridor"] == part.name]
        km = (mine["km"].to_numpy(float) - part.from_km) * sign
        here = (km > 0) & (km <= part.km[-1] + JOIN_KM)
        found.append(pd.DataFrame({
            "ref": mine["ref"].astype(str).to_numpy()[here],
            "km": np.minimum(km[here], part.km[-1]) + begin_km,
            "access_km": mine["access_km"].to_numpy(float)[here],
        }))
    frame = pd.concat(found).sort_values(["access_km", "km", "ref"], kind="stable")
    return frame.drop_duplicates("ref").set_index("ref").sort_values("km", kind="stable")


def _list_town(places: pd.DataFrame, way: Journey, town_km: float) -> pd.Series:
    if not (town_km > 0 and len(places)):
        return pd.Series(index=pd.Index([], dtype="str"), dtype=float)
    lon, lat = way.parts[0].spot[0]
    points = places.geometry
    apart = measure_distance_km(np.full(len(places), lon), np.full(len(places), lat),
                                points.x.to_numpy(float), points.y.to_numpy(float))
    km = pd.Series(apart, index=places.index.astype("str")).sort_index()
    return km[km <= town_km]


def judge_open(offering: pd.DataFrame, seasons: Sequence[When]) -> tuple[BoolArray, int]:
    """Whether each place may be open, by season and place; how many nobody knows it of.

    Raises
    ------
    CallError
        If ``months`` cannot be read.
    """
    states = [judge_places(offering, when.month).to_numpy(str) for when in seasons]
    told = np.array(states, str).reshape(len(seasons), len(offering))
    return told != CLOSED, int((told == UNKNOWN).any(axis=0).sum())


def list_stops(ground: Ground, way: int, group: str, is_open: BoolArray) -> Stops:
    """Places of one way that do not turn a group away, those of the town first.

    Parameters
    ----------
    way : int
        Row of ``ground.ahead``.
    group : str
        As in ``admits``.
    """
    admitted = list_open_places(ground.offering, "shelter", group=group)
    ahead, town = ground.ahead[way], ground.in_town
    ahead = ahead[ahead.index.isin(admitted) & ~ahead.index.isin(town.index)]
    town = town[town.index.isin(admitted)]
    stop = ground.offering.index.get_indexer([*town.index, *ahead.index]).astype(np.int64)
    return Stops(stop, np.concatenate([np.zeros(len(town)), ahead["km"].to_numpy(float)]),
                 np.concatenate([town.to_numpy(float), ahead["access_km"].to_numpy(float)]),
                 is_open[:, stop], ground.town)
