"""What is examined: a domain, the record, the contenders and the rules, as one noun."""

from __future__ import annotations

import datetime as dt  # noqa: TC003 - a field of Task
from dataclasses import dataclass
from typing import TYPE_CHECKING

from georisk.validation.baselines import BASELINES, Forecaster
from georisk.validation.comparing import Difference, compare_events
from georisk.validation.gates import Measured

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from georisk.validation.design import Design
    from georisk.validation.domain import Domain
    from georisk.validation.origins import Trial
    from georisk.validation.record import Record
    from layers.crs import FloatArray

MODEL, PLAIN, STRONG = "model", "plain-kde", "strong-kde"


@dataclass(frozen=True, eq=False)
class Task:
    """What is examined.

    Attributes
    ----------
    domain : Domain
    record : Record
        All located incidents of the study.
    contenders : tuple of Forecaster
        ``plain-kde``, ``strong-kde``, ``model``; the baselines are added.
    as_of : datetime.date
    design : Design
    crs_metric : str
    priority : mapping of int to array of shape (m,), or str
        Priority score per cell as it was before each test year, or why there is none.
    thorough : bool
        Also low data and spatial blocks.
    """

    domain: Domain
    record: Record
    contenders: tuple[Forecaster, ...]
    as_of: dt.date
    design: Design
    crs_metric: str
    priority: Mapping[int, FloatArray] | str = "no priority score was given"
    thorough: bool = True

    @property
    def forecasters(self) -> tuple[Forecaster, ...]:
        """Baselines first."""
        return (*BASELINES, *self.contenders)


def pick_forecast(name: str) -> Callable[[Trial], FloatArray]:
    """Take one forecaster's forecast from a trial."""
    return lambda trial: trial.forecasts[name]


def compare_scores(
    task: Task, ours: FloatArray, theirs: FloatArray, year: NDArray[np.int64]
) -> Difference:
    """Compare two forecasts event by event, by the rules of a task."""
    design = task.design
    return compare_events(ours, theirs, year, draws=design.draws, level=design.level,
                          seed=design.seed)


def to_measured(found: Difference) -> Measured:
    """A difference as a gate reads it."""
    why = "" if found.events else "no event to compare"
    return Measured(found.value, found.low, found.high, why)
