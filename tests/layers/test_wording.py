"""What somebody typed into a column of numbers, days or words is repeated only if it is no name."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.adapters.filling import fill_layer
from layers.adapters.hours import read_hours
from layers.adapters.hxl import read_hxl
from layers.adapters.iom import clean_source
from layers.adapters.naming import claim_columns, mask_heading
from layers.adapters.vocabulary import translate_columns
from layers.catalog import find_spec
from layers.errors import REMOVED
from layers.intake import apply_fixes, take_in
from layers.osm.places import bears_person
from layers.osm.tags import judge_tags
from layers.sources import Wanted
from layers.values.wording import list_judged, show_cell

SHELTERS, INCIDENTS = find_spec("shelters"), find_spec("incidents")
PLACE = {
    "name": "EXAMPLE - Casa", "country": "GT", "services": "water", "lon": "-92.1", "lat": "14.6",
    "synthetic": "true",
}
BLANK = [name for name, column in SHELTERS.columns.items()
         if column.required and name not in PLACE]
TYPED = [(spec, name) for spec in (SHELTERS, INCIDENTS)
         for name in sorted(list_judged(spec))]
NAMES = ["Juan Perez", "JUAN", "Ana", "Walter", "juan perez", "Perez 12/13", "Ana 555-1234",
         "María", "water;Juan Perez", "3 Juan", "yes Juan", "Mo-Fr Juan", "Ana@x.example"]


def take(**cells):
    rows = [{**dict.fromkeys(BLANK, ""), **PLACE, "place_id": f"gt-a-{n}"} for n in range(15)]
    rows[-1] |= cells
    return take_in(pd.DataFrame(rows), SHELTERS, source="a.csv")


@pytest.mark.parametrize(("spec", "name"), TYPED, ids=[f"{s.name}-{n}" for s, n in TYPED])
def test_no_typed_column_repeats_a_name(spec, name):
    column = spec.columns.get(name) or list_judged(spec)[name]
    for cell in NAMES:
        shown = show_cell(cell, column)
        for part in ("Juan", "JUAN", "juan", "Perez", "perez", "Ana", "María"):
            assert part not in shown


@given(st.sampled_from(TYPED),
       st.from_regex(r"[A-Z][a-z]{2,9} [A-Z][a-z]{2,9}( [0-9]{1,3})?", fullmatch=True))
def test_two_words_with_capitals_never_show(which, cell):
    spec, name = which
    column = list_judged(spec)[name]
    assert cell not in show_cell(cell, column) or column.dtype == "date"


@pytest.mark.parametrize(("name", "cell"), [
    ("dead", "42 personas"), ("dead", "many"), ("dead", "1.5"), ("dead", "aprox. 12 muertos"),
    ("coord_precision_km", "500 m"), ("date", "12 de marzo de 2020"), ("date", "31/02/2020"),
    ("date", "Mayo 2020"), ("lat", "14°30'15\"N"), ("class", "SEC"), ("synthetic", "Sí"),
])
def test_what_helps_to_mend_a_cell_is_shown(name, cell):
    assert show_cell(cell, list_judged(INCIDENTS)[name]) == cell


def test_names_leave_no_trace_in_faults_or_quarantine():
    intake = take(capacity="Ana Ejemplo", last_verified="Ana Ejemplo 12/13", months="Ana Ejemplo",
                  publish_ok="Ana Ejemplo", services="water;Ana Ejemplo", synthetic="Ana Ejemplo",
                  opens="Mo-Fr Ana", phone="Ana +502 22", lat="Ana")
    assert intake.quarantined == 1
    assert "Ana" not in intake.quarantine.to_csv() + repr(intake.faults)
    row = intake.quarantine.iloc[0]
    assert (row["services"], row["phone"], row["opens"]) == (f"water;{REMOVED}", REMOVED, REMOVED)
    assert (row["country"], row["lon"], row["name"]) == ("GT", "-92.1", "EXAMPLE - Casa")


def test_sound_neighbours_of_a_fault_are_kept():
    row = take(capacity="x", publish_ok="Yes", phone="+502 2222-1111 ext 3",
               opens="Mo-Fr 08:00-17:00", admits="men:yes;women:no",
               last_verified="2026-01-02").quarantine.iloc[0]
    assert (row["publish_ok"], row["phone"]) == ("Yes", "+502 2222-1111 ext 3")
    assert (row["opens"], row["admits"]) == ("Mo-Fr 08:00-17:00", "men:yes;women:no")
    assert (row["capacity"], row["last_verified"]) == ("x", "2026-01-02")


def test_a_phone_with_a_name_is_a_fault_with_the_digits_as_its_fix():
    fault, = take(phone="Ana Ejemplo +502 1").faults
    assert (fault.column, fault.value, fault.suggestion) == ("phone", REMOVED, "+502 1?")
    assert (fault.fix, fault.confidence) == ((("phone", "+502 1"),), 0.9)
    raw = pd.DataFrame([{**PLACE, "place_id": "gt-a-14", "phone": "Ana Ejemplo +502 1"}])
    mended, applied = apply_fixes(raw.assign(_record=15, _source="a.csv"), (fault,), least=0.9)
    assert (mended["phone"].tolist(), len(applied)) == (["+502 1"], 1)


@pytest.mark.parametrize("cell", ["24/7", "Mo-Fr 08:00-17:00; PH off", "sunrise-sunset",
                                  "Apr-Oct: Mo-Su 07:00-19:00", ""])
def test_hours_of_the_map_are_taken(cell):
    assert take(opens=cell).quarantined == 0


def test_hours_in_other_words_are_a_fault():
    fault, = take(opens="ask Ana").faults
    assert fault.value == REMOVED
    assert fault.reason == "not opening hours as OpenStreetMap writes them"


@given(st.text(max_size=40))
def test_hours_are_read_or_left(text):
    assert isinstance(read_hours(text), str)


# -- what adapters tell and take -----------------------------------------------------------------


def test_words_that_are_not_understood_are_counted_not_repeated():
    rows = pd.DataFrame({"services": ["water;Ana Ejemplo", "sastre", "medicall", "juan perez"]})
    told = translate_columns(rows, SHELTERS)[1]["services not known"]
    assert told == {"[other wording]": 2, "sastre": 1, "medicall": 1}


def test_a_heading_like_a_name_is_not_repeated():
    assert mask_heading("Telefono de Ana Ejemplar") == "[other heading]"
    assert mask_heading("Ana Ejemplar") == "[other heading]"
    assert mask_heading("Nombre Contacto") == "Nombre Contacto"


def test_consent_to_anything_else_is_no_consent_to_publish():
    headings = ["consentimiento", "consent", "ultima_actualizacion", "vigencia_del_consentimiento"]
    assert not claim_columns(headings, SHELTERS, {}).taken
    assert dict(claim_columns(["publicar", "verificado el"], SHELTERS, {}).taken) == {
        "publish_ok": "publicar", "last_verified": "verificado el"}


def test_a_cross_is_no_yes_to_being_published():
    frame = translate_columns(pd.DataFrame({"publish_ok": ["x", "sí"]}), SHELTERS)[0]
    assert frame["publish_ok"].tolist() == ["x", "true"]
    assert take(publish_ok="x").quarantined == 1


def test_no_file_fills_what_georisk_fills():
    headings = ["stated_place", "merged_ids", "subtype"]
    assert dict(claim_columns(headings, INCIDENTS, {}).taken) == {"subtype": "subtype"}
    table = pd.DataFrame({"date": "2020-02-01", "lon": "-92", "lat": "14", "clase": "wat",
                          "subtype": ["drowning", "Ana Ejemplo"], "stated_place": "Ana Ejemplo"})
    haul = fill_layer(table, Wanted(INCIDENTS), file="a.csv")
    assert haul.frame["subtype"].tolist() == ["drowning", ""]
    assert haul.unmapped["subtype not known"] == {"[other wording]": 1}
    assert "Ana" not in haul.frame.to_csv() + repr(haul)


def test_a_blank_kind_stays_blank():
    table = pd.DataFrame({**PLACE, "place_kind": ["", "gbv survivors"]})
    haul = fill_layer(table, Wanted(SHELTERS), file="a.csv")
    assert haul.frame["place_kind"].tolist() == ["", "gbv_survivors"]


@pytest.mark.parametrize(("tag", "kept"), [("#contact+name", False), ("#contact+person", False),
                                           ("#org", True)])
def test_a_phone_beside_a_named_contact_is_not_read(tmp_path, tag, kept):
    path = tmp_path / "a.csv"
    path.write_text("Name,Who,Phone,Lat,Lon,Country,Serv\n"
                    f"#loc+name,{tag},#contact+phone,#geo+lat,#geo+lon,#country+code,#service\n"
                    "EXAMPLE - P,Ana Ejemplo,+00 1,14.6,-92.1,GT,water\n", encoding="utf-8")
    frame = read_hxl(path, Wanted(SHELTERS)).frame
    assert ("+00 1" in frame.to_csv()) is kept


def test_a_lone_practitioner_of_the_map_is_named_after_nobody():
    for tags in ({"healthcare": "midwife"}, {"healthcare": "nurse"},
                 {"amenity": "clinic", "healthcare": "midwife"},
                 {"amenity": "clinic", "name": "Comadrona EXAMPLE"}):
        assert bears_person(tags, judge_tags(tags))
    assert not bears_person({"amenity": "clinic"}, judge_tags({"amenity": "clinic"}))


@pytest.mark.parametrize(("text", "told"), [
    ("Ana Ejemplo, mother, tel 5551234", "a relative"),
    ("Example Post; his brother", "Example Post; a relative"),
    ("Example Post (desk@post.example)", "Example Post"),
    ("Example Post, tel. +00 5555-1234", "Example Post"),
    ("Example Post 2020-03-01", "Example Post 2020-03-01"),
    ("Hermanos EXAMPLE", "Hermanos EXAMPLE"),
])
def test_a_source_is_no_person_and_has_no_phone(text, told):
    assert clean_source(text) == told
