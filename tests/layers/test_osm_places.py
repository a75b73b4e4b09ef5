"""Places in an OpenStreetMap extract: each tag's meaning, and what must never come in."""

from __future__ import annotations

import pandas as pd
import pytest

pytest.importorskip("osmium", reason="needs osmium (the extra osm)")

from osm_files import SQUARE, WATER, write_extract, write_town

from layers.adapters import osm
from layers.catalog import load_catalog
from layers.disclosure import SEALED_KINDS, find_sealed_places
from layers.osm.places import read_places
from layers.osm.tags import judge_tags, load_rules
from layers.sources import Wanted

LAYERS = ("assistance_points", "shelters", "health_facilities")


@pytest.fixture(params=["town.osm", "town.osm.pbf", "wrongly-named.csv"])
def town(request, tmp_path):
    written = write_town(tmp_path / f"as-written{'.osm' if 'pbf' not in request.param else '.pbf'}")
    return written.rename(tmp_path / request.param)


def test_every_object_is_in_one_layer_or_aside(town):
    counts = {name: read_places(town, name) for name in LAYERS}
    assert {name: len(found.frame) for name, found in counts.items()} == {
        "assistance_points": 2, "shelters": 4, "health_facilities": 5}
    for name, found in counts.items():
        assert found.elsewhere == {k: len(v.frame) for k, v in sorted(counts.items()) if k != name}
        assert sum(found.aside.values()) == 2
        assert found.unknown == {"healthcare": {"dentist": 1}}


def test_a_hospital_by_hand(town):
    rows = read_places(town, "health_facilities").frame.set_index("place_id")
    row = rows.loc["osm-n13"]
    assert row["services"] == "emergency_care;medical"
    assert (row["name"], row["country"], row["opens"]) == ("EXAMPLE Hospital", "HN", "24/7")
    assert (row["phone"], row["capacity"], row["capacity_unit"]) == ("+00 1", "40", "beds")
    assert (row["operator_kind"], row["last_verified"]) == ("government", "2026-01-31")
    assert (row["lon"], row["lat"]) == ("0.22", "0.2")
    assert (rows[["publish_ok", "consent_until", "verify_by"]] == "").all(axis=None)


def test_a_building_and_a_multipolygon_become_a_point_inside(town):
    (west, south), _, (east, north), _ = SQUARE
    for layer, id_ in (("health_facilities", "osm-w30"), ("shelters", "osm-r40")):
        row = read_places(town, layer).frame.set_index("place_id").loc[id_]
        assert west < float(row["lon"]) < east
        assert south < float(row["lat"]) < north


def test_objects_cut_off_by_the_extract_are_rows_without_a_position(town):
    for layer, id_ in (("assistance_points", "osm-w33"), ("health_facilities", "osm-r41")):
        row = read_places(town, layer).frame.set_index("place_id").loc[id_]
        assert (row["lon"], row["lat"]) == ("", "")


def test_no_name_or_phone_of_a_person_comes_in(town):
    rows = read_places(town, "health_facilities").frame.set_index("place_id")
    assert rows.loc["osm-n14", "name"] == "Doctor's practice (OpenStreetMap n14)"
    assert rows.loc["osm-n15", "name"] == "Clinic (OpenStreetMap n15)"
    assert (rows.loc[["osm-n14", "osm-n15"], "phone"] == "").all()
    assert "Person" not in rows.to_csv()


def test_a_sealed_place_keeps_no_name_no_reference_and_no_exact_position(town):
    rows = read_places(town, "shelters").frame
    sealed = rows[rows["place_kind"].isin(SEALED_KINDS)]
    assert set(sealed["place_kind"]) == {"gbv_survivors", "unaccompanied_children"}
    assert set(sealed["name"]) == {"[removed]"}
    assert (sealed[["phone", "town", "admin1", "opens"]] == "").all(axis=None)
    assert sealed["place_id"].str.fullmatch(r"osm-sealed-[0-9a-f]{12}").all()
    assert set(sealed["lon"]) == {"0.3"}
    text = sealed.to_csv()
    assert "Casa" not in text
    assert "+00" not in text
    assert "n16" not in text
    again = read_places(town, "shelters").frame
    assert list(again["place_id"]) == list(rows["place_id"])


@pytest.mark.parametrize("for_", [
    "abused", "abused_women", "woman", "women;families", "victim", "victims_of_violence",
    "child", "children", "juvenile", "orphan", "migrant;child", "Women", "mujeres", "minor",
])
@pytest.mark.parametrize("base", [
    {"social_facility": "shelter"}, {"social_facility": "soup_kitchen"}, {"amenity": "clinic"},
    {"amenity": "refugee_site"},
])
def test_places_for_those_in_danger_are_sealed(base, for_):
    verdict = judge_tags({**base, "social_facility:for": for_})
    assert verdict.sealed
    assert verdict.kind in SEALED_KINDS


