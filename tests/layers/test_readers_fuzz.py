"""Hostile inputs for every reader: whatever the bytes, ValueError or OSError or an answer."""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reader_files import make_all, make_vectors, pack
from surroundings import CAMPAIGN

from layers.readers.grids import read_grids
from layers.readers.headers import find_table
from layers.readers.ole import MAGIC
from layers.readers.records import read_records
from layers.readers.samples import take_sample
from layers.readers.sheets import read_sheet_grids
from layers.readers.text import read_text_grid
from layers.readers.vectors import read_frame

EXAMPLES = 10_000 if CAMPAIGN else 500
NAMES = ("a.csv", "a.xlsx", "a.shp", "NOEXT", "a.geojson", "a b'c.kml")
PACKED = ("xlsx", "ods", "kmz", "shp.zip", "csv.zip")
SIGNS = b'\0\xff\x80,;"\n\r\t<>&{}[]:/\\#-9eN'
VECTORS = frozenset({"geojson", "geojsonseq", "gpkg", "shp", "kml", "kmz", "gpx", "fgb",
                     "parquet"})


def damage(data, source):
    """A sound file with a few bytes changed, taken out, repeated, or its end cut off."""
    out = bytearray(data)
    for _ in range(source.randint(1, 6)):
        at = source.randrange(len(out) or 1)
        kind = source.randrange(6)
        if kind == 0 and out:
            out[at] = source.randrange(256)
        elif kind == 1:
            out[at:at + source.randint(1, 40)] = b""
        elif kind == 2:
            out[at:at] = out[at:at + source.randint(1, 200)] * source.randint(1, 3)
        elif kind == 3 and source.random() < 0.3:
            out = out[:at]
        elif kind == 4:
            number = source.choice((0, 1, 255, 65_535, 2**31 - 1, 2**32 - 1))
            out[at:at + 4] = struct.pack(source.choice("<>") + "I", number)
        else:
            out[at:at] = bytes(source.choice(SIGNS) for _ in range(source.randint(1, 12)))
    return bytes(out)


def damage_inside(data, source):
    """An archive with one damaged member, its checksums sound: what a library must face itself."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = source.choice(sorted(members))
    members[name] = damage(members[name], source)
    return pack(members)


def read_all(path):
    """Read a file by its bytes as an adapter would."""
    found = take_sample(path).format
    if found in VECTORS:
        return read_frame(path)
    if found == "json":
        read_records(path)
    grids = read_grids(path)
    return [find_table(grid) for grid in grids]


def attempt(reader, path):
    try:
        reader(path)
    except (ValueError, OSError) as error:
        told = str(error).splitlines()
    else:
        return True
    assert len(told) == 1
    return False


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("hostile")


def try_damaged(folder, suffix, seed):
    source = random.Random(seed)  # hypothesis gives the seed: the same one, the same file
    data = make_all()[suffix]
    inside = suffix in PACKED and source.random() < 0.5
    path = folder / source.choice(NAMES)
    path.write_bytes(damage_inside(data, source) if inside else damage(data, source))
    attempt(read_all, path)


@pytest.mark.parametrize("suffix", sorted(set(make_all()) - set(make_vectors())))
@given(seed=st.integers(0, 2**32))
@settings(max_examples=EXAMPLES)
def test_damaged_tables_are_read_or_refused(folder, suffix, seed):
    try_damaged(folder, suffix, seed)


@given(suffix=st.sampled_from(sorted(make_vectors())), seed=st.integers(0, 2**32))
@settings(max_examples=2 * EXAMPLES)
def test_damaged_maps_are_read_or_refused(folder, suffix, seed):
    try_damaged(folder, suffix, seed)


@pytest.mark.parametrize("reader", [read_text_grid, read_sheet_grids, read_records, read_grids,
                                    read_frame, take_sample])
@given(data=st.one_of(st.binary(max_size=200), st.text(max_size=100).map(str.encode)),
       start=st.sampled_from([b"", b"PK\x03\x04", b"\xff\xfe", b"\xef\xbb\xbf", b"{", b"[",
                              b"<kml>", b"fgb\x03fgb\x00", b"PAR1", MAGIC]))
@settings(max_examples=EXAMPLES)
def test_random_bytes_are_read_or_refused(folder, reader, data, start):
    path = folder / "random.bin"
    path.write_bytes(start + data)
    attempt(reader, path)


@pytest.mark.parametrize("part", ["shp", "shx", "dbf", "prj", "cpg"])
@given(seed=st.integers(0, 2**32))
@settings(max_examples=EXAMPLES // 5)
def test_damaged_parts_of_a_shapefile_are_read_or_refused(folder, part, seed):
    with zipfile.ZipFile(io.BytesIO(make_vectors()["shp.zip"])) as archive:
        parts = {name[-3:]: archive.read(name) for name in archive.namelist()}
    parts[part] = damage(parts[part], random.Random(seed))
    for name, data in parts.items():
        (folder / f"p.{name}").write_bytes(data)
    attempt(read_frame, folder / "p.shp")


def test_a_damaged_map_that_brought_the_program_down_is_refused_or_read(folder):
    try_damaged(folder, "fgb", 200_377)


def test_the_sound_files_are_read(folder):
    for suffix, data in make_all().items():
        if suffix != "shp":
            path = folder / "sound"
            path.write_bytes(data)
            assert attempt(read_all, path), suffix


def test_damage_reaches_the_readers():
    """Half of the archives must get past the checksum, or the libraries were never tried."""
    source = random.Random(1)
    data = damage_inside(make_all()["xlsx"], source)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
    assert zlib.crc32(data) != zlib.crc32(make_all()["xlsx"])
