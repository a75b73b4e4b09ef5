"""One published run on disk, as it is read; `georisk.publishing` writes it."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from georisk.damage import check_manifest, tell_damage
from layers.errors import NoSnapshotError
from layers.layer import Layer, Provenance, RasterLayer, hash_file
from layers.served import map_served
from layers.spec import LayerSpec
from layers.store import read_layer, read_raster_file

if TYPE_CHECKING:
    from pathlib import Path

    from layers.served import Served
    from layers.spec import Audience

CURRENT = "current"


@dataclass(frozen=True)
class Snapshot:
    """A published run. Immutable; what stands in it is undisclosed: only doors open it.

    Attributes
    ----------
    path : Path
        The run's own folder, ``current`` resolved.
    manifest : dict
    specs : dict of LayerSpec
    """

    path: Path
    manifest: dict[str, Any]
    specs: dict[str, LayerSpec]

    @classmethod
    def open(cls, runs: Path) -> Snapshot:
        """Open the current run.

        Raises
        ------
        NoSnapshotError
            Saying how to make one.
        """
        path = find_current(runs)
        if path is None:
            raise NoSnapshotError(f"nothing published in {runs}: make it with `georisk run`")
        return cls.load(path)

    @classmethod
    def load(cls, path: Path) -> Snapshot:
        """Open one run, current or not."""
        with tell_damage(path):
            manifest = check_manifest(json.loads((path / "manifest.json").read_text("utf-8")))
            specs = json.loads((path / "specs.json").read_text("utf-8"))
            known = {name: LayerSpec.model_validate(spec) for name, spec in specs.items()}
        return cls(path, manifest, known)

    def provenance(self, name: str) -> Provenance:
        """Where a layer came from, as the run recorded it."""
        entry = self.manifest["provenance"][name]
        return Provenance(tuple(entry["sources"]), entry["sha256"], entry["synthetic"],
                          entry["inputs_level"])

    def layer(self, name: str) -> Layer:
        """Read a vector or table layer, undisclosed."""
        with tell_damage(self.path):
            return read_layer(self.path / "layers" / f"{name}.parquet", self.specs[name],
                              self.provenance(name))

    def raster(self, name: str) -> RasterLayer:
        """Read a raster layer, undisclosed."""
        with tell_damage(self.path):
            return read_raster_file(self.path / "rasters" / f"{name}.tif", self.specs[name],
                                    self.provenance(name))

    def served(self, spec: LayerSpec, audience: Audience) -> Served | None:
        """Open what was prepared of a layer for an audience; None where nothing was.

        Parameters
        ----------
        spec : LayerSpec
            As that audience may see it.
        """
        with tell_damage(self.path):
            return map_served(self.path / "serve" / audience, spec, self.provenance(spec.name))

    def quarantine(self, name: str) -> list[dict[str, str]]:
        """Rows of an input layer that were set aside, each with its reason."""
        path = self.path / "quarantine" / f"{name}.csv"
        if not path.is_file():
            return []
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def find_damage(self) -> list[str]:
        """Files that are missing or not as published; empty if the run is whole."""
        return [
            name for name, sha256 in self.manifest["files"].items()
            if not (self.path / name).is_file() or hash_file(self.path / name) != sha256
        ]


def find_current(runs: Path) -> Path | None:
    """Folder of the current run, or None."""
    link = runs / CURRENT
    path = link.resolve()
    return path if link.is_symlink() and (path / "manifest.json").is_file() else None
