"""The index: by hand on one segment, and what must hold on any."""

from __future__ import annotations

import math

import grid_study
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scenes import make_scene, scenes
from surroundings import CAMPAIGN

from georisk.incidents import read_lonlat
from georisk.parameters import Parameters
from georisk.priority.coping import measure_help_km
from georisk.priority.harm import HarmWeights, read_harm_weights, weigh_harm
from georisk.priority.hazards import (
    Conditions,
    judge_conditions,
    score_conditions,
    score_reports,
    take_inverse_mean,
)
from georisk.priority.index import combine_dimensions, index_on_cells, score_scene
from georisk.priority.normalising import measure_clipping, normalise, normalise_log
from georisk.priority.numbers import AGGREGATIONS, Numbers, list_defaults, read_numbers
from layers.crs import project_xy_m
from layers.errors import CallError

MANY = settings(max_examples=10_000 if CAMPAIGN else 200, deadline=None)
DECLARED = Parameters.read()
MAN = read_numbers(DECLARED, "adult_man")
FAMILY = read_numbers(DECLARED, "family")
scores = st.floats(0, 10)


def test_one_segment_by_hand():
    # violence 1 -> 6.667; accidents 0.1 x 0.5 on foot -> 2.330; drowning 0; heat 29 degC -> 5,
    # all other conditions 0: E = (10 - (5.5 x 10 x 10 x 10)^(1/4)) / 0.9 = 1.542
    scene = make_scene(harm=[[1.0, 0.1, 0.0, 0.0]], degc=29.0, covered=[[1.0, 0.5, 0.0, 0.0]])
    found = score_scene(scene, MAN)
    assert found.hazards[0] == pytest.approx([6.667, 2.330, 1.542, 0.0], abs=1e-3)
    # (4 x 7.903 x 8.612 x 10)^(1/4) = 7.223
    assert found.hazard[0] == pytest.approx(3.085, abs=1e-3)
    assert found.coping[0] == pytest.approx(10 * (1 - 0.3 - 0.125))
    assert found.score[0] == pytest.approx((3.0851 * 3 * 5.75) ** (1 / 3), abs=1e-3)
    assert not found.floored[0]


@pytest.mark.parametrize(
    ("values", "mean"),
    [((8, 2), 5.787), ((10, 0), 7.598), ((5, 5), 5.0), ((10, 0, 0, 0), 4.863),
     ((0, 0, 0, 0), 0.0), ((10, 10, 10, 10), 10.0)],
)
def test_the_inverse_mean_as_published(values, mean):
    found = take_inverse_mean([np.array([float(value)]) for value in values])
    assert found[0] == pytest.approx(mean, abs=1e-3)


@MANY
@given(st.lists(scores, min_size=1, max_size=4))
def test_the_inverse_mean_is_never_below_the_plain_one(values):
    found = take_inverse_mean([np.array([value]) for value in values])[0]
    assert np.mean(values) - 1e-9 <= found <= max(values) + 1e-9


@MANY
@given(scenes(), st.sampled_from(AGGREGATIONS), st.sampled_from([MAN, FAMILY]))
def test_a_score_lies_on_the_scale_or_is_missing(scene, how, numbers):
    found = score_scene(scene, Numbers(numbers.values, numbers.profile, how))
    known = found.score[~np.isnan(found.score)]
    assert ((known >= 0) & (known <= 10)).all()
    silent = np.isnan(scene.harm).any(axis=1)
    assert np.isnan(found.score[silent]).all()


@MANY
@given(scenes(), st.integers(0, 3), st.floats(1, 100))
def test_more_reports_never_lower_a_score(scene, column, times):
    more = scene.harm.copy()
    more[:, column] *= times
    before = score_scene(scene, MAN).score
    worse = type(scene)(more, scene.mode, scene.conditions, scene.covered)
    after = score_scene(worse, MAN).score
    assert np.array_equal(np.isnan(before), np.isnan(after))
    assert (np.nan_to_num(after) >= np.nan_to_num(before) - 1e-9).all()


@MANY
@given(scenes(), st.randoms(use_true_random=False))
def test_order_and_company_change_nothing(scene, random):
    rows = list(range(len(scene)))
    random.shuffle(rows)
    whole = score_scene(scene, MAN).score
    mixed = score_scene(scene.take(np.array(rows)), MAN).score
    np.testing.assert_allclose(mixed, whole[rows], rtol=1e-12)
    alone = score_scene(scene.take(np.array([0])), MAN).score
    np.testing.assert_allclose(alone, whole[:1], rtol=1e-12)


@pytest.mark.parametrize("left_out", ["temperature_degc", "aridity", "slowness", "storms_per_year"])
def test_a_missing_condition_is_left_out_and_not_nought(left_out):
    full = {"temperature_degc": np.full((1, 1), 30.0), "aridity": np.array([0.2]),
            "slowness": np.array([2.0]), "storms_per_year": np.full((1, 1), 0.2)}
    scored = score_conditions(Conditions(**full), MAN)
    without = Conditions(**{**full, left_out: full[left_out] * np.nan})
    name = dict(zip(full, scored, strict=True))[left_out]
    rest = [value for key, value in scored.items() if key != name]
    assert judge_conditions(without, MAN)[0] == pytest.approx(take_inverse_mean(rest)[0, 0])
    assert judge_conditions(without, MAN)[0] > 1
    also = "aridity" if left_out != "aridity" else "slowness"
    two = Conditions(**{**full, left_out: full[left_out] * np.nan, also: full[also] * np.nan})
    assert np.isnan(judge_conditions(two, MAN)[0])


