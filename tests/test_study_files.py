"""What a study's own files may and may not do: descriptions, parameters, corridors, profiles."""

from __future__ import annotations

import datetime as dt

import grid_study
import numpy as np
import pytest

import georisk.doors
from georisk.publishing import publish
from georisk.study import Study
from layers.catalog import SPECS_DIR
from layers.disclosure import judge_level
from layers.errors import CallError, NotShownError, SpecError, StudyError

TODAY = dt.date(2025, 1, 15)


@pytest.fixture
def folder(tmp_path):
    grid_study.write_grid_study(tmp_path)
    return tmp_path


def change(folder, old, new):
    text = (folder / "study.toml").read_text()
    assert old in text
    (folder / "study.toml").write_text(text.replace(old, new))
    return Study.open(folder, today=TODAY)


def test_a_study_cannot_open_a_built_in_layer(folder):
    """Every level of `incidents` rewritten to public: still sealed, and its points stay inside."""
    text = (SPECS_DIR / "incidents.toml").read_text()
    for level in ("sealed", "restricted", "partner"):
        text = text.replace(f'level = "{level}"', 'level = "public"')
    text = text.replace("[views.restricted", "[views.public")
    (folder / "my.toml").write_text(text)
    study = change(folder, 'path = "incidents.csv"', 'path = "incidents.csv"\nspec = "my.toml"')
    assert judge_level(study.layer("incidents")) == "sealed"
    publish(study, folder / "runs")
    door = georisk.doors.open("public", runs=folder / "runs", today=TODAY)
    assert "incidents" not in door.names()
    planner = georisk.doors.open("restricted", runs=folder / "runs", today=TODAY)
    assert set(planner.layer("incidents").frame.columns) == {
        "class", "n_victims", "coord_precision_km", "synthetic", "month", "geometry"}


def test_a_study_cannot_drop_the_consent_rule(folder):
    (folder / "my.toml").write_text(
        'name = "shelters"\nlike = "facility"\nmeaning = "m"\ntitle = {en = "t"}\nrow_rule = ""\n')
    text = (folder / "shelters.csv").read_text().replace("yes,2099-12-31", "no,2099-12-31")
    (folder / "shelters.csv").write_text(text)
    study = change(folder, 'path = "shelters.csv"', 'path = "shelters.csv"\nspec = "my.toml"')
    publish(study, folder / "runs")
    door = georisk.doors.open("public", runs=folder / "runs", today=TODAY)
    assert len(door.layer("shelters")) == 0


OWN = """
name = "kidnappings"
kind = "vector"
role = "{role}"
title = {{en = "K"}}
meaning = "m"
geometry = "Point"
id = "waypoint_id"
level = "public"
geometry_level = "public"
{more}
[columns.name]
dtype = "string"
meaning = "m"
level = "public"
"""


def add_own_layer(folder, **values):
    (folder / "own.toml").write_text(OWN.format(**{"role": "place", "more": "", **values}))
    lines = [",".join(line.split(",")[:2]) + "," + ",".join(line.split(",")[-2:])
             for line in (folder / "waypoints.csv").read_text().splitlines()]
    (folder / "own.csv").write_text("\n".join(lines) + "\n")
    return change(folder, "[layers.routes]",
                  '[layers.kidnappings]\npath = "own.csv"\nspec = "own.toml"\n\n[layers.routes]')


def test_a_layer_of_ones_own_is_shown_as_it_says(folder):
    publish(add_own_layer(folder), folder / "runs")
    door = georisk.doors.open("public", runs=folder / "runs", today=TODAY)
    assert len(door.layer("kidnappings")) == 25


def test_incidents_by_another_name_are_sealed(folder):
    publish(add_own_layer(folder, role="incident"), folder / "runs")
    for audience in ("public", "partner", "restricted"):
        door = georisk.doors.open(audience, runs=folder / "runs", today=TODAY)
        with pytest.raises(NotShownError):
            door.layer("kidnappings")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"role": "result"}, "not a result"),
        ({"more": 'released_by = "names_and_lengths"'}, "only results that georisk computes"),
        ({"more": '[views.public]\ngeneraliser = "blur_incidents"'}, "only built-in layers"),
    ],
)
def test_what_only_built_in_descriptions_say_is_refused(folder, values, message):
    with pytest.raises(SpecError, match=message):
        add_own_layer(folder, **values).check()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[cells.min_incidents]\nvalue = 1\nrange = [0, 99]\nsource = "me"\n', "not widened"),
        ('[cells.delay_days]\nvalue = 0\nsource = "me"\n', "outside its range 90 to 365"),
        ("[speed.train]\nvalue = 30\n", "say where the value comes from"),
        ('[speed.donkey]\nvalue = 5\nsource = "me"\n', "no such parameter"),
    ],
)
def test_parameters_keep_to_their_bounds(folder, text, message):
    (folder / "parameters.toml").write_text(text)
    with pytest.raises(StudyError, match=message):
        Study.open(folder, today=TODAY)


