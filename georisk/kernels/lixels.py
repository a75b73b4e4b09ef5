"""A network cut into lixels: short pieces that heat can flow between.

Lengths are km. Segments that share a node touch; a junction passes on what it gets.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from layers.crs import FloatArray

MAX_LIXELS = 2_000_000
MAX_KM = 1e6
MIN_KM = 1e-6
MAX_NODE = 1e9
_NODE_DECIMALS = 7


@dataclass(frozen=True, eq=False)
class LixelNetwork:
    """A network cut into k short pieces, with m segments to report on.

    Attributes
    ----------
    length_km : array of shape (m,)
        Of the segments.
    first : array of shape (m + 1,)
        Lixels ``first[s]`` up to ``first[s + 1]`` make up segment s, from its start.
    lixel_km : array of shape (k,)
        Of the lixels.
    laplacian : sparse array of shape (k, k)
        Symmetric, rows sum to 0, 1 / km: what flows out of each lixel per unit of density.
    """

    length_km: FloatArray
    first: NDArray[np.intp]
    lixel_km: FloatArray
    laplacian: sparse.csc_array

    def find_lixels(self, segment: NDArray[np.intp], share: FloatArray) -> NDArray[np.intp]:
        """Lixel at each share, 0 to 1, of the way along each segment, shape (n,)."""
        count = np.diff(self.first)[segment]
        step = np.minimum((share * count).astype(np.intp), count - 1)
        return np.asarray(self.first[segment] + step)


def build_lixels(
    start: ArrayLike, end: ArrayLike, length_km: FloatArray, *, lixel_km: float
) -> LixelNetwork:
    """Cut a network into lixels and find how heat flows between them.

    Parameters
    ----------
    start, end : array of shape (m,) or (m, 2)
        Node of each segment's ends: numbers, or longitude and latitude in degrees, where ends
        that agree to 1e-7 degrees (1 cm) are one node.
    length_km : array of shape (m,)
    lixel_km : float
        Greatest length of a lixel.

    Raises
    ------
    ValueError
        If shapes differ, a length is not above 0, or more than two million lixels come out.

    Examples
    --------
    >>> road = build_lixels([0, 1], [1, 2], np.array([1.0, 2.5]), lixel_km=1.0)
    >>> road.lixel_km.round(3).tolist()
    [1.0, 0.833, 0.833, 0.833]
    """
    length = _check_lengths(length_km, lixel_km)
    nodes = _number_nodes(np.asarray(start), np.asarray(end), len(length))
    pieces = np.maximum(np.ceil(length / lixel_km - 1e-9), 1.0)
    if pieces.sum() > MAX_LIXELS:
        raise ValueError(
            f"lixel_km: {lixel_km:g} km makes {pieces.sum():.3g} lixels, more than "
            f"{MAX_LIXELS:,}; take longer ones"
        )
    first = np.concatenate([[0], np.cumsum(pieces.astype(np.intp))])
    lixel = np.repeat(length / pieces, np.diff(first))
    return LixelNetwork(length, first, lixel, _build_laplacian(nodes, first, lixel))


def _number_nodes(
    start: NDArray[np.float64], end: NDArray[np.float64], length: int
) -> NDArray[np.intp]:
    """Nodes of both ends of each segment, shape (2, m)."""
    shapes = {(length,), (length, 2)}
    if start.shape != end.shape or start.shape not in shapes:
        raise ValueError(f"start, end: expected shape ({length},) or ({length}, 2), got "
                         f"{start.shape} and {end.shape}")
    both = np.concatenate([start, end]).astype(np.float64)
    if not (np.abs(both) <= MAX_NODE).all():
        raise ValueError("start, end: every node must be a number or a finite position")
    if both.ndim == 1:
        _, number = np.unique(both, return_inverse=True)
    else:
        rounded = np.rint(both * 10**_NODE_DECIMALS).astype(np.int64)
        _, number = np.unique(rounded, axis=0, return_inverse=True)
    return np.asarray(number.reshape(2, length))


def _build_laplacian(
    nodes: NDArray[np.intp], first: NDArray[np.intp], lixel_km: FloatArray
) -> sparse.csc_array:
    """Join the lixels of each segment, then the segments at their nodes.

    Where two ends meet, their lixels touch. Where three or more meet, the junction is an unknown
    of its own without room for mass: as many links as ends, however many roads meet.
    """
    half_km = lixel_km / 2
    inner = np.setdiff1d(np.arange(1, len(lixel_km)), first[1:-1])
    ends = np.concatenate([first[:-1], first[1:] - 1])
    node = nodes.ravel()
    degree = np.bincount(node)
    order = np.argsort(node, kind="stable")
    pairs = ends[order][degree[node[order]] == 2].reshape(-1, 2)  # noqa: PLR2004 - two ends
    many = degree[node] > 2  # noqa: PLR2004 - a junction
    junction, number = np.unique(node[many], return_inverse=True)
    tail = np.concatenate([inner - 1, pairs[:, 0], ends[many]])
    head = np.concatenate([inner, pairs[:, 1], len(lixel_km) + number])
    apart_km = np.concatenate([half_km, np.zeros(len(junction))])
    flow = 1.0 / (apart_km[tail] + apart_km[head])
    size = len(apart_km)
    links = sparse.coo_array((flow, (tail, head)), shape=(size, size)).tocsr()
    links = links + links.T
    return sparse.csc_array(sparse.diags_array(links.sum(axis=1)) - links)


def _check_lengths(length_km: FloatArray, lixel_km: float) -> FloatArray:
    length = np.asarray(length_km, np.float64)
    if length.ndim != 1 or len(length) == 0:
        raise ValueError("length_km: expected one length for each of at least one segment")
    if not ((length >= MIN_KM) & (length <= MAX_KM)).all():
        raise ValueError(f"length_km: every length must be {MIN_KM:g} to {MAX_KM:g} km")
    if not MIN_KM <= lixel_km <= MAX_KM:
        raise ValueError(f"lixel_km: expected {MIN_KM:g} to {MAX_KM:g} km")
    return length
