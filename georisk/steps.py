"""All steps of a study, in an order that can be read: the table of contents of a run."""

from __future__ import annotations

from functools import lru_cache

from georisk.capacity.steps import CAPACITY_STEPS
from georisk.covariates.steps import COVARIATE_STEPS
from georisk.coverage.steps import COVERAGE_STEPS
from georisk.fit_steps import FIT_STEPS
from georisk.priority.steps import PRIORITY_STEPS
from georisk.risk_steps import RISK_STEPS
from georisk.siting_steps import SITING_STEPS
from georisk.step import Outcome, Settings, Step
from georisk.walking.steps import WALKING_STEPS

STEPS: tuple[Step, ...] = (
    *RISK_STEPS, *COVARIATE_STEPS, *WALKING_STEPS, *FIT_STEPS, *COVERAGE_STEPS, *CAPACITY_STEPS,
    *PRIORITY_STEPS, *SITING_STEPS,
)

__all__ = ["STEPS", "Outcome", "Settings", "Step", "find_absent", "tell_absent"]


@lru_cache(maxsize=64)
def find_absent(layers: frozenset[str]) -> dict[str, tuple[str, ...]]:
    """Steps that cannot be computed of some input layers, each with the layers that it lacks.

    Examples
    --------
    >>> find_absent(frozenset({"places"}))["coverage"]
    ('routes',)
    >>> find_absent(frozenset({"routes"}))
    {}
    """
    steps = {step.name: step for step in STEPS}
    absent: dict[str, tuple[str, ...]] = {
        name: step.rests_on for name, step in steps.items()
        if step.rests_on and not layers & set(step.rests_on)
    }
    while more := {
        name: next(absent[need] for need in step.needs if need in absent)
        for name, step in steps.items()
        if name not in absent and any(need in absent for need in step.needs)
    }:
        absent |= more
    return absent


def tell_absent(layers: frozenset[str]) -> tuple[str, ...]:
    """Which results a study of some layers does not have, and for want of which.

    Examples
    --------
    >>> tell_absent(frozenset({"routes"}))
    ()
    """
    absent = find_absent(layers)
    lacking: dict[tuple[str, ...], list[str]] = {}
    for step in STEPS:
        if step.publishes and step.name in absent:
            lacking.setdefault(absent[step.name], []).append(step.name)
    return tuple(f"{' and no '.join(lacks)}: no such layer; what rests on it is absent: "
                 f"{', '.join(names)}" for lacks, names in lacking.items())
