"""Imports into a study of one's own: plans, deeds, owners, editions, and nothing by halves."""

from __future__ import annotations

import csv
import datetime as dt
import json
import os
import random
import signal
import subprocess
import sys
import time

import grid_study
import pandas as pd
import pytest
from surroundings import CAMPAIGN, EMBEDDED, ROOT

from georisk.publishing import publish
from georisk.register.forgetting import forget_record
from georisk.register.importing import Order, carry_out, plan_import
from georisk.register.keeping import find_kept, find_shelf
from georisk.study import Study
from layers.errors import CallError, LayerError
from layers.register.history import read_changes

TODAY = dt.date(2025, 1, 15)
HEADER = ["place_id", "name", "country", "town", "services", "capacity", "phone", "owner",
          "lon", "lat", "synthetic"]


@pytest.fixture
def folder(tmp_path):
    grid_study.write_grid_study(tmp_path / "study")
    return tmp_path / "study"


def open_study(folder):
    return Study.open(folder, today=TODAY)


def write_sheet(path, *rows):
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, HEADER, restval="")
        writer.writeheader()
        for row in rows:
            writer.writerow({"country": "GT", "services": "shelter", "lon": "-89.98",
                             "lat": "14.02", "synthetic": "yes", **row})
    return path


def make_row(number, **more):
    return {"place_id": f"gt-crx-{number}", "name": f"EXAMPLE - House {number}", **more}


def bring(folder, *paths, **order):
    study = open_study(folder)
    plan = plan_import(study, paths, Order(order.pop("layer", "shelters"), **order))
    carry_out(study, plan)
    return plan


def read_ids(folder, layer="shelters"):
    return list(open_study(folder).layer(layer).frame.index)


def snap(folder):
    """Every byte of a study's own files."""
    return {path: path.read_bytes() for path in sorted(folder.rglob("*"))
            if path.is_file() and "runs" not in path.parts}


def test_an_import_adds_to_what_the_study_reads_and_names_the_kept_file(folder, tmp_path):
    before = read_ids(folder)
    text = (folder / "study.toml").read_text("utf-8")
    plan = bring(folder, write_sheet(tmp_path / "a.csv", make_row(1), make_row(2)))
    assert plan.count() == {"read": 2, "accepted": 2, "quarantined": 0}
    assert read_ids(folder) == sorted([*before, "gt-crx-1", "gt-crx-2"])
    edited = (folder / "study.toml").read_text("utf-8")
    assert 'shelters = {path = "layers/shelters.parquet"}' in edited or (
        "layers/shelters.parquet" in edited)
    assert {line for line in text.splitlines() if line.startswith("#")} <= set(edited.splitlines())
    publish(open_study(folder), folder / "runs")


def test_a_dry_run_changes_no_byte(folder, tmp_path):
    before = snap(folder)
    plan_import(open_study(folder), [write_sheet(tmp_path / "a.csv", make_row(1))],
                Order("shelters"))
    assert snap(folder) == before


def test_the_same_file_twice_changes_nothing(folder, tmp_path):
    path = write_sheet(tmp_path / "a.csv", make_row(1, capacity="10"))
    bring(folder, path)
    rows = find_shelf(open_study(folder), "shelters").rows
    frame = find_kept(open_study(folder), "shelters").frame
    plan = bring(folder, path)
    assert plan.merged.counts["unchanged"] == 1
    assert not len(plan.merged.changes)
    pd.testing.assert_frame_equal(find_kept(open_study(folder), "shelters").frame, frame)
    assert rows.is_file()


def test_history_says_what_changed_when_and_from_which_file(folder, tmp_path):
    bring(folder, write_sheet(tmp_path / "jan.csv", make_row(1, capacity="10")))
    bring(folder, write_sheet(tmp_path / "feb.csv", make_row(1, capacity="12")))
    shelf = find_shelf(open_study(folder), "shelters")
    told = read_changes(shelf.history, last=2, id_="gt-crx-1")
    assert told[["file", "change", "column", "before", "after"]].to_numpy().tolist() == [
        ["jan.csv", "added", "", "", ""], ["feb.csv", "changed", "capacity", "10", "12"]]


def test_an_office_cannot_change_another_office_s_rows(folder, tmp_path):
    bring(folder, write_sheet(tmp_path / "a.csv", make_row(1, phone="111")), owner="crx")
    plan = bring(folder, write_sheet(tmp_path / "b.csv", make_row(1, phone="222"), make_row(2)),
                 owner="other")
    frame = open_study(folder).layer("shelters").frame
    assert frame.loc["gt-crx-1", "phone"] == "111"
    assert frame.loc["gt-crx-2", "owner"] == "other"
    assert plan.merged.conflicts["field"].to_list() == ["phone"]


def test_a_row_that_states_another_owner_is_refused(folder, tmp_path):
    plan = bring(folder, write_sheet(tmp_path / "a.csv", make_row(1, owner="crx"),
                                     make_row(2, owner="other")), owner="crx")
    assert plan.count() == {"read": 2, "accepted": 1, "quarantined": 1}
    assert "another owner" in plan.refused[0].reason


