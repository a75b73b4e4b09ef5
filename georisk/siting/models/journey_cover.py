"""Stretches of journeys, the sites that make each passable, and how many journeys are whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from georisk.network import BoolArray, IntArray
    from georisk.siting.limits import Limits
    from georisk.siting.models.route_gap import RoutePoints
    from layers.crs import FloatArray

_ROUNDING = 1e-9


def list_stretches(
    points: RoutePoints, autonomy: FloatArray, stocked: BoolArray
) -> tuple[sparse.csr_matrix, IntArray]:
    """Stretches that are not passable as a matter of course, and the sites that make each so.

    Returns
    -------
    cover : sparse matrix, shape (n_sites, n_stretches)
    journey : array of int, shape (n_stretches,)
    """
    rows: list[IntArray] = []
    columns: list[IntArray] = []
    journeys = [np.zeros(0, np.int64)]
    count = 0
    for route, hours in enumerate(np.asarray(points.hours, float).tolist()):
        mine = np.flatnonzero(points.route == route)
        at = points.at_h[mine]
        node = np.unique(np.r_[0.0, at, hours])
        start, end = node[:-1], node[1:]
        reach = float(autonomy[route]) * (1.0 + _ROUNDING)
        needs = (end > reach) | (not stocked[route])
        start, end = start[needs], end[needs]
        helps = (at[None, :] <= start[:, None]) & (end[:, None] - at[None, :] <= reach)
        stretch, point = np.nonzero(helps)
        rows.append(points.site[mine[point]])
        columns.append(stretch + count)
        journeys.append(np.full(len(start), route, np.int64))
        count += len(start)
    at_row = np.concatenate([np.zeros(0, np.int64), *rows])
    at_column = np.concatenate([np.zeros(0, np.int64), *columns])
    cover = sparse.csr_matrix(
        (np.ones(len(at_row)), (at_row, at_column)), shape=(points.n_sites, count)
    )
    cover.sum_duplicates()
    cover.data[:] = 1.0
    return cover, np.concatenate(journeys)


@dataclass(frozen=True, eq=False)
class JourneyModel:
    """Stretches that need a new site, by kinds of journey that need the same ones.

    Attributes
    ----------
    cover : sparse matrix, shape (n_sites, n_stretches)
    kind : sparse matrix, shape (n_kinds, n_stretches)
        Which stretches a journey of each kind needs.
    flow : array of shape (n_kinds,)
    total : float
        Flow that fixed sites do not serve, servable or not.
    """

    cover: sparse.csr_matrix
    kind: sparse.csr_matrix
    flow: FloatArray
    total: float


def reduce_journeys(
    cover: sparse.csr_matrix, journey: IntArray, flow: FloatArray, limits: Limits
) -> JourneyModel:
    """Drop stretches that fixed sites make passable and journeys that nothing makes whole."""
    columns = sparse.csc_matrix(cover)
    columns.sort_indices()
    fixed, open_ = np.zeros(cover.shape[0]), limits.list_open(cover.shape[0])
    fixed[list(limits.fixed)] = 1.0
    needy = np.asarray(columns.T @ fixed) == 0
    possible = np.asarray(columns.T @ open_.astype(float)) > 0
    start, index = columns.indptr, columns.indices.astype(">i4")
    needs: dict[int, set[bytes]] = {}
    for at in np.flatnonzero(needy).tolist():
        key = index[start[at] : start[at + 1]].tobytes() if possible[at] else b""
        needs.setdefault(int(journey[at]), set()).add(key)
    total = float(np.sort(flow[list(needs)]).sum())
    flows: dict[tuple[bytes, ...], list[float]] = {}
    for one, keys in needs.items():
        if b"" not in keys and flow[one] > 0:
            flows.setdefault(tuple(sorted(keys)), []).append(float(flow[one]))
    kinds = sorted(flows)
    stretches = sorted({key for kind in kinds for key in kind})
    place = {key: at for at, key in enumerate(stretches)}
    sites = [np.frombuffer(key, ">i4").astype(np.int64) for key in stretches]
    return JourneyModel(
        _mark(sites, cover.shape[0]).T.tocsr(),
        _mark([np.array([place[key] for key in kind]) for kind in kinds], len(stretches)),
        np.array([float(np.sort(flows[kind]).sum()) for kind in kinds]), total,
    )


def _mark(rows: list[IntArray], width: int) -> sparse.csr_matrix:
    pointer = np.r_[0, np.cumsum([len(row) for row in rows], dtype=np.int64)]
    index = np.concatenate([np.zeros(0, np.int64), *rows])
    return sparse.csr_matrix((np.ones(len(index)), index, pointer), shape=(len(rows), width))


def score_journeys(model: JourneyModel, sites: tuple[int, ...]) -> FloatArray:
    """Flow served with each site added, and how much of the other stretches would be passable."""
    there = np.asarray(model.cover[list(sites)].sum(axis=0)).ravel() > 0
    open_ = sparse.diags((~there).astype(float))
    left = np.asarray(model.kind @ (~there).astype(float))
    helped = sparse.csr_matrix(model.cover @ open_ @ model.kind.T).tocoo()
    share = helped.data / left[helped.col]
    whole = (helped.data >= left[helped.col]) & (helped.data > 0)
    n = model.cover.shape[0]
    flow = model.flow[helped.col]
    base = float(model.flow[left == 0].sum())
    size = np.asarray(model.kind.sum(axis=1)).ravel()
    progress = float((model.flow * (1.0 - left / np.maximum(size, 1.0))).sum())
    gain = np.bincount(helped.row, flow * whole, n)
    part = np.bincount(helped.row, flow * share * left[helped.col] / size[helped.col], n)
    return np.column_stack([base + gain, progress + part])


def find_whole(model: JourneyModel, sites: tuple[int, ...]) -> BoolArray:
    """Kinds of journey that some new sites make whole."""
    there = np.asarray(model.cover[list(sites)].sum(axis=0)).ravel() > 0
    return np.asarray(model.kind @ (~there).astype(float) == 0, bool)


def measure_flow(model: JourneyModel, sites: tuple[int, ...]) -> float:
    """Flow that some new sites serve."""
    return float(model.flow[find_whole(model, sites)].sum())
