"""Text without its case or accents, and text that is like a pattern."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from api.errors import ParameterError, TooComplexError
from api.filter.values import (
    NAMES,
    Block,
    Mask,
    Operand,
    Term,
    Truth,
    Values,
    make_constant,
    make_truth,
    to_mask,
)

if TYPE_CHECKING:
    from collections.abc import Callable

_MARKS = frozenset({"Mn", "Me"})
_TEXTS = frozenset({"text", "month"})
_MAX_PATTERN = 1000
_AT_ONCE = 8192


def fold_case(text: str) -> str:
    """Text without the difference of small and capital letters (full Unicode case folding).

    Examples
    --------
    >>> fold_case("STRASSE") == fold_case("straße")
    True
    """
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def drop_accents(text: str) -> str:
    """Text without accents: decomposed (NFKD), combining marks dropped.

    Examples
    --------
    >>> drop_accents("Chișinău")
    'Chisinau'
    """
    if text.isascii():
        return text
    bare = unicodedata.normalize("NFKD", text)
    for sign in sorted(set(bare)):
        if unicodedata.category(sign) in _MARKS:
            bare = bare.replace(sign, "")
    return unicodedata.normalize("NFC", bare)


_FOLDS: dict[str, Callable[[str], str]] = {"casei": fold_case, "accenti": drop_accents}


def bind_fold(op: str, operand: Operand) -> Operand:
    """Apply CASEI or ACCENTI to text; each distinct text is folded once."""
    if operand.kind not in _TEXTS:
        raise ParameterError(f"{op.upper()} takes text, not {NAMES[operand.kind]}.")
    fold = _FOLDS[op]
    if operand.constant is not None:
        return make_constant("text", fold(operand.constant))

    def read(block: Block) -> Values:
        values = operand.read(block)
        return Values(_fold_texts(values.data, fold, block), values.known)

    return Operand("text", read)


def _fold_texts(texts: pa.Array, fold: Callable[[str], str], block: Block) -> pa.Array:
    """Plain texts are folded where they lie; of the others, each distinct one once."""
    block.deadline.check()
    plain = texts if fold is drop_accents else pc.ascii_lower(texts)
    others = pc.invert(pc.fill_null(pc.string_is_ascii(texts), True))  # noqa: FBT003 - Arrow's
    if not pc.any(others).as_py():
        return plain
    coded = texts.filter(others).dictionary_encode()
    folded = pa.array(fold_all(coded.dictionary.to_pylist(), fold), type=texts.type)
    return pc.replace_with_mask(plain, others, folded.take(coded.indices))


def fold_all(words: list[str], fold: Callable[[str], str]) -> list[str]:
    """Fold many words as one text; a null parts them, which no folding changes or joins.

    Examples
    --------
    >>> fold_all(["Ñandú", "Ōsaka"], drop_accents)
    ['Nandu', 'Osaka']
    """
    folded = fold("\0".join(words)).split("\0")
    return folded if len(folded) == len(words) else [fold(word) for word in words]


def bind_like(operand: Operand, pattern: Operand) -> Term:
    r"""Ask whether text is like a pattern: ``%`` any characters, ``_`` one, ``\`` escapes.

    Raises
    ------
    ParameterError
        If the pattern is not text that stands in the filter itself.
    TooComplexError
        If it has more than 1,000 characters.
    """
    if operand.kind not in _TEXTS:
        raise ParameterError(f"LIKE takes text, not {NAMES[operand.kind]}.")
    if pattern.kind != "text" or pattern.constant is None:
        raise ParameterError("LIKE takes a pattern in quotes on its right.")
    if len(pattern.constant) > _MAX_PATTERN:
        raise TooComplexError(f"A pattern of the filter has more than {_MAX_PATTERN} characters.")
    parts = split_pattern(pattern.constant)

    def judge(block: Block, _needed: Mask) -> Truth:
        values = operand.read(block)
        return make_truth(_match_block(values.data, parts, block), values.known, block.count)

    return Term(judge)


def _match_block(texts: Any, parts: list[str | None], block: Block) -> Any:  # noqa: ANN401
    """Match some texts at a time, with a look at the clock between."""
    if isinstance(texts, str):
        return match_texts(texts, parts)
    found = []
    for start in range(0, len(texts), _AT_ONCE):
        block.deadline.check()
        found.append(match_texts(texts.slice(start, _AT_ONCE), parts))
    return np.concatenate(found)


def split_pattern(pattern: str) -> list[str | None]:
    r"""Characters of a pattern; ``%`` and ``_`` as wildcards stand as None and as "".

    Examples
    --------
    >>> split_pattern(r"a%\%_")
    ['a', None, '%', '']
    """
    parts: list[str | None] = []
    signs = iter(pattern)
    for sign in signs:
        if sign == "%":
            if not parts or parts[-1] is not None:
                parts.append(None)
        elif sign == "_":
            parts.append("")
        else:
            parts.append(next(signs, sign) if sign == "\\" else sign)
    return parts


def match_texts(texts: Any, parts: list[str | None]) -> Any:  # noqa: ANN401 - Arrow or str
    """Which texts are like a pattern; time grows with their length, never faster.

    Examples
    --------
    >>> match_texts(pa.array(["Berlin", "Bern"]), split_pattern("B_r%n")).tolist()
    [True, True]
    """
    if isinstance(texts, str):
        return bool(match_texts(pa.array([texts]), parts)[0])
    ends = [at for at, part in enumerate(parts) if part is None]
    plain = "" not in parts
    if plain and not ends:
        return to_mask(pc.equal(texts, pa.scalar("".join(_list_signs(parts)), texts.type)))
    if plain and ends == [len(parts) - 1]:
        return to_mask(pc.starts_with(texts, "".join(_list_signs(parts))))
    return _match_expression(texts, parts)


def _list_signs(parts: list[str | None]) -> list[str]:
    return [part for part in parts if part]


def _match_expression(texts: pa.Array, parts: list[str | None]) -> Mask:
    """RE2 keeps no stack and never goes back; texts too short for the pattern are not shown it."""
    least = sum(part is not None for part in parts)
    body = "".join(
        ".*" if part is None else "." if part == "" else re.escape(part) for part in parts)
    long_enough = to_mask(pc.greater_equal(pc.utf8_length(texts), least))
    if not long_enough.any():
        return long_enough
    shown = texts if long_enough.all() else pc.if_else(pa.array(long_enough), texts, None)
    return to_mask(pc.match_substring_regex(shown, rf"(?s)\A(?:{body})\z"))
