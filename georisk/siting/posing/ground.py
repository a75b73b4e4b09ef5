"""What siting takes from the rest of a study: segments, coverage, intensity, people."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    import pandas as pd

    from georisk.network import IntArray
    from layers.crs import FloatArray


@dataclass(frozen=True, eq=False)
class Ground:
    """What siting takes from the rest of a study.

    Attributes
    ----------
    segments : GeoDataFrame
        The layer ``segments``, in the order of the network's.
    coverage : DataFrame
        Of the places that stand; they stay, so only uncovered rows are demand.
    services : DataFrame
        Index service; columns ``threshold_h measure``.
    corridors : mapping
        Legs in order, each with +1 as drawn or -1 reversed.
    intensity : array of shape (n_segments,)
        Of `georisk.siting.posing.problems.fill_intensity`.
    draws : array of shape (n_draws, n_segments), or None
    filled_km : float
    people : array of shape (n_segments, 2)
        A day, columns `georisk.coverage.SORTED_DIRECTIONS`; NaN where nobody counted.
    standing : mapping
        Segments at which a place that stands gives a service, by service.
    silent : bool
        Whether no report weighs on any leg, so that ``intensity`` is 1 everywhere.
    service_share : mapping
        What a risk-weighted km counts by service; of one not named 1
        (`georisk.siting.posing.problems.share_services`).
    """

    segments: gpd.GeoDataFrame
    coverage: pd.DataFrame
    services: pd.DataFrame
    corridors: Mapping[str, tuple[tuple[str, int], ...]]
    intensity: FloatArray
    draws: FloatArray | None
    filled_km: float
    people: FloatArray
    standing: Mapping[str, IntArray]
    silent: bool = False
    service_share: Mapping[str, float] = field(default_factory=dict)
