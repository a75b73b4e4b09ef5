"""Real reports, read in place: IOM Missing Migrants 2014-2021 under invented forecasts."""

from __future__ import annotations

import datetime as dt
import types

import grid_study
import numpy as np
import pandas as pd
import pytest
from surroundings import EMBEDDED, require_shared
from validation_world import Kde

from georisk.study import Study
from georisk.validation.design import Design
from georisk.validation.priorities import grade_past
from georisk.validation.validating import lay_domains, validate_study


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    files = sorted(require_shared("iom_missing_migrants").glob("*-json.json"))
    folder = tmp_path_factory.mktemp("skill")
    paths = ", ".join(f'"{path}"' for path in files)
    (folder / "study.toml").write_text("\n".join([
        'name = "IOM Missing Migrants"', "as_of = 2021-12-31", "observed_from = 2014-01-01",
        "area = [-118.0, 6.0, -76.0, 33.0]",
        'crs_metric = "+proj=laea +lat_0=19 +lon_0=-97 +datum=WGS84 +units=m +no_defs"',
        "[layers]", f'boundaries = {{ path = "{EMBEDDED / "layers" / "boundaries.geojson"}" }}',
        f'routes = {{ path = "{EMBEDDED / "layers" / "routes.geojson"}" }}',
        f'incidents = {{ path = [{paths}], adapter = "iom" }}',
    ]) + "\n", encoding="utf-8")
    contenders = (Kde("plain-kde"), Kde("model", 10.0, 3.0))
    return validate_study(Study.open(folder, today=dt.date(2026, 11, 22)), contenders,
                          design=Design(low_draws=1, draws=200))


def test_years_and_events_of_the_register(report):
    assert report["synthetic"] is False
    domains = {one["name"]: one for one in report["domains"]}
    for name, least in (("border", 300), ("mexico-central-america", 120)):
        tested = [row for row in domains[name]["years"] if row["tested"]]
        assert [row["year"] for row in tested] == [2018, 2019, 2020, 2021]
        assert all(row["events"] > least and row["novel_events"] > 10 for row in tested)
    inside = [domains[name]["incidents"]["in_domain"] for name in domains]
    assert inside[2] <= report["incidents"]["located"]


def test_a_plain_kernel_does_as_well_as_is_known(report):
    """METHOD 7: a plain KDE gives 3 to 4 bits on the border, hit@20 about 0.92."""
    border = next(one for one in report["domains"] if one["name"] == "border")
    plain = next(one for one in border["models"] if one["model"] == "plain-kde")["all_years"]
    assert 2.5 < plain["bits"] < 4
    assert 0.85 < plain["hit"]["20"] < 0.97
    drowned = next(row for row in border["classes"]
                   if row["model"] == "plain-kde" and row["class"] == "wat")
    assert drowned["bits"] > plain["bits"]


def test_gates_have_numbers_and_failures_stand(report):
    measured = [gate for gate in report["gates"] if gate["value"] is not None]
    assert {gate["gate"] for gate in measured} == {"G2", "G3", "G4", "G6", "G7"}
    assert report["counts"]["failed"] == sum(gate["passed"] is False for gate in measured) > 0


def test_priority_is_taken_from_before_the_first_test_year(tmp_path, monkeypatch):
    """An invented ranking on the invented grid: only the day it is asked for matters here."""
    asked = []

    def rank(study, *, profile, choice):
        asked.append((study.as_of, profile, choice.mode))
        lines = study.value("lines")
        frame = pd.DataFrame({"score": np.arange(len(lines), dtype=float)}, index=lines.index)
        return types.SimpleNamespace(ranking=types.SimpleNamespace(frame=frame[::-1]))

    monkeypatch.setattr("georisk.priority.asking.ask_priority", rank)
    study = Study.open(grid_study.write_grid_study(tmp_path / "grid"), today=dt.date(2026, 1, 1))
    domains = lay_domains(study)
    graded = grade_past(study, domains, (2022, 2023))
    assert asked == [(dt.date(2021, 12, 31), "adult_man", "foot")]
    values = graded["study"][2023]
    assert values.shape == (len(domains[0]),)
    assert np.nanmax(values) == len(study.value("lines")) - 1
    assert 0 < np.isnan(values).sum() < len(values)
    assert grade_past(study, domains, ()) == {}
