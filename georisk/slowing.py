"""How heat slows people beside the segments: on ways, and between a leg and a place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import cKDTree

if TYPE_CHECKING:
    from georisk.network import Network
    from layers.crs import FloatArray


def spread_rate(network: Network, rate: FloatArray) -> FloatArray:
    """Share of the cool pace at each node, from that on the segments.

    Parameters
    ----------
    network : Network
    rate : array of shape (n_segments,)
        Above 0, at most 1.

    Returns
    -------
    array of shape (n_nodes,)
        Mean of the pieces of segments that meet there; beyond them that of the nearest such node.

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
    ends = np.concatenate([network.tail, network.head])
    each = np.tile(rate[network.segment], 2)
    count = len(network.lon)
    known = np.bincount(ends, minlength=count)
    mean = np.bincount(ends, weights=each, minlength=count) / np.maximum(known, 1)
    beside = np.flatnonzero(known == 0)
    if len(beside):
        legs = np.flatnonzero(known > 0)
        at = np.column_stack([network.lon * np.cos(np.radians(network.lat)), network.lat])
        _, near = cKDTree(at[legs]).query(at[beside])
        mean[beside] = mean[legs[near]]
    return np.asarray(mean)
