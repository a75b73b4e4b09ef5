"""Sound files of every format that is read, invented: tests read them, and damage them."""

from __future__ import annotations

import datetime as dt
import io
import json
import struct
import tempfile
import zipfile
from functools import cache
from pathlib import Path

import geopandas as gpd
import openpyxl
import pyogrio
from shapely.geometry import LineString, Point

CSV = "id,place,lat,lon,dead\n" + "".join(
    f'ex-{k},"EXAMPLE - niño, {k}",{15 + k / 10},{-90 - k / 10},{k}\n' for k in range(12))
RECORDS = [{"id": f"ex-{k}", "lat": 15 + k / 10, "nested": {"list": [k, None]}} for k in range(5)]
KML = (
    '<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document><Folder>'
    "<name>A</name><Placemark><name>EXAMPLE - one</name><ExtendedData><Data name='beds'>"
    "<value>4</value></Data></ExtendedData><Point><coordinates>-90,15,0</coordinates></Point>"
    "</Placemark></Folder><Folder><name>B</name><Placemark><name>EXAMPLE - two</name><LineString>"
    "<coordinates>-90,15 -91,16</coordinates></LineString></Placemark></Folder></Document></kml>"
)
GPX = (
    '<?xml version="1.0"?><gpx version="1.1" creator="x" '
    'xmlns="http://www.topografix.com/GPX/1/1"><wpt lat="15" lon="-90"><name>EXAMPLE - w</name>'
    '</wpt><trk><name>EXAMPLE - t</name><trkseg><trkpt lat="15" lon="-90"/>'
    '<trkpt lat="16" lon="-91"/></trkseg></trk></gpx>'
)
_CONTENT = (
    '<?xml version="1.0" encoding="UTF-8"?><office:document-content office:version="1.2" '
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"><office:body>'
    '<office:spreadsheet><table:table table:name="places">{rows}</table:table>'
    "</office:spreadsheet></office:body></office:document-content>"
)


def pack(members: dict[str, bytes | str]) -> bytes:
    """A zip archive of some members."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            # Not the clock's: these bytes name a test, and every process must find the same.
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def make_xlsx() -> bytes:
    """Two sheets: titles, merged headers, dates, an error, a table away from the corner."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "places"
    for row in (["EXAMPLE - register"], [], ["Where", None, "Victims", None, "When"],
                ["lat", "lon", "dead", "missing", None],
                [15.5, -90.25, 2.0, None, dt.date(2020, 1, 2)], [16, -91, 0, True, "x"]):
        sheet.append(row)
    for area in ("A3:B3", "C3:D3", "E3:E4"):
        sheet.merge_cells(area)
    sheet["C7"] = "#REF!"
    sheet["C7"].data_type = "e"
    sheet["A7"] = 17
    other = book.create_sheet("far")
    other["C4"], other["D4"], other["C5"], other["D5"] = "id", "lat", "ex-1", 15
    book.create_sheet("empty")
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def make_ods(rows: str = "") -> bytes:
    """One sheet, made of its XML."""
    cell = ('<table:table-cell office:value-type="string"{more}><text:p>{text}</text:p>'
            "</table:table-cell>")
    rows = rows or "".join(
        "<table:table-row>" + "".join(cell.format(text=text, more="") for text in row)
        + "</table:table-row>" for row in (("id", "place"), ("ex-1", "EXAMPLE - ñ")))
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = ('<manifest:manifest xmlns:manifest='
                '"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>')
    return pack({"mimetype": kind, "content.xml": _CONTENT.format(rows=rows),
                 "META-INF/manifest.xml": manifest})


