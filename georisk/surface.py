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

from georisk.incidents import Area, Points, pair_within
from georisk.intensity import Kernel, weigh_distance
from layers.crs import FloatArray, measure_cell_area_km2, project_xy_m
from layers.errors import StudyError

if TYPE_CHECKING:
    from numpy.typing import NDArray

CELLS_PER_DEGREE = 12
PER_KM2 = 100.0
COAST_KM = 25.0
EARTH_RADIUS_KM = 6371.0072
_CHUNK = 128
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


@dataclass(frozen=True)
class Surface:
    """Intensity on a grid.

    Attributes
    ----------
    values : array of shape (height, width)
        float32, incidents per 100 km2 and year; NaN outside the domain.
    moved : int
        Incidents whose kernel meets no cell of the domain, put on the nearest one.
    """

    values: NDArray[np.float32]
    moved: int


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


def estimate_surface(
    domain: Domain,
    points: Points,
    kernel: Kernel,
    *,
    width_km: FloatArray,
    window_years: float,
) -> Surface:
    """Spread every incident over the cells around it.

    ``100 / W * [(1 - e) sum w_i K_i(x) + e sum w_i / D]``: each K_i has unit mass over the
    cells of the domain, D is their area, e the floor share.

    Parameters
    ----------
    width_km : array of shape (n,)
        From `georisk.intensity.measure_bandwidths`.
    window_years : float
        W.

    Raises
    ------
    StudyError
        If there is no incident.

    References
    ----------
    Diggle (1985), A kernel method for smoothing point process data. Jones (1993), Simple
    boundary correction for kernel density estimation.

    Examples
    --------
    Half of one incident in a year over 10 km2, half spread evenly: 10 per 100 km2.

    >>> cell = Domain(Grid(0, 1, 1, 1), np.ones((1, 1), bool), np.zeros((1, 2)), np.array([10.0]))
    >>> one = Points(np.zeros((1, 2)), np.ones(1), np.zeros(1), np.ones(1))
    >>> surface = estimate_surface(cell, one, Kernel(floor_share=0.5), width_km=np.array([5.0]),
    ...                            window_years=1.0)
    >>> surface.values.tolist(), surface.moved
    ([[10.0]], 0)
    """
    if len(points) == 0:
        raise StudyError("incidents: none is located in the study area: no surface can be made")
    density, moved = _sum_kernels(domain, points, width_km=width_km, cut_sigmas=kernel.cut_sigmas)
    floor = points.weight.sum() / domain.area_km2.sum()
    density = (1 - kernel.floor_share) * density + kernel.floor_share * floor
    values = np.full(domain.mask.shape, np.nan, np.float32)
    values[domain.mask] = PER_KM2 / window_years * density
    return Surface(values, moved)


def _sum_kernels(
    domain: Domain, points: Points, *, width_km: FloatArray, cut_sigmas: float
) -> tuple[FloatArray, int]:
    """Weighted kernels per km2 on the domain's cells, and how many met no cell."""
    cells = len(domain.area_km2)
    density, moved = np.zeros(cells), 0
    nearest = cKDTree(domain.xy_km)
    for low in range(0, len(points), _CHUNK):
        part = slice(low, low + _CHUNK)
        at_km, weight = points.xy_km[part], points.weight[part]
        source, cell, distance_km = pair_within(at_km, domain.xy_km, cut_sigmas * width_km[part])
        alone = np.setdiff1d(np.arange(len(weight)), source)
        moved += len(alone)
        bump = weigh_distance(distance_km, width_km[part][source])
        if len(alone):
            source = np.append(source, alone)
            cell = np.append(cell, nearest.query(at_km[alone])[1])
            bump = np.append(bump, np.ones(len(alone)))
        mass = np.bincount(source, weights=bump * domain.area_km2[cell], minlength=len(weight))
        share = bump * (weight / mass)[source]
        density += np.bincount(cell, weights=share, minlength=cells)
    return density, moved
