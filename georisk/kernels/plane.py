"""Gaussians of many widths, summed in the plane exactly within their reach.

Coordinates are km in the study's metric CRS. The compiled loops and their NumPy twin use the
same test of reach, so that they agree to the last pair.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import cKDTree

from georisk.kernels.cells import lay_grid

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from layers.crs import FloatArray

    Columns = tuple[FloatArray, FloatArray, FloatArray, FloatArray]

# At 4 the tails that are left out are 2e-3 of the density in thin places, at 4.5 they are 3e-4.
CUT_SIGMAS = 4.5
MAX_CUT_SIGMAS = 10.0
MAX_KM = 1e6
MIN_WIDTH_KM = 1e-6
# With more sources than this for each point, points look for sources, not the other way round.
_CROWD = 1.0
_PAIRS_AT_ONCE = 2_000_000


def sum_gaussians(
    at_km: FloatArray,
    from_km: FloatArray,
    mass: FloatArray,
    width_km: FloatArray,
    *,
    cut_sigmas: float = CUT_SIGMAS,
) -> FloatArray:
    """Density of spread-out masses at some points, per km2.

    Each mass spreads as a Gaussian of its own width h that ends at ``cut_sigmas`` h:
    ``mass exp(-d^2 / 2 h^2) / (2 pi h^2)``. Exact within the reach: nothing is put on a raster.

    Parameters
    ----------
    at_km : array of shape (m, 2)
        Where to read the density.
    from_km : array of shape (n, 2)
    mass : array of shape (n,)
        Zero or more.
    width_km : array of shape (n,)

    Returns
    -------
    array of shape (m,)
        0 where no kernel reaches. The same bytes whatever the order of the sources.

    Raises
    ------
    ValueError
        If shapes differ, or a value is not finite, negative or beyond its bounds.

    Examples
    --------
    On a kernel's centre, one incident of width 2 km: 1 / (2 pi 4) = 0.0398 per km2.

    >>> at, one = np.array([[0.0, 0.0], [9.0, 0.0]]), np.ones(1)
    >>> sum_gaussians(at, np.zeros((1, 2)), one, 2 * one).round(4).tolist()
    [0.0398, 0.0]
    """
    at, source = _check_points(at_km, "at_km"), _check_points(from_km, "from_km")
    mass = _check_column(mass, "mass", len(source), least=0.0)
    width = _check_width(width_km, len(source), cut_sigmas)
    total = np.zeros(len(at))
    if len(at) == 0 or len(source) == 0:
        return total
    columns = (source[:, 0], source[:, 1], mass, width)
    order = _sort_rows(columns[0], columns[1], width, mass)
    for widest, members in _split_widths(width, order):
        add = _collect if len(members) > _CROWD * len(at) else _scatter
        total += add(at, columns, members, (cut_sigmas, widest))
    return total


def _scatter(
    at: FloatArray, columns: Columns, members: NDArray[np.intp],
    reach: tuple[float, float],
) -> FloatArray:
    """Density at points, from source to source."""
    from georisk.kernels.gaussians import FAR_KM, scatter

    x, y = np.ascontiguousarray(at.T)
    cut, widest = reach
    grid = lay_grid(x, y, cut * widest)
    placed = grid.fill(x, y, empty=FAR_KM)
    source = np.column_stack([column[members] for column in columns])
    return np.asarray(scatter(placed, grid.start, grid.frame, source, cut)[grid.slot])


def _collect(
    at: FloatArray, columns: Columns, members: NDArray[np.intp],
    reach: tuple[float, float],
) -> FloatArray:
    """Density at points, from point to point: faster where sources crowd."""
    from georisk.kernels.gaussians import arrange, collect

    cut, widest = reach
    x, y = columns[0][members], columns[1][members]
    grid = lay_grid(x, y, cut * widest)
    placed = arrange(x, y, columns[2], columns[3], (members, grid.slot, grid.start, grid.size))
    # Neighbours one after another: what they read is still at hand.
    strip = np.floor((at[:, 0] - grid.frame[0]) / grid.frame[2])
    order = np.argsort(strip * (2 * MAX_KM) + at[:, 1])
    density = np.empty(len(at))
    density[order] = collect(placed, grid.start, grid.frame, at[order], (cut, cut * widest))
    return density


def sum_gaussians_plain(
    at_km: FloatArray,
    from_km: FloatArray,
    mass: FloatArray,
    width_km: FloatArray,
    *,
    cut_sigmas: float = CUT_SIGMAS,
) -> FloatArray:
    """Find the same density as `sum_gaussians` without a compiler; slower, for comparison.

    Examples
    --------
    >>> at, one = np.array([[0.0, 0.0], [9.0, 0.0]]), np.ones(1)
    >>> sum_gaussians_plain(at, np.zeros((1, 2)), one, 2 * one).round(4).tolist()
    [0.0398, 0.0]
    """
    at, source = _check_points(at_km, "at_km"), _check_points(from_km, "from_km")
    mass = _check_column(mass, "mass", len(source), least=0.0)
    width = _check_width(width_km, len(source), cut_sigmas)
    total = np.zeros(len(at))
    if len(at) == 0 or len(source) == 0:
        return total
    source, mass, width = (
        one[_sort_rows(source[:, 0], source[:, 1], width, mass)] for one in (source, mass, width))
    tree = cKDTree(at)
    reach = cut_sigmas * width * (1 + 1e-9) + 1e-9
    count = tree.query_ball_point(source, reach, return_length=True)
    bounds = np.flatnonzero(np.diff(np.cumsum(count) // _PAIRS_AT_ONCE)) + 1
    for part in np.split(np.arange(len(source)), bounds):
        found = tree.query_ball_point(source[part], reach[part])
        near = np.concatenate([np.asarray(one, np.intp) for one in found])
        of = np.repeat(part, count[part])
        u = ((at[near] - source[of]) ** 2).sum(axis=1) * 0.5 / width[of] ** 2
        bump = np.exp(-u) * mass[of] / (2 * np.pi * width[of] ** 2)
        bump[u > 0.5 * cut_sigmas**2 * (1 + 1e-12)] = 0.0
        total += np.bincount(near, weights=bump, minlength=len(at))
    return total


def _split_widths(
    width: FloatArray, order: NDArray[np.intp]
) -> list[tuple[float, NDArray[np.intp]]]:
    """Greatest width and members, in an order, of each class of widths: a factor of two.

    Wide kernels would make the cells too large for narrow ones.
    """
    low, high = (int(np.frexp(value)[1]) for value in (width.min(), width.max()))
    if low == high:
        return [(float(width.max()), order)]
    exponent = np.frexp(width[order])[1]
    classes = [order[exponent == power] for power in range(low, high + 1)]
    return [(float(width[members].max()), members) for members in classes if len(members)]


def _sort_rows(first: FloatArray, *further: FloatArray) -> NDArray[np.intp]:
    """Order by the first column, ties by the further ones; equal rows are interchangeable."""
    order = np.argsort(first)
    ordered = first[order]
    same = np.zeros(len(order) + 1, bool)
    same[1:-1] = ordered[1:] == ordered[:-1]
    tied = np.flatnonzero(same[1:] | same[:-1])
    if len(tied):
        rows = order[tied]
        keys = [column[rows] for column in reversed((first, *further))]
        order[tied] = rows[np.lexsort(keys)]
    return order


def _check_points(points: FloatArray, name: str) -> FloatArray:
    points = np.asarray(points, np.float64)
    if points.ndim != 2 or points.shape[1] != 2:  # noqa: PLR2004 - x and y
        raise ValueError(f"{name}: expected shape (n, 2), got {points.shape}")
    if not (points.min(initial=0.0) >= -MAX_KM and points.max(initial=0.0) <= MAX_KM):
        raise ValueError(f"{name}: coordinates must be km within +-{MAX_KM:g}; project them")
    return np.asarray(points + 0.0)


def _check_column(values: FloatArray, name: str, length: int, *, least: float) -> FloatArray:
    values = np.asarray(values, np.float64)
    if values.shape != (length,):
        raise ValueError(f"{name}: expected shape ({length},), got {values.shape}")
    if not (values.min(initial=least) >= least and values.max(initial=least) < np.inf):
        raise ValueError(f"{name}: every value must be finite and at least {least:g}")
    return np.asarray(values + 0.0)


def _check_width(width_km: FloatArray, length: int, cut_sigmas: float) -> FloatArray:
    if not 0 < cut_sigmas <= MAX_CUT_SIGMAS:
        raise ValueError(f"cut_sigmas: expected above 0 and at most {MAX_CUT_SIGMAS:g}")
    width = _check_column(width_km, "width_km", length, least=MIN_WIDTH_KM)
    if not (width <= MAX_KM).all():
        raise ValueError(f"width_km: at most {MAX_KM:g}")
    return width
