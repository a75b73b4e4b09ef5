"""Source files to raw frames: one row a record, values as they stand in the file."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio

from layers.adapters import find_adapter
from layers.crs import WGS84
from layers.errors import Fault, LayerError

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
