"""Delimited text, headers and JSON: every encoding and separator, nothing shifted, nothing lost."""

from __future__ import annotations

import csv
import io
import time

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from surroundings import CAMPAIGN, require_shared

from layers.readers.formats import sniff_format
from layers.readers.grids import read_grids
from layers.readers.headers import find_table, fold_name
from layers.readers.records import MAX_DEPTH, parse_json, read_records
from layers.readers.samples import take_sample
from layers.readers.text import decode_text, read_text_grid
from layers.sources import Grid

WORDS = "id;lugar;año\nex-1;EXAMPLE - Cañón;2020\nex-2;EXAMPLE - São, João;2021\n"


def write(folder, data, name="rows.csv"):
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def read(folder, data):
    return find_table(read_text_grid(write(folder, data)))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be",
                                      "utf-32", "cp1252", "mac_roman", "cp850"])
def test_any_encoding_gives_the_same_words(tmp_path, encoding):
    path = write(tmp_path, (WORDS * 1).encode(encoding))
    grid = read_text_grid(path)
    table, _ = find_table(grid)
    assert table["lugar"].tolist() == ["EXAMPLE - Cañón", "EXAMPLE - São, João"]
    assert list(table.columns) == ["id", "lugar", "año", "_record"]
    told = any("encoding" in note for note in grid.notes)
    assert told == (not encoding.startswith("utf-8"))


def test_a_byte_cut_at_the_end_is_never_swallowed():
    with pytest.raises(ValueError, match="not all of the file is UTF-8"):
        decode_text(WORDS.encode() + b"\xc3")


def test_utf8_with_one_damaged_byte_is_not_taken_for_another_encoding(tmp_path):
    damaged = WORDS.encode().replace("ã".encode(), b"\xe3", 1)
    with pytest.raises(ValueError, match="line 3 is not UTF-8 though others are"):
        read_text_grid(write(tmp_path, damaged))


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_separator_and_line_end(tmp_path, separator, end):
    out = io.StringIO()
    rows = [["id", "note", "lat"], ["a", f'x{separator} "q"', "15,2"], ["b", "", "16,3"]]
    csv.writer(out, delimiter=separator, lineterminator=end).writerows(rows)
    table, _ = read(tmp_path, out.getvalue())
    assert table.drop(columns="_record").to_numpy().tolist() == rows[1:]


def test_line_of_a_spreadsheet_program_names_the_separator(tmp_path):
    table, _ = read(tmp_path, "sep=;\nid;lat\na;15,2\n")
    assert table.to_dict("records") == [{"id": "a", "lat": "15,2", "_record": 3}]


def test_short_rows_are_filled_blank_ones_keep_their_numbers(tmp_path):
    table, _ = read(tmp_path, "id,lat,lon\na,15\n\nb,16,-91,,,\n")
    assert table["_record"].tolist() == [2, 4]
    assert table["lon"].tolist() == ["", "-91"]


def test_surplus_cells_are_refused_by_line(tmp_path):
    with pytest.raises(ValueError, match="line 3 has 4 cells, the header 3; line 5 has 5 cells"):
        read(tmp_path, "a,lon,lat\n1,2,3\n1,2,3,4\n1,2,3\n1,2,3,,5\n")


@pytest.mark.parametrize(("data", "told"), [
    ('id,lat\n"a,1\n', "opened and never closed"),
    ('id,lat\n"a"b,1\n', "line 2 has text after a closing quote"),
    (b"id,lat\na,1\n\0\0\0", "zero bytes"),
    ("id,lat\na,\0\n".encode("utf-16"), "zero bytes"),
    ("id,note\na\nb," + "x" * 200_000, "line 3 has a cell of more than 131,072"),
    ("1,2\n3,4\n", "no header row"),
    ("", "the file is empty"),
])
def test_broken_text_is_refused_in_one_line(tmp_path, data, told):
    with pytest.raises(ValueError, match=told) as caught:
        read(tmp_path, data)
    assert "\n" not in str(caught.value)


def test_line_breaks_in_cells_stay(tmp_path):
    table, _ = read(tmp_path, '"id","note"\n"a","one\ntwo"\n"b","x"\n')
    assert table["note"].tolist() == ["one\ntwo", "x"]


def test_fast_and_careful_reading_agree(tmp_path, monkeypatch):
    rows = [["id", "note", "n"], *([f"ex-{k}", f"a, {k}" if k % 3 else "", str(k)]
                                   for k in range(3000))]
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    path = write(tmp_path, out.getvalue())
    careful = read_text_grid(path).cells
    monkeypatch.setattr("layers.readers.text._BULK_BYTES", 0)
    calls = []
    monkeypatch.setattr("layers.readers.text._read_carefully", lambda *a, **k: calls.append(a))
    pd.testing.assert_frame_equal(read_text_grid(path).cells, careful)
    assert not calls


def test_quotes_that_open_nothing_are_left_to_the_careful_way(tmp_path, monkeypatch):
    monkeypatch.setattr("layers.readers.text._BULK_BYTES", 0)
    with pytest.raises(ValueError, match="opened and never closed"):
        read_text_grid(write(tmp_path, ',";,;",\n,\n'))


@pytest.mark.parametrize("heading", ["lat", "x"])
def test_thousands_of_equal_headings_are_told_apart_in_proportion(heading):
    rows = [[heading] * 16_000, ["1"] * 16_000]
    started = time.process_time()
    table, _ = find_table(grid(*rows), known=frozenset({"lat"}))
    assert time.process_time() - started < 10
    assert list(table)[:3] == [heading, f"{heading} 2", f"{heading} 3"]
    assert len(set(table)) == 16_001


CELLS = st.text(st.sampled_from('ab,;"\n \r\té|'), max_size=6)


