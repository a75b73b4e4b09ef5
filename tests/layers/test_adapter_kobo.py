"""KoboToolbox exports: groups, choices, positions and repeats kept; nobody who answered is read."""

from __future__ import annotations

import json

import openpyxl
import pandas as pd
import pytest
from hostile_tables import HOSTILE, check_hostile, files, layers, sheets
from hypothesis import given

from layers.adapters.kobo import ADAPTER, read_kobo, recognise_kobo
from layers.catalog import find_spec
from layers.errors import LayerError
from layers.readers.samples import take_sample
from layers.sources import Wanted

META = {"formhub/uuid": "x", "start": "2024-01-01", "deviceid": "dev-9",
        "username": "ana.ficticia", "_submitted_by": "ana.ficticia",
        "_notes": [{"note": "secreto"}], "_attachments": [{"a": 1}],
        "_validation_status": {}, "_submission_time": "2024-01-01T00:00:00"}
RECORDS = [
    {**META, "_id": 101, "_uuid": "u-1", "grp/nombre": "EXAMPLE - A", "grp/pais": "guatemala",
     "grp/servicios": "agua medico", "sitio": "14.5 -90.25 1500 250",
     "_geolocation": [14.5, -90.25],
     "fam": [{"fam/edad": "3", "fam/mes": "2024-01"}, {"fam/edad": "30"}]},
    {**META, "_id": 102, "_uuid": "u-2", "grp/nombre": "EXAMPLE - B", "grp/pais": "honduras",
     "grp/servicios": "albergue", "sitio": None, "_geolocation": [None, None]},
]


def write_api(folder, records=RECORDS):
    path = folder / "api.json"
    answer = {"count": len(records), "next": None, "previous": None, "results": records}
    path.write_text(json.dumps(answer), encoding="utf-8")
    return path


def write_export(folder):
    """An XLSX export with labels as headings and one repeat group."""
    book = openpyxl.Workbook()
    main = book.active
    main.title = "Formulario"
    main.append(["start", "Datos/Fecha", "Datos/Causa", "Datos/Muertos", "Punto", "_Punto_latitude",
                 "_Punto_longitude", "_Punto_altitude", "_Punto_precision", "_id", "_uuid",
                 "_submission_time", "_submitted_by", "__version__", "_index"])
    main.append(["s", "2024-03-01", "ahogamiento", 2, "14.5 -90.25 3 4", 14.5, -90.25, 3, 4.0, 7,
                 "uu", "2024-03-01T00:00:00", "ana.ficticia", "v", 1])
    kin = book.create_sheet("hechos")
    kin.append(["Heridos", "_index", "_parent_table_name", "_parent_index", "_submission__id"])
    for index, parent in ((1, 1), (2, 1), (3, 9)):
        kin.append([index, index, "Formulario", parent, 7])
    path = folder / "export.xlsx"
    book.save(path)
    return path


def read(path, layer="shelters", sheet="", **stated):
    return read_kobo(path, Wanted(find_spec(layer), columns=stated, sheet=sheet))


def test_both_exports_are_recognised_and_a_plain_table_is_not(tmp_path):
    assert "KoboToolbox" in recognise_kobo(take_sample(write_api(tmp_path)))
    assert "KoboToolbox" in recognise_kobo(take_sample(write_export(tmp_path)))
    plain = tmp_path / "plain.csv"
    plain.write_text("_id,nombre\n1,a\n")
    assert not recognise_kobo(take_sample(plain))


def test_records_of_the_api(tmp_path):
    haul = read(write_api(tmp_path))
    first, second = haul.frame.to_dict("records")
    assert (first["place_id"], second["place_id"]) == ("kobo-101", "kobo-102")
    assert (first["lon"], first["lat"], first["coord_precision_km"]) == ("-90.25", "14.5", "0.25")
    assert (second["lon"], second["lat"], second["coord_precision_km"]) == ("", "", "")
    assert first["name"] == "EXAMPLE - A"
    assert (first["country"], first["services"]) == ("GT", "water;medical")


def test_who_answered_is_never_read_nor_shown(tmp_path):
    path = write_api(tmp_path)
    haul = read(path)
    shown = str((haul.notes, dict(haul.unmapped), haul.frame.to_dict()))
    for word in ("ana.ficticia", "dev-9", "secreto", "username"):
        assert word not in shown
    with pytest.raises(LayerError, match="says who answered, and is never read"):
        read(path, town="username")


