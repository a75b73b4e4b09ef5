"""``georisk compare`` as its user meets it."""

from __future__ import annotations

import json
import shutil

import grid_study
import pytest
from command import call_here
from grid_study import locate

from api.logs.audit import read_log
from georisk.results import read_results

LON, LAT = locate(1, 1)
SCENARIOS = f"""
[scenario.wet]
close = ["gt-ex-1"]
close_legs = ["n10", {{ leg = "n20", months = [5, 6] }}]

[scenario.more]
profile = "family"

[[scenario.more.open]]
place_id = "gt-new-1"
lon = {LON}
lat = {LAT}
services = ["water"]
capacity = 40
capacity_unit = "beds"

[scenario.wrong]
close = ["gt-ex-11"]
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory, published_grid):
    folder = tmp_path_factory.mktemp("compare")
    file = grid_study.write_grid_study(folder / "study")
    file.write_text(file.read_text(encoding="utf-8") + SCENARIOS, encoding="utf-8")
    shutil.copytree(published_grid / "runs", folder / "study" / "runs", symlinks=True)
    return folder


def compare(place, *arguments):
    return call_here("compare", *arguments, "-s", place / "study")


def test_people_read_what_differs(place, monkeypatch):
    monkeypatch.setenv("GEORISK_STATE", str(place / "state"))
    monkeypatch.setenv("COLUMNS", "80")
    done = compare(place, "base", "wet", "--service", "water,medical", "--top", "3")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "RESTRICTED · What if: base (a) against wet (b)"
    assert lines[1].startswith("SYNTHETIC")
    assert "b wet: adult_man, whole year; closed: n10" in lines
    assert "from a to b: closes gt-ex-1" in lines
    words = " ".join(done.stdout.split())
    assert "km verified" in words
    assert "medical" in words
    assert "south" in words
    assert "12→0" in words
    assert "Gaps that changed most (3 of" in words
    assert "What if, not what is" in words
    assert "food" not in words
    assert max(map(len, lines)) <= 80
    assert "n20 closed in some months only" in " ".join(done.stderr.split())
    assert "no flow data" in done.stderr
    assert [line[1] for line in read_log(place / "state")] == ["compare"]


def test_json_is_one_document(place):
    done = compare(place, "base", "more", "--json", "--corridor", "stairs", "--service", "water")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["a"], told["b"], told["audience"], told["synthetic"]) == (
        "base", "more", "restricted", True)
    assert [row["direction"] for row in told["table"]] == ["backward", "forward"]
    assert {row["corridor"] for row in told["table"]} == {"stairs"}
    point, = told["points"]
    assert (point["place_id"], point["change"], point["capacity_b"]) == ("gt-new-1", "opened", 40)
    assert (point["lon"], point["lat"]) == (LON, LAT)
    assert told["assumed"] == ["scenario more: 1 point assumed"]
    assert told["reference"]["b"]["profile"] == "family"
    assert told["gaps"]
    assert "same" not in {row["change"] for row in told["gaps"]}


def test_profile_and_month_hold_for_both(place):
    done = compare(place, "wet", "more", "--json", "--profile", "pregnant", "--month", "6")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)["reference"]
    assert {side["profile"] for side in told.values()} == {"pregnant"}
    assert {side["month"] for side in told.values()} == {6}
    assert told["a"]["closed"] == ["n10", "n20"]


def test_the_same_twice_is_no_change(place):
    done = compare(place, "wet", "wet")
    assert done.returncode == 0, done.stderr
    assert "No change" in done.stdout
    assert "By corridor" not in done.stdout


def test_a_page_of_no_change_is_drawn_too(place, tmp_path):
    done = compare(place, "wet", "wet", "-o", tmp_path, "--with-maps", "-q", "--purpose", "a test",
                   "--holder", "Ana P.")
    assert done.returncode == 0, done.stderr
    assert read_results(tmp_path)["compared_points"].frame.empty
    assert list((tmp_path / "restricted").glob("compared.restricted.*.html"))


def test_results_and_a_page_lie_where_planners_alone_look(place):
    runs = sorted((place / "study" / "runs").rglob("*"))
    done = compare(place, "base", "wet", "-o", place / "out", "--with-maps", "--lang", "es", "-q",
                   "--purpose", "a test", "--holder", "Ana P.")
    assert done.returncode == 0, done.stderr
    assert set(read_results(place / "out")) == {
        "compared", "compared_gaps", "compared_points", "compared_segments"}
    page, = (place / "out" / "restricted").glob("compared.restricted.ana-p.*.es.html")
    assert page.stat().st_mode & 0o077 == 0
    text = page.read_text(encoding="utf-8")
    assert "¿Y si…?: base y wet" in text
    assert "EJEMPLO - gt-ex-1: se cierra" in text
    assert "Para: hombre adulto, todo el año" in text
    asked, = (place / "out" / "restricted").glob("asked.restricted.ana-p.*.json")
    told = json.loads(asked.read_text(encoding="utf-8"))
    assert (told["a"], told["b"], told["holder"]) == ("base", "wet", "Ana P.")
    assert told["reference"]["b"]["profile"] == "adult_man"
    assert told["audience"] == "restricted"
    assert sorted((place / "study" / "runs").rglob("*")) == runs  # no snapshot, none altered


@pytest.mark.parametrize(("arguments", "message"), [
    (["base", "nix"], "no scenario named 'nix': there are base, wet, more, wrong"),
    (["base", "wrong"], "scenario.wrong: close: no place 'gt-ex-11': did you mean gt-ex-1"),
    (["base", "wet", "--service", "wine"], "--service 'wine': this study looks for food"),
    (["base", "wet", "--corridor", "north"], "--corridor 'north': there are bend"),
    (["base", "wett"], "did you mean wet? there are base"),
    (["base", "wet", "--month", "13"], "--month '13': give 1 to 12"),
    (["base", "wet", "--profile", "clown"], "no profile named 'clown'"),
    (["base", "wet", "-o", "x"], "-o writes restricted files, which needs --purpose"),
    (["base", "wet", "--top", "-1"], "--top -1"), (["base", "wet", "--lang", "de"], "de"),
    (["base", "wet", "--with-maps"], "--with-maps needs -o"),
])
def test_what_is_wrong_is_told_with_code_two(place, arguments, message):
    done = compare(place, *arguments)
    assert done.returncode == 2
    assert message in " ".join(done.stderr.split())
    assert done.stdout == ""
