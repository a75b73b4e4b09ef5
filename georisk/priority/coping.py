"""What helps on the way: how much of each service is within reach, and how far the second is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from georisk.incidents import read_lonlat
from georisk.priority.hazards import ENOUGH
from georisk.priority.normalising import SCALE
from layers.crs import project_xy_m

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    from numpy.typing import NDArray

    from georisk.priority.numbers import Numbers
    from layers.crs import FloatArray

SERVICES: Mapping[str, tuple[str, ...]] = {
    "water": ("water",),
    "health": ("medical", "emergency_care"),
    "shelter": ("shelter",),
    "protection": ("phone", "legal", "asylum", "child_protection"),
}
_SECOND = ("water", "medical", "shelter")
_NEAREST = (("nearest_id", "walk_h"), ("second_id", "second_walk_h"))
_BY_MODE = "mode"
_ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class Reach:
    """How near help is on m segments.

    Attributes
    ----------
    covered : array of shape (m, 4)
        Of each of `SERVICES`, 1 within its hours, 0 at twice the hours and beyond, and where
        nothing can be reached; NaN where the study has no place of it.
    remoteness_h : array of shape (m,)
        Walking time to the second nearest place of water, medical care or shelter; infinite
        where there is none, NaN where unknown.
    """

    covered: FloatArray
    remoteness_h: FloatArray


def measure_reach(
    coverage: pd.DataFrame,
    services: pd.DataFrame,
    mode: pd.Series,
    *,
    direction: str = "forward",
) -> Reach:
    """Read from coverage how near help is to each segment, the way people travel there.

    On foot the walking time counts; in a vehicle, train or boat the time by it to where one can
    get off. A service that no place of the study offers is unknown, not absent.

    Parameters
    ----------
    coverage : DataFrame
        The ``coverage`` layer. Each row's time is held against its ``threshold_h``: that of the
        profile, month and ground; the one of ``services`` where there is none.
    services : DataFrame
        From `georisk.services.tabulate_services`: by which measure each is reached.
    mode : Series
        Mode by ``segment_id``: the m segments, in the order wanted.
    direction : str
        The study's headline direction.
    """
    ahead = coverage[coverage["direction"] == direction]
    tables = {str(name): rows.set_index("segment_id").reindex(mode.index)
              for name, rows in ahead.groupby("service", sort=True)}
    tables = {name: rows for name, rows in tables.items()
              if rows[["walk_h", "mode_h"]].notna().to_numpy().any()}
    on_foot = (mode == "foot").to_numpy(bool)
    found = {
        name: _grade_service(rows, services.loc[name], on_foot) for name, rows in tables.items()
    }
    blank = np.full(len(mode), np.nan)
    covered = [_take_best([found[name] for name in names if name in found], blank)
               for names in SERVICES.values()]
    return Reach(np.column_stack(covered), _find_second(tables, blank))


def _grade_service(
    rows: pd.DataFrame, service: pd.Series, on_foot: NDArray[np.bool_]
) -> FloatArray:
    walking = on_foot & (service["measure"] != _BY_MODE)
    hours = np.where(walking, rows["walk_h"].astype(float), rows["mode_h"].astype(float))
    usual_h = float(service["threshold_h"])
    own_h = rows.get("threshold_h", pd.Series(usual_h, index=rows.index)).astype(float)
    return grade_hours(np.where(np.isnan(hours), np.inf, hours), own_h.fillna(usual_h).to_numpy())


def grade_hours(hours: FloatArray, threshold_h: FloatArray | float) -> FloatArray:
    """How well a service is within reach: 1 within its hours, falling to 0 at twice as many.

    Parameters
    ----------
    hours : array of shape (m,)
        Infinite where it cannot be reached.
    threshold_h : array of shape (m,) or one value
        Above 0.

    Examples
    --------
    >>> grade_hours(np.array([3.0, 8.0, 12.0, 16.0, np.inf]), 8.0).tolist()
    [1.0, 1.0, 0.5, 0.0, 0.0]
    """
    return np.asarray(np.clip((2.0 * threshold_h - hours) / threshold_h, 0.0, 1.0))


def _take_best(parts: list[FloatArray], blank: FloatArray) -> FloatArray:
    best = blank
    for part in parts:
        best = np.fmax(best, part)
    return best


def _find_second(tables: Mapping[str, pd.DataFrame], blank: FloatArray) -> FloatArray:
    """Hours to the second nearest of all places of three services."""
    used = [tables[name] for name in _SECOND if name in tables]
    if not used:
        return blank
    near = [(rows[name], rows[hours].astype(float).fillna(np.inf))
            for rows in used for name, hours in _NEAREST]
    hours = np.column_stack([time.to_numpy() for _, time in near])
    ids = np.column_stack([name.fillna("").to_numpy(object) for name, _ in near])
    first = hours.argmin(axis=1)
    nearest = ids[np.arange(len(ids)), first]
    others = np.where(ids == nearest[:, None], np.inf, hours)
    return np.asarray(others.min(axis=1))


def measure_help_km(xy_km: FloatArray, places: gpd.GeoDataFrame, *, crs_metric: str) -> FloatArray:
    """Straight line to the second nearest place of water, medical care or shelter, km.

    For cells off the routes, where no way to a place is known.

    Parameters
    ----------
    xy_km : array of shape (m, 2)
        Cells, km in the metric CRS.
    places : GeoDataFrame
        Facilities, EPSG:4326, with ``services``.

    Returns
    -------
    array of shape (m,)
        Infinite with fewer than two such places; NaN without any: nothing is known of help.
    """
    offers = [any(name in _SECOND for name in items) for items in places["services"]]
    lon, lat = read_lonlat(places[np.array(offers, bool)])
    there = ~(np.isnan(lon) | np.isnan(lat))
    if not there.any():
        return np.full(len(xy_km), np.nan)
    at_km = project_xy_m(lon[there], lat[there], crs_metric=crs_metric) / 1000.0
    found, _ = cKDTree(at_km).query(xy_km, k=2)
    return np.asarray(found[:, 1], float)


def judge_coping(covered: FloatArray, numbers: Numbers) -> FloatArray:
    """Lack of coping capacity, 0 to 10: ten times what the coverage index leaves open.

    Parameters
    ----------
    covered : array of shape (m, 4)
        As in `Reach`; unknown services are left out and the other weights raised, as long as two
        thirds of the weight are known; else NaN.

    Examples
    --------
    >>> from georisk.priority.numbers import Numbers
    >>> weights = {"service.water": 0.3, "service.health": 0.25, "service.shelter": 0.25,
    ...            "service.protection": 0.2}
    >>> help_at = np.array([[1.0, 1.0, 0.0, 0.5], [1.0, 1.0, 0.0, np.nan], [1.0] + 3 * [np.nan]])
    >>> judge_coping(help_at, Numbers(weights, "adult_man")).round(3).tolist()
    [3.5, 3.125, nan]
    """
    share = np.array([numbers.value(f"service.{name}") for name in SERVICES])
    known = ~np.isnan(covered)
    present = known @ share
    index = np.where(known, covered, 0.0) @ share
    enough = present >= ENOUGH * share.sum() - _ROUNDING
    return np.asarray(
        np.where(enough, SCALE * (1.0 - index / np.where(enough, present, 1.0)), np.nan)
    ).clip(0.0, SCALE)
