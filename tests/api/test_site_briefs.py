"""What ``georisk site -o`` writes: layers and decision briefs, marked, for their owner alone."""

from __future__ import annotations

import json
import stat
import subprocess

import grid_study
import pytest
from command import call_here
from surroundings import require_tool

from georisk.results import read_results
from maps.brief import name_slug

CALL = ("--service", "water", "-k", "2", "--purpose", "a test", "--holder", "Ana P.")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("briefs")
    grid_study.write_grid_study(folder / "study")
    return folder


@pytest.fixture(scope="module")
def written(place):
    done = call_here("site", "-s", place / "study", *CALL, "-o", place / "out", "--json")
    assert done.returncode == 0, done.stderr
    return place / "out/restricted", json.loads(done.stdout)


@pytest.fixture(scope="module")
def handed(place):
    done = call_here("site", "-s", place / "study", *CALL, "-o", place / "given", "--for",
                     "authority")
    assert done.returncode == 0, done.stderr
    return place / "given/restricted"


def test_files_are_marked_and_for_their_owner_alone(written):
    folder, told = written
    names = sorted(path.name for path in folder.iterdir())
    assert len([name for name in names if name.startswith("brief-0")]) == 2
    assert "results.json" in names
    assert all(".restricted.ana-p.until-" in name for name in names if name != "results.json")
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    (asked,) = folder.glob("asked.*.json")
    assert json.loads(asked.read_text(encoding="utf-8"))["sites"] == told["sites"]
    assert set(read_results(folder)) == {"proposed_sites", "proposed_sites_km"}


def test_a_brief_says_what_the_document_says(written, read_page):
    folder, told = written
    first = told["sites"][0]
    (path,) = folder.glob("brief-01-*.html")
    words = read_page(path)
    assert f"A new point in {first['place']}" in words
    gap = max(first["gaps"], key=lambda one: (
        one["closed"], one["hours"][0]["before_h"] - one["hours"][0]["after_h"]))
    assert f"out of reach for {gap['length_km']:.0f} km" in words
    assert first["alternatives"][0]["place"] in words
    assert "holder: Ana P. · delete after " in words


def test_an_authority_gets_briefs_and_nothing_else(handed, written, read_page):
    names = sorted(path.name for path in handed.iterdir())
    assert len(names) == 2
    assert all(name.startswith("brief-authority-") for name in names)
    _, told = written
    for path in handed.iterdir():
        page = path.read_text(encoding="utf-8")
        for word in ("reported", "draws", "deadlier", "loses", "candidate", "security_top",
                     "Highest class", "journeys", "another proposed", "Decision brief 1"):
            assert word not in page, word
        site = next(row for row in told["sites"] if name_slug(row["place"]) in path.name)
        for other in site["alternatives"]:
            # a town may be an end of the gap; as an alternative it is named with its country
            assert f"{other['place']}, " not in read_page(path).replace(
                f"point in {site['place']}, ", "")


def test_earlier_briefs_go_when_others_are_written(place):
    call = ("site", "-s", place / "study", "--service", "water", "--purpose", "x", "-o",
            place / "again", "-q")
    call_here(*call, "-k", "2")
    call_here(*call, "-k", "1")
    assert len(list((place / "again/restricted").glob("brief-*.html"))) == 1


def test_pdf_of_a_study(place, tmp_path):
    pytest.importorskip("weasyprint", reason="needs WeasyPrint (the extra `pdf`)", exc_type=OSError)
    tool = require_tool("pdftotext")
    done = call_here("site", "-s", place / "study", *CALL, "-o", tmp_path, "--format", "pdf",
                     "--lang", "es")
    assert done.returncode == 0, done.stderr
    paths = sorted((tmp_path / "restricted").glob("brief-0*.es.pdf"))
    assert len(paths) == 2
    told = subprocess.run([tool, paths[0], "-"], capture_output=True, text=True, check=True).stdout
    assert "SINTÉTICO" in told
    assert told.count("\f") == 1  # one page
