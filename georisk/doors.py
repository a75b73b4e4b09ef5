"""The way from a snapshot to any reader: everything passes the gate here."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar, cast

import pandas as pd

from georisk.places import coarsen_places, list_places
from georisk.results import read_results
from georisk.snapshot import Snapshot, find_current
from layers.disclosure import disclose, disclose_raster, find_source, narrow_spec
from layers.errors import NotShownError
from layers.geojson import Features, encode_features
from layers.layer import Layer, RasterLayer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from georisk.corridors import Corridors
    from georisk.places import PlaceQuery
    from layers.spec import Audience, LayerSpec

Kept = TypeVar("Kept")
_NO_ROWS = pd.DataFrame()
_PUBLIC_MANIFEST = ("run_id", "version", "as_of")
_PARTNER_MANIFEST = (*_PUBLIC_MANIFEST, "study", "synthetic")


@dataclass(frozen=True)
class Door:
    """One snapshot as one audience may see it, on one day.

    What the audience may not see raises `NotShownError`, in the words of a name that does not
    exist.
    """

    audience: Audience
    today: dt.date
    runs: Path
    _snapshot: Snapshot = field(repr=False)
    _results: dict[str, Layer] = field(default_factory=dict, repr=False)
    _cache: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def run_id(self) -> str:
        """Which run this is."""
        return str(self._snapshot.manifest["run_id"])

    @property
    def as_of(self) -> dt.date:
        """Day of the analysis."""
        return dt.date.fromisoformat(self._snapshot.manifest["as_of"])

    @property
    def version(self) -> str:
        """Version of georisk that made the run."""
        return str(self._snapshot.manifest["version"])

    @property
    def parameters_sha256(self) -> str:
        """Hash of the parameters in force: it stands in every output."""
        return str(self._snapshot.manifest["parameters_sha256"])

    @property
    def study_name(self) -> str:
        """Name of the study."""
        return str(self._snapshot.manifest["study"])

    @property
    def headline_direction(self) -> str:
        """Direction that the study puts first."""
        return str(self._snapshot.manifest["headline_direction"])

    @property
    def synthetic(self) -> bool:
        """Whether anything in the run rests on synthetic rows."""
        return bool(self._snapshot.manifest["synthetic"])

    def names(self) -> tuple[str, ...]:
        """Names of the layers that this audience may see."""
        return tuple(name for name in sorted({*self._snapshot.specs, *self._results})
                     if self._shows(name))

    def _shows(self, name: str) -> bool:
        try:
            self.spec(name)
        except NotShownError:
            return False
        return True

    def spec(self, name: str) -> LayerSpec:
        """Return the description of a layer as shown."""
        return self._keep(f"spec:{name}", lambda: narrow_spec(self._bare(name), self.audience))

    def layer(self, name: str) -> Layer:
        """Rows of a vector or table layer, disclosed."""
        if self.spec(name).kind == "raster":
            raise NotShownError(f"no layer named {name!r}")
        return self._keep(f"layer:{name}", lambda: self._disclose(name))

    def raster(self, name: str) -> RasterLayer:
        """Return a raster, if this audience may see it."""
        if self.spec(name).kind != "raster":
            raise NotShownError(f"no layer named {name!r}")
        return self._keep(
            f"raster:{name}", lambda: disclose_raster(self._snapshot.raster(name), self.audience)
        )

    def features(self, name: str) -> Features:
        """Features of a layer as bytes: prepared at publishing, or written from the rows."""
        if self.spec(name).kind == "raster":
            raise NotShownError(f"no layer named {name!r}")
        return self._keep(f"features:{name}", lambda: self._find_features(name))

    def corridors(self) -> Corridors:
        """Corridors as ordered legs with +1 (as drawn) or -1 (reversed)."""
        return {
            name: tuple((leg, int(sign)) for leg, sign in steps)
            for name, steps in self._snapshot.manifest["corridors"].items()
        }

    def manifest(self) -> dict[str, Any]:
        """What this audience may read of the manifest; the public part counts nothing."""
        manifest = self._snapshot.manifest
        if self.audience == "restricted":
            return dict(manifest)
        keys = _PUBLIC_MANIFEST if self.audience == "public" else _PARTNER_MANIFEST
        return {**{key: manifest[key] for key in keys}, "layers": list(self.names())}

    def count_imports(self, layer: str) -> int:
        """How many imports of a layer this run has seen."""
        told = self._snapshot.manifest.get("imports", {}).get(layer, [])
        return max((int(about["edition"]) for about in told), default=0)

    def list_places(self, query: PlaceQuery) -> pd.DataFrame:
        """Places along a corridor, a leg or between two towns, in order; disclosed rows only.

        Who may not see the line gets whole hours and 5 km, and no offset to it.
        """
        along = self._keep("along", lambda: self._snapshot.layer("along"))
        table = list_places(along.frame, self.layer(query.layer).frame, query)
        return table if self.audience == "restricted" else coarsen_places(table)

    def is_current(self) -> bool:
        """Whether this is still the published run, and still the same day."""
        path = find_current(self.runs)
        return path is not None and path == self._snapshot.path

    def reopen(self, today: dt.date | None = None) -> Door:
        """Open whatever is current now."""
        return open(self.audience, runs=self.runs, today=today or self.today)

    def with_results(self, folder: Path) -> Door:
        """Add the result layers of a folder that ``georisk site -o`` wrote, through the gate."""
        return replace(self, _results={**self._results, **read_results(folder)}, _cache={})

    def _bare(self, name: str) -> Layer | RasterLayer:
        """Description and provenance without rows: enough to judge by."""
        if name in self._results:
            return self._results[name]
        if name not in self._snapshot.specs:
            raise NotShownError(f"no layer named {name!r}")
        return Layer(self._snapshot.specs[name], _NO_ROWS, self._snapshot.provenance(name))

    def _disclose(self, name: str) -> Layer:
        layer = self._results.get(name) or self._snapshot.layer(name)
        source = find_source(layer, self.audience)
        if source:
            layer = replace(layer, frame=self._snapshot.layer(source).frame)
        return disclose(layer, self.audience, today=self.today)

    def _find_features(self, name: str) -> Features:
        prepared = None
        if name not in self._results and not self._snapshot.specs[name].row_rule:
            prepared = self._snapshot.features(name, self.audience)
        return prepared or encode_features(self.layer(name))

    def _keep(self, key: str, make: Callable[[], Kept]) -> Kept:
        if key not in self._cache:
            self._cache[key] = make()
        return cast("Kept", self._cache[key])


def open(  # noqa: A001 - `georisk.doors.open(audience)` is the name that doors are known by
    audience: Audience = "public", *, runs: Path, today: dt.date | None = None
) -> Door:
    """Open the current snapshot for an audience.

    Parameters
    ----------
    audience : {"public", "partner", "restricted"}
    runs : Path
        Folder of the snapshots.
    today : datetime.date, optional
        The real date, for consent and verification; by default the machine's.

    Raises
    ------
    NoSnapshotError
        If nothing was published.
    """
    today = today or dt.datetime.now(tz=dt.UTC).date()
    return Door(audience, today, runs, Snapshot.open(runs))
