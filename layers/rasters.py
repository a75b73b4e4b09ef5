"""Hazard rasters: read whole, interpolated at positions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import rasterio

from layers.errors import Fault, LayerError
from layers.layer import Provenance, RasterLayer

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from layers.crs import FloatArray
    from layers.spec import LayerSpec


def read_raster(path: Path, spec: LayerSpec, *, provenance: Provenance) -> RasterLayer:
    """Read a hazard raster whole, as float32 with NaN for no data.

    Raises
    ------
    LayerError
        If the file is missing, not a raster, not in EPSG:4326, rotated, has another number of
        bands than its spec says, or holds values out of the spec's range.
    """
    if not path.is_file():
        raise _refuse(spec, path, "file not found", "check `path` in study.toml")
    try:
        with rasterio.open(path) as source:
            faults = _check_raster(source, spec)
            values = source.read(out_dtype="float32", masked=True).filled(np.nan)
            transform = source.transform
    except rasterio.errors.RasterioIOError as error:
        raise _refuse(spec, path, "not a raster that GDAL can read", "export it again as GeoTIFF"
                        ) from error
    if spec.range is not None and np.isfinite(values).any():
        low, high = float(np.nanmin(values)), float(np.nanmax(values))
        if low < spec.range[0] or high > spec.range[1]:
            limits = f"{spec.range[0]:g} to {spec.range[1]:g} {spec.unit}"
            reason = f"values from {low:g} to {high:g} leave the range {limits}"
            faults.append((reason, "check the unit and the no-data value"))
    if faults:
        where = (spec.name, path.name, None, "", "", "")
        raise LayerError([Fault(*where, *fault) for fault in faults])
    return RasterLayer(spec, values, transform, provenance)


def _check_raster(source: rasterio.DatasetReader, spec: LayerSpec) -> list[tuple[str, str]]:
    faults = []
    if source.crs is None or source.crs.to_epsg() != 4326:  # noqa: PLR2004 - the CRS of all layers
        advice = "reproject it (gdalwarp -t_srs EPSG:4326)"
        faults.append(("the raster is not in EPSG:4326", advice))
    if source.count != spec.bands:
        faults.append((f"{source.count} bands instead of {spec.bands}", "give one band a month"
                       if spec.bands > 1 else "give a single band"))
    if source.transform.b or source.transform.d or source.transform.e >= 0:
        faults.append(("the raster is rotated or not north up", "warp it to a plain grid"))
    return faults


def _refuse(spec: LayerSpec, path: Path, reason: str, advice: str) -> LayerError:
    return LayerError([Fault(spec.name, path.name, None, "", "", "", reason, advice)])


def _find_pixels(
    raster: RasterLayer, lon: FloatArray, lat: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Row and column of positions, as fractions; a pixel's centre is at a half."""
    to_pixel = ~raster.transform
    column = to_pixel.a * np.asarray(lon) + to_pixel.b * np.asarray(lat) + to_pixel.c
    row = to_pixel.d * np.asarray(lon) + to_pixel.e * np.asarray(lat) + to_pixel.f
    return np.asarray(row, float), np.asarray(column, float)


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
    rows, columns = _find_pixels(raster, lon, lat)
    height, width = raster.values.shape[1:]
    inside = (rows >= 0) & (rows <= height) & (columns >= 0) & (columns <= width)
    row = np.clip(np.where(inside, rows, 0.0) - 0.5, 0, height - 1)
    column = np.clip(np.where(inside, columns, 0.0) - 0.5, 0, width - 1)
    top, left = np.floor(row).astype(int), np.floor(column).astype(int)
    low, right = np.minimum(top + 1, height - 1), np.minimum(left + 1, width - 1)
    down, across = row - top, column - left
    level = np.maximum(raster.values[0].astype(np.float64), 0.0)
    upper = _mix(level[top, left], level[top, right], across)
    lower = _mix(level[low, left], level[low, right], across)
    return np.where(inside, _mix(upper, lower, down), np.nan)


def _mix(
    one: NDArray[np.float64], two: NDArray[np.float64], share: NDArray[np.float64]
) -> NDArray[np.float64]:
    return np.asarray(one * (1 - share) + two * share)
