"""The embedded study as a planner meets it: run, maps in a browser, and a real client."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np
import pytest
import rasterio
from browser import open_page
from command import call_apart, call_here
from surroundings import ROOT, require_tool

MAX_WARM_S, MAX_COLD_S = 90.0, 90.0


def call(*arguments):
    done = call_here(*arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def measure_run_s(runs, study):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = call_apart("run", "--quiet", "-s", study, "--runs", runs)
    assert done.returncode == 0, done.stderr
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@pytest.fixture(scope="module")
def study(published_embedded, tmp_path_factory):
    """A copy: further runs, maps and the audit log disturb nobody else's."""
    folder = tmp_path_factory.mktemp("embedded") / "mesoamerica"
    shutil.copytree(published_embedded, folder, symlinks=True,
                    ignore=shutil.ignore_patterns("state"))
    first = float((published_embedded.parent / "first-run-cpu-s").read_text(encoding="ascii"))
    print(f"first run: {first:.1f} s CPU")
    assert first <= MAX_COLD_S
    return folder


def hash_current(study):
    run = (study / "runs" / "current").resolve()
    return {
        str(path.relative_to(run)): hashlib.sha256(path.read_bytes()).hexdigest()
        for kind in ("layers", "rasters") for path in (run / kind).iterdir()
    }


def test_a_second_run_is_quick_and_the_same_bytes(study):
    one = hash_current(study)
    again = measure_run_s(study / "runs", study)
    print(f"second run: {again:.1f} s CPU")
    assert hash_current(study) == one
    assert again <= MAX_WARM_S


def test_every_row_is_accounted_for(study):
    layers = json.loads(call("check", "-s", study, "--json"))["layers"]
    assert layers["shelters"]["read"] >= 40
    assert layers["assistance_points"]["accepted"] == 12
    for entry in layers.values():
        assert entry["read"] == entry["accepted"] + entry["quarantined"]


def test_the_surface_keeps_its_promises(study):
    """INTERFACES: 1/12 degree, whole degrees, strictly positive in the domain, NaN elsewhere."""
    with rasterio.open(study / "runs" / "current" / "rasters" / "risk_surface.tif") as source:
        assert source.bounds == (-118, 6, -76, 33)
        assert source.shape == (27 * 12, 42 * 12)
        assert source.dtypes == ("float32",)
        assert source.tags()["synthetic"] == "true"
        assert source.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        values = source.read(1)
    inside = np.isfinite(values)
    assert 0.3 < inside.mean() < 0.9
    assert (values[inside] > 0).all()


@pytest.fixture(scope="module")
def pages(study, tmp_path_factory):
    out = tmp_path_factory.mktemp("maps")
    public = Path(call("map", "public", "-s", study, "-o", out).strip())
    restricted = Path(call("map", "overview", "-s", study, "-o", out, "--audience", "restricted",
                           "--purpose", "test", "--holder", "CI").strip())
    assert public.parent.name == "public"
    assert restricted.parent.name == "restricted"
    assert "restricted.ci.until-" in restricted.name
    return {"public": public, "overview": restricted}


@pytest.mark.parametrize("size", ["1280,800", "360,640"])
@pytest.mark.parametrize("name", ["public", "overview"])
def test_both_maps_open_without_a_network(pages, tmp_path, name, size):
    dom, console, requests = open_page(pages[name], tmp_path, size=size)
    root = re.search(r"<html[^>]*>", dom).group()
    assert 'data-ready="1"' in root
    assert "data-errors" not in root
    assert console == []
    assert [url for url in requests if not url.startswith(("file:", "data:"))] == []
    assert "SYNTHETIC" in dom
    assert pages[name].stat().st_size <= 800_000


