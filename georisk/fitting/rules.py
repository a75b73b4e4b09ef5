"""Choices behind a fit, read from the parameter file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from georisk.parameters import Parameters


@dataclass(frozen=True)
class StackRules:
    """Choices behind a fit; every number has its place in the parameter file.

    Attributes
    ----------
    widths_km : tuple of float
        Of kernels, before an incident's vagueness is added.
    half_lives_years : tuple of float or None
        Memories; None never forgets.
    rate_half_life_years : float
        By which the number of incidents a year is decayed.
    ridge : float
        Precision of the place model's effects, in incidents.
    prior : float
        Incidents that the shares of all parts together are given beforehand.
    origins : int
        Years that the shares are tuned on, each forecast from what came before.
    trees_from : int
        Incidents from which boosted trees join in; fewer are not enough for them.
    """

    widths_km: tuple[float, ...] = (1.0, 3.0, 9.0, 27.0, 81.0)
    half_lives_years: tuple[float | None, ...] = (0.5, 2.0, None)
    rate_half_life_years: float = 2.0
    ridge: float = 200.0
    prior: float = 40.0
    origins: int = 2
    trees_from: int = 300


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
