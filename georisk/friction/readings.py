"""What rasters say on a small upright grid: only the pixels under it are touched.

Longitude depends on the column alone and latitude on the row alone, so pixels and shares are
found once a row and once a column, not once a cell, and a large raster is never copied.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from layers.pixels import find_pixels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from layers.crs import FloatArray
    from layers.layer import RasterLayer

    IntArray = NDArray[np.int64]


def read_relief(raster: RasterLayer, lon: FloatArray, lat: FloatArray) -> FloatArray:
    """Elevation where each latitude meets each longitude: `layers.rasters.interpolate_relief`.

    Parameters
    ----------
    raster : RasterLayer
    lon, lat : array of shape (columns,) and of shape (rows,)
        Degrees, EPSG:4326.

    Returns
    -------
    array of shape (rows, columns)
        Metres, bilinear between pixel centres, the sea at 0; NaN outside the raster and where
        one of the four pixels around has no data.

    Examples
    --------
    >>> from affine import Affine
    >>> from layers.catalog import find_spec
    >>> from layers.layer import Provenance, RasterLayer
    >>> values = np.array([[[0.0, 100.0], [0.0, 100.0]]], dtype=np.float32)
    >>> raster = RasterLayer(find_spec("hazard_relief"), values, Affine(1, 0, 0, 0, -1, 2),
    ...                      Provenance((), "", False, "public"))
    >>> read_relief(raster, np.array([0.5, 0.75, 3.0]), np.array([1.5, 1.0])).tolist()
    [[0.0, 25.0, nan], [0.0, 25.0, nan]]
    """
    column, row = _find_axes(raster, lon, lat)
    height, width = raster.values.shape[1:]
    left, right, across = _split(column, width)
    top, low, down = _split(row, height)
    level = raster.values[0]
    ends = [_pick(level, rows, left) * (1 - across) + _pick(level, rows, right) * across
            for rows in (top, low)]
    mixed = ends[0] * (1 - down[:, None]) + ends[1] * down[:, None]
    return np.asarray(np.where(_meet(row, height, column, width), mixed, np.nan))


def read_cover(raster: RasterLayer, lon: FloatArray, lat: FloatArray) -> FloatArray:
    """Class of the pixel where each latitude meets each longitude, shape (rows, columns).

    Takes what `read_relief` takes; NaN outside the raster and where it has no data.

    Examples
    --------
    >>> from affine import Affine
    >>> from layers.catalog import find_spec
    >>> from layers.layer import Provenance, RasterLayer
    >>> values = np.array([[[10.0, 0.0]]], dtype=np.float32)
    >>> raster = RasterLayer(find_spec("hazard_landcover"), values, Affine(1, 0, 0, 0, -1, 1),
    ...                      Provenance((), "", False, "public"))
    >>> read_cover(raster, np.array([0.2, 0.9, 1.1, 2.5]), np.array([0.5])).tolist()
    [[10.0, 10.0, 0.0, nan]]
    """
    column, row = _find_axes(raster, lon, lat)
    height, width = raster.values.shape[1:]
    at = [np.clip(np.floor(np.where(_is_inside(place, size), place, 0.0)), 0, size - 1)
          .astype(np.int64) for place, size in ((row, height), (column, width))]
    values = raster.values[0][at[0][:, None], at[1]].astype(np.float64)
    return np.where(_meet(row, height, column, width), values, np.nan)


def _find_axes(
    raster: RasterLayer, lon: FloatArray, lat: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Column of each longitude and row of each latitude, as fractions; rasters are north up."""
    column, _ = find_pixels(raster.transform, lon, np.full(len(lon), lat[0]))
    _, row = find_pixels(raster.transform, np.full(len(lat), lon[0]), lat)
    return column, row


def _is_inside(place: FloatArray, size: int) -> NDArray[np.bool_]:
    return (place >= 0) & (place <= size)


def _meet(row: FloatArray, height: int, column: FloatArray, width: int) -> NDArray[np.bool_]:
    return np.asarray(_is_inside(row, height)[:, None] & _is_inside(column, width))


def _split(place: FloatArray, size: int) -> tuple[IntArray, IntArray, FloatArray]:
    """The pixels on both sides along one axis, and the share of the second."""
    centre = np.clip(np.where(_is_inside(place, size), place, 0.0) - 0.5, 0, size - 1)
    first = np.floor(centre).astype(np.int64)
    return first, np.minimum(first + 1, size - 1), centre - first


def _pick(level: NDArray[np.float32], rows: IntArray, columns: IntArray) -> FloatArray:
    return np.maximum(level[rows[:, None], columns].astype(np.float64), 0.0)
