"""GDAL's programs on every collection: the whole data set, pages, boxes and filters."""

from __future__ import annotations

import csv
import re
import subprocess
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
import shapely
from expected import compare
from picks import pick_box, pick_condition
from reading import read_package
from surroundings import require_tool


def run_gdal(name, *arguments):
    return subprocess.run([require_tool(name), *map(str, arguments)], capture_output=True,
                          text=True, timeout=300, check=False)


def list_asked(heard, name):
    """Questions put to the items of a collection, as parameters, after the sample taken first."""
    pages = (urlsplit(asked) for asked in heard.asked)
    found = [parse_qs(page.query) for page in pages if page.path == f"/collections/{name}/items"]
    assert found[1:], f"{name}: nothing was asked but a sample"
    return found[1:]


def list_ids(address, name, *arguments):
    done = run_gdal("ogr2ogr", "-f", "CSV", "/vsistdout/", f"OAPIF:{address}", name,
                    "-select", "id", "-oo", "PAGE_SIZE=10000", *arguments)
    assert done.returncode == 0, done.stderr
    assert "HTTP error" not in done.stderr
    return [row[0] for row in list(csv.reader(done.stdout.splitlines()))[1:]]


def test_the_whole_data_set_is_copied(heard, expected, tmp_path):
    """Every collection page by page into one file: no more of them, and no row or value less."""
    copy = tmp_path / "all.gpkg"
    done = run_gdal("ogr2ogr", "-f", "GPKG", copy, f"OAPIF:{heard.address}", "-oo",
                    "PAGE_SIZE=4000")
    assert done.returncode == 0, done.stderr
    found = read_package(copy)
    assert sorted(found) == sorted(expected)
    faults = {name: compare(expected[name], *found[name]) for name in expected}
    assert {name: fault for name, fault in faults.items() if fault} == {}
    name = max(expected, key=lambda it: len(expected[it].ids))
    assert len(list_asked(heard, name)) >= len(expected[name].ids) / 4000


def test_a_listing_counts_and_locates_every_collection(servers, audience, expected):
    done = run_gdal("ogrinfo", "-ro", "-al", "-so", f"OAPIF:{servers[audience]}", "-oo",
                    "PAGE_SIZE=10000")
    assert done.returncode == 0, done.stderr
    told = {part.partition("\n")[0]: part for part in done.stdout.split("Layer name: ")[1:]}
    assert sorted(told) == sorted(expected)
    for name, it in expected.items():
        assert f"\nFeature Count: {len(it.ids)}\n" in told[name], name
        if it.shapes is not None:
            extent = re.search(r"^Extent: \((\S+), (\S+)\) - \((\S+), (\S+)\)$", told[name],
                               re.MULTILINE)
            bounds = np.array([float(side) for side in extent.groups()])
            assert np.allclose(bounds, shapely.total_bounds(it.shapes), atol=2e-6), name


def test_a_box_is_sent_and_keeps_what_meets_it(heard, expected):
    for name, it in expected.items():
        if it.shapes is None or not len(it.ids):
            continue
        box = pick_box(it)
        # GDAL itself leaves out what has no geometry.
        rows = it.meets(box) & ~np.array([shape is None for shape in it.shapes])
        assert list_ids(heard.address, name, "-spat", *box) == list(it.take(rows).ids), name
        assert all("bbox" in asked for asked in list_asked(heard, name)), name


def test_a_filter_is_sent_and_keeps_what_meets_it(heard, expected):
    for name, it in expected.items():
        pick = pick_condition(it)
        if pick is None:
            continue
        found = list_ids(heard.address, name, "-where", pick.text)
        assert found == list(it.take(pick.rows).ids), (name, pick.text)
        for asked in list_asked(heard, name):
            assert pick.column in asked.get("filter", [""])[0], (name, pick.text)


@pytest.mark.parametrize(("where", "keep"), [
    ("country = 'MX' OR country = 'GT'", lambda c: c["country"] in {"MX", "GT"}),
    ("NOT (country = 'MX')", lambda c: c["country"] != "MX"),
    ("country <> 'MX' AND name LIKE 'EXAMPLE%'",
     lambda c: c["country"] != "MX" and c["name"].startswith("EXAMPLE")),
    ("phone IS NULL", lambda c: c["phone"] is None),
    ("coord_precision_km >= 1.0 AND coord_precision_km <= 5.0",
     lambda c: c["coord_precision_km"] is not None and 1 <= c["coord_precision_km"] <= 5),
    ("last_verified >= '2026-06-01'",
     lambda c: c["last_verified"] is not None and c["last_verified"] >= "2026-06-01"),
    ("name ILIKE 'example%'", lambda c: c["name"].lower().startswith("example")),
])
def test_conditions_are_sent_as_cql(heard, expected, where, keep):
    it = expected["shelters"]
    rows = [dict(zip(it.columns, values, strict=True))
            for values in zip(*it.columns.values(), strict=True)]
    kept = [id_ for id_, row in zip(it.ids, rows, strict=True) if keep(row)]
    assert list_ids(heard.address, "shelters", "-where", where) == kept
    assert all("filter" in asked for asked in list_asked(heard, "shelters"))


def test_what_the_public_may_not_see_is_not_there(servers, snapshot):
    hidden = sorted(set(snapshot["restricted"]) - set(snapshot["public"]))
    assert "segments" in hidden
    listed = run_gdal("ogrinfo", "-ro", "-q", f"OAPIF:{servers['public']}")
    for name in hidden:
        assert f": {name} " not in listed.stdout
        opened = run_gdal("ogrinfo", "-ro", "-so", f"OAPIF:{servers['public']}", name)
        assert "Feature Count" not in opened.stdout
        asked = run_gdal("ogrinfo", "-ro", "-al", "-so",
                         f"{servers['public']}/collections/{name}/items?f=json")
        assert asked.returncode != 0
