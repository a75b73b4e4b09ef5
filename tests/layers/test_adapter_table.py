"""A spreadsheet of a field office, read by the names of its columns; nothing guessed or lost."""

from __future__ import annotations

import importlib.util

import openpyxl
import pandas as pd
import pytest
from hostile_tables import HOSTILE, check_hostile, files, layers, sheets
from hypothesis import given
from hypothesis import strategies as st
from surroundings import ROOT

from layers.adapters.coordinates import read_angle, split_pair, split_pairs
from layers.adapters.filling import NOT_USED
from layers.adapters.naming import LANGUAGES, claim_columns, list_targets, load_names
from layers.adapters.table import ADAPTER, read_table
from layers.catalog import find_spec, load_catalog
from layers.errors import LayerError
from layers.readers.headers import fold_name
from layers.sources import Wanted

HEAD = ["Nombre del albergue", "País", "Municipio", "Latitud", "Longitud", "Servicios",
        "Capacidad (personas)", "Nombre contacto", "Operador"]
ROWS = [
    ["EXAMPLE - Uno", "Guatemala", "Flores", "16°55'45\"N", "89°53'30\"O",
     "Agua, comida y albergue", "40 personas", "Ana Ficticia", "Iglesia"],
    ["EXAMPLE - Dos", "GTM", "Flores", "16,93", "-89.89", "médico/psicosocial/sastre", "25", "",
     "ONG"],
]


def write_csv(folder, rows, name="file.csv"):
    path = folder / name
    pd.DataFrame(rows).to_csv(path, index=False, header=False)
    return path


