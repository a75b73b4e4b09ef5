"""Causes of death: whole words, the longest phrase, one class or none."""

from __future__ import annotations

import importlib.util

import pytest
from hypothesis import given
from hypothesis import strategies as st
from surroundings import ROOT

from layers.adapters.causes import classify_cause, count_unmapped, load_rules
from layers.catalog import find_spec

CLASSES = find_spec("incidents").columns["class"].one_of


@pytest.mark.parametrize(("text", "expected"), [
    # the register's own classes, METHOD 1.2
    ("Violence", "sec"), ("Accidental death", "acc"), ("Drowning", "wat"),
    ("Mixed or unknown", "unk"),
    ("Vehicle accident / death linked to hazardous transport", "acc"),
    ("Harsh environmental conditions / lack of adequate shelter, food, water", "env"),
    ("Sickness / lack of access to adequate healthcare", "env"),
    # several classes at once are nobody's guess
    ("Drowning,Mixed or unknown", "unk"), ("Drowning, dehydration", "unk"),
    ("Sickness, vehicle accident, shot", "unk"),
    # two of one class are that class; "unknown" beside one is that one
    ("Sickness and lack of access to medicines, starvation", "env"),
    ("Unknown (presumed drowning)", "wat"), ("Unknown (skeletal remains)", "unk"),
    ("Shot by unknown", "sec"),
    # spellings
    ("Excessive_physical_abuse", "sec"), ("HYPOTHERMIA (P)", "env"),
    ("Fell off a moving train", "acc"),
    ("Hit by a freight train", "acc"), ("environmental exposure-cold", "env"),
    # Spanish and French
    ("Ahogamiento", "wat"), ("Noyé", "wat"), ("Caída del tren", "acc"), ("Deshidratación", "env"),
    ("Golpe de calor", "env"), ("Herida por arma de fuego", "sec"), ("Accident de la route", "acc"),
    ("Asesinado", "sec"), ("Atropellada por un camión", "acc"), ("Arrêt cardiaque", "env"),
    ("Causa desconocida", "unk"), ("Inconnue", "unk"),
    # words within words, and words with another meaning beside others
    ("Cardigan found", "unk"), ("Fallow land", "unk"), ("Wheat field", "unk"),
    ("Found in carriage", "unk"), ("Shotgun house", "unk"), ("Scold", "unk"), ("Billed", "unk"),
    ("Beating by traffickers", "sec"), ("Wounded with a cold weapon", "sec"),
    ("Heart attack", "env"), ("Attack by bandits", "sec"), ("Fell ill", "env"),
    ("Killed by crocodile", "acc"), ("Sun stroke", "env"), ("Struck by artillery shells", "sec"),
    ("Medical examiner's case", "unk"), ("", "unk"), ("???", "unk"),
    ("Killed when the wall gave way", "unk"), ("Killed by gang", "sec"),
    ("Near Cayo Ejemplo", "unk"),
])
def test_texts(text, expected):
    assert classify_cause(text)[0] == expected


def test_every_phrase_of_the_table_means_its_own_row():
    rules, _ = load_rules()
    assert {rule.class_ for rule in rules} == set(CLASSES)
    for rule in rules:
        for phrase in rule.phrases:
            assert phrase, f"{rule.subtype}: a phrase of words that do not count"
            found = classify_cause(" ".join(word.rstrip("*") for word in phrase))
            assert found[0] == rule.class_, phrase


def test_no_phrase_stands_in_two_classes():
    seen: dict[tuple[str, ...], str] = {}
    for rule in load_rules()[0]:
        for phrase in rule.phrases:
            assert seen.setdefault(phrase, rule.class_) == rule.class_, phrase


@given(st.text(max_size=200))
def test_any_text_has_a_class(text):
    assert classify_cause(text)[0] in CLASSES
    counted = count_unmapped([text])
    assert sum(n for counts in counted.values() for n in counts.values()) in {0, 1}


@given(st.sampled_from(["Drowning", "Shot", "Heat"]), st.text("(),;/-_ ", max_size=5))
def test_signs_do_not_count(word, signs):
    assert classify_cause(f"{signs}{word}{signs}") == classify_cause(word)


def test_wordings_that_may_name_somebody_are_not_repeated():
    texts = ["Lost with Ana", "lost 3 days", "x" * 80, "Lost and Shot and drowned", "lost"]
    assert count_unmapped(texts) == {
        "cause of death": {"[other wording]": 3, "lost": 1},
        "cause of death, several at once": {"lost and shot and drowned": 1},
    }


def test_the_page_of_causes_is_that_of_the_table():
    spec = importlib.util.spec_from_file_location("build_causes", ROOT / "docs" / "build_causes.py")
    builder = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(builder)
    assert builder.PAGE.read_text(encoding="utf-8") == builder.write_page()
