"""Proposed points for the study's objective, beside those by length alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import geopandas as gpd

    from georisk.siting.solution import Solution


@dataclass(frozen=True, eq=False)
class Proposal:
    """Two choices side by side.

    Attributes
    ----------
    by_risk, by_km : GeoDataFrame
        As ``layers/specs/base/sites.toml`` says: for the study's objective, and by km alone.
    risk, km : Solution
        What the solver said of each.
    """

    by_risk: gpd.GeoDataFrame
    by_km: gpd.GeoDataFrame
    risk: Solution
    km: Solution
