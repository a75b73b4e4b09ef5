"""Scenarios on the grid: what they change, what they refuse, what they never touch."""

from __future__ import annotations

import contextlib
import datetime as dt
import pickle

import pytest
from grid_study import FLAT_KMH, locate, write_grid_study
from hypothesis import given as given_cases
from hypothesis import strategies as st

from georisk.scenario_config import ScenarioConfig
from georisk.scenarios.comparing import compare_scenarios
from georisk.scenarios.matching import match_gaps, rank_changes
from georisk.scenarios.world import Asked, open_scenario
from georisk.study import Study
from layers.errors import CallError, StudyError

TODAY = dt.date(2025, 1, 1)


@pytest.fixture(scope="module")
def grid(tmp_path_factory):
    return Study.open(write_grid_study(tmp_path_factory.mktemp("scenarios")), today=TODAY)


def given(study, **scenarios):
    """The study with some scenarios; layers that were read are read once."""
    inputs = {name: study.made(name) for name in study.config.layers}
    return study.with_changes(inputs=inputs, scenario=scenarios)


def open_point(row, column, *services, **more):
    lon, lat = locate(row, column)
    return {"place_id": "gt-new-1", "lon": lon, "lat": lat, "services": services, **more}


def pick(comparison, corridor, service, direction):
    frame = comparison.table.frame
    return frame.loc[f"{corridor}-{service}-{direction}"]


def test_a_scenario_is_read_with_all_its_faults_at_once(tmp_path):
    file = write_grid_study(tmp_path)
    text = file.read_text(encoding="utf-8")
    file.write_text(text + """
[scenario.Wet]
close = ["a"]
move = { a = [1, 2] }
[scenario.base]
[scenario.dry]
month = 13
colour = "red"
open = [{ place_id = "b", lon = 400, lat = 14, services = [] }]
parameters = { "walk.max_access_km" = true }
""", encoding="utf-8")
    with pytest.raises(StudyError) as told:
        Study.open(file, today=TODAY)
    faults = str(told.value).split("\n")
    wanted = ("scenario.Wet: Value error, close: a is changed as well", "scenario.dry.month",
              "scenario.dry.colour", "scenario.dry.open.0.lon", "scenario.dry.open.0.services",
              "scenario.dry.parameters.walk.max_access_km")
    for start in wanted:
        assert any(fault.startswith(f"study.toml: {start}") for fault in faults), start
    assert len(faults) == len(wanted)


@pytest.mark.parametrize(("name", "message"), [
    ("base", "that is the study as it is"), ("Wet", "a-z, 0-9 and -: Wet")])
def test_a_name_is_an_id_of_its_own(grid, name, message):
    with pytest.raises(StudyError, match=message):
        grid.with_changes(scenario={name: {}})


def test_what_is_not_there_is_told_with_what_is_near(grid):
    study = given(grid, bad={
        "close": ["gt-ex-11"], "open": [open_point(1, 1, "wine") | {"place_id": "gt-ex-1"}],
        "move": {"gt-ex-3": (14.1, -89.95)}, "close_legs": ["n0", {"leg": "e00", "months": [5]}],
        "capacity": {"gt-ex-2": 40}, "profile": "adult", "add_services": {"gt-ex-4": ("wine",)},
        "parameters": {"water": {"carried_l": 60, "carried": 3}},
    })
    with pytest.raises(StudyError) as told:
        open_scenario(study, "bad")
    faults = str(told.value).split("\n")
    for number, start in enumerate((
        "close: no place 'gt-ex-11': did you mean gt-ex-1",
        "move.gt-ex-3: 14.1, -89.95 lies outside the study's area: longitude comes first",
        "capacity.gt-ex-2: the place has no capacity_unit: write { value = 40, unit",
        "add_services.gt-ex-4: 'wine': there are water, food",
        "open.0.place_id: gt-ex-1 is taken", "open.0.services: 'wine': there are water",
        "close_legs.0: no leg 'n0': did you mean n",
        "parameters.water.carried_l: 60 is outside its range 2 to 8",
        "parameters: no parameter 'water.carried': did you mean water.carried_l",
        "profile: 'adult': did you mean adult_man? there are adult_man",
    )):
        assert faults[number].startswith(f"study.toml: scenario.bad: {start}")
    assert len(faults) == number + 1
    with pytest.raises(CallError, match="no scenario named 'nix': there are base, bad"):
        open_scenario(study, "nix")


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    | st.sampled_from(["gt-ex-1", "n00", "water", "water.carried_l", "leg", "months", "value"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["gt-ex-1", "n00", "leg", "months", "value", "unit", "place_id", "lon",
                         "lat", "services", "water.carried_l"]), inner, max_size=4),
    max_leaves=8,
)


