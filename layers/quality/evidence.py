"""How probable a position is, given the country and the place that its record states.

Each way in which a pair can have been damaged is a hypothesis; its density is a mixture of the
stated country, the named places of the gazetteer and the other records of the file. Constants
marked [decl] were chosen on the years 2014-2018 of one register and reported on later ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import shapely
import shapely.affinity

from layers.gazetteer import find_country, measure_to_country_km
from layers.gazetteer.shapes import contain_points, measure_apart_km, measure_offset_km
from layers.gazetteer.world import outline_country, outline_division
from layers.quality.copies import count_copies
from layers.quality.peers import (
    gather_peers,
    spread_density,
    weigh_copies,
    weigh_neighbours,
    weigh_words,
)
from layers.quality.stated import pick_stated
from layers.quality.variants import turn_pairs, weigh_variants

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    from shapely.geometry.base import BaseGeometry

    from layers.gazetteer import Gazetteer
    from layers.gazetteer.shapes import FloatArray
    from layers.quality.peers import Peers
    from layers.quality.stated import Stated

GLOBE_KM2 = 5.1e8
ERROR_SHARE, ELSEWHERE_SHARE = 0.01, 0.003
COUNTRY_WEIGHT, PLACE_WEIGHT, WORD_WEIGHT, PEER_WEIGHT = 0.15, 0.45, 0.30, 0.10
COPY_WEIGHT, MOST_CREDIT = 0.1, 10
SEA_KM, ABROAD_KM, TOWN_KM, DIVISION_KM = 60.0, 12.0, 10.0, 15.0
SMALLEST_COUNTRY_KM2 = 5_000.0
SOUND_KM = 300.0
FAR_KM = 30_000.0
# Rows weighed at a time: eight variants of each, some 1 kB a row.
CHUNK_ROWS = 20_000
SURROUND_DEG, LEAST_COSINE = 3.0, 0.1


@dataclass(frozen=True, eq=False)
class Evidence:
    """What speaks for each variant of each row.

    Attributes
    ----------
    lons, lats : array (n, 8)
        The variants.
    country_km : array (n, 8)
        Distance to the stated country; NaN where none is stated.
    land : array (n,) of str
        Country in which the position as it stands lies, empty at sea.
    place_km : array (n, 8)
        Distance to the nearest place that the record names, beyond its extent; NaN where none.
    nearest_place : array (n,)
        That place for the position as it stands; -1 where none.
    posterior : array (n, 9)
        Probability of each variant, and of a place that none explains.
    """

    lons: FloatArray
    lats: FloatArray
    country_km: FloatArray
    land: np.ndarray
    place_km: FloatArray
    nearest_place: np.ndarray
    posterior: FloatArray


def weigh_rows(
    lon: FloatArray, lat: FloatArray, stated: Stated, *, gazetteer: Gazetteer
) -> Iterator[tuple[np.ndarray, Stated, Evidence]]:
    """Weigh the variants of each row that could be another; degrees, EPSG:4326, finite.

    Yields
    ------
    array, Stated, Evidence
        Positions of some rows, what they state, and what speaks for their variants.
    """
    out_km = _measure_countries(lon[:, None], lat[:, None], stated.code, gazetteer)[:, 0]
    peers = gather_peers(lon, lat, stated, sound=~(out_km > SOUND_KM))
    copies = np.minimum(count_copies(lon, lat), MOST_CREDIT)
    doubtful = np.flatnonzero(~tell_certain(lon, lat, out_km, stated, gazetteer=gazetteer))
    for first in range(0, len(doubtful), CHUNK_ROWS):
        own = doubtful[first:first + CHUNK_ROWS]
        said = pick_stated(stated, own)
        yield own, said, _weigh_chunk(own, said, peers, copies, gazetteer=gazetteer)


def tell_certain(
    lon: FloatArray, lat: FloatArray, out_km: FloatArray, stated: Stated, *,
    gazetteer: Gazetteer,
) -> np.ndarray:
    """Rows in the country that they state, naming no place, that no variant can explain better.

    No other variant lies within some 300 km of the country, from where alone records witness.
    """
    certain = np.asarray((out_km == 0) & (stated.text == "").to_numpy(dtype=bool))
    for iso2 in sorted(set(stated.code[certain])):
        rows = np.flatnonzero(certain & (stated.code == iso2))
        lons, lats = turn_pairs(lon[rows], lat[rows])
        others = ~((lons == lons[:, :1]) & (lats == lats[:, :1])) & np.isfinite(lons)
        near = np.zeros(lons.shape, dtype=bool)
        near[others] = contain_points(_surround(gazetteer, iso2), lons[others], lats[others])
        certain[rows] = ~near.any(axis=1)
    return certain


@lru_cache(maxsize=512)
def _surround(gazetteer: Gazetteer, iso2: str) -> BaseGeometry:
    """A country and some 300 km around it, and its like a whole turn to the east and west."""
    shape = outline_country(gazetteer, iso2).shape
    widest = np.abs(shape.bounds[1::2]).max()
    # Meridians draw together to the poles.
    margin_deg = SURROUND_DEG / max(float(np.cos(np.radians(widest))), LEAST_COSINE)
    around = shape.simplify(SURROUND_DEG / 10).buffer(margin_deg, quad_segs=2)
    return shapely.union_all([shapely.affinity.translate(around, turn) for turn in (-360, 0, 360)])


def _weigh_chunk(
    own: np.ndarray, stated: Stated, peers: Peers, copies: np.ndarray, *, gazetteer: Gazetteer
) -> Evidence:
    lons, lats = turn_pairs(peers.lon[own], peers.lat[own])
    lands = _find_lands(lons, lats, gazetteer)
    country_km = _measure_countries(lons, lats, stated.code, gazetteer)
    places, place_km, nearest = _weigh_places(lons, lats, stated.matches, gazetteer)
    parts = [
        (COUNTRY_WEIGHT, _weigh_countries(country_km, lands, stated.code, gazetteer)),
        (PLACE_WEIGHT, places),
        (WORD_WEIGHT, weigh_words(own, lons, lats, peers)),
        (PEER_WEIGHT, weigh_neighbours(own, lons, lats, peers)),
    ]
    total, weights = np.zeros(lons.shape), np.zeros(lons.shape)
    for weight, part in parts:
        total += np.where(np.isnan(part), 0.0, part * weight)
        weights += np.where(np.isnan(part), 0.0, weight)
    density = np.divide(total, weights, out=np.zeros(lons.shape), where=weights > 0)
    density += COPY_WEIGHT * weigh_copies(own, lons, lats, peers)
    # A spot that was used again was looked at again, though a copied error is one error still.
    density[:, 0] *= copies[own]
    posterior = _judge(density, weigh_variants(lons, lats))
    posterior[(weights == 0).all(axis=1)] = np.eye(9)[0]
    return Evidence(lons, lats, country_km, lands[:, 0], place_km, nearest, posterior)


def _judge(density: FloatArray, weights: FloatArray) -> FloatArray:
    prior = weights * ERROR_SHARE
    prior[:, 0] = 1 - ERROR_SHARE - ELSEWHERE_SHARE
    joint = np.column_stack([density * prior,
                             np.full(len(density), ELSEWHERE_SHARE / GLOBE_KM2)])  # fmt: skip
    return np.asarray(joint / joint.sum(axis=1, keepdims=True))


def _find_lands(lons: FloatArray, lats: FloatArray, gazetteer: Gazetteer) -> np.ndarray:
    return find_country(lons.ravel(), lats.ravel(), gazetteer=gazetteer).reshape(lons.shape)


def _measure_countries(
    lons: FloatArray, lats: FloatArray, code: np.ndarray, gazetteer: Gazetteer
) -> FloatArray:
    result = np.full(lons.shape, np.nan)
    for iso2 in sorted(set(code) - {""}):
        rows = np.flatnonzero(code == iso2)
        x, y = lons[rows].ravel(), lats[rows].ravel()
        usable = np.isfinite(x)
        distance = np.full(len(x), FAR_KM)
        distance[usable] = measure_to_country_km(x[usable], y[usable], iso2, gazetteer=gazetteer)
        result[rows] = distance.reshape(len(rows), -1)
    return result


def _weigh_countries(
    country_km: FloatArray, lands: np.ndarray, code: np.ndarray, gazetteer: Gazetteer
) -> FloatArray:
    area = gazetteer.countries["area_km2"].reindex(code).to_numpy()[:, None]
    abroad = (lands != "") & (lands != code[:, None])
    scale = np.where(abroad, ABROAD_KM, SEA_KM)
    return np.asarray((1 + (country_km / scale) ** 3) ** -1 /
                      np.maximum(area, SMALLEST_COUNTRY_KM2))  # fmt: skip


def _weigh_places(
    lons: FloatArray, lats: FloatArray, matches: pd.DataFrame, gazetteer: Gazetteer
) -> tuple[FloatArray, FloatArray, np.ndarray]:
    """Density of the named places, distance to the nearest, and which it is."""
    rows = matches["text"].to_numpy(dtype=int)
    places = matches["place"].to_numpy(dtype=int)
    distance = measure_places_km(lons[rows], lats[rows], places, gazetteer=gazetteer)
    table = gazetteer.places
    town = places < gazetteer.first_division
    reach = (table["radius_km"].to_numpy()[places] + TOWN_KM)[:, None]
    areas = table["area_km2"].to_numpy()[places][:, None]
    near = spread_density(distance, reach)
    within = (1 + (distance / DIVISION_KM) ** 3) ** -1 / (areas + np.pi * DIVISION_KM**2)
    density = np.nan_to_num(np.where(town[:, None], near, within))
    # Homonyms share the weight of their name.
    share = 1 / matches.groupby(["text", "first"])["place"].transform("size").to_numpy()
    names = np.zeros(len(lons))
    np.add.at(names, rows, share)
    total = np.zeros(lons.shape)
    np.add.at(total, rows, density * share[:, None])
    nearest_km = np.full(lons.shape, np.inf)
    np.minimum.at(nearest_km, rows, np.nan_to_num(distance, nan=FAR_KM))
    nearest = np.full(len(lons), -1)
    order = np.argsort(-distance[:, 0], kind="stable")
    nearest[rows[order]] = places[order]
    with np.errstate(invalid="ignore"):
        average = np.where(names[:, None] > 0, total / names[:, None], np.nan)
    return average, np.where(np.isfinite(nearest_km), nearest_km, np.nan), nearest


def measure_places_km(
    lons: FloatArray, lats: FloatArray, places: np.ndarray, *, gazetteer: Gazetteer
) -> FloatArray:
    """Distance of positions (m, v) to places (m,): to the point of a town, out of a division."""
    table = gazetteer.places
    lon, lat = table["lon"].to_numpy()[places], table["lat"].to_numpy()[places]
    distance = measure_apart_km(lons, lats, lon[:, None], lat[:, None])
    for place in np.unique(places[places >= gazetteer.first_division]):
        at = np.flatnonzero(places == place)
        x, y = lons[at].ravel(), lats[at].ravel()
        usable = np.isfinite(x)
        apart = np.full(len(x), np.nan)
        apart[usable] = measure_offset_km(x[usable], y[usable], outline_division(gazetteer, place))
        distance[at] = apart.reshape(len(at), -1)
    return distance
