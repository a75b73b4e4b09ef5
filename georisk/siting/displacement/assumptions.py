"""How people are taken to choose their way: nobody measured it, so all of it is declared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from layers.errors import CallError

if TYPE_CHECKING:
    from georisk.parameters import Parameters


@dataclass(frozen=True)
class DisplacementRules:
    """How people are taken to choose their way. All of it declared: see the parameter file.

    Attributes
    ----------
    routes : int
        Cheapest ways looked at per journey, before and after.
    theta_per_h : float
        How much an hour counts: a way one hour longer is taken exp(-theta) as often.
    relief : float
        Share of its hours by which a leg served all along seems shorter.
    path_size : float
        How much ways that share legs are counted as one; 0 is the plain logit, 1 the full
        correction.
    theta_range, relief_range : tuple of float
        Drawn evenly in the logarithm, and evenly.
    draws, seed : int
    least_share : float
        A change by less than this share of what was expected on the legs that change is none.
    """

    routes: int = 5
    theta_per_h: float = 0.1
    relief: float = 0.1
    path_size: float = 1.0
    theta_range: tuple[float, float] = (0.02, 0.5)
    relief_range: tuple[float, float] = (0.0, 0.3)
    draws: int = 200
    seed: int = 20240101
    least_share: float = 0.001

    def __post_init__(self) -> None:
        """Refuse rules under which nothing can be said.

        Raises
        ------
        CallError
            Naming what is wrong.
        """
        theta, relief = self.theta_range, self.relief_range
        if not (0 < theta[0] <= theta[1] < np.inf and 0 <= relief[0] <= relief[1] < 1):
            raise CallError("site: displacement: theta must be above 0 and relief from 0 to below "
                            "1, each range from low to high")
        if not (0 < self.theta_per_h < np.inf and 0 <= self.relief < 1 and self.path_size >= 0):
            raise CallError("site: displacement: theta must be above 0, relief from 0 to below 1, "
                            "path_size 0 or more")
        if self.routes < 1 or self.draws < 1 or self.least_share < 0:
            raise CallError("site: displacement: routes and draws must be 1 or more, least_share "
                            "0 or more")


def read_displacement_rules(parameters: Parameters) -> DisplacementRules:
    """Take the rules from the parameters in force.

    Examples
    --------
    >>> from georisk.parameters import Parameters
    >>> read_displacement_rules(Parameters.read()) == DisplacementRules()
    True
    """
    values = parameters.section("siting.displacement")
    bounds = {name: tuple(parameters.entries[f"siting.displacement.{name}"]["range"])
              for name in ("theta_per_h", "relief")}
    return DisplacementRules(
        routes=int(values["routes"]), theta_per_h=float(values["theta_per_h"]),
        relief=float(values["relief"]), path_size=float(values["path_size"]),
        theta_range=bounds["theta_per_h"], relief_range=bounds["relief"],
        draws=int(values["draws"]), seed=int(values["seed"]),
        least_share=float(values["least_share"]),
    )
