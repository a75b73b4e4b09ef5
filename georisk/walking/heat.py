"""How hot it is for somebody who walks: heat index, wet bulb, the hours of a day, flags."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from layers.crs import FloatArray

HOURS = 24
UNKNOWN, FLAGS = 0, 5
# degF; of the NWS: from here its full regression holds, and where it is corrected.
_SIMPLE_BELOW_F = 80.0
_ROTHFUSZ = (-42.379, 2.04901523, 10.14333127, -0.22475541, -6.83783e-3, -5.481717e-2,
             1.22874e-3, 8.5282e-4, -1.99e-6)


@dataclass(frozen=True)
class HeatRules:
    """Numbers that the heat of an hour depends on; five-tuples run from hyper-arid to humid.

    Attributes
    ----------
    range_degc : tuple
        Warmest minus coolest hour of a day, by dryness of the month.
    dew_below_degc : tuple
        How far the dew point lies below the coolest hour, by dryness of the month.
    peak_lag_h, night_decay, low_lag_h : float
        Warmest hour after noon, fall of the night, coolest hour after sunrise.
    index_degc : tuple
        Heat index from which flags 2 to 5 fly.
    wbgt_degc : tuple
        WBGT from which flags 2 to 5 fly.
    wbgt_per_degc : float
        How much WBGT falls with each degree below the day's warmest hour.
    """

    range_degc: tuple[float, ...] = (18.0, 17.0, 15.0, 12.0, 10.0)
    dew_below_degc: tuple[float, ...] = (2.0, 2.0, 2.0, 0.0, 0.0)
    peak_lag_h: float = 1.86
    night_decay: float = 2.20
    low_lag_h: float = -0.17
    index_degc: tuple[float, ...] = (26.7, 32.2, 39.4, 51.7)
    wbgt_degc: tuple[float, ...] = (27.8, 29.4, 31.1, 32.2)
    wbgt_per_degc: float = 0.6


def heat_index_degc(temperature_degc: ArrayLike, humidity_pct: ArrayLike) -> FloatArray:
    """How hot the air feels in the shade, degC, by air temperature and humidity.

    The regression of Rothfusz with the two corrections of the US National Weather Service, and
    its simple formula where that gives less than 80 degF. NaN stays NaN.

    Raises
    ------
    ValueError
        If a humidity is not between 0 and 100 %.

    References
    ----------
    Rothfusz 1990, The heat index equation, NWS Southern Region SR 90-23.

    Examples
    --------
    90 degF (32.2 degC) at 60 % feels like 99.68 degF.

    >>> round(float(heat_index_degc((90 - 32) / 1.8, 60)) * 1.8 + 32, 2)
    99.68
    """
    t, rh = np.broadcast_arrays(np.asarray(temperature_degc, float) * 1.8 + 32.0,
                                _check_humidity(humidity_pct))
    simple = (0.5 * (t + 61.0 + 1.2 * (t - 68.0) + 0.094 * rh) + t) / 2.0
    c = _ROTHFUSZ
    full = (c[0] + c[1] * t + c[2] * rh + c[3] * t * rh + c[4] * t * t + c[5] * rh * rh
            + c[6] * t * t * rh + c[7] * t * rh * rh + c[8] * t * t * rh * rh)
    index = np.where(simple < _SIMPLE_BELOW_F, simple, full + _correct_index(t, rh))
    return np.asarray((index - 32.0) / 1.8)


def _correct_index(t: FloatArray, rh: FloatArray) -> FloatArray:
    """Of the NWS, degF: dry air between 80 and 112 degF, moist air between 80 and 87 degF."""
    dry = (rh < 13.0) & (t >= 80.0) & (t <= 112.0)  # noqa: PLR2004 - of the NWS
    moist = (rh > 85.0) & (t >= 80.0) & (t <= 87.0)  # noqa: PLR2004 - of the NWS
    root = np.sqrt(np.clip((17.0 - np.abs(t - 95.0)) / 17.0, 0.0, None))
    lower = (13.0 - rh) / 4.0 * root
    higher = (rh - 85.0) / 10.0 * (87.0 - t) / 5.0
    return np.where(dry, -lower, 0.0) + np.where(moist, higher, 0.0)


def wet_bulb_degc(temperature_degc: ArrayLike, humidity_pct: ArrayLike) -> FloatArray:
    """Wet-bulb temperature, degC; shown, never a threshold by itself. NaN stays NaN.

    In a dry desert it looks mild while the loss of water kills: 21.4 degC at 45 degC and 10 %.

    Raises
    ------
    ValueError
        If a humidity is not between 0 and 100 %.

    References
    ----------
    Stull 2011, Wet-bulb temperature from relative humidity and air temperature.

    Examples
    --------
    >>> wet_bulb_degc([20, 40, 45], [50, 20, 10]).round(3).tolist()
    [13.699, 22.704, 21.392]
    """
    t, rh = np.asarray(temperature_degc, float), _check_humidity(humidity_pct)
    return np.asarray(
        t * np.arctan(0.151977 * np.sqrt(rh + 8.313659)) + np.arctan(t + rh)
        - np.arctan(rh - 1.676331) + 0.00391838 * rh**1.5 * np.arctan(0.023101 * rh) - 4.686035
    )


def _check_humidity(humidity_pct: ArrayLike) -> FloatArray:
    rh = np.asarray(humidity_pct, float)
    if bool(((rh < 0.0) | (rh > 100.0)).any()):  # noqa: PLR2004 - per cent
        raise ValueError("humidity: a value is not between 0 and 100 %")
    return rh


def vapour_kpa(temperature_degc: ArrayLike) -> FloatArray:
    """Pressure of saturated water vapour, kPa.

    References
    ----------
    Allen et al. 1998, FAO Irrigation and Drainage Paper 56, equation 11.

    Examples
    --------
    >>> vapour_kpa([10.0, 20.0]).round(3).tolist()
    [1.228, 2.338]
    """
    t = np.asarray(temperature_degc, float)
    return np.asarray(0.6108 * np.exp(17.27 * t / (t + 237.3)))


def shape_day(daylight_h: ArrayLike, rules: HeatRules | None = None) -> FloatArray:
    """Where each hour lies between the coolest (0) and the warmest (1), shape (m, 24).

    A sine by day, an exponential fall by night. Hour 0 is the middle of the first hour after
    midnight, solar time; days shorter than 1 h or longer than 23 h count as these.

    References
    ----------
    Parton & Logan 1981, A model for diurnal variation in soil and air temperature; their values
    for air at 1.5 m.

    Examples
    --------
    >>> day = shape_day([14.0])[0]
    >>> int(day.argmin()), int(day.argmax())  # coolest 4 to 5, warmest 13 to 14 o'clock
    (4, 13)
    """
    rules = rules or HeatRules()
    light = np.clip(np.atleast_1d(np.asarray(daylight_h, float)), 1.0, HOURS - 1.0)[:, None]
    hour = np.arange(HOURS) + 0.5
    low, down = 12.0 - light / 2.0 + rules.low_lag_h, 12.0 + light / 2.0
    wave = np.pi / (light + 2.0 * rules.peak_lag_h)
    by_day = np.sin(wave * (hour - low))
    at_dusk = np.sin(wave * (down - low))
    since = (hour - down) % HOURS
    by_night = at_dusk * np.exp(-rules.night_decay * since / (HOURS - light))
    return np.asarray(np.where((hour >= low) & (hour <= down), by_day, by_night))


def list_hourly_temperature(
    mean_degc: ArrayLike, range_degc: ArrayLike, *, daylight_h: ArrayLike,
    rules: HeatRules | None = None,
) -> FloatArray:
    """Temperature of each hour of a mean day, shape (m, 24); its mean is the mean given."""
    shape = shape_day(daylight_h, rules)
    span = shape.max(axis=1, keepdims=True) - shape.min(axis=1, keepdims=True)
    from_mean = (shape - shape.mean(axis=1, keepdims=True)) / span
    mean = np.atleast_1d(np.asarray(mean_degc, float))[:, None]
    return np.asarray(mean + np.atleast_1d(np.asarray(range_degc, float))[:, None] * from_mean)


def list_hourly_climate(
    mean_degc: ArrayLike, range_degc: ArrayLike, *, moisture_kpa: ArrayLike,
    daylight_h: ArrayLike, rules: HeatRules | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Temperature and humidity of each hour of a mean day.

    Parameters
    ----------
    mean_degc, range_degc, moisture_kpa, daylight_h : array of shape (m,)
        Mean of 24 hours, warmest minus coolest hour, pressure of the vapour in the air (the
        same all day), sunrise to sunset.

    Returns
    -------
    temperature_degc, humidity_pct : array of shape (m, 24)
        NaN where an input is. Air at its dew point is at 100 %.

    Examples
    --------
    >>> t, rh = list_hourly_climate([30.0], [16.0], moisture_kpa=[1.5], daylight_h=[14.0])
    >>> round(float(t.mean()), 6), round(float(np.ptp(t)), 6)
    (30.0, 16.0)
    >>> bool((rh[0].argmin() == t[0].argmax()))
    True
    """
    temperature = list_hourly_temperature(mean_degc, range_degc, daylight_h=daylight_h,
                                          rules=rules)
    return temperature, measure_humidity_pct(temperature, moisture_kpa)


