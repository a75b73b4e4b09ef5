from __future__ import annotations

import geopandas as gpd
import pytest
import shapely
from map_door import CLOSING, HOSTILE, TEMPLATE, make_places, make_public, make_restricted

from maps.atlas import render
from maps.catalogues import LANGUAGES, load_words

NOTES = ("note_deaths", "note_not_measured", "note_schematic", "note_not_for_routes",
         "note_little_known")  # fmt: skip
BOTH = [(make_restricted, "overview"), (make_public, "public")]


@pytest.mark.parametrize(("make", "name"), BOTH)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_map_says_what_it_does_not_know(read, make, name, lang):
    page = read(render(make(), name, lang=lang))
    words = load_words(lang)
    for key in (*NOTES, "title_deaths", "class_few_reported", "class_insufficient", "credits"):
        assert " ".join(words[key].split()) in page.words, key
    assert page.find("html")[0]["lang"] == lang
    assert words.say("as_of", date="2024-12-31") in page.words
    assert "20250101T000000Z-0a1b2c3d" in page.words


@pytest.mark.parametrize(("make", "name"), BOTH)
def test_synthetic_maps_say_so_first(read, make, name):
    banner = load_words("en")["synthetic_banner"]
    assert read(render(make(), name)).words.count(banner) == 1
    assert banner not in read(render(make(synthetic=False), name)).words


def test_what_is_not_public_says_for_whom_and_until_when(read, restricted, public):
    words = read(render(restricted, "overview", lang="es")).words
    assert "RESTRINGIDO" in words
    assert "sin nombre" in words
    assert "2025-04-01" in words
    assert "2025-04-01" not in read(render(public, "public")).words


@pytest.mark.parametrize(("make", "name"), BOTH)
@pytest.mark.parametrize("lang", ["en", "es"])
def test_text_from_data_never_becomes_markup(read, make, name, lang):
    html = render(make(), name, lang=lang)
    page = read(html)
    assert page.find("img") == []
    assert HOSTILE not in html
    assert CLOSING not in html
    assert not any(key.startswith("on") for _, attrs in page.elements for key in attrs)
    assert HOSTILE in str(page.islands)
    assert CLOSING in str(page.islands)


@pytest.mark.parametrize(("make", "name"), BOTH)
def test_text_from_data_is_never_run_as_a_template(read, make, name):
    html = render(make(), name)
    assert TEMPLATE in str(read(html).islands)
    assert "49{%" not in html
    assert "}}49" not in html


@pytest.mark.parametrize(("make", "name"), BOTH)
def test_scripts_come_after_the_data_they_read(read, make, name):
    page = read(render(make(), name))
    scripts = page.find("script")
    kinds = [script.get("type", "code") for script in scripts]
    assert kinds == sorted(kinds)
    assert {"words", "theme", "base", "names"} <= set(page.islands)


def test_overview_draws_gaps_per_service_with_water_on(read, restricted):
    html = render(restricted, "overview")
    assert 'georisk.addGaps(\n            map_page, "gaps", "water")' in html
    assert "data_gaps_water.addTo(map_page)" in html
    assert "data_gaps_phone.addTo(map_page)" not in html
    assert '"Gap: phone" : data_gaps_phone' in html
    assert read(html).islands["gaps"]["services"] == ["water", "phone"]


def test_overview_marks_what_both_solutions_chose(read, restricted):
    rows = read(render(restricted, "overview")).islands["sites"]["rows"]
    seen = [(row["id"], row["chosen"], row["rank"], row["rank_km"]) for row in rows]
    assert seen == [("s1", "risk", 1, None), ("s2", "both", 2, 1), ("s3", "length", None, 2)]


def test_overview_leaves_out_what_the_door_does_not_show(read, restricted):
    for name in ("gaps", "proposed_sites", "proposed_sites_km", "shelters", "boundaries"):
        restricted.frames.pop(name)
    page = read(render(restricted, "overview"))
    assert "sites" not in page.islands
    assert "gaps" not in page.islands
    assert "shelters" not in page.islands
    assert page.islands["base"]["countries"] == []


