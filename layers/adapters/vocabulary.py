"""Words in cells, in Spanish, English, French and Creole, to the words a layer knows."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from functools import lru_cache, partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pandas as pd

from layers.adapters.causes import OTHER_WORDING
from layers.gazetteer.names import fold_words
from layers.readers.headers import fold_name
from layers.values.wording import is_near

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from layers.spec import ColumnSpec, LayerSpec

VALUES_FILE = Path(__file__).parent / "values.toml"
GAZETTEER = Path(__file__).parent.parent / "gazetteer"
_TABLES = {"service": "services"}
_SEPARATORS = re.compile(r"\s*[,;|/\n•·]\s*")
_ANDS = re.compile(r"\s+(?:y|e|and|et|ak|&|\+)\s+", re.IGNORECASE)
_MAX_LISTED, _MAX_ITEMS = 200, 60
_PLAIN_WORD = re.compile(r"[a-z]{1,12}", re.ASCII)
# A cross beside a name says that somebody ticked something, not that an operator agreed.
_NO_WORD = {"publish_ok": frozenset({"x"})}
_ISO2, _MAX_FOLDED, _MAX_TEXT = 2, 200, 2000


def fold_value(text: str) -> str:
    """Fold a cell so that spellings of one word meet.

    Examples
    --------
    >>> fold_value("  Atención  MÉDICA "), fold_value("Wi-Fi")
    ('atencion medica', 'wi fi')
    """
    return fold_name(text).replace("_", " ")


@lru_cache(maxsize=1)
def _read_values() -> Mapping[str, Mapping[str, Any]]:
    return MappingProxyType(tomllib.loads(VALUES_FILE.read_text(encoding="utf-8")))


@lru_cache(maxsize=16)
def load_words(name: str) -> Mapping[str, str]:
    """Folded word to the word a layer knows, for one table of ``values.toml``.

    Examples
    --------
    >>> load_words("services")["eau potable"], load_words("boolean")["wi"]
    ('water', 'true')
    >>> load_words("country")["republica dominicana"], load_words("country")["hti"]
    ('DO', 'HT')
    """
    found: dict[str, str] = _list_countries() if name == "country" else {}
    for word, others in _read_values().get(name, {}).items():
        found[fold_value(word)] = word
        found.update((fold_value(other), word) for other in others)
    return MappingProxyType(found)


def _list_countries() -> dict[str, str]:
    """Names of countries from the gazetteer, and their codes of three letters."""
    rows = pd.read_parquet(GAZETTEER / "countries.parquet", columns=["iso2", "keys"])
    pairs = zip(rows["iso2"], rows["keys"], strict=True)
    names = {key: str(code) for code, keys in pairs for key in str(keys).split("|")}
    codes = (pair.split("=") for pair in _read_values()["country_codes"]["iso3"].split())
    return {**{iso3.lower(): iso2 for iso3, iso2 in codes}, **names}


def find_vocabulary(name: str, column: ColumnSpec) -> Mapping[str, str]:
    """Words that a column's cells may be written in; empty where anything may stand."""
    if column.dtype == "boolean":
        left = _NO_WORD.get(name, frozenset())
        return MappingProxyType(
            {word: own for word, own in load_words("boolean").items() if word not in left})
    own = {fold_value(word): word for word in column.one_of}
    words = load_words(_TABLES.get(name, name))
    if column.one_of:
        words = {folded: word for folded, word in words.items() if word in column.one_of}
    return MappingProxyType({**words, **own})


