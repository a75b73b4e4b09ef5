"""What rasters say at positions and along lines, read block by block.

Positions and lines are EPSG:4326; a file may be in any CRS. Nothing is read but the blocks that
are touched, so that memory does not grow with the raster.
"""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pyproj
import rasterio
import shapely
from rasterio._err import CPLE_BaseError  # GDAL's own errors have no public name
from rasterio.enums import MaskFlags
from rasterio.windows import Window

from layers.crs import WGS84
from layers.layer import RasterLayer
from layers.pixels import clip_edges, count_crossings, cross_pixels, find_pixels, mix_pixels

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from layers.crs import FloatArray
    from layers.pixels import Method

    IntArray = NDArray[np.int64]

CACHE_BYTES = 64 * 1024 * 1024
EPSG = 4326
_UNIT_SIDE = 256
_MULTI = 5
_PIXELS_AT_ONCE = 4_000_000
_CROSSINGS_AT_ONCE = 4_000_000


def sample_raster(
    raster: RasterLayer | Path,
    lon: FloatArray,
    lat: FloatArray,
    *,
    method: Method = "bilinear",
    band: int = 1,
) -> FloatArray:
    """Value of a raster at each position.

    Parameters
    ----------
    raster : RasterLayer or Path
        Of a file, only the blocks around the positions are read.
    lon, lat : array of shape (n,)
        Degrees, EPSG:4326.
    method : {"nearest", "bilinear"}
        Bilinear weighs the four pixels around; where some have no data, those that have.
        Classes need ``nearest``.
    band : int
        From 1.

    Returns
    -------
    array of shape (n,)
        NaN outside the raster, and where no pixel around has data.

    Raises
    ------
    ValueError
        If the method or the band does not exist, or a file is no raster with a CRS.
    OSError
        If a file cannot be opened.

    Examples
    --------
    >>> from affine import Affine
    >>> from layers.catalog import find_spec
    >>> from layers.layer import Provenance
    >>> values = np.array([[[0.0, 100.0, np.nan]]], dtype=np.float32)
    >>> raster = RasterLayer(find_spec("hazard_relief"), values, Affine(1, 0, 0, 0, -1, 1),
    ...                      Provenance((), "", False, "public"))
    >>> sample_raster(raster, np.array([1.25, 1.9, 2.1, 9.0]), np.full(4, 0.5)).tolist()
    [75.0, 100.0, 100.0, nan]
    """
    if method not in {"nearest", "bilinear"}:
        raise ValueError(f"method: expected nearest or bilinear, got {method!r}")
    lon, lat = np.asarray(lon, np.float64), np.asarray(lat, np.float64)
    if lon.shape != lat.shape or lon.ndim != 1:
        raise ValueError(f"lon, lat: expected two arrays of shape (n,), got {lon.shape}, "
                         f"{lat.shape}")
    if isinstance(raster, RasterLayer):
        _check_band(band, len(raster.values))
        values = raster.values[band - 1]
        place = find_pixels(raster.transform, lon, lat)
        return mix_pixels(lambda row, column: values[row, column].astype(np.float64), place,
                          values.shape, method=method)
    with open_raster(raster) as source:
        _check_band(band, source.count)
        place = find_pixels(source.transform, *_project(source, lon, lat))
        return mix_pixels(lambda row, column: _read_pixels(source, band, row, column), place,
                          source.shape, method=method)


