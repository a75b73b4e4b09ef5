"""How far water may be: autonomy of a traveller in the heat of each segment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from georisk.walking.heat import HOURS
from georisk.walking.lasting import measure_autonomy

if TYPE_CHECKING:
    from georisk.network import BoolArray
    from georisk.season import Season
    from georisk.walking.pace import WalkRules
    from georisk.walking.traveller import Traveller
    from layers.crs import FloatArray


def limit_water(
    season: Season, hard: BoolArray, traveller: Traveller, rules: WalkRules
) -> FloatArray | None:
    """Hours under way until what is carried is drunk, were ground and heat to stay the same.

    Nights are not counted. They are held against hours at the mean pace of the walking day:
    people come by a segment at any hour of it. So more heat never covers more.

    Parameters
    ----------
    season : Season
    hard : array of bool, shape (n_segments, 2)
        Forward and backward.
    traveller : Traveller

    Returns
    -------
    array of shape (n_segments, 2), or None
        Columns as `georisk.coverage.SORTED_DIRECTIONS`; None for the whole year: the threshold of
        the table of services holds everywhere.
    """
    if season.flags is None:
        return None
    columns = []
    for side in (1, 0):  # backward sorts before forward
        lasts = measure_autonomy(season.flags, hard[:, side], traveller, season.when, rules=rules)
        nights = np.floor(lasts.carried_h / HOURS)
        # What is drunk up at rest in the night takes nobody farther than the evening.
        today_h = np.minimum(lasts.carried_h - nights * HOURS, rules.max_walk_h)
        columns.append(nights * rules.max_walk_h + today_h)
    return np.column_stack(columns)
