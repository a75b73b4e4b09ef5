"""``georisk priority`` as its user meets it."""

from __future__ import annotations

import json

import grid_study
import pytest
from command import call_apart, call_here

from api.cli import main
from api.logs.audit import read_log
from georisk.results import read_results


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("priority")
    grid_study.write_grid_study(folder / "study")
    return folder


def test_people_read_bands_reasons_and_what_is_only_declared(place):
    done = call_apart("priority", "-s", place / "study", "--top", "3", "-o", place / "out",
                      "--purpose", "a test",
                      GEORISK_STATE=str(place / "state"))
    assert done.returncode == 0, done.stderr
    assert "index, not a forecast; restricted" in done.stdout
    assert "line of 100, the neediest first" in " ".join(done.stdout.split())
    assert "SYNTHETIC" in done.stdout
    assert "for field teams to replace" in done.stdout
    assert "profile.adult_man" in done.stdout
    assert "robust" in done.stdout
    assert "gate G8" in done.stdout
    assert "Robbery, kidnapping and sexual violence are not measured here." in done.stdout
    layer = read_results(place / "out")["priority"]
    assert len(layer) > 0
    assert layer.provenance.synthetic
    assert [line[1] for line in read_log(place / "state")] == ["priority"]


def test_json_is_one_document(place):
    done = call_here("priority", "-s", place / "study", "--json", "--corridor", "west",
                     "--profile", "woman_alone", "--month", "7", "--mode", "foot", "--top", "2",
                     "--sensitivity")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["label"] == "index, not a forecast"
    assert told["audience"] == "restricted"
    assert told["synthetic"] is True
    assert "Robbery, kidnapping and sexual violence are not measured here." in told["notes"]
    assert (told["profile"], told["month"], told["mode"]) == ("woman_alone", 7, "foot")
    assert {row["corridor"] for row in told["stretches"]} == {"west"}
    assert "priority.profile.woman_alone.sec" in told["defaults"]
    assert "priority.profile.family.sec" not in told["defaults"]
    assert set(told["sensitivity"]) >= {"weights", "aggregation"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["--top", "0"], "--top 0"), (["--corridor", "north"], "--corridor 'north'"),
     (["--profile", "giant"], "no profile named 'giant'"),
     (["--month", "13"], "--month '13': give 1 to 12"), (["-o", "x"], "needs --purpose"),
     (["--mode", "boat"], "no mode 'boat' for land")],
)
def test_a_wrong_call_is_refused(place, arguments, message, capsys):
    with pytest.raises(SystemExit) as refusal:
        main(["priority", "-s", str(place / "study"), *arguments])
    assert refusal.value.code == 2
    assert message in capsys.readouterr().err
