"""Empty spreadsheets: every column there, lists to choose from, nothing that can be mistaken."""

from __future__ import annotations

import time

import openpyxl
import pytest
from sheets import find_changes, make_shelters, read_back

from layers.catalog import find_spec, load_catalog
from layers.intake import take_in
from layers.sheets.templates import is_fillable, write_template, write_templates
from layers.sheets.workbook import find_choices, list_columns
from layers.spec import parse_spec

FILLABLE = sorted(name for name, spec in load_catalog().items() if is_fillable(spec))
LONG = """
name = "visits"
kind = "table"
role = "table"
title = { en = "Visits", es = "Visitas" }
meaning = "Visits to places"
id = "visit_id"
[columns.short]
dtype = "string"
meaning = "A short list"
one_of = ["=a", "b"]
[columns.long]
dtype = "string"
meaning = "A long list"
one_of = [%s]
[columns.remark]
dtype = "text"
meaning = "Anything"
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("templates")
    assert [p.stem for p in write_templates(path, load_catalog().values())] == FILLABLE
    return path


def list_rules(sheet):
    return {rule.promptTitle: rule for rule in sheet.data_validations.dataValidation}


def test_points_and_tables_that_are_read_have_a_template():
    assert {"shelters", "assistance_points", "health_facilities", "incidents", "activity",
            "flows"} <= set(FILLABLE)
    assert not {"routes", "boundaries", "hazard_rain", "gaps", "coverage"} & set(FILLABLE)


@pytest.mark.parametrize("name", FILLABLE)
def test_a_template_has_every_column_and_says_what_it_is(folder, name):
    spec = find_spec(name)
    book = openpyxl.load_workbook(folder / f"{name}.xlsx")
    assert book.sheetnames == [name, "columns", "vocabulary"]
    sheet = book[name]
    heads = [cell.value for cell in sheet[1]]
    wanted = [c for c in list_columns(spec) if c not in {"merged_ids", "stated_place"}]
    assert heads == wanted
    assert sheet.max_row == 1
    assert sheet.freeze_panes == "B2"
    told = {row[0].value: row for row in book["columns"].iter_rows(min_row=7)}
    assert list(told) == wanted
    assert all(row[1].value for row in told.values())
    text = " ".join(str(cell.value) for row in book["columns"]["A1:A4"] for cell in row)
    assert "No names of people, no case numbers" in text
    assert all(title in text for title in spec.title.values())


@pytest.mark.parametrize("name", FILLABLE)
def test_lists_offer_exactly_the_vocabulary(folder, name):
    sheet = openpyxl.load_workbook(folder / f"{name}.xlsx")[name]
    rules = list_rules(sheet)
    for column, spec in list_columns(find_spec(name)).items():
        choices = find_choices(spec)
        if choices:
            assert rules[column].type == "list"
            assert rules[column].formula1 == f'"{",".join(choices)}"'
        if spec.dtype == "list" and spec.one_of:
            assert set(spec.one_of) <= set(rules[column].prompt.replace(".", "").split()) or (
                len(rules[column].prompt) >= 200)


def test_cells_are_text_numbers_or_days(folder):
    sheet = openpyxl.load_workbook(folder / "shelters.xlsx")["shelters"]
    heads = {cell.value: cell.column_letter for cell in sheet[1]}
    formats = {name: sheet.column_dimensions[letter].number_format
               for name, letter in heads.items()}
    assert (formats["place_id"], formats["phone"], formats["last_verified"]) == (
        "@", "@", "yyyy-mm-dd")
    rules = list_rules(sheet)
    assert rules["last_verified"].type == "date"
    assert rules["lat"].type == "decimal"
    assert [float(rules["lat"].formula1), float(rules["lat"].formula2)] == [-90, 90]
    assert "leave empty in a new row: georisk gives an id" in rules["place_id"].prompt


def test_long_lists_stand_on_a_sheet_of_their_own_and_free_text_is_warned_of(tmp_path):
    words = [f"word-number-{n:03d}" for n in range(40)]
    spec = parse_spec(LONG % ", ".join(f'"{word}"' for word in words), where="visits.toml")
    write_template(spec, tmp_path / "v.xlsx")
    book = openpyxl.load_workbook(tmp_path / "v.xlsx")
    rules = list_rules(book["visits"])
    assert rules["short"].formula1 == '"=a,b"'
    assert rules["long"].formula1 == "vocabulary!$B$2:$B$41"
    assert [cell.value for cell in book["vocabulary"]["B"][1:]] == words
    assert "NO NAMES, NO CASE NUMBERS" in rules["remark"].prompt
    assert book["visits"]["D1"].fill.start_color.rgb == "FFF4B6B0"
    told = {row[0]: row for row in book["columns"].iter_rows(min_row=7, values_only=True)}
    assert told["remark"][-1] == "nobody: it is removed"


def test_the_same_bytes_each_time(tmp_path):
    write_template(find_spec("shelters"), tmp_path / "a.xlsx")
    time.sleep(2.1)  # the clock of a zip file goes by two seconds
    write_template(find_spec("shelters"), tmp_path / "b.xlsx")
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_a_filled_template_comes_in(folder, tmp_path):
    """The examples of the page on columns, typed in as they stand, are sound rows."""
    for name in FILLABLE:
        book = openpyxl.load_workbook(folder / f"{name}.xlsx")
        sheet = book[name]
        told = book["columns"].iter_rows(min_row=7, values_only=True)
        examples = {row[0]: row[5] or ("x" if row[3] == "yes" else None) for row in told}
        for place, cell in enumerate(sheet[1], start=1):
            value = examples[cell.value]
            number = list_columns(find_spec(name))[cell.value].dtype in {"integer", "number"}
            sheet.cell(2, place).value = float(value) if number and value else value
        book.save(tmp_path / f"{name}.xlsx")
        raw = read_back(tmp_path / f"{name}.xlsx")
        spec = find_spec(name)
        raw = raw.assign(**{spec.id: "x-1"})
        intake = take_in(raw, spec, source=f"{name}.xlsx")
        assert intake.count() == {"read": 1, "accepted": 1, "quarantined": 0}


def test_a_template_filled_from_an_export_says_the_same(folder, tmp_path):
    layer = make_shelters(("EXAMPLE - one", "EXAMPLE - two"))
    book = openpyxl.load_workbook(folder / "shelters.xlsx")
    sheet = book["shelters"]
    sheet["A2"], sheet["D2"] = "gt-ex-000", "EXAMPLE - renamed"
    for place in range(1, 28):
        if place not in {1, 4}:
            sheet.cell(2, place).value = None
    book.save(tmp_path / "t.xlsx")
    raw = read_back(tmp_path / "t.xlsx")[["place_id", "name"]]
    assert find_changes(layer, raw)["after"].to_list() == ["EXAMPLE - renamed"]
