"""Heat that spreads along a network: the kernel that turns corners where roads do.

Segments are cut into lixels; heat flows between lixels that meet, implicitly in time, so that
mass is kept at every junction and every dead end. Lengths are km; a kernel's width is the
standard deviation that it has on an endless road.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from georisk.kernels.lixels import MAX_KM, MIN_KM, LixelNetwork, build_lixels

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from layers.crs import FloatArray

__all__ = ["LixelNetwork", "build_lixels", "build_network_kernel"]

STEPS = 8
CLASS_RATIO = 1.2
DROP_SHARE = 1e-9
_COLUMNS_AT_ONCE = 128
_CELLS_AT_ONCE = 4_000_000


def build_network_kernel(
    network: LixelNetwork,
    segment: NDArray[np.intp],
    share: FloatArray,
    width_km: FloatArray,
    *,
    class_ratio: float = CLASS_RATIO,
) -> sparse.csr_array:
    """Density per km that each of n incidents puts on each of m segments.

    Parameters
    ----------
    network : LixelNetwork
    segment : array of shape (n,)
        Segment of each incident.
    share : array of shape (n,)
        How far along it, 0 at its start to 1 at its end.
    width_km : array of shape (n,)
    class_ratio : float
        Widths are rounded to powers of it: one factorisation a class.

    Returns
    -------
    sparse array of shape (m, n)
        Each column times the lengths sums to 1. A segment that would get less than a billionth
        of the fullest one's share gets none. Incidents of one lixel and one class of widths
        share one solution.

    Raises
    ------
    ValueError
        If an array does not fit the network, or a value is out of bounds.

    References
    ----------
    McSwiggan, Baddeley & Nair (2017), Kernel density estimation on a linear network. Okabe &
    Sugihara (2012), Spatial Analysis along Networks.

    Examples
    --------
    Where three equal roads meet, a third of the mass goes into each.

    >>> star = build_lixels([0, 0, 0], [1, 2, 3], np.ones(3), lixel_km=0.01)
    >>> build_network_kernel(star, np.array([0]), np.array([0.0]), np.array([0.1])
    ...                      ).toarray().round(2).ravel().tolist()
    [0.36, 0.32, 0.32]
    """
    segment, share, width = _check_places(network, segment, share, width_km)
    shape = (len(network.length_km), len(segment))
    if len(segment) == 0:
        return sparse.csr_array(shape)
    pairs = np.column_stack([_find_classes(width, class_ratio),
                             network.find_lixels(segment, share)])
    distinct, column = np.unique(pairs, axis=0, return_inverse=True)
    parts = []
    for power in np.unique(distinct[:, 0]):
        lixel = distinct[distinct[:, 0] == power, 1]
        factors = _factorise(network, class_ratio ** int(power))
        parts += list(_solve_columns(network, factors, lixel))
    kernel = sparse.hstack(parts, format="csc")[:, column.ravel()]
    return sparse.csr_array(kernel)


def _solve_columns(
    network: LixelNetwork, factors: _Factors, lixel: NDArray[np.intp]
) -> Iterator[sparse.csc_array]:
    """Kernel of unit masses on some lixels, a few columns at a time."""
    size, collect = len(network.lixel_km), _gather_segments(network)
    at_once = int(np.clip(_CELLS_AT_ONCE // size, 1, _COLUMNS_AT_ONCE))
    for low in range(0, len(lixel), at_once):
        part = lixel[low : low + at_once]
        heat = np.zeros((size, len(part)))
        heat[part, np.arange(len(part))] = 1.0
        held = collect @ _flow(factors, heat)
        held[held < DROP_SHARE * held.max(axis=0)] = 0.0
        share = sparse.csc_array(_report(held, np.ones(len(part))))
        share.data /= network.length_km[share.indices]
        yield share


@dataclass(frozen=True, eq=False)
class _Factors:
    """Factors of one implicit step, in the order that SuperLU chose."""

    lower: tuple[NDArray[np.int32], NDArray[np.int32], FloatArray]
    upper: tuple[NDArray[np.int32], NDArray[np.int32], FloatArray]
    order: tuple[NDArray[np.int32], NDArray[np.int32]]
    room_km: FloatArray


def _factorise(network: LixelNetwork, width_km: float) -> _Factors:
    """Factorise one implicit step; junctions hold no mass and only pass it on."""
    from scipy.sparse.linalg import splu

    room = np.zeros(network.laplacian.shape[0])
    room[: len(network.lixel_km)] = network.lixel_km
    system = sparse.diags_array(room) + width_km**2 / (2 * STEPS) * network.laplacian
    solver = splu(system.tocsc(), permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0,
                  options={"SymmetricMode": True})
    lower, upper = solver.L.tocsc(), solver.U.tocsc()
    lower.sort_indices()
    upper.sort_indices()
    return _Factors(
        lower=(lower.indptr, lower.indices, lower.data),
        upper=(upper.indptr, upper.indices, upper.data),
        order=(solver.perm_r, solver.perm_c),
        room_km=room,
    )


def _flow(factors: _Factors, heat: FloatArray) -> FloatArray:
    """Density per km of each lixel after all steps, from masses of shape (k, columns)."""
    from georisk.kernels.compiled import step_heat

    held = np.zeros((len(factors.room_km), heat.shape[1]))
    held[: len(heat)] = heat
    step_heat(factors.lower, factors.upper, factors.order, factors.room_km, held, STEPS)
    # Rounding may leave a hair below nothing far away.
    return np.asarray(np.maximum(held[: len(heat)], 0.0))


def _gather_segments(network: LixelNetwork) -> sparse.csr_array:
    """Mass of each segment from the density of its lixels, shape (m, k)."""
    column = np.arange(len(network.lixel_km))
    shape = (len(network.length_km), len(column))
    return sparse.csr_array((network.lixel_km, column, network.first), shape=shape)


def _report(held: FloatArray, mass: FloatArray) -> FloatArray:
    """Masses of the segments, shape (m, columns), with each column's total made exact."""
    total = held.sum(axis=0)
    return np.asarray(held * np.divide(mass, total, out=np.zeros_like(mass), where=total > 0))


def _find_classes(width_km: FloatArray, class_ratio: float) -> NDArray[np.intp]:
    if not 1.01 <= class_ratio <= 4.0:  # noqa: PLR2004 - below, a class holds one width
        raise ValueError("class_ratio: expected 1.01 to 4")
    return np.asarray(np.rint(np.log(width_km) / np.log(class_ratio)), np.intp)


def _check_places(
    network: LixelNetwork, segment: NDArray[np.intp], share: FloatArray, width_km: FloatArray
) -> tuple[NDArray[np.intp], FloatArray, FloatArray]:
    segment, share = np.asarray(segment), np.asarray(share, np.float64)
    width = np.asarray(width_km, np.float64)
    if segment.ndim != 1 or not segment.shape == share.shape == width.shape:
        raise ValueError("segment, share, width_km: expected one of each for every incident")
    if segment.size and not np.issubdtype(segment.dtype, np.integer):
        raise ValueError("segment: expected whole numbers")
    if not ((segment >= 0) & (segment < len(network.length_km))).all():
        raise ValueError(f"segment: expected 0 to {len(network.length_km) - 1}")
    if not ((share >= 0) & (share <= 1)).all():
        raise ValueError("share: expected 0 to 1")
    if not ((width >= MIN_KM) & (width <= MAX_KM)).all():
        raise ValueError(f"width_km: expected {MIN_KM:g} to {MAX_KM:g} km")
    return segment.astype(np.intp), share, width
