"""Export, edit in a spreadsheet, import: only what was edited differs, and no cell is a formula."""

from __future__ import annotations

import csv
import datetime as dt
import io
import subprocess
import zipfile

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from sheets import SPEC, export_shelters, find_changes, make_shelters, read_back
from surroundings import CAMPAIGN, require_tool

from layers.catalog import find_spec
from layers.errors import CallError
from layers.export import export_layer, write_csv_text
from layers.layer import Layer, Provenance, index_frame
from layers.sheets.roundtrip import is_formula_like

FORMATS = ("csv", "xlsx")
SIGNS = "'=+-@|\t\r\n,;\" \uff1d\uff0b\uff0d\uff20\u22121a"


@pytest.mark.parametrize("audience", ["restricted", "partner", "public"])
@pytest.mark.parametrize("format_", FORMATS)
def test_an_unedited_export_changes_nothing(tmp_path, format_, audience):
    """Columns that an audience may not see are absent, and say nothing."""
    layer = make_shelters()
    raw = read_back(export_shelters(layer, tmp_path / f"s.{format_}", audience))
    assert len(raw) == (14 if audience == "restricted" else 10)
    assert ("publish_ok" in raw) is (audience == "restricted")
    assert find_changes(layer, raw).empty


@pytest.mark.parametrize("format_", FORMATS)
def test_one_edited_cell_is_one_change(tmp_path, format_):
    layer = make_shelters()
    raw = read_back(export_shelters(layer, tmp_path / f"s.{format_}"))
    raw.loc[raw["place_id"] == "gt-ex-003", "phone"] = "+502 2222-1111"
    assert find_changes(layer, raw).to_numpy().tolist() == [
        ["gt-ex-003", "phone", "+502 2222-0000", "+502 2222-1111"]]


def edit_with_openpyxl(path, edits):
    book = openpyxl.load_workbook(path)
    sheet = book.active
    heads = [cell.value for cell in sheet[1]]
    for row in sheet.iter_rows(min_row=2):
        for (id_, column), value in edits.items():
            if row[0].value == id_:
                row[heads.index(column)].value = value
    book.save(path)


def test_cells_edited_in_another_program_are_the_only_changes(tmp_path):
    layer = make_shelters()
    path = export_shelters(layer, tmp_path / "s.xlsx")
    edit_with_openpyxl(path, {
        ("gt-ex-000", "capacity"): 35, ("gt-ex-001", "publish_ok"): False,
        ("gt-ex-002", "last_verified"): dt.date(2026, 1, 31), ("gt-ex-003", "phone"): None,
        ("gt-ex-004", "services"): "water; shelter ;food", ("gt-ex-005", "lon"): -90.5,
        ("gt-ex-006", "name"): "EXAMPLE - new",
    })
    found = find_changes(layer, read_back(path))
    assert found.to_numpy().tolist() == [
        ["gt-ex-000", "capacity", "20", "35"],
        ["gt-ex-001", "publish_ok", "yes", "no"],
        ["gt-ex-002", "last_verified", "", "2026-01-31"],
        ["gt-ex-003", "phone", "+502 2222-0000", ""],
        ["gt-ex-004", "services", "shelter;water", "food;shelter;water"],
        ["gt-ex-005", "lon", "-90.1234562", "-90.5"],
        ["gt-ex-006", "name", "'=x", "EXAMPLE - new"],
    ]


@pytest.mark.parametrize("end", ["xlsx", "ods", "xls"])
def test_libreoffice_may_save_it_anew(tmp_path, end):
    office = require_tool("soffice", "libreoffice")
    layer = make_shelters()
    path = export_shelters(layer, tmp_path / "s.xlsx")
    subprocess.run([office, "--headless", f"-env:UserInstallation=file://{tmp_path}/profile",
                    "--convert-to", end, "--outdir", tmp_path / "saved", path],
                   check=True, capture_output=True, timeout=120)
    saved = tmp_path / "saved" / f"s.{end}"
    assert find_changes(layer, read_back(saved)).empty


# -- formulas ------------------------------------------------------------------------------------


def test_no_cell_of_a_workbook_is_a_formula_or_a_link(tmp_path):
    names = ("=1+1", "+1", "-1", "@A1", "|cmd|' /C calc'!A0", "\uff1d1+1", " =1",
             "http://example.org", '=HYPERLINK("http://example.org")', "{=1}", "\ufeff=1")
    path = export_shelters(make_shelters(names), tmp_path / "s.xlsx")
    sheet = openpyxl.load_workbook(path).active
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s", "n", "d"}
    assert not [cell.value for cell in cells if cell.hyperlink]
    assert not [cell.value for cell in cells
                if isinstance(cell.value, str) and is_formula_like(cell.value)]
    with zipfile.ZipFile(path) as book:
        for name in book.namelist():
            assert b"<f>" not in book.read(name), name