@given(st.lists(st.lists(CELLS, min_size=2, max_size=4), min_size=1, max_size=6),
       st.sampled_from(["\n", "\r\n"]))
@settings(max_examples=10_000 if CAMPAIGN else 300)
def test_fast_reading_never_differs_from_careful(tmp_path, rows, end):
    out = io.StringIO()
    csv.writer(out, lineterminator=end).writerows(rows)
    path = write(tmp_path, out.getvalue())

    def attempt(least):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("layers.readers.text._BULK_BYTES", least)
            try:
                return [[cell.strip(" ") for cell in row]
                        for row in read_text_grid(path).cells.to_numpy().tolist()]
            except ValueError as error:
                return str(error)

    assert attempt(0) == attempt(10**9)


def grid(*rows, name="s"):
    width = max(map(len, rows))
    return Grid(name, pd.DataFrame([[*row, *[""] * (width - len(row))] for row in rows]))


def test_merged_headers_are_joined_and_known_names_stand_alone():
    rows = (["Register"], [], ["Where", "Where", "Victims", ""], ["lat", "lon", "dead", "missing"],
            ["15", "-90", "1", "2"])
    table, notes = find_table(grid(*rows))
    assert list(table.columns) == ["Where lat", "Where lon", "Victims dead", "Victims missing",
                                   "_record"]
    assert notes == ("title lines above row 3 were passed over",
                     "header rows 3 to 4 were joined")
    table, _ = find_table(grid(*rows), known=frozenset({"lat", "lon", "dead"}))
    assert list(table.columns)[:3] == ["lat", "lon", "dead"]


def test_a_first_record_of_words_is_no_header():
    table, _ = find_table(grid(["id", "", "status"], ["a", "b", "open"], ["c", "d", "closed"]))
    assert len(table) == 2
    assert list(table.columns)[1] == "column_2"


def test_another_script_is_not_taken_for_accents():
    words = (
        "\u0438\u043c\u044f,"
        "\u0433\u043e\u0440\u043e\u0434\n"
        "\u041f\u0440\u0438\u043c\u0435\u0440,"
        "\u0411\u043e\u043b\u044c\u0448\u043e\u0439 "
        "\u043f\u043e\u0441\u0451\u043b\u043e\u043a\n"
    )
    text, note = decode_text(words.encode("cp1251"))
    assert "cp1252" not in note
    assert "é" not in text


def test_a_long_shape_in_a_cell_is_read(tmp_path):
    shape = ",".join(f"{k} {k}" for k in range(20_000))
    table, _ = read(tmp_path, f'id,geometry\na,"LINESTRING ({shape})"\n')
    assert len(table["geometry"][0]) > 200_000


def test_hashtags_and_units_are_no_records():
    table, notes = find_table(grid(["place", "length"], ["#loc", "#x +km"], ["(name)", "[km]"],
                                   ["EXAMPLE - a", "3"]))
    assert table["_record"].tolist() == [4]
    assert len(notes) == 2


def test_names_that_occur_twice_are_told_apart():
    table, _ = find_table(grid(["a", "a", "_record"], ["x", "y", "1"]))
    assert list(table.columns) == ["a", "a 2", "_record 2", "_record"]


def test_years_may_name_columns():
    assert len(find_table(grid(["State", "2014", "2015"], ["EXAMPLE", "3", "4.5"]))[0]) == 1


@given(st.text(max_size=30))
def test_folded_names_fold_no_further(text):
    assert fold_name(fold_name(text)) == fold_name(text)


def test_json_of_every_shape(tmp_path):
    for text in ('[{"a": 1}, {"a": NaN}]', '{"n": 2, "results": [{"a": 1}, {"a": null}]}',
                 '{"a": 1}\n{"a": null}\n'):
        path = write(tmp_path, text, "x.txt")
        assert read_records(path) == [{"a": 1}, {"a": None}]
        assert take_sample(path).keys == {"a"}
    (found,) = read_grids(write(tmp_path, '[["id", "n"], ["a", 1.5], ["b"]]'))
    assert found.cells.to_numpy().tolist() == [["id", "n"], ["a", "1.5"], ["b", ""]]


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "[1, 2", '{"a": 1} x', "[]",
                                  "[1]", '{"a": 1' + "0" * 5000 + "}"])
def test_hostile_json_is_refused(tmp_path, text):
    with pytest.raises(ValueError, match=r"JSON|records"):
        read_records(write(tmp_path, text))


def test_brackets_in_strings_are_not_depth():
    assert parse_json('["' + "[" * 10 * MAX_DEPTH + '"]') == ["[" * 10 * MAX_DEPTH]


def test_lone_surrogates_and_repeated_keys_do_no_harm():
    assert parse_json('{"a": "\\ud800", "a": "\\uD83D\\uDE00"}') == {"a": "\U0001f600"}
    assert parse_json('["\\ud800"]') == ["\ufffd"]


def test_homicides_of_inegi_are_found_below_their_titles():
    folder = require_shared("mexico_inegi")
    table, _ = find_table(read_text_grid(folder / "2010.csv"))
    assert list(table.columns)[2:4] == ["Total", "Enero"]
    assert len(table) == 1472  # lines 7 to 1479 without the blank one above the source


def test_every_hxl_sample_is_read_or_refused():
    refused = []
    for path in sorted(require_shared("hxl_samples").iterdir()):
        found = sniff_format(path)
        assert take_sample(path).format == found
        if found == "html":
            continue
        for table in read_grids(path):
            try:
                find_table(table)
            except ValueError:
                refused.append(path.name)
    assert refused == ["test_io__input-fuzzy.csv", "test_io__input-invalid.csv"]