@pytest.mark.parametrize("tags", [
    {"name": "Refugio para mujeres"}, {"name": "Women's Refuge"}, {"name": "Casa de la Mujer"},
    {"name": "Estación Migratoria"}, {"name": "Albergue de Niños"}, {"female": "only"},
    {"female": "yes", "male": "no"}, {"description": "víctimas de violencia; victims"},
])
def test_a_shelter_that_says_whom_it_hides_is_sealed(tags):
    assert judge_tags({"social_facility": "shelter", **tags}).sealed


@pytest.mark.parametrize("kind", sorted({rule.kind for rule in load_rules().sealed}))
def test_the_gate_knows_every_kind_that_the_table_seals(kind):
    assert find_sealed_places(pd.DataFrame({"place_kind": [kind]})).all()


@pytest.mark.parametrize(("tags", "layer", "services"), [
    (WATER, "assistance_points", ("water",)),
    ({"amenity": "toilets;shower", "drinking_water": "yes"}, "assistance_points",
     ("hygiene", "water")),
    ({"natural": "spring"}, "", ()),
    ({"natural": "spring", "drinking_water": "yes"}, "assistance_points", ("water",)),
    ({"amenity": "telephone"}, "assistance_points", ("phone",)),
    ({"amenity": "library"}, "", ()),
    ({"amenity": "library", "internet_access": "wlan"}, "assistance_points", ("internet",)),
    ({"amenity": "cafe", "internet_access": "wlan"}, "", ()),
    ({"amenity": "shelter", "shelter_type": "public_transport"}, "", ()),
    ({"amenity": "animal_shelter"}, "", ()),
    ({"amenity": "prison"}, "", ()),
    ({"amenity": "social_facility", "social_facility": "shelter",
      "social_facility:for": "homeless"}, "shelters", ("shelter",)),
    ({"social_facility": "shelter", "social_facility:for": "senior"}, "", ()),
    ({"healthcare": "clinic"}, "health_facilities", ("medical",)),
    ({"amenity": "hospital", "emergency": "no"}, "health_facilities", ("medical",)),
    ({"amenity": "pharmacy", "healthcare": "pharmacy"}, "", ()),
])
def test_the_table_by_hand(tags, layer, services):
    verdict = judge_tags(tags)
    assert (verdict.layer, verdict.services) == (layer, services)
    assert not verdict.sealed


def test_the_table_speaks_the_layers_vocabulary():
    catalog = load_catalog()
    rules = load_rules()
    for rule in (*rules.place, *rules.extra, *rules.sealed):
        columns = catalog[rule.layer or "shelters"].columns
        assert set(rule.services) <= set(columns["services"].one_of)
        assert not rule.kind or rule.kind in columns["place_kind"].one_of
    assert set(rules.operator_kinds.values()) <= set(columns["operator_kind"].one_of)


def test_the_adapter_tells_what_it_did(town):
    haul = osm.read_osm(town, Wanted(load_catalog()["shelters"]))
    assert list(haul.frame["_record"]) == [1, 2, 3, 4]
    notes = "\n".join(haul.notes)
    for line in ("4 places", "2 assistance_points", "2 are sealed", "ODbL", "publish_ok"):
        assert line in notes
    assert "amenity=shelter is a roof at a bus stop or on a trail" in (
        haul.unmapped["looks like a place, left aside"])


def test_the_adapter_refuses_a_layer_that_the_map_does_not_hold(town):
    with pytest.raises(ValueError, match="OpenStreetMap fills"):
        osm.read_osm(town, Wanted(load_catalog()["incidents"]))


def test_the_countries_of_the_rows_come_from_their_positions(tmp_path):
    path = write_extract(tmp_path / "a.osm", nodes=[
        (1, -90.5, 14.6, WATER), (2, -30.0, 0.0, WATER), (3, 24.9327, 60.1597, WATER),
        (4, -90.5, 14.6, {**WATER, "addr:country": "mx"})])
    haul = osm.read_osm(path, Wanted(load_catalog()["assistance_points"]))
    assert list(haul.frame["country"]) == ["GT", "", "FI", "MX"]
    assert list(haul.frame["_country"]) == ["", "", "", "MX"]


def test_a_place_of_the_map_is_shown_to_nobody_without_consent(tmp_path):
    from layers.intake import take_in

    path = write_extract(tmp_path / "a.osm", nodes=[(1, -90.5, 14.6, WATER)])
    haul = osm.read_osm(path, Wanted(load_catalog()["assistance_points"]))
    intake = take_in(haul.frame.drop(columns="_country"), load_catalog()["assistance_points"],
                     source="a.osm")
    assert intake.count() == {"read": 1, "accepted": 1, "quarantined": 0}
    assert intake.accepted["publish_ok"].isna().all()


def test_without_the_extra_it_says_how_to_get_it(town, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "osmium", None)
    with pytest.raises(ValueError, match=r"pip install georisk\[osm\]"):
        read_places(town, "shelters")


