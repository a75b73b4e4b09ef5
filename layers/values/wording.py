"""Whether a cell of a typed column may be repeated to a person, or may hold somebody's name."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from layers.cells import FALSE_WORDS, TRUE_WORDS, UNKNOWN_WORDS, look_up, take_arrow
from layers.errors import REMOVED
from layers.spec import ColumnSpec
from layers.values.days import MONTH_WORDS
from layers.values.quantities import ABOUT, OWN_WORDS, UNIT_WORDS

if TYPE_CHECKING:
    import pandas as pd

    from layers.spec import LayerSpec

_LONGEST = 200
_MOST_ITEMS = 60
_MOST_WORDS = 2
# Nobody's name is written in these alone: the fast way for most cells.
_NO_LETTERS = r"^[0-9\s.,:;/+\-'\"°º%()~=]*$"
_LETTERS = re.compile(r"[^\W\d_]+")
_PLAIN_WORD = re.compile(r"[a-z]{1,12}", re.ASCII)
_OTHER_SIGN = re.compile(r"[^\w\s.,:;/+\-'\"°º%()~=≈\u2019\u2032\u2033\u2212]")
_CODE = re.compile(r"[a-z]{2}", re.ASCII)
_EXPONENT = re.compile(r"[-+]?\d+(?:\.\d*)?[eE][-+]?\d+", re.ASCII)
_AXIS = ColumnSpec(dtype="number", unit="degree", meaning="degrees")
_AXES = frozenset({"lon", "lat"})
_TYPED = frozenset({"number", "integer", "date", "datetime", "boolean", "month"})
_DAY_JOINERS = frozenset({"de", "del", "of", "d", "er", "st", "nd", "rd", "th", "ro", "t", "z",
                          "utc", "gmt", "am", "pm", "a", "p", "m"})
_NUMBER_JOINERS = frozenset({"de", "of", "n", "s", "e", "w", "o", "h"})
_SHORT, _LONG = 4, 7


def list_judged(spec: LayerSpec) -> dict[str, ColumnSpec]:
    """Columns of a layer whose cells follow a rule, so that words in them are out of place.

    Examples
    --------
    >>> from layers.catalog import find_spec
    >>> judged = list_judged(find_spec("shelters"))
    >>> "capacity" in judged, "services" in judged, "lon" in judged, "name" in judged
    (True, True, True, False)
    """
    judged = {name: column for name, column in spec.columns.items()
              if column.dtype in _TYPED or column.one_of or column.pattern}
    return judged | dict.fromkeys(_AXES, _AXIS) if spec.geometry != "none" else judged


def mask_cells(text: pd.Series, column: ColumnSpec) -> pd.Series:
    """Replace what may be a name in the cells of one column; missing cells stay.

    Examples
    --------
    >>> import pandas as pd
    >>> people = ColumnSpec(dtype="integer", unit="people", meaning="dead")
    >>> mask_cells(pd.Series(["12 personas", "many", "Ana Ejemplo", "1.5"]), people).tolist()
    ['12 personas', 'many', '[removed]', '1.5']
    """
    import pyarrow.compute as pc

    found = pc.match_substring_regex(take_arrow(text), _NO_LETTERS)
    wordless = pc.fill_null(found, True).to_numpy(zero_copy_only=False).astype(bool)  # noqa: FBT003 - pyarrow's own call
    asked = ~wordless & text.notna().to_numpy()
    if not asked.any():
        return text
    shown = text.astype("str").copy()
    shown[asked] = look_up(text[asked], lambda cell: show_cell(cell, column))
    return shown


def show_cell(cell: str, column: ColumnSpec) -> str:
    """Text of a cell as far as it can be no name; a list item by item.

    Examples
    --------
    >>> kinds = ColumnSpec(dtype="list", one_of=("water", "medical"), meaning="services")
    >>> show_cell("water;Ana Ejemplo;medicall", kinds)
    'water;[removed];medicall'
    """
    if len(cell) > _LONGEST:
        return REMOVED
    if column.dtype != "list":
        return cell if _may_show(cell.strip(), column) else REMOVED
    bare = re.sub(r"['\",\s]+", ";", cell.strip("()[]")) if cell[:1] in {"[", "("} else cell
    items = [item.strip() for item in re.split(r"[;,]", bare, maxsplit=_MOST_ITEMS)]
    return ";".join(item if _may_show(item, column) else REMOVED for item in items if item)


def _may_show(cell: str, column: ColumnSpec) -> bool:
    if (column.pattern and re.fullmatch(column.pattern, cell)) or re.match(_NO_LETTERS, cell):
        return True
    if column.pattern and not column.one_of and column.dtype != "list":
        # Beside a phone or among hours, a free word is as good as any name.
        return _CODE.fullmatch(cell) is not None
    folded = cell.casefold()
    if not cell or _PLAIN_WORD.fullmatch(cell) or folded in UNKNOWN_WORDS | _list_yes_no(column):
        return True
    known = column.one_of or tuple(re.findall(r"[a-z_]{3,}", column.pattern))
    if is_near(cell.partition(":")[0], known):
        return True
    return column.dtype in _TYPED and _is_measure(cell, column)


def _list_yes_no(column: ColumnSpec) -> frozenset[str]:
    return TRUE_WORDS | FALSE_WORDS if column.dtype == "boolean" else frozenset()


def _is_measure(cell: str, column: ColumnSpec) -> bool:
    """Digits, signs and at most two words that belong to them."""
    if _OTHER_SIGN.search(cell) or "_" in cell:
        return False
    words = [word.casefold() for word in _LETTERS.findall(cell)]
    if not words or _EXPONENT.fullmatch(cell):
        return True
    if not any(letter.isdigit() for letter in cell):
        return False
    days = column.dtype in {"date", "datetime", "month"}
    joiners = _DAY_JOINERS if days else _NUMBER_JOINERS
    told = [word for word in words if word not in joiners]
    known = _list_days() if days else _list_units()
    return len(told) <= _MOST_WORDS and all(word in known or ABOUT.fullmatch(word)
                                            for word in told)


@lru_cache(maxsize=1)
def _list_days() -> frozenset[str]:
    return frozenset(word for words in MONTH_WORDS for word in words.split())


@lru_cache(maxsize=1)
def _list_units() -> frozenset[str]:
    return frozenset(" ".join((*UNIT_WORDS.values(), *OWN_WORDS.values())).split())


def is_near(word: str, known: tuple[str, ...]) -> bool:
    """Tell whether a word is a slip of the pen for a known one; short words are taken exactly.

    A word with a capital may be a name: one wrong letter is all that it may have.

    Examples
    --------
    >>> is_near("medicla", ("medical",)), is_near("Medicall", ("medical",))
    (True, True)
    >>> is_near("Ana", ("unk", "sec")), is_near("SEC", ("unk", "sec"))
    (False, True)
    """
    from rapidfuzz.distance import OSA

    folded = "_".join(word.casefold().replace("-", " ").split())
    if folded in known:
        return True
    lower = word == word.lower()
    most = 2 if lower and len(folded) >= _LONG else 1
    least = _SHORT if lower else _LONG
    if len(folded) < least:
        return False
    return any(OSA.distance(folded, one, score_cutoff=most) <= most for one in known
               if len(one) >= least)