@given_cases(st.dictionaries(st.sampled_from(sorted(ScenarioConfig.model_fields)), anything))
def test_nonsense_is_a_fault_and_never_a_crash(grid, table):
    with contextlib.suppress(StudyError, CallError):
        open_scenario(given(grid, x=table), "x")


def test_what_a_reference_says_besides_stays(grid):
    reference = {**grid.config.reference.model_dump(), "closed": ("e00",)}
    study = given(grid.with_changes(reference=reference), x={"close_legs": ["n10"]})
    world = open_scenario(study, "x", Asked(profile="injured"))
    assert world.study.config.reference.model_dump() == {
        **reference, "closed": ("e00", "n10"), "profile": "injured"}


def test_every_kind_of_change_and_the_study_stays(grid):
    study = given(grid, x={
        "close": ["gt-ex-1"], "open": [open_point(1, 1, "water", capacity=9, capacity_unit="beds",
                                                  admits=("men:yes",), months="1-4")],
        "move": {"gt-ex-3": locate(1.5, 0)}, "add_services": {"gt-ex-2": ("phone", "food")},
        "capacity": {"gt-ex-2": {"value": 40, "unit": "beds"}},
        "parameters": {"water.carried_l": 6, "walk": {"max_access_km": 3}}, "profile": "family",
        "as_of": dt.date(2024, 6, 30),
    })
    before = {name: study.layer(name).frame.copy() for name in ("assistance_points", "shelters")}
    world = open_scenario(study, "x").study
    points = world.layer("assistance_points").frame
    assert points.index.tolist() == ["gt-ex-3", "gt-new-1"]
    assert points.geometry["gt-ex-3"].coords[0] == locate(1.5, 0)
    new = points.loc["gt-new-1"]
    assert (new["capacity"], new["capacity_unit"], new["months"]) == (9, "beds", "1-4")
    assert (new["services"], new["admits"]) == (("water",), ("men:yes",))
    two = world.layer("shelters").frame.loc["gt-ex-2"]
    assert two["services"] == ("food", "shelter", "phone")
    assert (two["capacity"], two["capacity_unit"]) == (40, "beds")
    assert world.parameters.value("water.carried_l") == 6
    assert world.parameters.value("walk.max_access_km") == 3
    assert (world.config.reference.profile, world.as_of) == ("family", dt.date(2024, 6, 30))
    assert "medical" in world.config.services  # nobody offers it any more; it is still looked for
    for name, frame in before.items():
        assert study.layer(name).frame.equals(frame)
    again = pickle.loads(pickle.dumps(world))
    assert again.layer("assistance_points").frame.equals(points)
    assert world.made("assistance_points").key != study.made("assistance_points").key
    assert world.made("routes").key == study.made("routes").key


def test_a_leg_closes_in_its_months_only(grid):
    study = given(grid, wet={"close_legs": ["e00", {"leg": "n10", "months": [5, 6]}]})
    world = open_scenario(study, "wet")
    assert world.study.config.reference.closed == ("e00",)
    assert "n10 closed in some months only" in world.notes[0]
    june = open_scenario(study, "wet", Asked(month=6))
    assert june.study.config.reference.closed == ("e00", "n10")
    assert june.notes == ()
    assert open_scenario(study, "wet", Asked(month=7)).study.config.reference.closed == ("e00",)


def test_a_closed_leg_cuts_off_what_lies_behind_it(grid):
    """Medical care at km 10 of column 0 alone; whoever starts on n00 must pass n10.

    Detours do not help: legs east lead away from column 0 and none is drawn back west.
    """
    study = given(grid, cut={"close_legs": ["n10"]})
    found = compare_scenarios(study, "base", "cut")
    before, after = (
        world.study.layer("coverage").frame.loc["n00-0001-medical-forward"]
        for world in (found.one, found.two)
    )
    assert before["nearest_id"] == "gt-ex-1"
    assert before["walk_h"] == pytest.approx(10 / FLAT_KMH, rel=1e-3)
    assert after[["nearest_id", "walk_h", "mode_h"]].isna().all()
    row = pick(found, "west", "medical", "forward")
    assert row["covered_km_b"] < row["covered_km_a"]
    # One hour is 5 km: before, km 0-4 and 11-20 are out of reach; now km 0-10 as well. The hours
    # over the closed leg are told as if it were open.
    assert row["longest_gap_h_a"] == pytest.approx(9 / FLAT_KMH, rel=1e-3)
    assert row["longest_gap_h_b"] == pytest.approx(10 / FLAT_KMH, rel=1e-3)
    assert "lost" in set(found.segments.frame["state"])


