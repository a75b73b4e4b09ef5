"""Candidate pairs: records near enough in space and time to be worth a comparison."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from layers.crs import measure_distance_km

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]

MAX_CANDIDATES = 4_000_000
_EARTH_KM = 6371.0088
_SLACK = 1.01  # a chord on the sphere against the geodesic on the ellipsoid


@dataclass(frozen=True)
class Positions:
    """Where and when, one element a record.

    Attributes
    ----------
    lon, lat : array of shape (n,)
        Degrees, EPSG:4326; finite.
    day : array of shape (n,)
        Days since 1970; all zero where time plays no part.
    sigma_km : array of shape (n,)
        Precision of the position.
    """

    lon: FloatArray
    lat: FloatArray
    day: FloatArray
    sigma_km: FloatArray


@dataclass(frozen=True)
class Window:
    """How far apart a pair may lie: ``max(least_km, sigmas * combined sigma)``, and ``days``."""

    least_km: float
    sigmas: float
    most_km: float
    days: float


@dataclass(frozen=True)
class Candidates:
    """Pairs of row numbers ``i < j``, sorted, with their distance and the window's radius."""

    i: IntArray
    j: IntArray
    distance_km: FloatArray
    radius_km: FloatArray


def find_candidates(at: Positions, window: Window) -> Candidates:
    """Find all pairs inside the window, in about linear time where records are spread out.

    Raises
    ------
    ValueError
        If there are more than `MAX_CANDIDATES`: nearly all rows lie on one spot and day.

    Examples
    --------
    >>> import numpy as np
    >>> at = Positions(np.array([-97.0, -97.0, -97.0]), np.array([19.0, 19.02, 20.0]),
    ...                np.zeros(3), np.full(3, 0.1))
    >>> found = find_candidates(at, Window(5.0, 2.0, 100.0, 3.0))
    >>> found.i.tolist(), found.j.tolist(), found.distance_km.round(2).tolist()
    ([0], [1], [2.21])
    """
    classes = _group_by_sigma(at.sigma_km, window)
    parts = []
    total = 0
    for n, (rows_a, sigma_a) in enumerate(classes):
        for rows_b, sigma_b in classes[n:]:
            reach = _find_radius(np.array([sigma_a]), np.array([sigma_b]), window)[0]
            pairs = _search(at, (rows_a, rows_b), reach, window.days, MAX_CANDIDATES - total)
            kept = _measure(at, pairs, window)
            total += len(kept.i)
            parts.append(kept)
    return _join(parts)


def count_background(
    at: Positions, rows: IntArray, others: IntArray, *, radius_km: FloatArray, days: float
) -> FloatArray:
    """Count ``others`` around each of ``rows`` in an ellipsoid of ``radius_km`` and ``days``.

    A record does not count itself. ``radius_km`` has one element a row, of few distinct values.
    """
    count = np.zeros(len(rows))
    for radius in np.unique(radius_km):
        now = np.flatnonzero(radius_km == radius)
        tree, _ = _plant(at, others, radius, days)
        _, points = _plant(at, rows[now], radius, days)
        count[now] = tree.query_ball_point(points, radius, return_length=True)
    return count - np.isin(rows, others)


def round_up_radius(sigma_km: FloatArray, window: Window) -> FloatArray:
    """Radius around one record for a partner as precise as itself, in a few steps."""
    radius = _find_radius(sigma_km, sigma_km, window)
    steps = window.least_km * 2.0 ** np.arange(12)
    return np.asarray(steps[np.searchsorted(steps, radius - 1e-9)])


def _find_radius(sigma_a: FloatArray, sigma_b: FloatArray, window: Window) -> FloatArray:
    radius = window.sigmas * np.hypot(sigma_a, sigma_b)
    return np.asarray(np.clip(radius, window.least_km, window.most_km))


def _group_by_sigma(sigma_km: FloatArray, window: Window) -> list[tuple[IntArray, float]]:
    """Rows in classes of doubling sigma, so that one vague row does not widen every search."""
    steps = window.least_km / 4 * 2.0 ** np.arange(16)
    of = np.searchsorted(steps, sigma_km).clip(0, len(steps) - 1)
    return [(np.flatnonzero(of == n), float(sigma_km[of == n].max())) for n in np.unique(of)]


def _plant(at: Positions, rows: IntArray, radius_km: float, days: float):  # type: ignore[no-untyped-def]  # noqa: ANN202
    from scipy.spatial import cKDTree

    lon, lat = np.radians(at.lon[rows]), np.radians(at.lat[rows])
    points = np.column_stack([
        _EARTH_KM * np.cos(lat) * np.cos(lon), _EARTH_KM * np.cos(lat) * np.sin(lon),
        _EARTH_KM * np.sin(lat), at.day[rows] * (radius_km / days),
    ])
    return cKDTree(points), points


def _search(
    at: Positions, rows: tuple[IntArray, IntArray], radius_km: float, days: float, most: int
) -> tuple[IntArray, IntArray]:
    tree_a, _ = _plant(at, rows[0], radius_km, days)
    tree_b, _ = _plant(at, rows[1], radius_km, days)
    reach = radius_km * _SLACK
    if tree_a.count_neighbors(tree_b, reach, p=np.inf) - len(rows[0]) > 2 * most:
        raise ValueError(
            f"more than {MAX_CANDIDATES:,} pairs of records lie near each other in space and "
            "time: do most rows carry one coordinate and one date? Mend the positions first"
        )
    found = tree_a.sparse_distance_matrix(tree_b, reach, p=np.inf, output_type="ndarray")
    i, j = rows[0][found["i"]], rows[1][found["j"]]
    low, high = np.minimum(i, j), np.maximum(i, j)
    # A class searched against itself finds each pair twice.
    keep = (i < j) if rows[0] is rows[1] else (low < high)
    return low[keep], high[keep]


def _measure(at: Positions, pairs: tuple[IntArray, IntArray], window: Window) -> Candidates:
    i, j = pairs
    distance = measure_distance_km(at.lon[i], at.lat[i], at.lon[j], at.lat[j])
    radius = _find_radius(at.sigma_km[i], at.sigma_km[j], window)
    keep = (distance <= radius) & (np.abs(at.day[i] - at.day[j]) <= window.days)
    return Candidates(i[keep], j[keep], distance[keep], radius[keep])


def _join(parts: list[Candidates]) -> Candidates:
    if not parts:
        none = np.zeros(0, np.int64)
        return Candidates(none, none, np.zeros(0), np.zeros(0))
    i, j = (np.concatenate([getattr(p, name) for p in parts]) for name in ("i", "j"))
    order = np.lexsort([j, i])
    distance, radius = (
        np.concatenate([getattr(p, name) for p in parts])[order]
        for name in ("distance_km", "radius_km")
    )
    return Candidates(i[order], j[order], distance, radius)
