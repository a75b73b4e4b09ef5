"""Stretches that differ: by hand, and on the pages of changes and of scenarios."""

from __future__ import annotations

import datetime as dt
import json
import re

import numpy as np
import pandas as pd
import pytest
from browser import open_page
from map_door import FakeDoor, make_restricted
from test_compare_map import NAMES
from test_compare_map import draw as draw_compared
from test_compare_map import make_door as make_compared

from georisk.marking import Marking
from maps.catalogues import LANGUAGES, load_words
from maps.change_map import draw_changes, write_change_map
from maps.compare_map import write_compare_map
from maps.offline import seal_page
from maps.stretches import find_window, gather_runs, tell_where

LOOK = """<script>
  const map = map_page, seen = [];
  const buttons = Array.from(document.querySelectorAll(".under button"));
  const small = Array.from(document.querySelectorAll("button, summary, .leaflet-bar a"))
    .filter(function (part) { const box = part.getBoundingClientRect();
      return box.height > 0 && (box.height < 44 || box.width < 44); });
  const key = document.querySelector(".key.short").getBoundingClientRect();
  const whole = map.getBounds();
  buttons[0].click();
  document.body.dataset.seen = JSON.stringify({ small: small.length, list: buttons.length,
    key: key.height > 0 && key.bottom <= window.innerHeight,
    map: map.getSize().y, closer: map.getZoom() >= map.getBoundsZoom(whole),
    wide: document.documentElement.scrollWidth <= window.innerWidth });
</script></body>"""


def make_changes():
    """Of 300 segments on three legs two runs: 20 km more reported, 1 km fewer."""
    door = make_restricted()
    rows = door.frames["segments"].drop(columns=["risk_class", "risk_score"])
    change = np.full(len(rows), "no_clear_change", dtype=object)
    change[110:130], change[250] = "more_reported", "fewer_reported"
    rows = rows.assign(change=change, ratio=2.0, ratio_low=1.25, ratio_high=4.0,
                       evidence="observed", day_then=pd.Timestamp("2021-12-31"),
                       day_now=pd.Timestamp("2024-12-31"))
    frames = {name: door.frames[name] for name in ("routes", "waypoints", "boundaries")}
    return FakeDoor("restricted", {**frames, "changes": rows})


def test_runs_are_cut_where_anything_changes():
    rows = make_changes().frames["changes"]
    runs = gather_runs(rows, "change", ("more_reported", "fewer_reported"))
    assert [(run["leg_id"].iloc[0], len(run)) for run in runs] == [("leg-1", 20), ("leg-2", 1)]
    hole = rows.drop(index=rows.index[115])
    assert [len(run) for run in gather_runs(hole, "change", ("more_reported",))] == [14, 5]
    assert [len(run) for run in gather_runs(rows.iloc[::-1], "change", ("more_reported",))] == [20]
    assert gather_runs(rows, "change", ()) == []
    west, south, east, north = find_window(runs, (0, 0, 0, 0), around_deg=0.5)
    assert (west, east) == (-96.5, -93.5)
    assert (south, north) == pytest.approx((15 + 0.09 - 0.5, 15 + 0.009 * 51 + 0.5))
    assert find_window([], (1, 2, 3, 4), around_deg=0.5) == (1, 2, 3, 4)


def test_a_run_is_told_by_towns_and_km():
    door = make_compared()
    run = make_changes().frames["changes"].iloc[5:9].assign(near_place="Pijijiapan")
    told = tell_where(run, door.frames["routes"], load_words("en"))
    assert told == "Abajo \N{EN DASH} Arriba, km 5 to 9 (near Pijijiapan)"


@pytest.mark.parametrize("size", ["360,640", "1280,800"])
@pytest.mark.parametrize("page", ["changes", "compared"])
def test_what_changed_is_seen_and_told_under_the_map(tmp_path, page, size):
    path = (write_change_map(make_changes(), tmp_path, lang="en") if page == "changes"
            else write_compare_map(make_compared(), tmp_path, lang="en", names=NAMES))
    html = path.read_text(encoding="utf-8").replace("</body>", LOOK)
    policy = re.search(r'content="(default-src[^"]*)"', html)[1]
    path.write_text(seal_page(html.replace(policy, "georisk-policy-slot", 1)), encoding="utf-8")
    dom, console, requests = open_page(path, tmp_path, size=size)
    assert console == []
    assert "data-errors" not in re.search(r"<html[^>]*>", dom).group()
    assert [url for url in requests if not url.startswith(("file:", "data:"))] == []
    seen = json.loads(re.search(r'data-seen="([^"]*)"', dom)[1].replace("&quot;", '"'))
    assert seen["small"] == 0
    assert seen["list"] >= 2
    assert seen["key"]
    assert seen["closer"]
    assert seen["wide"]
    assert seen["map"] >= 150
    if page == "changes":
        assert "more reported: 2 times as before (1.2 to 4)" in dom
        assert dom.index("more reported: 2") < dom.index("fewer reported: 2")


def test_no_number_stands_twice_in_the_list(tmp_path):
    path = write_compare_map(make_two_services(), tmp_path, lang="en", names=NAMES)
    dom, _, _ = open_page(path, tmp_path, size="1280,800")
    numbers = [int(found) for found in re.findall(r">(\d+)\. (?:\w|&lt;)", dom)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert dom.count("shelter, northwards") > 2
    assert dom.count("water, northwards") > 2


def test_the_page_of_changes_says_both_days_under_the_map(read):
    page = read(draw_changes(make_changes(), load_words("en"), Marking.restrict(
        dt.date(2026, 1, 1), holder="", synthetic=True)))
    assert "Stretches that changed · 2021-12-31 → 2024-12-31" in page.words


def make_two_services():
    """Shelter falls out of reach wherever water is in reach in both."""
    door = make_compared()
    rows = door.frames["compared_segments"].reset_index()
    more = rows.assign(service="shelter", compared_id=rows["segment_id"] + "-shelter")
    more.loc[more["state"] == "in_reach", "state"] = "lost"
    door.frames["compared_segments"] = pd.concat([rows, more]).set_index("compared_id")
    return door


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_service_that_changed_most_is_open(lang, read):
    page = read(draw_compared(make_two_services(), lang))
    reach = [name for name in page.islands if name.startswith("reach_")]
    assert reach == ["reach_shelter", "reach_water"]
    looks = {row["look"] for row in page.islands["reach_shelter"]["stretches"]}
    assert looks == {"lost", "mixed", "won"}