@pytest.mark.parametrize(
    ("old", "new", "error", "message"),
    [
        ("[siting]", '[reference]\nprofile = "robot"\n[siting]', CallError, "no profile"),
        ("[siting]", "[reference]\nmonth = 13\n[siting]", StudyError, "less than or equal to 12"),
        ('services = ["water"]', 'services = ["massage"]', CallError, "no service"),
        ("[layers.routes]", '[layers.risk_cells]\npath = "x.csv"\n[layers.routes]', StudyError,
         "the name of a result"),
        ("+proj=laea", "+proj=nonsense", StudyError, "crs_metric"),
    ],
)
def test_what_a_study_cannot_ask_is_told_before_anything_is_read(folder, old, new, error, message):
    with pytest.raises(error, match=message):
        change(folder, old, new)


def test_a_corridor_passes_a_leg_once(folder):
    study = change(folder, 'legs = ["n00", "n10"', 'legs = ["n00", "-n00", "n00", "n10"')
    _, errors = study.check()
    assert "listed twice" in str(errors[0])


def test_no_file_and_a_land_leg_on_water_are_faults(folder):
    text = (folder / "routes.geojson").read_text()
    (folder / "routes.geojson").write_text(text.replace('"terrain": "road"', '"terrain": "water"'))
    study = change(folder, 'path = "shelters.csv"', 'path = "no*.csv"')
    _, errors = study.check()
    told = "\n".join(str(error) for error in errors)
    assert "no file matches no*.csv" in told
    assert "nobody goes by" in told


def test_the_profile_decides_who_is_let_in(folder):
    """gt-ex-5, at the crossing n01/n11, takes women only."""
    men = Study.open(folder, today=TODAY).layer("coverage").frame
    assert "gt-ex-5" not in set(men["nearest_id"])
    women = change(folder, "[siting]", '[reference]\nprofile = "woman_alone"\n[siting]')
    assert "gt-ex-5" in set(women.layer("coverage").frame["nearest_id"])


def test_a_leg_that_two_ways_travel_against_each_other(folder):
    """Corridor b turns west along e10, c goes east along it; water only at the end of n10.

    From the start of n01 along b: 5 km up n01, 5 km back along e10, 5 km up n10: 15 km, 2.98 h.
    """
    text = (folder / "study.toml").read_text()
    start = text.index("[corridors.")
    text = text[:start] + (
        '[corridors.b]\nlegs = ["e00", "n01", "-e10", "n10"]\nname = {en = "B"}\n'
        '[corridors.c]\nlegs = ["e10", "e11"]\nname = {en = "C"}\n'
        '[siting]\nservices = ["water"]\nk = 1\n')
    (folder / "study.toml").write_text(text)
    rows = (folder / "assistance_points.csv").read_text().splitlines()
    (folder / "assistance_points.csv").write_text("\n".join(
        [rows[0], *(row for row in rows[1:] if row.startswith("gt-ex-1"))]) + "\n")
    shelters = (folder / "shelters.csv").read_text().replace("shelter;water", "shelter")
    (folder / "shelters.csv").write_text(shelters)
    study = Study.open(folder, today=TODAY)
    coverage = study.layer("coverage").frame
    water = coverage[coverage["service"] == "water"].set_index(["segment_id", "direction"])
    row = water.loc[("n01-0001", "forward")]
    assert row["nearest_id"] == "gt-ex-1"
    assert row["walk_h"] == pytest.approx(15 / 5.0367, rel=2e-3)
    assert water.loc[("e10-0003", "backward"), "walk_h"] == pytest.approx(8 / 5.0367, rel=2e-3)


def test_public_gaps_do_not_tell_where_a_place_without_consent_is(folder):
    """Take gt-ex-3, which has no consent, away: what the public is told does not change."""
    points = folder / "assistance_points.csv"
    rows = points.read_text().splitlines()
    hidden = [row.replace("yes,2099-12-31", "no,2099-12-31") if row.startswith("gt-ex-3") else row
              for row in rows]
    told = []
    for name, lines in (("with", hidden),
                        ("without", [r for r in hidden if not r.startswith("gt-ex-3")])):
        points.write_text("\n".join(lines) + "\n")
        publish(Study.open(folder, today=TODAY), folder / name)
        for audience in ("public", "partner"):
            door = georisk.doors.open(audience, runs=folder / name, today=TODAY)
            served = door.served("gaps")
            rows = served.encode(np.arange(served.count))
            told.append((audience, list(served.ids), [bytes(row) for row in rows]))
    assert told[:2] == told[2:]
    planner = [georisk.doors.open("restricted", runs=folder / name, today=TODAY).layer("coverage")
               for name in ("with", "without")]
    assert not planner[0].frame["nearest_id"].equals(planner[1].frame["nearest_id"])
