"""The 1/12 degree grid of the risk surface as a support."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from georisk.fitting.grids import GridSupport

if TYPE_CHECKING:
    from georisk.surface import Domain
    from layers.crs import FloatArray


def cover_grid(domain: Domain, *, crs_metric: str) -> GridSupport:
    """Make a support of the marked cells of a grid in degrees, in the order of the domain.

    Examples
    --------
    >>> from georisk.surface import build_grid, place_domain
    >>> laea = "+proj=laea +lat_0=19 +lon_0=-97 +datum=WGS84 +units=m +no_defs"
    >>> grid = build_grid((-97, 19, -96.75, 19.25))
    >>> domain = place_domain(grid, np.ones((3, 3), bool), crs_metric=laea)
    >>> support = cover_grid(domain, crs_metric=laea)
    >>> support.find_nearest(domain.xy_km).tolist()
    [0, 1, 2, 3, 4, 5, 6, 7, 8]
    """
    grid = domain.grid
    row, column = np.nonzero(domain.mask)
    south = grid.north - grid.height * grid.step_deg
    return GridSupport(
        edges_x=grid.west + np.arange(grid.width + 1, dtype=float) * grid.step_deg,
        edges_y=south + np.arange(grid.height + 1, dtype=float) * grid.step_deg,
        column=column.astype(np.intp), row=(grid.height - 1 - row).astype(np.intp),
        xy_km=domain.xy_km, size=domain.area_km2, crs_metric=crs_metric,
    )


def fill_grid(domain: Domain, values: FloatArray) -> np.ndarray:
    """Put values of the marked cells back on the grid; float32, NaN elsewhere."""
    filled = np.full(domain.mask.shape, np.nan, np.float32)
    filled[domain.mask] = values
    return filled
