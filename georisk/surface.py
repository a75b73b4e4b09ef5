"""The risk surface: reported incidents per 100 km2 and year on a fixed grid.

The grid's lines fall on whole degrees and their twelfths, rows run from north to south, and
values stand only on land and up to 25 km off the coast.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from affine import Affine
from rasterio.features import rasterize
from scipy.spatial import cKDTree

from layers.crs import FloatArray, measure_cell_area_km2, project_xy_m
from layers.errors import StudyError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from georisk.incidents import Area
    from layers.layer import Layer

CELLS_PER_DEGREE = 12
PER_KM2 = 100.0
COAST_KM = 25.0
EARTH_RADIUS_KM = 6371.0072
_COAST_STEP_DEG = 0.02
_EDGES = np.array([-0.5, 0.0, 0.5])


@dataclass(frozen=True)
class Grid:
    """Cells of 1/12 degree, EPSG:4326.

    Attributes
    ----------
    west, north : float
        Corner, degrees.
    width, height : int
        Columns and rows.
    """

    west: float
    north: float
    width: int
    height: int

    @property
    def step_deg(self) -> float:
        """Side of a cell, degrees."""
        return 1.0 / CELLS_PER_DEGREE

    @property
    def transform(self) -> Affine:
        """Column and row to longitude and latitude of a cell's corner."""
        return Affine(self.step_deg, 0.0, self.west, 0.0, -self.step_deg, self.north)

    @property
    def lon(self) -> FloatArray:
        """Longitude of the cell centres, one per column."""
        return self.west + (np.arange(self.width) + 0.5) / CELLS_PER_DEGREE

    @property
    def lat(self) -> FloatArray:
        """Latitude of the cell centres, one per row, from north to south."""
        return self.north - (np.arange(self.height) + 0.5) / CELLS_PER_DEGREE


@dataclass(frozen=True)
class Domain:
    """Cells of a grid that carry values, d of them, row by row from the north-west.

    Attributes
    ----------
    grid : Grid
    mask : boolean array of shape (height, width)
    xy_km : array of shape (d, 2)
        Cell centres, km in the metric CRS.
    area_km2 : array of shape (d,)
        Geodesic.
    """

    grid: Grid
    mask: NDArray[np.bool_]
    xy_km: FloatArray
    area_km2: FloatArray


def build_grid(area: Area) -> Grid:
    """Lay the grid over a study area, outwards to the next cell edge.

    Examples
    --------
    >>> grid = build_grid((-119, 6, -77, 33))
    >>> grid.width, grid.height, grid.lon[0], grid.lat[-1]
    (504, 324, np.float64(-118.95833333333333), np.float64(6.041666666666668))
    """
    # A millionth of a cell forgives twelfths that no decimal number can hold.
    west, south = (math.floor(edge * CELLS_PER_DEGREE + 1e-6) for edge in area[:2])
    east, north = (math.ceil(edge * CELLS_PER_DEGREE - 1e-6) for edge in area[2:])
    if east <= west or north <= south:
        raise StudyError(f"area: {area} is empty; give west, south, east, north in degrees")
    return Grid(west / CELLS_PER_DEGREE, north / CELLS_PER_DEGREE, east - west, north - south)


def mask_domain(
    grid: Grid, land: NDArray[np.object_], *, coast_km: float = COAST_KM
) -> NDArray[np.bool_]:
    """Mark the cells that touch land or have any part within ``coast_km`` of it.

    Parameters
    ----------
    land : array of Polygon or MultiPolygon
        EPSG:4326; they may reach beyond the grid and share borders.

    Returns
    -------
    boolean array of shape (height, width)

    Notes
    -----
    Distances are great-circle, so 25 km is 25 km at every latitude.

    Examples
    --------
    >>> grid = build_grid((0, 0, 1, 1))
    >>> int(mask_domain(grid, np.array([shapely.box(0.4, 0.4, 0.45, 0.45)]), coast_km=0.1).sum())
    4
    """
    land = np.asarray(land, object)
    shapes = [shape for shape in land if shape is not None and not shape.is_empty]
    if not shapes:
        return np.zeros((grid.height, grid.width), bool)
    size = (grid.height, grid.width)
    burnt = rasterize(shapes, out_shape=size, transform=grid.transform, all_touched=True)
    mask: NDArray[np.bool_] = burnt.astype(bool)
    coast = _trace_coast(grid, np.array(shapes, object), coast_km=coast_km)
    row, column = np.nonzero(~mask)
    if len(coast) == 0 or len(row) == 0:
        return mask
    tree = cKDTree(_to_sphere(coast[:, 0], coast[:, 1]))
    reach = 2 * math.sin(coast_km / EARTH_RADIUS_KM / 2)
    # Nine points stand for a cell: corners, middles of its sides, centre.
    for down in _EDGES:
        for right in _EDGES:
            lon = grid.lon[column] + right * grid.step_deg
            lat = grid.lat[row] - down * grid.step_deg
            apart, _ = tree.query(_to_sphere(lon, lat), distance_upper_bound=reach * (1 + 1e-9))
            mask[row, column] |= np.isfinite(apart)
    return mask


def _trace_coast(grid: Grid, land: NDArray[np.object_], *, coast_km: float) -> FloatArray:
    margin = 2 * coast_km / 111.0 / max(math.cos(math.radians(np.abs(grid.lat).max())), 0.1)
    east = grid.west + grid.width / CELLS_PER_DEGREE
    south = grid.north - grid.height / CELLS_PER_DEGREE
    near = shapely.box(grid.west - margin, south - margin, east + margin, grid.north + margin)
    lines = shapely.intersection(shapely.boundary(land), near)
    lines = lines[~shapely.is_empty(lines)]
    return np.asarray(shapely.get_coordinates(shapely.segmentize(lines, _COAST_STEP_DEG)))


def _to_sphere(lon: FloatArray, lat: FloatArray) -> FloatArray:
    theta, phi = np.radians(lon), np.radians(lat)
    return np.column_stack([
        np.cos(phi) * np.cos(theta), np.cos(phi) * np.sin(theta), np.sin(phi)
    ])


def place_domain(grid: Grid, mask: NDArray[np.bool_], *, crs_metric: str) -> Domain:
    """Measure the cells of a domain: centres in the metric CRS, geodesic areas.

    Raises
    ------
    StudyError
        If no cell is marked.
    """
    if not mask.any():
        raise StudyError("boundaries: no land in the study area; check `area` and the boundaries")
    row, column = np.nonzero(mask)
    xy_m = project_xy_m(grid.lon[column], grid.lat[row], crs_metric=crs_metric)
    area_km2 = measure_cell_area_km2(grid.lat, step_deg=grid.step_deg)[row]
    return Domain(grid, mask, xy_m / 1000.0, area_km2)


def find_land(boundaries: Layer | None, area: Area) -> NDArray[np.object_]:
    """Shapes of the countries of a study; without a layer of them, the whole area."""
    if boundaries is not None:
        countries = boundaries.frame[boundaries.frame["level"] == 0]
        if len(countries):
            return np.asarray(countries.geometry.to_numpy())
    return np.array([shapely.box(*area)])
