"""How heat slows people beside the segments: on ways, and between a leg and a place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import cKDTree

from georisk.walking.pace import rate_day

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from georisk.network import BoolArray, Network
    from georisk.walking.pace import WalkRules
    from georisk.walking.when import When
    from layers.crs import FloatArray

CELL_DEGREES = 0.05
_RIDDEN = "boat"


@dataclass(frozen=True, eq=False)
class HeatField:
    """Heat beside the legs, where ways lie, at the middles of cells of 0.05 degrees.

    Attributes
    ----------
    lon, lat : array of shape (m,)
        EPSG:4326.
    flags : array of int, shape (m, 12, 24)
        By month and hour; cells of which a month is unknown are left out.
    """

    lon: FloatArray
    lat: FloatArray
    flags: NDArray[np.integer]


@dataclass(frozen=True, eq=False)
class RateField:
    """Share of the cool pace beside the legs, above 0 and at most 1, each array of shape (m,)."""

    lon: FloatArray
    lat: FloatArray
    rate: FloatArray


def list_cells(lon: FloatArray, lat: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Middles of the cells in which positions lie, each once, EPSG:4326.

    Examples
    --------
    >>> lon, lat = list_cells(np.array([0.01, 0.04, 0.06]), np.zeros(3))
    >>> lon.round(3).tolist(), lat.round(3).tolist()
    ([0.025, 0.075], [0.025, 0.025])
    """
    cells = np.unique(np.floor(np.column_stack([lon, lat]) / CELL_DEGREES), axis=0)
    middle = (cells + 0.5) * CELL_DEGREES
    return middle[:, 0], middle[:, 1]


def rate_field(field: HeatField, when: When, rules: WalkRules | None = None) -> RateField | None:
    """What the heat of a month leaves of the pace beside the legs; None for the whole year."""
    if when.month is None:
        return None
    return RateField(field.lon, field.lat, rate_day(field.flags[:, when.month - 1], when, rules))


def spread_rate(
    network: Network, rate: FloatArray, beside: RateField | None = None
) -> FloatArray:
    """Share of the cool pace at each node.

    Parameters
    ----------
    network : Network
    rate : array of shape (n_segments,)
        Above 0, at most 1.
    beside : RateField, optional
        Of the heat where ways lie.

    Returns
    -------
    array of shape (n_nodes,)
        On legs the mean of the pieces of segments that meet there; who leaves a boat walks like
        those on the nearest leg by land. On ways that of the nearest cell, or without cells that
        of the nearest node of a leg.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from georisk.corridors import split_legs
    >>> from georisk.network import build_network
    >>> leg = gpd.GeoDataFrame({"mode": ["foot"]}, index=["a"], crs="EPSG:4326",
    ...     geometry=[shapely.LineString([(0, 0), (0, 0.018)])])
    >>> network = build_network(split_legs(leg, segment_km=1.0), crs_metric="EPSG:32631")
    >>> sorted(spread_rate(network, np.array([1.0, 0.5])).tolist())
    [0.5, 0.75, 1.0]
    """
    land = np.array(network.leg_modes)[network.leg] != _RIDDEN
    if not land.any():
        land[:] = True
    ends = np.concatenate([network.tail[land], network.head[land]])
    each = np.tile(rate[network.segment[land]], 2)
    count = len(network.lon)
    known = np.bincount(ends, minlength=count)
    mean = np.bincount(ends, weights=each, minlength=count) / np.maximum(known, 1)
    on_leg = known > 0
    _fill_nearest(network, mean, ~on_leg, (network.lon[on_leg], network.lat[on_leg], mean[on_leg]))
    if beside is not None and len(beside.rate):
        off = _find_beside(network)
        _fill_nearest(network, mean, off, (beside.lon, beside.lat, beside.rate))
    return np.asarray(mean)


def _find_beside(network: Network) -> BoolArray:
    """Nodes of no leg."""
    off = np.ones(len(network.lon), bool)
    off[network.tail] = off[network.head] = False
    return off


def _fill_nearest(
    network: Network, values: FloatArray, wanted: BoolArray,
    known: tuple[FloatArray, FloatArray, FloatArray],
) -> None:
    """Put in at wanted nodes what is known at the nearest position."""
    rows = np.flatnonzero(wanted)
    if not len(rows):
        return
    lon, lat, value = known
    tree = cKDTree(np.column_stack([lon * np.cos(np.radians(lat)), lat]))
    here = network.lat[rows]
    _, near = tree.query(np.column_stack([network.lon[rows] * np.cos(np.radians(here)), here]))
    values[rows] = value[near]
