"""Duplicates and conflicts of a kept layer: listed, decided by a file, taken back."""

from __future__ import annotations

import datetime as dt
import shutil

import grid_study
import pandas as pd
import pytest
from test_importing import bring, make_row, open_study, write_sheet

from georisk.register.deciding import (
    accept_pairs,
    count_undecided,
    decide,
    list_pairs,
    review_layer,
)
from georisk.register.forgetting import forget_record
from georisk.register.keeping import find_kept, find_shelf
from georisk.starting import copy_study
from layers.duplicates import candidates
from layers.errors import CallError, LayerError
from layers.register.history import read_changes

TODAY = dt.date(2025, 1, 15)


@pytest.fixture
def folder(tmp_path):
    grid_study.write_grid_study(tmp_path / "study")
    return tmp_path / "study"


@pytest.fixture(scope="module")
def once_doubled(tmp_path_factory):
    """Imported once: every test decides in a copy of its own."""
    home = tmp_path_factory.mktemp("doubled")
    folder = home / "study"
    grid_study.write_grid_study(folder)
    bring(folder, write_sheet(home / "a.csv", make_row(1, name="EXAMPLE - Casa Azul",
                                                       town="Xtown", phone="111")),
          owner="crx")
    bring(folder, write_sheet(home / "b.csv", {
        "place_id": "gt-oth-1", "name": "EXAMPLE - Casa Azul", "town": "Xtown", "phone": "222",
        "lat": "14.0209"}), owner="other")
    return folder


@pytest.fixture
def doubled(once_doubled, tmp_path):
    """One invented house in the sheets of two offices, 100 m apart, with two phones."""
    return shutil.copytree(once_doubled, tmp_path / "study")


def pair_lines(table):
    return table[table["id_a"].eq("gt-crx-1") & table["id_b"].eq("gt-oth-1")]


def test_a_pair_across_owners_is_listed_with_the_fields_that_differ(doubled):
    lines = pair_lines(list_pairs(open_study(doubled), "shelters"))
    assert lines[lines["kind"].eq("pair")]["verdict"].to_list() == ["review"]
    phone = lines[lines["field"].eq("phone")].iloc[0]
    assert (phone["value_a"], phone["value_b"]) == ("111", "222")
    assert (phone["owner_a"], phone["owner_b"]) == ("crx", "other")


def decide_pair(folder, decision, **fields):
    study = open_study(folder)
    table = pair_lines(list_pairs(study, "shelters")).copy()
    table.loc[table["kind"].eq("pair"), "decision"] = decision
    for field, choice in fields.items():
        table.loc[table["field"].eq(field), "decision"] = choice
    return decide(study, "shelters", table, source="d.csv")


def test_a_pair_that_is_decided_same_becomes_one_row_with_both_identities(doubled):
    before = len(open_study(doubled).layer("shelters").frame)
    assert decide_pair(doubled, "same", phone="b") == {"pair": 1, "field": 1, "conflict": 0}
    frame = open_study(doubled).layer("shelters").frame
    assert len(frame) == before - 1
    assert frame.loc["gt-crx-1", "phone"] == "222"
    assert frame.loc["gt-crx-1", "merged_ids"] == ("gt-crx-1", "gt-oth-1")
    assert not len(pair_lines(list_pairs(open_study(doubled), "shelters")))
    history = find_shelf(open_study(doubled), "shelters").history
    told = read_changes(history, last=3, id_="gt-oth-1")
    assert told["change"].to_list() == ["added", "merged"]


def test_a_newer_edition_finds_its_row_again_and_the_merge_holds(doubled, tmp_path):
    decide_pair(doubled, "same")
    plan = bring(doubled, write_sheet(tmp_path / "b2.csv", {
        "place_id": "gt-oth-1", "name": "EXAMPLE - Casa Azul", "town": "Xtown", "phone": "333",
        "lat": "14.0209"}), owner="other")
    assert plan.merged.counts["changed"] == 1
    frame = open_study(doubled).layer("shelters").frame
    assert "gt-oth-1" not in frame.index
    assert frame.loc["gt-crx-1", "merged_ids"] == ("gt-crx-1", "gt-oth-1")


