"""Countries, first divisions and towns of the world, as far as place checks need them.

Sources and licences: ``SOURCES.md`` beside this file; made by ``data/build/world_gazetteer.py``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from layers.gazetteer.names import fold_words
from layers.gazetteer.shapes import (
    Outline,
    contain_points,
    convert_chords_km,
    find_vectors,
    measure_offset_km,
    trace_outline,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from layers.gazetteer.shapes import FloatArray

FOLDER = Path(__file__).parent
LEAST_KM, MOST_KM = 3.0, 15.0
PEOPLE_AT_LEAST_KM = 20_000.0


@dataclass(frozen=True, eq=False)
class Gazetteer:
    """Places of the world.

    Attributes
    ----------
    countries : DataFrame
        ``name area_km2``, index ISO 3166 two-letter code.
    codes : mapping
        Folded country name, in Spanish, English and French, to its code.
    places : DataFrame
        ``name country level area_km2 radius_km lon lat``: towns (level 3), then first divisions
        (1), US counties and Mexican municipalities (2); degrees, EPSG:4326.
    country_shapes, division_shapes : array of geometry
        In the order of ``countries``, and of the places from ``first_division`` on.
    first_division : int
        Row of ``places`` where divisions begin.
    """

    countries: pd.DataFrame
    codes: Mapping[str, str]
    places: pd.DataFrame
    country_shapes: NDArray[np.object_]
    division_shapes: NDArray[np.object_]
    first_division: int

    def find_code(self, name: str) -> str:
        """Two-letter code of a country by code or name; empty if unknown.

        Examples
        --------
        >>> load_gazetteer().find_code("Côte d'Ivoire")
        'CI'
        """
        code = name.strip().upper()
        if code in self.countries.index:
            return code
        bare = re.sub(r"\(.*?\)", " ", name)
        return self.codes.get(fold_words(name)) or self.codes.get(fold_words(bare), "")


@lru_cache(maxsize=1)
def load_gazetteer() -> Gazetteer:
    """Open the gazetteer that georisk ships.

    Raises
    ------
    OSError
        If its files are missing.

    Examples
    --------
    >>> world = load_gazetteer()
    >>> world.countries.loc["MX", "name"], world.find_code("Viet Nam")
    ('Mexico', 'VN')
    """
    countries = pd.read_parquet(FOLDER / "countries.parquet").set_index("iso2")
    divisions = pd.read_parquet(FOLDER / "divisions.parquet")
    towns = pd.read_parquet(FOLDER / "towns.parquet")
    towns = towns.assign(lon=towns["lon_e3"] / 1000, lat=towns["lat_e3"] / 1000, level=3)
    # A town's built-up radius: 3 km at 20,000 people, growing with the square root.
    people = towns["population"].clip(lower=5000)
    towns["radius_km"] = np.minimum(LEAST_KM * np.sqrt(people / PEOPLE_AT_LEAST_KM), MOST_KM)
    towns["area_km2"] = np.pi * towns["radius_km"] ** 2
    divisions["radius_km"] = np.sqrt(divisions["area_km2"] / np.pi)
    columns = ["name", "country", "level", "area_km2", "radius_km", "lon", "lat"]
    codes = {key: iso2 for iso2, keys in countries["keys"].items() for key in keys.split("|")}
    return Gazetteer(
        countries=countries[["name", "area_km2"]],
        codes=codes,
        places=pd.concat([towns[columns], divisions[columns]], ignore_index=True),
        country_shapes=shapely.from_wkb(countries["shape"].to_numpy()),
        division_shapes=shapely.from_wkb(divisions["shape"].to_numpy()),
        first_division=len(towns),
    )


@lru_cache(maxsize=4096)
def outline_country(gazetteer: Gazetteer, iso2: str) -> Outline:
    """A country's area, ready for distances; KeyError if there is none of that code."""
    return trace_outline(gazetteer.country_shapes[gazetteer.countries.index.get_loc(iso2)])


@lru_cache(maxsize=16384)
def outline_division(gazetteer: Gazetteer, place: int) -> Outline:
    """The area of the division in row ``place`` of the places."""
    return trace_outline(gazetteer.division_shapes[place - gazetteer.first_division])


@lru_cache(maxsize=4)
def _outline_land(gazetteer: Gazetteer) -> Outline:
    whole: BaseGeometry = shapely.MultiPolygon(list(shapely.get_parts(gazetteer.country_shapes)))
    return trace_outline(whole)


def find_country(lon: FloatArray, lat: FloatArray, *, gazetteer: Gazetteer) -> NDArray[np.object_]:
    """Country in which each position lies; empty at sea. Degrees, EPSG:4326.

    Examples
    --------
    >>> lon, lat = np.array([-99.1, -90.0]), np.array([19.4, 25.0])
    >>> find_country(lon, lat, gazetteer=load_gazetteer()).tolist()
    ['MX', '']
    """
    found = np.full(len(lon), "", dtype=object)
    usable = np.flatnonzero(np.isfinite(lon) & np.isfinite(lat))
    if not len(usable):
        return found
    x, y = lon[usable], lat[usable]
    west, south, east, north = shapely.bounds(gazetteer.country_shapes).T
    near = (west <= x.max()) & (east >= x.min()) & (south <= y.max()) & (north >= y.min())
    for country in np.flatnonzero(near):
        boxed = np.flatnonzero((x >= west[country]) & (x <= east[country])
                               & (y >= south[country]) & (y <= north[country]))
        if len(boxed):
            shape = gazetteer.country_shapes[country]
            inside = boxed[contain_points(shape, x[boxed], y[boxed])]
            found[usable[inside]] = gazetteer.countries.index[country]
    return found


def measure_to_country_km(
    lon: FloatArray, lat: FloatArray, iso2: str, *, gazetteer: Gazetteer
) -> FloatArray:
    """How far positions lie outside a country, km; 0 inside. Good to some 5 km.

    Raises
    ------
    KeyError
        If no country has that code.

    Examples
    --------
    >>> km = measure_to_country_km(np.array([-99.1]), np.array([26.0]), "US",
    ...                            gazetteer=load_gazetteer())
    >>> 20 < km[0] < 60
    np.True_
    """
    return measure_offset_km(lon, lat, outline_country(gazetteer, iso2))


def measure_to_land_km(lon: FloatArray, lat: FloatArray, *, gazetteer: Gazetteer) -> FloatArray:
    """How far positions lie from any land, km; 0 on land."""
    distances = np.zeros(len(lon))
    away = np.flatnonzero(find_country(lon, lat, gazetteer=gazetteer) == "")
    if len(away):
        # Neighbours one after the other: the tree is asked for the same branch again.
        away = away[np.lexsort((lat[away], np.round(4 * lon[away])))]
        chords, _ = _outline_land(gazetteer).edge.query(find_vectors(lon[away], lat[away]))
        distances[away] = convert_chords_km(chords)
    return distances
