"""Factors against the corridor's median: they multiply exactly to the ratio."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from surroundings import CAMPAIGN

from georisk.explaining import (
    MAX_REASONS,
    explain_segment,
    find_median_segment,
)
from layers.errors import BrokenError, CallError, GeoriskError

EXAMPLES = 10_000 if CAMPAIGN else 150
COVARIATES = ("incidents", "border", "heat", "land_cover", "rail", "wells", "zinc")


def make_segments(factors, *, base=2.0, length_km=None, **columns):
    """Frame with invented factors: rows of dicts of factor by name."""
    rows = len(factors)
    frame = pd.DataFrame(
        [{f"factor_{name}": value for name, value in row.items()} for row in factors],
        index=pd.Index([f"a-{n + 1:04d}" for n in range(rows)], name="segment_id"),
    )
    intensity = base * frame.prod(axis=1)
    told = {
        "leg_id": "a", "corridor": "c", "near_place": "Town", "evidence": "observed",
        "risk_class": "high", "synthetic": True, "intensity_low": intensity / 2,
        "intensity_high": intensity * 2, "chainage_from_km": np.arange(rows, dtype=float),
        "chainage_to_km": np.arange(rows) + 1.0,
        "length_km": 1.0 if length_km is None else length_km, **columns,
    }
    return frame.assign(base_intensity=base, intensity_per_100km_year=intensity, **told)


THREE = [{"incidents": 0.5, "border": 1.0}, {"incidents": 1.0, "border": 1.0},
         {"incidents": 1.5, "border": 2.0}]


def test_by_hand():
    conditions = pd.DataFrame({"border_km": [80.0, 40, 8]}, index=["a-0001", "a-0002", "a-0003"])
    told = explain_segment(make_segments(THREE), conditions, "a-0003")
    assert (told.reference_id, told.ratio) == ("a-0002", 3.0)
    border, incidents = told.reasons
    assert (border.name, border.factor, border.value, border.unit) == ("border", 2.0, 8.0, "km")
    assert (incidents.name, incidents.factor, incidents.value) == ("incidents", 1.5, None)
    assert (told.intensity, told.low, told.high) == (6.0, 3.0, 12.0)
    assert told.rest == 1.0
    assert told.rest_names == ()


def test_equal_detection_is_told_beside_the_factors_not_among_them():
    frame = make_segments(THREE).assign(intensity_equal_detection=[1.0, 2.8, np.nan])
    told = explain_segment(frame, None, "a-0002")
    assert told.equal_detection == pytest.approx(1.4)  # 2.8 over an intensity of 2
    assert told.ratio == 1.0
    assert "detection" not in told.rest_names
    assert explain_segment(frame, None, "a-0003").equal_detection is None
    assert explain_segment(make_segments(THREE), None, "a-0002").equal_detection is None
    blind = frame.assign(evidence="insufficient")
    assert explain_segment(blind, None, "a-0002").equal_detection is None


def test_the_median_is_a_real_segment_by_length_and_ties_go_by_id():
    rows = pd.DataFrame({"length_km": [1.0, 1, 1, 1], "intensity_per_100km_year": [5.0, 5, 1, 5]},
                        index=["d", "b", "a", "c"])
    assert find_median_segment(rows) == "b"
    assert find_median_segment(rows.iloc[::-1]) == "b"
    assert find_median_segment(rows.assign(length_km=[1.0, 1, 9, 1])) == "a"


def test_segments_without_evidence_are_neither_told_nor_the_median():
    frame = make_segments(THREE, evidence=["observed", "insufficient", "observed"])
    assert explain_segment(frame, None, "a-0003").reference_id == "a-0001"
    blind = explain_segment(frame, None, "a-0002")
    numbers = (blind.intensity, blind.low, blind.high, blind.ratio, blind.rest)
    assert numbers == (None,) * 5
    assert (blind.reasons, blind.harms, blind.reference_id) == ((), (), "")


def test_other_corridors_do_not_count_and_an_unowned_leg_is_compared_with_all():
    frame = make_segments([*THREE, {"incidents": 100.0, "border": 1.0}],
                          corridor=["c", "c", "c", None])
    assert explain_segment(frame, None, "a-0003").reference_id == "a-0002"
    lone = explain_segment(frame, None, "a-0004")
    assert (lone.scope, lone.reference_id, lone.corridor) == ("study", "a-0002", "")


def test_a_zero_on_either_side_gives_no_multiple():
    frame = make_segments([{"incidents": 0.0}, {"incidents": 0.0}, {"incidents": 3.0}])
    assert explain_segment(frame, None, "a-0003").ratio is None
    assert explain_segment(frame, None, "a-0001").ratio is None
    assert explain_segment(frame, None, "a-0001").intensity == 0.0


def test_a_layer_of_the_study_brings_its_own_value():
    frame = make_segments([{"wells": 1.0, "soil": 1.0}, {"wells": 3.0, "soil": 2.0}],
                          length_km=[5.0, 1.0])
    conditions = pd.DataFrame({"wells_km": [1.0, 4.5], "soil": [0.0, np.nan]}, index=frame.index)
    wells, soil = explain_segment(frame, conditions, "a-0002").reasons
    assert (wells.value, wells.unit, soil.value) == (4.5, "km", None)


def test_shares_of_harm_sum_to_one_and_the_largest_comes_first():
    frame = make_segments(THREE, intensity_sec=1.0, intensity_acc=0.0, intensity_env=3.0,
                          intensity_wat=np.nan)
    harms = explain_segment(frame, None, "a-0001").harms
    assert harms == (("env", 0.75), ("sec", 0.25), ("acc", 0.0), ("wat", 0.0))


@pytest.mark.parametrize(
    ("name", "part"),
    [("a", "a-0001 to a-0003"), ("a-0099", "a-0001 to a-0003"), ("aa-0002", "a-0002"),
     ("", "four digits"), ("x\x1b[2J" * 40, "no segment"), ("zzzz", "georisk list legs")],
)
def test_a_wrong_id_is_refused_with_what_was_meant(name, part):
    with pytest.raises(CallError) as refusal:
        explain_segment(make_segments(THREE), None, name)
    assert part in str(refusal.value)
    assert "\x1b" not in str(refusal.value)
    assert len(str(refusal.value)) < 400


def test_factors_that_do_not_close_are_our_fault():
    frame = make_segments(THREE)
    frame.loc["a-0003", "factor_border"] = 1.9
    with pytest.raises(BrokenError, match="a-0003"):
        explain_segment(frame, None, "a-0003")


factor = st.floats(1e-3, 1e3)
tables = st.lists(st.fixed_dictionaries(dict.fromkeys(COVARIATES, factor)), min_size=2, max_size=6)


@given(tables, st.data())
@settings(max_examples=EXAMPLES)
def test_what_is_told_multiplies_to_the_ratio(rows, data):
    frame = make_segments(rows, base=data.draw(factor))
    chosen = data.draw(st.sampled_from(list(frame.index)))
    told = explain_segment(frame, None, chosen)
    product = math.prod(reason.factor for reason in told.reasons) * told.rest
    assert math.isclose(product, told.ratio, rel_tol=1e-9)
    reference = frame.loc[told.reference_id, "intensity_per_100km_year"]
    assert math.isclose(told.ratio * reference, told.intensity, rel_tol=1e-9)
    strength = [abs(math.log(reason.factor)) for reason in told.reasons]
    assert strength == sorted(strength, reverse=True)
    assert len(told.reasons) <= MAX_REASONS
    assert {reason.name for reason in told.reasons} | set(told.rest_names) == set(COVARIATES)
    shuffled = frame.sample(frac=1, random_state=1)[sorted(frame.columns)]
    assert explain_segment(shuffled, None, chosen).reference_id == told.reference_id


anything = st.one_of(st.floats(width=32, allow_infinity=False), st.integers(-3, 3))


@given(st.lists(st.tuples(anything, anything, st.floats()), min_size=1, max_size=4), st.data())
@settings(max_examples=EXAMPLES)
def test_whatever_stands_in_the_table_nothing_but_our_errors_escapes(rows, data):
    frame = make_segments([{"incidents": float(a), "border": float(b)} for a, b, _ in rows])
    conditions = pd.DataFrame({"border_km": [c for *_, c in rows]}, index=frame.index)
    try:
        told = explain_segment(frame, conditions, data.draw(st.sampled_from(list(frame.index))))
    except GeoriskError:
        return
    numbers = [told.ratio, told.rest, told.intensity, *(r.factor for r in told.reasons),
               *(r.value for r in told.reasons)]
    assert all(math.isfinite(number) for number in numbers if number is not None)
