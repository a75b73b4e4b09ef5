"""``georisk coverage`` and ``georisk gaps`` as their user meets them."""

from __future__ import annotations

import json

import grid_study
import pandas as pd
import pytest
from command import call_apart, call_here

from api.cli import main
from api.commands.gaps import _tell_next
from api.logs.audit import read_log
from georisk.results import read_results


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("coverage")
    grid_study.write_grid_study(folder / "study")
    return folder


def test_a_planner_reads_shares_fragility_and_thresholds_at_80_columns(place):
    done = call_apart("coverage", "-s", place / "study", "--service", "water", "-o", place / "out",
                      "--purpose", "a test", "--holder", "Ana P.", COLUMNS="80",
                      GEORISK_STATE=str(place / "state"))
    assert done.returncode == 0, done.stderr
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "Coverage: adult_man, whole year, no heat counted (restricted)" in done.stdout
    # by hand (test_end_to_end): northwards all of column 0 is covered; nobody knows the hours
    lines = done.stdout.splitlines()
    row = lines[lines.index("west") + 1].split()  # rows stand under the name of their way
    assert row[:3] == ["water", "0", "(0%)"]
    assert row[4] == "(100%)"
    assert "What hangs on one place" in done.stdout
    assert "autonomy: water.carried_l" in " ".join(done.stdout.split())
    assert "SYNTHETIC" in done.stdout
    layers = read_results(place / "out")
    assert set(layers) == {"coverage", "fragility", "gaps"}
    assert layers["coverage"].provenance.synthetic
    files = {path.name for path in (place / "out" / "restricted").iterdir()}
    assert all(name == "results.json" or ".restricted.ana-p.until-" in name for name in files)
    assert [(line[1], line[3], line[5]) for line in read_log(place / "state")] == [
        ("coverage", "a test", "Ana P.")]


def test_coverage_as_json_for_all_profiles_in_the_worst_month(place):
    done = call_here("coverage", "-s", place / "study", "--json", "--service", "water,shelter",
                     "--profile", "all", "--month", "worst", "--corridor", "west")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["audience"] == "restricted"
    assert told["synthetic"] is True
    assert len(told["rows"]) == 8 * 2
    row = told["rows"][0]
    assert row["covered_km"] + row["unverified_km"] + row["uncovered_km"] == pytest.approx(
        row["length_km"], abs=1e-3)
    assert {row["service"] for row in told["thresholds"]} == {"water", "shelter"}
    assert any("unknown" in note for note in told["notes"])  # no climate: no heat is counted
    assert told["heat"] == "unknown"
    assert told["heat_unknown_km"] == pytest.approx(200, abs=1)
    assert {row["covered_km"] for row in told["rows"] if row["service"] == "water"} == {0}


def test_gaps_tell_hours_days_litres_and_the_next_place(place):
    done = call_here("gaps", "-s", place / "study", "--corridor", "west", "--service", "water",
                     "--direction", "both", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    (row,) = told["gaps"]  # by hand in test_end_to_end: southwards, 9 km after the crossing
    assert row["direction"] == "backward"
    assert row["length_km"] == pytest.approx(9, rel=2e-3)
    assert row["walk_h"] == pytest.approx(9 / 5.0367, rel=2e-3)
    assert row["litres"] == pytest.approx(9 / 5.0367 * 0.71, rel=2e-3)
    assert row["next_h"] is None
    assert (row["severity"], row["days"]) == ("critical", 1)
    assert told["carried_l"] == 4


def test_gaps_are_printed_at_80_columns_and_one_leg_can_be_asked_for(place):
    done = call_apart("gaps", "-s", place / "study", "--service", "water", "--legs", "n00,n10",
                      "--direction", "backward", "--month", "6", COLUMNS="80")
    assert done.returncode == 0, done.stderr
    assert max(map(len, done.stdout.splitlines())) <= 80
    told = " ".join(done.stdout.split())
    assert "no one can carry enough water" in told
    assert "Gaps: adult_man, June, days begin at 6, HEAT UNKNOWN (none counted) (rest" in told
    assert "critical" in told
    assert "none ahead" in told
    assert "its km as drawn; all other km by the stated length of legs" in told


def test_a_place_that_is_reached_by_the_legs_modes_is_told_without_a_name():
    row = pd.Series({"next_id": None, "next_h": 10.7, "beyond_h": 9.7, "next_off_km": 0.2,
                     "litres": None, "carried_km": None})
    assert _tell_next(row, None) == "a place in 10.7 h (9.7 too far)"


@pytest.mark.parametrize("command", ["coverage", "gaps"])
@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["--corridor", "north"], "--corridor 'north': there are bend"),
     (["--profile", "giant"], "no profile named 'giant'"), (["--month", "13"], "--month '13'"),
     (["--month", "²"], "give 1 to 12, worst or year"),
     (["--month", "june"], "give 1 to 12, worst or year"), (["--mode", "sea"], "no mode 'sea'"),
     (["--service", "gold"], "no service named gold"), (["--direction", "up"], "--direction 'up'"),
     (["--start-hour", "24"], "start hour: 24.0"), (["--carried", "99"], "outside 2 to 8 L"),
     (["--month", "june"], "did you mean June = 6"), (["--profile", "famly"], "mean family?"),
     (["--corridor", "wset"], "did you mean west?"), (["--service", "watr"], "mean water?"),
     (["-o", "x"], "which needs --purpose"),
     (["--month", "worst", "-o", "x", "--purpose", "x"], "-o writes the layers")],
)
def test_a_wrong_call_is_refused(place, command, arguments, message, capsys):
    with pytest.raises(SystemExit) as refusal:
        main([command, "-s", str(place / "study"), *arguments])
    assert refusal.value.code == 2
    assert message in capsys.readouterr().err


def test_unknown_legs_and_two_ways_at_once_are_refused(place, capsys):
    for arguments, message in ((["--legs", "zz"], "no leg named zz"), (["--top", "0"], "--top 0"),
                               (["--legs", "n10,n00"], "begins 10.0 km from the end of n10"),
                               (["--legs", "n00", "--corridor", "west"], "give one of them")):
        with pytest.raises(SystemExit) as refusal:
            main(["gaps", "-s", str(place / "study"), *arguments])
        assert refusal.value.code == 2
        assert message in capsys.readouterr().err
