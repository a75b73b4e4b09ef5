"""A walker out of a study's choices: pace, month, ground, and how uncertain they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from georisk.gaps.spread import BOAT, Spread, draw_paces
from georisk.gaps.walker import Walker
from georisk.walking.rules import read_walk_rules
from georisk.worlds import find_hard_segments, measure_detour, name_ground

if TYPE_CHECKING:
    from georisk.network import Network
    from georisk.parameters import Parameters
    from georisk.season import Season
    from georisk.walking.traveller import Traveller
    from layers.crs import FloatArray


def prepare_walker(
    traveller: Traveller, season: Season, network: Network, routes: pd.DataFrame,
    parameters: Parameters, *, lines: pd.DataFrame,
) -> Walker:
    """Put together who walks, in which month, over which ground.

    Parameters
    ----------
    lines : DataFrame
        Segments; columns ``leg_id mode length_km``.
    """
    rules = read_walk_rules(parameters)
    ground = lines["leg_id"].map(name_ground(routes)).where(lines["mode"] != BOAT, BOAT)
    kind, grounds = pd.factorize(ground, sort=True)
    times = draw_paces(parameters, traveller.profile, [str(name) for name in grounds],
                       draws=int(parameters.value("gaps.draws")),
                       seed=int(parameters.value("gaps.seed")))
    return Walker(
        traveller, season.when, rules, season.flags, season.rate,
        find_hard_segments(network, routes, parameters, rules), Spread(kind, times),
        _measure_ground_km(lines, routes, parameters),
    )


def _measure_ground_km(
    lines: pd.DataFrame, routes: pd.DataFrame, parameters: Parameters
) -> FloatArray:
    longer = measure_detour(routes, parameters.value("walk.max_detour"))
    return np.asarray(lines["length_km"].to_numpy(float) * lines["leg_id"].map(longer).to_numpy())

