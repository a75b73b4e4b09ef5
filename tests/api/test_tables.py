"""What people read in a terminal: whole words at any width, and nothing lost."""

from __future__ import annotations

import re

import pytest
from command import call_here
from grid_study import write_grid_study
from hypothesis import given
from hypothesis import strategies as st

from api.cli import main
from api.commands import tables
from api.commands.tables import draw_table, find_width, print_facts, print_table, print_text

WORD = st.text("abcXYZ0-/%.,éñ", min_size=1, max_size=24)
CELL = st.lists(WORD, max_size=12).map(" ".join)
HEADER = ("stretch", "place of 100", "near", "out of reach", "why")


@given(st.lists(st.tuples(*[CELL] * len(HEADER)), min_size=1, max_size=4),
       st.integers(min_value=30, max_value=200))
def test_every_word_stands_whole_and_no_line_is_too_long(rows, width):
    lines = draw_table(HEADER, rows, width=width)
    found = " ".join(lines).split()
    for word in (word for row in rows for cell in row for word in cell.split()):
        assert word in found
    assert max(map(len, lines)) <= width
    assert [line for line in lines if line != line.rstrip()] == []


@given(st.lists(st.tuples(*[CELL] * len(HEADER)), min_size=1, max_size=4),
       st.integers(min_value=30, max_value=200))
def test_no_cell_loses_or_gains_a_word(rows, width):
    text = " ".join(draw_table(HEADER, rows, width=width))
    words = sorted(word for row in rows for cell in row for word in cell.split())
    heads = re.findall(r"\S+", " ".join(HEADER))
    left = text.split()
    for word in words:
        left.remove(word)
    # What is left is headings, rules, and headings again with a colon where a cell went under.
    assert {word.rstrip(":") for word in left if set(word) != {"-"}} <= set(heads)


def test_a_word_longer_than_the_terminal_runs_over_and_is_not_cut():
    long = "x" * 90
    assert any(long in line for line in draw_table(("a", "b"), [("1", long)], width=40))


def test_what_matters_first_stays_in_its_row_and_the_longest_goes_under():
    rows = [("a-b-c km 1-11", "1 to 14", "Tapachula", "water, health", "1.3 times " * 9)]
    lines = draw_table(HEADER, rows, width=60)
    assert lines[0].split() == ["stretch", "place", "of", "100", "near", "out", "of", "reach"]
    assert any(line.startswith("      why: 1.3 times") for line in lines)
    wide = draw_table(HEADER, rows, width=200)
    assert not any("why:" in line for line in wide)


def test_wide_letters_take_two_columns():
    (_, _, row) = draw_table(("a", "b"), [("東京", "x")], width=40)
    assert row == "  東京  x"


def test_text_from_data_cannot_steer_a_terminal(capsys):
    print_table("t", ("a",), [("\x1b[31mred\x07 [bold]x[/bold]",)], synthetic=True)
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "\x07" not in out
    assert "[bold]x[/bold]" in out
    assert tables.SYNTHETIC in out


@pytest.mark.parametrize("columns", [60, 80])
def test_sentences_wrap_where_a_person_reads_and_stay_one_line_in_a_file(
    capsys, monkeypatch, columns
):
    text = "a sentence of many words " * 9
    monkeypatch.setenv("COLUMNS", str(columns))
    print_text(text, indent=4)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) > 1
    assert max(map(len, lines)) <= columns
    assert " ".join(" ".join(lines).split()) == text.strip()
    assert all(line.startswith("    ") for line in lines[1:])
    monkeypatch.delenv("COLUMNS")
    print_text(text)
    assert capsys.readouterr().out == f"{text}\n"


