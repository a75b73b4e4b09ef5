"""Shares that sum, ranks that are honest, and indices that agree with what is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scenes import make_many, make_scene, scenes
from surroundings import CAMPAIGN

from georisk.parameters import Parameters
from georisk.priority.hazards import take_inverse_mean
from georisk.priority.index import combine_dimensions, score_scene, weigh_dimensions
from georisk.priority.numbers import (
    GROUPS,
    read_numbers,
    read_uncertain,
    vary_numbers,
)
from georisk.priority.sensitivity import measure_sensitivity, measure_sobol
from georisk.priority.shapley import share_hazards, share_logs
from georisk.priority.uncertainty import rank_scores, spread_scores

MANY = settings(max_examples=10_000 if CAMPAIGN else 500, deadline=None)
DECLARED = Parameters.read()
MAN = read_numbers(DECLARED, "adult_man")
UNSURE = read_uncertain(DECLARED, "adult_man")
FAMILY_UNSURE = read_uncertain(DECLARED, "family")
CERTAIN = replace(UNSURE, high=UNSURE.low, aggregations=("geometric",))
NO_DRAWS = np.empty((120, 0), np.float32)


@MANY
@given(st.lists(st.floats(0, 10), min_size=4, max_size=4))
def test_shares_of_hazards_sum_to_the_hazard(values):
    hazards = np.array([values])
    shares = share_hazards(hazards)
    assert shares.sum() == pytest.approx(take_inverse_mean(list(hazards.T))[0], abs=1e-9)
    assert (shares >= -1e-9).all()
    assert (shares[hazards == 0] < 1e-9).all()


def test_a_shares_order_does_not_matter():
    one = share_hazards(np.array([[8.0, 2.0, 5.0, 0.0]]))
    two = share_hazards(np.array([[0.0, 5.0, 2.0, 8.0]]))
    np.testing.assert_allclose(one[:, ::-1], two)


@MANY
@given(st.lists(st.floats(0.1, 10), min_size=6, max_size=6))
def test_shares_in_logs_sum_to_the_difference(values):
    here, there = np.array([values[:3]]), np.array([values[3:]])
    found = share_logs(here, there, weigh_dimensions(MAN)).sum()
    scores = [combine_dimensions(part, MAN)[0] for part in (here, there)]
    assert found == pytest.approx(np.log(scores[0]) - np.log(scores[1]), abs=1e-9)


@MANY
@given(st.lists(st.floats(0.001, 0.999), min_size=60, max_size=60))
def test_every_draw_stays_within_its_ranges(chances):
    numbers = read_numbers(DECLARED, "family")
    drawn = vary_numbers(numbers, FAMILY_UNSURE, np.array(chances[:FAMILY_UNSURE.size]))
    assert set(drawn.values) == set(numbers.values)
    for name, low, high in zip(FAMILY_UNSURE.names, FAMILY_UNSURE.low, FAMILY_UNSURE.high,
                               strict=True):
        assert low - 1e-12 <= drawn.value(name) <= high + 1e-12, name
    for group in ("weight", "service"):
        total = sum(v for name, v in drawn.values.items() if name.startswith(group + "."))
        assert total == pytest.approx(1)


def test_weights_are_a_dirichlet_around_what_is_declared():
    chances = np.random.default_rng(4).random((4000, UNSURE.size))
    drawn = np.array([vary_numbers(MAN, UNSURE, row).value("service.water") for row in chances])
    assert drawn.mean() == pytest.approx(0.3, abs=0.005)
    assert drawn.std() == pytest.approx(np.sqrt(0.3 * 0.7 / 31), abs=0.005)


def test_without_doubt_every_draw_is_the_point():
    scene = make_many()
    fixed = CERTAIN
    numbers = vary_numbers(MAN, fixed, np.full(fixed.size, 0.3))
    assert numbers.values == pytest.approx(dict(MAN.values))
    certain = replace(fixed, low=np.array([MAN.value(name) for name in fixed.names]),
                      high=np.array([MAN.value(name) for name in fixed.names]))
    found = spread_scores(scene, MAN, certain, ratios=NO_DRAWS, draws=20, seed=1)
    point = score_scene(scene, MAN).score
    for part in (found.median, found.low, found.high):
        np.testing.assert_allclose(part, point, rtol=1e-6)
    assert np.array_equal(found.rank, found.rank_low)
    assert np.array_equal(found.rank, found.rank_high)
    assert (found.overlap == 1).all()
    assert found.robust


def test_a_band_holds_its_middle_and_unknown_has_no_rank():
    found = spread_scores(make_many(), MAN, UNSURE, ratios=NO_DRAWS, draws=100, seed=1)
    assert np.isnan(found.median[:10]).all()
    assert (found.rank[:10] == 0).all()
    known = slice(10, None)
    assert (found.low[known] <= found.median[known]).all()
    assert (found.median[known] <= found.high[known]).all()
    assert (found.rank_low[known] >= 1).all()
    assert (found.rank_low[known] <= found.rank_high[known]).all()
    assert (found.rank_high <= 110).all()
    assert ((found.p_top[known] >= 0) & (found.p_top[known] <= 1)).all()
    assert found.p_top[known].sum() == pytest.approx(11, abs=0.5)
    again = spread_scores(make_many(), MAN, UNSURE, ratios=NO_DRAWS, draws=100, seed=1)
    assert np.array_equal(found.rank_low, again.rank_low)


def test_redrawn_reports_widen_the_band():
    scene = make_scene(harm=[[h] * 4 for h in np.linspace(0.1, 1, 20)])
    certain = replace(CERTAIN, low=np.array([MAN.value(name) for name in CERTAIN.names]),
                      high=np.array([MAN.value(name) for name in CERTAIN.names]))
    ratios = np.random.default_rng(1).lognormal(0, 1, (20, 50)).astype(np.float32)
    found = spread_scores(scene, MAN, certain, ratios=ratios, draws=60, seed=1)
    assert (found.rank_low < found.rank_high).all()


@settings(max_examples=60 if not CAMPAIGN else 2000, deadline=None)
@given(scenes())
def test_any_scene_has_a_spread(scene):
    none = np.empty((len(scene), 0), np.float32)
    found = spread_scores(scene, MAN, UNSURE, ratios=none, draws=7, seed=1)
    silent = np.isnan(score_scene(scene, MAN).score)
    assert np.array_equal(np.isnan(found.median), silent)
    assert np.array_equal(found.rank == 0, silent)


def test_ranks_do_not_depend_on_order():
    scores = np.array([3.0, 1.0, 3.0, 9.0])
    assert rank_scores(scores).tolist() == [2, 4, 2, 1]
    assert rank_scores(scores[::-1]).tolist() == [1, 2, 4, 2]


def ishigami(chance):
    x = -np.pi + 2 * np.pi * chance
    return float(np.sin(x[0]) + 7 * np.sin(x[1]) ** 2 + 0.1 * x[2] ** 4 * np.sin(x[0]))


def test_sobol_indices_of_a_known_function():
    found = measure_sobol(ishigami, ["a", "b", "c"], samples=1024, seed=3)
    assert found["first"].tolist() == pytest.approx([0.314, 0.442, 0.0], abs=0.03)
    assert found["total"].tolist() == pytest.approx([0.558, 0.442, 0.244], abs=0.03)


def test_groups_agree_with_salib():
    sample = pytest.importorskip("SALib.sample.sobol", reason="needs SALib").sample
    analyze = pytest.importorskip("SALib.analyze.sobol", reason="needs SALib").analyze
    problem = {"num_vars": 3, "names": ["a", "b", "c"], "bounds": [[0, 1]] * 3,
               "groups": ["one", "two", "one"]}
    points = sample(problem, 1024, calc_second_order=False, seed=1)
    theirs = analyze(problem, np.array([ishigami(x) for x in points]), calc_second_order=False)
    ours = measure_sobol(ishigami, ["one", "two", "one"], samples=1024, seed=3)
    assert ours["first"].tolist() == pytest.approx(list(theirs["S1"]), abs=0.03)
    assert ours["total"].tolist() == pytest.approx(list(theirs["ST"]), abs=0.03)


def test_what_does_not_vary_moves_nothing():
    flat = measure_sobol(lambda _: 1.0, ["a", "b"], samples=8, seed=1)
    assert (flat == 0).all().all()
    ratios = np.random.default_rng(1).lognormal(0, 1, (120, 9)).astype(np.float32)
    found = measure_sensitivity(make_many(), MAN, UNSURE, ratios=ratios, samples=16, seed=1)
    assert set(found.index) == set(GROUPS)
    assert found.loc["profile", "total"] == 0  # the reference profile's multipliers are 1
    assert np.isfinite(found.to_numpy()).all()
    nobody = make_scene(harm=[[np.nan] * 4])
    none = measure_sensitivity(nobody, MAN, UNSURE, ratios=ratios[:1], samples=8, seed=1)
    assert (none == 0).all().all()
