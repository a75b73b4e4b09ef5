"""Who decides: an office or a role, in a form that cannot carry what must not be logged."""

from __future__ import annotations

import unicodedata

from api.keys.key import MAX_HOLDER
from api.reports.vocabulary import must_be_referred
from layers.errors import CallError

MOST_DIGITS = 6
_SIGNS = frozenset(" .,'\u2019&()/_-")


def check_reviewer(by: str) -> str:
    """Return the name of an office or a role, as it goes into the audit log.

    Raises
    ------
    CallError
        Saying what does not belong; the text is not repeated.

    Examples
    --------
    >>> check_reviewer("  Office North, desk 2 ")
    'Office North, desk 2'
    """
    text = " ".join(unicodedata.normalize("NFC", by).split())
    if not text or len(text) > MAX_HOLDER:
        raise CallError(f"--by: name the office that decides, in 1 to {MAX_HOLDER} characters")
    if not all(one in _SIGNS or unicodedata.category(one)[0] in "LM" or one in "0123456789"
               for one in text):
        raise CallError("--by: an office or a role: letters, digits, spaces and . , ' & ( ) / _ - "
                        "only")
    # As many digits are a telephone, a case or a position.
    if sum(one in "0123456789" for one in text) > MOST_DIGITS:
        raise CallError(f"--by: more than {MOST_DIGITS} digits: an office or a role, no number")
    if must_be_referred(text):
        raise CallError("--by: an office or a role, nothing of what was reported")
    return text
