"""Text that a program spoiled on its way: entities, mojibake, control characters, loose accents."""

from __future__ import annotations

import html
import re
import unicodedata
from collections import Counter
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow.compute as pc

from layers.cells import look_up, take_arrow, write_texts

if TYPE_CHECKING:
    from layers.spec import LayerSpec

_SUSPECT = r"[^\x20-\x7e]|&#?[a-zA-Z0-9]{2,31};"
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,30});")
# What turns text about or draws nothing at all; joiners stay, some scripts need them.
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e"
                     "\u2060\u2066-\u2069\ufeff]")
_LOST = "\ufffd"
_MOST_ROUNDS = 3
ENTITIES, MOJIBAKE, UNSEEN, PARTED, LOST = (
    "HTML entities (&eacute;) written as letters",
    "wrongly decoded letters (Ã©) mended",
    "control characters taken out",
    "accents that stood apart from their letters put on them (Unicode NFC)",
    "letters that an earlier program lost (\ufffd) cannot be brought back",
)


def repair_columns(
    frame: pd.DataFrame, spec: LayerSpec
) -> tuple[pd.DataFrame, dict[str, tuple[str, ...]]]:
    r"""Mend the text columns of a layer; free text and personal columns are left alone.

    Returns
    -------
    frame : DataFrame
        Same rows; only columns in which something was mended are new.
    notes : dict
        Column to what was done, with the number of cells.

    Examples
    --------
    >>> from layers.catalog import find_spec
    >>> import pandas as pd
    >>> raw = pd.DataFrame({"source": ["Cruz Roja", "Polic&iacute;a", "PolicÃ\xada"]})
    >>> mended, notes = repair_columns(raw, find_spec("incidents"))
    >>> mended["source"].tolist()
    ['Cruz Roja', 'Policía', 'Policía']
    """
    mended, notes = {}, {}
    for name, column in spec.columns.items():
        if name not in frame or column.dtype not in {"string", "list"} or column.hidden_value:
            continue
        if column.dtype == "list" and not pd.api.types.is_string_dtype(frame[name]):
            continue
        values, done = _repair_column(frame[name])
        if done:
            mended[name], notes[name] = values, done
    return (frame.assign(**mended) if mended else frame), notes


def _repair_column(values: pd.Series) -> tuple[pd.Series, tuple[str, ...]]:
    if not (pd.api.types.is_string_dtype(values) or pd.api.types.is_object_dtype(values)):
        return values, ()
    text = write_texts(values)
    found = pc.match_substring_regex(take_arrow(text), _SUSPECT)
    suspect = pc.fill_null(found, False).to_numpy(zero_copy_only=False).astype(bool)  # noqa: FBT003 - pyarrow's own call
    if not suspect.any():
        return values, ()
    read = look_up(text[suspect], repair_text)
    tally = Counter(kind for _, kinds in read for kind in kinds)
    if not tally:
        return values, ()
    text.loc[suspect] = [clean for clean, _ in read]
    kinds = [kind for kind in (ENTITIES, MOJIBAKE, UNSEEN, PARTED, LOST) if tally[kind]]
    return text, tuple(f"{tally[kind]} cells: {kind}" for kind in kinds)


def repair_text(text: str) -> tuple[str, tuple[str, ...]]:
    r"""Mend one text, and say what was done.

    Examples
    --------
    >>> repair_text("PolicÃ\xada &amp; Ej&eacute;rcito\x07")[0]
    'Policía & Ejército'
    """
    done = []
    clean = text
    for _ in range(_MOST_ROUNDS):
        unescaped = _ENTITY.sub(lambda found: html.unescape(found[0]), clean)
        if unescaped == clean:
            break
        clean = unescaped
    if clean != text:
        done.append(ENTITIES)
    decoded = _decode_again(clean)
    if decoded != clean:
        done.append(MOJIBAKE)
    seen = _UNSEEN.sub("", decoded)
    if seen != decoded:
        done.append(UNSEEN)
    composed = unicodedata.normalize("NFC", seen)
    if composed != seen:
        done.append(PARTED)
    if _LOST in composed:
        done.append(LOST)
    return composed.strip(), tuple(done)


def _decode_again(text: str) -> str:
    """Undo a wrong decoding, only where nothing is lost by it."""
    if text.isascii():
        return text
    from ftfy import fix_encoding
    from ftfy.badness import is_bad

    if not is_bad(text):
        return text
    fixed = fix_encoding(text)
    return text if _LOST in fixed and _LOST not in text else fixed
