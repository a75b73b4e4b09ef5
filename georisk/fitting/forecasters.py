"""The contenders of `georisk validate`: kernels, the stacked log-linear model, the stack."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from georisk.covariates.steps import read_rules
from georisk.fitting.bandwidths import (
    PLAIN,
    STRONG,
    STRONG_TWO_YEARS,
    Scatter,
    Search,
    estimate_density,
    tune_kernel,
)
from georisk.fitting.classes import share_classes
from georisk.fitting.loglinear import (
    FEW_INCIDENTS,
    LogLinear,
    YearLayer,
    fit_stacked,
    normalise_logs,
    tune_ridge,
)
from georisk.fitting.place import Fitting, fit_place
from georisk.fitting.rules import StackRules, read_stack_rules
from georisk.fitting.stack import Stack, fit_stack
from georisk.fitting.workshop import Workshop, mark_record
from georisk.incidents import decay_window, weigh_decay

if TYPE_CHECKING:
    from georisk.fitting.kernel import Kernel
    from georisk.fitting.sources import Sources
    from georisk.study import Study
    from georisk.validation.baselines import Forecaster
    from georisk.validation.domain import Domain
    from georisk.validation.record import Record
    from layers.crs import FloatArray

STACKED_YEARS = 4
_LEAST_PAST = 5
_LEAST_SHARE = 1e-9


def list_forecasters(study: Study) -> tuple[Forecaster, ...]:
    """The contenders on a study's own layers, the model last.

    ``plain-kde`` and ``strong-kde`` (METHOD 2.3), ``strong-kde-2y`` (its memory held at two
    years), ``c1`` (METHOD 2.5), ``explained`` (the stack that segments are told by) and
    ``model`` (the same with boosted trees, which the surface is drawn by).
    """
    settings = study.settings()
    needed = {name: study.made(name).value for name in sorted(study.config.layers)
              if name != "incidents"}
    shop = Workshop(
        needed, study.config.crs_metric, read_rules(settings),
        read_stack_rules(study.parameters),
        region_km=float(settings.value("intensity.region_km")),
        observed_from=study.config.observed_from)
    return (
        KernelForecaster("plain-kde", PLAIN, shop),
        KernelForecaster("strong-kde", STRONG, shop),
        KernelForecaster("strong-kde-2y", STRONG_TWO_YEARS, shop),
        LogLinearForecaster("c1", shop),
        StackForecaster("explained", shop, shop.without_trees()),
        ClassStackForecaster("model", shop, shop.rules),
    )


@dataclass(frozen=True, eq=False)
class KernelForecaster:
    """A kernel density estimate, tuned on the two years before."""

    name: str
    search: Search
    shop: Workshop

    def forecast(self, domain: Domain, past: Record, *, year: int) -> FloatArray:
        """Expected incidents in each cell during ``year``."""
        scatter = self.shop.scatter(domain, past, year)
        kernel = self.tune(scatter)
        rate = measure_rate(scatter, self.shop.window_years(past, year),
                            kernel.half_life_years)
        return rate * estimate_density(scatter, kernel) * domain.area_km2

    def tune(self, scatter: Scatter) -> Kernel:
        """Kernel that would have done best on the last two years."""
        return tune_kernel(scatter, self.search, score=self.shop.score)


@dataclass(frozen=True, eq=False)
class LogLinearForecaster:
    """The stacked log-linear model on the strong kernel and the ground (C1).

    With fewer than 300 incidents the geometric mean of the kernel and of the ground alone
    (METHOD 2.5): there are too few to weigh one against the other.
    """

    name: str
    shop: Workshop

    def forecast(self, domain: Domain, past: Record, *, year: int) -> FloatArray:
        """Expected incidents in each cell during ``year``."""
        scatter = self.shop.scatter(domain, past, year)
        kernel = tune_kernel(scatter, STRONG, score=self.shop.score)
        density = estimate_density(scatter, kernel)
        rate = measure_rate(scatter, self.shop.window_years(past, year),
                            kernel.half_life_years)
        model = None
        if len(scatter) >= FEW_INCIDENTS:
            model = self.fit(domain, scatter, kernel)
        if model is None:
            logs = 0.5 * np.log(density) + 0.5 * np.log(self._read_ground(domain, scatter))
        else:
            logs = model.estimate_logs(self.shop.ground(domain).bare,
                                       _relate(density, domain))
        return rate * normalise_logs(logs, domain.area_km2) * domain.area_km2

    def fit(self, domain: Domain, scatter: Scatter, kernel: Kernel) -> LogLinear | None:
        """Fit on the last four years, each from what came before it; None without such a past."""
        years = []
        for age in range(STACKED_YEARS, 0, -1):
            before = scatter.take(scatter.age_years >= age)
            during = (scatter.age_years < age) & (scatter.age_years >= age - 1)
            if len(before) < _LEAST_PAST or not during.any():
                continue
            shifted = replace(before, age_years=before.age_years - age)
            count = np.bincount(scatter.unit[during], minlength=len(domain)).astype(float)
            years.append(YearLayer(_relate(estimate_density(shifted, kernel), domain), count))
        if not years:
            return None
        bare, size = self.shop.ground(domain).bare, domain.area_km2
        return fit_stacked(years, bare, size, ridge=tune_ridge(years, bare, size))

    def _read_ground(self, domain: Domain, scatter: Scatter) -> FloatArray:
        support = scatter.support
        count = np.bincount(scatter.unit, minlength=len(domain)).astype(float)
        return fit_place(self.shop.ground(domain).bare, count,
                         Fitting(support.pool, support.thinned, support.size),
                         ridge=self.shop.rules.ridge).estimate_density()


@dataclass(frozen=True, eq=False)
class StackForecaster:
    """The fitted intensity of `georisk.fitting.stack` on the cells of a domain."""

    name: str
    shop: Workshop
    rules: StackRules

    def forecast(self, domain: Domain, past: Record, *, year: int) -> FloatArray:
        """Expected incidents in each cell during ``year``."""
        return self.fit(domain, past, year)[2]

    def fit(self, domain: Domain, past: Record, year: int) -> tuple[Stack, Sources, FloatArray]:
        """Stack, incidents and forecast."""
        key = (self.name, domain.name, len(domain), year, mark_record(past))
        return self.shop.fits.recall(key, lambda: self._fit(domain, past, year))

    def _fit(self, domain: Domain, past: Record, year: int) -> tuple[Stack, Sources, FloatArray]:
        sources = self.shop.sources(domain, past, year)
        stack = fit_stack(self.shop.support(domain), self.shop.ground(domain), sources,
                          self.rules)
        if stack.rate <= 0:
            stack = replace(stack, rate=1.0)
        return stack, sources, stack.estimate(sources) * domain.area_km2


@dataclass(frozen=True, eq=False)
class ClassStackForecaster(StackForecaster):
    """The same, which also tells the classes of harm apart."""

    def forecast_classes(
        self, domain: Domain, past: Record, *, year: int
    ) -> dict[str, FloatArray]:
        """Expected incidents of each class; those of unknown class are split as the known are."""
        stack, sources, mass = self.fit(domain, past, year)
        shares = share_classes(stack, sources, past.kind, self.rules,
                               density=mass / domain.area_km2)
        above = np.maximum(shares.to_numpy(float), _LEAST_SHARE)
        above /= above.sum(axis=1, keepdims=True)
        return {str(kind): mass * above[:, n] for n, kind in enumerate(shares.columns)}


def measure_rate(
    scatter: Scatter, window_years: float, half_life_years: float | None
) -> float:
    """Decayed incidents a year; one where there is none, as the baselines have it."""
    if not len(scatter):
        return 1.0
    decay = float(weigh_decay(scatter.age_years, half_life_years).sum())
    return decay / decay_window(window_years, half_life_years)


def _relate(density: FloatArray, domain: Domain) -> FloatArray:
    """Log of a density relative to an even one."""
    return np.asarray(np.log(density * domain.area_km2.sum()))
