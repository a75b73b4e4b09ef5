"""The month and hour for which a study reckons, and the heat of it on each segment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from georisk.step import Inputs, Outcome, Settings, Step
from georisk.walking.heat import UNKNOWN
from georisk.walking.pace import rate_day
from georisk.walking.rules import read_walk_rules
from georisk.walking.steps import NEEDS, measure_hourly_heat
from georisk.walking.when import When

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from georisk.walking.pace import WalkRules
    from layers.crs import FloatArray

_RIDDEN = "boat"


@dataclass(frozen=True, eq=False)
class Season:
    """When people walk, and what heat does to it.

    Attributes
    ----------
    when : When
    flags : array of int, shape (n_segments, 24), or None
        Heat by the hour in that month, 0 unknown and on boats; None for the whole year.
    rate : array of shape (n_segments,), or None
        Share of the cool pace over the walking day; None for the whole year: nothing slows.
    """

    when: When
    flags: NDArray[np.integer] | None = None
    rate: FloatArray | None = None


def choose_season(
    heat: NDArray[np.integer] | None, modes: pd.Series, when: When,
    rules: WalkRules | None = None,
) -> Season:
    """Take one month out of the heat of the year.

    Parameters
    ----------
    heat : array of int, shape (n_segments, 12, 24), or None
        Of the step ``hourly_heat``; not read without a month.
    modes : Series of str, n_segments rows
        Boats go as fast in the heat as without.
    when : When

    Examples
    --------
    >>> import pandas as pd
    >>> heat = np.full((2, 12, 24), 4)
    >>> season = choose_season(heat, pd.Series(["foot", "boat"]), When(6, 7.0))
    >>> season.rate.tolist()  # half an hour of each is rested from 7 to 17 o'clock
    [0.5, 1.0]
    """
    if when.month is None or heat is None:
        return Season(when)
    boat = (modes == _RIDDEN).to_numpy(bool)
    flags = np.where(boat[:, None], UNKNOWN, heat[:, when.month - 1])
    return Season(when, flags, np.where(boat, 1.0, rate_day(flags, when, rules)))


def _find_season(inputs: Inputs, settings: Settings) -> Outcome:
    reference = settings.config.reference
    when = When(reference.month, reference.start_hour)
    if when.month is None:
        return Outcome(Season(when))
    heat = measure_hourly_heat(inputs, settings)
    season = choose_season(heat.value, inputs["lines"]["mode"], when,
                           read_walk_rules(settings.parameters))
    return Outcome(season, heat.warnings)


SEASON_STEPS: tuple[Step, ...] = (
    Step("season", ("lines", *NEEDS), _find_season, publishes=False),
)