def translate_columns(
    frame: pd.DataFrame, spec: LayerSpec
) -> tuple[pd.DataFrame, dict[str, dict[str, int]]]:
    """Put the layer's own words in place of those that are known; the others stay.

    Parameters
    ----------
    frame : DataFrame
        Columns of the layer, text.

    Returns
    -------
    frame : DataFrame
    unmapped : dict
        "COLUMN not known" to those words and how often each occurs. What is neither near a
        known word nor one short word in small letters is counted as ``[other wording]``.

    Examples
    --------
    >>> from layers.catalog import find_spec
    >>> rows = pd.DataFrame({"services": ["Agua, médico y duchas", "agua y sastre"]})
    >>> frame, unmapped = translate_columns(rows, find_spec("shelters"))
    >>> frame["services"].tolist(), unmapped
    (['water;medical;hygiene', 'water;sastre'], {'services not known': {'sastre': 1}})
    """
    changed: dict[str, pd.Series] = {}
    unmapped: dict[str, dict[str, int]] = {}
    for name, column in spec.columns.items():
        words = find_vocabulary(name, column) if name in frame else {}
        if not words:
            continue
        changed[name], unknown = _translate(frame[name], name, column, words)
        if unknown and name not in spec.hidden_columns:
            unmapped[f"{name} not known"] = unknown
    return frame.assign(**changed), unmapped


def _translate(
    values: pd.Series, name: str, column: ColumnSpec, words: Mapping[str, str]
) -> tuple[pd.Series, dict[str, int]]:
    read: Callable[[str], tuple[str, list[str]]]
    if column.dtype == "list":
        pattern = re.compile(column.pattern) if column.pattern else None
        read = partial(_translate_list, words=words, pattern=pattern)
    elif name == "country":
        read = partial(_translate_country, words=words)
    else:
        read = partial(_translate_word, words=words)
    counts = values.dropna().astype("str").value_counts(sort=False)
    table, unknown = {}, Counter[str]()
    near = tuple(word.replace(" ", "_") for word in words)
    for text, count in counts.items():
        table[text], strange = read(str(text))
        for word in strange:
            unknown[_show_word(word, near)] += int(count)
    result = values.astype("str").map(table).where(values.notna())
    listed = sorted(unknown.items(), key=lambda item: (-item[1], item[0]))[:_MAX_LISTED]
    return result, dict(listed)


def _translate_word(text: str, words: Mapping[str, str]) -> tuple[str, list[str]]:
    key = fold_value(text)
    if key in words:
        return words[key], []
    plain = text.strip()
    known = not plain or plain in words.values()
    return text, [] if known else [plain]


def _translate_country(text: str, words: Mapping[str, str]) -> tuple[str, list[str]]:
    plain = text.strip()
    if len(plain) == _ISO2 and plain.upper() in words.values():
        return plain.upper(), []
    key = fold_words(text[:_MAX_FOLDED])
    return (words[key], []) if key in words else _translate_word(text, words)


def _translate_list(
    text: str, words: Mapping[str, str], pattern: re.Pattern[str] | None
) -> tuple[str, list[str]]:
    if len(text) > _MAX_TEXT:
        return text, [text]
    found: list[str] = []
    strange: list[str] = []
    for item in _SEPARATORS.split(text, maxsplit=_MAX_ITEMS):
        known = _find_items(item, words, pattern)
        parts = _ANDS.split(item) if not known else []
        if any(fold_value(part) in words for part in parts):
            strange += [part.strip() for part in parts if fold_value(part) not in words]
            known = [words.get(fold_value(part), part.strip()) for part in parts]
        found += known or [item.strip()]
        strange += [] if known else [item.strip()]
    return ";".join(filter(None, dict.fromkeys(found))), list(filter(None, strange))


def _find_items(
    item: str, words: Mapping[str, str], pattern: re.Pattern[str] | None
) -> list[str]:
    """Known words in one part of a list; empty if any of it is not known."""
    if pattern and pattern.fullmatch(item.strip()):
        return [item.strip()]
    key = fold_value(item)
    if key in words:
        return [words[key]]
    for parts in (_ANDS.split(item), item.split()):
        keys = [fold_value(part) for part in parts]
        if len(keys) > 1 and all(key in words for key in keys):
            return [words[key] for key in keys]
    return []


def _show_word(word: str, known: tuple[str, ...]) -> str:
    plain = " ".join(word[:_MAX_FOLDED].split())
    return plain if _PLAIN_WORD.fullmatch(plain) or is_near(plain, known) else OTHER_WORDING
