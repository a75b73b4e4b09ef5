"""What a step of a study is: a name, what it needs, and a pure function."""

from __future__ import annotations

import datetime as dt  # noqa: TC003 - a field of Settings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from layers.layer import hash_text

if TYPE_CHECKING:
    from georisk.config import StudyConfig
    from georisk.parameters import Parameters

Inputs = Mapping[str, Any]


@dataclass(frozen=True)
class Settings:
    """Scientific choices that a step may read: the study file, the parameters, the day.

    Attributes
    ----------
    today : datetime.date
        The real date, for consent alone.
    corridors : dict
        Legs in order with +1 as drawn, -1 reversed.
    """

    config: StudyConfig
    parameters: Parameters
    as_of: dt.date
    today: dt.date
    corridors: dict[str, tuple[tuple[str, int], ...]]

    @cached_property
    def sha256(self) -> str:
        """Hash of all of it, for the store."""
        return hash_text(
            self.config.model_dump_json(), self.parameters.sha256, self.as_of.isoformat(),
            self.today.isoformat(),
        )

    def value(self, name: str) -> Any:  # noqa: ANN401 - as Parameters.value
        """Value of one parameter."""
        return self.parameters.value(name)


@dataclass(frozen=True)
class Outcome:
    """What a step made, and what a reader must be told."""

    value: Any
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Step:
    """One step of a study.

    Attributes
    ----------
    name : str
        Of the result; where it is published, of its layer and spec.
    needs : tuple of str
        Layers, other steps, or ``@role`` for all input layers of a role. What is absent comes
        as None.
    compute : callable
        Pure: the same inputs and settings make the same outcome.
    version : int
        Raised when the function changes what it computes.
    rests_on : tuple of str
        Input layers of which at least one must be there: without any, the step is absent from
        the study, and so is every step that needs it.
    publishes : bool
        False for values that only other steps read.
    """

    name: str
    needs: tuple[str, ...]
    compute: Callable[[Inputs, Settings], Outcome]
    version: int = 1
    publishes: bool = True
    rests_on: tuple[str, ...] = ()
