"""Broken, truncated and hostile OpenStreetMap files: declared errors, bounded time, no echo."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from surroundings import CAMPAIGN

pytest.importorskip("osmium", reason="needs osmium (the extra osm)")

from osm_files import write_extract, write_town

from layers.adapters import osm
from layers.catalog import find_spec
from layers.errors import LayerError
from layers.osm.chains import chain_runs
from layers.osm.places import COLUMNS, read_places
from layers.osm.ways import keep_ways, read_ways
from layers.sources import Wanted

DECLARED = (ValueError, OSError, LayerError)
EXAMPLES = 10_000 if CAMPAIGN else 500
SPECS = {name: find_spec(name) for name in osm.ADAPTER.layers}


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    folder = tmp_path_factory.mktemp("osm")
    return tuple(write_town(folder / name).read_bytes() for name in ("town.osm", "town.osm.pbf"))


def read_all(path, layer):
    """Read a file; anything but a declared error goes through."""
    try:
        if layer == "ways":
            kept = keep_ways(path)
            assert kept.start[-1] == len(kept.ref) == len(kept.lonlat)
            assert (np.diff(kept.start) > 1).all()
            assert np.isfinite(kept.lonlat).all()
            chain_runs(kept)
        else:
            found = read_places(path, layer)
            assert list(found.frame.columns) == list(COLUMNS)
            assert list(found.frame["_record"]) == list(range(1, len(found.frame) + 1))
    except DECLARED as error:
        line = str(error)
    else:
        return
    assert "\n" not in line
    assert len(line) < 200
    assert "georisk-osm" not in line


@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_mutated_files_raise_only_what_is_declared(samples, tmp_path, data):
    sample = data.draw(st.sampled_from(samples))
    content = bytearray(sample)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at:at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
        if not content:
            content = bytearray(b"<")
    cut = data.draw(st.none() | st.integers(0, len(content)))
    path = tmp_path / "hostile"
    path.write_bytes(bytes(content[:cut]))
    read_all(path, data.draw(st.sampled_from(sorted(SPECS))))


VALUE = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=20)
KEY = st.sampled_from(["amenity", "name", "social_facility", "social_facility:for", "phone",
                       "check_date", "beds", "addr:country", "highway", "maxspeed", "oneway"])
KNOWN = st.sampled_from(["shelter", "hospital", "drinking_water", "primary", "yes", "-1", "60 mph"])


@settings(max_examples=200 if not CAMPAIGN else EXAMPLES)
@given(tags=st.dictionaries(KEY, KNOWN | VALUE, max_size=6), lon=st.floats(-180, 180),
       layer=st.sampled_from(sorted(SPECS)), name=st.sampled_from(["a.osm", "a.osm.pbf"]))
def test_any_tags_are_read_or_refused(tmp_path, tags, lon, layer, name):
    path = write_extract(tmp_path / name, nodes=[(1, lon, 1.0, tags), (2, 0.5, 1.5, {})],
                         ways=[(3, [1, 2], tags), (4, [2, 2], tags)])
    read_all(path, layer)


def test_an_entity_bomb_is_refused_at_once(tmp_path):
    entities = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 20}">' for i in range(1, 10))
    bomb = (f'<?xml version="1.0"?><!DOCTYPE osm [<!ENTITY e0 "boom">{entities}]>'
            '<osm version="0.6"><node id="1" lat="1" lon="1"><tag k="amenity" v="&e9;"/></node>'
            "</osm>")
    path = tmp_path / "bomb.osm"
    path.write_text(bomb, encoding="utf-8")
    start_s = time.process_time()
    for spec in SPECS.values():
        with pytest.raises(ValueError, match="entities are not supported"):
            osm.read_osm(path, Wanted(spec))
    assert time.process_time() - start_s < 2


def test_an_external_entity_is_refused(tmp_path):
    path = tmp_path / "outside.osm"
    path.write_text('<?xml version="1.0"?><!DOCTYPE osm [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
                    '<osm version="0.6"><node id="1" lat="1" lon="1">'
                    '<tag k="amenity" v="&x;"/></node></osm>', encoding="utf-8")
    with pytest.raises(ValueError, match="entities are not supported"):
        read_places(path, "shelters")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_a_truncated_file_is_refused_whole(samples, tmp_path, share):
    for sample in samples:
        path = tmp_path / "cut"
        path.write_bytes(sample[: int(len(sample) * share)])
        for spec in SPECS.values():
            with pytest.raises(ValueError, match=r"not a sound OpenStreetMap file|neither"):
                osm.read_osm(path, Wanted(spec))


@pytest.mark.parametrize(("content", "says"), [
    (b"", "the file is empty"),
    (b"\0" * 100_000, "neither an .osm nor an .osm.pbf"),
    (b"PK\x03\x04", "neither"),
    (b"<html></html>", "neither"),
    (b'<osmChange version="0.6"><create/></osmChange>', "list of changes"),
    (b'<osm version="0.6"></osm>', "no road, path, railway or ferry in the file"),
])
def test_what_is_no_extract_says_so(tmp_path, content, says):
    path = tmp_path / "file.osm.pbf"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=says):
        read_ways(path)


def write_varint(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def write_block(kind, blob):
    header = b"\x0a" + write_varint(len(kind)) + kind + b"\x18" + write_varint(len(blob))
    return len(header).to_bytes(4, "big") + header + blob


def test_a_block_that_unfolds_without_end_is_refused_before_it_does(tmp_path):
    path = tmp_path / "bomb.osm.pbf"
    blob = b"\x10" + write_varint(30_000_000) + b"\x1a\x00"  # raw_size, then no zlib_data
    path.write_bytes(write_block(b"OSMHeader", blob) + write_block(b"OSMData", blob) * 50)
    with pytest.raises(ValueError, match="unfolds to far more than its size"):
        read_places(path, "shelters")


@given(blob=st.binary(max_size=60), framed=st.booleans())
def test_any_blocks_are_measured_or_refused(tmp_path, blob, framed):
    path = tmp_path / "blocks.osm.pbf"
    start = write_block(b"OSMHeader", blob)
    path.write_bytes(start if framed else start[:18] + blob)
    read_all(path, "shelters")


def test_a_message_repeats_nothing_of_the_file(tmp_path):
    path = tmp_path / "a.osm"
    path.write_text('<osm version="0.6"><node id="Secret Name" lat="1" lon="1"/></osm>',
                    encoding="utf-8")
    with pytest.raises(ValueError, match="illegal id") as caught:
        read_places(path, "shelters")
    assert "Secret" not in str(caught.value)


def test_ten_megabytes_of_nothing_take_no_memory(tmp_path):
    import tracemalloc

    path = tmp_path / "blank.osm"
    path.write_bytes(b'<osm version="0.6">' + b" " * 10_000_000 + b"</osm>")
    tracemalloc.start()
    assert len(read_places(path, "shelters").frame) == 0
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2_000_000
