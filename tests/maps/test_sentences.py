"""The explanation in four languages: whole, exact before rounding, within the words allowed."""

from __future__ import annotations

import math
import re
from string import Formatter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_catalogues import FORBIDDEN

from georisk.explaining import CONDITIONS, Explanation, Reason
from layers.catalog import find_spec
from layers.errors import CallError
from maps.catalogues import LANGUAGES, load_words
from maps.sentences import Label, load_sentences, show_number, show_value, tell_explanation

TOLD = Explanation(
    segment_id="a-0003", leg_id="a", corridor="c", near_place="Town", chainage_from_km=2.0,
    chainage_to_km=3.0, evidence="observed", risk_class="very_high", synthetic=True,
    intensity=6.0, low=1.234, high=12.0, reference_id="a-0002", ratio=3.08,
    reasons=(Reason("incidents", 2.2), Reason("border", 1.4, 8.2, "km")), rest=1.0,
    rest_names=("heat",), harms=(("sec", 0.6), ("env", 0.397), ("acc", 0.003), ("wat", 0.0)),
)
SENTENCES = {
    "en": "3.1 times the median of its corridor: x2.2 from incidents reported nearby in recent "
          "years, x1.4 from being 8 km from the border, x1.0 from everything else (rounded).",
    "es": "3.1 veces la mediana de su corredor: x2.2 por incidentes reportados cerca en los "
          "últimos años, x1.4 por estar a 8 km de la frontera, x1.0 por todo lo demás "
          "(redondeado).",
    "fr": "3,1 fois la médiane de son corridor : x2,2 du fait d'incidents signalés à proximité "
          "ces dernières années, x1,4 parce que la frontière est à 8 km, x1,0 du fait de tout le "
          "reste (arrondi).",
    "ht": "3,1 fwa medyàn koridò li a: x2,2 poutèt ensidan yo rapòte toupre nan dènye ane yo, "
          "x1,4 poutèt distans ak fwontyè a se 8 km, x1,0 poutèt tout rès la (awondi).",
}


def change(**values):
    return Explanation(**{**vars(TOLD), **values})


def read_fields(text):
    return {field for _, field, _, _ in Formatter().parse(text) if field}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_sentence(lang):
    told = tell_explanation(TOLD, load_sentences(lang)).sentence
    signs = str.maketrans({0xD7: "x", 0x2019: "'"})
    assert told.translate(signs) == SENTENCES[lang]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_languages_say_the_same_things_with_words_of_their_own(lang):
    english, words = load_sentences("en").texts, load_sentences(lang).texts
    assert set(words) == set(english)
    own = set(words) - set(load_words(lang).texts)
    assert len(own) > 60
    for key in own:
        assert words[key].strip() or key == "thousands_mark"
        assert read_fields(words[key]) == read_fields(english[key]), key


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_sentence_gives_permission_or_blames(lang):
    own = load_sentences(lang).texts.items() - load_words(lang).texts.items()
    for key, text in own:
        assert not re.search(FORBIDDEN[lang], re.sub(r"{\w+}", "", text).lower()), key


def test_creole_waits_for_a_native_speaker():
    words = load_sentences("ht")
    assert set(words.review) >= set(words.texts) - set(load_words("ht").texts)
    assert not load_sentences("fr").review


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_factor_has_its_words_with_and_without_a_value(lang):
    words = load_sentences(lang)
    for name, (_, unit) in CONDITIONS.items():
        known = tell_explanation(change(reasons=(Reason(name, 2.0, 8.0, unit),)), words).sentence
        bare = tell_explanation(change(reasons=(Reason(name, 2.0, None, unit),)), words).sentence
        assert known != bare
        assert "()" not in known + bare
        assert name == "land_cover" or "8" in known


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_factor_of_a_segment_goes_by_its_name_in_the_program(lang):
    words = load_sentences(lang)
    columns = [name for name in find_spec("segments").columns if name.startswith("factor_")]
    assert "factor_region" in columns
    for name in columns:
        assert f"reason_{name.removeprefix('factor_')}" in words, name


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_layer_of_the_study_goes_by_its_title_and_without_one_by_its_name(lang):
    words = load_sentences(lang)
    other = change(reasons=(Reason("wells", 0.5, 4.0, "km"), Reason("ndvi", 1.5, 0.31)))
    told = tell_explanation(other, words, labels={"ndvi": Label("Green <b>", "index")}).sentence
    assert "wells" in told
    assert "4 km" in told
    assert "Green <b>" in told
    assert "index" in told