def average_along(path: Path, lines: NDArray[np.object_], *, band: int = 1) -> FloatArray:
    """Mean of a raster along each line, each pixel by the length of line within it.

    Parameters
    ----------
    path : Path
        Raster file.
    lines : array of LineString or MultiLineString, shape (m,)
        EPSG:4326. Vertices are put into the raster's CRS and joined by straight lines there.
    band : int
        From 1.

    Returns
    -------
    array of shape (m,)
        NaN where a line is missing, has no vertex, or meets no pixel that has data. Lengths are
        counted in pixels. Pixels without data do not count.

    Raises
    ------
    ValueError
        If something is not a line, the band does not exist, or the file is no raster with a CRS.
    OSError
        If the file cannot be opened.
    """
    lines = np.asarray(lines, object)
    kinds = shapely.get_type_id(lines)
    if not np.isin(kinds, (-1, 1, 2, _MULTI)).all():
        raise ValueError("lines: expected LineStrings or MultiLineStrings only")
    with open_raster(path) as source:
        _check_band(band, source.count)
        edges, owner = _find_edges(source, lines)
        edges, kept = clip_edges(edges, source.shape)
        owner = owner[kept]
        total, weight = np.zeros(len(lines)), np.zeros(len(lines))
        for part in _split_edges(edges):
            row, column, length, edge = cross_pixels(edges[part], source.shape)
            values = _read_pixels(source, band, row, column)
            known = np.isfinite(values)
            of = owner[part][edge[known]]
            total += np.bincount(of, values[known] * length[known], minlength=len(lines))
            weight += np.bincount(of, length[known], minlength=len(lines))
    return np.asarray(np.divide(total, weight, out=np.full(len(lines), np.nan), where=weight > 0))


@contextmanager
def open_raster(path: Path) -> Iterator[rasterio.DatasetReader]:
    """Open a raster file that has a CRS and a place, with a small cache.

    Raises
    ------
    OSError
        If the file is not there.
    ValueError
        If it is no raster that GDAL can read, or says not where it lies.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path.name}: file not found")
    try:
        with warnings.catch_warnings(), rasterio.Env(GDAL_CACHEMAX=CACHE_BYTES):
            warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
            with rasterio.open(path) as source:
                if source.crs is None or source.transform.is_identity:
                    raise ValueError(f"{path.name}: the raster does not say where it lies; give "
                                     "it a CRS and a position (gdal_translate -a_srs -a_ullr)")
                if source.dtypes[0].startswith("complex"):
                    raise ValueError(f"{path.name}: complex numbers have no place on a map; "
                                     "export the real part")
                if source.transform.is_degenerate or not np.isfinite(source.transform).all():
                    raise ValueError(f"{path.name}: the pixels of the raster have no extent")
                yield source
    except (rasterio.errors.RasterioError, CPLE_BaseError, pyproj.exceptions.ProjError) as error:
        raise ValueError(f"{path.name}: not a raster that GDAL can read; export it again as "
                         "GeoTIFF") from error


def is_wgs84(source: rasterio.DatasetReader) -> bool:
    """Whether a raster is in longitude and latitude on WGS 84, under whatever name."""
    crs = pyproj.CRS.from_wkt(source.crs.to_wkt())
    return bool(crs.equals(pyproj.CRS(WGS84), ignore_axis_order=True)) or crs.to_epsg() == EPSG


def _check_band(band: int, count: int) -> None:
    if not 1 <= band <= count:
        raise ValueError(f"band: expected 1 to {count}, got {band}")


def _project(
    source: rasterio.DatasetReader, lon: FloatArray, lat: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Put positions into the CRS of a raster; what has no place there becomes inf."""
    if is_wgs84(source):
        return lon, lat
    target = pyproj.CRS.from_wkt(source.crs.to_wkt())
    x, y = pyproj.Transformer.from_crs(WGS84, target, always_xy=True).transform(lon, lat)
    return np.asarray(x, np.float64), np.asarray(y, np.float64)


def _find_edges(
    source: rasterio.DatasetReader, lines: NDArray[np.object_]
) -> tuple[FloatArray, NDArray[np.intp]]:
    """Edges of all lines in pixels, shape (k, 4), and the line of each."""
    parts, line = lines, np.arange(len(lines))
    if (shapely.get_type_id(lines) == _MULTI).any():
        parts, line = shapely.get_parts(lines, return_index=True)
    degrees, part = shapely.get_coordinates(parts, return_index=True)
    x, y = find_pixels(source.transform, *_project(source, degrees[:, 0], degrees[:, 1]))
    places = np.column_stack([x, y])
    joined = np.flatnonzero(part[1:] == part[:-1])
    return np.hstack([places[joined], places[joined + 1]]), line[part[joined]]


