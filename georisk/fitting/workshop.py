"""What the contenders of a validation share: cells as a support, ground, incidents, memory."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from georisk.fitting.bandwidths import LADDER_KM, Scatter, measure_masses, score_search
from georisk.fitting.classes import group_classes
from georisk.fitting.design import build_design
from georisk.fitting.grids import GridSupport
from georisk.fitting.grounds import POSITION, measure_ground, measure_route_km
from georisk.fitting.sources import Sources
from georisk.fitting.stack import Ground
from georisk.incidents import DAYS_PER_YEAR

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    from numpy.typing import NDArray

    from georisk.covariates import Rules
    from georisk.covariates.sites import Layers
    from georisk.fitting.bandwidths import Scores, Search
    from georisk.fitting.design import Design
    from georisk.fitting.place import Fitting, PlaceModel
    from georisk.fitting.rules import StackRules
    from georisk.validation.domain import Domain
    from georisk.validation.record import Record
    from layers.crs import FloatArray

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Memory:
    """What was made, by what it was made of; the least used goes first.

    Everything kept is a function of its key, so that forgetting it costs time and nothing else.
    """

    limit: int
    kept: OrderedDict[tuple[Any, ...], Any] = field(default_factory=OrderedDict, repr=False)

    def recall(self, key: tuple[Any, ...], make: Callable[[], T]) -> T:
        """Return what is kept under a key, made now where it is not."""
        if key not in self.kept:
            self.kept[key] = make()
        self.kept.move_to_end(key)
        while len(self.kept) > self.limit:
            self.kept.popitem(last=False)
        found: T = self.kept[key]
        return found


@dataclass(frozen=True, eq=False)
class KeptGround(Ground):
    """Ground that remembers its fits: a year's past is the past of several tests.

    Attributes
    ----------
    bare : Design
        The same conditions without regions.
    memory : Memory
    """

    bare: Design
    memory: Memory = field(repr=False)

    def fit_place(self, count: FloatArray, fitting: Fitting, *, ridge: float) -> PlaceModel:
        """Place model of the incidents counted on each unit, fitted once."""
        make = super().fit_place
        return self.memory.recall(("place", ridge, mark_arrays(count)),
                                  lambda: make(count, fitting, ridge=ridge))

    def fit_trees(self, count: FloatArray, fitting: Fitting) -> FloatArray:
        """Density that boosted trees find, fitted once."""
        make = super().fit_trees
        return self.memory.recall(("trees", mark_arrays(count)), lambda: make(count, fitting))


@dataclass(frozen=True, eq=False)
class Workshop:
    """What the contenders share.

    Attributes
    ----------
    layers : mapping
        Of the study, by name; only those that hold for all years are read.
    crs_metric : str
    conditions : Rules
        Numbers that the conditions depend on.
    rules : StackRules
    region_km : float
    observed_from : datetime.date or None
        First day of the record; that of its first incident by default.
    """

    layers: Layers
    crs_metric: str
    conditions: Rules
    rules: StackRules
    region_km: float = 400.0
    observed_from: dt.date | None = None
    grounds: Memory = field(default_factory=lambda: Memory(8), repr=False)
    fits: Memory = field(default_factory=lambda: Memory(4), repr=False)
    scores: Memory = field(default_factory=lambda: Memory(400), repr=False)
    masses: dict[tuple[str, float, float], FloatArray] = field(default_factory=dict, repr=False)

    def ground(self, domain: Domain) -> KeptGround:
        """Conditions of the cells of a domain."""
        return self.grounds.recall((domain.name, len(domain), "ground"),
                                   lambda: self._measure(domain))

    def _measure(self, domain: Domain) -> KeptGround:
        routes = measure_route_km(domain.xy_km, self.layers, crs_metric=self.crs_metric)
        made, _ = measure_ground(
            domain.xy_km, domain.lon, domain.lat, domain.area_km2, self.layers,
            crs_metric=self.crs_metric, rules=self.conditions, region_km=self.region_km,
            extra=routes)
        bare = build_design(made.values.drop(columns=list(POSITION)),
                            xy_km=np.zeros_like(domain.xy_km), size=domain.area_km2)
        return KeptGround(made.design, made.values, bare, Memory(40))

    def support(self, domain: Domain) -> GridSupport:
        """Cells of a domain as a support."""
        return self.grounds.recall((domain.name, len(domain), "support"),
                                   lambda: support_domain(domain))

    def scatter(self, domain: Domain, past: Record, year: int) -> Scatter:
        """Incidents of the past in a domain, ready for kernels."""
        key = ("scatter", domain.name, len(domain), year, mark_record(past))
        return self.fits.recall(key, lambda: self._scatter(domain, past, year))

    def _scatter(self, domain: Domain, past: Record, year: int) -> Scatter:
        unit = domain.locate(past.xy_km, kind=past.kind)
        inside = unit >= 0
        xy_km = past.xy_km[inside]
        support = self.support(domain)
        return Scatter(support, xy_km, past.sigma_km[inside], measure_ages(past, year)[inside],
                       unit[inside], self._read_masses(domain, support, xy_km))

    def _read_masses(
        self, domain: Domain, support: GridSupport, xy_km: FloatArray
    ) -> FloatArray:
        keys = [(domain.name, x, y) for x, y in xy_km.tolist()]
        new = [n for n, key in enumerate(keys) if key not in self.masses]
        found = measure_masses(support, xy_km[new])
        self.masses.update({keys[n]: row for n, row in zip(new, found, strict=True)})
        return np.array([self.masses[key] for key in keys]).reshape(-1, len(LADDER_KM))

    def score(self, scatter: Scatter, search: Search, age_years: float) -> Scores:
        """As `score_search`, once for the same past and the same later year."""
        ago = scatter.age_years - age_years
        used = ago >= -1
        key = (len(scatter.support), search, mark_arrays(
            scatter.xy_km[used], scatter.sigma_km[used], np.round(ago[used] * DAYS_PER_YEAR),
            scatter.unit[used]))
        return self.scores.recall(key, lambda: score_search(scatter, search, age_years))

    def sources(self, domain: Domain, past: Record, year: int) -> Sources:
        """Incidents of the past as a stack sees them."""
        unit = domain.locate(past.xy_km, kind=past.kind)
        return Sources(
            age_years=measure_ages(past, year), group=group_classes(past.kind),
            prepared=self.support(domain).prepare(past.xy_km, past.sigma_km,
                                                  self.rules.widths_km, unit=unit),
            window_years=self.window_years(past, year))

    def window_years(self, past: Record, year: int) -> float:
        """Years of record before 1 January of a year; at least one."""
        start = np.datetime64(self.observed_from or f"{year - 1:04d}-01-01", "D")
        if self.observed_from is None and len(past):
            start = past.day.min()
        days = (np.datetime64(f"{year:04d}-01-01", "D") - start).astype(int)
        return max(float(days) / DAYS_PER_YEAR, 1.0)

    def without_trees(self) -> StackRules:
        """Rules of the stack that factors explain."""
        return replace(self.rules, trees_from=10**9)


def support_domain(domain: Domain) -> GridSupport:
    """Cells of a domain as a support: edges in km, geodesic area as size.

    Examples
    --------
    >>> from georisk.validation.domain import Domain
    >>> land = Domain("a", "A", 10.0, np.array([[-15.0, 5.0], [5.0, 5.0]]), np.zeros(2),
    ...               np.zeros(2), np.full(2, 100.0))
    >>> support = support_domain(land)
    >>> support.edges_x.tolist(), support.column.tolist()
    ([-20.0, -10.0, 0.0, 10.0], [0, 2])
    """
    lattice = np.floor(domain.xy_km / domain.cell_km + 1e-6).astype(np.intp)
    first, last = lattice.min(axis=0), lattice.max(axis=0)
    edges = [np.arange(first[axis], last[axis] + 2) * domain.cell_km for axis in (0, 1)]
    return GridSupport(
        edges_x=edges[0], edges_y=edges[1], column=lattice[:, 0] - first[0],
        row=lattice[:, 1] - first[1], xy_km=domain.xy_km, size=domain.area_km2)


def measure_ages(past: Record, year: int) -> FloatArray:
    """Years of 365.25 days from each incident to 1 January of a year."""
    days = np.datetime64(f"{year:04d}-01-01", "D") - past.day
    return np.asarray(days.astype(float) / DAYS_PER_YEAR)


def mark_record(past: Record) -> bytes:
    """Mark of a record: the same for the same incidents in the same order."""
    return mark_arrays(past.xy_km, past.sigma_km, past.day.astype(np.int64),
                       np.array("\n".join(past.kind.tolist())))


def mark_arrays(*arrays: NDArray[Any]) -> bytes:
    """Mark of some arrays, by their bytes and shapes."""
    made = hashlib.blake2b(digest_size=16)
    for array in arrays:
        made.update(f"{array.dtype}{array.shape}".encode())
        made.update(np.ascontiguousarray(array).tobytes())
    return made.digest()
