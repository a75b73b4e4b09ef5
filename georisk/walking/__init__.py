"""How a body moves and drinks: heat by the hour, pace, need of water, what it carries."""

from __future__ import annotations

from georisk.walking.autonomy import (
    GRADES,
    March,
    grade_litres,
    march,
    measure_carried_km,
    measure_critical_km,
)
from georisk.walking.demand import find_hard, need_l_per_h
from georisk.walking.heat import HeatRules, flag_heat, flag_wbgt, heat_index_degc, wet_bulb_degc
from georisk.walking.lasting import Autonomy, measure_autonomy
from georisk.walking.pace import WalkRules, rate_day, rate_hours
from georisk.walking.traveller import Traveller, read_traveller
from georisk.walking.when import When

__all__ = [
    "GRADES", "Autonomy", "HeatRules", "March", "Traveller", "WalkRules", "When", "find_hard",
    "flag_heat", "flag_wbgt", "grade_litres", "heat_index_degc", "march", "measure_autonomy",
    "measure_carried_km", "measure_critical_km", "need_l_per_h", "rate_day", "rate_hours",
    "read_traveller", "wet_bulb_degc",
]
