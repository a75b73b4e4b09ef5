"""How precise a spot is that many records share: as precise as the place that they name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from layers.quality.copies import COPY_DEG, count_copies
from layers.quality.evidence import DIVISION_KM, TOWN_KM, measure_places_km
from layers.quality.middles import spread_area_km

if TYPE_CHECKING:
    from layers.gazetteer import Gazetteer
    from layers.gazetteer.shapes import FloatArray
    from layers.quality.stated import Stated

# Ten on one spot were put there by someone who knew no better than the name of a place.
CROWD_ROWS = 10
DESCRIBED_KM, VAGUE_KM = 2.0, 10.0


def find_crowds(lon: FloatArray, lat: FloatArray) -> np.ndarray:
    """Rows, by position, whose spot ten or more share to the metre; degrees, finite."""
    return np.flatnonzero(count_copies(lon, lat, step_deg=COPY_DEG) >= CROWD_ROWS)


def measure_crowds_km(
    lon: FloatArray, lat: FloatArray, said: Stated, *, gazetteer: Gazetteer
) -> FloatArray:
    """One sigma of rows that share their spots, km.

    The smallest place that a row names and that holds its spot says how large "there" is: a
    town, a municipality, a first division; never less than a described place, 2 km. A row that
    names none is vague, 10 km (METHOD 2.2).

    Parameters
    ----------
    lon, lat : array (n,)
    said : Stated
        Of the same rows, numbered from 0.

    Returns
    -------
    array (n,)

    Examples
    --------
    >>> import pandas as pd
    >>> from layers.gazetteer import load_gazetteer
    >>> from layers.quality.stated import read_stated
    >>> world = load_gazetteer()
    >>> frame = pd.DataFrame({"_country": "MX", "_place": ["Sonora", "Caborca, Sonora", ""]})
    >>> lon, lat = np.full(3, -112.15), np.full(3, 30.72)
    >>> km = measure_crowds_km(lon, lat, read_stated(frame, gazetteer=world), gazetteer=world)
    >>> km.round().tolist()
    [169.0, 4.0, 10.0]
    """
    rows = said.matches["text"].to_numpy(dtype=int)
    places = said.matches["place"].to_numpy(dtype=int)
    apart_km = measure_places_km(lon[rows][:, None], lat[rows][:, None], places,
                                 gazetteer=gazetteer)[:, 0]  # fmt: skip
    table = gazetteer.places
    town = places < gazetteer.first_division
    reach_km = np.where(town, table["radius_km"].to_numpy()[places] + TOWN_KM, DIVISION_KM)
    holds = apart_km <= reach_km
    sigma_km = np.full(len(lon), np.inf)
    sizes = np.maximum(spread_area_km(table["area_km2"].to_numpy()[places]), DESCRIBED_KM)
    np.minimum.at(sigma_km, rows[holds], sizes[holds])
    return np.where(np.isfinite(sigma_km), sigma_km, VAGUE_KM)
