"""The numbers of heat and walking, out of the parameter file."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from georisk.walking.days import DRYNESS
from georisk.walking.heat import FLAGS, HeatRules
from georisk.walking.pace import WalkRules
from layers.errors import CallError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from georisk.parameters import Parameters

_FROM_SECOND = range(2, FLAGS + 1)


def read_heat_rules(parameters: Parameters) -> HeatRules:
    """Take the ``heat.*`` parameters.

    Raises
    ------
    CallError
        If the flags' bounds do not rise.

    Examples
    --------
    >>> from georisk.parameters import Parameters
    >>> read_heat_rules(Parameters.read()) == HeatRules()
    True
    """
    heat = {name: float(value) for name, value in parameters.section("heat").items()}
    index = tuple(heat[f"index_{flag}_degc"] for flag in _FROM_SECOND)
    wbgt = tuple(heat[f"wbgt_{flag}_degc"] for flag in _FROM_SECOND)
    _check_order("heat.index_2_degc to heat.index_5_degc", index, rising=1)
    _check_order("heat.wbgt_2_degc to heat.wbgt_5_degc", wbgt, rising=1)
    return HeatRules(
        range_degc=tuple(heat[f"range_{name}_degc"] for name in DRYNESS),
        dew_below_degc=tuple(heat[f"dew_below_{name}_degc"] for name in DRYNESS),
        peak_lag_h=heat["peak_lag_h"], night_decay=heat["night_decay"],
        low_lag_h=heat["low_lag_h"], index_degc=index, wbgt_degc=wbgt,
        wbgt_per_degc=heat["wbgt_per_degc"],
    )


def read_walk_rules(parameters: Parameters) -> WalkRules:
    """Take the ``work.*``, ``demand.*`` and ``water.*`` parameters.

    Raises
    ------
    CallError
        If more heat would make walking faster.

    Examples
    --------
    >>> from georisk.parameters import Parameters
    >>> read_walk_rules(Parameters.read()) == WalkRules()
    True
    """
    factor = tuple(float(parameters.value(f"work.factor_{n}")) for n in range(1, FLAGS + 1))
    _check_order("work.factor_1 to work.factor_5", factor, rising=-1)
    names = {
        "work": ("night_factor", "dawn_h", "dusk_h", "max_walk_h"),
        "water": ("need_l_per_h", "deficit_share"),
        "demand": ("strong_l_per_h", "rest_l_per_h", "cap_l_per_h", "cap_l_per_day",
                   "hard_slope", "hard_terrain"),
    }
    values = {name: float(parameters.value(f"{group}.{name}"))
              for group, members in names.items() for name in members}
    return WalkRules(factor=factor, **values)


def _check_order(names: str, values: Sequence[float], *, rising: int) -> None:
    if any(rising * (after - before) < 0 for before, after in pairwise(values)):
        raise CallError(f"{names}: {list(values)} do not {'rise' if rising > 0 else 'fall'}")
