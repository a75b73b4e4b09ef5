"""Where help is within reach, counted both ways, by profile, month and direction."""

from __future__ import annotations

from georisk.coverage.ahead import SORTED_DIRECTIONS, find_ahead, find_rows
from georisk.coverage.cover import (
    MEASURES,
    STATES,
    TOLERANCE_H,
    Cover,
    compute_coverage,
    cover_services,
    tabulate_cover,
)
from georisk.coverage.eligible import (
    Eligible,
    Visitor,
    find_eligible,
    judge_places,
    list_open_places,
)

__all__ = [
    "MEASURES", "SORTED_DIRECTIONS", "STATES", "TOLERANCE_H", "Cover", "Eligible", "Visitor",
    "compute_coverage", "cover_services", "find_ahead", "find_eligible", "find_rows",
    "judge_places", "list_open_places", "tabulate_cover",
]