def make_ole(streams: dict[str, bytes]) -> bytes:
    """An OLE file with streams of at least 4096 bytes (shorter ones are filled up)."""
    bodies = {name: data.ljust(max(4096, -(-len(data) // 512) * 512), b"\0")
              for name, data in streams.items()}
    table = [0xFFFFFFFD, 0xFFFFFFFE]
    entries = [_make_entry("Root Entry", 5, 0xFFFFFFFE, 0, child=1)]
    for name, body in bodies.items():
        first, count = len(table), len(body) // 512
        table += [*range(first + 1, first + count), 0xFFFFFFFE]
        entries.append(_make_entry(name, 2, first, len(body)))
    header = struct.pack(
        "<8s16xHHHHH6xIIIIIIIIII", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0x3E, 3, 0xFFFE, 9, 6,
        0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0, 0)
    header = header.ljust(512, b"\xff")
    fat = struct.pack(f"<{len(table)}I", *table).ljust(512, b"\xff")
    return header + fat + b"".join(entries).ljust(512, b"\0") + b"".join(bodies.values())


def _make_entry(name: str, kind: int, first: int, size: int, *, child: int = 0xFFFFFFFF) -> bytes:
    text = name.encode("utf-16-le") + b"\0\0"
    return text.ljust(64, b"\0") + struct.pack(
        "<HBBIII16xI16xIQ", len(text), kind, 1, 0xFFFFFFFF, 0xFFFFFFFF, child, 0, first, size)


def make_xls(cells: dict[tuple[int, int], float | str] | None = None) -> bytes:
    """An .xls workbook of one sheet with words and numbers."""
    def record(kind: int, body: bytes) -> bytes:
        return struct.pack("<HH", kind, len(body)) + body

    cells = cells or {(0, 0): "lat", (0, 1): "lon", (1, 0): 15.5, (1, 1): -90.0}
    name = b"places"
    start = record(0x809, struct.pack("<HHHHII", 0x600, 5, 0, 0, 0, 0))
    at = len(start) + 4 + 8 + len(name) + 4
    bound = record(0x85, struct.pack("<IBBBB", at, 0, 0, len(name), 0) + name)
    sheet = record(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0, 0, 0, 0))
    for (row, column), value in cells.items():
        if isinstance(value, str):
            text = struct.pack("<HB", len(value), 0) + value.encode("latin-1")
            sheet += record(0x204, struct.pack("<HHH", row, column, 0) + text)
        else:
            sheet += record(0x203, struct.pack("<HHHd", row, column, 0, value))
    return make_ole({"Workbook": start + bound + record(0xA, b"") + sheet + record(0xA, b"")})


@cache
def make_vectors() -> dict[str, bytes]:
    """Two points in every geographic format; the zipped shapefile as ``shp.zip``."""
    frame = gpd.GeoDataFrame({"name": ["EXAMPLE - a", "EXAMPLE - ñ"], "beds": [3, 4]},
                             geometry=[Point(-90, 15), Point(-91, 16)], crs=4326)
    files: dict[str, bytes] = {"kml": KML.encode(), "gpx": GPX.encode(),
                               "kmz": pack({"doc.kml": KML})}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for suffix, driver in (("geojson", "GeoJSON"), ("geojsonl", "GeoJSONSeq"),
                               ("gpkg", "GPKG"), ("fgb", "FlatGeobuf"), ("shp", "ESRI Shapefile")):
            pyogrio.write_dataframe(frame, folder / f"p.{suffix}", driver=driver)
            files[suffix] = (folder / f"p.{suffix}").read_bytes()
        line = frame.iloc[:1].set_geometry([LineString([(-90, 15), (-91, 16)])], crs=4326)
        pyogrio.write_dataframe(line, folder / "p.gpkg", layer="lines", append=True)
        files["gpkg"] = (folder / "p.gpkg").read_bytes()
        frame.to_parquet(folder / "p.parquet")
        files["parquet"] = (folder / "p.parquet").read_bytes()
        parts = {f"in/p.{part}": (folder / f"p.{part}").read_bytes()
                 for part in ("shp", "shx", "dbf", "prj", "cpg")}
        files["shp.zip"] = pack(parts)
    return files


@cache
def make_all() -> dict[str, bytes]:
    """One sound file of every format, by suffix."""
    return {
        "csv": CSV.encode(), "tsv": CSV.replace(",", "\t").encode("utf-16"),
        "json": json.dumps(RECORDS).encode(), "xlsx": make_xlsx(), "ods": make_ods(),
        "xls": make_xls(), "csv.zip": pack({"a.csv": CSV}), **make_vectors(),
    }
