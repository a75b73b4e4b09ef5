"""The map of a group on the move: whole without a network, night by night, marked."""

from __future__ import annotations

import re

import pandas as pd
import pytest
from browser import open_page
from map_door import HOSTILE, make_restricted
from surge_plans import make_plan

from georisk.marking import Marking
from maps import surge_map
from maps.catalogues import LANGUAGES, load_words
from maps.offline import seal_page
from maps.surge_map import PARTS, draw_surge, pack_surge, write_surge_map

STEP = """<script>
    const buttons = document.querySelectorAll(".nights button");
    buttons[1].click();
    const map = map_page, size = map.getSize();
    for (let x = 4; x < size.x; x += 9) {
      for (let y = 4; y < size.y; y += 9) {
        const at = L.point(x, y);
        map.fire("click", {latlng: map.containerPointToLatLng(at),
                           layerPoint: map.containerPointToLayerPoint(at)});
      }
    }
    document.body.dataset.popup = document.querySelector(".leaflet-popup").textContent;
    document.body.dataset.told = document.querySelector(".nights output").textContent;
    </script></body>"""


@pytest.mark.parametrize("size", ["1280,800", "360,640"])
def test_the_page_opens_and_steps_through_the_nights(tmp_path, size):
    path = write_surge_map(make_restricted(), make_plan(), tmp_path, lang="es")
    html = path.read_text(encoding="utf-8").replace("</body>", STEP)
    policy = re.search(r'content="(default-src[^"]*)"', html)[1]
    path.write_text(seal_page(html.replace(policy, "georisk-policy-slot", 1)), encoding="utf-8")
    dom, console, requests = open_page(path, tmp_path, size=size)
    root = re.search(r"<html[^>]*>", dom).group()
    assert 'data-ready="1"' in root
    assert "data-errors" not in root
    assert 'data-night="1"' in root
    assert console == []
    assert [url for url in requests if not url.startswith(("file:", "data:"))] == []
    assert "Noche del 2024-04-02 (2 de 2): 49 con cama, 51 sin cama" in dom
    assert 'data-popup="' in dom
    assert "Agua para beber ese día" in dom
    assert "<img" not in dom


def test_it_says_that_it_is_restricted_and_synthetic(tmp_path, read):
    path = write_surge_map(make_restricted(), make_plan(), tmp_path, lang="en")
    assert path.parent.name == "restricted"
    assert path.name.startswith("surge.restricted.")
    assert path.stat().st_mode & 0o777 == 0o600
    page = read(path.read_text(encoding="utf-8"))
    assert "SYNTHETIC" in page.words
    assert "RESTRICTED" in page.words
    assert "People who leave Abajo on 2024-04-02: 100." in page.words
    assert page.islands["surge"] == pack_surge(make_plan())


def test_synthetic_plans_are_marked_on_any_ground(read):
    door = make_restricted(synthetic=False)
    html = draw_surge(door, make_plan(), load_words("en"), Marking.of(door, holder=""))
    assert "SYNTHETIC" in read(html).words


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_part_has_a_word_and_a_pattern(lang):
    assert len({load_words(lang)[name] for name in PARTS}) == len(PARTS)
    assert len({style.pattern for style in PARTS.values()}) == len(PARTS)


def test_rows_hold_the_largest_first_and_text_as_it_is():
    rows = pack_surge(make_plan(name=HOSTILE))["rows"]
    assert rows[0]["people"] == 100
    assert HOSTILE in {row["name"] for row in rows}


@pytest.mark.parametrize("span", [0.2, 1.2])
def test_no_disc_lies_under_the_bar_of_nights_on_a_phone(monkeypatch, span):
    places = pd.DataFrame({"lon": [-93.7, -92.3], "lat": [14.9 + span, 14.9]})
    monkeypatch.setattr(surge_map, "tabulate_places", lambda _: places)
    _, south, _, north = surge_map._find_bounds(make_plan())
    # At 360 x 640 the map shows 338 px of these bounds; 10 px more lie below, the bar takes 100.
    assert (14.9 - south) / (north - south) * 338 + 10 >= 100 + 24
