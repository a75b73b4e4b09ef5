"""How well a position agrees with other records of the same file that speak of the same place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from layers.gazetteer.names import fold_words
from layers.gazetteer.shapes import (
    EARTH_KM,
    convert_chords_km,
    find_vectors,
    measure_apart_km,
)

if TYPE_CHECKING:
    from layers.gazetteer.shapes import FloatArray
    from layers.quality.stated import Stated

WORD_KM, COUNTRY_KM = 20.0, 40.0
MOST_SPOTS, MOST_WORDS, NEAREST, LEAST_SPOTS = 120, 3, 8, 2
MOST_WITNESSES, FARTHEST_CHORD = 5_000, 1000.0 / EARTH_KM
# Words that say nothing of where; "coast" and "desert" do, within one country.
EMPTY_WORDS = frozenset((
    "unspecified", "location", "near", "found", "body", "bodies", "remains", "between",
    "after", "close", "unknown", "exact", "several", "possibly", "killed", "died", "dead",
    "entering", "leaving", "some", "more", "area", "point", "from", "with", "were", "where",
    "while", "when", "that", "this", "they", "been", "have", "into", "onto", "over", "about",
    "around", "route", "outside", "inside", "kilometres", "kilometers", "miles", "side",
    "cerca", "entre", "desde", "hasta", "hacia", "para", "ubicacion", "lieu", "pres", "dans",
    "avec",
))  # fmt: skip
_WORD = re.compile(r"[a-z]{4,}")


def spread_density(distance_km: FloatArray, scale_km: FloatArray | float) -> FloatArray:
    """Bivariate Student density (2 degrees of freedom beyond 1), per km2, at a distance.

    Examples
    --------
    >>> round(float(spread_density(np.array([0.0]), 1.0)[0]), 4)
    0.1592
    """
    ratio = np.asarray(distance_km) / scale_km
    return np.asarray((1 + ratio**2) ** -1.5 / (2 * np.pi * np.square(scale_km)))


def list_spots(lon: FloatArray, lat: FloatArray) -> np.ndarray:
    """Number the distinct positions, to 0.001 degree: copies of one spot are one witness."""
    pairs = pd.DataFrame({"lon": np.round(lon, 3), "lat": np.round(lat, 3)})
    return np.asarray(pairs.groupby(["lon", "lat"], dropna=False).ngroup())


@dataclass(frozen=True, eq=False)
class Peers:
    """The records of a file as witnesses for one another, and where each stands.

    Attributes
    ----------
    lon, lat : array (n,)
        Positions as they stand.
    group : array (n,) of str
        Stated countries; records witness only within one.
    sound : array (n,) of bool
        Records whose own position may count.
    spots : array (n,)
        See `list_spots`.
    words : DataFrame
        ``row word``: the rarest words of each place that others share.
    speakers : dict
        Of each such word, rows that stand for all that have it.
    """

    lon: FloatArray
    lat: FloatArray
    group: np.ndarray
    sound: np.ndarray
    spots: np.ndarray
    words: pd.DataFrame
    speakers: dict[str, np.ndarray]


def gather_peers(
    lon: FloatArray, lat: FloatArray, stated: Stated, *, sound: np.ndarray
) -> Peers:
    """Prepare records to witness for one another."""
    spots = list_spots(lon, lat)
    words = _list_words(stated.text, stated.code)
    witnesses = words[sound[words["row"].to_numpy(dtype=int)]]
    witnesses = witnesses.assign(spot=spots[witnesses["row"].to_numpy(dtype=int)])
    witnesses = witnesses.drop_duplicates(["word", "spot"])
    count = witnesses.groupby("word")["spot"].size()
    words = words.assign(count=words["word"].map(count).fillna(0))
    words = words[words["count"] >= LEAST_SPOTS + 1].sort_values(
        ["row", "count", "word"], kind="stable")
    words = words[words.groupby("row").cumcount() < MOST_WORDS]
    used = witnesses[witnesses["word"].isin(words["word"])]
    speakers = {word: thin_rows(rows, MOST_SPOTS) for word, rows in used.groupby("word")["row"]}
    return Peers(lon, lat, stated.code, sound, spots, words[["row", "word"]], speakers)


def weigh_words(own: np.ndarray, lons: FloatArray, lats: FloatArray, peers: Peers) -> FloatArray:
    """Density, per km2, of the records that share a record's rarest words, at its variants.

    Parameters
    ----------
    own : array (m,)
        Records to weigh, sorted.
    lons, lats : array (m, v)
        Variants of their positions; the first is as it stands.

    Returns
    -------
    array (m, v)
        NaN in the rows that share no word with another spot.
    """
    words = peers.words[peers.words["row"].isin(own)]
    total, number = np.zeros(lons.shape), np.zeros(len(own))
    for word, rows in words.groupby("word")["row"]:
        at = np.searchsorted(own, rows.to_numpy(dtype=int))
        total[at] += _average_density(at, own, peers.speakers[word], lons, lats, peers)
        number[at] += 1
    with np.errstate(invalid="ignore"):
        return np.where(number[:, None] > 0, total / number[:, None], np.nan)


def _list_words(text: pd.Series, group: np.ndarray) -> pd.DataFrame:
    cache: dict[str, list[str]] = {}
    rows = []
    said = np.flatnonzero((text != "").to_numpy(dtype=bool))
    for number, line, country in zip(said.tolist(), text.iloc[said].tolist(), group[said],
                                     strict=True):
        if line not in cache:
            found = dict.fromkeys(_WORD.findall(fold_words(line)))
            cache[line] = [word for word in found if word not in EMPTY_WORDS]
        rows += [(number, f"{country} {word}") for word in cache[line]]
    return pd.DataFrame(rows, columns=["row", "word"])


def thin_rows(rows: pd.Series | np.ndarray, most: int) -> np.ndarray:
    """At most so many rows, evenly through all of them.

    Examples
    --------
    >>> thin_rows(np.arange(7), 3).tolist()
    [0, 2, 4]
    """
    values = np.asarray(rows, dtype=int)
    step = max(1, len(values) // most)
    return values[::step][:most]


def _average_density(
    at: np.ndarray, own: np.ndarray, others: np.ndarray, lons: FloatArray, lats: FloatArray,
    peers: Peers,
) -> FloatArray:
    distance = measure_apart_km(lons[at][:, :, None], lats[at][:, :, None],
                                peers.lon[others], peers.lat[others])  # fmt: skip
    other = peers.spots[own[at]][:, None] != peers.spots[others][None, :]
    weight = other / np.maximum(other.sum(axis=1, keepdims=True), 1)
    density = spread_density(distance, WORD_KM) * weight[:, None, :]
    return np.asarray(np.nan_to_num(density.sum(axis=2)))


def weigh_neighbours(
    own: np.ndarray, lons: FloatArray, lats: FloatArray, peers: Peers
) -> FloatArray:
    """Density, per km2, of the other spots of the same stated country, at the variants.

    Only the nearest spots count, and none beyond 1,000 km; of very many, a part stands for all.

    Returns
    -------
    array (m, v)
        NaN where the country has too few other spots.
    """
    from scipy.spatial import cKDTree

    result = np.full(lons.shape, np.nan)
    mine = pd.Series(np.arange(len(own))).groupby(peers.group[own]).indices
    for country, at in mine.items():
        known = np.flatnonzero((peers.group == country) & peers.sound)
        known = known[np.unique(peers.spots[known], return_index=True)[1]]
        if not country or len(known) <= NEAREST:
            continue
        known = thin_rows(np.sort(known), MOST_WITNESSES)
        tree = cKDTree(find_vectors(peers.lon[known], peers.lat[known]))
        shape = (len(at), lons.shape[1], NEAREST)
        flat = np.nan_to_num(find_vectors(lons[at].ravel(), lats[at].ravel()))
        # Without a bound, a query from the far side of the globe visits every spot.
        chords, which = tree.query(flat, k=NEAREST, distance_upper_bound=FARTHEST_CHORD)
        distance = convert_chords_km(np.minimum(chords, 2.0)).reshape(shape)
        spots = np.append(peers.spots[known], -1)[which].reshape(shape)
        other = (spots != peers.spots[own[at]][:, None, None]) & (spots >= 0)
        density = (spread_density(distance, COUNTRY_KM) * other).sum(axis=2) / len(known)
        result[at] = np.where(np.isnan(lons[at]), 0.0, density)
    return result


def weigh_copies(own: np.ndarray, lons: FloatArray, lats: FloatArray, peers: Peers) -> FloatArray:
    """Density, per km2, of other records on exactly the spot of a variant, to 0.001 degree.

    Registers reuse the coordinates of a place. Only a spot that more records share than the
    row's own speaks for a variant, and never for the row as it stands: an error that is copied
    is no witness for itself.

    Returns
    -------
    array (m, v)

    Examples
    --------
    >>> from layers.quality.stated import Stated
    >>> lons, lats = np.array([[1.0, 5.0], [5.0, 1.0], [5.0, 1.0]]), np.full((3, 2), 7.0)
    >>> said = Stated(np.array(["ML"] * 3), pd.Series([""] * 3), pd.DataFrame())
    >>> peers = gather_peers(lons[:, 0], lats[:, 0], said, sound=np.ones(3, bool))
    >>> (weigh_copies(np.arange(3), lons, lats, peers) > 0).tolist()
    [[False, True], [False, False], [False, False]]
    """
    codes = pd.factorize(peers.group)[0]
    members = np.bincount(codes, minlength=1)[codes[own]]
    shared = pd.DataFrame({"group": codes, "x": np.round(peers.lon * 1000),
                           "y": np.round(peers.lat * 1000)})[peers.sound]
    shared = shared.value_counts().rename("count").reset_index()
    columns = [
        pd.DataFrame({"group": codes[own], "x": np.round(lons[:, v] * 1000),
                      "y": np.round(lats[:, v] * 1000)})
        for v in range(lons.shape[1])
    ]  # fmt: skip
    count = np.column_stack([
        frame.merge(shared, on=["group", "x", "y"], how="left")["count"].fillna(0.0)
        for frame in columns
    ])
    more = (count > count[:, :1]) & (peers.group[own] != "")[:, None]
    more[:, 0] = False
    return np.where(more, count / members[:, None] / np.pi, 0.0)
