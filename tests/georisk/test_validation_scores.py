"""Scores against numbers worked out by hand, and what must hold for every forecast."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from surroundings import CAMPAIGN

from georisk.validation.calibration import (
    bin_chances,
    estimate_dispersion,
    judge_total,
    measure_brier,
)
from georisk.validation.comparing import compare_events
from georisk.validation.record import Record
from georisk.validation.scores import (
    bin_masses,
    find_best_hit,
    find_novel,
    measure_bits,
    measure_depth,
    measure_deviation,
    rank_cells,
    weigh_hits,
)

MANY = settings(max_examples=10_000 if CAMPAIGN else 300, deadline=None)

# Ten cells of one km2. Cell 0 holds half of the mass, cell 1 a quarter, eight share the rest.
MASS = np.array([8.0, 4.0] + [0.5] * 8)
AREA = np.ones(10)
EVENTS = np.array([0, 0, 0, 1, 9])


def test_bits_by_hand():
    # densities over even: 5, 2.5, 0.3125
    expected = (3 * np.log2(5) + np.log2(2.5) + np.log2(0.3125)) / 5
    assert measure_bits(MASS, AREA, EVENTS).mean() == pytest.approx(expected, rel=1e-12)


def test_an_even_forecast_gains_nothing_whatever_the_cells():
    area = np.array([1.0, 2.0, 5.0])
    assert np.allclose(measure_bits(area * 3, area, np.array([0, 1, 2])), 0, atol=1e-12)


def test_hit_rates_pai_and_pei_by_hand():
    order = rank_cells(MASS, AREA, seed=1)
    assert order[:2].tolist() == [0, 1]
    # the top 5 % is half of cell 0: its three events count one half each
    assert weigh_hits(order, AREA, EVENTS, share=0.05).sum() == pytest.approx(1.5)
    assert weigh_hits(order, AREA, EVENTS, share=0.10).mean() == pytest.approx(3 / 5)
    assert weigh_hits(order, AREA, EVENTS, share=0.20).mean() == pytest.approx(4 / 5)
    # the best 20 % of the area holds cell 0 (3 events) and one cell of 1 event
    assert find_best_hit(AREA, EVENTS, share=0.20) == pytest.approx(4 / 5)
    assert find_best_hit(AREA, np.zeros(0, int), share=0.2) == 0


def test_auc_by_hand():
    # middles: cell 0 at 0.05, cell 1 at 0.15, cell 9 somewhere from 0.25 to 0.95
    depth = measure_depth(rank_cells(MASS, AREA, seed=1), AREA, EVENTS[:4])
    assert depth.tolist() == pytest.approx([0.05, 0.05, 0.05, 0.15])


def test_area_counts_not_cells():
    area = np.array([9.0, 1.0])
    order = rank_cells(np.array([9.0, 2.0]), area, seed=1)
    assert order.tolist() == [1, 0]
    assert weigh_hits(order, area, np.array([0]), share=0.55).tolist() == pytest.approx([0.5])


def test_ties_are_noise_not_order():
    events = np.zeros(1, int)
    area = np.ones(1000)
    hits = [weigh_hits(rank_cells(area * 0.1 / 0.3, area, seed=seed), area, events, share=0.2)[0]
            for seed in range(400)]
    assert 0.13 < np.mean(hits) < 0.27
    again = [rank_cells(area, area, seed=5), rank_cells(area, area, seed=5)]
    assert (again[0] == again[1]).all()


def test_calibration_bins_by_hand():
    # cell 0 is the first five bins of ten, cell 1 the next two and a half
    binned = bin_masses(MASS, np.arange(10), EVENTS)
    assert binned.tolist() == pytest.approx([0.6] * 5 + [0.4, 0.4, 0.2, 0, 1.0])
    assert measure_deviation(binned) == pytest.approx(0.1)
    assert measure_deviation(np.zeros(10)) is None


def test_a_mass_too_small_to_count_keeps_its_events():
    mass = np.array([1e-12, 1e6, 1e6, 3e5])
    binned = bin_masses(mass, rank_cells(mass, np.ones(4), seed=1), np.array([0, 0, 1]))
    assert binned.sum() == pytest.approx(3)
    assert binned[-1] == pytest.approx(2)


def test_novel_is_far_from_every_earlier_day():
    day = np.array(["2018-01-01", "2019-01-01", "2019-01-01", "2019-02-01"], "datetime64[D]")
    xy = np.array([[0.0, 0.0], [0.0, 10.0], [0.0, 10.1], [0.0, 15.0]])
    record = Record(xy, np.ones(4), day, np.full(4, "acc", object))
    # the second lies on the limit; the third beyond it (the second is of the same day)
    assert find_novel(record, np.arange(1, 4), radius_km=10.0).tolist() == [False, True, False]


def test_brier_and_reliability_by_hand():
    mass = np.array([np.log(2), np.log(2), 0.005])
    assert measure_brier(mass, np.array([0, 0])) == pytest.approx(
        (0.25 + 0.25 + (1 - np.exp(-0.005)) ** 2) / 3)
    bins = bin_chances(mass, np.array([0, 0]))
    assert bins[0][0] == 1
    assert bins[0][2] == 0
    assert bins[6] == (2, pytest.approx(1.0), 1)
    assert sum(one[0] for one in bins) == 3


def test_totals_follow_how_years_varied():
    assert estimate_dispersion([10, 30, 50]) == pytest.approx((400 - 30) / 900)
    steady, jumpy = judge_total(100, 160, [100] * 4), judge_total(100, 160, [40, 160, 70, 130])
    assert steady.inside is False
    assert jumpy.inside is True
    assert judge_total(5.0, 5, [5, 6]).low is None


def test_a_paired_difference_needs_no_wide_gap():
    rng = np.random.default_rng(3)
    base = rng.normal(0, 5, 400)
    found = compare_events(base + 0.1, base, np.repeat([2019, 2020], 200), seed=1)
    assert found.value == pytest.approx(0.1)
    assert found.low > 0.09
    assert found.years_won == 2
    noisy = compare_events(rng.normal(0, 5, 400), base, np.repeat([2019, 2020], 200), seed=1)
    assert noisy.low < 0 < noisy.high
    assert compare_events(np.zeros(0), np.zeros(0), np.zeros(0, int), seed=1).value is None


def test_the_interval_covers_as_often_as_it_says():
    rng = np.random.default_rng(11)
    covered = 0
    for trial in range(200):
        step = rng.exponential(1.0, 80) - 1.0
        one = compare_events(step, np.zeros(80), np.zeros(80, int), draws=300, seed=trial)
        covered += one.low <= 0 <= one.high
    assert 0.88 <= covered / 200 <= 0.98


@MANY
@given(st.lists(st.floats(1e-9, 1e6), min_size=2, max_size=30), st.data())
def test_whatever_the_forecast(masses, data):
    mass = np.array(masses)
    area = np.array(data.draw(st.lists(st.floats(0.1, 1e4), min_size=len(mass),
                                       max_size=len(mass))))
    cells = np.array(data.draw(st.lists(st.integers(0, len(mass) - 1), min_size=1, max_size=20)))
    order = rank_cells(mass, area, seed=1)
    rates = [weigh_hits(order, area, cells, share=share).mean() for share in (0.01, 0.2, 0.5, 1)]
    assert rates == sorted(rates)
    assert rates[-1] == pytest.approx(1)
    assert all(rate <= find_best_hit(area, cells, share=share) + 1e-9
               for rate, share in zip(rates, (0.01, 0.2, 0.5, 1), strict=True))
    assert bin_masses(mass, order, cells).sum() == pytest.approx(len(cells))
    assert np.isfinite(measure_bits(mass, area, cells)).all()
    # the scale of a forecast changes its totals alone
    assert measure_bits(mass * 7, area, cells) == pytest.approx(measure_bits(mass, area, cells))
    # mean gain under the forecast itself is never below 0 (Gibbs)
    own = mass / mass.sum()
    every = measure_bits(mass, area, np.arange(len(mass)))
    assert (own * every).sum() >= -1e-9
    assert (measure_depth(order, area, cells) > 0).all()
