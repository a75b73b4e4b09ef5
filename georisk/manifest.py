"""What a snapshot's manifest tells of the study behind it."""

from __future__ import annotations

import importlib.metadata
from math import isnan
from typing import TYPE_CHECKING, Any

from georisk import __version__
from georisk.register.keeping import tell_imports
from layers.layer import Layer, hash_file

if TYPE_CHECKING:
    from collections.abc import Collection

    from georisk.study import Study

_LIBRARIES = ("geopandas", "h3", "highspy", "numba", "numpy", "pandas", "pyarrow", "rasterio",
              "scikit-learn", "scipy", "shapely")
_SHARE_DIGITS = 6


def tell_study(study: Study, inputs: Collection[str]) -> dict[str, Any]:
    """Everything of a manifest that follows from the study alone.

    Parameters
    ----------
    inputs : collection of str
        Names of the input layers; every other layer with rows is a result.
    """
    names = study.names()
    return {
        "study": study.config.name,
        "version": __version__,
        "versions": {name: importlib.metadata.version(name) for name in _LIBRARIES},
        "as_of": study.as_of.isoformat(),
        "today": study.today.isoformat(),
        "seeds": {"intensity": study.parameters.value("intensity.seed")},
        "parameters_sha256": study.parameters.sha256,
        "imports": tell_imports(study),
        "results": {n: len(study.made(n).value) for n in names
                    if n not in inputs and isinstance(study.made(n).value, Layer)},
        "corridors": {n: [list(s) for s in c.steps] for n, c in study.config.corridors.items()},
        "crs_metric": study.config.crs_metric,
        "headline_direction": study.config.headline_direction,
        "amends": "",
        "amendments": [one.as_dict() for one in study.amendments.entries],
        "counted": [one.as_dict() for one in study.amendments.entries],
        "model": tell_model(study),
        "provenance": {name: _describe(study, name) for name in names},
        "synthetic": any(study.made(n).provenance.synthetic for n in names),
    }


def tell_model(study: Study) -> list[dict[str, Any]]:
    """Parts of the intensity fitted on routes, and what share each has; none without routes."""
    if "route_intensity" in study.absent:
        return []
    shares = study.value("route_intensity").shares
    return [{"part": row.part, "width_km": _fill(row.width_km),
             "half_life_years": _fill(row.half_life_years), "group": int(row.group),
             "share": round(row.share, _SHARE_DIGITS)} for row in shares.itertuples()]


def _fill(value: float) -> float | None:
    return None if isnan(value) else float(value)


def hash_inputs(study: Study) -> dict[str, dict[str, str]]:
    """Hash of every input file and of the study file, by layer and name."""
    inputs = {
        name: {path.name: hash_file(path) for path in files}
        for name, files in sorted(study.input_files().items())
    }
    file = study.amendments.file
    if study.amendments.entries and file is not None:
        inputs["amendments"] = {file.name: study.amendments.sha256}
    return {**inputs, "study": {study.file.name: hash_file(study.file)}}


def _describe(study: Study, name: str) -> dict[str, Any]:
    provenance = study.made(name).provenance
    return {"sources": list(provenance.sources), "sha256": provenance.sha256,
            "synthetic": provenance.synthetic, "inputs_level": provenance.inputs_level}
