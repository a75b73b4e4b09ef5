"""What the rasters say at a position: elevation, relief, land cover, values of any raster."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from georisk.covariates.sites import find_raster
from layers.crs import measure_step_km
from layers.raster_sampling import sample_raster

if TYPE_CHECKING:
    from numpy.typing import NDArray

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
    level = replace(raster, values=np.maximum(raster.values[:1], 0.0))
    return sample_raster(level, sites.lon, sites.lat)


def measure_relief_m(sites: Sites, layers: Layers, terms: Terms) -> FloatArray | None:
    """Highest minus lowest ground in a square around the site, m; the sea counts as 0.

    The square reaches 10 km to each side, and one pixel at least: 3 by 3 pixels of ETOPO5.
    """
    raster = find_raster(layers, "hazard_relief")
    if raster is None:
        return None
    span = span_relief(np.maximum(raster.values[0], 0.0),
                       _count_pixels(raster, terms.rules.relief_km))
    spanned = replace(raster, values=span[None].astype(np.float32))
    return sample_raster(spanned, sites.lon, sites.lat)


def _count_pixels(raster: RasterLayer, reach_km: float) -> tuple[int, int]:
    """Rows and columns that a reach spans, at the raster's middle latitude."""
    turn = raster.transform
    south = turn.f + turn.e * raster.values.shape[1] / 2
    lon, lat = np.array([0.0, 0.0, turn.a]), np.array([south - turn.e, south, south])
    row_km, column_km = measure_step_km(lon, lat)
    return max(1, round(reach_km / row_km)), max(1, round(reach_km / max(column_km, 0.01)))


def span_relief(
    level: NDArray[np.floating], reach: tuple[int, int]
) -> NDArray[np.float64]:
    """Highest minus lowest value in a window around each pixel; NaN where it has none itself.

    Examples
    --------
    >>> span_relief(np.array([[0.0, 5.0, 5.0, 7.0, 7.0]]), (1, 1)).tolist()
    [[5.0, 5.0, 2.0, 2.0, 0.0]]
    """
    from scipy.ndimage import maximum_filter, minimum_filter

    level = np.asarray(level, float)
    known = np.isfinite(level)
    size = (2 * reach[0] + 1, 2 * reach[1] + 1)
    high = maximum_filter(np.where(known, level, -np.inf), size=size, mode="nearest")
    low = minimum_filter(np.where(known, level, np.inf), size=size, mode="nearest")
    return np.where(known, high - np.where(known, low, 0.0), np.nan)


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