def measure_humidity_pct(temperature_degc: FloatArray, moisture_kpa: ArrayLike) -> FloatArray:
    """Humidity of each hour, shape (m, 24), where the vapour in the air is the same all day.

    Examples
    --------
    >>> measure_humidity_pct(np.array([[10.0, 20.0]]), [1.0]).round(1).tolist()
    [[81.4, 42.8]]
    """
    moisture = np.atleast_1d(np.asarray(moisture_kpa, float))[:, None]
    humidity = np.clip(100.0 * moisture / vapour_kpa(temperature_degc), 0.0, 100.0)
    return np.asarray(np.where(np.isnan(temperature_degc), np.nan, humidity))


def flag_heat(
    heat_index_degc: ArrayLike, rules: HeatRules | None = None
) -> NDArray[np.int8]:
    """Flags 1 to 5 by the heat index: 1 below caution, 5 extreme danger; 0 is unknown.

    The classes are those of the NWS; that they stand in for the Army's five categories of
    WBGT is declared.

    Examples
    --------
    >>> flag_heat([20.0, 26.7, 35.0, 40.0, 52.0, np.nan]).tolist()
    [1, 2, 3, 4, 5, 0]
    """
    return _flag(heat_index_degc, (rules or HeatRules()).index_degc)


def flag_wbgt(wbgt_degc: ArrayLike, rules: HeatRules | None = None) -> NDArray[np.int8]:
    """Flags 1 to 5 by WBGT; 0 is unknown.

    The Army's first category, from 25.6 degC, changes neither pace nor water for moderate work,
    so flag 1 is all that lies below the second.

    References
    ----------
    US Army TB MED 507, Heat stress control and heat casualty management.

    Examples
    --------
    >>> flag_wbgt([20.0, 27.8, 29.4, 31.1, 32.2, np.nan]).tolist()
    [1, 2, 3, 4, 5, 0]
    """
    return _flag(wbgt_degc, (rules or HeatRules()).wbgt_degc)


def _flag(value: ArrayLike, cuts: tuple[float, ...]) -> NDArray[np.int8]:
    given = np.asarray(value, float)
    flag = 1 + np.searchsorted(np.asarray(cuts), given, side="right")
    return np.where(np.isnan(given), UNKNOWN, np.minimum(flag, FLAGS)).astype(np.int8)