def write_book(folder, **sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    path = folder / "book.xlsx"
    book.save(path)
    return path


def read(path, layer, **stated):
    return read_table(path, Wanted(find_spec(layer), columns=stated, owner="gt-office"))


def test_a_spanish_sheet_of_shelters(tmp_path):
    haul = read(write_csv(tmp_path, [HEAD, *ROWS]), "shelters")
    frame = haul.frame
    assert frame["name"].tolist() == ["EXAMPLE - Uno", "EXAMPLE - Dos"]
    assert frame["country"].tolist() == ["GT", "GT"]
    # 16 + 55/60 + 45/3600 and -(89 + 53/60 + 30/3600); a decimal comma is read later.
    assert frame["lat"].tolist() == ["16.9291667", "16,93"]
    assert frame["lon"].tolist() == ["-89.8916667", "-89.89"]
    assert frame["services"].tolist() == ["water;food;shelter", "medical;psychosocial;sastre"]
    assert frame["operator_kind"].tolist() == ["church", "ngo"]
    assert frame["capacity"].tolist() == ["40 personas", "25"]
    assert frame["owner"].tolist() == ["gt-office"] * 2
    assert frame["synthetic"].tolist() == ["true"] * 2  # a name that begins with EXAMPLE
    assert set(frame["publish_ok"]) == {""}
    assert frame["_record"].tolist() == [2, 3]
    assert haul.unmapped["services not known"] == {"sastre": 1}


def test_an_unused_column_is_told_by_name_and_never_by_value(tmp_path):
    haul = read(write_csv(tmp_path, [HEAD, *ROWS]), "shelters")
    assert haul.unmapped[NOT_USED] == {"Nombre contacto": 1}
    assert "Ana" not in str((haul.notes, dict(haul.unmapped), haul.frame.to_dict()))


def test_the_sheet_that_fits_best_is_read_and_the_others_are_told(tmp_path):
    path = write_book(tmp_path, Leeme=[["Oficina"], ["nombre", "tema"], ["a", "b"]],
                      Datos=[["Directorio (ejemplo)"], [], HEAD, *ROWS])
    haul = read(path, "shelters")
    assert len(haul.frame) == 2
    assert haul.frame["_record"].tolist() == [4, 5]
    assert any("'Datos' read" in note and "'Leeme'" in note for note in haul.notes)
    with pytest.raises(ValueError, match=r"no sheet 'Otra'; there are: 'Leeme', 'Datos'"):
        read_table(path, Wanted(find_spec("shelters"), sheet="Otra"))


def test_incidents_with_causes_totals_and_one_column_of_coordinates(tmp_path):
    rows = [["Fecha", "Causa de muerte", "Muertos", "Desaparecidos", "Coordenadas", "Lugar",
             "País"],
            ["2024-05-01", "ahogamiento", "2", "1", "14.63, -90.51", "Río Ficticio", "Guatemala"],
            ["2024-06-01", "algo raro", "", "", "sin dato", "", "México"]]
    haul = read(write_csv(tmp_path, rows), "incidents")
    first, second = haul.frame.to_dict("records")
    assert (first["class"], first["subtype"], first["n_victims"]) == ("wat", "drowning", "3")
    assert (first["lon"], first["lat"]) == ("-90.51", "14.63")
    assert (first["_country"], first["_place"]) == ("Guatemala", "Río Ficticio")
    assert (second["class"], second["n_victims"], second["lat"]) == ("unk", "", "sin dato")
    assert haul.unmapped["cause of death"] == {"algo raro": 1}


def test_a_class_in_words_is_read_and_an_unknown_one_stays(tmp_path):
    rows = [["fecha", "clase", "lat", "lon", "sintetico"],
            ["2024-05-01", "ahogamiento", "14", "-90", "sí"],
            ["2024-05-01", "env", "14", "-90", "0"],
            ["2024-05-01", "xyz", "14", "-90", ""]]
    haul = read(write_csv(tmp_path, rows), "incidents")
    assert haul.frame["class"].tolist() == ["wat", "env", "xyz"]
    assert haul.frame["synthetic"].tolist() == ["true", "false", "false"]
    assert haul.unmapped["class not known"] == {"xyz": 1}
    assert haul.defaults == {"source", "n_victims", "dead", "missing", "coord_precision_km"}


def test_two_columns_that_claim_the_same_are_an_error_naming_both(tmp_path):
    path = write_csv(tmp_path, [["Nombre", "Site name", "lat", "lon", "pais", "servicios"],
                                ["a", "b", "14", "-90", "GT", "agua"]])
    with pytest.raises(LayerError, match="'Nombre' and 'Site name' both stand for name"):
        read(path, "shelters")
    assert read(path, "shelters", name="Site name").frame["name"].tolist() == ["b"]


def test_the_study_says_which_column_it_is(tmp_path):
    path = write_csv(tmp_path, [["Titulo", "lat", "lon", "pais", "servicios"],
                                ["EXAMPLE", "14", "-90", "GT", "agua"]])
    assert read(path, "shelters", name="titulo").frame["name"].tolist() == ["EXAMPLE"]
    with pytest.raises(LayerError, match="no such column; it has: Titulo, lat"):
        read(path, "shelters", name="Titel")
    with pytest.raises(LayerError, match="no column 'nombre'"):
        read(path, "shelters", nombre="Titulo")


@pytest.mark.parametrize(
    ("head", "row", "words"),
    [
        (["nombre", "servicios", "pais", "utm_x", "utm_y"], ["a", "agua", "GT", "1", "2"], "UTM"),
        (["nombre", "servicios", "pais", "lat", "lon"], ["a", "agua", "GT", "1600000", "500000"],
         "not degrees"),
        (["nombre", "lat", "lon"], ["a", "1", "2"], "no column gives country, services"),
        (["Ana Ficticia", "cosa"], ["a", "b"], "none of its columns is known"),
    ],
)
def test_what_is_missing_is_said_in_one_line(tmp_path, head, row, words):
    with pytest.raises(LayerError, match=words) as caught:
        read(write_csv(tmp_path, [head, row]), "shelters")
    assert "\n" not in str(caught.value)
    assert "Ana" not in str(caught.value)


def test_wkt_makes_lines_and_unreadable_cells_keep_their_row(tmp_path):
    rows = [["nombre", "pais", "servicios", "wkt"],
            ["a", "GT", "agua", "POINT (-90.5 14.5)"], ["b", "GT", "agua", "POINT ("]]
    frame = read(write_csv(tmp_path, rows), "shelters").frame
    assert frame.geometry.notna().tolist() == [True, False]
    assert frame.crs.to_epsg() == 4326


def test_a_geographic_file_keeps_its_shapes(tmp_path):
    import geopandas as gpd

    shapes = gpd.GeoDataFrame({"nombre": ["EXAMPLE"], "pais": ["Haïti"], "servicios": ["eau"]},
                              geometry=gpd.points_from_xy([-72.3], [18.5]), crs=4326)
    path = tmp_path / "a.geojson"
    shapes.to_file(path, driver="GeoJSON")
    frame = read(path, "shelters").frame
    assert (frame["country"][0], frame["services"][0]) == ("HT", "water")
    assert frame.geometry[0].x == pytest.approx(-72.3)


def test_a_gpx_file_gives_waypoints_to_points_and_tells_its_tracks(tmp_path):
    path = tmp_path / "a.gpx"
    path.write_text(
        '<?xml version="1.0"?><gpx version="1.1" creator="x" '
        'xmlns="http://www.topografix.com/GPX/1/1">'
        '<wpt lat="14.5" lon="-90.5"><name>EXAMPLE</name></wpt>'
        '<trk><name>t</name><trkseg><trkpt lat="14" lon="-90"/><trkpt lat="15" lon="-90"/>'
        "</trkseg></trk></gpx>", encoding="utf-8")
    with pytest.raises(LayerError, match="no column gives country, services for shelters"):
        read(path, "shelters")
    with pytest.raises(LayerError, match="no column gives route_id"):
        read(path, "routes")


@pytest.mark.parametrize(
    ("text", "axis", "expected"),
    [
        ("14° 32' 10.5'' N", "lat", "14.53625"), ("N 14 32 10", "lat", "14.5361111"),
        ("-90 30 15", "lon", "-90.5041667"),
        ("90°30\N{PRIME}15\N{DOUBLE PRIME}O", "lon", "-90.5041667"),
        ("14º32'", "lat", "14.5333333"), ("14.5 S", "lat", "-14.5"), ("\N{MINUS SIGN}90.5°", "lon",
         "-90.5"),
        # Not read: minutes beyond 60, a letter of the other axis, a sign and a letter.
        ("14°72'", "lat", "14°72'"), ("90°30'W", "lat", "90°30'W"), ("-14.5 S", "lat", "-14.5 S"),
    ],
)
def test_degrees_minutes_and_seconds(text, axis, expected):
    assert read_angle(text, axis=axis) == expected


def test_pairs_are_read_in_the_order_that_the_whole_column_allows():
    assert split_pair("14,63 -90,51") == ("14,63", "-90,51")
    assert split_pair("14,63") is None
    lon, lat, order = split_pairs(pd.Series(["-99.1, 19.4", "-89.2, 13.7"]), lon_first=False)
    assert (lon.tolist(), lat.tolist()) == (["-99.1", "-89.2"], ["19.4", "13.7"])
    assert order == "longitude, latitude"


def test_no_heading_of_the_table_stands_for_two_columns_of_a_layer():
    for spec in load_catalog().values():
        own = [t for t in list_targets(spec) if not t.startswith("_")] if spec.columns else []
        seen: dict[str, str] = {}
        for column in own:
            words = load_names()[column].words if column in load_names() else {}
            for word in {w for many in words.values() for w in many} - set(own):
                assert seen.setdefault(word, column) == column, f"{spec.name}: {word}"


def test_the_table_is_written_folded_and_for_columns_that_exist():
    known = {c for spec in load_catalog().values() for c in (spec.id, *spec.columns)}
    for column, names in load_names().items():
        assert column in known | {"lon", "lat"} or column.startswith("_")
        assert set(names.words) <= set(LANGUAGES)
        for words in names.words.values():
            assert [fold_name(word) for word in words] == list(words)
            assert len(set(words)) == len(words)


def test_the_page_of_names_is_what_the_table_says_now():
    found = importlib.util.spec_from_file_location("build_names", ROOT / "docs" / "build_names.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    assert module.PAGE.read_text(encoding="utf-8") == module.write_page(), (
        "docs/reference/column-names.md is outdated: run `python docs/build_names.py`")


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1,
                        max_size=9), max_size=8, unique=True))
def test_every_heading_is_used_or_told(headings):
    try:
        claims = claim_columns(headings, find_spec("shelters"), {})
    except ValueError:
        return
    assert {*claims.taken.values(), *claims.places, *claims.unused} == set(headings)


@HOSTILE
@given(files, layers, sheets)
def test_a_hostile_file_is_read_or_refused_in_one_line(tmp_path_factory, data, layer, sheet):
    check_hostile(ADAPTER, tmp_path_factory.getbasetemp() / "hostile", data, layer, sheet)


def test_a_row_named_example_is_illustrative_unless_it_says_otherwise(tmp_path):
    path = tmp_path / "s.csv"
    path.write_text("name,country,services,lon,lat\nEXAMPLE - A,GT,water,-90.5,14.6\n"
                    "A real name,GT,water,-90.5,14.6\n", encoding="utf-8")
    haul = ADAPTER.read(path, Wanted(find_spec("shelters")))
    assert haul.frame["synthetic"].tolist() == ["true", "false"]
    assert "synthetic" in haul.defaults
