"""Words of the maps in four languages; no language ever falls back to another."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING

from layers.errors import BrokenError, CallError

if TYPE_CHECKING:
    from collections.abc import Mapping

LANGUAGES = ("en", "es", "fr", "ht")


@dataclass(frozen=True)
class Words:
    """A catalogue of one language.

    Attributes
    ----------
    lang : str
        BCP 47 tag, as the page's ``lang``.
    texts : mapping of str to str
    review : tuple of str
        Keys that a native speaker still has to check.
    """

    lang: str
    texts: Mapping[str, str]
    review: tuple[str, ...]

    def __getitem__(self, key: str) -> str:
        if key not in self.texts:
            raise BrokenError(f"maps/words/{self.lang}.toml has no {key!r}: add it there")
        return self.texts[key]

    def __contains__(self, key: object) -> bool:
        return key in self.texts

    def say(self, key: str, **values: object) -> str:
        """Return a text with its ``{names}`` filled in.

        Examples
        --------
        >>> load_words("en").say("days", count=2)
        '2 days'
        """
        return self[key].format(**values)

    def count(self, key: str, count: int) -> str:
        """Return a counted noun, in the singular for one.

        Examples
        --------
        >>> load_words("es").count("days", 1), load_words("es").count("days", 3)
        ('1 día', '3 días')
        """
        return self.say(f"{key}_one" if count == 1 else key, count=count)

    def list_months(self, months: tuple[int, ...]) -> str:
        """Months 1-12 as ranges that may run over the new year.

        Examples
        --------
        >>> load_words("en").list_months((1, 4, 5, 6, 11, 12))
        'Apr to Jun, Nov to Jan'
        """
        if len(months) == len(_YEAR):
            return self["all_year"]
        starts = [month for month in months if (month - 2) % 12 + 1 not in months]
        return ", ".join(self._name_run(start, months) for start in starts)

    def _name_run(self, start: int, months: tuple[int, ...]) -> str:
        end = start
        while end % 12 + 1 in months:
            end = end % 12 + 1
        first, last = self[f"month_{start:02d}"], self[f"month_{end:02d}"]
        return first if start == end else self.say("month_range", first=first, last=last)


_YEAR = tuple(range(1, 13))


def load_words(lang: str) -> Words:
    """Read the catalogue of a language.

    Raises
    ------
    CallError
        If there is no such catalogue.
    """
    if lang not in LANGUAGES:
        raise CallError(f"no language {lang!r}: choose one of {', '.join(LANGUAGES)}")
    table = tomllib.loads((files("maps") / "words" / f"{lang}.toml").read_text(encoding="utf-8"))
    review = tuple(table.pop("review", ()))
    return Words(lang=lang, texts=table, review=review)