def test_a_decision_can_be_taken_back(doubled):
    before = open_study(doubled).layer("shelters").frame
    table = pair_lines(list_pairs(open_study(doubled), "shelters"))
    table = table[table["kind"].eq("pair")]
    for decision in ("same", "different"):
        decide(open_study(doubled), "shelters", table.assign(decision=decision), source="d.csv")
    after = open_study(doubled).layer("shelters").frame
    pd.testing.assert_frame_equal(after, before)
    assert not len(pair_lines(list_pairs(open_study(doubled), "shelters")))


def test_a_conflict_over_one_row_is_settled_by_a_file(folder, tmp_path):
    bring(folder, write_sheet(tmp_path / "a.csv", make_row(1, phone="111", capacity="5")),
          owner="crx")
    bring(folder, write_sheet(tmp_path / "b.csv", make_row(1, phone="222", capacity="9")),
          owner="other")
    table = list_pairs(open_study(folder), "shelters")
    lines = table[table["kind"].eq("conflict")]
    assert sorted(lines["field"]) == ["capacity", "phone"]
    choice = lines.assign(decision=lines["field"].map({"phone": "b", "capacity": "a"}))
    decide(open_study(folder), "shelters", choice, source="d.csv")
    row = open_study(folder).layer("shelters").frame.loc["gt-crx-1"]
    assert (row["phone"], row["capacity"], row["owner"]) == ("222", 5.0, "crx")
    left = list_pairs(open_study(folder), "shelters")
    assert not left["kind"].eq("conflict").any()


def test_a_table_with_faults_changes_nothing(doubled):
    table = pair_lines(list_pairs(open_study(doubled), "shelters"))
    before = find_kept(open_study(doubled), "shelters")
    with pytest.raises(LayerError, match="neither same nor different"):
        decide(open_study(doubled), "shelters", table.assign(decision="perhaps"), source="d.csv")
    assert find_kept(open_study(doubled), "shelters").edition == before.edition


def test_accepting_the_sure_pairs_leaves_those_across_owners_to_people(doubled):
    table = accept_pairs(list_pairs(open_study(doubled), "shelters"))
    assert table["decision"].eq("").all()


def test_a_forgotten_record_is_in_no_decision(doubled):
    decide_pair(doubled, "same", phone="b")
    forget_record(open_study(doubled), layer="shelters", id_="gt-oth-1", runs=doubled / "runs")
    frame = open_study(doubled).layer("shelters").frame
    assert frame.loc["gt-crx-1", "phone"] == "111"
    assert frame.loc["gt-crx-1", "merged_ids"] == ()
    history = find_shelf(open_study(doubled), "shelters").history
    holders = [path.name for path in history.iterdir() if b"gt-oth-1" in path.read_bytes()]
    assert holders == ["tombstones.json"]


def test_only_incidents_and_places_have_duplicates(folder):
    with pytest.raises(CallError, match="incidents and places"):
        list_pairs(open_study(folder), "routes")


def test_too_many_pairs_are_told_and_decisions_still_apply(doubled, monkeypatch):
    table = pair_lines(list_pairs(open_study(doubled), "shelters"))
    monkeypatch.setattr(candidates, "MAX_CANDIDATES", -999)
    study = open_study(doubled)
    with pytest.raises(CallError, match="shelters: duplicates cannot be looked for"):
        list_pairs(study, "shelters")
    assert count_undecided(study, "shelters") is None
    decide(study, "shelters", table.assign(decision=table["kind"].map({"pair": "same"})),
           source="d.csv")
    assert "gt-oth-1" not in open_study(doubled).layer("shelters").frame.index


def test_too_many_incidents_on_one_spot_have_no_overlap(doubled, monkeypatch):
    def refuse(*args, **options):
        raise ValueError("too many")

    monkeypatch.setattr("georisk.register.deciding.find_pairs", refuse)
    with pytest.raises(CallError, match="incidents: duplicates cannot be looked for: too many"):
        review_layer(open_study(doubled), "incidents")


def test_very_many_rows_are_not_compared_unasked(doubled, monkeypatch):
    study = open_study(doubled)
    assert count_undecided(study, "shelters") >= 1
    assert count_undecided(study, "routes") == 0
    monkeypatch.setattr("georisk.register.deciding.MOST_COUNTED", 1)
    assert count_undecided(study, "shelters") is None


