"""Two days compared: what is told of a change, and how seldom chance alone is told as one."""

from __future__ import annotations

import csv
import datetime as dt
import json

import grid_study
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom
from surroundings import CAMPAIGN

from georisk.chance import (
    Counts,
    compare_rates,
    control_discoveries,
    measure_ratios,
    weigh_chance,
)
from georisk.change_steps import (
    choose_rules,
    compare_days,
    group_stretches,
    judge_changes,
    open_days,
)
from georisk.change_tables import list_stretches, sum_changes
from georisk.changes import ChangeRules, Window, frame_window
from georisk.fitting.reach import Memory
from georisk.study import Study
from layers.errors import CallError, StudyError

START, THEN, NOW = dt.date(2015, 1, 1), dt.date(2021, 12, 31), dt.date(2024, 12, 31)
WINDOW = frame_window(START, THEN, NOW, memory=Memory((2.0,), (1.0,)))


# -- by hand -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("count", "other"), [(0, 0), (0, 7), (3, 1), (12, 0), (5, 5)])
def test_the_chance_is_the_binomial_mid_p(count, other):
    total = count + other
    upper = binom.sf(count, total, 0.3) + binom.pmf(count, total, 0.3) / 2
    lower = binom.cdf(count - 1, total, 0.3) + binom.pmf(count, total, 0.3) / 2
    found = weigh_chance(np.array([float(count)]), np.array([float(other)]), share=0.3)
    assert found == pytest.approx(min(1.0, 2 * min(upper, lower)), abs=1e-9)


def test_equal_times_without_decay_have_equal_shares():
    even = frame_window(dt.date(2016, 1, 1), dt.date(2020, 1, 1), dt.date(2024, 1, 1))
    assert even.share_after == pytest.approx(0.5)
    # As many before as after: no change. Three quarters after: (1 + 3) / 2 of what it was.
    assert even.divide(np.array([0.5, 0.75])) == pytest.approx([1.0, 2.0])


def test_a_silent_time_is_no_certainty():
    """Nothing in a short time after few: the interval holds 1."""
    short = frame_window(START, dt.date(2024, 9, 30), NOW, memory=WINDOW.memory)
    few = Counts(np.array([5.0]), np.array([0.0]), np.array([5]))
    p = compare_rates(few, short, ChangeRules())
    assert p > 0.3
    ratio, low, high = measure_ratios(few, short, ChangeRules())
    assert (low <= ratio).all()
    assert (ratio < 1).all()
    assert (high > 1).all()


def test_few_blocks_are_not_tested_and_stay_out_of_the_count():
    counts = Counts(np.zeros(2), np.full(2, 20.0), np.array([2, 3]))
    p = compare_rates(counts, WINDOW, ChangeRules(min_blocks=3))
    assert np.isnan(p[0])
    assert p[1] < 1e-6
    assert np.isnan(control_discoveries(p)[0])


def test_rules_that_make_no_test_are_refused():
    with pytest.raises(StudyError, match="false_share"):
        ChangeRules(false_share=1.0)


def test_stretches_are_ten_kilometres_of_a_leg():
    lines = pd.DataFrame({
        "leg_id": ["a"] * 24 + ["b"], "chainage_from_km": [*range(24), 0],
        "chainage_to_km": [*range(1, 25), 1], "length_km": 1.0,
    }, index=[f"s{n}" for n in range(25)])
    told = np.ones(25, bool)
    told[:2] = False
    number, groups = group_stretches(lines, told)
    assert np.bincount(number).tolist() == [12, 12, 1]
    assert groups.sum(axis=1) == pytest.approx([1.0, 1.0, 1.0])
    assert groups.toarray()[0, :3].tolist() == [0.0, 0.0, 0.1]


# -- properties --------------------------------------------------------------------------------

amount = st.floats(0, 1e6)


@given(amount, amount)
@settings(max_examples=10_000 if CAMPAIGN else 500)
def test_an_interval_holds_its_ratio_and_is_finite(before, after):
    counts = Counts(np.array([before]), np.array([after]), np.array([9]))
    ratio, low, high = measure_ratios(counts, WINDOW, ChangeRules())
    assert 0 < low <= ratio <= high < np.inf
    p = compare_rates(counts, WINDOW, ChangeRules())
    assert 0 <= p <= 1


@given(st.lists(st.tuples(st.one_of(st.none(), st.floats(0.25, 50)), st.floats(0.01, 1)),
                min_size=1, max_size=4), st.floats(0.1, 30), st.floats(0.1, 30))
