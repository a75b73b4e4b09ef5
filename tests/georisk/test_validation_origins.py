"""No leakage: what a forecaster sees, and that nothing dated later changes a byte of it."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
import validation_world as world

from georisk.validation.baselines import BASELINES, AllYears, LastYear, Uniform
from georisk.validation.design import Design, choose_years
from georisk.validation.domain import Domain
from georisk.validation.origins import run_blocks, run_low_data, run_trial
from georisk.validation.record import Record

DOMAIN, RECORD = world.make_domain(), world.make_record()
FORECASTERS = (*BASELINES, *world.CONTENDERS)


def replace_future(record, year, seed):
    """Everything from 1 January on is shuffled, moved, or replaced."""
    rng = np.random.default_rng(seed)
    later = record.day >= np.datetime64(f"{year}-01-01")
    xy = np.where(later[:, None], rng.uniform(0, 200, record.xy_km.shape), record.xy_km)
    day = record.day.copy()
    day[later] = rng.permutation(day[later])
    return Record(xy, np.where(later, 9.0, record.sigma_km), day,
                  np.where(later, "sec", record.kind))


@pytest.mark.parametrize("year", [2018, 2021])
def test_shuffling_the_future_changes_no_byte_of_a_forecast(year):
    truth = run_trial(DOMAIN, RECORD, FORECASTERS, year=year)
    for seed in range(3):
        other = run_trial(DOMAIN, replace_future(RECORD, year, seed), FORECASTERS, year=year)
        assert not np.array_equal(truth.cells, other.cells)
        for name, mass in truth.forecasts.items():
            assert mass.tobytes() == other.forecasts[name].tobytes(), name
        for name, kinds in truth.by_class.items():
            assert all((kinds[k] == other.by_class[name][k]).all() for k in kinds)


def test_a_year_without_its_events_is_forecast_the_same():
    past = RECORD.before(2020)
    alone = run_trial(DOMAIN, past, FORECASTERS, year=2020)
    whole = run_trial(DOMAIN, RECORD, FORECASTERS, year=2020)
    assert len(alone) == 0
    assert all((alone.forecasts[k] == whole.forecasts[k]).all() for k in whole.forecasts)


def test_the_last_second_of_the_year_before_is_seen_and_new_year_is_not():
    seen = []

    class Spy:
        name = "spy"

        def forecast(self, domain, past, *, year):
            seen.append(past.day.max())
            return np.ones(len(domain))

    day = np.array(["2018-03-01", "2019-12-31", "2020-01-01"], "datetime64[D]")
    record = Record(np.full((3, 2), 5.0), np.ones(3), day, np.full(3, "acc", object))
    trial = run_trial(DOMAIN, record, (Spy(),), year=2020)
    assert seen == [np.datetime64("2019-12-31")]
    assert len(trial) == 1


def test_low_data_sees_a_hundred_past_events_and_no_more():
    sizes = []

    class Spy:
        name = "spy"

        def forecast(self, domain, past, *, year):
            sizes.append((len(past), int(past.year.max())))
            return np.ones(len(domain))

    trials = run_low_data(DOMAIN, RECORD, (Spy(),), year=2020, design=Design())
    assert len(trials) == 5
    assert all(size == 100 and last < 2020 for size, last in sizes)
    assert run_low_data(DOMAIN, RECORD, (Spy(),), year=2015, design=Design()) == ()


def test_low_data_does_not_change_with_row_order():
    mixed = RECORD.take(np.random.default_rng(1).permutation(len(RECORD)))
    one = run_low_data(DOMAIN, RECORD, world.CONTENDERS[:1], year=2020, design=Design())
    two = run_low_data(DOMAIN, mixed, world.CONTENDERS[:1], year=2020, design=Design())
    for a, b in zip(one, two, strict=True):
        assert (a.forecasts["plain-kde"] == b.forecasts["plain-kde"]).all()


def test_blocks_leave_out_the_ground_that_they_score():
    design = Design()
    square = np.floor(RECORD.xy_km / design.block_km).astype(int)

    class Spy:
        name = "spy"
        seen: list = []  # noqa: RUF012

        def forecast(self, domain, past, *, year):
            self.seen.append({tuple(one) for one in np.floor(past.xy_km / 60).astype(int)})
            return np.ones(len(domain))

    spy = Spy()
    trials = run_blocks(DOMAIN, RECORD, (spy,), year=2021, design=design)
    assert sum(len(trial) for trial in trials) == int((RECORD.year == 2021).sum())
    every = {tuple(one) for one in square}
    for trial, seen in zip(trials, spy.seen, strict=True):
        left_out = every - seen
        where = {tuple(one) for one in np.floor(DOMAIN.xy_km[trial.cells] / 60).astype(int)}
        assert where <= left_out
        assert left_out


def test_a_bad_forecast_is_refused_by_name():
    class Bad:
        name = "bad"

        def __init__(self, values):
            self.values = values

        def forecast(self, domain, past, *, year):
            return self.values

    size = len(DOMAIN)
    for values in (np.ones(3), np.zeros(size), np.full(size, np.nan), np.full(size, np.inf)):
        with pytest.raises(ValueError, match="bad: forecast"):
            run_trial(DOMAIN, RECORD, (Bad(values),), year=2020)


def test_baselines_by_hand():
    two = Domain("a", "A", 10.0, np.array([[0.0, 0.0], [10.0, 0.0]]), np.zeros(2), np.zeros(2),
                 np.full(2, 100.0))
    day = np.array(["2018-01-01", "2019-05-01", "2019-06-01"], "datetime64[D]")
    past = Record(np.array([[10.0, 0.0], [0, 0], [0, 0]]), np.ones(3), day,
                  np.full(3, "acc", object))
    # two events last year in cell 0: four fifths stay, one fifth of 2 is spread
    assert LastYear().forecast(two, past, year=2020).tolist() == pytest.approx([1.8, 0.2])
    years = (np.datetime64("2020-01-01") - np.datetime64("2018-01-01")).astype(int) / 365.25
    assert AllYears().forecast(two, past, year=2020).tolist() == pytest.approx(
        [(0.8 * 2 + 0.3) / years, (0.8 + 0.3) / years])
    assert Uniform().forecast(two, past, year=2020).tolist() == pytest.approx([1.5 / years] * 2)
    none = past.take(np.zeros(3, bool))
    for one in BASELINES:
        assert one.forecast(two, none, year=2020).tolist() == [0.5, 0.5]


def test_years_without_enough_events_are_told():
    thin = RECORD.take((RECORD.year != 2019) | (np.arange(len(RECORD)) % 10 == 0))
    inside = np.ones(len(thin), bool)
    found = choose_years(thin, inside, as_of=dt.date(2021, 12, 20), design=Design())
    assert found.years == (2017, 2018, 2020, 2021)
    assert "fewer than 15" in found.left_out[2019]
    early = choose_years(thin, inside, as_of=dt.date(2021, 6, 30), design=Design())
    assert early.years == (2016, 2017, 2018, 2020)
    assert early.left_out[2021] == "not complete"
    nothing = thin.take(np.zeros(len(thin), bool))
    assert choose_years(nothing, np.zeros(0, bool), as_of=dt.date(2021, 12, 31),
                        design=Design()).years == ()
