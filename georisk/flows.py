"""How many people pass each leg in a year, where anybody counted them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    import datetime as dt

    from layers.crs import FloatArray

PER_PERSON_KM = 1e5
_MONTHS = 12


def find_last_month(as_of: dt.date) -> pd.Period:
    """Last month that had ended by a day: what was counted in it was known.

    Examples
    --------
    >>> import datetime as dt
    >>> str(find_last_month(dt.date(2024, 6, 29))), str(find_last_month(dt.date(2024, 6, 30)))
    ('2024-05', '2024-06')
    """
    return pd.Period(pd.Timestamp(as_of) + pd.Timedelta(days=1), freq="M") - 1


def measure_flows(flows: pd.DataFrame | None, legs: pd.Series, *, as_of: dt.date) -> FloatArray:
    """People a year on the leg of each segment, both directions, over the last twelve months.

    Parameters
    ----------
    flows : DataFrame or None
        Layer ``flows``: columns ``place_or_leg month people``. Months that had not ended by
        ``as_of`` do not count; a leg with fewer than twelve months counted has its mean month
        times 12.
    legs : Series of str, m rows

    Returns
    -------
    array of shape (m,)
        NaN where nobody counted.

    Examples
    --------
    >>> import datetime as dt
    >>> counted = pd.DataFrame({"place_or_leg": "a", "month": ["2024-01", "2024-02"],
    ...                         "people": [100.0, 300.0]})
    >>> measure_flows(counted, pd.Series(["a", "b"]), as_of=dt.date(2024, 12, 31)).tolist()
    [2400.0, nan]
    """
    if flows is None or not len(flows):
        return np.full(len(legs), np.nan)
    last = find_last_month(as_of)
    month = pd.PeriodIndex(flows["month"].astype(str), freq="M")
    recent = flows[(month <= last) & (month > last - _MONTHS)]
    by_month = recent.groupby(["place_or_leg", "month"])["people"].sum()
    yearly = by_month.groupby(level="place_or_leg").mean() * _MONTHS
    return np.asarray(legs.map(yearly).to_numpy(float))


def tell_flows(
    people_per_year: FloatArray, length_km: FloatArray, rate: FloatArray
) -> tuple[str, ...]:
    """What a reader of rates per person must be told.

    Parameters
    ----------
    people_per_year, length_km : array of shape (m,)
    rate : array of shape (m,)
        As fitted; NaN everywhere if there were too few incidents for it.
    """
    known = np.isfinite(people_per_year)
    if not known.any():
        return ()
    nobody = known & (people_per_year <= 0)
    notes = [(f"flows: people are counted on {length_km[known].sum():,.0f} of "
              f"{length_km.sum():,.0f} km; only there is a rate per person-km told")]
    if np.isfinite(rate).any():
        notes.append("flows: that rate comes from a second fit, to these km alone, with the flow "
                     "as offset; the intensity per 100 km and year is fitted without")
    else:
        notes.append("flows: too few incidents lie where people are counted: no rate is told")
    if nobody.any():
        notes.append(f"flows: {length_km[nobody].sum():,.0f} km with a flow of 0 have no rate")
    return tuple(notes)