def _split_edges(edges: FloatArray) -> list[slice]:
    """Runs of edges that cross a bounded number of pixels."""
    nth = np.cumsum(count_crossings(edges)) // _CROSSINGS_AT_ONCE
    bounds = [0, *(np.flatnonzero(np.diff(nth)) + 1).tolist(), len(edges)]
    return [slice(low, high) for low, high in pairwise(bounds)]


def _read_pixels(
    source: rasterio.DatasetReader, band: int, row: IntArray, column: IntArray
) -> FloatArray:
    """Values of some pixels, NaN for no data; only touched blocks of the file are read, once."""
    height, width = _choose_unit(source, band)
    hole = _find_hole(source, band)
    unit = row // height * (source.width // width + 1) + column // width
    order = np.argsort(unit, kind="stable")
    if len(row) == 0:
        return np.zeros(0)
    row, column = row[order], column[order]
    first = np.flatnonzero(np.diff(unit[order], prepend=-1))
    corners = [pick.reduceat(axis, first).tolist()
               for pick in (np.minimum, np.maximum) for axis in (row, column)]
    found = np.full(len(row), np.nan)
    for low, high, top, left, down, right in zip(
            first.tolist(), [*first[1:].tolist(), len(row)], *corners, strict=True):
        window = Window(left, top, right - left + 1, down - top + 1)
        block = source.read(band, window=window, masked=hole is None)
        picked = block[row[low:high] - top, column[low:high] - left]
        found[low:high] = picked if hole is not None else picked.astype(np.float64).filled(np.nan)
    found[_hide(found, hole, np.dtype(source.dtypes[band - 1]))] = np.nan
    values = np.empty(len(row))
    values[order] = found
    return values


def _hide(values: FloatArray, hole: float | None, kind: np.dtype[np.generic]) -> NDArray[np.bool_]:
    """Where a value says no data, or is not finite."""
    hidden = ~np.isfinite(values)
    if hole is not None:
        # As GDAL does: floats are the no-data value when a few last bits away from it.
        whole = np.issubdtype(kind, np.integer)
        near = 0.0 if whole else 4 * float(np.finfo(kind.name).eps) * abs(hole)
        with np.errstate(invalid="ignore", over="ignore"):
            hidden |= np.abs(values - hole) <= near
    return np.asarray(hidden)


def _find_hole(source: rasterio.DatasetReader, band: int) -> float | None:
    """Value that says no data, NaN for none; nothing where only a mask of the file can tell.

    Reading without a mask costs half.
    """
    flags = set(source.mask_flag_enums[band - 1])
    if flags == {MaskFlags.all_valid}:
        return float("nan")
    hole, kind = source.nodatavals[band - 1], np.dtype(source.dtypes[band - 1])
    if flags != {MaskFlags.nodata} or hole is None:
        return None
    if np.issubdtype(kind, np.floating):
        with np.errstate(over="ignore"):
            hole = float(kind.type(hole))
        return hole if np.isfinite(hole) else float("nan")
    limits = np.iinfo(kind)
    exact = kind.itemsize < 8 and hole == int(hole)  # noqa: PLR2004 - bytes; a float holds fewer
    return float(hole) if exact and limits.min <= hole <= limits.max else None


def _choose_unit(source: rasterio.DatasetReader, band: int) -> tuple[int, int]:
    """Rows and columns to read at once: a block of the file, or several that are small."""
    height, width = source.block_shapes[band - 1]
    width = min(width * max(1, _UNIT_SIDE // width), _PIXELS_AT_ONCE)
    most = max(1, _PIXELS_AT_ONCE // width)
    if height >= most:
        return most, width
    return height * max(1, _UNIT_SIDE * _UNIT_SIDE // (width * height)), width
