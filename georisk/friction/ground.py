"""The ground around a position: rasters and lines cut into a small grid, in km."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import shapely

from georisk.friction.crossings import mark_crossings
from georisk.friction.grid import Grid
from georisk.friction.readings import read_cover, read_relief

if TYPE_CHECKING:
    import geopandas as gpd

    from georisk.friction.rules import Friction
    from layers.crs import FloatArray
    from layers.layer import RasterLayer

_EQUATOR_KM, _SQUARED_ECCENTRICITY = 6378.137, 0.00669437999014
_KM_PER_DEGREE = 111.32
_MARGIN = 1.25  # a way round an obstacle may leave the circle of reach by this much


@dataclass(frozen=True, eq=False)
class Ground:
    """What lies underfoot and in the way.

    Attributes
    ----------
    relief, cover : RasterLayer or None
        Elevation in m, and IGBP classes.
    pieces : array of shape (n, 4)
        Straight pieces of rivers and barriers: lon, lat, lon, lat, EPSG:4326.
    crossing_h : array of shape (n,)
        Hours to cross each; infinite cannot be crossed.
    """

    relief: RasterLayer | None
    cover: RasterLayer | None
    pieces: FloatArray
    crossing_h: FloatArray

    @cached_property
    def tree(self) -> shapely.STRtree:
        """Finds pieces by where they lie."""
        return shapely.STRtree(shapely.linestrings(self.pieces.reshape(-1, 2, 2)))


@dataclass(frozen=True, eq=False)
class Window:
    """A square of ground around a position that stands at its centre.

    Attributes
    ----------
    grid : Grid
    cell_km : float
    origin : tuple of float
        Longitude and latitude of the centre, EPSG:4326.
    km_per_degree : tuple of float
        Of longitude and latitude there.
    pieces : array of shape (n, 4)
        Rivers and barriers: row, column, row, column, in cells.
    crossing_h : array of shape (n,)
    """

    grid: Grid
    cell_km: float
    origin: tuple[float, float]
    km_per_degree: tuple[float, float]
    pieces: FloatArray
    crossing_h: FloatArray

    def locate(self, lonlat: FloatArray) -> FloatArray:
        """Row and column of positions, in cells from the centre of the first cell."""
        half = self.grid.shape[0] // 2
        east = (lonlat[:, 0] - self.origin[0]) * self.km_per_degree[0] / self.cell_km
        north = (lonlat[:, 1] - self.origin[1]) * self.km_per_degree[1] / self.cell_km
        return np.column_stack([half - north, half + east])


def gather_ground(
    relief: RasterLayer | None,
    cover: RasterLayer | None,
    rivers: gpd.GeoDataFrame | None,
    barriers: gpd.GeoDataFrame | None,
    *,
    river_h: float,
) -> Ground | None:
    """Gather what a friction surface is made of; None without relief and land cover."""
    if relief is None and cover is None:
        return None
    parts = [_cut_lines(rivers, river_h), _cut_lines(barriers, np.inf)]
    return Ground(relief, cover, np.vstack([one for one, _ in parts]),
                  np.concatenate([two for _, two in parts]))


def _cut_lines(
    frame: gpd.GeoDataFrame | None, usual_h: float
) -> tuple[FloatArray, FloatArray]:
    if frame is None or not len(frame):
        return np.empty((0, 4)), np.empty(0)
    hours = np.full(len(frame), usual_h)
    if "crossing_h" in frame:
        hours = frame["crossing_h"].fillna(usual_h).to_numpy(float)
    shapes = frame.geometry.to_numpy()
    area = shapely.get_dimensions(shapes) == 2  # noqa: PLR2004 - an area is crossed at its edge
    shapes = np.where(area, shapely.boundary(shapes), shapes)
    lines, owner = shapely.get_parts(shapes, return_index=True)
    xy, line = shapely.get_coordinates(lines, return_index=True)
    inside = line[1:] == line[:-1]
    pieces = np.hstack([xy[:-1], xy[1:]])[inside]
    return pieces, hours[owner[line[1:][inside]]]


def choose_cell_km(ground: Ground, rules: Friction) -> float:
    """Width of a cell: that of the finest raster, but neither coarse nor endlessly fine."""
    own = [abs(raster.transform.e) * _KM_PER_DEGREE
           for raster in (ground.relief, ground.cover) if raster is not None]
    return float(np.clip(min(own), rules.finest_km, rules.cell_km))


def measure_degree_km(lat: float) -> tuple[float, float]:
    """Length of a degree of longitude and of latitude, km, on the ellipsoid of WGS 84.

    Examples
    --------
    >>> [round(km, 2) for km in measure_degree_km(0.0)]
    [111.32, 110.57]
    """
    sine = np.sin(np.radians(lat)) ** 2
    bend = 1.0 - _SQUARED_ECCENTRICITY * sine
    east = _EQUATOR_KM / np.sqrt(bend) * np.cos(np.radians(lat))
    north = _EQUATOR_KM * (1.0 - _SQUARED_ECCENTRICITY) / bend**1.5
    return float(np.radians(1.0) * east), float(np.radians(1.0) * north)


def cut_window(
    ground: Ground, origin: tuple[float, float], rules: Friction, *, reach_km: float,
    water: float = np.inf,
) -> Window:
    """Lay a grid around a position, far enough for ways round obstacles.

    Parameters
    ----------
    ground : Ground
    origin : tuple of float
        Longitude and latitude, EPSG:4326.
    rules : Friction
    reach_km : float
        How far what will be asked for may lie.
    water : float
        Energy cost of water; infinite is not walked.
    """
    cell_km = choose_cell_km(ground, rules)
    half = int(np.ceil(_MARGIN * reach_km / cell_km)) + 1
    east, north = measure_degree_km(origin[1])
    offset = np.arange(-half, half + 1, dtype=np.float64) * cell_km
    lon: FloatArray = origin[0] + offset / east
    lat: FloatArray = origin[1] - offset / north
    shape = (len(lat), len(lon))
    height = np.full(shape, np.nan)
    if ground.relief is not None:
        height = read_relief(ground.relief, lon, lat)
    factor = np.ones(shape)
    if ground.cover is not None:
        factor = rules.look_up(read_cover(ground.cover, lon, lat), water=water)
    near = _find_pieces(ground, lon, lat)
    window = Window(Grid(factor / rules.off_path_factor, height, np.empty((0, *shape)),
                         (cell_km, cell_km)),
                    cell_km, origin, (east, north), np.empty((0, 4)), ground.crossing_h[near])
    pieces = np.hstack([window.locate(ground.pieces[near, :2]),
                        window.locate(ground.pieces[near, 2:])])
    grid = Grid(window.grid.slowness, height, mark_crossings(shape, pieces, window.crossing_h),
                window.grid.cell_km)
    return Window(grid, cell_km, origin, (east, north), pieces, window.crossing_h)


def _find_pieces(ground: Ground, lon: FloatArray, lat: FloatArray) -> FloatArray:
    """Rows of the pieces that may lie in a window."""
    if not len(ground.pieces):
        return np.empty(0, np.int64)
    box = shapely.box(lon.min(), lat.min(), lon.max(), lat.max())
    return np.sort(ground.tree.query(box))
