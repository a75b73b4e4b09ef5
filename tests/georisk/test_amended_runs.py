"""The current run with some places changed: at once, whole, and kept by the next full run."""

from __future__ import annotations

import datetime as dt
import os
import shutil
from pathlib import Path

import pytest

from georisk import doors, publishing, republishing, switching
from georisk.amending import FILE, Amendment, add_amendment
from georisk.locking import hold_switch
from georisk.originals import read_original
from georisk.publishing import publish
from georisk.register.carriers import find_carriers
from georisk.register.importing import Order, plan_import
from georisk.republishing import is_in_force, republish
from georisk.snapshot import Snapshot
from georisk.study import Study
from layers.disclosure import VERIFY_DAYS
from layers.errors import CallError

TODAY = dt.date(2025, 1, 15)
CLOSED = Amendment("r-1", "gt-ex-1", "CLOSED", dt.date(2025, 1, 10))
FULL = Amendment("r-2", "gt-ex-4", "FULL", dt.date(2025, 1, 11))
OPEN = Amendment("r-3", "gt-ex-1", "OPEN", dt.date(2025, 1, 12))


@pytest.fixture
def folder(published_grid, tmp_path):
    shutil.copytree(published_grid, tmp_path / "study", symlinks=True)
    return tmp_path / "study"


def open_study(folder):
    return Study.open(folder, today=TODAY)


def amend(folder, *entries):
    for entry in entries:
        add_amendment(folder / FILE, entry)
    with hold_switch(folder / "runs"):
        return republish(open_study(folder), folder / "runs")


def read_bytes(snapshot, name):
    return (snapshot.path / "layers" / f"{name}.parquet").read_bytes()


def test_a_closed_place_is_gone_at_once_and_the_last_run_is_as_it_was(folder):
    before = Snapshot.open(folder / "runs")
    after = amend(folder, CLOSED, FULL)
    assert Snapshot.open(folder / "runs").path == after.path != before.path
    assert before.find_damage() == after.find_damage() == []
    assert "gt-ex-1" in before.layer("assistance_points").frame.index
    assert "gt-ex-1" not in after.layer("assistance_points").frame.index
    assert "gt-ex-1" not in set(after.layer("along").frame["ref"])
    assert "gt-ex-3" in set(after.layer("along").frame["ref"])
    assert after.layer("shelters").frame.loc["gt-ex-4", "reported_status"] == "full"
    assert after.manifest["amends"] == before.manifest["run_id"]
    assert before.manifest["run_id"] in after.manifest["warnings"][-1]
    assert set(after.manifest) == set(before.manifest)
    assert [one["status"] for one in after.manifest["amendments"]] == ["CLOSED", "FULL"]
    assert after.manifest["counted"] == before.manifest["counted"] == []
    told = after.manifest["layers"]["assistance_points"]
    assert told == {**before.manifest["layers"]["assistance_points"], "amended": 1}
    assert told["read"] == told["accepted"] + told["quarantined"]


def test_unchanged_files_are_shared_and_changed_ones_never(folder):
    before = Snapshot.open(folder / "runs")
    after = amend(folder, CLOSED)
    shared = {
        str(path.relative_to(after.path)) for path in after.path.rglob("*")
        if path.is_file() and path.stat().st_nlink > 1
    }
    assert {"layers/segments.parquet", "parameters.toml", "specs.json"} <= shared
    changed = {name for name in before.manifest["files"]
               if before.manifest["files"][name] != after.manifest["files"].get(name)}
    assert not changed & shared
    assert {"layers/assistance_points.parquet", "layers/along.parquet"} <= changed
    assert not [name for name in changed if "assistance" not in name and "along" not in name]


def test_without_hard_links_files_are_copied(folder, monkeypatch):
    def refuse(*_):
        raise OSError("not here")

    monkeypatch.setattr(os, "link", refuse)
    assert amend(folder, CLOSED).find_damage() == []


