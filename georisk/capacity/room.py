"""How much a place can give of a service in a day, and on whose word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from georisk.capacity.presence import DAYS_A_YEAR
from georisk.flows import find_last_month

if TYPE_CHECKING:
    import datetime as dt

    from georisk.capacity.needs import Sphere
    from layers.crs import FloatArray

BEDS, PEOPLE_A_DAY = "beds", "people/day"
STATED, BY_PEOPLE, UNVERIFIED = "stated", "from people", "unverified"
UNITS = {"shelter": "beds", "water": "L/day", "medical": "consultations/day"}
_FITTING = {"shelter": (BEDS,), "medical": (PEOPLE_A_DAY,), "water": (PEOPLE_A_DAY, BEDS)}
_MONTHS = 12


@dataclass(frozen=True, eq=False)
class Room:
    """What some places can give of one service in a day.

    Attributes
    ----------
    amount : array of shape (n_places,)
        In the unit of the service (`UNITS`); NaN where unknown.
    basis : array of str
        ``stated``, ``from people`` (water: people served or beds, times litres a person), or
        ``unverified``.
    """

    amount: FloatArray
    basis: np.ndarray


def count_room(places: pd.DataFrame, service: str, sphere: Sphere) -> Room:
    """Room of places for a service, out of their stated capacity.

    Beds count for shelter, people a day for medical care; either, times the litres a person needs
    in a day, for water. A capacity in another unit, or none, says nothing: unknown is not 0.

    Parameters
    ----------
    places : DataFrame
        Columns ``capacity`` and, where known, ``capacity_unit``.
    service : str
        One of `UNITS`.

    Examples
    --------
    >>> from georisk.capacity.needs import Sphere
    >>> places = pd.DataFrame({"capacity": [50.0, 80.0, None],
    ...                        "capacity_unit": ["beds", "people/day", "beds"]})
    >>> count_room(places, "shelter", Sphere()).amount.tolist()
    [50.0, nan, nan]
    >>> count_room(places, "water", Sphere()).amount.tolist()
    [750.0, 1200.0, nan]
    """
    none = pd.Series(None, index=places.index, dtype=object)
    amount = places.get("capacity", none).astype("float64").to_numpy(dtype=float, na_value=np.nan)
    unit = places.get("capacity_unit", none).astype("str").str.strip().str.casefold()
    fits = unit.isin(_FITTING[service]).to_numpy(bool) & np.isfinite(amount) & (amount >= 0)
    factor = sphere.water_l if service == "water" else 1.0
    word = BY_PEOPLE if service == "water" else STATED
    return Room(np.where(fits, amount * factor, np.nan), np.where(fits, word, UNVERIFIED))


def need_per_person_day(service: str, sphere: Sphere) -> float:
    """What one person needs in one day, in the unit of the service.

    Examples
    --------
    >>> from georisk.capacity.needs import Sphere
    >>> need_per_person_day("water", Sphere())
    15.0
    """
    needs = {"shelter": 1.0, "water": sphere.water_l,
             "medical": sphere.consultations_per_year / DAYS_A_YEAR}
    return needs[service]


def measure_served(
    activity: pd.DataFrame | None, ids: pd.Index, service: str, *, as_of: dt.date
) -> FloatArray:
    """People served a day by each place, over the last twelve months that it told of.

    Parameters
    ----------
    activity : DataFrame or None
        Layer ``activity``: columns ``place_id month service people``.

    Returns
    -------
    array of shape (len(ids),)
        NaN where nothing was told.

    Examples
    --------
    >>> import datetime as dt
    >>> told = pd.DataFrame({"place_id": "a", "month": ["2024-01", "2024-02"],
    ...                      "service": "shelter", "people": [300, 309]})
    >>> measure_served(told, pd.Index(["a", "b"]), "shelter",
    ...                as_of=dt.date(2024, 12, 31)).round(2).tolist()
    [10.0, nan]
    """
    if activity is None or not len(activity):
        return np.full(len(ids), np.nan)
    last = find_last_month(as_of)
    month = pd.PeriodIndex(activity["month"].astype(str), freq="M")
    kept = (month <= last) & (month > last - _MONTHS) & (activity["service"] == service).to_numpy()
    recent = activity[kept].groupby(["place_id", "month"])["people"].sum()
    daily = recent.groupby(level="place_id").mean() * _MONTHS / DAYS_A_YEAR
    return np.asarray(daily.reindex(ids).to_numpy(float))
