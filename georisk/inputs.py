"""Input layers of a study: files to validated layers, with what was set aside."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from georisk.corridors import find_leg_faults
from georisk.made import Made
from layers.catalog import load_catalog
from layers.errors import Fault, LayerError
from layers.intake import Intake, Limits, take_in
from layers.layer import Layer, Provenance, hash_file, hash_text
from layers.rasters import read_raster
from layers.reading import read_haul
from layers.register.identity import fill_ids
from layers.sources import Wanted
from layers.spec import read_spec, refuse_openings, tighten_spec

if TYPE_CHECKING:
    from pathlib import Path

    from shapely import MultiPolygon, Polygon

    from georisk.config import LayerConfig
    from layers.spec import LayerSpec


def read_own_spec(home: Path, name: str, entry: LayerConfig) -> LayerSpec:
    """Read a study's own description: of a layer of its own, or tightening a built-in one."""
    own = read_spec(home / entry.spec).model_copy(update={"name": name})
    if name in load_catalog():
        return tighten_spec(load_catalog()[name], own)
    own = refuse_openings(own, entry.spec)
    return own.model_copy(update={"role": entry.role or own.role})


def read_input(
    spec: LayerSpec, entry: LayerConfig, files: tuple[Path, ...], *, limits: Limits,
    segment_km: float, area: Polygon | MultiPolygon | None = None,
) -> tuple[Made, Intake | None]:
    """Read one input layer; of an OpenStreetMap extract, only what touches ``area``.

    Returns
    -------
    made : Made
    intake : Intake or None
        None for a raster.

    Raises
    ------
    LayerError
        If the layer cannot be used, with every fault.
    """
    if not files:
        reason = f"no file matches {', '.join(entry.path) or 'an empty path'}"
        raise LayerError([Fault(spec.name, "", None, "", "", "", reason, "check `path`")])
    started = time.perf_counter()
    cut = () if area is None else (area.wkt,)
    sha256 = hash_text(spec.model_dump_json(), *(hash_file(path) for path in files), *cut)
    names = tuple(path.name for path in files)
    base = Provenance(names, sha256, synthetic=False, inputs_level=spec.effective_level)
    if spec.kind == "raster":
        raster = read_raster(files[0], spec, provenance=base, area=limits.area)
        return Made(raster, sha256, base, seconds=time.perf_counter() - started), None
    raw = _read_files(spec, entry, files, area)
    intake = take_in(raw, spec, source=", ".join(names), limits=limits)
    if spec.role == "route":
        faults = find_leg_faults(intake.accepted, segment_km=segment_km)
        if faults:
            raise LayerError(faults)
    frame = intake.accepted
    synthetic = "synthetic" in frame and bool(frame["synthetic"].fillna(value=False).any())
    layer = Layer(spec, frame, replace(base, synthetic=synthetic))
    made = Made(layer, sha256, layer.provenance, _tell_quarantine(intake),
                time.perf_counter() - started)
    return made, intake


def _read_files(
    spec: LayerSpec, entry: LayerConfig, files: tuple[Path, ...],
    area: Polygon | MultiPolygon | None,
) -> pd.DataFrame:
    wanted = Wanted(spec, entry.columns, entry.sheet, area=area)
    frames = [read_haul(path, wanted, adapter=entry.adapter).frame for path in files]
    raw = pd.concat(frames, ignore_index=True)
    if not entry.adapter:
        return raw
    return fill_ids(raw, spec, known=pd.DataFrame(), owner="")


def _tell_quarantine(intake: Intake) -> tuple[str, ...]:
    if not intake.quarantined:
        return ()
    return (f"{intake.spec.name}: {intake.quarantined} of {intake.read} rows quarantined",)
