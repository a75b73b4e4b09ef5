from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest

from layers.errors import BrokenError
from maps import theme
from maps.catalogues import LANGUAGES, load_words

MAPS = Path(theme.__file__).parent
FEW = {"en": "few reported", "es": "pocos reportes", "fr": "peu de signalements"}
# Only this note may name the word, and only to deny it.
DENIALS = {"note_little_known"}
FORBIDDEN = {
    "en": r"\bsafe\w*|\blow\b|low.risk|secure|illegal|smuggl|coyote|pollero|caravan",
    "es": r"\bsegur[oa]s?\b|bajo riesgo|riesgo bajo|sin peligro|ilegal|coyote|pollero|caravana",
    "fr": r"\bsûre?s?\b|faible risque|risque faible|sans danger|illégal|clandestin|passeur"
          r"|caravane",
    "ht": r"an ?sekirite|san danje|ti risk|risk ki ba|ilegal|koyòt|coyote|karavàn",
}


def list_keys():
    """Every key that code and templates ask for, with those built from a name filled in."""
    code = "\n".join(
        path.read_text(encoding="utf-8")
        for pattern in ("*.py", "templates/*.html", "assets/[cgmnops]*.js")
        for path in MAPS.glob(pattern)
    )
    keys = set(re.findall(r'(?:words\[|say\()"(\w+)"[\],)]', code))
    assert len(keys) > 80
    families = {
        "class_": theme.CLASSES, "evidence_": theme.EVIDENCE, "mode_": theme.MODES,
        "severity_": theme.SEVERITIES, "service_": theme.SERVICES, "status_": theme.STATUSES,
        "direction_": theme.DIRECTIONS, "kind_": theme.FACILITY_SYMBOLS,
        "kinds_": theme.FACILITY_SYMBOLS, "chosen_": ("both", "risk", "length"),
        "month_": [f"{month:02d}" for month in range(1, 13)],
        "title_": ("overview", "public"), "audience_": ("partner", "restricted"),
    }  # fmt: skip
    for stem, names in families.items():
        keys |= {stem + name for name in names}
    return keys | {"days", "days_one", "decimal_mark"}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_word_is_there(lang):
    missing = {key for key in list_keys() if key not in load_words(lang)}
    assert missing == set()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_languages_say_the_same_things(lang):
    english, words = load_words("en").texts, load_words(lang).texts
    assert set(words) == set(english)
    assert all(text.strip() for key, text in words.items() if key != "thousands_mark")
    for key, text in english.items():
        assert read_fields(words[key]) == read_fields(text), key


def read_fields(text):
    return {field for _, field, _, _ in Formatter().parse(text) if field}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_word_gives_permission_or_blames(lang):
    texts = load_words(lang).texts
    spoken = {key: re.sub(r"{\w+}", "", text).lower() for key, text in texts.items()}
    bad = {key for key, text in spoken.items() if re.search(FORBIDDEN[lang], text)}
    assert bad == DENIALS


@pytest.mark.parametrize("lang", FEW)
def test_the_lowest_class_says_how_little_it_says(lang):
    assert load_words(lang)["class_few_reported"] == FEW[lang]


def test_creole_waits_for_a_native_speaker():
    words = load_words("ht")
    assert set(words.review) <= set(words.texts)
    assert "class_few_reported" in words.review
    assert "gap_sentence" in words.review
    assert len(words.review) > 100


def test_a_missing_word_is_our_fault_in_every_language():
    with pytest.raises(BrokenError, match="fr"):
        load_words("fr")["nothing"]


def test_months_in_words():
    words = load_words("es")
    assert words.list_months(()) == ""
    assert words.list_months((7,)) == "jul"
    assert words.list_months((1, 2, 12)) == "dic a feb"
    assert words.list_months(tuple(range(1, 13))) == "todo el año"
