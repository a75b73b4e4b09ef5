"""The words a report may hold, and those that are referred and never recorded."""

from __future__ import annotations

import re
import unicodedata

STATUSES = ("CLOSED", "MOVED", "FULL", "OPEN")
CLASSES = ("sec", "acc", "env", "wat", "unk")
COUNTS = ("dead", "missing", "injured")
MOST_PEOPLE = 2000
MOST_DAYS = 366
MAX_BODY_BYTES = 4096
PLACE_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+){1,9}")
MAX_PLACE_ID = 48

# Whole words, folded; a final star stands for any ending. Spanish, English, French, Kreyòl
# (ht: written by us, to be reviewed by a native speaker).
_SEXUAL_VIOLENCE = (
    "sexual*", "sexuel*", "seksyel*", "rape", "raped", "rapes", "rapist*", "gbv", "sgbv", "vbg",
    "gender based violence", "gbv survivor*", "violencia de genero", "violence basee sur le genre",
    "violacion*", "violada*", "violado*", "violo", "viol", "viols", "violee*", "vyol", "kadejak",
    "abuso sexual", "agresion sexual", "incest*",
)
_CHILDREN_ALONE = (
    "unaccompanied*", "uac", "umc", "uasc", "separated child*", "separated minor*", "child alone",
    "children alone", "minor alone", "minors alone", "lone child*", "ninez no acompanada",
    "no acompanad*", "nna no acompanad*", "menor sol*", "menores sol*", "nino solo", "nina sola",
    "ninos solos", "ninas solas", "non accompagne*", "mineur isole*", "mineurs isole*",
    "enfant seul*", "enfants seul*", "timoun pou kont*", "timoun poukont*",
)
_REFERRED = re.compile(r"\b(?:" + "|".join(
    re.escape(words).replace(r"\*", r"\w*") for words in (*_SEXUAL_VIOLENCE, *_CHILDREN_ALONE)
) + r")\b")


def fold_text(text: str) -> str:
    """Fold accents, case and what joins words, so that spellings of one word meet.

    Examples
    --------
    >>> fold_text("Niñez_no-acompañada")
    'ninez no acompanada'
    """
    bare = "".join(one for one in unicodedata.normalize("NFKD", text)
                   if not unicodedata.combining(one))
    # Between a small and a capital letter of a member's name there is a gap as well.
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", bare)
    return " ".join(re.sub(r"[\W_]+", " ", parted.casefold()).split())


def must_be_referred(text: str) -> bool:
    """Tell whether words speak of sexual violence or of children alone.

    Examples
    --------
    >>> [must_be_referred(t) for t in ("class: sexual_violence", "unaccompaniedChild", "drowned")]
    [True, True, False]
    """
    return _REFERRED.search(fold_text(text)) is not None
