"""Where help is missing: the longest runs of a corridor without a service, and how grave."""

from __future__ import annotations

from georisk.gaps.crossing import Goal, cross_gaps
from georisk.gaps.runs import find_gaps
from georisk.gaps.spread import Spread, draw_paces
from georisk.gaps.walker import Need, Walker, count_days, measure_need

__all__ = ["Goal", "Need", "Spread", "Walker", "count_days", "cross_gaps", "draw_paces",
           "find_gaps", "measure_need"]
