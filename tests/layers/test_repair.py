"""Spoiled text is mended, counted, and left alone where nobody can know."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from surroundings import CAMPAIGN

from layers.catalog import find_spec
from layers.repair import ENTITIES, LOST, MOJIBAKE, PARTED, UNSEEN, repair_columns, repair_text
from layers.spec import parse_spec

MANY = settings(max_examples=10_000 if CAMPAIGN else 300, deadline=None)


@pytest.mark.parametrize(
    ("text", "clean", "done"),
    [
        ("Ej&eacute;rcito &amp; Polic&#237;a", "Ejército & Policía", (ENTITIES,)),
        ("Ej&amp;eacute;rcito", "Ejército", (ENTITIES,)),
        ("PolicÃ\xada", "Policía", (MOJIBAKE,)),
        ("San JosÃ© de las CaÃ±as", "San José de las Cañas", (MOJIBAKE,)),
        ("a\x07b\u202ec\ufeff", "abc", (UNSEEN,)),
        ("Me\u0301xico", "M\u00e9xico", (PARTED,)),
        ("Pe\ufffda", "Pe\ufffda", (LOST,)),
        ("Río Suchiate, Ñuble, «Haïti», 東京", "Río Suchiate, Ñuble, «Haïti», 東京", ()),
        ("https://x.org/?a=1&copy=2&lt=3", "https://x.org/?a=1&copy=2&lt=3", ()),
        ("R&D; &nosuch; & &;", "R&D; &nosuch; & &;", ()),
    ],
)
def test_texts_are_mended(text, clean, done):
    assert repair_text(text) == (clean, done)


@MANY
@given(st.text(max_size=40))
def test_any_text_can_be_mended_and_mending_ends(text):
    clean, _ = repair_text(text)
    assert len(clean) <= len(text) + 1
    assert not set(clean) & set("\x00\x07\x1b\u202e")


@MANY
@given(st.text("abcdefghijklmnñopqrstuvwxyzáéíóúü ÁÉÍÓÚÑ", max_size=30))
def test_sound_spanish_stays_as_it_is(text):
    assert repair_text(text)[0] == text.strip()


def test_repairs_are_counted_by_column_and_rows_stay():
    raw = pd.DataFrame({"source": ["A &amp; B", "C &amp; D", "E"], "subtype": ["x", None, ""]},
                       index=[5, 7, 9])
    mended, notes = repair_columns(raw, find_spec("incidents"))
    assert mended["source"].tolist() == ["A & B", "C & D", "E"]
    assert mended.index.tolist() == [5, 7, 9]
    assert notes == {"source": (f"2 cells: {ENTITIES}",)}
    assert raw["source"][5] == "A &amp; B"


def test_free_text_and_personal_columns_are_not_touched():
    spec = parse_spec(
        'name="n"\nkind="table"\nrole="table"\ntitle={en="N"}\nmeaning="m"\nid="n_id"\n'
        '[columns.remark]\ndtype="text"\nmeaning="anything"\n'
        '[columns.who]\ndtype="string"\npersonal=true\nmeaning="a name"\n', where="n.toml")
    raw = pd.DataFrame({"remark": ["A &amp; B"], "who": ["A &amp; B"]})
    mended, notes = repair_columns(raw, spec)
    assert (mended is raw, notes) == (True, {})
