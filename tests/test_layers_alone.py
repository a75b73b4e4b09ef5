"""A study of layers alone is checked, run and told; what rests on routes is absent, in words."""

from __future__ import annotations

import datetime as dt

import command
import pytest

import georisk.doors
from georisk.config import validate_config
from georisk.places import PlaceQuery
from georisk.publishing import publish
from georisk.steps import STEPS, find_absent, tell_absent
from georisk.study import Study
from layers.errors import CallError, NotShownError, StudyError

TODAY = dt.date(2026, 2, 1)
STUDY = """
name = "Wells alone"
as_of = 2024-12-31
area = [-93.0, 13.0, -88.0, 18.0]
crs_metric = "+proj=laea +lat_0=15 +lon_0=-90 +datum=WGS84 +units=m"

[layers.wells]
path = "wells.csv"
spec = "wells.toml"
"""
SPEC = """
name = "wells"
kind = "vector"
role = "context"
title = { en = "Wells" }
meaning = "Invented wells"
geometry = "Point"
id = "well_id"
level = "public"
geometry_level = "public"
[columns]
depth_m = { dtype = "number", unit = "m", meaning = "Depth", level = "public" }
synthetic = { dtype = "boolean", meaning = "Illustrative row", level = "public" }
"""
INCIDENTS = """\
incident_id,date,lon,lat,class,dead,missing,n_victims,coord_precision_km,source,synthetic
gt-ex-1,2023-05-01,-90.5,14.5,acc,1,0,1,0.5,EXAMPLE,yes
gt-ex-2,2023-06-01,-90.6,14.6,sec,0,1,1,0.5,EXAMPLE,yes
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "study.toml").write_text(STUDY)
    (tmp_path / "wells.toml").write_text(SPEC)
    (tmp_path / "wells.csv").write_text(
        "well_id,lon,lat,depth_m,synthetic\nw-1,-90.5,14.5,12,yes\nw-2,-91,15,30.5,yes\n")
    return tmp_path


def test_nothing_is_absent_where_there_are_routes():
    assert find_absent(frozenset({"routes"})) == {}
    assert tell_absent(frozenset({"routes"})) == ()


def test_what_rests_on_routes_is_absent_without_them_and_nothing_else():
    absent = find_absent(frozenset({"incidents"}))
    assert {step.name for step in STEPS if step.publishes} - set(absent) == {
        "risk_cells", "risk_surface"}
    assert absent["coverage"] == absent["corridors"] == ("routes",)
    assert find_absent(frozenset({"wells"}))["risk_cells"] == ("incidents", "routes")


def test_it_is_checked_published_shown_and_says_what_is_absent(folder):
    study = Study.open(folder, today=TODAY)
    assert study.names() == ("wells",)
    intakes, errors = study.check()
    assert not errors
    assert intakes["wells"].count() == {"read": 2, "accepted": 2, "quarantined": 0}
    snapshot = publish(study, folder / "runs")
    told = " ".join(snapshot.manifest["warnings"])
    assert "routes: no such layer; what rests on it is absent: " in told
    assert "coverage" in told
    assert snapshot.manifest["model"] == []
    door = georisk.doors.open(runs=folder / "runs", today=TODAY)
    assert door.names() == ("wells",)
    assert door.layer("wells").frame["depth_m"].tolist() == [12.0, 30.5]
    assert door.corridors() == {}
    with pytest.raises(NotShownError):
        door.layer("coverage")
    with pytest.raises(CallError, match="no routes"):
        door.list_places(PlaceQuery("wells", TODAY, corridor="x"))


def test_the_same_bytes_twice(folder):
    once, again = (publish(Study.open(folder, today=TODAY), folder / name)
                   for name in ("one", "two"))
    for path in sorted((once.path / "layers").iterdir()):
        assert path.read_bytes() == (again.path / "layers" / path.name).read_bytes()


def test_incidents_without_routes_still_make_cells_and_a_surface(folder):
    (folder / "incidents.csv").write_text(INCIDENTS)
    text = STUDY + '\n[layers.incidents]\npath = "incidents.csv"\n'
    (folder / "study.toml").write_text(text)
    study = Study.open(folder, today=TODAY)
    assert study.names() == ("incidents", "wells", "risk_cells", "risk_surface")
    assert len(study.layer("risk_cells")) > 0


@pytest.mark.parametrize("arguments", [
    ("coverage",), ("gaps",), ("priority",), ("validate",), ("site", "--service", "water"),
    ("change", "--from", "2020-01-01", "--to", "2021-01-01"), ("compare", "base", "base"),
    ("list", "legs"), ("places", "--layer", "shelters", "--corridor", "x"),
    ("explain", "a-0001"), ("surge", "--people", "10", "--from", "a",
                            "--start", "2024-06-01"),
])
def test_commands_that_need_routes_say_so_in_one_line(folder, arguments, monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")
    monkeypatch.setenv("GEORISK_STUDY", str(folder))
    publish(Study.open(folder, today=TODAY), folder / "runs")
    done = command.call_here(*arguments)
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    said = [line for line in done.stderr.splitlines() if line.startswith("georisk:")]
    assert len(said) == 1, done.stderr
    assert "our fault" not in said[0]


def test_run_check_list_and_export_by_command(folder):
    assert command.call_here("check", "-s", folder).returncode == 0
    done = command.call_here("run", "-s", folder)
    assert done.returncode == 0
    assert "routes: no such layer" in done.stderr
    assert "wells" in command.call_here("list", "layers", "-s", folder).stdout
    out = folder / "wells.csv.out"
    done = command.call_here("export", "wells", "-s", folder, "--format", "csv", "-o", out)
    assert done.returncode == 0
    assert out.read_text().count("\n") == 3


def test_a_study_has_a_layer_and_corridors_have_legs():
    table = {"name": "x", "area": [-93.0, 13.0, -88.0, 18.0], "crs_metric": "EPSG:3857"}
    with pytest.raises(StudyError, match="a study needs at least one"):
        validate_config({**table, "layers": {}}, where="study.toml")
    corridor = {"legs": ["a"], "name": {"en": "A"}}
    with pytest.raises(StudyError, match=r"give \[layers.routes\]"):
        validate_config({**table, "layers": {"wells": {"path": "w.csv"}},
                         "corridors": {"a": corridor}}, where="study.toml")
