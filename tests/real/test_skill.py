"""The model against kernels on IOM Missing Migrants 2014-2021, read in place: METHOD 3.3."""

from __future__ import annotations

import datetime as dt
import tomllib

import pytest
from surroundings import EMBEDDED, require_shared

from georisk.fitting.forecasters import StackForecaster, list_forecasters
from georisk.study import Study
from georisk.validation.measuring import summarise_tally, tally_events
from georisk.validation.origins import run_trial
from georisk.validation.record import build_record
from georisk.validation.task import pick_forecast
from georisk.validation.validating import lay_domains

YEARS = range(2018, 2022)
LEFT = {"strong-kde-2y", "c1", "explained"}


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """The embedded layers, with the real register in place of the incidents."""
    files = sorted(require_shared("iom_missing_migrants").glob("*-json.json"))
    given = tomllib.loads((EMBEDDED / "study.toml").read_text(encoding="utf-8"))
    folder = tmp_path_factory.mktemp("skill")
    layers = [f'{name} = {{ path = "{EMBEDDED / entry["path"]}" }}'
              for name, entry in given["layers"].items() if name != "incidents"]
    paths = ", ".join(f'"{path}"' for path in files)
    (folder / "study.toml").write_text("\n".join([
        'name = "IOM Missing Migrants"', "as_of = 2021-12-31", "observed_from = 2014-01-01",
        f"area = {given['area']}", f'crs_metric = "{given["crs_metric"]}"', "[layers]", *layers,
        f'incidents = {{ path = [{paths}], adapter = "iom" }}']) + "\n", encoding="utf-8")
    return Study.open(folder, today=dt.date(2026, 11, 22))


@pytest.fixture(scope="module")
def skill(study):
    """Scores of plain kernel, strong kernel and model by domain, all test years together."""
    record = build_record(study.value("events").frame, crs_metric=study.config.crs_metric)
    *others, model = list_forecasters(study)
    # Without its classes, which nothing here asks for.
    plain = StackForecaster(model.name, model.shop, model.rules)
    contenders = (*(one for one in others if one.name not in LEFT), plain)
    scores = {}
    for domain in lay_domains(study)[:2]:
        trials = [run_trial(domain, record, contenders, year=year) for year in YEARS]
        scores[domain.name] = {
            one.name: summarise_tally(
                tally_events(domain, trials, pick_forecast(one.name), seed=1))
            for one in contenders}
    return scores


@pytest.mark.parametrize("domain", ["border", "mexico-central-america"])
def test_model_beats_the_kernels(skill, domain):
    bits = {name: found["bits"] for name, found in skill[domain].items()}
    assert bits["model"] >= bits["plain-kde"] + 0.25
    assert bits["model"] > bits["strong-kde"]


@pytest.mark.parametrize("domain", ["border", "mexico-central-america"])
def test_model_is_calibrated_and_finds_most(skill, domain):
    found = skill[domain]["model"]
    assert found["deviation"] <= 0.04
    assert found["hit"]["20"] >= 0.92


def test_kernels_are_worth_beating(skill):
    """METHOD 7: three to four bits on the border, four to six farther south."""
    assert skill["border"]["plain-kde"]["bits"] > 3
    assert skill["mexico-central-america"]["plain-kde"]["bits"] > 4
