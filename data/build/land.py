"""Tell land from water on the land-cover layer of the study, cells of 0.05 degrees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import rasterio

if TYPE_CHECKING:
    from pathlib import Path

WATER = 0


@dataclass(frozen=True)
class Land:
    """Cells that are mostly land: rows from north, columns from west."""

    dry: np.ndarray
    transform: rasterio.Affine

    def contains_point(self, lon: float, lat: float, *, margin_deg: float = 0.0) -> bool:
        """Tell whether a position lies in a land cell, and its neighbours at a margin too.

        A cell on the coast is half sea: with a margin of half a cell nothing within it counts.
        """
        shifts = {0.0, margin_deg, -margin_deg}
        return all(self._is_dry(lon + east, lat + north) for east in shifts for north in shifts)

    def _is_dry(self, lon: float, lat: float) -> bool:
        column = (lon - self.transform.c) / self.transform.a
        row = (lat - self.transform.f) / self.transform.e
        rows, columns = self.dry.shape
        return 0 <= row < rows and 0 <= column < columns and bool(self.dry[int(row), int(column)])


def read_land(layers: Path) -> Land:
    """Read ``hazard_landcover.tif`` of the layers folder; no data counts as water."""
    with rasterio.open(layers / "hazard_landcover.tif") as source:
        classes = source.read(1)
        return Land(~np.isin(classes, (WATER, source.nodata)), source.transform)
