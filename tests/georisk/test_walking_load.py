"""What a body carries: nobody looks better served because he drinks less."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from georisk.coverage.asking import Question, _load
from georisk.parameters import Parameters
from georisk.priority.coping import measure_reach
from georisk.services import GROUP_OF_PROFILE, find_carried_l, tabulate_services
from georisk.walking import read_traveller

PARAMETERS = Parameters.read()


def test_a_child_alone_carries_a_tenth_of_its_body():
    assert read_traveller(PARAMETERS, "unaccompanied_child").carried_l == 2.0  # 20 kg x 0.10
    others = set(GROUP_OF_PROFILE) - {"unaccompanied_child"}
    assert {read_traveller(PARAMETERS, name).carried_l for name in others} == {4.0}
    older = PARAMETERS.replace(profile__unaccompanied_child__mass_kg=45.0)
    assert read_traveller(older, "unaccompanied_child").carried_l == 4.0
    assert read_traveller(PARAMETERS, "unaccompanied_child", carried_l=4.0).carried_l == 4.0


def test_a_child_alone_gets_no_farther_than_an_adult():
    """2 L / (0.71 x 0.6) = 4.69 h at 0.75 of the pace; an adult 4 L / 0.71 = 5.63 h."""
    reach = {}
    for name in GROUP_OF_PROFILE:
        table = tabulate_services(PARAMETERS, ["water"], profile=name)
        speed = PARAMETERS.value(f"profile.{name}.speed_factor")
        reach[name] = table.loc["water", "threshold_h"] * speed
    assert reach["unaccompanied_child"] == pytest.approx(4.6948 * 0.75, rel=1e-4)
    assert reach["unaccompanied_child"] < reach["family"] < reach["adult_man"]
    told = tabulate_services(PARAMETERS, ["water"], profile="unaccompanied_child")["source"]
    assert "2 L is the most that its body carries" in told["water"]


def test_a_load_that_is_asked_for_is_taken_as_it_is():
    asked = _load(PARAMETERS, Question("unaccompanied_child", carried_l=6.0))
    assert find_carried_l(asked, "unaccompanied_child") == 6.0


@given(st.sampled_from(sorted(GROUP_OF_PROFILE)), st.floats(2, 8), st.floats(0.05, 0.2))
def test_a_load_is_never_more_than_usual_nor_than_the_body_bears(profile, usual, share):
    parameters = PARAMETERS.replace(water__carried_l=usual, water__carried_share=share)
    load = find_carried_l(parameters, profile)
    mass = 60.0 if profile == "family" else parameters.value(f"profile.{profile}.mass_kg")
    assert load == min(usual, share * mass)


def test_priority_reads_the_threshold_of_each_row():
    """Shelter 8 h away: within the 8 h of an adult; half of it within the 16/3 h of the row."""
    coverage = pd.DataFrame({
        "segment_id": ["a", "b", "c"], "direction": "forward", "service": "shelter",
        "nearest_id": "p", "walk_h": 8.0, "mode_h": 8.0, "second_id": None,
        "second_walk_h": float("nan"), "threshold_h": [8.0, 16 / 3, 4.0],
    })
    services = tabulate_services(PARAMETERS, ["shelter"])
    mode = pd.Series("foot", index=["a", "b", "c"])
    told = measure_reach(coverage, services, mode).covered[:, 2]
    assert told.tolist() == pytest.approx([1.0, 0.5, 0.0])
    bare = measure_reach(coverage.drop(columns="threshold_h"), services, mode).covered[:, 2]
    assert bare.tolist() == [1.0, 1.0, 1.0]
