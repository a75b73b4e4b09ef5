"""Doubts that need no stated place: what the numbers show, and what lies under them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from layers.gazetteer import measure_to_land_km
from layers.quality.copies import COPY_DEG, count_copies
from layers.quality.crowds import CROWD_ROWS
from layers.quality.decimals import count_written
from layers.quality.middles import find_middles, list_middles
from layers.quality.spots import LOCATED_ROLES

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from layers.gazetteer import Gazetteer
    from layers.spec import LayerSpec

NULL_ISLAND_DEG, AT_SEA_KM = 0.01, 10.0
COARSE_WORDS = {0: "whole degrees: good to some 80 km", 1: "one decimal: good to some 8 km"}
POSITION = "lon, lat"


def write_pair(lon: float, lat: float) -> str:
    """A position for a person, as far as its digits say something.

    Examples
    --------
    >>> write_pair(-77.0, 8.25)
    '-77, 8.25'
    """
    return f"{lon:.10g}, {lat:.10g}"


def _remark(row: int, lon: float, lat: float, reason: str) -> tuple[Any, ...]:
    return int(row), POSITION, write_pair(lon, lat), reason, "", (), 0.0, False


def doubt_numbers(
    lon: np.ndarray, lat: np.ndarray, stated: pd.DataFrame, spec: LayerSpec
) -> list[tuple[Any, ...]]:
    """Null island, whole degrees and few decimals, many rows on one spot."""
    origin = (np.abs(lon) < NULL_ISLAND_DEG) & (np.abs(lat) < NULL_ISLAND_DEG)
    found = [
        (int(row), POSITION, write_pair(lon[row], lat[row]),
         "longitude and latitude are zero: a blank that was written as a number", "", (), 0.0, True)
        for row in np.flatnonzero(origin).tolist()
    ]
    decimals = count_written(lon, lat, stated)
    coarse = np.flatnonzero((decimals < len(COARSE_WORDS)) & ~origin).tolist()
    found += [_remark(row, lon[row], lat[row], COARSE_WORDS[decimals[row]]) for row in coarse]
    if spec.role not in LOCATED_ROLES:
        return found
    copies = count_copies(lon, lat, step_deg=COPY_DEG)
    many = np.flatnonzero((copies >= CROWD_ROWS) & ~origin).tolist()
    found += [_remark(row, lon[row], lat[row],
                      f"{copies[row]} rows on this spot: the middle of an area, or one place?")
              for row in many]  # fmt: skip
    return found


def doubt_lie(
    lon: np.ndarray, lat: np.ndarray, rows: gpd.GeoDataFrame, spec: LayerSpec, *,
    gazetteer: Gazetteer,
) -> list[tuple[Any, ...]]:
    """Rows on the middle of an area; places, and incidents of land, in open water."""
    found = []
    if spec.role in LOCATED_ROLES:
        middles = list_middles(gazetteer)
        which = find_middles(lon, lat, gazetteer=gazetteer)
        found += [
            _remark(row, lon[row], lat[row], f"the middle of {middles.names[which[row]]}: good to "
                    f"some {middles.sigma_km[which[row]]:.0f} km if the area is what was meant")
            for row in np.flatnonzero(which >= 0).tolist()
        ]
    dry = _find_dry(rows, spec)
    if not len(dry):
        return found
    off_km = measure_to_land_km(lon[dry], lat[dry], gazetteer=gazetteer)
    wet = off_km > AT_SEA_KM
    at = dry[wet]
    told = zip(at.tolist(), lon[at].tolist(), lat[at].tolist(), off_km[wet].tolist(), strict=True)
    return found + [_remark(row, x, y, f"at sea, {km:.0f} km from land") for row, x, y, km in told]


def _find_dry(rows: gpd.GeoDataFrame, spec: LayerSpec) -> np.ndarray:
    """Rows, by position, that must lie on land."""
    if spec.role in {"facility", "place"}:
        return np.arange(len(rows))
    if spec.role == "incident" and "class" in rows:
        return np.flatnonzero(rows["class"].isin(["env", "acc"]).to_numpy())
    return np.zeros(0, dtype=int)