def test_without_conditions_reports_stand_and_without_reports_nothing_does():
    scene = make_scene(harm=[[1.0, 1.0, 1.0, 1.0], [np.nan] * 4], degc=np.nan, aridity=np.nan)
    found = score_scene(scene, MAN)
    assert found.hazards[0, 2] == pytest.approx(6.667, abs=1e-3)
    assert found.score[0] > 0
    assert np.isnan(found.score[1])


def test_the_year_is_the_mean_of_its_months():
    degc = np.array([[24.0, 34.0, 10.0]])
    ground = Conditions(degc, np.ones(1), np.ones(1), np.zeros((1, 3)))
    by_month = [judge_conditions(Conditions(degc[:, [k]], np.ones(1), np.ones(1), np.zeros((1, 1))),
                                 MAN)[0] for k in range(3)]
    assert judge_conditions(ground, MAN)[0] == pytest.approx(np.mean(by_month))
    assert by_month[0] == 0 < by_month[2] < by_month[1]


def test_modes_and_profiles_move_their_classes_alone():
    harm = np.full((2, 4), 0.1)
    modes = np.array(["foot", "boat"], dtype=object)
    foot, boat = score_reports(harm, modes, MAN)
    assert foot == pytest.approx([10 / 3, 10 / 3 * (1 + math.log10(0.5)), 10 / 3, 10 / 3])
    assert boat[3] - foot[3] == pytest.approx(10 / 3 * math.log10(4))
    child = score_reports(harm, modes, read_numbers(DECLARED, "unaccompanied_child"))[0]
    assert child - foot == pytest.approx([10 / 3 * math.log10(2), 0, 10 / 3 * math.log10(1.7), 0])


def test_a_nought_does_not_annihilate_and_is_marked():
    scene = make_scene(harm=[[0.0] * 4], degc=20.0, aridity=1.0, covered=[[1.0] * 4])
    found = score_scene(scene, MAN)
    assert found.score[0] == pytest.approx((0.1 * 3 * 0.1) ** (1 / 3))
    assert found.floored[0]


def test_bounds_are_fixed_and_refused_where_they_make_no_scale():
    assert normalise(np.array([np.nan, 25.0]), 25, 33)[1] == 0
    assert np.isnan(normalise(np.array([np.nan]), 25, 33)[0])
    assert normalise_log(np.array([0.65, 0.03, 0.0]), 0.65, 0.03).tolist() == [0.0, 10.0, 10.0]
    assert measure_clipping(np.array([np.nan])) == (0.0, 0.0)
    with pytest.raises(CallError, match="both 3"):
        normalise(np.zeros(1), 3, 3)
    with pytest.raises(CallError, match="above 0"):
        normalise_log(np.zeros(1), 0, 3)
    with pytest.raises(CallError, match="no aggregation"):
        combine_dimensions(np.ones((1, 3)), Numbers(MAN.values, "adult_man", "best"))
    with pytest.raises(CallError, match="no such profile"):
        read_numbers(DECLARED, "giant")


counts = st.one_of(st.none(), st.integers(0, 5000))


@MANY
@given(st.lists(st.tuples(st.sampled_from([None, "kidnapping", "heat", "robbery", "?"]), counts,
                          counts, counts, counts), max_size=5))
def test_harm_is_bounded_whatever_is_missing(rows):
    frame = pd.DataFrame(rows, columns=["subtype", "dead", "missing", "injured", "n_victims"])
    found = weigh_harm(frame)
    assert found.shape == (len(frame),)
    assert ((found > 0) & (found <= 10)).all()
    assert weigh_harm(frame[["subtype"]]).tolist() == weigh_harm(frame[["subtype"]]).tolist()


def test_harm_by_the_declared_weights():
    assert read_harm_weights(DECLARED) == HarmWeights()
    rows = pd.DataFrame({"subtype": ["kidnapping", "extortion", "train_fall", None],
                         "dead": [1, 0, 0, 0], "n_victims": [3, 20, 1, 0]})
    assert weigh_harm(rows).tolist() == pytest.approx([1 + 2 * 0.6, 1.0, 0.4, 0.4])


def test_cells_off_the_routes():
    cells = pd.DataFrame({"settlement_km": [1.0, 60.0, np.nan], "heat_degc": 33.0, "aridity": 0.1,
                          "relief_m": 100.0})
    found = index_on_cells(np.full((3, 4), 0.5), cells, MAN)
    assert 0 < found[0] < found[1] <= 10
    assert np.isnan(found[2])
    near = index_on_cells(np.full((3, 4), 0.5), cells.assign(help_km=[0.0, 1.0, 2.0]), MAN)
    assert near[1] < found[1]
    assert not np.isnan(near).any()


def test_help_is_the_second_nearest_place_of_it():
    places = grid_study.make_places(["gt-ex-1", "gt-ex-2", "gt-ex-3", "gt-ex-4"])
    at_km = project_xy_m(*read_lonlat(places), crs_metric=grid_study.CRS_METRIC) / 1000
    found = measure_help_km(at_km, places, crs_metric=grid_study.CRS_METRIC)
    # the first two share a crossing; 7.5 km on is the third; the fourth is a corner away
    assert found[:3] == pytest.approx([0.0, 0.0, 7.5], abs=0.05)
    one = measure_help_km(at_km, places[:1], crs_metric=grid_study.CRS_METRIC)
    assert np.isinf(one).all()
    none = measure_help_km(at_km, places[:0], crs_metric=grid_study.CRS_METRIC)
    assert np.isnan(none).all()


def test_what_is_still_a_default_is_told():
    before = list_defaults(DECLARED, DECLARED, "family")
    own = DECLARED.replace(priority__mode__train__sec=2.0)
    assert set(before) - set(list_defaults(own, DECLARED, "family")) == {"priority.mode.train.sec"}
    assert not [name for name in before if "adult_man" in name or name.endswith("seed")]
