"""What a filter may cost: its size, its depth, its terms, and the time that it is given."""

from __future__ import annotations

from dataclasses import dataclass
from time import thread_time

from api.errors import ParameterError, TooComplexError, TooLargeError

MAX_BYTES = 8192
MAX_BRACKETS = 64
MAX_JSON_BRACKETS = 2 * MAX_BRACKETS  # an operation in JSON opens two: its own and its arguments'
MAX_TERMS = 500
MAX_LEVELS = 150  # of the tree: Python's own stack stands about three calls for each
MAX_NODES = 5000
WITHIN_S = 2.0
_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")


@dataclass(frozen=True)
class Deadline:
    """When a question has to be answered.

    Attributes
    ----------
    at_s : float
        On the clock of the thread's own work: what others keep it waiting does not count.
    """

    at_s: float

    def check(self) -> None:
        """Raise `TooComplexError` when the time is up."""
        if thread_time() > self.at_s:
            raise TooComplexError("The filter takes too long here; ask for less at once.")


def start_deadline(within_s: float = WITHIN_S) -> Deadline:
    """Give a question some seconds of work from now, in the thread that asks for them.

    Examples
    --------
    >>> start_deadline(5.0).check()
    """
    return Deadline(thread_time() + within_s)


def check_size(text: str) -> None:
    """Refuse a filter that is too long, or that is not text.

    Raises
    ------
    TooLargeError
        If it has more than 8 KB in UTF-8.
    ParameterError
        If it holds half a character or a null.
    """
    if len(text) > MAX_BYTES:
        raise TooLargeError(f"The filter has more than {MAX_BYTES} bytes.")
    if len(check_text(text).encode()) > MAX_BYTES:
        raise TooLargeError(f"The filter has more than {MAX_BYTES} bytes.")


def check_text(text: str) -> str:
    """Refuse text that cannot be compared with any: half a character, or a null."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ParameterError("The filter is not text in UTF-8.") from error
    if "\0" in text:
        raise ParameterError("The filter holds a null character.")
    return text


def check_depth(signs: list[str], most: int) -> None:
    """Refuse brackets that are nested too deeply; whether they match is found by the parser.

    Examples
    --------
    >>> check_depth(["(", ")"] * 1000, MAX_BRACKETS)
    """
    depth = 0
    for sign in signs:
        depth += (sign in _OPENING) - (sign in _CLOSING)
        if depth > most:
            raise TooComplexError(f"The filter nests brackets more than {most} deep.")


def check_terms(count: int) -> None:
    """Refuse a filter with too many terms."""
    if count > MAX_TERMS:
        raise TooComplexError(f"The filter joins more than {MAX_TERMS} terms.")


def check_level(level: int) -> None:
    """Refuse a filter whose parts lie too deeply in each other."""
    if level > MAX_LEVELS:
        raise TooComplexError("The filter nests too many operations in each other.")


def list_brackets(text: str) -> list[str]:
    r"""Brackets of a JSON text outside its strings, by one look at each character.

    Examples
    --------
    >>> list_brackets('{"a": "[[[\\"[", "b": []}')
    ['{', '[', ']', '}']
    """
    found, quoted, escaped = [], False, False
    for sign in text:
        if quoted:
            quoted = escaped or sign != '"'
            escaped = sign == "\\" and not escaped
        elif sign == '"':
            quoted = True
        elif sign in _OPENING or sign in _CLOSING:
            found.append(sign)
    return found
