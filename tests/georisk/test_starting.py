"""A new study opens as it is; a copy takes the files along and leaves the rest behind."""

from __future__ import annotations

import datetime as dt
import json
import os
import stat

import grid_study
import openpyxl
import pytest
from surroundings import EMBEDDED

from georisk.starting import copy_study, start_study
from georisk.study import Study
from layers.errors import CallError, StudyError

TODAY = dt.date(2026, 2, 1)


def list_files(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_a_new_study_opens_as_it_is(tmp_path):
    file = start_study(tmp_path / "deep" / "mine")
    study = Study.open(file, today=TODAY)
    assert list(study.config.layers) == ["routes"]
    assert not study.config.corridors
    text = file.read_text(encoding="utf-8")
    for key in ("name", "area", "crs_metric", "corridors"):
        assert key in text
    assert text.count("EDIT") >= 5
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert "/layers/" in (file.parent / ".gitignore").read_text()
    book = openpyxl.load_workbook(file.parent / "templates" / "shelters.xlsx")
    assert book.sheetnames[0] == "shelters"


def test_an_empty_folder_will_do(tmp_path):
    (tmp_path / "mine").mkdir()
    assert start_study(tmp_path / "mine").is_file()


@pytest.mark.parametrize("make", [start_study, lambda folder: copy_study(EMBEDDED, folder)])
def test_nothing_is_written_where_something_is(tmp_path, make):
    full, file, link = tmp_path / "full", tmp_path / "file", tmp_path / "link"
    full.mkdir()
    (full / "notes.txt").write_text("mine")
    file.write_text("mine")
    link.symlink_to(full)
    for target, words in ((full, "is not empty"), (file, "is no folder"), (link, "is no folder")):
        with pytest.raises(CallError, match=words):
            make(target)
    assert (full / "notes.txt").read_text() == file.read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "full", "link"]


def test_a_failure_leaves_nothing_behind(tmp_path, monkeypatch):
    def fail(*args, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("georisk.starting.write_templates", fail)
    with pytest.raises(OSError, match="No space left"):
        start_study(tmp_path / "mine")
    assert not list(tmp_path.iterdir())


@pytest.fixture
def lived(tmp_path):
    """A study that has runs, an audit log, a register with tombstones, and a hidden file."""
    file = grid_study.write_grid_study(tmp_path / "old")
    text = file.read_text(encoding="utf-8")
    file.write_text("# a comment that stays\nread_only = true\n" + text, encoding="utf-8")
    for name in ("runs/current/manifest.json", "state/audit.jsonl", "quarantine/shelters.csv",
                 "register/shelters/0001.json", "register/.lock", ".shelters.csv.tmp",
                 "templates/shelters.xlsx", "layers/out/kept.csv", "notes.md"):
        path = file.parent / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    register = file.parent / "register" / "shelters"
    (register / "tombstones.json").write_text('{"gt-ex-9": "2026"}')
    (register / "tombstone-keys.json").write_text('{"salt": "00", "ab": "2026"}')
    return file


def test_a_copy_takes_files_along_and_leaves_the_past(lived, tmp_path):
    copied = copy_study(lived.parent, tmp_path / "new")
    files = list_files(copied.parent)
    assert {"study.toml", "parameters.toml", "routes.geojson", "shelters.csv", "notes.md",
            "layers/out/kept.csv", ".gitignore", "templates/shelters.xlsx"} <= files
    assert not [name for name in files
                if name.startswith(("runs", "state", "quarantine", ".shelters", "register/.lock"))]
    assert {name for name in files if name.startswith("register")} == {
        "register/shelters/tombstones.json", "register/shelters/tombstone-keys.json"}
    stones = (copied.parent / "register" / "shelters" / "tombstones.json").read_text()
    assert json.loads(stones) == {"gt-ex-9": "2026"}
    text = copied.read_text(encoding="utf-8")
    assert "read_only" not in text
    assert "# a comment that stays" in text
    assert (copied.parent / "routes.geojson").read_bytes() == (
        lived.parent / "routes.geojson").read_bytes()
    assert openpyxl.load_workbook(copied.parent / "templates" / "shelters.xlsx").sheetnames


def test_a_copy_is_a_study(tmp_path):
    file = grid_study.write_grid_study(tmp_path / "old")
    copied = Study.open(copy_study(file, tmp_path / "new"), today=TODAY)
    _, errors = copied.check()
    assert not errors
    assert len(copied.layer("routes")) == 40


def test_a_copy_within_itself_is_refused(lived):
    with pytest.raises(CallError, match="lies inside"):
        copy_study(lived, lived.parent / "copy")


def test_a_study_with_files_elsewhere_is_refused(lived, tmp_path):
    (tmp_path / "far.csv").write_text("x")
    lived.write_text(lived.read_text().replace("shelters.csv", "../far.csv"), encoding="utf-8")
    with pytest.raises(StudyError, match=r"\.\./far\.csv: lies outside"):
        copy_study(lived, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_link_out_of_a_study_is_not_followed(lived, tmp_path):
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "list.csv").write_text("x")
    (lived.parent / "aside").symlink_to(tmp_path / "secret")
    copied = copy_study(lived, tmp_path / "new")
    assert (copied.parent / "aside").is_symlink()


def test_no_study_no_copy(tmp_path):
    with pytest.raises(StudyError, match="no study at"):
        copy_study(tmp_path / "nothing", tmp_path / "new")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_told(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(PermissionError):
        start_study(tmp_path / "mine")


def test_a_layer_that_a_study_describes_itself_has_a_template(tmp_path):
    file = grid_study.write_grid_study(tmp_path / "old")
    (file.parent / "wells.toml").write_text(
        'name = "wells"\nkind = "vector"\nrole = "place"\ntitle = {en = "Wells"}\n'
        'meaning = "Where water was found"\ngeometry = "Point"\nid = "well_id"\n'
        '[columns.depth_m]\ndtype = "number"\nunit = "m"\nmeaning = "Depth"\n', encoding="utf-8")
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("[siting]", '[layers.wells]\npath = "wells.csv"\n'
                                 'spec = "wells.toml"\n\n[siting]'), encoding="utf-8")
    copied = copy_study(file, tmp_path / "new")
    book = openpyxl.load_workbook(copied.parent / "templates" / "wells.xlsx")
    assert [cell.value for cell in book["wells"][1]] == ["well_id", "lon", "lat", "depth_m"]
