"""A place that closed after the run: every map that counts it still says so, and no other."""

from __future__ import annotations

import csv
import datetime as dt
import json
import re
import shutil
from pathlib import Path

import pytest
from browser import open_page
from command import call_here
from map_door import make_public, make_restricted
from surge_plans import make_plan
from test_compare_map import draw as draw_compared
from test_compare_map import make_door as make_compared
from test_stretches import make_changes

from georisk.marking import Marking
from maps.atlas import MAPS, render, write_maps
from maps.catalogues import LANGUAGES, load_words
from maps.change_map import draw_changes
from maps.offline import seal_page
from maps.surge_map import draw_surge

MAKE = {"restricted": make_restricted, "public": make_public}
TODAY = dt.datetime.now(tz=dt.UTC).date()
LOOK = """<script>
  const find = function (name) { return document.querySelector(name).getBoundingClientRect(); };
  const note = find(".banner.amended"), title = find("h1"), map = find(".folium-map");
  const page = document.documentElement;
  const hit = document.elementFromPoint(note.left + 20, note.bottom - 4);
  document.body.dataset.seen = JSON.stringify({
    tall: note.height, whole: note.top >= 0 && note.bottom <= title.top + 0.5
      && title.bottom <= map.top + 0.5, top: hit.className, map: map.height,
    fits: page.scrollWidth <= innerWidth && page.scrollHeight <= innerHeight });
</script></body>"""


def amend(door):
    door.changes = ("amended",)
    return door


def read_banners(page):
    return [attrs for _, attrs in page.elements if "amended" in attrs.get("class", "").split()]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("entry", MAPS, ids=lambda entry: entry.name)
def test_a_map_of_an_amended_run_says_so_above_the_map(read, entry, lang):
    make, told = MAKE[entry.audience], load_words(lang)["note_amended"]
    html = render(amend(make()), entry.name, lang=lang)
    page = read(html)
    assert page.words.count(told) == 1
    assert [attrs["role"] for attrs in read_banners(page)] == ["note"]
    assert html.index(told) < html.index("<h1>") < html.index("<details")
    whole = read(render(make(), entry.name, lang=lang))
    assert told not in whole.words
    assert read_banners(whole) == []


def test_what_it_says_is_of_its_language_and_creole_waits_for_review():
    for name in ("note_amended", "note_lapsed"):
        told = {load_words(lang)[name] for lang in LANGUAGES}
        assert len(told) == len(LANGUAGES)
        assert name in load_words("ht").review


def draw_surge_of(door):
    return draw_surge(door, make_plan(), load_words("en"), Marking.of(door, holder=""))


def draw_changes_of(door):
    return draw_changes(door, load_words("en"), Marking.of(door, holder=""))


@pytest.mark.parametrize(("make", "draw"), [
    (make_restricted, draw_surge_of), (make_changes, draw_changes_of),
    (make_compared, lambda door: draw_compared(door, "en")),
], ids=["surge", "changes", "compared"])  # fmt: skip
def test_what_is_worked_out_from_the_study_itself_is_not_called_old(read, make, draw):
    """These have the places as they are now: the note would be wrong."""
    html = draw(amend(make()))
    assert load_words("en")["note_amended"] not in read(html).words
    assert html == draw(make())


@pytest.mark.parametrize("size", ["360,640", "1280,800"])
@pytest.mark.parametrize(("lang", "name"), [("es", "overview"), ("fr", "public")])
def test_the_note_is_seen_whole_and_leaves_the_map_its_room(tmp_path, lang, name, size):
    door = amend(make_restricted() if name == "overview" else make_public())
    path, = write_maps(door, tmp_path, names=[name], lang=lang)
    html = path.read_text(encoding="utf-8").replace("</body>", LOOK)
    policy = re.search(r'content="(default-src[^"]*)"', html)[1]
    path.write_text(seal_page(html.replace(policy, "georisk-policy-slot", 1)), encoding="utf-8")
    dom, console, requests = open_page(path, tmp_path, size=size)
    assert console == []
    assert [url for url in requests if not url.startswith(("file:", "data:"))] == []
    seen = json.loads(re.search(r'data-seen="([^"]*)"', dom)[1].replace("&quot;", '"'))
    assert seen["tall"] > 15
    assert seen["whole"]
    assert seen["top"] == "banner amended"
    assert seen["map"] >= 190
    assert seen["fits"]


@pytest.fixture
def folder(published_grid, tmp_path):
    shutil.copytree(published_grid, tmp_path / "study", symlinks=True,
                    ignore=shutil.ignore_patterns("state"))
    return tmp_path / "study"


def call(*arguments):
    done = call_here(*arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def draw_both(folder, out, read):
    """What both maps of a study say in Spanish, as the command writes them."""
    paths = [call("map", "-s", folder, "-o", out, "--lang", "es", *more).strip() for more in
             ((), ("--audience", "restricted", "--purpose", "test"))]
    return [read(Path(path).read_text(encoding="utf-8")).words for path in paths]


def list_place(folder, **changes):
    """Let a place have been checked lately, so that everybody is shown it."""
    path = folder / "assistance_points.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    days = {"last_verified": f"{TODAY}", "verify_by": f"{TODAY + dt.timedelta(days=30)}"}
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows({**row, **days, **changes} if row["place_id"] == "gt-ex-1" else row
                         for row in rows)
    call("run", "-s", folder, "-q")


def test_an_accepted_report_stands_on_both_maps_until_the_next_run(folder, tmp_path, read):
    list_place(folder)
    told = load_words("es")["note_amended"]
    assert [told in said for said in draw_both(folder, tmp_path / "before", read)] == [False] * 2
    line = call("reports", "line", "gt-ex-1", "CLOSED", TODAY)
    id_ = call("reports", "add", line.strip(), "-s", folder).strip()
    call("reports", "accept", id_, "--publish", "-s", folder)
    assert [told in said for said in draw_both(folder, tmp_path / "closed", read)] == [True] * 2
    call("run", "-s", folder, "-q")
    assert [told in said for said in draw_both(folder, tmp_path / "after", read)] == [False] * 2


def test_a_report_of_a_place_that_the_public_never_saw_stands_on_no_public_map(
    folder, tmp_path, read
):
    list_place(folder, publish_ok="no")
    line = call("reports", "line", "gt-ex-1", "CLOSED", TODAY)
    id_ = call("reports", "add", line.strip(), "-s", folder).strip()
    call("reports", "accept", id_, "--publish", "-s", folder)
    told = load_words("es")["note_amended"]
    assert [told in said for said in draw_both(folder, tmp_path / "new", read)] == [False, True]
