"""Editions on disk: what counts, what is swept, what is erased."""

import tempfile
from pathlib import Path

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from surroundings import CAMPAIGN

from layers.register.erasure import erase_id
from layers.register.history import (
    Edition,
    defuse,
    hide_changes,
    list_editions,
    read_changes,
    read_conflicts,
    read_table,
    sweep_editions,
    write_edition,
    write_table,
)
from layers.spec import parse_spec

CHANGES = pd.DataFrame({
    "id": ["a-1", "a-2"], "change": ["added", "changed"], "column": ["", "capacity"],
    "before": ["", "10"], "after": ["", "12"]})
CONFLICTS = pd.DataFrame({
    "id": ["a-2"], "owner_a": ["x"], "owner_b": ["y"], "field": ["phone"], "value_a": ["1"],
    "value_b": ["=cmd|x"], "date_a": ["2026-01-01"], "date_b": ["2026-02-01"]})
QUARANTINE = pd.DataFrame({"source": ["s.csv"], "record": ["3"], "place_id": ["a-1"]})

TEXT = st.text(st.sampled_from("a'=+-@\r\n\t\",; \u2028\x00\x1c\x85nN1") | st.characters(
    exclude_categories=["Cs"]), max_size=6)


def make_edition(number, **about):
    told = {"edition": number, "day": "2026-02-01", "files": [{"name": "s.csv"}], **about}
    return Edition(number, told, CHANGES, CONFLICTS, QUARANTINE)


def test_what_was_written_is_read_back_in_order(tmp_path):
    write_edition(make_edition(1), tmp_path)
    write_edition(make_edition(2, day="2026-03-01"), tmp_path)
    told = read_changes(tmp_path, last=2, id_="a-2")
    assert told[["edition", "day", "file", "change", "after"]].to_numpy().tolist() == [
        [1, "2026-02-01", "s.csv", "changed", "12"], [2, "2026-03-01", "s.csv", "changed", "12"]]


def test_an_edition_that_the_rows_do_not_name_does_not_count_and_is_swept(tmp_path):
    write_edition(make_edition(1), tmp_path)
    write_edition(make_edition(2), tmp_path)
    assert len(list_editions(tmp_path, last=1)) == 1
    assert len(read_changes(tmp_path, last=1)) == 2
    sweep_editions(tmp_path, last=1)
    assert {path.name.split(".")[0] for path in tmp_path.iterdir()} == {"0001"}


def test_erasing_an_id_leaves_no_byte_of_it(tmp_path):
    write_edition(make_edition(1), tmp_path)
    assert erase_id(tmp_path, "a-2", id_column="place_id") == 2
    assert erase_id(tmp_path, "a-1", id_column="place_id") == 2
    assert not any(b"a-2" in path.read_bytes() or b"a-1" in path.read_bytes()
                   for path in tmp_path.iterdir())


def test_conflicts_keep_the_latest_word_and_are_no_formulas(tmp_path):
    write_edition(make_edition(1), tmp_path)
    write_edition(make_edition(2), tmp_path)
    assert len(read_conflicts(tmp_path, last=2)) == 1
    assert "'=cmd|x" in (tmp_path / "0001.conflicts.csv").read_text("utf-8")


def test_only_the_owner_of_the_machine_account_may_read_it(tmp_path):
    write_edition(make_edition(1), tmp_path / "register")
    assert (tmp_path / "register").stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o077 == 0 for path in (tmp_path / "register").iterdir())


def test_what_a_hidden_column_held_is_not_written_down():
    spec = parse_spec(
        'name = "notes"\nkind = "table"\nrole = "table"\nid = "note_row"\nmeaning = "m"\n'
        'title = {en = "t"}\n[columns]\n'
        'contact = { dtype = "string", meaning = "who", personal = true }\n', where="notes.toml")
    one = pd.DataFrame({"column": ["contact"], "before": ["A. Person"], "after": ["B. Person"]})
    assert hide_changes(one, spec)[["before", "after"]].to_numpy().tolist() == [
        ["[removed]", "[removed]"]]


def test_numbers_are_not_taken_for_formulas():
    assert [defuse(text) for text in ("-80.07", "+5", "=1", "-x", "@a", "a")] == [
        "-80.07", "+5", "'=1", "'-x", "'@a", "a"]


@settings(max_examples=10_000 if CAMPAIGN else 60, deadline=None)
@given(st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=4))
def test_a_table_comes_back_exactly_whatever_is_in_its_cells(rows):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "0001.conflicts.csv"
        table = pd.DataFrame(rows, columns=["=a", "b"], dtype="str")
        write_table(table, path)
        assert read_table(path).to_numpy().tolist() == table.to_numpy().tolist()
        assert read_table(path).columns.to_list() == ["=a", "b"]
        assert len(path.read_text("utf-8").split("\n")) >= len(rows) + 1


def test_a_phone_with_a_plus_is_decided_as_it_was_written(tmp_path):
    phone = CONFLICTS.assign(value_b="+502 5555 0002", value_a="line\rbreak")
    write_edition(Edition(1, make_edition(1).about, CHANGES, phone, QUARANTINE), tmp_path)
    line = read_conflicts(tmp_path, last=1).iloc[0]
    assert (line["value_a"], line["value_b"]) == ("line\rbreak", "+502 5555 0002")


def test_what_a_killed_erasure_left_is_swept(tmp_path):
    write_edition(make_edition(1), tmp_path)
    (tmp_path / ".0001.changes.parquet.tmp").write_bytes(b"a-2")
    (tmp_path / ".other.tmp").write_bytes(b"")
    sweep_editions(tmp_path, last=1)
    assert [path.name for path in tmp_path.glob(".*")] == [".other.tmp"]
