"""Choices behind a fit, read from the parameter file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from georisk.fitting.stack import StackRules

if TYPE_CHECKING:
    from georisk.parameters import Parameters


def read_stack_rules(parameters: Parameters) -> StackRules:
    """Widths, memories and priors in force.

    Examples
    --------
    >>> from georisk.parameters import Parameters
    >>> read_stack_rules(Parameters.read()).widths_km
    (1.0, 3.0, 9.0, 27.0, 81.0)
    """
    first = float(parameters.value("intensity.width_km"))
    ratio = float(parameters.value("intensity.width_ratio"))
    count = int(parameters.value("intensity.widths"))
    return StackRules(
        widths_km=tuple(first * ratio**n for n in range(count)),
        half_lives_years=(
            float(parameters.value("intensity.memory_short_years")),
            float(parameters.value("intensity.memory_long_years")), None,
        ),
        rate_half_life_years=float(parameters.value("intensity.half_life_years")),
        ridge=float(parameters.value("intensity.ridge_incidents")),
        prior=float(parameters.value("intensity.prior_incidents")),
        origins=int(parameters.value("intensity.origins")),
        trees_from=int(parameters.value("intensity.trees_from_incidents")),
    )