def test_quarantined_rows_keep_their_values_and_the_sum_holds(folder, tmp_path):
    rows = [make_row(number) for number in range(1, 9)]
    plan = bring(folder, write_sheet(tmp_path / "a.csv", *rows, make_row(9, capacity="many")))
    assert plan.count() == {"read": 9, "accepted": 8, "quarantined": 1}
    shelf = find_shelf(open_study(folder), "shelters")
    table = pd.read_csv(shelf.history / "0001.quarantine.csv", dtype="str", keep_default_na=False)
    assert table[["place_id", "capacity", "name"]].to_numpy().tolist() == [
        ["gt-crx-9", "many", "EXAMPLE - House 9"]]
    about = json.loads((shelf.history / "0001.json").read_text("utf-8"))
    assert (about["read"], about["accepted"], about["quarantined"]) == (9, 8, 1)


def test_the_manifest_of_a_run_tells_of_the_imports(folder, tmp_path):
    bring(folder, write_sheet(tmp_path / "a.csv", make_row(1)))
    manifest = publish(open_study(folder), folder / "runs").manifest
    told = manifest["imports"]["shelters"]
    assert [(one["read"], one["accepted"], one["quarantined"]) for one in told] == [(1, 1, 0)]
    assert told[0]["files"][0]["name"] == "a.csv"


def test_replacing_drops_what_the_file_lacks(folder, tmp_path):
    bring(folder, write_sheet(tmp_path / "a.csv", make_row(1), make_row(2)), replacing=True)
    assert read_ids(folder) == ["gt-crx-1", "gt-crx-2"]


def test_forgetting_leaves_a_tombstone_and_nothing_else(folder, tmp_path):
    bring(folder, write_sheet(tmp_path / "a.csv", make_row(1, capacity="7"), make_row(2)))
    published = publish(open_study(folder), folder / "runs").path.name
    (folder / "runs" / ".tmp-unpublished").mkdir()
    erased = forget_record(open_study(folder), layer="shelters", id_="gt-crx-1",
                           runs=folder / "runs")
    assert (erased.rows, erased.runs, erased.editions) == (1, 1, (published,))
    assert "gt-crx-1" not in read_ids(folder)
    holders = [path.name for path, data in snap(folder).items() if b'"gt-crx-1"' in data
               or b"gt-crx-1," in data]
    assert holders == ["tombstones.json"]
    assert not any(b"House 1" in data for data in snap(folder).values())
    plan = bring(folder, tmp_path / "a.csv")
    assert plan.count() == {"read": 2, "accepted": 1, "quarantined": 1}
    assert "gt-crx-1" not in read_ids(folder)


def test_forgetting_what_nobody_knows_is_said(folder, tmp_path):
    bring(folder, write_sheet(tmp_path / "a.csv", make_row(1)))
    with pytest.raises(CallError, match="nothing is known"):
        forget_record(open_study(folder), layer="shelters", id_="gt-crx-99",
                      runs=folder / "runs")


def test_the_embedded_study_is_not_imported_into(tmp_path):
    with pytest.raises(CallError, match="read only"):
        plan_import(open_study(EMBEDDED), [write_sheet(tmp_path / "a.csv", make_row(1))],
                    Order("shelters"))


def test_a_file_that_is_mostly_faulty_brings_nothing_in(folder, tmp_path):
    before = snap(folder)
    path = write_sheet(tmp_path / "a.csv", *(make_row(n, lat="x") for n in range(5)))
    with pytest.raises(LayerError):
        bring(folder, path)
    assert snap(folder) == before


@pytest.mark.parametrize("step", ["write_edition", "write_kept", "name_layer"])
def test_a_crash_between_two_steps_leaves_the_rows_as_they_were(
    folder, tmp_path, monkeypatch, step
):
    from georisk.register import importing

    bring(folder, write_sheet(tmp_path / "a.csv", make_row(1)))
    before = open_study(folder).layer("shelters").frame

    class Crash(BaseException):
        pass

    def crash(*_, **__):
        raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(importing, step, crash)
        with pytest.raises(Crash):
            bring(folder, write_sheet(tmp_path / "b.csv", make_row(2)))
    after = open_study(folder).layer("shelters").frame
    added = {"gt-crx-2"} if step == "name_layer" else set()
    assert set(after.index) == set(before.index) | added
    bring(folder, write_sheet(tmp_path / "b.csv", make_row(2)))
    assert "gt-crx-2" in read_ids(folder)


def test_an_import_that_is_killed_leaves_the_old_rows_or_the_new(folder, tmp_path):
    first = write_sheet(tmp_path / "a.csv", *(make_row(n) for n in range(1, 4)))
    bring(folder, first)
    old = set(read_ids(folder))
    second = write_sheet(tmp_path / "b.csv", *(make_row(n) for n in range(4, 400)))
    new = old | {f"gt-crx-{n}" for n in range(4, 400)}
    moments = random.Random(3)
    command = [sys.executable, "-m", "api.cli", "import", str(second), "--layer", "shelters",
               "-s", str(folder), "--quiet"]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    for _ in range(20 if CAMPAIGN else 3):
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, start_new_session=True)
        time.sleep(moments.uniform(0.8, 2.5))
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=60)
        assert set(read_ids(folder)) in (old, new)
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert set(read_ids(folder)) == new
    assert not list(folder.rglob("*.tmp"))
