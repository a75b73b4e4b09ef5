"""Taking one row out of a history: all that is its own, and nothing that only reads alike."""

from __future__ import annotations

import pandas as pd
import pytest

from layers.errors import StudyError
from layers.register.erasure import erase_id, erase_quarantine, find_id
from layers.register.history import (
    Edition,
    list_editions,
    read_changes,
    read_conflicts,
    write_edition,
)

COLUMNS = ["id", "change", "column", "before", "after"]


def write(folder, number=1, *, changes=(), conflicts=None, quarantine=None, **about):
    told = {"edition": number, "day": "2026-02-01", "files": [{"name": "s.csv"}], **about}
    empty = pd.DataFrame()
    write_edition(Edition(number, told, pd.DataFrame(changes, columns=COLUMNS),
                          empty if conflicts is None else conflicts,
                          empty if quarantine is None else quarantine), folder)


def test_a_count_that_reads_like_the_id_stays(tmp_path):
    write(tmp_path, changes=[("3", "added", "", "", ""), ("4", "changed", "dead", "4", "3")],
          quarantine=pd.DataFrame({"record": ["3"], "incident_id": ["9"], "dead": ["3"]}))
    assert erase_id(tmp_path, "3", id_column="incident_id") == 1
    assert read_changes(tmp_path, last=1)[["id", "after"]].to_numpy().tolist() == [["4", "3"]]
    assert b'"9"' in (tmp_path / "0001.quarantine.csv").read_bytes()


@pytest.mark.parametrize("word", ["added", "changed", "20", "s.csv", ""])
def test_a_word_of_the_tables_is_no_id(tmp_path, word):
    write(tmp_path, changes=[("a-1", "added", "", "", ""), ("a-1", "changed", "n", "20", "21")])
    assert not find_id(tmp_path, word, id_column="place_id")
    assert erase_id(tmp_path, word, id_column="place_id") == 0
    assert len(read_changes(tmp_path, last=1)) == 2


def test_of_a_row_it_was_merged_with_the_line_stays_without_the_id(tmp_path):
    write(tmp_path, changes=[("a-2", "merged", "", "", "a-1"), ("a-2", "split", "", "a-1", ""),
                             ("a-3", "changed", "merged_ids", "a-1;x-9", "x-9"),
                             ("a-4", "changed", "code", "a-1", "a-12")])
    assert find_id(tmp_path, "a-1", id_column="place_id")
    assert erase_id(tmp_path, "a-1", id_column="place_id") == 3
    assert read_changes(tmp_path, last=1)[["id", "before", "after"]].to_numpy().tolist() == [
        ["a-2", "", "[removed]"], ["a-2", "[removed]", ""], ["a-3", "[removed];x-9", "x-9"],
        ["a-4", "a-1", "a-12"]]


def test_quarantined_rows_go_in_whatever_letters_their_id_was(tmp_path):
    write(tmp_path, quarantine=pd.DataFrame({
        "place_id": [" GT-A-1", "gt-a-12", "gt-a-3"], "merged_ids": ["", "", "gt-a-1;x"]}))
    assert erase_id(tmp_path, "gt-a-1", id_column="place_id") == 2
    assert b"a-1;" not in (tmp_path / "0001.quarantine.csv").read_bytes()
    assert b"A-1" not in (tmp_path / "0001.quarantine.csv").read_bytes()


def test_decisions_and_suggestions_on_a_row_go_and_others_stay(tmp_path):
    pair = {"pair_id": "p-1", "kind": "pair", "id_a": "a-1", "id_b": "a-2", "decision": "same"}
    fix = {"id": "A-9", "reason": "capitals", "fix": [["place_id", "a-2"]]}
    write(tmp_path, decisions=[pair, {**pair, "id_b": "a-3"}], suggestions_applied=[fix])
    assert erase_id(tmp_path, "a-2", id_column="place_id") == 2
    about = list_editions(tmp_path, last=1)[0]
    assert (len(about["decisions"]), len(about["suggestions_applied"])) == (1, 0)


def test_quarantine_tables_can_be_erased_as_a_whole(tmp_path):
    write(tmp_path, quarantine=pd.DataFrame({"place_id": ["[removed]"]}))
    assert (erase_quarantine(tmp_path), erase_quarantine(tmp_path)) == (1, 0)
    assert not list(tmp_path.glob("*.quarantine.csv"))


def test_a_line_break_in_a_cell_does_not_hide_what_follows_it(tmp_path):
    write(tmp_path, quarantine=pd.DataFrame({"name": ["a\r=SECRET,x"], "place_id": ["a-5"]}))
    assert erase_id(tmp_path, "a-5", id_column="place_id") == 1
    assert b"SECRET" not in (tmp_path / "0001.quarantine.csv").read_bytes()


@pytest.mark.parametrize(("name", "content"), [
    ("0001.json", b"{"), ("0001.json", b"[]"), ("0001.json", b'{"edition": 7}'),
    ("0001.changes.parquet", b"PAR1"), ("0001.quarantine.csv", b'"a'),
    ("0001.conflicts.csv", b"\xff\xfe"),
])
def test_a_damaged_file_is_named_and_nothing_is_erased(tmp_path, name, content):
    table = pd.DataFrame({"place_id": ["a-1"]})
    write(tmp_path, changes=[("a-1", "added", "", "", "")], quarantine=table,
          conflicts=pd.DataFrame({"id": ["a-1"], "field": ["n"]}))
    (tmp_path / name).write_bytes(content)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(StudyError, match=name):
        erase_id(tmp_path, "a-1", id_column="place_id")
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_conflicts_of_another_row_stay(tmp_path):
    lines = {"id": ["a-1", "a-2"], "field": ["n", "n"], "owner_b": ["x", "x"],
             "value_a": ["1", "a-1"], "value_b": ["2", "a-2"]}
    write(tmp_path, conflicts=pd.DataFrame(lines))
    assert erase_id(tmp_path, "a-1", id_column="place_id") == 1
    assert read_conflicts(tmp_path, last=1)["value_a"].to_list() == ["a-1"]
