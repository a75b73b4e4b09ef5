"""A forecast as a small map: ranks of cells in runs, and which cells of the year were caught.

Only whole cells leave this room: no position of an event, no number of events in a cell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from georisk.validation.scores import SHARES, rank_cells
from layers.crs import WGS84, FloatArray

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from georisk.validation.domain import Domain

_GRID_DEG = 5.0
_FINE_DEG = 0.25
_MAX_LINES = 40


def draw_ranks(
    domain: Domain, mass: FloatArray, cells: NDArray[np.intp], *, crs_metric: str, seed: int
) -> dict[str, object]:
    """Rank cells of a forecast by share of area, and mark the cells where events fell.

    Parameters
    ----------
    mass : array of shape (m,)
    cells : array of shape (n,)
        Cell of each event.

    Returns
    -------
    dict
        ``columns``, ``rows``: extent in cells; ``runs``: [row, first column, last column, rank],
        rows from the north, rank 0 the densest 1 % of the area, 1 to 5 %, 2 to 10 %, 3 to 20 %,
        4 the rest; ``caught`` and ``missed``: [row, column] of cells with at least one event,
        within the densest 20 % or not; ``graticule``: meridians and parallels in cells.

    Examples
    --------
    >>> import numpy as np
    >>> from georisk.validation.domain import Domain
    >>> land = Domain("a", "A", 10.0, np.array([[5.0, 5.0], [15.0, 5.0]]), np.zeros(2),
    ...               np.zeros(2), np.full(2, 100.0))
    >>> drawn = draw_ranks(land, np.array([1.0, 2.0]), np.array([0, 0]), seed=1,
    ...                    crs_metric="+proj=laea +lat_0=0 +lon_0=0 +datum=WGS84")
    >>> drawn["runs"], drawn["missed"], drawn["caught"]
    ([[0, 0, 0, 4], [0, 1, 1, 0]], [[0, 0]], [])
    """
    rank = _rank_shares(domain, mass, seed)
    lattice = np.floor(domain.xy_km / domain.cell_km + 1e-6).astype(np.int64)
    west, north = int(lattice[:, 0].min()), int(lattice[:, 1].max())
    column, row = lattice[:, 0] - west, north - lattice[:, 1]
    marked = np.unique(cells)
    top = rank[marked] < len(SHARES)
    spots = np.column_stack([row, column])[marked]
    return {
        "cell_km": domain.cell_km,
        "columns": int(column.max()) + 1, "rows": int(row.max()) + 1,
        "runs": _join_runs(row, column, rank),
        "caught": spots[top].tolist(), "missed": spots[~top].tolist(),
        "graticule": _trace_graticule(domain, west, north, crs_metric),
    }


def _rank_shares(domain: Domain, mass: FloatArray, seed: int) -> NDArray[np.int64]:
    """Rank by the share of area above each cell; the cell that a limit cuts counts inside."""
    order = rank_cells(mass, domain.area_km2, seed=seed)
    ranked_km2 = domain.area_km2[order]
    above = (np.cumsum(ranked_km2) - ranked_km2) / domain.area_km2.sum()
    rank = np.empty(len(order), np.int64)
    rank[order] = np.searchsorted(np.array(SHARES), above + 1e-12, side="right")
    return rank


def _join_runs(
    row: NDArray[np.int64], column: NDArray[np.int64], rank: NDArray[np.int64]
) -> list[list[int]]:
    order = np.lexsort((column, row))
    row, column, rank = row[order], column[order], rank[order]
    new = np.ones(len(row), bool)
    new[1:] = (np.diff(row) != 0) | (np.diff(column) != 1) | (np.diff(rank) != 0)
    first = np.flatnonzero(new)
    last = np.append(first[1:], len(row)) - 1
    found: list[list[int]] = np.column_stack(
        [row[first], column[first], column[last], rank[first]]).tolist()
    return found


def _trace_graticule(
    domain: Domain, west: int, north: int, crs_metric: str
) -> list[dict[str, object]]:
    """Lines of whole five degrees over the cells, in columns and rows of the map."""
    import geopandas as gpd

    low_lon, high_lon = float(domain.lon.min()), float(domain.lon.max())
    low_lat, high_lat = float(domain.lat.min()), float(domain.lat.max())
    meridians = np.arange(np.ceil(low_lon / _GRID_DEG), np.floor(high_lon / _GRID_DEG) + 1)
    parallels = np.arange(np.ceil(low_lat / _GRID_DEG), np.floor(high_lat / _GRID_DEG) + 1)
    along_lat = np.append(np.arange(low_lat, high_lat, _FINE_DEG), high_lat)
    along_lon = np.append(np.arange(low_lon, high_lon, _FINE_DEG), high_lon)
    lines = [(_name(lon, "E", "W"), np.column_stack([np.full_like(along_lat, lon), along_lat]))
             for lon in meridians * _GRID_DEG if len(along_lat) > 1]
    lines += [(_name(lat, "N", "S"), np.column_stack([along_lon, np.full_like(along_lon, lat)]))
              for lat in parallels * _GRID_DEG if len(along_lon) > 1]
    lines = lines[:_MAX_LINES]
    if not lines:
        return []
    shapes = shapely.linestrings(
        np.concatenate([points for _, points in lines]),
        indices=np.repeat(np.arange(len(lines)), [len(points) for _, points in lines]))
    metric = gpd.GeoSeries(shapes, crs=WGS84).to_crs(crs_metric)
    drawn = []
    for (label, _), line in zip(lines, metric, strict=True):
        at = shapely.get_coordinates(line) / 1000.0 / domain.cell_km
        spots = np.column_stack([at[:, 0] - west, north + 1 - at[:, 1]]).round(1)
        drawn.append({"label": label, "points": spots.tolist()})
    return drawn


def _name(degrees: float, above: str, below: str) -> str:
    return f"{abs(degrees):g}° {above if degrees > 0 else below if degrees < 0 else ''}".strip()
