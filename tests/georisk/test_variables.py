"""Variables in the paths of a study: GEORISK_* alone, a path for when they are not set."""

from __future__ import annotations

import os
from pathlib import Path

import grid_study
import pytest
from hypothesis import given
from hypothesis import strategies as st

from georisk.starting import copy_study
from georisk.study import Study
from georisk.variables import fill_variables, list_files
from layers.errors import StudyError


def fill(text, **values):
    return fill_variables(text, values, where="study.toml: layers.a.path")


def test_set_unset_and_empty():
    assert fill("${GEORISK_A}", GEORISK_A="/srv/a.csv") == "/srv/a.csv"
    assert fill("${GEORISK_A:-b.csv}") == fill("${GEORISK_A:-b.csv}", GEORISK_A="") == "b.csv"
    assert fill("${GEORISK_A:-}x") == "x"
    assert fill("x/${GEORISK_A}.csv", GEORISK_A="1") == "x/1.csv"
    assert fill("layers/$5 & $HOME/~.csv") == "layers/$5 & $HOME/~.csv"


def test_a_relative_value_counts_from_where_one_works(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert fill("${GEORISK_A}", GEORISK_A="a.csv") == str(tmp_path / "a.csv")


@pytest.mark.parametrize("text", [
    "${HOME}", "${HOME:-x}", "${georisk_a}", "${GEORISK_A", "${}", "${GEORISK_A-x}",
    "${GEORISK_}", "${GEORISK_A:=x}", "${ GEORISK_A }",
])
def test_other_names_and_spellings_are_refused(text):
    with pytest.raises(StudyError, match=r"study\.toml: layers\.a\.path: "):
        fill(text, HOME="/root", GEORISK_A="a", georisk_a="a")


def test_a_missing_variable_says_its_name():
    with pytest.raises(StudyError, match="the variable GEORISK_A is not set"):
        fill("${GEORISK_A}")


@given(st.text(alphabet="${}:-GEORISK_Ax/ *", max_size=30))
def test_any_text_is_a_path_or_a_study_error(text):
    try:
        filled = fill(text, GEORISK_A="/a")
    except StudyError:
        return
    assert "${GEORISK_A}" not in filled


def test_patterns_beside_the_study_and_elsewhere(tmp_path):
    for name in ("a1.csv", "a2.csv", "b.csv"):
        (tmp_path / name).touch()
    values = {"GEORISK_A": str(tmp_path)}
    found = list_files(["${GEORISK_A}/a*.csv"], Path("elsewhere"), values, where="")
    assert found == (tmp_path / "a1.csv", tmp_path / "a2.csv")
    assert list_files(["a*.csv"], tmp_path, {}, where="") == found


@pytest.fixture
def study(tmp_path):
    folder = tmp_path / "grid"
    grid_study.write_grid_study(folder)
    file = folder / "study.toml"
    (tmp_path / "elsewhere.geojson").write_bytes((folder / "routes.geojson").read_bytes())
    text = file.read_text()
    assert 'path = "routes.geojson"' in text
    file.write_text(text.replace('path = "routes.geojson"',
                                 'path = "${GEORISK_ROUTES:-routes.geojson}"'))
    return folder


def test_a_study_reads_the_file_that_the_variable_names(study, monkeypatch):
    assert Study.open(study).input_files()["routes"] == (study / "routes.geojson",)
    elsewhere = study.parent / "elsewhere.geojson"
    monkeypatch.setenv("GEORISK_ROUTES", str(elsewhere))
    opened = Study.open(study)
    assert opened.input_files()["routes"] == (elsewhere,)
    assert len(opened.layer("routes")) == 40
    # The machine's path is no scientific choice: it enters no hash.
    monkeypatch.delenv("GEORISK_ROUTES")
    assert Study.open(study).settings().sha256 == opened.settings().sha256


def test_a_missing_variable_is_told_when_the_study_is_opened(study):
    file = study / "study.toml"
    file.write_text(file.read_text().replace(":-routes.geojson}", "}"))
    os.environ.pop("GEORISK_ROUTES", None)
    with pytest.raises(StudyError, match=r"study\.toml: layers\.routes\.path: the variable"):
        Study.open(study)


def test_a_study_whose_files_lie_elsewhere_is_not_copied(study, monkeypatch, tmp_path):
    copy_study(study, tmp_path / "copy")
    monkeypatch.setenv("GEORISK_ROUTES", str(study.parent / "elsewhere.geojson"))
    with pytest.raises(StudyError, match="lies outside"):
        copy_study(study, tmp_path / "other")