def test_every_door_follows(folder):
    verified = dt.date(2024, 12, 1)
    day = verified + dt.timedelta(days=VERIFY_DAYS - 1)
    before = doors.open("public", runs=folder / "runs", today=day)
    amend(folder, CLOSED, FULL)
    assert not before.is_current()
    after = before.reopen()
    assert "gt-ex-1" in before.layer("assistance_points").frame.index
    assert "gt-ex-1" not in after.layer("assistance_points").frame.index
    assert after.served("assistance_points").find("gt-ex-1") is None
    full = after.layer("shelters").frame.loc["gt-ex-4"]
    assert (full["reported_status"], f"{full['reported_on']:%Y-%m-%d}") == ("full", "2025-01-11")
    assert after.amends == before.run_id
    assert "amendments" not in after.manifest()
    prepared = doors.open("restricted", runs=folder / "runs", today=day)
    assert prepared.served("along").count == len(prepared.layer("along"))


def test_open_again_is_the_same_to_the_byte(folder):
    before = Snapshot.open(folder / "runs")
    amend(folder, CLOSED)
    after = amend(folder, OPEN)
    for name in ("assistance_points", "along", "shelters"):
        assert read_bytes(after, name) == read_bytes(before, name)
    assert after.manifest["amends"] == before.manifest["run_id"]
    assert len([w for w in after.manifest["warnings"] if "amended after" in w]) == 1
    assert "amended" not in after.manifest["layers"]["assistance_points"]


def test_the_next_full_run_keeps_it_and_computes_with_it(folder):
    amended = amend(folder, CLOSED)
    assert "gt-ex-1" in set(amended.layer("coverage").frame["nearest_id"])
    full = publish(open_study(folder), folder / "runs")
    assert read_bytes(full, "assistance_points") == read_bytes(amended, "assistance_points")
    for layer in full.specs:
        if full.specs[layer].kind != "raster":
            frame = full.layer(layer).frame
            assert not [name for name in frame if frame[name].astype(str).eq("gt-ex-1").any()]
    assert "gt-ex-1" in read_original(full, "assistance_points").frame.index
    assert full.manifest["amends"] == ""
    assert not [w for w in full.manifest["warnings"] if "amended after" in w]
    assert full.manifest["layers"]["assistance_points"]["amended"] == 1
    assert set(full.manifest["inputs"]["amendments"]) == {FILE}
    assert full.find_damage() == []
    # And from there a place can be opened again, though the run was made without it.
    opened = amend(folder, OPEN)
    assert "gt-ex-1" in opened.layer("assistance_points").frame.index


def test_a_run_that_began_before_a_decision_does_not_undo_it(folder):
    study = open_study(folder)
    study.check()
    amend(folder, CLOSED)
    full = publish(study, folder / "runs")
    assert "gt-ex-1" not in full.layer("assistance_points").frame.index
    assert "gt-ex-1" not in set(full.layer("coverage").frame["nearest_id"])


def test_a_line_taken_out_by_hand_is_undone_at_the_next_amendment(folder):
    before = Snapshot.open(folder / "runs")
    amend(folder, CLOSED)
    (folder / FILE).unlink()
    after = amend(folder, FULL)
    assert read_bytes(after, "assistance_points") == read_bytes(before, "assistance_points")


def test_what_is_in_force_is_not_published_twice(folder):
    after = amend(folder, CLOSED)
    assert is_in_force(after, open_study(folder).amendments)
    add_amendment(folder / FILE, OPEN)
    assert not is_in_force(after, open_study(folder).amendments)


