"""How much of each corridor is covered, unverified or uncovered, in km and person-km."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from georisk.corridors import order_corridor
from georisk.coverage.ahead import SORTED_DIRECTIONS
from georisk.coverage.cover import STATES
from georisk.flows import measure_flows
from georisk.travel import DIRECTIONS, NORTHWARD, find_entries

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    import geopandas as gpd

    from georisk.coverage.cover import Cover
    from georisk.network import IntArray
    from georisk.travel import Travel
    from layers.crs import FloatArray

_DAYS_A_YEAR = 365.25
_SIDE = {name: column for column, (name, _) in enumerate(SORTED_DIRECTIONS)}


def count_people(
    flows: pd.DataFrame | None, segments: pd.DataFrame, travel: Travel, *, as_of: dt.date
) -> FloatArray:
    """People a day on each segment, by the direction in which it is entered.

    Returns
    -------
    array of shape (n_segments, 2)
        Columns `SORTED_DIRECTIONS`; NaN where nobody counted that direction.
    """
    def count(name: str) -> FloatArray:
        rows = None if flows is None else flows[flows["direction"] == name]
        return measure_flows(rows, segments["leg_id"], as_of=as_of) / _DAYS_A_YEAR

    _, heading = find_entries(travel)
    forward, backward = (count(name)[:, None] for name, _ in DIRECTIONS)
    return np.where(heading == NORTHWARD, forward, backward)


def share_corridors(
    segments: gpd.GeoDataFrame,
    cover: Cover,
    people: FloatArray,
    *,
    corridors: Mapping[str, tuple[tuple[str, int], ...]],
) -> pd.DataFrame:
    """One row a corridor, service and direction along it.

    Parameters
    ----------
    segments : GeoDataFrame
        Those that the coverage is of.
    cover : Cover
    people : array of shape (n_segments, 2)
        As `count_people` gives them.
    corridors : mapping
        Legs in order, each with +1 as drawn or -1 reversed.

    Returns
    -------
    DataFrame
        ``corridor service direction length_km covered_km unverified_km uncovered_km redundant_km``;
        of person-km a day, where people were counted, ``counted_km person_km covered_person_km
        unverified_person_km uncovered_person_km``, missing where nobody counted.
    """
    rows = []
    length_km = segments["length_km"].to_numpy(float)
    for corridor, steps in sorted(corridors.items()):
        order = order_corridor(segments, steps)
        row = segments.index.get_indexer(order["segment_id"])
        sign = order["sign"].to_numpy(int)
        for at, service in enumerate(cover.services.index):
            for direction, along in DIRECTIONS:
                side = np.where(sign * along > 0, _SIDE["forward"], _SIDE["backward"])
                rows.append({"corridor": corridor, "service": str(service),
                             "direction": direction,
                             **_share(cover, at, (row, side), length_km[row], people)})
    return pd.DataFrame(rows)


def _share(
    cover: Cover, service: int, at: tuple[IntArray, IntArray], length_km: FloatArray,
    people: FloatArray,
) -> dict[str, float]:
    row, side = at
    state = cover.state[row, service, side]
    daily = people[row, side]
    counted = np.isfinite(daily)
    person_km = np.where(counted, daily, 0.0) * length_km
    km = np.bincount(state, weights=length_km, minlength=len(STATES))
    people_km = np.bincount(state, weights=person_km, minlength=len(STATES))
    if not counted.any():
        people_km = np.full(len(STATES), np.nan)
    spare = cover.redundant[row, service, side]
    return {
        "length_km": float(length_km.sum()),
        **{f"{name}_km": float(km[n]) for n, name in enumerate(STATES)},
        "redundant_km": float(length_km[spare].sum()),
        "counted_km": float(length_km[counted].sum()),
        "person_km": float(people_km.sum()),
        **{f"{name}_person_km": float(people_km[n]) for n, name in enumerate(STATES)},
    }