def test_a_table_without_its_columns_is_refused_with_all_of_them(doubled):
    study = open_study(doubled)
    table = list_pairs(study, "shelters")
    for names in (["kind"], ["decision"], ["decision", "id_a", "kind"]):
        with pytest.raises(LayerError) as caught:
            decide(study, "shelters", table.drop(columns=names), source="d.csv")
        assert sorted(fault.column for fault in caught.value.faults) == names


@pytest.fixture
def disputed(doubled, tmp_path):
    """The two offices of `doubled` also disagree on one row of the first."""
    bring(doubled, write_sheet(tmp_path / "c.csv", make_row(
        1, name="EXAMPLE - Casa Azul", town="Xtown", phone="999", capacity="9")), owner="third")
    return doubled


def test_faults_of_pairs_and_conflicts_come_at_once_with_their_rows(disputed):
    table = list_pairs(open_study(disputed), "shelters").reset_index(drop=True)
    table["_record"] = table.index + 5
    wrong = [table.index[table["kind"].eq(kind)][0] for kind in ("pair", "conflict")]
    table.loc[wrong, "decision"] = "perhaps"
    with pytest.raises(LayerError) as caught:
        decide(open_study(disputed), "shelters", table, source="d.csv")
    assert [fault.row for fault in caught.value.faults] == [n + 5 for n in wrong]


def test_a_conflict_settles_its_own_cell_and_one_way(disputed):
    study = open_study(disputed)
    table = list_pairs(study, "shelters")
    line = table[table["kind"].eq("conflict")].head(1).assign(decision="b")
    for change in ({"id_a": "gt-oth-1"}, {"field": "place_kind"}, {"field": "no_such_field"}):
        with pytest.raises(LayerError, match="sorted apart"):
            decide(study, "shelters", line.assign(**change), source="d.csv")
    with pytest.raises(LayerError, match="differently"):
        decide(study, "shelters", pd.concat([line, line.assign(decision="a")]), source="d.csv")


def test_a_merge_holds_in_a_copy_where_another_pair_is_decided(doubled, tmp_path):
    decide_pair(doubled, "same", phone="b")
    copied = copy_study(doubled, tmp_path / "copy").parent
    pd.testing.assert_frame_equal(open_study(copied).layer("shelters").frame,
                                  open_study(doubled).layer("shelters").frame)
    bring(copied, write_sheet(tmp_path / "n.csv", make_row(7, name="EXAMPLE - Casa Roja",
                                                           town="Ytown", lat="14.3")), owner="crx")
    bring(copied, write_sheet(tmp_path / "m.csv", {
        "place_id": "gt-oth-7", "name": "EXAMPLE - Casa Roja", "town": "Ytown", "lat": "14.3"}),
        owner="other")
    table = list_pairs(open_study(copied), "shelters")
    table = table[table["id_a"].eq("gt-crx-7") & table["id_b"].eq("gt-oth-7")]
    decide(open_study(copied), "shelters",
           table.assign(decision=table["kind"].map({"pair": "same"})), source="d.csv")
    frame = open_study(copied).layer("shelters").frame
    assert frame.loc["gt-crx-1", "merged_ids"] == ("gt-crx-1", "gt-oth-1")
    assert frame.loc["gt-crx-1", "phone"] == "222"
    assert frame.loc["gt-crx-7", "merged_ids"] == ("gt-crx-7", "gt-oth-7")
    history = find_shelf(open_study(copied), "shelters").history
    edition = find_kept(open_study(copied), "shelters").edition
    assert "split" not in set(read_changes(history, last=edition)["change"])
    assert read_changes(history, last=3, id_="gt-crx-1").empty


def test_a_vanished_record_stays_in_its_group_when_something_else_is_decided(doubled):
    from layers.register.kept import VANISHED, write_kept

    decide_pair(doubled, "same")
    kept = find_kept(open_study(doubled), "shelters")
    kept.marks.loc["gt-crx-1", VANISHED] = "2025-01-10"
    write_kept(kept, find_shelf(open_study(doubled), "shelters").rows)
    nothing = list_pairs(open_study(doubled), "shelters")
    decide(open_study(doubled), "shelters", nothing, source="d.csv")
    marks = find_kept(open_study(doubled), "shelters").marks
    assert set(marks.loc[["gt-crx-1", "gt-oth-1"], "_merged"]) == {"gt-crx-1"}