def test_memories_weigh_as_much_as_they_say(parts, before, after):
    """Against sums over many days."""
    whole = sum(share for _, share in parts)
    memory = Memory(tuple(life for life, _ in parts), tuple(share / whole for _, share in parts))
    window = Window(before, after, memory)
    step = (before + after) / 40_000
    age = (np.arange(40_000) + 0.5) * step
    for weigh, squared in ((window.weigh_before, window.before_squared),
                           (window.weigh_after, window.after_squared)):
        assert weigh(age).sum() * step == pytest.approx(1.0, abs=0.01)
        assert (weigh(age) ** 2).sum() * step == pytest.approx(squared, rel=0.03)
    every = memory.weigh(age, window_years=before + after)
    kept = memory.share_older(after, window_years=before + after)
    assert every[age >= after].sum() * step == pytest.approx(kept, abs=0.01)
    # All that happened lies before: only what is kept of it is left.
    assert window.divide(np.zeros(1)) == pytest.approx(kept)


# -- a study -----------------------------------------------------------------------------------


def write_study(folder):
    """The grid with many more reports along column 2 since 2023, where there were few."""
    file = grid_study.write_grid_study(folder)
    with (folder / "incidents.csv").open(encoding="utf-8", newline="") as text:
        rows = list(csv.DictReader(text))
    for n in range(60):
        lon, lat = grid_study.locate(n % 20 / 5, 4.0)
        old = n < 4
        rows.append({**rows[0], "incident_id": f"new-{n:03d}", "lon": lon + 0.001, "lat": lat,
                     "date": f"{2020 + n % 3 if old else 2023 + n % 2}-{1 + n % 12:02d}-10"})
    grid_study._write_rows(folder / "incidents.csv", rows)
    return Study.open(file)


@pytest.fixture(scope="module")
def changes(tmp_path_factory):
    study = write_study(tmp_path_factory.mktemp("changes"))
    days = open_days(study, dt.date(2022, 12, 31), dt.date(2024, 12, 31))
    return compare_days(*days, choose_rules(study)), days


def test_a_study_is_told_where_more_is_reported(changes):
    layer, _ = changes
    frame = layer.frame
    east = frame[frame["leg_id"].isin(["n04", "n14", "n24"])]
    assert (east["change"] == "more_reported").mean() > 0.8
    assert (frame.loc[frame["leg_id"] == "n20", "change"] != "more_reported").all()
    assert frame["synthetic"].all()
    assert layer.provenance.synthetic
    told = frame[frame["change"] != "insufficient"]
    assert (told["ratio_low"] <= told["ratio"]).all()
    assert (told["ratio"] <= told["ratio_high"]).all()
    blind = frame[frame["change"] == "insufficient"]
    assert blind[["ratio", "ratio_low", "ratio_high", "stretch_q"]].isna().all(axis=None)
    assert sum(sum_changes(frame).values()) == pytest.approx(frame["length_km"].sum(), abs=0.01)


def test_intensities_are_those_of_a_run_as_of_either_day(changes):
    layer, days = changes
    for name, day in zip(("then", "now"), days, strict=True):
        frame = day.layer("segments").frame
        clear = frame["evidence"] != "insufficient"
        expected = frame["intensity_per_100km_year"].where(clear)
        pd.testing.assert_series_equal(layer.frame[f"intensity_{name}"], expected,
                                       check_names=False)


def test_stretches_come_strongest_first_and_can_be_written(changes):
    rows = list_stretches(changes[0].frame)
    assert len(rows)
    strength = np.abs(np.log(rows["ratio"])).to_numpy()
    assert (np.diff(strength) <= 1e-9).all()
    assert json.loads(rows.to_json(orient="records"))[0]["change"] == "more_reported"
    assert list(list_stretches(changes[0].frame.head(0))) == []


def test_a_ratio_against_what_was_published_is_no_clear_change():
    """A fit that spread reports wider lowers intensities here; that is no fewer reports."""
    rows = pd.DataFrame({
        "stretch_q": 0.01, "ratio_low": [2.0, 2.0, 0.2, 0.2, 2.0],
        "ratio_high": [4.0, 4.0, 0.5, 0.5, 4.0], "intensity_then": [1.0, 2.0, 2.0, 1.0, 0.001],
        "intensity_now": [2.0, 1.0, 1.0, 2.0, 0.009], "evidence": "observed"})
    assert judge_changes(rows, ChangeRules()).tolist() == [
        "more_reported", "no_clear_change", "fewer_reported", *["no_clear_change"] * 2]


@pytest.mark.parametrize(
    ("then", "now", "part"),
    [("2024-01-01", "2023-01-01", "earlier day first"), ("2023-01-01", "2023-01-01", "first"),
     ("2023-01-01", "2025-06-01", "as_of"), ("2011-01-01", "2023-01-01", "begins on 2020-01-01"),
     ("2020-01-02", "2023-01-01", "no incident with a position")],
)
def test_days_that_cannot_be_compared_are_refused(tmp_path, then, now, part):
    study = Study.open(grid_study.write_grid_study(tmp_path))
    with pytest.raises(CallError, match=part):
        open_days(study, dt.date.fromisoformat(then), dt.date.fromisoformat(now))
