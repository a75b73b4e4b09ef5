"""Pages of data that mean harm, and of far too many data."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely
from http_doubles import make_door, make_layer, make_segments, make_shelters, open_client
from test_html_pages import fetch, read, visible

from api.pages import render_problem
from api.pages.sketch import View, measure_scale

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>&{{7*7}}"


def make_hostile_door():
    door = make_door("public")
    shelters = make_shelters().assign(name=[HOSTILE, "EXAMPLE - Two"])
    shelters["place_id"] = ["a-'\"<x>", "mx-ex-2"]
    door.layers["shelters"] = make_layer("shelters", shelters)
    door.study_name = HOSTILE
    return door


def test_hostile_names_stay_text():
    with open_client(make_hostile_door()) as client:
        for path in ("/", "/collections/shelters/items", "/collections/shelters",
                     "/collections/shelters/items/a-'%22%3Cx%3E",
                     "/collections/shelters/items?limit=1&filter=name%20LIKE%20'%3C%2Ftextarea%3E'"):
            text = fetch(client, path)
            tags = {tag for tag, _ in read(text).elements}
            assert not {"script", "img", "x"} & tags, path
        assert HOSTILE in visible(fetch(client, "/collections/shelters/items"))


def test_a_hostile_column_stays_out_of_the_style_sheet():
    door = make_door("public")
    layer = door.layers["shelters"]
    name = '"}</style><script>x</script>'
    columns = {"name": layer.spec.columns["name"], name: layer.spec.columns["name"]}
    spec = layer.spec.model_copy(update={"columns": columns})
    frame = layer.frame[["name", "geometry"]].assign(**{name: "v"})
    door.layers["shelters"] = type(layer)(spec, frame[["name", name, "geometry"]],
                                          layer.provenance)
    with open_client(door) as client:
        assert "script" not in {tag for tag, _ in
                                read(fetch(client, "/collections/shelters/items")).elements}


def test_a_hundred_wide_rows_with_long_lines_stay_small():
    rng = np.random.default_rng(2)
    steps = rng.normal(0, 0.02, (100, 400, 2)).cumsum(axis=1) + rng.uniform(-90, -80, (100, 1, 2))
    frame = make_segments().iloc[[0] * 100].assign(
        segment_id=[f"a-long-name-of-a-leg-{n:04d}" for n in range(100)],
        geometry=shapely.linestrings(steps * [1, -0.2]))
    door = make_door("restricted")
    door.layers["segments"] = make_layer("segments", frame)
    with open_client(door) as client:
        assert len(fetch(client, "/collections/segments/items").encode()) < 60_000


def test_a_page_of_ten_thousand_is_cut_and_says_so():
    door = make_door("public", places=3000)
    with open_client(door) as client:
        text = fetch(client, "/collections/places/items?limit=10000")
    assert "3 000 features match, 1000 on this page." in visible(text)
    assert 'rel="next"' in text


def test_a_band_away_from_roads_has_no_edge():
    ring = shapely.box(-91, 14, -90, 15)
    routes = pd.DataFrame({
        "leg_id": ["a"], "route_id": "r", "leg_no": 1, "mode": "foot", "from_place": "A",
        "to_place": "B", "accuracy_km": 5.0, "status": "open", "synthetic": True,
        "geometry": [ring]})
    from layers.spec import ColumnSpec

    layer = make_layer("routes", routes)
    band = ColumnSpec(dtype="boolean", meaning="A hatched band", level="public")
    layer = type(layer)(
        layer.spec.model_copy(update={"columns": {**layer.spec.columns, "band": band},
                                      "geometry": "Geometry"}),
        layer.frame.assign(band=pd.array([True], dtype="boolean")), layer.provenance)
    door = make_door("restricted")
    door.layers["places"] = type(layer)(
        layer.spec.model_copy(update={"name": "places"}), layer.frame, layer.provenance)
    with open_client(door) as client:
        text = fetch(client, "/collections/places/items")
    assert '<path class="m b" d="' in text
    assert ".b{stroke:none;fill:url(#band)}" in text


def test_a_problem_is_a_page():
    page = render_problem({"status": 404, "title": "Not Found", "detail": HOSTILE}).decode()
    assert "<script" not in page
    assert "Not Found" in visible(page)
    assert "alert(1)" in visible(page)


@pytest.mark.parametrize(("wide_deg", "bar"), [
    (0.003832794346628339, "0.1 km"), (38.327943466283386, "1000 km"), (40.0, "1000 km"),
])
def test_a_map_has_a_scale_however_wide_it_is(wide_deg, bar):
    """The first two are as wide as a bar of a power of ten allows, but for the last digit."""
    assert measure_scale(View(0.0, -1e-9, wide_deg, 1e-9, 300))[1] == bar