@given(st.lists(st.text(st.sampled_from(SIGNS), min_size=1, max_size=6).filter(str.strip),
                min_size=30, max_size=60))
@settings(max_examples=200 if CAMPAIGN else 3)
def test_hostile_text_survives_either_way(tmp_path_factory, names):
    """Only what intake trims anyway, spaces around a text, may differ."""
    folder = tmp_path_factory.mktemp("out")
    stripped = tuple(" ".join(name.split()).strip() or "x" for name in names)
    layer = make_shelters(stripped)
    for format_ in FORMATS:
        raw = read_back(export_shelters(layer, folder / f"s.{format_}"))
        assert not [cell for cell in raw["name"] if is_formula_like(cell)]
        assert find_changes(layer, raw).empty


@pytest.mark.parametrize("text", ["x\r=1", "y\n=1", "z\r\n@1"])
def test_line_breaks_stay_inside_their_cell_in_a_csv(text):
    written = write_csv_text(pd.DataFrame({"a": [text], "b": ["end"]}))
    assert written.startswith(('a,b\n"', '"a","b"\n"'))
    assert list(csv.reader(io.StringIO(written, newline=""))) == [["a", "b"], [text, "end"]]


# -- the workbook --------------------------------------------------------------------------------


def test_a_workbook_offers_what_may_be_chosen(tmp_path):
    path = export_shelters(make_shelters(), tmp_path / "s.xlsx")
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["shelters"]
    sheet = book.active
    rules = {rule.promptTitle: rule for rule in sheet.data_validations.dataValidation}
    assert rules["publish_ok"].formula1 == '"yes,no"'
    assert rules["operator_kind"].formula1 == '"red_cross,church,ngo,government,un,community"'
    assert rules["last_verified"].type == "date"
    assert sheet.freeze_panes == "B2"
    assert "audience: restricted" in sheet.oddFooter.left.text


def test_the_same_rows_give_the_same_bytes(tmp_path):
    paths = [export_shelters(make_shelters(), tmp_path / f"{n}.xlsx") for n in range(2)]
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_gdal_reads_text_as_text(tmp_path):
    path = export_shelters(make_shelters(), tmp_path / "s.xlsx")
    frame = gpd.read_file(path)
    assert list(frame["place_id"])[:2] == ["gt-ex-000", "gt-ex-001"]
    assert {"007", "2024-05", "TRUE"} <= set(frame["name"])


def test_days_before_spreadsheets_begin_are_text(tmp_path):
    frame = make_shelters(("EXAMPLE",)).frame
    layer = make_shelters(("EXAMPLE",))
    frame["last_verified"] = pd.to_datetime(["1899-12-31"]).astype("datetime64[s]")
    old = Layer(SPEC, frame, layer.provenance)
    export_layer(old, tmp_path / "s.xlsx", format_="xlsx", marking={})
    assert read_back(tmp_path / "s.xlsx")["last_verified"].to_list() == ["1899-12-31"]


def test_what_does_not_fit_into_a_cell_is_said(tmp_path):
    layer = make_shelters(("x" * 40_000,))
    with pytest.raises(CallError, match=r"shelters: row 1, name: a text of 40000 characters"):
        export_layer(layer, tmp_path / "s.xlsx", format_="xlsx", marking={})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("layer", ["routes", "activity"])
def test_lines_and_tables_are_written_too(tmp_path, layer):
    spec = find_spec(layer)
    rows = pd.DataFrame({spec.id: pd.Series(["a-1"], dtype="str")})
    if spec.geometry != "none":
        rows = gpd.GeoDataFrame(rows, geometry=[shapely.LineString([(0, 0), (1, 1)])],
                                crs="EPSG:4326")
    made = Layer(spec, index_frame(rows, spec),
                 Provenance(("x",), "0", synthetic=False, inputs_level="public"))
    export_layer(made, tmp_path / "x.xlsx", format_="xlsx", marking={})
    sheet = openpyxl.load_workbook(tmp_path / "x.xlsx").active
    assert [cell.value for cell in sheet[1]] == [spec.id, *spec.columns]
    assert sheet["A2"].value == "a-1"
