"""How far settlements, borders, coasts, rivers and railways are, and how many people near."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.spatial import cKDTree

from georisk.covariates.distances import (
    Outlines,
    measure_features_km,
    measure_nearest_km,
    split_outlines,
)
from georisk.covariates.sites import find_rows
from layers.crs import FloatArray, project_xy_m

if TYPE_CHECKING:
    import pandas as pd

    from georisk.covariates.sites import Layers, Sites, Terms

CUT_SIGMAS = 4.0
_CHUNK = 4096


def measure_settlement_km(sites: Sites, layers: Layers, terms: Terms) -> FloatArray | None:
    """Distance to the nearest populated place, km."""
    places = find_rows(layers, "places")
    return None if places is None else _measure_places(sites, places, terms)


def measure_town_km(sites: Sites, layers: Layers, terms: Terms) -> FloatArray | None:
    """Distance to the nearest town, km; None if no place is large enough."""
    places = find_rows(layers, "places")
    if places is None:
        return None
    towns = places[_count_people(places) >= terms.rules.town_people]
    return _measure_places(sites, towns, terms) if len(towns) else None


def _measure_places(sites: Sites, places: pd.DataFrame, terms: Terms) -> FloatArray:
    distance, _ = cKDTree(_locate(places, terms)).query(sites.xy_km)
    return np.asarray(distance, float)


def _locate(places: pd.DataFrame, terms: Terms) -> FloatArray:
    spots = shapely.get_coordinates(shapely.centroid(places.geometry.to_numpy()))
    return project_xy_m(spots[:, 0], spots[:, 1], crs_metric=terms.crs_metric) / 1000.0


def _count_people(places: pd.DataFrame) -> FloatArray:
    return np.asarray(places["population"].fillna(0), dtype=float)


def measure_population(sites: Sites, layers: Layers, terms: Terms) -> FloatArray | None:
    """People near, each place's weighed by a bell of its distance (15 km)."""
    places = find_rows(layers, "places")
    if places is None:
        return None
    return sum_people(sites.xy_km, _locate(places, terms), _count_people(places),
                      reach_km=terms.rules.reach_km)


def sum_people(
    xy_km: FloatArray, place_km: FloatArray, people: FloatArray, *, reach_km: float
) -> FloatArray:
    """Sum of people times exp(-d^2 / (2 reach^2)) over places within 4 reaches.

    Parameters
    ----------
    xy_km, place_km : array of shape (m, 2), (n, 2)
        In the same plane.
    people : array of shape (n,)

    Examples
    --------
    >>> places = np.array([[0.0, 0.0], [15.0, 0.0], [100.0, 0.0]])
    >>> sum_people(np.zeros((1, 2)), places, np.full(3, 1000.0), reach_km=15.0).round(1).tolist()
    [1606.5]
    """
    tree, out = cKDTree(place_km), np.zeros(len(xy_km))
    for start in range(0, len(xy_km), _CHUNK):
        near = cKDTree(xy_km[start : start + _CHUNK]).sparse_distance_matrix(
            tree, CUT_SIGMAS * reach_km, output_type="coo_matrix").tocsr()
        # The order of a sum decides its last digits, and the tree promises none.
        near.sort_indices()
        near.data = np.exp(-(near.data**2) / (2 * reach_km**2))
        out[start : start + _CHUNK] = near @ people
    return out


def measure_border_km(sites: Sites, layers: Layers, terms: Terms) -> FloatArray | None:
    """Distance to the nearest land border between two countries, km."""
    edges = _find_outlines(layers, terms)
    return measure_nearest_km(sites.xy_km, edges.border) if edges and len(edges.border) else None


def measure_coast_km(sites: Sites, layers: Layers, terms: Terms) -> FloatArray | None:
    """Distance to the nearest coast, km, from land and from sea alike."""
    edges = _find_outlines(layers, terms)
    return measure_nearest_km(sites.xy_km, edges.coast) if edges and len(edges.coast) else None


def _find_outlines(layers: Layers, terms: Terms) -> Outlines | None:
    frame = find_rows(layers, "boundaries")
    if frame is None or not (frame["level"] == 0).any():
        return None
    land = frame[frame["level"] == 0]
    return split_outlines(land.geometry.to_numpy(), land["country"].to_numpy(),
                          crs_metric=terms.crs_metric, gap_km=terms.rules.border_gap_km)


def measure_river_km(sites: Sites, layers: Layers, terms: Terms) -> FloatArray | None:
    """Distance to the nearest river of the layer ``rivers``, km."""
    return measure_layer_km(sites, find_rows(layers, "rivers"), terms)


def measure_rail_km(sites: Sites, layers: Layers, terms: Terms) -> FloatArray | None:
    """Distance to the nearest railway, km: of ``railways``, else to a leg travelled by train."""
    railways = find_rows(layers, "railways")
    if railways is None:
        legs = find_rows(layers, "routes")
        railways = None if legs is None else legs[legs["mode"] == "train"]
    return measure_layer_km(sites, railways, terms)


def measure_layer_km(
    sites: Sites, frame: pd.DataFrame | None, terms: Terms
) -> FloatArray | None:
    """Distance to the nearest feature of a vector layer, km; None if there is none."""
    if frame is None or not len(frame):
        return None
    return measure_features_km(sites.xy_km, frame.geometry.to_numpy(),
                               crs_metric=terms.crs_metric)
