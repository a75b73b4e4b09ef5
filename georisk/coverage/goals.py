"""Places that end a gap: those that coverage counts, as the search for a way out wants them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from georisk.coverage.ahead import find_rows
from georisk.coverage.eligible import Visitor, find_eligible
from georisk.gaps import Goal

if TYPE_CHECKING:
    import pandas as pd

    from georisk.travel import Travel


def find_goals(
    travel: Travel, places: pd.DataFrame, services: pd.DataFrame, visitor: Visitor
) -> dict[str, Goal]:
    """Places that count for each service, as coverage counts them.

    Parameters
    ----------
    places, services, visitor
        As for `georisk.coverage.cover_services`.
    """
    return {str(name): Goal(str(measure),
                            find_rows(travel, find_eligible(places, str(name), visitor).every))
            for name, measure in services["measure"].items()}
