"""What walking off the ways is declared to cost: by land cover, for rivers, in which cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from georisk.parameters import Parameters
    from layers.crs import FloatArray

IGBP = (
    "water", "evergreen_needle", "evergreen_broad", "deciduous_needle", "deciduous_broad",
    "mixed_forest", "closed_shrub", "open_shrub", "woody_savanna", "savanna", "grassland",
    "wetland", "cropland", "built", "mosaic", "snow", "barren",
)
_MONTHS = 12


@dataclass(frozen=True)
class Friction:
    """Numbers behind a friction surface.

    Attributes
    ----------
    off_path_factor : float
        Times walking speed.
    cover_factor : tuple of float
        Energy cost by IGBP class, 0 to 16; infinite is not walked.
    river_h : float
        To cross a river where no leg or way does, at the pace of the reference traveller.
    wade_factor : float
        For water by a coarse raster on which a place nevertheless stands.
    cell_km, finest_km : float
        Width of a cell where rasters are coarser; the least width where they are finer.
    """

    off_path_factor: float = 0.6
    cover_factor: tuple[float, ...] = (
        np.inf, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.2, 1.2, 1.2, 1.0, 1.8, 1.1, 1.0, 1.1, 1.8, 1.2,
    )
    river_h: float = 0.75
    wade_factor: float = 1.8
    cell_km: float = 0.5
    finest_km: float = 0.25

    def look_up(self, cover: FloatArray, *, water: float) -> FloatArray:
        """Energy cost of land cover classes; unknown ones count as grass.

        Examples
        --------
        >>> Friction().look_up(np.array([0.0, 2, 11, np.nan, 254]), water=1.8).tolist()
        [1.8, 1.5, 1.8, 1.0, 1.0]
        """
        table = np.array(self.cover_factor, float)
        table[~np.isfinite(table)] = water
        known = np.isfinite(cover) & (cover >= 0) & (cover < len(table))
        level = np.where(known, cover, IGBP.index("grassland")).astype(np.int64)
        return np.asarray(table[level])


def read_friction(parameters: Parameters, *, month: int | None = None) -> Friction:
    """Read the rules of one month; without one, rivers cost the mean of the year.

    Examples
    --------
    >>> from georisk.parameters import Parameters
    >>> rules = read_friction(Parameters.read(), month=8)
    >>> rules.river_h > read_friction(Parameters.read(), month=2).river_h
    True
    """
    values = parameters.section("friction")
    first, last = int(values["wet_from"]), int(values["wet_to"])
    wet = {(first - 1 + n) % _MONTHS + 1 for n in range((last - first) % _MONTHS + 1)}
    share = len(wet) / _MONTHS if month is None else float(month in wet)
    river_h = share * values["river_wet_h"] + (1 - share) * values["river_dry_h"]
    factors = tuple(np.inf if name == "water" else float(values[f"cover.{name}"]) for name in IGBP)
    return Friction(
        off_path_factor=float(parameters.value("walk.off_path_factor")), cover_factor=factors,
        river_h=float(river_h), wade_factor=float(parameters.value("terrain.swamp")),
        cell_km=float(values["cell_km"]), finest_km=float(values["finest_km"]),
    )
