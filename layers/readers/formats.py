"""What a file is, by its bytes, whatever its name says."""

from __future__ import annotations

import json
import mmap
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from layers.readers import ole
from layers.readers.archives import list_members, read_member
from layers.readers.encodings import HEAD_BYTES, decode_head
from layers.readers.separators import find_separator

if TYPE_CHECKING:
    from pathlib import Path

_XML_ROOTS = {"kml": "kml", "gpx": "gpx", "osm": "osm", "html": "html"}
_REFUSED = (
    (b"\x1f\x8b", "a gzip archive: unpack it first"),
    (b"BZh", "a bzip2 archive: unpack it first"),
    (b"\xfd7zXZ", "an xz archive: unpack it first"),
    (b"7z\xbc\xaf", "a 7z archive: unpack it first"),
    (b"Rar!", "a rar archive: unpack it first"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive: unpack it first"),
    (b"%PDF", "a PDF: tables in it are not read, ask for the spreadsheet"),
    (b"\x89PNG", "a picture, no table"), (b"\xff\xd8\xff", "a picture, no table"),
    (b"GIF8", "a picture, no table"), (b"II*\0", "a raster, no table"),
    (b"MM\0*", "a raster, no table"),
)
_MAGIC = (
    (b"fgb\x03", "fgb"), (b"PAR1", "parquet"), (b"SQLite format 3\0", "gpkg"),
    (b"\x00\x00\x27\x0a", "shp"), (b"PK\x03\x04", "zip"), (b"PK\x05\x06", "zip"),
    (ole.MAGIC, "xls"),
)
_INDEX_MARK = b"\0\0\0\x32"  # a .shx begins as its .shp does, then says where record 1 is
_PBF = re.compile(rb"\0\0.{2}\n\x09OSMHeader", re.DOTALL)
_PROLOG = re.compile(r"\s*(?:<\?.*?\?>|<!--.*?-->|\s)*", re.DOTALL)
_ROOT = re.compile(r"<(?:[\w.-]+:)?([A-Za-z][\w.-]*)")
_FEATURE_TYPES = frozenset({
    "FeatureCollection", "Feature", "Point", "MultiPoint", "LineString", "MultiLineString",
    "Polygon", "MultiPolygon", "GeometryCollection",
})
_TOKENS = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[\[\]{}:,]', re.DOTALL)
_CONTROL = re.compile(r"[\x01-\x08\x0b\x0e-\x19\x1b\x1c\x1d\x1f\x7f]")


def sniff_format(path: Path) -> str:
    """Tell the format of a file by its bytes.

    Returns
    -------
    str
        As `layers.sources.Sample.format`. ``zip`` is an archive that is nothing more special;
        ``text`` has no separator that would make columns.

    Raises
    ------
    ValueError
        If it is empty, encrypted, a bomb, or of a kind that is not read.
    """
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if not head:
        raise ValueError("the file is empty")
    for magic, reason in _REFUSED:
        if head.startswith(magic):
            raise ValueError(reason)
    found = next((name for magic, name in _MAGIC if head.startswith(magic)), "")
    if found == "zip":
        return _sniff_zip(path)
    if found == "xls":
        return _sniff_ole(path)
    if found == "gpkg" and head[68:72] not in {b"GPKG", b"GP10", b"GP11"}:
        raise ValueError("an SQLite database, but no GeoPackage")
    if found == "shp" and head[100:104] == _INDEX_MARK:
        raise ValueError("the index of a shapefile: give its .shp")
    if not found and _PBF.match(head):
        return "pbf"
    return found or _sniff_text(path, head)


def _sniff_ole(path: Path) -> str:
    names = {name.lower() for name, _, _ in ole.open_container(path).streams}
    if "encryptedpackage" in names:
        raise ValueError("an encrypted spreadsheet: open it with its password and save it without")
    if not names & {"workbook", "book"}:
        raise ValueError("an old Office file, but no spreadsheet")
    return "xls"


def _sniff_zip(path: Path) -> str:
    members = {member.filename.lower(): member for member in list_members(path)}
    if "[content_types].xml" in members:
        if any(name.startswith("xl/") for name in members):
            return "xlsx"
        if any(name.startswith(("word/", "ppt/")) for name in members):
            raise ValueError("a document or slides, not a spreadsheet: copy its table into one")
    if "mimetype" in members:
        kind = read_member(path, members["mimetype"], limit_bytes=100)
        if b"opendocument.spreadsheet" in kind:
            return "ods"
        if b"opendocument" in kind:
            raise ValueError("a document or slides, not a spreadsheet: copy its table into one")
    suffixes = {PurePosixPath(name).suffix for name in members}
    for suffix, name in ((".shp", "shp"), (".kml", "kmz")):
        if suffix in suffixes:
            return name
    if not members:
        raise ValueError("an archive without a file")
    return "zip"


def _sniff_text(path: Path, head: bytes) -> str:
    text = decode_head(head)
    start = text.lstrip("\ufeff \t\r\n")
    if not start:
        raise ValueError("the file is empty")
    if len(_CONTROL.findall(text)) > len(text) / 100:
        raise ValueError("neither text nor a format that is read")
    if start[0] == "<":
        return _sniff_xml(path, start)
    if start[0] == "\x1e":
        return "geojsonseq" if _read_top(start).get("type") == '"Feature"' else "json"
    if start[0] in "{[":
        return _sniff_json(start)
    return "csv" if find_separator(text) else "text"


def _sniff_xml(path: Path, text: str) -> str:
    prolog = _PROLOG.match(text)
    rest = text[prolog.end():] if prolog else text
    if re.match(r"<!doctype\s+html", rest, re.IGNORECASE):
        return "html"
    root = _ROOT.match(rest)
    found = _XML_ROOTS.get(root[1].lower() if root else "", "")
    if found == "html":
        return found
    if _declares_entities(path):
        raise ValueError("XML that declares entities or a document type: refused, for they can "
                         "fill the memory or reach other files")
    if not found:
        raise ValueError("XML, but not KML, GPX or OpenStreetMap")
    return found


def _declares_entities(path: Path) -> bool:
    """Search the whole file: what a parser may expand need not stand at its beginning."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        marks = (b"<!DOCTYPE", b"<!ENTITY", b"<!doctype")
        wide = tuple(mark.decode().encode(f"utf-16-{order}") for mark in marks
                     for order in ("le", "be"))
        return any(data.find(mark) >= 0 for mark in (*marks, *wide))


def _sniff_json(text: str) -> str:
    if text[0] == "[":
        return "json"
    lines = [line for line in text.splitlines() if line.strip()][:2]
    if len(lines) > 1 and _is_object(lines[0]) and lines[1].lstrip().startswith("{"):
        return "geojsonseq" if _read_top(lines[0]).get("type") == '"Feature"' else "json"
    top = _read_top(text)
    if "type" in top:
        return "geojson" if top["type"].strip('"') in _FEATURE_TYPES else "json"
    return "geojson" if top.get("features") == "[" else "json"


def _is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _read_top(text: str) -> dict[str, str]:
    """Keys of a JSON object to the first sign of what they hold: a string, ``[`` or ``{``."""
    top: dict[str, str] = {}
    depth, key, before = 0, "", ""
    for part in _TOKENS.findall(text):
        if depth == 1 and before == ":" and key:
            top.setdefault(key, part)
        if depth == 1 and part[0] == '"' and before in "{,":
            key = part[1:-1]
        depth += (part in "[{") - (part in "]}")
        before = part if len(part) == 1 else '"'
    return top
