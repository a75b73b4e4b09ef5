"""Spreadsheets, maps and archives: what is read, and what is refused before it harms."""

from __future__ import annotations

import http.server
import io
import json
import struct
import threading
import zipfile

import pandas as pd
import pytest
from reader_files import KML, make_all, make_ods, make_ole, make_vectors, make_xls, pack
from surroundings import require_shared

from layers.readers import archives, guard
from layers.readers.formats import sniff_format
from layers.readers.grids import read_grids
from layers.readers.headers import find_table
from layers.readers.samples import take_sample
from layers.readers.sheets import read_sheet_grids
from layers.readers.vectors import list_sheets, read_frame, read_vector

FORMATS = {"tsv": "csv", "geojsonl": "geojsonseq", "shp.zip": "shp", "csv.zip": "zip"}
DAMAGED = "damaged, or not really"


def write(folder, data, name="file.bin"):
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


@pytest.mark.parametrize("suffix", sorted(make_all()))
@pytest.mark.parametrize("name", ["NOEXT", "wrong.csv", "wrong.xlsx"])
def test_bytes_tell_the_format_whatever_the_name(tmp_path, suffix, name):
    path = write(tmp_path, make_all()[suffix], name)
    assert sniff_format(path) == FORMATS.get(suffix, suffix)
    if suffix != "shp":
        sample = take_sample(path)
        assert sample.rows or sample.keys


def test_sheets_become_text_with_merged_cells_filled(tmp_path):
    places, far = read_sheet_grids(write(tmp_path, make_all()["xlsx"]))
    table, notes = find_table(places)
    error = "1 cells hold an error of a formula (#REF! or the like): read as empty"
    assert places.notes == ("3 merged areas were filled with their value", error)
    assert list(table.columns) == ["Where lat", "Where lon", "Victims dead", "Victims missing",
                                   "When", "_record"]
    assert table.iloc[0].tolist() == ["15.5", "-90.25", "2", "", "2020-01-02", 5]
    assert table["Victims missing"].tolist() == ["", "true", ""]
    assert notes[0].startswith("title lines above row 3")
    table, _ = find_table(far)
    assert table.to_dict("records") == [{"id": "ex-1", "lat": "15", "_record": 5}]


def test_old_and_open_spreadsheets(tmp_path):
    (found,) = read_sheet_grids(write(tmp_path, make_xls()))
    assert found.cells.to_numpy().tolist() == [["lat", "lon"], ["15.5", "-90"]]
    (found,) = read_sheet_grids(write(tmp_path, make_ods()))
    assert found.cells.to_numpy().tolist() == [["id", "place"], ["ex-1", "EXAMPLE - ñ"]]


def test_the_register_of_the_iom_as_a_spreadsheet():
    folder = require_shared("iom_missing_migrants")
    (found,) = read_sheet_grids(folder / "Missing_Migrants_Global_Figures_to_2021.xlsx")
    assert len(find_table(found)[0]) == 10191


@pytest.mark.parametrize("suffix", sorted(set(make_vectors()) - {"shp", "kml", "kmz", "gpx"}))
def test_every_geographic_format_gives_the_same_points(tmp_path, suffix):
    frame = read_vector(write(tmp_path, make_vectors()[suffix]))
    assert frame["name"].tolist() == ["EXAMPLE - a", "EXAMPLE - ñ"]
    assert frame.geometry.x.tolist() == [-90, -91]
    assert frame.crs.to_epsg() == 4326


def test_folders_of_kml_and_tracks_of_gpx_all_come(tmp_path):
    for suffix in ("kml", "kmz"):
        path = write(tmp_path, make_vectors()[suffix])
        frame = read_vector(path)
        assert frame["folder"].tolist() == ["A", "B"]
        assert frame["beds"].tolist()[0] == "4"
        assert read_vector(path, sheet="B").geom_type.tolist() == ["LineString"]
    path = write(tmp_path, make_vectors()["gpx"])
    assert list_sheets(path) == ("waypoints", "tracks")
    assert read_vector(path).geom_type.tolist() == ["Point", "MultiLineString"]
    assert len(read_vector(path, sheet="tracks")) == 1


