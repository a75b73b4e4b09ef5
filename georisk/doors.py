"""The way from a snapshot to any reader: everything passes the gate here."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar, cast

import pandas as pd

from georisk.crossings import rename_stops
from georisk.hiding import Hidden, find_hidden
from georisk.nearest import coarsen_nearest, find_nearest_town, list_nearest
from georisk.originals import hide_place, list_place_ids
from georisk.places import coarsen_places, list_places
from georisk.results import read_results
from georisk.snapshot import Snapshot, find_current
from georisk.standing import list_changes, mark_rows, marks_rows, tell_changes
from layers.disclosure import disclose, disclose_raster, find_source, narrow_spec
from layers.errors import CallError, NotShownError
from layers.layer import Layer, RasterLayer
from layers.served import Served, serve_layer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from georisk.corridors import Corridors
    from georisk.nearest import NearestQuery
    from georisk.places import PlaceQuery
    from georisk.standing import Change
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
    _locks: dict[str, Lock] = field(default_factory=dict, repr=False, compare=False)

    @property
    def run_id(self) -> str:
        """Which run this is."""
        return str(self._snapshot.manifest["run_id"])

    @property
    def as_of(self) -> dt.date:
        """Day of the analysis."""
        return dt.date.fromisoformat(self._snapshot.manifest["as_of"])

    @property
    def created(self) -> dt.datetime:
        """When the run was begun (UTC)."""
        return dt.datetime.fromisoformat(self._snapshot.manifest["created"])

    @property
    def amends(self) -> str:
        """Run that this one is, but for places changed by reports; else empty."""
        return str(self._snapshot.manifest.get("amends", ""))

    @property
    def changes(self) -> tuple[Change, ...]:
        """What has changed in the places that this audience sees since the run was worked out."""
        return self._keep("changes", lambda: list_changes(
            self._snapshot, self.audience, today=self.today))

    @property
    def caveat(self) -> str:
        """What everybody who is told of coverage or gaps must know of this run; mostly empty."""
        return tell_changes(self.changes)

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
    def crs_metric(self) -> str:
        """Metric reference system of the study; empty for runs that did not say."""
        return str(self._snapshot.manifest.get("crs_metric", ""))

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

    def served(self, name: str) -> Served:
        """Layer ready to be asked: as prepared at publishing, or made from the rows now."""
        if self.spec(name).kind == "raster":
            raise NotShownError(f"no layer named {name!r}")
        return self._keep(f"served:{name}", lambda: self._find_served(name))

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
        if "along" not in self._snapshot.specs:
            raise CallError("this run has no routes, along which places are listed")
        table = list_places(self._along(), self.layer(query.layer).frame, query)
        return table if self.audience == "restricted" else coarsen_places(table)

    def list_nearest(self, query: NearestQuery) -> pd.DataFrame:
        """Next place of each service both ways from a town or a place; disclosed rows only."""
        facilities = {name: self.layer(name).frame for name in self.names()
                      if self.spec(name).role == "facility" and self.spec(name).kind == "vector"}
        table = list_nearest(self._along(), facilities, query)
        return table if self.audience == "restricted" else coarsen_nearest(table)

    def find_town(self, lon: float, lat: float) -> str:
        """Name of the town on a corridor nearest to a position (degrees)."""
        towns = self.layer("waypoints").frame
        return find_nearest_town(towns, self._along(), lon=lon, lat=lat)

    def knows_place(self, place_id: str) -> bool:
        """Whether any layer holds a place, hidden or not: for storing, never for an answer."""
        known = self._keep("place ids", lambda: list_place_ids(self._snapshot))
        return place_id in known

    def quarantine(self, name: str) -> tuple[dict[str, int], list[dict[str, str]]]:
        """Rows of an input layer that were set aside, and how many were read and accepted.

        Raises
        ------
        NotShownError
            If the audience is not ``restricted``, or there is no such input.
        """
        counts = self._snapshot.manifest["layers"]
        if self.audience != "restricted" or name not in counts:
            raise NotShownError(f"no layer named {name!r}")
        rows = self._snapshot.quarantine(name)
        if self._snapshot.specs[name].role == "facility":
            rows = [hide_place(row) for row in rows]
        return dict(counts[name]), rows

    def _along(self) -> pd.DataFrame:
        if "along" not in self._snapshot.specs:
            raise NotShownError("this run has no routes")
        return self._keep("along", self._list_stops)

    def _list_stops(self) -> pd.DataFrame:
        frame = self._snapshot.layer("along").frame
        crossings = self._hidden().crossings
        return rename_stops(frame, crossings) if crossings else frame

    def _hidden(self) -> Hidden:
        return self._keep("hidden", lambda: find_hidden(self._snapshot, self.audience))

    def is_there(self) -> bool:
        """Whether the run still lies on disk; one that was erased must not be shown on."""
        return self._snapshot.path.is_dir()

    def is_current(self) -> bool:
        """Whether this is still the published run."""
        path = find_current(self.runs)
        return path is not None and path == self._snapshot.path

    def reopen(self, today: dt.date | None = None) -> Door:
        """Open whatever is current now."""
        return open(self.audience, runs=self.runs, today=today or self.today)

    def with_results(self, folder: Path) -> Door:
        """Add the result layers of a folder that ``georisk site -o`` wrote, through the gate."""
        return replace(self, _results={**self._results, **read_results(folder)},
                       _cache={}, _locks={})

    def _bare(self, name: str) -> Layer | RasterLayer:
        """Description and provenance without rows: enough to judge by."""
        if name in self._results:
            return self._results[name]
        if name not in self._snapshot.specs:
            raise NotShownError(f"no layer named {name!r}")
        return Layer(self._snapshot.specs[name], _NO_ROWS, self._snapshot.provenance(name))

    def _disclose(self, name: str) -> Layer:
        layer = self._results[name] if name in self._results else self._snapshot.layer(name)
        source = find_source(layer, self.audience)
        if source:
            layer = replace(layer, frame=self._snapshot.layer(source).frame)
        shown = disclose(self._hidden().leave_out(layer), self.audience, today=self.today)
        return mark_rows(shown, self.changes)

    def _find_served(self, name: str) -> Served:
        prepared = None
        if name not in self._results and not self._snapshot.specs[name].row_rule \
                and not self._hidden().may_stand_in(self.spec(name)) \
                and not (marks_rows(self.spec(name)) and self.changes):
            prepared = self._snapshot.served(self.spec(name), self.audience)
        return prepared or serve_layer(self.layer(name))

    def _keep(self, key: str, make: Callable[[], Kept]) -> Kept:
        if key not in self._cache:
            # One for each key: what is made may need what another key keeps, never its own.
            with self._locks.setdefault(key, Lock()):
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
