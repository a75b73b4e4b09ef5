"""A validated layer: its description, its rows or its raster, and where they came from."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from layers.spec import LayerSpec, Level, find_highest_level
from layers.values.moments import MOMENT

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from affine import Affine
    from numpy.typing import NDArray

    from layers.spec import ColumnSpec


@dataclass(frozen=True)
class Provenance:
    """Where a layer came from.

    Attributes
    ----------
    sources : tuple of str
        File names (inputs) or layer names (results).
    sha256 : str
        Of the input bytes, or of the keys of a result's inputs.
    synthetic : bool
        True if any row behind the layer is synthetic or illustrative.
    inputs_level : Level
        The strictest level among the layers a result was computed from; an input's own level.
    """

    sources: tuple[str, ...]
    sha256: str
    synthetic: bool
    inputs_level: Level


@dataclass(frozen=True)
class Layer:
    """Rows of a vector or table layer, validated against their description.

    Attributes
    ----------
    spec : LayerSpec
    frame : pandas.DataFrame or geopandas.GeoDataFrame
        Unique, sorted string index named ``spec.id``; EPSG:4326 where there is geometry. Treat
        it as read-only: functions return new frames.
    provenance : Provenance
    """

    spec: LayerSpec
    frame: pd.DataFrame
    provenance: Provenance

    def __len__(self) -> int:
        return len(self.frame)

    def _repr_html_(self) -> str:
        """Escaped table for notebooks."""
        return str(self.frame.head(20).to_html(escape=True))


@dataclass(frozen=True, eq=False)
class RasterLayer:
    """A raster: values of shape (bands, rows, columns), north up, EPSG:4326.

    Attributes
    ----------
    values : array
        float32; NaN where there is no data.
    transform : affine.Affine
        Pixel (column, row) to longitude, latitude of its corner.
    """

    spec: LayerSpec
    values: NDArray[np.float32]
    transform: Affine
    provenance: Provenance


def strictest_level(layer: Layer | RasterLayer) -> Level:
    """Level of a layer at its strictest: the layer, its geometry and its columns' levels.

    A result computed from a layer may reveal any of it, so it starts from here.
    """
    spec = layer.spec
    levels: list[Level] = [spec.effective_level]
    if spec.geometry != "none":
        levels.append(spec.effective_geometry_level)
    levels += [column.effective_level for column in _used_columns(spec)]
    return find_highest_level(levels)


def _used_columns(spec: LayerSpec) -> list[ColumnSpec]:
    """Columns a computation can read: free text is stripped on intake, so it reveals nothing."""
    return [column for column in spec.columns.values() if not column.hidden_value]


def index_frame(frame: pd.DataFrame, spec: LayerSpec) -> pd.DataFrame:
    """Put the id into the index, sort by it and order the columns as the spec does.

    Columns the spec does not know are dropped; absent optional ones are added empty.
    """
    if frame.index.name != spec.id:
        frame = frame.set_index(spec.id)
    frame = frame.sort_index(kind="stable")
    frame.index = frame.index.astype("str")
    frame.index.name = spec.id
    for name, column in spec.columns.items():
        if name not in frame:
            empty = empty_column(column, len(frame)).set_axis(frame.index)
            frame = frame.assign(**{name: empty})
    names = list(spec.columns)
    return frame[[*names, "geometry"]] if spec.geometry != "none" else frame[names]


def empty_column(column: ColumnSpec, length: int) -> pd.Series:
    """A column of nothing, with the dtype the spec says."""
    dtypes = {
        "string": "str", "text": "str", "month": "str", "integer": "Int64",
        "number": "float64", "boolean": "boolean", "date": "datetime64[s]", "datetime": MOMENT,
        "list": "object",
    }
    dtype = dtypes[column.dtype]
    if dtype == "object":
        return pd.Series([() for _ in range(length)], dtype=object)
    return pd.Series(None, index=range(length), dtype=dtype)


def hash_file(path: Path) -> str:
    """sha256 of a file's bytes, read in pieces; of a file that is not there, of nothing."""
    digest = hashlib.sha256()
    if path.is_file():
        with path.open("rb") as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
    return digest.hexdigest()


def hash_text(*parts: str) -> str:
    """sha256 over some texts, order and boundaries included.

    Examples
    --------
    >>> hash_text("a", "bc") == hash_text("ab", "c")
    False
    """
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode()
        digest.update(len(data).to_bytes(8, "little"))
        digest.update(data)
    return digest.hexdigest()
