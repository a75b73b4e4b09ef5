"""Incidents as a fit sees them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from georisk.fitting.supports import Prepared
    from layers.crs import FloatArray

    Indices = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Sources:
    """Incidents as a fit sees them, n of them, in order of id.

    Attributes
    ----------
    age_years : array of shape (n,)
        Before the day of the analysis; 0 or more.
    group : integer array of shape (n,)
        Kind of incident: kinds are weighed apart, since they come back to the same spots
        differently.
    prepared : Prepared
    window_years : float
        From the first day of the record to the day of the analysis.
    """

    age_years: FloatArray
    group: Indices
    prepared: Prepared
    window_years: float

    @property
    def unit(self) -> Indices:
        """Unit of each incident, -1 for none."""
        return self.prepared.unit