def list_incidents(study):
    with (study / "layers" / "incidents.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_no_raw_incident_is_in_any_public_byte(study, pages):
    served = study / "runs" / "current" / "serve" / "public"
    texts = [path.read_bytes() for path in (pages["public"], *sorted(served.iterdir()))]
    body = b"\n".join(texts)
    for row in list_incidents(study):
        assert row["incident_id"].encode() not in body
        lon, lat = row["lon"], row["lat"]
        if min(len(lon.partition(".")[2]), len(lat.partition(".")[2])) >= 3:
            spaced = rb"[\s,\[\]\"]{1,4}"
            pair = re.escape(lon).encode() + spaced + re.escape(lat).encode()
            scaled = f"{round(float(lon) * 1e4)},{round(float(lat) * 1e4)}".encode()
            assert scaled not in body
            assert not re.search(pair, body)
    with (study / "layers" / "shelters.csv").open(encoding="utf-8") as file:
        shelters = list(csv.DictReader(file))
    for row in shelters:
        if row["publish_ok"] != "true":
            assert row["place_id"].encode() not in body
    prepared = b"\n".join(texts[1:])
    for name in (b"segment_id", b"intensity", b"nearest_id", b"benefit", b"n_victims", b"capacity"):
        assert name not in prepared


@pytest.fixture(scope="module")
def servers(study):
    addresses, processes = {}, []
    for audience in ("public", "restricted"):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        processes.append(subprocess.Popen(
            [sys.executable, "-m", "api.cli", "serve", "-s", str(study), "--port", str(port),
             "--audience", audience], cwd=ROOT, stderr=subprocess.PIPE, text=True))
        addresses[audience] = f"http://127.0.0.1:{port}"
    for address in addresses.values():
        wait_for(f"{address}/readyz")
    yield addresses
    for process in processes:
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=30)
        assert "?" not in log.replace("{", "")
        assert "Traceback" not in log


def wait_for(address):
    deadline = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            assert time.monotonic() < deadline, "the server did not start"
            time.sleep(0.2)


def test_gdal_reads_segments_of_a_restricted_server(servers):
    ogrinfo = require_tool("ogrinfo")
    address = f"{servers['restricted']}/collections/segments/items?f=json"
    done = subprocess.run([ogrinfo, "-ro", "-al", "-so", address], capture_output=True, text=True,
                          check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "Geometry: Line String" in done.stdout
    assert "risk_class: String" in done.stdout
    assert int(re.search(r"Feature Count: (\d+)", done.stdout).group(1)) > 0


@pytest.mark.parametrize("path", [
    "/collections/segments/items?f=json", "/collections/coverage", "/collections/incidents/items",
    "/collections/proposed_sites/items", "/corridors/gulf/profile", "/maps/overview",
])
def test_the_public_server_knows_nothing_of_it(servers, path):
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(servers["public"] + path, timeout=30)
    with caught.value as answer:
        assert answer.code == 404
        assert answer.headers["content-type"].startswith("application/problem+json")


def test_all_public_pages_of_all_collections_add_up(servers):
    with urllib.request.urlopen(servers["public"] + "/collections", timeout=30) as answer:
        collections = json.load(answer)["collections"]
    assert {"routes", "risk_cells", "gaps", "shelters"} <= {c["id"] for c in collections}
    for collection in collections:
        address, seen, matched = f"{servers['public']}/collections/{collection['id']}/items", 0, -1
        address += "?limit=5000"
        while address:
            with urllib.request.urlopen(address, timeout=60) as answer:
                page = json.load(answer)
            seen, matched = seen + page["numberReturned"], page["numberMatched"]
            address = next((x["href"] for x in page["links"] if x["rel"] == "next"), None)
        assert seen == matched


def test_places_between_two_towns(study):
    rows = json.loads(call("places", "-s", study, "--layer", "shelters", "--from", "Tapachula",
                           "--to", "Arriaga", "--json", "--audience", "restricted",
                           "--purpose", "test"))
    hours = [row["walk_h"] for row in rows]
    assert len(rows) >= 1
    assert hours == sorted(hours)
    assert all(row["name"].startswith("EXAMPLE - ") for row in rows)
    back = json.loads(call("places", "-s", study, "--layer", "shelters", "--from", "Arriaga",
                           "--to", "Tapachula", "--json", "--audience", "restricted",
                           "--purpose", "test"))
    assert [row["place_id"] for row in back] == [row["place_id"] for row in rows][::-1]
