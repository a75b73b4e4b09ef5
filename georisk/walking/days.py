"""Heat by month and hour, from the climate that a study has: measured, or estimated and said so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from georisk.covariates.climate import ARIDITY_CLASSES, estimate_pet_mm, measure_daylight_h
from georisk.walking.heat import (
    HOURS,
    HeatRules,
    flag_heat,
    flag_wbgt,
    heat_index_degc,
    list_hourly_temperature,
    measure_humidity_pct,
    vapour_kpa,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from layers.crs import FloatArray

MONTHS = 12
DRYNESS = tuple(name.replace("-", "_").replace(" ", "_") for _, name in ARIDITY_CLASSES)


@dataclass(frozen=True, eq=False)
class Climate:
    """What is known of the months at some positions, each array of shape (m, 12), NaN unknown.

    Attributes
    ----------
    lat : array of shape (m,)
        Degrees.
    mean_degc, rain_mm : array
        Mean of all hours, and sum of the month.
    humidity_pct : array, optional
        Mean relative humidity; where unknown it is estimated from the coolest hour.
    wbgt_degc : array, optional
        Mean of the days' highest; where known the flags follow it and not the heat index.
    """

    lat: FloatArray
    mean_degc: FloatArray
    rain_mm: FloatArray
    humidity_pct: FloatArray | None = None
    wbgt_degc: FloatArray | None = None


def class_dryness(climate: Climate) -> NDArray[np.int64]:
    """Dryness of each month by rain over evaporation, rows of `DRYNESS`, -1 unknown.

    UNEP draws its classes for years; that they hold for a month is declared.

    Examples
    --------
    A rainless month, and one with 300 mm.

    >>> year = Climate(np.array([30.0]), np.full((1, 12), 28.0), np.array([[0.0] * 11 + [300.0]]))
    >>> [DRYNESS[row] for row in class_dryness(year)[0, -2:]]
    ['hyper_arid', 'humid']
    """
    pet = np.maximum(estimate_pet_mm(climate.mean_degc, climate.lat), 1.0)
    ratio = climate.rain_mm / pet
    cuts = [bound for bound, _ in ARIDITY_CLASSES[:-1]]
    row = np.searchsorted(cuts, ratio, side="right")
    return np.where(np.isnan(ratio), -1, row)


def flag_hours(climate: Climate, rules: HeatRules | None = None) -> NDArray[np.int8]:
    """Heat flag of each hour of a mean day of each month, shape (m, 12, 24); 0 is unknown.

    Parameters
    ----------
    climate : Climate
        Without temperature or rain a month is unknown, even where humidity or WBGT is known:
        they give the day its course.

    Examples
    --------
    A dry month at 30 degC on average: warmest hour 40.7 degC.

    >>> year = Climate(np.array([31.5]), np.full((1, 12), 30.0), np.zeros((1, 12)))
    >>> flag_hours(year)[0, 5, [3, 9, 13, 20]].tolist()
    [1, 3, 4, 2]
    """
    rules = rules or HeatRules()
    m = len(climate.lat)
    flags = np.zeros((m, MONTHS, HOURS), np.int8)
    dryness, daylight = class_dryness(climate), measure_daylight_h(climate.lat)
    for month in range(MONTHS):
        flags[:, month] = _flag_month(climate, month, (dryness[:, month], daylight[:, month]),
                                      rules)
    return flags


def _flag_month(
    climate: Climate, month: int, ground: tuple[NDArray[np.int64], FloatArray], rules: HeatRules
) -> NDArray[np.int8]:
    dryness, daylight = ground
    span = np.append(rules.range_degc, np.nan)[dryness]
    temperature = list_hourly_temperature(climate.mean_degc[:, month], span,
                                          daylight_h=daylight, rules=rules)
    moisture = _find_moisture(climate, month, temperature, dryness, rules)
    humidity = measure_humidity_pct(temperature, moisture)
    by_index = flag_heat(heat_index_degc(temperature, humidity), rules)
    if climate.wbgt_degc is None:
        return by_index
    below = temperature.max(axis=1, keepdims=True) - temperature
    wbgt = climate.wbgt_degc[:, month, None] - rules.wbgt_per_degc * below
    return np.where(np.isnan(wbgt), by_index, flag_wbgt(wbgt, rules)).astype(np.int8)


def _find_moisture(
    climate: Climate, month: int, temperature: FloatArray, dryness: NDArray[np.int64],
    rules: HeatRules,
) -> FloatArray:
    """Vapour in the air, kPa: by the humidity measured, else by the coolest hour's dew."""
    dew = temperature.min(axis=1) - np.append(rules.dew_below_degc, np.nan)[dryness]
    estimate = vapour_kpa(dew)
    if climate.humidity_pct is None:
        return estimate
    share = np.clip(climate.humidity_pct[:, month], 0.0, 100.0) / 100.0
    measured = share * vapour_kpa(climate.mean_degc[:, month])
    return np.where(np.isnan(measured), estimate, measured)
