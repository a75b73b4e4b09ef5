"""Source files to raw frames: one row a record, values as they stand in the file."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from functools import partial
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
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_HEAD_BYTES = 4096
_MAX_TOLD = 20
_AXES = {"longitude": "lon", "long": "lon", "lng": "lon", "lon": "lon", "x": "lon",
         "latitude": "lat", "lat": "lat", "y": "lat"}
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
        return partial(_read_csv, spec=spec)
    if suffix == ".parquet":
        reader: Reader = gpd.read_parquet if spec.kind == "vector" else pd.read_parquet
        return reader
    if suffix in _VECTOR_SUFFIXES:
        return _read_vector
    raise _unusable(spec, path, f"files ending in {suffix or 'nothing'} are not read",
                    "give CSV, GeoJSON, GeoPackage, FlatGeobuf, Shapefile or GeoParquet")


def _read_csv(path: Path, *, spec: LayerSpec) -> pd.DataFrame:
    text = _decode(path, spec)
    if not text.strip():
        raise _unusable(spec, path, "the file is empty",
                        "leave the layer out of study.toml until it has rows")
    _check_cells(text, path, spec)
    return pd.read_csv(io.StringIO(text), dtype="str", keep_default_na=False,
                       skipinitialspace=True, index_col=False)


def _decode(path: Path, spec: LayerSpec) -> str:
    data = path.read_bytes()
    if data.startswith(_UTF16_MARKS) or b"\0" in data[:_HEAD_BYTES]:
        raise _unusable(spec, path, "the file is UTF-16", "save as CSV UTF-8")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _unusable(spec, path, f"line {line} is not UTF-8", "save as CSV UTF-8") from error


def _check_cells(text: str, path: Path, spec: LayerSpec) -> None:
    """Refuse what a lenient reader would shift or guess: separators, surplus cells, axes."""
    rows = csv.reader(io.StringIO(text, newline=""), skipinitialspace=True)
    try:
        header = next((row for row in rows if row), [])
        _check_header([name.strip() for name in header], path, spec)
        surplus = [(rows.line_num, len(row)) for row in rows if len(row) > len(header)]
    except csv.Error as error:
        reason = f"line {rows.line_num} cannot be read: {error}"
        raise _unusable(spec, path, reason, "save as CSV UTF-8") from error
    if surplus:
        advice = 'put a value that holds a comma into quotes: "a, b"'
        raise LayerError([
            Fault(spec.name, path.name, None, "", "", "",
                  f"line {line} has {cells} cells, the header {len(header)}", advice)
            for line, cells in surplus[:_MAX_TOLD]
        ])


def _check_header(header: list[str], path: Path, spec: LayerSpec) -> None:
    if len(header) == 1:
        for sign, name in ((";", "';'"), ("\t", "tabs")):
            if sign in header[0]:
                raise _unusable(spec, path, f"columns are separated by {name}",
                                "save as CSV with commas (UTF-8)")
    if spec.geometry == "none" or {"lon", "lat"} <= set(header) or "geometry" in header:
        return
    renames = [
        f"{name} to {_AXES[name.lower()]}" for name in header
        if name.lower() in _AXES and name not in {"lon", "lat", *spec.columns}
    ]
    if renames:
        raise _unusable(spec, path, "no columns lon and lat", f"rename {', '.join(renames)}")


def _read_vector(path: Path) -> pd.DataFrame:
    frame = pyogrio.read_dataframe(path, use_arrow=True)
    if not isinstance(frame, gpd.GeoDataFrame):
        return frame
    return frame if frame.crs is not None or path.suffix != ".geojson" else frame.set_crs(WGS84)


def _unusable(spec: LayerSpec, path: Path, reason: str, advice: str) -> LayerError:
    return LayerError([Fault(spec.name, path.name, None, "", "", "", reason, advice)])