def test_a_scenario_against_itself_changes_nothing(grid):
    study = given(grid, x={"close": ["gt-ex-1"], "close_legs": ["n10"]})
    found = compare_scenarios(study, "x", "x")
    assert not found.table.frame["changed"].any()
    assert set(found.gaps.frame["change"]) == {"same"}
    assert (len(found.points), len(found.segments)) == (0, 0)


def test_both_ways_round_are_mirror_images(grid):
    study = given(grid, x={"close": ["gt-ex-1"], "open": [open_point(1, 1, "water")]})
    there, back = compare_scenarios(study, "base", "x"), compare_scenarios(study, "x", "base")
    turned = {"appears": "vanishes", "widens": "shrinks", "graver": "milder"}
    for one, two in turned.items():
        assert (there.table.frame[one].equals(back.table.frame[two].rename(one)))
    assert there.table.frame["covered_km_a"].tolist() == back.table.frame["covered_km_b"].tolist()
    assert there.points.frame["change"].tolist() == ["closed", "opened"]
    assert back.points.frame["change"].tolist() == ["opened", "closed"]


def test_gaps_lie_where_the_layer_says(grid):
    """Every gap of the layer has the length and the hours that its place along the way gives."""
    found = compare_scenarios(given(grid, x={"close": ["gt-ex-3"]}), "base", "x")
    gaps = found.one.study.layer("gaps").frame
    ours = found.gaps.frame
    keys = ["corridor", "service", "direction"]
    for name, mine in (("length_km", "km_a"), ("walk_h", "walk_h_a")):
        one = gaps.groupby(keys)[name].sum()
        two = ours[ours["count_a"] > 0].groupby(keys)[mine].sum()
        assert two.to_dict() == pytest.approx(one.to_dict(), abs=1e-4)
    assert ours["count_a"].sum() == len(gaps)
    table = found.table.frame[found.table.frame["corridor"].notna()].set_index(keys)
    for side in "ab":  # what is not in reach is a gap
        km = ours.groupby(keys)[f"km_{side}"].sum().reindex(table.index, fill_value=0.0)
        whole = km + table[f"covered_km_{side}"]
        assert whole.to_dict() == pytest.approx(table["length_km"].to_dict(), abs=1e-4)
    assert (ours["to_km"] > ours["from_km"]).all()


def make_gaps(*ends, severity="unsafe", corridor="c"):
    import pandas as pd

    rows = [{"corridor": corridor, "service": "water", "direction": "forward",
             "from_km": float(a), "to_km": float(b), "walk_h": (b - a) / 5, "severity": severity,
             "from_place": f"p{a}", "to_place": f"p{b}"} for a, b in ends]
    return pd.DataFrame(rows, columns=["corridor", "service", "direction", "from_km", "to_km",
                                       "walk_h", "severity", "from_place", "to_place"])


@pytest.mark.parametrize(("one", "two", "changes"), [
    ([(0, 5)], [], ["vanishes"]), ([], [(0, 5)], ["appears"]), ([(0, 5)], [(0, 5)], ["same"]),
    ([(0, 5)], [(0, 9)], ["widens"]), ([(0, 9)], [(0, 4), (6, 9)], ["shrinks"]),
    ([(0, 4), (6, 9)], [(0, 9)], ["widens"]), ([(0, 5)], [(2, 7)], ["moves"]),
    ([(0, 5)], [(5, 9)], ["vanishes", "appears"]),  # they only touch
    ([(0, 5), (6, 8)], [(4, 7)], ["shrinks"]),  # one that lies across two
    ([], [], []),
])
def test_gaps_are_matched_where_they_overlap(one, two, changes):
    assert match_gaps(make_gaps(*one), make_gaps(*two))["change"].tolist() == changes


def test_as_long_but_graver():
    one, two = make_gaps((0, 5)), make_gaps((0, 5), severity="critical")
    assert match_gaps(one, two)["change"].tolist() == ["graver"]
    assert match_gaps(two, one)["change"].tolist() == ["milder"]


def test_the_same_gap_on_two_corridors_is_told_once():
    import pandas as pd

    both = pd.concat([make_gaps((0, 5)), make_gaps((0, 5), corridor="d"), make_gaps((8, 9))])
    ranked = rank_changes(match_gaps(make_gaps(), both))
    assert ranked["corridors"].tolist() == [("c", "d"), ("c",)]
    assert ranked["more_km"].tolist() == [5, 1]
    assert len(rank_changes(match_gaps(both, both))) == 0
