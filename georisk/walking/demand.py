"""How much water walking takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from georisk.walking.heat import FLAGS
from georisk.walking.pace import WalkRules

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from georisk.network import BoolArray
    from layers.crs import FloatArray

# The Army's table: from which flag on the larger figure holds.
_STRONG_FROM_MODERATE, _STRONG_FROM_HARD = 5, 2


def need_l_per_h(
    flags: ArrayLike, hard: ArrayLike, *, factor: float = 1.0, rules: WalkRules | None = None
) -> FloatArray:
    """Water that an hour under way takes, L/h, rests in the heat included.

    Parameters
    ----------
    flags : array of int
        0 to 5; 0, unknown, counts as 1.
    hard : array of bool
        Climbs, sand: hard work. Broadcast against ``flags``.
    factor : float
        Of the traveller, times the need of an adult man.

    Notes
    -----
    A planning figure for groups, for four hours of work, more or less 0.24 L/h by person and
    by sun or shade; no amount that is enough for anybody. The sweat formula of Gonzalez et al.
    2009 is left out: its inputs need the whole heat balance of ISO 7933, and radiation and wind
    are not known here.

    References
    ----------
    Montain, Latzka & Sawka 1999, Fluid replacement recommendations for training in hot weather.
    Kolka et al. 2003, Current US military fluid replacement guidelines.

    Examples
    --------
    >>> need_l_per_h([1, 2, 3, 4, 5], False).tolist()
    [0.71, 0.71, 0.71, 0.71, 0.95]
    >>> need_l_per_h([1, 2, 3, 4, 5], True).tolist()
    [0.71, 0.95, 0.95, 0.95, 0.95]
    """
    rules = rules or WalkRules()
    flag = np.asarray(flags)
    if flag.size and not (flag.min() >= 0 and flag.max() <= FLAGS):
        raise ValueError("flags: a value is not between 0 and 5")
    start = np.where(np.asarray(hard, bool), _STRONG_FROM_HARD, _STRONG_FROM_MODERATE)
    # A study that raises the smaller figure must not make great heat the thriftier.
    strong = max(rules.strong_l_per_h, rules.need_l_per_h)
    need = np.where(flag >= start, strong, rules.need_l_per_h) * factor
    return np.minimum(need, rules.cap_l_per_h)


def find_hard(
    slope: FloatArray, terrain_factor: FloatArray, rules: WalkRules | None = None
) -> BoolArray:
    """Where walking is hard work: a climb, sand, swamp.

    Parameters
    ----------
    slope : array
        Rise over run in the direction of travel; unknown is no climb.
    terrain_factor : array
        Energy cost of the ground beside a road.

    Examples
    --------
    >>> find_hard(np.array([0.02, 0.15, -0.15, 0.0]), np.array([1.0, 1.0, 1.0, 2.1])).tolist()
    [False, True, False, True]
    """
    rules = rules or WalkRules()
    ground = np.asarray(terrain_factor, float)
    return np.asarray((np.asarray(slope, float) >= rules.hard_slope)
                      | (ground >= rules.hard_terrain))
