"""What a pair of coordinates could have been before it was damaged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from layers.gazetteer.shapes import FloatArray

MAX_LAT = 90.0


@dataclass(frozen=True)
class Variant:
    """One way to write a pair wrongly, undone.

    Attributes
    ----------
    name : str
        What happened, as the suggestion says it.
    swap : bool
        Whether longitude and latitude change places, before the signs.
    lon_sign, lat_sign : int
        Factors of the longitude and the latitude that result.
    weight : float
        How common it is among errors **[decl]**; a sign that is lost is far more common than one
        that is gained (see `weigh_variants`).
    """

    name: str
    swap: bool
    lon_sign: int
    lat_sign: int
    weight: float


VARIANTS = (
    Variant("as it stands", swap=False, lon_sign=1, lat_sign=1, weight=0.0),
    Variant("lon sign lost", swap=False, lon_sign=-1, lat_sign=1, weight=0.40),
    Variant("lat sign lost", swap=False, lon_sign=1, lat_sign=-1, weight=0.15),
    Variant("axes swapped", swap=True, lon_sign=1, lat_sign=1, weight=0.40),
    Variant("lon and lat signs lost", swap=False, lon_sign=-1, lat_sign=-1, weight=0.02),
    Variant("axes swapped and lon sign lost", swap=True, lon_sign=-1, lat_sign=1, weight=0.02),
    Variant("axes swapped and lat sign lost", swap=True, lon_sign=1, lat_sign=-1, weight=0.005),
    Variant("axes swapped, both signs lost", swap=True, lon_sign=-1, lat_sign=-1, weight=0.005),
)
# A minus sign that should not be there is typed far more seldom than one is left out [decl].
SIGN_GAINED = 0.1


def turn_pairs(lon: FloatArray, lat: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Longitude and latitude of every variant, shape (n, 8); NaN where no place on the globe.

    Examples
    --------
    >>> lon, lat = turn_pairs(np.array([99.1]), np.array([19.4]))
    >>> float(lon[0, 1]), float(lat[0, 2]), bool(np.isnan(lon[0, 3]))
    (-99.1, -19.4, True)
    """
    lons = np.column_stack([(lat if v.swap else lon) * v.lon_sign for v in VARIANTS])
    lats = np.column_stack([(lon if v.swap else lat) * v.lat_sign for v in VARIANTS])
    off = np.abs(lats) > MAX_LAT
    return np.where(off, np.nan, lons), np.where(off, np.nan, lats)


def weigh_variants(lons: FloatArray, lats: FloatArray) -> FloatArray:
    """How common each variant is among errors, shape (n, 8); 0 for as it stands.

    Examples
    --------
    >>> lons, lats = turn_pairs(np.array([99.1, -99.1]), np.array([19.4, 19.4]))
    >>> [float(round(w, 3)) for w in weigh_variants(lons, lats)[:, 1]]
    [0.4, 0.04]
    """
    weights = np.tile([v.weight for v in VARIANTS], (len(lons), 1))
    for number, variant in enumerate(VARIANTS):
        gained = np.zeros(len(lons))
        gained += (variant.lon_sign < 0) & (lons[:, number] > 0)
        gained += (variant.lat_sign < 0) & (lats[:, number] > 0)
        weights[:, number] *= SIGN_GAINED**gained
        same = (lons[:, number] == lons[:, 0]) & (lats[:, number] == lats[:, 0])
        weights[same, number] = 0.0
    return np.where(np.isnan(lons), 0.0, weights)


def name_variant(number: int, lon: float, lat: float) -> str:
    """Say what happened to the pair that is ``lon, lat`` when undone.

    Examples
    --------
    >>> name_variant(1, -80.0684, 8.5)
    'lon sign lost: -80.0684?'
    >>> name_variant(3, 8.5, 12.0)
    'axes swapped: lon 8.5, lat 12?'
    """
    variant = VARIANTS[number]
    factors = {"lon": variant.lon_sign, "lat": variant.lat_sign}
    signs = [axis for axis, factor in factors.items() if factor < 0]
    values = {"lon": lon, "lat": lat}
    if not variant.swap:
        verb = "lost" if all(values[axis] < 0 for axis in signs) else "wrong"
        joined = ", ".join(f"{values[axis]:.10g}" for axis in signs)
        return f"{' and '.join(signs)} sign {verb}: {joined}?"
    tail = f" and {' and '.join(signs)} sign lost" if signs else ""
    return f"axes swapped{tail}: lon {lon:.10g}, lat {lat:.10g}?"
