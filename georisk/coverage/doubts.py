"""Coverage that rests on heat nobody knows: told as unverified, never as covered."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from georisk.services import WATER
from georisk.walking.heat import UNKNOWN

if TYPE_CHECKING:
    import pandas as pd

    from georisk.coverage.cover import Cover
    from georisk.network import BoolArray
    from georisk.season import Season

_RIDDEN = "boat"


def find_unknown_heat(season: Season, modes: pd.Series) -> BoolArray:
    """Segments on which a month is asked for, and nobody knows its heat.

    Parameters
    ----------
    season : Season
    modes : Series of str, n_segments rows
        Heat matters to nobody on a boat.

    Returns
    -------
    array of bool, shape (n_segments,)
        None of them over the whole year: no heat is counted then.

    Examples
    --------
    >>> import pandas as pd
    >>> from georisk.season import choose_season
    >>> from georisk.walking.when import When
    >>> heat = np.zeros((2, 12, 24), int)
    >>> season = choose_season(heat, pd.Series(["foot", "boat"]), When(6, 6.0))
    >>> find_unknown_heat(season, pd.Series(["foot", "boat"])).tolist()
    [True, False]
    """
    if season.when.month is None:
        return np.zeros(len(modes), bool)
    on_land = np.asarray((modes != _RIDDEN).to_numpy(bool))
    if season.flags is None:
        return on_land
    return np.asarray(on_land & (season.flags == UNKNOWN).any(axis=1))


def doubt_water(cover: Cover, unknown: BoolArray) -> Cover:
    """Take water on some segments for unverified: how far it lasts was reckoned without heat.

    Parameters
    ----------
    cover : Cover
    unknown : array of bool, shape (n_segments,)
        As `find_unknown_heat` gives it.
    """
    if WATER not in cover.services.index or not unknown.any():
        return cover
    verified_h = cover.verified_h.copy()
    verified_h[unknown, cover.services.index.get_loc(WATER)] = np.inf
    return replace(cover, verified_h=verified_h)
