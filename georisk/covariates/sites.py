"""Positions at which conditions are measured, and what came out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from layers.crs import FloatArray, project_xy_m
from layers.layer import Layer, RasterLayer

if TYPE_CHECKING:
    import pandas as pd

AnyLayer = Layer | RasterLayer
Layers = Mapping[str, AnyLayer | None]


@dataclass(frozen=True, eq=False)
class Sites:
    """Positions, in degrees and in the study's plane.

    Attributes
    ----------
    lon, lat : array of shape (m,)
        Degrees, EPSG:4326.
    xy_km : array of shape (m, 2)
        The same in the study's metric CRS, km.
    """

    lon: FloatArray
    lat: FloatArray
    xy_km: FloatArray

    def __len__(self) -> int:
        return len(self.lon)


@dataclass(frozen=True)
class Rules:
    """Numbers that the conditions depend on.

    Attributes
    ----------
    town_people : float
        Population from which a place is a town.
    reach_km : float
        Standard deviation of the bell by which a place's people count with distance.
    relief_km : float
        Half the side of the square in which the relief is measured.
    border_gap_km : float
        Outlines of two countries this near each other are their common border.
    storm_km : float
        A storm passes where its track comes this near.
    aridity_cap : float
        Highest ratio of rain to evaporation that is told apart.
    """

    town_people: float = 50_000.0
    reach_km: float = 15.0
    relief_km: float = 10.0
    border_gap_km: float = 0.5
    storm_km: float = 100.0
    aridity_cap: float = 10.0


@dataclass(frozen=True)
class Terms:
    """On what terms to measure: the plane, the month (None: the whole year), the numbers."""

    crs_metric: str
    month: int | None = None
    rules: Rules = field(default_factory=Rules)


@dataclass(frozen=True)
class Covariate:
    """One condition of the ground that may go with intensity.

    Attributes
    ----------
    name : str
        Of the factor, ``factor_<name>``, and of the column on the model's scale.
    column : str
        Of the natural values; the unit stands in it where there is one.
    needs : tuple of str
        Layers that it reads.
    measure : callable
        Pure: natural values at the sites, NaN where unknown; None where the layers do not do.
    transform : callable
        Natural values to the model's scale: one array, or named ones for a class.
    """

    name: str
    column: str
    unit: str
    needs: tuple[str, ...]
    measure: Callable[[Sites, Layers, Terms], FloatArray | None]
    transform: Callable[[FloatArray], FloatArray | Mapping[str, FloatArray]]


@dataclass(frozen=True, eq=False)
class Measured:
    """Natural values, a row a site, a column a covariate, and what a reader must be told."""

    values: pd.DataFrame
    warnings: tuple[str, ...]


def place_sites(lon: FloatArray, lat: FloatArray, *, crs_metric: str) -> Sites:
    """Put positions into the study's plane.

    Raises
    ------
    ValueError
        If a position is unknown, not on the globe, or not in the plane.

    Examples
    --------
    >>> import numpy as np
    >>> sites = place_sites(np.array([-97.0]), np.array([19.0]),
    ...                     crs_metric="+proj=laea +lat_0=19 +lon_0=-97 +datum=WGS84")
    >>> len(sites), bool(np.abs(sites.xy_km).max() < 1e-9)
    (1, True)
    """
    lon, lat = np.asarray(lon, float), np.asarray(lat, float)
    if not (np.abs(lon) <= 180).all() or not (np.abs(lat) <= 90).all():  # noqa: PLR2004 - the globe
        raise ValueError("sites: a position is not in degrees of longitude and latitude")
    xy_km = project_xy_m(lon, lat, crs_metric=crs_metric) / 1000.0
    if not np.isfinite(xy_km).all():
        raise ValueError("sites: a position lies outside of what crs_metric can draw")
    return Sites(lon, lat, xy_km)


def find_rows(layers: Layers, name: str) -> pd.DataFrame | None:
    """Rows of a vector layer; None if it is absent, a raster or empty."""
    layer = layers.get(name)
    return layer.frame if isinstance(layer, Layer) and len(layer.frame) else None


def find_raster(layers: Layers, name: str) -> RasterLayer | None:
    """A raster layer; None if it is absent or has no value."""
    layer = layers.get(name)
    usable = isinstance(layer, RasterLayer) and bool(np.isfinite(layer.values).any())
    return layer if usable else None  # type: ignore[return-value]  # isinstance stands above
