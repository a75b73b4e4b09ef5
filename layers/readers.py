"""Source files to raw frames: one row a record, values as they stand in the file."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import rasterio

from layers.adapters import find_adapter
from layers.crs import WGS84
from layers.errors import Fault, LayerError
from layers.layer import Provenance, RasterLayer

if TYPE_CHECKING:
    from pathlib import Path

    from layers.spec import LayerSpec

Reader = Callable[["Path"], pd.DataFrame]
_VECTOR_SUFFIXES = frozenset({".geojson", ".json", ".gpkg", ".fgb", ".shp"})


def read_rows(path: Path, spec: LayerSpec, *, adapter: str = "") -> pd.DataFrame:
    """Read a vector or table source.

    Parameters
    ----------
    path : Path
        CSV, GeoJSON, GeoPackage, FlatGeobuf, Shapefile or GeoParquet; or whatever the
        adapter reads.
    adapter : str
        Name of an adapter in `layers.adapters`; empty reads the file as it is.

    Returns
    -------
    DataFrame or GeoDataFrame
        With columns ``_source`` (file name) and ``_record`` (from 1).

    Raises
    ------
    LayerError
        If the file is missing, unreadable or of an unknown kind.
    """
    if not path.is_file():
        raise _unusable(spec, path, "file not found", "check `path` in study.toml")
    try:
        frame = find_adapter(adapter)(path) if adapter else _pick_reader(path, spec)(path)
    except LayerError:
        raise
    except (OSError, ValueError, UnicodeDecodeError, pyogrio.errors.DataSourceError) as error:
        detail = str(error).splitlines()[0][:200] if str(error) else "damaged"
        advice = "open it in its own program and save it again"
        raise _unusable(spec, path, f"cannot be read: {detail}", advice) from error
    if "_record" not in frame:
        frame = frame.assign(_record=np.arange(1, len(frame) + 1))
    return frame.assign(_source=path.name)


def _pick_reader(path: Path, spec: LayerSpec) -> Reader:
    suffix = path.suffix.lower()
    if suffix == ".csv":
        return _read_csv
    if suffix == ".parquet":
        reader: Reader = gpd.read_parquet if spec.kind == "vector" else pd.read_parquet
        return reader
    if suffix in _VECTOR_SUFFIXES:
        return _read_vector
    raise _unusable(spec, path, f"files ending in {suffix or 'nothing'} are not read",
                    "give CSV, GeoJSON, GeoPackage, FlatGeobuf, Shapefile or GeoParquet")


def _read_csv(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype="str", keep_default_na=False, encoding="utf-8-sig",
                       skipinitialspace=True)


def _read_vector(path: Path) -> pd.DataFrame:
    frame = pyogrio.read_dataframe(path, use_arrow=True)
    if not isinstance(frame, gpd.GeoDataFrame):
        return frame
    return frame if frame.crs is not None or path.suffix != ".geojson" else frame.set_crs(WGS84)


def _unusable(spec: LayerSpec, path: Path, reason: str, advice: str) -> LayerError:
    return LayerError([Fault(spec.name, path.name, None, "", "", "", reason, advice)])


def read_raster(path: Path, spec: LayerSpec, *, provenance: Provenance) -> RasterLayer:
    """Read a hazard raster whole, as float32 with NaN for no data.

    Raises
    ------
    LayerError
        If the file is missing, not a raster, not in EPSG:4326, rotated, has another number of
        bands than its spec says, or holds values out of the spec's range.
    """
    if not path.is_file():
        raise _unusable(spec, path, "file not found", "check `path` in study.toml")
    try:
        with rasterio.open(path) as source:
            faults = _check_raster(source, spec)
            values = source.read(out_dtype="float32", masked=True).filled(np.nan)
            transform = source.transform
    except rasterio.errors.RasterioIOError as error:
        raise _unusable(spec, path, "not a raster that GDAL can read", "export it again as GeoTIFF"
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


def sample_raster(raster: RasterLayer, lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    """Nearest value at each position.

    Parameters
    ----------
    lon, lat : array of shape (n,)
        Degrees.

    Returns
    -------
    array of shape (bands, n)
        NaN outside the raster and where it has no data.
    """
    to_pixel = ~raster.transform
    columns = to_pixel.a * np.asarray(lon) + to_pixel.b * np.asarray(lat) + to_pixel.c
    rows = to_pixel.d * np.asarray(lon) + to_pixel.e * np.asarray(lat) + to_pixel.f
    row, column = np.floor(rows).astype(int), np.floor(columns).astype(int)
    bands, height, width = raster.values.shape
    inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
    out = np.full((bands, len(row)), np.nan, dtype=np.float64)
    out[:, inside] = raster.values[:, row[inside], column[inside]]
    return out


