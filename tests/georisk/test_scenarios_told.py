"""Scenarios: all faults together, and what rests on points that are only assumed."""

from __future__ import annotations

import datetime as dt

import pytest
from grid_study import locate, write_grid_study
from hypothesis import given as given_cases
from hypothesis import strategies as st

from georisk.scenarios.comparing import compare_scenarios
from georisk.scenarios.mending import find_more_faults, mend_values
from georisk.scenarios.world import open_scenario
from georisk.study import Study
from layers.errors import StudyError

TODAY = dt.date(2025, 1, 1)
AREA = (-93.0, 13.0, -88.0, 18.0)
BAD = """
[scenario.bad]
month = 13
closes = ["x"]
close = ["gt-ex-11", 7]
profile = "famly"
move = { gt-ex-99 = [400, 0], gt-ex-98 = [-90, 15] }
close_legs = ["n0", { leg = "zz", months = [15] }]
parameters = { water = { carried = 3, carried_l = true } }

[[scenario.bad.open]]
place_id = "gt-ex-1"
lon = 999
lat = 14
services = ["wine"]
capacity = 4
"""


def test_unread_values_and_unknown_names_are_told_together(tmp_path):
    file = write_grid_study(tmp_path)
    file.write_text(file.read_text(encoding="utf-8") + BAD, encoding="utf-8")
    with pytest.raises(StudyError) as told:
        Study.open(file, today=TODAY)
    read = str(told.value)
    assert "scenario.bad.closes: no such key: did you mean close" in read
    assert "scenario.bad.month" in read
    more = find_more_faults(tmp_path, ("base", "bad", "bad"), today=TODAY)
    for number, start in enumerate((
        "close: no place 'gt-ex-11': did you mean gt-ex-1", "move: no place 'gt-ex-99'",
        "move: no place 'gt-ex-98'", "move.gt-ex-98: -90, 15 lies outside",
        "open.0.place_id: gt-ex-1 is taken",
        "open.0.capacity_unit", "open.0.services: 'wine': there are",
        "close_legs.0: no leg 'n0': did you mean", "close_legs.1: no leg 'zz'",
        "parameters: no parameter 'water.carried': did you mean water.carried_l",
        "profile: 'famly': did you mean family? there are",
    )):
        assert more[number].startswith(f"study.toml: scenario.bad: {start}"), more[number]
    assert len(more) == number + 1


def test_where_the_study_itself_is_wrong_nothing_is_added(tmp_path):
    file = write_grid_study(tmp_path)
    file.write_text("area = 3\n" + file.read_text(encoding="utf-8") + BAD, encoding="utf-8")
    assert find_more_faults(tmp_path, ("bad",), today=TODAY) == []
    assert find_more_faults(tmp_path / "none", ("bad",), today=TODAY) == []


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    | st.sampled_from(["gt-ex-1", "n00", "water"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["gt-ex-1", "n00", "leg", "months", "value", "unit", "place_id", "lon",
                         "lat", "services", "capacity"]), inner, max_size=4),
    max_leaves=10,
)


@given_cases(st.dictionaries(st.sampled_from(
    ["close", "open", "move", "capacity", "add_services", "close_legs", "parameters", "month"]),
    anything))
def test_whatever_stands_there_something_can_be_read(table):
    mend_values(table, AREA)


@pytest.mark.parametrize(("more", "invented"), [
    ({}, 0), ({"synthetic": True}, 1), ({"name": "EXAMPLE - Well"}, 1),
    ({"place_id": "example-1"}, 1)])
def test_what_rests_on_an_opened_point_says_so(tmp_path, more, invented):
    lon, lat = locate(1, 1)
    file = write_grid_study(tmp_path)
    study = Study.open(file, today=TODAY)
    point = {"place_id": "gt-new-1", "lon": lon, "lat": lat, "services": ["water"], **more}
    world = open_scenario(study.with_changes(scenario={"more": {"open": [point]}}), "more")
    assert world.assumption == (
        "scenario more: 1 point assumed" + (" (1 synthetic)" if invented else ""))
    layer = world.study.layer("assistance_points")
    assert bool(layer.frame.loc[point["place_id"], "synthetic"]) is bool(invented)
    assert layer.provenance.synthetic  # as the places that stand there


def test_what_a_comparison_assumes_stands_in_notes_and_sources(tmp_path):
    lon, lat = locate(1, 1)
    study = Study.open(write_grid_study(tmp_path), today=TODAY)
    point = {"place_id": "gt-new-1", "lon": lon, "lat": lat, "services": ["water"]}
    study = study.with_changes(scenario={"more": {"open": [point]}})
    found = compare_scenarios(study, "base", "more")
    told = "scenario more: 1 point assumed"
    assert found.assumptions == (told,)
    assert found.notes[0].startswith(told)
    assert all(told in layer.provenance.sources for layer in found.layers.values())
