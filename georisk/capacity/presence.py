"""How many people are on each segment on a day, going which way, where anybody counted them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from georisk.flows import measure_flows
from georisk.travel import DIRECTIONS, NORTHWARD, find_entries

if TYPE_CHECKING:
    import datetime as dt

    import pandas as pd

    from georisk.travel import Travel
    from layers.crs import FloatArray

DAYS_A_YEAR = 365.25


def measure_presence(
    flows: pd.DataFrame | None,
    segments: pd.DataFrame,
    travel: Travel,
    *,
    as_of: dt.date,
    walking_day_h: float,
) -> FloatArray:
    """Person-days a day on each segment: people a day times the days that its length takes.

    People counted on a leg are taken to pass all of it, in the mode of the leg, for so many hours
    a day as one walks; then they rest. A night, a day's water and a day's share of consultations
    fall due for each such day, where the person is then. It is a mean day of the last twelve
    months counted, not the busiest.

    Parameters
    ----------
    flows : DataFrame or None
        Layer ``flows``: columns ``place_or_leg month direction people``.
    segments : DataFrame
        Those the network was built from; column ``leg_id``.
    travel : Travel
    walking_day_h : float
        Hours on the move in a day.

    Returns
    -------
    array of shape (n_segments, 2)
        Columns as `georisk.coverage.SORTED_DIRECTIONS`; NaN where nobody counted that direction,
        or where nobody can pass.
    """
    people = {
        name: measure_flows(_pick(flows, name), segments["leg_id"], as_of=as_of) / DAYS_A_YEAR
        for name, _ in DIRECTIONS
    }
    _, heading = find_entries(travel)
    daily = np.where(heading == NORTHWARD, people["forward"][:, None], people["backward"][:, None])
    # Columns of segment_mode_h are forward, backward; those of entries the other way round.
    days = travel.segment_mode_h[:, ::-1] / walking_day_h
    passable = np.isfinite(days)
    return np.where(passable, daily * np.where(passable, days, 0.0), np.nan)


def _pick(flows: pd.DataFrame | None, direction: str) -> pd.DataFrame | None:
    return None if flows is None else flows[flows["direction"] == direction]