def test_layers_of_a_geopackage_are_chosen_by_name(tmp_path):
    path = write(tmp_path, make_vectors()["gpkg"])
    assert list_sheets(path) == ("p", "lines")
    assert len(read_vector(path, sheet="lines")) == 1
    with pytest.raises(ValueError, match="no layer of the name"):
        read_vector(path, sheet="other")


def test_a_shapefile_needs_its_parts_but_not_its_crs(tmp_path):
    with zipfile.ZipFile(io.BytesIO(make_vectors()["shp.zip"])) as archive:
        parts = {name[-3:]: archive.read(name) for name in archive.namelist()}
    for part in ("shp", "dbf"):
        write(tmp_path, parts[part], f"p.{part}")
    with pytest.raises(ValueError, match=r"without its \.shx"):
        read_vector(tmp_path / "p.shp")
    write(tmp_path, parts["shx"], "p.SHX")
    assert read_vector(tmp_path / "p.shp").crs is None
    with pytest.raises(ValueError, match=r"give its \.shp"):
        read_vector(tmp_path / "p.SHX")


def test_plain_parquet_is_a_table(tmp_path):
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "t")
    assert read_frame(tmp_path / "t")["a"].tolist() == [1]
    with pytest.raises(ValueError, match="no geometry"):
        read_vector(tmp_path / "t")


def crowd(count):
    return pack({f"{k}.csv": "a" for k in range(count)})


def link():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        member = zipfile.ZipInfo("a.csv")
        member.external_attr = 0o120777 << 16
        archive.writestr(member, "/etc/passwd")
    return out.getvalue()


def lock(data):
    """Set the flag that says encrypted, where both headers of the archive keep it."""
    at = data.index(b"PK\x01\x02")
    return data[:6] + b"\x01" + data[7:at + 8] + b"\x01" + data[at + 9:]


def understate(data):
    """Make an archive say that its only member is 10 bytes long."""
    at = data.index(b"PK\x01\x02") + 24
    return data[:at] + struct.pack("<I", 10) + data[at + 4:]


SOUND = pack({"a.csv": "id,lat\n" * 100})
LAUGHS = ('<?xml version="1.0"?><!DOCTYPE k [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
          "<kml><name>&b;</name></kml>")


@pytest.mark.parametrize(("data", "told"), [
    (pack({"../../a.csv": "a"}), "leads out of its folder"),
    (pack({"/etc/a.csv": "a"}), "leads out of its folder"),
    (pack({"C:\\a.csv": "a"}), "leads out of its folder"),
    (link(), "a link to another file"),
    (lock(SOUND), "an encrypted archive"),
    (pack({"a.csv": b"\0" * 20_000_000}), "zip bomb"),
    (pack({"a.zip": SOUND}), "an archive within an archive"),
    (crowd(1001), "1,001 files"),
    (crowd(2), "an archive of 2 files"),
    (pack({}), "without a file"),
    (understate(SOUND), DAMAGED),
    (SOUND[:60], DAMAGED),
    (make_ole({"EncryptedPackage": b"x"}), "an encrypted spreadsheet"),
    (make_ole({"WordDocument": b"x"}), "an old Office file, but no spreadsheet"),
    (make_xls({(0, 0): 1.0, (65_535, 60_000): 1.0}), "spans 3,932,225,536 cells"),
    (make_ods('<table:table-row table:number-rows-repeated="1048576"><table:table-cell '
              'table:number-columns-repeated="16384"><text:p>x</text:p></table:table-cell>'
              "</table:table-row>"), "a sheet that spans"),
    (pack({"[Content_Types].xml": "x", "word/document.xml": "x"}), "a document or slides"),
    (LAUGHS, "declares entities"),
    (LAUGHS.encode("utf-16"), "declares entities"),
    ("<OGRVRTDataSource><SrcDataSource>/vsicurl/x</SrcDataSource></OGRVRTDataSource>",
     "XML, but not KML"),
    ('<?xml version="1.0"?><gml/>', "XML, but not KML"),
    (b"%PDF-1.7", "a PDF"), (b"\x1f\x8b\x08", "gzip"), (b"\0" * 5000, "zero bytes"),
    (b"SQLite format 3\0" + b"\0" * 200, "no GeoPackage"),
    (bytes(range(1, 32)) * 9, "neither text nor"),
    (b"", "empty"), (b" \n\n", "empty"),
])
def test_what_would_harm_is_refused_in_one_line(tmp_path, data, told):
    path = write(tmp_path, data)
    with pytest.raises(ValueError, match=told) as caught:
        read_frame(path) if sniff_format(path) == "kml" else read_grids(path)
    assert "\n" not in str(caught.value)


