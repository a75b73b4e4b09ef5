"""Heat, aridity and storms at a position, from monthly climate and storm tracks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from georisk.covariates.distances import draw_shapes
from georisk.covariates.ground import sample_bands
from georisk.covariates.sites import find_raster, find_rows

if TYPE_CHECKING:
    from georisk.covariates.sites import Layers, Sites, Terms
    from layers.crs import FloatArray

MONTHS = 12
_DAYS = np.array([31.0, 28.25, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
# Bounds of P / PET and the dryland classes of UNEP between them.
ARIDITY_CLASSES = ((0.05, "hyper-arid"), (0.2, "arid"), (0.5, "semi-arid"),
                   (0.65, "dry sub-humid"), (np.inf, "humid"))


def measure_months(sites: Sites, layers: Layers) -> tuple[FloatArray, FloatArray]:
    """Mean temperature and rain of each month at the sites.

    Returns
    -------
    temperature : array of shape (m, 12)
        Monthly means of day and night, degC.
    rain : array of shape (m, 12)
        Sum of the month, mm.

    Notes
    -----
    Unknown is NaN: outside a raster, in its holes, and everywhere if the layer is absent.
    """
    return (_sample_months(sites, layers, "hazard_temperature"),
            _sample_months(sites, layers, "hazard_rain"))


def _sample_months(sites: Sites, layers: Layers, name: str) -> FloatArray:
    raster = find_raster(layers, name)
    if raster is None or len(raster.values) != MONTHS:
        return np.full((len(sites), MONTHS), np.nan)
    return sample_bands(raster, sites)


def measure_heat_degc(sites: Sites, layers: Layers, terms: Terms) -> FloatArray | None:
    """Mean temperature of the warmest month, or of the month asked for, degC."""
    if find_raster(layers, "hazard_temperature") is None:
        return None
    temperature, _ = measure_months(sites, layers)
    if terms.month is not None:
        return np.asarray(temperature[:, terms.month - 1])
    return np.asarray(temperature.max(axis=1))


def measure_aridity(sites: Sites, layers: Layers, terms: Terms) -> FloatArray | None:
    """Rain of the year over evaporation of the year (PET by Thornthwaite); small is dry."""
    if find_raster(layers, "hazard_rain") is None:
        return None
    if find_raster(layers, "hazard_temperature") is None:
        return None
    temperature, rain = measure_months(sites, layers)
    pet = estimate_pet_mm(temperature, sites.lat).sum(axis=1)
    # Where it never thaws nothing evaporates by this formula: the cap says "not dry".
    ratio = rain.sum(axis=1) / np.maximum(pet, 1.0)
    return np.asarray(np.minimum(ratio, terms.rules.aridity_cap))


def estimate_pet_mm(temperature_degc: FloatArray, lat: FloatArray) -> FloatArray:
    """Potential evapotranspiration of each month, mm, from temperature alone.

    Parameters
    ----------
    temperature_degc : array of shape (m, 12)
        Monthly means, January first.
    lat : array of shape (m,)
        Degrees.

    Returns
    -------
    array of shape (m, 12)
        NaN where the temperature is.

    Notes
    -----
    It knows neither wind nor humidity, so it is too low where the air is dry: read it as an
    order of dryness. Above 26.5 degC the curve of Willmott et al. stands for Thornthwaite's
    table; it is level from 37.5 degC on. The formula is not made for a place whose months
    all stay below 5 degC.

    References
    ----------
    Thornthwaite 1948, An approach toward a rational classification of climate. Willmott, Rowe
    & Mintz 1985, Climatology of the terrestrial seasonal water cycle.

    Examples
    --------
    20 degC all year on the equator: the index is 12 (20/5)^1.514 = 97.9, the exponent 2.14, a
    month of 30 days 16 (200/97.9)^2.14 = 73.9 mm.

    >>> pet = estimate_pet_mm(np.full((1, 12), 20.0), np.zeros(1))
    >>> round(float(pet[0, 3]), 1), round(float(pet.sum()))
    (73.9, 899)
    """
    warm = np.clip(temperature_degc, 0.0, 37.5)
    index = ((warm / 5.0) ** 1.514).sum(axis=1, keepdims=True)
    power = 6.75e-7 * index**3 - 7.71e-5 * index**2 + 1.792e-2 * index + 0.49239
    mild = 16.0 * (10.0 * warm / np.where(index == 0, 1.0, index)) ** power
    hot = -415.85 + 32.24 * warm - 0.43 * warm**2
    month = np.where(warm < 26.5, mild, hot)  # noqa: PLR2004 - where the table begins
    return np.asarray(month * measure_daylight_h(lat) / 12.0 * _DAYS / 30.0)


def measure_daylight_h(lat: FloatArray) -> FloatArray:
    """Hours from sunrise to sunset in the middle of each month, shape (m, 12).

    References
    ----------
    Allen et al. 1998, Crop evapotranspiration, FAO Irrigation and Drainage Paper 56.

    Examples
    --------
    >>> measure_daylight_h(np.array([0.0, 30.0]))[:, 5].round(1).tolist()
    [12.0, 13.9]
    """
    middle = np.cumsum(_DAYS) - _DAYS / 2
    declination = 0.409 * np.sin(2 * np.pi / 365.25 * middle - 1.39)
    slope = -np.tan(np.radians(np.asarray(lat, float)))[:, None] * np.tan(declination)[None, :]
    return np.asarray(24.0 / np.pi * np.arccos(np.clip(slope, -1.0, 1.0)))


def name_aridity(aridity: float) -> str:
    """Name the dryland class of a ratio of rain to evaporation.

    References
    ----------
    UNEP 1992, World Atlas of Desertification.

    Examples
    --------
    >>> name_aridity(0.1), name_aridity(0.5), name_aridity(2.0)
    ('arid', 'dry sub-humid', 'humid')
    """
    if not aridity >= 0:
        raise ValueError(f"aridity: {aridity} is no ratio of rain to evaporation; give 0 or more")
    return next(name for bound, name in ARIDITY_CLASSES if aridity < bound)


def measure_storms(sites: Sites, layers: Layers, terms: Terms) -> FloatArray | None:
    """Storms that pass within 100 km, per year (of the month asked for, per year).

    The years covered are taken to run from the first to the last in the layer.
    """
    frame = find_rows(layers, "hazard_storms")
    if frame is None:
        return None
    years = float(frame["year"].max() - frame["year"].min() + 1)
    if terms.month is not None:
        frame = frame[frame["month"] == terms.month]
    tracks = draw_shapes(frame.geometry.to_numpy(), crs_metric=terms.crs_metric)
    site, _ = shapely.STRtree(tracks).query(
        shapely.points(sites.xy_km), predicate="dwithin", distance=terms.rules.storm_km)
    return np.bincount(site, minlength=len(sites)) / years