def test_facts_stand_beside_their_names_or_under_them(capsys, monkeypatch):
    facts = [("Class", "high"), ("Reported", "between 1 and 2 incidents per 100 km and year")]
    monkeypatch.setenv("COLUMNS", "40")
    print_facts(facts)
    assert capsys.readouterr().out.splitlines() == [
        "Class     high", "Reported  between 1 and 2 incidents per", "          100 km and year"]
    print_facts([("Compared", "segment-" * 5 + "0021")])
    assert capsys.readouterr().out.splitlines() == ["Compared", "      " + "segment-" * 5 + "0021"]


def test_the_width_is_the_terminal_s_or_none(monkeypatch):
    class Screen:
        def __init__(self, *, screen):
            self.screen = screen

        def isatty(self):
            return self.screen

    monkeypatch.delenv("COLUMNS", raising=False)
    assert find_width(Screen(screen=False)) == 0
    assert find_width(Screen(screen=True)) >= 30
    monkeypatch.setenv("COLUMNS", "64")
    assert find_width(Screen(screen=False)) == 64
    monkeypatch.setenv("COLUMNS", "3")
    assert find_width(Screen(screen=True)) == 30


# -- commands --------------------------------------------------------------------------------------


@pytest.fixture
def faulty(tmp_path):
    """Shelters of which one has a count in words and a long name."""
    rows = ["place_id,name,country,services,capacity,lon,lat,synthetic"]
    rows += [f"gt-new-{n},EXAMPLE - New {n},GT,shelter,20,-89.95,14.05,yes" for n in range(6)]
    rows[1] = rows[1].replace(",20,", ",twenty-or-perhaps-twenty-one,")
    (tmp_path / "rows.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    write_grid_study(tmp_path / "study")
    lines = (tmp_path / "study" / "incidents.csv").read_text("utf-8").splitlines()
    lines[3] = lines[3].replace(",1,0,1,", ",1,0,many,")
    (tmp_path / "study" / "incidents.csv").write_text("\n".join(lines) + "\n", "utf-8")
    return tmp_path


COMMANDS = [
    ("check", "-s", "{faulty}/study"),
    ("import", "{faulty}/rows.csv", "--layer", "shelters", "-s", "{faulty}/study", "--dry-run"),
    ("explain", "n30-0003", "-s", "{study}"),
    ("explain", "n30-0003", "-s", "{study}", "--lang", "fr"),
    ("duplicates", "--layer", "shelters", "-s", "{faulty}/study"),
    ("places", "-s", "{study}", "--layer", "shelters", "--corridor", "stairs", "--audience",
     "restricted", "--purpose", "test"),
]


def tell(monkeypatch, arguments, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    done = call_here(*arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


@pytest.mark.parametrize("columns", [60, 80])
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(command[:2]))
def test_no_command_breaks_a_word(monkeypatch, published_grid, faulty, command, columns):
    arguments = [part.format(study=published_grid, faulty=faulty) for part in command]
    told = tell(monkeypatch, arguments, columns)
    words = set(tell(monkeypatch, arguments, 400).split())
    # A cell under its row has its column's name with a colon before it.
    broken = {word for word in told.split() if word not in words and word[:-1] not in words}
    assert {word for word in broken if set(word) != {"-"}} == set()
    assert [line for line in told.splitlines()
            if len(line) > columns and len(line.split()) > 1] == []


def test_the_ranking_fits_a_narrow_terminal_and_says_what_a_place_is(monkeypatch, tmp_path):
    write_grid_study(tmp_path)
    told = tell(monkeypatch, ["priority", "-s", tmp_path, "--top", "4"], 60)
    assert max(map(len, told.splitlines())) <= 60
    assert "the neediest first" in " ".join(told.split())
    assert "      why: " in told


def test_names_are_a_table_on_a_terminal_and_tabs_in_a_file(monkeypatch, capsys, published_grid):
    assert "west\tWest\t4\n" in call_here("list", "corridors", "-s", published_grid).stdout
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    with pytest.raises(SystemExit):
        main(["list", "corridors", "-s", str(published_grid)])
    assert ["west", "West", "4"] in [line.split() for line in capsys.readouterr().out.splitlines()]
