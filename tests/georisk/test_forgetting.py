"""Erasing a record: all of it goes, it does not come back, and what still holds it is said."""

from __future__ import annotations

import shutil
import zipfile
from contextlib import contextmanager
from dataclasses import replace

import grid_study
import pandas as pd
import pytest
from test_importing import bring, make_row, open_study, snap, write_sheet

from georisk.publishing import publish
from georisk.register import forgetting
from georisk.register.carriers import find_carriers, find_files, find_tallies
from georisk.register.forgetting import forget_quarantine, forget_record
from georisk.register.importing import Order, carry_out, plan_import
from georisk.register.keeping import find_kept, find_shelf
from georisk.register.tombstones import add_key, find_keys_file, matches, read_keys
from layers.errors import CallError, StudyError
from layers.register.history import list_editions
from layers.register.kept import read_kept, sweep_leftovers, write_kept


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A study with eight imported houses, and the sheet they came in."""
    place = tmp_path_factory.mktemp("made")
    grid_study.write_grid_study(place / "study")
    bring(place / "study", write_sheet(place / "a.csv", *(make_row(n) for n in range(1, 9))))
    return place


@pytest.fixture
def folder(made, tmp_path):
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return tmp_path / "study"


def forget(folder, id_="gt-crx-1", layer="shelters"):
    return forget_record(open_study(folder), layer=layer, id_=id_, runs=folder / "runs")


def keep(folder, layer="shelters"):
    return find_kept(open_study(folder), layer)


def test_a_plan_made_before_is_refused_afterwards(folder, tmp_path):
    study = open_study(folder)
    plan = plan_import(study, [write_sheet(tmp_path / "b.csv", make_row(1, capacity="3"))],
                       Order("shelters"))
    forget(folder)
    with pytest.raises(CallError):
        carry_out(study, plan)
    assert "gt-crx-1" not in keep(folder).frame.index


def test_an_import_that_ends_just_before_the_lock_is_not_undone(folder, tmp_path, monkeypatch):
    path = write_sheet(tmp_path / "b.csv", make_row(2, capacity="33"))
    hold, waiting = forgetting.hold_lock, [path]

    @contextmanager
    def hold_late(place):
        if waiting:
            bring(folder, waiting.pop())
        with hold(place):
            yield

    monkeypatch.setattr(forgetting, "hold_lock", hold_late)
    forget(folder)
    assert keep(folder).frame.loc["gt-crx-2", "capacity"] == 33
    assert keep(folder).edition == 3


def test_editions_have_no_gap_and_the_new_one_does_not_name_the_record(folder):
    forget(folder)
    shelf = find_shelf(open_study(folder), "shelters")
    told = list_editions(shelf.history, last=keep(folder).edition)
    assert [one["edition"] for one in told] == [1, 2]
    assert told[1]["adapter"] == "forget"
    assert "gt-crx-1" not in str(told)


@pytest.mark.parametrize("word", ["added", "changed", "", "  ", "a.csv", "gt-crx-99"])
def test_what_nobody_knows_is_refused_before_anything_is_written(folder, word):
    before = snap(folder)
    with pytest.raises(CallError, match="nothing is known"):
        forget(folder, word)
    assert snap(folder) == before


@pytest.mark.parametrize("name", ["0001.json", "0001.changes.parquet", "tombstone-keys.json"])
def test_a_damaged_register_is_named_and_nothing_is_written(folder, name):
    (find_shelf(open_study(folder), "shelters").history / name).write_bytes(b"{")
    before = snap(folder)
    with pytest.raises(StudyError, match=name):
        forget(folder)
    assert snap(folder) == before


def test_another_row_that_was_merged_from_it_no_longer_says_so(folder):
    state = keep(folder)
    merged = pd.Series(
        [("gt-crx-1", "gt-x-9") if id_ == "gt-crx-2" else () for id_ in state.frame.index],
        index=state.frame.index)
    rows = find_shelf(open_study(folder), "shelters").rows
    write_kept(replace(state, frame=state.frame.assign(merged_ids=merged)), rows)
    forget(folder)
    assert tuple(keep(folder).frame.loc["gt-crx-2", "merged_ids"]) == ("gt-x-9",)


def test_what_a_killed_import_left_goes_and_nothing_else(folder):
    rows = find_shelf(open_study(folder), "shelters").rows
    for name in (".shelters.parquet.999.tmp", ".shelters.parquet.x.tmp", ".other.parquet.9.tmp"):
        shutil.copy(rows, rows.with_name(name))
    forget(folder)
    assert sorted(path.name for path in rows.parent.glob(".*")) == [
        ".other.parquet.9.tmp", ".shelters.parquet.x.tmp"]
    assert sweep_leftovers(rows) == 0


def test_files_of_the_study_that_still_hold_it_are_named(folder, tmp_path):
    shutil.copy(tmp_path / "a.csv", folder / "adopted.csv")
    (folder / "other.csv").write_text("gt-crx-11,gt-crx-1-b,x.gt-crx-1\n", "utf-8")
    (folder / "old.txt").write_bytes("gt-crx-1".encode("utf-16"))
    with zipfile.ZipFile(folder / "sheet.xlsx", "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/sharedStrings.xml", "<t>gt-crx-1</t>")
    (folder / "broken.xlsx").write_bytes((folder / "sheet.xlsx").read_bytes()[:-30])
    assert forget(folder).files == ("adopted.csv", "old.txt", "sheet.xlsx")


def test_looking_is_bounded_and_what_was_not_read_is_said(tmp_path):
    (tmp_path / "a.csv").write_text("x" * 500, "utf-8")
    (tmp_path / "b.csv").write_text("id-1", "utf-8")
    found = find_files(tmp_path, "id-1", leaving_out=(), most=100)
    assert (found.holders, found.unsearched) == ((), ("a.csv", "b.csv"))


def test_snapshots_that_name_it_in_a_result_or_a_quarantine_are_listed(tmp_path):
    for run in ("r1", "r2", "r3", "r4", "r5"):
        (tmp_path / run / "layers").mkdir(parents=True)
    (tmp_path / "r2" / "quarantine").mkdir()
    coverage = pd.DataFrame({"coverage_id": ["c-1"], "second_id": ["gt-1"]})
    coverage.to_parquet(tmp_path / "r1" / "layers" / "coverage.parquet")
    (tmp_path / "r2" / "quarantine" / "shelters.csv").write_text("source,id\ns.csv,GT-1\n")
    ways = pd.DataFrame({"way_id": ["gt-1"], "name": ["gt-1"]})
    ways.to_parquet(tmp_path / "r3" / "layers" / "ways.parquet")
    capacity = pd.DataFrame({"place_id": ["gt-1"]})
    capacity.to_parquet(tmp_path / "r4" / "layers" / "capacity.parquet")
    (tmp_path / "r5" / "layers" / "shelters.parquet").write_bytes(b"PAR1")
    found = find_carriers(tmp_path, "shelters", "place_id", "gt-1")
    assert (found.holders, found.unsearched) == (("r1", "r2", "r4"), ("r5",))


def test_the_report_of_validate_is_listed_for_incidents_with_what_it_holds(folder):
    assert find_tallies(folder / "runs", role="incident") == ()
    (folder / "runs").mkdir(exist_ok=True)
    (folder / "runs" / "skill.json").write_text("{}", "utf-8")
    told, = find_tallies(folder / "runs", role="incident")
    for part in ("skill.json", "cells", "totals", "without any id", "georisk validate"):
        assert part in told
    assert forget(folder).tallies == ()  # a house is counted in no report


def test_quarantines_are_erased_as_a_whole(folder, tmp_path):
    path = write_sheet(tmp_path / "b.csv", *(make_row(n) for n in range(1, 9)),
                       make_row(9, place_id="A. Person", lat="x"))
    bring(folder, path)
    assert forget_quarantine(open_study(folder), layer="shelters") == 1
    assert not list(find_shelf(open_study(folder), "shelters").history.glob("*.quarantine.csv"))
    assert keep(folder).edition == 2


def test_a_place_without_an_id_is_known_again_by_its_digest_alone(folder):
    shelf = find_shelf(open_study(folder), "shelters")
    assert not matches(shelf, pd.Series(["a/b/gt"])).any()
    add_key(shelf, "a/b/gt", "2026-01-01")
    add_key(shelf, "//gt", "2026-01-01")
    assert matches(shelf, pd.Series(["a/b/gt", "//gt", "c/b/gt"])).to_list() == [
        True, False, False]
    assert len(read_keys(shelf)) == 2
    assert "a/b" not in find_keys_file(shelf).read_text("utf-8")


def test_a_forgotten_place_does_not_come_back_under_a_new_number(folder, tmp_path):
    row = {**make_row(1, name="EXAMPLE - Casa Verde", town="Xtown"), "place_id": ""}
    path = write_sheet(tmp_path / "b.csv", row, make_row(2))
    bring(folder, path, owner="crx")
    named = keep(folder).frame["name"].eq("EXAMPLE - Casa Verde")
    forget(folder, named.index[named][0])
    bring(folder, path, owner="crx")
    assert not keep(folder).frame["name"].eq("EXAMPLE - Casa Verde").any()


def test_a_reader_sees_one_state_while_another_takes_its_place(folder, tmp_path, monkeypatch):
    from layers.register import kept

    study = open_study(folder)
    rows, old, read = find_shelf(study, "shelters").rows, keep(folder), kept.read_layer
    bring(folder, write_sheet(tmp_path / "b.csv", make_row(20)))
    new = rows.read_bytes()
    kept.write_kept(old, rows)

    def read_slowly(file, *rest):
        rows.with_name("aside").write_bytes(new)
        rows.with_name("aside").replace(rows)
        return read(file, *rest)

    monkeypatch.setattr(kept, "read_layer", read_slowly)
    state = read_kept(rows, study.spec("shelters"))
    assert state.edition == 1
    assert len(state.frame) == len(state.marks) == len(old.frame)


def test_a_published_snapshot_is_listed(folder):
    published = publish(open_study(folder), folder / "runs").path.name
    assert forget(folder).editions == (published,)


def test_a_record_that_refused_goes_on_refusing_for_what_it_was_merged_with():
    import geopandas as gpd

    from georisk.register.forgetting import _erase_row
    from layers.catalog import find_spec
    from layers.layer import index_frame
    from layers.register.kept import Kept, mark_rows, show_rows

    spec = find_spec("shelters")
    rows = gpd.GeoDataFrame(
        {"place_id": ["a-1", "b-1"], "name": "EXAMPLE - A", "country": "GT",
         "publish_ok": pd.array([False, True], dtype="boolean")},
        geometry=gpd.points_from_xy([-90.5] * 2, [14.6] * 2), crs="EPSG:4326")
    frame = index_frame(rows, spec)
    marks = mark_rows(frame.index).assign(_merged="a-1")
    shown = show_rows(_erase_row(Kept(spec, frame, marks), "a-1")).set_index("place_id")
    assert list(shown.index) == ["b-1"]
    assert not shown["publish_ok"].any()