def test_repeats_are_counted_or_read_with_their_submission(tmp_path):
    path = write_api(tmp_path)
    assert any("repeat group 'fam': 2 rows, not read" in note for note in read(path).notes)
    haul = read(path, sheet="fam")
    assert haul.frame["place_id"].tolist() == ["kobo-101-1", "kobo-101-2"]
    assert haul.frame["name"].tolist() == ["EXAMPLE - A"] * 2
    assert haul.frame["lat"].tolist() == ["14.5"] * 2
    with pytest.raises(LayerError, match=r"no repeat group 'kin'; there are: 'fam'"):
        read(path, sheet="kin")


def test_a_spreadsheet_with_labels_and_a_repeat_sheet(tmp_path):
    path = write_export(tmp_path)
    (row,) = read(path, "incidents").frame.to_dict("records")
    assert (row["incident_id"], row["class"], row["n_victims"]) == ("kobo-7", "wat", "2")
    # The phone said 4 m; no phone is taken to be better than 0.1 km.
    assert (row["lon"], row["coord_precision_km"]) == ("-90.25", "0.1")
    haul = read(path, "incidents", sheet="hechos")
    assert haul.frame["injured"].tolist() == ["1", "2", "3"]
    assert haul.frame["date"].tolist() == ["2024-03-01", "2024-03-01", ""]
    assert any("1 rows of 'hechos' have no submission" in note for note in haul.notes)


def test_a_multiple_choice_spread_over_columns_becomes_a_list(tmp_path):
    path = tmp_path / "a.csv"
    pd.DataFrame({
        "_id": ["1", "2"], "_uuid": ["a", "b"], "_submission_time": ["t", "t"],
        "nombre": ["EXAMPLE - A", "EXAMPLE - B"], "pais": ["GT", "GT"],
        "g/servicios": ["Agua Atención médica", "Agua"], "g/servicios/Agua": ["1", "1"],
        "g/servicios/Atención médica": ["1", "0"],
        "_geolocation": ["[14.5, -90.25]", "[None, None]"],
    }).to_csv(path, index=False, sep=";")
    frame = read(path).frame
    assert frame["services"].tolist() == ["water;medical", "water"]
    assert frame["lat"].tolist() == ["14.5", ""]


def test_counts_of_nought_and_one_in_a_group_are_no_choice(tmp_path):
    path = tmp_path / "a.csv"
    pd.DataFrame({
        "_id": ["1"], "_uuid": ["a"], "_submission_time": ["t"], "fecha": ["2024-01-01"],
        "victimas/muertos": ["1"], "victimas/desaparecidos": ["0"], "_geolocation": ["14.5, -90"],
    }).to_csv(path, index=False)
    (row,) = read(path, "incidents").frame.to_dict("records")
    assert (row["dead"], row["missing"], row["n_victims"]) == ("1", "0", "1")


def test_of_two_geopoints_the_study_says_which(tmp_path):
    records = [{**RECORDS[0], "casa": "15.5 -91.25 0 0"}]
    path = write_api(tmp_path, records)
    with pytest.raises(LayerError, match=r"several geopoint questions \('sitio', 'casa'\)"):
        read(path)
    haul = read(path, lat_lon="casa")
    assert haul.frame["lat"].tolist() == ["15.5"]
    # An accuracy of 0 is a point put on the map by hand: nobody measured it.
    assert haul.frame["coord_precision_km"].tolist() == [""]


def test_groups_stay_where_a_name_would_be_twice(tmp_path):
    records = [{**RECORDS[0], "otro/nombre": "EXAMPLE - C"}]
    path = write_api(tmp_path, records)
    with pytest.raises(LayerError, match="'grp/nombre' and 'otro/nombre' both stand for name"):
        read(path)
    assert read(path, name="otro/nombre").frame["name"].tolist() == ["EXAMPLE - C"]


def test_a_form_that_asks_for_our_id_keeps_it(tmp_path):
    records = [{**RECORDS[0], "place_id": "gt-x-1"}, {**RECORDS[1], "place_id": ""}]
    haul = read(write_api(tmp_path, records))
    assert haul.frame["place_id"].tolist() == ["gt-x-1", "kobo-102"]


@HOSTILE
@given(files, layers, sheets)
def test_a_hostile_file_is_read_or_refused_in_one_line(tmp_path_factory, data, layer, sheet):
    check_hostile(ADAPTER, tmp_path_factory.getbasetemp() / "hostile", data, layer, sheet)
