"""Where reading has come to among the words of a filter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from api.errors import ParameterError

if TYPE_CHECKING:
    from api.filter.tokens import Token


@dataclass
class Cursor:
    """A place among words; it moves on as they are taken.

    Attributes
    ----------
    tokens : list of Token
        The last one is the end, which is never passed.
    at, level : int
        The next word, and in how many expressions it lies.
    has_ilike : bool
        Whether ILIKE is an operator, as in the drafts of CQL.
    """

    tokens: list[Token]
    at: int = 0
    level: int = 0
    has_ilike: bool = False

    @property
    def token(self) -> Token:
        """The next word."""
        return self.tokens[self.at]

    def take(self) -> Token:
        """Return the next word and go on."""
        token = self.tokens[self.at]
        self.at = min(self.at + 1, len(self.tokens) - 1)
        return token

    def accept(self, word: str) -> bool:
        """Go on if the next word is this one."""
        if self.token.word != word:
            return False
        self.take()
        return True

    def expect(self, word: str) -> None:
        """Go on if the next word is this one, and fail if it is not."""
        if not self.accept(word):
            raise ParameterError(
                f"The filter should have {word!r} at its character {self.token.at + 1}.")


def fail(cursor: Cursor, token: Token | None = None) -> NoReturn:
    """Say where a filter stops being CQL2; its words are not repeated."""
    where = token or cursor.token
    if where.kind == "end":
        raise ParameterError("The filter ends too early.")
    raise ParameterError(f"The filter is not CQL2 from its character {where.at + 1} on.")
