"""Tables with HXL hashtags: columns by their tags, refusals in one line, no network."""

from __future__ import annotations

import json
import socket

import pytest
from hostile_tables import HOSTILE, check_hostile, files, layers, sheets
from hypothesis import given

from layers.adapters.hxl import ADAPTER, list_patterns, parse_tags, read_hxl, recognise_hxl
from layers.catalog import find_spec, load_catalog
from layers.errors import LayerError
from layers.readers.samples import take_sample
from layers.sources import Wanted

PRESENCE = [["Quién", "Qué", "Dónde", "Mujeres", "Nota"],
            ["#org", "#sector +es", "#adm1+name", "#targeted+f", ""],
            ["EXAMPLE Org", "WASH", "Petén", "12", "x"], ["EXAMPLE Org 2", "Salud", "", "", ""]]
SHELTERS = [["#loc+name", "#country+code", "#geo+lat", "#geo+lon", "#service+list",
             "#capacity+num"],
            ["EXAMPLE - A", "GTM", "14.5", "-90.25", "agua, comida", "40"]]


def write_rows(folder, rows, name="a.csv", separator=","):
    path = folder / name
    quoted = [separator.join(f'"{cell}"' for cell in row) for row in rows]
    path.write_text("\n".join(quoted) + "\n", encoding="utf-8")
    return path


def read(path, layer, sheet="", **stated):
    return read_hxl(path, Wanted(find_spec(layer), columns=stated, sheet=sheet))


@pytest.fixture(autouse=True)
def _no_network(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("the network was touched")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def test_a_list_of_who_does_what_where(tmp_path):
    path = write_rows(tmp_path, PRESENCE)
    assert recognise_hxl(take_sample(path)).startswith("a row of HXL hashtags (#adm1+name")
    haul = read(path, "presence")
    assert haul.frame["organisation"].tolist() == ["EXAMPLE Org", "EXAMPLE Org 2"]
    assert haul.frame["sector"].tolist() == ["WASH", "Salud"]
    assert haul.frame["targeted_women"].tolist() == ["12", ""]
    assert haul.frame["_record"].tolist() == [3, 4]
    assert "columns without a hashtag: 1" in haul.notes


def test_shelters_by_their_tags(tmp_path):
    (row,) = read(write_rows(tmp_path, SHELTERS), "shelters").frame.to_dict("records")
    assert (row["name"], row["country"], row["services"]) == ("EXAMPLE - A", "GT", "water;food")
    assert (row["lon"], row["lat"], row["capacity"]) == ("-90.25", "14.5", "40")


def test_incidents_by_their_tags(tmp_path):
    rows = [["#date+occurred", "#geo+lat", "#geo+lon", "#affected+killed", "#cause", "#country"],
            ["2024-02-03", "14.5", "-90.25", "2", "drowning", "Guatemala"]]
    (row,) = read(write_rows(tmp_path, rows), "incidents").frame.to_dict("records")
    assert (row["date"], row["class"], row["n_victims"]) == ("2024-02-03", "wat", "2")
    assert row["_country"] == "Guatemala"


@pytest.mark.parametrize("shape", ["lists", "objects", "wrapped"])
def test_json_in_its_three_shapes(tmp_path, shape):
    head, *rows = PRESENCE[1:]
    objects = [dict(zip(head, row, strict=True)) for row in rows]
    found = {"lists": PRESENCE, "objects": objects, "wrapped": {"status": "OK", "results": objects}}
    path = tmp_path / "a.json"
    path.write_text(json.dumps(found[shape]), encoding="utf-8")
    assert len(read(path, "presence").frame) == 2


def test_tags_that_say_too_little_are_refused_in_one_line(tmp_path):
    path = write_rows(tmp_path, PRESENCE)
    with pytest.raises(LayerError, match=r": HXL tags #org #sector\+es #adm1\+name #targeted\+f: "
                       "none gives the position, name, country, services, which shelters needs$"):
        read(path, "shelters")
    with pytest.raises(LayerError, match="no row of HXL hashtags"):
        read(write_rows(tmp_path, [["org", "adm1"], ["a", "b"]], "b.csv"), "presence")


def test_two_columns_with_one_tag_are_an_error_until_the_study_decides(tmp_path):
    rows = [["#org", "#targeted+f", "#targeted+f"], ["EXAMPLE", "1", "2"]]
    path = write_rows(tmp_path, rows)
    with pytest.raises(LayerError, match=r"#targeted\+f and #targeted\+f 2 both stand for"):
        read(path, "presence")
    frame = read(path, "presence", targeted_women="#targeted+f 2").frame
    assert frame["targeted_women"].tolist() == ["2"]
    with pytest.raises(LayerError, match="no such tag or column"):
        read(path, "presence", targeted_women="#reached")


def test_the_narrower_tag_comes_first():
    columns = parse_tags(["#loc+name", "#loc+town", "#ADM1 +Name+es", "", "Junk"])
    assert [c.display_tag for c in columns] == ["#loc+name", "#loc+town", "#adm1+name+es", "", ""]
    assert parse_tags(["EXAMPLE Org", "#1", "Coast"]) == ()


def test_every_pattern_of_a_layer_is_sound_hxl():
    from hxl.model import TagPattern

    for spec in load_catalog().values():
        for patterns in (list_patterns(spec) if spec.id else {}).values():
            assert all(TagPattern.parse(pattern) for pattern in patterns)


@HOSTILE
@given(files, layers, sheets)
def test_a_hostile_file_is_read_or_refused_in_one_line(tmp_path_factory, data, layer, sheet):
    check_hostile(ADAPTER, tmp_path_factory.getbasetemp() / "hostile", data, layer, sheet)
