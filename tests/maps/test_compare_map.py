"""The page of two scenarios in a real browser, and in every language."""

from __future__ import annotations

import re

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from browser import open_page
from map_door import CLOSING, HOSTILE, FakeDoor, make_restricted

from georisk.marking import Marking
from layers.errors import NotShownError
from maps.catalogues import load_words
from maps.compare_map import STATE_LINES, draw_comparison, write_compare_map
from maps.compare_map_words import tell_services

NAMES = ("base", "wet")
STATES = tuple(STATE_LINES)


def make_door(audience="restricted", *, same=False):
    door = make_restricted()
    segments = door.frames["segments"].reset_index()
    state = np.array(STATES)[np.arange(len(segments)) // 20 % len(STATES)]
    rows = segments.drop(columns=["risk_class", "evidence", "risk_score"]).assign(
        service="water", state="in_reach" if same else state, direction="forward",
        compared_id=segments["segment_id"] + "-water")
    points = gpd.GeoDataFrame({
        "point_id": list("abc"), "place_id": list("abc"), "name": [HOSTILE, "EXAMPLE - B", None],
        "layer": "shelters", "change": ["opened", "closed", "changed"],
        "services_a": [(), ("water",), ("water",)], "services_b": [("water",), (), ("water",)],
        "capacity_a": [None, 4.0, 20.0], "capacity_b": [9.0, None, 40.0],
        "capacity_unit": ["beds", None, "beds"], "moved_km": [0.0, 0.0, 1.5], "synthetic": True,
    }, geometry=gpd.points_from_xy([-98, -96, -94], [15.2, 15.3, 15.4]), crs=4326)
    gaps = door.frames["gaps"].assign(
        km_a=0.0, km_b=40.0, walk_h_a=0.0, walk_h_b=9.0, severity_a=None, severity_b="unsafe",
        count_a=0, count_b=1, from_km=0.0, to_km=40.0, change="same" if same else "appears")
    table = pd.DataFrame({"corridor": [None, "main"], "service": "water", "direction": "forward",
                          "length_km": 1300.0, "covered_km_a": 200.0,
                          "covered_km_b": 200.0 if same else 120.0, "verified_km_a": 150.0,
                          "verified_km_b": 150.0 if same else 110.0}, index=["x", "y"])
    frames = {name: door.frames[name] for name in ("routes", "waypoints", "boundaries",
                                                   "corridors")}
    frames |= {"compared": table, "compared_gaps": gaps,
               "compared_segments": rows.iloc[:0] if same else rows.set_index("compared_id"),
               "compared_points": points.iloc[:0] if same else points.set_index("point_id")}
    return FakeDoor(audience, frames)


def draw(door, lang):
    return draw_comparison(door, load_words(lang), Marking.of(door, holder=""), names=NAMES)


@pytest.mark.parametrize("size", ["1280,800", "500,640"])
def test_the_page_opens_without_a_network(tmp_path, size):
    path = write_compare_map(make_door(), tmp_path, lang="es", names=NAMES)
    dom, console, requests = open_page(path, tmp_path, size=size)
    root = re.search(r"<html[^>]*>", dom).group()
    assert 'data-ready="1"' in root
    assert "data-errors" not in root
    assert console == []
    assert [url for url in requests if not url.startswith(("file:", "data:"))] == []
    assert "<img" not in dom
    assert dom.count("<canvas") > 5


def test_a_click_tells_what_changes(tmp_path):
    path = write_compare_map(make_door(), tmp_path, lang="en", names=NAMES)
    html = re.sub(r"script-src [^;]*;", "script-src 'unsafe-inline';",
                  path.read_text(encoding="utf-8"))
    click = """<script>
      const seen = [], map = map_page;
      document.querySelectorAll(".choices button").forEach(function (button) {
        button.click(); seen.push(document.querySelector(".leaflet-popup:last-child").textContent);
      });
      map.closePopup(); map.setView([15.1, -98], 9, {animate: false});
      const at = map.latLngToLayerPoint([15.1, -98]);
      map.fire("click", {latlng: L.latLng(15.1, -98), layerPoint: at});
      seen.push(document.querySelector(".leaflet-popup:last-child").textContent);
      document.body.dataset.seen = seen.join(" | ");
    </script></body>"""
    path.write_text(html.replace("</body>", click), encoding="utf-8")
    dom, console, _ = open_page(path, tmp_path, size="1000,800")
    assert console == []
    assert "data-errors" not in re.search(r"<html[^>]*>", dom).group()
    said = re.search(r'data-seen="([^"]*)"', dom).group(1)
    for text in ("opens", "closes", "moved by 1.5 km; Capacity: 20 → 40 beds", "northwards",
                 "From the first to the second", "What if, not what is"):
        assert text in said
    assert "undefined" not in said
    assert "reports" not in said


def test_the_panel_says_it_in_words(read):
    page = read(draw(make_door(), "en"))
    assert "What if: base and wet" in page.words
    assert "EXAMPLE - B: closes" in page.words
    assert "water, northwards: verified 150 → 110 km, unverified 50 → 10 km, of 1,300 km" in (
        page.words)
    assert "Unverified: only if places of unknown months or hours are open" in page.words
    assert "New gap: water, northwards" in page.words
    assert "0 → 40 km (Main way)" in page.words
    assert "Robbery, kidnapping and sexual violence are not measured here." in page.words
    assert CLOSING in page.words  # a name from data is text, never markup
    assert set(page.islands["theme"]["classes"]) == set(STATES)
    assert all(row["synthetic"] is True for row in page.islands["points"]["rows"])


@pytest.mark.parametrize(("references", "told"), [
    ((("family", 6), ("family", 6)), "Stretches that changed · For: with small children, Jun"),
    ((("family", 6), ("injured", None)),
     "base · For: with small children, Jun; wet · For: injured, all year"),
    ((), "Stretches that changed"),
])
def test_the_page_says_for_whom_and_when(read, references, told):
    door = make_door()
    page = read(draw_comparison(door, load_words("en"), Marking.of(door, holder=""), names=NAMES,
                                references=references))
    assert told in page.words
    assert page.words.count("For: ") == 2 * len(set(references))  # under the map, and in the panel


def test_a_place_that_becomes_known_to_be_open_is_a_difference():
    row = {"corridor": None, "service": "water", "direction": "forward", "length_km": 30.0,
           "covered_km_a": 20.0, "covered_km_b": 20.0, "verified_km_a": 0.0,
           "verified_km_b": 20.0}
    told = tell_services(pd.DataFrame([row]), load_words("fr"))
    assert told == ["eau, vers le nord : vérifié 0 → 20 km, non vérifié 20 → 0 km, sur 30 km"]


def test_nothing_that_differs_is_said(read):
    page = read(draw(make_door(same=True), "fr"))
    assert "Rien ne diffère." in page.words
    assert "Vérifié :" not in page.words
    assert not [name for name in page.islands if name.startswith("reach_")]


def test_without_results_there_is_no_page():
    with pytest.raises(NotShownError, match="georisk compare -o"):
        draw(make_restricted(), "en")
