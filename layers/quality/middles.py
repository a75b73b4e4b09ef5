"""Middles of areas: where a geocoder puts what it knows by the name of an area only."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import shapely

from layers.gazetteer.shapes import EARTH_KM, convert_chords_km, find_vectors
from layers.quality.copies import COPY_DEG, count_copies

if TYPE_CHECKING:
    from scipy.spatial import cKDTree

    from layers.gazetteer import Gazetteer
    from layers.gazetteer.shapes import FloatArray

# Middles of one area in two editions of its boundary lie within 0.3 km of each other (98 % of
# Mexican municipalities). Copies of one position may lie farther from it: of large areas the
# editions differ more, and copies do not come together by chance.
LEAST_KM, LEAST_SHARE = 0.3, 0.1
COPIES, COPIES_SHARE, COPIES_KM = 3, 0.02, 10.0
NEAREST = 3


@dataclass(frozen=True, eq=False)
class Middles:
    """Middles of the gazetteer's areas.

    Attributes
    ----------
    names : array (m,) of str
    sigma_km : array (m,)
        One sigma of a position that stands for the whole area, sqrt(area / 2 pi).
    tree : cKDTree
        Their unit vectors.
    """

    names: np.ndarray
    sigma_km: FloatArray
    tree: cKDTree


@lru_cache(maxsize=4)
def list_middles(gazetteer: Gazetteer) -> Middles:
    """Middles of countries, first divisions, counties and municipalities.

    Examples
    --------
    >>> from layers.gazetteer import load_gazetteer
    >>> middles = list_middles(load_gazetteer())
    >>> round(float(middles.sigma_km[middles.names == "Sonora"].max()))
    169
    """
    from scipy.spatial import cKDTree

    divisions = gazetteer.places.iloc[gazetteer.first_division:]
    centre = shapely.centroid(gazetteer.country_shapes)
    lon = np.concatenate([divisions["lon"].to_numpy(float), shapely.get_x(centre)])
    lat = np.concatenate([divisions["lat"].to_numpy(float), shapely.get_y(centre)])
    area = np.concatenate([divisions["area_km2"].to_numpy(float),
                           gazetteer.countries["area_km2"].to_numpy(float)])
    names = np.concatenate([divisions["name"].to_numpy(object),
                            gazetteer.countries["name"].to_numpy(object)])
    return Middles(names, spread_area_km(area), cKDTree(find_vectors(lon, lat)))


def spread_area_km(area_km2: FloatArray) -> FloatArray:
    """One sigma, km, of a position that is somewhere in an area (METHOD 2.2).

    Examples
    --------
    >>> round(float(spread_area_km(np.array([628.3]))[0]), 1)
    10.0
    """
    return np.asarray(np.sqrt(np.asarray(area_km2) / (2 * np.pi)))


def find_middles(lon: FloatArray, lat: FloatArray, *, gazetteer: Gazetteer) -> np.ndarray:
    """Which area each position is the middle of; -1 where none. Degrees, EPSG:4326, finite.

    Of several areas the largest: a position is not taken for better than it may be.

    Returns
    -------
    array (n,) of int
        Rows of `list_middles`.
    """
    middles = list_middles(gazetteer)
    copied = count_copies(lon, lat, step_deg=COPY_DEG) >= COPIES
    near = np.full(len(lon), -1)
    # Few positions are copies: the others are looked for no farther than they may lie.
    for rows, most_km in ((np.flatnonzero(copied), COPIES_KM), (np.flatnonzero(~copied), LEAST_KM)):
        chords, which = middles.tree.query(find_vectors(lon[rows], lat[rows]), k=NEAREST,
                                           distance_upper_bound=_find_chord(most_km))
        met = np.flatnonzero(np.isfinite(chords[:, 0]))
        near[rows[met]] = _pick_widest(chords[met], which[met], middles, copied=copied[rows[met]])
    return near


def _find_chord(km: float) -> float:
    # A little more, for what rounding may take: the distance itself is compared later.
    return float(2 * np.sin(km / EARTH_KM / 2)) * (1 + 1e-9)


def _pick_widest(
    chords: FloatArray, which: np.ndarray, middles: Middles, *, copied: np.ndarray
) -> np.ndarray:
    sigma_km = np.append(middles.sigma_km, 0.0)[which]
    reach_km = np.minimum(LEAST_KM, LEAST_SHARE * sigma_km)
    wide_km = np.clip(COPIES_SHARE * sigma_km, reach_km, COPIES_KM)
    hit = convert_chords_km(chords) <= np.where(copied[:, None], wide_km, reach_km)
    hit &= np.isfinite(chords)
    best = np.where(hit, sigma_km, -1.0).argmax(axis=1)[:, None]
    picked = np.take_along_axis(which, best, axis=1)[:, 0]
    return np.where(hit.any(axis=1), picked, -1)
