"""Reported incidents made ready for kernels: which count, how old and how precisely placed.

Ages are counted in years of 365.25 days before ``as_of``; nothing dated after it is used.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from layers.crs import FloatArray, project_xy_m
from layers.errors import StudyError

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

DAYS_PER_YEAR = 365.25
VAGUE_KM = 10.0
CLASSES = ("sec", "acc", "env", "wat")
UNKNOWN_CLASS = "unk"

Area = tuple[float, float, float, float]


@dataclass(frozen=True)
class Points:
    """Incidents as a kernel sees them: where, how vague, how old, how heavy.

    Attributes
    ----------
    xy_km : array of shape (n, 2)
        Position, km in the study's metric CRS.
    sigma_km : array of shape (n,)
        One sigma of the position.
    age_years : array of shape (n,)
        Years before ``as_of``, 0 or more.
    weight : array of shape (n,)
        Decay weight in (0, 1].
    """

    xy_km: FloatArray
    sigma_km: FloatArray
    age_years: FloatArray
    weight: FloatArray

    def __len__(self) -> int:
        return len(self.weight)


def select_incidents(
    incidents: gpd.GeoDataFrame,
    *,
    as_of: dt.date,
    area: Area,
    max_precision_km: float,
    observed_from: dt.date | None = None,
    default_precision_km: float = VAGUE_KM,
) -> tuple[gpd.GeoDataFrame, dict[str, int]]:
    """Keep the incidents that a surface may use, and count the others by their first reason.

    Parameters
    ----------
    incidents : GeoDataFrame
        Columns ``date`` and ``coord_precision_km`` (km, one sigma); points in EPSG:4326.
    as_of : date
        Last day that counts.
    area : tuple
        West, south, east, north in degrees, edges included.
    max_precision_km : float
        Vaguer rows (an admin-1 unit, say) are left out of surfaces; totals still hold them.
    observed_from : date, optional
        First day that counts.
    default_precision_km : float
        Taken where no precision is stated: 10 km, "vague".

    Returns
    -------
    frame : GeoDataFrame
        Kept rows sorted by id, with ``sigma_km``: the stated precision or the default.
    counts : dict
        ``read`` = ``kept`` + ``after_as_of`` + ``before_window`` + ``no_position`` +
        ``imprecise`` + ``outside_area``; ``assumed_precision`` counts kept rows
        given the default.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import Point
    >>> rows = gpd.GeoDataFrame(
    ...     {"date": pd.to_datetime(["2020-01-01", "2030-01-01"]), "coord_precision_km": 2.0},
    ...     geometry=[Point(-97, 19), Point(-97, 19)], index=["i-1", "i-2"], crs="EPSG:4326")
    >>> kept, counts = select_incidents(rows, as_of=dt.date(2024, 12, 31),
    ...                                 area=(-100, 15, -90, 20), max_precision_km=50)
    >>> list(kept.index), counts["after_as_of"]
    (['i-1'], 1)
    """
    frame = incidents.sort_index(kind="stable")
    sigma_km = frame["coord_precision_km"].astype("float64")
    frame = frame.assign(sigma_km=sigma_km.fillna(default_precision_km))
    west, south, east, north = area
    x, y = (pd.Series(axis, index=frame.index) for axis in read_lonlat(frame))
    start = observed_from or dt.date.min
    reasons = {
        "after_as_of": frame["date"].dt.date > as_of,
        "before_window": frame["date"].dt.date < start,
        "no_position": x.isna(),
        "imprecise": frame["sigma_km"] > max_precision_km,
        "outside_area": ~(x.between(west, east) & y.between(south, north)),
    }
    left = pd.Series(data=False, index=frame.index)
    counts = {"read": len(frame)}
    for reason, mask in reasons.items():
        counts[reason] = int((mask & ~left).sum())
        left = left | mask
    counts["kept"] = int((~left).sum())
    counts["assumed_precision"] = int((sigma_km.isna() & ~left).sum())
    return frame[~left], counts


def weigh_decay(age_years: FloatArray, half_life_years: float | None) -> FloatArray:
    """Weight of an incident by its age: 2^(-age / half-life).

    Parameters
    ----------
    age_years : array of shape (n,)
    half_life_years : float or None
        None or infinity: every incident weighs 1.

    Examples
    --------
    >>> import numpy as np
    >>> weigh_decay(np.array([0.0, 4.0, 8.0]), 4.0).tolist()
    [1.0, 0.5, 0.25]
    """
    if half_life_years is None or math.isinf(half_life_years):
        return np.ones_like(age_years, dtype=float)
    _require_half_life(half_life_years)
    return np.asarray(np.exp2(-np.asarray(age_years, float) / half_life_years))


def find_window_start(incidents: pd.DataFrame, *, observed_from: dt.date | None = None) -> dt.date:
    """First day of the observation window: as stated, else 1 January of the earliest year.

    Raises
    ------
    StudyError
        If nothing is stated and there is no incident.

    Examples
    --------
    >>> find_window_start(pd.DataFrame({"date": pd.to_datetime(["2015-07-09"])})).isoformat()
    '2015-01-01'
    """
    if observed_from is not None:
        return observed_from
    if incidents.empty:
        raise StudyError("observed_from: no incident to tell when observation began; state the day")
    return dt.date(int(incidents["date"].dt.year.min()), 1, 1)


def measure_window_years(start: dt.date, as_of: dt.date, half_life_years: float | None) -> float:
    """Decayed length W of the observation window, years: integral of the decay over it.

    Dividing decayed incidents by W gives a rate per year: a steady stream of n a year has
    rate n whatever the half-life.

    Raises
    ------
    StudyError
        If the window is empty.

    Examples
    --------
    >>> round(measure_window_years(dt.date(2020, 1, 1), dt.date(2024, 1, 1), None), 6)
    4.0
    >>> round(measure_window_years(dt.date(2020, 1, 1), dt.date(2024, 1, 1), 4.0), 6)
    2.88539
    """
    length_years = (as_of - start).days / DAYS_PER_YEAR
    if length_years <= 0:
        raise StudyError(
            f"as_of: {as_of} leaves no observation window, which starts on {start}; "
            "set a later as_of or an earlier observed_from"
        )
    return decay_window(length_years, half_life_years)


def decay_window(length_years: float, half_life_years: float | None) -> float:
    """Integral of the decay over the last years, years; without decay their number.

    Examples
    --------
    >>> round(decay_window(4.0, 4.0), 5), decay_window(4.0, None)
    (2.88539, 4.0)
    """
    if half_life_years is None or math.isinf(half_life_years):
        return length_years
    _require_half_life(half_life_years)
    rate = math.log(2) / half_life_years
    return -math.expm1(-rate * length_years) / rate


def place_incidents(
    incidents: gpd.GeoDataFrame, *, as_of: dt.date, half_life_years: float | None, crs_metric: str
) -> Points:
    """Put selected incidents into the metric CRS, with their ages and weights.

    Parameters
    ----------
    incidents : GeoDataFrame
        As `select_incidents` returns; row order is kept.
    """
    age_years = (pd.Timestamp(as_of) - incidents["date"]).dt.days.to_numpy(float) / DAYS_PER_YEAR
    lon, lat = read_lonlat(incidents)
    return Points(
        xy_km=project_xy_m(lon, lat, crs_metric=crs_metric) / 1000.0,
        sigma_km=incidents["sigma_km"].to_numpy(float),
        age_years=age_years,
        weight=weigh_decay(age_years, half_life_years),
    )


def read_lonlat(frame: gpd.GeoDataFrame) -> tuple[FloatArray, FloatArray]:
    """Longitude and latitude of points, degrees; NaN where there is no position."""
    points = frame.geometry.to_numpy()
    points = np.where(shapely.is_empty(points), None, points)
    return shapely.get_x(points), shapely.get_y(points)


def split_sources(source: pd.Series) -> list[tuple[str, ...]]:
    """Who reported each incident: several are joined by ``;``; case and spaces do not count.

    Examples
    --------
    >>> split_sources(pd.Series(["IOM; Press", "press", None]))
    [('iom', 'press'), ('press',), ()]
    """
    texts = source.astype("object").where(source.notna(), "")
    code, texts = pd.factorize(texts)
    parts = [{" ".join(part.split()).casefold() for part in text.split(";")} for text in texts]
    made = [tuple(sorted(names - {""})) for names in parts]
    return [made[n] for n in code.tolist()]


def pair_within(
    from_km: FloatArray, to_km: FloatArray, radius_km: FloatArray
) -> tuple[NDArray[np.intp], NDArray[np.intp], FloatArray]:
    """Find every pair no farther apart than the radius of its first point.

    Parameters
    ----------
    from_km : array of shape (n, 2)
    to_km : array of shape (m, 2)
    radius_km : array of shape (n,)

    Returns
    -------
    from_index, to_index : array of shape (p,)
        Sorted by ``from_index``, then ``to_index``.
    distance_km : array of shape (p,)

    Examples
    --------
    >>> import numpy as np
    >>> a, b, d = pair_within(np.zeros((1, 2)), np.array([[3.0, 4.0], [9.0, 0.0]]), np.array([5.0]))
    >>> a.tolist(), b.tolist(), d.tolist()
    ([0], [0], [5.0])
    """
    if len(from_km) == 0 or len(to_km) == 0:
        none = np.zeros(0, np.intp)
        return none, none, np.zeros(0)
    # The slack keeps a pair that lies exactly on the radius from falling out by rounding.
    slack_km = radius_km + 1e-9
    found = cKDTree(to_km).query_ball_point(from_km, slack_km, return_sorted=True)
    size = np.fromiter((len(one) for one in found), np.intp, len(found))
    from_index = np.repeat(np.arange(len(from_km)), size)
    to_index = np.concatenate([np.asarray(one, np.intp) for one in found])
    step = from_km[from_index] - to_km[to_index]
    return from_index, to_index, np.hypot(step[:, 0], step[:, 1])


def _require_half_life(half_life_years: float) -> None:
    if not half_life_years > 0:
        raise StudyError(f"half_life_years: {half_life_years!r} is not above 0; none = no decay")