def test_public_shows_bands_without_a_line_and_lines_elsewhere(read, public):
    legs = read(render(public, "public")).islands["legs"]["legs"]
    assert [leg["band"] for leg in legs] == [True, False, False]
    ring = legs[0]["xy"][0]
    assert (sum(ring[2::2]), sum(ring[3::2])) == (0, 0), "a closed ring, no centre line"
    assert len(legs[1]["xy"][0]) == 4


def test_public_dissolves_cells_by_class(read, public):
    groups = read(render(public, "public")).islands["cells"]["groups"]
    assert [(group["cls"], len(group["rings"])) for group in groups] == [(0, 1), (3, 1), (5, 1)]


def test_public_tells_gaps_in_words(read, public):
    words = read(render(public, "public")).words
    assert "No known water between Abajo and Arriba: at least 14 h walking, 2 days" in words
    assert f"No known phone between {HOSTILE} and {CLOSING}: time on foot unknown" in words
    spanish = read(render(public, "public", lang="es")).words
    assert "Sin lugar conocido con agua entre Abajo y Arriba: al menos 14 h a pie" in spanish
    assert f"Vía {HOSTILE}" in spanish


def test_public_tells_months_of_heat_and_rain(read, public):
    page = read(render(public, "public"))
    leg = page.islands["legs"]["legs"][1]
    assert (leg["hot"], leg["rainy"]) == ("Apr to Jun, Dec to Jan", "Sep")
    assert "rest in shade" in page.words
    assert "28 °C" in page.words
    assert "200 mm" in page.words


def test_a_name_without_a_translation_is_not_borrowed_from_english(read, public):
    words = read(render(public, "public", lang="ht")).words
    assert "Main way" not in words
    assert "main (2)" in words


def test_examples_say_so_in_the_language_of_the_page(read, public):
    rows = read(render(public, "public", lang="fr")).islands["shelters"]["rows"]
    assert rows[0]["name"] == f"EXEMPLE - {HOSTILE}"
    assert rows[1]["name"] == f"EXEMPLE - {CLOSING}{TEMPLATE}"
    assert rows[0]["town"] == "Abajo"
    assert rows[0]["verify_by"] == "2025-02-01"
    assert rows[1]["verify_by"] is None


def test_a_map_carries_no_column_that_it_does_not_show(read, public):
    public.frames["shelters"] = make_places().assign(steward="somebody", remark="private")
    html = render(public, "public")
    assert "somebody" not in html
    assert "private" not in html


@pytest.mark.parametrize("size", [10_002])
def test_ten_thousand_segments_fit(size):
    html = render(make_restricted(size), "overview")
    assert len(html.encode()) <= 800_000


def test_cells_far_from_every_leg_are_pale_and_stay(read, public):
    legs = public.frames["routes"]
    public.frames["routes"] = legs[legs.index == "leg-2"]
    groups = read(render(public, "public")).islands["cells"]["groups"]
    assert [(group["cls"], group["far"]) for group in groups] == [
        (0, True), (3, False), (5, False)]  # fmt: skip
    public.frames["routes"] = legs
    page = read(render(public, "public"))
    assert not page.islands["cells"]["groups"][0]["far"]
    assert "everywhere else: insufficient evidence too" in page.words


def test_populous_towns_are_named_first(read, public):
    towns = public.frames["waypoints"]
    places = gpd.GeoDataFrame({
        "geonameid": ["1", "2", "3"], "name": ["Abajo", TEMPLATE, "Elsewhere"],
        "population": [10, 9_000, 99_000],
    }, geometry=[*towns.geometry, shapely.Point(-98.05, 15)], crs=4326)  # fmt: skip
    names = read(render(public, "public")).islands["names"]["names"]
    assert [name[2] for name in names if not name[3]] == ["Abajo", TEMPLATE]
    public.frames["places"] = places.set_index("geonameid")
    names = read(render(public, "public")).islands["names"]["names"]
    assert [name[2] for name in names if not name[3]] == [TEMPLATE, "Abajo"]


def test_sites_carry_why_they_were_chosen(read, restricted):
    rows = read(render(restricted, "overview")).islands["sites"]["rows"]
    assert {row["reason"] for row in rows} == {TEMPLATE}
