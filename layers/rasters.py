"""Hazard rasters: read into memory, upright and in EPSG:4326; relief between their pixels."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
from affine import Affine
from rasterio.enums import Resampling
from rasterio.vrt import WarpedVRT
from rasterio.windows import Window

from layers.crs import WGS84
from layers.errors import Fault, LayerError
from layers.layer import Provenance, RasterLayer
from layers.pixels import find_pixels
from layers.raster_sampling import is_wgs84, open_raster

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import rasterio
    from numpy.typing import NDArray

    from layers.crs import FloatArray
    from layers.spec import LayerSpec

MAX_VALUES = 250_000_000
_MARGIN_PX = 2


def read_raster(
    path: Path,
    spec: LayerSpec,
    *,
    provenance: Provenance,
    area: tuple[float, float, float, float] | None = None,
) -> RasterLayer:
    """Read a hazard raster as float32 in EPSG:4326, with NaN for no data.

    A raster in another CRS, rotated or south up is warped on reading: whole numbers by the
    nearest pixel, since they may be classes; other values bilinearly.

    Parameters
    ----------
    path : Path
    spec : LayerSpec
    provenance : Provenance
    area : tuple of float, optional
        West, south, east, north in degrees: only these pixels and two more on every side are
        read.

    Raises
    ------
    LayerError
        If the file is missing, not a raster, does not say where it lies, has another number of
        bands than its spec says, lies outside the area, is too large to be held, or holds
        values out of the spec's range.
    ValueError
        If ``area`` is no box.
    """
    if area is not None and not (area[0] < area[2] and area[1] < area[3]):
        raise ValueError(f"area: expected west, south, east, north, got {area}")
    try:
        with open_raster(path) as source:
            if source.count != spec.bands:
                raise _refuse(spec, path, f"{source.count} bands instead of {spec.bands}",
                              "give one band a month" if spec.bands > 1 else "give a single band")
            with _lay_north_up(source) as upright:
                window = _choose_window(upright, area, (spec, path))
                values = _read_window(upright, window)
                turn = upright.transform
    except (OSError, ValueError) as error:
        reason, _, advice = str(error).removeprefix(f"{path.name}: ").partition("; ")
        raise _refuse(spec, path, reason, advice or "check `path` in study.toml") from error
    _check_range(values, spec, path)
    west, north = turn.c + turn.a * window.col_off, turn.f + turn.e * window.row_off
    transform = Affine(turn.a, 0.0, west, 0.0, turn.e, north)
    return RasterLayer(spec, values, transform, provenance)


@contextmanager
def _lay_north_up(source: rasterio.DatasetReader) -> Iterator[rasterio.DatasetReader]:
    """The raster itself, or a view of it in EPSG:4326, north up."""
    turn = source.transform
    if is_wgs84(source) and not (turn.b or turn.d) and turn.a > 0 > turn.e:
        yield source
        return
    whole = all(np.issubdtype(np.dtype(name), np.integer) for name in source.dtypes)
    hole = source.nodata
    if hole is None and not whole:
        hole = np.nan
    options = {"crs": WGS84, "dtype": "float32", "nodata": np.nan, "src_nodata": hole}
    method = Resampling.nearest if whole else Resampling.bilinear
    with WarpedVRT(source, resampling=method, **options) as view:
        yield view


def _choose_window(
    source: rasterio.DatasetReader,
    area: tuple[float, float, float, float] | None,
    where: tuple[LayerSpec, Path],
) -> Window:
    """Pixels to read: those of the area and a margin, or all."""
    low, high = np.zeros(2), np.array([source.width, source.height], np.float64)
    if area is not None:
        column, row = find_pixels(source.transform, np.array([area[0], area[2]]),
                                  np.array([area[3], area[1]]))
        corners = np.column_stack([column, row])
        low = np.maximum(np.floor(corners[0]) - _MARGIN_PX, low)
        high = np.minimum(np.ceil(corners[1]) + _MARGIN_PX, high)
        if not (low < high).all():
            raise _refuse(*where, "the raster does not touch the study area",
                          "check its CRS and its position")
    size = high - low
    if source.count * size.prod() > MAX_VALUES:
        raise _refuse(*where, f"{source.count * size.prod():.3g} values are more than the "
                      f"{MAX_VALUES:.3g} that can be held",
                      "cut the raster to the study area or make its pixels larger")
    return Window(*(int(value) for value in (*low, *size)))


def _read_window(source: rasterio.DatasetReader, window: Window) -> NDArray[np.float32]:
    """All bands of a window, one after another: a second copy of one band at most."""
    values = np.empty((source.count, window.height, window.width), np.float32)
    for band, target in enumerate(values, start=1):
        block = source.read(band, window=window, masked=True, out_dtype="float32")
        target[:] = block.filled(np.nan)
        target[~np.isfinite(target)] = np.nan
    return values


def _check_range(values: NDArray[np.float32], spec: LayerSpec, path: Path) -> None:
    if spec.range is None or not np.isfinite(values).any():
        return
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    if low < spec.range[0] or high > spec.range[1]:
        limits = f"{spec.range[0]:g} to {spec.range[1]:g} {spec.unit}"
        reason = f"values from {low:g} to {high:g} leave the range {limits}"
        raise _refuse(spec, path, reason, "check the unit and the no-data value")


def _refuse(spec: LayerSpec, path: Path, reason: str, advice: str) -> LayerError:
    return LayerError([Fault(spec.name, path.name, None, "", "", "", reason, advice)])


def interpolate_relief(raster: RasterLayer, lon: FloatArray, lat: FloatArray) -> FloatArray:
    """Elevation at each position, bilinear between pixel centres, m; the sea counts as level 0.

    Read pixel by pixel, a coarse raster turns a gentle rise into cliffs at pixel edges.

    Returns
    -------
    array of shape (n,)
        NaN outside the raster and where one of the four pixels around has no data.

    Examples
    --------
    >>> from affine import Affine
    >>> from layers.catalog import find_spec
    >>> import numpy as np
    >>> values = np.array([[[0.0, 100.0], [0.0, 100.0]]], dtype=np.float32)
    >>> raster = RasterLayer(find_spec("hazard_relief"), values, Affine(1, 0, 0, 0, -1, 2),
    ...                      Provenance((), "", False, "public"))
    >>> interpolate_relief(raster, np.array([0.5, 0.75, 1.5, 3.0]), np.full(4, 1.0)).tolist()
    [0.0, 25.0, 100.0, nan]
    """
    columns, rows = find_pixels(raster.transform, np.asarray(lon), np.asarray(lat))
    height, width = raster.values.shape[1:]
    inside = (rows >= 0) & (rows <= height) & (columns >= 0) & (columns <= width)
    row = np.clip(np.where(inside, rows, 0.0) - 0.5, 0, height - 1)
    column = np.clip(np.where(inside, columns, 0.0) - 0.5, 0, width - 1)
    top, left = np.floor(row).astype(int), np.floor(column).astype(int)
    low, right = np.minimum(top + 1, height - 1), np.minimum(left + 1, width - 1)
    down, across = row - top, column - left
    one, two, three, four = (
        np.maximum(raster.values[0][y, x].astype(np.float64), 0.0)
        for y, x in ((top, left), (top, right), (low, left), (low, right))
    )
    upper, lower = _mix(one, two, across), _mix(three, four, across)
    return np.where(inside, _mix(upper, lower, down), np.nan)


def _mix(
    one: NDArray[np.float64], two: NDArray[np.float64], share: NDArray[np.float64]
) -> NDArray[np.float64]:
    return np.asarray(one * (1 - share) + two * share)
