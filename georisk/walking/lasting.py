"""How long the water carried lasts in the climate of each place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from georisk.walking.autonomy import TOLERANCE_L, Pacing, find_critical_l
from georisk.walking.demand import need_l_per_h
from georisk.walking.heat import HOURS
from georisk.walking.pace import WalkRules, check_flags, list_pieces, rate_hours

if TYPE_CHECKING:
    from georisk.network import BoolArray
    from georisk.walking.pace import FlagArray
    from georisk.walking.traveller import Traveller
    from georisk.walking.when import When
    from layers.crs import FloatArray

_MOST_DAYS = 400


@dataclass(frozen=True, eq=False)
class Autonomy:
    """How long the water lasts where climate and ground stay as they are, shape (m,).

    Attributes
    ----------
    carried_h, critical_h : array
        Hours since the start, nights of rest included.
    carried_cool_h, critical_cool_h : array
        What is walked in that time, as hours on foot without heat: times of the network are
        compared with these.
    """

    carried_h: FloatArray
    critical_h: FloatArray
    carried_cool_h: FloatArray
    critical_cool_h: FloatArray


def measure_autonomy(
    flags: FlagArray, hard: BoolArray, traveller: Traveller, when: When,
    *, rules: WalkRules | None = None,
) -> Autonomy:
    """How long the water lasts in the climate of each place, whatever lies between.

    Parameters
    ----------
    flags : array of int, shape (m, 24)
    hard : array of bool, shape (m,)

    Examples
    --------
    >>> from georisk.walking.traveller import Traveller
    >>> from georisk.walking.when import When
    >>> man = Traveller("adult_man", 1.0, 1.0, 70.0, 4.0, "men")
    >>> noon = np.full((1, 24), 4)
    >>> lasts = measure_autonomy(noon, np.array([False]), man, When(6, 8.0))
    >>> lasts.carried_h.round(3).tolist(), lasts.carried_cool_h.round(3).tolist()  # half pace
    ([5.634], [2.817])
    """
    rules = rules or WalkRules()
    flags = check_flags(flags)
    heavy = np.broadcast_to(np.asarray(hard, bool), len(flags))
    targets = np.array([traveller.carried_l, find_critical_l(traveller, rules)])
    if when.month is None:
        need = need_l_per_h(np.ones(len(flags), int), heavy, factor=traveller.water_factor,
                            rules=rules)
        carried, critical = targets[0] / need, targets[1] / need
        return Autonomy(carried, critical, carried, critical)
    need = need_l_per_h(flags, heavy[:, None], factor=traveller.water_factor, rules=rules)
    pace = Pacing(rate_hours(flags, rules), need, list_pieces(when, rules),
                 rules.rest_l_per_h * traveller.water_factor, rules.cap_l_per_day)
    clock, cool = _drain(pace, targets)
    return Autonomy(clock[0], clock[1], cool[0], cool[1])


def _drain(pace: Pacing, targets: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Hours by the clock and cool hours until each target is drunk, shape (targets, m)."""
    m = len(pace.need)
    clock, cool = np.full((len(targets), m), np.nan), np.full((len(targets), m), np.nan)
    litres, walked = np.zeros(m), np.zeros(m)
    spent = sum(span for _, span in pace.pieces)
    still = np.zeros(m)
    pieces = [(span, pace.rate[:, hour], pace.need[:, hour]) for hour, span in pace.pieces]
    pieces.append((HOURS - spent, still, np.full(m, pace.rest_l_per_h)))
    for day in range(_MOST_DAYS):
        drunk, now = np.zeros(m), float(HOURS * day)
        for span, rate, need in pieces:
            sip = np.minimum(span * need, pace.cap_l_per_day - drunk)
            for row, target in enumerate(targets):
                here = np.isnan(clock[row]) & (litres + sip > target + TOLERANCE_L)
                part = np.where(here, (target - litres) / np.where(need > 0, need, 1.0), 0.0)
                clock[row] = np.where(here, now + part, clock[row])
                cool[row] = np.where(here, walked + part * rate, cool[row])
            litres, drunk, walked = litres + sip, drunk + sip, walked + span * rate
            now += span
        if not np.isnan(clock).any():
            return clock, cool
    raise ValueError(f"water: what is carried would last more than {_MOST_DAYS} days")
