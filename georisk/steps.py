"""All steps of a study, in an order that can be read: the table of contents of a run."""

from __future__ import annotations

from georisk.coverage_steps import COVERAGE_STEPS
from georisk.risk_steps import RISK_STEPS
from georisk.siting_steps import SITING_STEPS
from georisk.step import Outcome, Settings, Step

STEPS: tuple[Step, ...] = (*RISK_STEPS, *COVERAGE_STEPS, *SITING_STEPS)

__all__ = ["STEPS", "Outcome", "Settings", "Step"]
