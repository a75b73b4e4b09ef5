"""The contenders on an invented country: what a forecast must be, and what it may not see."""

from __future__ import annotations

import datetime as dt

import grid_study
import numpy as np
import pytest
from validation_world import make_domain, make_record

from georisk.covariates import Rules
from georisk.fitting.bandwidths import PLAIN, STRONG
from georisk.fitting.forecasters import (
    ClassStackForecaster,
    KernelForecaster,
    LogLinearForecaster,
    StackForecaster,
    list_forecasters,
)
from georisk.fitting.rules import StackRules
from georisk.fitting.workshop import Memory, Workshop, mark_record, measure_ages, support_domain
from georisk.study import Study
from georisk.validation import priorities
from georisk.validation.origins import run_trial
from georisk.validation.scores import measure_bits
from layers.errors import StudyError

CRS = "+proj=laea +lat_0=0 +lon_0=0 +datum=WGS84"
DOMAIN = make_domain()
RECORD = make_record()
NAMES = ("plain-kde", "strong-kde", "c1", "explained", "model")


def make_contenders(*, trees_from=300):
    shop = Workshop({}, CRS, Rules(), StackRules(trees_from=trees_from))
    return (
        KernelForecaster("plain-kde", PLAIN, shop), KernelForecaster("strong-kde", STRONG, shop),
        LogLinearForecaster("c1", shop),
        StackForecaster("explained", shop, shop.without_trees()),
        ClassStackForecaster("model", shop, shop.rules),
    )


@pytest.fixture(scope="module")
def trial():
    return run_trial(DOMAIN, RECORD, make_contenders(), year=2021)


def test_forecasts_are_whole_and_beat_even(trial):
    even = DOMAIN.area_km2 / DOMAIN.area_km2.sum()
    for name in NAMES:
        mass = trial.forecasts[name]
        assert 50 < mass.sum() < 70, name
        gain = measure_bits(mass, DOMAIN.area_km2, trial.cells).mean()
        assert gain > measure_bits(even, DOMAIN.area_km2, trial.cells).mean() + 1, name


def test_classes_are_parts_of_the_whole(trial):
    told = trial.by_class["model"]
    assert sorted(told) == ["acc", "env", "sec", "wat"]
    assert sum(told.values()) == pytest.approx(trial.forecasts["model"], rel=1e-12)
    assert all((mass > 0).all() for mass in told.values())
    # All kinds are drawn with the same chance here, unknown ones are shared out.
    assert [mass.sum() for mass in told.values()] == pytest.approx([15] * 4, abs=6)


def test_later_incidents_change_nothing(trial):
    """Those of the year and after never reach a forecaster, and none remembers another past."""
    contenders = make_contenders()
    run_trial(DOMAIN, RECORD, contenders, year=2020)
    again = run_trial(DOMAIN, RECORD.take(RECORD.year < 2022), contenders, year=2021)
    fewer = run_trial(DOMAIN, RECORD.before(2021), contenders, year=2021)
    for name in NAMES:
        assert (again.forecasts[name] == trial.forecasts[name]).all(), name
        assert (fewer.forecasts[name] == trial.forecasts[name]).all(), name


def test_another_past_of_the_same_year_is_another_forecast():
    """As spatial blocks and draws of few events have it: nothing of the first past stays."""
    half = RECORD.take((np.arange(len(RECORD)) % 2 == 0) & (RECORD.year < 2021))
    used, fresh = make_contenders(), make_contenders()
    run_trial(DOMAIN, RECORD, used, year=2021)
    for one, other in zip(used, fresh, strict=True):
        told = one.forecast(DOMAIN, half, year=2021)
        assert (told == other.forecast(DOMAIN, half, year=2021)).all(), one.name


@pytest.mark.parametrize("count", [0, 1, 3, 30])
def test_few_incidents_are_enough_for_a_forecast(count):
    few = RECORD.take(np.arange(len(RECORD)) % max(len(RECORD) // max(count, 1), 1) == 0)
    few = few.take(np.arange(len(few)) < count)
    for one in make_contenders():
        mass = one.forecast(DOMAIN, few, year=2022)
        assert mass.min() > 0, one.name
        assert np.isfinite(mass).all(), one.name
    told = one.forecast_classes(DOMAIN, few, year=2022)
    assert sum(told.values()) == pytest.approx(mass, rel=1e-12)
    assert all(part.min() > 0 for part in told.values())


def test_only_the_model_grows_trees():
    contenders = make_contenders(trees_from=100)
    *_, explained, model = contenders
    past = RECORD.before(2018)
    guides = {one.name: {part.guide for part in one.fit(DOMAIN, past, 2018)[0].parts}
              for one in (explained, model)}
    assert guides == {"explained": {"place"}, "model": {"place", "trees"}}


def test_the_kernel_is_most_of_the_log_linear_model():
    c1 = make_contenders()[2]
    scatter = c1.shop.scatter(DOMAIN, RECORD, 2022)
    kernel = make_contenders()[1].tune(scatter)
    found = c1.fit(DOMAIN, scatter, kernel)
    assert 0.5 < found.kappa_effect < 1.3
    assert found.ground.shape == (0,)


def test_support_has_the_cells_of_the_domain():
    support = support_domain(DOMAIN)
    assert (support.find_nearest(DOMAIN.xy_km) == np.arange(len(DOMAIN))).all()
    assert (support.size == DOMAIN.area_km2).all()


def test_what_is_kept_is_known_by_its_content():
    one, other = RECORD.take(RECORD.year < 2016), RECORD.take(RECORD.year < 2017)
    assert mark_record(one) == mark_record(RECORD.before(2016)) != mark_record(other)
    kinds = one.kind.copy()
    kinds[0] = "sec" if kinds[0] != "sec" else "wat"
    assert mark_record(one) != mark_record(type(one)(one.xy_km, one.sigma_km, one.day, kinds))
    memory = Memory(2)
    made = [memory.recall((n,), lambda n=n: n) for n in (1, 2, 1, 3, 1)]
    assert made == [1, 2, 1, 3, 1]
    assert sorted(memory.kept) == [(1,), (3,)]


def test_ages_end_with_the_year_before():
    ages = measure_ages(RECORD.before(2020), 2020)
    assert 0 < ages.min() < 0.1
    assert ages.max() < 6


def test_the_contenders_of_a_study(tmp_path):
    study = Study.open(grid_study.write_grid_study(tmp_path / "grid"), today=dt.date(2026, 1, 1))
    contenders = list_forecasters(study)
    assert tuple(one.name for one in contenders) == (
        "plain-kde", "strong-kde", "strong-kde-2y", "c1", "explained", "model")


def test_no_priority_score_has_a_reason(tmp_path, monkeypatch):
    study = Study.open(grid_study.write_grid_study(tmp_path / "grid"), today=dt.date(2026, 1, 1))
    assert priorities.grade_study(study) == {}

    def refuse(study, domains, years):
        raise StudyError("no legs")

    monkeypatch.setattr(priorities, "grade_past", refuse)
    assert priorities.grade_study(study) == {"study": "no priority score: no legs"}
    for score, told in ((np.nan, False), (3.0, True)):
        made = {"study": {2024: np.array([np.nan, score])}}
        monkeypatch.setattr(priorities, "grade_past", lambda *_, made=made: made)
        found = priorities.grade_study(study)["study"]
        assert (found is made["study"]) is told
        assert told or "no segment here has a priority score" in found
