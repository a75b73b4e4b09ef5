"""Names of places and countries, folded so that spellings of one name meet."""

from __future__ import annotations

import re
import unicodedata

# Arabic and Spanish articles that registers write or leave out.
ARTICLES = frozenset((
    "al", "el", "az", "as", "ash", "ad", "an", "ar", "at", "la", "las", "los", "le", "les",
    "the",
))  # fmt: skip
# Apostrophes, and the letters that transliterations write like them.
APOSTROPHES = "'`\u00b4\u2018\u2019\u02bb\u02bc\u02be\u02bf"
_LETTERS = str.maketrans({
    "\u0131": "i", "ø": "o", "Ø": "o", "ł": "l", "Ł": "l", "đ": "d", "Đ": "d", "ə": "a", "Ə": "a",
    "ß": "ss", "æ": "ae", "œ": "oe", **dict.fromkeys(APOSTROPHES, ""),
})  # fmt: skip
_GAP = re.compile(r"[^a-z0-9]+")


def fold_words(text: str) -> str:
    """Lower-case words without accents, apostrophes or punctuation.

    Examples
    --------
    >>> fold_words("Béni-Saf, Côte d'Ivoire")
    'beni saf cote divoire'
    """
    plain = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    return _GAP.sub(" ", plain.encode("ascii", "ignore").decode().lower()).strip()


def drop_article(key: str) -> str:
    """Leave out a leading article of a folded name; empty where too little would be left.

    Examples
    --------
    >>> drop_article("al kufrah"), drop_article("sabha")
    ('kufrah', '')
    """
    first, _, rest = key.partition(" ")
    return rest if first in ARTICLES and len(rest) >= 5 else ""  # noqa: PLR2004