@pytest.mark.parametrize("moment", ["layers", "rename"])
def test_a_crash_on_the_way_leaves_the_last_snapshot(folder, monkeypatch, moment):
    class Crash(BaseException):
        pass

    def crash(*_, **__):
        raise Crash

    before = Snapshot.open(folder / "runs").path
    if moment == "layers":
        monkeypatch.setattr(republishing, "write_layer", crash)
    else:
        monkeypatch.setattr(Path, "replace", crash)
    add_amendment_quietly(folder)
    with pytest.raises(Crash), hold_switch(folder / "runs"):
        republish(open_study(folder), folder / "runs")
    monkeypatch.undo()
    assert Snapshot.open(folder / "runs").path == before
    assert not list((folder / "runs").glob(".tmp-*"))
    assert amend(folder, CLOSED).path != before


def add_amendment_quietly(folder):
    (folder / FILE).write_text("report_id,place_id,status,date\nr-1,gt-ex-1,CLOSED,2025-01-10\n")


# -- a long run beside it ------------------------------------------------------------------------


def test_what_is_decided_while_a_run_is_made_is_in_it_from_its_first_moment(folder, monkeypatch):
    """Whoever looks sees the place until it is taken out, and never again."""
    runs, seen, hash_inputs = folder / "runs", [], publishing.hash_inputs

    def decide_late(study):
        amend(folder, CLOSED)
        monkeypatch.setattr(publishing, "hash_inputs", hash_inputs)
        return hash_inputs(study)

    def watch(where, run_id):
        switching.switch_run(where, run_id)
        seen.append("gt-ex-1" in Snapshot.open(runs).layer("assistance_points").frame.index)

    monkeypatch.setattr(publishing, "hash_inputs", decide_late)
    for module in (publishing, republishing):
        monkeypatch.setattr(module, "switch_run", watch)
    after = publish(open_study(folder), runs)
    assert seen == [False, False]
    assert after.manifest["amendments"] == [CLOSED.as_dict()]
    plain = Snapshot.load(runs / after.manifest["amends"])
    assert plain.manifest["amendments"] == []
    assert "amendments" not in plain.manifest["inputs"]
    assert plain.find_damage() == after.find_damage() == []
    assert not list(runs.glob(".tmp-*"))


def test_a_run_that_finds_nothing_decided_meanwhile_is_no_amended_one(folder):
    add_amendment(folder / FILE, CLOSED)
    after = publish(open_study(folder), folder / "runs")
    assert not after.manifest["amends"]
    assert "gt-ex-1" not in after.layer("assistance_points").frame.index


# -- what else reads and erases places -----------------------------------------------------------


def test_an_amended_run_is_named_as_one_that_carries_a_forgotten_record(folder):
    before = Snapshot.open(folder / "runs")
    after = amend(folder, CLOSED)
    found = find_carriers(folder / "runs", "assistance_points", "place_id", "gt-ex-1")
    assert found.holders == (before.path.name, after.path.name)
    # Even where the row itself is nowhere but beside the layer.
    for name in ("layers/coverage.parquet", "layers/capacity.parquet"):
        (after.path / name).unlink(missing_ok=True)
    shutil.rmtree(before.path)
    assert find_carriers(folder / "runs", "assistance_points", "place_id", "gt-ex-1").holders == (
        after.path.name,)


def test_a_forgotten_record_is_not_copied_into_an_amended_run(folder):
    from georisk.register.keeping import find_shelf, write_json

    study = open_study(folder)
    write_json(find_shelf(study, "shelters").tombstones, {"gt-ex-2": "2025-01-14"})
    add_amendment(folder / FILE, CLOSED)
    with pytest.raises(CallError, match="was forgotten"), hold_switch(folder / "runs"):
        republish(study, folder / "runs")


def test_an_import_takes_over_places_that_a_report_has_closed(folder, tmp_path):
    add_amendment(folder / FILE, CLOSED)
    rows = (folder / "assistance_points.csv").read_text().splitlines()
    more = tmp_path / "more.csv"
    more.write_text("\n".join([rows[0], rows[1].replace("gt-ex-1", "gt-ex-9")]) + "\n")
    plan = plan_import(open_study(folder), [more], Order("assistance_points"))
    assert {"gt-ex-1", "gt-ex-9"} <= set(plan.merged.kept.frame.index)
