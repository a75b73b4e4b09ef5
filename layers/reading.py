"""A source file to rows of a layer: as it stands, or through the adapter that knows it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from layers.adapters import find_adapter, recognise_file
from layers.adapters.choosing import find_sheets
from layers.errors import Fault, InputError, LayerError
from layers.register.kept import is_kept, read_kept, show_rows
from layers.sources import RECORD, SOURCE, Haul, Wanted

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from layers.sources import Adapter, Grid
    from layers.spec import LayerSpec

_MOST = 200
_AXES = {"longitude": "lon", "long": "lon", "lng": "lon", "lon": "lon", "x": "lon",
         "latitude": "lat", "lat": "lat", "y": "lat"}


def read_rows(path: Path, spec: LayerSpec, *, adapter: str = "", wanted: Wanted | None = None
              ) -> pd.DataFrame:
    """Read a vector or table source of a study.

    Returns
    -------
    DataFrame or GeoDataFrame
        With columns ``_source`` (file name) and ``_record`` (from 1).

    Raises
    ------
    LayerError
        If the file is missing, unreadable or of an unknown kind.
    """
    return read_haul(path, wanted or Wanted(spec), adapter=adapter).frame


def read_haul(path: Path, wanted: Wanted, *, adapter: str = "") -> Haul:
    """Read one file for a layer.

    Parameters
    ----------
    adapter : str
        Name of an adapter, ``auto`` to recognise it by what stands in it, or empty to take the
        columns by the layer's own names.

    Raises
    ------
    LayerError
        If the file is missing, unreadable or not what the adapter reads.
    """
    spec = wanted.spec
    if not path.is_file():
        raise _refuse(spec, path, "file not found", "check the path")
    try:
        haul = _choose(path, wanted, adapter)()
    except InputError:
        raise
    except (OSError, ValueError, MemoryError) as error:
        detail = str(error).splitlines()[0][:_MOST] if str(error) else "damaged"
        advice = "open it in its own program and save it again"
        raise _refuse(spec, path, f"cannot be read: {detail}", advice) from error
    frame = haul.frame
    if RECORD not in frame:
        frame = frame.assign(**{RECORD: np.arange(1, len(frame) + 1)})
    return replace(haul, frame=frame.assign(**{SOURCE: path.name}))


def _choose(path: Path, wanted: Wanted, adapter: str) -> Callable[[], Haul]:
    if not adapter or is_kept(path):
        return lambda: Haul(_read_plain(path, wanted))
    if adapter == "auto":
        from layers.readers.samples import take_sample

        known, reason = recognise_file(take_sample(path))
        _check_layer(known, wanted)
        return lambda: _add_note(known.read(path, wanted), f"{known.name}: {reason}")
    known = find_adapter(adapter)
    _check_layer(known, wanted)
    return lambda: known.read(path, wanted)


def _check_layer(adapter: Adapter, wanted: Wanted) -> None:
    if adapter.layers and wanted.spec.name not in adapter.layers:
        raise ValueError(f"the adapter {adapter.name} fills {', '.join(adapter.layers)}, "
                         f"not {wanted.spec.name}")


def _add_note(haul: Haul, note: str) -> Haul:
    return replace(haul, notes=(note, *haul.notes))


def _refuse(spec: LayerSpec, path: Path, reason: str, advice: str) -> LayerError:
    return LayerError([Fault(spec.name, path.name, None, "", "", "", reason, advice)])


def _read_plain(path: Path, wanted: Wanted) -> pd.DataFrame:
    """Rows by the layer's own column names, whatever the format."""
    from layers.readers.formats import sniff_format
    from layers.readers.grids import read_grids
    from layers.readers.headers import find_table
    from layers.readers.vectors import read_vector

    format_ = sniff_format(path)
    if format_ == "parquet":
        return _read_parquet(path, wanted.spec)
    if format_ in {"csv", "xlsx", "xls", "ods", "text"}:
        spec = wanted.spec
        known = frozenset({spec.id, *spec.columns, "lon", "lat"})
        frame, _ = find_table(_pick_grid(read_grids(path), wanted), known=known)
        _check_axes(frame, spec)
        return frame
    return read_vector(path, sheet=wanted.sheet, id_=wanted.spec.id)


def _check_axes(frame: pd.DataFrame, spec: LayerSpec) -> None:
    """Say which columns to rename where a position goes by another name."""
    names = [str(name) for name in frame.columns]
    if spec.geometry == "none" or {"lon", "lat"} <= set(names) or "geometry" in names:
        return
    renames = [
        f"{name} to {_AXES[name.lower()]}" for name in names
        if name.lower() in _AXES and name not in {"lon", "lat", *spec.columns}
    ]
    if renames:
        raise ValueError(f"no columns lon and lat: rename {', '.join(renames)}, or read it with "
                         'adapter = "auto"')


def _pick_grid(grids: tuple[Grid, ...], wanted: Wanted) -> Grid:
    named = find_sheets(grids, wanted.sheet)
    return next((grid for grid in named if len(grid.cells)), named[0])


def _read_parquet(path: Path, spec: LayerSpec) -> pd.DataFrame:
    if is_kept(path):
        return show_rows(read_kept(path, spec))
    if spec.kind != "vector":
        return pd.read_parquet(path)
    import geopandas as gpd

    return gpd.read_parquet(path).drop(columns="bbox", errors="ignore")
