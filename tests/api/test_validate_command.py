"""`georisk validate` as a planner calls it: gates, files, marks; only faults end with 2."""

from __future__ import annotations

import csv
import json
import stat

import grid_study
import pytest
from validation_world import CONTENDERS

from api.cli import main
from georisk.validation.report import read_skill


def write_record(path, *, years=range(2018, 2025), per_year=20):
    """Invented incidents, enough of them every year, most near the north of column 0."""
    with (path / "incidents.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    made = []
    for year in years:
        for n in range(per_year):
            row = dict(rows[n])
            made.append({**row, "incident_id": f"ex-{year}-{n}", "date": f"{year}-06-{1 + n:02d}"})
    with (path / "incidents.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(made)


@pytest.fixture
def study(tmp_path, monkeypatch):
    monkeypatch.setattr("georisk.fitting.forecasters.list_forecasters", lambda study: CONTENDERS)
    monkeypatch.setenv("COLUMNS", "200")
    grid_study.write_grid_study(tmp_path / "study")
    return tmp_path / "study"


def call(*arguments):
    with pytest.raises(SystemExit) as done:
        main(["validate", *map(str, arguments)])
    return done.value.code


def test_gates_page_and_summary(study, tmp_path, capsys):
    write_record(study)
    assert call("-s", study, "-o", tmp_path / "out", "--holder", "Ana P.") == 0
    told = capsys.readouterr()
    assert "Reported deaths and disappearances" in told.out
    assert "SYNTHETIC" in told.out
    assert "not judged" in told.out
    assert "Robbery, kidnapping and sexual violence are not measured here." in told.out
    folder = tmp_path / "out" / "restricted"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    names = sorted(path.name for path in folder.iterdir())
    assert len(names) == 2
    for path, name in zip(sorted(folder.iterdir()), names, strict=True):
        assert name.startswith("skill.restricted.ana-p.until-")
        assert name in told.err
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    document = json.loads(next(folder.glob("*.json")).read_text(encoding="utf-8"))
    assert document["holder"] == "Ana P."
    assert document["audience"] == "restricted"
    assert document["domains"][0]["years"][-1] == {
        "year": 2024, "events": 20, "tested": True, "novel_events": 0, "why_not": ""}
    page = next(folder.glob("*.html")).read_text(encoding="utf-8")
    assert "SYNTHETIC: says nothing about the world" in page
    summary = read_skill(study / "runs")
    assert summary["synthetic"] is True
    assert summary["domains"]["study"]["years"] == [2021, 2022, 2023, 2024]


def test_json_is_one_document_and_the_same_twice(study, tmp_path, capsys):
    write_record(study)
    assert call("-s", study, "--json", "--quiet") == 0
    first = capsys.readouterr()
    assert first.err == ""
    assert call("-s", study, "--json", "--quiet") == 0
    assert capsys.readouterr().out == first.out
    document = json.loads(first.out)
    assert {row["gate"] for row in document["gates"]} == {"G3", "G4", "G5", "G6", "G7", "G8"}
    assert (study / "runs" / "skill").is_dir()


def test_too_few_events_is_an_answer_that_names_the_years(study, capsys):
    assert call("-s", study) == 0
    told = capsys.readouterr()
    assert "2022: 12 events in the domain, fewer than 15" in told.err
    assert "not applicable" in told.out


def test_no_incident_at_all_is_an_answer(study, capsys):
    text = (study / "study.toml").read_text(encoding="utf-8")
    text = text.replace('[layers.incidents]\npath = "incidents.csv"\n', "")
    (study / "study.toml").write_text(text, encoding="utf-8")
    assert call("-s", study) == 0
    assert "no incident is located" in capsys.readouterr().err


def test_faulty_input_ends_with_two(study, capsys):
    (study / "incidents.csv").write_text("nothing\n1\n", encoding="utf-8")
    assert call("-s", study) == 2
    assert "georisk check" in capsys.readouterr().err
    assert not (study / "runs" / "skill.json").exists()


def test_a_damaged_boundary_file_ends_with_two(study, capsys):
    (study / "boundaries.geojson").write_text("{", encoding="utf-8")
    assert call("-s", study) == 2
    assert "boundaries" in capsys.readouterr().err