def test_a_cell_far_out_is_refused_before_the_sheet_is_laid_out(tmp_path):
    with zipfile.ZipFile(io.BytesIO(make_all()["xlsx"])) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = "xl/worksheets/sheet1.xml"
    parts[name] = parts[name].replace(b'r="B6"', b'r="XFD1048576"')
    with pytest.raises(ValueError, match="spans 17,179,869,184 cells"):
        read_grids(write(tmp_path, pack(parts)))


def test_unpacking_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(archives.tempfile, "tempdir", str(tmp_path / "inner"))
    (tmp_path / "inner").mkdir()
    read_grids(write(tmp_path, SOUND))
    with pytest.raises(ValueError, match=DAMAGED):
        read_grids(write(tmp_path, understate(SOUND)))
    read_vector(write(tmp_path, make_vectors()["shp.zip"]))
    assert not list((tmp_path / "inner").iterdir())


def test_ten_gigabytes_of_nothing_cost_nothing(tmp_path):
    with (tmp_path / "big.csv").open("wb") as file:
        file.truncate(10_000_000_000)
    with pytest.raises(ValueError, match="zero bytes"):
        read_grids(tmp_path / "big.csv")
    with (tmp_path / "big.csv").open("r+b") as file:
        file.write(b"id,lat\n" * 100_000)
    with pytest.raises(ValueError, match=r"10\.0 GB, more than the 2\.0 GB"):
        read_grids(tmp_path / "big.csv")


def test_limits_hold_for_every_format(tmp_path, monkeypatch):
    monkeypatch.setattr(guard.check_size, "__defaults__", (10,))
    for suffix in sorted(set(make_all()) - {"csv", "tsv", "json", "shp"}):
        path = write(tmp_path, make_all()[suffix])
        with pytest.raises(ValueError, match="more than the"):
            read_frame(path) if suffix in make_vectors() else read_grids(path)


def test_no_reader_reaches_the_network(tmp_path):
    asked = []

    class Listener(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_error(404)

        do_HEAD = do_CONNECT = do_GET  # noqa: N815 - the names are the library's

        def log_message(self, *_):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Listener)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    feature = {"type": "Feature", "properties": {"a": 1},
               "geometry": {"type": "Point", "coordinates": [-90, 15]}}
    plain = json.dumps({"type": "FeatureCollection", "features": [feature],
                        "crs": {"type": "link", "properties": {"href": address}}})
    program = ('{"type": "FeatureCollection", "type": "gdal_streamed_alg", "command_line": '
               f'"gdal vector pipeline ! read /vsicurl/{address}/g.geojson"}}')
    link = f"<NetworkLink><Link><href>{address}/a.kml</href></Link></NetworkLink><Folder>"
    with pytest.raises(ValueError, match="refers to an address"):
        read_vector(write(tmp_path, plain))
    with pytest.raises(ValueError, match="refers to an address"):
        read_vector(write(tmp_path, program))
    read_vector(write(tmp_path, plain.replace('"link"', '"\\u006cink"')))
    read_vector(write(tmp_path, KML.replace("<Folder>", link, 1)))
    server.shutdown()
    server.server_close()
    assert asked == []
