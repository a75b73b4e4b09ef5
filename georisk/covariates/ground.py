"""What the rasters say at a position: elevation, relief, land cover, values of any raster."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from georisk.covariates.sites import find_raster
from layers.crs import measure_step_km
from layers.pixels import find_pixels, mix_pixels
from layers.raster_sampling import sample_raster

if TYPE_CHECKING:
    from georisk.covariates.sites import Layers, Sites, Terms
    from layers.crs import FloatArray
    from layers.layer import RasterLayer

# IGBP classes 0-16 by what they mean to a person on foot; open land is what the rest is read
# against, so it has no column.
LAND_GROUPS: dict[str, tuple[int, ...]] = {
    "forest": (1, 2, 3, 4, 5),
    "used": (12, 13, 14),
    "wetland": (11,),
    "barren": (15, 16),
    "water": (0,),
}
OPEN_LAND = (6, 7, 8, 9, 10)


def sample_bands(raster: RasterLayer, sites: Sites) -> FloatArray:
    """Values of all bands at sites, bilinear between pixel centres, shape (m, bands).

    NaN outside, and where none of the four pixels around has a value.
    """
    bands = range(1, len(raster.values) + 1)
    return np.column_stack([sample_raster(raster, sites.lon, sites.lat, band=b) for b in bands])


def measure_elevation_m(sites: Sites, layers: Layers, terms: Terms) -> FloatArray | None:
    """Elevation, m; the sea counts as 0."""
    del terms
    raster = find_raster(layers, "hazard_relief")
    if raster is None:
        return None
    level = raster.values[0]
    return mix_pixels(lambda row, column: np.maximum(level[row, column], 0.0).astype(float),
                      find_pixels(raster.transform, sites.lon, sites.lat), level.shape,
                      method="bilinear")


def measure_relief_m(sites: Sites, layers: Layers, terms: Terms) -> FloatArray | None:
    """Highest minus lowest ground in a square around the site, m; the sea counts as 0.

    The square reaches 10 km to each side, and one pixel at least: 3 by 3 pixels of ETOPO5.
    """
    raster = find_raster(layers, "hazard_relief")
    if raster is None:
        return None
    from georisk.kernels.windows import span_windows

    level, reach = raster.values[0], _count_pixels(raster, terms.rules.relief_km)
    return mix_pixels(lambda row, column: span_windows(level, row, column, reach, 0.0),
                      find_pixels(raster.transform, sites.lon, sites.lat), level.shape,
                      method="bilinear")


def _count_pixels(raster: RasterLayer, reach_km: float) -> tuple[int, int]:
    """Rows and columns that a reach spans, at the raster's middle latitude."""
    turn = raster.transform
    south = turn.f + turn.e * raster.values.shape[1] / 2
    lon, lat = np.array([0.0, 0.0, turn.a]), np.array([south - turn.e, south, south])
    row_km, column_km = measure_step_km(lon, lat)
    return max(1, round(reach_km / row_km)), max(1, round(reach_km / max(column_km, 0.01)))


def measure_land_cover(sites: Sites, layers: Layers, terms: Terms) -> FloatArray | None:
    """IGBP class of the land cover, 0 to 16; NaN where unclassified."""
    del terms
    raster = find_raster(layers, "hazard_landcover")
    if raster is None:
        return None
    value = sample_raster(raster, sites.lon, sites.lat, method="nearest")
    return np.where((value >= 0) & (value <= 16), value, np.nan)  # noqa: PLR2004 - IGBP's last


def group_land(value: FloatArray) -> dict[str, FloatArray]:
    """Turn IGBP classes into 0/1 columns, against open land; an unknown class stays unknown.

    Examples
    --------
    >>> groups = group_land(np.array([2.0, 7.0, np.nan]))
    >>> groups["forest"].tolist(), groups["barren"].tolist()
    ([1.0, 0.0, nan], [0.0, 0.0, nan])
    """
    known = np.isfinite(value)
    return {
        name: np.where(known, np.isin(value, classes), np.nan).astype(float)
        for name, classes in LAND_GROUPS.items()
    }


def measure_raster(sites: Sites, raster: RasterLayer, terms: Terms) -> FloatArray:
    """Value of any raster at the sites: of the month if it has twelve bands, else their mean."""
    bands = sample_bands(raster, sites)
    if terms.month is not None and bands.shape[1] == 12:  # noqa: PLR2004 - months
        return np.asarray(bands[:, terms.month - 1])
    return np.asarray(bands.mean(axis=1))
