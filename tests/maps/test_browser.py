"""Both maps in a real browser with the network blocked: no fault, no request, ready."""

from __future__ import annotations

import re

import pytest
from browser import open_page
from map_door import make_public, make_restricted

from maps.atlas import write_maps

CASES = [(make_restricted, "overview"), (make_public, "public")]


@pytest.mark.parametrize("size", ["1280,800", "360,640"])
@pytest.mark.parametrize(("make", "name"), CASES)
def test_a_map_opens_without_a_network(tmp_path, make, name, size):
    path, = write_maps(make(), tmp_path, names=[name], lang="es")
    dom, console, requests = open_page(path, tmp_path, size=size)
    root = re.search(r"<html[^>]*>", dom).group()
    assert 'data-ready="1"' in root
    assert "data-errors" not in root
    assert console == []
    assert [url for url in requests if not url.startswith(("file:", "data:"))] == []
    assert dom.count("<canvas") > 8
    assert "<img" not in dom
    if name == "overview":
        assert "3 &lt;img" not in dom
        assert "llame antes" in dom


CLICK_ALL = """
    const map = map_page, seen = [];
    function readPopup() {
      const boxes = document.querySelectorAll(".leaflet-popup");
      if (boxes.length) { seen.push(boxes[boxes.length - 1].textContent); }
      map.closePopup();
      boxes.forEach(function (box) { box.remove(); });
    }
    document.querySelectorAll(".choices button").forEach(function (button) {
      button.click();
      readPopup();
    });
    map.setView([15.45, -97], 8, {animate: false});
    const size = map.getSize();
    for (let x = 4; x < size.x; x += 9) {
      for (let y = 4; y < size.y; y += 9) {
        const at = L.point(x, y);
        map.fire("click", {latlng: map.containerPointToLatLng(at),
                           layerPoint: map.containerPointToLayerPoint(at)});
        readPopup();
      }
    }
    document.body.dataset.popups = Array.from(new Set(seen)).join(" | ");
"""
SAID = {
    "overview": ("Evidencia", "de 10; más es peor", "por 100 km y año (",
                 "Vacío: agua", "14 h a pie (2 días)",
                 "Punto propuesto:", "ambas soluciones", "EJEMPLO - ", "llame antes",
                 "evidencia insuficiente", "leg-0-00", "sin número",
                 "de todos los km sin cobertura, ponderados", "{{ 7 * 7 }}"),
    "public": ("extrema", "no hay camino marcado", "meses de calor", "EJEMPLO - ", "alta"),
}  # fmt: skip


@pytest.mark.parametrize(("make", "name"), CASES)
def test_every_popup_is_text(tmp_path, make, name):
    path, = write_maps(make(), tmp_path, names=[name], lang="es")
    html = path.read_text(encoding="utf-8")
    html = re.sub(r"script-src [^;]*;", "script-src 'unsafe-inline';", html)
    path.write_text(html.replace("</body>", f"<script>{CLICK_ALL}</script></body>"), "utf-8")
    dom, console, requests = open_page(path, tmp_path, size="1000,800")
    assert (console, requests) == ([], [])
    assert "data-errors" not in re.search(r"<html[^>]*>", dom).group()
    assert "<img" not in dom
    said = re.search(r'data-popups="([^"]*)"', dom).group(1)
    assert "<img src=x onerror=alert(1)>" in said.replace("&lt;", "<").replace("&gt;", ">")
    assert [text for text in SAID[name] if text.lower() not in said.lower()] == []


def test_the_listener_hears_a_fault_and_a_request(tmp_path):
    """The two alarms above can ring: a page that breaks and asks is noticed."""
    path, = write_maps(make_public(), tmp_path, names=["public"])
    html = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "",
                  path.read_text(encoding="utf-8"))  # fmt: skip
    broken = "<img src='http://tiles.example/1.png'><script>missing.call()</script></body>"
    path.write_text(html.replace("</body>", broken), encoding="utf-8")
    dom, console, requests = open_page(path, tmp_path, size="800,600")
    assert "data-errors" in re.search(r"<html[^>]*>", dom).group()
    assert any("missing" in line for line in console)
    assert any("tiles.example" in url for url in requests)
