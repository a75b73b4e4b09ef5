"""Hours from uncovered stretches to candidates: searched once, shared by every objective."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from georisk.coverage import SORTED_DIRECTIONS, TOLERANCE_H
from georisk.routing import time_places
from georisk.travel import find_entries

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from georisk.network import IntArray
    from georisk.routing import Graph
    from georisk.travel import Travel
    from layers.crs import FloatArray

_BLOCK = 64


def time_demand(
    worlds: Sequence[Travel], demand: pd.DataFrame, *, limit_h: FloatArray
) -> sparse.csr_matrix:
    """Hours from each demand row to each candidate ahead, as far as a limit.

    Each place counts by itself: a candidate that is not built shortens no way to another.

    Parameters
    ----------
    worlds : sequence of Travel
        Over one network with the candidates attached; the quicker counts.
    demand : DataFrame
        Columns ``segment direction measure``.
    limit_h : array of shape (n_demand,)
        Hours beyond are not kept; infinite keeps all.

    Returns
    -------
    csr_matrix of float, shape (n_places, n_demand)
        Sorted; what is not stored is farther, what is stored may be 0 h.
    """
    asked = _split_demand(worlds, demand)
    limit_h = np.asarray(limit_h, float) + TOLERANCE_H
    most_h = np.minimum(limit_h, np.finfo(float).max)
    count = len(worlds[0].network.place_ids)
    rows, columns, hours = [np.empty(0, np.int64)], [np.empty(0, np.int64)], [np.empty(0)]
    for first in range(0, count, _BLOCK):
        places = np.arange(first, min(first + _BLOCK, count))
        quickest = np.full((len(places), len(demand)), np.inf)
        for graph, column, node in asked:
            farthest = float(limit_h[column].max())
            found = time_places(graph, places, limit_h=farthest, nodes=node)
            quickest[:, column] = np.minimum(np.take(quickest, column, axis=1), found)
        row, column = np.nonzero(quickest <= most_h)
        rows.append(row + first)
        columns.append(column)
        hours.append(quickest[row, column])
    row = np.concatenate(rows)
    pointer = np.r_[0, np.cumsum(np.bincount(row, minlength=count))]
    return sparse.csr_matrix((np.concatenate(hours), np.concatenate(columns), pointer),
                             shape=(count, len(demand)))


def _split_demand(
    worlds: Sequence[Travel], demand: pd.DataFrame
) -> list[tuple[Graph, IntArray, IntArray]]:
    """Graphs to be searched, and for each the demand rows it is asked for and their nodes."""
    side = (demand["direction"] == SORTED_DIRECTIONS[1][0]).to_numpy(int)
    segment, measure = demand["segment"].to_numpy(np.int64), demand["measure"].to_numpy(object)
    asked = []
    for travel in worlds:
        node, heading = find_entries(travel)
        entry, way = node[segment, side], heading[segment, side]
        for (name, course), graph in travel.graphs.items():
            column = np.flatnonzero((measure == name) & (way == course))
            if len(column):
                asked.append((graph, column, entry[column]))
    return asked


def keep_within(hours: sparse.csr_matrix, limit_h: FloatArray) -> sparse.csr_matrix:
    """Say which candidates lie within a limit of which demand.

    Returns
    -------
    csr_matrix of bool, shape (n_places, n_demand)

    Examples
    --------
    >>> hours = sparse.csr_matrix(([0.0, 3.0], ([0, 1], [0, 0])), shape=(2, 1))
    >>> keep_within(hours, np.array([2.0])).toarray().ravel().tolist()
    [True, False]
    """
    near = hours.data <= np.asarray(limit_h, float)[hours.indices] + TOLERANCE_H
    row = np.repeat(np.arange(hours.shape[0]), np.diff(hours.indptr))[near]
    pointer = np.r_[0, np.cumsum(np.bincount(row, minlength=hours.shape[0]))]
    return sparse.csr_matrix((np.ones(len(row), bool), hours.indices[near], pointer),
                             shape=hours.shape)


def cut_hours(hours: sparse.csr_matrix, limit_h: FloatArray) -> sparse.csr_matrix:
    """The hours that lie within a limit of each demand row."""
    near = keep_within(hours, limit_h)
    data = hours.data[hours.data <= limit_h[hours.indices] + TOLERANCE_H]
    return sparse.csr_matrix((data, near.indices, near.indptr), shape=near.shape)


def keep_given(
    matrix: sparse.csr_matrix, offers: Sequence[tuple[str, ...]], services: Sequence[str]
) -> sparse.csr_matrix:
    """Drop what a candidate does not give: an upgrade adds only what a facility lacks.

    Parameters
    ----------
    offers : sequence of tuple of str
        By row.
    services : sequence of str
        By column.

    Examples
    --------
    >>> reach = sparse.csr_matrix(np.ones((2, 2), bool))
    >>> keep_given(reach, [("water",), ("phone", "water")], ["phone", "water"]).toarray().tolist()
    [[False, True], [True, True]]
    """
    kinds = sorted(set(services))
    column = np.array([kinds.index(name) for name in services], np.int64)
    gives = np.array([[name in items for name in kinds] for items in offers], bool)
    gives = gives.reshape(len(offers), len(kinds))
    row = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    kept = gives[row, column[matrix.indices]] if len(row) else np.zeros(0, bool)
    pointer = np.r_[0, np.cumsum(np.bincount(row[kept], minlength=matrix.shape[0]))]
    return sparse.csr_matrix((matrix.data[kept], matrix.indices[kept], pointer),
                             shape=matrix.shape)
