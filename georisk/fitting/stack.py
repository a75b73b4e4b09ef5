"""The fitted intensity: kernels of several widths and memories that follow a place model.

``lambda(x) = sum_k c_k sum_i 2^(-age_i / H_k) K_ik(x) + R (p_place g(x) + p_trees t(x) + p_even)``

Each K_ik has unit mass and follows the place model g within its width; the shares behind c_k are
those that best foresaw the last two years from what came before (METHOD 2.3: forward likelihood);
R is the decayed number of incidents a year, so that lambda adds up to it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from georisk.fitting.parts import PLACE, TREES, Part, list_parts, set_prior
from georisk.fitting.place import Fitting, PlaceModel, fit_place, fit_trees
from georisk.fitting.tuning import Tuning, join_tests
from georisk.incidents import decay_window, weigh_decay

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from georisk.fitting.design import Design
    from georisk.fitting.rules import StackRules
    from georisk.fitting.sources import Sources
    from georisk.fitting.supports import Spread, Support
    from layers.crs import FloatArray

    Indices = NDArray[np.intp]

_LEAST_PAST = 5


@dataclass(frozen=True, eq=False)
class Ground:
    """What a fit knows of the units: their conditions, laid out for both kinds of place model.

    Attributes
    ----------
    design : Design
    values : DataFrame
        Transformed conditions and positions, for trees; m rows.
    """

    design: Design
    values: pd.DataFrame

    def fit_place(self, count: FloatArray, fitting: Fitting, *, ridge: float) -> PlaceModel:
        """Place model of the incidents counted on each unit."""
        return fit_place(self.design, count, fitting, ridge=ridge)

    def fit_trees(self, count: FloatArray, fitting: Fitting) -> FloatArray:
        """Density that boosted trees find for the incidents counted on each unit."""
        return fit_trees(self.values, count, fitting)


@dataclass(frozen=True, eq=False)
class Origin:
    """Parts of the mixture as they stood some years before the day of the analysis."""

    age_years: float
    guides: dict[str, FloatArray]
    place: PlaceModel
    rows: Indices
    spreads: dict[tuple[str, int], Spread] = field(repr=False)


@dataclass(frozen=True, eq=False)
class Stack:
    """A fitted intensity.

    Attributes
    ----------
    parts : tuple of Part
    share : array of shape (k + 1,)
        Of each part, and last the share spread evenly.
    rate : float
        Decayed incidents per year on the support.
    mass : array of shape (k,)
        Decayed incidents behind each kernel part.
    origin : Origin
        Of the day of the analysis.
    even : float
        Density of what is spread evenly, per size.
    tuning : Tuning
        What the shares were found from.
    """

    parts: tuple[Part, ...]
    share: FloatArray
    rate: float
    mass: FloatArray
    origin: Origin
    even: float
    tuning: Tuning

    @property
    def place(self) -> PlaceModel:
        """The place model of the day of the analysis."""
        return self.origin.place

    def weigh_kernels(self, sources: Sources) -> dict[tuple[str, int], FloatArray]:
        """Incidents a year that each incident puts into each kernel, by guide and width."""
        summed: dict[tuple[str, int], FloatArray] = {}
        for number, part in enumerate(self.parts):
            if part.width >= 0 and self.mass[number] > 0:
                own = self.weigh_part(number, sources)
                key = (part.guide, part.width)
                summed[key] = summed[key] + own if key in summed else own
        return summed

    def weigh_part(self, number: int, sources: Sources) -> FloatArray:
        """Incidents a year that each incident puts into the kernels of one part."""
        scale = self.rate * self.share[number] / self.mass[number]
        return np.asarray(scale * _decay_part(self.parts[number], sources, self.origin))

    def estimate_kernels(self, sources: Sources) -> FloatArray:
        """Incidents per size and year from kernels, shape (m,)."""
        total = np.zeros(len(self.origin.guides[PLACE]))
        for key, weight in self.weigh_kernels(sources).items():
            total += self.origin.spreads[key].put(weight)
        return total

    def estimate_ground(self) -> FloatArray:
        """Incidents per size and year from the ground itself and the even share, shape (m,)."""
        total = np.full(len(self.origin.guides[PLACE]), self.rate * self.share[-1] * self.even)
        for number, part in enumerate(self.parts):
            if part.width < 0:
                total += self.rate * self.share[number] * self.origin.guides[part.guide]
        return total

    def estimate(self, sources: Sources) -> FloatArray:
        """Incidents per size and year on every unit, shape (m,); all above 0 once there is one."""
        return self.estimate_kernels(sources) + self.estimate_ground()


def fit_stack(support: Support, ground: Ground, sources: Sources, rules: StackRules) -> Stack:
    """Fit the intensity of a support from the incidents on it.

    Parameters
    ----------
    support, ground, rules : Support, Ground, StackRules
        m units and their conditions.
    sources : Sources
        Incidents outside every unit (-1) take no part.

    Notes
    -----
    Shares are tuned forward: parts made of what had happened by one and by two years before
    the day of the analysis are held against the year after. Where there is no such past the
    shares are those of the prior, even over widths and memories, and by number over groups.
    """
    parts = list_parts(sources, rules)
    tests = {age: tune for age in range(rules.origins, 0, -1)
             if (tune := _test_origin(support, ground, sources, parts, rules, float(age)))
             is not None}
    later = [np.flatnonzero(_find_later(sources, float(age))) for age in tests]
    tuning = join_tests(list(tests.values()), later, set_prior(parts, sources, rules))
    origin = _open_origin(support, ground, sources, parts, 0.0, rules)
    mass = np.array([_decay_part(part, sources, origin).sum() if part.width >= 0 else 0.0
                     for part in parts])
    return Stack(parts=parts, share=tuning.weigh(), rate=measure_rate(sources, rules), mass=mass,
                 origin=origin, even=1.0 / float(support.size.sum()), tuning=tuning)


def measure_rate(sources: Sources, rules: StackRules) -> float:
    """Decayed incidents a year on the support: a steady stream of n a year gives n."""
    life = rules.rate_half_life_years
    decayed = weigh_decay(sources.age_years[sources.unit >= 0], life).sum()
    return float(decayed / decay_window(sources.window_years, life))


def _decay_part(part: Part, sources: Sources, origin: Origin) -> FloatArray:
    """Decayed weight of each incident of an origin in a part; 0 for those of another group."""
    decay = weigh_decay(sources.age_years[origin.rows] - origin.age_years, part.half_life_years)
    return decay * (sources.group[origin.rows] == part.group) if part.group >= 0 else decay


def _open_origin(
    support: Support, ground: Ground, sources: Sources, parts: tuple[Part, ...],
    age_years: float, rules: StackRules,
) -> Origin:
    """Fit the ground and spread the kernels from what had happened by then."""
    rows = np.flatnonzero((sources.unit >= 0) & (sources.age_years >= age_years))
    count = np.bincount(sources.unit[rows], minlength=len(support.size)).astype(float)
    fitting = Fitting(support.pool, support.thinned, support.size)
    place = ground.fit_place(count, fitting, ridge=rules.ridge)
    guides = {PLACE: place.estimate_density()}
    if any(part.guide == TREES for part in parts):
        guides[TREES] = ground.fit_trees(count, fitting)
    spreads = {key: sources.prepared.spread(key[1], rows, guides[key[0]]) for key in
               dict.fromkeys((part.guide, part.width) for part in parts if part.width >= 0)}
    return Origin(age_years, guides, place, rows, spreads)


def _test_origin(
    support: Support, ground: Ground, sources: Sources, parts: tuple[Part, ...],
    rules: StackRules, age_years: float,
) -> tuple[FloatArray, Indices] | None:
    """Density of every part, made of an earlier past, at the incidents of the year after it.

    One row for all incidents of a unit of fitting, and the row of each.
    """
    inside, later = sources.unit >= 0, _find_later(sources, age_years)
    if (inside & (sources.age_years >= age_years)).sum() < _LEAST_PAST or not later.any():
        return None
    origin = _open_origin(support, ground, sources, parts, age_years, rules)
    _, one, place = np.unique(support.pool[sources.unit[later]], return_index=True,
                              return_inverse=True)
    at = sources.unit[later][one]
    density = np.empty((len(at), len(parts) + 1))
    density[:, -1] = 1.0 / support.size.sum()
    for key, spread in origin.spreads.items():
        own = [n for n, part in enumerate(parts) if (part.guide, part.width) == key]
        weight = np.column_stack([_decay_part(parts[n], sources, origin) for n in own])
        # A part without any incident by then has foreseen nothing.
        density[:, own] = spread.read(weight / np.maximum(weight.sum(axis=0), 1e-300), at)
    for n, part in enumerate(parts):
        if part.width < 0:
            density[:, n] = support.read(origin.guides[part.guide], at)
    return density, place


def _find_later(sources: Sources, age_years: float) -> NDArray[np.bool_]:
    """Incidents of the year after an origin, within a unit."""
    year = (sources.age_years < age_years) & (sources.age_years >= age_years - 1)
    return np.asarray(year & (sources.unit >= 0))