@pytest.mark.parametrize("lang", LANGUAGES)
def test_without_evidence_there_is_no_number_but_what_would_help(lang):
    words = load_sentences(lang)
    blind = change(evidence="insufficient", risk_class="insufficient", ratio=None, reasons=(),
                   intensity=None, low=None, high=None, harms=(), rest=None, rest_names=())
    told = tell_explanation(blind, words)
    assert not re.search(r"\d", told.sentence + "".join(value for _, value in told.facts))
    assert "50 km" in told.notes[0]
    assert words["note_not_measured"] in told.notes


@pytest.mark.parametrize("lang", LANGUAGES)
def test_facts_and_notes(lang):
    words = load_sentences(lang)
    told = tell_explanation(TOLD, words)
    facts = dict(told.facts)
    mark = words["decimal_mark"]
    assert facts[words["class"]] == words["class_very_high"]
    assert f"1{mark}2 " in facts[words["intensity"]]
    assert "(90 %)" in facts[words["intensity"]]
    assert f"{words['harm_sec']} 60\N{NO-BREAK SPACE}%" in facts[words["harms"]]
    assert words["note_not_measured"] in told.notes
    assert "10" not in facts[words["class"]]


def test_the_median_itself_and_zeros_have_sentences_of_their_own():
    words = load_sentences("en")
    median = change(segment_id="a-0002", ratio=1.0, reasons=(), rest=1.0)
    assert tell_explanation(median, words).sentence == words["is_median_corridor"]
    lone = change(scope="study")
    assert "median of the study" in tell_explanation(lone, words).sentence
    none = change(ratio=None, reasons=(), rest=None, rest_names=())
    assert tell_explanation(none, words).sentence == words["nothing_at_median"]
    silent = change(ratio=None, reasons=(), intensity=0.0, rest=None, rest_names=())
    assert tell_explanation(silent, words).sentence == words["nothing_near"]


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [(0.2, "km", "less than 1 km"), (8.4, "km", "8 km"), (123.0, "km", "120 km"),
     (2345.0, "m", "2,300 m"), (-12.0, "m", "-12 m"), (31.4, "degC", "31 °C"),
     (0.204, "share", "20 %"), (123456.0, "people", "120,000"), (7.0, "class", "open shrubland"),
     (99.0, "class", ""), (0.0, "class", "water"), (0.5, "per year", "0.50"), (0.31, "", "0.31"),
     (None, "km", "")],
)
def test_values(value, unit, text):
    assert show_value(Reason("x", 1.0, value), load_sentences("en"), unit=unit) == text


def test_an_unknown_language_is_refused():
    with pytest.raises(CallError, match="'de'"):
        load_sentences("de")


@given(st.floats(1e-3, 1e9))
def test_a_printed_number_is_within_its_two_digits(value):
    words = load_sentences("en")
    printed = float(show_number(value, words).replace(",", ""))
    assert math.isclose(printed, value, rel_tol=0.0501)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_any_number_can_be_printed(value):
    assert show_number(value, load_sentences("ht"))


EQUAL = {"en": "best quarter of its corridor", "es": "mejor cuarta parte de su corredor",
         "fr": "meilleur quart de son corridor", "ht": "pi bon ka koridò li a"}
NO_ESTIMATE = {"en": "not an estimate", "es": "no una estimación", "fr": "non une estimation",
               "ht": "se pa yon estimasyon"}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_equal_detection_is_a_scenario_in_every_language(lang):
    words = load_sentences(lang)
    told = [note for note in tell_explanation(change(equal_detection=1.42), words).notes
            if EQUAL[lang] in note]
    assert len(told) == 1
    assert NO_ESTIMATE[lang] in told[0]
    assert show_number(1.42, words) in told[0]
    study = tell_explanation(change(equal_detection=1.42, scope="study"), words).notes
    assert not any(EQUAL[lang] in note for note in study)
    assert any(NO_ESTIMATE[lang] in note for note in study)
    for nothing in (None, 1.0, 1.04):
        notes = tell_explanation(change(equal_detection=nothing), words).notes
        assert not any(NO_ESTIMATE[lang] in note for note in notes)
