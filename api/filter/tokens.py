"""Words of CQL2 text: found in one pass, counted before anything is made of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from api.errors import ParameterError
from api.filter.limits import MAX_BRACKETS, check_depth, check_size, check_terms

Kind = Literal["number", "string", "quoted", "name", "sign", "end"]

_START = (":_A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1ffe"
          "\u200c-\u200d\u2070-\u218f\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd"
          "\U00010000-\U000effff")
_WORD = re.compile(
    r"(?P<space>\s+)"
    r"|(?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r"|'(?P<string>(?:[^'\\]|''|\\.)*)'(?!')"
    r'|"(?P<quoted>(?:[^"]|"")+)"(?!")'
    rf"|(?P<name>[{_START}][{_START}.0-9\u0300-\u036f\u203f-\u2040]*)"
    r"|(?P<sign><>|<=|>=|!=|[=<>()+\-*/%^,])",
    re.DOTALL,
)
_ESCAPE = re.compile(r"''|\\(.)", re.DOTALL)
_ESCAPES = {"a": "\a", "b": "\b", "t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r",
            "'": "'", "\\": "\\"}
_LOGICAL = frozenset({"AND", "OR", "NOT"})


@dataclass(frozen=True, slots=True)
class Token:
    """One word: what it is, how it reads, and at which character it begins.

    ``word`` is a name or sign in capitals, by which keywords are known; empty for all else.
    """

    kind: Kind
    text: str
    at: int
    word: str = ""


def split_tokens(text: str) -> list[Token]:
    """Split CQL2 text into words, the last one being its end.

    Raises
    ------
    TooLargeError, TooComplexError
        If it is longer than 8 KB, nests brackets more than 64 deep or joins more than 500 terms.
    ParameterError
        If something is no word of CQL2.

    Examples
    --------
    >>> [token.text for token in split_tokens("name='it''s' AND n>=1e3")]
    ['name', '=', "it's", 'AND', 'n', '>=', '1e3', '']
    """
    check_size(text)
    tokens = []
    at = 0
    while at < len(text):
        found = _WORD.match(text, at)
        if found is None:
            raise ParameterError(f"The filter cannot be read from its character {at + 1} on.")
        if found.lastgroup != "space":
            tokens.append(_make_token(found, at))
        at = found.end()
    check_depth([token.text for token in tokens if token.kind == "sign"], MAX_BRACKETS)
    check_terms(1 + sum(token.word in _LOGICAL for token in tokens))
    return [*tokens, Token("end", "", at)]


def _make_token(found: re.Match[str], at: int) -> Token:
    kind: Kind = found.lastgroup  # type: ignore[assignment]
    text = found[kind]
    if kind == "string":
        return Token(kind, _ESCAPE.sub(_unescape, text), at)
    if kind == "quoted":
        return Token(kind, text.replace('""', '"'), at)
    return Token(kind, text, at, "" if kind == "number" else text.upper())


def _unescape(found: re.Match[str]) -> str:
    """Resolve an escape; one that is not of CQL2 stays as it is, for LIKE to read."""
    sign = found[1]
    return "'" if sign is None else _ESCAPES.get(sign, "\\" + sign)
