"""Hours and phones as offices write them, where they say it plainly; the rest is left as it is."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from layers.adapters.vocabulary import load_words
from layers.cells import UNKNOWN_WORDS
from layers.readers.headers import fold_name

if TYPE_CHECKING:
    import pandas as pd

    from layers.spec import LayerSpec

_LONGEST = 120
_NOTHING = frozenset({"ninguno", "ninguna", "no_tiene", "sin_telefono", "sin_horario", "aucun",
                      "s_n", "pa_genyen", "no_phone", "not_known", "no_hay", "no_se_sabe"})
_TIME = re.compile(r"\b(\d{1,2})(?:[:.h](\d{2})|\s?h\b)(?:\s?(?:hrs?|horas|h)\b\.?)?",
                   re.IGNORECASE)
_TOKEN = re.compile(r"\d{2}:\d{2}|[^\W\d_]+|[-,;/]|\S")
_JOINERS = {"a": "-", "al": "-", "to": "-", "au": "-", "hasta": "-", "until": "-", "y": ",",
            "and": ",", "et": ",", "ak": ",", "de": "", "from": "", "las": "", "horas": "",
            "hrs": "", "du": "", "desde": "", "los": "", "le": "", "\u2013": "-", "\u2014": "-"}
_ALWAYS = re.compile(r"(?:abierto |open |ouvert )?(?:las )?24 ?(?:horas|hrs?|h|hours|heures|/ ?7)"
                     r"(?: al dia)?", re.IGNORECASE)


def tidy_cells(rows: pd.DataFrame, spec: LayerSpec) -> pd.DataFrame:
    """Write hours in OpenStreetMap's way; empty what says that there are none or no phone."""
    changed = {}
    for name, read in (("opens", read_hours), ("phone", clear_nothing)):
        if name in rows and name in spec.columns and spec.columns[name].pattern:
            text = rows[name].astype("str").fillna("")
            table = {cell: read(str(cell)) for cell in text.unique()}
            changed[name] = text.map(table)
    return rows.assign(**changed)


def clear_nothing(text: str) -> str:
    """Empty a cell that says that there is nothing to say.

    Examples
    --------
    >>> clear_nothing("No tiene"), clear_nothing("n/d"), clear_nothing("+00 1")
    ('', '', '+00 1')
    """
    plain = text.strip()
    nothing = plain.casefold() in UNKNOWN_WORDS or fold_name(plain[:_LONGEST]) in _NOTHING
    return "" if nothing else text


def read_hours(text: str) -> str:
    """Hours in words as OpenStreetMap writes them; a text with any other word stays.

    Examples
    --------
    >>> read_hours("Lunes a viernes de 8:00 a 17:00 hrs"), read_hours("24 horas")
    ('Mo-Fr 08:00-17:00', '24/7')
    >>> read_hours("Sáb y dom 9h00-12h30"), read_hours("ask Ana")
    ('Sa,Su 09:00-12:30', 'ask Ana')
    """
    plain = clear_nothing(" ".join(text.split()))
    if not plain or len(plain) > _LONGEST:
        return plain
    if _ALWAYS.fullmatch(plain):
        return "24/7"
    timed = _TIME.sub(lambda found: f"{int(found[1]):02d}:{found[2] or '00'}", plain)
    days = _list_days()
    told = []
    for token in _TOKEN.findall(_join_phrases(timed)):
        key = fold_name(token) or token
        word = days.get(key, _JOINERS.get(key))
        if word is None and not re.fullmatch(r"\d{2}:\d{2}|[-,;/]", token):
            return text
        told.append(token if word is None else word)
    joined = " ".join(filter(None, told))
    return re.sub(r"\s*([-,])\s*", r"\1", joined).replace(" ;", ";")


def _join_phrases(text: str) -> str:
    """Every day, said in several words, as one."""
    phrases = r"(?i)\b(?:todos los d[ií]as|every day|tous les jours|chak jou|diario)\b"
    return re.sub(phrases, "daily", text)


@lru_cache(maxsize=1)
def _list_days() -> dict[str, str]:
    return {**load_words("hours"), "daily": "Mo-Su"}
