"""Names that do not exist: which ones were probably meant, and which there are."""

from __future__ import annotations

import difflib
from itertools import islice
from typing import TYPE_CHECKING

from georisk.towns import fold_name

if TYPE_CHECKING:
    from collections.abc import Iterable

_SHOWN, _NEAR, _ALIKE, _MOST = 60, 3, 0.65, 40
_SEARCHED = 5_000  # of ways there may be a million


def suggest_names(name: str, known: Iterable[str]) -> str:
    """Names most like one that is not, as a question; empty where none is like it.

    Capitals, accents, blanks and ``_`` for ``-`` do not count.

    Examples
    --------
    >>> suggest_names("gt-ex-11", ["gt-ex-1", "gt-ex-2", "mx-other-5"])
    'did you mean gt-ex-1, gt-ex-2?'
    >>> suggest_names("Adult man", ["adult_man", "family"])
    'did you mean adult_man?'
    >>> suggest_names("x", ["family"])
    ''
    """
    keys = {_fold(one): one for one in islice(known, _SEARCHED)}
    near = difflib.get_close_matches(_fold(name[:_SHOWN]), list(keys), n=_NEAR, cutoff=_ALIKE)
    return f"did you mean {', '.join(keys[key] for key in near)}?" if near else ""


def tell_names(name: str, known: Iterable[str]) -> str:
    """What was probably meant, and all that there are.

    Examples
    --------
    >>> tell_names("famly", ["adult_man", "family"])
    'did you mean family? there are adult_man, family'
    >>> tell_names("famly", [])
    'there is none'
    """
    names = list(known)
    if not names:
        return "there is none"
    more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    told = f"there are {', '.join(names[:_MOST])}{more}"
    return " ".join(filter(None, (suggest_names(name, names), told)))


def _fold(name: str) -> str:
    return fold_name(name).replace("_", "-").replace(" ", "-")
